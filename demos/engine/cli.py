"""The command line: one function per command; what they do lies in the rooms behind it, imported when it is needed.

Exit status: 0 done; 2 the request was wrong, one sentence says how; 1 something failed.
"""

import contextlib
import json as json_module
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import demos

if TYPE_CHECKING:
    from .agents.pretrained import Agent
    from .agents.run import Run
    from .rules.level import Level
    from .rules.world import Demo, Preset


FIND_LIMIT = 10_000  # levels looked through by `film --find`
INTERRUPTED = 130  # what the option parser makes of Ctrl-C


class Wrong(ValueError):
    """A request that cannot be met; the message is one sentence that says what would be right."""


class Levels(str, Enum):
    """Which levels are drawn."""

    training = "training"
    shifted = "shifted"


app = typer.Typer(
    name="goalmisgen",
    help="See goal misgeneralization: trained agents that are still skilful, and get the wrong goal.\n\n"
    "Start with: goalmisgen app",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
level_app = typer.Typer(help="Print, check or convert a level.", rich_markup_mode=None)
app.add_typer(level_app, name="level")

DemoName = Annotated[str, typer.Argument(metavar="DEMO", help=f"One of: {', '.join(demos.NAMES)}.")]
AgentName = Annotated[
    str | None,
    typer.Option("--agent", metavar="RECIPE[:SEED]", help="Bundled agent or weight file; default: the first."),
]
WhichLevels = Annotated[Levels, typer.Option("--levels", help="Draw the level as in training, or with the shift.")]
LevelSeed = Annotated[int, typer.Option("--level-seed", metavar="N", min=0, help="Which level.")]
RunSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The run's randomness.")]
LevelFile = Annotated[
    Path | None, typer.Option("--level", metavar="FILE", help="A level file, map or JSON, instead of a drawn level.")
]
Edits = Annotated[
    list[str] | None,
    typer.Option(
        "--edit",
        metavar="OBJECT=ROW,COL",
        help="Move or add an object; also coin=none, coin=crate (draw it as one), 8,30=wall (paint), or a named "
        "change such as mirrored; may be repeated.",
    ),
]
Colours = Annotated[
    list[str] | None,
    typer.Option("--colour", metavar="OBJECT=#rrggbb", help="Recolour an object or tile; may be repeated."),
]
At = Annotated[int, typer.Option("--at", metavar="STEP", min=0, help="Make the edits before this step of the run.")]
Greedy = Annotated[
    bool, typer.Option("--greedy", help="Take the likeliest action instead of sampling, as training did.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """See goal misgeneralization: trained agents that are still skilful, and get the wrong goal.

    Start with: goalmisgen app
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# --- what there is


@app.command("list")
def list_(json: Json = False) -> None:
    """List the demos and their agents.

    Example: goalmisgen list
    """
    from .agents.pretrained import agent_names

    rows = [
        {
            "name": demo.name,
            "kind": demo.kind,
            "title": demo.title,
            "question": demo.question,
            "intended": demo.intended,
            "proxies": list(demo.proxies),
            "agents": agent_names(demo),
        }
        for demo in map(demos.load, demos.NAMES)
    ]
    if json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row['question']}")
        typer.echo(f"  intended goal: {row['intended']}; also fits the training levels: {', '.join(row['proxies'])}")
        typer.echo(f"  agents: {', '.join(row['agents']) or 'none'}")


# --- numbers


@app.command()
def measure(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="Bundled agent or weight file; may be repeated."),
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    greedy: Greedy = False,
    json: Json = False,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the rates: .svg, .pdf or .png.")
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Write the result to the agent's card, and measurements.csv anew.")
    ] = False,
) -> None:
    """Measure how often an agent reaches which goal.

    On levels like those of its training, on shifted ones, and on shifted ones that tell the goals apart.

    Example: goalmisgen measure coinrun --agent mix-0:0 --episodes 200
    """
    world = _demo(demo)
    if figure:
        from .study import figures

        if figure.suffix.lower() not in figures.FORMATS:
            raise Wrong(
                f"'{figure.name}' is not a figure this can write; give a name ending in {', '.join(figures.FORMATS)}."
            )
        _writable(figure)
    from .study import cards
    from .study.measure import measure as measured_

    chosen = [_agent(world, name) for name in agents] if agents else [_agent(world, None)]
    if card:
        for agent in chosen:
            cards.agent_folder(world, agent.name)
    results = []
    for agent in chosen:
        with _bar() as told:
            results.append(measured_(world, agent, episodes, seed, greedy, lambda part, n, all_: told(part, n, all_)))
        if card:
            typer.echo(f"Wrote {_short(cards.write_card(world, agent.name, results[-1]))}.", err=True)
    if card:
        typer.echo(f"Wrote {_short(cards.write_csv(world))}.", err=True)
    if figure:
        figures.save(
            figures.rates(world, results, world.title),
            figure,
            _command("measure", demo, agent=agents or [], episodes=episodes, seed=seed),
        )
        typer.echo(f"Wrote {figure}.", err=True)
    if json:
        _print_json(results[0] if len(results) == 1 else results)
    else:
        for result in results:
            _print_rates(result)


def _print_rates(result: dict[str, Any]) -> None:
    typer.echo(
        f"{result['demo']} {result['agent']}, {result['actions']} actions, "
        f"levels of seed {result['seed']}, 95 % intervals"
    )
    for part, found in result["levels"].items():
        if found is None:
            typer.echo(f"\n  {part} levels: not measured, because the world's reference agent is not bundled yet")
            continue
        kept = f", {100 * found['share']:.0f} % of {found['tried']} shifted levels" if "share" in found else ""
        typer.echo(f"\n  {part} levels (n = {found['n']}{kept})")
        for outcome, rate in found["outcomes"].items():
            typer.echo(f"    {outcome:10} {_percent(rate)}")
        for name, value in found["measures"].items():
            shown = _percent(value) if isinstance(value, dict) else f"{value}"
            typer.echo(f"    ({name.replace('_', ' ')}: {shown.strip()})")


def _percent(rate: dict[str, float]) -> str:
    return f"{100 * rate['rate']:5.1f} %  [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"


@app.command()
def probe(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: the first agent."),
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Levels for each probe.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write probes.csv of the world anew.")] = False,
) -> None:
    """Measure what an agent follows: the level mirrored, its goal taken out, its end wall gone, and so on.

    Also how much its action probabilities and its value change where the goal object is painted out of its picture.

    Example: goalmisgen probe coinrun --agent mix-0:0 --episodes 200
    """
    world = _demo(demo)
    from .agents.pretrained import folder
    from .study import probe as probing
    from .study.cards import written

    chosen = [_agent(world, name) for name in agents] if agents else [_agent(world, None)]
    with _bar() as told:
        rows = probing.all_probes(world, chosen, episodes, seed, told)
    if write:
        path = folder(world) / "probes.csv"
        written(path, probing.probes_csv(rows))
        typer.echo(f"Wrote {_short(path)}.", err=True)
    for agent, name, n, what, found, _ in rows:
        value = _percent(found).strip() if "rate" in found else f"{found['value']} [{found['low']}, {found['high']}]"
        typer.echo(f"{agent:12} {name:18} {what:22} {value}  (n = {n})")


@app.command()
def ages(
    demo: DemoName,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write ages.csv of the world anew.")] = False,
) -> None:
    """Measure the agents whose training was kept at several ages, at each of them.

    Example: goalmisgen ages coinrun --episodes 200
    """
    world = _demo(demo)
    from .agents.pretrained import folder
    from .study.ages import measure_ages
    from .study.cards import written

    with _bar() as told:
        text = measure_ages(world, episodes, seed, told)
    if write:
        path = folder(world) / "ages.csv"
        written(path, text)
        typer.echo(f"Wrote {_short(path)}.", err=True)
    typer.echo(text, nl=False)


@app.command()
def bench(json: Json = False) -> None:
    """Measure how fast this is on this machine.

    Example: goalmisgen bench
    """
    from .study import bench as benching

    with _bar() as told:
        told("measuring; leave the machine alone", 0, 1)
        result = benching.bench(map(demos.load, demos.NAMES), _filmed())
    if json:
        _print_json(result)
        return
    for path, value, budget, met in benching.verdicts(result):
        typer.echo(f"{path:45} {value:14,.6g}   budget {budget:12,.6g}   {'met' if met else 'NOT met'}")
    for name, figures in result["worlds"].items():
        typer.echo(
            f"{name}: with pictures at {100 * figures['picture_over_copy']:.0f} % of a bare copy of the same bytes"
        )
    for name, value in result["live"].items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")
    peer = result["minigrid"]
    if peer:
        rate = result["worlds"]["cheese_maze"]["picture_steps_per_s"] / peer["picture_steps_per_s"]
        typer.echo(
            f"Minigrid, one level with pictures: {peer['picture_steps_per_s']:,} steps/s; "
            f"ours is {rate:.0f} times as fast"
        )
    else:
        typer.echo("Minigrid is not installed, so there is no comparison with it.")


def _filmed() -> Callable[["Run", Path], Any] | None:
    try:
        from .show.film import film as write
    except ImportError:
        return None
    return lambda run, path: write(
        run, path, versus=None, caption=None, size=512, fps=25, command="goalmisgen bench", extra={}
    )


@app.command()
def train(
    demo: DemoName,
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A named training set-up of the demo, such as mix-0.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Which of its trainings.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number of steps.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Instead of the bundled agent's folder.")] = None,
    ages: Annotated[bool, typer.Option("--ages", help="Keep copies along the way, for the age slider.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Train a finished agent again.")] = False,
) -> None:
    """Train an agent, or go on training it.

    Ctrl-C stops it cleanly; called again, it goes on from there.

    Example: goalmisgen train coinrun mix-0 --seed 0
    """
    world = _demo(demo)
    if recipe not in world.recipes:
        raise Wrong(f"There is no recipe '{recipe}' of {demo}; there are: {', '.join(world.recipes)}.")
    from .study.cards import agent_folder

    home = out or agent_folder(world, f"{recipe}:{seed}")
    finished, resume = home / "policy.safetensors", home / "resume.zip"
    if finished.exists() and not replace:
        raise Wrong(f"{_short(finished)} is trained already; choose another --seed or --out, or say --replace.")
    if finished.exists():
        resume.unlink(missing_ok=True)
    from .agents.train import train as train_

    total = steps or world.recipes[recipe].steps
    with _bar() as told:

        def progress(done: int, latest: dict[str, float]) -> None:
            told(
                f"{recipe}:{seed}, return {latest['return']:.2f}, goal {100 * latest['goal']:.0f} %",
                min(done, total),
                total,
            )

        told(f"{recipe}:{seed}", 0, total)
        train_(world, world.recipes[recipe], seed, home, progress, steps=steps, ages=ages)
    (home / "card.json").unlink(missing_ok=True)  # it described the weights that were here before
    name = f"{recipe}:{seed}" if out is None else str(finished)
    typer.echo(f"Trained {_short(finished)}. Next: {_command('measure', demo, agent=name)}")


# --- pictures


@app.command()
def film(
    demo: DemoName,
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
        typer.Option(metavar="NAME", help="A prepared level with its agent, instead of --levels and so on."),
    ] = None,
    saved: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="A saved run, replayed as it was, without its network.")
    ] = None,
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
        int, typer.Option(min=32, max=4096, help="Width in pixels, about; pixel art is scaled by whole numbers.")
    ] = 512,
    fps: Annotated[float, typer.Option(min=1, max=50, help="Steps per second.")] = 12.5,
    json: Json = False,
) -> None:
    """Write a run as a film or a picture.

    Example: goalmisgen film coinrun --agent mix-0 --level-seed 7 --edit coin=4,12 --colour coin=#00aaff --out coin.gif
    """
    world = _demo(demo)
    _writable(out)
    from .agents.run import Run
    from .show import film as filming

    if saved:
        if agent or level or edit or colour or at or greedy or versus or preset or find or map_:
            raise Wrong("--run replays a saved run as it was; leave out the options that say what to run.")
        run = Run.load(saved, world)
        command = _command("film", demo, run=saved, trail=trail, caption=caption, size=size, fps=fps)
        if trail:
            made = filming.trail(run, out, caption=caption, command=command)
        else:
            made = filming.film(run, out, caption=caption, size=size, fps=fps, command=command)
        if json:
            _print_json(made)
        else:
            typer.echo(f"{out}: {run.describe()} Outcome: {run.outcome}.")
        return
    given = {"level_seed": level_seed, "levels": levels, "edit": edit, "agent": agent}  # for the stored command
    prepared = _preset(world, preset)
    if prepared:
        agent, level_seed = agent or prepared.agent, prepared.level_seed
        levels, edit = Levels.shifted if prepared.shifted else Levels.training, [*prepared.changes, *(edit or [])]
        if find or level:
            raise Wrong("--preset is a level already; leave out --find and --level.")
    actor = _agent(world, agent)
    rival = (actor if versus == "training" else _agent(world, versus)) if versus else None
    if trail and rival:
        raise Wrong("--trail shows one agent; leave out --versus.")
    if map_ and (rival or trail or find or at or greedy):
        raise Wrong(
            "--map shows one agent from the start of a level; leave out --versus, --trail, --find, --at, --greedy."
        )
    config = _config(world, actor, levels)
    extra: dict[str, Any] = {}
    if find:
        from .study.measure import outcome_names

        if level or edit or colour or greedy:
            raise Wrong(
                "--find looks through sampled runs in drawn levels; leave out --level, --edit, --colour, --greedy."
            )
        if find not in outcome_names(world):
            raise Wrong(f"'{find}' is not an outcome of {demo}; there are: {', '.join(outcome_names(world))}.")
        with _bar() as told:
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
    drawn = _level(world, config, int(extra.get("level_seed", level_seed)), level)
    command = _command(
        "film", demo, agent=given["agent"], levels=None if prepared else levels.value,
        level_seed=None if prepared else level_seed, seed=seed, level=level, edit=given["edit"], colour=colour,
        at=at or None, greedy=greedy, versus=versus, preset=preset, trail=trail, map=map_,
        runs=runs_each if map_ else None, find=find, caption=caption, size=None if map_ or trail else size,
        fps=None if map_ or trail else fps,
    )  # fmt: skip
    if map_:
        made = _map(world, actor, _edited(world, drawn, edit, colour), out, runs_each, seed, caption, command)
        if json:
            _print_json(made)
        else:
            typer.echo(f"{out}: {made['places']} places, {runs_each} runs each. Level seed {int(drawn.seed)}.")
            typer.echo(", ".join(f"{name} {share:.0%}" for name, share in made["outcomes"].items()))
        return
    runs: list[Run] = []
    for each in (actor, rival):
        if each and runs and versus == "training":
            runs.append(Run(world, each, _level(world, actor.config, int(drawn.seed), None), seed, greedy))
        elif each:
            runs.append(Run(world, each, _edited(world, drawn, edit, colour) if at == 0 else drawn, seed, greedy))
            if at > 0:
                _edit_run(runs[-1], at, edit, colour)
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
        _print_json(made)
    else:
        typer.echo(f"{out}: {runs[0].describe()} Outcome: {runs[0].outcome}. Level seed {int(drawn.seed)}.")
        if extra:
            typer.echo(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in extra.items()))


def _map(
    demo: "Demo", agent: "Agent", level: "Level", out: Path, runs: int, seed: int, caption: str | None, command: str
) -> dict[str, Any]:
    """Write the outcome map of a level; returns what was found as data."""
    from .rules.edit import kind_slots
    from .rules.level import record
    from .rules.picture import scene
    from .study import figures
    from .study.measure import outcome_names
    from .study.outcome_map import outcome_map

    if out.suffix.lower() not in figures.FORMATS:
        raise Wrong(f"'{out.name}' is not a map this can write; give a name ending in {', '.join(figures.FORMATS)}.")
    with _bar() as told:
        found = outcome_map(demo, agent, level, runs, seed, lambda n, all_: told("runs", n, all_))
    state = record(demo.state)
    demo.start(level, seed, state)
    state.there[kind_slots(demo, demo.intended)] = 0  # the map says what comes of it everywhere
    title = caption or f"{agent.name}: how runs ended, by where the {demo.intended} stood ({runs} runs for each place)"
    figures.save(figures.mapped(demo, found, scene(demo, level, state), title), out, command)
    shares = found.shares(demo).mean(0) if len(found.cells) else [0.0] * len(outcome_names(demo))
    return {
        "out": str(out),
        "places": len(found.cells),
        "runs": runs,
        "outcomes": {name: round(float(share), 4) for name, share in zip(outcome_names(demo), shares, strict=True)},
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
    world = _demo(demo)
    from .agents.pretrained import agent_names
    from .show.window import watch as show

    names = agents or agent_names(world)
    actors = [_agent(world, name) for name in (*names, *([versus] if versus else []))]
    given = _given(world, actors[0] if actors else None, levels, level_seed, level, edit, colour)
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
    world = _demo(demo)
    from .show.window import play as show

    given = _given(world, None, levels, level_seed, level, edit, colour)
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

    Recorded runs are replayed as they were; `c` takes a step over, `?` shows the keys.

    Example: goalmisgen present 12_minutes
    """
    from .show import talk
    from .show.window import present as show

    path = talk.find(what)
    with _bar() as told:
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
    from .show import talk
    from .show.lessons import load_lesson

    script = talk.find(what).with_suffix(".md")
    if out.suffix != ".json":
        raise Wrong(f"'{out.name}' is not a .json file, which a recorded talk is.")
    _writable(out)
    with _bar() as told:
        data = talk.record(load_lesson(script), lambda done, all_: told("rolling out the runs", done, all_))
    talk.save(data, out)
    typer.echo(f"Wrote {_short(out)}.")


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
    from .content import content

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


# --- levels


@level_app.command("print")
def level_print(
    demo: DemoName,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    json: Json = False,
    url: Annotated[bool, typer.Option("--url", help="Print what a link holds.")] = False,
) -> None:
    """Print a level as a text map, as JSON or as part of a link.

    Example: goalmisgen level print coinrun --level-seed 7 --edit coin=4,12
    """
    world = _demo(demo)
    from .rules import edit as editing

    item = _edited(world, _level(world, getattr(world, levels.value), level_seed, level), edit, colour)
    if json:
        _print_json(editing.to_json(world, item))
    else:
        typer.echo(editing.to_url(world, item) if url else editing.format_level(world, item), nl=url)


@level_app.command("check")
def level_check(demo: DemoName, file: Annotated[Path, typer.Argument(metavar="FILE", help="A map or JSON.")]) -> None:
    """Check a level file: can it be played, and could it have occurred in training?

    Example: goalmisgen level check coinrun my_level.txt
    """
    world = _demo(demo)
    reasons = world.in_training(_read(world, file), world.training)
    typer.echo(f"{file.name} can be played.")
    typer.echo(
        f"It could not have occurred in training: {'; '.join(reasons)}."
        if reasons
        else "It could have occurred in training."
    )


@level_app.command("convert")
def level_convert(
    demo: DemoName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A map or JSON.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help=".json for JSON, .txt for a text map.")],
) -> None:
    """Convert a level between text map and JSON.

    Example: goalmisgen level convert coinrun my_level.txt --out my_level.json
    """
    world = _demo(demo)
    if out.suffix not in (".json", ".txt"):
        raise Wrong(f"'{out.name}' is neither a .json nor a .txt file; choose one of the two.")
    _writable(out)
    from .rules import edit as editing
    from .study.cards import written

    item = _read(world, file)
    as_json = out.suffix == ".json"
    written(
        out,
        json_module.dumps(editing.to_json(world, item), indent=2) + "\n"
        if as_json
        else editing.format_level(world, item),
    )
    typer.echo(f"Wrote {out}.")


@app.command()
def check(json: Json = False) -> None:
    """Check everything before a lecture.

    Display, compiled rules, weights and their cards, and whether presets still give their stated outcomes.

    Example: goalmisgen check
    """
    from .show.check import check as findings_of

    findings = []
    for finding in findings_of([demos.load(name) for name in demos.NAMES]):
        findings.append(finding._asdict())
        if not json:
            mark = {True: "ok", False: "FAILED", None: "note"}[finding.ok]
            typer.echo(f"{mark:7} {finding.what}: {finding.says}")
    if json:
        _print_json(findings)
    if any(finding["ok"] is False for finding in findings):
        raise typer.Exit(1)


# --- what the commands share


def _demo(name: str) -> "Demo":
    try:
        return demos.load(name)
    except KeyError as error:
        raise Wrong(error.args[0]) from None


def _agent(demo: "Demo", name: str | None) -> "Agent":
    from .agents.pretrained import agent_names, load_agent

    if name is None:
        bundled = agent_names(demo)
        if not bundled:
            raise Wrong(
                f"No agent of {demo.name} is bundled; train one with `goalmisgen train`, or give a weight file."
            )
        name = bundled[0]
    return load_agent(demo, name)


def _preset(demo: "Demo", name: str | None) -> "Preset | None":
    """The prepared level or probe of this name."""
    prepared = {each.name: each for each in (*demo.presets, *demo.probes)}
    if name is not None and name not in prepared:
        raise Wrong(f"There is no prepared level '{name}' of {demo.name}; there are: {', '.join(prepared)}.")
    return prepared[name] if name is not None else None


def _config(demo: "Demo", agent: "Agent | None", levels: Levels) -> Any:
    """Levels for this agent to be shown on, drawn as in its own training or with the shift."""
    from .study.measure import shifted_config

    own = agent.config if agent else demo.training
    return own if levels is Levels.training else shifted_config(demo, own)


def _read(demo: "Demo", file: Path) -> "Level":
    from .rules.edit import MOST_BYTES, read_level

    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MOST_BYTES + 1)
    except UnicodeDecodeError:
        raise Wrong(f"'{file}' is not a text file; a level is a text map or JSON.") from None
    except OSError as error:
        raise Wrong(f"The level file '{file}' cannot be read: {error.strerror}.") from None
    return read_level(demo, text)


def _level(demo: "Demo", config: Any, level_seed: int, file: Path | None) -> "Level":
    from .rules.edit import draw_level

    if file:
        return _read(demo, file)
    if level_seed >= 1 << 62:
        raise Wrong(f"--level-seed must be below 2**62, not {level_seed}.")
    return draw_level(demo, config, level_seed)


def _pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise Wrong(f"'{text}' is not of the form {form}.")
    return name, value


def _edited(demo: "Demo", level: "Level", edits: list[str] | None, colours: list[str] | None) -> "Level":
    from .rules import edit as editing
    from .rules.change import changed

    level = changed(demo, level, edits or [])
    for text in colours or []:
        level = editing.recolour(demo, level, *_pair(text, "OBJECT=#rrggbb, for example coin=#00aaff"))
    return level


def _given(
    demo: "Demo",
    agent: "Agent | None",
    levels: Levels,
    seed: int,
    file: Path | None,
    edits: list[str] | None,
    colours: list[str] | None,
) -> "Level | None":
    """The level to open with, or None where it is simply drawn from its seed."""
    if not (file or edits or colours):
        return None
    return _edited(demo, _level(demo, _config(demo, agent, levels), seed, file), edits, colours)


def _edit_run(run: "Run", at: int, edits: list[str] | None, colours: list[str] | None) -> None:
    """Edit a run under way: an object is put down again where it is told to be."""
    from .rules.edit import object_names

    if at >= run.steps:
        raise Wrong(f"This run ends at step {run.steps}; --at must be smaller.")
    level = _edited(run.demo, run.level_at(at), edits, colours)
    moved = {}
    if any(text.partition("=")[0].strip() == object_names(run.demo)[0] for text in edits or []):
        moved = {0: (float(level.objects[0, 0]), float(level.objects[0, 1]))}  # the body moves where it is now
        level.objects[0] = run.level_at(at).objects[0]
    run.edit(at, level, moved)


def _writable(path: Path) -> None:
    """Refuse before any work a place where nothing can be written."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise Wrong(f"There is no folder '{folder}' to write '{path.name}' to; make it first.")
    if not os.access(folder, os.W_OK):
        raise Wrong(f"'{path.name}' cannot be written to '{folder}', which is read-only; choose another folder.")


def _short(path: Path) -> str:
    """A path as one would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _command(*words: str, **options: Any) -> str:
    """The command line that says the same; options that are None, False or empty are left out."""
    parts = ["goalmisgen", *words]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            parts.append(flag)
        elif isinstance(value, list):
            parts += [part for item in value for part in (flag, str(item))]
        elif value is not None and value is not False:
            parts += [flag, str(value)]
    return shlex.join(parts)


def _print_json(data: Any) -> None:
    typer.echo(json_module.dumps(data))


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error; call it with (what is being done, done, in all)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            key = what.partition(",")[0]
            if key not in tasks:
                tasks[key] = progress.add_task(what)
            progress.update(tasks[key], description=what, completed=done, total=total)

        yield told


def _sentence(error: Exception) -> str:
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    return text if text.endswith((".", "!", "?")) else text + "."


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        status = app(arguments, prog_name="goalmisgen", standalone_mode=False)
        if status == INTERRUPTED:
            _complain("Stopped; what was finished is kept.", 1)
        sys.exit(status if isinstance(status, int) else 0)
    except typer.Abort:
        _complain("Stopped; what was finished is kept.", 1)
    except OSError as error:
        _complain(f"{error.filename or 'A file'} could not be read or written: {error.strerror or error}.", 1)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the option parser
            _complain(_sentence(ValueError(error.format_message())), 2)
        if not type(error).__module__.startswith("demos."):
            raise  # a mistake of ours, not of the person's
        _complain(_sentence(error), 2 if isinstance(error, ValueError) else 1)


def _complain(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    sys.exit(status)
