"""A folder of live figures, one of every demo, with an index page: what `film --every-demo` writes."""

import shutil
from pathlib import Path
from typing import Any

from ... import NAMES, entry
from ..content import content
from ..files import replacing, write_text
from .options import Wrong, bar

INDEX = "index.html"
COMMAND = "goalmisgen film --every-demo --out site/"


def write(out: Path) -> tuple[dict[str, Any], str]:
    """Write the folder, file by file; what was made as data, and in a sentence."""
    from ..web.handout.site import Shown, index
    from ..web.handout.usual import usual_figure

    if out.exists() and not out.is_dir():
        raise Wrong(f"'{out}' is a file; --every-demo writes a folder, such as site/.")
    out.mkdir(exist_ok=True)
    shown, sizes = [], {}
    with bar() as told:
        for done, name in enumerate(NAMES):
            told("figures", done, len(NAMES))
            demo, file = entry(name), out / f"{name}.html"
            text = usual_figure(demo)
            write_text(file, text)
            sizes[name] = len(text.encode())
            shown.append(Shown(demo, file.name, _picture(name, out)))
    write_text(out / INDEX, index(shown, COMMAND))
    made = {"out": str(out), "index": str(out / INDEX), "bytes": sizes}
    return made, f"{out / INDEX}: {len(sizes)} figures, {sum(sizes.values()) // 1000:,} kB."


def _picture(name: str, out: Path) -> str:
    """The bundled film of a demo, copied beside its figure; empty where there is none."""
    film = content() / "pictures" / f"{name}.gif"
    if not film.is_file():
        return ""
    with replacing(out / film.name) as temporary:
        shutil.copyfile(film, temporary)
    return film.name
