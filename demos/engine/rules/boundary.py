"""The boundary for untrusted input: whatever it makes go wrong becomes one sentence, and a line in the log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOG = logging.getLogger("goalmisgen")


@contextmanager
def boundary(error: type[Exception], sentence: str) -> Iterator[None]:
    """Let input from elsewhere be read inside: `error` passes with its own sentence, any other becomes one with this.

    What was not foreseen is logged with its kind; what it says is shortened, for it may quote the input.
    """
    try:
        yield
    except error:
        raise
    except Exception as unforeseen:
        said = "".join(c for c in str(unforeseen)[:200] if c.isprintable())
        LOG.warning("%s (%s: %s)", sentence, type(unforeseen).__name__, said)
        raise error(sentence) from unforeseen
