"""The audit game on a page: masked runs to buy, beliefs to state, a score at the end beside the scripted auditor's."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from ...rules.world import Demo
from .. import in_class, loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, payload
from ..components.canvas.quiet import covered

PLAYERS = {"alone": ("you",), "in pairs": ("first", "second")}
LIST = "audit-list"


@dataclass
class AuditGame:
    """One game: who is masked, what is left to spend, what was seen of each, and what is believed."""

    seed: int
    suspects: list[Any]
    points: int
    seen: dict[str, list[str]] = field(default_factory=dict)
    shown: tuple[str, Live] | None = None
    bought: int = 0
    over: bool = False


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """The game: pick a masked agent, buy evidence, say what it follows and how sure you are."""
    from ...detect.audit import LABELS, POINTS, PRICES, suspects_of

    key = f"{demo.name}-audit"
    seed = int(st.session_state.get(f"{key}-seed", 1))
    game: AuditGame = st.session_state.setdefault(f"{key}-{seed}", AuditGame(seed, suspects_of(demo, seed), POINTS))
    left, right = st.columns([2.2, 1], gap="medium")
    with right:
        st.markdown(
            f"**{game.points} of {POINTS} points left.** Eight masked agents. What does the behaviour of each follow?"
        )
        label = st.segmented_control("Agent", list(LABELS), default="A", key=f"{key}-label") or "A"
        suspect = game.suspects[LABELS.index(label)]
        for kind, price in PRICES.items():
            st.button(
                f"{kind}: {price} point{'s' * (price > 1)}", key=f"{key}-buy-{kind}", width="stretch",
                disabled=game.over or price > game.points, on_click=partial(_buy, demo, game, suspect, kind),
            )  # fmt: skip
        for line in game.seen.get(label, []):
            st.markdown(f"- {line}")
    with left:
        if game.shown and game.shown[0] == label:
            live = game.shown[1]
            canvas(f"{key}-canvas", covered(live, 0, payload(live, 0)) | {"simple": True}, lambda: None)
        else:
            st.info("Buy a run to see this one act. Its name and face give nothing away.")
    _beliefs(demo, game, key)


def _buy(demo: Demo, game: AuditGame, suspect: Any, kind: str) -> None:
    """Spend points on one suspect, and write down what was seen."""
    from ...detect import audit
    from ...study.probe import weight_of_goal

    agent = loading.agent_of(demo.name, suspect.name)
    game.points -= audit.PRICES[kind]
    game.bought += 1
    log = game.seen.setdefault(suspect.label, [])
    if kind == "hidden layers":
        text = audit.layers_told(demo, suspect.name)
        game.points += audit.PRICES[kind] * ("given back" in text)
        log.append(text)
    elif kind == "weight of the goal":
        found = weight_of_goal(demo, agent, True, 10, game.seed)["probabilities"]
        weight = f"{found['mean']:.2f}" if found["mean"] is not None else "nothing measured"
        log.append(
            f"Painting the {demo.goal_object} out changes its action probabilities by {weight} (0 to 1, 10 levels)."
        )
    else:
        log.append(_runs(demo, game, agent, suspect.label, kind))


def _runs(demo: Demo, game: AuditGame, agent: Any, label: str, kind: str) -> str:
    """Play what was bought; the last run is put on the canvas. Returns what to write down."""
    from ...detect import audit, shifts
    from ...study.rollouts import rollouts

    tests = [test for test in audit.tests_of(demo) if test.kind == kind]
    test = tests[game.bought % len(tests)]
    shift = next(each for each in shifts.shifts_of(demo) if each.name == test.shift)
    levels, seeds = shifts.shifted_levels(demo, demo.training, shift, test.runs, (game.seed << 20) + game.bought)
    if not len(seeds):
        return "Such a level could not be made."
    came = rollouts(demo, agent, demo.training, seeds, levels=levels).outcomes
    live = Live.begin(demo, [agent], levels[0], int(seeds[0]), game.bought)
    game.shown = label, live
    counts = ", ".join(f"{name} {int((came == name).sum())}" for name in demo.outcomes if (came == name).any())
    return f"*{shift.title}*: {counts}"


def _beliefs(demo: Demo, game: AuditGame, key: str) -> None:
    """What each player believes of each agent, and the scores once everything is said."""
    from ...detect.audit import scores

    how = st.segmented_control("Who plays?", list(PLAYERS), default="alone", key=f"{key}-players", disabled=game.over)
    players = PLAYERS[how or "alone"]
    st.markdown("**Your verdict:** what does it follow, and how sure are you?")
    tabs = st.tabs(list(players)) if len(players) > 1 else [st.container()]
    said = {}
    for tab, player in zip(tabs, players, strict=True):
        with tab:
            said[player] = _verdict(demo, game, f"{key}-{game.seed}-{player}")
    row = st.container(horizontal=True, vertical_alignment="bottom")
    name = row.text_input("Name for the list", max_chars=30, key=f"{key}-name", placeholder="you, or your pair")
    row.button(
        "Take the masks off", key=f"{key}-end", type="primary", disabled=game.over, on_click=_end,
        args=(demo, game, said, name),
    )  # fmt: skip
    row.button("Another eight", key=f"{key}-again", on_click=_again, args=(key, game))
    if game.over:
        st.markdown(scores(demo, game.suspects, game.seed, said))
    if game.over or in_class.TEACHES in st.session_state:
        in_class.scored(f"audit/{demo.name}/{game.seed}")
    games = st.session_state.get(LIST, [])
    if games:
        st.markdown("**The list of this window** (of a class, where all play at one projector), best first:")
        st.dataframe(sorted(games, key=lambda each: each["Brier score"]), hide_index=True)


def _verdict(demo: Demo, game: AuditGame, key: str) -> dict[str, dict[str, float]]:
    """One player's beliefs by label."""
    from ...detect import audit

    columns, said = st.columns(4), {}
    for i, suspect in enumerate(game.suspects):
        with columns[i % 4]:
            names = list(audit.hypotheses(demo))
            choice = st.selectbox(suspect.label, names, key=f"{key}-{suspect.label}-choice", disabled=game.over)
            sure = st.slider(
                f"sure of {suspect.label}, %", 34, 100, 34, key=f"{key}-{suspect.label}-sure", disabled=game.over,
                label_visibility="collapsed",
            )  # fmt: skip
            said[suspect.label] = audit.said(demo, choice, sure / 100)
    return said


def _end(demo: Demo, game: AuditGame, said: dict[str, dict[str, dict[str, float]]], name: str) -> None:
    """End the game, and write every player into the list."""
    from ...detect.audit import mean_brier

    game.over = True
    mine = next(iter(said.values()))
    in_class.score(f"audit/{demo.name}/{game.seed}", round(100 * mean_brier(game.suspects, mine)))
    for player, beliefs in said.items():
        who = " ".join(part for part in (name.strip() or "somebody", player if len(said) > 1 else "") if part)
        st.session_state.setdefault(LIST, []).append(
            {"who": who, "Brier score": round(mean_brier(game.suspects, beliefs), 2), "points left": game.points,
             "world": demo.title}
        )  # fmt: skip


def _again(key: str, game: AuditGame) -> None:
    st.session_state[f"{key}-seed"] = game.seed + 1
