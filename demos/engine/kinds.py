"""The three kinds of demos, and how an agent of each is loaded, shown, trained and measured.

What is imported lies in the functions, since torch is slow to load and most commands do without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .rules.decision import DecisionDemo
from .rules.entry import Entry
from .rules.text import TextDemo
from .rules.world import Demo


@dataclass(frozen=True)
class Kind:
    """A kind of demo.

    `load`: (demo, "recipe:seed" or a weight file) -> an agent, which has a `name`, a `config`, a `card` (or None) and
    the `digest` of its weights; raises AgentError with a sentence. `rehearse`: (demo, something prepared) -> the
    outcome it has now; None where nothing prepared states one. `train`: (demo, recipe, seed, folder, progress,
    steps=) -> seconds. `measure`: (demo, agent, n, seed, greedy, progress) -> the data of `goalmisgen measure --json`.
    """

    load: Callable[[Any, str], Any]
    rehearse: Callable[[Any, Any], str] | None
    train: Callable[..., float]
    measure: Callable[..., dict[str, Any]]
    episodes: int  # measured under each condition, unless somebody says
    keeps_ages: bool = False  # whether copies along a training can be kept


def _load_grid(demo: Demo, name: str) -> Any:
    from .agents.pretrained import SCRIPTED, Scripted, load_agent

    return Scripted(demo) if name == SCRIPTED else load_agent(demo, name)


def _run_preset(demo: Demo, preset: Any) -> str:
    from .study.levels import preset_run

    return preset_run(demo, preset).outcome


def _train_grid(*given: Any, **named: Any) -> float:
    from .agents.train_grid import train

    return train(*given, **named)


def _measure_grid(*given: Any, **named: Any) -> dict[str, Any]:
    from .study import measure_grid

    return measure_grid.measure(*given, **named)


def _load_text(demo: TextDemo, name: str) -> Any:
    from .agents.run_text import load_writer

    return load_writer(demo, name)


def _ask_prepared(demo: TextDemo, prepared: Any) -> str:
    return str(_load_text(demo, prepared.agent).outcome(demo.asked(prepared.values)))


def _train_text(*given: Any, **named: Any) -> float:
    from .agents.train_text import train

    return train(*given, **named)


def _measure_text(*given: Any, **named: Any) -> dict[str, Any]:
    from .study import measure_text

    return measure_text.measure(*given, **named)


def _load_decision(demo: DecisionDemo, name: str) -> Any:
    from .agents.chooser import load_chooser

    return load_chooser(demo, name)


def _train_decision(*given: Any, **named: Any) -> float:
    from .agents.train_decision import train

    return train(*given, **named)


def _measure_decision(*given: Any, **named: Any) -> dict[str, Any]:
    from .study import measure_decision

    return measure_decision.measure(*given, **named)


GRID = Kind(_load_grid, _run_preset, _train_grid, _measure_grid, episodes=1000, keeps_ages=True)
TEXT = Kind(_load_text, _ask_prepared, _train_text, _measure_text, episodes=2000)
DECISION = Kind(_load_decision, None, _train_decision, _measure_decision, episodes=2000)
_OF: dict[type[Entry], Kind] = {Demo: GRID, TextDemo: TEXT, DecisionDemo: DECISION}


def kind_of(demo: Entry) -> Kind:
    """The kind of a demo: that of its record's class."""
    return _OF[type(demo)]
