"""The lessons as pages: predict, see, edit, explain, one step at a time; and the questions before and after them."""

import streamlit as st

from ...lessons import worksheet as ws
from ...lessons.classroom import step_name
from ...lessons.lesson import Block, Lesson, Step, number_of, parts
from ...lessons.numbers_in_text import cited
from .. import in_class, loading
from ..components.keep.keep import keep
from ..html.links import works
from ..html.said import say
from ..learner import Pages, headline, learner
from ..panels.lesson_blocks import KINDS, At, refuting
from .claims_page import lesson_claims

CLOSED = "Your teacher has not opened the next step yet. Wait for the class, then press again."
AFTER = 3  # the lesson from which on the questions of transfer are asked again
_STYLE = """<style>
[class*="st-key-help-after-a-while"] { animation: appear 0s 40s both; }
@keyframes appear { from { visibility: hidden; } to { visibility: visible; } }
@media (max-width: 640px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-lesson-picture) {
    flex-direction: column-reverse; gap: 1rem; }
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-lesson-picture) > [data-testid="stColumn"] {
    width: 100%; }
  [data-testid="stColumn"]:has(.st-key-lesson-picture .st-key-wide) { position: sticky; top: 3.75rem; z-index: 2;
    background: light-dark(#fff, #181715); }
}
</style>"""


def lesson_page(name: str, pages: Pages) -> None:
    """One lesson."""
    lesson = next(lesson for lesson in ws.lessons() if lesson.name == name)
    st.html(_STYLE)
    _lesson(lesson, pages)
    _onward(lesson, pages)


def _onward(lesson: Lesson, pages: Pages) -> None:
    """Links to what comes before and after the lesson."""
    all_lessons, number, found = ws.lessons(), number_of(lesson.name), pages()
    with st.container(horizontal=True):
        if number == 1:
            st.page_link(found["questions"], label="Five questions before you start", icon=":material/quiz:")
        if number < len(all_lessons):
            following = all_lessons[number]
            label = f"Lesson {number + 1}: {following.title}"
            st.page_link(found[following.page], label=label, icon=":material/arrow_forward:")
        if number >= AFTER:
            st.page_link(found["questions"], label="Five questions after the lessons", icon=":material/quiz:")
        st.page_link(found[lesson.demo], label="The demo, with all its controls", icon=":material/science:")
        st.page_link(found["claims"], label="The claims ledger", icon=":material/fact_check:")


@st.fragment
def _lesson(lesson: Lesson, pages: Pages) -> None:
    me = learner()
    steps = lesson.taught
    number = min(me.steps.get(lesson.name, 0), len(steps) - 1)
    step = steps[number]
    at = At(me, lesson, step, pages)
    headline(f"Lesson {number_of(lesson.name)}: {lesson.title}", _where(lesson, number), lesson.title)
    done, total = ws.done_of(me.progress, lesson.title)
    st.progress(done / max(total, 1))
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        st.markdown(f"#### {step.title}")
        scenes = _text(at)
        if scenes:
            _sources(step)
        _turn(at, steps, number)
    with right, st.container(key="lesson-picture"):
        if at.key in me.refuting:
            refuting(at)
        elif scenes:
            with st.container(key="wide" if is_wide(lesson, scenes) else "scenes"):
                for block in scenes:
                    show = KINDS[block.kind].right
                    assert show is not None
                    show(at, block)
        else:
            _sources(step)
    keep(me)
    if number + 1 == len(steps):
        _research(lesson, pages)


def is_wide(lesson: Lesson, scenes: list[Block]) -> bool:
    """Whether all that is shown is one low picture, which on a phone stays above the text while that is read."""
    first = scenes[0]
    if len(scenes) > 1 or first.kind != "demo" or "versus" in first.data or "map" in first.data or "maps" in first.data:
        return False
    demo = loading.entry_of(str(first.data.get("demo", lesson.demo)))
    return bool(getattr(demo, "margin", 0))


def _where(lesson: Lesson, number: int) -> str:
    """Where one is: part, lesson, step, minutes; at the first step also what one will be able to do."""
    every = parts()
    which = next((i for i, part in enumerate(every) if lesson.name in part.lessons), None)
    where = []
    if which is not None:
        names = every[which].lessons
        where = [f"Part {which + 1} · lesson {names.index(lesson.name) + 1} of {len(names)}"]
    where += [f"step {number + 1} of {len(lesson.taught)}", f"{lesson.minutes} min"]
    aim = lesson.say or (f"You will: {'; '.join(lesson.objectives)}." if lesson.objectives else "")
    return " · ".join([*where, *([aim] if aim and not number else [])])


def _turn(at: At, steps: tuple[Step, ...], number: int) -> None:
    """The buttons to the step before and to the next."""
    lesson, progress = at.lesson, at.me.progress
    row = st.container(horizontal=True)
    row.button("Back", on_click=_go, args=(lesson.name, number - 1), disabled=number == 0, key=f"{at.key}/back")
    if number + 1 < len(steps):
        ready = all(progress.finished(name) for name, item in ws.items().items() if _of(item, lesson, at.step))
        following = step_name(lesson, steps[number + 1])
        row.button(
            f"Next: {steps[number + 1].title}", on_click=_go_on, args=(lesson.name, number + 1, following),
            type="primary" if ready else "secondary", key=f"{at.key}/next",
        )  # fmt: skip
        if at.me.waits == following:
            st.info(CLOSED, icon=":material/lock:")


def _research(lesson: Lesson, pages: Pages) -> None:
    """What is for lecturers and researchers, folded."""
    with st.expander("For lecturers and researchers"):
        if lesson.objectives:
            st.markdown(f"**Objectives.** One can {'; '.join(lesson.objectives)}.")
        for step in lesson.research:
            st.markdown(f"#### {step.title}")
            for part in step.parts:
                if isinstance(part, str):
                    say(part, full=True)
            _sources(step)
    lesson_claims(lesson, pages)


def _of(item: ws.Item, lesson: Lesson, step: Step) -> bool:
    return (item.part, item.step) == (lesson.title, step.title)


def _go_on(name: str, to: int, following: str) -> None:
    """To the next step, unless the class's teacher has closed it."""
    me = learner()
    me.waits = following if in_class.closed(following) else ""
    if not me.waits:
        _go(name, to)


def _go(name: str, to: int) -> None:
    learner().steps[name] = to


def _text(at: At) -> list[Block]:
    """Write the step's text; what stands after a prediction appears once it was made. Returns the blocks to show."""
    scenes = []
    for block in at.step.parts:
        if isinstance(block, str):
            say(block)
            continue
        kind = KINDS[block.kind]
        if kind.right:
            scenes.append(block)
        if kind.left and not kind.left(at, block):
            break
    return scenes


def _sources(step: Step) -> None:
    """The works that a step cites, each with its full reference behind its name."""
    text = "\n".join(part if isinstance(part, str) else str(part.data) for part in step.parts)
    works(cited(text))
