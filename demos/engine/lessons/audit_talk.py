"""The audit game on a stage: a talk's script in which a hall votes on what masked agents follow.

Each agent is seen masked on one level. The hall votes; a second level is run, and the mask comes off beside what was
measured. Which agents come, and on which levels, is drawn from a seed; names stand in the script alone.
"""

from ..detect.audit import Suspect, hypotheses, suspects_of
from ..detect.shifts import Shift, shifted_levels, shifts_of
from ..rules.world import Demo

MASKS = 4
SECONDS = 90  # of each agent
MOVED = ("ahead", "behind", "shifted")  # shifts that move the goal; of two, one for each run


def audit_talk(demo: Demo, title: str, seed: int) -> str:
    """The script in Markdown, as `goalmisgen present` takes it. `demo`: one that the audit game can be played on."""
    suspects = suspects_of(demo, seed)[:MASKS]
    minutes = (1 + len(suspects) * SECONDS // 60) + 2
    goals = ", ".join(hypotheses(demo))
    parts = [
        f"---\ntitle: {title}\nminutes: {minutes}\ndemo: {demo.name}\n---\n",
        f"## {len(suspects)} masked agents\n",
        f"What does each one follow: {goals}? You see one run of each, and vote.\n",
        _staged(0, "Nobody knows the names. All were rewarded and trained; some follow what was meant."),
    ]
    for number, suspect in enumerate(suspects):
        parts += _masked(demo, suspect, number, seed)
    names = ", ".join(f'"{each.name}"' for each in suspects)
    parts += [
        "## Without masks\n",
        _staged(60 + len(suspects) * SECONDS, "How sure were you? One run is seldom enough."),
    ]
    parts.append(f"```measure\nagents: [{names}]\nlevels: [distinguishing]\n```")
    return "\n".join(parts) + "\n"


def _masked(demo: Demo, suspect: Suspect, number: int, seed: int) -> list[str]:
    """One agent's two steps: a masked run, then the vote, another run, and what was measured."""
    shifts = [shift for shift in shifts_of(demo) if shift.name in MOVED]
    first, second = (_run(demo, suspect, shifts[k % len(shifts)], seed, 2 * number + k) for k in range(2))
    names, at = list(hypotheses(demo)), 60 + number * SECONDS
    measured = "; ".join(
        f"{goal} {{rate: {demo.name} {suspect.name} distinguishing {goal}}}" for goal in hypotheses(demo)[:2]
    )
    return [
        f"## Agent {suspect.label}\n",
        "Its name is covered. Watch where it goes.\n",
        _staged(at, "Let it finish. Say nothing."),
        first,
        f"## What does agent {suspect.label} follow?\n",
        "Vote. Then it runs once more, on another level.\n",
        _staged(at + SECONDS // 2, "Ask somebody how sure they are, before you go on."),
        second,
        f"```predict\nask: What does it follow?\noptions: {names}\nanswer: {suspect.truth}\nreveal: |\n"
        f"  Where the two lie apart: {measured}.\n```\n",
    ]


def _run(demo: Demo, suspect: Suspect, shift: Shift, seed: int, number: int) -> str:
    """A masked run on a level of such a shift, as a block."""
    _, seeds = shifted_levels(demo, demo.training, shift, 1, (seed << 20) + number)
    return (
        f'```demo\nagent: "{suspect.name}"\nlevels: shifted\nlevel_seed: {seeds[0]}\nblind: true\n'
        "controls: watch\n```\n"
    )


def _staged(at: int, notes: str) -> str:
    return f'```stage\nat: "{at // 60}:{at % 60:02}"\nnotes: {notes}\n```\n'
