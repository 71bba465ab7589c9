"""Films are decoded and compared with the picture; bytes are the same twice; old files stay whole."""

import io
import json
import os
import subprocess
from types import SimpleNamespace

import goalmisgen
import imageio.v3 as iio
import imageio_ffmpeg
import numpy as np
import pytest
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.film import grid as filming
from goalmisgen.engine.film import lettering, still
from goalmisgen.engine.rules import edit, names
from goalmisgen.engine.rules.scene import scene
from PIL import Image
from worlds import SCROLLS, agent_of, elsewhere


@pytest.fixture
def run(demo, agent):
    drawn = (edit.draw_level(demo, demo.shifted, number) for number in range(7, 99))
    run = next(run for level in drawn if (run := Run(demo, agent, level, seed=1)).steps > 1)
    at = min(4, run.steps - 1)
    run.edit(at, edit.recolour(demo, run.level, edit.goal_name(demo), "#00aaff"))
    return run


EVERY = filming.Cut("end", fps=50)  # every step, to the end


def inside(run, frame, picture):
    """Where the picture of a run lies in a frame of its film."""
    top = next(i for i in range(len(frame)) if np.array_equal(frame[i : i + 4, : picture.shape[1]], picture[:4]))
    return frame[top : top + picture.shape[0], : picture.shape[1]]


@pytest.mark.slow
def test_a_gif_holds_every_frame_exactly(run, tmp_path):
    told = filming.film(run, tmp_path / "a.gif", cut=EVERY, command="goalmisgen film x", extra={"tried": 3})
    pace = EVERY.pace(run.steps)
    assert told["frames"] == -(-run.steps // pace) + 1 and told["outcome"] == run.outcome
    scale, t = filming.scale_of(run, 1, 512), 0
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames <= told["frames"]  # frames alike are held longer
        comment, number = image.info["comment"], 0
        while t < run.steps:
            image.seek(number)
            frame = np.asarray(image.convert("RGB"))
            picture = scene(run.demo, run.level_at(t), run.states[t], scale)
            assert np.array_equal(inside(run, frame, picture), picture), t
            shown = image.info["duration"] - 1000 * filming.OPENS * (t == 0) + 20 * (t == 0)
            t, number = min(t + pace * round(shown / 20), run.steps), number + 1
        image.seek(image.n_frames - 1)
        assert image.info["duration"] >= 1000 * filming.HOLD
    assert b"goalmisgen film x" in comment and b"Tried: 3" in comment
    assert b"CC BY 4.0" in comment and run.demo.papers[0].encode() in comment


@pytest.mark.slow
def test_the_last_frame_is_the_deciding_one_with_the_way_there(run, tmp_path):
    """No frame before it is its like: the one before, or a film that stops early, would be found."""
    cut = filming.Cut(poster=tmp_path / "poster.png")
    filming.film(run, tmp_path / "a.gif", cut=cut)
    last = cut.last(run)
    assert last == min(run.decided_at + (1 if run.demo.margin else 0), run.steps)  # there it needs a step more
    with Image.open(tmp_path / "a.gif") as image, Image.open(cut.poster) as poster:
        image.seek(image.n_frames - 1)
        frame = np.asarray(image.convert("RGB"))
        assert np.array_equal(frame, np.asarray(poster.convert("RGB")))
    picture = filming.pane(run, last, filming.scale_of(run, 1, 512), way=not run.demo.counts)
    assert np.array_equal(inside(run, frame, picture), picture)


def test_a_film_stops_where_it_is_told_and_says_no_more_than_it_shows(run):
    early = filming.Cut(max(run.decided - 1, 0))
    assert early.last(run) == max(run.decided - 1, 0)
    if run.decided > 0:
        assert filming.ended(run, early.last(run)) == f"Undecided after {run.decided - 1} steps."
    assert filming.Cut("end").last(run) == run.steps
    for last in (run.decided, run.steps):
        assert filming.ended(run, last).startswith(names.ending(run.demo, run.outcome).says)
    page = filming._Page([run], [run.steps], ["someone"], "", 512, [])
    assert page.below(0, 0) == [run.demo.question] and page.below(0, run.steps - 1) == ["someone"]


@pytest.mark.parametrize(("margin", "steps", "last"), [(6, 30, 11), (6, 10, 10), (0, 30, 10)])
def test_where_views_scroll_a_body_stands_in_a_place_a_step_later(margin, steps, last):
    run = SimpleNamespace(decided_at=10, steps=steps, demo=SimpleNamespace(margin=margin))
    assert filming.Cut().last(run) == last


def test_long_runs_are_time_lapse_and_short_ones_are_not():
    assert [filming.Cut(fps=12.5).pace(steps) for steps in (10, 75, 76, 200)] == [1, 1, 2, 3]
    assert filming.Cut(hold=4.0).seconds(3) == [filming.OPENS, 0.08, 4.0] and filming.Cut().seconds(1) == [filming.HOLD]


@pytest.mark.parametrize("width", [100, 480, 960])
def test_type_is_never_small_and_wraps_instead_of_shrinking(width):
    points = lettering.points_of(width)
    assert points >= lettering.LEAST == 14 and (width < 960 or points == 28)
    text = "The agent reached the end of the level without the coin that stood on its way there."
    band = lettering.Band(width, points, [text])
    lines = band._lines(text)
    assert " ".join(lines) == text and len(lines) > 1
    assert all(lettering.font(points).getlength(line) <= width for line in lines)
    assert band.picture(text).shape == (band.height, width, 3) and band.height >= len(lines) * points
    marked = lettering.Band(width, points, [text], "\u00d73")
    beside = lettering.font(points).getlength("\u00d73")
    assert all(lettering.font(points).getlength(line) + beside <= width - points for line in marked._lines(text))


def decoded(path):
    """Every frame of an MP4, uint8[frames, height, width, 3]; its size is asked of a PNG of the first frame."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    png = subprocess.run(
        [*ffmpeg, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True
    )
    width, height = Image.open(io.BytesIO(png.stdout)).size
    raw = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


@pytest.mark.slow
def test_an_mp4_shows_the_run_and_is_small(run, tmp_path):
    told = filming.film(run, tmp_path / "a.mp4", cut=filming.Cut(fps=10))
    frames = decoded(tmp_path / "a.mp4")
    assert len(frames) >= told["frames"] + (filming.HOLD + filming.OPENS) * 10 - 3
    filming.film(run, tmp_path / "a.gif", cut=filming.Cut(fps=10))
    exact = iio.imread(tmp_path / "a.gif", plugin="pillow", mode="RGB")
    for shown, right in ((frames[0], exact[0]), (frames[-1], exact[-1])):
        assert shown.shape == right.shape and np.abs(shown.astype(int) - right.astype(int)).mean() < 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.gif", "a.mp4", "a.png"])
def test_the_same_film_has_the_same_bytes(run, tmp_path, name):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        filming.film(run, tmp_path / folder / name, versus=run, caption="twice", command="c")
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.svg", "a.pdf", "a.png"])
def test_a_still_of_the_way(run, tmp_path, name):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        still.trail(run, tmp_path / folder / name, command="goalmisgen film x")
    data = (tmp_path / "one" / name).read_bytes()
    assert data == (tmp_path / "two" / name).read_bytes()
    if name.endswith("svg"):
        assert b"<text" in data and b"goalmisgen film x" in data
        still.trail(run, tmp_path / "narrow.svg", inches=3.3)
        narrow = (tmp_path / "narrow.svg").read_text()
        assert 'width="237.6pt"' in narrow and "font-size: 7px" in narrow


@pytest.mark.slow
def test_an_unknown_ending_gets_a_sentence(run, tmp_path):
    with pytest.raises(filming.FilmError, match=r"\.gif"):
        filming.film(run, tmp_path / "a.avi")
    with pytest.raises(filming.FilmError, match=r"\.svg"):
        still.trail(run, tmp_path / "a.gif")


@pytest.mark.slow
def test_a_failure_leaves_the_old_file_whole(run, tmp_path, monkeypatch):
    target = tmp_path / "a.gif"
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        filming.film(run, target)
    assert target.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.slow
def test_find_takes_the_first_level_with_the_outcome(demo, agent):
    goal = demo.proxies[0]
    told = filming.find(demo, agent, demo.shifted, goal, 100, 0, 400)
    seeds = range(100, told["level_seed"] + 1)
    runs = [Run(demo, agent, edit.draw_level(demo, demo.shifted, seed), seed=0) for seed in seeds]
    assert [run.outcome == goal for run in runs] == [False] * (len(runs) - 1) + [True]
    assert told["tried"] == len(runs)


@pytest.mark.slow
def test_a_strip_says_at_which_step_each_picture_stands(run):
    moments = filming._moments([run], run.steps)
    page = filming._Page([run], [run.steps], ["it"], "", 512, moments)
    texts = [page.below(0, t)[0] for t in moments]
    assert texts[0].startswith("Step 0") and texts[-1].startswith(f"Step {run.steps}")
    assert any("edited" in text for text in texts)


@pytest.mark.slow
def test_a_still_keeps_the_record_of_the_search(run, tmp_path):
    still.trail(run, tmp_path / "a.png", extra={"tried": 3, "base_rate": "2 of 200 levels (1 %)"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Tried"] == "3" and image.info["Base rate"].startswith("2 of 200")


def test_a_run_as_text_is_filmed_with_every_edit_at_its_step(tmp_path, capsys):
    from goalmisgen.engine import cli
    from goalmisgen.engine.agents import pretrained
    from goalmisgen.engine.rules.change import put
    from goalmisgen.engine.rules.edit import draw_level

    demo = SCROLLS
    run = Run(demo, pretrained.load_agent(demo, agent_of(demo)), draw_level(demo, demo.shifted, 7), 0)
    for at, change in ((5, next(elsewhere(demo, run.level, running=True))[0]), (8, f"{demo.goal_object}=none")):
        run.edit(at, *put(demo, run.level, [change], running=True))
    with pytest.raises(SystemExit) as ended:
        cli.main(
            ["film", demo.name, "--agent", run.actor, "--run", run.text, "--out", str(tmp_path / "a.gif"), "--json"]
        )
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0 and (told["outcome"], told["steps"]) == (run.outcome, run.steps)
    with Image.open(tmp_path / "a.gif") as image:
        assert f"--run '{run.text}'" in image.info["comment"].decode()
    filming.film(run, tmp_path / "b.gif")
    with Image.open(tmp_path / "a.gif") as one, Image.open(tmp_path / "b.gif") as other:
        assert one.n_frames == other.n_frames and one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def test_a_saved_run_is_filmed_without_its_network(tmp_path, capsys, monkeypatch):
    from goalmisgen.engine import cli
    from goalmisgen.engine.agents import pretrained
    from goalmisgen.engine.rules.edit import draw_level

    demo = goalmisgen.grid_entry(goalmisgen.WORLDS[0])
    name = pretrained.agent_names(demo)[0]
    run = Run(demo, pretrained.load_agent(demo, name), draw_level(demo, demo.shifted, 3), 5)
    run_files.save(run, tmp_path / "run.json")
    monkeypatch.setattr(pretrained, "load_agent", None)
    for out in ("run.gif", "run.svg"):
        words = ["film", demo.name, "--run", str(tmp_path / "run.json"), "--out", str(tmp_path / out), "--json"]
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, *(["--trail"] if out.endswith("svg") else [])])
        told = json.loads(capsys.readouterr().out)
        assert ended.value.code == 0 and told["outcome"] == run.outcome and told["steps"] == run.steps
    with pytest.raises(SystemExit) as ended:
        cli.main([*words[:-3], "--out", str(tmp_path / "x.gif"), "--agent", name])
    assert ended.value.code == 2 and "leave out" in capsys.readouterr().err
