"""What `goalmisgen new` and `new-talk` begin runs: a demo with its page and lesson, a talk on stage."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import goalmisgen
import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.cli import new
from goalmisgen.engine.cli.new import listed

ROOT = Path(__file__).parents[1]
NAME = "cheese_on_a_dish"
WORDS = (("a sign", "a dish"), ("sign", "dish"), ("a prize", "a cheese"), ("prize", "cheese"), ("beside", "by"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (goalmisgen.NAMES[0], f"'{goalmisgen.NAMES[0]}' is taken; choose another name."),
        ("engine", "'engine' is taken"),
        ("Dish", "takes small letters"),
        ("../dish", "takes small letters"),
        ("class", "takes small letters"),
        ("d" * 41, "at most 40"),
    ],
)
def test_a_name_that_no_demo_can_have_is_refused(capsys, name, said):
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", name])
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_nothing_is_begun_outside_a_clone_nor_over_a_file(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(new, "content", lambda: tmp_path)

    def said() -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main(["new", NAME])
        assert ended.value.code == 2
        return capsys.readouterr().err

    assert "in a clone of the repository" in said()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / f"test_{NAME}.py").write_text("mine")
    assert "is there already" in said()
    assert [path.name for path in tmp_path.rglob("*.*")] == ["pyproject.toml", f"test_{NAME}.py"]


def test_a_new_demo_is_the_last_grid_world_of_the_list():
    text = (ROOT / "demos" / "__init__.py").read_text(encoding="utf-8")
    found: dict[str, object] = {}
    exec(listed(text, NAME).partition("PUBLIC =")[0], found)
    assert found["WORLDS"] == (*goalmisgen.WORLDS, NAME)
    assert found["NAMES"] == (*goalmisgen.WORLDS, NAME, *goalmisgen.TEXTS, *goalmisgen.DECISIONS)


PAGES = """
from streamlit.testing.v1 import AppTest

def page():
    from goalmisgen.engine.web.pages.grid_page import world_page
    world_page("cheese_on_a_dish")

def lesson():
    from goalmisgen.engine.lessons.lesson import lesson_paths
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.lesson_page import lesson_page
    lesson_page(list(lesson_paths())[-1], all_pages)

def slides():
    from goalmisgen.engine.web.pages.slides_page import slides_page
    slides_page()

for function in (page, lesson, slides):
    at = AppTest.from_function(function, default_timeout=300).run()
    assert not at.exception, (function.__name__, at.exception)
    if function is slides:
        at.button_group(key="slides-demo").set_value("cheese_on_a_dish").run()
        assert not at.exception, at.exception
        assert any("film cheese_on_a_dish --preset moved" in code.value for code in at.code)
    else:
        assert any("dish" in each.value for each in (*at.markdown, *at.title)), function.__name__
    if function is page:
        assert at.get("bidi_component")
print("pages run")
"""

STUDY = f"""
dish:
  demo: {NAME}
  title: Two networks
  question: What do two networks do?
  axis: {{label: how near the dish stands}}
  points:
    - {{x: 1, recipe: by}}
  panels:
    - {{title: Shifted, y: "% of levels", levels: shifted, draw: [cheese, dish]}}
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_demo_begun_in_a_clone_goes_the_whole_way(tmp_path):
    """Cheese on a dish: the skeleton in other words, trained for 20,000 steps; nothing else is touched."""
    clone, path = tmp_path / "clone", tmp_path / "path"
    without = shutil.ignore_patterns("__pycache__", "*.gif", "*.json", "s[0-9]*")
    for folder in ("demos", "lessons", "tests"):
        shutil.copytree(ROOT / folder, clone / folder, ignore=without)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, clone)
    for each in (ROOT / "pretrained").iterdir():  # the pages and tables that every paper is made of, and no networks
        shutil.copytree(each, clone / "pretrained" / each.name, ignore=without)
    path.mkdir()
    (path / "goalmisgen").symlink_to(clone / "demos")

    def run(*words: str) -> str:
        env = os.environ | {"PYTHONPATH": str(path)}
        told = subprocess.run([sys.executable, *words], cwd=clone, env=env, capture_output=True, text=True, check=False)
        assert told.returncode == 0, f"{words}\n{told.stdout}\n{told.stderr}"
        return told.stdout

    def command(*words: str) -> str:
        return run("-m", "goalmisgen", *words)

    before = {file.relative_to(clone): file.read_bytes() for file in clone.rglob("*") if file.is_file()}
    assert f"train {NAME} beside" in command("new", NAME)
    written = {
        file.relative_to(clone) for file in clone.rglob("*") if file.is_file() and "__pycache__" not in str(file)
    }
    lesson = next(clone.glob(f"lessons/*_{NAME}.md"))
    mine = [clone / "demos" / f"{NAME}.py", clone / "tests" / f"test_{NAME}.py", lesson]
    assert {clone / file for file in written - before.keys()} == set(mine)
    changed = [str(file) for file in before if (clone / file).read_bytes() != before[file]]
    assert changed == [str(Path("demos", "__init__.py"))]
    for file in mine:
        text = file.read_text(encoding="utf-8")
        for old, fresh in WORDS:
            text = text.replace(old, fresh)
        file.write_text(text, encoding="utf-8")

    run("-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/test_{NAME}.py")
    command("train", NAME, "by", "--steps", "20000")
    measured = json.loads(command("measure", NAME, "--agent", "by:0", "--episodes", "200", "--card", "--json"))
    assert measured["levels"]["training"]["outcomes"].keys() == {"cheese", "dish", "died", "timeout"}
    assert measured["levels"]["distinguishing"]["n"] == 200
    row = next(row for row in json.loads(command("list", "--json")) if row["name"] == NAME)
    assert row["question"] == "Does it want the cheese?" and row["agents"] == ["by:0"]
    with (clone / "lessons" / "studies.yaml").open("a", encoding="utf-8") as file:
        file.write(STUDY)
    command("train", NAME, "by", "--seed", "1", "--steps", "20000")
    command("papers", NAME)  # one command takes a new network to its card, the study, the page and the films
    told = (clone / "pretrained" / NAME / "studies" / "dish.csv").read_text(encoding="utf-8")
    assert {row.split(",")[1] for row in told.splitlines()[1:]} == {"by:0", "by:1"}
    assert (clone / "pretrained" / NAME / "by" / "s1" / "card.json").is_file()
    page = (clone / "pretrained" / NAME / "README.md").read_text(encoding="utf-8")
    assert "| `by:0` |" in page and "| `by:1` |" in page and "(studies/dish.svg)" in page and f"{NAME}.gif" in page
    assert f"pictures/{NAME}.gif" in (clone / "README.md").read_text(encoding="utf-8")
    pictures = {file.name for file in (clone / "pictures").iterdir()}
    films = (".gif", "_textbook.gif", "_training-beside-shifted.gif", "_rates.svg")
    assert pictures == {f"{NAME}{ending}" for ending in films}
    (tmp_path / "pages.py").write_text(PAGES, encoding="utf-8")
    assert "pages run" in run(str(tmp_path / "pages.py"))


def test_a_talk_of_ones_own_runs_as_it_stands_in_contributing(capsys, monkeypatch, tmp_path, screen):
    from goalmisgen.engine.lessons import talk
    from goalmisgen.engine.stage.present import Presentation
    from test_present import pass_time, picture

    monkeypatch.chdir(tmp_path)

    def begun(name: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["new-talk", name])
        told = capsys.readouterr()
        return ended.value.code, told.out + told.err

    assert begun("my_talk") == (0, "Wrote my_talk.md. Next: goalmisgen present my_talk.md --presenter\n")
    text = Path("my_talk.md").read_text(encoding="utf-8")
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("````markdown\n")[1].split("````")[0]
    assert text == shown
    status, said = begun("my_talk")
    assert status == 2 and "is there already" in said and Path("my_talk.md").read_text(encoding="utf-8") == text
    for name in ("../talk", "", "a b", "x" * 41, "-x"):
        assert begun(name)[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["my_talk.md"]

    stage = Presentation(talk.open_talk(Path("my_talk.md")))
    steps = stage.talk.steps
    assert [step.at for step in steps] == [0, 40, 130] and all(step.notes for step in steps)
    assert steps[1].options[steps[1].answer] == "to the end" and steps[1].again.answer == 1 and steps[2].rates
    for at in range(len(stage.beats)):
        stage.go(at)
        pass_time(stage, 1)
        assert picture(stage).any()
    stage.close()


def test_the_audit_game_is_played_on_a_stage_and_masks_come_off_after_the_vote(capsys, monkeypatch, tmp_path, screen):
    from goalmisgen.engine.detect.audit import hypotheses, suspects_of, truth_of
    from goalmisgen.engine.lessons import talk
    from goalmisgen.engine.stage import talk_runs
    from goalmisgen.engine.stage.present import ASK, REVEAL, RUN, SAY, Presentation

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(["new-talk", "masks", "--audit", "cheese_maze", "--seed", "3"])
    assert ended.value.code == 0
    demo = goalmisgen.entry("cheese_maze")
    stage = Presentation(talk.open_talk(Path("masks.md")))
    steps = stage.talk.steps
    names = [each.name for each in suspects_of(demo, 3)[:4]]
    assert [step.runs[0].actor for step in steps[1:-1:2]] == [step.runs[0].actor for step in steps[2:-1:2]] == names
    assert [row.agent for row in steps[-1].rates] == names
    for number, (name, step) in enumerate(zip(names, steps[2:-1:2], strict=True)):
        assert step.options[step.answer] == truth_of(demo, name) and step.options == hypotheses(demo)
        assert [beat for at, beat in stage.beats if at == 2 * number + 1] == [SAY, RUN], "nothing takes the mask off"
    for beat, hidden in ((ASK, True), (RUN, True), (REVEAL, False)):
        stage.go(stage.beats.index((2, beat)))
        assert stage.show.blind is hidden
        assert ("\u00b7" not in talk_runs.stamped(stage.show, stage.show.panes[0])) is hidden, "the reward tells, too"
    stage.close()
    with pytest.raises(SystemExit) as ended:
        cli.main(["new-talk", "none", "--audit", "monster_gridworld"])
    assert (
        ended.value.code == 2 and "cannot be played on monster_gridworld; these can: coinrun" in capsys.readouterr().err
    )
