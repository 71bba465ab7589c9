"""One HTML file of a script, its styles and its data: it needs no network and no server, and opens from disk."""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from .. import components

HERE = Path(__file__).parent
CANVAS = Path(str(components.__file__)).parent / "canvas" / "canvas.css"
MOST = 1_000_000  # bytes of a file

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "(\.{1,2}/[\w./-]+)";$', re.M)
_EXPORT = re.compile(r"^export ((?:async )?function|const) (\w+)", re.M)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.M)


class TooLarge(ValueError):
    """A file that would have more than `MOST` bytes; the message is one sentence."""


def script(module: Path) -> str:
    """One script of a module and all that it imports, each in a function of its own, what it needs before it.

    Modules import names by `import { a, b as c } from "./x.js";` and export functions and constants; there is no other
    way in them. Raises ValueError where one has another, or two have the same name.
    """
    parts: dict[Path, str] = {}
    _gather(module.resolve(), parts)
    names = [path.stem for path in parts]
    if len(set(names)) < len(names):
        raise ValueError(f"Two modules have the same name among {', '.join(names)}; rename one.")
    return "\n".join(parts.values())


def _gather(path: Path, parts: dict[Path, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for _, needed in _IMPORT.findall(text):
        if (path.parent / needed).resolve() not in parts:
            _gather((path.parent / needed).resolve(), parts)
    given = ", ".join(name for _, name in _EXPORT.findall(text))
    text = _IMPORT.sub(lambda m: f"const {{ {m[1].replace(' as ', ': ')} }} = from_{Path(m[2]).stem};", text)
    text = _EXPORT.sub(r"\1 \2", text)
    if left := _LEFT.search(text):
        raise ValueError(f"'{left[0]}' in {path.name} is written in a way that cannot be put into one file.")
    parts[path] = f"const from_{path.stem} = (() => {{\n{text.strip()}\nreturn {{ {given} }};\n}})();"


def packed(head: Mapping[str, Any], rest: bytes = b"") -> str:
    """JSON, and bytes behind it, as text: the length of the JSON in a line, both compressed, in base64 (unpack.js)."""
    told = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(b"%d\n" % len(told) + told + rest, 9, mtime=0)).decode()


def page(title: str, about: Mapping[str, str], module: str, data: str) -> str:
    """The file. `about`: what stands in its head; `module`: of this folder. Raises TooLarge."""
    code = script(HERE / module)
    if "</script" in code:
        raise ValueError("The scripts hold '</script', which would end them.")
    metas = "\n".join(
        f'<meta name="{escape(name)}" content="{escape(told)}">'
        for name, told in {"generator": "goalmisgen", **about}.items()
    )
    styles = CANVAS.read_text(encoding="utf-8") + (HERE / "page.css").read_text(encoding="utf-8")
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{metas}
<title>{escape(title)}</title>
<style>
{styles}</style>
</head>
<body>
<main></main>
<noscript><h1>{escape(title)}</h1><p>This figure needs scripts.</p></noscript>
<script type="text/plain" id="packed">{data}</script>
<script type="module">
{code}
</script>
</body>
</html>
"""
    if len(html.encode()) > MOST:
        raise TooLarge(f"The file would have {len(html.encode()):,} bytes, and may have {MOST:,}; ask for less.")
    return html
