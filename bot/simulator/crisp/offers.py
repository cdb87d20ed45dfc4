"""The actions that Membrane offers for Crisp: each is one REST call, its input in camelCase.

Responsible for their names and schemas, and for the call that an input stands for. Must not make
the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.simulator.crisp.wire import Json, invalid

_W = "/website/{websiteId}"
_V = f"{_W}/conversation/{{sessionId}}"
_P = f"{_W}/people/profile/{{peopleId}}"


@dataclass(frozen=True, slots=True)
class Offer:
    """One action: names in the path are required input; the rest is its query or body."""

    key: str
    method: str
    template: str
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def in_path(self) -> tuple[str, ...]:
        """Return the input's names that the path takes, but the website's."""
        parts = self.template.split("/")
        return tuple(p[1:-1] for p in parts if p.startswith("{") and p != "{websiteId}")

    def to_json(self) -> Json:
        """Return it as the list of actions shows it."""
        names = dict.fromkeys((*self.in_path, *self.fields))
        return {
            "id": f"act_{self.key.replace('-', '_')}",
            "key": self.key,
            "name": self.key.replace("-", " ").capitalize(),
            "description": f"Makes the call {self.method} {self.template} to Crisp.",
            "inputSchema": {
                "type": "object",
                "properties": {"websiteId": {"type": "string"}, **{n: {} for n in names}},
                "required": ["websiteId", *self.in_path, *self.required],
            },
            "outputSchema": {},
        }

    def call(self, given: Json) -> tuple[str, Json, Json]:
        """Return the path, the query and the body that an input stands for, or refuse."""
        known = {"websiteId", *self.in_path, *self.fields}
        if unknown := set(given) - known:
            raise invalid(f"unknown input {min(unknown)}")
        for name in ("websiteId", *self.in_path, *self.required):
            if given.get(name) in (None, ""):
                raise invalid(f"{name} is required")
        path = self.template.format(
            **{n: quote(str(given[n]), safe="@") for n in ("websiteId", *self.in_path)}
        )
        rest = {snake(n): v for n, v in given.items() if n in self.fields}
        return (path, rest, {}) if self.method == "GET" else (path, {}, rest)


def snake(name: str) -> str:
    """Return Crisp's spelling of a name."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def query(values: Json) -> dict[str, str]:
    """Return a query as its URL has it."""
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


_PROFILE = ("email", "person", "company", "segments", "notepad", "active")
_FILTERS = (
    "perPage", "searchQuery", "searchType", "filterUnread", "filterResolved", "filterNotResolved",
    "filterMention", "filterAssigned", "filterUnassigned", "filterInboxId", "filterDateStart",
    "filterDateEnd", "orderDateCreated", "orderDateUpdated", "orderDateWaiting",
)  # fmt: skip
_MESSAGE = ("type", "from", "origin", "content", "user", "mentions", "references", "properties")
_META = ("nickname", "email", "phone", "address", "avatar", "subject", "segments", "data")

OFFERS: tuple[Offer, ...] = (
    Offer("update-conversation-meta", "PATCH", f"{_V}/meta", _META),
    Offer("list-operators", "GET", f"{_W}/operators/list"),
    Offer("delete-people-profile", "DELETE", _P),
    Offer("update-people-profile", "PATCH", _P, _PROFILE),
    Offer("create-people-profile", "POST", f"{_W}/people/profile", _PROFILE, ("email",)),
    Offer("get-people-profile", "GET", _P),
    Offer(
        "list-people-profiles", "GET", f"{_W}/people/profiles/{{page}}",
        ("perPage", "searchText", "searchFilter", "sortField", "sortOrder"),
    ),
    Offer(
        "mark-messages-read", "PATCH", f"{_V}/read", ("from", "origin", "fingerprints"),
        ("from", "origin"),
    ),
    Offer("send-message", "POST", f"{_V}/message", _MESSAGE, ("content",)),
    Offer(
        "list-messages", "GET", f"{_V}/messages",
        ("timestampBefore", "timestampAfter", "timestampAround"),
    ),
    Offer("delete-conversation", "DELETE", _V),
    Offer("update-conversation-state", "PATCH", f"{_V}/state", ("state", "user"), ("state",)),
    Offer("create-conversation", "POST", f"{_W}/conversation"),
    Offer("get-conversation", "GET", _V),
    Offer("list-conversations", "GET", f"{_W}/conversations/{{page}}", _FILTERS),
    Offer("get-website", "GET", _W),
)  # fmt: skip
"""The actions; ``send-message`` takes no fingerprint, so that whoever needs one notices."""
