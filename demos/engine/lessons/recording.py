"""Recording a talk: what a lesson says, and what its scenes give when they are rolled out now, as plain data.

A lesson's questions about earlier lessons, and what it tells researchers, are left out.
"""

import re
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from ..agents import run_files
from ..agents.pretrained import load_agent
from ..agents.run_decision import DecisionRun
from ..agents.run_grid import Run
from ..agents.run_text import load_writer
from . import stills
from .catalogue import LessonError, demo_named, world_named
from .lesson import SHOWN, Block, Lesson, Step, TextScene, answer_of, grid_scene, shown_of, text_scene
from .literature import reference
from .maps import mapped
from .numbers_in_text import CITATION, agent_name, cited, every_seed, filled, rates_of
from .tasks_decision import DecisionScene, decision_scene

FORMAT = 1
QUESTIONS = ("predict", "draw", "quiz", "sort")  # blocks whose answer is not to be said before
WARM_UP = re.compile(r"(A|Two) questions? first$")  # the titles of steps that ask about earlier lessons
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")

Progress = Callable[[int, int], None]  # (steps done, in all)


def record(lesson: Lesson, progress: Progress | None = None) -> dict[str, Any]:
    """The data of a talk: texts with their numbers filled in, and what every scene gives, rolled out or asked now.

    A card to be sorted is a step of its own, and so is, after the question, an option of a quiz that shows something:
    on stage it comes if somebody chose it. Raises LessonError, BadLevel, BadText, AgentError, StudyError or
    UnknownReference, each with a sentence.
    """
    steps = []
    told = [step for step in lesson.taught if not WARM_UP.match(step.title)] or lesson.steps
    for i, step in enumerate(told):
        if progress:
            progress(i, len(told))
        steps.append(_recorded(lesson, step))
        sort, quiz = step.block("sort"), _quiz(step)
        steps += [_card(lesson, sort, card) for card in sort["cards"]] if sort else []
        options = quiz["options"] if quiz else []
        steps += [_option(lesson, step, n, option) for n, option in enumerate(options) if shown_of(option)]
    return {"format": FORMAT, "title": lesson.title, "minutes": lesson.minutes, "steps": steps}


def _recorded(lesson: Lesson, step: Step) -> dict[str, Any]:
    predict, quiz = step.block("predict"), _quiz(step)
    blocks = [part for part in step.parts if isinstance(part, Block)]
    shown = {kind: data for kind in SHOWN if (data := step.block(kind)) is not None}
    if quiz is not None:
        right: dict[str, Any] = next((option for option in quiz["options"] if option.get("right")), {})
        predict = {"ask": quiz["ask"], "options": [option["text"] for option in quiz["options"]]}
        predict |= {"answer": right.get("text"), "reveal": str(right.get("feedback", ""))}
    before = takewhile(lambda part: not (isinstance(part, Block) and part.kind in QUESTIONS), step.parts)
    told = next((part for part in before if isinstance(part, str)), "")
    found: dict[str, Any] = {"title": step.title, "text": plain(told)}
    scene, outcome = _scene(lesson, shown)
    found |= _staged(step.block("stage") or {})
    if predict:
        found |= {"ask": plain(predict["ask"]), "options": [plain(str(option)) for option in predict["options"]]}
        found |= {"answer": answer_of(predict, outcome), "reveal": plain(predict.get("reveal", ""))}
        if "again" in predict:
            found["again"] = _again(predict["again"], predict["options"])
    if shown.get("demo", {}).get("blind"):
        found["blind"] = True
    found |= scene | _pictured(lesson, step, found["text"])
    tasks = [block.data for block in blocks if block.kind == "try"]
    if tasks and "runs" in scene:
        found["tasks"] = [{"task": plain(str(each["task"])), "until": str(each["until"])} for each in tasks]
    measures = [block.data for block in blocks if block.kind == "measure"]
    if measures:
        found["rates"] = [row for data in measures for row in _rates(data, lesson.demo)]
    return found


def _staged(data: dict[str, Any]) -> dict[str, Any]:
    """What is for the presenter: the second at which the step begins, and notes."""
    found: dict[str, Any] = {}
    if "at" in data:
        minutes, _, seconds = data["at"].partition(":")
        found["at"] = 60 * int(minutes) + int(seconds)
    if "notes" in data:
        found["notes"] = plain(data["notes"])
    if data.get("still"):
        found["still"] = True
    return found


def _again(data: dict[str, Any], first: list[str]) -> dict[str, Any]:
    """The question after the reveal, with the options of the one before unless it has its own."""
    options = data.get("options", first)
    found = {"ask": plain(data["ask"]), "options": [plain(str(option)) for option in options]}
    return found | {"answer": answer_of({**data, "options": options}, ""), "reveal": plain(data.get("reveal", ""))}


def _quiz(step: Step) -> dict[str, Any] | None:
    """The quiz that is asked on stage: where the step has a prediction, none."""
    return None if step.block("predict") else step.block("quiz")


def _card(lesson: Lesson, sort: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    """A card to be sorted, as a step of its own: the bins to vote on, where it belongs, and what it shows."""
    found: dict[str, Any] = {"title": card["title"], "text": plain(card["text"]), "ask": plain(sort["ask"])}
    found |= {"options": sort["bins"], "answer": sort["bins"].index(card["bin"]), "reveal": plain(card["why"])}
    return found | _scene(lesson, shown_of(card))[0]


def _option(lesson: Lesson, step: Step, number: int, option: dict[str, Any]) -> dict[str, Any]:
    """An option of a quiz as a step of its own: what is said to it, and what it shows."""
    told = plain(f"“{option['text']}” {option.get('feedback', '')}")
    found = {"title": step.title, "text": told} | _scene(lesson, shown_of(option))[0]
    return found if option.get("right") else found | {"chosen": number}


def _pictured(lesson: Lesson, step: Step, text: str) -> dict[str, Any]:
    """The picture of a step: that of its prose, or what is drawn of a study, which is asked before and seen after."""
    named = PICTURE.findall(step.prose)
    if len(named) > 1:
        raise LessonError(f"The step '{step.title}' of '{lesson.name}' has {len(named)} pictures; a talk shows one.")
    if named:
        return {"picture": stills.from_file(lesson.folder, named[0][1])}
    drawn = step.block("draw")
    if drawn is None or step.block("predict"):
        return {}
    asked = "\n\n".join(filter(None, (text, plain(drawn["ask"]))))
    return {"text": asked, "picture": stills.of_study(drawn["study"]), "reveal": plain(drawn.get("reveal", ""))}


def _scene(lesson: Lesson, shown: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What blocks show, by their kind: runs, else dialogues, else choices; and the outcome of the first of them."""
    if "demo" in shown:
        if maps := _maps(shown["demo"], lesson.demo):
            return maps, ""
        scene = grid_scene(shown["demo"], lesson.demo)
        runs = [Run(scene.demo, load_agent(scene.demo, name), scene.level, scene.seed) for name in scene.agents]
        return {"runs": [run_files.data(run) for run in runs]}, runs[0].outcome
    found = {}
    if "ask" in shown:
        found = {"dialogues": _dialogues(text_scene(shown["ask"], lesson.demo))}
    elif "decide" in shown:
        found = {"choices": [_choices(decision_scene(shown["decide"], lesson.demo))]}
    return found, next((each["outcome"] for told in found.values() for each in told), "")


def _maps(data: dict[str, Any], default: str) -> dict[str, Any]:
    """What a block with maps shows, one for each agent: its level, and how runs ended by where the goal stood."""
    if not (data.get("map") or data.get("maps")) or "preset" not in data:
        return {}
    demo, found = world_named(str(data.get("demo", default))), []
    runs = []
    for name in data.get("maps") or (data.get("agent", data["preset"]),):
        agent = agent_name(demo, str(name))
        each = mapped(demo, agent, data["preset"])
        runs.append(run_files.data(Run(demo, load_agent(demo, agent), each.level)))
        found.append({"places": each.cells.tolist(), "outcomes": each.outcomes.tolist()})
    return {"runs": runs, "maps": found}


def _dialogues(asked: TextScene) -> list[dict[str, Any]]:
    demo, case = asked.demo, asked.demo.asked(asked.values)
    found = []
    for agent in asked.agents:
        turns = load_writer(demo, agent).converse(case)
        told = {"demo": demo.name, "agent": agent, "values": asked.values, "turns": list(turns)}
        found.append(told | {"outcome": demo.judge(case, turns)})
    return found


def _choices(scene: DecisionScene) -> dict[str, Any]:
    """A run as a block shows it; where the person is to choose there, only how it begins."""
    run = DecisionRun(scene.demo, scene.given, scene.seed)
    if not scene.play:
        run.finish(scene.chooser())
    told = {"demo": scene.demo.name, "agent": "" if scene.play else scene.who, "sliders": run.values, "seed": run.seed}
    return told | {"choices": list(run.choices), "outcome": run.outcome}


def _rates(data: dict[str, Any], default: str) -> list[dict[str, Any]]:
    demo = demo_named(str(data.get("demo", default)))
    levels = data.get("levels", "distinguishing")
    rows = []
    for name in [levels] if isinstance(levels, str) else levels:
        for agent in (each for words in data["agents"] for each in every_seed(demo, str(words))):
            rates = rates_of(demo, agent, name) or {}
            found = {outcome: rates[outcome] for outcome in demo.outcomes if outcome in rates}
            if found:
                numbers = {outcome: [rate["rate"], rate["low"], rate["high"]] for outcome, rate in found.items()}
                n = int(next(iter(found.values()))["n"])
                rows.append({"demo": demo.name, "agent": agent, "levels": name, "n": n, "outcomes": numbers})
    return rows


def plain(markdown: str) -> str:
    """Markdown as text for the stage: numbers and citations filled in, marks taken out, paragraphs kept.

    A citation that rests on others' summaries of a work gets a star, which the end explains.
    """
    bare = re.sub(r"(?m)^[*+] ", "- ", PICTURE.sub("", markdown))
    bare = re.sub(r"\*(?![^{}]*\})", "", bare)  # in `{rate: DEMO mix-0:* ...}` a star is no mark
    text = CITATION.sub(lambda found: reference(found[1]).short + ("*" if found[2] else ""), bare)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", filled(text)).replace("`", "")
    paragraphs = [re.sub(r"\s*\n(?!- |\d+\. )\s*", " ", part.strip()) for part in re.split(r"\n\s*\n", text)]
    if any(cited(markdown).values()):
        paragraphs.append("* we know this work through others' summaries")
    return "\n\n".join(part for part in paragraphs if part)
