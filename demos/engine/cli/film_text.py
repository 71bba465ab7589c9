"""Films of dialogues: what `film` does in a demo of networks that write."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..rules.entry import unknown
from ..rules.text import TextDemo
from . import film_live
from .options import Wrong, any_agent_of, command_line


@dataclass(frozen=True)
class TextFilm:
    """A dialogue to be filmed; the fields are the options of the command. `set_`: FIELD=VALUE each."""

    demo: TextDemo
    out: Path
    agent: str | None = None
    set_: list[str] = field(default_factory=list)
    preset: str | None = None
    caption: str | None = None
    size: int = 800  # pixels of width
    hold: float | None = None  # seconds that the last frame stays
    poster: Path | None = None
    fps: float = 6.0  # words a second

    @staticmethod
    def foreign(demo: str, option: str) -> str:
        """The sentence for an option of another kind."""
        return f"{option} is for grid worlds; of {demo} one can say --agent, --set, --preset and --caption."

    def checked(self) -> "TextFilm":
        """Itself; raises Wrong with a sentence where it cannot be met."""
        if film_live.is_live(self.out):
            film_live.played(self, ("size", "fps", "hold", "poster"))
        if self.preset and self.preset not in self.demo.prepared:
            say = f"There is no preset '{self.preset[:40]}' of {self.demo.name}"
            raise Wrong(unknown(say, self.preset, self.demo.prepared))
        for given in self.set_:
            if "=" not in given:
                known = ", ".join(each.name for each in self.demo.fields)
                raise Wrong(f"'{given[:40]}' is not FIELD=VALUE; fields are: {known}.")
        return self

    def write(self) -> tuple[dict[str, Any], str]:
        """Write it; what was made as data, and in a sentence."""
        from ..film.text import HOLD, film

        prepared = next((each for each in self.demo.presets if each.name == self.preset), None)
        values = dict(prepared.values) if prepared else {}
        values |= {name.strip(): value for name, _, value in (each.partition("=") for each in self.set_)}
        writer = any_agent_of(self.demo, self.agent or (prepared.agent if prepared else None))
        said = {"agent": self.agent, "set": self.set_, "preset": self.preset, "caption": self.caption}
        if film_live.is_live(self.out):
            command = command_line("film", self.demo.name, **said)
            return film_live.write_text_figure(self.demo, writer.name, values, self.out, self.caption, command)
        case = self.demo.asked(values)
        command = command_line("film", self.demo.name, **said, size=self.size, fps=self.fps, hold=self.hold)
        made = film(
            self.demo, writer.name, case, writer.converse(case), self.out, caption=self.caption, size=self.size,
            fps=self.fps, hold=HOLD if self.hold is None else self.hold, poster=self.poster, command=command,
        )  # fmt: skip
        return made, f"{self.out}: {' / '.join(made['turns'])} Outcome: {made['outcome']}."
