"""The three kinds of demos, and how an agent of each is loaded, rehearsed, trained and measured.

The rooms above have tables by kind for what is theirs: films, pages, papers. Nothing else asks of which kind a demo is.
What is imported lies in the functions, since torch is slow to load and most commands do without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..rules.decision import DecisionDemo
from ..rules.entry import Entry
from ..rules.text import TextDemo
from ..rules.world import Demo

Rates = dict[str, dict[str, Any]] | None


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of demo.

    `load`: (demo, "recipe:seed" or a weight file) -> an agent, which has a `name`, a `config`, a `card` (or None) and
    the `digest` of its weights; raises AgentError with a sentence. `train`: (demo, recipe, seed, folder, progress,
    steps=, anew=) -> seconds. `measure`: (demo, agent, n, seed, greedy, progress) -> the data of `goalmisgen measure
    --json`. `rehearse`: (demo, something prepared) -> the outcome it has now; None where nothing prepared states one.
    `summed`: (demo, agent, levels, n, seed) -> what a study says of an agent there, as `measure` sums it up, and the
    seed of the first level that it missed (None: it missed none); None where no study is made. `beside`: (demo, agent,
    levels) -> what is measured of agents elsewhere than on their cards, by name; None where nothing is.
    `drawn`: (demo, what `measure` returned of each agent, a title) -> their figure; None where none is drawn.
    """

    load: Callable[[Any, str], Any]
    train: Callable[..., float]
    measure: Callable[..., dict[str, Any]]
    episodes: int  # measured under each condition, unless somebody says
    rehearse: Callable[[Any, Any], str] | None = None
    summed: Callable[[Any, Any, Any, int, int], tuple[dict[str, Any], int | None]] | None = None
    quick: int = 0  # steps of a training that only shows that a study goes its whole way
    beside: Callable[[Any, str, str], Rates] | None = None
    drawn: Callable[[Any, Any, str], Any] | None = None
    keeps_ages: bool = False  # whether copies along a training can be kept
    compiled: bool = False  # whether its rules are compiled, which takes a while at the first start


def _load_grid(demo: Demo, name: str) -> Any:
    from ..agents.pretrained import SCRIPTED, Scripted, load_agent

    return Scripted(demo) if name == SCRIPTED else load_agent(demo, name)


def _run_preset(demo: Demo, preset: Any) -> str:
    from .levels import preset_run

    return preset_run(demo, preset).outcome


def _train_grid(*given: Any, **named: Any) -> float:
    from ..agents.train_grid import train

    return train(*given, **named)


def _measure_grid(*given: Any, **named: Any) -> dict[str, Any]:
    from .measure_grid import measure

    return measure(*given, **named)


def _summed_grid(*given: Any) -> tuple[dict[str, Any], int | None]:
    from .summed_grid import summed

    return summed(*given)


def _drawn_grid(*given: Any) -> Any:
    from .figures.draw import rates

    return rates(*given)


def _probed(demo: Demo, agent: str, levels: str) -> Rates:
    from .probe import read_probes

    return {row["measure"]: row for row in read_probes(demo) if (row["agent"], row["probe"]) == (agent, levels)} or None


def _load_text(demo: TextDemo, name: str) -> Any:
    from ..agents.run_text import load_writer

    return load_writer(demo, name)


def _ask_prepared(demo: TextDemo, prepared: Any) -> str:
    return str(_load_text(demo, prepared.agent).outcome(demo.asked(prepared.values)))


def _train_text(*given: Any, **named: Any) -> float:
    from ..agents.train_text import train

    return train(*given, **named)


def _measure_text(*given: Any, **named: Any) -> dict[str, Any]:
    from .measure_text import measure

    return measure(*given, **named)


def _summed_text(*given: Any) -> tuple[dict[str, Any], None]:
    from .measure_text import summed

    return summed(*given), None


def _pushed(demo: TextDemo, agent: str, at: str) -> Rates:
    from .direction import rates_at

    return rates_at(demo, agent, at)


def _load_decision(demo: DecisionDemo, name: str) -> Any:
    from ..agents.chooser import load_chooser

    return load_chooser(demo, name)


def _train_decision(*given: Any, **named: Any) -> float:
    from ..agents.train_decision import train

    return train(*given, **named)


def _measure_decision(*given: Any, **named: Any) -> dict[str, Any]:
    from .measure_decision import measure

    return measure(*given, **named)


GRID = Kind(
    _load_grid, _train_grid, _measure_grid, episodes=1000, rehearse=_run_preset, summed=_summed_grid, quick=4096,
    beside=_probed, drawn=_drawn_grid, keeps_ages=True, compiled=True,
)  # fmt: skip
TEXT = Kind(
    _load_text, _train_text, _measure_text, episodes=2000, rehearse=_ask_prepared, summed=_summed_text, quick=20,
    beside=_pushed,
)  # fmt: skip
DECISION = Kind(_load_decision, _train_decision, _measure_decision, episodes=2000)
_OF: dict[type[Entry], Kind] = {Demo: GRID, TextDemo: TEXT, DecisionDemo: DECISION}


def kind_of(demo: Entry) -> Kind:
    """The kind of a demo: that of its record's class."""
    return _OF[type(demo)]
