"""The lessons as pages: predict, see, edit, explain, one step at a time; and the questions before and after them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ...agents.run import Run
from ...rules.edit import BadLevel
from ...rules.picture import scene
from ..conditions import holds
from ..lessons import Block, Lesson, LessonError, Step, cited, filled, rates_of, scene_of
from ..literature import reference
from ..transfer import cases
from . import loading, words
from . import worksheet as ws
from .canvas import canvas
from .live import Live, apply_edit, payload

Pages = Callable[[], dict[str, Any]]  # every page of the app by name, for links from one to another
FEEDBACK = {True: ":green[:material/check_circle:]", False: ":orange[:material/cancel:]"}
SECONDARY = "What is marked *from notes* was read in notes about this work, not in its own text."


@dataclass
class Learner:
    """What one browser tab remembers: the progress, the step of each lesson, and what is on its canvases."""

    progress: ws.Progress = field(default_factory=ws.Progress)
    steps: dict[str, int] = field(default_factory=dict)
    lives: dict[str, Live] = field(default_factory=dict)
    refuting: dict[str, dict[str, Any]] = field(default_factory=dict)  # the run that a wrong answer opened, by step
    drawn: dict[str, int] = field(default_factory=dict)  # which level a scene without a fixed one shows
    told: list[str] = field(default_factory=list)  # about a worksheet that was loaded


def learner() -> Learner:
    """The learner of this session."""
    if "learner" not in st.session_state:
        st.session_state["learner"] = Learner()
    found: Learner = st.session_state["learner"]
    return found


def number_of(lesson: Lesson) -> int:
    """A lesson's number, from 1."""
    return [each.name for each in ws.lessons()].index(lesson.name) + 1


def lesson_page(name: str, pages: Pages) -> None:
    """One lesson."""
    lesson = next(lesson for lesson in ws.lessons() if lesson.name == name)
    _lesson(lesson)
    _onward(lesson, pages)


def _headline(title: str, caption: str) -> None:
    st.markdown(f"### {title}")
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.caption(caption)
    with right.popover("Worksheet", icon=":material/edit_note:", width="stretch"):
        _worksheet()


def _onward(lesson: Lesson, pages: Pages) -> None:
    """Links to what comes before and after the lesson."""
    all_lessons, number, found = ws.lessons(), number_of(lesson), pages()
    with st.container(horizontal=True):
        if number == 1:
            st.page_link(found["questions"], label="Five questions before you start", icon=":material/quiz:")
        if number < len(all_lessons):
            label = f"Lesson {number + 1}: {all_lessons[number].title}"
            st.page_link(found[f"lesson-{number + 1}"], label=label, icon=":material/arrow_forward:")
        else:
            st.page_link(found["questions"], label="Five questions after the lessons", icon=":material/quiz:")
        st.page_link(found[lesson.demo], label="The demo, with all its controls", icon=":material/science:")


@st.fragment
def _lesson(lesson: Lesson) -> None:
    me = learner()
    at = min(me.steps.get(lesson.name, 0), len(lesson.steps) - 1)
    step = lesson.steps[at]
    done, total = ws.done_of(me.progress, lesson.title)
    _headline(
        f"Lesson {number_of(lesson)}: {lesson.title}",
        f"{lesson.minutes} minutes · step {at + 1} of {len(lesson.steps)} · {done} of {total} questions and tasks done"
        + ("" if at else f" · You will: {'; '.join(lesson.objectives)}."),
    )
    st.progress((at + 1) / len(lesson.steps))
    key = f"{lesson.name}/{at}"
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        st.markdown(f"#### {step.title}")
        scenes = _text(me, lesson, step)
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
            _refuting(me, lesson, key)
        elif scenes:
            for block in scenes:
                _shown(me, lesson, step, key, block)
        else:
            _sources(step)


def _of(item: ws.Item, lesson: Lesson, step: Step) -> bool:
    return (item.part, item.step) == (lesson.title, step.title)


def _go(name: str, to: int) -> None:
    learner().steps[name] = to


# --- the left column: what is said and asked


def _text(me: Learner, lesson: Lesson, step: Step) -> list[Block]:
    """Write the step's text; what stands after a prediction appears once it was made. Returns the blocks to show."""
    scenes = []
    for block in step.parts:
        if isinstance(block, str):
            st.markdown(filled(block))
        elif block.kind in ("demo", "measure"):
            scenes.append(block)
        elif block.kind == "predict":
            if not _predict(me, lesson, step, block):
                break
        elif block.kind == "try":
            _try(me, lesson, step, block)
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


def _guess(name: str, data: dict[str, Any]) -> None:
    choice = st.session_state.get(f"{name}/radio")
    if choice is not None:
        me = learner()
        me.progress.choose(name, choice)
        if "outcomes" not in data:  # else it is told once the run was watched
            ws.reveal(me.progress, name, data, "")


def _reveal(lesson: Lesson, step: Step, name: str, data: dict[str, Any]) -> None:
    me = learner()
    demo = step.block("demo")
    if demo is not None:
        shown = scene_of(demo, lesson.demo)
        run = Run(shown.demo, loading.agent_of(shown.demo.name, shown.agents[0]), shown.level, shown.seed)
        ws.reveal(me.progress, name, data, run.outcome)


def _try(me: Learner, lesson: Lesson, step: Step, block: Block) -> None:
    name = ws.item_name(lesson, step, block)
    live = me.lives.get(f"{lesson.name}/{step.title}")
    if live is not None and holds(block.data["until"], live):
        me.progress.done.add(name)
    if name in me.progress.done:
        st.success(f"{filled(block.data['task'])} **Done.**", icon=":material/check_circle:")
    else:
        st.info(filled(block.data["task"]), icon=":material/check_box_outline_blank:")


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
    if "demo" in option:
        st.button(
            "Show the run that speaks against it", key=f"{name}/refute/{choice}", on_click=_refute,
            args=(key, option["demo"]),
        )  # fmt: skip


def _answered(name: str, key: str) -> None:
    me, choice = learner(), st.session_state.get(f"{name}/radio")
    if choice is not None:
        me.refuting.pop(key, None)
        me.progress.choose(name, choice)


def _refute(key: str, demo: dict[str, Any]) -> None:
    me = learner()
    me.refuting[key] = demo
    me.lives.pop(f"{key}/refuting", None)


def _sources(step: Step) -> None:
    """The works that a step cites, each with its full reference behind its name."""
    text = "\n".join(part if isinstance(part, str) else str(part.data) for part in step.parts)
    keys = cited(text)
    if not keys:
        return
    with st.container(horizontal=True):
        for key, secondary in keys.items():
            work = reference(key)
            with st.popover(work.short, icon=":material/article:"):
                st.markdown(f"{escape(work.full, quote=False)}\n\n<{work.url}>")
                if secondary:
                    st.caption(SECONDARY)
                if work.note:
                    st.caption(f"Note: {work.note}.")
                st.code(work.bibtex, language="bibtex", wrap_lines=True)


# --- the right column: what is shown


def _shown(me: Learner, lesson: Lesson, step: Step, key: str, block: Block) -> None:
    if block.kind == "measure":
        _measure(lesson, block.data)
        return
    predict = next((part for part in step.parts if isinstance(part, Block) and part.kind == "predict"), None)
    guessed = predict is None or ws.item_name(lesson, step, predict) in me.progress.chosen
    blind = bool(block.data.get("blind"))
    _scene(
        me,
        lesson,
        f"{lesson.name}/{step.title}",
        block.data,
        still=not guessed and not blind,
        blind=blind and not guessed,
    )


def _refuting(me: Learner, lesson: Lesson, key: str) -> None:
    st.markdown("**The run that speaks against it**")
    _scene(me, lesson, f"{key}/refuting", me.refuting[key])


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
        st.image(scene(live.demo, live.origin, live.runs[0].states[0], 2), width="stretch")
        st.caption("The start of the level. It runs once you have made your guess.")
        return
    side_by_side = live.demo.margin == 0 and len(live.runs) > 1
    places = st.columns(len(live.runs)) if side_by_side else [st.container() for _ in live.runs]
    for which, place in enumerate(places):
        with place:
            if len(live.runs) > 1 or blind:
                st.markdown(f"**Agent {'AB'[which]}**" if blind else f"**{live.runs[which].agent.name}**")  # type: ignore[union-attr]
            sent = payload(live, which)
            simple = len(live.runs) > 1 or blind or data.get("controls") == "watch"
            mount = f"{key}/{drawn}/canvas/{which}"
            canvas(
                mount, (covered(live, which, sent) if blind else sent) | {"simple": simple}, partial(_sent, key, mount)
            )
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
    demo = loading.demo_of(str(data.get("demo", lesson.demo)))
    levels = str(data.get("levels", "distinguishing"))
    st.html(table(demo, [str(agent) for agent in data["agents"]], levels))


def table(demo: Any, agents: list[str], levels: str) -> str:
    """Measured rates as an HTML table: a row for each agent, a column for each outcome, bars with intervals."""
    from ...study.measure import outcome_styles
    from ..lessons import UNMEASURED, agent_name

    styles = outcome_styles(demo)
    cell = "padding:3px 10px 3px 0;vertical-align:top"
    head = "".join(f'<th scope="col" style="{cell};text-align:left">{escape(name)}</th>' for name in styles)
    rows, counts = [], set()
    for agent in agents:
        try:
            name, rates = agent_name(demo, agent), rates_of(demo, agent, levels)
        except LessonError:
            name, rates = agent, None
        label = f'<th scope="row" style="{cell};text-align:left;white-space:nowrap">{escape(name)}</th>'
        if rates is None:
            rows.append(f'<tr>{label}<td colspan="{len(styles)}" style="{cell}">{UNMEASURED}</td></tr>')
            continue
        counts |= {int(rates[outcome]["n"]) for outcome in styles}
        cells = "".join(
            f'<td style="{cell};width:22%">{words.bar(rates[outcome], colour)}{words.rate(rates[outcome])}</td>'
            for outcome, (colour, _) in styles.items()
        )
        rows.append(f"<tr>{label}{cells}</tr>")
    n = f", n = {' or '.join(f'{count:,}' for count in sorted(counts))} levels each" if counts else ""
    title = {"training": "levels as in the agent's own training", "shifted": "shifted levels"}.get(
        levels, f"{levels} levels"
    )
    return (
        f"<div><b>How runs end on {escape(title)}</b>{n}, with 95 % intervals"
        f'<table style="width:100%;border-collapse:collapse;margin-top:6px;font-size:.9rem">'
        f"<tr><td></td>{head}</tr>{''.join(rows)}</table></div>"
    )


# --- the worksheet


def _worksheet() -> None:
    """Download and load the progress, as a worksheet."""
    me = learner()
    done = sum(me.progress.finished(name) for name in ws.items())
    st.markdown(
        f"{done} of {len(ws.items())} questions and tasks done. The worksheet holds your predictions and answers."
    )
    st.download_button(
        "Download", lambda: ws.write(me.progress), "worksheet.md", "text/markdown", key="worksheet-save",
    )  # fmt: skip
    st.file_uploader(
        "Load one (at most 200 kB; it replaces what is here)", type=["md"], key="worksheet-load", on_change=_load
    )
    for sentence in me.told:
        st.caption(sentence)


def _load() -> None:
    me, file = learner(), st.session_state.get("worksheet-load")
    if file is None:
        me.told = []
        return
    try:
        data = file.getvalue() if file.size <= ws.MOST_BYTES else file.read(ws.MOST_BYTES + 1)
        me.progress, me.told = ws.read(data)
        me.told = ["Loaded.", *me.told]
        me.lives.clear()
        me.refuting.clear()
        for key in [key for key in st.session_state if str(key).endswith("/radio")]:
            del st.session_state[key]
    except ws.WorksheetError as refused:
        me.told = [str(refused)]


# --- the questions before and after


def questions_page(pages: Pages) -> None:
    """Five cases before the lessons, five after, and how they compare."""
    me = learner()
    _headline("Ten cases you have not seen", "Invented ones: five before the lessons, five after them.")
    scores = ws.comparison(me.progress)
    started = any(ws.done_of(me.progress, lesson.title)[0] for lesson in ws.lessons())
    before, after = ("Five before the lessons", "Five after them")
    shown = st.segmented_control(
        "Which questions", [before, after], default=after if started or scores else before,
        key="questions-when", label_visibility="collapsed",
    )  # fmt: skip
    when = "after" if shown == after else "before"
    if when == "before":
        st.markdown(
            "For each, say what it is and why. You will learn how you did when you have answered the five after."
        )
    else:
        st.markdown("New settings, the same five kinds of cases in another order. Do lessons 1 to 3 before.")
    if scores:
        _scores(scores)
    names = [name for number in range(1, len(cases(when)) + 1) for name in ws.case_names(when, number)]
    handed_in = all(me.progress.finished(name) for name in names)
    for number, case in enumerate(cases(when), 1):
        with st.container(border=True):
            st.markdown(f"**{number}. {case.title}.** {case.told}")
            columns = st.columns(2, gap="medium")
            for column, name in zip(columns, ws.case_names(when, number), strict=True):
                item, given = ws.items()[name], me.progress.chosen.get(name)
                with column:
                    st.radio(
                        item.ask, range(len(item.options)), index=given[0] if given else None,
                        format_func=item.options.__getitem__, key=f"{name}/radio", disabled=handed_in,
                    )  # fmt: skip
                    if scores and given:
                        right = given[0] == item.right
                        st.markdown(FEEDBACK[right] + ("" if right else f" {item.options[item.right or 0]}"))
            if scores:
                st.markdown(case.explanation)
    if not handed_in:
        open_ones = sum(st.session_state.get(f"{name}/radio") is None for name in names)
        label = "Hand in" if not open_ones else f"Hand in ({open_ones} answers to go)"
        st.button(
            label, type="primary", disabled=open_ones > 0, on_click=_hand_in, args=(names,), key=f"hand-in-{when}"
        )
    elif when == "before":
        st.success("Handed in. Now to the first lesson.", icon=":material/check_circle:")
        st.page_link(pages()["lesson-1"], label=f"Lesson 1: {ws.lessons()[0].title}", icon=":material/arrow_forward:")


def _hand_in(names: list[str]) -> None:
    for name in names:
        learner().progress.choose(name, st.session_state[f"{name}/radio"])


def _scores(scores: list[ws.Score]) -> None:
    before, after = (sum(all(getattr(score, when)) for score in scores) for when in ("before", "after"))
    st.markdown(
        f"**Before the lessons {before} of {len(scores)}, after them {after} of {len(scores)}** (kind and reason right)"
    )
    rows = [f"| {score.kind} | {ws.mark(score.before)} | {ws.mark(score.after)} |" for score in scores]
    st.markdown("\n".join(["| kind of case | before | after |", "|---|---|---|", *rows]))
