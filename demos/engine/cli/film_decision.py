"""Films of choices: what `film` does in a decision demo."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..rules.decision import DecisionDemo
from . import film_live
from .options import Wrong, any_agent_of, command_line


@dataclass(frozen=True)
class DecisionFilm:
    """A run of choices to be filmed; the fields are the options of the command. `set_`: SLIDER=NUMBER each."""

    demo: DecisionDemo
    out: Path
    agent: str | None = None
    set_: list[str] = field(default_factory=list)
    seed: int = 0
    caption: str | None = None
    size: int = 512  # pixels of width
    hold: float | None = None  # seconds that the last frame stays
    poster: Path | None = None

    @staticmethod
    def foreign(demo: str, option: str) -> str:
        """The sentence for an option of another kind."""
        return (
            f"{demo} has no levels, so no {option}: beside --out it takes --agent, --set, --seed, --caption and --size."
        )

    def checked(self) -> "DecisionFilm":
        """Itself; raises Wrong with a sentence where it cannot be met."""
        if film_live.is_live(self.out):
            film_live.played(self, ("size", "hold", "poster"))
        self.sliders()
        return self

    def sliders(self) -> dict[str, float]:
        """The sliders that are put elsewhere than usual."""
        put = {}
        for given in self.set_:
            name, _, value = given.partition("=")
            try:
                put[name.strip()] = float(value)
            except ValueError:
                raise Wrong(f"'{given[:40]}' is not SLIDER=NUMBER.") from None
        return put

    def write(self) -> tuple[dict[str, Any], str]:
        """Write a run of an agent at the values it was trained with, or of the planner at the usual ones."""
        from ..agents.run_decision import DecisionRun
        from ..film.decision import SECONDS, film
        from ..lessons.tasks_decision import PLANNER, decision_scene

        said = {"agent": self.agent, "set": self.set_, "seed": self.seed, "caption": self.caption}
        if film_live.is_live(self.out):
            command = command_line("film", self.demo.name, **said)
            who = any_agent_of(self.demo, self.agent).name if self.agent not in (None, PLANNER) else self.agent
            return film_live.write_decision_figure(
                self.demo, who, self.sliders(), self.seed, self.out, self.caption, command
            )
        who = self.agent if self.agent == PLANNER else any_agent_of(self.demo, self.agent).name
        scene = decision_scene({"agent": who, **self.sliders()}, self.demo.name)
        run = DecisionRun(self.demo, scene.given, self.seed).finish(scene.chooser())
        command = command_line("film", self.demo.name, **said, size=self.size, hold=self.hold)
        made = film(
            run,
            self.out,
            caption=self.caption,
            size=self.size,
            hold=SECONDS if self.hold is None else self.hold,
            poster=self.poster,
            command=command,
        )
        return made, f"{self.out}: {made['steps']} choices. Outcome: {made['outcome']}."
