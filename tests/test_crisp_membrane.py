"""Membrane: whose failure an answer is, what a connection needs, and what is sent there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.crisp.membrane import (
    ClientAction,
    Connection,
    Membrane,
    MembraneTransport,
    client_action,
    is_own,
    proxied_failure,
)
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized

CALL = "POST conversation/message"
THEIRS = {"error": True, "reason": "message_not_found", "data": {}}
OWN = {"type": "error", "message": "Connection not found"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (404, THEIRS, Refused, "message_not_found"),
        (404, OWN, Unauthorized, "membrane_http_404"),
        (401, OWN, Unauthorized, "membrane_http_401"),
        (403, None, Unauthorized, "membrane_http_403"),
        (400, OWN, Refused, "membrane_http_400"),
        (429, OWN, RateLimited, "membrane_http_429"),
        (429, {"error": True, "reason": "rate_limited", "data": {}}, RateLimited, "rate_limited"),
        (502, None, Ambiguous, "membrane_http_502"),
        (408, OWN, Ambiguous, "membrane_http_408"),
        (200, {"hello": 1}, Ambiguous, "unreadable_answer"),
        (200, {"error": True, "reason": "invalid_data", "data": {}}, Refused, "invalid_data"),
    ],
)
def test_whose_failure_it_is(status: int, body: Any, kind: type[ApiError], code: str) -> None:
    """What stands in Crisp's envelope is Crisp's; anything else that fails is Membrane's."""
    found = proxied_failure(CALL, status=status, body=body, headers={})
    assert found is not None
    assert (type(found), found.code, is_own(found)) == (kind, code, code.startswith("membrane"))


def test_success_is_none() -> None:
    """An answer in Crisp's envelope that is no failure is a success."""
    body = {"error": False, "reason": "sent", "data": {}}
    assert proxied_failure(CALL, status=202, body=body, headers={}) is None
    assert proxied_failure(CALL, status=200, body=None, headers={}, empty=True) is None


def wired(answer: Callable[[httpx.Request], httpx.Response]) -> dict[str, Any]:
    """Return the options of a transport whose network is a function."""
    return {
        "base_url": "https://membrane.test",
        "token": SecretStr("the-token"),
        "wire": httpx.MockTransport(answer),
    }


async def test_a_call_goes_to_the_connections_proxy() -> None:
    """The path hangs below the proxy, with Membrane's token and no tier, and is counted."""
    seen: list[httpx.Request] = []
    counted: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"error": False, "reason": "sent", "data": {}})

    proxy = MembraneTransport(connection="a b", on_call=counted.append, **wired(answer))
    path = "/website/8c8/conversation/s/message"
    await proxy.request("POST", path, json={"fingerprint": 7})
    await proxy.aclose()
    [request] = seen
    assert str(request.url) == f"https://membrane.test/connections/a%20b/proxy{path}"
    assert request.headers["Authorization"] == "Bearer the-token"
    assert "X-Crisp-Tier" not in request.headers
    assert json.loads(request.content) == {"fingerprint": 7}
    assert counted == ["POST conversation/message"]


async def test_a_failure_names_no_id() -> None:
    """Neither the connection's id nor the token is part of an error."""
    api = Membrane(**wired(lambda _r: httpx.Response(404, json=OWN)))
    with pytest.raises(Unauthorized, match="GET membrane/connections: membrane_http_404") as caught:
        await api.connection("conn_secret")
    assert "conn_secret" not in str(caught.value)
    assert "the-token" not in str(caught.value)


async def test_connections_are_read_in_any_wrapping() -> None:
    """A list may come as items or bare, and one bad entry does not spoil it."""
    for body in ({"items": [{"id": "c1"}, {"name": "no id"}]}, [{"id": "c1"}]):

        def answer(_request: httpx.Request, body: Any = body) -> httpx.Response:
            return httpx.Response(200, json=body)

        found = await Membrane(**wired(answer)).connections()
        assert [one.id for one in found] == ["c1"]


@pytest.mark.parametrize(
    ("fields", "ready", "failed"),
    [
        ({"state": "READY"}, True, False),
        ({"state": "READY", "disconnected": True}, False, True),
        ({"state": "BUILDING"}, False, False),
        ({"state": "CLIENT_ACTION_REQUIRED"}, False, False),
        ({"state": "CONFIGURATION_ERROR"}, False, True),
        ({"state": "SETUP_FAILED"}, False, True),
        ({}, False, False),
    ],
)
def test_states(fields: dict[str, Any], ready: bool, failed: bool) -> None:  # noqa: FBT001 - pytest hands it in
    """A connection is ready, has failed, or is to be waited for."""
    connection = Connection.model_validate({"id": "c", **fields})
    assert (connection.is_ready, connection.has_failed) == (ready, failed)


def test_what_a_person_has_to_do() -> None:
    """The client action is read in that state alone, and may lack anything."""
    asked = {"type": "connect", "description": "Sign in", "uiUrl": "https://m.test/x"}
    base = {"id": "c", "state": "CLIENT_ACTION_REQUIRED"}
    found = client_action(Connection.model_validate({**base, "clientAction": asked}))
    assert found == ClientAction("connect", "Sign in", "https://m.test/x")
    assert client_action(Connection.model_validate(base)) == ClientAction("", "", "")
    ready = Connection.model_validate({"id": "c", "state": "READY", "clientAction": asked})
    assert client_action(ready) is None


@pytest.mark.parametrize(
    ("error", "said"), [("broken", "broken"), ({"message": "bad key"}, "bad key"), (None, "")]
)
def test_what_went_wrong(error: Any, said: str) -> None:
    """An error is a text or an object with one."""
    assert Connection.model_validate({"id": "c", "error": error}).trouble == said
