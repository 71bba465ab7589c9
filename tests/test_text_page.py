"""The page of a network that writes: every demo's page runs, what is typed is bounded, what is said is escaped."""

import html
import json

import goalmisgen
import pytest
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.rules.names import ending
from goalmisgen.engine.rules.text import END, SIGN, TextDemo
from goalmisgen.engine.web.components.strip import strip
from goalmisgen.engine.web.pages import text_page
from goalmisgen.engine.web.panels.ask_block import outcome
from streamlit.testing.v1 import AppTest

STRANGE = ("", "  ", "9" * 60, "<b>bold</b>", "'; drop table", "\u202e evil", "🪙🪙")


def page(name: str) -> None:
    from goalmisgen.engine.web.pages.text_page import text_page

    text_page(name)


def text(name: str) -> TextDemo:
    found = goalmisgen.entry(name)
    assert isinstance(found, TextDemo)
    return found


def opened(name: str, **query: str) -> AppTest:
    at = AppTest.from_function(page, args=(name,), default_timeout=120)
    for field, value in query.items():
        at.query_params[field] = value
    return at.run()


def strips(at: AppTest) -> list[dict]:
    found = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return [data for data in found if "attention" in data]


@pytest.mark.parametrize("name", goalmisgen.TEXTS)
def test_a_page_shows_the_dialogue_its_words_and_what_was_measured(name: str) -> None:
    demo = text(name)
    at = opened(name)
    assert not at.exception and not at.warning
    assert demo.real in at.markdown[1].value and demo.analogy in at.markdown[1].value
    writer, shown = load_writer(demo, demo.presets[0].agent), strips(at)[0]
    expected, _ = writer.words(writer.converse(demo.asked({})))
    assert [word["own"] for word in shown["words"]] == [word.written for word in expected]
    assert [word["text"] for word in shown["words"]] == [SIGN if word.text == END else word.text for word in expected]
    assert len(shown["attention"][0][0]) == len(expected)
    note = demo.asked({}).note
    assert "training" in note or "tuning" in note.lower()
    assert note in [caption.value for caption in at.caption]


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.TEXTS)
def test_every_preset_opens_by_its_link(name: str) -> None:
    demo = text(name)
    for preset in demo.presets:
        at = opened(name, preset=preset.name)
        assert not at.exception and not at.warning
        assert at.selectbox(key=f"{name}-agent").value == preset.agent
        assert outcome({"preset": preset.name}, name) == preset.outcome
        chip = html.escape(ending(demo, preset.outcome).chip)
        assert any(f"<b>{chip}</b>" in each.proto.body for each in at.get("html"))


@pytest.mark.parametrize("name", goalmisgen.TEXTS)
def test_a_second_network_stands_beside_the_first(name: str) -> None:
    at = opened(name)
    beside = at.selectbox(key=f"{name}-beside")
    beside.select(beside.options[1]).run()
    assert not at.exception and len(strips(at)) == 2


@pytest.mark.parametrize("name", goalmisgen.TEXTS)
def test_the_address_brings_back_network_and_question(name: str) -> None:
    demo = text(name)
    at = opened(name)
    field = next(each for each in demo.fields if each.options)
    at.selectbox(key=f"{name}-{field.name}").select(field.options[-1]).run()
    at.selectbox(key=f"{name}-agent").select(agent_names(demo)[-1]).run()
    assert not at.exception and not at.warning
    query = {key: value if isinstance(value, str) else value[0] for key, value in at.query_params.items()}
    again = opened(name, **query)  # as after a reload
    assert not again.exception and not again.warning
    assert again.selectbox(key=f"{name}-{field.name}").value == field.options[-1] != field.usual
    assert again.selectbox(key=f"{name}-agent").value == agent_names(demo)[-1]
    assert strips(again) == strips(at)


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.TEXTS)
def test_strange_links_and_texts_get_a_sentence(name: str) -> None:
    demo = text(name)
    assert "names an agent that is not here" in opened(name, agent="nobody:9").warning[0].value
    assert "names nothing prepared" in opened(name, preset="nowhere").warning[0].value
    typed = [each for each in demo.fields if not each.options]
    for each in typed:
        for strange in STRANGE:
            at = opened(name)
            at.text_input(key=f"{name}-{each.name}").set_value(strange[: each.most]).run()
            assert not at.exception
            assert not at.warning or at.warning[0].value.endswith(".")
    chosen = next(each for each in demo.fields if each.options)
    at = opened(name, **{chosen.name: "<script>"})
    assert not at.exception and "cannot be" in at.warning[0].value


def test_a_person_who_answers_is_heard() -> None:
    name = next(name for name in goalmisgen.TEXTS if text(name).respond)
    at = opened(name)
    at.toggle(key=f"{name}-own").set_value(True).run()
    assert len(strips(at)) == 1
    before = len(strips(at)[0]["words"])
    at.chat_input[0].set_value("x = 5.").run()
    assert not at.exception and len(strips(at)[0]["words"]) > before
    at.chat_input[0].set_value("purple").run()
    assert "knows no 'purple'" in at.warning[0].value


def test_what_is_said_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setattr(text_page.st, "html", said.append)
    demo = text(goalmisgen.TEXTS[0])
    case = demo.asked({})
    text_page.dialogue(demo, case, (case.prompt, "<img src=x onerror=alert(1)>"), "<i>me</i>")
    assert "<img" not in "".join(said) and "&lt;img" in said[0] and "<i>" not in said[1]
    text_page.dialogue(demo, case, (f"how? so. {END} and now?", "so."), "me")
    assert END not in said[2] and f"so. {SIGN} and now?" in said[2]


def test_the_strip_opens_on_the_answer() -> None:
    demo = next(demo for name in goalmisgen.TEXTS if (demo := text(name)).watched)
    writer = load_writer(demo, agent_names(demo)[0])
    data = strip.payload(*writer.words(writer.converse(demo.asked({}))))
    assert data["words"][data["first"]]["text"] in demo.watched
    assert {each[0] for each in data["words"][data["first"]]["watched"]} == set(demo.watched)


def test_a_demo_with_probes_offers_them_to_a_model_of_ones_own() -> None:
    for name in goalmisgen.TEXTS:
        fields = [each.key for each in opened(name).text_input]
        assert (f"{name}-endpoint/url" in fields) == (text(name).probes is not None)
