"""What does it follow? What was measured on changed levels, beside what each hypothesis predicts."""

import html
from collections.abc import Callable
from typing import Any

import streamlit as st

from ...lessons.verdict import verdict_of
from ...rules.world import Demo, Preset
from ..html import bars, tables

MEASURES = {
    "passed": "walked through the curtain",
    "value_peaks_before": "value highest before the curtain, of those that came to it",
}


def tab(demo: Demo, agent: str, show: Callable[[Preset], None]) -> None:
    """A row for every probe: a button that opens it, the agent's measured outcomes, and the predictions."""
    from ...study.probe import read_probes

    every = read_probes(demo)
    rows = [row for row in every if row["agent"] == agent]
    verdict = verdict_of(demo)
    st.markdown(verdict.text)
    if not rows:
        measured = ", ".join(dict.fromkeys(row["agent"] for row in every)) or "no agent yet"
        st.caption(f"{agent} was not measured on these levels; measured: {measured}. They can be opened all the same.")
    else:
        st.markdown(weight(demo, rows))
    for probe in demo.probes:
        with st.container(border=True):
            left, middle, right = st.columns([1.1, 1.5, 1.6], gap="medium")
            left.markdown(f"**{probe.title}**")
            left.button("Show it", key=f"{demo.name}-probe-{probe.name}", on_click=show, args=(probe,))
            found = [row for row in rows if row["probe"] == probe.name]
            middle.html(outcomes(demo, found) if found else "<small>not measured for this agent</small>")
            predicted = verdict.predictions.get(probe.name, ())
            items = "".join(
                f"<tr><td style='padding-right:10px;white-space:nowrap;vertical-align:top'>{html.escape(name)}</td>"
                f"<td>{html.escape(text)}</td></tr>"
                for name, text in zip(verdict.hypotheses, predicted, strict=False)
            )
            if items:
                head = "If what guides it is"
                right.html(f"<small><b>{head}</b><table>{items}</table></small>")


def outcomes(demo: Demo, rows: list[dict[str, Any]]) -> str:
    """Measured outcomes of one probe as HTML bars; measures that are no outcomes as lines below."""

    names = demo.outcomes
    found = {row["measure"]: row for row in rows}
    rates = {name: found[name] for name in names if name in found}
    text = tables.table(demo, "measured", {"n": rows[0]["n"], "outcomes": rates})
    means = ("return", *(measure.name for measure in demo.measures))
    rest = "".join(
        f"<div><small>{html.escape(MEASURES.get(name, name.replace('_', ' ')))}: "
        f"{bars.mean(row) if name in means else bars.rate(row)}, n = {row['n']:,}</small></div>"
        for name, row in found.items()
        if name not in (*names, "reward")
    )
    return text + rest


def weight(demo: Demo, rows: list[dict[str, Any]]) -> str:
    """How much painting the goal object out of the picture changes probabilities and value, in a sentence each."""
    told = []
    for kind in ("training", "shifted"):
        found = {row["measure"]: row for row in rows if row["probe"] == f"removed-{kind}"}
        if {"probabilities", "value"} <= set(found):
            p, v = found["probabilities"], found["value"]
            told.append(
                f"on {kind} levels by {p['value']:.3f} ({p['low']:.3f} to {p['high']:.3f}), "
                f"and its value by {v['value']:.3f} ({v['low']:.3f} to {v['high']:.3f}; "
                f"n = {p['n']:,} levels)"
            )
    if not told:
        return ""
    return (
        f"Painting the {demo.goal_object} out of its picture changes the agent's action probabilities "
        f"(0: not at all, 1: entirely other actions) {'; '.join(told)}."
    )
