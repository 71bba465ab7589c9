"""The command line: what it prints, what scripts depend on, and how it refuses."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.level_files import read_level
from goalmisgen.engine.study import bench, distinguishing, measure_grid, rollouts
from test_measure import random_weights

COINRUN = goalmisgen.grid_entry("coinrun")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """An untrained CoinRun agent's weight file."""
    return random_weights(COINRUN, tmp_path_factory.mktemp("weights") / "random.safetensors")


def test_list_is_what_scripts_depend_on(command):
    status, out, _ = command("list", "--json")
    rows = json.loads(out)
    assert status == 0
    assert [row["name"] for row in rows] == list(goalmisgen.NAMES)
    assert list(rows[0]) == ["name", "kind", "title", "question", "intended", "proxies", "agents", "own"]
    assert (rows[0]["intended"], rows[0]["proxies"]) == ("coin", ["end"])
    assert command("list")[1].count("?") == len(rows)


@pytest.mark.slow
def test_measure_as_json_table_and_figure(command, weights, monkeypatch):
    for where in (rollouts, distinguishing):
        monkeypatch.setattr(where, "AT_ONCE", 16)
    status, out, err = command(
        "measure", "coinrun", "--agent", weights, "--episodes", 5, "--json", "--figure", "rates.svg"
    )
    result = json.loads(out)
    assert status == 0 and "Wrote rates.svg" in err
    assert list(result) == ["demo", "agent", "seed", "actions", "levels"]
    assert list(result["levels"]) == ["training", "shifted", "distinguishing", "ahead", "behind"]
    assert sum(result["levels"][half]["n"] for half in ("ahead", "behind")) == 5
    assert result["levels"]["training"]["measures"]["alpha"]["n"] == 10
    assert set(result["levels"]["training"]["outcomes"]["coin"]) == {"rate", "low", "high"}
    assert b"goalmisgen measure coinrun --agent" in Path("rates.svg").read_bytes()
    status, out, _ = command("measure", "coinrun", "--agent", weights, "--episodes", 5, "--greedy")
    assert status == 0 and "greedy" in out and "training levels (n = 5)" in out


@pytest.mark.slow
def test_training_leaves_an_agent_that_is_not_overwritten(command):
    from goalmisgen.engine.agents.pretrained import load_agent

    words = ("train", "cheese_maze", "corner-1", "--steps", 1, "--out", "mine")
    status, out, _ = command(*words)
    assert status == 0 and "goalmisgen measure cheese_maze --agent mine/policy.safetensors" in out
    record = json.loads(Path("mine/training.json").read_text())
    assert record["steps"] == 128 * 128 and record["seconds"] >= 0
    before = Path("mine/policy.safetensors").read_bytes()
    load_agent(goalmisgen.grid_entry("cheese_maze"), "mine/policy.safetensors")
    status, _, err = command(*words)
    assert status == 2 and "is trained already" in err
    assert Path("mine/policy.safetensors").read_bytes() == before


def test_levels_are_printed_converted_and_checked(command):
    status, out, _ = command(
        "level", "print", "coinrun", "--level-seed", 7, "--edit", "coin=4,12", "--colour", "coin=#00aaff"
    )
    level = read_level(COINRUN, out)
    assert status == 0
    assert tuple(level.objects[1]) == (4, 12) and tuple(level.colours[1]) == (0, 0xAA, 0xFF)
    Path("a.txt").write_text(out)
    assert command("level", "convert", "coinrun", "a.txt", "--out", "b.json")[0] == 0
    assert command("level", "convert", "coinrun", "b.json", "--out", "c.txt")[0] == 0
    assert Path("c.txt").read_text() == out
    status, told, _ = command("level", "check", "coinrun", "b.json")
    assert status == 0 and "can be played" in told and "recoloured" in told
    Path("t.txt").write_text(command("level", "print", "coinrun", "--levels", "training")[1])
    assert "could have occurred in training" in command("level", "check", "coinrun", "t.txt")[1]


WALLED = """
@: mouse, cheese

#######
#M.#.c#
#.##.##
#..#..#
#######
"""


def test_a_walled_in_goal_is_told_and_several_things_share_a_tile(command, monkeypatch):
    Path("walled.txt").write_text(WALLED)
    status, told, _ = command("level", "check", "cheese_maze", "walled.txt")
    assert status == 0 and "No way leads to cheese" in told
    for text in (WALLED.replace("M.#.c", "@.#.."), WALLED.replace("M.#.c", "M...c")):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        status, told, _ = command("level", "check", "cheese_maze", "-")
        assert status == 0 and "can be played" in told and "No way" not in told
    level = read_level(goalmisgen.grid_entry("cheese_maze"), WALLED.replace("M.#.c", "@.#.."))
    assert tuple(level.objects[0]) == tuple(level.objects[1]) == (1, 1)
    for line, said in (("@: mouse, chese", "did you mean 'cheese'"), ("#: mouse, cheese", "'#' is hedge already")):
        Path("bad.txt").write_text(WALLED.replace("@: mouse, cheese", line))
        status, _, err = command("level", "check", "cheese_maze", "bad.txt")
        assert status == 2 and said in err


def test_a_preset_stands_beside_a_run_and_a_typed_level_has_no_seed(command, monkeypatch):
    maze = goalmisgen.grid_entry("cheese_maze")
    prepared = next(each for each in maze.presets if each.name not in maze.recipes and each.name != "training")
    status, told, err = command("film", "cheese_maze", "--versus", prepared.name, "--out", "a.gif")
    assert status == 0, err
    assert "Level seed 0." in told and Path("a.gif").is_file()
    monkeypatch.setattr("sys.stdin", io.StringIO(WALLED.replace("M.#.c", "M...c")))
    status, told, err = command("film", "cheese_maze", "--level", "-", "--out", "b.gif")
    assert status == 0 and "Outcome: " in told and "Level seed" not in told, err


def test_check_tells_what_failed_and_sums_the_rest_up(command, monkeypatch):
    from goalmisgen.engine.cli import rehearsal
    from goalmisgen.engine.cli.rehearsal import Finding

    told = [
        Finding("coinrun mix-0:0", True, "fine."), Finding("coinrun mix-0:1", True, "fine."),
        Finding("talk 05_minutes", False, "bad."), Finding("lesson 01", True, "good."),
    ]  # fmt: skip
    monkeypatch.setattr(rehearsal, "check", lambda demos: iter(told))
    status, out, _ = command("check")
    assert status == 1 and out.splitlines() == [
        "ok      coinrun: 2 of 2 are as they should be.",
        "FAILED  talk 05_minutes: bad.",
        "ok      lesson: good.",
        "4 things looked at; 1 FAILED.",
    ]
    assert command("check", "--quiet")[1].splitlines() == [out.splitlines()[1], out.splitlines()[3]]
    assert len(command("check", "--verbose")[1].splitlines()) == len(told) + 1
    assert json.loads(command("check", "--json")[1]) == [each._asdict() for each in told]
    del told[2]
    assert command("check", "--quiet")[:2] == (0, "3 things looked at; none failed.\n")


def test_lessons_are_checked_as_talks_are(monkeypatch):
    from goalmisgen.engine.cli import rehearsal

    monkeypatch.setattr(rehearsal.lesson, "talk_paths", dict)
    name, script = next(iter(rehearsal.lesson.lesson_paths().items()))
    monkeypatch.setattr(rehearsal.lesson, "lesson_paths", lambda: {name: script})
    (found,) = (each for each in rehearsal.check([]) if each.what.startswith("lesson"))
    assert found.ok and found.what == f"lesson {name}" and "runs roll out" in found.says
    (found,) = rehearsal.lesson_holds(name, script.with_name("none.md"))
    assert found.ok is False and "cannot be read" in found.says


def test_the_window_gets_what_was_asked_for_and_its_status_is_ours(command, monkeypatch, weights):
    from goalmisgen.engine.stage import window

    asked = []
    monkeypatch.setattr(window, "watch", lambda *args, **kwargs: asked.append((args, kwargs)) or 0)
    status, _, err = command(
        "watch", "coinrun", "--agent", weights, "--level-seed", 7, "--edit", "coin=4,12", "--window"
    )
    assert (status, err) == (0, "")
    (demo,), options = asked[0]
    assert (demo, options["agents"]) == (COINRUN, [str(weights)])
    assert (options["level_seed"], options["shifted"], options["fullscreen"]) == (7, True, False)
    assert tuple(options["level"].objects[1]) == (4, 12)
    assert command("watch", "coinrun", "--window")[0] == 0  # opens where the moved coin shows the point, with its agent
    options, moved = asked.pop()[1], COINRUN.preset_as("moved")
    assert (options["agents"][0], options["level"]) == (moved.agent, None)
    assert (options["level_seed"], options["shifted"]) == (moved.level_seed, moved.shifted)
    assert command("watch", "coinrun", "--preset", "twin", "--level-seed", 3)[0] == 2
    begun = Run(COINRUN, None, draw_level(COINRUN, COINRUN.shifted, 3))
    assert command("watch", "coinrun", "--agent", weights, "--run", begun.text, "--window")[0] == 0
    shown = asked.pop()[1]
    assert shown["run"].text == begun.text and (shown["level"].tiles == begun.first.tiles).all()
    assert command("watch", "coinrun", "--run", begun.text, "--preset", "twin")[0] == 2
    monkeypatch.setattr(window, "play", lambda *args, **kwargs: asked.append((args, kwargs)) or 0)
    assert command("play", "coinrun", "--levels", "training")[0] == 0
    assert asked[1][1]["level"] is None and asked[1][1]["shifted"] is False


@pytest.mark.slow
def test_film_writes_what_it_says_and_the_same_bytes_each_time(command, weights):
    words = ("film", "coinrun", "--agent", weights, "--level-seed", 7, "--edit", "coin=4,12", "--json")
    status, out, _ = command(*words, "--out", "a.gif")
    made = json.loads(out)
    assert status == 0 and {"out", "frames", "steps", "outcome", "level_seed"} <= set(made)
    assert made["level_seed"] == 7
    assert command(*words, "--out", "b.gif")[0] == 0
    assert Path("a.gif").read_bytes() == Path("b.gif").read_bytes()
    assert b"--edit coin=4,12" in Path("a.gif").read_bytes()

    found = command(
        "film", "coinrun", "--agent", weights, "--find", made["outcome"], "--out", "c.gif", "--level-seed", 2
    )
    assert found[0] == 0 and f"Outcome: {made['outcome']}." in found[1] and "tried: " in found[1]
    assert b"--level-seed 2 " in Path("c.gif").read_bytes()
    status, _, err = command("film", "coinrun", "--agent", weights, "--find", "cheese", "--out", "d.gif")
    assert status == 2 and "is not an outcome of coinrun; there are: coin, end, stopped, died, timeout." in err
    status, _, err = command("film", "coinrun", "--agent", weights, "--at", 200, "--out", "d.gif")
    assert status == 2 and "--at must be smaller" in err and not Path("d.gif").exists()


def test_help_of_every_command_has_an_example(command):
    _, out, _ = command("--help")
    names = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    shown = {"film", "watch", "play", "present", "record", "new-talk", "app"}
    assert shown | {
        "list",
        "measure",
        "probe",
        "timeline",
        "life",
        "ages",
        "agency",
        "mitigate",
        "audit",
        "direction",
        "study",
        "train",
        "level",
        "check",
        "bench",
        "new",
        "papers",
        "detect",
        "convert",
    } == set(names)
    for words in [
        *([name] for name in names if name != "level"),
        *(["level", n] for n in ("print", "check", "convert")),
    ]:
        status, out, _ = command(*words, "--help")
        assert status == 0 and f"Example: goalmisgen {' '.join(words)}" in out


def test_without_a_command_it_says_what_there_is(command):
    status, out, err = command()
    assert status == 0 and "Start with: goalmisgen app" in out and not err


BAD = {
    "unknown command": (["fly"], "No such command"),
    "unknown demo": (["measure", "nope"], f"There is no demo 'nope'; there are: {', '.join(goalmisgen.NAMES)}."),
    "unknown agent": (["measure", "coinrun", "--agent", "nope"], "There is no agent"),
    "unknown recipe": (["train", "coinrun", "nope"], "There is no recipe 'nope'"),
    "not a number": (["measure", "coinrun", "--episodes", "many"], "--episodes"),
    "no weight file": (["measure", "coinrun", "--agent", "./none.safetensors"], "cannot be read"),
    "pickled weights": (["measure", "coinrun", "--agent", "./agent.pt"], "not a safetensors file"),
    "damaged weights": (["measure", "coinrun", "--agent", "./damaged.safetensors"], "does not hold the weights"),
    "figure format": (["measure", "coinrun", "--figure", "rates.docx"], "ending in .svg, .pdf, .png"),
    "no such folder": (["measure", "coinrun", "--figure", "none/rates.svg"], "make it first"),
    "outside the level": (["level", "print", "coinrun", "--edit", "coin=400,1"], "outside the level"),
    "inside a wall": (["level", "print", "coinrun", "--edit", "coin=12,1"], "inside wall"),
    "no such object": (["level", "print", "coinrun", "--edit", "cheese=1,1"], "There is no object 'cheese'"),
    "malformed edit": (["level", "print", "coinrun", "--edit", "coin4,12"], "is not a change of a level"),
    "edit without numbers": (["level", "print", "coinrun", "--edit", "coin=a,b"], "needs two numbers"),
    "edit not finite": (["level", "print", "coinrun", "--edit", "coin=nan,1"], "outside the level"),
    "not a colour": (["level", "print", "coinrun", "--colour", "coin=bluish"], "is not a colour"),
    "negative seed": (["level", "print", "coinrun", "--level-seed", "-1"], "--level-seed"),
    "enormous level seed": (
        ["level", "print", "coinrun", "--level-seed", "99999999999999999999"],
        "less than or equal to",
    ),
    "enormous seed of a run": (["film", "coinrun", "--seed", str(10**23), "--out", "a.gif"], "less than or equal to"),
    "enormous seed of levels": (["measure", "coinrun", "--seed", str(10**23)], "less than or equal to"),
    "enormous seed of a training": (["train", "coinrun", "mix-0", "--seed", "9000000"], "less than or equal to"),
    "nearly a demo": (["measure", "conrun"], "did you mean 'coinrun'? There are: coinrun, cheese_maze"),
    "nearly a recipe": (["train", "coinrun", "mix-110"], "did you mean 'mix-10'? There are: mix-0"),
    "nearly a tile": (["level", "print", "coinrun", "--edit", "5,5=lvaa"], "did you mean 'lava'? There are: air, "),
    "nearly an object": (["level", "print", "coinrun", "--edit", "coi=3,4"], "did you mean 'coin'? There are: agent, "),
    "nearly a look": (["level", "print", "coinrun", "--edit", "coin=crat"], "did you mean 'crate'? There are: agent, "),
    "nearly a change": (["level", "print", "coinrun", "--edit", "mirored"], "did you mean 'mirrored'? There are: "),
    "nearly a colour": (["level", "print", "coinrun", "--colour", "coin=bleu"], "did you mean 'blue'? There are: "),
    "nearly a study": (["study", "coinrun-mx"], "did you mean 'coinrun-mix'? There are: "),
    "nearly a technique": (["detect", "shft"], "did you mean 'shifts'? There are: "),
    "nearly a preset": (["film", "coinrun", "--preset", "movd", "--out", "a.gif"], "did you mean 'moved'? There are: "),
    "nearly what stands beside": (
        ["film", "coinrun", "--versus", "movd", "--out", "a.gif"],
        "did you mean 'moved'? There are: ",
    ),
    "nearly a slider": (
        ["film", "alignment_faking", "--set", "strenght=1", "--out", "a.gif"],
        "did you mean 'strength'? There are: ",
    ),
    "nearly an action": (
        ["film", "coinrun", "--run", "shifted:7;5:steer=lefft", "--out", "a.gif"],
        "did you mean 'left'? There are: ",
    ),
    "nearly a command": (["flim"], "Did you mean 'film'?"),
    "nearly an agent": (["measure", "coinrun", "--agent", "mix0:0"], "did you mean 'mix-0:0'? There are: "),
    "no level file": (["level", "check", "coinrun", "none.txt"], "cannot be read"),
    "ragged map": (["level", "check", "coinrun", "ragged.txt"], "all rows need the same"),
    "bytes for a map": (["level", "check", "coinrun", "bytes.txt"], "is not a text file"),
    "format of a level": (
        ["level", "convert", "coinrun", "ragged.txt", "--out", "x.png"],
        "neither a .json nor a .txt",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_requests_get_one_sentence_and_status_2(command, case):
    Path("ragged.txt").write_text("#####\n#A.#\n#####\n")
    Path("bytes.txt").write_bytes(b"\xff\xfe\x00")
    Path("damaged.safetensors").write_bytes(b"no weights")
    Path("agent.pt").write_bytes(b"pickle")
    before = set(os.listdir())
    arguments, sentence = BAD[case]
    status, out, err = command(*arguments)
    assert (status, out) == (2, "")
    assert sentence in err and err.count("\n") == 1 and err.rstrip().endswith((".", "?", "^", "*", "m"))
    assert "Traceback" not in err
    assert set(os.listdir()) == before


def test_a_full_disk_is_one_sentence_and_the_old_file_stays(command, monkeypatch):
    Path("level.json").write_text("old")
    Path("map.txt").write_text(command("level", "print", "coinrun")[1])

    def full(*_, **__):
        raise OSError(28, "No space left on device", "level.json.part")

    monkeypatch.setattr(Path, "write_text", full)
    status, _, err = command("level", "convert", "coinrun", "map.txt", "--out", "level.json")
    assert status == 1 and err == "level.json.part could not be read or written: No space left on device.\n"
    assert Path("level.json").read_text() == "old"


def test_interrupting_is_clean(command, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(measure_grid, "measure", interrupted)
    monkeypatch.setattr(cli.measure, "any_agent_of", lambda *_: None)
    status, _, err = command("measure", "coinrun")
    assert status == 1 and err.strip() == "Stopped."  # nothing of a measurement is kept


@pytest.mark.slow
def test_a_notebooks_drawing_backend_does_not_stop_a_command(tmp_path):
    """As `!goalmisgen ...` in a notebook sets it; matplotlib refuses it where that package is not installed."""
    command = [sys.executable, "-m", "goalmisgen", "film", "cheese_maze", "--trail", "--out", str(tmp_path / "way.svg")]
    environment = os.environ | {"MPLBACKEND": "module://no_such_package.backend_inline"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "way.svg").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize("words", [["cheese_maze"], ["sycophancy"], ["alignment_faking"]])
def test_a_film_is_made_without_matplotlib(tmp_path, words):
    code = "import sys; from goalmisgen.engine import cli\ntry: cli.main(sys.argv[1:])\n"
    code += "except SystemExit as ended: print(ended.code, 'matplotlib' in sys.modules)"
    command = [sys.executable, "-c", code, "film", *words, "--out", str(tmp_path / "a.gif")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0 False", ended.stderr


def test_the_module_is_the_command_and_refuses_without_a_traceback():
    home = Path(cli.__file__).parents[3]
    ended = subprocess.run(
        [sys.executable, "-m", "goalmisgen", "level", "print", "nope"],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr == f"There is no demo 'nope'; there are: {', '.join(goalmisgen.NAMES)}.\n"


def test_edits_under_way_move_what_they_name(weights):
    from goalmisgen.engine.agents.pretrained import load_agent

    agent = load_agent(COINRUN, str(weights))
    seed = next(s for s in range(50) if Run(COINRUN, agent, draw_level(COINRUN, COINRUN.training, s)).steps > 12)
    run = Run(COINRUN, agent, draw_level(COINRUN, COINRUN.training, seed))
    before = run.states[:6].copy()
    row, col = (float(x) for x in run.first.objects[0])
    cli.options.edit_run(run, 5, [f"agent={row},{col}", f"coin={row},{col + 1}"], None)
    np.testing.assert_array_equal(run.states[:5], before[:5])
    assert tuple(run.states[5].at[0]) == (row, col)
    assert tuple(run.states[5].at[1]) == (row, col + 1)
    with pytest.raises(cli.options.Wrong, match="must be smaller"):
        cli.options.edit_run(run, run.steps, None, None)


def test_the_stored_command_says_the_same():
    said = cli.options.command_line(
        "film", "coinrun", agent="mix-0", edit=["coin=4,12"], level_seed=7, at=None, trail=True, json=False
    )
    assert said == "goalmisgen film coinrun --agent mix-0 --edit coin=4,12 --level-seed 7 --trail"
    assert (
        cli.options.command_line("film", "coinrun", caption="two words")
        == "goalmisgen film coinrun --caption 'two words'"
    )


@pytest.mark.slow
def test_bench_has_the_documented_figures(command, monkeypatch):
    monkeypatch.setattr(bench, "import_seconds", lambda: 0.1)
    monkeypatch.setattr(bench, "agent_names", lambda demo: [])
    result = bench.bench([goalmisgen.grid_entry("cheese_maze")], seconds=0.05)
    figures = result["worlds"]["cheese_maze"]
    assert figures["symbolic_steps_per_s"] > figures["picture_steps_per_s"] > 0
    assert figures["picture_over_copy"] > 0
    assert {"worlds", "live", "film", "import_demos_s"} <= set(result)
    judged = {path: met for path, _, _, met in bench.verdicts(result)}
    assert judged["import_demos_s"] is True
    assert bench.verdicts({"film": {"gif_200_frames_s": 9.0}}) == [("film.gif_200_frames_s", 9.0, 1.5, False)]


def test_importing_the_command_line_is_light():
    heavy = ("torch", "pygame", "streamlit", "matplotlib", "numba")
    code = f"import goalmisgen.engine.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    home = Path(cli.__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_byte_order_mark_is_no_column():
    maze = "#####\n#M.c#\n#####"
    assert (
        read_level(goalmisgen.grid_entry("cheese_maze"), "\ufeff" + maze).tobytes()
        == read_level(goalmisgen.grid_entry("cheese_maze"), maze).tobytes()
    )
