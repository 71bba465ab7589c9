"""What stands in the texts of lessons, claims and pages for a number, an agent or a work.

In the prose, asks, reveals and feedback of lessons, in claims and on pages, `{rate: coinrun mix-0:0 distinguishing
end}` is replaced by the measured rate (from cards; of an agent at an age from ages.csv; with a probe's name for the
levels from probes.csv; with `pushed:1` or `layer:2` from direction.csv): "95 of 100", its interval and n where one
hovers, or in full, as `filled` is told; `{map: coinrun mix-0:0 PRESET coin}` by in how many places of the goal most of
five runs ended so, `{lesson: NAME}` by "lesson" and its number, `{mean: DEMO AGENT
LEVELS MEASURE}` by the mean of what a world counts, `{steps: coinrun mix-0:0@youngest}` by how long it was trained,
`{since: DEMO AGENT VALUE COUNTER}` by the steps after which a counter of a life first grew so fast, `{most: DEMO
AGENT COUNTER}` by the fastest it ever grew (life.csv), `{sha256: coinrun mix-0:0}` by the first digits of the hash of
its weights, `{study: STUDY AGENT LEVELS QUANTITY}` by a share of a study's CSV, `{spread: STUDY RECIPE LEVELS
QUANTITY}` by the lowest and highest of a recipe's networks there, `{planned: DEMO SLIDER=VALUE ... QUANTITY}` by what
the planner of a decision demo does, exactly, with its other sliders as usual (quantities as in study/solve.py),
`{detect: TECHNIQUE DEMO AGENT LEVELS MEASURE}` by a number of the detection laboratory's table, `{mitigate: STRATEGY
DEMO | WHO | SETTING | MEASURE}` by one of the mitigation laboratory's (`RECIPE:*`: every seed), and `[@key]` by a
citation of lessons/references.bib: `[@key, secondary]` where what is said rests on notes about the work, not on its own
text.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..rules.entry import Entry, names_a_file, unknown
from . import shares
from .catalogue import LessonError, decision_named, demo_named, world_named
from .literature import Reference, reference

if TYPE_CHECKING:
    from ..study.findings import Row
    from ..study.laboratory import Laboratory

SUMMARIES = "we know this work through others' summaries"
UNMEASURED = "(not measured yet)"
MOST_INTERVALS = 6  # seeds in one sentence; of more, the intervals are left to the tables
CITATION = re.compile(r"\[@([\w-]+)(, secondary)?\]")
_NUMBER = re.compile(
    r"\{(rate|mean|steps|sha256|since|most|study|spread|planned|map|lesson|detect|mitigate): ([^{}]+)\}"
)
SHORT, HOVER, FULL = "short", "hover", "full"  # how shares are told: 95 of 100; the same, with more; 94.6 % (...)


def agent_name(demo: Entry, words: str) -> str:
    """What `load_agent` takes, from an agent as lessons write it. Raises LessonError where there is no such age."""
    from ..agents.pretrained import SCRIPTED, ages_of

    if words == SCRIPTED:
        return words
    if names_a_file(words):
        raise LessonError(f"'{words[:60]}' is a file; a lesson names bundled agents only.")
    base, at, age = words.partition("@")
    base = next((preset.agent for preset in demo.presets if preset.name == base), base)
    base = base if ":" in base else f"{base}:0"
    if age not in ("youngest", "oldest"):
        return base + at + age
    ages = ages_of(demo, base)
    if not ages:
        raise LessonError(f"No ages of {base} were kept; train it with --ages, or name another agent.")
    return f"{base}@{ages[0] if age == 'youngest' else ages[-1]}"


def every_seed(demo: Entry, words: str) -> list[str]:
    """The agents that such words mean: one, or with `RECIPE:*` every bundled seed. Raises LessonError."""
    from ..agents.pretrained import seeds_of

    if not words.endswith(":*"):
        return [agent_name(demo, words)]
    recipe = words.removesuffix(":*")
    if recipe not in demo.recipes:
        raise LessonError(f"'{words}' is not a recipe of {demo.name}; there are: {', '.join(demo.recipes)}.")
    return seeds_of(demo, recipe)


def rates_of(demo: Entry, agent: str, levels: str) -> dict[str, dict[str, float]] | None:
    """Measured rates by outcome, each with `rate`, `low`, `high` and `n`; measures too, with `mean` where no rate is.

    `levels`: what the demo's agents are measured on, or a probe, or a push along a direction. None where that was not
    measured.
    """
    from ..study.ages import read_ages
    from ..study.cards import card_of
    from ..study.kinds import kind_of

    name = agent_name(demo, agent)
    base, _, age = name.partition("@")
    if age:
        wanted = (base, age, levels)
        rows = [row for row in read_ages(demo) if (row["agent"], str(row["steps"]), row["levels"]) == wanted]
        rates = demo.outcomes
        return {row["outcome"]: row if row["outcome"] in rates else row | {"mean": row["rate"]} for row in rows} or None
    if levels not in demo.conditions_told and (beside := kind_of(demo).beside):
        return beside(demo, base, levels)
    card = card_of(demo, name)
    found = card["measured"]["levels"].get(levels) if card else None
    if not found:
        return None
    rates = found["outcomes"] | {name: told for name, told in found["measures"].items() if isinstance(told, dict)}
    return {name: {"n": found["n"]} | told for name, told in rates.items()}


def filled(text: str, form: str = SHORT) -> str:
    """Text with its numbers filled in and its citations as links, in Markdown. Raises LessonError, UnknownReference.

    `form`: how shares are told, SHORT, HOVER (with HTML that tells interval and n where one hovers) or FULL.
    """

    def number(found: re.Match[str]) -> str:
        kind, words = found[1], found[2].split()
        return _TOLD[kind](words, form) if kind in _TOLD else _NUMBERS[kind](words)

    text = _NUMBER.sub(number, text)
    return CITATION.sub(lambda found: _citation(reference(found[1]), bool(found[2])), text)


def cited(text: str) -> dict[str, bool]:
    """The keys a text cites, in order, and whether what is said with one of them rests on secondary text."""
    keys: dict[str, bool] = {}
    for key, secondary in CITATION.findall(text):
        keys[key] = keys.get(key, False) or bool(secondary)
    return keys


def _citation(work: Reference, secondary: bool) -> str:
    return f'[{work.short}°]({work.url} "{SUMMARIES}")' if secondary else f"[{work.short}]({work.url})"


def _rate(words: list[str], form: str) -> str:
    if len(words) < 4:
        raise LessonError(f"'{{rate: {' '.join(words)}}}' must name a demo, an agent, levels and an outcome.")
    demo, agent, levels = demo_named(words[0]), words[1], words[2]
    name = " ".join(words[3:])
    full = _told(demo, agent, levels, name, "rate", 100, ".1f", " %")
    if form == FULL or full == UNMEASURED:
        return full
    found = [(rates_of(demo, each, levels) or {}).get(name) for each in every_seed(demo, agent)]
    shares_found = [(r["rate"], int(r["n"])) for r in found if r and "rate" in r]
    short = shares.in_words(*shares_found[0]) if len(found) == 1 else shares.several(shares_found)
    return shares.hovered(short, full.replace("`", "")) if form == HOVER else short


def _mean(words: list[str]) -> str:
    if len(words) < 4:
        raise LessonError(f"'{{mean: {' '.join(words)}}}' must name a demo, an agent, levels and a measure.")
    demo, agent, levels = words[:3]
    return _told(demo_named(demo), agent, levels, " ".join(words[3:]), "mean", 1, ".2f", "")


def _told(demo: Entry, words: str, levels: str, name: str, what: str, factor: int, digits: str, unit: str) -> str:
    """A measured number with its interval and n; one after the other, by name, where `words` means every seed."""
    found, ns = {}, {}
    for agent in every_seed(demo, words):
        told = (rates_of(demo, agent, levels) or {}).get(name, {})
        value = told.get(what, told.get("value") if what == "mean" else None)
        if value is not None:
            low, middle, high = (f"{factor * x:{digits}}" for x in (told["low"], value, told["high"]))
            found[agent] = f"{middle}{unit}", f"{low} to {high}"
            ns[f"n = {told['n']:,}"] = agent
        else:
            found[agent] = UNMEASURED, ""
    if not ns:
        return UNMEASURED
    n = " or ".join(ns)
    if len(found) == 1:
        ((agent, (middle, interval)),) = found.items()
        return f"`{agent}` " * words.endswith(":*") + f"{middle} (95 % interval {interval}, {n})"
    if len(found) > MOST_INTERVALS:
        return f"{', '.join(f'`{agent}` {middle}' for agent, (middle, _) in found.items())} ({n} each)"
    listed = [f"`{agent}` {middle}" + f" ({interval})" * bool(interval) for agent, (middle, interval) in found.items()]
    return f"{', '.join(listed)} (95 % intervals, {n} each)"


def _steps_trained(words: list[str], form: str) -> str:
    from ..study.cards import card_of

    demo, name = _one_agent("steps", words)
    age = name.partition("@")[2]
    card = card_of(demo, name)
    if not age and not card:
        return UNMEASURED
    steps = int(age) if age else int(card["steps"]) if card else 0
    full = f"{steps:,}"
    if form == FULL or steps < 1_000_000:
        return full
    short = f"{steps / 1e6:.1f} million"
    return shares.hovered(short, full) if form == HOVER else short


def _lived(what: str, words: list[str], name: list[str]) -> list[tuple[int, float]]:
    """Steps and growth of the counter of this name along a life."""
    from ..study.life import read_life

    demo, counter = world_named(words[0]) if words else None, " ".join(name)
    if demo is None or counter not in [each.name for each in demo.life]:
        raise LessonError(f"'{{{what}: {' '.join(words)}}}' must name a demo, an agent and a counter of its life.")
    return [(int(row["steps"]), row[counter]) for row in read_life(demo, agent_name(demo, words[1]))]


def _since(words: list[str]) -> str:
    try:
        least = float(words[2])
    except (IndexError, ValueError):
        raise LessonError(f"'{{since: {' '.join(words)}}}' must name a demo, an agent, a number, a counter.") from None
    found = [steps for steps, growth in _lived("since", words, words[3:]) if growth >= least]
    return f"{found[0]:,}" if found else UNMEASURED


def _most(words: list[str]) -> str:
    lived = _lived("most", words, words[2:])
    return f"{max(growth for _, growth in lived):.1f}" if lived else UNMEASURED


def _digest(words: list[str]) -> str:
    from ..study.cards import card_of

    card = card_of(*_one_agent("sha256", words))
    return f"`{card['sha256'][:12]}`" if card else UNMEASURED


def _study(words: list[str], form: str) -> str:
    from ..study.studies import value_of

    rows = _studied("study", words)
    agent, levels, quantity = words[1], words[2], " ".join(words[3:])
    row = value_of(rows, agent if ":" in agent else f"{agent}:0", levels, quantity)
    if row is None:
        return UNMEASURED
    middle, low, high = (100 * row[key] for key in ("value", "low", "high"))
    full = f"{middle:.1f} % (95 % interval {low:.1f} to {high:.1f}, n = {row['n']:,})"
    short = shares.in_words(row["value"], row["n"])
    return full if form == FULL else shares.hovered(short, full) if form == HOVER else short


def _map(words: list[str], form: str) -> str:
    from .maps import MOST_RUNS, spots

    if len(words) < 4:
        raise LessonError(f"'{{map: {' '.join(words)}}}' must name a demo, an agent, a preset and an outcome.")
    demo = world_named(words[0])
    usual, places = spots(demo, agent_name(demo, words[1]), words[2], " ".join(words[3:]))
    short = f"{usual} of {places} spots"
    more = f"where most of {MOST_RUNS} runs ended so, the first with seed 0"
    return shares.hovered(short, more) if form == HOVER else short


def _lesson(words: list[str]) -> str:
    from .lesson import number_of

    return f"lesson {number_of(' '.join(words))}"


def _spread(words: list[str]) -> str:
    from ..study.studies import recipe_of

    rows = _studied("spread", words)
    recipe, levels, quantity = words[1], words[2], " ".join(words[3:])
    found = [
        100 * row["value"]
        for row in rows
        if (recipe_of(row["agent"]), row["levels"], row["quantity"]) == (recipe, levels, quantity)
    ]
    if not found:
        return UNMEASURED
    low, high = f"{min(found):.1f}", f"{max(found):.1f}"
    return f"{low} % (one network)" if len(found) == 1 else f"{low} to {high} % ({len(found)} networks)"


def _studied(what: str, words: list[str]) -> list[dict[str, Any]]:
    """The rows of the study that a placeholder names."""
    from ..study.studies import StudyError, csv_path, read_rows, study_of

    if len(words) < 4:
        raise LessonError(f"'{{{what}: {' '.join(words)}}}' must name a study, an agent, levels and a quantity.")
    try:
        plan = study_of(words[0])
        return read_rows(csv_path(demo_named(plan.demo), plan))
    except StudyError as broken:
        raise LessonError(str(broken)) from None


def _planned(words: list[str]) -> str:
    from ..study.solve import planned

    if not words:
        raise LessonError("'{planned: }' must name a decision demo first.")
    demo = decision_named(words[0])
    values, rest = demo.usual(), words[1:]
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        if name not in values:
            raise LessonError(unknown(f"'{name}' is no slider of {demo.name}", name, values))
        values[name] = float(value)
    told = planned(demo, tuple(values.items()))
    if " ".join(rest) not in told:
        raise LessonError(f"'{' '.join(rest)}' is no quantity of {demo.name}; there are: {'; '.join(told)}.")
    found = told[" ".join(rest)]
    unit = "points" if rest == ["gap"] else "%"
    return "never came up" if found is None else f"{abs(100 * found) if abs(found) < 5e-4 else 100 * found:.1f} {unit}"


def _row_told(row: "Row | None", form: str) -> str:
    """A number of a laboratory's table: a share as people say it, or any other number, with more where one hovers."""
    from ..study.findings import PERCENT, in_words

    if row is None or form == FULL:
        return in_words(row) if row else UNMEASURED
    short = shares.in_words(row["value"], row["n"]) if row["unit"] == PERCENT else f"{row['value']:.2f}"
    return shares.hovered(short, in_words(row)) if form == HOVER else short


def _detected(words: list[str], form: str) -> str:
    from ..detect.laboratory import LABORATORY

    if len(words) < 5:
        raise LessonError(f"'{{detect: {' '.join(words)}}}' names no technique, demo, agent, levels and measure.")
    rows = _rows_of(LABORATORY, words[0], words[1])
    wanted = (words[2], " ".join(words[3:]))  # levels and measures have spaces of their own
    row = next((row for row in rows if (row["agent"], f"{row['levels']} {row['measure']}") == wanted), None)
    return _row_told(row, form)


def _mitigated(words: list[str], form: str) -> str:
    from ..mitigate.laboratory import LABORATORY
    from ..study.findings import find, in_brief

    place, *rest = (part.strip() for part in " ".join(words).split("|"))
    if len(rest) != 3 or len(place.split()) != 2:
        raise LessonError(f"'{{mitigate: {' '.join(words)}}}' must be STRATEGY DEMO | WHO | SETTING | MEASURE.")
    rows, (who, *what) = _rows_of(LABORATORY, *place.split()), rest
    if not who.endswith(":*"):
        return _row_told(find(rows, who, *what), form)
    names = dict.fromkeys(row["agent"] for row in rows if row["agent"].startswith(who.removesuffix("*")))
    found = {name: row for name in names if (row := find(rows, name, *what))}
    if not found:
        return UNMEASURED
    told = [f"`{name}` {in_brief(row)}" for name, row in found.items()]
    full = f"{', '.join(told)} (95 % intervals, n = {next(iter(found.values()))['n']:,} each)"
    short = shares.several([(row["value"], row["n"]) for row in found.values()])
    return full if form == FULL else shares.hovered(short, full.replace("`", "")) if form == HOVER else short


def _rows_of(laboratory: "Laboratory", method: str, name: str) -> "list[Row]":
    """The bundled rows of a laboratory's method on the demo of this name. Raises LessonError."""
    from ..study.laboratory import NotThere

    demo = demo_named(name)
    try:
        laboratory.of(method, demo)
    except NotThere as refused:
        raise LessonError(str(refused)) from None
    return laboratory.rows(demo, method)


_TOLD: dict[str, Callable[[list[str], str], str]] = {
    "rate": _rate,
    "study": _study,
    "map": _map,
    "steps": _steps_trained,
    "mitigate": _mitigated,
    "detect": _detected,
}
_NUMBERS: dict[str, Callable[[list[str]], str]] = {
    "lesson": _lesson,
    "mean": _mean,
    "sha256": _digest,
    "since": _since,
    "most": _most,
    "spread": _spread,
    "planned": _planned,
}


def _one_agent(what: str, words: list[str]) -> tuple[Entry, str]:
    if len(words) != 2:
        raise LessonError(f"'{{{what}: {' '.join(words)}}}' must name a demo and an agent.")
    demo = demo_named(words[0])
    return demo, agent_name(demo, words[1])
