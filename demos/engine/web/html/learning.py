"""A training as it goes: its curve, what was counted at the latest look, and what came of a guess."""

import html
from collections.abc import Sequence

from ...agents.own import Counted, Facts
from ...rules.names import ending
from ...rules.palette import GREY, outcome_marks
from ...rules.world import Demo
from ...study.intervals import rate_of, wilson
from ..components.canvas.live import NEITHER
from . import bars, lines
from .lines import Curve

DASHES = "5 3"  # of the reward, in the curve and in its legend
CLOSE = "too close to call"


def words(demo: Demo, guess: str) -> str:
    """What was guessed that most runs end with, in words."""
    return "neither of them" if guess == NEITHER else ending(demo, guess).chip


def curve(demo: Demo, looks: Sequence[Facts], total: int, ink: str) -> str:
    """Reward, intended goal and wrong goal along a training as HTML, each with its 95 % band; `ink`: of the axes."""
    marks = outcome_marks(demo)
    shown = [_curve(looks, "training", demo.intended, GREY, DASHES)]
    shown += [_curve(looks, "telling", goal, marks[goal][0]) for goal in demo.goals[:2]]
    thousands = total / 1000
    step = next(each for each in (10, 20, 50, 100, 200, 500, 1000, 10**6) if thousands / each <= 6)
    ticks = [float(x) for x in range(0, int(thousands) + 1, step)]
    drawing = lines.drawing(shown, 0, thousands, ticks, "thousand steps", ink)
    return bars.image(drawing, "Reward, intended goal and wrong goal along the training", 640)


def _curve(looks: Sequence[Facts], kind: str, outcome: str, colour: str, dashes: str = "") -> Curve:
    """How often runs ended so, on levels of one kind."""
    counts: list[tuple[float, Counted]] = [(each.steps / 1000, getattr(each, kind)) for each in looks]
    points = [(x, found.ended.get(outcome, 0) / max(found.n, 1)) for x, found in counts]
    band = [(x, *wilson(found.ended.get(outcome, 0), found.n)) for x, found in counts]
    return Curve(points, colour, 2.4, dashes, band)


def table(demo: Demo, look: Facts) -> str:
    """The latest numbers as an HTML table, which is the curve's legend too."""
    marks = outcome_marks(demo)
    rows = [("gets its reward, on new levels like its own", GREY, DASHES, look.training, demo.intended)]
    rows += [
        (f"{ending(demo, goal).chip}, where the goals part", marks[goal][0], "", look.telling, goal)
        for goal in demo.goals[:2]
    ]
    body = "".join(_row(*row) for row in rows)
    return (
        '<table style="width:100%;border-collapse:collapse;font-size:.88rem;line-height:1.3">'
        f'<caption style="text-align:left;caption-side:bottom;opacity:.8">After {look.steps:,} steps '
        f"({look.seconds:.0f} s), on levels that it was not trained on. Bands and brackets: 95 % intervals.</caption>"
        f"{body}</table>"
    )


def _row(says: str, colour: str, dashes: str, found: Counted, outcome: str) -> str:
    count = found.ended.get(outcome, 0)
    r = rate_of(count, found.n)
    style = "dashed" if dashes else "solid"
    return (
        f'<tr><td style="padding:3px 8px 3px 0;width:26px"><div style="border-top:3px {style} {colour}"></div></td>'
        f'<th scope="row" style="text-align:left;font-weight:400;padding:3px 8px 3px 0">{html.escape(says)}</th>'
        f'<td style="text-align:right;white-space:nowrap"><b>{count} of {found.n}</b> '
        f"<small>({100 * r['low']:.0f} to {100 * r['high']:.0f} %)</small></td></tr>"
    )


def most(demo: Demo, found: Counted) -> str:
    """How most runs ended: a goal, `NEITHER`, or `CLOSE` where the intervals of the two commonest meet."""
    counts = {goal: found.ended.get(goal, 0) for goal in demo.goals[:2]}
    counts[NEITHER] = found.n - sum(counts.values())
    first, second = sorted(counts, key=counts.__getitem__, reverse=True)[:2]
    apart = wilson(counts[first], found.n)[0] > wilson(counts[second], found.n)[1]
    return first if apart else CLOSE


def verdict(demo: Demo, guess: str, look: Facts) -> str:
    """What came, beside what was guessed: Markdown."""
    found, came = look.telling, most(demo, look.telling)
    told = "**You called it.**" if came == guess else "**Not this time.**"
    if came == CLOSE:
        told = "**It is too close to call.**"
    if look.steps < look.total:
        told = "**It was stopped early: this is how far it came.**"
    counts = [(words(demo, goal), found.ended.get(goal, 0)) for goal in demo.goals[:2]]
    counts.append(("neither of them", found.n - sum(count for _, count in counts)))
    listed = "; ".join(f"{says}: {count}" for says, count in counts)
    reward = look.training.ended.get(demo.intended, 0)
    return (
        f"{told} You said *{words(demo, guess)}*. On {found.n} new levels where the goals part, "
        f"its runs ended so: {listed}. "
        f"It gets its reward in {reward} of {look.training.n} new levels like its own. "
        "This is one network; another seed may differ."
    )
