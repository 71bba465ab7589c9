"""A study's figure in the page: hovering a point names its agents, following it opens one where the goal is missed."""

from collections.abc import Callable
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode

from ..... import entry
from ....rules import edit as editing
from ....rules import level_files
from ....rules.world import Demo
from ....study import studies
from ....study.figures import curves
from ....study.figures.curves import Dot, Drawn
from ....study.studies import Study
from ..assets import component


def payload(demo: Demo, study: Study, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the component shows of a study, as JSON. Raises StudyError."""
    panels = [_panel(demo, study, shown) for shown in curves.drawn(demo, study, rows)]
    for panel in panels:  # what is counted alike is shown to one scale
        panel["y"]["high"] = max(each["y"]["high"] for each in panels if each["y"]["label"] == panel["y"]["label"])
    return {"panels": panels}


def _panel(demo: Demo, study: Study, shown: Drawn) -> dict[str, Any]:
    panel = shown.panel
    if panel.over_time:
        axis = _plain_axis("step of the episode", [row["step"] for line in shown.lines.values() for row in line])
    elif panel.against:
        axis = _plain_axis(panel.against["says"], [dot.x for dot in shown.dots])
    else:
        axis = _axis(study, shown)
    values = [dot.high for dot in shown.dots] + [row["high"] for line in shown.lines.values() for row in line]
    top = 100.0 if panel.times == 100 else max(values, default=1.0) * 1.05
    places = [(dot, dot.x) for dot in shown.dots] if panel.against else curves.dodged(study, shown)
    return {
        "title": panel.title,
        "told": shown.in_words + (f"; {shown.fit.in_words}" if shown.fit else ""),
        "x": axis,
        "y": {"label": panel.y, "low": 0, "high": top, "percent": panel.times == 100},
        "legend": _legend(shown),
        "dots": [_dot(demo, study, shown, dot, where) for dot, where in places],
        "joins": _joins(study, shown),
        "lines": _lines(shown),
        "rules": _rules(study, shown),
    }


def _axis(study: Study, shown: Drawn) -> dict[str, Any]:
    xs = curves.axis_values(study, shown)
    low, high = curves.reach_of(study, shown)
    some = curves.labelled(study.axis, xs)
    ticks = [[curves.place(study.axis, x, xs), curves.tick(study.axis, x)] for x in some]
    return {"label": study.axis.label, "low": low, "high": high, "ticks": ticks}


def _plain_axis(label: str, values: list[float]) -> dict[str, Any]:
    """An axis with a tick at every round number."""
    low, high = min(values, default=0), max(values, default=1)
    step = next((step for step in (1, 2, 5, 10, 20, 50) if (high - low) / step <= 7), 100)
    first, last = int(low // step), int(-(-high // step))
    return {
        "label": label,
        "low": first * step,
        "high": last * step,
        "ticks": [[i * step, f"{i * step}"] for i in range(first, last + 1)],
    }


def _legend(shown: Drawn) -> list[dict[str, str]]:
    if not shown.lines:
        return [
            {"name": shown.called[name], "colour": colour, "mark": marker}
            for name, (colour, marker) in shown.styles.items()
        ]
    found = {}
    for agent, levels in shown.lines:
        colour, dashes = curves.line_style(shown, agent, levels)
        found[f"{studies.recipe_of(agent)}, {levels}"] = {"colour": colour, "mark": dashes}
    return [{"name": name} | style for name, style in found.items()]


def _dot(demo: Demo, study: Study, shown: Drawn, dot: Dot, where: float) -> dict[str, Any]:
    colour, marker = shown.styles[dot.quantity]
    unit = " %" if shown.panel.times == 100 else ""
    at = curves.tick(study.axis, dot.row["x"])
    return {
        "x": where, "y": dot.y, "low": dot.low, "high": dot.high, "colour": colour, "mark": marker,
        "group": f"{shown.called[dot.quantity]}, at {at}", "agent": dot.agent,
        "says": f"{dot.y:.1f}{unit} ({dot.low:.1f} to {dot.high:.1f}), n = {dot.row['n']:,}",
        "href": link(demo, dot.row),
    }  # fmt: skip


def link(demo: Demo, row: dict[str, Any]) -> str:
    """The address, below the app's own, of a row's agent in the first measured level where the goal was missed."""
    query = {"agent": row["agent"]}
    levels, miss = row["levels"], row["miss"]
    if miss.isdecimal() and levels in demo.conditions_told:
        query |= {"levels": "training" if levels == "training" else "shifted", "number": miss, "seed": miss}
    elif miss.isdecimal():
        query |= _changed(demo, levels, int(miss))
    return f"{demo.name}?{urlencode(query)}"


@cache
def _changed(demo: Demo, levels: str, miss: int) -> dict[str, str]:
    """The link of a level that the page does not draw by itself: that of a probe, or with fields of its own."""
    from ....rules.change import changed

    probe = next((probe for probe in demo.probes if probe.name == levels), None)
    if probe:
        config = demo.shifted if probe.shifted else demo.training
        level = changed(demo, editing.draw_level(demo, config, miss), probe.changes)
    else:
        fields = {name: float(value) for name, _, value in (part.partition("=") for part in levels.split(","))}
        whole = {name: int(value) if value.is_integer() else value for name, value in fields.items()}
        level = editing.draw_level(demo, demo.training._replace(**whole), miss)
    return {"level": level_files.to_url(demo, level), "seed": str(miss)}


def _joins(study: Study, shown: Drawn) -> list[dict[str, Any]]:
    if not curves.joined(study, shown):
        return []
    xs = curves.axis_values(study, shown)
    found = []
    for name, (colour, _) in shown.styles.items():
        line = curves.medians(study, shown, name)
        points = [[curves.place(study.axis, x, xs), None if y != y else y] for x, y in line.items()]
        found.append({"colour": colour, "points": points})
    return found


def _lines(shown: Drawn) -> list[dict[str, Any]]:
    found = []
    for (agent, levels), rows in shown.lines.items():
        colour, dashes = curves.line_style(shown, agent, levels)
        points = [[row[key] for key in ("step", "value", "low", "high")] for row in rows]
        says = f"{agent}, {levels} levels: {rows[-1]['value']:.2f} at the end, n = {rows[-1]['n']:,}"
        found.append({"colour": colour, "dashed": dashes == "--", "points": points, "says": says})
    return found


def _rules(study: Study, shown: Drawn) -> list[dict[str, Any]]:
    """Ceilings, what was published, and the line of a regression."""
    found: list[dict[str, Any]] = [
        {"kind": "height", "y": dot.y, "says": shown.panel.ceiling["says"]} for dot in shown.ceilings
    ]
    xs = curves.axis_values(study, shown)
    for each in shown.published:
        at = None if each.x is None else curves.place(study.axis, each.x, xs)
        if each.y is None:
            found.append({"kind": "place", "x": at, "says": each.says})
        elif isinstance(each.y, tuple):
            found.append({"kind": "range", "y": list(each.y), "says": each.says})
        elif at is None:
            found.append({"kind": "height", "y": each.y, "says": each.says})
        else:
            found.append({"kind": "star", "x": at, "y": each.y, "says": each.says})
    if shown.fit:
        ends = [min(dot.x for dot in shown.dots), max(dot.x for dot in shown.dots)]
        line = [[x, shown.fit.slope * x + shown.fit.intercept] for x in ends]
        found.append({"kind": "line", "points": line, "says": "least squares"})
    return found


def to_draw(name: str, quantity: str, panel: int | None, curve: list[int] | None) -> dict[str, Any]:
    """One panel of a study for a learner to draw a quantity's curve on; with the `curve` drawn, what was measured.

    `panel`: from 1; else the first that draws the quantity. Raises StudyError.
    """
    study = studies.study_of(name)
    demo = cast("Demo", entry(study.demo))
    rows = studies.read_rows(studies.csv_path(demo, study))
    drawn = curves.drawn(demo, study, rows)
    fitting = [each for each in drawn if quantity in each.panel.draw and each.panel.times == 100]
    chosen = drawn[panel - 1] if panel and panel <= len(drawn) else fitting[0] if fitting else None
    if chosen is None or chosen not in fitting:
        raise studies.StudyError(f"The study '{name}' has no such panel with shares of '{quantity}' to draw.")
    xs = curves.axis_values(study, chosen)
    if not xs:
        raise studies.StudyError(f"There is nothing to draw yet: make the study with `goalmisgen study {name}`.")
    shown = _panel(demo, study, chosen)
    kept = curve if curve and len(curve) == len(xs) else None
    shown["legend"] = [each for each in shown["legend"] if kept or each["name"] == chosen.called[quantity]]
    draw = {
        "at": [curves.place(study.axis, x, xs) for x in xs],
        "labels": [curves.tick(study.axis, x) for x in xs],
        "curve": kept or [50] * len(xs),
        "locked": kept is not None,
    }
    if kept is None:  # nothing of what was measured goes to the browser before the guess
        told = f"Your guess for: {chosen.called[quantity]}"
        shown |= {"dots": [], "joins": [], "lines": [], "rules": [], "told": told}
    return {"panels": [shown], "draw": draw}


def show(key: str, data: dict[str, Any], on_message: Callable[[], None] | None = None) -> None:
    """Mount the component; `on_message` is called when a curve was drawn, in `st.session_state[key].message`."""
    extra = {"on_message_change": on_message} if on_message else {}
    component("figure", "gm", "figure/figure.js")(key=key, data=data, **extra)
