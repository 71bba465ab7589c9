"""A run as one short text: whatever was edited, at whatever step, comes back from it."""

from itertools import islice
from urllib.parse import quote

import numpy as np
import pytest
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.pretrained import agent_names, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.agents.run_spec import MOST_CHARACTERS, Edit, Given, format_run, parse_run
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules import sprites
from goalmisgen.engine.rules.change import put
from goalmisgen.engine.rules.edit import BadLevel, draw_level
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import SCROLLS, agent_of, elsewhere

GOAL, ACTIONS = SCROLLS.goal_object, [name.replace(" ", "-") for name in SCROLLS.actions]
LINK = 2_000  # characters that a link may have
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # a run takes long to make; the text says what failed


@st.composite
def changes(draw, demo, level) -> str:
    """A change of some level of a demo, in words; it may be an impossible one."""
    rows, columns = (int(x) for x in level.extent)
    name = draw(st.sampled_from(editing.object_names(demo)))
    place = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1))
    match draw(st.sampled_from(["put", "put", "none", "tint", "tile tint", "paint", "draw", "set"])):
        case "put":
            return "{}={},{}".format(name, *draw(place))
        case "none":
            return f"{name}=none"
        case "tint":
            return f"{name}={draw(st.sampled_from(['#12ab3f', *sprites.COLOURS]))}"
        case "tile tint":
            return f"{draw(st.sampled_from(demo.tiles)).name}=#0a0b0c"
        case "paint":
            return "{},{}={}".format(*draw(place), draw(st.sampled_from(demo.tiles)).name)
        case "draw":
            others = [tile.name for tile in demo.tiles] + list(editing.object_names(demo))
            return f"{name}={draw(st.sampled_from([*others, *editing.looks_of(demo, name)]))}"
        case _ if demo.settings:
            setting = draw(st.sampled_from(demo.settings))
            return f"{setting.name}={setting.write(draw(st.sampled_from([setting.low, setting.usual, setting.high])))}"
    return f"{name}=red"


def intervene(run: Run, at: int, data) -> None:
    """Do something to a run at a step, if it is possible: edit it as a page does, or steer it."""
    demo = run.demo
    at = min(at, max(run.steps - 1, 0))
    if data.draw(st.integers(0, 4)) == 0:
        run.take(at, data.draw(st.lists(st.integers(0, len(demo.actions) - 1), min_size=1, max_size=6)))
        return
    level = run.level_at(at)
    try:
        words = data.draw(st.lists(changes(demo, level), min_size=1, max_size=3))
        run.edit(at, *put(demo, level, words, running=at > 0))
    except BadLevel:
        pass


def again(run: Run) -> Run:
    return Run(run.demo, run.agent, parse_run(run.demo, run.text), run.seed, run.greedy, run.config)


def told(run: Run) -> tuple[bytes, bytes, str, list[int]]:
    return (
        run.states["at"][: run.steps + 1].tobytes(), run.actions[: run.steps].tobytes(), run.outcome,
        np.flatnonzero(run.by_person[: run.steps]).tolist(),
    )  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(seed=st.integers(0, 400), shifted=st.booleans(), steps=st.lists(st.integers(0, 60), max_size=10), data=st.data())
def test_a_run_with_any_edits_comes_back_from_its_text(demo, seed, shifted, steps, data) -> None:
    agent = load_agent(demo, agent_names(demo)[0])
    run = Run(demo, agent, draw_level(demo, demo.shifted if shifted else demo.training, seed), seed)
    for at in sorted(steps):
        intervene(run, at, data)
    assert told(again(run)) == told(run)
    assert again(run).text == run.text
    assert len(quote(run.text)) < LINK - 200  # the rest of the address


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(seed=st.integers(0, 400), steps=st.lists(st.integers(0, 60), max_size=4), data=st.data())
def test_a_run_with_any_edits_comes_back_from_its_file(demo, seed, steps, data) -> None:
    agent = load_agent(demo, agent_names(demo)[0])
    run = Run(demo, agent, draw_level(demo, demo.shifted, seed), seed)
    for at in sorted(steps):
        intervene(run, at, data)
    for actor in (None, agent):
        assert told(run_files.replayed(run_files.data(run), demo, actor)) == told(run)


def test_the_text_is_short_and_can_be_read() -> None:
    run = Run(SCROLLS, load_agent(SCROLLS, agent_of(SCROLLS)), draw_level(SCROLLS, SCROLLS.shifted, 7), 0)
    assert run.text == "shifted:7"
    (there, _), tint = next(elsewhere(SCROLLS, run.level, running=True)), f"{GOAL}=red"
    run.edit(5, *put(SCROLLS, run.level, [there, tint], running=True))
    run.take(8, [3, 3, 2])
    assert run.text == f"shifted:7;5:{there};{tint};8:steer={ACTIONS[3]}*2,{ACTIONS[2]}"
    typed = parse_run(SCROLLS, f" shifted : 7 ;5: {there}; {tint};8:steer={ACTIONS[3]}*2, {ACTIONS[2]} ")
    assert told(Run(SCROLLS, run.agent, typed)) == told(run)


def test_a_level_of_ones_own_and_long_texts_come_back_too() -> None:
    level = editing.copied(draw_level(SCROLLS, SCROLLS.training, 3))
    level.seed = -1
    text = format_run(SCROLLS, Given(level))
    assert text.startswith("level:") and parse_run(SCROLLS, text).level.tobytes() == level.tobytes()
    steered = {t: (t * 7) % len(ACTIONS) for t in range(150)}
    packed = format_run(SCROLLS, Given(level, (), steered))
    assert packed.startswith("zip:") and parse_run(SCROLLS, packed).steered == steered


def test_edits_at_one_step_are_one_and_a_body_keeps_its_start() -> None:
    run = Run(SCROLLS, load_agent(SCROLLS, agent_of(SCROLLS)), draw_level(SCROLLS, SCROLLS.shifted, 7), 0)
    start = run.first.objects[0].tolist()
    there = "{}={:g},{:g}".format(SCROLLS.kinds[0].name, *start)
    (first, _), (second, spot) = islice(elsewhere(SCROLLS, run.level, running=True), 2)
    for place in (first, second, there):
        run.edit(6, *put(SCROLLS, run.level, [place], running=True))
    (only,) = run.edits
    assert isinstance(only, Edit) and only.moved == {1: spot, 0: tuple(start)}
    assert run.level.objects[0].tolist() == start and run.states[6].at[0].tolist() == start


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "begins with its level"),
        (f"{GOAL}=3,4", "begins with its level"),
        ("shifted:x", "begins with its level"),
        ("shifted:99999999999999999999999", "begins with its level"),
        ("shifted:7;", "is not a change"),
        (f"shifted:7;9:{GOAL}=3,4;5:{GOAL}=none", "Step 5 comes after step 9"),
        (f"shifted:7;999:{GOAL}=none", f"end before {SCROLLS.timeout}"),
        ("shifted:7;5:steer=fly", "'fly' is not an action"),
        (f"shifted:7;5:steer={ACTIONS[0]}*0", "is not an action"),
        (f"shifted:7;5:steer={ACTIONS[0]}*999999", f"at most until step {SCROLLS.timeout}"),
        (f"shifted:7;5:{GOAL}=nan,4", "outside the level"),
        ("shifted:7;5:level=AAAA", "damaged"),
        ("zip:AAAA", "damaged"),
        ("shifted:7;" + f"{GOAL}=red;" * MOST_CHARACTERS, "at most"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadLevel, match=said) as refused:
        parse_run(SCROLLS, text)
    assert "\n" not in str(refused.value) and str(refused.value).endswith(".")


def test_an_edit_after_the_end_is_refused() -> None:
    agent = load_agent(SCROLLS, agent_of(SCROLLS))
    for words in (f"150:{GOAL}=none", f"150:steer={ACTIONS[0]}"):
        with pytest.raises(BadLevel, match="ends at step"):
            Run(SCROLLS, agent, parse_run(SCROLLS, f"training:13;{words}"))
