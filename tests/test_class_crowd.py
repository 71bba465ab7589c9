"""Forty sessions of a class, as browsers lead them: they join, go on to a question, and guess at once."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.classroom import Classes
from goalmisgen.engine.web import crowd, in_class

pytestmark = pytest.mark.slow
APP = Path(__file__).parents[1] / "app.py"
LESSON = ws.lessons()[1]
STEP = LESSON.taught[1]
PREDICT = STEP.first("predict")
NAME, OPTIONS = ws.item_name(LESSON, STEP, PREDICT), PREDICT.data["options"]
STUDENTS = 40


@dataclass
class Student(crowd.Visitor):
    """A session that joins, goes on to a step and guesses. `ids`: of the last buttons and radios, by what they say."""

    ids: dict[str, tuple[str, str]] = field(default_factory=dict)
    keeps: str = ""
    told: str = ""

    def _take(self, message: Any) -> None:
        super()._take(message)
        if message.WhichOneof("type") != "delta":
            return
        element, fragment = message.delta.new_element, message.delta.fragment_id
        if (
            element.WhichOneof("type") == "bidi_component"
            and element.bidi_component.component_name == "goalmisgen_keep"
        ):
            self.keeps = element.bidi_component.id
        for kind in ("button", "radio"):
            if element.WhichOneof("type") == kind:
                self.ids[getattr(element, kind).label.strip("*")] = getattr(element, kind).id, fragment
        if element.WhichOneof("type") == "markdown":
            self.told += element.markdown.body + "\n"

    async def join(self, code: str) -> None:
        await self.open("class", f"class={code}")
        await self.touch(crowd.happened(self.keeps, "held", "{}"), "", f"class={code}")

    async def to_the_question(self) -> None:
        await self.open(LESSON.page, "")
        button, fragment = self.ids[f"Next: {STEP.title}"]
        await self.touch({button: {"trigger_value": True}}, fragment, "")

    async def guess(self, option: str) -> float:
        """Guess, and how many ms the answer took."""
        (asked, (radio, fragment)) = next((ask, held) for ask, held in self.ids.items() if PREDICT.data["ask"] in ask)
        assert asked
        await self.touch({radio: {"string_value": option}}, fragment, "")
        button, fragment = self.ids["This is my guess"]
        self.told, began = "", time.perf_counter()
        await self.touch({radio: {"string_value": option}, button: {"trigger_value": True}}, fragment, "")
        return 1000 * (time.perf_counter() - began)


async def forty(address: str, code: str) -> list[tuple[float, str]]:
    """All join and go to the question, a few at a time; then all guess at once."""
    few, ready, waiting = asyncio.Semaphore(4), asyncio.Event(), [STUDENTS]

    async def lead(number: int) -> tuple[float, str]:
        async with crowd.connected(address) as channel:
            student = Student(channel)
            async with few:
                await student.join(code)
                await student.to_the_question()
            waiting[0] -= 1
            if not waiting[0]:
                ready.set()
            await ready.wait()
            return await student.guess(OPTIONS[number % 2]), student.told

    return await asyncio.wait_for(asyncio.gather(*map(lead, range(STUDENTS))), 280)


@pytest.mark.timeout(400)
def test_forty_sessions_join_and_guess_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    classes = Classes(tmp_path / "goalmisgen" / in_class.FILE)
    code, secret = classes.begin()
    with crowd.server(APP) as (address, _):
        came = asyncio.run(forty(address, code))
    assert classes.desk(secret).members == STUDENTS
    counts = classes.counts(secret, [NAME])[NAME]
    assert counts[:2] == [STUDENTS / 2] * 2 and sum(counts) == STUDENTS
    shown = [int(found[1]) for _, told in came if (found := re.search(r"Your class: (\d+) ha", told))]
    assert len(shown) == STUDENTS and max(shown) == STUDENTS  # each saw its class, the last one all of it
    took = np.array([ms for ms, _ in came])
    with capsys.disabled():
        print(f"\n{STUDENTS} guesses at once: median {np.median(took):.0f} ms, p95 {np.percentile(took, 95):.0f} ms")
