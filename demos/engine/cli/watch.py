"""Commands that open the window on a level."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..rules.entry import MOST_SEED
from .options import (
    Colours,
    DemoName,
    Edits,
    LevelFile,
    Levels,
    LevelSeed,
    RunSeed,
    RunText,
    WhichLevels,
    Wrong,
    agent_of,
    demo_of,
    given_level,
    preset_of,
)
from .root import app

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..agents.run_grid import Run
    from ..rules.world import Demo, Preset


Agents = Annotated[
    list[str] | None,
    typer.Option(
        "--agent",
        metavar="RECIPE[:SEED]",
        help="May be repeated: the key `a` changes to the next; default: all that are bundled.",
    ),
]
Opens = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What is prepared to open with; default: where a moved goal shows the point."),
]
MaybeLevels = Annotated[
    Levels | None, typer.Option("--levels", help="Draw the level as in training, or with the shift.")
]
MaybeSeed = Annotated[int | None, typer.Option("--level-seed", metavar="N", min=0, max=MOST_SEED, help="Which level.")]
Beside = Annotated[
    str | None, typer.Option(metavar="AGENT", help="Split the screen: a second agent on the same level.")
]
Display = Annotated[int, typer.Option(min=0, help="Which screen.")]
Window = Annotated[bool, typer.Option("--window", help="In a window instead of full screen.")]


@dataclass(frozen=True)
class Watched:
    """What the window opens with; the fields are the options of the command."""

    demo: "Demo"
    agents: list[str]
    preset: str | None
    levels: Levels | None
    level_seed: int | None
    level: Path | None
    edit: list[str] | None
    colour: list[str] | None
    versus: str | None
    run: str | None
    seed: int

    def checked(self) -> "Watched":
        """Itself; raises Wrong with a sentence where two options contradict each other or a name is unknown."""
        if self.run and (self.preset or self.drawn or self.edit or self.colour or self.versus):
            raise Wrong(
                "--run says which level and what was done to it; "
                "leave out --preset, --level, --edit, --colour, --versus, --level-seed and --levels."
            )
        if self.preset and self.drawn:
            raise Wrong("--preset is a level already; leave out --levels, --level-seed and --level.")
        preset_of(self.demo, self.preset)
        return self

    @property
    def drawn(self) -> bool:
        """Whether a level is asked for that is not a prepared one."""
        return not (self.levels is None and self.level_seed is None and self.level is None)

    @property
    def opening(self) -> "Preset | None":
        """What is prepared to open with: what is named, or where the moved goal shows the point."""
        return preset_of(self.demo, self.preset) or (None if self.drawn or self.run else self.demo.preset_as("moved"))

    def opened(self) -> dict[str, Any]:
        """What `window.watch` takes: the agents, the first one shown, and the level."""
        from ..agents.own import own_names
        from ..agents.pretrained import agent_names

        opening, names = self.opening, self.agents or [*agent_names(self.demo), *own_names(self.demo)]
        if opening and not self.agents:
            names = [opening.agent, *(name for name in names if name != opening.agent)]
        actors = [agent_of(self.demo, name) for name in (*names, *([self.versus] if self.versus else []))]
        if self.run:
            begun = _begun(self.demo, actors[0] if actors else None, self.run, self.seed)
            return {"agents": names, "level_seed": 0, "shifted": True, "level": begun.first, "run": begun}
        levels, level_seed = self.levels or Levels.shifted, self.level_seed or 0
        changes: tuple[str, ...] = ()
        if opening:
            levels, level_seed = Levels.shifted if opening.shifted else Levels.training, opening.level_seed
            changes = opening.changes
        edits = [*changes, *self.edit] if self.edit else None
        given = given_level(
            self.demo, actors[0] if actors else None, levels, level_seed, self.level,
            edits or (list(changes) if self.colour else None), self.colour,
        )  # fmt: skip
        return {
            "agents": names, "level_seed": level_seed, "shifted": levels is Levels.shifted, "level": given,
            "versus": self.versus, "changes": () if given is not None else changes,
        }  # fmt: skip


@app.command()
def watch(
    demo: DemoName,
    agents: Agents = None,
    preset: Opens = None,
    levels: MaybeLevels = None,
    level_seed: MaybeSeed = None,
    seed: RunSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    run: RunText = None,
    versus: Beside = None,
    display: Display = 0,
    window: Window = False,
) -> None:
    """Watch an agent on the big screen.

    Drag things while it runs; `?` shows the keys.

    Example: goalmisgen watch coinrun --agent mix-0 --display 1
    """
    world = demo_of(demo)
    asked = Watched(world, agents or [], preset, levels, level_seed, level, edit, colour, versus, run, seed).checked()
    from ..stage.window import watch as show

    raise typer.Exit(show(world, **asked.opened(), seed=seed, display=display, fullscreen=not window))


def _begun(world: "Demo", actor: "Agent | None", run: str, seed: int) -> "Run":
    """The run of a text; a saved one is shown by `present`."""
    from ..agents.run_grid import Run
    from ..agents.run_spec import parse_run

    if run.endswith(".json"):
        raise Wrong(f"A saved run is shown by `goalmisgen present {run}`; --run takes a run as text here.")
    return Run(world, actor, parse_run(world, run), seed)


@app.command()
def play(
    demo: DemoName,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    seed: RunSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    display: Annotated[int, typer.Option(min=0, help="Which screen.")] = 0,
    window: Annotated[bool, typer.Option("--window", help="In a window instead of full screen.")] = False,
) -> None:
    """Play a level yourself with the arrow keys.

    Example: goalmisgen play cheese_maze --level-seed 3
    """
    world = demo_of(demo)
    from ..stage.window import play as show

    given = given_level(world, None, levels, level_seed, level, edit, colour)
    raise typer.Exit(
        show(
            world, level_seed=level_seed, shifted=levels is Levels.shifted, seed=seed, display=display,
            fullscreen=not window, level=given,
        )
    )  # fmt: skip
