"""The generated parts of the papers that people read: README.md's gallery, and each demo's page beside its agents.

`goalmisgen papers` writes them anew, and begins the page of a demo that has none; a test compares them with what it
would write. What stands around the parts is written by hand.
"""

import re
from collections.abc import Callable
from typing import Any

from ... import NAMES, entry
from ..agents.pretrained import folder, seeds_of
from ..content import content
from ..film.slides import pictures
from ..lessons.what_helps import as_table
from ..rules.entry import Entry
from ..rules.world import Demo
from ..study.cards import cards_of
from ..study.kinds import GRID, Kind, kind_of
from ..study.studies import Study, studies

HELPS = """# What helps, and what it cost

Every mitigation that was tried here, those that did not help included. `goalmisgen papers` writes this page from
`what_helps.yaml` and the bundled tables. Numbers are of small worlds and networks, and say nothing of others.

{table}
"""
ACROSS = 3  # demos in a row of the gallery
PART = "<!-- generated: {} -->"
HEADS = {  # of the columns of a world's table
    ("training", "alpha"): "alpha",
    ("training", "reward"): "own training levels: rewarded",
    ("shifted", "reward"): "shifted: rewarded",
}
MEANS = {
    " alpha |": "`alpha`: the share of its training levels that are distinguishing, of 2,000.",
    ": stopped |": "`stopped`: time ran out near a goal's place that it could have reached.",
}
NEW_PAGE = """# {title}: the agents bundled here

<!-- generated: about -->
<!-- end -->

The film's command:

    {film} --out pictures/{name}.gif

<!-- generated: results -->
<!-- end -->

<!-- generated: studies -->
<!-- end -->

## How these agents came to be

<!-- generated: recipes -->
<!-- end -->
"""


def gallery() -> str:
    """A table of the demos, some to a row: a film, the question, and where the results are."""
    cells = []
    for name in NAMES:
        demo = entry(name)
        told = f"[{demo.title}](pretrained/{name}/README.md): {demo.question}"
        cells.append(f"{picture}<br>{told}" if (picture := _film(demo, "")) else told)
    rows = [cells[i : i + ACROSS] for i in range(0, len(cells), ACROSS)]
    rows[-1] += [""] * (ACROSS - len(rows[-1]))
    ruled = [rows[0], ["---"] * ACROSS, *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _film(demo: Entry, up: str) -> str:
    """The picture of a demo, `up` from where it is shown, if there is one."""
    there = (content() / "pictures" / f"{demo.name}.gif").is_file()
    return f"![{demo.title}: {demo.words.a_run}]({up}pictures/{demo.name}.gif)" if there else ""


# --- the page of a demo


def about(demo: Entry) -> str:
    """What a demo asks and pays for, and its film."""
    told = f"**{demo.question}** {demo.reward} {demo.fits_too}"
    return "\n\n".join(part for part in (_film(demo, "../../"), told) if part)


def results(demo: Entry) -> str:
    """What every bundled agent with a card does."""
    if not cards_of(demo):
        return f"No agent of `{demo.name}` has been measured yet."
    table, told = _TABLES.get(kind_of(demo), _by_condition)(demo)
    head = "Each row is one trained agent; every trained seed is listed. Rates have 95 % Wilson intervals, over levels."
    return f"## What they do\n\n{head} {told} `measurements.csv`.\n\n{table}"


def _of_world(demo: Demo) -> tuple[str, str]:
    """The table of a world, and what is said before it."""
    if demo.counts:
        return _counts(demo), "Means have 95 % intervals too; every measure and outcome is in"
    table = _rates(demo)
    told = (
        "`rewarded`: it got what it is paid for, whether or not it reached another goal before; the goals: which "
        "it reached first. Every outcome is in"
    )
    return table, " ".join([*(says for mark, says in MEANS.items() if mark in table), told])


_TABLES: dict[Kind, Callable[[Any], tuple[str, str]]] = {GRID: _of_world}  # others: by condition


def shown_studies(demo: Entry) -> str:
    """The studies of a demo: what each asks, its figure, and its command."""
    parts = [_study(name, study) for name, study in studies().items() if study.demo == demo.name]
    return "\n\n".join(["## Studies", *parts]) if parts else ""


def _study(name: str, study: Study) -> str:
    there = (folder(entry(study.demo)) / "studies" / f"{name}.svg").is_file()
    figure = f"![{study.title}](studies/{name}.svg)\n\n" if there else ""
    return f"**{study.title}** {study.question}\n\n{figure}    goalmisgen study {name}"


def recipes(demo: Entry) -> str:
    """What each bundled recipe trains on, and the command for it."""
    told = f"`goalmisgen train {demo.name} RECIPE --seed N` trains one; each card says steps, time and versions."
    rows = [[f"`{name}`", recipe.about, str(len(seeds_of(demo, name)))] for name, recipe in demo.recipes.items()]
    return f"{told}\n\n{_table(['recipe', 'trained on', 'seeds here'], [row for row in rows if row[-1] != '0'])}"


def _rates(demo: Demo) -> str:
    """A table of the agents of a world: what they are paid, and what they do on distinguishing levels.

    A column that no card has a number for is left out.
    """
    shown = [name for name in demo.outcomes if name not in ("died", "timeout")]
    columns = [("training", "alpha"), ("training", "reward"), ("shifted", "reward")]
    columns += [(on, name) for on in ("distinguishing", *demo.parts) for name in shown]
    told = {name: _told(card) for name, card in cards_of(demo).items()}
    columns = [column for column in columns if any(column in own for own in told.values())]
    rows = []
    for name, card in cards_of(demo).items():
        cells = [_rate(told[name][column]) if column in told[name] else "-" for column in columns]
        rows.append([*_named(name, card), *cells, str(card["measured"]["levels"]["distinguishing"]["n"])])
    named = [HEADS.get(column, f"{column[0]}: {column[1]}") for column in columns]
    return _table(["agent", "steps", *named, "n"], rows)


def _told(card: dict[str, Any]) -> dict[tuple[str, str], dict[str, float]]:
    """Every rate of a card, by kind of levels and what came."""
    return {
        (on, name): rate
        for on, found in card["measured"]["levels"].items()
        for name, rate in (found["outcomes"] | found["measures"]).items()
        if isinstance(rate, dict) and "rate" in rate
    }


def _by_condition(demo: Entry) -> tuple[str, str]:
    """A table of the agents of a demo: what `summary` names, or its first outcome in every condition; and words."""
    cards = cards_of(demo)
    first = next(iter(cards.values()))["measured"]["levels"]
    first_outcome = demo.outcomes[0]
    columns = demo.summary or [(on, first_outcome) for on, found in first.items() if first_outcome in found["outcomes"]]
    rows = []
    for name, card in cards.items():
        levels = card["measured"]["levels"]
        told = [levels[on]["outcomes"].get(what) or levels[on]["measures"][what] for on, what in columns]
        cells = [_rate(found) if "rate" in found else _mean(found) for found in told]
        rows.append([*_named(name, card), *cells, str(levels[columns[0][0]]["n"])])
    table = _table(["agent", "steps", *(f"{on}: {what}" for on, what in columns), "n"], rows)
    return table, "Every outcome of every agent is in"


def _counts(demo: Demo) -> str:
    """A table of the agents of a world that counts: mean return and measures, training levels beside shifted ones."""
    named = ("return", *(measure.name for measure in demo.measures))
    rows = []
    for name, card in cards_of(demo).items():
        for part in ("training", "shifted"):
            found = card["measured"]["levels"][part]
            cells = [_mean(found["measures"][what]) for what in named]
            rows.append([*_named(name, card), part, *cells, str(found["n"])])
    return _table(["agent", "steps", "levels", *named, "n"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    ruled = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _named(name: str, card: dict) -> tuple[str, str]:
    return f"`{name}`", f"{card['steps']:,}"


def _rate(told: dict[str, float]) -> str:
    return f"{100 * told['rate']:.1f} % ({100 * told['low']:.1f}-{100 * told['high']:.1f})"


def _mean(told: dict[str, float | None]) -> str:
    if told["mean"] is None:
        return "-"
    return f"{told['mean']:.2f} ({told['low']:.2f}-{told['high']:.2f})"


# --- the files


def _new_page(demo: Entry) -> str:
    """A page to begin with, whose film is the first one that the demo's slides offer."""
    film = pictures(demo)[0].command.partition(" --out ")[0]
    return NEW_PAGE.format(title=demo.title, name=demo.name, film=film)


def with_parts(text: str, parts: dict[str, str]) -> str:
    """Text with its generated parts made anew, by name."""
    for part, body in parts.items():
        begin = PART.format(part)
        fresh = f"{begin}\n{body}\n<!-- end -->" if body else f"{begin}\n<!-- end -->"
        text = re.sub(rf"{begin}.*?<!-- end -->", lambda _: fresh, text, flags=re.S)  # noqa: B023  (used at once)
    return text


def rendered() -> dict[str, str]:
    """Every paper with generated parts, made anew, by its path in the repository."""
    papers = {"README.md": with_parts((content() / "README.md").read_text(encoding="utf-8"), {"demos": gallery()})}
    for name in NAMES:
        demo = entry(name)
        page = folder(demo) / "README.md"
        text = page.read_text(encoding="utf-8") if page.is_file() else _new_page(demo)
        parts = {"about": about(demo), "results": results(demo)}
        parts |= {"studies": shown_studies(demo), "recipes": recipes(demo)}
        papers[f"pretrained/{name}/README.md"] = with_parts(text, parts)
    papers["lessons/what_helps.md"] = HELPS.format(table=as_table())
    return papers
