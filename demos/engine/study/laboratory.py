"""A laboratory: techniques of one room, where each can be used, and whom its bundled tables hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..rules.entry import Entry, unknown
from .findings import Row, Technique, read_rows, table_path


class NotThere(ValueError):
    """A technique that is not there, or cannot be used on a demo; the message is one sentence."""


@dataclass(frozen=True)
class Laboratory:
    """`room`: the engine's room and the folder of its tables; `what`: what one of its `methods` is called.

    `subjects`: (demo, name of a method) -> the names that its bundled table holds, agents as a rule.
    """

    room: str
    what: str
    methods: Mapping[str, Technique]
    subjects: Callable[[Entry, str], list[str]]

    def of(self, name: str, demo: Entry) -> Technique:
        """The method of this name. Raises NotThere with a sentence, also where it cannot be used on the demo."""
        if name not in self.methods:
            raise NotThere(unknown(f"There is no {self.what} '{name}'", name, list(self.methods)))
        if not self.methods[name].able(demo):
            able = ", ".join(each.name for each in self.methods.values() if each.able(demo)) or "none"
            raise NotThere(f"'{name}' cannot be used on {demo.name}; these can: {able}.")
        return self.methods[name]

    def table(self, demo: Entry, name: str) -> Path:
        """Where the bundled table of a method lies; its figure lies beside it."""
        return table_path(demo, name, self.room)

    def rows(self, demo: Entry, name: str) -> list[Row]:
        """The bundled rows of a method; empty where it was not measured."""
        return read_rows(demo, name, self.room)
