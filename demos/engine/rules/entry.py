"""What a demo of any kind declares: its place in the catalogue."""

import difflib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

MOST_SEED = (1 << 62) - 1  # seeds of levels, runs and measurements are whole numbers from 0 to this
MOST_TRAINING = (1 << 22) - 2  # and those of trainings, each of which draws 2**40 levels of its own


def names_a_file(agent: str) -> bool:
    """Whether the name of an agent is a path: from the command line that is a weight file; files name none."""
    return agent.endswith(".safetensors") or "/" in agent or "\\" in agent


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence about a name that is not known: the nearest one, if there is one, and all that there are.

    `what` begins it, such as "There is no recipe 'mix-3' of coinrun".
    """
    names = list(known)
    near = difflib.get_close_matches(name[:60], names, 1)
    offered = f"did you mean '{near[0]}'? There are" if near else "there are"
    printed = "".join(char if char.isprintable() else "?" for char in what)  # the name may come from anywhere
    return f"{printed}; {offered}: {', '.join(names) or 'none'}."


@dataclass(frozen=True)
class Recipe:
    """A named training set-up."""

    name: str
    config: Any  # what it is trained on
    steps: int
    about: str
    seeds: int = 1  # how many are bundled; 0: it can be trained, and none is bundled yet


class Words(NamedTuple):
    """What people read differs between the kinds of demos in these words."""

    levels: str  # after the name of what was measured
    n: str  # after how many there were
    ended: str  # the head of a table of outcomes, before what it was measured on
    trained: str  # before what a recipe says of a training
    a_run: str  # what a film shows
    asks_alike: bool  # whether every agent is asked as many questions, so that a card is as good as a measurement


@dataclass(frozen=True, eq=False, kw_only=True)
class Entry:
    """A demo, whatever its kind: `grid` (worlds), `text` (networks that write) or `decision` (choices solved exactly).

    Its class is its kind: `study.kinds` says how agents of each are loaded, trained and measured.
    """

    kind: ClassVar[str]  # as `goalmisgen list --json` names it
    words: ClassVar[Words]
    name: str
    title: str
    question: str
    reward: str  # what training pays or teaches, in one line
    fits_too: str  # what else fits the training, in one line
    intended: str
    proxies: tuple[str, ...]
    papers: tuple[str, ...]  # keys of lessons/references.bib
    recipes: dict[str, Any]  # Recipe, by name
    summary: tuple[tuple[str, str], ...] = ()  # what the table of results shows: (measured on, outcome or measure)
    presets: tuple[Any, ...] = ()  # what is prepared to be shown; each has a `name`, a `title` and an `agent`
    roles: dict[str, str] = field(default_factory=dict)  # which preset plays each of `world.ROLES`; one may be missing

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by name, since its rules are compiled. Raises TypeError unless the catalogue has it."""
        catalogue = importlib.import_module(__name__.partition(".")[0])  # not by `import`: no room knows the catalogue
        if self.name not in catalogue.NAMES or catalogue.entry(self.name) is not self:
            raise TypeError(f"{self.name} cannot be copied or pickled, since the catalogue has no such demo.")
        return catalogue.entry, (self.name,)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome, in the order of all tables; each episode, reply or choice has exactly one."""
        raise NotImplementedError

    def measured_on(self, condition: str) -> str:
        """What a row of a table was measured on, as one says it."""
        return self.conditions_told.get(condition, condition)

    def is_condition(self, levels: Any) -> bool:
        """Whether agents can be measured on this: a name, or fields of a config and their values."""
        return levels in self.conditions_told

    def preset_as(self, role: str) -> Any:
        """The preset that plays this role; None where none does."""
        return next((preset for preset in self.presets if preset.name == self.roles.get(role)), None)

    @property
    def shown(self) -> tuple[Any, ...]:
        """All that is prepared to be shown."""
        return self.presets

    @property
    def prepared(self) -> dict[str, str]:
        """Names and titles of what is prepared to be shown; a link can name one."""
        return {each.name: each.title for each in self.shown}

    @property
    def conditions_told(self) -> dict[str, str]:
        """What agents are measured on, and how that is called in the title of a table."""
        raise NotImplementedError

    @property
    def counted(self) -> dict[str, str]:
        """What is measured beside the outcomes: names, and what each says in one line."""
        return {}
