"""The lecturer's window, driven headless: events go in, states and frames come out."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import goalmisgen
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from worlds import SCROLLS, SOLVED

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import pygame
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.policy import Policy
from goalmisgen.engine.agents.pretrained import AgentError
from goalmisgen.engine.rules.edit import draw_level, kind_slots, object_names, open_places, place
from goalmisgen.engine.stage import events, frame, keys, lettering, overlays, stage, together, window
from goalmisgen.engine.stage.keys import KEYS
from goalmisgen.engine.stage.stage import LEAD, Show
from goalmisgen.engine.stage.window import WindowError

pytestmark = pytest.mark.usefixtures("screen")
GOAL = SCROLLS.goal_object
MANY = max(SCROLLS.kinds, key=lambda kind: kind.count).name  # a kind of which there may be several
SURFACE = (1280, 720)


@pytest.fixture(scope="session")
def agents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Two untrained agents of each world, as weight files: they act at random, which is all the window needs."""
    found: dict[str, list[str]] = {}
    for demo in (SCROLLS, SOLVED):
        for seed in (1, 2):
            torch.manual_seed(seed)
            path = tmp_path_factory.mktemp(demo.name) / f"agent{seed}.safetensors"
            save_file(Policy(demo).state_dict(), path)
            found.setdefault(demo.name, []).append(str(path))
    return found


@pytest.fixture
def show(agents: dict[str, list[str]]) -> Iterator[Show]:
    level = draw_level(SCROLLS, SCROLLS.training, 3)
    show = Show(SCROLLS, agents[SCROLLS.name], 3, shifted=False, level=level)
    picture(show)
    yield show
    show.close()


def picture(show: Show, size: tuple[int, int] = SURFACE) -> np.ndarray:
    """The present frame, uint8[width, height, 3]."""
    surface = pygame.Surface(size)
    frame.draw(show, surface)
    return pygame.surfarray.array3d(surface)


def press(show: Show, name: str, release: bool = True) -> None:
    """Press a key as a person would, and wait for what it sets going."""
    code = pygame.key.key_code(name) if name != "?" else pygame.K_SLASH
    typed = name if len(name) == 1 else ""
    show.handle(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=0))
    if release:
        show.handle(pygame.event.Event(pygame.KEYUP, key=code, mod=0))
    show.settle()


def mouse(show: Show, kind: int, pos: tuple[int, int], button: int = 1) -> None:
    show.handle(pygame.event.Event(kind, pos=pos, button=button, rel=(0, 0), buttons=(1, 0, 0)))


def drag(show: Show, slot: int, row: float, col: float) -> None:
    """Drag an object from where it is drawn to the middle of a tile."""
    picture(show)
    mouse(show, pygame.MOUSEBUTTONDOWN, show.place_of(slot))
    mouse(show, pygame.MOUSEMOTION, show.place_at(row, col))
    mouse(show, pygame.MOUSEBUTTONUP, show.place_at(row, col))


def test_frames_change_while_playing_and_not_while_paused(show: Show) -> None:
    before = picture(show)
    for _ in range(8):
        show.advance(0.1)
    playing = picture(show)
    assert (before != playing).any()
    press(show, "space")
    paused = picture(show)
    for _ in range(8):
        show.advance(0.1)
    assert (picture(show) == paused).all()
    press(show, "space")
    show.advance(0.5)
    assert (picture(show) != paused).any()


def test_positions_are_interpolated_between_steps(show: Show) -> None:
    states = show.panes[0].run.states
    t = int(np.argmax(np.abs(np.diff(states["at"][: show.last, 0, 1]))))
    show.clock = t + 0.5
    half = frame.shown_state(show, show.panes[0]).at[0]
    assert half == pytest.approx((states[t].at[0] + states[t + 1].at[0]) / 2)


def test_steps_speed_and_restart(show: Show) -> None:
    press(show, ".")
    press(show, ".")
    assert show.paused and show.clock == 2
    press(show, "right")
    assert show.clock == 3
    press(show, ",")
    press(show, "left")
    assert show.clock == 1
    speed = show.speed
    press(show, "+")
    assert show.speed == speed + 1
    press(show, "-")
    press(show, "-")
    assert show.speed == speed - 1
    press(show, "r")
    assert show.clock == 0 and not show.paused


def test_a_dragged_goal_changes_the_level_ahead_of_the_picture(show: Show) -> None:
    show.advance(0.45)
    old = show.panes[0].run
    t, goal = int(show.clock), old.level.objects[1].copy()
    row, col = float(old.states[0].at[0, 0]) - 3, float(old.states[0].at[0, 1])
    place(SCROLLS, old.level, GOAL, row, col)  # possible, else this test asks for the wrong thing
    drag(show, 1, row, col)
    assert frame.shown_state(show, show.panes[0]).at[1] == pytest.approx((row, col))  # at once where it was put
    show.settle()
    run = show.panes[0].run
    assert run.level.objects[1].tolist() == [row, col]
    assert [edit.at for edit in run.edits] == [t + LEAD]
    assert (run.states[: t + LEAD] == old.states[: t + LEAD]).all()
    assert old.level.objects[1].tolist() == goal.tolist() and show.notice_left == 0


def test_an_impossible_drop_is_refused_and_the_run_goes_on(show: Show) -> None:
    show.advance(0.3)
    old = show.panes[0].run
    bytes_before, clock = old.states.tobytes(), show.clock
    drag(show, 1, 12.0, 5.0)
    show.settle()
    assert show.panes[0].run is old and old.states.tobytes() == bytes_before and not old.edits
    assert show.notice.startswith(f"The {GOAL} would be inside") and show.notice.count(".") == 1
    shown = picture(show)
    assert show.notice_left > 3
    show.advance(0.1)
    assert show.clock > clock
    for _ in range(80):
        show.advance(0.1)
    assert show.notice_left == 0 and (picture(show)[:, -60:] != shown[:, -60:]).any()


def test_a_click_without_a_drag_edits_nothing(show: Show) -> None:
    mouse(show, pygame.MOUSEBUTTONDOWN, show.place_of(1))
    mouse(show, pygame.MOUSEBUTTONUP, show.place_of(1))
    show.settle()
    assert not show.panes[0].run.edits and np.array_equal(
        show.panes[0].run.level.objects, show.panes[0].run.first.objects
    )


def test_a_dragged_agent_goes_on_from_there(show: Show) -> None:
    show.advance(0.3)
    run = show.panes[0].run
    start = run.first.objects[0].copy()
    row, col = float(start[0]) - 4, float(start[1])
    drag(show, 0, row, col)
    show.settle()
    run = show.panes[0].run
    at = run.edits[0].at
    assert run.states[at].at[0].tolist() == [row, col] and run.level.objects[0].tolist() == start.tolist()


def test_right_click_recolours_objects_and_tiles(show: Show) -> None:
    before = show.panes[0].run.level
    mouse(show, pygame.MOUSEBUTTONDOWN, show.place_of(1), button=3)
    show.settle()
    after = show.panes[0].run.level
    assert (after.colours[1] != before.colours[1]).any() and show.notice == f"{GOAL}: blue"
    mouse(show, pygame.MOUSEBUTTONDOWN, show.place_at(12, 5), button=3)
    show.settle()
    assert (show.panes[0].run.level.tile_colours[1] != after.tile_colours[1]).any() and show.notice == "wall: red"


def test_walls_are_painted_and_erased_under_the_mouse(show: Show) -> None:
    row, col = 1, int(show.panes[0].run.level.extent[1]) - 3
    mouse(show, pygame.MOUSEMOTION, show.place_at(row, col))
    press(show, "w", release=False)
    mouse(show, pygame.MOUSEMOTION, show.place_at(row + 1, col))
    show.settle()
    assert show.panes[0].run.level.tiles[row : row + 2, col].tolist() == [1, 1]
    press(show, "e")
    assert show.panes[0].run.level.tiles[row : row + 2, col].tolist() == [1, 0]
    press(show, "u")
    assert show.panes[0].run.level.tiles[row, col] == 0


def test_restart_keeps_the_edits(show: Show) -> None:
    show.advance(0.5)
    row, col = show.panes[0].run.states[0].at[0] - (3, 0)
    drag(show, 1, row, col)
    show.settle()
    press(show, "r")
    assert show.clock == 0 and show.panes[0].run.first.objects[1].tolist() == [row, col] and not show.panes[0].run.edits


def test_blank_screen_is_black_and_holds_the_run(show: Show) -> None:
    press(show, "b")
    assert not picture(show).any()
    clock = show.clock
    show.advance(1)
    assert show.clock == clock
    press(show, "b")
    assert picture(show).any()


def test_split_shows_two_agents_on_the_same_level(show: Show, agents: dict[str, list[str]]) -> None:
    press(show, "s")
    one, two = show.panes
    assert one.agent.digest != two.agent.digest and one.run.first.tobytes() == two.run.first.tobytes()
    shown = picture(show)
    assert one.corner == two.corner  # both bodies are in one picture, each in its colour
    for colour in together.COLOURS[:2]:
        assert (np.abs(shown.astype(int) - colour).sum(2) < 12).any()
    show.overlay = overlays.BARS  # which each run needs a picture of its own for
    shown = picture(show)
    assert one.corner != two.corner
    for pane in (one, two):
        (x, y), side = pane.corner, int(pane.tile)
        assert len(np.unique(shown[x : x + 10 * side, y : y + 10 * side].reshape(-1, 3), axis=0)) > 5
    show.overlay = 0
    show.advance(0.3)
    drag(show, 1, *(one.run.states[0].at[0] - (3, 0)))
    show.settle()
    picture(show)
    assert one.corner == two.corner and show.panes[0].run.edits
    assert show.panes[0].run.level.objects[1].tolist() == show.panes[1].run.level.objects[1].tolist()
    press(show, "s")
    assert len(show.panes) == 1


def test_levels_agents_and_presets(agents: dict[str, list[str]]) -> None:
    show = Show(SCROLLS, agents[SCROLLS.name], 5, shifted=True)
    first = show.panes[0].run.first.tobytes()
    press(show, "n")
    assert show.scene.level_seed == 6 and show.panes[0].run.first.tobytes() != first
    press(show, "page down")
    assert show.scene.level_seed == 7
    press(show, "page up")
    press(show, "p")
    assert show.scene.level_seed == 5 and show.panes[0].run.first.tobytes() == first
    press(show, "a")
    assert show.scene.agents == (agents[SCROLLS.name][1],)
    press(show, "a")
    assert show.scene.agents == (agents[SCROLLS.name][0],)
    press(show, "l")
    assert not show.scene.shifted
    press(show, "4")
    assert show.scene.level_seed == SCROLLS.presets[3].level_seed
    assert show.scene.agents == (SCROLLS.presets[3].agent,)
    show.close()


def test_a_preset_is_shown_with_its_agent_and_edits(
    agents: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from goalmisgen.engine.rules.world import Preset

    level = draw_level(SCROLLS, SCROLLS.training, 3)
    spot = (float(level.objects[0, 0]) - 3, float(level.objects[0, 1]))
    preset = Preset(
        "here",
        "Above the start",
        agents[SCROLLS.name][1],
        False,
        3,
        SCROLLS.intended,
        (f"{GOAL}={spot[0]:g},{spot[1]:g}",),
    )
    show = Show(replace(SCROLLS, presets=(preset,)), agents[SCROLLS.name][:1], 9, shifted=True)
    press(show, "1")
    assert show.panes[0].run.first.objects[1].tolist() == list(spot) and show.scene.level_seed == 3
    press(show, "2")
    assert "no prepared level 2" in show.notice
    show.close()


def test_the_next_level_is_computed_while_this_one_is_shown(agents: dict[str, list[str]]) -> None:
    show = Show(SCROLLS, agents[SCROLLS.name], 5, shifted=True)
    coming = show._scenes[show.scene._replace(level_seed=6)]
    coming.result(timeout=30)
    show.to_level(6)  # already there: no waiting, not even for one frame
    assert show.scene.level_seed == 6
    show.close()


def test_taking_over_and_giving_back(show: Show) -> None:
    show.advance(0.35)
    press(show, "t")
    at = show.panes[0].person_from
    assert at == 4
    press(show, "left", release=False)
    for _ in range(10):
        show.advance(0.1)
    run = show.panes[0].run
    taken = run.actions[at : run.steps].tolist()
    assert len(taken) >= 5 and set(taken) == {SCROLLS.keys["left"]}
    press(show, "t")
    run = show.panes[0].run
    assert run.by_person[at : at + len(taken)].all() and not run.by_person[at + len(taken) :].any()
    assert run.actions[at : at + len(taken)].tolist() == taken and run.steps > at + len(taken)


def test_a_person_plays_to_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    show = Show(SOLVED, [], 0, shifted=False)
    show.advance(1)
    assert show.clock == 0  # in a maze nothing moves until a key is pressed
    press(show, "up", release=False)
    for _ in range(400):
        show.advance(0.1)
    assert show.results == [show.panes[0].run.outcome]
    picture(show)
    assert frame.words(show, show.panes[0]).startswith("You ")
    assert show.score().startswith("1 played: ") and show.score().count("1") >= 2
    press(show, "r")
    assert show.clock == 0 and show.panes[0].run.steps == 0 and show.panes[0].person_from == 0
    show.close()


@pytest.mark.parametrize("demo", [SCROLLS, SOLVED], ids=lambda demo: demo.name)
def test_overlays(demo, agents: dict[str, list[str]]) -> None:
    show = Show(demo, agents[demo.name], 2, shifted=True)
    show.paused = True
    seen = []
    for _ in range(6 if overlays.has_arrows(demo) else 5):
        if show.overlay == overlays.FIELD:
            until(lambda: show.field(show.panes[0]))
        if show.overlay == overlays.MAP:
            until(lambda: show.outcomes(show.panes[0])[0] is not None)
        show.notice_left = 0
        seen.append(picture(show).tobytes())
        press(show, "o")
    assert show.overlay == 0 and len(set(seen)) == len(seen)
    show.close()


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait for what is computed beside the picture."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_sheet_of_keys_is_the_table_of_bindings(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(overlays, "sheet", lambda surface, entries, *_: shown.extend(entries))
    press(show, "?")
    picture(show)
    assert set(shown) == {*((k.label, k.does) for k in KEYS), *keys.MOUSE} and len(shown) == len(set(shown))
    assert tuple(label for label, _ in shown[: len(keys.FIRST)]) == keys.FIRST  # what is used most comes first
    names = [name for k in KEYS for name in k.names]
    assert len(names) == len(set(names))
    for wanted in (
        "space",
        ".",
        ",",
        "+",
        "-",
        "r",
        "n",
        "page down",
        "page up",
        "a",
        "s",
        "o",
        "t",
        "g",
        "b",
        "?",
        "f",
        "escape",
    ):
        assert wanted in names
    press(show, "h")
    assert not show.sheet


@pytest.mark.parametrize("entry", KEYS, ids=lambda entry: entry.label)
def test_every_bound_key_calls_its_method(entry: keys.Key, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in entry.names:
        called: list[str] = []
        fakes = [k._replace(act=lambda _, n, k=k, c=called: c.append(k.label)) for k in KEYS]
        monkeypatch.setattr(events, "KEYS", fakes)
        press(show, name)
        monkeypatch.undo()
        assert called == [entry.label]


def test_a_film_is_saved_or_its_failure_told(show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    press(show, "g")
    films = list(tmp_path.glob(f"{SCROLLS.name}_*.gif"))
    assert show.notice.startswith("Saved as ") and len(films) == 1 and films[0].stat().st_size > 1000


def test_a_run_is_held_for_a_vote_which_is_set_against_its_outcome(show: Show) -> None:
    press(show, "v")
    show.advance(1)
    assert show.holding and show.clock == 0 and show.vote is not None
    assert show.vote.options == (*SCROLLS.goals, stage.NEITHER)
    for name in ("1", "2", "tab", "3", "backspace", "4", "space"):
        press(show, name)
    assert show.vote.numbers == [12, 4, 0] and show.scene.level_seed == 3  # digits were no presets
    assert (picture(show)[:, -150:] != 0).any()
    press(show, "return")
    for _ in range(60):
        show.advance(1)
    outcome = show.panes[0].run.outcome
    answer = show.votes[0][1]
    assert [*SCROLLS.goals, stage.NEITHER][answer] == (outcome if outcome in SCROLLS.goals else stage.NEITHER)
    assert "of 16 had said so" in show.notice or "of 16" in show.votes[0][0].against(answer)
    press(show, "k")
    assert show.sheet == "votes" and (picture(show) != 0).any()
    press(show, "k")
    press(show, "r")
    assert show.holding and show.clock == 0  # the next run is held again
    press(show, "space")
    assert not show.holding and show.vote is None  # nothing typed: nobody was asked
    press(show, "v")
    assert not show.guessing


def test_an_edit_is_held_for_a_vote_too(show: Show) -> None:
    show.advance(0.3)
    press(show, "v")
    press(show, "space")
    show.advance(0.1)
    drag(show, 1, *(show.panes[0].run.states[0].at[0] - (3, 0)))
    show.settle()
    clock = show.clock
    show.advance(1)
    assert show.holding and show.clock == clock


def test_the_changed_levels_of_what_it_follows_are_stepped_through(
    agents: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from goalmisgen.engine.rules.world import Preset

    probes = tuple(
        Preset(name, f"Changed: {name}", agents[SCROLLS.name][1], False, 3, SCROLLS.proxies[0], (change,))
        for name, change in (("none", f"{GOAL}=none"), ("blue", f"{GOAL}=#0072b2"))
    )
    show = Show(replace(SCROLLS, probes=probes), agents[SCROLLS.name][:1], 9, shifted=True)
    press(show, "x")
    assert show.panes[0].run.first.objects[1, 0] == -1 and show.notice == "Changed: none"
    press(show, "x")
    assert show.panes[0].run.first.objects[1, 0] >= 0 and show.notice == "Changed: blue"
    show.close()


def test_a_click_on_the_outcome_map_replays_that_run(agents: dict[str, list[str]]) -> None:
    show = Show(SOLVED, agents[SOLVED.name], 2, shifted=True)
    show.overlay = overlays.MAP
    until(lambda: show.outcomes(show.panes[0])[0] is not None)
    found = show.outcomes(show.panes[0])[0]
    picture(show)
    taken = {tuple(place) for place in show.panes[0].run.first.objects}
    i = next(i for i, cell in enumerate(found.cells) if tuple(cell) not in taken)
    row, col = (float(x) for x in found.cells[i])
    mouse(show, pygame.MOUSEBUTTONDOWN, show.place_at(row, col))
    show.settle()
    run = show.panes[0].run
    assert run.first.objects[1].tolist() == [row, col] and run.outcome == found.outcomes[i, 0] and show.clock == 0
    assert show.outcomes(show.panes[0])[0] is found  # the map does not depend on where the goal stands
    show.close()


def test_a_run_is_saved_to_be_shown_again(show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    press(show, "j")
    again = run_files.load(next(tmp_path.glob(f"{SCROLLS.name}_*.json")), SCROLLS)
    run = show.panes[0].run
    assert again.agent is None and again.actor == run.agent.name and again.digest == run.agent.digest
    assert (again.states[: run.steps + 1] == run.states[: run.steps + 1]).all() and again.steps == run.steps


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1920, 1080), (1024, 768), (500, 900)])
def test_the_picture_is_crisp_and_inside_the_window(show: Show, size: tuple[int, int]) -> None:
    for _ in range(2):
        shown = picture(show, size)
        assert shown.shape == (*size, 3)
        for pane in show.panes:
            assert pane.tile == int(pane.tile) >= 10
            rows, columns = pane.run.level.extent
            assert pane.corner[0] >= 0 and pane.corner[0] + columns * pane.tile <= max(size[0], columns * 10 + 40)
        press(show, "s")


def test_text_is_large_enough_for_the_last_row() -> None:
    sizes = lettering.Sizes.of(1080)
    assert lettering.font(sizes.text).get_height() >= 36 and lettering.font(sizes.title).get_height() >= 36


def test_the_badge_says_whether_the_level_could_be_a_training_level(agents: dict[str, list[str]]) -> None:
    trained = Show(SCROLLS, agents[SCROLLS.name], 3, shifted=False)
    shifted = Show(SCROLLS, agents[SCROLLS.name], 3, shifted=True)
    assert trained.panes[0].reasons(trained.panes[0].run.first) == []
    assert shifted.panes[0].reasons(shifted.panes[0].run.first)
    trained.close()
    shifted.close()


def test_watch_runs_until_it_is_closed(agents: dict[str, list[str]]) -> None:
    def watched(*events: pygame.event.Event) -> int:
        shown: list[int] = []

        def post(show: Show, surface: pygame.Surface) -> None:
            frame.draw(show, surface)
            shown.append(1)
            if len(shown) == 3:
                for event in events:
                    pygame.event.post(event)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(window, "draw", post)
            return window.watch(SCROLLS, agents[SCROLLS.name], 1, True, 0, 0, False)

    assert watched(pygame.event.Event(pygame.QUIT)) == 0
    full = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_f, unicode="f", mod=0)
    assert watched(full, pygame.event.Event(pygame.KEYDOWN, key=pygame.K_ESCAPE, unicode="", mod=0)) == 0


def test_what_is_missing_gets_one_sentence(agents: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WindowError, match=r"^There is no display 9; this machine has \d+, numbered from 0\.$"):
        window.watch(SCROLLS, agents[SCROLLS.name], 1, True, 0, 9, False)
    with pytest.raises(AgentError, match="no agent"):
        window.watch(SCROLLS, ["mix-0:99"], 1, True, 0, 0, False)
    pygame.display.quit()
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(WindowError, match="^No display was found"):
        window.play(SCROLLS, 1, True, 0, 0, False)


def test_objects_are_inserted_and_deleted_under_the_mouse(show: Show) -> None:
    several = [name for name in object_names(SCROLLS) if name.startswith(MANY)]
    press(show, "space")
    before = len(there(show, MANY))
    kinds = [kind.name for kind in SCROLLS.kinds]
    for _ in range(kinds.index(MANY) - kinds.index(GOAL)):
        press(show, "m")
    row, col = next(
        place
        for place in open_places(SCROLLS, show.panes[0].run.level)
        if place[1] > 2 and abs(place[1] - show.panes[0].run.states[0].at[0, 1]) > 3
    )
    show.mouse = show.place_at(row, col)
    press(show, "i")
    assert len(there(show, MANY)) == before + 1
    picture(show)
    show.mouse = show.place_at(row, col)
    press(show, "d")
    assert len(there(show, MANY)) == before
    show.mouse = show.place_of(0)
    press(show, "delete")
    assert "other than the agent" in show.notice
    for _ in range(len(several) + 1):
        show.mouse = show.place_at(row, col)
        press(show, "i")
    assert "the most it can" in show.notice and len(there(show, MANY)) == len(several)


def there(show: Show, kind: str) -> list[int]:
    level = show.panes[0].run.level
    return [slot for slot in kind_slots(SCROLLS, kind) if level.objects[slot, 0] >= 0]


def test_a_world_without_settings_says_so(show: Show) -> None:
    for name in ("y", "z"):
        press(show, name)
        assert "no settings" in show.notice


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_what_the_reward_pays_is_read_whole(name: str) -> None:
    sizes = lettering.Sizes.of(720)
    lines = lettering.wrapped(f"Reward: {goalmisgen.grid_entry(name).reward}", sizes.text, 1280 - 4 * sizes.gap)
    assert len(lines) <= 2


def decided_early(show: Show) -> None:
    """Let the run shown have reached the end at step 5, with steps left after it."""
    run = show.panes[0].run
    run.states["reached"][5:, 1] = 5
    assert run.decided_at == 5 < run.steps


def test_a_run_stops_when_it_is_decided_and_runs_on_when_asked(show: Show) -> None:
    decided_early(show)
    for _ in range(30):
        show.advance(0.1)
    assert show.clock == show.last == 5 and show.decided
    assert frame.words(show, show.panes[0]).endswith("Space: run on.")
    press(show, "space")
    show.advance(0.2)
    assert show.clock > 5 and show.last == show.panes[0].run.steps and not show.decided
    press(show, "r")
    assert show.last == 5


def test_nothing_on_screen_tells_of_steps_not_yet_shown(show: Show) -> None:
    """Two runs alike up to now, one of which is decided soon, look alike."""
    show.advance(0.2)
    before = picture(show)
    decided_early(show)
    assert (picture(show) == before).all()


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1920, 1080)])
def test_the_world_takes_most_of_the_window(show: Show, size: tuple[int, int]) -> None:
    """At least 60 % of the height, or the whole width."""
    picture(show, size)
    pane = show.panes[0]
    rows, columns = (int(n) * pane.tile for n in pane.run.level.extent)
    assert rows >= 0.6 * size[1] or columns + pane.run.level.extent[1] > size[0] - 60


def test_the_sheet_of_keys_has_pages_and_closes(show: Show) -> None:
    press(show, "?")
    first = picture(show, (1024, 768))
    press(show, "right")
    assert show.sheet == "keys" and (picture(show, (1024, 768)) != first).any()
    press(show, "left")
    assert (picture(show, (1024, 768)) == first).all()
    press(show, "?")
    assert not show.sheet


def test_no_sentence_is_cut_off_at_1024_by_768(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    rendered = lettering.rendered
    monkeypatch.setattr(lettering, "rendered", lambda text, *rest: written.append(text) or rendered(text, *rest))
    for sheet, pages in (("", 1), ("keys", 4)):
        show.sheet = sheet
        for show.page in range(pages):
            picture(show, (1024, 768))
    assert written and not [text for text in written if text.endswith("\u2026")]


def test_what_is_prepared_is_named_on_screen(agents: dict[str, list[str]]) -> None:
    from dataclasses import replace

    moved = replace(SCROLLS.preset_as("moved"), agent=agents[SCROLLS.name][0])
    demo = replace(SCROLLS, presets=(moved,))
    show = Show(demo, agents[SCROLLS.name], moved.level_seed, moved.shifted, changes=moved.changes)
    assert frame.prepared_title(show) == f"1 \u00b7 {moved.title}"
    press(show, "a")
    assert frame.prepared_title(show) == ""  # the title is about that agent
    show.close()


def test_letters_are_made_anew_after_pygame_was_ended():
    """Gymnasium's `play` ends it; a font of before would end the process."""
    import pygame
    from goalmisgen.engine.stage import lettering

    pygame.init()
    before = lettering.font(20)
    pygame.quit()
    pygame.init()
    after = lettering.font(20)
    assert after is not before and after.size("A")[0] > 0
