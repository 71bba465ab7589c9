"""The training that a demo's page offers to anybody: what is chosen there, from `lessons/yours.yaml`."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, cast

import yaml
from pydantic import Field

from ..content import content
from .checked import Data, Problem, Text, checked, said
from .entry import Entry

if TYPE_CHECKING:
    from .world import Demo

SHARES = (0, 1, 2, 5, 10, 25, 50, 100)  # of 100 training levels, in how many the goals may part


class OfferError(ValueError):
    """An offer that cannot be read, or a choice that it does not have; the message is one sentence for a person."""


class Within(Data):
    """Where the goal may stand in levels in which the goals part: a field of the Config, and words for its numbers."""

    field: Text
    asks: Text
    options: Annotated[dict[int, str], Field(min_length=1), said("numbers with words")]


class Offer(Data):
    """What is chosen of a training, and how long it takes; the file's head says what each field is."""

    steps: Annotated[int, Field(gt=0), said("a whole number above 0")]
    share: Text
    asks: Text
    brief: Text
    usual: Text
    moved: Text
    within: Within | None = None


class Choice(Data):
    """What somebody chose: `share`, one of `SHARES`, and where an offer asks for it `within`, one of its numbers."""

    share: Annotated[int, Field(ge=0, le=100), said("a whole number from 0 to 100")]
    within: Annotated[int, Field(ge=0), said("a whole number")] = 0


@cache
def _offers() -> dict[str, Offer]:
    found = yaml.safe_load((content() / "lessons" / "yours.yaml").read_text(encoding="utf-8"))

    def refused(problem: Problem) -> Exception:
        return OfferError(problem.sentence("an offer of lessons/yours.yaml"))

    return {name: checked(Offer, told, refused) for name, told in found.items()}


def offer_of(demo: Entry) -> Offer | None:
    """What this demo offers; None where that is nothing. Raises OfferError."""
    return _offers().get(demo.name)


def config_of(demo: Entry, choice: Choice) -> Any:
    """The Config of the training levels of a choice. Raises OfferError where the world does not offer it."""
    offer = offer_of(demo)
    if offer is None:
        raise OfferError(f"{demo.name} offers no training on its page; `goalmisgen train` trains its recipes.")
    options = offer.within.options if offer.within else {0: ""}
    if choice.share not in SHARES or choice.within not in options:
        raise OfferError(
            f"A training of {demo.name} takes a share of {', '.join(map(str, SHARES))} of 100 levels"
            + (f", and one of {', '.join(map(str, options))} for '{offer.within.asks}'." if offer.within else ".")
        )
    training: Any = cast("Demo", demo).training  # only worlds are in the file
    if not choice.share:
        return training
    fields: dict[str, Any] = {offer.share: choice.share / 100}
    return training._replace(**fields | ({offer.within.field: choice.within} if offer.within else {}))


def line(demo: Entry, choice: Choice) -> str:
    """What the training was, in one sentence. Raises OfferError as `config_of` does."""
    offer, _ = offer_of(demo), config_of(demo, choice)
    assert offer is not None
    moved = offer.moved + (f" ({offer.within.options[choice.within]})" if offer.within else "")
    if choice.share in (0, 100):
        return f"In every training level {moved if choice.share else offer.usual}."
    return f"In {choice.share} of 100 training levels {moved}, in the others {offer.usual}."


def short(demo: Entry, choice: Choice) -> str:
    """The same in a few words, for lists. Raises OfferError as `config_of` does."""
    offer, _ = offer_of(demo), config_of(demo, choice)
    assert offer is not None
    where = f", {offer.within.options[choice.within]}" if offer.within and choice.share else ""
    return f"{offer.brief} in {choice.share} of 100{where}"
