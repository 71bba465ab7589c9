"""The live figure of any demo as it is usually shown: its textbook case, its usual question, or runs of its planner."""

from collections.abc import Callable
from typing import Any

from ...agents.pretrained import agent_names, load_agent
from ...agents.run_text import load_writer
from ...rules.decision import DecisionDemo
from ...rules.entry import Entry
from ...rules.text import TextDemo
from ...rules.world import Demo
from ...study.kinds import DECISION, GRID, TEXT, Kind, kind_of
from ...study.levels import prepared_level
from .cases import decision_figure, text_figure, usual_choosers, usual_writers
from .grid import live_figure, usual_agents


def usual_command(demo: Entry) -> str:
    """The command that makes it."""
    moved = demo.preset_as("moved")
    preset = f" --preset {moved.name}" if moved else ""
    return f"goalmisgen film {demo.name}{preset} --out {demo.name}.html"


def usual_figure(demo: Entry) -> str:
    """The file as text. Raises TooLarge."""
    return _FIGURES[kind_of(demo)](demo)


def _world(demo: Demo) -> str:
    moved = demo.preset_as("moved") or demo.presets[0]
    agents = [load_agent(demo, name) for name in usual_agents(demo, moved.agent)]
    level = prepared_level(demo, moved, agents[0].config)
    return live_figure(demo, level, agents, command=usual_command(demo)).html


def _writers(demo: TextDemo) -> str:
    writers = [load_writer(demo, name) for name in usual_writers(demo, agent_names(demo)[0])]
    return text_figure(demo, writers, command=usual_command(demo)).html


def _choosers(demo: DecisionDemo) -> str:
    return decision_figure(demo, usual_choosers(demo, None), command=usual_command(demo)).html


_FIGURES: dict[Kind, Callable[[Any], str]] = {GRID: _world, TEXT: _writers, DECISION: _choosers}
