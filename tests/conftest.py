"""Fixtures shared by the tests: every demo, and an agent of each."""

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import demos
from demos.engine.agents.pretrained import agent_names, load_agent
from demos.engine.rules.world import Demo


@pytest.fixture(params=demos.WORLDS)
def demo(request: pytest.FixtureRequest) -> Demo:
    """Every registered world in turn."""
    return demos.load(request.param)


@pytest.fixture
def screen() -> Iterator[None]:
    """A display without a screen."""
    import pygame

    pygame.display.init()
    pygame.font.init()
    yield
    pygame.display.quit()


@pytest.fixture
def agent(demo: Demo):
    """The first bundled agent of that world."""
    return load_agent(demo, agent_names(demo)[0])
