"""The blocks of a lesson: what each asks in the left column, and what it shows in the right one.

`KINDS` is the table of them; a page goes through a step's blocks and does what it says.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from ...agents.run_grid import Run
from ...lessons import calibration
from ...lessons import worksheet as ws
from ...lessons.lesson import Block, Lesson, Step, grid_scene, shown_of
from ...lessons.numbers_in_text import filled
from ...lessons.tasks_decision import decision_scene
from ...lessons.tasks_decision import holds as decided
from ...lessons.tasks_grid import holds
from ...lessons.tasks_text import Answers
from ...lessons.tasks_text import holds as answered
from ...study.kinds import DECISION, GRID, TEXT, Kind, kind_of
from .. import in_class, loading
from ..components.canvas.live import apply_edit
from ..html import decision, tables
from ..html.said import say
from ..learner import FEEDBACK, Learner, Pages, learner
from . import ask_block, decide_block, lesson_scene, recap_block, sort_block

HELP = "help-after-a-while"  # begins the key of what appears when a task has stood there for a while


class At(NamedTuple):
    """Where a block stands: whose lesson, which step of it, and the pages to go to."""

    me: Learner
    lesson: Lesson
    step: Step
    pages: Pages

    @property
    def key(self) -> str:
        """Names the step where widgets are named."""
        return f"{self.lesson.name}/{self.lesson.steps.index(self.step)}"

    @property
    def table(self) -> str:
        """Names what the step shows: its runs, or what a decision has on the table."""
        return f"{self.lesson.name}/{self.step.title}"

    def asked(self, block: Block) -> str:
        """Names a question to a network."""
        return f"{self.table}/{self.step.parts.index(block)}"

    def item(self, block: Block) -> str:
        """Names a question or task in the learner's progress."""
        return ws.item_name(self.lesson, self.step, block)

    @property
    def guessed(self) -> bool:
        """Whether the step's prediction was made, if it asks for one."""
        predict = self.step.first("predict")
        return predict is None or self.item(predict) in self.me.progress.chosen


class BlockKind(NamedTuple):
    """What is done with a block: `left` asks it, and says whether what stands after it may appear; `right` shows it."""

    left: Callable[[At, Block], bool] | None = None
    right: Callable[[At, Block], None] | None = None


# --- the left column: what is asked


def _predict(at: At, block: Block) -> bool:
    """Ask for a prediction, then say what came true. Returns whether it was made and the answer seen."""
    name, data = at.item(block), block.data
    given = at.me.progress.chosen.get(name)
    if not given:
        options = data["options"]
        choice = st.radio(
            f"**{filled(data['ask'])}**", at.me.progress.order(name, options, bool(data.get("fixed"))), index=None,
            format_func=options.__getitem__, key=f"{name}/radio",
        )  # fmt: skip
        if not data.get("poll"):  # of a poll nothing comes true
            st.segmented_control("How sure are you?", ws.SURE, key=f"{name}/sure")
        st.button(
            "This is my guess", key=f"{name}/guess", type="primary", disabled=choice is None,
            on_click=_guess, args=(name, data),
        )  # fmt: skip
        return False
    sure = f", {ws.SURE[at.me.progress.sure[name]]}" if name in at.me.progress.sure else ""
    say(f"**{data['ask']}**\n\nYou said: *{data['options'][given[0]]}*{sure}.")
    in_class.guesses(name, given[0])
    if "outcomes" in data and name not in at.me.progress.came:
        if not _watched(at):
            st.button(
                "I have seen the run: what happened?", key=f"{name}/reveal", on_click=_reveal,
                args=(at.lesson, at.step, name, data),
            )  # fmt: skip
            return False
        _reveal(at.lesson, at.step, name, data)
    came = at.me.progress.came.get(name)
    if came is not None and not data.get("poll"):
        what = "none of these" if came == ws.NONE_CAME else data["options"][came]
        word = "What happened" if "outcomes" in data else "Answer"
        st.markdown(f"{FEEDBACK[came == given[0]]} {word}: *{what}*.")
    if "reveal" in data:
        say(data["reveal"])
    return True


def _watched(at: At) -> bool:
    """Whether the step's run, as the scene put it, was watched to the step that decides it."""
    live = at.me.lives.get(at.table)
    return live is not None and not live.past and live.seen == live.version


def _guess(name: str, data: dict[str, Any]) -> None:
    choice = st.session_state.get(f"{name}/radio")
    if choice is not None:
        me = learner()
        _hand_in(me, name, choice)
        calibration.note(me.progress, name, st.session_state.get(f"{name}/sure"))
        if "outcomes" not in data:  # else it is told once the run was watched
            ws.reveal(me.progress, name, data, "")


def _hand_in(me: Learner, name: str, choice: int) -> None:
    """Note a guess or an answer, for the learner and for the class."""
    me.progress.choose(name, choice)
    in_class.guess(name, choice)


def _reveal(lesson: Lesson, step: Step, name: str, data: dict[str, Any]) -> None:
    me = learner()
    demo, ask, decide = (step.block(kind) for kind in ("demo", "ask", "decide"))
    if ask is not None:
        ws.reveal(me.progress, name, data, ask_block.outcome(ask, lesson.demo))
    elif decide is not None:
        ws.reveal(me.progress, name, data, decision_scene(decide, lesson.demo).outcome())
    elif demo is not None:
        shown = grid_scene(demo, lesson.demo)
        run = Run(shown.demo, loading.agent_of(shown.demo.name, shown.agents[0]), shown.level, shown.seed)
        ws.reveal(me.progress, name, data, run.outcome)


def _drawn(at: At, block: Block) -> bool:
    """Ask for a curve, then say what was measured. Returns whether it was drawn."""
    data = block.data
    say(f"**{data['ask']}**")
    if at.item(block) not in at.me.progress.drawn:
        st.caption("Draw your curve beside this, then hand it in. What was measured appears over it.")
        return False
    if "reveal" in data:
        say(data["reveal"])
    return True


def _try(at: At, block: Block) -> bool:
    """A task, ticked off once it is done and the run was watched. Returns whether what follows may appear."""
    name, data, me = at.item(block), block.data, at.me
    if name not in me.progress.done and _is_done(at, data["until"]):
        me.progress.done.add(name)
        if at.table in me.lives:
            me.ended[name] = me.lives[at.table].runs[0].outcome
    if name in me.progress.done:
        st.success(f"{filled(data['task'])} **Done.**", icon=":material/check_circle:")
        said = next((says for which, says in data.get("then", {}).items() if me.ended.get(name) in which.split()), "")
        if said:
            say(said)
        return True
    st.info(filled(data["task"]), icon=":material/check_box_outline_blank:")
    if not data.get("gate") or name in me.skipped:
        return True
    if "hint" in data:
        st.caption(f"A hint: {filled(data['hint'])}")
    with st.container(horizontal=True, key=f"{HELP}-{at.lesson.steps.index(at.step)}"):
        st.button("Show me how", key=f"{name}/how", on_click=_show_how, args=(at.table,))
        st.button("Skip", key=f"{name}/skip", on_click=me.skipped.add, args=(name,))
    return False


def _is_done(at: At, until: str) -> bool:
    live, table = at.me.lives.get(at.table), decide_block.now(at.me, at.table)
    if live is not None:
        return holds(until, live) and live.seen == live.version
    if table is not None:
        return decided(until, table)
    answers = _answers(at)
    return answers is not None and answered(until, answers)


def _show_how(table: str) -> None:
    """Let the network play the level of a step as the scene put it."""
    me = learner()
    if table in me.lives:
        live = me.lives[table]
        apply_edit(live, {"seq": live.ack + 1, "kind": "reset"})
        me.helped[table] = me.helped.get(table, 0) + 1


def _answers(at: At) -> Answers | None:
    """What the networks of the step's question reply to it as it stands."""
    ask = at.step.first("ask")
    return ask_block.answers(at.asked(ask), ask.data, at.lesson.demo) if ask else None


def _quiz(at: At, block: Block) -> bool:
    """A question; a wrong answer runs what speaks against it, and the question stays open."""
    name, data = at.item(block), block.data
    given = at.me.progress.chosen.get(name, [])
    texts = [option["text"] for option in data["options"]]
    order = at.me.progress.order(name, texts, bool(data.get("fixed")))
    choice = st.radio(
        f"**{filled(data['ask'])}**", order, index=order.index(given[-1]) if given else None,
        format_func=texts.__getitem__, key=f"{name}/radio", on_change=_answered, args=(name, at.key, data),
    )  # fmt: skip
    if choice is None:
        return True
    option = data["options"][choice]
    if option.get("right"):
        st.success(filled(option.get("feedback", "Yes.")), icon=":material/check_circle:")
        in_class.guesses(name, *given[:1])
    else:
        st.warning(filled(option.get("feedback", "Not this one.")), icon=":material/visibility:")
    return True


def _answered(name: str, key: str, data: dict[str, Any]) -> None:
    me, choice = learner(), st.session_state.get(f"{name}/radio")
    if choice is None:
        return
    me.refuting.pop(key, None)
    _hand_in(me, name, choice)
    shown = shown_of(data["options"][choice])
    if shown:
        decide_block.refute(me, key, shown)


def _sort(at: At, block: Block) -> bool:
    sort_block.cards(at.me, at.lesson, at.step, block, at.key, at.pages)
    return True


def _recap(at: At, block: Block) -> bool:
    recap_block.table(at.me, at.lesson, at.key, block)
    return True


def _note(at: At, block: Block) -> bool:
    name = at.item(block)
    st.text_area(
        filled(block.data["ask"]), at.me.progress.notes.get(name, ""), max_chars=ws.MOST_NOTE, key=f"{name}/note",
        on_change=_noted, args=(name,), help="For you alone: it is kept in your worksheet, and not marked.",
    )  # fmt: skip
    return True


def _noted(name: str) -> None:
    learner().progress.notes[name] = str(st.session_state.get(f"{name}/note", ""))[: ws.MOST_NOTE]


# --- the right column: what is shown


def _demo(at: At, block: Block) -> None:
    blind, plays = bool(block.data.get("blind")), block.data.get("controls") == "play"
    predicts = at.step.first("predict") is not None and not plays  # who plays does not wait for a guess
    lesson_scene.show(
        at.me, at.lesson, at.table, block.data,
        lesson_scene.How(
            still=predicts and not at.guessed and (not blind or bool(block.data.get("map"))),
            blind=blind and not at.guessed, begun=predicts and at.guessed and not blind,
            played=at.me.helped.get(at.table, 0), task=at.step.first("try") is not None,
        ),
    )  # fmt: skip


def _ask(at: At, block: Block) -> None:
    ask_block.show(at.asked(block), block.data, at.lesson.demo, not at.guessed)


def _decide(at: At, block: Block) -> None:
    decide_block.show(at.me, at.table, block.data, at.lesson.demo, still=not at.guessed)


def _measure(at: At, block: Block) -> None:
    data = block.data
    demo = loading.entry_of(str(data.get("demo", at.lesson.demo)))
    levels = data.get("levels", "distinguishing")
    for each in [levels] if isinstance(levels, str) else levels:
        st.html(_MEASURED[kind_of(demo)](demo, data["agents"], each))


_MEASURED: dict[Kind, Callable[[Any, list[str], str], str]] = {
    GRID: tables.rates, TEXT: partial(tables.rates, means=False), DECISION: decision.measured_in
}  # fmt: skip


def _curve(at: At, block: Block) -> None:
    """The axes of a study to draw on, and once a curve was handed in what was measured below it."""
    from ...study.studies import StudyError
    from ..components.figure import figure

    name, data = at.item(block), block.data
    try:
        shown = figure.to_draw(data["study"], data["quantity"], data.get("panel"), at.me.progress.drawn.get(name))
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


def _board(at: At, block: Block) -> None:
    sort_block.board(at.me, at.lesson, at.step, block, at.key)


def refuting(at: At) -> None:
    """What speaks against the answer that was given."""
    if at.step.block("sort"):
        sort_block.above_the_run(at.me, at.lesson, at.key, at.pages)
    else:
        st.markdown("#### Watch this")
    shown, key = at.me.refuting[at.key], f"{at.key}/refuting"
    if "decide" in shown:
        decide_block.show(at.me, key, shown["decide"], at.lesson.demo, still=False)
    elif "ask" in shown:
        ask_block.show(key, shown["ask"], at.lesson.demo, still=False)
    else:
        data = {"controls": "watch"} | shown["demo"]
        lesson_scene.show(at.me, at.lesson, key, data, lesson_scene.How(begun=True))


KINDS = {
    "demo": BlockKind(right=_demo),
    "ask": BlockKind(right=_ask),
    "decide": BlockKind(right=_decide),
    "measure": BlockKind(right=_measure),
    "predict": BlockKind(_predict),
    "draw": BlockKind(_drawn, _curve),
    "try": BlockKind(_try),
    "sort": BlockKind(_sort, _board),
    "quiz": BlockKind(_quiz),
    "recap": BlockKind(_recap),
    "note": BlockKind(_note),
    "stage": BlockKind(),
}
