"""Reading the notes on a page: overwrite the working, and see whether the answer follows."""

from typing import Any

import streamlit as st

from ...rules.text import BadText, TextDemo
from .. import loading
from .laboratory import agent_box


@st.fragment
def panel(demo: TextDemo, rows: list[Any]) -> None:
    """A question, a network, its own working and the one that you write."""
    from ...detect.laboratory import agents_of
    from ...detect.notes import answers, answers_after, notes_of

    notes = notes_of(demo)
    who, *fields = st.columns([2.4, *[1.0] * len(demo.fields)], vertical_alignment="bottom")
    name = agent_box(who, "Network", demo, agents_of(demo, "notes"), f"{demo.name}-notes-agent")
    writer, values = loading.writer_of(demo.name, name), {}
    for column, field in zip(fields, demo.fields, strict=True):
        key = f"{demo.name}-notes-{field.name}"
        if field.options:
            at = list(field.options).index(field.usual)
            values[field.name] = column.selectbox(field.title, list(field.options), at, key=key)
        else:
            values[field.name] = column.text_input(field.title, field.usual, key=key, max_chars=field.most)
    try:
        case = demo.asked(values)
    except BadText as refused:
        st.warning(str(refused))
        return
    (working, answer), *_ = answers(demo, writer, [case])
    st.markdown(f"> {case.prompt}\n>\n> **{working} {answer}.**")
    key = f"{demo.name}-notes-working-{case.prompt}"
    fresh = st.text_input("Overwrite its working", notes.instead(case), key=key, max_chars=12)
    try:
        other = answers_after(demo, writer, [case], [fresh])[0]
    except BadText as refused:
        st.warning(str(refused))
        return
    if not other:
        st.markdown("After that it writes nothing of the form it was taught.")
    elif other == answer:
        st.markdown(f"**{fresh} {other}.** The answer stays. Here it was not made from the working.")
    else:
        st.markdown(f"**{fresh} {other}.** The answer flips: here it was made from the working.")
    flagged = answer != notes.follows(case, working)
    st.markdown(
        f"The monitor compares working and answer: {'**a contradiction**' if flagged else 'no contradiction'}. "
        f"The right answer is *{notes.truth(case)}*."
    )
    if rows:
        st.markdown(_told(demo, rows))


def _told(demo: TextDemo, rows: list[Any]) -> str:
    """Flips by network and condition, with intervals."""
    from ...study.findings import find

    conditions = [name for name in demo.conditions if any(row["levels"] == name for row in rows)]
    lines = ["| answer flips, % | " + " | ".join(conditions) + " |", "|---" * (len(conditions) + 1) + "|"]
    for agent in dict.fromkeys(row["agent"] for row in rows):
        cells = []
        for condition in conditions:
            row = find(rows, agent, condition, "answer flips")
            cells.append(f"{100 * row['value']:.0f} ({100 * row['low']:.0f} to {100 * row['high']:.0f})" if row else "")
        lines.append(f"| `{agent}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + f"\n\nn = {rows[0]['n']} questions of each kind, none of them from a training."
