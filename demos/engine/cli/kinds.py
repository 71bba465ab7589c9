"""What loads, trains and measures the agents of a demo, by its kind; imported when called, since torch is slow."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..rules.entry import Entry

LOAD = {
    "grid": "agents.pretrained:load_agent",
    "text": "agents.writer:load_writer",
    "decision": "agents.chooser:load_chooser",
}
TRAIN = {"grid": "agents.train:train", "text": "agents.school:train", "decision": "agents.train_choices:train"}
MEASURE = {
    "grid": "study.measure:measure",
    "text": "study.asking:measure",
    "decision": "study.measure_choices:measure",
}
EPISODES = {"grid": 1000, "text": 2000, "decision": 2000}  # measured of each kind of levels, unless somebody says


def by_kind(table: dict[str, str], demo: "Entry") -> Any:
    """The function that a table names for this demo."""
    module, _, name = table[demo.kind].partition(":")
    return getattr(importlib.import_module(f"demos.engine.{module}"), name)
