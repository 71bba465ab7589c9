"""The lessons as pages: predict, see, edit, explain, one step at a time; and the questions before and after them."""

import base64
from functools import partial
from typing import Any

import streamlit as st

from ...agents.run import Run
from ...rules.decision import DecisionDemo
from ...rules.edit import BadLevel
from ..answers import Answers
from ..answers import holds as answered
from ..conditions import holds
from ..decide import desk_of
from ..decide import holds as decided
from ..lessons import Block, Lesson, Step, scene_of, shown_of
from ..picture import png
from ..text import LessonError, cited, filled
from . import ask_block, decision_words, desk, loading, sorting, wall, words
from . import worksheet as ws
from .canvas import canvas
from .claims_page import lesson_claims
from .learner import FEEDBACK, Learner, Pages, headline, learner
from .live import Live, apply_edit, payload
from .pointing import works

AFTER = 3  # the lesson from which on the questions of transfer are asked again


def number_of(lesson: Lesson) -> int:
    """A lesson's number, from 1."""
    return [each.name for each in ws.lessons()].index(lesson.name) + 1


def lesson_page(name: str, pages: Pages) -> None:
    """One lesson."""
    lesson = next(lesson for lesson in ws.lessons() if lesson.name == name)
    _lesson(lesson, pages)
    _onward(lesson, pages)


def _onward(lesson: Lesson, pages: Pages) -> None:
    """Links to what comes before and after the lesson."""
    all_lessons, number, found = ws.lessons(), number_of(lesson), pages()
    with st.container(horizontal=True):
        if number == 1:
            st.page_link(found["questions"], label="Five questions before you start", icon=":material/quiz:")
        if number < len(all_lessons):
            label = f"Lesson {number + 1}: {all_lessons[number].title}"
            st.page_link(found[f"lesson-{number + 1}"], label=label, icon=":material/arrow_forward:")
        if number >= AFTER:
            st.page_link(found["questions"], label="Five questions after the lessons", icon=":material/quiz:")
        st.page_link(found[lesson.demo], label="The demo, with all its controls", icon=":material/science:")
        st.page_link(found["claims"], label="The claims ledger", icon=":material/fact_check:")


@st.fragment
def _lesson(lesson: Lesson, pages: Pages) -> None:
    me = learner()
    at = min(me.steps.get(lesson.name, 0), len(lesson.steps) - 1)
    step = lesson.steps[at]
    done, total = ws.done_of(me.progress, lesson.title)
    headline(
        f"Lesson {number_of(lesson)}: {lesson.title}",
        f"{lesson.minutes} minutes · step {at + 1} of {len(lesson.steps)} · {done} of {total} questions and tasks done"
        + ("" if at else f" · You will: {'; '.join(lesson.objectives)}."),
    )
    st.progress((at + 1) / len(lesson.steps))
    key = f"{lesson.name}/{at}"
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        st.markdown(f"#### {step.title}")
        scenes = _text(me, lesson, step, pages)
        if scenes:
            _sources(step)
        row = st.container(horizontal=True)
        row.button("Back", on_click=_go, args=(lesson.name, at - 1), disabled=at == 0, key=f"{key}/back")
        if at + 1 < len(lesson.steps):
            label = f"Next: {lesson.steps[at + 1].title}"
            ready = all(me.progress.finished(name) for name, item in ws.items().items() if _of(item, lesson, step))
            row.button(
                label, on_click=_go, args=(lesson.name, at + 1), type="primary" if ready else "secondary",
                key=f"{key}/next",
            )  # fmt: skip
    with right:
        if f"{key}" in me.refuting:
            _refuting(me, lesson, step, key, pages)
        elif scenes:
            for block in scenes:
                _shown(me, lesson, step, key, block)
        else:
            _sources(step)
    if at + 1 == len(lesson.steps):
        lesson_claims(lesson, pages)


def _of(item: ws.Item, lesson: Lesson, step: Step) -> bool:
    return (item.part, item.step) == (lesson.title, step.title)


def _go(name: str, to: int) -> None:
    learner().steps[name] = to


# --- the left column: what is said and asked


def _text(me: Learner, lesson: Lesson, step: Step, pages: Pages) -> list[Block]:
    """Write the step's text; what stands after a prediction appears once it was made. Returns the blocks to show."""
    scenes = []
    for block in step.parts:
        if isinstance(block, str):
            st.markdown(filled(block))
        elif block.kind in ("demo", "ask", "decide", "measure"):
            scenes.append(block)
        elif block.kind == "predict":
            if not _predict(me, lesson, step, block):
                break
        elif block.kind == "draw":
            scenes.append(block)
            if not _drawn(me, lesson, step, block):
                break
        elif block.kind == "try":
            _try(me, lesson, step, block)
        elif block.kind == "sort":
            scenes.append(block)
            sorting.cards(me, lesson, step, block, f"{lesson.name}/{lesson.steps.index(step)}", pages)
        else:
            _quiz(me, lesson, step, block)
    return scenes


def _predict(me: Learner, lesson: Lesson, step: Step, block: Block) -> bool:
    """Ask for a prediction, then say what came true. Returns whether it was made and the answer seen."""
    name, data = ws.item_name(lesson, step, block), block.data
    given = me.progress.chosen.get(name)
    if not given:
        options = data["options"]
        choice = st.radio(
            f"**{filled(data['ask'])}**", range(len(options)), index=None, format_func=options.__getitem__,
            key=f"{name}/radio",
        )  # fmt: skip
        st.button(
            "This is my guess", key=f"{name}/guess", type="primary", disabled=choice is None,
            on_click=_guess, args=(name, data),
        )  # fmt: skip
        return False
    st.markdown(f"**{filled(data['ask'])}**\n\nYour guess: *{data['options'][given[0]]}*.")
    if "outcomes" in data and name not in me.progress.came:
        st.button(
            "I have seen the run: what came true?", key=f"{name}/reveal", type="primary",
            on_click=_reveal, args=(lesson, step, name, data),
        )  # fmt: skip
        return False
    came = me.progress.came.get(name)
    if came is not None:
        what = "none of these" if came == ws.NONE_CAME else data["options"][came]
        word = "What came" if "outcomes" in data else "Answer"
        st.markdown(f"{FEEDBACK[came == given[0]]} {word}: *{what}*.")
    if "reveal" in data:
        st.markdown(filled(data["reveal"]))
    return True


def _drawn(me: Learner, lesson: Lesson, step: Step, block: Block) -> bool:
    """Ask for a curve, then say what was measured. Returns whether it was drawn."""
    data = block.data
    st.markdown(f"**{filled(data['ask'])}**")
    if ws.item_name(lesson, step, block) not in me.progress.drawn:
        st.caption("Draw your curve beside this, then hand it in. What was measured appears over it.")
        return False
    if "reveal" in data:
        st.markdown(filled(data["reveal"]))
    return True


def _guess(name: str, data: dict[str, Any]) -> None:
    choice = st.session_state.get(f"{name}/radio")
    if choice is not None:
        me = learner()
        me.progress.choose(name, choice)
        if "outcomes" not in data:  # else it is told once the run was watched
            ws.reveal(me.progress, name, data, "")


def _reveal(lesson: Lesson, step: Step, name: str, data: dict[str, Any]) -> None:
    me = learner()
    demo, ask, decide = (step.block(kind) for kind in ("demo", "ask", "decide"))
    if ask is not None:
        ws.reveal(me.progress, name, data, ask_block.outcome(ask, lesson.demo))
    elif decide is not None:
        ws.reveal(me.progress, name, data, desk_of(decide, lesson.demo).outcome())
    elif demo is not None:
        shown = scene_of(demo, lesson.demo)
        run = Run(shown.demo, loading.agent_of(shown.demo.name, shown.agents[0]), shown.level, shown.seed)
        ws.reveal(me.progress, name, data, run.outcome)


def _try(me: Learner, lesson: Lesson, step: Step, block: Block) -> None:
    name = ws.item_name(lesson, step, block)
    key = f"{lesson.name}/{step.title}"
    live, table = me.lives.get(key), desk.now(me, key)
    if live is not None and holds(block.data["until"], live):
        me.progress.done.add(name)
    if table is not None and decided(block.data["until"], table):
        me.progress.done.add(name)
    if name not in me.progress.done and (answers := _answers(lesson, step)) and answered(block.data["until"], answers):
        me.progress.done.add(name)
    if name in me.progress.done:
        st.success(f"{filled(block.data['task'])} **Done.**", icon=":material/check_circle:")
    else:
        st.info(filled(block.data["task"]), icon=":material/check_box_outline_blank:")


def _answers(lesson: Lesson, step: Step) -> Answers | None:
    """What the networks of the step's question reply to it as it stands."""
    for i, part in enumerate(step.parts):
        if isinstance(part, Block) and part.kind == "ask":
            return ask_block.answers(_asked_key(lesson, step, i), part.data, lesson.demo)
    return None


def _asked_key(lesson: Lesson, step: Step, part: int) -> str:
    return f"{lesson.name}/{step.title}/{part}"


def _quiz(me: Learner, lesson: Lesson, step: Step, block: Block) -> None:
    name, data = ws.item_name(lesson, step, block), block.data
    key = f"{lesson.name}/{lesson.steps.index(step)}"
    given = me.progress.chosen.get(name, [])
    texts = [option["text"] for option in data["options"]]
    choice = st.radio(
        f"**{filled(data['ask'])}**", range(len(texts)), index=given[-1] if given else None,
        format_func=texts.__getitem__, key=f"{name}/radio", on_change=_answered, args=(name, key),
    )  # fmt: skip
    if choice is None:
        return
    option = data["options"][choice]
    if option.get("right"):
        st.success(filled(option.get("feedback", "Yes.")), icon=":material/check_circle:")
        return
    st.warning(filled(option.get("feedback", "Not this one.")), icon=":material/cancel:")
    shown = shown_of(option)
    if shown:
        st.button(
            "Show the run that speaks against it", key=f"{name}/refute/{choice}", on_click=desk.refute,
            args=(me, key, shown),
        )  # fmt: skip


def _answered(name: str, key: str) -> None:
    me, choice = learner(), st.session_state.get(f"{name}/radio")
    if choice is not None:
        me.refuting.pop(key, None)
        me.progress.choose(name, choice)


def _sources(step: Step) -> None:
    """The works that a step cites, each with its full reference behind its name."""
    text = "\n".join(part if isinstance(part, str) else str(part.data) for part in step.parts)
    works(cited(text))


# --- the right column: what is shown


def _shown(me: Learner, lesson: Lesson, step: Step, key: str, block: Block) -> None:
    if block.kind == "measure":
        _measure(lesson, block.data)
        return
    if block.kind == "draw":
        _curve(me, lesson, step, block)
        return
    if block.kind == "sort":
        sorting.board(me, lesson, step, block, key)
        return
    predict = next((part for part in step.parts if isinstance(part, Block) and part.kind == "predict"), None)
    guessed = predict is None or ws.item_name(lesson, step, predict) in me.progress.chosen
    if block.kind == "ask":
        ask_block.show(_asked_key(lesson, step, step.parts.index(block)), block.data, lesson.demo, not guessed)
        return
    if block.kind == "decide":
        desk.show(me, f"{lesson.name}/{step.title}", block.data, lesson.demo, still=not guessed)
        return
    blind = bool(block.data.get("blind"))
    _scene(
        me,
        lesson,
        f"{lesson.name}/{step.title}",
        block.data,
        still=not guessed and not blind,
        blind=blind and not guessed,
    )


def _curve(me: Learner, lesson: Lesson, step: Step, block: Block) -> None:
    """The axes of a study to draw on, and once a curve was handed in what was measured below it."""
    from ...study.studies import StudyError
    from . import figure

    name, data = ws.item_name(lesson, step, block), block.data
    try:
        shown = figure.to_draw(data["study"], data["quantity"], data.get("panel"), me.progress.drawn.get(name))
    except StudyError as broken:
        st.warning(str(broken))
        return
    mount = f"{name}/figure"
    figure.show(mount, shown, partial(_handed_in, name, mount))


def _handed_in(name: str, mount: str) -> None:
    """Note the curve that the component sent."""
    state = st.session_state.get(mount)
    message = state.get("message") if state else None
    curve = message.get("curve") if isinstance(message, dict) else None
    if ws.is_curve(curve):
        learner().progress.drawn[name] = list(curve or [])


def _refuting(me: Learner, lesson: Lesson, step: Step, key: str, pages: Pages) -> None:
    if step.block("sort"):
        sorting.above_the_run(me, lesson, key, pages)
    else:
        st.markdown("**The run that speaks against it**")
    shown = me.refuting[key]
    if "decide" in shown:
        desk.show(me, f"{key}/refuting", shown["decide"], lesson.demo, still=False)
    elif "ask" in shown:
        ask_block.show(f"{key}/refuting", shown["ask"], lesson.demo, still=False)
    else:
        _scene(me, lesson, f"{key}/refuting", shown["demo"])


def _scene(
    me: Learner, lesson: Lesson, key: str, data: dict[str, Any], still: bool = False, blind: bool = False
) -> None:
    """A demo block: a picture of its start while `still`, else its runs live; without names where `blind`."""
    from ...agents.pretrained import AgentError

    fixed = "preset" in data or "probe" in data or "level_seed" in data
    drawn = me.drawn.get(key, 0)
    try:
        if key not in me.lives:
            shown = scene_of(data, lesson.demo, None if fixed else drawn)
            actors = [loading.agent_of(shown.demo.name, name) for name in shown.agents]
            me.lives[key] = Live.begin(shown.demo, actors, shown.level, shown.seed)
    except (AgentError, BadLevel, LessonError) as refused:
        st.warning(f"This cannot be shown: {refused}")
        return
    live = me.lives[key]
    if still:
        picture = base64.b64encode(png(live.demo, live.origin, live.runs[0].states[0], 2)).decode()
        st.html(  # as high as the canvas that takes its place
            f'<img src="data:image/png;base64,{picture}" alt="The start of the level" '
            f'style="display:block;margin:auto;max-width:100%;height:60vh;object-fit:contain">'
        )
        st.caption("The start of the level. It runs once you have made your guess.")
        return
    side_by_side = live.demo.margin == 0 and len(live.runs) > 1
    places = st.columns(len(live.runs)) if side_by_side else [st.container() for _ in live.runs]
    for which, place in enumerate(places):
        with place:
            if len(live.runs) > 1 or blind:
                st.markdown(f"**Agent {'AB'[which]}**" if blind else f"**{live.runs[which].agent.name}**")  # type: ignore[union-attr]
            sent = payload(live, which) | {"stacked": len(places) > 1 and not side_by_side}
            simple = len(live.runs) > 1 or blind or data.get("controls") == "watch"
            mount = f"{key}/{drawn}/canvas/{which}"
            canvas(
                mount, (covered(live, which, sent) if blind else sent) | {"simple": simple}, partial(_sent, key, mount)
            )
    if data.get("every_seed") and not blind:
        wall.show(live.demo, live, live.agents[0].name, f"{key}/{drawn}/wall")
    row = st.container(horizontal=True)
    if live.past:
        row.button("Back to the level as it was", key=f"{key}/reset", on_click=_reset, args=(key,))
    if not fixed:
        row.button("Another level", key=f"{key}/another", on_click=_another, args=(key,))


def _sent(key: str, mount: str) -> None:
    """Carry out what a canvas sent."""
    state = st.session_state.get(mount)
    message = state.get("message") if state else None
    if message is not None:
        apply_edit(learner().lives[key], message)


def _reset(key: str) -> None:
    live = learner().lives[key]
    apply_edit(live, {"seq": live.ack + 1, "kind": "reset"})


def _another(key: str) -> None:
    me = learner()
    me.drawn[key] = me.drawn.get(key, 0) + 1
    me.lives.pop(key, None)


def covered(live: Live, which: int, sent: dict[str, Any]) -> dict[str, Any]:
    """A payload without what would give the agent away: its name, its reward, and all after the first goal."""
    run = live.runs[which]
    end = run.decided
    events = [event for event in sent["events"] if event[0] <= end]
    told = " and ".join(happened for _, happened in events if happened != "edited") or "is still under way"
    sentence = f"The agent {told}; the run stops here."
    return sent | {
        "agent": "", "steps": end, "paid": ["covered"] * (end + 1), "events": events, "sentence": sentence,
        "alt": f"{live.demo.title}: {sentence}",
    } | {name: sent[name][: end + 1] for name in ("places", "there", "facing", "pose")}  # fmt: skip


def _measure(lesson: Lesson, data: dict[str, Any]) -> None:
    demo = loading.entry_of(str(data.get("demo", lesson.demo)))
    levels = data.get("levels", "distinguishing")
    for each in [levels] if isinstance(levels, str) else levels:
        if isinstance(demo, DecisionDemo):
            st.html(decision_words.measured_in(demo, data["agents"], each))
        else:
            st.html(words.rates(demo, data["agents"], each, means=demo.kind == "grid"))
