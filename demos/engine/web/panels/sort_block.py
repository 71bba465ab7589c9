"""Cards to be sorted into bins: one card at a time on the left, the map that they make on the right.

A card is put somewhere once, by a button for each bin, and then says where it belongs and why. Its run can be watched
in place of the map, and a card on the map be looked at again.
"""

import streamlit as st

from ...lessons import worksheet as ws
from ...lessons.lesson import Block, Lesson, Step, shown_of
from ...lessons.numbers_in_text import filled
from ...lessons.pointers import pointer
from .. import loading
from ..html.links import links, plain
from ..html.said import say
from ..learner import Learner, Pages, learner
from . import decide_block, lesson_scene

MARKS = {True: "✔", False: "✖"}


def cards(me: Learner, lesson: Lesson, step: Step, block: Block, key: str, pages: Pages) -> None:
    """The card that lies open, the bins to put it into, and once it was put somewhere what is to be said of it."""
    names = ws.card_names(lesson, step, block)
    at = _open(me, names, key)
    card, name, bins = block.data["cards"][at], names[at], block.data["bins"]
    say(f"**{block.data['ask']}**")
    placed = [each for each in names if me.progress.finished(each)]
    right = sum(_right(me, each) for each in placed)
    said = f"Card {at + 1} of {len(names)}"
    if len(placed) == len(names):
        said += f" · all are placed, {right} of them where this lesson puts them"
    elif placed:
        said += f" · {len(placed)} placed, {right} of them where this lesson puts them"
    st.caption(said)
    with st.container(border=True):
        say(f"**{plain(card['title'])}.** {card['text']}")
        given = me.progress.chosen.get(name)
        if not given:
            with st.container(gap="xsmall"):
                for i, which in enumerate(bins):
                    st.button(plain(which), key=f"{name}/bin {i}", width="stretch", on_click=_place, args=(name, i))
        elif _right(me, name):
            st.success(f"**{plain(card['bin'])}.** {filled(card['why'])}", icon=":material/check_circle:")
        else:
            told = f"You said: *{plain(bins[given[0]])}*. This lesson puts it into **{plain(card['bin'])}**."
            st.warning(f"{told} {filled(card['why'])}", icon=":material/cancel:")
        if given and shown_of(card):
            st.button(
                "Watch it", key=f"{name}/watch", icon=":material/play_circle:", on_click=decide_block.refute,
                args=(me, key, shown_of(card)),
            )  # fmt: skip
        if given:
            links([pointer(each) for each in card.get("see", ())], pages)
    row = st.container(horizontal=True)
    row.button("Previous card", key=f"{key}/card before", disabled=at == 0, on_click=_turn, args=(key, at - 1))
    if at + 1 < len(names):
        row.button(
            "Next card", key=f"{key}/card after", type="primary" if given else "secondary", on_click=_turn,
            args=(key, at + 1),
        )  # fmt: skip


def board(me: Learner, lesson: Lesson, step: Step, block: Block, key: str) -> None:
    """The map so far: every bin with the cards that belong there, of those that were put somewhere.

    Above it the run of the open card, its agent's name covered, where cards are watched first.
    """
    names = ws.card_names(lesson, step, block)
    at = _open(me, names, key)
    shown = block.data["cards"][at].get("demo")
    if block.data.get("watch") and shown and not me.progress.finished(names[at]):
        masked = {"controls": "watch"} | shown
        lesson_scene.show(me, lesson, f"{key}/card {at}", masked, lesson_scene.How(blind=True))
        if not any(map(me.progress.finished, names)):
            return
    for which in block.data["bins"]:
        with st.container(border=True):
            st.markdown(f"**{plain(which)}**")
            found = [
                (i, card["title"])
                for i, card in enumerate(block.data["cards"])
                if card["bin"] == which and me.progress.finished(names[i])
            ]
            with st.container(horizontal=True, gap="small"):
                for i, title in found:
                    label = f"{MARKS[_right(me, names[i])]} {plain(title)}"
                    st.button(label, key=f"{names[i]}/again", on_click=_turn, args=(key, i))
            if not found:
                st.caption("No card yet.")
    if any(me.progress.finished(name) for name in names):
        st.caption("✔ put there by you, ✖ put elsewhere. Press a card to look at it again.")


def above_the_run(me: Learner, lesson: Lesson, key: str, pages: Pages) -> None:
    """What stands above a card's run: the way back to the map, and to the page of its demo."""
    (data,) = me.refuting[key].values()
    demo = str(data.get("demo", lesson.demo))
    prepared = data.get("preset", data.get("probe"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the map", key=f"{key}/map", icon=":material/arrow_back:", on_click=_close, args=(key,))
        st.page_link(
            pages()[demo], label=f"{loading.entry_of(demo).title}, with all its controls", icon=":material/science:",
            query_params={"preset": prepared} if prepared else None,
        )  # fmt: skip


def _open(me: Learner, names: list[str], key: str) -> int:
    """The card that lies open: the one that was turned to, else the first that was not put anywhere."""
    first = next((i for i, name in enumerate(names) if not me.progress.finished(name)), 0)
    return min(me.cards.setdefault(key, first), len(names) - 1)


def _right(me: Learner, name: str) -> bool:
    return me.progress.chosen.get(name, [None])[0] == ws.items()[name].right


def _place(name: str, which: int) -> None:
    learner().progress.choose(name, which)


def _turn(key: str, to: int) -> None:
    me = learner()
    me.cards[key] = to
    me.refuting.pop(key, None)


def _close(key: str) -> None:
    learner().refuting.pop(key, None)
