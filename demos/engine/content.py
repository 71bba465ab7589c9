"""Where the package's content lies: in the checkout it runs from, or packed beside the code in a wheel."""

from pathlib import Path


def content() -> Path:
    """Folder that holds `pretrained`, `lessons` and `app.py`."""
    demos = Path(__file__).resolve().parents[1]
    checkout = demos.parent
    return checkout if (checkout / "pyproject.toml").is_file() else demos / "_content"
