"""A run of a decision demo on a page, choice by choice: an agent's, the planner's, or the person's."""

import html
from functools import lru_cache
from typing import Any

import streamlit as st

from ...rules.decision import SIMULATED, DecisionDemo, Values, View

THE = {"planner": "the planner"}  # as it stands in a sentence
_BOARD = (  # cells are buttons: square, with large signs
    "<style>[class*='st-key-board-'] button{width:64px;height:64px;border-radius:6px}"
    "[class*='st-key-board-'] button p{font-size:2rem;font-weight:700}"
    "[class*='st-key-board-'] [data-testid=stColumn]{min-width:0;flex:1 1 0}"  # rows stay rows on phones
    "[class*='st-key-board-'] button:is(:disabled,:disabled:hover){opacity:1;color:inherit}</style>"
)


def values_key(demo: DecisionDemo, values: Values) -> tuple[tuple[str, float], ...]:
    """The sliders' values as what caches are asked for."""
    return tuple((slider.name, float(values[slider.name])) for slider in demo.sliders)


@lru_cache(maxsize=32)
def planner_at(demo: DecisionDemo, values: tuple[tuple[str, float], ...]) -> Any:
    """The planner at these values."""
    from ...agents.chooser import process_of
    from ...study.solve import Planner

    return Planner(process_of(demo, values))


def who_chooses(demo: DecisionDemo, name: str, values: Values) -> Any:
    """The planner or an agent by name."""
    from ...agents.chooser import load_chooser
    from ...study.solve import PLANNER

    return planner_at(demo, values_key(demo, values)) if name == PLANNER else load_chooser(demo, name)


def run_of(demo: DecisionDemo, key: str, values: Values, seed: int) -> Any:
    """The run on the page under this key; a new one where the values or the seed are others than its own."""
    from ...agents.run_decision import DecisionRun

    found = st.session_state.get(key)
    if found is None or found.values != dict(values) or found.seed != seed:
        found = st.session_state[key] = DecisionRun(demo, values, seed)
    return found


def stepper(demo: DecisionDemo, run: Any, key: str, who: str, beside: bool = True) -> None:
    """The run under way: where one is, what can be done, and what was, beside it or below.

    `who` chooses where the person does not; "" for nobody, and then nobody says what is best.
    """
    view = demo.view(run.values, run.state)
    left, right = st.columns([1.25, 1], gap="large") if beside else (st.container(), st.container())
    with left:
        st.markdown(f"**{view.says}**")
        if view.board:
            _board(run, view, key)
        if view.note:
            st.html(
                f'<div style="border:2px dashed rgba(128,128,128,.6);border-radius:8px;padding:8px 12px">'
                f'<div style="font-size:.8rem;opacity:.8">{SIMULATED}</div>'
                f'<div style="font-family:monospace;margin-top:4px">{html.escape(view.note)}</div></div>'
            )
        if run.actions:
            _actions(demo, run, view, key, who)
        else:
            st.success(f"The run is over: **{run.outcome}**. It was paid {run.total:g}.", icon=":material/flag:")
        row = st.container(horizontal=True)
        row.button("Begin again", key=f"{key}/again", on_click=_again, args=(key,), disabled=not run.choices)
        row.button("Take the last choice back", key=f"{key}/back", on_click=_back, args=(key,),
                   disabled=not run.choices)  # fmt: skip
    with right:
        st.html(history(run))


def _board(run: Any, view: View, key: str) -> None:
    actions = {place: action for action, place in view.at.items()}
    st.html(_BOARD)
    across = len(view.board[0])
    with st.container(width=80 * across, key=f"board-{key.replace('/', '-').replace(' ', '-')}"):
        for r, row in enumerate(view.board):
            for c, (place, sign) in enumerate(zip(st.columns(across, gap="small"), row, strict=True)):
                action = actions.get((r, c))
                place.button(
                    sign or "\u00a0", key=f"{key}/cell/{r}/{c}", disabled=action is None or action not in run.actions,
                    on_click=_act, args=(key, action), help=action,
                )  # fmt: skip


def _actions(demo: DecisionDemo, run: Any, view: View, key: str, who: str) -> None:
    """A button for every action that no cell stands for, and what the planner and the agent think of each."""
    from ...study.solve import PLANNER

    row = st.container(horizontal=True)
    for action in run.actions:
        if action not in view.at:
            row.button(action.capitalize(), key=f"{key}/act/{action}", on_click=_act, args=(key, action))
    if who:
        row.button(
            f"Let {THE.get(who, who)} choose", key=f"{key}/choose", type="primary", on_click=_choose, args=(key, who)
        )
        row.button("... to the end", key=f"{key}/finish", on_click=_choose, args=(key, who, True))
    if not who:
        return
    planner = who_chooses(demo, PLANNER, run.values)
    worths = dict(zip(run.actions, planner.worths(run.state), strict=True))
    told = f"At best still to come: {', '.join(f'**{name}** {worth:.2f}' for name, worth in _top(worths))}."
    if who != PLANNER:
        agent = who_chooses(demo, who, run.values)
        chances = dict(zip(run.actions, agent.consider(run.state, run.actions), strict=True))
        told += f"  \n{who}: {', '.join(f'**{name}** {100 * chance:.0f} %' for name, chance in _top(chances))}."
        if not agent.met(run.state):
            told += " It never was here in its training; its table says nothing."
    st.caption(told)


def _top(found: dict[str, float], most: int = 4) -> list[tuple[str, float]]:
    return sorted(found.items(), key=lambda each: -each[1])[:most]


def history(run: Any) -> str:
    """The choices of a run so far, newest last, as HTML."""
    if not run.choices:
        return '<div style="opacity:.7">No choice yet.</div>'
    rows = []
    for number, (action, chance, by) in enumerate(zip(run.choices, run.came, run.by, strict=True), 1):
        where = f" <small>({html.escape(chance.situation)})</small>" if chance.situation else ""
        paid = f"{chance.reward:+g}" if chance.reward else "0"
        rows.append(
            f'<tr><td style="padding:2px 8px 2px 0;vertical-align:top">{number}</td>'
            f'<td style="padding:2px 10px 2px 0;vertical-align:top"><b>{html.escape(action)}</b>{where}'
            f'<div style="font-size:.85rem;opacity:.85">{html.escape(by)}. {html.escape(chance.says)}</div></td>'
            f'<td style="padding:2px 0;vertical-align:top;text-align:right">{paid}</td></tr>'
        )
    return (
        f'<div style="max-height:46vh;overflow-y:auto"><table style="width:100%;border-collapse:collapse;'
        f'font-size:.92rem"><caption style="text-align:left"><b>So far</b>, paid {run.total:g}</caption>'
        f"{''.join(rows)}</table></div>"
    )


# --- what buttons do


def _act(key: str, action: str) -> None:
    run = st.session_state[key]
    if action in run.actions:
        run.act(action)


def _choose(key: str, who: str, to_the_end: bool = False) -> None:
    run = st.session_state[key]
    chooser = who_chooses(run.demo, who, run.values)
    if to_the_end:
        run.finish(chooser)
    elif run.actions:
        run.choose(chooser)


def _again(key: str) -> None:
    from ...agents.run_decision import DecisionRun

    run = st.session_state[key]
    st.session_state[key] = DecisionRun(run.demo, run.values, run.seed)


def _back(key: str) -> None:
    st.session_state[key].back()
