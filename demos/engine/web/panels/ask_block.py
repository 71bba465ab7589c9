"""An `ask` block of a lesson: a question to a network that writes, its reply, and every word of it."""

import html
from typing import Any

import streamlit as st

from ...agents.called import label
from ...lessons.catalogue import LessonError
from ...lessons.lesson import TextScene, text_scene
from ...lessons.tasks_text import Answers, answers_to
from ...rules.text import BadText, readable
from .. import loading
from ..components.strip.strip import payload, strip
from ..pages.text_page import dialogue

MOST_SIDE_BY_SIDE = 6  # options of a field; more are in a list


def outcome(data: dict[str, Any], default: str) -> str:
    """What came of the block's own question, asked of its first network. Raises LessonError, BadText or AgentError."""
    asked = text_scene(data, default)
    return loading.writer_of(asked.demo.name, asked.agents[0]).outcome(asked.demo.asked(asked.values))


def answers(key: str, data: dict[str, Any], default: str) -> Answers | None:
    """What the block's networks reply to the question as it stands on the page; None where that cannot be said."""
    from ...agents.pretrained import AgentError

    try:
        asked = text_scene(data, default)
        own = asked.demo.asked_values(asked.values)
        values = {name: str(st.session_state.get(f"{key}/{name}", value)) for name, value in own.items()}
        return answers_to(asked, values, [loading.writer_of(asked.demo.name, agent) for agent in asked.agents])
    except (AgentError, BadText, LessonError):
        return None


def show(key: str, data: dict[str, Any], default: str, still: bool) -> None:
    """Draw it; while `still`, the question without its reply."""
    from ...agents.pretrained import AgentError

    try:
        asked = text_scene(data, default)
        if still:
            prompt = html.escape(readable(asked.demo.asked(asked.values).prompt))
            st.html(f'<div style="font-size:1.25rem;padding:10px 0">“{prompt}”</div>')
            st.caption("It replies once you have made your guess.")
            return
        values = _edited(key, asked) if data.get("edit") else asked.values
        case = asked.demo.asked(values)
        writers = [loading.writer_of(asked.demo.name, agent) for agent in asked.agents]
        said = [writer.converse(case) for writer in writers]
    except (AgentError, BadText, LessonError) as refused:
        st.warning(f"This cannot be shown: {refused}")
        return
    for column, writer, turns in zip(st.columns(len(writers), gap="medium"), writers, said, strict=True):
        with column:
            dialogue(asked.demo, case, turns, writer.name)
    for number, (writer, turns) in enumerate(zip(writers, said, strict=True)):
        name = label(asked.demo, writer.name) if len(writers) > 1 else ""
        strip(f"{key}/strip-{number}", payload(*writer.words(turns), name))


def _edited(key: str, asked: TextScene) -> dict[str, str]:
    """The fields of the question, to change."""
    values = asked.demo.asked_values(asked.values)
    for each in asked.demo.fields:
        field = f"{key}/{each.name}"
        if len(each.options) > MOST_SIDE_BY_SIDE:
            values[each.name] = st.selectbox(each.title, each.options, each.options.index(values[each.name]), key=field)
        elif each.options:
            values[each.name] = st.segmented_control(
                each.title, each.options, default=values[each.name], key=field, required=True
            )
        else:
            values[each.name] = st.text_input(each.title, values[each.name], each.most, key=field)
    return values
