"""Looking inside on a page: where the goal's place is lost, layer by layer."""

import html
from functools import partial
from typing import Any

import streamlit as st

from ...agents.called import label
from ...rules.world import Demo
from .. import loading
from ..html import bars

CONTROLS = ("untrained",)
CELL = "padding:5px 9px;text-align:center"


@st.fragment
def lost_panel(demo: Demo, rows: list[Any]) -> None:
    """A table of colours, networks down and layers across, for the quantity that is picked; and one network closer."""
    from ...agents.own import own_names

    if not rows:
        return
    guess = st.radio(
        f"Before you look: where in the network of a robot that goes past the {demo.goal_object} is its place lost?",
        ["in the picture itself", "in the first layers", "in the last layer", "nowhere: it is there, and not used"],
        index=None, horizontal=True, key=f"{demo.name}-lost-guess",
    )  # fmt: skip
    if guess is None:
        return
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    what = st.segmented_control("What is read", measures, default=measures[1], key=f"{demo.name}-lost-what")
    st.html(table([row for row in rows if row["measure"] == (what or measures[0])], "agent"))
    st.caption(
        f"R2: how much of the variance of the {demo.goal_object}'s place a straight line reads from a layer (1: all of "
        "it, 0: none). AUROC: how often it tells a picture with it from the same without (0.5: by chance). The same "
        f"frames for every network, tested on {rows[0]['n']} levels. A low number is no proof that a layer lacks it: "
        "it may be held in another form. A high one does not prove that it is used."
    )
    agents = [*dict.fromkeys(row["agent"] for row in rows), *own_names(demo)]
    agent = st.selectbox(
        "One network closer, also one of your own", agents, index=None, placeholder="choose one", width=340,
        key=f"{demo.name}-lost-agent", format_func=partial(label, demo),
    )  # fmt: skip
    if agent:
        st.html(closer(demo, *_read(demo.name, agent)))
        st.caption(
            f"Point at a column, or press one: the cross is where a line reads the {demo.goal_object} from that layer, "
            "in pictures that it was not fitted to. Made now, on the same levels as the table."
        )


def closer(demo: Demo, rows: list[Any], pictures: dict[str, str]) -> str:
    """The table of one network, and of all its pictures those of the layer under the pointer, or of the one pressed."""
    names, last = list(pictures), len(pictures) - 1
    rules = [".closer>div{display:none}.closer [tabindex]{cursor:pointer}"]
    for k in range(len(names)):
        free = ".closer:not(:has([tabindex]:hover))"
        when = [f".closer:has(.at{k}:hover)>.of{k}", f"{free}:has(.at{k}:focus)>.of{k}"]
        if k == last:
            when.append(f"{free}:not(:has([tabindex]:focus))>.of{k}")
        rules.append(f"{','.join(when)}{{display:block}}")
    shown = "".join(
        f'<div class="of{k}"><b>{name}</b><br>'
        f"{bars.image(svg, f'where a line reads the {demo.goal_object} from {name}', 1100)}</div>"
        for k, (name, svg) in enumerate(pictures.items())
    )
    return (
        f'<style>{"".join(rules)}</style><div class="closer"><section>{table(rows, "measure")}</section>{shown}</div>'
    )


@st.cache_resource(show_spinner="Frames of 300 levels (some twenty seconds, once)")
def _frames(demo: str) -> Any:
    """Those of the bundled table, so that its numbers come again."""
    from ...detect.lost import TECHNIQUE, frames_for

    return frames_for(loading.demo_of(demo), TECHNIQUE.episodes, 1)


@st.cache_data(show_spinner="Reading its layers")
def _read(name: str, agent: str) -> tuple[list[Any], dict[str, str]]:
    """What lines read from the layers of a network, as rows of the table, and by layer a drawing as SVG."""
    from ...detect.lost import examples, read_out
    from ...study.figures.draw import as_svg

    demo, (fit, test) = loading.demo_of(name), _frames(name)
    drawn = examples(demo, agent, fit, test)
    return read_out(demo, agent, fit, test, 1), {layer: as_svg(figure) for layer, figure in drawn.items()}


def table(rows: list[Any], down: str) -> str:
    """An HTML table, layers across and what `down` names down, whose cells are shaded by the number in them."""
    layers = list(dict.fromkeys(row["levels"] for row in rows))
    head = "".join(f'<th scope="col" class="at{k}" style="{CELL}">{name}</th>' for k, name in enumerate(layers))
    lines = []
    for line in dict.fromkeys(row[down] for row in rows):
        found = {row["levels"]: row for row in rows if row[down] == line}
        cells = "".join(_cell(found.get(layer), k, down != "agent") for k, layer in enumerate(layers))
        mark = " <small>(control)</small>" if line in CONTROLS else ""
        name = f'<th scope="row" style="{CELL};text-align:left;white-space:nowrap">{html.escape(line)}{mark}</th>'
        lines.append(f"<tr>{name}{cells}</tr>")
    body = f"<tr><th></th>{head}</tr>{''.join(lines)}"
    return (
        f'<div style="overflow-x:auto"><table style="border-collapse:separate;border-spacing:2px">{body}</table></div>'
    )


def _cell(row: Any, column: int, pressed: bool) -> str:
    """One number on its colour; `pressed`: it can be."""
    if row is None:
        return f'<td style="{CELL}"></td>'
    low = 0.5 if "AUROC" in row["measure"] else 0.0
    share = min(max((row["value"] - low) / (1 - low), 0), 1)
    told = f"95 % interval {row['low']:.2f} to {row['high']:.2f}"
    style = f"{CELL};color:#222;background:color-mix(in srgb, #e69f00 {100 * share:.0f}%, #efe9dd)"  # on any ground
    focus = f' class="at{column}" tabindex="0"' if pressed else ""
    return f'<td{focus} style="{style}" title="{told}">{row["value"]:.2f}</td>'
