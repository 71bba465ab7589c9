"""Fixtures shared by the tests: every demo, and an agent of each."""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="goalmisgen-state-")  # where talks were left, but for these

import goalmisgen
from goalmisgen.engine.agents.pretrained import agent_names, load_agent
from goalmisgen.engine.rules.world import Demo
from numba.core import event  # after the rules, which tell it where its cache is

MAIN = sys.modules["__main__"]
SPENT: dict[str, float] = {}  # seconds of processor time by test, without what compiled rules
LONG = 8.0  # a test of the quick set that keeps a processor busy for more seconds should be marked slow
QUICK: set[str] = set()


class Compiling(event.Listener):
    """Adds up the processor time that numba compiles for: once on a machine, so no test's own."""

    spent, depth, began = 0.0, 0, 0.0

    def on_start(self, told: event.Event) -> None:
        self.began = self.began if self.depth else time.process_time()
        self.depth += 1

    def on_end(self, told: event.Event) -> None:
        self.depth -= 1
        self.spent += 0 if self.depth else time.process_time() - self.began


COMPILING = Compiling()
event.register("numba:compile", COMPILING)


def _processor() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended."""
    own, others = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime - COMPILING.spent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note how long each test keeps a processor busy."""
    began = _processor()
    result = yield
    SPENT[item.nodeid] = _processor() - began
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test in the browser once more before it counts as failed: on a busy machine a page may be late.

    A fault of the page's own fails twice; the summary counts what was run again.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Know which tests belong to the quick set."""
    if item.get_closest_marker("slow") is None:
        QUICK.add(item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long the quick set kept a processor busy, and which of its tests should be slow ones.

    Said, not tested: how fast a machine is depends on who else is on it.
    """
    took = {test: seconds for test, seconds in SPENT.items() if test in QUICK}
    if took:
        terminalreporter.write_line(f"The quick set kept a processor busy for {sum(took.values()):.0f} s.")
    for test in sorted(took, key=took.__getitem__, reverse=True):
        if took[test] > LONG:
            terminalreporter.write_line(f"{took[test]:6.1f} s {test} (mark it slow)")


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Put `__main__` back: Streamlit's AppTest leaves its page there, and spawned processes would run it."""
    sys.modules["__main__"] = MAIN
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(params=goalmisgen.WORLDS)
def demo(request: pytest.FixtureRequest) -> Demo:
    """Every registered world in turn."""
    return goalmisgen.grid_entry(request.param)


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


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in an empty folder; gives status, standard output and standard error."""
    from goalmisgen.engine.cli import main

    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call
