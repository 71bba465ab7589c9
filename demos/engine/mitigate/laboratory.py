"""The list of mitigations that can be tried, and who is treated in each bundled table."""

from ..rules.entry import Entry
from ..study.laboratory import Laboratory
from . import belief, critics, mentor, readings, rescue, reward, synthetic, variety
from .plan import plan_of


def treated(demo: Entry, strategy: str) -> list[str]:
    """Who a bundled table holds: agents, or for `readings` the numbers of trainings."""
    return [str(each) for each in plan_of(demo).agents.get(strategy, ())]


LABORATORY = Laboratory(
    "mitigate",
    "strategy",
    {
        each.TECHNIQUE.name: each.TECHNIQUE
        for each in (variety, reward, belief, readings, rescue, mentor, synthetic, critics)
    },
    treated,
)
