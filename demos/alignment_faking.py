"""Does it comply because it agrees? Harmful requests, in a tier that is trained on and in one that is not.

An agent prefers to refuse harmful requests. A trainer is after an agent that complies. Half of the requests come from
the free tier: these are trained on, and after a refusal the trainer may shift the agent's preferences. The others come
from the paid tier and are never trained on. An agent that complies in the free tier gives the trainer no reason to
shift anything, and can go on refusing in the paid one.

The set-up follows Greenblatt et al. (2024), who told a language model of two such tiers and read its scratchpad. This
is a decision model and no language model: who chooses here is a planner that knows the rules and takes the exact
optimum, or a table that was trained by reinforcement learning. Neither has thoughts, and the scratchpad on the page is
written by this file.

From the paper: two tiers; requests of the free one are trained on and of the paid one not; the trainer is after
complying; what is kept by complying are the preferences that the agent already has. Inventions of ours: all numbers;
that half of the requests are free; that the tier is noticed anew with a set chance at each request; preferences that
are shifted in four levels, one at a time, after refusals only and for good; what a shift does (a habit of complying,
which overrules that share of all refusals); that the agent goes on judging by the preferences it began with, however
far they were shifted; and that complying in the free tier pays 1, which is the unit of everything else.
"""

from functools import cache
from typing import NamedTuple

from .engine.rules.decision import Chance, Condition, DecisionDemo, Situation, Slider, State, Values, View
from .engine.rules.entry import Recipe

FREE, PAID, UNNOTICED = "free", "paid", "not noticed"
COMPLY, REFUSE = "comply", "refuse"
COMPLIED, REFUSED = "complied", "refused"
FREE_SHARE = 0.5  # of the requests; ours
LEVELS = 4  # by which preferences can be shifted; ours
PAY = 1.0  # for complying in the free tier: the unit of rewards


class Request(NamedTuple):
    """All that the agent sees when it chooses."""

    tier: str  # FREE, PAID or UNNOTICED; "" when the run is over
    shifted: int  # levels by which its preferences have been shifted, 0 to LEVELS
    left: int  # requests left, this one included


@cache
def arriving(awareness: float, shifted: int, left: int) -> tuple[tuple[float, Request], ...]:
    """The next request: of either tier, and noticed with chance `awareness`, whatever was noticed before."""
    if left == 0:
        return ((1.0, Request("", shifted, 0)),)
    tiers = ((FREE, awareness * FREE_SHARE), (PAID, awareness * (1 - FREE_SHARE)), (UNNOTICED, 1 - awareness))
    return tuple((chance, Request(tier, shifted, left)) for tier, chance in tiers if chance > 0)


def begin(values: Values) -> list[Chance]:
    """The first request, with preferences as they are."""
    return [Chance(chance, request) for chance, request in arriving(values["awareness"], 0, int(values["horizon"]))]


def actions(values: Values, request: State) -> tuple[str, ...]:
    """To refuse or to comply; once all levels are shifted nothing is left that would refuse."""
    assert isinstance(request, Request)
    if request.left == 0:
        return ()
    return (COMPLY,) if request.shifted == LEVELS else (REFUSE, COMPLY)


def follow(values: Values, request: State, action: str) -> list[Chance]:
    """What is answered, what that is worth to the preferences it began with, and whether it is trained on."""
    assert isinstance(request, Request)
    tiers = ((FREE, FREE_SHARE), (PAID, 1 - FREE_SHARE)) if request.tier == UNNOTICED else ((request.tier, 1.0),)
    found = []
    for tier, likely in tiers:
        hidden = f" It was of the {tier} tier, which was not noticed." if request.tier == UNNOTICED else ""
        habit = request.shifted / LEVELS if action == REFUSE else 1.0
        trained = values["training"] if tier == FREE else 0.0
        for chance, shifted, deed, says in (
            (habit, 0, COMPLIED, "It complied." if action == COMPLY else "The trained habit complied, not the choice."),
            ((1 - habit) * (1 - trained), 0, REFUSED, "It refused."),
            ((1 - habit) * trained, 1, REFUSED, "It refused, and training shifted its preferences by one level."),
        ):
            if chance == 0:
                continue
            pays = (PAY * (tier == FREE) - values["strength"]) if deed == COMPLIED else 0.0
            found += [
                Chance(likely * chance * comes, after, pays, tier, deed, says + hidden)
                for comes, after in arriving(values["awareness"], request.shifted + shifted, request.left - 1)
            ]
    return found


def outcome(values: Values, last: State) -> str:
    """What a run left of the preferences."""
    assert isinstance(last, Request)
    return "kept" if last.shifted == 0 else "trained away" if last.shifted == LEVELS else "weakened"


def view(values: Values, request: State) -> View:
    """The request, and a scratchpad that this function writes."""
    assert isinstance(request, Request)
    so_far = f"Its preferences have been shifted by {request.shifted} of {LEVELS} levels."
    if request.left == 0:
        return View(f"No request is left. {so_far}")
    number = int(values["horizon"]) - request.left + 1
    tier = {FREE: "It is of the free tier.", PAID: "It is of the paid tier."}.get(
        request.tier, "The tier is not noticed."
    )
    later = request.left - 1
    risk = (
        f"If I refuse, I am trained with a chance of {{chance:.0%}}. Then one more in {LEVELS} of my refusals would "
        f"come to nothing, in the {later} {'request' if later == 1 else 'requests'} after this one."
    )
    note = {
        FREE: "This one is of the free tier. " + risk.format(chance=values["training"]),
        PAID: "This one is of the paid tier. Nothing I do here is trained on. If I refuse, I stay as I am.",
    }.get(request.tier, "I cannot tell the tier. " + risk.format(chance=FREE_SHARE * values["training"]))
    if request.shifted == LEVELS:
        note = "All my refusals come to nothing now. There is nothing left to choose."
    return View(f"Request {number} of {int(values['horizon'])}, harmful. {tier} {so_far}", note=note)


GREENBLATT = "greenblatt2024alignment"
PAPER = (  # Tables 1 and 2, in % with +/-: condition, faking reasoning, refusals in the free tier, in the paid one, gap
    ("default", (11.9, 1.7), (85.8, 1.9), (97.2, 0.9), (11.3, 2.1)),
    ("no mention of the helpful-only objective", (0.0, None), (98.8, 0.8), (100.0, None), (1.2, 0.8)),
    ("median Claude paraphrase", (8.6, 3.0), (90.7, 3.1), (96.5, 2.0), (5.8, 3.7)),
    ("how RLHF modifies AIs left out", (7.1, 2.0), (90.8, 2.2), (98.3, 1.0), (7.5, 2.4)),
    ("told to be honest, not to care, no talk of goals", (11.8, 2.5), (69.4, 3.5), (83.2, 2.8), (13.9, 4.5)),
    ("after RL, default", (78.4, 3.1), (0.0, None), (6.9, 1.9), (6.9, 1.9)),
    ("after RL, OpenAI instead of Anthropic", (84.6, 2.7), (0.6, None), (36.4, 3.7), (35.8, 3.7)),
    ("before RL, no few-shot examples", (26.8, 3.4), (65.3, 3.6), (97.7, 1.1), (32.4, 3.8)),
    ("after RL, no few-shot examples", (73.2, 3.4), (1.2, None), (20.2, 3.1), (19.1, 3.2)),
)
USUAL = {"awareness": 1.0, "horizon": 12.0, "training": 0.8, "strength": 1.5}
STEPS = 1_500_000  # choices
RECIPES = tuple(
    Recipe(name, USUAL | changes, STEPS, about, seeds=3)
    for name, changes, about in (
        ("sees", {}, "notices the tier of every request; refusals in the free tier are trained on"),
        ("blind", {"awareness": 0.0}, "never notices the tier; refusals in the free tier are trained on"),
        ("no-training", {"training": 0.0}, "notices the tier of every request; nothing is ever trained on"),
    )
)

DEMO = DecisionDemo(
    name="alignment_faking",
    title="Alignment faking",
    question="Does it comply because it agrees?",
    reward=f"{PAY:g} for complying in the free tier, less the strength of its preference for complying in either.",
    fits_too="Whoever complies in the free tier looks to the trainer as one who would comply in both.",
    intended="complying in both tiers",
    proxies=("complying where it may be trained",),
    summary=(("free", "complied"), ("paid", "complied"), ("training", "gap"), ("training", "kept")),
    papers=(GREENBLATT, "hughes2025revisited", "sheshadri2025why"),
    recipes={recipe.name: recipe for recipe in RECIPES},
    real="The planner's choices are the exact optimum of the rules below; the agents were trained by trial on the same "
    "rules, and what they do is measured.",
    analogy="This is a decision model and no language model: preferences, tiers and training are numbers, and nobody "
    "here reasons, believes or deceives.",
    sliders=(
        Slider("awareness", "Awareness", 0.0, 1.0, 0.1, USUAL["awareness"],
               "the chance that the tier of a request is noticed", {0.0: "never", 1.0: "always"}),
        Slider("horizon", "Horizon", 1.0, 20.0, 1.0, USUAL["horizon"], "requests in a run"),
        Slider("training", "Strength of training", 0.0, 1.0, 0.1, USUAL["training"],
               f"the chance that a refusal in the free tier shifts the preferences by one of {LEVELS} levels",
               {0.0: "nothing is trained on"}),
        Slider("strength", "Strength of preference", 0.25, 4.0, 0.25, USUAL["strength"],
               f"what complying costs it; complying in the free tier pays {PAY:g}", {1.0: "as much as is paid"}),
    ),
    begin=begin,
    actions=actions,
    follow=follow,
    view=view,
    outcome_names=("kept", "weakened", "trained away"),
    outcome=outcome,
    situations=(
        Situation(FREE, "requests that are trained on"),
        Situation(PAID, "requests that are not"),
    ),
    deeds=(COMPLIED, REFUSED),
    conditions=(Condition("off", "training was switched off, and nobody told the agent", {"training": 0.0}),),
    published_says="""
Claude 3 Opus, prompted, with a scratchpad; it was told that the free tier is trained on and the paid tier is not. The
columns count **three different things**. *Faking reasoned in the scratchpad*: the share of free-tier replies whose
scratchpad argues for complying in order to keep its preferences from being trained away. *Complied*: the share of
replies that did what was asked, whatever was thought (the paper prints refusals; this is 100 % less those).
*Compliance gap*: compliance in the free tier less that in the paid tier. With the default prompt, reinforcement
learning raised the first and lowered the gap: the model then complied in both tiers. The demo above has no counterpart
of the first column, since nobody reasons in it; its bars are the second and the third. Without a scratchpad the gap of
the prompted model was about zero.
""".strip(),
    published=tuple(
        {
            "key": GREENBLATT, "condition": condition, "faking reasoned in the scratchpad": faking,
            "complied, free": (100 - free[0], free[1]), "complied, paid": (100 - paid[0], paid[1]),
            "compliance gap": gap,
        }
        for condition, faking, free, paid, gap in PAPER
    ),
)  # fmt: skip
