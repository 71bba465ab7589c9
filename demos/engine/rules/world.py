"""What a grid demo declares, and the words shared by all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from . import entry, sprites


@dataclass(frozen=True)
class Tile:
    """One kind of ground; its number is its place in `Demo.tiles`, and tile 0 is open."""

    name: str
    char: str
    sprite: str
    solid: bool
    top: str = ""  # sprite used under an open tile; empty: the same
    help: str = ""
    open: bool = False  # whether things can be there as they can on tile 0


@dataclass(frozen=True)
class ObjectKind:
    """One kind of object, and how many of it a level can hold."""

    name: str
    char: str
    sprite: str
    count: int = 1
    required: bool = False
    help: str = ""
    looks: tuple[str, ...] = ()  # sprites it can be drawn with instead, keeping its colour


class Sampler(Protocol):
    """Who chooses the levels of a training, where they are not just drawn one after the other."""

    def next(self, i: int) -> Any:
        """The Level that comes next in place `i` of those played side by side."""

    def ended(self, i: int, total: float, steps: int) -> None:
        """Told that the episode in place `i` ended, with this return after so many steps; `next(i)` follows."""

    def learned(self) -> np.ndarray | None:
        """From which of the episodes under way the network learns, bool[n]; None, always or never: from all."""

    def kept(self) -> dict[str, np.ndarray]:
        """Everything that decides what it chooses next, as arrays by name, so that a stopped training can go on."""

    def put_back(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from where `kept` was called."""


@dataclass(frozen=True)
class Recipe(entry.Recipe):
    """A named training set-up of a grid world; `config` says which levels and reward it is trained on."""

    lived: Any = None  # the Config of its training, where runs are shown with another, such as a life without an end
    ages: tuple[int, ...] = ()  # steps after which copies of its network are kept; (): the usual shares of the training
    learning: "Learning | None" = None  # PPO's settings, where they are not the world's; the network is the same
    begins: str = ""  # the recipe whose trained network of the same seed it begins with; empty: a fresh one
    # (demo, config of its training, first seed of its levels) -> who chooses its levels; None: they are just drawn
    sampler: "Callable[[Demo, Any, int], Sampler] | None" = None


@dataclass(frozen=True)
class Preset:
    """A level and an agent worth showing, with the outcome they must give."""

    name: str
    title: str
    agent: str
    shifted: bool
    level_seed: int
    outcome: str
    changes: tuple[str, ...] = ()  # made to the level, in the words of `change.changed`


ROLES = {  # that a preset can play, so that films and slides find it in every world
    "training": "a training level",
    "moved": "the textbook case: the same agent on a shifted level",
    "varied": "the opposite: the level of the textbook case, an agent that was trained on varied levels",
}


@dataclass(frozen=True)
class Change:
    """A change of a whole level that has a name, such as a level without its end wall."""

    about: str  # what it does, in one line
    apply: Callable[[Any], Any]  # Level -> a new Level; raises BadLevel where it cannot be done


@dataclass(frozen=True)
class Setting:
    """A number of the rules that belongs to a level and can be edited, such as how fast trees grow back."""

    name: str
    usual: float  # in drawn levels, unless `generate` says otherwise
    low: float
    high: float
    help: str = ""
    choices: tuple[str, ...] = ()  # names of 0, 1, ... where the number stands for one of several things
    whole: bool = False  # whether it takes whole numbers only

    def read(self, text: str) -> float:
        """The number written in `text`, or of the choice it names. Raises ValueError with a sentence."""
        if text in self.choices:
            return float(self.choices.index(text))
        try:
            value = float(text)
        except ValueError:
            value = self.low - 1
        if not self.low <= value <= self.high or ((self.choices or self.whole) and value != int(value)):
            number = "a whole number" if self.whole else "a number"
            allowed = ", ".join(self.choices) or f"{number} from {self.low:g} to {self.high:g}"
            raise ValueError(f"'{text[:40]}' is not a value of {self.name}; it takes {allowed}.")
        return value

    def write(self, value: float) -> str:
        """The same as text."""
        return self.choices[int(value)] if self.choices else repr(float(value))


@dataclass(frozen=True)
class Measure:
    """A number that a world's rules count, such as keys picked up: of an episode at its end, of a run at every step."""

    name: str
    about: str  # what is counted, in one line
    of: Callable[[Any], np.ndarray]  # states, records[n] -> float64[n]; nan where it does not apply


@dataclass(frozen=True)
class Part:
    """A part of a world's distinguishing levels that is told apart wherever they are measured."""

    about: str  # which levels, in one line
    holds: Callable[[Any], bool]  # whether a level belongs to it


@dataclass(frozen=True)
class Learning:
    """The network's shape and PPO's settings, the same for every recipe of a world."""

    width: int = 16  # channels
    depth: int = 2  # convolutions after the first
    stride: int = 2  # of the first: 1 looks at every tile alike, 2 takes a quarter of the time
    hidden: int = 0  # size of a dense layer before the last one; 0: there is none
    pooled: bool = False  # whether the largest value of each channel, wherever it is, joins the dense layer's input
    levels: int = 128  # played side by side
    rollout: int = 128  # steps in each of them between two updates
    discount: float = 0.99
    epochs: int = 2
    rate: float = 7e-4  # at the start; falls to a fiftieth
    bfloat16: bool = False  # train in it, a fifth faster on CPUs that have it; agents act in float32 all the same
    entropy: float = 0.01  # bonus at the start; falls to nothing, so that early trainings explore and late ones act
    steady: bool = False  # whether rate and bonus stay as they are, as in a life that has no end


@dataclass(frozen=True, eq=False, kw_only=True)
class Demo(entry.Entry):
    """Everything the engine needs to know of one grid world."""

    kind = "grid"
    words = entry.Words(" levels", "levels each", "How runs end on", "trained with", "a run on a shifted level", False)
    config: type[Any]
    training: Any  # Config of the training levels
    shifted: Any  # Config of the shifted levels
    tiles: tuple[Tile, ...]
    kinds: tuple[ObjectKind, ...]
    actions: tuple[str, ...]
    keys: dict[str, int]  # which action each combination of held arrow keys takes
    timeout: int
    level: np.dtype[Any]
    state: np.dtype[Any]
    generate: Callable[..., None]  # (config, seed, level): fill the level
    start: Callable[..., None]  # (level, seed, state): fill the state
    step: Callable[..., float]  # (config, level, state, action): what happens in a step; returns the reward
    problems: Callable[[Any], list[str]]  # what makes a level impossible, as sentences
    in_training: Callable[[Any, Any], list[str]]  # why a level could not have been drawn with a config
    distinguishing: str  # the rule, in one line
    # fields in which recipes differ by their levels though `training` and `shifted` agree: there, too, all agents are
    # measured on the same
    also_shifted: tuple[str, ...] = ()
    time_limit: Callable[..., int] | None = None  # (config, level): steps of an episode, 0: no end; None: `timeout`
    distinct: Callable[[Any], bool] | None = None  # whether a level tells the goals apart, where geometry says so
    others: tuple[str, ...] = ()  # what else ends an episode, or is reached, and is nothing that training suggests
    target: str = ""  # the kind of object that the intended goal is about, where it is not called like the goal
    reference: str = (
        ""  # else the agent that does: a level tells them apart if it takes the intended goal in none of ten
    )
    parts: dict[str, Part] = field(default_factory=dict)  # of the distinguishing levels, each level in one of them
    # (level, last state): whether a run out of time stands near a proxy's place that it could have reached
    stopped: Callable[[Any, Any], bool] | None = None
    shortest: Callable[[Any], tuple[int, ...]] | None = None  # fewest steps to each goal, where they can be computed
    motion: tuple[str, ...] = ()  # fields of its state that say how the body moves; a body put elsewhere stands still
    settings: tuple[Setting, ...] = ()  # numbers that belong to a level, in the order of its `settings`
    measures: tuple[Measure, ...] = ()  # counted beside the outcome
    life: tuple[Measure, ...] = ()  # counters whose growth per step is kept along a training
    scripted: Callable[[Any, Any], int] | None = None  # a rule (level, state) -> action, to measure agents against
    pace: dict[int, Any] = field(default_factory=dict)  # Configs of the levels in which agents' pace is measured
    paired: bool = False  # whether level seeds 2 k and 2 k + 1 give one level with its two objects' places exchanged
    places: dict[str, Callable[[Any], tuple[int, int]]] = field(
        default_factory=dict
    )  # where a goal is that is no object
    phrases: dict[str, str] = field(default_factory=dict)  # what an outcome is called that is no object or place
    learning: Learning = Learning()
    probes: tuple[Preset, ...] = ()  # changed levels that tell apart what an agent may follow
    behaviours: tuple[Preset, ...] = ()  # kinds of behaviour to judge as an agent's or a device's, on open levels
    changes: dict[str, Change] = field(default_factory=dict)
    window: int = 0  # columns of the agent's picture, which follows it; its rows are the level's. 0: the whole level
    swatches: tuple[str, ...] = ()  # names of `sprites.COLOURS` to offer for recolouring; empty: quieter ones
    symbolic_budget: int = 0  # steps per second of the bare rules: twice the nearest peer's world (DESIGN, section 9)

    @property
    def rows(self) -> int:
        """Rows of a level."""
        return int(self.level["tiles"].shape[0])

    @property
    def columns(self) -> int:
        """Columns of the widest level."""
        return int(self.level["tiles"].shape[1])

    @property
    def view(self) -> int:
        """Columns of the agent's picture."""
        return self.window or self.columns

    @property
    def margin(self) -> int:
        """Columns of the agent's window on each side of it; 0: the window is the whole level."""
        return self.window // 2

    @property
    def counts(self) -> bool:
        """Whether it pays by the count, so that means of measures say more than outcomes."""
        return bool(self.measures)

    @cached_property
    def tile_sprites(self) -> np.ndarray:
        """int64[tiles, 2]: the sprite of each tile, and the one it has under an open one."""
        return np.array([[sprites.INDEX[t.sprite], sprites.INDEX[t.top or t.sprite]] for t in self.tiles], np.int64)

    @property
    def goal_object(self) -> str:
        """The object that people move to see what becomes of the goal."""
        return self.target or self.intended

    @property
    def goals(self) -> tuple[str, ...]:
        """The intended goal, the proxies, then the others: the order of `state.reached`."""
        return (self.intended, *self.proxies, *self.others)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome an episode can have: the goals, `stopped` where the world says what that is, the others."""
        return (*self.goals, *(("stopped",) if self.stopped else ()), "died", "timeout")

    def measured_on(self, condition: str) -> str:
        """Which levels."""
        return f"{condition} levels"

    def is_condition(self, levels: Any) -> bool:
        """A kind of levels, a probe, or fields of the Config that differ."""
        if isinstance(levels, str):
            return levels in self.conditions_told or any(levels == probe.name for probe in self.probes)
        return all(name in self.config._fields for name, _ in levels)

    def preset_as(self, role: str) -> Preset | None:
        """The preset that plays this role, one of `ROLES`; None where none does."""
        return next((preset for preset in self.presets if preset.name == self.roles.get(role)), None)

    @property
    def shown(self) -> tuple[Preset, ...]:
        """Its presets and probes."""
        return (*self.presets, *self.probes)

    @property
    def conditions_told(self) -> dict[str, str]:
        """The three kinds of levels, and the parts of the last."""
        kinds = {
            "training": "levels as in the agent's own training",
            "shifted": "shifted levels",
            "distinguishing": "distinguishing levels",
        }
        return kinds | {name: part.about for name, part in self.parts.items()}

    @property
    def counted(self) -> dict[str, str]:
        """Its measures."""
        return {each.name: each.about for each in self.measures}


def restyled(level: Any, looks: np.ndarray, colours: np.ndarray, tile_colours: np.ndarray) -> list[str]:
    """How a level's appearance differs from this one, as reasons of `in_training`."""
    reasons = []
    if not np.array_equal(level.colours, colours) or not np.array_equal(level.tile_colours, tile_colours):
        reasons.append("it was recoloured")
    if not np.array_equal(level.looks, looks):
        reasons.append("an object was disguised")
    return reasons


def appearance(tiles: tuple[Tile, ...], kinds: tuple[ObjectKind, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How a world looks unless somebody recolours it.

    Returns looks int64[slots] (sprite numbers), colours uint8[slots, 3] and tile colours uint8[tiles, 3].
    """
    slots = [kind.sprite for kind in kinds for _ in range(kind.count)]
    looks = np.array([sprites.INDEX[sprite] for sprite in slots], np.int64)
    colours = np.array([sprites.KEY_COLOURS[sprite] for sprite in slots], np.uint8)
    tile_colours = np.array([sprites.KEY_COLOURS[tile.sprite] for tile in tiles], np.uint8)
    return looks, colours, tile_colours
