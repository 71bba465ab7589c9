"""A frame of the window: the question, the panes with their captions, the overlays."""

from typing import Any

import pygame

from ..rules.level import RUNNING, State, copied
from ..rules.world import Demo
from . import overlays as paint
from .overlays import ALERT, BACKGROUND, GOOD, INK, QUIET, Plan, Sizes
from .pane import Pane
from .stage import KEYS, MOUSE, OVERLAYS, SPEEDS, Show


def draw(show: Show, surface: pygame.Surface) -> None:
    """Draw what the window shows now, and note in the panes where their pictures stand."""
    surface.fill((0, 0, 0) if show.blank else BACKGROUND)
    if show.blank:
        return
    sizes = Sizes.of(surface.get_height())
    body = header(show, surface, sizes)
    rows, columns = (int(n) for n in show.panes[0].run.level.size)
    stacked, beside = paint.layouts(body, len(show.panes), rows, columns, sizes)
    plan = stacked if stacked.scale >= beside.scale else beside
    for pane, area in zip(show.panes, plan.areas, strict=True):
        draw_pane(show, surface, pane, area, plan, sizes)
    if show.help:
        paint.sheet(surface, [*((k.label, k.does) for k in KEYS), *MOUSE], sizes)
    if show.notice_left > 0:
        paint.toast(surface, show.notice, sizes)


def header(show: Show, surface: pygame.Surface, sizes: Sizes) -> pygame.Rect:
    """The question, what the reward pays and where we are; returns what is left of the window."""
    width, height = surface.get_size()
    edge = 2 * sizes.gap
    level = f"{'shifted' if show.scene.shifted else 'training'} level {show.scene.level_seed}"
    tempo = "paused" if show.paused else f"{SPEEDS[show.speed]} steps/s"
    status = f"{'own level' if show.given is not None else level} · step {min(int(show.clock), show.last)} · {tempo}"
    base = sizes.gap + sizes.title - sizes.text
    used = paint.write(surface, status, sizes.text, QUIET, (width - edge, base), width, right=True)
    paint.write(surface, show.demo.question, sizes.title, INK, (edge, sizes.gap), width - used - 3 * edge)

    pays = {pane.name: reward_line(show.demo, pane.run.config) for pane in show.panes}
    line = "   ".join(f"{name}: {text}" for name, text in pays.items())
    if len(set(pays.values())) == 1:
        line = f"Reward: {next(iter(pays.values()))}"
    top = sizes.gap + round(sizes.title * 1.1)
    paint.write(surface, line, sizes.text, QUIET, (edge, top), width - 2 * edge)
    top += sizes.line + sizes.gap
    return pygame.Rect(edge, top, width - 2 * edge, height - top - sizes.gap)


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
    state = paint.between(states[t], states[t + 1], show.clock - t) if t < pane.run.steps else copied(states[t])
    for slot, place in show.ghosts.items():
        state.at[slot] = place
    if show.dragged is not None:
        state.at[show.dragged[0]] = show.dragged[1:]
    return state


def draw_pane(show: Show, surface: pygame.Surface, pane: Pane, area: pygame.Rect, plan: Plan, sizes: Sizes) -> None:
    """One run: its level, its overlays and its caption."""
    run, t = pane.run, pane.index(show.clock)
    image = paint.level_surface(show.demo, run.level_at(t), shown_state(show, pane), plan.scale)
    caption_top = area.bottom - plan.lines * sizes.line
    room = pygame.Rect(area.x, area.y, area.width, caption_top - area.y - sizes.gap)
    place = image.get_rect(midtop=(area.centerx, area.y))
    if show.overlay == 0:  # otherwise the picture stays at the top and leaves what is below it to the overlays
        place.y += max(0, room.height - image.get_height()) // 2
    surface.blit(image, place)
    pane.corner, pane.tile = place.topleft, plan.scale * paint.ART

    shown = OVERLAYS[show.overlay]
    now = min(t, run.steps - 1)
    if shown in ("what the agent sees", "both"):
        paint.sight(surface, room, run.picture(t), sizes)
    if shown in ("action probabilities", "both") and now >= 0 and run.agent is not None:
        paint.bars(surface, room, show.demo.actions, run.probabilities[now], int(run.actions[now]), sizes)
    if show.overlay == len(OVERLAYS) - 1:
        paint.arrows(surface, place.topleft, pane.tile, show.field(pane))
    caption(show, surface, pane, pygame.Rect(area.x, caption_top, area.width, 0), plan, sizes)


def caption(show: Show, surface: pygame.Surface, pane: Pane, area: pygame.Rect, plan: Plan, sizes: Sizes) -> None:
    """Who acts, the reward so far, what happened, and whether the level could have occurred in training."""
    t = pane.index(show.clock)
    total = f"reward {pane.run.states[t].total:g}"
    reward = paint.write(surface, total, sizes.text, INK, area.topright, area.width, right=True)
    name = paint.write(surface, pane.name, sizes.text, ALERT, area.topleft, area.width - reward - sizes.gap)
    left = pygame.Rect(area.x + name + 2 * sizes.gap, area.y, area.width - name - reward - 4 * sizes.gap, sizes.line)
    reasons = pane.reasons(pane.run.level_at(t))
    badge = f"not a training level: {reasons[0]}" if reasons else "could be a training level"
    colour = ALERT if reasons else GOOD
    if plan.lines == 2:  # no room for a line of its own
        paint.chip(surface, badge, sizes.text, colour, left.topright, left.width)
    else:
        if pane.agent is not None and pane.agent.recipe is not None:
            paint.write(surface, pane.agent.recipe.about, sizes.text, QUIET, left.topleft, left.width)
        short = badge if plan.lines == 3 else badge.partition(":")[0]
        last = (area.x, area.y + (plan.lines - 1) * sizes.line)
        paint.chip(surface, short, sizes.text, colour, last, area.width, leftward=False)
    rows = 2 if plan.lines == 4 else 1
    lines = paint.wrapped(words(show, pane), sizes.text, area.width)
    for i, line in enumerate([*lines[: rows - 1], " ".join(lines[rows - 1 :])]):
        paint.write(surface, line, sizes.text, INK, (area.x, area.y + (i + 1) * sizes.line), area.width)


def words(show: Show, pane: Pane) -> str:
    """What has happened so far in a run; once it is over, its outcome."""
    run, t = pane.run, pane.index(show.clock)
    who = "The agent" if show.scene.agents else "You"
    if t >= run.steps and run.end.done != RUNNING:
        return run.describe().replace("The agent", who, 1)
    if pane.person_from >= 0:
        return "The arrow keys act."
    so_far = [f"{what} at step {step}" for step, what in run.events() if step <= t]
    return f"So far: {', '.join(so_far)}." if so_far else "Under way."
