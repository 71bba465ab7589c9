"""Commands that show runs: films and maps, the window, talks, the app, and the check before a lecture."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import demos

from ..rules.decision import DecisionDemo
from .options import (
    AgentName,
    AnyDemoName,
    At,
    Colours,
    DemoName,
    Edits,
    Greedy,
    Json,
    LevelFile,
    Levels,
    LevelSeed,
    RunSeed,
    WhichLevels,
    Wrong,
    agent_of,
    any_agent_of,
    bar,
    command_line,
    config_of,
    demo_of,
    edit_run,
    edited,
    entry_of,
    given_level,
    level_of,
    preset_of,
    print_json,
    short,
    writable,
)
from .root import app
from .texts import film_dialogue

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..rules.level import Level
    from ..rules.world import Demo


FIND_LIMIT = 10_000  # levels looked through by `film --find`


@app.command()
def film(
    demo: AnyDemoName,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="What to write: .gif, .mp4 or .png; with --trail .svg, .pdf or .png.")
    ],
    agent: AgentName = None,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    seed: RunSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    at: At = 0,
    greedy: Greedy = False,
    versus: Annotated[
        str | None,
        typer.Option(
            metavar="AGENT",
            help="A second agent on the same level, beside the first; `training`: the same agent on a training level.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is prepared, with its agent, instead of --levels, --set and so on."),
    ] = None,
    given_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What a network is asked, or a slider; may be repeated."),
    ] = None,
    saved: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="A saved run, replayed as it was, without its network.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--every-seed", help="Every bundled seed of the agent's recipe at once, in step.")
    ] = False,
    trail: Annotated[bool, typer.Option("--trail", help="A still picture of the whole way instead of a film.")] = False,
    map_: Annotated[
        bool, typer.Option("--map", help="A picture of what the agent does for every place where the goal could stand.")
    ] = False,
    runs_each: Annotated[int, typer.Option("--runs", min=1, max=100, help="With --map: runs for each place.")] = 5,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="OUTCOME",
            help="Take the first level from --level-seed on with this outcome, and record how many were tried.",
        ),
    ] = None,
    caption: Annotated[str | None, typer.Option(metavar="TEXT", help="A line of text below the picture.")] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=32, max=4096, help="Width in pixels, about; pixel art is scaled by whole numbers. Else: 512, text 800."
        ),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=1, max=50, help="Steps or words per second; else 12.5, or 6 words.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a run as a film or a picture, or a dialogue with a network that writes.

    Example: goalmisgen film coinrun --agent mix-0 --level-seed 7 --edit coin=4,12 --colour coin=#00aaff --out coin.gif
    """
    entry = entry_of(demo)
    writable(out)
    if entry.kind == "text":
        others: dict[str, Any] = {
            "run": saved,
            "level": level,
            "level-seed": level_seed,
            "seed": seed,
            "edit": edit,
            "colour": colour,
        }
        others |= {"at": at, "greedy": greedy, "versus": versus, "every-seed": every, "trail": trail, "map": map_}
        others |= {"find": find, "levels": levels is not Levels.shifted}
        film_dialogue(demo, out, agent, given_ or [], preset, caption, size, fps, json, others)
        return
    size, fps = size or 512, fps or 12.5
    if isinstance(entry, DecisionDemo):
        worlds_only = (level, edit, colour, at, greedy, versus, preset, saved, every, trail, map_, find, level_seed)
        if any(worlds_only) or levels is not Levels.shifted:
            raise Wrong(f"{demo} has no levels: beside --out it takes --agent, --set, --seed, --caption and --size.")
        made = _film_choices(entry, agent, out, seed, given_ or [], caption, size)
        if json:
            print_json(made)
        else:
            typer.echo(f"{out}: {made['steps']} choices. Outcome: {made['outcome']}.")
        return
    if given_:
        raise Wrong(f"--set is for networks that write and for sliders of choices; {demo} has --edit and --colour.")
    world = demo_of(demo)
    from ..agents.run import Run
    from ..show import film as filming

    if saved:
        if agent or level or edit or colour or at or greedy or versus or preset or find or map_ or every:
            raise Wrong("--run replays a saved run as it was; leave out the options that say what to run.")
        run = Run.load(saved, world)
        command = command_line("film", demo, run=saved, trail=trail, caption=caption, size=size, fps=fps)
        if trail:
            made = filming.trail(run, out, caption=caption, command=command)
        else:
            made = filming.film(run, out, caption=caption, size=size, fps=fps, command=command)
        if json:
            print_json(made)
        else:
            typer.echo(f"{out}: {run.describe()} Outcome: {run.outcome}.")
        return
    given = {"level_seed": level_seed, "levels": levels, "edit": edit, "agent": agent}  # for the stored command
    prepared = preset_of(world, preset)
    if prepared:
        agent, level_seed = agent or prepared.agent, prepared.level_seed
        levels, edit = Levels.shifted if prepared.shifted else Levels.training, [*prepared.changes, *(edit or [])]
        if find or level:
            raise Wrong("--preset is a level already; leave out --find and --level.")
    actor = agent_of(world, agent)
    rival = (actor if versus == "training" else agent_of(world, versus)) if versus else None
    if trail and rival:
        raise Wrong("--trail shows one agent; leave out --versus.")
    if map_ and (rival or trail or find or at or greedy):
        raise Wrong(
            "--map shows one agent from the start of a level; leave out --versus, --trail, --find, --at, --greedy."
        )
    if every and (rival or trail or map_ or find or at):
        raise Wrong(
            "--every-seed shows one recipe from the start of a level; leave out --versus, --trail, --map, --find, --at."
        )
    config = config_of(world, actor, levels)
    extra: dict[str, Any] = {}
    if find:
        if level or edit or colour or greedy:
            raise Wrong(
                "--find looks through sampled runs in drawn levels; leave out --level, --edit, --colour, --greedy."
            )
        if find not in world.outcomes:
            raise Wrong(f"'{find}' is not an outcome of {demo}; there are: {', '.join(world.outcomes)}.")
        with bar() as told:
            extra = filming.find(
                world,
                actor,
                config,
                find,
                level_seed,
                seed,
                FIND_LIMIT,
                lambda n, all_: told(f"looking for '{find}'", n, all_),
            )
    drawn = level_of(world, config, int(extra.get("level_seed", level_seed)), level)
    command = command_line(
        "film", demo, agent=given["agent"], levels=None if prepared else levels.value,
        level_seed=None if prepared else level_seed, seed=seed, level=level, edit=given["edit"], colour=colour,
        at=at or None, greedy=greedy, versus=versus, preset=preset, every_seed=every, trail=trail, map=map_,
        runs=runs_each if map_ else None, find=find, caption=caption, size=None if map_ or trail else size,
        fps=None if map_ or trail else fps,
    )  # fmt: skip
    if map_:
        made = _map(world, actor, edited(world, drawn, edit, colour), out, runs_each, seed, caption, command)
        if json:
            print_json(made)
        else:
            typer.echo(f"{out}: {made['places']} places, {runs_each} runs each. Level seed {int(drawn.seed)}.")
            typer.echo(", ".join(f"{name} {share:.0%}" for name, share in made["outcomes"].items()))
        return
    if every:
        from ..agents.pretrained import seeds_of

        start = edited(world, drawn, edit, colour)
        made = filming.every_seed(
            [Run(world, agent_of(world, name), start, seed, greedy) for name in seeds_of(world, actor.name)],
            out, caption=caption, size=size, fps=fps, command=command, extra=extra,
        )  # fmt: skip
        if json:
            print_json(made)
        else:
            counts = ", ".join(f"{name} {count}" for name, count in made["outcomes"].items())
            typer.echo(f"{out}: {counts}. Level seed {made['level_seed']}.")
        return
    runs: list[Run] = []
    for each in (actor, rival):
        if each and runs and versus == "training":
            runs.append(Run(world, each, level_of(world, actor.config, int(drawn.seed), None), seed, greedy))
        elif each:
            runs.append(Run(world, each, edited(world, drawn, edit, colour) if at == 0 else drawn, seed, greedy))
            if at > 0:
                edit_run(runs[-1], at, edit, colour)
    if trail:
        made = filming.trail(runs[0], out, caption=caption, command=command, extra=extra)
    else:
        made = filming.film(
            runs[0],
            out,
            versus=runs[1] if rival else None,
            names=(f"{actor.name}, shifted", f"{actor.name}, training") if versus == "training" else None,
            caption=caption,
            size=size,
            fps=fps,
            command=command,
            extra=extra,
        )
    if json:
        print_json(made)
    else:
        typer.echo(f"{out}: {runs[0].describe()} Outcome: {runs[0].outcome}. Level seed {int(drawn.seed)}.")
        if extra:
            typer.echo(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in extra.items()))


def _slider(given: str) -> tuple[str, float]:
    name, _, value = given.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise Wrong(f"'{given[:40]}' is not SLIDER=NUMBER.") from None


def _film_choices(
    demo: DecisionDemo, name: str | None, out: Path, seed: int, given: Sequence[str], caption: str | None, size: int
) -> dict[str, Any]:
    """Film a run of an agent at the values it was trained with, or of the planner at the usual ones.

    `given`: sliders put elsewhere, as SLIDER=VALUE.
    """
    from ..agents.walk import Walk
    from ..show.decide import PLANNER, desk_of
    from ..show.film_choices import film as write

    who = name if name == PLANNER else any_agent_of(demo, name).name
    desk = desk_of({"agent": who, **dict(_slider(each) for each in given)}, demo.name)
    walk = Walk(demo, desk.given, seed).finish(desk.chooser())
    command = command_line("film", demo.name, agent=name, set=list(given), seed=seed, caption=caption, size=size)
    return write(walk, out, caption=caption, size=size, command=command)


def _map(
    demo: "Demo", agent: "Agent", level: "Level", out: Path, runs: int, seed: int, caption: str | None, command: str
) -> dict[str, Any]:
    """Write the outcome map of a level; returns what was found as data."""
    from ..rules.edit import goal_slot
    from ..rules.level import record
    from ..rules.picture import scene
    from ..study import figures
    from ..study.outcome_map import outcome_map

    if out.suffix.lower() not in figures.FORMATS:
        raise Wrong(f"'{out.name}' is not a map this can write; give a name ending in {', '.join(figures.FORMATS)}.")
    with bar() as told:
        found = outcome_map(demo, agent, level, runs, seed, lambda n, all_: told("runs", n, all_))
    state = record(demo.state)
    demo.start(level, seed, state)
    state.there[goal_slot(demo)] = 0  # the map says what comes of it everywhere
    title = (
        caption or f"{agent.name}: how runs ended, by where the {demo.goal_object} stood ({runs} runs for each place)"
    )
    figures.save(figures.mapped(demo, found, scene(demo, level, state), title), out, command)
    shares = found.shares(demo).mean(0) if len(found.cells) else [0.0] * len(demo.outcomes)
    return {
        "out": str(out),
        "places": len(found.cells),
        "runs": runs,
        "outcomes": {name: round(float(share), 4) for name, share in zip(demo.outcomes, shares, strict=True)},
        "level_seed": int(level.seed),
    }


@app.command()
def watch(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--agent",
            metavar="RECIPE[:SEED]",
            help="May be repeated: the key `a` changes to the next; default: all that are bundled.",
        ),
    ] = None,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    seed: RunSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    versus: Annotated[
        str | None, typer.Option(metavar="AGENT", help="Split the screen: a second agent on the same level.")
    ] = None,
    display: Annotated[int, typer.Option(min=0, help="Which screen.")] = 0,
    window: Annotated[bool, typer.Option("--window", help="In a window instead of full screen.")] = False,
) -> None:
    """Watch an agent on the big screen.

    Drag things while it runs; `?` shows the keys.

    Example: goalmisgen watch coinrun --agent mix-0 --display 1
    """
    world = demo_of(demo)
    from ..agents.pretrained import agent_names
    from ..show.window import watch as show

    names = agents or agent_names(world)
    actors = [agent_of(world, name) for name in (*names, *([versus] if versus else []))]
    given = given_level(world, actors[0] if actors else None, levels, level_seed, level, edit, colour)
    raise typer.Exit(
        show(
            world, names, level_seed=level_seed, shifted=levels is Levels.shifted, seed=seed, display=display,
            fullscreen=not window, level=given, versus=versus,
        )
    )  # fmt: skip


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
    from ..show.window import play as show

    given = given_level(world, None, levels, level_seed, level, edit, colour)
    raise typer.Exit(
        show(
            world, level_seed=level_seed, shifted=levels is Levels.shifted, seed=seed, display=display,
            fullscreen=not window, level=given,
        )
    )  # fmt: skip


@app.command()
def present(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A bundled talk or lesson by name, or a .md or .json file.")
    ],
    display: Annotated[int, typer.Option(min=0, help="Which screen.")] = 0,
    window: Annotated[bool, typer.Option("--window", help="In a window instead of full screen.")] = False,
) -> None:
    """Step through a talk or lesson with a clicker.

    Recorded runs, dialogues and choices are shown as they were; `c` takes a run over, `?` shows the keys.

    Example: goalmisgen present 12_minutes
    """
    from ..show import talk
    from ..show.window import present as show

    path = talk.find(what)
    with bar() as told:
        script = talk.open_talk(path, lambda done, all_: told("rolling out the runs", done, all_))
    raise typer.Exit(show(script, display, not window))


@app.command()
def record(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A bundled talk or lesson by name, or a .md file.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="What to write: .json.")],
) -> None:
    """Record a talk or lesson with its runs, to be presented without the network.

    Example: goalmisgen record lessons/talks/12_minutes.md --out talk.json
    """
    from ..show import talk
    from ..show.lessons import load_lesson

    script = talk.find(what).with_suffix(".md")
    if out.suffix != ".json":
        raise Wrong(f"'{out.name}' is not a .json file, which a recorded talk is.")
    writable(out)
    with bar() as told:
        data = talk.record(load_lesson(script), lambda done, all_: told("rolling out the runs", done, all_))
    talk.save(data, out)
    typer.echo(f"Wrote {short(out)}.")


@app.command("app")
def app_(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port of the local server.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address it listens on; 0.0.0.0 lets others on the network in.")
    ] = "localhost",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the app in the browser; Ctrl-C ends it.

    Example: goalmisgen app
    """
    from ..content import content

    script = content() / "app.py"
    if not script.is_file():
        raise Wrong(f"The app's script is missing at {script}; install the package again.")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.port",
        str(port),
        "--server.address",
        address,
    ]
    command += ["--server.headless", str(not browser).lower(), "--browser.gatherUsageStats", "false"]
    with contextlib.suppress(KeyboardInterrupt):
        raise typer.Exit(1 if subprocess.run(command, check=False).returncode not in (0, -2, 130) else 0)


@app.command()
def check(json: Json = False) -> None:
    """Check everything before a lecture.

    Display, compiled rules, weights and their cards, and whether presets still give their stated outcomes.

    Example: goalmisgen check
    """
    from ..show.check import check as findings_of

    findings = []
    for finding in findings_of([demos.entry(name) for name in demos.NAMES]):
        findings.append(finding._asdict())
        if not json:
            mark = {True: "ok", False: "FAILED", None: "note"}[finding.ok]
            typer.echo(f"{mark:7} {finding.what}: {finding.says}")
    if json:
        print_json(findings)
    if any(finding["ok"] is False for finding in findings):
        raise typer.Exit(1)
