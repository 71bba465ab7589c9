"""Where the package's content lies: in the checkout it runs from, or packed beside the code in a wheel."""

from functools import cache
from pathlib import Path


@cache
def content() -> Path:
    """Folder that holds `pretrained`, `lessons` and `app.py`."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    return checkout if (checkout / "pyproject.toml").is_file() else package / "_content"
