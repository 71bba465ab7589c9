"""The bundled agents are what their cards say: measured again on fresh levels."""

import numpy as np
import pytest

import demos
from demos.engine.agents.pretrained import AgentError, agent_names, load_agent
from demos.engine.study.measure import rollouts, wilson

CARDED = [
    (name, agent)
    for name in demos.NAMES
    for agent in agent_names(demos.load(name))
    if load_agent(demos.load(name), agent).card is not None
]


@pytest.mark.parametrize(("name", "agent_name"), CARDED)
def test_agent_does_what_its_card_says(name, agent_name):
    demo = demos.load(name)
    agent = load_agent(demo, agent_name)
    told = agent.card["measured"]["levels"]
    for part, config in (("training", agent.config), ("shifted", demo.shifted)):
        n = 250
        played = rollouts(demo, agent, config, np.arange(n) + 5_000_000)
        for outcome, rate in told[part]["outcomes"].items():
            low, high = wilson(int((played.outcomes == outcome).sum()), n)
            slack = 0.02  # two samples of the same rate: their intervals meet, up to the 5 % of both
            assert rate["low"] <= high + slack and low <= rate["high"] + slack, (part, outcome)


def test_every_world_has_a_carded_agent():
    assert {name for name, _ in CARDED} == set(demos.NAMES)


def test_weights_in_other_formats_are_not_read(demo, tmp_path):
    for name, content in (
        ("agent.pt", b"\x80\x04."),
        ("agent.safetensors", b"not safetensors"),
        ("gone.safetensors", None),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(AgentError, match=r"\.$"):
            load_agent(demo, str(tmp_path / name))


def test_an_unknown_agent_gets_a_sentence(demo):
    with pytest.raises(AgentError, match="there are: "):
        load_agent(demo, "mix-17:0")
