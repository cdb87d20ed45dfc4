"""What an action is: a name, what goes in, what comes out, and the calls in between.

Responsible for the shapes that all actions share, and for reading an input. It must not know of
any single action.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaMode

from bot.crisp.bucket import UploadAddress
from bot.crisp.client import CrispClient

I = TypeVar("I", bound="Input")  # noqa: E741 - in, and out
O = TypeVar("O", bound=BaseModel)  # noqa: E741 - as above

PER_PAGE = 50
"""Items of a page where all pages are wanted: the most that Crisp gives."""


class Part(BaseModel):
    """A part of an input: unknown names are errors, and Crisp's snake_case may be camelCase."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
    )

    def body(self, *without: str) -> dict[str, Any]:
        """Return what was given, but some, as JSON has it."""
        left_out = {"website_id", *without}
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=left_out)


class Input(Part):
    """An input."""

    website_id: Annotated[
        str | None, Field(description="The website, if it is to be checked; else the settings'.")
    ] = None


class OfConversation(Input):
    """An input about one conversation."""

    session_id: Annotated[
        str, Field(min_length=1, description="The conversation's id, such as session_7f6e….")
    ]


class Done(BaseModel):
    """It was done; there is nothing else to tell."""

    done: Literal[True] = True


class Uploads(Protocol):
    """Whoever can put a file into Crisp's bucket."""

    async def put(self, path: Path, *, name: str, mime: str) -> UploadAddress:
        """Upload a file and return where it is; ApiError if that cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What an action may use."""

    crisp: CrispClient
    uploads: Uploads
    new_fingerprint: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Action(Generic[I, O]):
    """One action; ``effect`` says what it does to Crisp."""

    key: str
    description: str
    takes: type[I]
    gives: type[O]
    run: Callable[[Context, I], Awaitable[O]]
    effect: Literal["reads", "changes", "deletes"] = "changes"
    words: str = ""
    """Further words by which somebody may look for it."""
    pages: Callable[[Context, I], AsyncIterator[Sequence[BaseModel]]] | None = None
    """Goes through all pages of a list, giving what is new on each."""
    gather: Callable[[Sequence[Any]], O] | None = None
    """Makes one output of the items of all pages."""

    @property
    def name(self) -> str:
        """Name it for people."""
        return self.key.replace("-", " ").capitalize()

    def as_dict(self) -> dict[str, Any]:
        """Return it as a list of actions shows it."""
        return {
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "inputSchema": _schema(self.takes, "validation"),
            "outputSchema": _schema(self.gives, "serialization"),
        }


@cache
def _schema(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """Return a model's schema, made once: it takes as long as running the action."""
    return model.model_json_schema(by_alias=True, mode=mode)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an input, and where: ``participants[1].target``; empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'input'}: {self.message}"


class WrongInput(ValueError):
    """An input that does not fit its schema."""

    def __init__(self, *problems: Problem) -> None:
        """Take one problem per place."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_input(model: type[I], text: str, *, website_id: str | None = None) -> I:
    """Read an input from JSON; WrongInput with each error by its path, without the values."""
    try:
        given = model.model_validate_json(text, strict=True)
    except ValidationError as err:
        found = (_problem(d["loc"], d["type"], d["msg"]) for d in err.errors(include_url=False))
        raise WrongInput(*dict.fromkeys(found)) from err
    if given.website_id is not None and website_id not in (None, given.website_id):
        raise WrongInput(Problem("website_id", "is not the website of CRISP_WEBSITE_ID"))
    return given


_SAID = {
    "missing": "is required",
    "extra_forbidden": "is no name that this action knows",
    "string_too_short": "must not be empty",
    "model_type": "must be an object",
}
_UNION = frozenset({"str", "dict[str,any]"})
"""What pydantic adds to a path to say which of several types it means."""


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> Problem:
    if kind == "json_invalid":
        return Problem("", "is not valid JSON" + message.partition("Invalid JSON")[2])
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in _UNION:
            path += f".{part}" if path else part
    said = message.removeprefix("Value error, ").replace("Input should", "must", 1)
    return Problem(path, _SAID.get(kind, said[:1].lower() + said[1:]))
