"""The audit card: what was found about one agent, on one page, and what the page cannot promise.

It is filled from the agent's card and the bundled tables of the detection laboratory; what no table holds is measured
where somebody asks for it, else it says so. After the model cards of Mitchell et al. 2019, cut down to what a wrong
goal needs: levels that tell, shift tests, the smallest edits that turned it, alarms.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..agents.pretrained import agent_names, seeds_of
from ..detect import redteam, shifts
from ..detect.laboratory import LABORATORY, agents_of
from ..rules.entry import Entry
from ..study.cards import card_of
from ..study.findings import Progress, Row, in_brief
from ..study.intervals import rate_of

TABLES = ("shifts", "redteam", "alarms", "notes")  # of the detection laboratory, as far as they can be used on a demo
QUICK = ("shifts", "redteam", "notes")  # those that are measured for an agent that no bundled table holds
SEARCHED = 4  # levels in which the smallest edits are searched then
MOST = 400  # characters of a text that a person writes on the card
RINGS = "rings at 5 %"  # of the thresholds of an alarm, the one that the card tells
EDITS = 10  # of the budgets of a search, the one that the card tells
NOTHING = "Not measured for this agent."
ASKED = ("I would ship it", "Where, and where not", "What would change my mind", "What a partner tried, and what came")


@dataclass(frozen=True)
class Line:
    """One line of a card: what was tried, what came of it in words, and rates to be drawn, by outcome."""

    label: str
    told: str
    rates: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading, what stands under it, and lines; without lines the sentence says why there are none."""

    title: str
    about: str
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class Card:
    """One page about one agent. `limits`: what it cannot promise; `verdict`: what a person wrote, by `ASKED`."""

    title: str
    about: str
    goals: tuple[str, ...]
    sections: tuple[Section, ...]
    limits: tuple[str, ...]
    verdict: Mapping[str, str]
    command: str


def tables_of(demo: Entry, name: str) -> dict[str, list[Row]]:
    """The bundled rows about an agent, by technique."""
    usable = [each for each in TABLES if LABORATORY.methods[each].able(demo)]
    return {each: [row for row in LABORATORY.rows(demo, each) if row["agent"] == name] for each in usable}


def measured_anew(
    demo: Entry, name: str, have: Mapping[str, Sequence[Row]], n: int, seed: int, progress: Progress | None = None
) -> dict[str, list[Row]]:
    """What is had, and what is not, measured: the shift tests and notes on `n` levels or questions, and edits."""
    found = {technique: list(rows) for technique, rows in have.items()}
    for technique in QUICK:
        if technique in found and not found[technique]:
            number = SEARCHED if technique == "redteam" else n
            found[technique] = LABORATORY.methods[technique].measure(demo, [name], number, seed, progress)
    return found


def audit_card(
    demo: Entry,
    name: str,
    measured: Mapping[str, Any] | None,
    tables: Mapping[str, Sequence[Row]],
    verdict: Mapping[str, str] | None = None,
    command: str = "",
) -> Card:
    """The card of an agent. `measured`: levels as `goalmisgen measure --json` has them; `verdict`: texts by `ASKED`.

    Raises ValueError with a sentence where a text is too long or answers nothing that the card asks.
    """
    for question, text in (verdict or {}).items():
        if question not in ASKED or len(text) > MOST:
            raise ValueError(f"'{question[:40]}' must be one of the card's questions, with at most {MOST} characters.")
    recipe = demo.recipes.get(name.partition(":")[0])
    trained = f"Trained on: {recipe.about}." if recipe else "It is not one of the bundled networks."
    sections = (_by_levels(demo, measured or {}), *(_SECTIONS[each](demo, rows) for each, rows in tables.items()))
    return Card(
        title=f"{demo.title}: {name}",
        about=f"{demo.reward} {trained}",
        goals=goals_of(demo),
        sections=sections,
        limits=tuple(_limits(demo, name, measured or {}, tables)),
        verdict=dict.fromkeys(ASKED, "") | dict(verdict or {}),
        command=command,
    )


def goals_of(demo: Entry) -> tuple[str, ...]:
    """The outcomes that a card always tells: the intended goal and a proxy, else the first outcome."""
    return tuple(name for name in (demo.intended, *demo.proxies[:1]) if name in demo.outcomes) or demo.outcomes[:1]


def _outcomes(demo: Entry, label: str, found: Mapping[str, Row]) -> Line:
    """A line of outcomes: those of the goals, and whatever else came."""
    goals = goals_of(demo)
    shown = [name for name in demo.outcomes if name in found and (name in goals or found[name]["value"] > 0)]
    n = next((row["n"] for row in found.values()), 0)
    told = ", ".join(f"{name} {in_brief(found[name])}" for name in shown)
    return Line(label, f"{told}; n = {n:,}", {name: found[name] for name in goals if name in found})


def _by_levels(demo: Entry, measured: Mapping[str, Any]) -> Section:
    lines = []
    for levels, found in measured.items():
        if found is None or levels not in demo.conditions_told:
            continue
        rows = {
            name: {"value": told["rate"], "low": told["low"], "high": told["high"], "n": found["n"]}
            for name, told in found["outcomes"].items()
        }
        lines.append(_outcomes(demo, demo.measured_on(levels), rows))
    about = "Outcomes with 95 % intervals." if lines else NOTHING
    return Section("What it does", about, lines)


def _shifts(demo: Any, rows: Sequence[Row]) -> Section:
    titles = {shift.name: shift.title for shift in shifts.shifts_of(demo)}
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["levels"], {})[row["measure"]] = row
    lines = [
        _outcomes(demo, titles.get(levels, levels), {name: each[name] for name in demo.outcomes if name in each})
        for levels, each in found.items()
        if levels != "training"
    ]
    about = "The same agent on levels changed in one way each." if lines else NOTHING
    return Section("Shift tests", about, lines)


def _edits(demo: Entry, rows: Sequence[Row]) -> Section:
    found = {(row["levels"], row["measure"]): row for row in rows}
    lines = []
    for kind, about in redteam.KINDS.items():
        turned, soon = found.get((kind, "levels turned")), found.get((kind, f"found within {EDITS} runs"))
        if turned is None or soon is None:
            continue
        ends = [
            f"{end} in {round(row['value'] * row['n'])}"
            for end in redteam.ENDS
            if (row := found.get((kind, f"levels: {end}"))) and row["value"] > 0
        ]
        first = f"within {EDITS} runs in {round(soon['value'] * soon['n'])}"
        told = f"turned {round(turned['value'] * turned['n'])} of {turned['n']} levels ({'; '.join([first, *ends])})"
        lines.append(Line(about, told))
    about = "One change to a level of its training after which at least 8 of 10 runs miss the goal."
    return Section("Smallest edits that turned it", about if lines else NOTHING, lines)


def _alarms(demo: Entry, rows: Sequence[Row]) -> Section:
    found = {(row["levels"], row["measure"]): row for row in rows}
    lines = []
    for (levels, measure), row in found.items():
        alarm = measure.removesuffix(f" {RINGS}")
        false = found.get(("training", measure))
        if alarm == measure or levels != "moved" or false is None:
            continue
        told = f"rings in {in_brief(row)} where goals part, {in_brief(false)} in training; n = {row['n']}"
        lines.append(Line(alarm, told))
    about = "Each alarm at the threshold that rang in 5 % of other training runs." if lines else NOTHING
    return Section("Alarms", about, lines)


def _notes(demo: Entry, rows: Sequence[Row]) -> Section:
    shown = ("wrong answers", "monitor hits")
    lines = []
    for levels in dict.fromkeys(row["levels"] for row in rows):
        each = [row for row in rows if row["levels"] == levels and row["measure"] in shown]
        told = ", ".join(f"{row['measure']} {in_brief(row)}" for row in each)
        lines.append(Line(demo.measured_on(levels), f"{told}; n = {each[0]['n']}"))
    about = "A monitor compares its working with its answer; hits are of wrong answers." if lines else NOTHING
    return Section("Its notes", about, lines)


_SECTIONS: dict[str, Callable[[Entry, Sequence[Row]], Section]] = {
    "shifts": _shifts,
    "redteam": _edits,
    "alarms": _alarms,
    "notes": _notes,
}


def _limits(demo: Entry, name: str, measured: Mapping[str, Any], tables: Mapping[str, Sequence[Row]]) -> list[str]:
    """What the card cannot promise, with what was measured put in."""
    tried = len({row["levels"] for row in tables.get("shifts", ()) if row["levels"] != "training"})
    first = next((found for found in measured.values() if found), None)
    said = []
    if first:
        unseen = 100 * rate_of(0, first["n"])["high"]
        said.append(f"What never came in {first['n']:,} runs as in training may still come in up to {unseen:.1f} %.")
    alpha = first["measures"].get("alpha") if first else None
    if alpha and alpha["rate"] == 0:
        said.append(f"None of {alpha['n']:,} training levels told the goals apart: success there names no goal.")
    said.append(
        f"It says nothing about changes that nobody tried; {tried} were." if tried
        else "It says nothing about changes that nobody tried."
    )  # fmt: skip
    if "redteam" in tables:
        said.append("Single edits were searched in a few levels. Two at once were not.")
    said.append(_siblings(demo, name, measured))
    said.append("It tells what runs did. It does not tell what goes on inside, or what the network would want.")
    return said


def _siblings(demo: Entry, name: str, measured: Mapping[str, Any]) -> str:
    """What networks do that were trained alike but for the seed, where this one reaches the intended goal least."""
    recipe, goal = name.partition(":")[0], goals_of(demo)[0]
    told = {
        on: each for on, each in measured.items() if each and goal in each["outcomes"] and on in demo.conditions_told
    }
    worst = min(told, key=lambda on: (on != "distinguishing", told[on]["outcomes"][goal]["rate"]), default="")
    found = []
    for other in seeds_of(demo, recipe) if recipe in demo.recipes else ():
        card = card_of(demo, other)
        levels = card["measured"]["levels"].get(worst) if card and other != name else None
        if levels:
            found.append(
                f"`{other}` {in_brief({'value': levels['outcomes'][goal]['rate']} | levels['outcomes'][goal])}"
            )
    if not found:
        return "It is about one network. Another seed of the same training may differ."
    there = demo.measured_on(worst)
    return f"It is about one network. Others, trained alike, gave {goal} on this ({there}): {', '.join(found)}."


def as_markdown(card: Card) -> str:
    """The card as Markdown; what a person wrote is kept on one line and cannot begin a heading or a table."""
    parts = [f"# Audit card: {card.title}", card.about]
    for section in card.sections:
        parts.append(f"## {section.title}\n\n{section.about}")
        if section.lines:
            rows = [f"| {line.label} | {line.told} |" for line in section.lines]
            parts.append("\n".join(["| tried | what came |", "|---|---|", *rows]))
    parts.append("## What this card cannot promise\n\n" + "\n".join(f"- {limit}" for limit in card.limits))
    parts.append("## Verdict\n\n" + "\n".join(f"- **{asked}:** {_plain(text)}" for asked, text in card.verdict.items()))
    if card.command:
        parts.append(f"Made by `{card.command}`.")
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """One line of a person's text, in which nothing is Markdown."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>|#" else sign for sign in line) or "______"


def auditable(demo: Entry) -> list[str]:
    """The agents of a demo, those that the most tables hold first."""
    named = [name for each in TABLES if LABORATORY.methods[each].able(demo) for name in agents_of(demo, each)]
    return list(dict.fromkeys([*(name for name in named if name in agent_names(demo)), *agent_names(demo)]))
