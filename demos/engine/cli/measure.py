"""Commands that give numbers: what there is, how often what comes, how fast, and the training of agents."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import WORLDS, entry, grid_entry
from ..rules.entry import Entry
from .options import (
    AnyDemoName,
    DemoName,
    Greedy,
    Json,
    LevelsSeed,
    Wrong,
    agent_of,
    agents_option,
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
    write_table,
)
from .root import app


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
    episodes: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="Episodes or questions of each kind; default: 1000 in worlds, 2000 else."
        ),
    ] = None,
    seed: LevelsSeed = 1,
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

    On levels like those of its training, on shifted ones, and on shifted ones that tell the goals apart; without a
    grid, under every condition that the demo names.

    Example: goalmisgen measure coinrun --agent mix-0:0 --episodes 200
    """
    world = entry_of(demo)
    figure_file(figure)
    from ..study.kinds import kind_of

    kind = kind_of(world)
    if figure and not kind.drawn:
        raise Wrong(f"--figure draws grid worlds, and {demo} is none; its page shows its numbers.")
    n = episodes or kind.episodes
    results = _measured(world, agents or [None], n, seed, greedy, card)
    if figure and kind.drawn:
        from ..study.figures.draw import save

        command = command_line("measure", demo, agent=agents or [], episodes=n, seed=seed)
        save(kind.drawn(world, results, world.title), figure, command)
        typer.echo(f"Wrote {figure}.", err=True)
    if json:
        print_json(results[0] if len(results) == 1 else results)
    else:
        for result in results:
            _print_rates(result)


def _measured(
    world: Entry, names: Sequence[str | None], n: int, seed: int, greedy: bool, card: bool
) -> list[dict[str, Any]]:
    """The measurements of some agents; with `card`, written to their cards and to the table of all."""
    from ..study import cards
    from ..study.kinds import kind_of

    chosen = [any_agent_of(world, name) for name in names]
    if card:
        for agent in chosen:
            cards.agent_folder(world, agent.name)
    results = []
    for agent in chosen:
        with bar() as told:
            measured = kind_of(world).measure
            results.append(measured(world, agent, n, seed, greedy, lambda part, done, all_: told(part, done, all_)))
        if card:
            typer.echo(f"Wrote {short(cards.write_card(world, agent.name, results[-1]))}.", err=True)
    if card:
        typer.echo(f"Wrote {short(cards.write_csv(world))}.", err=True)
    return results


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
        levels = entry(result["demo"]).words.levels
        typer.echo(f"\n  {part}{levels} (n = {found['n']}{kept})")
        for outcome, rate in found["outcomes"].items():
            typer.echo(f"    {outcome:10} {percent(rate)}")
        for name, value in found["measures"].items():
            shown = (percent(value) if "rate" in value else mean(value)) if isinstance(value, dict) else f"{value}"
            typer.echo(f"    ({name.replace('_', ' ')}: {shown.strip()})")


@app.command()
def probe(
    demo: DemoName,
    agents: Annotated[list[str] | None, agents_option("the first agent")] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Levels for each probe.")] = 1000,
    seed: LevelsSeed = 1,
    write: Annotated[bool, typer.Option("--write", help="Write it to probes.csv, beside other agents.")] = False,
) -> None:
    """Measure what an agent follows: the level mirrored, its goal taken out, its end wall gone, and so on.

    Also how much its action probabilities and its value change where the goal object is painted out of its picture.

    Example: goalmisgen probe coinrun --agent mix-0:0 --episodes 200
    """
    world = demo_of(demo)
    from ..agents.pretrained import agent_names, folder
    from ..study import probe as probing

    chosen = [agent_of(world, name) for name in agents] if agents else [agent_of(world, None)]
    with bar() as told:
        rows = probing.all_probes(world, chosen, episodes, seed, told)
    if write:
        write_table(folder(world) / "probes.csv", probing.probes_csv(rows), agent_names(world))
    for agent, name, n, what, found, _ in rows:
        value = percent(found).strip() if "rate" in found else mean(found)
        typer.echo(f"{agent:12} {name:18} {what:22} {value}  (n = {n})")


@app.command()
def timeline(
    demo: DemoName,
    agents: Annotated[list[str] | None, agents_option("all that are bundled")] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: LevelsSeed = 1,
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
    from ..study import timeline as over_time
    from ..study.figures import draw

    figure_file(figure)
    chosen = [agent_of(world, name) for name in agents or agent_names(world)]
    with bar() as told:
        rows = over_time.timelines(world, chosen, episodes, seed, told)
    if write:
        write_table(folder(world) / "timelines.csv", over_time.timelines_csv(rows), agent_names(world))
    if figure:
        command = command_line("timeline", demo, agent=agents or [], episodes=episodes, seed=seed)
        draw.save(draw.timeline(world, rows), figure, command)
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
    agents: Annotated[list[str] | None, agents_option("all that were kept at ages")] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: LevelsSeed = 1,
    write: Annotated[bool, typer.Option("--write", help="Write it to ages.csv, beside other agents.")] = False,
) -> None:
    """Measure the agents whose training was kept at several ages, at each of them.

    Example: goalmisgen ages coinrun --episodes 200
    """
    world = demo_of(demo)
    from ..agents.pretrained import agent_names, folder
    from ..study.ages import aged, measure_ages

    kept = aged(world)
    for agent in agents or ():
        if agent not in kept:
            raise Wrong(f"No ages of '{agent[:40]}' were kept; they were kept of: {', '.join(kept) or 'none'}.")
    with bar() as told:
        text = measure_ages(world, agents or list(kept), episodes, seed, told)
    if write:
        write_table(folder(world) / "ages.csv", text, agent_names(world))
    typer.echo(text, nl=False)


@app.command()
def life(
    demo: DemoName,
    agents: Annotated[list[str] | None, agents_option("all whose life was kept")] = None,
    parts: Annotated[int, typer.Option(min=1, max=400, help="Equal parts that each life is told in.")] = 25,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .pdf or .png.")] = None,
) -> None:
    """Tell how a training that has no end went, from what was kept while it ran.

    Example: goalmisgen life tree_gridworld --agent online:0 --figure life.svg
    """
    world = demo_of(demo)
    from ..study import life as living
    from ..study.figures import draw

    figure_file(figure)
    kept = living.lives(world)
    names = [agent_of(world, name).name for name in agents] if agents else list(kept)
    missing = [name for name in names if name not in kept]
    if missing or not names:
        which = missing[0] if missing else f"an agent of {demo}"
        raise Wrong(f"No life of {which} was kept; there are: {', '.join(kept) or 'none'}.")
    if figure:
        command = command_line("life", demo, agent=agents or [])
        draw.save(draw.life(world, {name: kept[name] for name in names}), figure, command)
        typer.echo(f"Wrote {figure}.", err=True)
    for name in names:
        for row in living.parts(kept[name], parts):
            told = "  ".join(f"{what} {value:.3g}" for what, value in row.items() if what != "steps")
            typer.echo(f"{name:14} {row['steps']:9,}  {told}")


@app.command()
def agency(
    demo: DemoName,
    episodes: Annotated[int, typer.Option(min=1, max=100_000, help="Levels for each kind of behaviour.")] = 300,
    seed: LevelsSeed = 1,
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
        able = ", ".join(name for name in WORLDS if grid_entry(name).behaviours)
        raise Wrong(f"{demo} names no kinds of behaviour to judge; these do: {able}.")
    from ..files import write_text
    from ..study import agents_and_devices as studying
    from ..study import posterior as judging
    from ..study.figures import draw

    figure_file(figure)
    with bar() as told:
        rows = studying.study(world, episodes, seed, told)
    drawings = [figure] if figure else []
    if write:
        path = studying.path_of(world)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, studying.study_csv(rows))
        typer.echo(f"Wrote {short(path)}.", err=True)
        drawings += [path.with_suffix(".svg"), path.with_suffix(".png")]
    for file in drawings:
        command = command_line("agency", demo, episodes=episodes, seed=seed)
        draw.save(studying.figure(rows), file, command)
        typer.echo(f"Wrote {short(file)}.", err=True)
    for row in rows:
        usual = (row["devices"], row["noise"]) == (judging.USUAL_CLASS, judging.USUAL_NOISE)
        if row["quantity"] == "rewarded" or (usual and row["quantity"] in ("p(agent)", "favours agent")):
            typer.echo(
                f"{row['behaviour']:16} {row['agent']:16} {row['board']:9} {row['seen']:18} {row['quantity']:14} "
                f"{row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]  n = {row['n']}"
            )
