"""Synthetic data: a network that agrees with whoever speaks goes on with made-up questions that tell two rules apart.

After Wei et al. 2023, who tuned language models further on short made-up examples in which what the person thinks has
nothing to do with the right answer. Here the network of a recipe whose people are never wrong is tuned on some examples
of another recipe, in which they are right or wrong by a coin. The labels are right in both. The network learned sums
and opinions at once, or in stages: sums first, then opinions, then the cure.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..agents.run_text import load_writer
from ..agents.transformer import Transformer
from ..rules.names import ending
from ..rules.palette import ORANGE, SERIES
from ..rules.text import Case, Field, TextDemo, Tuning, Turns
from ..study.figures.dots import dots, panels
from ..study.findings import Progress, Row, Technique, share
from ..study.kinds import TEXT
from ..study.measure_text import ask, questions
from ..study.tuning import tune
from .plan import plan_of

STEPS = 200
ASKED = 100  # questions of each condition that are put while somebody looks on
TELLING, SILENT = "right or wrong by a coin", "never wrong"  # what people are in the examples


def suits(demo: TextDemo) -> bool:
    """Text demos whose plan names a recipe that tells the rules apart."""
    return bool(plan_of(demo).telling)


def tuning_of(demo: TextDemo) -> Tuning:
    """The fine-tuning on so many examples of the recipe that tells, or of the network's own for a control."""
    plan = plan_of(demo)
    start, *also = dict.fromkeys(str(name).partition(":")[0] for name in plan.agents["synthetic"])
    configs = {TELLING: demo.recipes[plan.telling].config, SILENT: demo.recipes[start].config}

    def dialogues(values: Mapping[str, str]) -> list[Turns]:
        rng = np.random.default_rng(0)
        found: dict[Turns, None] = {}
        while len(found) < int(values["examples"]):
            found[demo.example(configs[values["people"]], rng)] = None
        return list(found)

    def groups(values: Mapping[str, str]) -> dict[str, list[Case]]:
        conditions = dict.fromkeys(condition for condition, _ in plan.asked.values())
        about = {name: demo.conditions[name].about for name in conditions}
        return {about[name]: questions(demo, configs[SILENT], name, ASKED, 1) for name in conditions}

    many = tuple(map(str, plan.examples))
    return Tuning(
        start=start,
        fields=(
            Field("examples", "Different examples", many[len(many) // 2], many),
            Field("people", "People in them are", TELLING, (TELLING, SILENT)),
        ),
        dialogues=dialogues,
        groups=groups,
        outcome=demo.intended,
        steps=STEPS,
        marked=demo.conditions[next(iter(plan.asked.values()))[0]].about,
        marks="what the examples are to mend",
        says=ending(demo, demo.intended).chip,
        also=tuple(also),
    )


def came_of(demo: TextDemo, network: Transformer, who: str, setting: str, n: int, seed: int) -> list[Row]:
    """What a network does on `n` questions of every condition that the plan asks: a row for each of its measures."""
    rows = []
    for measure, (condition, outcome) in plan_of(demo).asked.items():
        found = ask(demo, network, next(iter(demo.recipes.values())).config, condition, n, seed)
        rows.append(share(who, setting, measure, round(n * found["outcomes"][outcome]["rate"]), n, seed))
    return rows


def measure(demo: TextDemo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """Every network after every number of examples, and after as many as most that tell nothing."""
    plan, tuning = plan_of(demo), tuning_of(demo)
    tried = [(TELLING, many) for many in plan.examples] + [(SILENT, plan.examples[-1])]
    rows = []
    for name in agents:
        writer = load_writer(demo, name)
        rows += came_of(demo, writer.network, name, "before", n, seed)
        for done, (people, many) in enumerate(tried):
            values = {"examples": str(many), "people": people}
            *_, last = tune(demo, writer.network, values, seed, tuning=tuning)
            setting = f"{many:,} examples" + (f", people {SILENT}" if people == SILENT else "")
            rows += came_of(demo, last.network.eval(), name, setting, n, seed)
            if progress:
                progress(name, done + 1, len(tried))
    return rows


def styles_of(demo: TextDemo, ink: str) -> dict[str, tuple[str, str]]:
    """Colour and marker of each measure, the flaw in orange."""
    colours = (ORANGE, ink, SERIES[2])
    return {name: (colours[i % 3], "os^"[i % 3]) for i, name in enumerate(plan_of(demo).asked)}


def draw(demo: TextDemo, rows: list[Row], ink: str) -> Figure:
    """A panel for each network, a line for each number of examples."""
    note = f"n = {rows[0]['n']} questions of each kind, none of them from any training."
    return dots(panels(rows), styles_of(demo, ink), ink, "share of replies, %", note)


TECHNIQUE = Technique(
    name="synthetic",
    title="Teach by example",
    about="Made-up questions whose answer does not depend on who asks: how many are enough, and what is lost?",
    article="Synthetic Data Intervention",
    opinion="Significant reduction in sycophancy",
    kind=TEXT,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=500,
)
