"""The ten cases: five before the lessons, five after them, and how they compare."""

import streamlit as st

from ...lessons import worksheet as ws
from ...lessons.transfer import cases
from ..components.keep.keep import keep
from ..html.said import say
from ..learner import FEEDBACK, Pages, headline, learner


def questions_page(pages: Pages) -> None:
    """Five cases before the lessons, five after, and how they compare."""
    me = learner()
    headline("Ten cases you have not seen", "Invented ones: five before the lessons, five after them.")
    keep(me)
    if not me.kept and st.runtime.exists():
        return  # what was answered before a reload is about to come
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
                say(case.explanation)
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
