"""The words of the glossary tell what they mean where one hovers or has the focus, and nothing else is touched."""

import pytest
from goalmisgen.engine.lessons.glossary import explained, meanings
from streamlit.testing.v1 import AppTest

TERMS = (
    "reward", "goal", "intended goal", "proxy goal", "training level", "distinguishing level", "skill", "seed",
    "outcome", "incompetence", "wrong reward", "goal misgeneralization",
)  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_every_term_tells_its_meaning_once_a_text(term: str) -> None:
    told = explained(f"Here is **{term}**, and {term} again.")
    assert told.count("<abbr") == 1 and told.startswith("Here is **<abbr tabindex=")
    assert meanings()[term] in told.replace("&#x27;", "'") and told.endswith(f"</abbr>**, and {term} again.")


def test_meanings_are_short_and_their_forms_mean_one_thing_each() -> None:
    assert len({*meanings().values()}) == len(TERMS)
    for says in meanings().values():
        assert len(says.split()) <= 25 and says.endswith(".")


def test_the_longest_term_is_the_one_explained() -> None:
    told = explained("A wrong\nreward is no Goal misgeneralization.")
    assert ">wrong\nreward</abbr>" in told and ">Goal misgeneralization</abbr>" in told and told.count("<abbr") == 2


@pytest.mark.parametrize(
    "text",
    [
        "`reward` and `mix-0 goal`", "```\nreward\n```", "## The reward", "[the goal](https://a.b/goal)",
        '<abbr tabindex="0" title="n of a seed">95 of 100</abbr>', '<b title="goal">x</b>', "rewarding goalkeepers",
        "{rate: coinrun mix-0:0 training reward}",
    ],
)  # fmt: skip
def test_code_links_headings_and_other_words_stay_as_they_are(text: str) -> None:
    assert explained(text) == text


def test_pages_explain_their_words() -> None:
    def home() -> None:
        from goalmisgen.engine.web.html.said import say
        from goalmisgen.engine.web.pages.home_page import WHAT

        say(WHAT)

    at = AppTest.from_function(home, default_timeout=60).run()
    told = at.markdown[0]
    assert 'title="The reward was right' in told.value and told.allow_html
