"""Files, for all rooms: written whole or not at all, so that no mistake, full disk or Ctrl-C loses what was there; read
only where they are regular ones, and no further than anybody needs."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, with the same ending; the file takes its place when the block ends well.

    Else it is removed, and what was there stays. Two writers at once do not get the same name. Raises OSError, which
    names the file.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(3)}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8 with plain line ends, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_bytes(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file and one more, by which a longer one is known. Raises OSError.

    A device, a pipe, or a link to one would give bytes for ever, or keep whoever reads waiting.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    with path.open("rb") as file:
        return file.read(most + 1)
