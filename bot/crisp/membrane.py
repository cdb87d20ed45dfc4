"""Crisp through Membrane, which holds the credentials.

Responsible for Membrane's routes and for telling its own failures from Crisp's. It must not know
what a call is about: the proxy carries it as it is, our fingerprints included.

What comes in Crisp's envelope is Crisp's word. Anything else that fails is Membrane's; its
refusals say nothing about the request, as they would meet every other one too, so they count as
refused credentials, and what waits for them goes on once the connection is mended.
Reference: docs.getmembrane.com (connections, actions, proxy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import Field, SecretStr

from bot.crisp.calls import segment
from bot.crisp.fields import Data, Flag, Identity, Text, Wire, clean
from bot.crisp.models import Listing, read_list
from bot.crisp.replies import failure, retry_after
from bot.crisp.transport import HttpTransport
from bot.domain import Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized

READY = "READY"
CLIENT_ACTION = "CLIENT_ACTION_REQUIRED"
FAILED = frozenset({"CONFIGURATION_ERROR", "SETUP_FAILED"})
"""States that lead nowhere without somebody mending the connection."""
_ABOUT_THE_REQUEST = frozenset({400, 405, 406, 413, 414, 415, 422, 431})
_UNCLEAR = frozenset({*range(100, 200), 408, 425})


class MembraneTransport(HttpTransport):
    """Crisp's REST API by a connection's proxy route."""

    def __init__(self, *, base_url: str, token: SecretStr, connection: str, **options: Any) -> None:
        """``base_url`` is Membrane's, ``options`` are HttpTransport's."""
        super().__init__(
            base_url=f"{base_url.rstrip('/')}/connections/{segment(connection)}/proxy",
            headers=_bearer(token),
            **options,
        )

    def verdict(
        self, call: str, *, status: int, body: Any, headers: Mapping[str, str], empty: bool = False
    ) -> ApiError | None:
        """Say what an answer means, and whose it is."""
        return proxied_failure(call, status=status, body=body, headers=headers, empty=empty)


def proxied_failure(
    call: str, *, status: int, body: Any, headers: Mapping[str, str], empty: bool = False
) -> ApiError | None:
    """Return the error that an answer of the proxy stands for, or None for success."""
    theirs = isinstance(body, Mapping) and isinstance(body.get("error"), bool)
    if theirs or empty or status < HTTPStatus.BAD_REQUEST:
        return failure(call, status=status, body=body, headers=headers, empty=empty)
    return own_failure(call, status=status, headers=headers)


def own_failure(call: str, *, status: int, headers: Mapping[str, str]) -> ApiError:
    """Return the error that a failure of Membrane's own stands for."""
    code = f"membrane_http_{status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNCLEAR:
        return Ambiguous(Source.CRISP, call, code, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(headers)
        return RateLimited(Source.CRISP, call, code, retry_after=wait, status=status)
    kind = Refused if status in _ABOUT_THE_REQUEST else Unauthorized
    return kind(Source.CRISP, call, code, status=status)


def is_own(err: ApiError) -> bool:
    """Tell whether Membrane itself refused, and not Crisp."""
    return err.code.startswith("membrane_")


class Connection(Wire):
    """A connection of the workspace to an app; ``error`` is a text or an object."""

    id: Identity
    name: Text = ""
    connectorId: Text = ""  # noqa: N815 - Membrane's word
    disconnected: Flag = False
    state: Text = ""
    error: Any = None
    clientAction: Data = Field(default_factory=dict)  # noqa: N815 - Membrane's word

    @property
    def is_ready(self) -> bool:
        """Tell whether calls can go through it."""
        return self.state == READY and not self.disconnected

    @property
    def has_failed(self) -> bool:
        """Tell whether waiting is of no use."""
        return self.disconnected or self.state in FAILED

    @property
    def trouble(self) -> str:
        """Say what is wrong with it, as far as Membrane says; empty if it does not."""
        match self.error:
            case str() as text:
                return clean(text)
            case {"message": str() as text}:
                return clean(text)
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class ClientAction:
    """What a person has to do for a connection."""

    kind: str
    description: str
    url: str


def client_action(connection: Connection) -> ClientAction | None:
    """Return what a person has to do, or None."""
    if connection.state != CLIENT_ACTION:
        return None
    found = {name: connection.clientAction.get(name) for name in ("type", "description", "uiUrl")}
    kind, description, url = (clean(v) if isinstance(v, str) else "" for v in found.values())
    return ClientAction(kind, description, url)


class OfferedAction(Wire):
    """An action that a connection offers."""

    id: Identity
    key: Text = ""
    name: Text = ""
    description: Text = ""
    inputSchema: Data = Field(default_factory=dict)  # noqa: N815 - Membrane's word


class Membrane(HttpTransport):
    """Membrane's own API."""

    def __init__(self, *, base_url: str, token: SecretStr, **options: Any) -> None:
        """``options`` are HttpTransport's."""
        super().__init__(base_url=base_url, headers=_bearer(token), **options)

    def name(self, method: str, path: str) -> str:
        """Name a call without the ids in its path."""
        words = {"connections", "actions", "run"}
        return f"{method} membrane/{'/'.join(p for p in path.split('/') if p in words)}"

    def verdict(
        self, call: str, *, status: int, body: Any, headers: Mapping[str, str], empty: bool = False
    ) -> ApiError | None:
        """Say what an answer means; its bodies are JSON without an envelope."""
        if status >= HTTPStatus.MULTIPLE_CHOICES or status < HTTPStatus.OK:
            return own_failure(call, status=status, headers=headers)
        if body is None and not empty:
            return Ambiguous(Source.CRISP, call, "membrane_unreadable_answer", status=status)
        return None

    async def connections(self) -> Listing[Connection]:
        """List the workspace's connections."""
        reply = await self.request("GET", "/connections")
        return read_list(Connection, _items(reply.body))

    async def connection(self, connection_id: str) -> Connection:
        """Read one connection; Unauthorized, with status 404, if there is none."""
        reply = await self.request("GET", f"/connections/{segment(connection_id)}")
        found = read_list(Connection, [reply.body])
        if not found.items:
            raise Ambiguous(Source.CRISP, self.name("GET", "connections"), "membrane_no_connection")
        return found.items[0]

    async def actions(self, connection_id: str, *, intent: str = "") -> Listing[OfferedAction]:
        """List what a connection offers, best first if ``intent`` says what for."""
        params: dict[str, str | int] = {"connectionId": connection_id, "limit": 100}
        if intent:
            params["intent"] = intent
        reply = await self.request("GET", "/actions", params=params)
        return read_list(OfferedAction, _items(reply.body))

    async def run(self, action_id: str, connection_id: str, given: Mapping[str, Any]) -> Any:
        """Run an action and return its output."""
        reply = await self.request(
            "POST",
            f"/actions/{segment(action_id)}/run",
            params={"connectionId": connection_id},
            json={"input": dict(given)},
        )
        return reply.body.get("output") if isinstance(reply.body, Mapping) else None


def _items(body: Any) -> Any:
    return body.get("items") if isinstance(body, Mapping) else body


def _bearer(token: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"}
