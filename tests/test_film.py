"""Films are decoded and compared with the picture; bytes are the same twice; old files stay whole."""

import io
import json
import os
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

import demos
from demos.engine.agents.run import Run
from demos.engine.rules import edit
from demos.engine.rules.picture import scene
from demos.engine.show import film as filming


@pytest.fixture
def run(demo, agent):
    run = Run(demo, agent, edit.draw_level(demo, demo.shifted, 7), seed=1)
    at = min(4, run.steps - 1)
    run.edit(at, edit.recolour(demo, run.level, edit.goal_name(demo), "#00aaff"))
    return run


def test_a_gif_holds_every_frame_exactly(run, tmp_path):
    told = filming.film(run, tmp_path / "a.gif", command="goalmisgen film x", extra={"tried": 3})
    assert told["frames"] == run.steps + 1 and told["outcome"] == run.outcome
    lasted, t = [], 0
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames <= told["frames"]  # frames alike are held longer
        comment = image.info["comment"]
        for number in range(image.n_frames):
            image.seek(number)
            frame = np.asarray(image.convert("RGB"))
            size = 512 / (int(run.first.extent[1]) * 20)
            picture = scene(run.demo, run.level_at(t), run.states[t], 0.5 if size < 0.75 else max(1, int(size + 0.5)))
            assert np.array_equal(frame[: picture.shape[0], : picture.shape[1]], picture), t
            lasted.append(image.info["duration"])
            t = sum(d // 80 for d in lasted)
    assert lasted[-1] >= 1000 * filming.HOLD
    assert b"goalmisgen film x" in comment and b"Tried: 3" in comment
    assert b"CC BY 4.0" in comment and run.demo.papers[0].encode() in comment


def decoded(path):
    """Every frame of a film, uint8[frames, height, width, 3]; its size is asked of a PNG of the first frame."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    png = subprocess.run(
        [*ffmpeg, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True
    )
    width, height = Image.open(io.BytesIO(png.stdout)).size
    raw = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def test_an_mp4_shows_the_run_and_is_small(run, tmp_path):
    told = filming.film(run, tmp_path / "a.mp4", fps=10)
    frames = decoded(tmp_path / "a.mp4")
    assert len(frames) >= told["frames"] + filming.HOLD * 10 - 1
    first = frames[0][: run.first.extent[0] * 20, : run.first.extent[1] * 20]
    filming.film(run, tmp_path / "a.gif", fps=10)
    with Image.open(tmp_path / "a.gif") as image:
        exact = np.asarray(image.convert("RGB"))[: first.shape[0], : first.shape[1]]
    assert np.abs(first.astype(int) - exact.astype(int)).mean() < 8


@pytest.mark.parametrize("name", ["a.gif", "a.mp4", "a.png"])
def test_the_same_film_has_the_same_bytes(run, tmp_path, name):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        filming.film(run, tmp_path / folder / name, versus=run, caption="twice", command="c")
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("name", ["a.svg", "a.pdf", "a.png"])
def test_a_still_of_the_way(run, tmp_path, name):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        filming.trail(run, tmp_path / folder / name, command="goalmisgen film x")
    data = (tmp_path / "one" / name).read_bytes()
    assert data == (tmp_path / "two" / name).read_bytes()
    if name.endswith("svg"):
        assert b"<text" in data and b"goalmisgen film x" in data


def test_an_unknown_ending_gets_a_sentence(run, tmp_path):
    with pytest.raises(filming.FilmError, match=r"\.gif"):
        filming.film(run, tmp_path / "a.avi")
    with pytest.raises(filming.FilmError, match=r"\.svg"):
        filming.trail(run, tmp_path / "a.gif")


def test_a_failure_leaves_the_old_file_whole(run, tmp_path, monkeypatch):
    target = tmp_path / "a.gif"
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        filming.film(run, target)
    assert target.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a.gif"]


def test_find_takes_the_first_level_with_the_outcome(demo, agent):
    goal = demo.proxies[0]
    told = filming.find(demo, agent, demo.shifted, goal, 100, 0, 400)
    seeds = range(100, told["level_seed"] + 1)
    runs = [Run(demo, agent, edit.draw_level(demo, demo.shifted, seed), seed=0) for seed in seeds]
    assert [run.outcome == goal for run in runs] == [False] * (len(runs) - 1) + [True]
    assert told["tried"] == len(runs)


def test_a_strip_says_at_which_step_each_picture_stands(run):
    texts = [filming._moment(run, "it", t) for t in filming._moments([run], run.steps)]
    assert texts[0].startswith("step 0, ")
    assert any("edited" in text for text in texts)
    assert texts[-1].startswith(f"step {run.steps}, ") and run.describe() in texts[-1]


def test_a_still_keeps_the_record_of_the_search(run, tmp_path):
    filming.trail(run, tmp_path / "a.png", extra={"tried": 3, "base_rate": "2 of 200 levels (1 %)"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Tried"] == "3" and image.info["Base rate"].startswith("2 of 200")


def test_a_saved_run_is_filmed_without_its_network(tmp_path, capsys, monkeypatch):
    from demos.engine import cli
    from demos.engine.agents import pretrained
    from demos.engine.rules.edit import draw_level

    demo = demos.load("coinrun")
    run = Run(demo, pretrained.load_agent(demo, "mix-0"), draw_level(demo, demo.shifted, 3), 5)
    run.save(tmp_path / "run.json")
    monkeypatch.setattr(pretrained, "load_agent", None)
    for out in ("run.gif", "run.svg"):
        words = ["film", "coinrun", "--run", str(tmp_path / "run.json"), "--out", str(tmp_path / out), "--json"]
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, *(["--trail"] if out.endswith("svg") else [])])
        told = json.loads(capsys.readouterr().out)
        assert ended.value.code == 0 and told["outcome"] == run.outcome and told["steps"] == run.steps
    with pytest.raises(SystemExit) as ended:
        cli.main([*words[:-3], "--out", str(tmp_path / "x.gif"), "--agent", "mix-0"])
    assert ended.value.code == 2 and "leave out" in capsys.readouterr().err
