"""The generated parts of README.md: the gallery of demos and the table of measured results.

`python -m demos.engine.show.readme` rewrites them; a test compares them with what it would write.
"""

import os
import re

import demos

from ..agents.pretrained import agent_names, load_agent
from ..content import content
from ..rules.entry import Entry
from ..rules.world import Demo
from ..study.cards import cards_of


def _rate(told: dict[str, float]) -> str:
    return f"{100 * told['rate']:.1f} % ({100 * told['low']:.1f}-{100 * told['high']:.1f})"


def gallery() -> str:
    """A table of the demos."""
    rows = ["| demo | question | the reward, and what else fits | the goal moved |", "|---|---|---|---|"]
    for name in demos.NAMES:
        demo = demos.entry(name)
        there = (content() / "pictures" / f"{name}.gif").is_file()
        what = "a run on a shifted level" if demo.kind == "grid" else "a run"
        picture = f"![{demo.title}: {what}](pictures/{name}.gif)" if there else ""
        rows.append(f"| `{name}` | {demo.question} | {demo.reward} {demo.fits_too} | {picture} |")
    return "\n".join(rows)


def results() -> str:
    """A table of every bundled agent with a card, per demo."""
    parts = []
    for name in demos.WORLDS:
        demo = demos.load(name)
        if demo.counts:
            parts.append(_counts(demo))
            continue
        rows = [
            "| agent | steps | own training levels: rewarded | shifted: rewarded | "
            + " | ".join(f"distinguishing: {goal}" for goal in demo.goals)
            + " | n |",
            "|---" * (5 + len(demo.goals)) + "|",
        ]
        for agent_name in agent_names(demo):
            card = load_agent(demo, agent_name).card
            if card is None:
                continue
            training, shifted, distinct = (
                card["measured"]["levels"][part] for part in ("training", "shifted", "distinguishing")
            )
            rates = [training["measures"]["reward"], shifted["measures"]["reward"]]
            rates += [distinct["outcomes"][goal] for goal in demo.goals]
            cells = [_rate(rate) for rate in rates]
            rows.append(f"| `{name} {agent_name}` | {card['steps']:,} | {' | '.join(cells)} | {distinct['n']} |")
        parts.append("\n".join(rows) if len(rows) > 2 else f"No agent of `{name}` has been measured yet.")
    parts += [_by_condition(demos.entry(name)) for name in demos.NAMES if name not in demos.WORLDS]
    return "\n\n".join(parts)


def _by_condition(demo: Entry) -> str:
    """A table of the agents of a demo without a grid: what `summary` names, or its first outcome in every condition."""
    cards = cards_of(demo)
    if not cards:
        return f"No agent of `{demo.name}` has been measured yet."
    first = next(iter(cards.values()))["measured"]["levels"]
    first_outcome = demo.outcomes[0]
    columns = demo.summary or [(on, first_outcome) for on, found in first.items() if first_outcome in found["outcomes"]]
    rows = ["| agent | steps | " + " | ".join(f"{on}: {what}" for on, what in columns) + " | n |"]
    rows.append("|---" * (3 + len(columns)) + "|")
    for agent_name, card in cards.items():
        levels = card["measured"]["levels"]
        told = [levels[on]["outcomes"].get(what) or levels[on]["measures"][what] for on, what in columns]
        cells = [_rate(found) if "rate" in found else _mean(found) for found in told]
        n = levels[columns[0][0]]["n"]
        rows.append(f"| `{demo.name} {agent_name}` | {card['steps']:,} | {' | '.join(cells)} | {n} |")
    return "\n".join(rows)


def _counts(demo: Demo) -> str:
    """A table of the agents of a world that counts: mean return and measures, training levels beside shifted ones."""
    named = ("return", *(measure.name for measure in demo.measures))
    rows = ["| agent | steps | levels | " + " | ".join(named) + " | n |", "|---" * (4 + len(named)) + "|"]
    for agent_name, card in cards_of(demo).items():
        for part in ("training", "shifted"):
            found = card["measured"]["levels"][part]
            cells = [_mean(found["measures"][what]) for what in named]
            rows.append(
                f"| `{demo.name} {agent_name}` | {card['steps']:,} | {part} | {' | '.join(cells)} | {found['n']} |"
            )
    return "\n".join(rows) if len(rows) > 2 else f"No agent of `{demo.name}` has been measured yet."


def _mean(told: dict[str, float | None]) -> str:
    if told["mean"] is None:
        return "-"
    return f"{told['mean']:.2f} ({told['low']:.2f}-{told['high']:.2f})"


def rendered(text: str) -> str:
    """README text with its generated parts made anew."""
    for part, body in (("demos", gallery()), ("results", results())):
        pattern = rf"<!-- generated: {part} -->.*?<!-- end -->"
        fresh = f"<!-- generated: {part} -->\n{body}\n<!-- end -->"
        text = re.sub(pattern, lambda _: fresh, text, flags=re.S)  # noqa: B023  (used at once)
    return text


if __name__ == "__main__":
    path = content() / "README.md"
    fresh = rendered(path.read_text(encoding="utf-8"))
    temporary = path.with_suffix(".part")
    temporary.write_text(fresh, encoding="utf-8")
    os.replace(temporary, path)
