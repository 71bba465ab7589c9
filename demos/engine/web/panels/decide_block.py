"""A `decide` block on a lesson's page: bars and a run, or sliders to move."""

from typing import Any

import streamlit as st

from ...agents.called import label
from ...agents.pretrained import AgentError
from ...lessons.catalogue import LessonError
from ...lessons.tasks_decision import PLANNER, DecisionScene, decision_scene
from ..learner import Learner
from ..pages.decision_page import bars, sliders
from .decision_stepper import run_of, stepper


def show(me: Learner, key: str, data: dict[str, Any], default: str, still: bool) -> None:
    """What the block shows; while `still`, before a guess is made, only what it is about."""
    try:
        if key not in me.decisions:
            me.decisions[key] = decision_scene(data, default)
        scene = me.decisions[key]
        if still and not scene.play:
            st.info(_about(scene) + " It is shown once you have made your guess.", icon=":material/visibility_off:")
            return
        st.markdown(_about(scene))
        if scene.shown:
            shown = [slider for slider in scene.demo.sliders if slider.name in scene.shown]
            scene.values = sliders(scene.demo, f"{key}/slider", shown, scene.given)
        if not scene.play:
            agents = [] if scene.who == PLANNER else [scene.who]
            bars(scene.demo, scene.values, agents)
        if not scene.shown:
            _run(scene, f"{key}/run")
    except (AgentError, LessonError) as refused:
        st.warning(f"This cannot be shown: {refused}")


def now(me: Learner, key: str) -> DecisionScene | None:
    """What the block of a step shows now; None where there is none."""
    scene = me.decisions.get(key)
    if scene is not None:
        for name in scene.shown:
            scene.values[name] = float(st.session_state.get(f"{key}/slider-{name}", scene.values[name]))
        scene.run = st.session_state.get(f"{key}/run")
    return scene


def refute(me: Learner, key: str, shown: dict[str, Any]) -> None:
    """Open something, the data of a block by its kind, in place of what a step shows; from its beginning."""
    clear(me, f"{key}/refuting")
    me.lives.pop(f"{key}/refuting", None)
    me.refuting[key] = shown


def clear(me: Learner, key: str) -> None:
    """Forget what the block of a step showed: its run and where its sliders stood."""
    me.decisions.pop(key, None)
    for name in [
        name for name in st.session_state if str(name) == f"{key}/run" or str(name).startswith(f"{key}/slider-")
    ]:
        del st.session_state[name]


def _run(scene: DecisionScene, key: str) -> None:
    fresh = key not in st.session_state
    run = run_of(scene.demo, key, scene.given, scene.seed)
    if fresh and not scene.play:
        run.finish(scene.chooser())
    stepper(scene.demo, run, key, "" if scene.play else scene.who, beside=False)


def _about(scene: DecisionScene) -> str:
    other = "The planner, who knows the rules," if scene.who == PLANNER else label(scene.demo, scene.who)
    who = "You choose" if scene.play else other
    at = ", ".join(
        f"{s.title.lower()} {scene.given[s.name]:g}" for s in scene.demo.sliders if s.name not in scene.shown
    )
    return f"**{who}**" + (f" at {at}." if at else ".")
