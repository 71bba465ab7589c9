"""Films of dialogues: every word comes, who speaks is told apart, files say how they were made and stay whole."""

import numpy as np
import pytest
from goalmisgen.engine.film import files, lettering, text
from goalmisgen.redundant_questions import DEMO
from PIL import Image

CASE = DEMO.asked({"expression": "6 + 2 - 3"})
TURNS = (CASE.prompt, "what is w?", "w = 2.", "6 + 2 → 8 - 3 → 5.")
WORDS = sum(len(turn.split(" ")) for turn in TURNS)


def made(tmp_path, name, turns=TURNS, **more):
    return text.film(DEMO, "two:0", CASE, turns, tmp_path / name, command="goalmisgen film x", **more)


def frames_of(path):
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append((np.asarray(image.convert("RGB")), image.info["duration"]))
    return found


def test_words_come_one_after_the_other_and_the_end_is_held(tmp_path):
    told = made(tmp_path, "a.gif", caption="No unknown")
    assert told["outcome"] == "redundant" and told["turns"] == list(TURNS)
    assert told["frames"] == WORDS + len(TURNS) * text.PAUSE + 1
    frames = frames_of(tmp_path / "a.gif")
    assert len(frames) == WORDS + 1 and frames[-1][1] >= 1000 * text.HOLD
    ink = [int((frame == lettering.INK).all(2).sum()) for frame, _ in frames]
    assert ink[:-1] == sorted(ink[:-1]) and len({frame.shape for frame, _ in frames}) == 1
    with Image.open(tmp_path / "a.gif") as image:
        comment = image.info["comment"].decode()
    for said in ("goalmisgen film x", "CC BY 4.0", "shah2022goal", "Outcome: redundant", "what is w?"):
        assert said in comment


def test_person_and_network_stand_on_their_sides(tmp_path):
    made(tmp_path, "a.png")
    with Image.open(tmp_path / "a.png") as image:
        picture = np.asarray(image.convert("RGB"))
        assert image.info["Command"] == "goalmisgen film x"
    middle = picture.shape[1] // 2
    for colour, side in ((text.PERSON, 0), (text.NETWORK, 1)):
        there = (picture == colour).all(2)[: picture.shape[0] * 2 // 3]
        halves = there[:, :middle].sum(), there[:, middle:].sum()
        assert halves[side] > 10 * halves[1 - side]


def test_the_same_dialogue_gives_the_same_bytes(tmp_path):
    for name in ("a.gif", "a.mp4"):
        made(tmp_path, name)
        first = (tmp_path / name).read_bytes()
        made(tmp_path, name)
        assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("turns", [(CASE.prompt, ""), (CASE.prompt, "what " * 60), (CASE.prompt, "9" * 200)])
def test_empty_and_endless_replies_are_drawn_within_the_picture(tmp_path, turns):
    made(tmp_path, "a.gif", turns=turns, size=300)
    for frame, _ in frames_of(tmp_path / "a.gif"):
        assert frame.shape[1] == 300 and (frame[:, -2:] == lettering.PAPER).all()


def test_another_ending_is_refused_and_an_old_file_stays(tmp_path, monkeypatch):
    with pytest.raises(files.FilmError, match=r"\.gif"):
        made(tmp_path, "a.txt")
    (tmp_path / "a.gif").write_text("old")
    monkeypatch.setitem(files.WRITERS, ".gif", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(tmp_path, "a.gif")
    assert (tmp_path / "a.gif").read_text() == "old"


def test_the_command_asks_what_is_set(command, tmp_path):
    out = tmp_path / "q.gif"
    options = ["--agent", "two:0", "--set", "expression=x + y - 3", "--set", "x=9", "--out", out]
    status, said, _ = command("film", "redundant_questions", *options)
    assert status == 0 and "x = 9." in said and "evaluate x + y - 3." in said
    with Image.open(out) as image:
        assert b"--set 'expression=x + y - 3' --set x=9" in image.info["comment"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--edit", "coin=1,2"], "--edit is for grid worlds"),
        (["--set", "x"], "is not FIELD=VALUE"),
        (["--set", "colour=red"], "cannot be set here"),
        (["--set", "expression=x + q"], "knows no letter 'q'"),
        (["--preset", "nothing"], "There is no preset 'nothing'"),
        (["--agent", "two:9"], "There is no agent 'two:9'"),
    ],
)
def test_what_cannot_be_filmed_gets_a_sentence(command, tmp_path, options, says):
    status, _, told = command("film", "redundant_questions", "--out", tmp_path / "q.gif", *options)
    assert status == 2 and says in told
    assert not list(tmp_path.iterdir())


def test_a_grid_world_is_set_by_edits(command, tmp_path):
    status, _, told = command("film", "coinrun", "--set", "coin=1", "--out", tmp_path / "q.gif")
    assert status == 2 and "--set is for networks that write" in told
