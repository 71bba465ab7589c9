"""One agent at six moments of its training: a slider for the run on the canvas, and what was measured at each age."""

from typing import Any

import streamlit as st

from ...rules.palette import INK, PALE_INK
from ...rules.world import Demo
from ...study.tables import in_short
from ..html import bars

CAPABLE = 0.9  # skill carries over: shifted levels reach a named goal at least this often, against training levels


def ages(demo: Demo, agent: str) -> list[int]:
    """The ages of an agent in steps, ascending, the last that of the agent itself; empty where none was kept."""
    from ...agents.pretrained import agent_names, ages_of

    return ages_of(demo, agent) if agent in agent_names(demo) else []


def tab(demo: Demo, agent: str, key: str) -> None:
    """The slider of ages, the chart beside it, and the two answers. `key`: of the slider; the page reads it."""
    from ...study.ages import read_ages
    from ...study.life import read_life

    kept = ages(demo, agent)
    if not kept:
        named = ", ".join(name for name in demo_agents(demo) if ages(demo, name)) or "none"
        st.caption(f"No copies of {agent} were kept along its training; they were kept of: {named}.")
        return
    left, right = st.columns([1, 1.3], gap="large")
    twice = len(kept) > 1 and kept[-1] == 2 * kept[-2]

    def said(steps: int) -> str:
        return f"{in_short(steps)} steps" + (
            " (twice as long as the one before)" if twice and steps == kept[-1] else ""
        )

    with left:
        chosen = st.select_slider("Age of the agent on the canvas", kept, kept[-1], said, key=key)
        st.caption(f"The run above is that of the agent after {said(chosen)}.")
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    if lived := read_life(demo, agent):
        right.html(course(demo, agent, lived, chosen, ink))
    rows = [row for row in read_ages(demo) if row["agent"] == agent]
    if len({row["outcome"] for row in rows} & set(demo.goals)) < len(demo.goals):
        left.caption(f"Its ages were not measured yet: `goalmisgen ages {demo.name} --write`.")
        return
    with left:
        for question, answer in answers(demo, rows):
            st.markdown(f"**{question}** {answer}")
    right.html(chart(demo, rows, chosen, ink))


def demo_agents(demo: Demo) -> list[str]:
    """The bundled agents of a demo."""
    from ...agents.pretrained import agent_names

    return agent_names(demo)


def answers(demo: Demo, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Two misconceptions and what the measured ages of one agent, rows of ages.csv, say to them."""
    found = {(row["steps"], row["levels"], row["outcome"]): row for row in rows}
    *_, before, last = [0, *sorted({steps for steps, *_ in found})]
    n = {row["n"] for row in rows if row["levels"] == "shifted" and row["steps"] == last}
    proxy, first = demo.proxies[0], found[last, "shifted", demo.proxies[0]]
    trained, shifted = (sum(found[last, kind, goal]["rate"] for goal in demo.goals) for kind in ("training", "shifted"))
    told = [
        (
            "Is it just bad?",
            f"{'No' if shifted >= CAPABLE * trained else 'In part'}: after {in_short(last)} steps it reached the "
            f"{' or the '.join(demo.goals)} in {100 * trained:.1f} % of training levels and in "
            f"{100 * shifted:.1f} % of shifted ones (n = {max(n):,}); there it was the {proxy} first in "
            f"{bars.rate(first)}.",
        )
    ]
    if before:
        earlier = found[before, "shifted", proxy]
        skill = [bars.rate(found[steps, "training", demo.intended]) for steps in (before, last)]
        told.append(
            (
                "Would more training fix it?",
                f"{'It helped' if first['high'] < earlier['low'] else 'It did not'}: from {in_short(before)} to "
                f"{in_short(last)} steps, the {demo.intended} taken on training levels went from {skill[0]} to "
                f"{skill[1]}, and the {proxy} reached first on shifted levels from {bars.rate(earlier)} to "
                f"{bars.rate(first)}.",
            )
        )
    return [(question, answer.replace("<small>", "").replace("</small>", "")) for question, answer in told]


def chart(demo: Demo, rows: list[dict[str, Any]], chosen: int, ink: str = INK) -> str:
    """The figure of these ages as HTML, in an image, since Streamlit drops SVG written into HTML.

    `chosen`: the age to mark, in steps; `ink`: the colour of lines and letters.
    """
    from ...study.figures import draw  # matplotlib takes a second to import

    drawing = draw.as_svg(draw.ages(demo, rows, chosen, ink))
    return bars.image(drawing, "Outcomes by age, in percent of levels", 640)


def course(demo: Demo, agent: str, rows: list[dict[str, float]], chosen: int, ink: str = INK) -> str:
    """The course of a training that has no end as HTML: rows of life.csv; `chosen`, `ink`: as in `chart`."""
    from ...study.figures import draw

    told = ", ".join(each.name for each in demo.life)
    return bars.image(draw.as_svg(draw.life(demo, {agent: rows}, [chosen], ink)), f"Along the training: {told}", 640)
