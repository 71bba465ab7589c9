"""A frame of the window: the question, the panes with their captions, the overlays."""

from typing import Any

import numpy as np
import pygame

from ..agents import called
from ..lessons.vote import tally
from ..rules.level import RUNNING, State, copied
from ..rules.names import ending
from ..rules.world import Demo
from . import ballots, lettering, together
from . import overlays as paint
from .keys import FIRST, entries
from .lettering import ALERT, BACKGROUND, DARK, GOOD, INK, QUIET, Sizes
from .overlays import BARS, BOTH, FIELD, MAP, SIGHT
from .pane import Pane
from .stage import MAP_RUNS, SPEEDS, Show


def draw(show: Show, surface: pygame.Surface) -> None:
    """Draw what the window shows now, and note in the panes where their pictures stand."""
    surface.fill((0, 0, 0) if show.blank else BACKGROUND)
    if show.blank:
        return
    sizes = Sizes.of(surface.get_height())
    body = header(show, surface, sizes)
    rows, columns = (int(n) for n in show.panes[0].run.level.extent)
    panels = show.overlay in (SIGHT, BARS, BOTH)
    reserve = max(len(show.demo.actions), 5) * sizes.line + 2 * sizes.gap if panels else 0
    if not show.overlay and together.alike([pane.run for pane in show.panes]):
        plan = paint.layout(body, 1, rows, columns, sizes, 0)
        for pane, area in zip(show.panes, split(plan.captions[0], len(show.panes), 2 * sizes.gap), strict=True):
            caption_together(show, surface, pane, area, sizes)
        draw_together(show, surface, plan.rooms[0], plan.scale, sizes)
    else:
        plan = paint.layout(body, len(show.panes), rows, columns, sizes, reserve)
        for pane, room, area, corner in zip(show.panes, plan.rooms, plan.captions, plan.corners, strict=True):
            caption(show, surface, pane, area, sizes)
            draw_pane(show, surface, pane, room, plan.scale)
            draw_overlays(show, surface, pane, room.union(corner), corner, sizes)
    if show.vote is not None and show.holding:
        high = ballots.ballot_height(show.vote.options, surface.get_width(), sizes) + sizes.line + 3 * sizes.gap
        area = pygame.Rect(0, surface.get_height() - high, surface.get_width(), high)
        ballots.ballot(surface, area, show.vote, sizes)
    if show.sheet == "keys":
        paint.sheet(surface, entries(), sizes, show.page, len(FIRST))
    elif show.sheet == "votes":
        ballots.votes(surface, show.votes, sizes)
    if show.notice_left > 0:
        lettering.toast(surface, show.notice, sizes)


def greet(line: str, surface: pygame.Surface) -> None:
    """The first frame, before anything has been loaded: one line, such as the question."""
    sizes = Sizes.of(surface.get_height())
    surface.fill(BACKGROUND)
    lettering.write(surface, line, sizes.title, INK, (2 * sizes.gap, sizes.gap), surface.get_width())


def header(show: Show, surface: pygame.Surface, sizes: Sizes) -> pygame.Rect:
    """The question, what the reward pays and where we are; returns what is left of the window."""
    width, height = surface.get_size()
    edge = 2 * sizes.gap
    level = f"{'shifted' if show.scene.shifted else 'training'} level {show.scene.level_seed}"
    tempo = "paused" if show.paused else f"{SPEEDS[show.speed]} steps/s"
    status = f"{'own level' if show.given is not None else level} · step {min(int(show.clock), show.last)} · {tempo}"
    right, guesses = tally(show.votes)
    if guesses:
        status = f"guessed right {right}/{guesses} · {status}"
    base = sizes.gap + sizes.title - sizes.text
    used = lettering.write(surface, status, sizes.text, QUIET, (width - edge, base), width, right=True)
    room = width - used - 3 * edge
    lettering.whole(surface, show.demo.question, sizes.title, INK, (edge, sizes.gap), room)

    top = sizes.gap + round(sizes.title * 1.1)
    below = pygame.Rect(edge, top, width - 2 * edge, sizes.line)
    if show.overlay == MAP:
        map_legend(show, surface, below, sizes)
    else:
        below.height = 0
        if title := prepared_title(show):
            lettering.whole(surface, title, sizes.text, INK, below.topleft, below.width)
            below.height += sizes.line
        rest = below.move(0, below.height)
        below.height += lettering.block(surface, pays(show), sizes.text, QUIET, rest, sizes.line, 2)
    top += below.height
    paint.progress(
        surface, pygame.Rect(edge, top, width - 2 * edge, sizes.gap // 2), show.clock, show.demo.timeout, show.edits()
    )
    top += 3 * sizes.gap // 2
    return pygame.Rect(edge, top, width - 2 * edge, height - top - sizes.gap)


def prepared_title(show: Show) -> str:
    """The number and title of the prepared level that is shown with its agent, or the title of a changed one."""
    scene = show.scene
    for number, each in enumerate((*show.demo.presets, *show.demo.probes), 1):
        same = (each.level_seed, each.shifted, each.changes) == (scene.level_seed, scene.shifted, scene.changes)
        if show.given is None and same and scene.agents[:1] == (each.agent,):
            return f"{number if number <= len(show.demo.presets) else 'x'} \u00b7 {each.title}"
    return ""


def pays(show: Show) -> str:
    """What the rewards of the agents shown pay, in one line."""
    lines = {pane.name: reward_line(show.demo, pane.run.config) for pane in show.panes}
    if show.blind:
        return "What each of them was paid for is hidden until the guess is made."
    if len(set(lines.values())) == 1:
        return f"Reward: {next(iter(lines.values()))}"
    return "   ".join(f"{name}: {line}" for name, line in lines.items())


def reward_line(demo: Demo, config: Any) -> str:
    """What the reward pays under a config, in one line; a field `pays_end` that is on stands for reaching the end."""
    for name, value in config._asdict().items():
        if name.startswith("pays_") and value:
            return f"+1 for reaching the {name.removeprefix('pays_')}, which ends the episode; nothing else is paid."
    return demo.reward


def shown_state(show: Show, pane: Pane) -> State:
    """The state to draw: between two steps, with dragged objects where they are held."""
    t = pane.index(show.clock)
    states = pane.run.states
    state = paint.between(states[t], states[t + 1], show.clock - t) if t < pane.length else copied(states[t])
    for slot, place in show.ghosts.items():
        state.at[slot] = place
    if show.dragged is not None:
        state.at[show.dragged[0]] = show.dragged[1:]
    return state


def draw_pane(
    show: Show, surface: pygame.Surface, pane: Pane, room: pygame.Rect, scale: float, rows: int | None = None
) -> None:
    """One run's level, or its first `rows` rows, in the middle of its room."""
    run, t = pane.run, pane.index(show.clock)
    image = paint.level_surface(show.demo, run.level_at(t), shown_state(show, pane), scale)
    if rows is not None:
        image = image.subsurface((0, 0, image.get_width(), round(rows * scale * paint.ART)))
    place = image.get_rect(center=room.center)
    if show.overlay in (SIGHT, BARS, BOTH) and len(show.panes) == 1:  # room for them below
        place.top = room.top
    surface.blit(image, place)
    pane.corner, pane.tile = place.topleft, scale * paint.ART


def split(area: pygame.Rect, parts: int, gap: int) -> list[pygame.Rect]:
    """An area in equal parts, side by side."""
    wide = (area.width - (parts - 1) * gap) // parts
    return [pygame.Rect(area.x + i * (wide + gap), area.y, wide, area.height) for i in range(parts)]


def draw_together(
    show: Show, surface: pygame.Surface, room: pygame.Rect, scale: float, sizes: Sizes, rows: int | None = None
) -> None:
    """All runs in one picture, or its first `rows` rows, in the middle of a room; letters stay above the bodies."""
    states = [shown_state(show, pane) for pane in show.panes]
    levels = [pane.run.level_at(pane.index(show.clock)) for pane in show.panes]
    picture = together.picture(show.demo, levels, states, 1)
    put(surface, show.panes, picture[: rows * paint.ART] if rows else picture, room, scale)
    pane = show.panes[0]
    together.letters(surface, pane.corner, pane.tile, states, max(sizes.text * 3 // 4, 12))


def put(surface: pygame.Surface, panes: list[Pane], picture: np.ndarray, room: pygame.Rect, scale: float) -> None:
    """A picture in the middle of its room, noted in its panes."""
    image = paint.scaled(picture, scale)
    place = image.get_rect(center=room.center)
    surface.blit(image, place)
    for pane in panes:
        pane.corner, pane.tile = place.topleft, scale * paint.ART


def draw_overlays(
    show: Show, surface: pygame.Surface, pane: Pane, room: pygame.Rect, corner: pygame.Rect, sizes: Sizes
) -> None:
    """What the agent sees and how likely its actions are, in the corners of two areas; its field of arrows, or map."""
    run, t = pane.run, pane.index(show.clock)
    now = min(t, run.steps - 1)
    if show.overlay in (SIGHT, BOTH):
        side = room.height * 2 // 5 if len(show.panes) == 1 else 4 * sizes.line
        paint.sight(surface, room, run.picture(t), sizes, side, high=corner.right < room.right)
    if show.overlay in (BARS, BOTH) and now >= 0 and run.agent is not None:
        paint.bars(surface, corner, show.demo.actions, run.probabilities[now], int(run.actions[now]), sizes)
    if show.overlay == FIELD:
        paint.arrows(surface, pane.corner, pane.tile, show.field(pane))
    if show.overlay == MAP:
        found, _, _ = show.outcomes(pane)
        if found is not None:
            paint.outcome_squares(surface, pane.corner, pane.tile, show.demo, found)


def map_legend(show: Show, surface: pygame.Surface, area: pygame.Rect, sizes: Sizes) -> None:
    """The colours of the outcome map, and how far it has come."""
    waiting = [(done, total) for found, done, total in map(show.outcomes, show.panes) if found is None]
    says = f"{MAP_RUNS} runs for each place of the {show.demo.goal_object}; click one"
    if waiting:
        done, total = (sum(numbers) for numbers in zip(*waiting, strict=True))
        says = f"outcome map: {100 * done / max(total, 1):.0f} %"
    paint.legend(surface, area, show.demo, says, sizes)


def name_of(show: Show, pane: Pane) -> str:
    """What a pane's agent is called, after its letter where there are two; only that, if names are hidden."""
    letter = together.LETTERS[show.panes.index(pane)]
    if show.blind:
        return f"Agent {letter}"
    return f"{letter} \u00b7 " * (len(show.panes) > 1) + called.label(show.demo, pane.name)


def about(show: Show, pane: Pane) -> str:
    """How the agent of a pane was trained."""
    return "" if show.blind else called.line(show.demo, pane.run.actor or "")


def caption(show: Show, surface: pygame.Surface, pane: Pane, area: pygame.Rect, sizes: Sizes) -> None:
    """Who acts, the reward so far, what happened, and whether the level could have occurred in training."""
    t = pane.index(show.clock)
    size, line = sizes.text, sizes.line
    column = area.height > 4 * line  # beside the picture, and not three lines below it
    total = "" if show.blind else f"reward {pane.run.states[t].total:g}"
    if column:
        head = lettering.block(surface, name_of(show, pane), size, ALERT, area, line, 2)
        lettering.write(surface, total, size, INK, (area.x, area.y + head), area.width)
        head += line * bool(total)
    else:
        head, reward = line, lettering.write(surface, total, size, INK, area.topright, area.width, right=True)
        reward += 2 * sizes.gap
        name = lettering.whole(surface, name_of(show, pane), size, ALERT, area.topleft, area.width - reward)
        left = area.x + name + 2 * sizes.gap, area.y
        beside = area.width - name - reward - 2 * sizes.gap
    trained = about(show, pane) or ("" if pane.run.actor else show.score())
    reasons = pane.reasons(pane.run.level_at(t))
    badge, colour = ("not a training level", ALERT) if reasons else ("could be a training level", GOOD)
    below = pygame.Rect(area.x, area.y + head, area.width, area.height - head)
    if column:
        rest = below.height // line
        used = lettering.block(surface, words(show, pane), size, INK, below, line, min(4, rest)) // line
        if show.overlay in (BARS, BOTH):  # they take the rest of the column
            return
        below.y += used * line
        if trained and used + 3 <= rest:  # the badge goes before it
            about_it = lettering.block(surface, trained, size, QUIET, below, line, min(3, rest - used - 1))
            below.y, used = below.y + about_it, used + about_it // line
        if used < rest:
            lettering.chip(surface, badge, size, colour, below.topleft, below.width)
            below.y += line
        if reasons and len(lettering.wrapped(reasons[0], size, below.width)) < rest - used:  # whole or not at all
            lettering.block(surface, reasons[0], size, colour, below, line, 3)
    elif len(show.panes) == 1:
        if not pane.run.actor:
            lettering.whole(surface, show.score(), size, QUIET, left, beside)
        lettering.whole(surface, words(show, pane), size, INK, below.topleft, below.width)
        reason = f"{badge}: {reasons[0]}" if reasons else badge
        lettering.chip(surface, reason, size, colour, (area.x, area.y + 2 * line), area.width)
    else:
        if lettering.font(size).size(badge)[0] + size <= beside:  # whole or not at all
            lettering.chip(surface, badge, size, colour, left, beside)
        lettering.block(surface, words(show, pane), size, INK, below, line, 2)


def caption_together(show: Show, surface: pygame.Surface, pane: Pane, area: pygame.Rect, sizes: Sizes) -> None:
    """Which of several in one picture acts, in two lines at most, and below it what came of its run, and the reward."""
    name = name_of(show, pane)
    size = lettering.smaller(name, sizes.text, area.width, 2)
    colour = together.COLOURS[show.panes.index(pane)] if DARK.background == BACKGROUND else INK
    used = lettering.block(surface, name, size, colour, area, round(size * 1.14), 2)
    over = pane.index(show.clock) >= pane.length and pane.run.end.done != RUNNING
    came = ending(show.demo, pane.run.outcome).chip if over else "under way"
    total = "" if show.blind else f" \u00b7 reward {pane.run.states[pane.index(show.clock)].total:g}"
    on = " \u00b7 Space: run on" if show.decided and not show.scripted else ""
    lettering.whole(surface, f"{came}{total}{on}", sizes.text, INK, (area.x, area.y + used), area.width)


def words(show: Show, pane: Pane) -> str:
    """What has happened so far in a run; once it is over, its outcome."""
    run, t = pane.run, pane.index(show.clock)
    who = "The agent" if show.scene.agents else "You"
    if t >= pane.length and run.end.done != RUNNING:
        on = " Space: run on." if show.decided and not show.scripted else ""
        return run.describe(t).replace("The agent", who, 1) + on
    if pane.person_from >= 0:
        return "The arrow keys act."
    so_far = [f"{what} at step {step}" for step, what in run.events() if step <= t]
    return f"So far: {', '.join(so_far)}." if so_far else "Under way."
