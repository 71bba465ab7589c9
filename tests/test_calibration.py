"""How sure a learner was of guesses: asked after a prediction, kept in the worksheet, set against what came true."""

import json

from goalmisgen.engine.lessons import calibration
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.web.learner import Learner
from streamlit.testing.v1 import AppTest

PREDICTIONS = [name for name, item in ws.items().items() if item.kind == "predict"]


def guessed() -> ws.Progress:
    """Four guesses: two certain, of which one came true; one a guess that did; one of which nothing was said."""
    progress = ws.Progress()
    for name, sure, came in zip(PREDICTIONS, ("certain", "certain", "guessing", None), (0, 1, 0, 0), strict=False):
        progress.choose(name, 0)
        progress.came[name] = came
        calibration.note(progress, name, sure)
    return progress


def test_what_came_true_is_counted_by_how_sure_one_was() -> None:
    assert calibration.told(ws.Progress()) == ""
    assert calibration.told(guessed()) == "How often your guesses came true: guessing, 1 of 1; certain, 1 of 2."


def test_how_sure_one_was_comes_back_from_a_worksheet_and_rubbish_does_not() -> None:
    progress = guessed()
    text = ws.write(progress)
    assert ws.read(text.encode()) == (progress, [])
    assert text.count("*, certain.") == 2 and text.count("*, guessing.") == 1
    data = ws.data_of(progress) | {"sure": {PREDICTIONS[0]: 3, PREDICTIONS[1]: True, PREDICTIONS[2]: 2, "gone": 1}}
    back, told = ws.taken(json.loads(json.dumps(data)))
    assert back.sure == {PREDICTIONS[2]: 2} and told[0].startswith("3 of its entries were left out")


def page(name: str) -> None:
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.lesson_page import lesson_page

    lesson_page(name, all_pages)


def test_a_prediction_asks_how_sure_one_is_and_a_poll_does_not() -> None:
    asked = {}
    for lesson in ws.lessons()[:3]:
        for number, step in enumerate(lesson.taught):
            block = step.first("predict")
            if block is None or step.first("try") or bool(block.data.get("poll")) in asked:
                continue
            at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
            at.session_state["learner"] = Learner(steps={lesson.name: number}, kept=True)
            name = ws.item_name(lesson, step, block)
            at.run()
            sure = [each for each in at.get("button_group") if each.key == f"{name}/sure"]
            asked[bool(block.data.get("poll"))] = bool(sure)
            if sure:
                sure[0].set_value("certain")
                at.radio(key=f"{name}/radio").set_value(0)
                at.run()
                next(button for button in at.button if button.key == f"{name}/guess").click().run()
                assert not at.exception
                assert at.session_state["learner"].progress.sure == {name: 2}
    assert asked == {False: True, True: False}
