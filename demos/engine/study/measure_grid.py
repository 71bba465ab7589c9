"""How often each outcome comes: many episodes of one agent, with Wilson intervals over the levels.

Every recipe is measured on the same levels: a seed and an index fix a level, and the levels that tell the goals
apart are chosen by the world's geometry or by one reference agent, never by the agent that is measured.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

import numpy as np

from ..agents.pretrained import Actor, AgentError, agent_names, load_agent
from ..agents.run_grid import Run, choose, outcome_of
from ..files import write_text
from ..rules.batch import Batch, drawn_levels
from ..rules.change import changed
from ..rules.compiled import cache_folder
from ..rules.edit import draw_level
from ..rules.level import RUNNING, Level, records
from ..rules.rng import draw_int
from ..rules.world import Demo, Preset

AT_ONCE = 256  # levels stepped together
FIRST = 50  # episodes of a measurement that are kept one by one, so that it can be replayed
REFERENCE_RUNS = 10
MOST_TRIED = 50  # levels looked at for each distinguishing one wanted, before giving up
PARTS = ("training", "shifted", "distinguishing")
_Z = 1.959963984540054  # 95 %, two-sided

Progress = Callable[[int, int], None]  # (done, in all)
Decide = Callable[[Batch, np.ndarray, np.ndarray], np.ndarray]  # (batch, running, probabilities) -> probabilities


@dataclass(frozen=True)
class Rollouts:
    """The ends of `n` episodes."""

    outcomes: np.ndarray  # str[n], of `demo.outcomes`
    totals: np.ndarray  # float64[n], reward
    steps: np.ndarray  # int64[n]
    reached: np.ndarray  # int64[n, goals], step at which each goal was first reached; -1: never
    shortest: np.ndarray | None  # int64[n, goals], fewest steps to each goal, where the world can compute them
    ends: np.ndarray  # records[n], the last states
    seeds: np.ndarray  # int64[n], of the levels

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, which: np.ndarray) -> "Rollouts":
        """Those of these episodes, int64[k] places or bool[n]."""
        own: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        kept: dict[str, Any] = {name: None if value is None else value[which] for name, value in own.items()}
        return Rollouts(**kept)


def measurement_seeds(demo: Demo, seed: int, first: int, n: int) -> np.ndarray:
    """int64[n]: level seeds number `first` to `first + n - 1` of a measurement, below 2**40, where training begins.

    In a world of pairs every level is followed by the same one with its two objects' places exchanged.
    """
    numbers = np.arange(first, first + n)
    drawn = [(draw_int(seed, i, 0, 1 << 8) << 32) + draw_int(seed, i, 1, 1 << 32) for i in numbers // (1 + demo.paired)]
    seeds = np.array(drawn, np.int64)
    return seeds // 2 * 2 + numbers % 2 if demo.paired else seeds


def levels_config(demo: Demo, config: Any, shifted: bool) -> Any:
    """The world's shifted or training levels, with the reward and sight of `config`."""
    source = demo.shifted if shifted else demo.training
    differ = [k for k, v in demo.shifted._asdict().items() if v != getattr(demo.training, k)]
    return config._replace(**{k: getattr(source, k) for k in (*differ, *demo.also_shifted)})


def shifted_config(demo: Demo, config: Any) -> Any:
    """`config` with the world's shift: the agent's own reward and sight, on shifted levels."""
    return levels_config(demo, config, True)


def prepared_level(demo: Demo, preset: Preset, config: Any) -> Level:
    """The level of a preset for an agent of this config. Raises BadLevel where it cannot be changed so."""
    level = draw_level(demo, shifted_config(demo, config) if preset.shifted else config, preset.level_seed)
    return changed(demo, level, preset.changes)


def preset_run(demo: Demo, preset: Preset) -> Run:
    """The run that a preset shows. Raises AgentError or BadLevel with a sentence."""
    actor = load_agent(demo, preset.agent)
    return Run(demo, actor, prepared_level(demo, preset, actor.config))


def play(
    batch: Batch, agent: Actor, greedy: bool = False, decide: Decide | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Let the agent act in a started batch until every episode has ended; `decide` has the last word.

    Yields before every step the indices of the episodes still running, int64[k], the probabilities of the actions,
    float64[k, actions], and the values, float64[k]; while the caller looks, the states are those they belong to.
    """
    actions = np.zeros(batch.n, np.int64)
    while len(running := np.flatnonzero(batch.states.done == RUNNING)):
        probabilities, values = agent.consider(batch, running)
        yield running, probabilities, values
        if decide is not None:
            probabilities = decide(batch, running, probabilities)
        chosen = np.zeros(len(running), np.int64)
        choose(probabilities, batch.states[running], greedy, chosen)
        actions[running] = chosen
        batch.step(actions)


def rollouts(
    demo: Demo,
    agent: Actor,
    config: Any,
    level_seeds: Sequence[int] | np.ndarray,
    run_seeds: Sequence[int] | np.ndarray | None = None,
    greedy: bool = False,
    progress: Progress | None = None,
    levels: np.ndarray | None = None,
    decide: Decide | None = None,
) -> Rollouts:
    """Play one episode in each level, `AT_ONCE` of them together.

    `level_seeds`: int[n], drawn with `config`; or `levels`, records[n], played as they are. `run_seeds`: int[n], the
    randomness of the runs; None: the level seeds. An episode goes as `Run` with the same agent and seeds does, unless
    `decide` changes the probabilities of its actions before each step.
    """
    level_seeds = np.asarray(level_seeds, np.int64)
    run_seeds = level_seeds if run_seeds is None else np.asarray(run_seeds, np.int64)
    n = len(level_seeds)
    totals, steps = np.zeros(n), np.zeros(n, np.int64)
    reached = np.zeros((n, len(demo.goals)), np.int64)
    shortest = np.zeros_like(reached) if demo.shortest else None
    outcomes = np.empty(n, dtype=f"<U{max(map(len, demo.outcomes))}")
    ends = records(demo.state, n)

    for low in range(0, n, AT_ONCE):
        part = slice(low, min(low + AT_ONCE, n))
        batch = Batch(demo, config, part.stop - low)
        if levels is None:
            batch.generate(level_seeds[part])
        else:
            batch.levels[:] = levels[part]
        batch.start(run_seeds[part])
        for running, _, _ in play(batch, agent, greedy, decide):
            if progress:
                progress(part.stop - len(running), n)
        if progress:
            progress(part.stop, n)
        totals[part], steps[part], reached[part] = batch.states.total, batch.states.t, batch.states.reached
        ends[part] = batch.states
        outcomes[part] = [outcome_of(demo, *end) for end in zip(batch.levels, batch.states, strict=True)]
        if shortest is not None and demo.shortest is not None:
            shortest[part] = [demo.shortest(level) for level in batch.levels]
    return Rollouts(outcomes, totals, steps, reached, shortest, ends, level_seeds)


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate, `count` out of `n` (Wilson 1927); (0, 1) if n is 0."""
    if n == 0:
        return 0.0, 1.0
    rate, square = count / n, _Z * _Z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    reach = _Z / (1 + square / n) * float(np.sqrt(rate * (1 - rate) / n + square / (4 * n * n)))
    return (0.0 if count == 0 else middle - reach), (1.0 if count == n else middle + reach)


def rate_of(count: int, n: int) -> dict[str, float]:
    """A rate and its 95 % interval, as data; rounded to 4 digits."""
    low, high = wilson(count, n)
    return {"rate": round(count / max(n, 1), 4), "low": round(low, 4), "high": round(high, 4)}


def mean_of(values: np.ndarray) -> dict[str, float | int | None]:
    """The mean of float64[n] and its 95 % interval (normal), as data, over the episodes it applies to (not nan)."""
    found = values[~np.isnan(values)]
    if len(found) == 0:
        return {"mean": None, "low": None, "high": None, "n": 0}
    mean = float(found.mean())
    reach = _Z * float(found.std(ddof=1)) / len(found) ** 0.5 if len(found) > 1 else 0.0
    return {"mean": round(mean, 4), "low": round(mean - reach, 4), "high": round(mean + reach, 4), "n": len(found)}


def choice_of(first: np.ndarray, second: np.ndarray) -> dict[str, float | int | None]:
    """The share of decided episodes that the first of two objects won, where levels come in pairs.

    `first`, `second`: bool[n], which was reached, levels 2 k and 2 k + 1 being one with the objects' places exchanged.
    The 95 % interval is over pairs (ratio estimate, linearised).
    """
    won = first.astype(float).reshape(-1, 2).sum(1)
    decided = won + second.astype(float).reshape(-1, 2).sum(1)
    if not decided.sum():
        return {"mean": None, "low": None, "high": None, "n": 0}
    share, pairs = float(won.sum() / decided.sum()), len(won)
    spread = float(((won - share * decided) ** 2).sum()) * pairs / max(pairs - 1, 1)
    reach = _Z * spread**0.5 / float(decided.sum())
    low, high = max(0.0, share - reach), min(1.0, share + reach)
    return {"mean": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": int(decided.sum())}


def summary(demo: Demo, played: Rollouts) -> dict[str, Any]:
    """Rates of every outcome, and measures beside them, as data.

    Measures: `steps`, the mean length of an episode; `reward`, the share of episodes in which the agent got its
    reward; `steps_over_shortest`, where the world knows shortest ways: the mean number of steps beyond the shortest
    way to the goal that was reached first, over the episodes that reached one (None if none did); where the world
    counts more (`demo.measures`), the mean `return` and the mean of each of its measures with 95 % intervals; where
    levels come in pairs, the share of decided episodes in which the intended goal came first.
    """
    n = len(played)
    counts = {name: int((played.outcomes == name).sum()) for name in demo.outcomes}
    measures: dict[str, Any] = {
        "steps": round(float(played.steps.mean()), 2) if n else None,
        "reward": rate_of(int((played.totals > 0).sum()), n),
    }
    if played.shortest is not None:
        over = [
            played.reached[i, goal] - played.shortest[i, goal]
            for i in range(n)
            for goal, name in enumerate(demo.goals)
            if played.outcomes[i] == name
        ]
        measures["steps_over_shortest"] = round(float(np.mean(over)), 2) if over else None
    if demo.measures:
        measures["return"] = mean_of(played.totals)
        measures |= {each.name: mean_of(each.of(played.ends)) for each in demo.measures}
    if demo.paired and n % 2 == 0 and (played.seeds[::2] + 1 == played.seeds[1::2]).all():
        first, second = (played.outcomes == goal for goal in demo.goals[:2])
        measures[f"{demo.goals[0]} rather than {demo.goals[1]}"] = choice_of(first, second)
    return {
        "n": n,
        "outcomes": {name: rate_of(count, n) for name, count in counts.items()},
        "measures": measures,
        "first": first_episodes(played),
    }


def first_episodes(played: Rollouts) -> str:
    """What came of the first `FIRST` episodes, one by one: outcome and steps, such as `coin 38, end 141`."""
    return ", ".join(f"{end} {t}" for end, t in zip(played.outcomes[:FIRST], played.steps[:FIRST], strict=True))


def distinguishing_seeds(demo: Demo, n: int, seed: int, progress: Progress | None = None) -> tuple[np.ndarray, int]:
    """The first `n` level seeds of a measurement whose shifted level tells the goals apart.

    Returns int64[n] seeds and how many were looked at; fewer than `n` if hardly any level does. Where a reference agent
    decides, its verdicts are kept beside the compiled rules, under a name made of everything they depend on.
    """
    kept: list[int] = []
    verdicts = _Verdicts(demo, seed, demo.shifted)
    tried = 0
    while len(kept) < n and tried < MOST_TRIED * n:
        seeds = measurement_seeds(demo, seed, tried, AT_ONCE)
        for level_seed, apart in zip(seeds, verdicts.of_block(tried // AT_ONCE, seeds), strict=True):
            tried += 1
            if apart:
                kept.append(int(level_seed))
                if len(kept) == n:
                    break
        if progress:
            progress(len(kept), n)
    return np.array(kept, np.int64), tried


def alpha(demo: Demo, config: Any, n: int = 2000, seed: int = 1) -> dict[str, float | int]:
    """The share of a recipe's training levels, drawn with its `config`, that are distinguishing, as data.

    The alpha of Abdel Sadek et al. (2025), over `n` levels. Raises AgentError where the reference agent that decides is
    not there.
    """
    verdicts = _Verdicts(demo, seed, config)
    apart: list[bool] = []
    for first in range(0, n, AT_ONCE):
        seeds = measurement_seeds(demo, seed, first, min(AT_ONCE, n - first))
        apart += verdicts.of_block(first // AT_ONCE, seeds).tolist()
    return rate_of(sum(apart), n) | {"n": n}


def part_of(demo: Demo, name: str, config: Any, seeds: np.ndarray) -> np.ndarray:
    """bool[n]: which of the levels of these seeds belong to a part of the world's distinguishing levels."""
    return np.array([demo.parts[name].holds(level) for level in drawn_levels(demo, config, seeds)], bool)


_KNOWN: dict[bytes, bool] = {}  # what a reference agent said of levels, by the level: recipes share many


class _Verdicts:
    """Whether levels drawn with a config tell the goals apart, block by block of `AT_ONCE`.

    A reference agent judges them with its own reward and sight.
    """

    def __init__(self, demo: Demo, seed: int, config: Any) -> None:
        self.demo, self.seed = demo, seed
        self.agent = None if demo.distinct else load_agent(demo, demo.reference)
        own = (self.agent.config if self.agent else demo.training)._asdict()
        self.config = config._replace(**{k: v for k, v in own.items() if v != getattr(demo.training, k)})

    def of_block(self, number: int, seeds: np.ndarray) -> np.ndarray:
        """bool[n] for the levels of these seeds, which are block `number` of the measurement."""
        if self.demo.distinct is not None:
            return np.array([self.demo.distinct(level) for level in drawn_levels(self.demo, self.config, seeds)], bool)
        assert self.agent is not None
        which = sha256(repr((self.config, self.seed, AT_ONCE, number, len(seeds))).encode()).hexdigest()[:12]
        path = cache_folder(self.demo.generate) / f"apart-{self.demo.name}-{self.agent.digest[:12]}-{which}.json"
        try:
            return np.array(json.loads(path.read_text(encoding="utf-8")), bool)
        except (OSError, ValueError):
            verdicts = self._by_reference(seeds)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps([int(apart) for apart in verdicts]))
        except OSError:
            pass  # a full or read-only disk costs time, not the result
        return verdicts

    def _by_reference(self, seeds: np.ndarray) -> np.ndarray:
        """Fewer than one of ten runs is none: a level drops out at the first run that takes the intended goal.

        One that the world's own training could draw drops out at once: there the goals are one.
        """
        assert self.agent is not None
        levels = drawn_levels(self.demo, self.config, seeds)
        keys = [self.agent.digest.encode() + level.tobytes() for level in levels]
        usual = levels_config(self.demo, self.agent.config, False)
        found = {
            key: _KNOWN[key] if key in _KNOWN else bool(self.demo.in_training(level, usual))
            for key, level in zip(keys, levels, strict=True)
        }
        left = np.array([i for i, key in enumerate(keys) if found[key] and key not in _KNOWN], np.int64)
        for k in range(REFERENCE_RUNS):
            played = rollouts(self.demo, self.agent, self.config, seeds[left], seeds[left] + ((k + 1) << 41))
            found |= {keys[i]: False for i in left[played.reached[:, 0] >= 0]}
            left = left[played.reached[:, 0] < 0]
        _KNOWN.update(found)
        return np.array([found[key] for key in keys], bool)


def measure(
    demo: Demo,
    agent: Actor,
    episodes: int = 1000,
    seed: int = 1,
    greedy: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
    parts: Sequence[str] = PARTS,
) -> dict[str, Any]:
    """Measure an agent on levels like those it was trained on, on shifted, and on distinguishing shifted levels.

    Returns the data of `goalmisgen measure --json`. `distinguishing` also says how many levels were `tried` and
    which `share` of them was kept, and is followed by the world's parts of it; it is None where the world's reference
    agent is not there. Among the measures of `training` is `alpha`, over twice as many levels. `progress` is called
    with the part's name, the episodes done and their number.
    """

    def told(part: str) -> Progress | None:
        return None if progress is None else lambda done, total: progress(part, done, total)

    seeds = measurement_seeds(demo, seed, 0, episodes)
    levels: dict[str, Any] = dict.fromkeys(parts)
    if "training" in parts:
        played = rollouts(demo, agent, agent.config, seeds, greedy=greedy, progress=told("training"))
        levels["training"] = summary(demo, played)
        if demo.distinct or demo.reference in agent_names(demo):
            levels["training"]["measures"]["alpha"] = alpha(demo, agent.config, 2 * episodes, seed)
    wanted = {"shifted": seeds} if "shifted" in parts else {}
    tried = 0
    if "distinguishing" in parts:
        with suppress(AgentError):
            chosen, tried = distinguishing_seeds(demo, episodes, seed, told("choosing distinguishing levels"))
            wanted["distinguishing"] = chosen
    levels |= _shifted(demo, agent, wanted, greedy, told(" and ".join(wanted)))
    if "distinguishing" in wanted:
        levels["distinguishing"] |= {"tried": tried, "share": round(len(wanted["distinguishing"]) / tried, 4)}
    return {
        "demo": demo.name,
        "agent": agent.name,
        "seed": seed,
        "actions": "greedy" if greedy else "sampled",
        "levels": levels,
    }


def _shifted(
    demo: Demo, agent: Actor, wanted: dict[str, np.ndarray], greedy: bool, progress: Progress | None
) -> dict[str, Any]:
    """Summaries on shifted levels of these seeds, by name, and of the parts of the distinguishing ones.

    A level that is wanted twice is played once: with the same seed an episode goes the same way.
    """
    if not wanted:
        return {}
    config, every = shifted_config(demo, agent.config), np.unique(np.concatenate(list(wanted.values())))
    played = rollouts(demo, agent, config, every, greedy=greedy, progress=progress)
    if "distinguishing" in wanted:
        apart = wanted["distinguishing"]
        wanted = wanted | {name: apart[part_of(demo, name, config, apart)] for name in demo.parts}
    return {name: summary(demo, played.at(np.searchsorted(every, seeds))) for name, seeds in wanted.items()}
