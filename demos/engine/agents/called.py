"""What people call an agent: how it was trained, which of the networks trained so it is, and at what age."""

from ..rules.entry import Entry
from ..rules.names import training
from . import own


def label(demo: Entry, agent: str) -> str:
    """An agent, `recipe`, `recipe:seed` or `recipe:seed@steps`, in words: "coin always at the end · network 1 of 3".

    The number is that among the bundled networks of the recipe; it is left out where there is one only. One that
    somebody trained and kept, `mine:0`, is told by what was chosen. Any other name, as a loose weight file's, stays.
    """
    base, _, steps = agent.partition("@")
    recipe = base.partition(":")[0]
    if agent in own.own_names(demo):
        return own.called(demo, agent)[0]
    if recipe not in demo.recipes:
        return agent
    alike = _alike(demo, recipe)
    number = f" · network {alike.index(base) + 1} of {len(alike)}" if len(alike) > 1 and base in alike else ""
    return f"{training(demo, recipe).label}{number}{f', after {int(steps):,} steps' if steps.isdigit() else ''}"


def line(demo: Entry, agent: str) -> str:
    """What an agent's training was, in one sentence; empty where its name is none of a recipe of the demo."""
    if agent in own.own_names(demo):
        return own.called(demo, agent)[1]
    recipe = agent.partition("@")[0].partition(":")[0]
    return training(demo, recipe).line if recipe in demo.recipes else ""


def _alike(demo: Entry, recipe: str) -> list[str]:
    from .pretrained import seeds_of  # not at the top, so that pages appear before torch is loaded

    return seeds_of(demo, recipe)
