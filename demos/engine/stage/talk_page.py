"""A page of a talk: what is said in a line or two, the picture, and below it the question with its vote, or the answer.

All is laid out in shares of the height, so that it looks alike on every screen.
"""

import io
import re
from functools import lru_cache, partial
from typing import Any

import pygame

from ..agents import called
from . import ballots, frame, join, lettering, reel, talk_runs
from . import overlays as paint
from .lettering import ALERT, BACKGROUND, GOOD, INK, PANEL, QUIET, SOURCE, Sizes, write
from .present import AFTER, AGAIN, ASK, ENDED, KEYS, MEASURED, REVEAL, RUN, SAY, SECOND, Presentation
from .reel import Reel
from .stage import Show

MOST_SAID = 4  # lines of an answer to no question
ALONE = 1.5  # how much larger a sentence is where nothing else is on its page
MARGIN = 0.08  # of a page of words only, a share of the width
LEADING = 1.3  # of lines of a paragraph
LIVE = "live; c: back to the script"


def draw(talk: Presentation, surface: pygame.Surface) -> None:
    """Draw the page that is on, or what is live instead of it."""
    sizes = Sizes.of(surface.get_height())
    if talk.live is not None:
        frame.draw(talk.live, surface)
        if not (talk.live.blank or talk.live.sheet or talk.live.holding or talk.live.notice_left > 0):
            wide = lettering.font(sizes.text).size(LIVE)[0] + 2 * sizes.text
            place = (surface.get_width() - wide - sizes.gap, surface.get_height() - sizes.line - sizes.gap)
            lettering.chip(surface, LIVE, sizes.text, GOOD, place, wide)
        if talk.task and not (talk.live.blank or talk.live.sheet):
            task(*talk.task, surface, sizes)
        return
    surface.fill((0, 0, 0) if talk.blank else BACKGROUND)
    if talk.blank:
        return
    if talk.help:
        paint.sheet(surface, list(KEYS), sizes, 0, len(KEYS))
        return
    if talk.joining and talk.polling is not None:
        join.page(talk.polling, surface, sizes)
        return
    if not isinstance(talk.show, Reel):
        sizes = Sizes.hall(surface.get_height())
    aside = beside(talk, surface, sizes)
    body = below(talk, surface, room(surface, sizes) if aside else head(talk, surface, sizes), sizes)
    if talk.rates:
        rates(talk, surface, body, sizes)
    elif pictured(talk):
        picture(talk, surface, body)
    elif talk.show is not None and not (talk.beat == SAY and is_long(talk, surface, sizes)):
        if isinstance(talk.show, Reel):
            reel.draw(talk.show, surface, body, sizes)
        else:
            words = partial(sentence, talk, surface, sizes) if aside else None
            talk_runs.draw(talk.show, surface, body, sizes, talk.step.maps, talk.beat in ENDED, words)
    source(talk, surface)
    if talk.notice_left > 0:
        lettering.toast(surface, talk.notice, sizes)


def task(task: str, done: bool, surface: pygame.Surface, sizes: Sizes) -> None:
    """What to do, at the top of what is live; marked when it is done."""
    says = f"{'Done' if done else 'Now'}: {task}"
    width = surface.get_width() - 2 * sizes.gap
    lines = lettering.wrapped(says, sizes.text, width - sizes.text)[:2]
    area = pygame.Rect(sizes.gap, sizes.gap, width, len(lines) * sizes.line + sizes.gap)
    pygame.draw.rect(surface, PANEL, area, border_radius=sizes.gap)
    inner = area.inflate(-2 * sizes.gap, -sizes.gap)
    lettering.block(surface, says, sizes.text, GOOD if done else ALERT, inner, sizes.line, 2)


def head(talk: Presentation, surface: pygame.Surface, sizes: Sizes) -> pygame.Rect:
    """The sentence of the step, and what else is said: two lines above what is shown, else larger. Returns the rest."""
    width, height = surface.get_size()
    edge, step, end = 2 * sizes.gap, talk.step, height - foot(surface)
    if not (step.shown or step.rates or step.picture):
        return alone(talk, surface, sizes)
    size, above = lettering.smaller(step.title, sizes.title, width - 2 * edge), 2 * sizes.gap
    write(surface, step.title, size, INK, (edge, above), width - 2 * edge)
    top = above + round(max(size, sizes.title) * 1.2)
    area = pygame.Rect(edge, top, width - 2 * edge, end - top)
    said = " ".join(step.text.split())
    if talk.beat == MEASURED or (step.shown and talk.beat != SAY and is_long(talk, surface, sizes)):
        used = sizes.gap if talk.beat == MEASURED else 0
    elif step.shown and not is_long(talk, surface, sizes):
        used = lettering.block(surface, said, sizes.text, INK, area, sizes.line, 2) if said else 0
    elif step.picture and talk.beat != SAY:
        used = 0
    else:
        area.y += 2 * sizes.gap
        kept = panel_height(talk, surface, sizes) + rates_height(talk, sizes) + height // 2 * pictured(talk)
        parts, high = _parts(step.text), end - area.y - kept
        size, _ = fitting(parts, area.width, high, sizes, sizes.title)
        used = paragraphs(surface, parts, size, pygame.Rect(area.x, area.y, area.width, high))
    top = area.y + used + sizes.gap
    return pygame.Rect(edge, top, width - 2 * edge, end - top)


def room(surface: pygame.Surface, sizes: Sizes) -> pygame.Rect:
    """The page without its edges, where the sentence stands beside the picture."""
    edge, top = 2 * sizes.gap, 2 * sizes.gap
    return pygame.Rect(edge, top, surface.get_width() - 2 * edge, surface.get_height() - foot(surface) - top)


def beside(talk: Presentation, surface: pygame.Surface, sizes: Sizes) -> bool:
    """Whether the sentence stands beside the picture: that of a square world, which so has the whole height."""
    show = talk.show
    if talk.rates or pictured(talk) or not isinstance(show, Show) or is_long(talk, surface, sizes):
        return False
    return talk_runs.is_square(show)


def sentence(talk: Presentation, surface: pygame.Surface, sizes: Sizes, area: pygame.Rect) -> int:
    """The sentence of the step, and what else is said, in a column; returns the height it took."""
    step = talk.step
    size = lettering.smaller(step.title, sizes.title, area.width, 5)
    used = lettering.block(surface, step.title, size, INK, area, round(size * 1.2), 5) + sizes.line // 2
    if step.text and talk.beat != MEASURED:
        under = pygame.Rect(area.x, area.y + used, area.width, area.height - used)
        used += lettering.block(surface, " ".join(step.text.split()), sizes.text, INK, under, sizes.line, 6)
        used += sizes.line // 2
    return used


def pictured(talk: Presentation) -> bool:
    """Whether the step's picture is on: one that answers comes with the answer."""
    return bool(talk.step.picture) and bool(talk.beat in ENDED or talk.step.options or not talk.step.reveal)


def foot(surface: pygame.Surface) -> int:
    """The height kept for the last line."""
    return round(1.5 * SOURCE * surface.get_height())


def is_long(talk: Presentation, surface: pygame.Surface, sizes: Sizes) -> bool:
    """Whether what is said does not fit in two lines; then it has a page of its own, before the runs."""
    return len(lettering.wrapped(talk.step.text, sizes.text, surface.get_width() - 4 * sizes.gap)) > 2


def alone(talk: Presentation, surface: pygame.Surface, sizes: Sizes) -> pygame.Rect:
    """A page of words only, a little above its middle, with wide margins; returns what is left below."""
    width, end, kept = surface.get_width(), surface.get_height() - foot(surface), panel_height(talk, surface, sizes)
    margin = round(MARGIN * width)
    wide = width - 2 * margin
    head_size = lettering.smaller(talk.step.title, round(ALONE * sizes.title), wide, 2)
    lines = min(2, len(lettering.wrapped(talk.step.title, head_size, wide)))
    head_high = round(1.2 * head_size * lines) + (sizes.title // 2 if talk.step.text else 0)
    parts = _parts(talk.step.text)
    size, high = fitting(parts, wide, end - kept - head_high - 4 * sizes.gap, sizes, round(1.15 * sizes.title))
    top = max(2 * sizes.gap, round((end - kept - head_high - high) * 0.42))
    title = pygame.Rect(margin, top, wide, head_high)
    lettering.block(surface, talk.step.title, head_size, INK, title, round(1.2 * head_size), 2)
    used = paragraphs(surface, parts, size, pygame.Rect(margin, top + head_high, wide, end - kept - top - head_high))
    top += head_high + used + sizes.gap
    return pygame.Rect(margin, top, wide, end - top)


def fitting(parts: list[str], width: int, height: int, sizes: Sizes, largest: int) -> tuple[int, int]:
    """The largest of some sizes in which paragraphs fit, and the height they then take."""
    for size in (largest, sizes.title, round(sizes.text * 1.2), sizes.text):
        line = round(size * LEADING)
        high = sum(len(lettering.wrapped(part, size, width)) * line + line // 2 for part in parts)
        if high <= height:
            break
    return size, high


def paragraphs(surface: pygame.Surface, parts: list[str], size: int, area: pygame.Rect) -> int:
    """Paragraphs and items at the top of an area; returns the height they took."""
    line, used = round(size * LEADING), 0
    for part in parts:
        most = (area.height - used) // line
        if most > 0:
            at = pygame.Rect(area.x, area.y + used, area.width, area.height)
            used += lettering.block(surface, part, size, INK, at, line, most) + line // 2
    return used


def _parts(text: str) -> list[str]:
    """Paragraphs, and the items of lists."""
    parts = [part for part in re.split(r"\n\n|\n(?=- |\d+\. )", text) if part]
    return [part.replace("- ", "\u2022 ", 1) if part.startswith("- ") else part for part in parts]


def panel_height(talk: Presentation, surface: pygame.Surface, sizes: Sizes) -> int:
    """The height kept for question and answer, the same in all beats that show a run, so that nothing moves."""
    questions = [each for each in (talk.step.question, talk.step.again) if each is not None]
    width = surface.get_width() - 4 * sizes.gap
    if talk.beat == MEASURED or not (questions or (talk.step.reveal and (talk.beat == REVEAL or talk.step.shown))):
        return 0
    if not questions:
        lines = len(lettering.wrapped(talk.step.reveal, sizes.text, width))
        return min(lines, MOST_SAID) * sizes.line + 2 * sizes.gap
    narrow = width - (join.beside(sizes) + 2 * sizes.gap if talk.polling is not None else 0)
    says = [lettering.wrapped(each.reveal, sizes.text, width) for each in questions if each.reveal]
    asks = [lettering.wrapped(each.ask, sizes.text, narrow) for each in questions]
    lines = max(2 if talk.polling else 1, min(3, max(map(len, [*says, *asks]))))
    options = max(ballots.ballot_height(each.options, narrow, sizes) for each in questions)
    return options + lines * sizes.line + 3 * sizes.gap


def below(talk: Presentation, surface: pygame.Surface, body: pygame.Rect, sizes: Sizes) -> pygame.Rect:
    """The panel at the lower end: the question, its vote, what came true. Returns what is left above it."""
    high = panel_height(talk, surface, sizes)
    area = pygame.Rect(0, surface.get_height() - foot(surface) - high, surface.get_width(), high)
    if talk.vote is not None and talk.beat in (ASK, RUN, AGAIN):
        asked(talk, surface, area, sizes)
    elif talk.vote is not None and talk.asked is not None:
        pygame.draw.rect(surface, PANEL, area)
        inner = area.inflate(-4 * sizes.gap, -2 * sizes.gap)
        says = " ".join(talk.asked.reveal.split()) or what_came(talk)
        size = lettering.smaller(says, sizes.text, inner.width, 3)
        lettering.block(surface, says, size, ALERT, inner, round(size * 1.14), 3 * sizes.text // size)
        inner.top = inner.bottom - ballots.ballot_height(talk.asked.options, inner.width, sizes)
        ballots.options(surface, inner, talk.vote, sizes, answer=talk.asked.answer, **bars(talk))
    elif talk.beat == REVEAL and talk.step.reveal:
        pygame.draw.rect(surface, PANEL, area)
        inner = area.inflate(-4 * sizes.gap, -2 * sizes.gap)
        size = lettering.smaller(talk.step.reveal, sizes.text, inner.width, MOST_SAID)
        most = MOST_SAID * sizes.text // size
        lettering.block(surface, talk.step.reveal, size, ALERT, inner, round(size * 1.14), most)
    return pygame.Rect(body.x, body.y, body.width, body.height - high - sizes.gap)


def asked(talk: Presentation, surface: pygame.Surface, area: pygame.Rect, sizes: Sizes) -> None:
    """The question with its vote; where phones vote, code and address stand beside it."""
    vote, polling = talk.vote, talk.polling
    assert vote is not None
    if polling is None:
        typing = talk.beat != RUN
        ballots.ballot(surface, area, vote, sizes, typing, "")
        return
    votes = sum(vote.numbers)
    told = f"{votes} vote{'' if votes == 1 else 's'}"
    if talk.beat == RUN:
        ballots.ballot(surface, area, vote, sizes, False, f"{told}, closed", **bars(talk))
        return
    pygame.draw.rect(surface, PANEL, area)
    room = join.beside(sizes)
    picture = join.code(polling.address, min(room, area.height - sizes.gap))
    surface.blit(picture, picture.get_rect(right=area.right - 2 * sizes.gap, centery=area.centery))
    left = pygame.Rect(area.x, area.y, area.width - room - 2 * sizes.gap, area.height)
    ballots.ballot(surface, left, vote, sizes, any(vote.counts), f"{join.short(polling.address)}\n{told}", **bars(talk))


def bars(talk: Presentation) -> dict[str, Any]:
    """How the bars stand: as far as they have grown, and in a second vote on the same options beside the first."""
    found: dict[str, Any] = {"grown": talk.polling.grown} if talk.polling is not None else {}
    first = talk.votes.get(talk.number)
    if talk.beat in SECOND and first is not None and talk.vote is not None and first.options == talk.vote.options:
        shown = talk.polling is None or talk.polling.bars
        found["before"] = first.shares if sum(first.numbers) and shown else None
    return found


def what_came(talk: Presentation) -> str:
    """What is said of a vote that has no sentence of its own."""
    assert talk.asked is not None and talk.vote is not None
    if talk.beat == AFTER and talk.asked.answer is None:
        line = " The line in each bar is the first vote." if bars(talk).get("before") else ""
        return f"{talk.asked.ask}{line}"
    return talk.vote.against(talk.asked.answer)


def rates_height(talk: Presentation, sizes: Sizes) -> int:
    """The height of the measured rates that are on."""
    return len(talk.rates) * round(sizes.line * 4.2)


def rates(talk: Presentation, surface: pygame.Surface, body: pygame.Rect, sizes: Sizes) -> None:
    """Measured rates, a hundred dots in a row for each agent."""
    found = []
    for each in talk.rates:
        label = f"{called.label(each.demo, each.agent)}; {each.demo.measured_on(each.levels)} (n = {each.n:,})"
        shares = {name: rate for name, (rate, _, _) in each.outcomes.items()}
        found.append(ballots.Measured(each.demo, label, shares, each.n))
    height = min(round(sizes.line * 6.5) * len(found), body.height)
    ballots.rates(surface, pygame.Rect(body.x, body.y, body.width, height), found, sizes)


def picture(talk: Presentation, surface: pygame.Surface, body: pygame.Rect) -> None:
    """The picture of a step, as large as it can be."""
    image = _loaded(talk.step.picture)
    scale = min(body.width / image.get_width(), body.height / image.get_height())
    image = pygame.transform.smoothscale_by(image, scale)
    surface.blit(image, image.get_rect(midtop=body.midtop))


@lru_cache(maxsize=4)
def _loaded(data: bytes) -> pygame.Surface:
    return pygame.image.load(io.BytesIO(data))


def source(talk: Presentation, surface: pygame.Surface) -> None:
    """The last line: what acts and whose it is, and which step of how many this is."""
    width, height = surface.get_size()
    size = max(10, round(SOURCE * height))
    show, edge = talk.show, size
    parts = [show.panes[0].run.demo.title if isinstance(show, Show) else "", "goalmisgen"]
    if isinstance(show, Show) and not show.blind and show.panes[0].run.actor:
        one = len(show.panes) == 1
        parts.insert(1, called.label(show.demo, show.panes[0].run.actor) if one else talk_runs.common(show))
    place = height - round(size * 1.3)
    write(surface, " \u00b7 ".join(filter(None, parts)), size, QUIET, (edge, place), width * 3 // 4)
    number = f"{talk.number + 1}/{len(talk.talk.steps)}"
    write(surface, number, size, QUIET, (width - edge, place), width // 4, right=True)
