"""How the lessons speak: short sentences, plain words, quizzes whose right answer does not give itself away."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import goalmisgen
import pytest
import yaml
from goalmisgen.engine.lessons import lesson as ls
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.lesson import Block, Lesson
from goalmisgen.engine.lessons.numbers_in_text import rates_of
from goalmisgen.engine.study.cards import cards_of

MOST_WORDS, MOST_RATIO = 25, 1.35
SPOKEN = ("ask", "reveal", "task", "hint", "feedback", "text", "why", "title", "row_ask", "column_ask")
NEVER = (  # words that are not written, and what is better
    r"\bone sees\b",
    r"\bWhat came:",
    r"\bfrom notes\b",
    r"\bToday\b",
    r"\b(?:come|comes|came) apart\b",
    r"\bcan be had on the way\b",
    r"\b(?:is|are) paid in\b",
    r"\bthe one of the\b",
    r"\bas was meant\b",
    r"\blaw\b",
    r"\brate of the end\b",
    r"\bso to speak\b",
    r"\bin a sense\b",
    r"(?i)wrong reward, also called",  # the reward is misspecified; gaming is what exploits it
    r"(?i)wrong reward shows while",  # the twin's did not
    r"\bNo language model\b",  # small ones that write are here; no large and no pretrained one
    r"^[Nn]either(?: *[,;.].*)?$",
)
LONG = {  # sentences that may have more than 25 words, by how they begin, and why
    "At the end of a question that no tuning held": "three measured places, which are compared in one breath",
}
MISCONCEPTIONS = {"the agent is just bad", "the reward was wrong", "more training would fix it", "it wants the wall"}


def said(data: Any, name: str = "") -> Iterator[str]:
    """Every text of a block that people read."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in SPOKEN or isinstance(value, dict | list):
                yield from said(value, key)
    elif isinstance(data, list):
        for each in data:
            if not isinstance(each, str) or name == "options":
                yield from said(each, name)
    elif isinstance(data, str):
        yield data


def texts(lesson: Lesson) -> Iterator[str]:
    """Every text of a lesson, but for what is folded away for researchers."""
    for step in lesson.taught:
        yield step.title
        for part in step.parts:
            yield from [part] if isinstance(part, str) else said(part.data)


def sentences(text: str) -> list[str]:
    """Its sentences; a number to be filled in is one word, lists and quotations end one."""
    bare = re.sub(r"\{[^{}]+\}|\[@[^\]]+\]", "N", re.sub(r"`[^`]*`", "N", text))
    parts = re.split(r"(?<=[.?!:])[\"'*)]*\s+|\n\s*[-*|] |\n\s*\n", bare)
    return [" ".join(part.split()) for part in parts if part.strip()]


@pytest.mark.parametrize("lesson", ws.lessons(), ids=lambda lesson: lesson.name)
def test_lessons_keep_to_plain_words(lesson: Lesson) -> None:
    found = [(word, text) for text in texts(lesson) for word in NEVER if re.search(word, text.strip())]
    assert not found, found[:3]


def test_pages_keep_to_plain_words() -> None:
    for path in (Path(goalmisgen.__file__).parent / "engine" / "web").rglob("*"):
        if path.suffix in (".py", ".js"):
            text = path.read_text(encoding="utf-8")
            assert not [word for word in NEVER[:-1] if re.search(word, text)], path.name


@pytest.mark.parametrize("lesson", ws.lessons(), ids=lambda lesson: lesson.name)
def test_sentences_are_short(lesson: Lesson) -> None:
    long = [each for text in texts(lesson) for each in sentences(text) if len(each.split()) > MOST_WORDS]
    assert not [each for each in long if not each.startswith(tuple(LONG))]


def quizzes() -> Iterator[tuple[Lesson, dict[str, Any]]]:
    for lesson in ws.lessons():
        for step in lesson.steps:
            for part in step.parts:
                if isinstance(part, Block) and part.kind == "quiz":
                    yield lesson, part.data


def test_options_are_about_equally_long_and_the_right_one_does_not_stand_out() -> None:
    longest: Counter[int] = Counter()
    counted: Counter[int] = Counter()
    for lesson, quiz in quizzes():
        lengths = [len(option["text"]) for option in quiz["options"]]
        assert max(lengths) <= MOST_RATIO * min(lengths), (lesson.name, quiz["ask"], lengths)
        right = next(len(option["text"]) for option in quiz["options"] if option.get("right"))
        counted[len(lengths)] += 1
        longest[len(lengths)] += lengths.count(max(lengths)) == 1 and right == max(lengths)
        assert 3 <= len(lengths) <= 5
    for n, total in counted.items():
        assert longest[n] <= max(total / n, 1), (n, longest[n], total)


def test_the_four_misconceptions_are_met_once_in_each_part() -> None:
    for part in ls.parts():
        met = [
            {option["misconception"] for option in quiz["options"] if "misconception" in option}
            for lesson, quiz in quizzes()
            if lesson.name in part.lessons
        ]
        assert sum(each == MISCONCEPTIONS for each in met) == 1, part.title
        assert sum(map(bool, met)) == 1, f"{part.title}: the set of misconceptions is repeated"


def test_no_question_is_asked_twice() -> None:
    asks = Counter(quiz["ask"] for _, quiz in quizzes())
    assert max(asks.values()) == 1
    sets = Counter(frozenset(option["text"] for option in quiz["options"]) for _, quiz in quizzes())
    assert max(sets.values()) == 1


def test_a_wrong_answer_runs_something_and_says_it_in_few_words() -> None:
    for lesson, quiz in quizzes():
        for option in quiz["options"]:
            assert not option.get("feedback", "").startswith("Wrong")
            if not option.get("right"):
                assert ls.shown_of(option), (lesson.name, option["text"])
                assert len(option["feedback"].split()) <= 45, (lesson.name, option["text"])


NO_SKILL = (
    r"incompeten\w*|capability failures?|(?:fail|los|lack|miss)\w* (?:of |in |the |a |its )*skill"
    r"|skill (?:is|was) (?:gone|lost|missing)"
)
DENIED = rf"(?:\bno|\bnot|\bnor|\bneither [^.]{{0,40}}\bnor)(?: \w+){{0,2}} (?:{NO_SKILL})|tell[^.]* from incompetence"
UNDECIDED = r"\bneither\b|\btime-?outs?\b|\bout of time\b|\bstops? short\b"
LEAST_SKILL = 0.5  # rewarded in fewer of its own training levels, an agent has no skill to speak of


def denies_skill(text: str) -> str:
    """The first sentence that takes a run without a goal, or an agent whose card shows its skill, for incompetent."""
    for paragraph in re.split(r"\n\s*\n", text):
        said = re.sub(DENIED, "", " ".join(paragraph.split()))
        for sentence in re.split(r"(?<=[.?!])\s+", said):
            if re.search(NO_SKILL, sentence) and (re.search(UNDECIDED, sentence) or skilled(sentence)):
                return sentence
    return ""


def skilled(text: str) -> list[str]:
    """The agents that a text names, as `mix-0` or `mix-0:1`, whose cards say that they were rewarded in training."""
    named = set(re.findall(r"`([\w.-]+(?::\d+)?)`", text))
    found = []
    for demo in map(goalmisgen.entry, goalmisgen.WORLDS):
        for name, card in cards_of(demo).items():
            rate = card["measured"]["levels"]["training"]["measures"]["reward"]["rate"]
            if named & {name, name.partition(":")[0]} and rate >= LEAST_SKILL:
                found.append(name)
    return found


def test_no_text_calls_a_run_without_a_goal_a_failure_of_skill() -> None:
    assert denies_skill("A run that finds neither is missing skill.")
    assert denies_skill("Some end in neither goal, and most of `balanced` do: a failure of skill.")
    assert denies_skill("Runs of `mix-2:1` show incompetence.")
    assert not denies_skill("It stops short: that is no loss of skill. `mix-2:1` is not incompetent.")
    root = Path(goalmisgen.__file__).resolve().parent.parent
    for path in (*root.glob("lessons/**/*.md"), *root.glob("pretrained/*/README.md"), root / "README.md"):
        assert not denies_skill(path.read_text(encoding="utf-8")), path.name
    for path in root.glob("lessons/**/*.yaml"):
        for text in strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
            assert not denies_skill(text), (path.name, text)


def strings(data: Any) -> Iterator[str]:
    """Every text in data."""
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from strings(each)
    if isinstance(data, str):
        yield data


def test_what_is_sorted_as_incompetence_is_measured_to_be() -> None:
    cards = [
        card
        for lesson in ws.lessons()
        for step in lesson.steps
        for part in step.parts
        if isinstance(part, Block) and part.kind == "sort"
        for card in part.data["cards"]
        if card["bin"] == "Incompetence"
    ]
    assert len(cards) >= 4
    for card in cards:
        rates = re.findall(r"\{rate: (\w+) (\S+) (\S+) (\S+)\}", card["why"])
        demo = goalmisgen.entry(rates[0][0])
        name, agent, levels, outcome = rates[0]
        found = rates_of(demo, agent, levels)
        assert outcome == demo.intended and found and found[outcome]["rate"] < LEAST_SKILL, card["title"]


@pytest.mark.parametrize(
    ("rate", "n", "says"),
    [
        (0.946, 1000, "95 of 100"), (0.0, 1000, "none of 1,000"), (1.0, 200, "all 200"),
        (0.004, 1000, "fewer than 1 of 100"), (0.996, 1000, "more than 99 of 100"),
        (0.005, 1000, "fewer than 1 of 100"),
        (0.015, 1000, "2 of 100"),
    ],
)  # fmt: skip
def test_a_share_is_never_none_or_all_unless_it_is(rate: float, n: int, says: str) -> None:
    from goalmisgen.engine.lessons import shares

    assert shares.in_words(rate, n) == says


def test_shares_of_several_networks_are_told_one_after_the_other() -> None:
    from goalmisgen.engine.lessons import shares

    assert shares.several([(0.94, 500), (0.74, 500), (0.74, 500)]) == "94, 74 and 74 of 100 (three networks)"
    assert shares.several([(0.0, 500), (0.74, 500)]) == "none of 500 and 74 of 100 (two networks)"
