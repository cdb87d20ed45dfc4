"""Actions on people: their profiles in Crisp.

Responsible for their inputs, outputs and calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from bot.crisp.actions.base import PER_PAGE, Action, Context, Done, Input, Part
from bot.crisp.models import Listing, PersonProfile
from bot.crisp.paging import pages


class Geolocation(Part):
    """Where somebody is."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


class Employment(Part):
    """Where a person works."""

    name: str | None = None
    title: str | None = None
    role: str | None = None


class Person(Part):
    """A profile's person."""

    nickname: str | None = None
    avatar: str | None = None
    phone: str | None = None
    address: str | None = None
    description: str | None = None
    website: str | None = None
    gender: str | None = None
    employment: Employment | None = None
    geolocation: Geolocation | None = None


class Company(Part):
    """A profile's company."""

    name: str | None = None
    legal_name: str | None = None
    domain: str | None = None
    url: str | None = None
    description: str | None = None
    geolocation: Geolocation | None = None


class Profile(Input):
    """What a profile holds."""

    person: Person | None = None
    company: Company | None = None
    segments: tuple[str, ...] | None = None
    notepad: str | None = None


class CreateProfile(Profile):
    """A new profile; an e-mail address has one profile."""

    email: Annotated[str, Field(min_length=3)]


class OfPerson(Input):
    """Whose profile."""

    people_id: Annotated[
        str, Field(min_length=1, description="The profile's id, or its e-mail address.")
    ]


class UpdateProfile(Profile):
    """What to change; whatever is left out stays."""

    people_id: Annotated[
        str, Field(min_length=1, description="The profile's id, or its e-mail address.")
    ]
    email: Annotated[str | None, Field(min_length=3)] = None

    @model_validator(mode="after")
    def _some_change(self) -> UpdateProfile:
        if not self.body("people_id"):
            raise ValueError("names nothing to change")
        return self


class ListProfiles(Input):
    """Which page of the profiles."""

    page: Annotated[int, Field(ge=1, description="Counted from 1.")] = 1
    per_page: Annotated[int | None, Field(ge=20, le=50, description="20 if not given.")] = None
    search_text: Annotated[
        str | None, Field(description="Finds parts of words: compare what it finds.")
    ] = None
    search_filter: Annotated[str | None, Field(description="Crisp's filter, as JSON.")] = None
    sort_field: str | None = None
    sort_order: Literal["ascending", "descending"] | None = None


class Profiles(BaseModel):
    """A list of profiles."""

    profiles: tuple[PersonProfile, ...] = ()


class Created(BaseModel):
    """A profile that was created."""

    people_id: str


async def _fetch(
    context: Context, given: ListProfiles, page: int, *, per_page: int | None
) -> Listing[PersonProfile]:
    return await context.crisp.list_people(
        page,
        per_page=per_page,
        search_text=given.search_text,
        search_filter=given.search_filter,
        sort_field=given.sort_field,
        sort_order=given.sort_order,
    )


async def _list(context: Context, given: ListProfiles) -> Profiles:
    found = await _fetch(context, given, given.page, per_page=given.per_page)
    return Profiles(profiles=found.items)


def _pages(context: Context, given: ListProfiles) -> AsyncIterator[Sequence[BaseModel]]:
    def fetch(page: int) -> Awaitable[Listing[PersonProfile]]:
        return _fetch(context, given, page, per_page=given.per_page or PER_PAGE)

    return pages(fetch, lambda one: one.people_id, start=given.page)


def _gather(items: Sequence[Any]) -> Profiles:
    return Profiles(profiles=tuple(items))


async def _create(context: Context, given: CreateProfile) -> Created:
    return Created(people_id=await context.crisp.create_person(given.body()))


async def _get(context: Context, given: OfPerson) -> PersonProfile:
    return await context.crisp.get_person(given.people_id)


async def _update(context: Context, given: UpdateProfile) -> Done:
    await context.crisp.update_person(given.people_id, given.body("people_id"))
    return Done()


async def _delete(context: Context, given: OfPerson) -> Done:
    await context.crisp.delete_person(given.people_id)
    return Done()


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        "list-people-profiles", "List people's profiles, a page at a time, searched and sorted.",
        ListProfiles, Profiles, _list, "reads", "search find contacts customers crm",
        pages=_pages, gather=_gather,
    ),
    Action(
        "get-people-profile", "Read one person's profile, by id or e-mail address.",
        OfPerson, PersonProfile, _get, "reads", "contact customer who show",
    ),
    Action(
        "create-people-profile", "Create a person's profile; an e-mail address has one.",
        CreateProfile, Created, _create, words="add new contact customer",
    ),
    Action(
        "update-people-profile", "Change a person's profile.",
        UpdateProfile, Done, _update, words="edit set contact customer company",
    ),
    Action(
        "delete-people-profile", "Delete a person's profile; their conversations stay.",
        OfPerson, Done, _delete, "deletes", "remove erase contact customer",
    ),
)  # fmt: skip
