"""How fast this is on this machine, against the budgets and against what could be done at best."""

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.pretrained import agent_names, load_agent
from ..agents.run_grid import Run
from ..rules.batch import Stream
from ..rules.compiled import rule
from ..rules.edit import draw_level
from ..rules.world import Demo
from .levels import shifted_config

LEVELS = 64
PICTURES = 300_000  # steps per second with the agent's picture, in every world; without it, what the world says
# (path in the output, whether more is better, budget): DESIGN.md, section 9
BUDGETS: tuple[tuple[str, bool, float], ...] = (
    ("film.gif_200_frames_s", False, 1.5),
    ("film.gif_bytes", False, 100 * 1024),
    ("import_demos_s", False, 0.3),
    ("app.edit_bytes", False, 52_000),  # half of what an edit cost when its answer was the whole page
    ("app.edit_processor_ms", False, 23),
    ("app.idle_page", False, 0.01),
    ("sessions.edit_time_p95_ms", False, 1000),
    ("votes.p95_ms", False, 500),
    ("votes.failed", False, 0),
    ("votes_in_a_flood.p95_ms", False, 1000),
    ("votes_in_a_flood.failed", False, 0),
)


@rule
def copy_windows(grounds, firsts, pictures):
    """Copy the bytes of a window out of every ground, in whole rows, and nothing else: what pictures cost at least."""
    for i in range(len(pictures)):
        lines, whole = pictures[i].reshape(pictures.shape[1], -1), grounds[i].reshape(grounds.shape[1], -1)
        left = np.uint64(firsts[i] * 3)
        for row in range(lines.shape[0]):
            for k in range(lines.shape[1]):
                lines[row, k] = whole[row, left + np.uint64(k)]


def bench(
    demos: Iterable[Demo], film: Callable[[Run, Path], Any] | None = None, seconds: float = 1.0
) -> dict[str, Any]:
    """All figures of `goalmisgen bench --json`.

    `film` writes a run as a GIF (it belongs to a room this one does not import). `seconds` is spent on each figure; the
    best of five parts counts, because other work on the machine only ever slows a part down.
    """
    worlds, live = {}, {}
    made: dict[str, Any] = {}
    for demo in demos:
        worlds[demo.name] = world(demo, seconds)
        if agent_names(demo):
            live[demo.name] = rollout(demo)
        if film and agent_names(demo) and not made:
            made = gif(demo, film)
    rollouts = [ms for figures in live.values() for ms in figures["rollout_200_steps_ms"]]
    edits = [ms for figures in live.values() for ms in figures["edit_ms"]]
    result: dict[str, Any] = {"worlds": worlds, "live": {}, "film": made, "import_demos_s": import_seconds()}
    if rollouts:
        result["live"] = {
            "rollout_200_steps_ms": round(statistics.median(rollouts), 1),
            "edit_median_ms": round(statistics.median(edits), 1),
            "edit_p95_ms": round(float(np.percentile(edits, 95)), 1),
        }
    result["minigrid"] = minigrid(seconds)
    return result


def world(demo: Demo, seconds: float) -> dict[str, Any]:
    """Steps per second with the agent's picture and without, random actions, levels renewed as they end; and the ratio
    of the former to a bare copy of the same bytes, measured in turn with it."""
    stream = Stream(demo, demo.training, LEVELS, 0)
    steps = 64
    actions = np.random.default_rng(0).integers(0, len(demo.actions), (steps, LEVELS))
    pixels = stream.pictures.shape[2]
    firsts = np.random.default_rng(1).integers(0, stream.grounds.shape[2] - pixels + 1, LEVELS)

    def pictured() -> int:
        for row in actions:
            stream.advance(row)
        return int(actions.size)

    def symbolic() -> int:
        stream.loops.scan(stream.config, stream.levels, stream.states, actions, LEVELS)
        return int(actions.size)

    def copied() -> int:
        for _ in range(steps):
            copy_windows(stream.grounds, firsts, stream.pictures)
        return int(actions.size)

    best = {"picture": 0.0, "copy": 0.0, "symbolic": 0.0}
    for work in (pictured, copied, symbolic):
        work()  # compiles
    for _ in range(5):
        for name, work in (("picture", pictured), ("copy", copied), ("symbolic", symbolic)):
            best[name] = max(best[name], per_second(work, seconds / 5))
    return {
        "picture_steps_per_s": round(best["picture"]),
        "symbolic_steps_per_s": round(best["symbolic"]),
        "symbolic_budget": demo.symbolic_budget,
        "copy_steps_per_s": round(best["copy"]),
        "picture_over_copy": round(best["picture"] / best["copy"], 3),
    }


def per_second(work: Callable[[], int], seconds: float) -> float:
    """Units per second of `work`, which returns how many it did, repeated for about `seconds`."""
    began, done = time.perf_counter(), 0
    while True:
        done += work()
        passed = time.perf_counter() - began
        if passed >= seconds:
            return done / passed


def rollout(demo: Demo, repeats: int = 11) -> dict[str, list[float]]:
    """Milliseconds per 200 steps of a run rolled from its start, and of edits in the middle of one."""
    agent = load_agent(demo, agent_names(demo)[0])
    config = shifted_config(demo, agent.config)
    levels = [draw_level(demo, config, seed) for seed in range(repeats)]
    Run(demo, agent, levels[0])
    per_200, edits = [], []
    for level in levels:
        began = time.perf_counter()
        run = Run(demo, agent, level)
        per_200.append(1000 * (time.perf_counter() - began) * 200 / run.steps)
        began = time.perf_counter()
        run.edit(run.steps // 4, level)
        edits.append(1000 * (time.perf_counter() - began))
    return {"rollout_200_steps_ms": per_200, "edit_ms": edits}


def gif(demo: Demo, film: Callable[[Run, Path], Any]) -> dict[str, Any]:
    """Seconds and bytes of a GIF, counted per 200 frames of the longest run among the first ten levels."""
    agent = load_agent(demo, agent_names(demo)[0])
    config = shifted_config(demo, agent.config)
    run = max((Run(demo, agent, draw_level(demo, config, seed)) for seed in range(10)), key=lambda run: run.steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.gif"
        film(run, path)
        began = time.perf_counter()
        film(run, path)
        passed = time.perf_counter() - began
        share = 200 / (run.steps + 1)
        return {"gif_200_frames_s": round(passed * share, 2), "gif_bytes": round(path.stat().st_size * share)}


def import_seconds() -> float:
    """Seconds that `import goalmisgen` takes in a fresh Python, beyond starting Python."""
    code = "import time; t = time.perf_counter(); import goalmisgen; print(time.perf_counter() - t)"
    home = str(Path(__file__).resolve().parents[3])
    paths = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    found = [
        float(subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": paths},
                             capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]  # fmt: skip
    return round(min(found), 4)


def minigrid(seconds: float) -> dict[str, Any] | None:
    """Steps per second of Minigrid's four rooms with pictures, a well-known peer; None where it is not installed."""
    if importlib.util.find_spec("minigrid") is None:
        return None
    import gymnasium as gym
    from minigrid.wrappers import RGBImgPartialObsWrapper

    env = RGBImgPartialObsWrapper(gym.make("MiniGrid-FourRooms-v0"))
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 3, 256)

    def work() -> int:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return len(actions)

    work()
    return {"picture_steps_per_s": round(per_second(work, seconds))}


def verdicts(result: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """(figure, value, budget, whether it is met) for every budget whose figure was measured."""
    found = []
    named = [(f"worlds.{name}.picture_steps_per_s", True, PICTURES) for name in result.get("worlds", {})]
    for name, told in result.get("worlds", {}).items():
        if told["symbolic_budget"]:
            named.append((f"worlds.{name}.symbolic_steps_per_s", True, told["symbolic_budget"]))
    for path, more, budget in (*named, *BUDGETS):
        value: Any = result
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            found.append((path, float(value), budget, value >= budget if more else value <= budget))
    return found
