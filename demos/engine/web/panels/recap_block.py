"""The recap of a lesson: two questions, four fields, a run for each case, and what the learner did."""

import base64
import io
from html import escape

import streamlit as st
from PIL import Image

from ...lessons import calibration
from ...lessons import worksheet as ws
from ...lessons.lesson import Block, Lesson, shown_of
from ...lessons.numbers_in_text import filled
from ...rules.names import ending
from ...rules.scene import scene
from ..components.canvas.live import Live
from ..components.canvas.quiet import paid
from ..learner import Learner
from . import decide_block


def table(me: Learner, lesson: Lesson, key: str, block: Block) -> None:
    """The card; a case with something to show has a button that shows it."""
    data = block.data
    with st.container(border=True, key=f"recap-{lesson.name}"):
        st.markdown(f"**{data['column_ask']}**")
        for column, says in zip(st.columns(2), data["columns"], strict=True):
            column.caption(says)
        for row, says in enumerate(data["rows"], 1):
            st.markdown(f"**{data['row_ask']}** {says}.")
            for number, place in enumerate(st.columns(2), 1):
                with place:
                    for i, cell in enumerate(data["cells"]):
                        if (cell["row"], cell["column"]) == (row, number):
                            _cell(me, key, i, cell)
        if data.get("own"):
            _own(me, lesson)


def _cell(me: Learner, key: str, number: int, cell: dict[str, str]) -> None:
    shown = shown_of(cell)
    if shown:
        st.button(
            cell["title"], key=f"{key}/recap {number}", icon=":material/play_circle:", width="stretch",
            on_click=decide_block.refute, args=(me, key, shown), help="Watch it",
        )  # fmt: skip
    else:
        st.markdown(f"**{cell['title']}**")
    st.caption(filled(cell["text"]))


def _own(me: Learner, lesson: Lesson) -> None:
    """What the learner played, and how many guesses came true."""
    played = [
        (step.title, me.lives[f"{lesson.name}/{step.title}"])
        for step in lesson.taught
        if (step.block("demo") or {}).get("controls") == "play" and f"{lesson.name}/{step.title}" in me.lives
    ]
    right, made = ws.score(me.progress, lesson.title)
    if made:
        st.markdown(f"**You.** {right} of {made} guesses came true.")
    if sure := calibration.told(me.progress):
        st.caption(sure)
    if played:
        st.html("".join(_picture(title, live) for title, live in played))


def _picture(title: str, live: Live) -> str:
    run = live.runs[0]
    out = io.BytesIO()
    Image.fromarray(scene(live.demo, run.level, run.states[run.decided], 0.5)).save(out, "PNG")
    told = escape(f"{title}: {ending(live.demo, run.outcome).chip} · {paid(run):g}")
    image = base64.b64encode(out.getvalue()).decode()
    return (
        f'<figure style="display:inline-block;margin:0 12px 0 0"><img src="data:image/png;base64,{image}" alt="{told}" '
        f'style="max-width:100%;height:96px;image-rendering:pixelated;border-radius:6px">'
        f'<figcaption style="font-size:.85rem">{told}</figcaption></figure>'
    )
