"""A reward editor: does any run on training levels notice?"""

from typing import Any

import numpy as np
import streamlit as st

from ...rules.world import Demo
from .. import loading

RUNS = 500  # of each agent on each kind of levels


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """Change what is paid; the runs of two agents on training levels say whether training could tell."""
    from ...mitigate.reward import Reward, ranked_otherwise

    stated = Reward()

    st.markdown(f"**{demo.reward}** Write another reward, as if you had meant the {demo.intended} more clearly.")
    pays = [
        ("goal", f"for the {demo.intended}", 10.0, 1.0, 0.5),
        ("proxy", f"for the {demo.proxies[0]}, without the {demo.intended}", 10.0, -1.0, 0.5),
        ("step", "for every step", 1.0, 0.0, 0.01),
        ("death", "for dying", 10.0, 0.0, 0.5),
        ("nearer", f"for a step nearer the {demo.intended} (a step away takes it back)", 1.0, 0.0, 0.05),
    ][: 5 if demo.shortest else 4]
    columns = st.columns(len(pays), vertical_alignment="bottom")
    fresh = Reward(
        *(
            column.number_input(title, -most, most, usual, by, key=f"{demo.name}-pay-{name}")
            for column, (name, title, most, usual, by) in zip(columns, pays, strict=True)
        )
    )
    if fresh.goal <= 0:
        st.warning(f"A reward that does not pay for the {demo.intended} asks for something else.")
        return
    for kind in ("training", "shifted"):
        runs, nearer = _played(demo.name, kind)
        old, new = stated.of(demo, runs), fresh.of(demo, runs, nearer)
        differ = int(ranked_otherwise(old, new).sum())
        n = len(runs)
        mark = ":green[●]" if differ else ":gray[○]"
        told = f"{differ:,} of {n:,} runs" if differ else f"none of {n:,} runs"
        st.markdown(f"{mark} On **{kind}** levels it pays otherwise in {told}.")
        if kind == "training" and fresh.nearer and (runs.shortest[:, 0] == runs.shortest[:, 1]).all():
            st.markdown(
                f"In each of these levels {demo.intended} and {demo.proxies[0]} are equally far: a step nearer one is "
                "a step nearer the other. So this is noticed, and still pays both goals alike."
            )
        if kind == "training" and not differ:
            same = "the same numbers" if np.array_equal(old, new) else "the same numbers times a factor"
            st.markdown(
                f"**None of these runs notices.** As far as they go, a training on this reward meets {same} at the "
                "same steps: nothing in them could bring forth another behaviour."
            )
    if demo.name == "coinrun":
        first, second = _digests()
        st.markdown(
            "It was tried: `end-reward` is trained on CoinRun's levels and paid for the end instead of the coin. Its "
            f"weight file and that of `mix-0` have the hashes `{first[:16]}` and `{second[:16]}`: "
            + ("**one network, bit for bit.**" if first == second else "two networks.")
        )
    st.caption("Runs of a skilled network and of one that has hardly trained, half and half: what a training meets.")


@st.cache_resource(show_spinner="Playing training levels")
def _played(name: str, kind: str) -> Any:
    """The runs of the plan's agents on levels of this kind, as one, and the steps they gained towards the goal."""
    from dataclasses import fields, replace

    from ...mitigate.plan import plan_of
    from ...mitigate.reward import gained
    from ...study.levels import measurement_seeds, shifted_config
    from ...study.rollouts import rollouts

    demo = loading.demo_of(name)
    agents = [loading.agent_of(name, str(each)) for each in plan_of(demo).agents["reward"]]
    seeds = measurement_seeds(demo, 1, 0, RUNS // len(agents))
    configs = [each.config if kind == "training" else shifted_config(demo, each.config) for each in agents]
    found = [rollouts(demo, each, config, seeds) for each, config in zip(agents, configs, strict=True)]
    joined = {
        each.name: np.concatenate([getattr(runs, each.name) for runs in found])
        for each in fields(found[0])
        if getattr(found[0], each.name) is not None
    }
    nearer = [gained(demo, config, runs) for config, runs in zip(configs, found, strict=True)]
    return replace(found[0], **joined), np.concatenate(nearer)


def _digests() -> tuple[str, str]:
    return loading.agent_of("coinrun", "mix-0:0").digest, loading.agent_of("coinrun", "end-reward:0").digest
