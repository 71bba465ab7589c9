"""A live figure of a level: one file in which a reader drags the goal, and sees what the agents do with it there."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...agents.pretrained import Agent, ages_of, load_agent
from ...film.files import about_of
from ...rules import level_files
from ...rules.edit import goal_name
from ...rules.level import Level
from ...rules.world import Demo
from ...study.every_place import every_place, runs
from ..components.canvas.live import world
from .bundle import TooLarge, packed, page
from .runs import Way, pack, way
from .words import called, words_of

USUAL = (5, 3, 1)  # runs for each place: as many as fit
SHOWN = 3  # agents at most, unless somebody names them

Progress = Callable[[str, int, int], None]  # (what, done, in all)


class Figure(NamedTuple):
    """The text of a file; how many places it holds, and runs of every agent for each; how the first agent's ended."""

    html: str
    places: int
    runs: int
    outcomes: dict[str, int]


class _Actor(NamedTuple):
    """An agent or a younger copy of it, and `each` runs for every place."""

    name: str
    each: int
    ways: list[Way]

    def fewer(self, each: int) -> "_Actor":
        """The first runs of every place."""
        each = min(each, self.each)
        return _Actor(self.name, each, [way for i, way in enumerate(self.ways) if i % self.each < each])


def usual_agents(demo: Demo, first: str) -> list[str]:
    """The agents that a figure offers beside the first: that of the textbook case, and its opposite."""
    prepared = [demo.preset_as(role) for role in ("moved", "varied")]
    return list(dict.fromkeys([first, *(each.agent for each in prepared if each)]))[:SHOWN]


def live_figure(
    demo: Demo, level: Level, agents: Sequence[Agent], each: int | None = None, first_seed: int = 0,
    caption: str | None = None, command: str = "", progress: Progress | None = None, puzzle: bool = False,
) -> Figure:  # fmt: skip
    """The figure of a level. `each`: runs for each place, else as many of `USUAL` as fit; `first_seed`: of these runs.

    Of the first agent its ages are in it, too, where they are kept, with one run for each place. Raises BadLevel where
    the level has no goal to drag, and TooLarge. As a `puzzle` it hides its one agent, and raises NoPuzzle.
    """
    places, levels = every_place(demo, level)
    most = each or USUAL[0]
    acted = []
    for agent in agents:
        younger = _ages(demo, agent) if agent is agents[0] and not puzzle else []
        asked = [*((age, 1) for age in younger), (agent, most)]
        acted.append([_acted(demo, who, levels, n, first_seed, progress) for who, n in asked])
    about = about_of(demo.papers, "", command)
    for n in (each,) if each else USUAL:
        chosen = [[actor.fewer(n) for actor in one] for one in acted]
        head, codes = _runs(demo, agents, chosen)
        head |= _head(demo, level, caption, command) | {"cells": places}
        if puzzle:
            from .puzzle import hidden  # which draws, and so is slow to load

            head, about = hidden(demo, agents[0], head), {}
        try:
            html = page(head["question"], about, "grid.js", packed(head, codes))
        except TooLarge as error:
            told = error
            continue
        ended = [each_way.told["outcome"] for each_way in chosen[0][-1].ways]
        return Figure(html, len(places), n, {name: ended.count(i) for i, name in enumerate(demo.outcomes)})
    raise TooLarge(f"{told} Fewer runs for each place (--runs) or one agent take less.")


def _acted(
    demo: Demo, agent: Agent, levels: Sequence[Level], each: int, first_seed: int, progress: Progress | None
) -> _Actor:
    say = None if progress is None else lambda done, n: progress(agent.name, done, n)
    return _Actor(agent.name, each, [way(run) for run in runs(demo, agent, levels, each, first_seed, say)])


def _ages(demo: Demo, agent: Agent) -> list[Agent]:
    """The agent at the ages that were kept of its training, without the last, which is the agent itself."""
    kept = [] if "@" in agent.name or "/" in agent.name else ages_of(demo, agent.name)
    return [load_agent(demo, f"{agent.name}@{steps}") for steps in kept[:-1]]


def _runs(demo: Demo, agents: Sequence[Agent], acted: list[list[_Actor]]) -> tuple[dict[str, Any], bytes]:
    """Agents and runs as a figure holds them, and the codes of the runs."""
    told: list[dict[str, Any]] = []
    first = 0
    for agent, actors in zip(agents, acted, strict=True):
        ages = []
        for actor in actors:
            steps = actor.name.partition("@")[2]
            age = f"after {int(steps):,} steps" if steps.isdigit() and len(actors) > 1 else "trained"
            ages.append({"label": age, "name": actor.name, "first": first, "each": actor.each})
            first += len(actor.ways)
        told.append({"name": agent.name, "ages": ages})
    found = pack([way for actors in acted for actor in actors for way in actor.ways])
    for entry, words in zip(told, called(demo, [agent.name for agent in agents]), strict=True):
        entry.update(words)
    return {"agents": told, "runs": found.told, "moves": found.moves, "count": found.length}, found.codes


def _head(demo: Demo, level: Level, caption: str | None, command: str) -> dict[str, Any]:
    """What a figure holds beside its places, agents and runs."""
    return words_of(demo, caption, command) | {
        "world": world(demo),
        "level": level_files.to_json(demo, level),
        "only": goal_name(demo),
        "until": "to its end" if demo.counts else "to the step that decides it",
    }
