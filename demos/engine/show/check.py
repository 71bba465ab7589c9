"""Before a lecture: is everything there, whole and quick to start?"""

import os
import platform
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..agents.pretrained import AgentError, agent_names, load_agent
from ..agents.run import Run
from ..rules.change import changed
from ..rules.compiled import cache_folder
from ..rules.edit import BadLevel, draw_level
from ..rules.world import Demo, Preset
from ..study.measure import shifted_config


class Finding(NamedTuple):
    """One line of the report. `ok` is None where it is only worth knowing."""

    what: str
    ok: bool | None
    says: str


def check(demos: list[Demo]) -> Iterator[Finding]:
    """Look at the display, the compiled rules, every bundled agent and every preset, one finding after the other."""
    yield display()
    for demo in demos:
        yield compiled(demo)
        names = agent_names(demo)
        if not names:
            yield Finding(f"{demo.name} agents", False, "none is bundled; train one with `goalmisgen train`.")
        for name in names:
            yield agent(demo, name)
        for preset in (*demo.presets, *demo.probes):
            yield preset_holds(demo, preset)


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


def compiled(demo: Demo) -> Finding:
    """Run one episode, which compiles what is not compiled yet, and see whether it is kept on disk."""
    kept = cache_folder().exists() and any(cache_folder().rglob("*.nbi"))
    names = agent_names(demo)
    if names:
        Run(demo, load_agent(demo, names[0]), draw_level(demo, demo.shifted, 0))
    if kept:
        return Finding(f"{demo.name} rules", True, f"compiled in {cache_folder()}.")
    now = cache_folder().exists() and any(cache_folder().rglob("*.nbi"))
    if now:
        return Finding(f"{demo.name} rules", True, f"compiled just now in {cache_folder()}; the next start is quick.")
    return Finding(f"{demo.name} rules", None, f"cannot be kept in {cache_folder()}; every start compiles them anew.")


def agent(demo: Demo, name: str) -> Finding:
    """Whether an agent loads and is the one its card describes."""
    try:
        loaded = load_agent(demo, name)
    except AgentError as error:
        return Finding(f"{demo.name} {name}", False, str(error))
    if loaded.card is None:
        return Finding(f"{demo.name} {name}", None, f"loads, but has no card; sha256 {loaded.digest[:12]}.")
    return Finding(f"{demo.name} {name}", True, f"matches its card, sha256 {loaded.digest[:12]}.")


def preset_run(demo: Demo, preset: Preset) -> Run:
    """The run that a preset shows."""
    actor = load_agent(demo, preset.agent)
    config: Any = shifted_config(demo, actor.config) if preset.shifted else actor.config
    level = draw_level(demo, config, preset.level_seed)
    return Run(demo, actor, changed(demo, level, preset.changes))


def preset_holds(demo: Demo, preset: Preset) -> Finding:
    """Whether a preset still gives the outcome it states."""
    what = f"{demo.name} preset '{preset.name}'"
    try:
        outcome = preset_run(demo, preset).outcome
    except (AgentError, BadLevel) as error:
        return Finding(what, False, str(error))
    if outcome != preset.outcome:
        return Finding(what, False, f"gives '{outcome}', but states '{preset.outcome}'.")
    return Finding(what, True, f"gives '{outcome}' as stated.")
