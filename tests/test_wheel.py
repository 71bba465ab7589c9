"""The wheel, built and installed in another folder, has everything: agents, lessons and the app's script."""

import contextlib
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a fresh install; what it depends on comes from the environment of the tests."""
    built, folder = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(built), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = built.glob("goalmisgen-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return folder


def call(installed: Path, *words: str) -> str:
    """Run the installed command in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "goalmisgen", *words],
        cwd=installed, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_lists_its_agents_and_films_one(installed: Path, tmp_path: Path) -> None:
    from goalmisgen import NAMES

    rows = json.loads(call(installed, "list", "--json"))
    assert [row["name"] for row in rows] == list(NAMES)
    assert all(row["agents"] for row in rows)
    call(installed, "film", rows[0]["name"], "--agent", rows[0]["agents"][0], "--out", str(tmp_path / "a.gif"))
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF8")


def test_it_holds_the_app_and_the_references(installed: Path) -> None:
    where = "from goalmisgen.engine.content import content; print(content())"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=installed, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    content = Path(found.stdout.strip())
    assert content.is_relative_to(installed)
    assert (content / "app.py").is_file()
    for file in ("stage/pages/phone.html", "stage/pages/pages.css", "web/handout/grid.js", "cli/skeleton/talk.txt"):
        assert (installed / "goalmisgen" / "engine" / file).is_file()
    assert (content / ".streamlit" / "config.toml").is_file()
    assert (content / "lessons" / "references.bib").is_file()


def test_every_pinned_package_takes_the_oldest_python_that_this_one_takes() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    oldest = re.findall(r'^requires-python = ">=([\d.]+),<[\d.]+"$', project, re.M)
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    assert len(oldest) == 1 and len(pins) > 20
    for name in pins:
        with contextlib.suppress(metadata.PackageNotFoundError):  # an extra that is not installed
            takes = metadata.metadata(name)["Requires-Python"] or ""
            assert oldest[0] in SpecifierSet(takes), f"{name} takes Python {takes}"
