"""In a notebook: the command line from a cell, and the package from Python, in one that is really executed."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    "!{sys} -m goalmisgen film coinrun --agent mix-0 --level-seed 22 --out a.gif",
    "import goalmisgen as gm\nworld = gm.load('coinrun')\nlevel = world.draw('shifted', 22)\nlevel",
    "run = gm.run(world, gm.agent('coinrun', 'mix-0'), level)\nrun",
    "run.outcome",
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the notebook's own machinery
def test_a_notebook_films_and_shows_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    cells = [nbformat.v4.new_code_cell(cell.format(sys=sys.executable)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    here = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources=here).execute()
    filmed, drawn, ran, outcome = (cell.outputs for cell in notebook.cells)
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF8"), filmed
    assert "Traceback" not in str(filmed) and "Outcome: " in str(filmed)
    assert all("image/png" in outputs[-1].data for outputs in (drawn, ran))
    assert outcome[-1].data["text/plain"] == "'end'"
