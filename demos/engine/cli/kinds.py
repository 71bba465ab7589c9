"""What loads, trains and measures the agents of a demo, by its kind; imported when called, since torch is slow."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..rules.entry import Entry

LOAD = {"grid": "agents.pretrained:load_agent", "decision": "agents.chooser:load_chooser"}
TRAIN = {"grid": "agents.train:train", "decision": "agents.train_choices:train"}
MEASURE = {"grid": "study.measure:measure", "decision": "study.measure_choices:measure"}


def by_kind(table: dict[str, str], demo: "Entry") -> Any:
    """The function that a table names for this demo."""
    module, _, name = table[demo.kind].partition(":")
    return getattr(importlib.import_module(f"demos.engine.{module}"), name)
