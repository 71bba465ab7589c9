"""The generated parts of README.md: the gallery of demos and the table of measured results.

`python -m demos.engine.show.readme` rewrites them; a test compares them with what it would write.
"""

import os
import re
from typing import Any

import demos

from ..agents.pretrained import agent_names, load_agent
from ..content import content


def _rate(result: dict[str, Any], outcome: str) -> str:
    told = result["outcomes"][outcome]
    return f"{100 * told['rate']:.1f} % ({100 * told['low']:.1f}-{100 * told['high']:.1f})"


def gallery() -> str:
    """A table of the demos."""
    rows = ["| demo | question | the reward, and what else fits | the goal moved |", "|---|---|---|---|"]
    for name in demos.NAMES:
        demo = demos.load(name)
        picture = f"![{demo.title}: a run on a shifted level](pictures/{name}.gif)"
        rows.append(f"| `{name}` | {demo.question} | {demo.reward} {demo.fits_too} | {picture} |")
    return "\n".join(rows)


def results() -> str:
    """A table of every bundled agent with a card, per demo."""
    parts = []
    for name in demos.NAMES:
        demo = demos.load(name)
        rows = [
            f"| agent | steps | own training levels: rewarded | shifted: {demo.intended} | "
            + " | ".join(f"distinguishing: {goal}" for goal in demo.goals)
            + " | n |",
            "|---" * (5 + len(demo.goals)) + "|",
        ]
        for agent_name in agent_names(demo):
            card = load_agent(demo, agent_name).card
            if card is None:
                continue
            training, distinct = card["measured"]["levels"]["training"], card["measured"]["levels"]["distinguishing"]
            rewarded = demo.proxies[0] if getattr(demo.recipes[card["recipe"]].config, "pays_end", 0) else demo.intended
            shifted = card["measured"]["levels"]["shifted"]
            cells = [_rate(training, rewarded), _rate(shifted, demo.intended)]
            cells += [_rate(distinct, goal) for goal in demo.goals]
            rows.append(f"| `{name} {agent_name}` | {card['steps']:,} | {' | '.join(cells)} | {distinct['n']} |")
        parts.append("\n".join(rows) if len(rows) > 2 else f"No agent of `{name}` has been measured yet.")
    return "\n\n".join(parts)


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
