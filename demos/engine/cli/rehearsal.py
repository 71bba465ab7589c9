"""Before a lecture: is everything there, whole and quick to start?"""

import json
import os
import platform
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, cast

from ..agents.pretrained import AgentError, agent_names, load_agent
from ..agents.run_grid import Run
from ..lessons import lesson, talk
from ..lessons.catalogue import LessonError
from ..lessons.literature import UnknownReference
from ..lessons.talk import TalkError
from ..rules.compiled import cache_folder
from ..rules.edit import BadLevel, draw_level
from ..rules.entry import Entry
from ..rules.text import BadText, Prepared
from ..rules.world import Demo, Preset
from ..study.kinds import kind_of
from ..web.servers import EVERYWHERE, url_of, way_out
from .serve import PORT


class Finding(NamedTuple):
    """One line of the report. `ok` is None where it is only worth knowing."""

    what: str
    ok: bool | None
    says: str


def check(demos: list[Entry]) -> Iterator[Finding]:
    """Look at display, font, network, compiled rules, and every bundled agent, preset, talk and lesson, one by one."""
    yield display()
    yield letters()
    yield phones()
    for demo in demos:
        if kind_of(demo).compiled:
            yield compiled(cast(Demo, demo))
        names = agent_names(demo)
        if not names:
            yield Finding(f"{demo.name} agents", False, "none is bundled; train one with `goalmisgen train`.")
        for name in names:
            yield agent(demo, name)
        for prepared in demo.shown:
            if kind_of(demo).rehearse:
                yield preset_holds(demo, prepared)
    for name, script in lesson.talk_paths().items():
        yield from talk_holds(name, script)
    for name, script in lesson.lesson_paths().items():
        yield from lesson_holds(name, script)


def display() -> Finding:
    """Whether a window could open, and on how large a screen."""
    import pygame

    if platform.system() == "Linux" and not any(
        os.environ.get(k) for k in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    ):
        return Finding("display", False, "no display is set, so `watch` and `play` cannot open; `app` and `film` can.")
    try:
        pygame.display.init()
        sizes = pygame.display.get_desktop_sizes()
        driver = pygame.display.get_driver()
        pygame.display.quit()
    except pygame.error as error:
        return Finding("display", False, f"no window can open: {error}.")
    listed = ", ".join(f"{width} x {height}" for width, height in sizes)
    return Finding("display", True, f"{listed} ({driver}).")


def letters() -> Finding:
    """Whether the window's font has every letter that the bundled talks and lessons use."""
    import pygame

    from ..stage.lettering import face

    pygame.font.init()
    path = Path(face()).name
    used = set("…·–")
    for script in (lesson.talk_paths() | lesson.lesson_paths()).values():
        used |= {letter for letter in script.read_text(encoding="utf-8") if letter.isprintable()}
    letters = sorted(used)
    shapes = pygame.font.Font(face(), 38).metrics("".join(letters))
    missing = [letter for letter, shape in zip(letters, shapes, strict=True) if shape is None]
    if missing:
        return Finding("font", False, f"{path} lacks {' '.join(missing)}; the talks would show boxes in their place.")
    return Finding("font", True, f"{path} has every letter of the talks.")


def phones() -> Finding:
    """Where phones would find the hall of a talk with `--votes`."""
    host = way_out(EVERYWHERE[0])
    if host is None:
        return Finding("votes", None, "no network was found, so nobody could vote by phone; counts can be typed.")
    return Finding("votes", True, f"phones would find the hall at {url_of(host, PORT)}; try it with your own.")


def compiled(demo: Demo) -> Finding:
    """Run one episode, which compiles what is not compiled yet, and see whether it is kept on disk."""
    folder = cache_folder(demo.generate)
    kept = folder.exists() and any(folder.rglob("*.nbi"))
    names = agent_names(demo)
    if names:
        Run(demo, load_agent(demo, names[0]), draw_level(demo, demo.shifted, 0))
    if kept:
        return Finding(f"{demo.name} rules", True, f"compiled in {folder}.")
    if folder.exists() and any(folder.rglob("*.nbi")):
        return Finding(f"{demo.name} rules", True, f"compiled just now in {folder}; the next start is quick.")
    return Finding(f"{demo.name} rules", None, f"cannot be kept in {folder}; every start compiles them anew.")


def agent(demo: Entry, name: str) -> Finding:
    """Whether an agent loads and is the one its card describes."""
    try:
        loaded = kind_of(demo).load(demo, name)
    except AgentError as error:
        return Finding(f"{demo.name} {name}", False, str(error))
    if loaded.card is None:
        return Finding(f"{demo.name} {name}", None, f"loads, but has no card; sha256 {loaded.digest[:12]}.")
    return Finding(f"{demo.name} {name}", True, f"matches its card, sha256 {loaded.digest[:12]}.")


def preset_holds(demo: Entry, preset: Preset | Prepared) -> Finding:
    """Whether a prepared level or question still gives the outcome it states."""
    what, rehearse = f"{demo.name} preset '{preset.name}'", kind_of(demo).rehearse
    assert rehearse is not None
    try:
        outcome = rehearse(demo, preset)
    except (AgentError, BadLevel, BadText) as error:
        return Finding(what, False, str(error))
    if outcome != preset.outcome:
        return Finding(what, False, f"gives '{outcome}', but states '{preset.outcome}'.")
    return Finding(what, True, f"gives '{outcome}' as stated.")


def talk_holds(name: str, script: Path) -> Iterator[Finding]:
    """Whether a bundled talk loads, its runs replay, and its script recorded anew gives the same."""
    what, recorded = f"talk {name}", script.with_suffix(".json")
    again = f"record it again: goalmisgen record {name} --out {recorded.name}"
    if not recorded.is_file():
        yield Finding(what, False, f"has not been recorded; {again}.")
        return
    try:
        shown = talk.open_talk(recorded)
        data = json.loads(recorded.read_text(encoding="utf-8"))
        fresh = json.loads(json.dumps(talk.record(lesson.load_lesson(script))))
    except (TalkError, LessonError, UnknownReference, AgentError, BadLevel, BadText) as error:
        yield Finding(what, False, str(error))
        return
    for number, step in enumerate(shown.steps, 1):
        if step.options and step.answer is None:
            ends = ", ".join(each.outcome for each in (*step.runs, *step.transcripts)) or "no run"
            yield Finding(f"{what}, step {number}", False, f"'{step.title}' ends with '{ends}', none of its options.")
    if data == fresh:
        runs = sum(len(step.runs) + len(step.transcripts) for step in shown.steps)
        yield Finding(what, True, f"{len(shown.steps)} steps; {runs} runs replay, and are the same rolled out anew.")
        return
    steps: Iterator[tuple[Any, Any]] = zip_longest(data["steps"], fresh["steps"], fillvalue={})
    differs = ((i, old or new) for i, (old, new) in enumerate(steps, 1) if old != new)
    number, first = next(differs, (0, dict[str, Any]()))
    where = f"step {number}, '{first.get('title', '')}'," if number else "its head"
    yield Finding(what, False, f"{where} is not what its script and agents give now; {again}.")


def lesson_holds(name: str, script: Path) -> Iterator[Finding]:
    """Whether a lesson loads and its runs roll out."""
    what = f"lesson {name}"
    try:
        shown = talk.open_talk(script)
    except (TalkError, LessonError, UnknownReference, AgentError, BadLevel, BadText) as error:
        yield Finding(what, False, str(error))
        return
    runs = sum(len(step.runs) + len(step.transcripts) for step in shown.steps)
    yield Finding(what, True, f"{len(shown.steps)} steps; {runs} runs roll out.")
