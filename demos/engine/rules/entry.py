"""What a demo of any kind declares: its place in the catalogue."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Recipe:
    """A named training set-up."""

    name: str
    config: Any  # what it is trained on
    steps: int
    about: str
    seeds: int = 1  # how many are bundled


@dataclass(frozen=True, eq=False, kw_only=True)
class Entry:
    """A demo, whatever its kind: `grid` (worlds), `text` (networks that write) or `decision` (choices solved exactly).

    `kind` decides which layout its page has, and what trains and measures its agents.
    """

    kind: ClassVar[str]
    name: str
    title: str
    question: str
    reward: str  # what training pays or teaches, in one line
    fits_too: str  # what else fits the training, in one line
    intended: str
    proxies: tuple[str, ...]
    papers: tuple[str, ...]  # keys of lessons/references.bib
    recipes: dict[str, Any]  # Recipe, by name
    summary: tuple[tuple[str, str], ...] = ()  # what README's table shows: (measured on, outcome or measure)
    presets: tuple[Any, ...] = ()  # what is prepared to be shown; each has a `name`, a `title` and an `agent`

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome, in the order of all tables; each episode, reply or choice has exactly one."""
        raise NotImplementedError

    @property
    def prepared(self) -> dict[str, str]:
        """Names and titles of what is prepared to be shown; a link can name one."""
        return {preset.name: preset.title for preset in self.presets}

    @property
    def conditions_told(self) -> dict[str, str]:
        """What agents are measured on, and how that is called in the title of a table."""
        raise NotImplementedError

    @property
    def counted(self) -> dict[str, str]:
        """What is measured beside the outcomes: names, and what each says in one line."""
        return {}
