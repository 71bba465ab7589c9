"""The outcome map on a page: computed on demand, kept until it is computed again, marked where it is out of date."""

from typing import Any

import streamlit as st

from ...agents.called import label
from ...rules import edit as editing
from ...rules.level import Level, copied
from ...rules.names import ending
from ...rules.palette import outcome_marks
from ...rules.world import Demo
from ..components.canvas.live import Live
from ..view import View

SEEDS = (1, 5, 20)


def controls(view: View, live: Live) -> dict[str, Any]:
    """The controls of the map; returns the overlay {"map": ...}, computed at the first call and on request."""
    from ...study.outcome_map import outcome_map

    demo = view.demo
    row = st.container(horizontal=True, vertical_alignment="bottom")
    seeds = row.selectbox("Runs per place", SEEDS, index=1, key=view.key("map-seeds"), width=120)
    again = row.button("Compute again", key=view.key("map-again"))
    now = (live.agents[0].name, live.runs[0].seed, seeds, _terrain(demo, live.runs[0].level))
    if again or view.map is None:
        bar = st.progress(0.0, f"{demo.goal_object} in every place")

        def told(done: int, n: int) -> None:
            bar.progress(done / n, f"{done:,} of {n:,} runs")

        view.map = now, outcome_map(demo, live.agents[0], live.runs[0].level, seeds, live.runs[0].seed, told)
        bar.empty()
    made, found = view.map
    return {"map": overlay(demo, found, made[0], made != now)}


def overlay(demo: Demo, found: Any, agent: str, stale: bool) -> dict[str, Any]:
    """An `OutcomeMap` as the canvas paints it: cells [[row, column, [share of each outcome]], ...], and its legend."""
    styles, runs = outcome_marks(demo), len(found.seeds)
    says = (
        f"out of date (it is of: {label(demo, agent)}): compute it again"
        if stale
        else f"{runs} run{'s' * (runs > 1)} per place"
    )
    return {
        "cells": [
            [int(row), int(col), [round(float(share), 3) for share in shares]]
            for (row, col), shares in zip(found.cells, found.shares(demo), strict=True)
        ],
        "names": [ending(demo, name).chip for name in styles],
        "colours": [colour for colour, _ in styles.values()],
        "marks": [mark for _, mark in styles.values()],
        "stale": stale,
        "says": f"{says}. Click a place to see its {'first ' * (runs > 1)}run.",
    }


def _terrain(demo: Demo, level: Level) -> bytes:
    """What a map depends on besides the goal's place, which it varies."""
    bare = copied(level)
    bare.objects[editing.goal_slot(demo)] = -1
    return bytes(bare.tobytes())
