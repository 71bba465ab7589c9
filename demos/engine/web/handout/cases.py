"""A live figure without levels: a small grid of questions with what networks answered, or runs of choices.

Every answer was written beforehand; the reader chooses who answers and what is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from ...agents.run_decision import DecisionRun
from ...agents.run_text import Writer, converse
from ...film.decision import RULES
from ...film.files import about_of
from ...film.text import signed
from ...lessons.tasks_decision import PLANNER, decision_scene
from ...rules.decision import SIMULATED, DecisionDemo
from ...rules.entry import Entry
from ...rules.names import ending
from ...rules.text import BadText, TextDemo
from .bundle import packed, page
from .words import called, words_of

FEW = 4  # options of a field that are all asked about
OFFERED = 9  # values of any other field, at most
MOST_CASES = 400  # questions
RUNS = 5  # of choices, for each agent
AGENTS = 4  # of choices, without the planner
THE_PLANNER = {"label": "the planner", "line": "It knows the rules, and chooses what pays most."}

Progress = Callable[[str, int, int], None]  # (what, done, in all)


class Cases(NamedTuple):
    """The text of a file; how many answers each agent gave; how often the first one's had each outcome."""

    html: str
    each: int
    outcomes: dict[str, int]


def text_figure(
    demo: TextDemo, writers: Sequence[Writer], values: Mapping[str, str] | None = None, caption: str | None = None,
    command: str = "", progress: Progress | None = None,
) -> Cases:  # fmt: skip
    """The figure of networks that write. `values`: what is asked first, of fields that are not as usual.

    Raises BadText where that cannot be asked, and TooLarge.
    """
    first = demo.asked(values or {}) and {each.name: (values or {}).get(each.name, each.usual) for each in demo.fields}
    fields = offered(demo, first)
    cases, where = [], []
    every = [dict(zip(fields, each, strict=True)) for each in product(*fields.values())]
    for i, asked in enumerate(every):
        try:
            cases.append(demo.asked(asked))
            where.append(i)
        except BadText:
            continue
    answers: list[list[Any]] = []
    for writer in writers:
        if progress:
            progress(writer.name, len(answers), len(writers))
        said = converse(demo, writer.network, cases)
        own: list[Any] = [None] * len(every)
        for i, case, turns in zip(where, cases, said, strict=True):
            own[i] = [_answer(demo, demo.judge(case, turns), [{"says": turn} for turn in signed(turns)])]
        answers.append(own)
    head = {
        "fields": [
            {"name": each.name, "title": each.title, "help": each.help, "values": fields[each.name],
             "at": fields[each.name].index(first[each.name])}
            for each in demo.fields
        ],
        "prepared": list(_prepared(demo, [writer.name for writer in writers], fields)),
        "agents": called(demo, [writer.name for writer in writers]), "answers": answers, "sides": ["person", "network"],
        "limits": f"These are real answers of trained networks, to {len(cases)} questions, written before. "
        "To ask something else, or to see every word's chances, take the package.",
    }  # fmt: skip
    return _written(demo, head, caption, command)


def decision_figure(
    demo: DecisionDemo, names: Sequence[str], put: Mapping[str, float] | None = None, first_seed: int = 0,
    caption: str | None = None, command: str = "",
) -> Cases:  # fmt: skip
    """The figure of runs of choices, by the planner or agents, each at the values it was trained with.

    `put`: sliders that stand elsewhere. Raises LessonError for a name or number that there is not, and TooLarge.
    """
    answers: list[list[Any]] = []
    agents = []
    for name in names:
        scene = decision_scene({"agent": name, **(put or {})}, demo.name)
        runs = [DecisionRun(demo, scene.given, first_seed + i).finish(scene.chooser()) for i in range(RUNS)]
        answers.append([[_answer(demo, run.outcome, list(_steps(run))) for run in runs]])
        values = ", ".join(f"{each.title.lower()} {scene.given[each.name]:g}" for each in demo.sliders)
        own = called(demo, [name])[0] if name != PLANNER else THE_PLANNER
        agents.append(own | {"line": f"{own['line']} Here: {values}."})
    head = {
        "fields": [], "prepared": [], "agents": agents, "answers": answers, "sides": ["now", "its choice"],
        "limits": f"{demo.real} {demo.analogy} {RULES[0].upper()}{RULES[1:]}. {RUNS} runs each were made before. "
        "To choose yourself, or to move the sliders, take the package.",
    }  # fmt: skip
    return _written(demo, head, caption, command)


def usual_writers(demo: TextDemo, first: str) -> list[str]:
    """The first, and the other networks of what is prepared, each once."""
    return list(dict.fromkeys([first, *(each.agent for each in demo.presets)]))


def usual_choosers(demo: DecisionDemo, first: str | None) -> list[str]:
    """The planner, and one agent of some trainings; the first before them where one is named."""
    recipes = [f"{name}:0" for name, recipe in demo.recipes.items() if recipe.seeds]
    return list(dict.fromkeys([*([first] if first else []), PLANNER, *recipes]))[: AGENTS + 1]


def offered(demo: TextDemo, first: Mapping[str, str]) -> dict[str, list[str]]:
    """Values of every field: what is asked first, what is prepared, all of a small field, some of a large one."""
    found = {}
    for each in demo.fields:
        known = [first[each.name], each.usual, *(p.values[each.name] for p in demo.presets if each.name in p.values)]
        known += each.options if len(each.options) <= FEW else ()
        found[each.name] = list(dict.fromkeys(known))
    for each in demo.fields:
        left = [option for option in each.options if option not in found[each.name]]
        others = 1
        for name, values in found.items():
            others *= len(values) if name != each.name else 1
        room = min(OFFERED, MOST_CASES // others) - len(found[each.name])
        found[each.name] += left[:: max(1, -(-len(left) // max(room, 1)))][: max(room, 0)]
        if each.options:
            found[each.name].sort(key=each.options.index)
    return found


def _prepared(demo: TextDemo, writers: list[str], fields: Mapping[str, list[str]]) -> Iterator[dict[str, Any]]:
    for each in demo.presets:
        asked = {field.name: each.values.get(field.name, field.usual) for field in demo.fields}
        if each.agent in writers and all(asked[name] in values for name, values in fields.items()):
            at = [values.index(asked[name]) for name, values in fields.items()]
            yield {"title": each.title, "agent": writers.index(each.agent), "at": at}


def _answer(demo: Entry, outcome: str, turns: list[dict[str, Any]]) -> dict[str, Any]:
    return {"outcome": demo.outcomes.index(outcome), "says": ending(demo, outcome).says, "turns": turns}


def _steps(run: DecisionRun) -> Iterator[dict[str, Any]]:
    """What was seen and, in turn, what was chosen and what came of it."""
    paid = 0.0
    for step, state in enumerate(run.states):
        view = run.demo.view(run.values, state)
        yield {"says": view.says, "board": view.board, "note": view.note, "marked": SIMULATED if view.note else ""}
        if step < len(run.choices):
            chance = run.came[step]
            paid += chance.reward
            yield {
                "says": f"{run.choices[step]}",
                "then": chance.says,
                "paid": f"{chance.reward:+g}, so far {paid:+g}",
            }


def _written(demo: Entry, head: dict[str, Any], caption: str | None, command: str) -> Cases:
    head |= words_of(demo, caption, command)
    html = page(head["question"], about_of(demo.papers, "", command), "cases.js", packed(head))
    own = [run["outcome"] for runs in head["answers"][0] if runs for run in runs]
    return Cases(html, len(own), {name: own.count(i) for i, name in enumerate(demo.outcomes)})
