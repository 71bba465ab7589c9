"""The list of techniques, and which agents of a demo each is bundled for."""

from functools import cache

import yaml
from pydantic import TypeAdapter

from ..agents.pretrained import agent_names
from ..content import content
from ..rules.entry import Entry
from ..study.laboratory import Laboratory
from . import alarms, audit, lost, mentor, notes, push, redteam, retarget, shifts, steer
from .layers import UNTRAINED

TECHNIQUES = (shifts, redteam, lost, steer, retarget, push, alarms, mentor, notes, audit)


@cache
def _plan() -> dict[str, dict[str, list[str]]]:
    """Agents by demo and technique, as the file has them; pydantic refuses what is no list of names."""
    text = (content() / "lessons" / "detect.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(yaml.safe_load(text))


def agents_of(demo: Entry, technique: str) -> list[str]:
    """The agents that a technique's bundled table holds: named in lessons/detect.yaml, else the recipes' first.

    Those that are not bundled are left out.
    """
    if technique == "audit":
        return [audit.AUDITOR]
    bundled = agent_names(demo)
    plan = _plan().get(demo.name, {})
    named = plan.get(technique, plan.get("agents")) or [name for name in bundled if name.endswith(":0")]
    return [name for name in named if name.partition("@")[0] in (*bundled, UNTRAINED)]


LABORATORY = Laboratory(
    "detect",
    "technique",
    {each.TECHNIQUE.name: each.TECHNIQUE for each in TECHNIQUES},
    agents_of,
)
