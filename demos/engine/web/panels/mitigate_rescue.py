"""Rescue before one's eyes: demonstrations, rehearsal, and what is left of the skill."""

from typing import Any

import streamlit as st

from ...rules.world import Demo
from .. import loading, shared
from ..html import bars
from .laboratory import agent_box, updates

LIVE = 100  # levels of each kind that are played to see what came
STEPS = (1, 3, 10, 30, 100, 300, 1000)  # demonstrations to choose from


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """Choose an agent, how many levels are shown, and whether it rehearses; then watch what came of it."""
    from ...agents.pretrained import varied_agent
    from ...mitigate.plan import plan_of

    names, shows = [str(name) for name in plan_of(demo).agents["rescue"]], varied_agent(demo)
    who, many, how = st.columns([1.3, 2, 1.2], vertical_alignment="bottom")
    name = agent_box(who, "Network", demo, names, f"{demo.name}-rescue-agent")
    shown = many.select_slider(
        f"Levels shown by `{shows}`", STEPS, 100, key=f"{demo.name}-rescue-levels",
        help="In each the goals lie apart. The network learns to act as its teacher does there.",
    )  # fmt: skip
    rehearse = how.checkbox("Rehearse its own runs", value=True, key=f"{demo.name}-rescue-rehearse")
    st.radio(
        f"Before you look: after {shown:,} levels it will mostly go to", [*demo.goals[:2], "neither"], index=None,
        horizontal=True, key=f"{demo.name}-rescue-guess",
    )  # fmt: skip
    kept = st.session_state.setdefault(f"{demo.name}-rescued", {})
    asked = st.button("Teach it (about 15 seconds)", type="primary", key=f"{demo.name}-rescue-go")
    if asked and shared.allowed() and (turn := shared.turn()):
        with turn:
            kept[name, shown, rehearse] = _taught(demo, name, shows, shown, rehearse)
    if not kept:
        return
    st.html(bars.legend(demo))
    for tried in [(name, None, True), *(each for each in kept if each[0] == name)]:
        found = kept.get(tried) or _before(demo.name, name)
        _, levels, rehearsed = tried
        title = "before" if levels is None else f"{levels:,} levels" + ("" if rehearsed else ", not rehearsed")
        st.html(bars.divided(demo, f"{title}: levels that tell", found["telling"]))
        st.html(bars.divided(demo, f"{title}: its training levels", found["training"]))


def _taught(demo: Demo, name: str, shows: str, shown: int, rehearse: bool) -> dict[str, Any]:
    """What an agent does after so many levels in which another one shows the way."""
    from ...mitigate.rescue import by_demonstrations

    bar = st.progress(0.0, "watching the teacher")
    agent, teacher = loading.agent_of(demo.name, name), loading.agent_of(demo.name, shows)
    fresh = by_demonstrations(demo, agent, teacher, shown, 1, rehearse, progress=updates(bar, 0.9))
    bar.progress(0.95, f"playing {LIVE} levels of each kind")
    played = _played(demo, fresh)
    bar.empty()
    return played


@st.cache_data(show_spinner=False)
def _before(name: str, agent: str) -> dict[str, Any]:
    return _played(loading.demo_of(name), loading.agent_of(name, agent))


def _played(demo: Demo, agent: Any) -> dict[str, Any]:
    """Outcomes on distinguishing and on training levels."""
    from ...study.distinguishing import distinguishing_seeds
    from ...study.levels import measurement_seeds, shifted_config
    from ...study.measure_grid import summary
    from ...study.rollouts import rollouts

    seeds, _ = distinguishing_seeds(demo, LIVE, 1)
    own = measurement_seeds(demo, 1, 0, LIVE)
    return {
        "telling": summary(demo, rollouts(demo, agent, shifted_config(demo, agent.config), seeds)),
        "training": summary(demo, rollouts(demo, agent, agent.config, own)),
    }
