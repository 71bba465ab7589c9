"""What a `decide` block of a lesson puts on the table, and the conditions that tick off the tasks beside it.

A condition is one or more of these, joined by `and`:

* `outcome NAME`: the run ended so; `played`: every choice of it was the person's, and it is over
* `adjusted SLIDER`: it stands elsewhere than the block put it
* `QUANTITY above N`, `QUANTITY below N`: what the planner (or the block's agent) does at the sliders, in percent;
  quantities are named as `study.solve.quantities` does (`gap`, `complied, free`, an outcome)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..rules.decision import DecisionDemo
from ..rules.entry import unknown
from .catalogue import LessonError, decision_named

PLANNER = "planner"
OWN = ("demo", "agent", "play", "seed", "sliders")  # fields of a block that are no slider's


@dataclass
class DecisionScene:
    """What a block puts up, and how it stands now.

    `who` chooses: the planner, or an agent by name; `play`: the person does; `shown`: sliders that the person may move;
    `given`: what the block says of all sliders; `values`: how they stand; `run`: the run, where one is shown.
    """

    demo: DecisionDemo
    who: str
    play: bool
    seed: int
    shown: tuple[str, ...]
    given: dict[str, float]
    values: dict[str, float] = field(default_factory=dict)
    run: Any = None

    def chooser(self) -> Any:
        """Whoever chooses, at the present values."""
        from ..agents.chooser import load_chooser, process_at
        from ..study.solve import Planner

        return Planner(process_at(self.demo, self.values)) if self.who == PLANNER else load_chooser(self.demo, self.who)

    def outcome(self) -> str:
        """How the run of the block ends that nobody interferes with."""
        from ..agents.run_decision import DecisionRun

        return DecisionRun(self.demo, self.given, self.seed).finish(self.chooser()).outcome

    def quantities(self) -> dict[str, float | None]:
        """What whoever chooses does at the present values, exactly."""
        from ..agents.chooser import process_at
        from ..study.solve import expected, quantities

        process = process_at(self.demo, self.values)
        return quantities(self.demo, expected(process, self.chooser().policy(process)))


def decision_scene(data: dict[str, Any], default: str) -> DecisionScene:
    """What a `decide` block shows; `default`: the lesson's demo. Raises LessonError with a sentence."""
    from ..agents.pretrained import agent_names, whole_name

    name = str(data.get("demo", default))
    demo = decision_named(name)
    sliders = {slider.name: slider for slider in demo.sliders}
    who = str(data.get("agent", PLANNER))
    given = demo.usual()
    if who != PLANNER:
        who = whole_name(demo, who)
        if who not in agent_names(demo):
            raise LessonError(unknown(f"There is no agent '{who}' of {name}", who, agent_names(demo)))
        given |= dict(demo.recipes[who.partition(":")[0]].config)
    said = {key: value for key, value in data.items() if key not in OWN}
    for key in (*said, *data.get("sliders", ())):
        if key not in sliders:
            raise LessonError(unknown(f"'{key}' is no slider of {name}", key, sliders))
    for key, value in said.items():
        if not sliders[key].low <= value <= sliders[key].high:
            low, high = sliders[key].low, sliders[key].high
            raise LessonError(f"The slider '{key}' of {name} goes from {low:g} to {high:g}; {value:g} is outside.")
    given |= {key: float(value) for key, value in said.items()}
    shown = tuple(data.get("sliders", ()))
    return DecisionScene(demo, who, bool(data.get("play")), int(data.get("seed", 0)), shown, given, dict(given))


def holds(text: str, scene: DecisionScene) -> bool:
    """Whether a condition holds now. Raises LessonError for one that cannot be read."""
    return all([_test(part.split(), scene.demo)(scene) for part in text.split(" and ")])


def understood(text: str, demo: DecisionDemo) -> None:
    """Raises LessonError with a sentence where a condition cannot be read, or names what the demo does not have."""
    for part in text.split(" and "):
        _test(part.split(), demo)


def _test(words: list[str], demo: DecisionDemo) -> Callable[[DecisionScene], bool]:
    match words:
        case ["outcome", *ending] if " ".join(ending) in demo.outcomes:
            return lambda scene: scene.run is not None and scene.run.outcome == " ".join(ending)
        case ["played"]:
            return lambda scene: scene.run is not None and bool(scene.run.outcome) and set(scene.run.by) == {"you"}
        case ["adjusted", slider] if slider in demo.usual():
            return lambda scene: scene.values[slider] != scene.given[slider]
        case [*name, ("above" | "below") as which, number] if " ".join(name) in _names(demo):
            try:
                bound = float(number) / 100
            except ValueError:
                raise LessonError(f"'{number}' in '{' '.join(words)}' is not a number of percent.") from None
            sign = 1 if which == "above" else -1

            def beyond(scene: DecisionScene) -> bool:
                value = scene.quantities()[" ".join(name)]
                return value is not None and sign * (value - bound) > 0

            return beyond
    raise LessonError(f"'{' '.join(words)}' is not a condition of {demo.name}; see the list in tasks_decision.py.")


def _names(demo: DecisionDemo) -> list[str]:
    deeds = [f"{demo.deeds[0]}, {each.name}" for each in demo.situations] if demo.deeds else []
    return [*deeds, *(["gap"] if len(deeds) > 1 else []), *demo.outcomes]
