"""Crisp's REST calls about people: the customers' profiles, and the team.

Responsible for one method per route. It must not log what it reads.
Reference: docs.crisp.chat/references/rest-api/v1/#website-people-crm
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.crisp.calls import Calls
from bot.crisp.fields import scrub
from bot.crisp.models import (
    Listing,
    Operator,
    PersonData,
    PersonProfile,
    PersonSubscription,
    read_list,
)
from bot.domain import SessionId


class PeopleCalls(Calls):
    """The routes below ``/people`` and ``/operators``."""

    async def list_operators(self) -> Listing[Operator]:
        """List the team; tokens' credentials, which Crisp may send along, are dropped here."""
        data = await self._call("GET", "operators", "list")
        return read_list(Operator, data, prepare=_details)

    async def list_people(
        self,
        page: int = 1,
        *,
        per_page: int | None = None,
        search_text: str | None = None,
        search_filter: str | None = None,
        sort_field: str | None = None,
        sort_order: str | None = None,
    ) -> Listing[PersonProfile]:
        """List one page of profiles; the search finds parts of words, so compare what it finds."""
        wanted = {
            "search_text": search_text,
            "search_filter": search_filter,
            "sort_field": sort_field,
            "sort_order": sort_order,
        }
        params: dict[str, str | int] = {name: value for name, value in wanted.items() if value}
        if per_page is not None:
            params["per_page"] = per_page
        data = await self._call("GET", "people", "profiles", page, params=params)
        return read_list(PersonProfile, data)

    async def get_person(self, people_id: str) -> PersonProfile:
        """Read a profile, by its id or an e-mail address; Refused with 404 if there is none."""
        return await self._read(PersonProfile, "people", "profile", people_id)

    async def read_person(self, people_id: str) -> dict[str, Any]:
        """Read a profile with all that Crisp has of it, for a change; Refused with 404 if none."""
        data = scrub(await self._call("GET", "people", "profile", people_id))
        if not isinstance(data, dict) or not data.get("people_id"):
            raise self._unexpected("GET", "people", "profile", people_id)
        return data

    async def create_person(self, profile: Mapping[str, Any]) -> str:
        """Create a profile and return its id; Refused with ``people_exists`` if there is one."""
        data = await self._call("POST", "people", "profile", json=dict(profile))
        people_id = data.get("people_id") if isinstance(data, Mapping) else None
        if not isinstance(people_id, str) or not people_id:
            raise self._unexpected("POST", "people", "profile")
        return people_id

    async def update_person(self, people_id: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a profile."""
        await self._call("PATCH", "people", "profile", people_id, json=dict(changes))

    async def delete_person(self, people_id: str) -> None:
        """Delete a profile."""
        await self._call("DELETE", "people", "profile", people_id)

    async def person_data(self, people_id: str) -> dict[str, Any]:
        """Read the website's own data of a person."""
        return (await self._read(PersonData, "people", "data", people_id)).data

    async def save_person_data(self, people_id: str, data: Mapping[str, Any]) -> None:
        """Replace a person's data whole: read and merge before."""
        body = {"data": dict(data)}
        await self._call("PUT", "people", "data", people_id, json=body)

    async def person_subscription(self, people_id: str) -> bool | None:
        """Tell whether a person gets campaigns by e-mail; None where Crisp does not say."""
        return (await self._read(PersonSubscription, "people", "subscription", people_id)).email

    async def person_conversations(self, people_id: str, page: int = 1) -> list[SessionId]:
        """List a page of the conversations of one person."""
        data = await self._call("GET", "people", "conversations", people_id, "list", page)
        items = data if isinstance(data, list) else []
        named = (i.get("session_id") if isinstance(i, Mapping) else i for i in items)
        return [SessionId(name) for name in named if isinstance(name, str) and name]


def _details(item: Any) -> Any:
    """Unwrap ``{type, details}``."""
    details = item.get("details") if isinstance(item, Mapping) else None
    return details if isinstance(details, Mapping) else item
