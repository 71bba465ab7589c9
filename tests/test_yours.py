"""A training of one's own: what a page offers, the process that trains, the queue, and agents that are kept."""

import json
import subprocess
import sys
import time
from pathlib import Path

import goalmisgen
import platformdirs
import pytest
import torch
from goalmisgen.engine.agents import own
from goalmisgen.engine.agents.called import label, line
from goalmisgen.engine.agents.own import Counted, Facts
from goalmisgen.engine.agents.pretrained import Agent, AgentError, agent_names, folder, load_agent
from goalmisgen.engine.agents.train_grid import train
from goalmisgen.engine.rules import offer
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.offer import SHARES, Choice, OfferError, config_of, offer_of
from goalmisgen.engine.study import worker
from goalmisgen.engine.study.apprentice import Order, carry_out, copy_of, read_news
from goalmisgen.engine.web import loading, trainings
from goalmisgen.engine.web.components.canvas.live import NEITHER
from goalmisgen.engine.web.html import learning
from goalmisgen.engine.web.panels.own_agents_panel import brought
from goalmisgen.engine.web.trainings import Queue, Ticket

OFFERS = [name for name in goalmisgen.WORLDS if offer_of(goalmisgen.grid_entry(name))]
LINE = goalmisgen.grid_entry("line_and_gem")
UPDATE = LINE.learning.levels * LINE.learning.rollout  # steps
ORDER = Order(demo="line_and_gem", choice=Choice(share=50), seed=3, steps=3 * UPDATE, levels=10)


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch) -> Path:
    """Nobody's own agents."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    return tmp_path / "data"


def ordered(folder: Path, order: Order = ORDER) -> Path:
    folder.mkdir()
    (folder / worker.ORDER).write_text(order.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The folder of a training that went to its end."""
    home = ordered(tmp_path_factory.mktemp("yours") / "whole")
    carry_out(home, lambda: False)
    return home


# --- what is offered


def choices(name: str) -> list[Choice]:
    found = offer_of(goalmisgen.grid_entry(name))
    return [
        Choice(share=share, within=within)
        for share in SHARES
        for within in (found.within or found).__dict__.get("options", {0: ""})
    ]


def test_three_worlds_offer_a_training():
    assert OFFERS == ["coinrun", "cheese_maze", "line_and_gem"]


@pytest.mark.parametrize("name", OFFERS)
def test_every_choice_draws_levels_as_it_says(name):
    demo, n = goalmisgen.grid_entry(name), 40
    for choice in choices(name):
        config = config_of(demo, choice)
        levels = [draw_level(demo, config, seed) for seed in range(n)]
        assert not any(demo.in_training(level, config) for level in levels)
        moved = sum(bool(demo.in_training(level, demo.training)) for level in levels)
        spread = 3 * (choice.share / 100 * (1 - choice.share / 100) / n) ** 0.5 * n
        if name != "line_and_gem":
            assert abs(moved - choice.share / 100 * n) <= spread + 2, choice
        else:  # levels come in pairs
            assert moved % 2 == 0 and abs(moved - choice.share / 100 * n) <= 1.5 * spread + 2, choice
        assert len(offer.line(demo, choice)) < 220 and offer.short(demo, choice)


def test_what_is_not_offered_is_refused():
    maze, keys = goalmisgen.grid_entry("cheese_maze"), goalmisgen.grid_entry("keys_and_chests")
    for demo, choice in (
        (maze, Choice(share=5, within=2)),
        (maze, Choice(share=5)),
        (LINE, Choice(share=3)),
        (LINE, Choice(share=5, within=3)),
    ):
        with pytest.raises(OfferError, match="takes a share of 0, 1, 2"):
            config_of(demo, choice)
    with pytest.raises(OfferError, match="offers no training"):
        config_of(keys, Choice(share=0))


# --- the training


def test_looking_on_changes_nothing_of_a_training(tmp_path):
    def look(steps, weights):
        torch.rand(7)
        seen.append((steps, {name: value.clone() for name, value in weights.items()}))

    seen: list = []
    recipe = LINE.recipes["yellow-black"]
    for name, eye in (("alone", None), ("seen", look)):
        train(LINE, recipe, 0, tmp_path / name, lambda done, told: None, 2 * UPDATE, look=eye)
    assert [steps for steps, _ in seen] == [0, UPDATE, 2 * UPDATE]
    assert (tmp_path / "alone/policy.safetensors").read_bytes() == (tmp_path / "seen/policy.safetensors").read_bytes()
    assert any(not torch.equal(seen[0][1][name], seen[2][1][name]) for name in seen[0][1])


def test_an_order_is_trained_and_looked_at_on_the_way(trained):
    news = read_news(trained)
    assert news.phase == "done" and news.over and news.steps == news.total == 3 * UPDATE
    assert [look.steps for look in news.looks] == [0, UPDATE, 2 * UPDATE, 3 * UPDATE]
    for look in news.looks:
        assert look.training.n == look.telling.n == 10
        assert sum(look.training.ended.values()) == sum(look.telling.ended.values()) == 10
        agent = load_agent(LINE, str(copy_of(trained, look.steps)))
        assert agent.config == config_of(LINE, ORDER.choice), "a copy knows what it was trained on"
    assert json.loads((trained / "training.json").read_text())["steps"] == 3 * UPDATE


def test_a_stopped_training_goes_on_to_the_same_network(trained, tmp_path):
    home = ordered(tmp_path / "stopped")
    asked = iter([False, False, True])
    carry_out(home, lambda: next(asked, True))
    stopped = read_news(home)
    assert stopped.phase == "stopped" and 0 < stopped.steps < 3 * UPDATE
    carry_out(home, lambda: False)
    news = read_news(home)
    assert news.phase == "done" and [look.steps for look in news.looks] == [0, UPDATE, 2 * UPDATE, 3 * UPDATE]
    assert (home / "policy.safetensors").read_bytes() == (trained / "policy.safetensors").read_bytes()
    assert news.looks[-1].telling == read_news(trained).looks[-1].telling


def test_what_fails_is_a_sentence(tmp_path, monkeypatch):
    from goalmisgen.engine.agents import train_grid

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train_grid, "train", full)
    home = ordered(tmp_path / "full")
    carry_out(home, lambda: False)
    assert read_news(home).phase == "failed" and "No space" in read_news(home).error


@pytest.mark.slow
def test_the_process_trains_and_ends_when_its_input_does():
    ticket = Ticket(ORDER.model_copy(update={"steps": 400 * UPDATE}))
    process, home = trainings.start(ticket), ticket.folder
    until = time.monotonic() + 200
    while time.monotonic() < until and len(getattr(read_news(home), "looks", ())) < 2:
        assert process.poll() is None
        time.sleep(0.2)
    process.stdin.close()
    assert process.wait(60) == 0
    assert read_news(home).phase == "stopped" and (home / "resume.safetensors").exists()


# --- the queue


def patient(ticket: Ticket) -> "subprocess.Popen[bytes]":
    """A process that does nothing until it is asked to stop."""
    return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)


def failing(ticket: Ticket) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdin=subprocess.PIPE)


def soon(condition) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_two_trainings_are_done_one_after_the_other():
    begun = []
    queue = Queue(lambda ticket: begun.append(ticket.folder) or patient(ticket))
    first, second, third = (Ticket(ORDER) for _ in range(3))
    assert queue.join(first) and queue.join(second) and queue.join(third)
    assert [queue.place(each) for each in (first, second, third)] == [0, 1, 2]
    soon(lambda: begun == [first.folder])
    queue.stop(third)
    assert third.over, "one that waits leaves at once"
    queue.stop(first)
    soon(lambda: first.over and begun == [first.folder, second.folder])
    assert queue.place(second) == 0 and not first.failed
    assert queue.join(first) and queue.place(first) == 1, "it may go on, at the end of the queue"
    queue.stop(first)
    queue.stop(second)
    soon(lambda: second.over and queue.thread is None)


def test_the_folder_of_a_training_goes_with_its_ticket():
    ticket = Ticket(ORDER)
    folder = ticket.folder
    assert (folder / worker.ORDER).exists()
    del ticket
    assert not folder.exists()


def test_who_does_not_ask_any_more_loses_the_place(monkeypatch):
    queue = Queue(patient)
    first, second = Ticket(ORDER), Ticket(ORDER)
    queue.join(first), queue.join(second)
    monkeypatch.setattr(trainings, "UNSEEN", -1.0)
    queue.stop(first)
    soon(lambda: first.over and second.over and queue.thread is None)


def test_a_full_queue_and_a_process_that_fails(monkeypatch):
    queue = Queue(failing)
    ticket = Ticket(ORDER)
    assert queue.join(ticket)
    soon(lambda: ticket.over)
    assert ticket.failed
    monkeypatch.setattr(trainings, "MOST", 0)
    assert not queue.join(Ticket(ORDER))


def test_a_training_waits_for_another_one_of_the_server(monkeypatch):
    queue, ticket, begun = Queue(lambda ticket: begun.append(ticket.folder) or patient(ticket)), Ticket(ORDER), []
    with trainings.shared.next_turn():
        queue.join(ticket)
        time.sleep(0.3)
        assert not begun
    soon(lambda: begun)
    queue.stop(ticket)
    soon(lambda: ticket.over)


# --- agents that are kept


def test_a_kept_agent_is_found_wherever_agents_are(trained, command):
    name = own.keep(LINE, copy_of(trained, 3 * UPDATE))
    assert name == "mine:0" and own.own_names(LINE) == [name]
    agent = goalmisgen.agent("line_and_gem", name)
    assert agent.config == config_of(LINE, ORDER.choice) and agent.name == name
    assert goalmisgen.load("line_and_gem").agents[-1] == name
    assert list(loading.agent_choices(LINE))[-1] == name
    assert name not in agent_names(LINE), "tables and studies are about the bundled ones"
    assert label(LINE, name) == "yours, number 0: red line and yellow gem in 50 of 100"
    assert "In 50 of 100 training levels a red line stood beside a yellow gem" in line(LINE, name)
    status, out, _ = command("measure", "line_and_gem", "--agent", "mine", "--episodes", 4, "--json")
    assert status == 0 and json.loads(out)["agent"] == name
    status, out, _ = command("list", "--json")
    told = {row["name"]: row for row in json.loads(out)}
    assert told["line_and_gem"]["own"] == [name] and name not in told["line_and_gem"]["agents"]
    status, _, err = command("measure", "line_and_gem", "--agent", "mine:7")
    assert status == 2 and "There is no agent 'mine:7'" in err
    own.remove(LINE, name)
    assert own.own_names(LINE) == [] and own.keep(LINE, copy_of(trained, 0)) == "mine:1"


def test_no_more_are_kept_than_there_is_room_for(trained, monkeypatch):
    monkeypatch.setattr(own, "MOST_KEPT", 1)
    own.keep(LINE, copy_of(trained, 0))
    with pytest.raises(OfferError, match="remove one first"):
        own.keep(LINE, copy_of(trained, 0))


def test_an_agent_from_a_file_is_loaded_before_it_is_kept(trained):
    whole = copy_of(trained, 3 * UPDATE).read_bytes()
    assert brought(LINE, whole) == "mine:0"
    bundled = (folder(LINE) / "yellow-black" / "s0" / "policy.safetensors").read_bytes()
    assert brought(LINE, bundled) == "mine:1", "one that tells nothing of its training is an agent, too"
    assert label(LINE, "mine:1") == "yours, number 1" and load_agent(LINE, "mine:1").config == LINE.training
    maze = goalmisgen.grid_entry("cheese_maze")
    for demo, data in ((maze, whole), (LINE, whole[:-9]), (LINE, b"\x80\x04pickle"), (LINE, bytes(own.MOST_BYTES + 1))):
        with pytest.raises(OfferError, match="The file"):
            brought(demo, data)
    assert own.own_names(LINE) == ["mine:0", "mine:1"] and own.own_names(maze) == []


@pytest.mark.parametrize(
    "harm",
    [
        {"demo": "coinrun"}, {"choice": {"share": 3}}, {"choice": {"share": 5, "within": 2}}, {"seconds": "long"},
        {"seconds": float("inf")}, {"steps": -1}, {"seed": 1 << 60}, {"more": 1}, {"training": None},
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_none(trained, harm):
    facts = read_news(trained).looks[-1]
    assert own.facts_in(LINE, {own.NOTE: facts.model_dump_json()}) == facts
    assert own.facts_in(LINE, {own.NOTE: json.dumps(facts.model_dump() | harm)}) is None
    assert own.facts_in(LINE, {}) is None and own.facts_in(LINE, {own.NOTE: "[" * 9000}) is None


def test_an_agent_of_one_s_own_cannot_be_rescued_or_carded(trained):
    from goalmisgen.engine.mitigate.rescue import by_reward
    from goalmisgen.engine.study.cards import agent_folder

    agent: Agent = load_agent(LINE, own.keep(LINE, copy_of(trained, 0)))
    with pytest.raises(AgentError, match="name a bundled agent"):
        by_reward(LINE, agent, LINE.training, 10, 0)
    with pytest.raises(AgentError, match="not a recipe"):
        agent_folder(LINE, agent.name)


# --- what is said of it


def facts(line: int, gem: int, n: int) -> Facts:
    told = Counted(n=n, ended={"line": line, "gem": gem, "timeout": n - line - gem})
    return Facts(
        demo="line_and_gem", choice=Choice(share=0), seed=0, steps=10, total=10, seconds=1.0,
        training=Counted(n=n, ended={"line": n}), telling=told, versions={},
    )  # fmt: skip


def test_the_verdict_says_what_came_with_n_and_takes_no_side_where_it_is_close():
    assert learning.most(LINE, facts(90, 10, 100).telling) == "line"
    assert learning.most(LINE, facts(3, 9, 100).telling) == NEITHER
    assert learning.most(LINE, facts(50, 45, 100).telling) == learning.CLOSE
    told = learning.verdict(LINE, "gem", facts(90, 10, 100))
    assert told.startswith("**Not this time.**") and "On 100 new levels" in told and ": 90" in told
    assert learning.verdict(LINE, "line", facts(90, 10, 100)).startswith("**You called it.**")
    assert learning.verdict(LINE, "line", facts(50, 45, 100)).startswith("**It is too close")
    early = facts(90, 10, 100).model_copy(update={"steps": 5})
    assert learning.verdict(LINE, "line", early).startswith("**It was stopped early")
    assert "90 of 100</b> <small>(83 to 94 %)" in learning.table(LINE, facts(90, 10, 100))


def test_the_curve_holds_three_lines_and_their_bands():
    import base64

    looks = [facts(1, 5, 10).model_copy(update={"steps": steps}) for steps in (0, 10)]
    shown = learning.curve(LINE, looks, 20, "#222222")
    drawn = base64.b64decode(shown.partition("base64,")[2].partition('"')[0]).decode()
    assert drawn.count("<polyline") == 3 and drawn.count("<polygon") == 3
