"""The layout of a decision demo's page: what is real, exact numbers that follow the sliders, and a run to act in."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import streamlit as st

from .... import module
from ...agents.called import label, line
from ...rules.decision import DecisionDemo, Slider, Values
from .. import loading, projector
from ..html import addresses, decision
from ..html.said import say
from ..panels.decision_stepper import run_of, stepper, values_key, who_chooses
from .gallery import look_alike
from .grid_page import NOTE

MOST_POINTS = 16  # along an axis of the phase diagram
SECONDS = 1.5  # that a diagram may take without being asked for
LONGEST = 120.0  # seconds; where it would take longer it has fewer points
NOBODY = "none"
MOST_SEED = 1 << 30
RUN = "One run, choice by choice"


def decision_page(name: str) -> None:
    """The page of one decision demo."""
    demo = demo_of(name)
    say(f"### {demo.question}\n{look_alike(demo)}**Real here:** {demo.real} **An analogy:** {demo.analogy}")
    say(f"**Reward:** {demo.reward} {demo.fits_too}")
    _open_link(demo)
    _stage(demo)


def demo_of(name: str) -> DecisionDemo:
    """The decision demo of this name."""
    return cast(DecisionDemo, loading.entry_of(name))


def agents_of(demo: DecisionDemo) -> list[str]:
    """The names of its bundled agents."""
    from ...agents.pretrained import agent_names

    return agent_names(demo)


def _open_link(demo: DecisionDemo) -> None:
    """Set the controls from the page's link, once. Untrusted: what cannot be read is left out.

    The page keeps its address, so that a reload comes back to what is on it.
    """
    if f"{demo.name}-opened" in st.session_state:
        return
    st.session_state[f"{demo.name}-opened"] = True
    query = st.query_params
    if query.get("agent") in [NOBODY, *agents_of(demo)]:
        st.session_state[f"{demo.name}-agent"] = query["agent"]
    for slider in demo.sliders:
        try:
            value = float(query.get(slider.name, ""))
        except ValueError:
            continue
        if slider.low <= value <= slider.high:
            st.session_state[f"{demo.name}-{slider.name}"] = value
    _open_run(demo, query.get("seed", ""), query.get("run", ""))


def _open_run(demo: DecisionDemo, seed: str, choices: str) -> None:
    """Begin the run of the page's link, and choose again what it names."""
    from ...agents.run_decision import DecisionRun
    from ...study.solve import PLANNER

    if not (seed.isascii() and seed.isdigit() and int(seed[:12]) <= MOST_SEED):
        return
    held = {slider.name: st.session_state.get(f"{demo.name}-{slider.name}") for slider in demo.sliders}
    values = demo.usual() | {name: round(value, 9) for name, value in held.items() if value is not None}
    st.session_state[f"{demo.name}-seed"] = int(seed)
    run = DecisionRun(demo, values, int(seed)).retold(choices, [PLANNER, *agents_of(demo)])
    st.session_state[f"{demo.name}-run"] = run
    if choices and not _has_board(demo, values):
        st.session_state[f"{demo.name}-tab"] = RUN


def _run_under_way(demo: DecisionDemo, values: Values) -> dict[str, str]:
    """What the page's address says of the run on it; nothing before the first choice."""
    run = st.session_state.get(f"{demo.name}-run")
    if run is None or run.values != dict(values) or not run.choices:
        return {}
    return {"seed": str(run.seed), "run": run.text}


@st.fragment
def _stage(demo: DecisionDemo) -> None:
    left, right = st.columns([2.1, 1], gap="large")
    with right:
        values = sliders(demo, demo.name, demo.sliders)
        agent = _controls(demo, values)
    held = {name: f"{value:.9g}" for name, value in values.items()}
    addresses.keep(held | {"agent": agent or NOBODY} | _run_under_way(demo, values))
    with left:
        bars(demo, values, [agent] if agent else [])
        if _has_board(demo, values):  # it is what one comes for
            _run(demo, values, agent)
    _tabs(demo, values, agent)


def _has_board(demo: DecisionDemo, values: Values) -> bool:
    return bool(demo.view(values, demo.begin(values)[0].state).board)


def sliders(demo: DecisionDemo, key: str, shown: Sequence[Slider], given: Values | None = None) -> dict[str, float]:
    """A control for each slider; returns the values of all. `given`: what they begin with, and keep where not shown."""
    values = demo.usual() | dict(given or {})
    columns = st.columns(2, gap="medium")
    for i, slider in enumerate(shown):
        field = f"{key}-{slider.name}"
        if field not in st.session_state:
            st.session_state[field] = float(values[slider.name])
        says = "; ".join(f"{value:g}: {words}" for value, words in slider.says.items())
        values[slider.name] = round(
            columns[i % 2].slider(
                slider.title, float(slider.low), float(slider.high), step=float(slider.step), key=field,
                help=". ".join(filter(None, (slider.help, says))), format="%g",
            ), 9,
        )  # fmt: skip
    return values


def _controls(demo: DecisionDemo, values: Values) -> str:
    """Which agent stands beside the planner; "" for none."""
    choices, field = [NOBODY, *agents_of(demo)], f"{demo.name}-agent"
    if st.session_state.get(field) not in choices:
        usual = [name for name in choices[1:] if _trained_at(demo, name) == demo.usual()]
        st.session_state[field] = [*usual, *choices[1:], NOBODY][0]
    chosen = st.selectbox("Trained agent, beside the planner", choices, key=field, format_func=partial(label, demo))
    recipe = demo.recipes.get(chosen.partition(":")[0])
    if recipe:
        st.caption(line(demo, chosen), help=f"`{chosen}`")
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    row.button("Usual values", key=f"{demo.name}-usual", on_click=_set, args=(demo, demo.usual()))
    if recipe:
        row.button("As it was trained", key=f"{demo.name}-own", on_click=_set, args=(demo, _trained_at(demo, chosen)))
    here = next((name for name in choices[1:] if _trained_at(demo, name) == values), "")
    if here and (not recipe or _trained_at(demo, chosen) != values):
        row.button(f"Trained here: {label(demo, here)}", key=f"{demo.name}-here", on_click=_take, args=(field, here))
    projector.switch(row)
    return "" if chosen == NOBODY else chosen


def _set(demo: DecisionDemo, values: Values) -> None:
    for slider in demo.sliders:
        st.session_state[f"{demo.name}-{slider.name}"] = float(values[slider.name])


def _trained_at(demo: DecisionDemo, agent: str) -> dict[str, float]:
    """The sliders' values that an agent was trained with."""
    return demo.usual() | dict(demo.recipes[agent.partition(":")[0]].config)


def _take(field: str, agent: str) -> None:
    st.session_state[field] = agent


def bars(demo: DecisionDemo, values: Values, agents: Sequence[str], planner: bool = True) -> None:
    """What planner and agents do at these values, worked out exactly, and whether an agent knows its way there."""
    from ...agents.chooser import process_at
    from ...study.solve import PLANNER, expected, quantities

    process = process_at(demo, values)
    told, strange = {}, []
    for name in ([PLANNER] if planner else []) + list(agents):
        chooser = who_chooses(demo, name, values)
        found = expected(process, chooser.policy(process))
        told[_called(demo, name)] = quantities(demo, found)
        if name != PLANNER:
            made = [v if process.actions[s] else 0.0 for s, v in enumerate(found.visits)]
            new = sum(v for s, v in enumerate(made) if not chooser.met(process.states[s]))
            if new > 0.005 * sum(made):
                strange.append(
                    f"For {100 * new / sum(made):.0f} % of its choices here the table of {name} says nothing: its "
                    "training had none of them, and it takes every action alike."
                )
    st.html(decision.compared(demo, told))
    for sentence in strange:
        st.warning(sentence, icon=":material/help:")
    st.caption("Worked out exactly, without sampling, from all chances of the rules at these sliders.")


def _called(demo: DecisionDemo, name: str) -> str:
    return {"planner": "planner, the exact optimum"}.get(name, label(demo, name))


def _tabs(demo: DecisionDemo, values: Values, agent: str) -> None:
    shown = {
        "Phase diagram": partial(_phase, demo, values),
        RUN: partial(_run, demo, values, agent),
        "What was published": partial(_published, demo),
        "What was measured": partial(_measured, demo),
        "The rules, and how they differ": partial(_about, demo),
    }
    if not demo.published:
        del shown["What was published"]
    if _has_board(demo, values):
        del shown[RUN]
    for tab, show in zip(st.tabs(list(shown), key=f"{demo.name}-tab", on_change="rerun"), shown.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _run(demo: DecisionDemo, values: Values, agent: str) -> None:
    from ...study.solve import PLANNER

    above = st.container()
    who_box, seed_box, _ = st.columns([1.6, 1, 2.4], vertical_alignment="bottom")
    names = [PLANNER, *([agent] if agent else [])]
    who = who_box.selectbox("Who chooses, where you do not", names, key=f"{demo.name}-who")
    seed = seed_box.number_input("Run", 0, MOST_SEED, step=1, key=f"{demo.name}-seed", help="The run's randomness.")
    key = f"{demo.name}-run"
    with above if _has_board(demo, values) else st.container():  # a board comes first
        stepper(demo, run_of(demo, key, values, int(seed)), key, who)


def _published(demo: DecisionDemo) -> None:
    st.html(decision.published(demo))
    st.markdown(demo.published_says)


def _measured(demo: DecisionDemo) -> None:
    from ...study.cards import cards_of
    from ...study.measure_decision import conditions, part_name

    cards = cards_of(demo)
    if not cards:
        st.info("No agent is measured yet; `goalmisgen measure` does it.")
        return
    abouts = {each.name: each.about for each in demo.conditions}
    for condition in conditions(demo, {}):
        told = abouts.get(condition, "as each was trained")
        for situation in ("", *(each.name for each in demo.situations)):
            drawn = decision.measured(demo, cards, part_name(condition, situation))
            if drawn:
                what = f"what was done where {situation}" if situation else "how runs ended"
                st.markdown(f"**{what.capitalize()}**, {told}")
                st.html(drawn)
    st.caption(
        "Sampled runs with 95 % intervals, every bundled seed in a row of its own. The n of a situation counts "
        "choices; those of one run are taken as independent."
    )


def _about(demo: DecisionDemo) -> None:
    st.markdown(module(demo.name).__doc__ or "")
    st.caption(NOTE)
    st.caption("The address of this page brings back its sliders and its agent.")


# --- the phase diagram


def _phase(demo: DecisionDemo, values: Values) -> None:
    """Where the planner does what, over two sliders."""
    from ...study.solve import planned

    titles = {slider.name: slider.title for slider in demo.sliders}
    names = list(titles)
    across, up, what = st.columns(3)
    x = across.selectbox("Across", names, index=len(names) - 1, format_func=titles.__getitem__, key=f"{demo.name}-x")
    others = [name for name in names if name != x]
    if st.session_state.get(f"{demo.name}-y") not in others:
        st.session_state.pop(f"{demo.name}-y", None)
    y = up.selectbox("Up", others, index=len(others) - 1, format_func=titles.__getitem__, key=f"{demo.name}-y")
    told = planned(demo, values_key(demo, values))
    start = list(told).index("gap") if "gap" in told else len(told) - 1
    quantity = what.selectbox("Shown", list(told), index=start, key=f"{demo.name}-quantity")
    by_name = {slider.name: slider for slider in demo.sliders}

    cost = _cost(demo, demo.name)
    points = int(min(MOST_POINTS, max(3.0, (LONGEST / cost) ** 0.5)))
    xs, ys = (ticks(by_name[name], points) for name in (x, y))
    key = (x, y, *(value for name, value in values.items() if name not in (x, y)))
    if len(xs) * len(ys) * cost > SECONDS and st.session_state.get(f"{demo.name}-phase") != key:
        asked = f"Work it out (about {len(xs) * len(ys) * cost:.0f} s)"
        if not st.button(asked, key=f"{demo.name}-phase-run"):
            return
        progress: Any = st.progress(0.0, "solving")
    else:
        progress = None
    cells = []
    for i, b in enumerate(ys):
        cells.append([planned(demo, values_key(demo, {**values, x: a, y: b}))[quantity] for a in xs])
        if progress:
            progress.progress((i + 1) / len(ys), "solving")
    if progress:
        progress.empty()
    st.session_state[f"{demo.name}-phase"] = key
    here = values[x], values[y]
    st.html(decision.phase(quantity, by_name[x], by_name[y], xs, ys, cells, here))
    st.caption(f"{len(xs) * len(ys)} exact solutions; the frame is where the sliders stand, or nearest to it.")


@st.cache_data(show_spinner=False)
def _cost(_demo: DecisionDemo, name: str) -> float:
    """Seconds of computing that one solution takes, whatever else this machine is doing."""
    from ...study.solve import exactly

    taken = []
    for _ in range(2):
        began = time.thread_time()
        exactly(_demo, _demo.usual())
        taken.append(time.thread_time() - began)
    return max(min(taken), 1e-4)


def ticks(slider: Slider, most: int) -> list[float]:
    """At most so many values of a slider, from its lowest to its highest."""
    count = round((slider.high - slider.low) / slider.step)
    every = -(-count // (most - 1))
    values = [slider.low + i * slider.step for i in range(0, count, every)]
    return [round(value, 9) for value in (*values, slider.high)]
