"""Films of grid worlds, stills and maps: what `film` does where an agent moves in levels."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..rules.entry import names_a_file, unknown
from . import film_live
from .options import (
    Levels,
    Wrong,
    agent_of,
    bar,
    command_line,
    config_of,
    edit_run,
    edited,
    inches_of,
    level_of,
    preset_of,
)

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..agents.run_grid import Run
    from ..film.grid import Cut
    from ..rules.level import Level
    from ..rules.world import Demo, Preset

MAPPED = 5  # runs for each place of a map, unless somebody says
FIND_LIMIT = 10_000  # levels looked through by `film --find`
TRAINING = "training"  # as the second agent: the same one on a training level

LEVEL = ("levels", "level_seed", "level", "edit", "colour", "at", "preset")  # options that say which level

# What an option shows, and the options that would say otherwise.
APART = (
    ("run", "says which level and what was done to it", (*LEVEL, "versus", "find", "map_", "every_seed")),
    ("preset", "is a level already", ("find", "level")),
    ("live", "holds runs from the start of a level", ("trail", "map_", "find", "at", "greedy", "every_seed")),
    ("puzzle", "hides one agent", ("versus",)),
    ("moves", "has its width in pixels, by --size", ("width",)),
    ("live", "is played by its reader", ("until", "hold", "poster", "fps", "size")),
    ("map_", "shows one agent from the start of a level", ("versus", "trail", "find", "at", "greedy")),
    ("every_seed", "shows one recipe from the start of a level", ("versus", "trail", "map_", "find", "at")),
    ("trail", "shows one agent", ("versus",)),
    ("map_", "is one picture", ("until", "hold", "poster", "fps", "size")),
    ("trail", "is one picture", ("until", "hold", "poster", "fps", "size")),
    ("find", "looks through sampled runs in drawn levels", ("level", "edit", "colour", "greedy")),
)


@dataclass(frozen=True)
class GridFilm:
    """A film, still or map of a grid world; the fields are the options of the command."""

    demo: "Demo"
    out: Path
    agent: str | None = None
    levels: Levels = Levels.shifted
    level_seed: int = 0
    seed: int = 0
    level: Path | None = None
    edit: list[str] | None = None
    colour: list[str] | None = None
    at: int = 0
    greedy: bool = False
    versus: str | None = None
    preset: str | None = None
    run: str | None = None
    every_seed: bool = False
    trail: bool = False
    map_: bool = False
    runs: int | None = None  # for each place of a map or a live figure
    puzzle: bool = False
    find: str | None = None
    caption: str | None = None
    size: int = 512  # pixels of width, about
    width: str | None = None  # of a still or a map, such as 3.3in
    fps: float = 12.5  # steps a second
    until: str = "decided"  # or "end", or a step
    hold: float | None = None  # seconds that the last frame stays
    poster: Path | None = None

    @staticmethod
    def foreign(demo: str, option: str) -> str:
        """The sentence for an option of another kind."""
        return f"{option} is for networks that write and for sliders of choices; {demo} has --edit and --colour."

    def checked(self) -> "GridFilm":
        """Itself; raises Wrong with a sentence where two options contradict each other or a name is unknown."""
        usual = {each.name: each.default for each in fields(self)}
        if self.puzzle and not self.live:
            raise Wrong(f"--puzzle makes a live figure; give --out a name ending in {film_live.ENDING}.")
        for name, shows, others in APART:
            against = [_flag(other) for other in others if getattr(self, other) not in (usual[other], None, [])]
            if getattr(self, name) and against:
                raise Wrong(f"{_flag(name)} {shows}; leave out {' and '.join(against)}.")
        if self.find and self.find not in self.demo.outcomes:
            say = f"'{self.find}' is not an outcome of {self.demo.name}"
            raise Wrong(unknown(say, self.find, self.demo.outcomes))
        if self._saved and (self.agent or self.seed or self.greedy):
            raise Wrong("A saved run is replayed as it was; leave out --agent, --seed and --greedy.")
        preset_of(self.demo, self.preset)
        self.inches()
        self.cut()
        return self

    def inches(self) -> float | None:
        """The width of a still or a map in inches. Raises Wrong."""
        return inches_of(self.width) if self.width else None

    @property
    def moves(self) -> bool:
        """Whether it is a film, and neither a picture nor a live figure."""
        return not (self.map_ or self.trail or self.live)

    def cut(self) -> "Cut":
        """How much of the run is shown. Raises Wrong, and FilmError for a poster that is none."""
        from ..film.grid import DECIDED, END, HOLD, Cut

        if self.until not in (DECIDED, END) and not self.until.isdecimal():
            raise Wrong(f"--until is {DECIDED}, {END} or a step such as 40, not '{self.until[:40]}'.")
        until = int(self.until) if self.until.isdecimal() else self.until
        return Cut(until, HOLD if self.hold is None else self.hold, self.fps, self.poster)

    @property
    def live(self) -> bool:
        """Whether it is a figure whose reader drags the goal."""
        return film_live.is_live(self.out)

    @property
    def command(self) -> str:
        """The command line that says the same."""
        drawn, moves = not (self.preset or self.run), self.moves
        return command_line(
            "film", self.demo.name, agent=self.agent, levels=self.levels.value if drawn else None,
            level_seed=self.level_seed if drawn else None, seed=None if self._saved else self.seed, level=self.level,
            edit=self.edit, colour=self.colour, at=self.at or None, greedy=self.greedy, versus=self.versus,
            preset=self.preset, every_seed=self.every_seed, run=self.run, trail=self.trail, map=self.map_,
            runs=(self.runs or MAPPED) if self.map_ else self.runs, find=self.find, puzzle=self.puzzle,
            caption=self.caption, width=self.width,
            size=self.size if moves else None, fps=self.fps if moves else None,
            until=None if self.until == "decided" else self.until, hold=self.hold,
        )  # fmt: skip

    def write(self) -> tuple[dict[str, Any], str]:
        """Write it; what was made as data, and in a sentence. Raises ValueError with a sentence."""
        if self.run:
            given = self._given(self.run)
            if self.live:
                return self._lived(given.agent or agent_of(self.demo, given.actor), given.level)
            return self._filmed([given], {})
        opened = self._opened()
        actor = agent_of(self.demo, opened.agent)
        extra = opened._found(actor) if self.find else {}
        config = config_of(self.demo, actor, opened.levels)
        drawn = level_of(self.demo, config, int(extra.get("level_seed", opened.level_seed)), self.level)
        if self.map_:
            return self._mapped(actor, opened._edited(drawn))
        if self.live:
            return self._lived(actor, opened._edited(drawn))
        if self.every_seed:
            return self._every_seed(actor, opened._edited(drawn))
        return self._filmed(opened._runs(actor, drawn), extra)

    def _opened(self) -> "GridFilm":
        """The same with what a preset prepares, if one is asked for."""
        prepared = preset_of(self.demo, self.preset)
        if prepared is None:
            return self
        return replace(
            self, agent=self.agent or prepared.agent, level_seed=prepared.level_seed,
            levels=Levels.shifted if prepared.shifted else Levels.training,
            edit=[*prepared.changes, *(self.edit or [])],
        )  # fmt: skip

    def _edited(self, level: "Level") -> "Level":
        return edited(self.demo, level, self.edit, self.colour)

    def _found(self, actor: "Agent") -> dict[str, Any]:
        """The first level with the outcome, and how many were tried."""
        from ..film.grid import find

        with bar() as told:
            return find(
                self.demo, actor, config_of(self.demo, actor, self.levels), self.find or "", self.level_seed, self.seed,
                FIND_LIMIT, lambda n, all_: told(f"looking for '{self.find}'", n, all_),
            )  # fmt: skip

    def _runs(self, actor: "Agent", drawn: "Level") -> "list[Run]":
        """The run and, beside it, that of a second agent, of a preset or in a training level."""
        from ..agents.run_grid import Run
        from ..study.levels import prepared_level

        def run(agent: "Agent") -> "Run":
            if self.at == 0:
                return Run(self.demo, agent, self._edited(drawn), self.seed, self.greedy)
            made = Run(self.demo, agent, drawn, self.seed, self.greedy)
            edit_run(made, self.at, self.edit, self.colour)
            return made

        found = [run(actor)]
        if self.versus == TRAINING:
            level = level_of(self.demo, actor.config, int(drawn.seed), None)
            found.append(Run(self.demo, actor, level, self.seed, self.greedy))
        elif self.versus in self._beside:
            prepared = self._beside[self.versus]
            beside = agent_of(self.demo, prepared.agent)
            level = prepared_level(self.demo, prepared, beside.config)
            found.append(Run(self.demo, beside, level, self.seed, self.greedy))
        elif self.versus:
            found.append(run(self._other(self.versus)))
        return found

    def _other(self, name: str) -> "Agent":
        """The agent of this name. What is no agent's is refused with the nearest of agents and what is prepared."""
        from ..agents.pretrained import AgentError, agent_names

        try:
            return agent_of(self.demo, name)
        except AgentError:
            if names_a_file(name) or name.partition(":")[0] in self.demo.recipes:
                raise
            said = f"There is no agent or prepared level '{name}' of {self.demo.name}"
            raise Wrong(unknown(said, name, [*map(str, self._beside), *agent_names(self.demo)])) from None

    @property
    def _beside(self) -> "dict[str | None, Preset]":
        """What is prepared and can stand beside a run by its name; a recipe's name means its agent."""
        prepared = (*self.demo.presets, *self.demo.probes)
        return {each.name: each for each in prepared if each.name not in self.demo.recipes}

    def _filmed(self, runs: "Sequence[Run]", extra: dict[str, Any]) -> tuple[dict[str, Any], str]:
        from ..film import grid as filming
        from ..film.still import trail

        if self.trail:
            made = trail(
                runs[0], self.out, caption=self.caption, command=self.command, extra=extra, inches=self.inches()
            )  # fmt: skip
        else:
            made = filming.film(
                runs[0], self.out, versus=runs[1] if len(runs) > 1 else None,
                names=("a shifted level", "the training level") if self.versus == TRAINING else None,
                caption=self.caption, size=self.size, cut=self.cut(), command=self.command, extra=extra,
            )  # fmt: skip
        until = runs[0].decided_at if self.trail else self.cut().last(runs[0])
        told = f"{self.out}: {runs[0].describe(until)} Outcome: {made['outcome']}.{_seed(made)}"
        found = ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in extra.items())
        return made, f"{told}\n{found}" if found else told

    @property
    def _saved(self) -> bool:
        """Whether --run names a file."""
        return bool(self.run) and str(self.run).endswith(".json")

    def _given(self, run: str) -> "Run":
        """A saved run, or that of an agent with the level and edits of a text."""
        from ..agents import run_files
        from ..agents.run_grid import Run
        from ..agents.run_spec import parse_run

        if self._saved:
            return run_files.load(run, self.demo)
        return Run(self.demo, agent_of(self.demo, self.agent), parse_run(self.demo, run), self.seed, self.greedy)

    def _every_seed(self, actor: "Agent", level: "Level") -> tuple[dict[str, Any], str]:
        from ..agents.pretrained import seeds_of
        from ..agents.run_grid import Run
        from ..film.grid import every_seed

        agents = [agent_of(self.demo, name) for name in seeds_of(self.demo, actor.name)]
        made = every_seed(
            [Run(self.demo, agent, level, self.seed, self.greedy) for agent in agents], self.out,
            caption=self.caption, size=self.size, cut=self.cut(), command=self.command,
        )  # fmt: skip
        counts = ", ".join(f"{name} {count}" for name, count in made["outcomes"].items())
        return made, f"{self.out}: {counts}.{_seed(made)}"

    def _mapped(self, actor: "Agent", level: "Level") -> tuple[dict[str, Any], str]:
        from .film_map import write

        runs = self.runs or MAPPED
        made = write(self.demo, actor, level, self.out, runs, self.seed, self.caption, self.command, self.inches())
        shares = ", ".join(f"{name} {share:.0%}" for name, share in made["outcomes"].items())
        told = f"{self.out}: {made['places']} places, {runs} runs each.{_seed(made)}"
        return made, f"{told}\n{shares}"

    def _lived(self, actor: "Agent", level: "Level") -> tuple[dict[str, Any], str]:
        """A live figure. A run that was given gives its level, as last edited."""
        if self.versus == TRAINING or self.versus in self._beside:
            raise Wrong(f"In {film_live.ENDING} all agents act in one level; --versus names a second agent of it.")
        made = film_live.write(
            self.demo,
            actor,
            self.versus,
            level,
            self.out,
            self.runs,
            self.seed,
            self.caption,
            self.command,
            self.puzzle,
        )
        counts = ", ".join(f"{name} {n}" for name, n in made["outcomes"].items() if n)
        each = f"{made['runs']} run{'s' * (made['runs'] > 1)} each"
        told = f"{self.out}: {made['places']} places, {each}, {made['bytes'] // 1000:,} kB."
        return made, f"{told}{_seed(made)}\n{made['agents'][0]}: {counts}"


def _flag(name: str) -> str:
    if name == "live":
        return film_live.ENDING
    if name == "moves":
        return "a film"
    return "--" + name.strip("_").replace("_", "-")


def _seed(made: dict[str, Any]) -> str:
    """Which level it was; a level typed by hand has no seed."""
    return f" Level seed {made['level_seed']}." if made["level_seed"] >= 0 else ""
