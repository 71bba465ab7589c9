"""The bundled agents are what their cards say: measured again on fresh levels."""

import copy
import hashlib
import json
import pickle
import shutil
from dataclasses import replace

import goalmisgen
import numpy as np
import pytest
import torch
from goalmisgen.engine.agents import pretrained
from goalmisgen.engine.agents.pretrained import AgentError, agent_names, load_agent, write_weights
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.cli.rehearsal import preset_holds
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.sprites import PATCH
from goalmisgen.engine.rules.world import Demo
from goalmisgen.engine.study.cards import agent_folder, cards_of
from goalmisgen.engine.study.kinds import kind_of
from goalmisgen.engine.study.measure_grid import FIRST, PARTS, measure
from safetensors.torch import save_file
from worlds import recipe_of

CARDED = [
    (name, agent)
    for name in goalmisgen.WORLDS
    for agent in cards_of(goalmisgen.grid_entry(name))
    if agent != pretrained.SCRIPTED
]


AT_LEAST = 10  # episodes of a named part, such as coins behind the start, that are compared at the least


@pytest.mark.slow
@pytest.mark.parametrize(("name", "agent_name"), CARDED)
def test_agent_does_what_its_card_says(name, agent_name):
    """The first levels of the card's own measurement, played again: every outcome, and every length, is the same."""
    demo = goalmisgen.grid_entry(name)
    agent = load_agent(demo, agent_name)
    told = agent.card["measured"]
    again = measure(demo, agent, FIRST, told["seed"], greedy=told["actions"] == "greedy")["levels"]
    for part, levels in told["levels"].items():
        replayed = again[part]["first"]
        if part in PARTS:
            assert levels["first"] == replayed, part
        else:  # a named part of those levels: as many of them as are in it, one by one
            assert again[part]["n"] >= AT_LEAST and f"{levels['first']}, ".startswith(f"{replayed}, "), part
        ends = [episode.rpartition(" ")[0] for episode in levels["first"].split(", ")]
        assert len(ends) == FIRST
        for outcome, rate in levels["outcomes"].items():  # and the rates can be those of a measurement that began so
            count = round(rate["rate"] * levels["n"])
            assert ends.count(outcome) <= count <= ends.count(outcome) + levels["n"] - FIRST, (part, outcome)


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_every_card_tells_how_many_training_levels_part_the_goals(name):
    """The alpha of Abdel Sadek et al., wherever goals part at all; agents of one recipe were drawn the same levels."""
    known: dict[str, set[float]] = {}
    for agent, card in cards_of(goalmisgen.grid_entry(name)).items():
        if card["measured"]["levels"]["distinguishing"] is not None:
            alpha = card["measured"]["levels"]["training"]["measures"]["alpha"]
            assert alpha["n"] == 2000, agent
            known.setdefault(agent.partition(":")[0], set()).add(alpha["rate"])
    assert all(len(rates) == 1 for rates in known.values()), known


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_presets_give_their_outcomes(name):
    demo = goalmisgen.grid_entry(name)
    assert demo.presets
    for preset in demo.shown:
        finding = preset_holds(demo, preset)
        assert finding.ok, finding.says


def test_every_world_has_a_carded_agent():
    assert {name for name, _ in CARDED} == set(goalmisgen.WORLDS)


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
    with pytest.raises(AgentError, match="[Tt]here are: "):
        load_agent(demo, "mix-17:0")


def test_a_recipe_with_a_dot_in_its_name_is_no_file(demo):
    with pytest.raises(AgentError, match=r"There is no agent 'mix-0\.7:0'"):
        load_agent(replace(demo, recipes={"mix-0.7": demo.recipes[recipe_of(demo)]}), "mix-0.7")


@pytest.mark.parametrize("name", goalmisgen.NAMES)
def test_weights_that_are_not_those_of_the_card_are_refused(name, tmp_path, monkeypatch):
    demo = goalmisgen.entry(name)
    first = agent_names(demo)[0]
    home = shutil.copytree(agent_folder(demo, first), tmp_path / first.replace(":", "/s"))
    monkeypatch.setattr(pretrained, "folder", lambda demo: tmp_path)
    told = json.loads((home / "card.json").read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256((home / "policy.safetensors").read_bytes()).hexdigest()
    told["sha256"] = told["sha256"][::-1]
    (home / "card.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(AgentError, match=f"The weights of {first} do not match their card"):
        kind_of(replace(demo)).load(replace(demo), first)  # a copy: no agent of it is loaded yet


def test_a_card_says_how_often_its_training_was_gone_on_with():
    told = 0
    for demo in map(goalmisgen.entry, goalmisgen.NAMES):
        for name, card in cards_of(demo).items():
            noted = agent_folder(demo, name) / "training.json"
            resumed = json.loads(noted.read_text()).get("resumed") if noted.is_file() else None
            assert card.get("resumed") == resumed, name  # those of version 0.1 noted nothing
            told += resumed is not None
    assert told > 20


@pytest.mark.parametrize("name", goalmisgen.NAMES)
def test_an_agent_bears_the_sha256_of_its_weights(name):
    demo = goalmisgen.entry(name)
    agent = kind_of(demo).load(demo, agent_names(demo)[0])
    assert agent.digest == hashlib.sha256(agent.path.read_bytes()).hexdigest() == agent.card["sha256"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_weights_that_are_not_finite_are_neither_written_nor_acted_on(demo, agent, tmp_path, value):
    path, weights = tmp_path / "mine.safetensors", dict(agent.policy.state_dict())
    name = next(iter(weights))
    broken = weights | {name: torch.full_like(weights[name], value)}
    with pytest.raises(AgentError, match=f"not all finite numbers \\({name}\\)"):
        write_weights(broken, path)
    assert not list(tmp_path.iterdir())
    if value != 1e30:  # which is a number, until it is halved
        save_file(broken, path)
        with pytest.raises(AgentError, match="not all finite numbers"):
            load_agent(demo, str(path))
    write_weights(weights, path)
    assert load_agent(demo, str(path)).name


def test_one_picture_at_a_time_gets_the_same_answer_to_the_bit(demo: Demo, agent) -> None:
    run = Run(demo, agent, draw_level(demo, demo.shifted, 5), 0)
    for t in range(0, run.steps, 5):
        picture = torch.from_numpy(run.picture(t).reshape(1, -1))
        with torch.inference_mode():
            assert all(map(torch.equal, agent.policy(picture), agent.policy.frozen()(picture)))


def test_weights_that_change_are_not_answered_for_by_those_before(agent) -> None:
    picture = np.zeros((1, agent.demo.rows * PATCH, agent.demo.view * PATCH, 3), np.uint8)
    before = agent.think(picture)[1]
    other = copy.copy(agent)
    other.policy = copy.deepcopy(agent.policy)
    other.policy.value.bias += 1
    assert np.allclose(other.think(picture)[1], before + 1) and np.array_equal(agent.think(picture)[1], before)
    again = pickle.loads(pickle.dumps(agent))
    assert np.array_equal(again.think(picture)[1], before)
