"""The decorator that compiles a rule, and where the compiled code is kept.

numba's cache does not notice when a function that a cached function *calls* has changed. So the cache
folder is named after the contents of every file that holds rules: change one, and all are compiled anew.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

_DEMOS = Path(__file__).resolve().parents[2]


def cache_folder() -> Path:
    """Folder of the compiled rules of exactly this version of the source."""
    digest = hashlib.sha256()
    for path in sorted([*_DEMOS.glob("*.py"), *_DEMOS.glob("engine/rules/*")]):
        if path.suffix in (".py", ".txt"):
            digest.update(path.read_bytes())
    return platformdirs.user_cache_path("goalmisgen") / f"rules-{digest.hexdigest()[:12]}"


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def rule(function: F) -> F:
    """Compile `function` for speed; with `NUMBA_DISABLE_JIT=1` it stays plain Python, with the same results."""
    compiled: Any = njit(cache=True)(function)
    return compiled  # type: ignore[no-any-return]
