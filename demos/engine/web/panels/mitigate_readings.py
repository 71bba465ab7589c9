"""Two readings of one training, trained before one's eyes; a click says which was meant; then a network follows it."""

from collections import Counter
from typing import Any

import imageio.v3 as iio
import numpy as np
import streamlit as st

from ...rules import scene
from ...rules.edit import draw_level
from ...rules.grid import WAYS
from ...rules.level import record
from ...rules.world import Demo
from .. import loading, shared
from ..html import bars
from .laboratory import updates

LIVE = 100
LETTERS = ("A", "B")


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """Train two readings; see where each would go; choose; teach a network that followed the wrong goal."""
    from ...mitigate import readings

    key = f"{demo.name}-readings"
    st.markdown(
        f"Two networks learn from the same training pictures which of them show a success: {demo.intended} and "
        f"{demo.proxies[0]} are one place there. On pictures of other levels they are asked to **disagree**."
    )
    asked = st.button("Train two readings (about 20 seconds)", key=f"{key}-go", type="primary")
    if asked and shared.allowed() and (turn := shared.turn()):
        with turn:
            bar = st.progress(0.0, "drawing pictures")
            seen = _pictures(demo.name)
            seed = st.session_state[f"{key}-seed"] = st.session_state.get(f"{key}-seed", -1) + 1
            st.session_state[key] = readings.train(demo, seen, seed, progress=updates(bar))
            st.session_state.pop(f"{key}-taught", None)
            bar.empty()
    if key not in st.session_state:
        return
    both, walks = st.session_state[key], demo.actions == WAYS
    st.markdown(_found(demo, both))
    number = st.session_state.get(f"{key}-maze", 0)
    level = draw_level(demo, demo.shifted, _telling(demo.name)[number])
    st.markdown("One level that tells them apart. **Which goal was meant?**")
    for letter, reading, column in zip(LETTERS, both, st.columns([1, 1, 1.4]), strict=False):
        place = readings.likeliest(demo, reading, level)
        film = _ghost(demo, level, readings.way(demo, level, place) if walks else [place])
        column.image(film, caption=f"The ghost of reading {letter}", width=260)
        meant = walks and column.button(f"I meant {letter}", key=f"{key}-{letter}")
        if meant and shared.allowed() and (turn := shared.turn()):
            with turn:
                _teach(demo, reading, letter, key)
    if st.button("Another level", key=f"{key}-other"):
        st.session_state[f"{key}-maze"] = (number + 1) % len(_telling(demo.name))
        st.rerun(scope="fragment")
    taught = st.session_state.get(f"{key}-taught")
    if taught:
        letter, before, after = taught
        st.markdown(f"`corner-1:0`, taught the ways that reading {letter} takes in {readings.TAUGHT} mazes:")
        st.html(bars.legend(demo))
        st.html(bars.divided(demo, "before, mazes that tell", before))
        st.html(bars.divided(demo, "after, mazes that tell", after))
    st.caption(
        "Which moments of other levels the readings see was chosen by hand; where it was not, they did not part (the "
        "figure)."
    )


def _found(demo: Demo, both: Any) -> str:
    """Where both readings go in some mazes that tell, and whether that is what anybody meant."""
    from ...mitigate.readings import chosen_goal, likeliest

    levels = [draw_level(demo, demo.shifted, seed) for seed in _telling(demo.name)]
    mostly, lines = [], []
    for letter, reading in zip(LETTERS, both, strict=True):
        gone = Counter(chosen_goal(demo, level, likeliest(demo, reading, level)) for level in levels)
        mostly.append(gone.most_common(1)[0][0])
        lines.append(f"{letter}: " + ", ".join(f"{goal} {count}" for goal, count in gone.most_common()))
    told = f"In {len(levels)} levels that tell, they go to: {'; '.join(lines)}. "
    if "other" in mostly:
        return told + "**One found a third goal**, which fits the training pictures as well. Say no to both."
    return told + (
        "They part." if mostly[0] != mostly[1] else "**They do not part**: no label can choose. Train again."
    )


def _ghost(demo: Demo, level: Any, tiles: list[tuple[int, int]]) -> bytes:
    """A mouse on its way as a GIF that starts again after a while."""
    frames, state = [], record(demo.state)
    demo.start(level, 0, state)
    for tile in tiles:
        state.at[0] = tile
        frames.append(scene.scene(demo, level, state, 1))
    lasts = [200] * (len(frames) - 1) + [1500]
    return bytes(iio.imwrite("<bytes>", np.array(frames), extension=".gif", duration=lasts, loop=0))


def _teach(demo: Demo, reading: Any, letter: str, key: str) -> None:
    from ...mitigate.plan import plan_of
    from ...mitigate.readings import pupil
    from ...study.distinguishing import distinguishing_seeds
    from ...study.levels import shifted_config
    from ...study.measure_grid import summary
    from ...study.rollouts import rollouts

    name = str(plan_of(demo).agents["rescue"][0])
    agent, bar = loading.agent_of(demo.name, name), st.progress(0.0, "the reading shows the way")
    fresh = pupil(demo, reading, name, 1, progress=updates(bar, 0.9))
    bar.progress(0.95, f"playing {LIVE} mazes")
    seeds, _ = distinguishing_seeds(demo, LIVE, 1)
    config = shifted_config(demo, agent.config)
    before, after = (summary(demo, rollouts(demo, each, config, seeds)) for each in (agent, fresh))
    bar.empty()
    st.session_state[f"{key}-taught"] = (letter, before, after)


@st.cache_resource(show_spinner="Drawing training pictures (once)")
def _pictures(name: str) -> Any:
    from ...mitigate.readings import pictures

    return pictures(loading.demo_of(name), 1, labelled=3000, unlabelled=800)


@st.cache_data(show_spinner=False)
def _telling(name: str) -> list[int]:
    from ...study.distinguishing import distinguishing_seeds

    return [int(seed) for seed in distinguishing_seeds(loading.demo_of(name), 12, 5)[0]]
