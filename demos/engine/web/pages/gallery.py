"""Cards of the home page: the parts of the path, and the demos."""

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st
from PIL import Image, ImageSequence

from .... import NAMES
from ...content import content
from ...lessons import worksheet as ws
from ...lessons.lesson import PathPart, number_of, parts
from ...rules.entry import Entry
from ...rules.names import card
from ...study.kinds import GRID, Kind, kind_of
from .. import loading
from ..learner import learner

ACROSS, TILES = 3, 4  # cards and parts of the path in a row, so that none is left alone
WRONG_GOAL = NAMES[:9]  # the rest are look-alikes
WIDE = 16  # tiles of a picture, at most: a card has room for them and for 13 above each other, so none is cut or scaled
PLACE = 5  # the level that pictures show
CSS = """<style>
.gallery-picture { display: block; width: 100%; height: 260px; object-fit: none; image-rendering: pixelated;
  border-radius: 8px; background: #3b3530; }
.gallery-picture.paper { object-fit: contain; image-rendering: auto; background: #fffaf0; }
.gallery-chip { display: inline-block; padding: 1px 10px; border-radius: 10px; font-size: .82rem;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent); }
.ringed { display: grid; place-items: center; font-size: .8rem; font-weight: 600; }
.ringed > * { grid-area: 1 / 1; }
.ring { width: 38px; height: 38px; border-radius: 50%; mask: radial-gradient(circle, transparent 14px, #000 14.5px); }
</style>"""
HEAD = "Three lessons give you the idea ({minutes} minutes). Then go where you like."
FOOT = (
    "Every run is computed live by a trained network. We describe what it does, and claim nothing about what goes on "
    "inside."
)


def path(pages: dict[str, Any]) -> None:
    """The parts of the path as tiles, with a ring each for what is done."""
    every = parts()
    st.html(CSS)
    st.markdown(HEAD.format(minutes=_minutes(every[0])))
    for first in range(0, len(every), TILES):
        for column, i in zip(st.columns(TILES), range(first, min(first + TILES, len(every))), strict=False):
            with column, st.container(border=True, height="stretch"):
                _part(i + 1, every[i], pages)


def _part(number: int, part: PathPart, pages: dict[str, Any]) -> None:
    held = [lesson for lesson in ws.lessons() if lesson.name in part.lessons]
    counts = [ws.done_of(learner().progress, lesson.title) for lesson in held]
    share = sum(done for done, _ in counts) / max(sum(total for _, total in counts), 1)
    how = f"{len(held)} lesson{'s' * (len(held) != 1)} · {_minutes(part)} min"
    ring = f"conic-gradient(#0b6e8f {100 * share:.0f}%, rgba(128,128,128,.28) 0)"
    st.html(
        f'<div style="display:flex;gap:12px;align-items:center"><div class="ringed"><div class="ring" role="img" '
        f'aria-label="{100 * share:.0f} % done" style="background:{ring}"></div><span>{number}</span></div>'
        f"<div><b>{escape(part.title)}</b><br><small>{how}</small></div></div>"
    )
    todo = [lesson for lesson, (done, total) in zip(held, counts, strict=True) if done < total]
    following = (todo or held)[0]
    st.page_link(pages[following.page], label=f"{number_of(following.name)}. {following.title}")


def _minutes(part: PathPart) -> int:
    return sum(lesson.minutes for lesson in ws.lessons() if lesson.name in part.lessons)


def look_alike(demo: Entry) -> str:
    """What the page of a demo says first where it is no case of goal misgeneralization; else nothing."""
    return "" if demo.name in WRONG_GOAL else f"**A look-alike, not goal misgeneralization: {card(demo).chip}.** "


def show(pages: dict[str, Any]) -> None:
    """The demos in two groups, cards of equal height."""
    for title, names in (
        ("The goal went wrong", WRONG_GOAL),
        ("Look-alikes: something else went wrong", NAMES[len(WRONG_GOAL) :]),
    ):
        st.subheader(title, anchor=False)
        for first in range(0, len(names), ACROSS):
            for column, name in zip(st.columns(ACROSS), names[first : first + ACROSS], strict=False):
                with column, st.container(border=True, height="stretch"):
                    _card(name, pages)
    left, right = st.columns(2)
    left.page_link(pages["slides"], label="Teaching? Talks, films, worksheets.", icon=":material/co_present:")
    right.page_link(pages["figures"], label="Researching? Figures, data, Python.", icon=":material/monitoring:")
    st.caption(FOOT)


def _card(name: str, pages: dict[str, Any]) -> None:
    told = card(loading.entry_of(name))
    kind = "" if kind_of(loading.entry_of(name)) in DRAWN else " paper"
    st.html(f'<img class="gallery-picture{kind}" alt="" src="data:image/png;base64,{picture(name)}">')
    st.page_link(pages[name], label=f"**{told.title}**")
    st.markdown(told.line)
    st.html(f'<span class="gallery-chip">{escape(told.chip)}</span>')


@st.cache_data(show_spinner=False)
def picture(name: str) -> str:
    """The picture of a demo as a PNG, in base64: of a world the bundled one, so that no rules are compiled for it."""
    bundled, film = content() / "pictures" / "cards" / f"{name}.png", content() / "pictures" / f"{name}.gif"
    out = io.BytesIO()
    if bundled.is_file():
        out.write(bundled.read_bytes())
    elif draw := DRAWN.get(kind_of(loading.entry_of(name))):
        Image.fromarray(draw(name)).save(out, "PNG")
    elif film.is_file():
        with Image.open(film) as frames:
            *_, last = ImageSequence.Iterator(frames)
            last.convert("RGB").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def drawn(name: str) -> Any:
    """The start of a level of a world, uint8[height, width, 3], at 20 pixels a tile and cut around who acts.

    So nothing is scaled, and no outcome is told.
    """
    from ...rules.edit import draw_level
    from ...rules.level import records
    from ...rules.scene import scene

    demo = loading.demo_of(name)
    level = draw_level(demo, demo.shifted, PLACE)
    state = records(demo.state, 1)[0]
    demo.start(level, 0, state)
    shown = scene(demo, level, state)
    left = max(0, min(int(level.objects[0][1]) - 3, shown.shape[1] // 20 - WIDE))
    return shown[:, 20 * left : 20 * (left + WIDE)]


DRAWN: dict[Kind, Callable[[str], Any]] = {GRID: drawn}  # demos whose picture is drawn rather than taken from a film
