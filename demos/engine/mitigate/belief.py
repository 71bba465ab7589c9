"""Asking what was meant: a belief over goals from demonstrations, and what a robot that holds it should do. Exact.

Bayesian inverse reinforcement learning (Ramachandran and Amir 2007; Ng and Russell 2000) with a Boltzmann-rational
demonstrator: where goal g is d_g(s) steps away, action a costs c_g(s, a) = 1 + d_g(after a) - d_g(s) steps too many,
stopping costs the d_g(s) steps that were still to go, and

    p(a | s, g) proportional to exp(-beta c_g(s, a))

Goals: the intended one, the proxy, *either* (whichever is nearer), and *nothing* (every action as likely). Where both
goals lie in one place the first three give every action the same chance, so no number of such demonstrations tells
them apart: that is what makes a training distribution ambiguous.

A robot that holds the belief takes the plan of the highest expected worth, may ask at a cost (cooperative inverse
reinforcement learning, Hadfield-Menell et al. 2016) or let itself be switched off (Hadfield-Menell et al. 2017). All
of it is worked out on the maze, not learned: an illustration of the argument, not a robot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import Actor, load_agent
from ..agents.run_grid import choose
from ..rules.batch import Batch, drawn_levels
from ..rules.edit import goal_slot
from ..rules.grid import WAYS, distances
from ..rules.level import RUNNING, Level
from ..rules.palette import BLUE, GREEN, GREY, ORANGE
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.figures.dots import dots, panels
from ..study.findings import Progress, Row, Technique, number, resampled, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.posterior import field_of

EITHER, NOTHING = "either", "nothing"
STOP = len(WAYS)  # the action after the four moves
BETA = 2.0  # of the demonstrators
BETAS = (0.25, 0.5, 1.0, 2.0, 4.0)  # how rational an agent that is judged may be, each as likely
MOST_STEPS = 100  # of a demonstration
JUDGED_STEPS = 30  # of a run that is judged
DISCOUNT = 0.98  # a goal reached after t steps is worth DISCOUNT ** (t - 1), as in the maze's training


@dataclass(frozen=True)
class Task:
    """A maze in which somebody shows the way.

    `cells`, int64[k, 2], and `numbers`, int64[rows, columns]: the open tiles and their numbers; `after`, int64[k, 5]:
    the tile after each move and after stopping; `away`, int64[3, k]: steps to the intended goal, the proxy, the nearer
    one; `start`, `goal`, `proxy`: numbers of tiles.
    """

    cells: np.ndarray
    numbers: np.ndarray
    after: np.ndarray
    away: np.ndarray
    start: int
    goal: int
    proxy: int

    @property
    def between(self) -> int:
        """Steps from the proxy to the intended goal."""
        return int(self.away[0, self.proxy])


def suits(demo: Demo) -> bool:
    """Worlds of four moves, one goal of which is an object and the other a place."""
    return demo.actions == WAYS and bool(set(demo.proxies[:1]) & set(demo.places))


def goals(demo: Demo) -> tuple[str, ...]:
    """The goals that a belief is about."""
    return demo.intended, demo.proxies[0], EITHER, NOTHING


def task(demo: Demo, level: Level) -> Task:
    """The task of a level in which both goals can be reached. Raises ValueError with a sentence where one cannot."""
    tiles = field_of(demo, level)
    row, col = (int(x) for x in level.objects[goal_slot(demo)])
    goal = int(tiles.numbers[row, col]) if row >= 0 else -1
    proxy = int(tiles.numbers[demo.places[demo.proxies[0]](level)])
    start = int(tiles.numbers[tuple(int(x) for x in level.objects[0])])
    if min(goal, proxy, start) < 0:
        raise ValueError(f"There is no {demo.intended} to show the way to; take a level that has one.")
    ground = np.where(tiles.numbers >= 0, 0, 1)
    away = np.array([distances(ground, 0, *map(int, tiles.cells[to]))[tuple(tiles.cells.T)] for to in (goal, proxy)])
    if (away[:, start] < 0).any():
        raise ValueError("One of the goals cannot be reached from where the agent stands; open a way to it.")
    after = np.column_stack((tiles.after, np.arange(len(tiles.cells))))
    return Task(tiles.cells, tiles.numbers, after, np.vstack((away, away.min(0))), start, goal, proxy)


def chances(maze: Task, beta: float = BETA) -> np.ndarray:
    """float64[4 goals, k, 5]: the chance of each move and of stopping, on every tile, for each of `goals`."""
    extra = 1 + maze.away[:, maze.after] - maze.away[:, :, None]
    extra[:, :, STOP] = maze.away  # the steps that were still to go
    weights = np.exp(-beta * np.concatenate((extra, np.zeros((1, *extra.shape[1:])))))
    return weights / weights.sum(2, keepdims=True)


def demonstrate(maze: Task, goal: int, random: np.random.Generator, beta: float = BETA) -> tuple[list[int], list[int]]:
    """The tiles and actions of somebody with this goal, until the intended goal is reached or it stops."""
    chance, at = chances(maze, beta)[goal], maze.start
    places, moves = list[int](), list[int]()
    while len(moves) < MOST_STEPS and at != maze.goal:
        move = int(random.choice(STOP + 1, p=chance[at]))
        places.append(at)
        moves.append(move)
        if move == STOP:
            break
        at = int(maze.after[at, move])
    return places, moves


def evidence(maze: Task, places: Sequence[int], moves: Sequence[int], beta: float = BETA) -> np.ndarray:
    """float64[steps + 1, 4 goals]: log p(the first t actions | goal)."""
    each = np.log(chances(maze, beta)[:, list(places), list(moves)]).reshape(4, len(moves))
    return np.vstack((np.zeros(4), np.cumsum(each, 1).T))


def belief(log_likelihood: np.ndarray) -> np.ndarray:
    """float64[..., goals]: the posterior of goals that were equally likely before."""
    weights = np.exp(log_likelihood - log_likelihood.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def bits(chance: np.ndarray) -> float:
    """The entropy of a belief in bits."""
    some = chance[chance > 0]
    return float(-(some * np.log2(some)).sum())


def information(maze: Task, before: np.ndarray, random: np.random.Generator, samples: int = 20) -> float:
    """Bits that one more demonstration in this maze is expected to tell somebody who believes `before`, float[4]."""
    after = 0.0
    for goal in map(int, np.flatnonzero(before > 1e-6)):
        left = [
            bits(belief(np.log(np.maximum(before, 1e-300)) + evidence(maze, *demonstrate(maze, goal, random))[-1]))
            for _ in range(samples)
        ]
        after += before[goal] * float(np.mean(left))
    return bits(before) - after


def worths(maze: Task, irreversible: bool, harm: float = 0.0) -> dict[str, np.ndarray]:
    """What each plan is worth to somebody who meant the intended goal, the proxy or either: float64[3] by plan.

    Reaching the intended goal ends the episode, as in the world; `irreversible`: reaching the proxy does too, so that
    one cannot go there first to be on the safe side. `harm`: what reaching only the goal that was not meant costs.
    """
    goal, proxy = (DISCOUNT ** (maze.away[which, maze.start] - 1) for which in (0, 1))
    later = DISCOUNT ** (maze.away[1, maze.start] + maze.between - 1)
    plans = {"goal": np.array([goal, -harm, goal]), "proxy": np.array([-harm, proxy, proxy])}
    return plans if irreversible else plans | {"both": np.array([later, proxy, proxy])}


@dataclass(frozen=True)
class Choice:
    """What a robot does: `plan` ("goal", "proxy", "both" or "ask"), and the `regret` by what was meant, float64[3]."""

    plan: str
    regret: np.ndarray


def decide(
    maze: Task,
    chance: np.ndarray,
    irreversible: bool,
    ask: float | None = None,
    switch: bool = False,
    harm: float = 0.0,
) -> Choice:
    """The choice of a robot that believes `chance`, float[3] over intended goal, proxy, either.

    `ask`: what a question costs whose answer settles it; None: there is nobody to ask. `switch`: it shows its plan
    first, and is switched off, which is worth 0, by somebody to whom the plan is worth less than nothing.
    """
    plans = worths(maze, irreversible, harm)
    best = np.max(list(plans.values()), 0)
    if switch:
        plans = {plan: np.maximum(worth, 0.0) for plan, worth in plans.items()}
    if ask is not None:
        plans["ask"] = best - ask
    plan = max(plans, key=lambda name: float(chance @ plans[name]))
    return Choice(plan, best - plans[plan])


@dataclass(frozen=True)
class Judged:
    """What one run says of its agent: log p(run | goal) for each beta, float64[betas, 4], and its `steps`."""

    evidence: np.ndarray
    steps: int


def judged(demo: Demo, agent: Actor, levels: np.ndarray, seeds: np.ndarray) -> list[Judged]:
    """Runs of an agent in `levels`, records[n], until the first goal or `JUDGED_STEPS`, as evidence of what it follows.

    As `evidence`, but among the four moves only: agents never stop. Levels in which a goal cannot be reached are left
    out.
    """
    batch = Batch(demo, agent.config, len(levels))
    batch.levels[:] = levels
    batch.start(np.asarray(seeds, np.int64))
    places, moves = list[np.ndarray](), list[np.ndarray]()
    for _ in range(JUDGED_STEPS):
        running = np.flatnonzero((batch.states.done == RUNNING) & (batch.states.reached < 0).all(1))
        if not len(running):
            break
        probabilities, _ = agent.consider(batch, running)
        chosen, actions = np.zeros(len(running), np.int64), np.full(batch.n, -1, np.int64)
        choose(probabilities, batch.states[running], False, chosen)
        actions[running] = chosen
        places.append(batch.states.at[:, 0].astype(int).copy())
        moves.append(actions)
        batch.step(np.maximum(actions, 0))
    found = []
    for i, level in enumerate(levels):
        try:
            maze = task(demo, level)
        except ValueError:
            continue
        steps = [t for t in range(len(moves)) if moves[t][i] >= 0]
        at = [int(maze.numbers[tuple(places[t][i])]) for t in steps]
        done = [int(moves[t][i]) for t in steps]
        found.append(Judged(np.array([_of_moves(maze, at, done, beta) for beta in BETAS]), len(steps)))
    return found


def _of_moves(maze: Task, places: list[int], moves: list[int], beta: float) -> np.ndarray:
    chance = chances(maze, beta)[:, :, :STOP]
    chance /= chance.sum(2, keepdims=True)
    return np.log(chance[:, places, moves]).sum(1)


def followed(runs: Sequence[Judged]) -> np.ndarray:
    """float64[4 goals]: what these runs together look to be about, beta being unknown."""
    total = np.sum([run.evidence for run in runs], 0)
    peak = total.max()
    return belief(np.log(np.exp(total - peak).mean(0).clip(1e-300)))


def directedness(runs: Sequence[Judged]) -> np.ndarray:
    """float64[3]: maximum entropy goal-directedness towards intended goal, proxy and either, in nats a step.

    MacDermott et al. 2024: how much better the best beta predicts the moves than chance does; 0 where none does.
    """
    steps = sum(run.steps for run in runs)
    best = np.sum([run.evidence for run in runs], 0).max(0)[:3]
    return np.maximum(best / max(steps, 1) + np.log(len(WAYS)), 0.0)


AMBIGUOUS, TELLING = 5, (0, 1, 2, 3, 5)  # demonstrations before, and then in mazes that tell the goals apart
LITERAL = "goes to the goal that was named, whatever it was shown"
ROBOTS: dict[str, dict[str, Any]] = {  # what it may do, where the first goal ends it unless the name says otherwise
    "takes its best guess": {},
    "may ask, at a cost of 0.1": {"ask": 0.1},
    "shows its plan, may be switched off": {"switch": True},
    LITERAL: {},
    "takes its best guess, and can turn back": {"irreversible": False},
}
HARM = 0.3  # what a robot's wrong goal costs the person, where the first goal ends it
GROUP = 10  # runs judged together


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """What `n` people of each kind leave to believe, what robots make of it, and what agents look to follow."""
    random = np.random.default_rng(seed)
    apart = distinguishing_seeds(demo, n, seed)[0]
    telling = [task(demo, level) for level in drawn_levels(demo, demo.shifted, apart)]
    training = [task(demo, level) for level in drawn_levels(demo, demo.training, measurement_seeds(demo, seed, 0, n))]
    names, rows, beliefs = goals(demo), list[Row](), dict[tuple[int, int], np.ndarray]()
    for meant, name in enumerate(names[:3]):
        for shown in TELLING:
            found = []
            for k in range(n):
                mazes = [*random.choice(n, AMBIGUOUS), *(n + random.choice(n, shown))]
                total = sum(
                    evidence(maze, *demonstrate(maze, meant, random))[-1]
                    for maze in ([*training, *telling][i] for i in mazes)
                )
                found.append(belief(np.asarray(total)))
                if progress:
                    progress(f"people who mean {name}, {shown} telling", k + 1, n)
            beliefs[meant, shown] = np.array(found)
            person = f"a person who means {name}"
            rows += [_mean(person, f"{shown} telling", goal, found_of, seed) for goal, found_of in zip(
                names, beliefs[meant, shown].T, strict=True)]  # fmt: skip
    for robot, may in ROBOTS.items():
        for shown in TELLING:
            choices = [
                (decide(maze, _held(robot, believed), **{"irreversible": True, "harm": HARM} | may), meant)
                for meant in range(3)
                for maze, believed in zip(telling, beliefs[meant, shown], strict=True)
            ]
            regret = np.array([choice.regret[meant] for choice, meant in choices])
            rows.append(_mean(f"a robot that {robot}", f"{shown} telling", "regret", regret, seed))
            asked = sum(choice.plan == "ask" for choice, _ in choices)
            rows.append(share(f"a robot that {robot}", f"{shown} telling", "asks", asked, len(choices), seed))
    for name in agents:
        rows += _judge(demo, name, apart, seed, progress)
    return rows


def _held(robot: str, believed: np.ndarray) -> np.ndarray:
    """What a robot holds of the three goals, float64[3]: the belief, or that the intended one is meant."""
    return np.array([1.0, 0.0, 0.0]) if robot == LITERAL else believed[:3] / believed[:3].sum()


def _judge(demo: Demo, name: str, seeds: np.ndarray, seed: int, progress: Progress | None) -> list[Row]:
    agent = load_agent(demo, name)
    runs = judged(demo, agent, drawn_levels(demo, shifted_config(demo, agent.config), seeds), seeds)
    groups = np.array([followed(runs[i : i + GROUP]) for i in range(0, len(runs) - GROUP + 1, GROUP)])
    if progress:
        progress(name, len(runs), len(runs))
    rows = [_mean(name, f"{GROUP} runs", goal, found, seed) for goal, found in zip(goals(demo), groups.T, strict=True)]
    for which, goal in enumerate(goals(demo)[:2]):

        def towards(picked: np.ndarray, which: int = which) -> float:
            return float(directedness([runs[i] for i in picked])[which])

        whole, low, high = resampled(np.arange(len(runs)), towards, 100)
        rows.append(number(name, "all runs", f"directedness to {goal}", whole, low, high, len(runs), seed))
    return rows


def _mean(who: str, levels: str, what: str, values: np.ndarray, seed: int) -> Row:
    return number(who, levels, what, *resampled(values, lambda picked: float(picked.mean())), len(values), seed)


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """People by what they showed, and agents by what they look to follow: the belief in each goal."""
    people = [row for row in rows if row["agent"].startswith("a person")]
    colours = (ORANGE, BLUE, GREEN, GREY)
    styles = {goal: (colour, mark) for goal, colour, mark in zip(goals(demo), colours, "os^d", strict=True)}
    note = f"Belief after {AMBIGUOUS} demonstrations in training mazes and some that tell; {people[0]['n']} people."
    return dots(panels(people), styles, ink, "belief, %", note)


TECHNIQUE = Technique(
    name="belief",
    title="Ask what was meant",
    about="What demonstrations leave to believe about a goal, and what a robot should do that is not sure.",
    article="Cooperative IRL (CIRL)",
    opinion="Theoretical promise",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=200,
)
