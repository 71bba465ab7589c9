"""The command line: one function per command; what they do lies in the rooms behind it, imported when it is needed.

Commands are in `numbers`, `studies`, `texts`, `pictures`, `levels`; `options` is what they share, `root` joins them.
Exit status: 0 done; 2 the request was wrong, one sentence says how; 1 something failed.
"""

import os
import sys
from typing import NoReturn

import typer

from . import levels, numbers, pictures, studies, texts  # noqa: F401  (they join the application)
from .root import app

INTERRUPTED = 130  # what the option parser makes of Ctrl-C


def _sentence(error: Exception) -> str:
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    return text if text.endswith((".", "!", "?")) else text + "."


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        status = app(arguments, prog_name="goalmisgen", standalone_mode=False)
        if status == INTERRUPTED:
            _complain("Stopped; what was finished is kept.", 1)
        sys.exit(status if isinstance(status, int) else 0)
    except typer.Abort:
        _complain("Stopped; what was finished is kept.", 1)
    except OSError as error:
        _complain(f"{error.filename or 'A file'} could not be read or written: {error.strerror or error}.", 1)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the option parser
            _complain(_sentence(ValueError(error.format_message())), 2)
        if not type(error).__module__.startswith("demos."):
            raise  # a mistake of ours, not of the person's
        _complain(_sentence(error), 2 if isinstance(error, ValueError) else 1)


def _complain(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    sys.exit(status)
