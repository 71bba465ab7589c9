"""The decorator that compiles a rule, and where the compiled code is kept.

numba's cache does not notice when a function that a cached function *calls* has changed. So the cache folder of the
engine's rules is named after the contents of every file that holds some, and the folder of a world after those and its
own file: change one demo, and only that one is compiled anew. There is another reason for worlds to share no folder:
numba tells their loops apart by line and types of arguments alone, and both may be the same.
"""

import contextlib
import hashlib
import inspect
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import platformdirs
from filelock import FileLock
from numba import njit
from numba.core import config as numba_config
from numba.core.caching import FunctionCache

_CONFIG: Any = numba_config
_RULES = Path(__file__).resolve().parent

F = TypeVar("F", bound=Callable[..., Any])


def cache_folder(rule: Callable[..., Any] | None = None) -> Path:
    """Folder of what is compiled from exactly this version of the source; it lies in `NUMBA_CACHE_DIR`, if that is set.

    `rule`: any rule of the world that is meant; None: the engine's own.
    """
    return _folder(_RULES / "compiled.py" if rule is None else Path(inspect.unwrap(rule).__code__.co_filename))


@cache
def _folder(source: Path) -> Path:
    """The same for the rules of one file, and for those that follow it in `rule_of`."""
    digest = hashlib.sha256()
    engine = {path for path in _RULES.iterdir() if path.suffix in (".py", ".txt")}
    for path in sorted(engine | {source.resolve()}):
        digest.update(path.read_bytes())
    kept = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path("goalmisgen")
    return Path(kept) / f"rules-{digest.hexdigest()[:12]}"


class DiskCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one function, which several processes may fill at once, and which outlives damage to its files.

    numba reads the index of a function's files and writes it anew with one more: of two processes that do so at once,
    one would take the other's code for its own. What cannot be read, or is not what was asked for, is compiled again.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)
            if found is None or tuple(found.signature.args) == tuple(sig):
                return found
        except Exception:  # unpickling half a file may raise anything
            pass
        _say_once(f"Compiled rules in {self.cache_path} are damaged; they are compiled anew.")
        with contextlib.suppress(OSError), self._alone():
            self.flush()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            with self._alone():
                super().save_overload(sig, data)
        except OSError as error:  # they work all the same
            _say_once(
                f"Compiled rules cannot be kept in {self.cache_path} ({error.strerror}); each start compiles anew."
            )

    def _alone(self) -> FileLock:
        self._impl.locator.ensure_cache_path()
        return FileLock(Path(self.cache_path) / "lock")


@cache
def _say_once(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def rule_of(folder: Path) -> Callable[[F], F]:
    """The decorator `rule` whose compiled code is kept in this folder: for loops that call the rules of a world."""

    def decorated(function: F) -> F:
        before, _CONFIG.CACHE_DIR = _CONFIG.CACHE_DIR, str(folder)  # numba looks here when it decorates
        try:
            compiled: Any = njit(function)
            if compiled is not function:  # with NUMBA_DISABLE_JIT=1 it is
                compiled._cache = DiskCache(function)  # as njit(cache=True) does with numba's own
        finally:
            _CONFIG.CACHE_DIR = before
        return compiled  # type: ignore[no-any-return]

    return decorated


def rule(function: F) -> F:
    """Compile `function` for speed; with `NUMBA_DISABLE_JIT=1` it stays plain Python, with the same results."""
    return rule_of(cache_folder(function))(function)
