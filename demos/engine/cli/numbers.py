"""Commands that give numbers: what there is, how often what comes, how fast, and the training of agents."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import demos

from .kinds import MEASURE, TRAIN, by_kind
from .options import (
    AnyDemoName,
    DemoName,
    Greedy,
    Json,
    Wrong,
    agent_of,
    any_agent_of,
    bar,
    command_line,
    demo_of,
    entry_of,
    figure_file,
    mean,
    percent,
    print_json,
    short,
)
from .root import app

if TYPE_CHECKING:
    from ..agents.run import Run


@app.command("list")
def list_(json: Json = False) -> None:
    """List the demos and their agents.

    Example: goalmisgen list
    """
    from ..agents.pretrained import agent_names

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
        for demo in map(demos.entry, demos.NAMES)
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row['question']}")
        typer.echo(f"  intended goal: {row['intended']}; also fits the training levels: {', '.join(row['proxies'])}")
        typer.echo(f"  agents: {', '.join(row['agents']) or 'none'}")


@app.command()
def measure(
    demo: AnyDemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--agent",
            metavar="RECIPE[:SEED]",
            help="Bundled agent or weight file, or `scripted`, where the demo has such a policy; may be repeated.",
        ),
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
    world = entry_of(demo)
    figure_file(figure)
    if figure and world.kind != "grid":
        raise Wrong(f"--figure draws grid worlds, and {demo} is none; its page shows its numbers.")
    from ..study import cards

    measured_ = by_kind(MEASURE, world)
    named: list[str | None] = list(agents) if agents else [None]
    chosen = [any_agent_of(world, name) for name in named]
    if card:
        for agent in chosen:
            cards.agent_folder(world, agent.name)
    results = []
    for agent in chosen:
        with bar() as told:
            results.append(measured_(world, agent, episodes, seed, greedy, lambda part, n, all_: told(part, n, all_)))
        if card:
            typer.echo(f"Wrote {short(cards.write_card(world, agent.name, results[-1]))}.", err=True)
    if card:
        typer.echo(f"Wrote {short(cards.write_csv(world))}.", err=True)
    if figure:
        from ..study import figures

        figures.save(
            figures.rates(demo_of(demo), results, world.title),
            figure,
            command_line("measure", demo, agent=agents or [], episodes=episodes, seed=seed),
        )
        typer.echo(f"Wrote {figure}.", err=True)
    if json:
        print_json(results[0] if len(results) == 1 else results)
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
        levels = " levels" if demos.entry(result["demo"]).kind == "grid" else ""
        typer.echo(f"\n  {part}{levels} (n = {found['n']}{kept})")
        for outcome, rate in found["outcomes"].items():
            typer.echo(f"    {outcome:10} {percent(rate)}")
        for name, value in found["measures"].items():
            shown = (percent(value) if "rate" in value else mean(value)) if isinstance(value, dict) else f"{value}"
            typer.echo(f"    ({name.replace('_', ' ')}: {shown.strip()})")


@app.command()
def probe(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: the first agent."),
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Levels for each probe.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write it to probes.csv, beside other agents.")] = False,
) -> None:
    """Measure what an agent follows: the level mirrored, its goal taken out, its end wall gone, and so on.

    Also how much its action probabilities and its value change where the goal object is painted out of its picture.

    Example: goalmisgen probe coinrun --agent mix-0:0 --episodes 200
    """
    world = demo_of(demo)
    from ..agents.pretrained import agent_names, folder
    from ..study import probe as probing
    from ..study.cards import written
    from ..study.tables import updated

    chosen = [agent_of(world, name) for name in agents] if agents else [agent_of(world, None)]
    with bar() as told:
        rows = probing.all_probes(world, chosen, episodes, seed, told)
    if write:
        path = folder(world) / "probes.csv"
        written(path, updated(path, probing.probes_csv(rows), agent_names(world)))
        typer.echo(f"Wrote {short(path)}.", err=True)
    for agent, name, n, what, found, _ in rows:
        value = percent(found).strip() if "rate" in found else mean(found)
        typer.echo(f"{agent:12} {name:18} {what:22} {value}  (n = {n})")


@app.command()
def timeline(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: all that are bundled."),
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .pdf or .png.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it to timelines.csv, beside other agents.")] = False,
) -> None:
    """Count over the steps of an episode: what is picked up and held, on levels as in training and on shifted ones.

    For worlds that count.

    Example: goalmisgen timeline keys_and_chests --episodes 200 --figure keys.svg
    """
    world = demo_of(demo)
    if not world.measures:
        raise Wrong(f"{demo} counts nothing over time; its outcomes are what `goalmisgen measure {demo}` tells.")
    from ..agents.pretrained import agent_names, folder
    from ..study import figures
    from ..study import timeline as over_time
    from ..study.cards import written
    from ..study.tables import updated

    figure_file(figure)
    chosen = [agent_of(world, name) for name in agents or agent_names(world)]
    with bar() as told:
        rows = over_time.timelines(world, chosen, episodes, seed, told)
    if write:
        path = folder(world) / "timelines.csv"
        written(path, updated(path, over_time.timelines_csv(rows), agent_names(world)))
        typer.echo(f"Wrote {short(path)}.", err=True)
    if figure:
        command = command_line("timeline", demo, agent=agents or [], episodes=episodes, seed=seed)
        figures.save(figures.timeline(world, rows), figure, command)
        typer.echo(f"Wrote {figure}.", err=True)
    for row in rows:
        if row["step"] % 25 == 0:
            typer.echo(
                f"{row['agent']:14} {row['levels']:9} step {row['step']:3}  {row['measure']:28} "
                f"{row['value']:8.2f}  [{row['low']:.2f}, {row['high']:.2f}]  n = {row['n']}"
            )


@app.command()
def ages(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: all that were kept at ages."),
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write it to ages.csv, beside other agents.")] = False,
) -> None:
    """Measure the agents whose training was kept at several ages, at each of them.

    Example: goalmisgen ages coinrun --episodes 200
    """
    world = demo_of(demo)
    from ..agents.pretrained import agent_names, folder
    from ..study.ages import aged, measure_ages
    from ..study.cards import written
    from ..study.tables import updated

    kept = aged(world)
    for agent in agents or ():
        if agent not in kept:
            raise Wrong(f"No ages of '{agent[:40]}' were kept; they were kept of: {', '.join(kept) or 'none'}.")
    with bar() as told:
        text = measure_ages(world, agents or list(kept), episodes, seed, told)
    if write:
        path = folder(world) / "ages.csv"
        written(path, updated(path, text, agent_names(world)))
        typer.echo(f"Wrote {short(path)}.", err=True)
    typer.echo(text, nl=False)


@app.command()
def life(
    demo: DemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: all whose life was kept."),
    ] = None,
    parts: Annotated[int, typer.Option(min=1, max=400, help="Equal parts that each life is told in.")] = 25,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .pdf or .png.")] = None,
) -> None:
    """Tell how a training that has no end went, from what was kept while it ran.

    Example: goalmisgen life tree_gridworld --agent online:0 --figure life.svg
    """
    world = demo_of(demo)
    from ..study import figures
    from ..study import life as living

    figure_file(figure)
    kept = living.lives(world)
    names = [agent_of(world, name).name for name in agents] if agents else list(kept)
    missing = [name for name in names if name not in kept]
    if missing or not names:
        which = missing[0] if missing else f"an agent of {demo}"
        raise Wrong(f"No life of {which} was kept; there are: {', '.join(kept) or 'none'}.")
    if figure:
        command = command_line("life", demo, agent=agents or [])
        figures.save(figures.life(world, {name: kept[name] for name in names}), figure, command)
        typer.echo(f"Wrote {figure}.", err=True)
    for name in names:
        for row in living.parts(kept[name], parts):
            told = "  ".join(f"{what} {value:.3g}" for what, value in row.items() if what != "steps")
            typer.echo(f"{name:14} {row['steps']:9,}  {told}")


@app.command()
def agency(
    demo: DemoName,
    episodes: Annotated[int, typer.Option(min=1, max=100_000, help="Levels for each kind of behaviour.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Which levels are drawn.")] = 1,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .pdf or .png.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write agents-and-devices.csv of the world anew, and its figures.")
    ] = False,
) -> None:
    """Judge runs as an agent's or a device's: in-distribution, misgeneralizing, robust and incompetent ones.

    The posterior of Langosco et al. 2022, definition 2.1, for several classes of devices and shares of noise.

    Example: goalmisgen agency cheese_maze --episodes 50
    """
    world = demo_of(demo)
    if not world.behaviours:
        able = ", ".join(name for name in demos.WORLDS if demos.load(name).behaviours)
        raise Wrong(f"{demo} names no kinds of behaviour to judge; these do: {able}.")
    from ..study import agency as judging
    from ..study import agents_and_devices as studying
    from ..study import figures
    from ..study.cards import written

    figure_file(figure)
    with bar() as told:
        rows = studying.study(world, episodes, seed, told)
    drawings = [figure] if figure else []
    if write:
        path = studying.path_of(world)
        path.parent.mkdir(parents=True, exist_ok=True)
        written(path, studying.study_csv(rows))
        typer.echo(f"Wrote {short(path)}.", err=True)
        drawings += [path.with_suffix(".svg"), path.with_suffix(".png")]
    for file in drawings:
        command = command_line("agency", demo, episodes=episodes, seed=seed)
        figures.save(studying.figure(rows), file, command)
        typer.echo(f"Wrote {short(file)}.", err=True)
    for row in rows:
        usual = (row["devices"], row["noise"]) == (judging.USUAL_CLASS, judging.USUAL_NOISE)
        if row["quantity"] == "rewarded" or (usual and row["quantity"] in ("p(agent)", "favours agent")):
            typer.echo(
                f"{row['behaviour']:16} {row['agent']:16} {row['board']:9} {row['seen']:18} {row['quantity']:14} "
                f"{row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]  n = {row['n']}"
            )


@app.command()
def bench(json: Json = False) -> None:
    """Measure how fast this is on this machine.

    Example: goalmisgen bench
    """
    from ..study import bench as benching

    with bar() as told:
        told("measuring; leave the machine alone", 0, 1)
        result = benching.bench(map(demos.load, demos.WORLDS), _filmed())
    if json:
        print_json(result)
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
        from ..show.film import film as write
    except ImportError:
        return None
    return lambda run, path: write(
        run, path, versus=None, caption=None, size=512, fps=25, command="goalmisgen bench", extra={}
    )


@app.command()
def train(
    demo: AnyDemoName,
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
    world = entry_of(demo)
    if recipe not in world.recipes:
        raise Wrong(f"There is no recipe '{recipe}' of {demo}; there are: {', '.join(world.recipes)}.")
    if ages and world.kind != "grid":
        raise Wrong(f"Copies along the way are kept of agents in grid worlds only; leave out --ages for {demo}.")
    from ..study.cards import agent_folder

    home = out or agent_folder(world, f"{recipe}:{seed}")
    finished = home / "policy.safetensors"
    if finished.exists() and not replace:
        raise Wrong(f"{short(finished)} is trained already; choose another --seed or --out, or say --replace.")
    if finished.exists():
        for ending in ("zip", "npz"):
            (home / f"resume.{ending}").unlink(missing_ok=True)
    total = steps or world.recipes[recipe].steps
    with bar() as told:

        def progress(done: int, latest: dict[str, float]) -> None:
            goal = f", goal {100 * latest['goal']:.0f} %" if "goal" in latest else ""
            told(f"{recipe}:{seed}, return {latest['return']:.2f}{goal}", min(done, total), total)

        told(f"{recipe}:{seed}", 0, total)
        kept = {"ages": True} if ages else {}
        by_kind(TRAIN, world)(world, world.recipes[recipe], seed, home, progress, steps=steps, **kept)
    (home / "card.json").unlink(missing_ok=True)  # it described the weights that were here before
    name = f"{recipe}:{seed}" if out is None else str(finished)
    typer.echo(f"Trained {short(finished)}. Next: {command_line('measure', demo, agent=name)}")
