"""Lessons and talks: Markdown with blocks that the app runs, the window presents and the tests execute.

A file begins with front matter between `---` lines (YAML: title, minutes, demo, objectives, citations). Each `##`
heading begins a step. Prose is Markdown; fenced blocks marked `demo`, `predict`, `draw`, `try`, `measure` or `quiz`
hold YAML:

* `demo`: what to show. `demo` (default: the lesson's), `preset` or `probe` (a prepared level by name), or `agent`,
  `levels`, `level_seed`; then `agent`, `seed`, `changes` override what the preset says; `versus` puts a second agent
  beside; `blind: true` hides the agents' names until the step's prediction is made; `every_seed: true` shows below it
  what each seed of the agent's recipe does in the same level; `controls`: `watch`, `edit` (default) or `play` (the
  person acts). `scene_of` makes the level and the agents of it.
* `predict`: `ask`, `options` (a list), `answer` (the option that came true), `reveal` (said after the guess). With
  `outcomes`, a list as long as `options`, the option comes true that names the outcome of the step's first run: one
  outcome, or several with spaces between (`died timeout`).
* `draw`: `ask`, `study` and `quantity`: the learner draws the curve of a panel of a study (`panel`, from 1; else the
  first that draws the quantity) before the measured points appear over it; `reveal` is said after.
* `try`: `task` and `until` (a condition of `conditions`), ticked off when it holds on the step's current run.
* `measure`: `agents` and `levels`: measured rates to show, from the cards.
* `quiz`: `ask` and `options`, each with `text`, `right: true` or `feedback`, perhaps `misconception`, perhaps a `demo`.

Agents are written as `load_agent` takes them (`mix-0:0`), or as the name of a preset, which means its agent; with
`@youngest` or `@oldest` after them they are as they were at the first or last age that was kept. `mix-0:*` in a
`measure` block, a `rate` or a `mean` stands for every bundled seed of the recipe, whichever they are.

In prose, asks, reveals and feedback, `{rate: coinrun mix-0:0 distinguishing end}` is replaced by the measured rate
with its interval and n (from cards; of an agent at an age from ages.csv; with a probe's name for the levels from
probes.csv), `{mean: DEMO AGENT LEVELS MEASURE}` by the mean of what a world counts, `{steps: coinrun mix-0:0@youngest}`
by how long it was trained, `{since: DEMO AGENT VALUE COUNTER}` by the steps after which a counter of a life first grew
so fast, `{most: DEMO AGENT COUNTER}` by the fastest it ever grew (life.csv), `{sha256: coinrun mix-0:0}` by the first
digits of the hash of its weights, `{study: STUDY AGENT LEVELS QUANTITY}` by a share of a study's CSV,
`{spread: STUDY RECIPE LEVELS QUANTITY}` by the lowest and highest of a recipe's networks there, and `[@key]` by a
citation of lessons/references.bib: `[@key, secondary]` where what is said rests on notes about the work, not on its own
text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

import demos

from ..content import content
from ..rules.change import changed
from ..rules.edit import draw_level
from ..rules.level import Level
from ..rules.world import Demo, Preset
from .literature import Reference, reference

KINDS = ("demo", "predict", "draw", "try", "measure", "quiz")
TEXT, WHOLE, FLAG, TEXTS, LEVELS, OPTIONS = (
    "a text (put quotes around a number, yes or no)",
    "a whole number from 0 to 2**62",
    "true or false",
    "a list of texts (put quotes around a number, yes or no)",
    "a text or a list of texts",
    "a list, each with `text` and `right` or `feedback`",
)
FIELDS = {  # what each field of a block holds
    "demo": dict.fromkeys(("demo", "preset", "probe", "agent", "levels", "versus", "controls"), TEXT)
    | {"level_seed": WHOLE, "seed": WHOLE, "changes": TEXTS, "blind": FLAG, "every_seed": FLAG},
    "predict": {"ask": TEXT, "options": TEXTS, "outcomes": TEXTS, "answer": TEXT, "reveal": TEXT},
    "draw": {"ask": TEXT, "study": TEXT, "quantity": TEXT, "panel": WHOLE, "reveal": TEXT},
    "try": {"task": TEXT, "until": TEXT},
    "measure": {"demo": TEXT, "agents": TEXTS, "levels": LEVELS},
    "quiz": {"ask": TEXT, "options": OPTIONS},
    "option": {"text": TEXT, "right": FLAG, "feedback": TEXT, "misconception": TEXT},
}
NEEDED = {
    "predict": {"ask", "options"},
    "draw": {"ask", "study", "quantity"},
    "try": {"task", "until"},
    "measure": {"agents"},
    "quiz": {"ask", "options"},
    "option": {"text"},
}
MOST_BYTES = 200_000
UNMEASURED = "(not measured yet)"
MOST_INTERVALS = 6  # seeds in one sentence; of more, the intervals are left to the tables
CITATION = re.compile(r"\[@([\w-]+)(, secondary)?\]")
_NUMBER = re.compile(r"\{(rate|mean|steps|sha256|since|most|study|spread): ([^{}]+)\}")


class LessonError(ValueError):
    """A lesson or talk that cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, one of `KINDS`, and what its YAML says."""

    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One `##` section: prose (Markdown) and blocks, in order."""

    title: str
    parts: tuple[str | Block, ...]

    def block(self, kind: str) -> dict[str, Any] | None:
        """What the first block of this kind says; None where there is none."""
        return next((part.data for part in self.parts if isinstance(part, Block) and part.kind == kind), None)

    @property
    def prose(self) -> str:
        """The Markdown of the step without its blocks."""
        return "\n\n".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class Lesson:
    """A lesson or talk. `name` is its file's stem; `demo` the demo its blocks mean unless they say otherwise."""

    name: str
    title: str
    minutes: int
    demo: str
    objectives: tuple[str, ...]
    citations: tuple[str, ...]
    steps: tuple[Step, ...]


def lesson_paths() -> dict[str, Path]:
    """The bundled lessons by name, in teaching order."""
    return {path.stem: path for path in sorted((content() / "lessons").glob("[0-9][0-9]_*.md"))}


def talk_paths() -> dict[str, Path]:
    """The bundled talks by name, shortest first."""
    return {path.stem: path for path in sorted((content() / "lessons" / "talks").glob("*.md"))}


def load_lesson(path: Path) -> Lesson:
    """Read a lesson or talk. Raises LessonError with a sentence that names the place."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES + 1)
    except UnicodeDecodeError:
        raise LessonError(f"'{path.name}' is not text; a lesson is Markdown.") from None
    except OSError as error:
        raise LessonError(f"The lesson '{path.name}' cannot be read: {error.strerror}.") from None
    return parse_lesson(text, path.stem)


def parse_lesson(text: str, name: str) -> Lesson:
    """The lesson of such a text. Raises LessonError."""
    if len(text) > MOST_BYTES:
        raise LessonError(f"'{name}' has more than {MOST_BYTES:,} characters, the most that a lesson can have.")
    found = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if not found:
        raise LessonError(f"'{name}' does not begin with front matter between two '---' lines.")
    front = _yaml(found.group(1), f"the front matter of '{name}'")
    missing = {"title", "minutes", "demo"} - front.keys()
    if missing:
        raise LessonError(f"The front matter of '{name}' lacks: {', '.join(sorted(missing))}.")
    kinds = {"title": TEXT, "minutes": WHOLE, "demo": TEXT, "objectives": TEXTS, "citations": TEXTS}
    for field, what in kinds.items():
        if field in front and not _holds(front[field], what):
            raise LessonError(f"In the front matter of '{name}', '{field}' must be {what}.")
    return Lesson(
        name, front["title"], front["minutes"], front["demo"], tuple(front.get("objectives", ())),
        tuple(front.get("citations", ())), tuple(_steps(text[found.end() :], name, text[: found.end()].count("\n"))),
    )  # fmt: skip


def _steps(text: str, name: str, above: int) -> list[Step]:
    """The steps of a text, with `above` lines of front matter before it."""
    lines = text.splitlines()
    tokens = MarkdownIt().parse(text)
    steps: list[Step] = []
    parts: list[str | Block] = []
    title, since = "", 0

    def prose(until: int) -> None:
        told = "\n".join(lines[since:until]).strip()
        if told:
            parts.append(told)

    def close() -> None:
        if title:
            steps.append(Step(title, tuple(parts)))
        elif parts:
            raise LessonError(f"'{name}' has text before its first '##' heading; give it one.")

    for i, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        if token.type == "heading_open" and token.tag == "h2":
            prose(token.map[0])
            close()
            title, parts, since = tokens[i + 1].content, [], token.map[1]
        elif token.type == "fence" and token.info.strip() in KINDS:
            prose(token.map[0])
            kind = token.info.strip()
            where = f"the {kind} block at line {above + token.map[0] + 1} of '{name}'"
            data = _yaml(token.content, where)
            _check(data, kind, where)
            parts.append(Block(kind, data))
            since = token.map[1]
    prose(len(lines))
    close()
    if not steps:
        raise LessonError(f"'{name}' has no step; begin each with a '##' heading.")
    return steps


def _check(data: dict[str, Any], kind: str, where: str) -> None:
    """Raises LessonError where a block lacks a field, has an unknown one, or one that holds something else."""
    unknown = data.keys() - FIELDS[kind]
    if unknown:
        known = ", ".join(sorted(FIELDS[kind]))
        raise LessonError(f"In {where}, '{min(map(str, unknown))}' is not known; there are: {known}.")
    missing = NEEDED.get(kind, set()) - data.keys()
    if missing:
        raise LessonError(f"{where[0].upper()}{where[1:]} lacks: {', '.join(sorted(missing))}.")
    for name, value in data.items():
        if not _holds(value, FIELDS[kind][name]):
            raise LessonError(f"In {where}, '{name}' must be {FIELDS[kind][name]}.")
    if kind == "predict":
        if len(data.get("outcomes", data["options"])) != len(data["options"]):
            raise LessonError(f"In {where}, 'outcomes' must be as many as the options.")
        if data.get("answer", data["options"][0]) not in data["options"]:
            raise LessonError(f"In {where}, 'answer' must be one of the options.")
    if kind == "quiz":
        for option in data["options"]:
            _check({name: value for name, value in option.items() if name != "demo"}, "option", f"an option of {where}")
            if "demo" in option:
                if not isinstance(option["demo"], dict):
                    raise LessonError(f"In an option of {where}, 'demo' must hold what a demo block does.")
                _check(option["demo"], "demo", f"the demo of an option of {where}")


def _holds(value: Any, what: str) -> bool:
    if what == FLAG:
        return isinstance(value, bool)
    if what == WHOLE:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
    texts = isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    if what == OPTIONS:
        return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    return texts if what == TEXTS else isinstance(value, str) or (what == LEVELS and texts)


def _yaml(text: str, where: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LessonError(f"The YAML of {where} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise LessonError(f"{where[0].upper()}{where[1:]} must be a list of 'name: value' lines.")
    return data


# --- what blocks and numbers mean


@dataclass(frozen=True)
class Scene:
    """What a `demo` block shows: one level, and the agents that run in it side by side, by name."""

    demo: Demo
    level: Level
    agents: tuple[str, ...]
    seed: int


def scene_of(data: dict[str, Any], default: str, level_seed: int | None = None) -> Scene:
    """The scene of a `demo` block; `default`: the lesson's demo; `level_seed` in place of the block's own.

    Raises LessonError, BadLevel or AgentError with a sentence.
    """
    from ..agents.pretrained import load_agent  # not at the top, so that pages appear before torch is loaded
    from ..study.measure import levels_config

    demo = _demo(str(data.get("demo", default)))
    preset = _preset(demo, data)
    actor = agent_name(demo, str(data.get("agent", preset.agent if preset else next(iter(demo.recipes)))))
    shifted = preset.shifted if preset else data.get("levels") == "shifted"
    # drawn as for the preset's own agent, so that another agent is shown in the same level
    config = load_agent(demo, preset.agent if preset else actor).config
    if shifted or "levels" in data:
        config = levels_config(demo, config, shifted)
    number = preset.level_seed if preset else int(data.get("level_seed", 0))
    changes = data.get("changes", preset.changes if preset else ())
    level = changed(demo, draw_level(demo, config, number if level_seed is None else level_seed), changes)
    beside = (agent_name(demo, str(data["versus"])),) if "versus" in data else ()
    return Scene(demo, level, (actor, *beside), int(data.get("seed", 0)))


def agent_name(demo: Demo, words: str) -> str:
    """What `load_agent` takes, from an agent as lessons write it. Raises LessonError where there is no such age."""
    from ..agents.pretrained import SCRIPTED, ages_of

    if words == SCRIPTED:
        return words
    base, at, age = words.partition("@")
    base = next((preset.agent for preset in demo.presets if preset.name == base), base)
    base = base if ":" in base else f"{base}:0"
    if age not in ("youngest", "oldest"):
        return base + at + age
    ages = ages_of(demo, base)
    if not ages:
        raise LessonError(f"No ages of {base} were kept; train it with --ages, or name another agent.")
    return f"{base}@{ages[0] if age == 'youngest' else ages[-1]}"


def every_seed(demo: Demo, words: str) -> list[str]:
    """The agents that such words mean: one, or with `RECIPE:*` every bundled seed. Raises LessonError."""
    from ..agents.pretrained import seeds_of

    if not words.endswith(":*"):
        return [agent_name(demo, words)]
    recipe = words.removesuffix(":*")
    if recipe not in demo.recipes:
        raise LessonError(f"'{words}' is not a recipe of {demo.name}; there are: {', '.join(demo.recipes)}.")
    return seeds_of(demo, recipe)


def answer_of(predict: dict[str, Any], outcome: str) -> int | None:
    """Which option of a prediction came true, given the outcome of the step's first run; None: none of them."""
    if "outcomes" in predict:
        return next((i for i, which in enumerate(predict["outcomes"]) if outcome in str(which).split()), None)
    return predict["options"].index(predict["answer"]) if predict.get("answer") in predict["options"] else None


def rates_of(demo: Demo, agent: str, levels: str) -> dict[str, dict[str, float]] | None:
    """Measured rates by outcome, each with `rate`, `low`, `high` and `n`; measures too, with `mean` where no rate is.

    `levels`: training, shifted, distinguishing, or the name of a probe. None where that was not measured.
    """
    from ..study.ages import read_ages
    from ..study.cards import cards_of
    from ..study.probe import read_probes

    name = agent_name(demo, agent)
    base, _, age = name.partition("@")
    if age:
        wanted = (base, age, levels)
        rows = [row for row in read_ages(demo) if (row["agent"], str(row["steps"]), row["levels"]) == wanted]
        rates = (*demo.goals, "died", "timeout")
        return {row["outcome"]: row if row["outcome"] in rates else row | {"mean": row["rate"]} for row in rows} or None
    if levels not in ("training", "shifted", "distinguishing"):
        rows = [row for row in read_probes(demo) if (row["agent"], row["probe"]) == (base, levels)]
        return {row["measure"]: row for row in rows} or None
    card = cards_of(demo).get(name)
    found = card["measured"]["levels"].get(levels) if card else None
    if not found:
        return None
    rates = found["outcomes"] | {name: told for name, told in found["measures"].items() if isinstance(told, dict)}
    return {name: {"n": found["n"]} | told for name, told in rates.items()}


def filled(text: str) -> str:
    """Text with its numbers filled in and its citations as links, in Markdown. Raises LessonError, UnknownReference."""
    text = _NUMBER.sub(lambda found: _NUMBERS[found[1]](found[2].split()), text)
    return CITATION.sub(lambda found: _citation(reference(found[1]), bool(found[2])), text)


def cited(text: str) -> dict[str, bool]:
    """The keys a text cites, in order, and whether what is said with one of them rests on secondary text."""
    keys: dict[str, bool] = {}
    for key, secondary in CITATION.findall(text):
        keys[key] = keys.get(key, False) or bool(secondary)
    return keys


def _citation(work: Reference, secondary: bool) -> str:
    return f"[{work.short}{', from notes' if secondary else ''}]({work.url})"


def _rate(words: list[str]) -> str:
    if len(words) != 4:
        raise LessonError(f"'{{rate: {' '.join(words)}}}' must name a demo, an agent, levels and an outcome.")
    demo, agent, levels, outcome = words
    return _told(_demo(demo), agent, levels, outcome, "rate", 100, ".1f", " %")


def _mean(words: list[str]) -> str:
    if len(words) < 4:
        raise LessonError(f"'{{mean: {' '.join(words)}}}' must name a demo, an agent, levels and a measure.")
    demo, agent, levels = words[:3]
    return _told(_demo(demo), agent, levels, " ".join(words[3:]), "mean", 1, ".2f", "")


def _told(demo: Demo, words: str, levels: str, name: str, what: str, factor: int, digits: str, unit: str) -> str:
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


def _steps_trained(words: list[str]) -> str:
    demo, name = _one_agent("steps", words)
    age = name.partition("@")[2]
    card = _card(demo, name)
    return f"{int(age):,}" if age else f"{card['steps']:,}" if card else UNMEASURED


def _lived(what: str, words: list[str], name: list[str]) -> list[tuple[int, float]]:
    """Steps and growth of the counter of this name along a life."""
    from ..study.life import read_life

    demo, counter = _demo(words[0]) if words else None, " ".join(name)
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
    card = _card(*_one_agent("sha256", words))
    return f"`{card['sha256'][:12]}`" if card else UNMEASURED


def _study(words: list[str]) -> str:
    from ..study.studies import value_of

    rows = _studied("study", words)
    agent, levels, quantity = words[1], words[2], " ".join(words[3:])
    row = value_of(rows, agent if ":" in agent else f"{agent}:0", levels, quantity)
    if row is None:
        return UNMEASURED
    middle, low, high = (100 * row[key] for key in ("value", "low", "high"))
    return f"{middle:.1f} % (95 % interval {low:.1f} to {high:.1f}, n = {row['n']:,})"


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
        return read_rows(csv_path(_demo(plan.demo), plan))
    except StudyError as broken:
        raise LessonError(str(broken)) from None


_NUMBERS: dict[str, Callable[[list[str]], str]] = {
    "rate": _rate,
    "mean": _mean,
    "steps": _steps_trained,
    "sha256": _digest,
    "since": _since,
    "most": _most,
    "study": _study,
    "spread": _spread,
}


def _one_agent(what: str, words: list[str]) -> tuple[Demo, str]:
    if len(words) != 2:
        raise LessonError(f"'{{{what}: {' '.join(words)}}}' must name a demo and an agent.")
    demo = _demo(words[0])
    return demo, agent_name(demo, words[1])


def _card(demo: Demo, name: str) -> dict[str, Any] | None:
    from ..study.cards import cards_of

    return cards_of(demo).get(name)


@cache
def _demo(name: str) -> Demo:
    try:
        return demos.load(name)
    except KeyError as unknown:
        raise LessonError(str(unknown.args[0])) from None


def _preset(demo: Demo, data: dict[str, Any]) -> Preset | None:
    for field, presets in (("preset", demo.presets), ("probe", demo.probes)):
        if field in data:
            found = next((preset for preset in presets if preset.name == data[field]), None)
            if found is None:
                names = ", ".join(preset.name for preset in presets)
                raise LessonError(f"There is no {field} '{data[field]}' of {demo.name}; there are: {names}.")
            return found
    return None
