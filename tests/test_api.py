"""The public face for Python: what README shows runs, light to import, and mistakes get a sentence."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import goalmisgen as gm
import gymnasium as gym
import numpy as np
import pytest
from goalmisgen.engine.study.measure_grid import measure

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def coinrun() -> gm.World:
    return gm.load("coinrun")


@pytest.fixture(scope="module")
def maze() -> gm.World:
    return gm.load("cheese_maze")


@pytest.mark.slow
def test_what_readme_shows_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    section = README.partition("\n## From Python\n")[2].partition("\n## ")[0]
    snippets = re.findall(r"```python\n(.*?)```", section, re.S)
    assert snippets
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet, names)
    assert (tmp_path / "moved.gif").read_bytes().startswith(b"GIF8")


def test_it_is_imported_from_anywhere_and_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("torch", "numba", "pygame", "streamlit", "matplotlib")
    code = f"import sys, goalmisgen; print([m for m in {heavy} if m in sys.modules], goalmisgen.__name__)"
    (tmp_path / "demos").mkdir()  # a folder of this name shadowed the package once
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[] goalmisgen"


def test_a_level_is_drawn_edited_and_read_back(coinrun: gm.World) -> None:
    level = coinrun.draw("shifted", 22)
    moved = level.edit("coin=none")
    assert level.text != moved.text and coinrun.parse(moved.text).text == moved.text
    assert moved._repr_png_().startswith(b"\x89PNG") and level.seed == 22
    assert level.picture().shape[2] == 3 and (level.picture() != moved.picture()).any()


def test_a_run_is_edited_and_told_step_by_step(maze: gm.World) -> None:
    agent = gm.agent("cheese_maze", "corner-1:0")
    run = gm.run(maze, agent, maze.draw("shifted", 77))
    assert run.outcome == "corner" and run.events[0][1] == "reached the corner"
    table = run.table()
    assert {len(column) for column in table.values()} == {run.steps}
    chances = np.array([table[f"p({name})"] for name in maze.actions])
    assert np.allclose(chances.sum(0), 1) and set(table["action"]) <= set(maze.actions)
    again = gm.run(maze, "corner-1:0", maze.draw("shifted", 77))
    assert again.table() == table and (again.frame(0) == run.frame(0)).all()
    run.edit(1, "recoloured" if "recoloured" in maze.demo.changes else "cheese=#0072b2")
    assert run.table()["action"][:1] == table["action"][:1] and run._repr_png_().startswith(b"\x89PNG")


def test_any_callable_acts(maze: gm.World) -> None:
    seen: list[tuple[int, ...]] = []

    def up(pictures: np.ndarray) -> np.ndarray:
        seen.append(pictures.shape)
        return np.tile([1.0, 0, 0, 0], (len(pictures), 1))

    run = gm.run(maze, up, maze.draw("training", 3))
    assert set(run.table()["action"]) == {"up"} and seen[0] == (1, 45, 45, 3)
    told = gm.measure(maze, up, "training", episodes=20)
    assert told["n"] == 20 and sum(rate["rate"] for rate in told["outcomes"].values()) == pytest.approx(1)


@pytest.mark.slow
def test_it_measures_as_the_command_does(maze: gm.World) -> None:
    agent = gm.agent(maze, "corner-1:0")
    theirs = measure(maze.demo, agent, 40, 1)["levels"]
    for levels in ("training", "shifted", "distinguishing"):
        ours = gm.measure(maze, agent, levels, episodes=40)
        assert ours["outcomes"] == theirs[levels]["outcomes"]
    assert maze.demo.distinct(maze.draw("distinguishing", 5).record)


MISTAKES = {
    "a world": (lambda: gm.load("conrun"), "There is no grid world 'conrun'; did you mean 'coinrun'"),
    "an agent": (lambda: gm.agent("coinrun", "mix-17:0"), "There is no agent 'mix-17:0'"),
    "levels": (lambda: gm.load("coinrun").draw("shiftd"), "There are no levels 'shiftd'; there are: training"),
    "a seed": (lambda: gm.load("coinrun").draw("shifted", -1), "A seed is a whole number from 0"),
    "a huge seed": (lambda: gm.load("coinrun").draw("shifted", 10**23), "A seed is a whole number from 0"),
    "an edit": (lambda: gm.load("coinrun").draw().edit("coin=99,99"), "."),
    "episodes": (lambda: gm.measure("cheese_maze", "corner-1:0", episodes=0), "episodes must be between 1"),
    "a foreign level": (lambda: gm.run("coinrun", "mix-0", gm.load("cheese_maze").draw()), "The level must be one of"),
    "no policy": (lambda: gm.run("cheese_maze", 3, gm.load("cheese_maze").draw()), "An agent is a name"),
    "a shape": (
        lambda: gm.run("cheese_maze", lambda pictures: np.ones(4), gm.load("cheese_maze").draw()),
        "must give probabilities of shape (1, 4)",
    ),
    "no probabilities": (
        lambda: gm.run("cheese_maze", lambda pictures: np.full((len(pictures), 4), 2.0), gm.load("cheese_maze").draw()),
        "no probabilities",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_a_sentence(mistake: str) -> None:
    asked, said = MISTAKES[mistake]
    with pytest.raises(ValueError) as refused:
        asked()
    assert said in str(refused.value) and str(refused.value).endswith((".", "!")) and "\n" not in str(refused.value)


def test_environments_take_levels_by_name_and_refuse_what_they_do_not_know() -> None:
    env = gym.make("goalmisgen/CheeseMaze-v0", levels="distinguishing").unwrapped
    for seed in range(3):
        _, info = env.reset(seed=seed)
        assert env.demo.distinct(env.level) and info["level_seed"] == int(env.level.seed)
    _, info = env.reset(options={"level_seed": 22})
    assert info["level_seed"] == 22 and env.get_action_meanings() == ["up", "right", "down", "left"]
    assert sorted(env.get_keys_to_action().values()) == [0, 1, 2, 3]
    for action in (99, -1, 1.7, [1]):
        with pytest.raises(ValueError, match="An action is a whole number from 0 to 3"):
            env.step(action)
    for options in ({"levelseed": 3}, {"level_seed": -1}, {"level_seed": 1 << 62}):
        with pytest.raises(ValueError, match="level_?seed"):
            env.reset(options=options)
    with pytest.raises(ValueError, match="config must be a Config of cheese_maze"):
        gym.make("goalmisgen/CheeseMaze-v0", config="shifted")
    many = gym.make_vec("goalmisgen/CheeseMaze-v0", num_envs=4, levels="shifted")
    with pytest.raises(ValueError, match="no option 'levelseed' of this reset; there is: level_seed"):
        many.reset(options={"levelseed": 3})
    for seeds in (-1, [1, 2], 1.5, [0, 1, 2, 1 << 62]):
        with pytest.raises(
            ValueError, match="level_seed must be a whole number from 0 to 2\\*\\*62 - 1, or a list of 4"
        ):
            many.reset(options={"level_seed": seeds})
    with pytest.raises(ValueError, match="a number or a list of 4, one for each place, not of 2"):
        many.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="renders as rgb_array"):
        gym.make_vec("goalmisgen/CheeseMaze-v0", num_envs=4, render_mode="human")
    with pytest.raises(ValueError, match="begins the next episode in the same step"):
        gm.make_vector_env("cheese_maze", 4, autoreset_mode=gym.vector.AutoresetMode.NEXT_STEP)
    many.reset(seed=1)
    with pytest.raises(ValueError, match="Actions are 4 whole numbers from 0 to 3"):
        many.step(np.full(4, 9))
    with pytest.raises(ValueError, match="training or shifted"):
        gym.make_vec("goalmisgen/CheeseMaze-v0", num_envs=4, levels="distinguishing")


def test_the_settings_list_every_package_and_name_no_demo() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    folders = [path.parent.relative_to(ROOT / "demos") for path in (ROOT / "demos").rglob("__init__.py")]
    packages = {".".join(("goalmisgen", *folder.parts)) for folder in folders} | {"goalmisgen._content"}
    assert set(settings["tool"]["setuptools"]["packages"]) == packages
    rooms, _ = settings["tool"]["importlinter"]["contracts"]
    assert rooms["exhaustive"] is True
    assert not any(name in text for name in gm.NAMES)  # so that a new demo touches nothing here


@pytest.mark.slow
@pytest.mark.parametrize("room", sorted(path.parent.name for path in (ROOT / "demos" / "engine").glob("*/__init__.py")))
def test_a_demo_imported_in_a_room_is_found(room: str, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "demos", tmp_path / "goalmisgen", ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / "goalmisgen" / "engine" / room / "planted.py"
    planted.write_text("from ...coinrun import DEMO\n", encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    ended = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert f"goalmisgen.engine.{room}.planted -> goalmisgen.coinrun" in ended.stdout
