"""Data that people write by hand (YAML, JSON), checked in one place: pydantic models say what there may be, and what
is wrong becomes one sentence.

A model is a subclass of `Data`. A field's type is written with `said`, which holds the words for it; rules between
fields are validators that call `against_rule`. `checked` makes a model of data, or hands the first `Problem` to a
function that words it: unknown fields come first, then missing ones, then values, then rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict, ValidationError, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]


class Data(BaseModel):
    """Fields as they stand in a file: no other ones, and nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def knows(cls, name: object, value: object) -> bool:
        """Whether a field may be there."""
        return name in cls.model_fields

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, data: Any) -> Any:
        if isinstance(data, cls):
            return data
        if not isinstance(data, dict):
            raise PydanticCustomError("shape", "no fields", {"known": tuple(cls.model_fields)})
        known = tuple(cls.model_fields)
        unknown = [str(name) for name, value in data.items() if not cls.knows(name, value)]
        if unknown:
            raise PydanticCustomError("unknown", "unknown", {"names": (min(unknown),), "known": known})
        missing = tuple(name for name, field in cls.model_fields.items() if field.is_required() and name not in data)
        if missing:
            raise PydanticCustomError("missing", "missing", {"names": missing, "known": known})
        return data


@dataclass(frozen=True)
class Problem:
    """What is wrong: `kind` is shape, unknown, missing, wrong or rule; `at`, the place of the fields that hold it.

    `names`: the fields it is about; `known`: those there are; `what`: what a field must be, or the rule.
    """

    kind: str
    at: Place
    names: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    what: str = ""

    def sentence(self, where: str) -> str:
        """It in one sentence; `where` says the place, as "the axis of the study 'a'"."""
        if self.kind == "shape":
            return f"{capital(where)} must be a list of 'name: value' lines."
        if self.kind == "unknown":
            return f"In {where}, '{self.names[0]}' is not known; there are: {', '.join(sorted(self.known))}."
        if self.kind == "missing":
            return f"{capital(where)} lacks: {', '.join(sorted(self.names))}."
        return (
            f"In {where}, {self.what}."
            if self.kind == "rule"
            else f"In {where}, '{self.names[0]}' must be {self.what}."
        )


def checked(model: type[Model], data: Any, refused: Callable[[Problem], Exception]) -> Model:
    """The model of such data. Raises what `refused` makes of the first problem."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise refused(_problem(error)) from None


def said(what: str) -> WrapValidator:
    """For `Annotated[type, said("a text")]`: whatever is not of the type, or holds something else, must be that."""

    def validated(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("wrong", "{what}", {"what": what}) from None

    return WrapValidator(validated)


def listed(what: str) -> BeforeValidator:
    """For `Annotated[list[Model], listed("a list ...")]`: whatever is no list of fields, or is empty, must be that."""

    def validated(value: Any) -> Any:
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise PydanticCustomError("wrong", "{what}", {"what": what})
        return value

    return BeforeValidator(validated)


Text = Annotated[str, said("a text")]
Texts = Annotated[tuple[str, ...], Strict(False), said("a list of texts")]


def against_rule(what: str) -> PydanticCustomError:
    """The error that a validator raises where fields do not go together; `what` is the rule, without a full stop."""
    return PydanticCustomError("rule", "{what}", {"what": what})


def capital(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False)[0]
    at, context = tuple(first["loc"]), first.get("ctx", {})
    if first["type"] in ("shape", "unknown", "missing"):
        return Problem(first["type"], at, tuple(context.get("names", ())), tuple(context.get("known", ())))
    if first["type"] == "rule":
        return Problem("rule", at, what=context["what"])
    return Problem("wrong", at[:-1], (str(at[-1]),), what=context.get("what", first["msg"]))
