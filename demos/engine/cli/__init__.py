"""The command line: one function per command; what they do lies in the rooms behind it, imported when it is needed.

A file for each subject; `options` is what they share, `root` joins them.
Exit status: 0 done; 2 the request was wrong, one sentence says how; 1 something failed.
"""

import importlib
import os
import sys
from typing import NoReturn

import typer

from .root import app

SUBJECTS = (
    "catalogue", "serve", "watch", "present", "film", "measure", "study", "laboratory", "audit", "train", "convert",
    "direction", "levels", "check", "bench", "new", "papers", "screens",
)  # fmt: skip
for _subject in SUBJECTS:  # their commands join the application, in the order of the help
    importlib.import_module(f".{_subject}", __name__)

STOPPED = {  # what Ctrl-C leaves, where it leaves something
    "train": "Stopped; called again, it goes on from there.",
    "study": "Stopped; what was finished is kept, and called again it goes on from there.",
}
INTERRUPTED = 130  # what the option parser makes of Ctrl-C


def _sentence(error: Exception) -> str:
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    return text if text.endswith((".", "!", "?")) else text + "."


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ["MPLBACKEND"] = "agg"  # a notebook's own would be asked for here too, where it may not be installed
    given = sys.argv[1:] if arguments is None else arguments
    stopped = STOPPED.get(given[0] if given else "", "Stopped.")
    try:
        status = app(arguments, prog_name="goalmisgen", standalone_mode=False)
        if status == INTERRUPTED:
            _complain(stopped, 1)
        sys.exit(status if isinstance(status, int) else 0)
    except typer.Abort:
        _complain(stopped, 1)
    except OSError as error:
        _complain(f"{error.filename or 'A file'} could not be read or written: {error.strerror or error}.", 1)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the option parser
            _complain(_sentence(ValueError(error.format_message())), 2)
        if not type(error).__module__.startswith("goalmisgen."):
            raise  # a mistake of ours, not of the person's
        _complain(_sentence(error), 2 if isinstance(error, ValueError) else 1)


def _complain(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    sys.exit(status)
