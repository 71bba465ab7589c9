"""A run as the home page and lessons show it: it waits to be started and stops at the step that decides it.

Nothing in it tells of steps that were not shown yet: no sentence, no mark, no count, no name for a screen reader.
"""

from typing import Any

from ....agents.run_grid import Run
from ....rules.names import ending
from .live import Live, payload


def quiet(live: Live, which: int = 0, stop: bool = True, overlay: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a canvas needs to show a run so. `stop`: at the step that decides it, until somebody lets it go on."""
    run = live.runs[which]
    end = run.stop if stop and not live.on else run.steps
    told = ending(live.demo, run.outcome)
    return until(payload(live, which, overlay), end) | {
        "start": "paused", "whole": run.steps + (not run.over), "simple": True,
        "alt": f"{live.demo.title}: a level, and who acts in it.",
        "sentence": f"{told.says} Reward {paid(run):g}.", "stamp": f"{told.chip} · {paid(run):g}",
    }  # fmt: skip


def paid(run: Run) -> float:
    """The reward of a run until the step that decides it."""
    return float(run.states[run.decided].total)


def until(sent: dict[str, Any], end: int) -> dict[str, Any]:
    """A payload that ends with step `end`."""
    cut: dict[str, Any] = {name: sent[name][: end + 1] for name in ("places", "there", "facing", "pose", "paid")}
    cut |= {name: sent[name][:end] for name in ("probabilities", "values")}
    return sent | cut | {"steps": end, "events": [event for event in sent["events"] if event[0] <= end]}


def covered(live: Live, which: int, sent: dict[str, Any]) -> dict[str, Any]:
    """A payload without what would give the agent away: its name, its reward, and all after the first goal."""
    run = live.runs[which]
    sent = until(sent, run.decided)
    told = " and ".join(happened for _, happened in sent["events"] if happened != "edited") or "is still under way"
    return sent | {
        "agent": "", "paid": ["covered"] * (run.decided + 1), "whole": run.decided, "stamp": "",
        "sentence": f"The agent {told}; the run stops here.",
    }  # fmt: skip
