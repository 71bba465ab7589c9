"""What the bundled tables of mitigations hold: lessons/mitigate.yaml, read and checked."""

from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ..content import content
from ..rules.entry import Entry


class Plan(BaseModel):
    """Of one demo. `agents`: who is treated, by strategy; `reward_levels`: fields of a Config, by name.

    Of a text demo: `telling`: the recipe from whose examples the cure is drawn; `examples`: how many; `judges`: who
    labels pairs of answers; `asked`: condition and outcome of what is measured, by its name, the flaw first.

    `fresh`: fields of the Config of levels among which regret looks for telling ones; `live`: recipes whose training
    can be watched, one or more in turns, each with what it is called, for `live_steps`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    agents: dict[str, tuple[str | int, ...]] = Field(default_factory=dict)
    demonstrations: tuple[int, ...] = ()
    reward_steps: int = Field(default=0, ge=0, le=10_000_000)
    reward_levels: dict[str, dict[str, float]] = Field(default_factory=dict)
    telling: str = ""
    examples: tuple[int, ...] = ()
    judges: tuple[str, ...] = ()
    asked: dict[str, tuple[str, str]] = Field(default_factory=dict)
    fresh: dict[str, int | float] = Field(default_factory=dict)
    live: dict[str, str] = Field(default_factory=dict)
    live_steps: int = Field(default=0, ge=0, le=2_000_000)


def plan_of(demo: Entry) -> Plan:
    """The plan of a demo; an empty one where none is written."""
    return _plans().get(demo.name, Plan())


@cache
def _plans() -> dict[str, Plan]:
    text = (content() / "lessons" / "mitigate.yaml").read_text(encoding="utf-8")
    return {name: Plan(**found) for name, found in yaml.safe_load(text).items()}
