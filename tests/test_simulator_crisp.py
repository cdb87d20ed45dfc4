"""The simulated Crisp's REST API: who is let in, envelopes, conversations, limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.simulator.crisp import CrispSimulator
from tests.simulator_crisp_kit import PLUGIN, Rest, crisp, rest, text


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: CrispSimulator) -> AsyncIterator[Rest]:
    """Return a REST client of it."""
    async with rest(sim) as client:
        yield client


def visitor(sim: CrispSimulator, content: str = "hello", **more: Any) -> str:
    """Let a visitor write; return the session id."""
    act = {"do": "visitor_message", "text": content, **more}
    return str(sim.act(act)["session_id"])


@pytest.mark.parametrize(
    ("pair", "tier", "status", "reason"),
    [
        (("sim-website-identifier", "wrong"), "website", 401, "invalid_session"),
        (("sim-website-identifier", "sim-website-key"), None, 401, "invalid_session"),
        (("sim-website-identifier", "sim-website-key"), "plugin", 403, "invalid_session"),
        (None, "website", 401, "invalid_session"),
    ],
)
async def test_a_wrong_key_or_tier_is_refused(
    sim: CrispSimulator, pair: tuple[str, str] | None, tier: str | None, status: int, reason: str
) -> None:
    """Only a right pair that names its own tier is let in."""
    headers = {"X-Crisp-Tier": tier} if tier else {}
    async with httpx.AsyncClient(auth=pair, headers=headers) as http:
        answer = await http.get(f"{sim.base_url}/website/{sim.world.website_id}")
    assert answer.status_code == status
    assert answer.json() == {"error": True, "reason": reason, "data": {}}


async def test_another_website_is_refused_in_the_words_of_the_tier(sim: CrispSimulator) -> None:
    """A plugin that is not installed is not subscribed; a website token is not allowed."""
    path = "/website/00000000-0000-4000-8000-000000000000"
    async with rest(sim) as website, rest(sim, tier="plugin") as plugin:
        refused = await website.call("GET", path)
        absent = await plugin.call("GET", path)
    assert (refused.status_code, refused.json()["reason"]) == (403, "not_allowed")
    assert (absent.status_code, absent.json()["reason"]) == (404, "not_subscribed")


async def test_the_settings_open_the_door(sim: CrispSimulator, client: Rest) -> None:
    """The settings name a website that answers the probe."""
    assert sim.settings()["CRISP_API_URL"] == sim.base_url
    assert sim.base_url.endswith("/v1")
    found = await client.data("GET", "W")
    assert found["website_id"] == sim.settings()["CRISP_WEBSITE_ID"]
    assert found["name"] == "Acme"


async def test_unknown_routes_and_methods_have_the_envelope(client: Rest) -> None:
    """404 and 405 carry Crisp's envelope too."""
    nowhere = await client.call("GET", "W/nothing/here")
    assert (nowhere.status_code, nowhere.json()["reason"]) == (404, "route_not_found")
    wrong = await client.call("DELETE", "W/operators/list")
    assert (wrong.status_code, wrong.json()["reason"]) == (405, "method_not_allowed")


async def test_a_created_conversation_is_invisible_until_its_visitor_writes(
    client: Rest,
) -> None:
    """POST makes a session that no list shows before a message from user."""
    created = await client.call("POST", "W/conversation")
    assert created.status_code == 201
    session = created.json()["data"]["session_id"]
    assert await client.data("GET", "W/conversations/1") == []
    await client.data("POST", f"W/conversation/{session}/message", text("hello"))
    assert await client.data("GET", "W/conversations/1") == []
    body = text("hi", **{"from": "user"})
    await client.data("POST", f"W/conversation/{session}/message", body)
    listed = await client.call("GET", "W/conversations/1")
    assert listed.status_code == 206
    assert [c["session_id"] for c in listed.json()["data"]] == [session]


async def test_a_conversation_can_be_looked_for_and_removed(
    sim: CrispSimulator, client: Rest
) -> None:
    """HEAD tells whether it exists, DELETE ends that."""
    path = f"W/conversation/{visitor(sim)}"
    assert (await client.call("HEAD", path)).status_code == 200
    await client.data("DELETE", path)
    gone = await client.call("HEAD", path)
    assert (gone.status_code, gone.content) == (404, b"")
    assert (await client.call("GET", path)).json()["reason"] == "conversation_not_found"


async def test_a_conversation_shows_what_is_known_of_the_visitor(
    sim: CrispSimulator, client: Rest
) -> None:
    """Contact data, device, page and counters are where Crisp has them."""
    session = visitor(
        sim, nickname="Jane", email="jane@x.test", country="PT", city="Lisbon", company="Globex",
        segments=["vip"], page={"title": "Prices", "url": "https://acme.test/prices"},
        inbox_id="inbox_1",
    )  # fmt: skip
    shown = await client.data("GET", f"W/conversation/{session}")
    assert shown["state"] == "unresolved"
    assert shown["meta"]["email"] == "jane@x.test"
    assert shown["meta"]["data"] == {"company": "Globex"}
    assert shown["meta"]["segments"] == ["vip"]
    assert shown["meta"]["device"]["geolocation"]["country"] == "PT"
    assert shown["unread"] == {"operator": 1, "visitor": 0}
    assert shown["waiting_since"] == shown["updated_at"]
    assert shown["last_message"] == "hello"
    assert shown["inbox_id"] == "inbox_1"
    pages = await client.data("GET", f"W/conversation/{session}/pages/1")
    assert pages[0]["page_url"] == "https://acme.test/prices"


async def test_an_answer_ends_the_waiting_and_a_note_does_not(
    sim: CrispSimulator, client: Rest
) -> None:
    """waiting_since stands until an operator answers; the visitor's unread counts answers."""
    session = visitor(sim)
    path = f"W/conversation/{session}"
    await client.data("POST", f"{path}/message", text("between us", type="note"))
    assert (await client.data("GET", path))["waiting_since"] is not None
    await client.data("POST", f"{path}/message", text("hello"))
    shown = await client.data("GET", path)
    assert shown["waiting_since"] is None
    assert shown["unread"] == {"operator": 1, "visitor": 1}


async def test_a_resolved_conversation_reopens_under_its_own_id(
    sim: CrispSimulator, client: Rest
) -> None:
    """The visitor's next message sets the state back to unresolved."""
    session = visitor(sim)
    await client.data("PATCH", f"W/conversation/{session}/state", {"state": "resolved"})
    shown = await client.data("GET", f"W/conversation/{session}/state")
    assert shown == {"state": "resolved"}
    assert visitor(sim, "again", session_id=session) == session
    shown = await client.data("GET", f"W/conversation/{session}/state")
    assert shown == {"state": "unresolved"}


async def test_lists_filter_order_and_page(sim: CrispSimulator, client: Rest) -> None:
    """Every flag narrows the list, pages are 1-based, and the newest comes first."""
    sessions = [visitor(sim, f"n{i}", timestamp=1_700_000_000_000 + i) for i in range(25)]
    ana = next(iter(sim.world.operators))
    await client.data("PATCH", f"W/conversation/{sessions[0]}/state", {"state": "resolved"})
    routing = f"W/conversation/{sessions[1]}/routing"
    await client.data("PATCH", routing, {"assigned": {"user_id": ana}})

    async def listed(page: int = 1, **query: Any) -> list[str]:
        found = await client.data("GET", f"W/conversations/{page}", **query)
        return [c["session_id"] for c in found]

    newest_created = sessions[::-1]
    assert await listed(order_date_created=1) == newest_created[:20]
    assert await listed(2, order_date_created=1) == newest_created[20:]
    assert await listed(3, order_date_created=1) == []
    assert await listed(order_date_updated=1, per_page=25) == [
        sessions[1], sessions[0], *sessions[:1:-1],
    ]  # fmt: skip
    assert await listed(filter_resolved=1) == [sessions[0]]
    assert sessions[0] not in await listed(filter_not_resolved=1, per_page=50)
    assert await listed(filter_assigned=ana) == [sessions[1]]
    unassigned_open = await listed(filter_unassigned=1, filter_not_resolved=1, per_page=50)
    assert unassigned_open == sessions[:1:-1]
    waiting = await listed(order_date_waiting=1, per_page=50)
    assert waiting == sessions[1:]
    assert await listed(filter_unread=1, filter_date_end="2023-11-14T22:13:20.002Z") == [
        sessions[2]
    ]


async def test_lists_can_be_searched(sim: CrispSimulator, client: Rest) -> None:
    """Text finds names, addresses and messages; segments and rules are exact."""
    jane = visitor(sim, "my printer burns", nickname="Jane", email="jane@x.test", segments=["vip"])
    visitor(sim, "hello", nickname="Bob")

    async def found(query: str, kind: str) -> list[str]:
        rows = await client.data(
            "GET", "W/conversations/1", search_query=query, search_type=kind
        )  # fmt: skip
        return [c["session_id"] for c in rows]

    assert await found("PRINTER", "text") == [jane]
    assert await found("jane@x", "text") == [jane]
    assert await found("vip", "segment") == [jane]
    rule = '[{"criterion": "meta.nickname", "operator": "eq", "query": ["jane"]}]'
    assert await found(rule, "filter") == [jane]


@pytest.mark.parametrize("query", [{"per_page": 19}, {"per_page": 51}, {"filter_unread": "yes"}])
async def test_a_malformed_list_call_is_invalid(client: Rest, query: dict[str, Any]) -> None:
    """Bounds and flags are checked, and the message says which."""
    answer = await client.call("GET", "W/conversations/1", **query)
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_data")
    assert next(iter(query)) in answer.json()["data"]["message"]


async def test_meta_is_merged_by_key_and_its_lists_are_replaced_whole(
    sim: CrispSimulator, client: Rest
) -> None:
    """A key left out stays; segments and data do not merge."""
    session = visitor(sim, nickname="Jane", segments=["a", "b"], data={"plan": "pro", "seats": 3})
    path = f"W/conversation/{session}/meta"
    await client.data("PATCH", path, {"phone": "+351", "segments": ["c"], "data": {"plan": "x"}})
    meta = await client.data("GET", path)
    assert (meta["nickname"], meta["phone"]) == ("Jane", "+351")
    assert (meta["segments"], meta["data"]) == (["c"], {"plan": "x"})
    wrong = await client.call("PATCH", path, {"email": "nobody"})
    assert wrong.json()["reason"] == "invalid_data"


async def test_a_blocked_visitor_is_dropped_without_a_word(
    sim: CrispSimulator, client: Rest
) -> None:
    """What a blocked visitor writes reaches nobody, and they are not told."""
    session = visitor(sim)
    await client.data("PATCH", f"W/conversation/{session}/block", {"blocked": True})
    assert await client.data("GET", f"W/conversation/{session}/block") == {"blocked": True}
    assert sim.act({"do": "visitor_message", "session_id": session, "text": "hey"})["dropped"]
    body = text("hey", **{"from": "user"})
    sent = await client.call("POST", f"W/conversation/{session}/message", body)
    assert sent.status_code == 202
    assert len(sim.dump(session)["messages"]) == 1


async def test_the_smaller_routes_of_a_conversation(sim: CrispSimulator, client: Rest) -> None:
    """Participants, inbox, transcript, reminder, open, events and files keep what they are told."""
    session = visitor(sim)
    path = f"W/conversation/{session}"
    cc = {"participants": [{"type": "email", "target": "boss@x.test"}]}
    await client.data("PUT", f"{path}/participants", cc)
    assert await client.data("GET", f"{path}/participants") == cc
    await client.data("PATCH", f"{path}/inbox", {"inbox_id": "i2"})
    await client.data("POST", f"{path}/transcript", {"to": "user"})
    await client.data("POST", f"{path}/reminder", {"date": "2030-01-01", "note": "call"})
    await client.data("PATCH", f"{path}/open", {"opened": True})
    sim.act({"do": "visitor_event", "session_id": session, "text": "signup"})
    file = {"name": "a.txt", "text": "hi"}
    sim.act({"do": "visitor_message", "session_id": session, "file": file})
    assert (await client.data("GET", f"{path}/events/1"))[0]["text"] == "signup"
    assert (await client.data("GET", f"{path}/files/1"))[0]["name"] == "a.txt"
    dumped = sim.dump(session)
    assert dumped["inbox_id"] == "i2"
    assert dumped["transcripts"][0]["to"] == "user"
    assert dumped["reminders"][0]["note"] == "call"


async def test_an_unknown_operator_gets_no_conversation(sim: CrispSimulator, client: Rest) -> None:
    """Routing names an operator of the website or null."""
    path = f"W/conversation/{visitor(sim)}/routing"
    wrong = await client.call("PATCH", path, {"assigned": {"user_id": "nobody"}})
    assert (wrong.status_code, wrong.json()["reason"]) == (404, "operator_not_found")
    await client.data("PATCH", path, {"assigned": None})
    assert await client.data("GET", path) == {"assigned": None}


async def test_the_team_and_its_availability(sim: CrispSimulator, client: Rest) -> None:
    """Three operators; the website is available while one of them is online."""
    team = [o["details"] for o in await client.data("GET", "W/operators/list")]
    emails = [o["email"] for o in team]
    assert emails == ["ana@acme.test", "ben@acme.test", "cleo@acme.test"]
    one = await client.data("GET", f"W/operator/{team[0]['user_id']}")
    assert (one["first_name"], one["last_name"]) == ("Ana", "Silva")
    for email in emails:
        act = {"do": "operator_availability", "operator": email, "availability": "offline"}
        sim.act(act)
    assert (await client.data("GET", "W/availability/status"))["status"] == "away"
    assert await client.data("GET", "W/operators/active") == []
    shown = await client.data("GET", "W/availability/operators")
    assert {o["type"] for o in shown} == {"offline"}


async def test_visitors_are_counted_while_they_are_online(
    sim: CrispSimulator, client: Rest
) -> None:
    """A visitor who left is no longer counted or listed."""
    here, left = visitor(sim), visitor(sim)
    sim.act({"do": "visitor_availability", "session_id": left, "online": False})
    assert await client.data("GET", "W/visitors/count") == {"count": 1}
    listed = await client.data("GET", "W/visitors/list/1")
    assert [v["session_id"] for v in listed] == [here]


async def test_the_daily_quota_is_counted_per_tier(sim: CrispSimulator, client: Rest) -> None:
    """The call after the last one of the day is rate limited; the other tier is not."""
    sim.config({"used": {"website": 9_999}})
    await client.data("GET", "W")
    over = await client.call("GET", "W")
    assert (over.status_code, over.json()["reason"]) == (429, "rate_limited")
    assert "Retry-After" not in over.headers
    async with rest(sim, tier="plugin") as plugin:
        await plugin.data("GET", "W")
    sim.config({"rate_limit_status": 420, "retry_after": True})
    over = await client.call("GET", "W")
    assert (over.status_code, over.headers["Retry-After"]) == (420, "60")


async def test_without_limits_nobody_is_refused_for_quota() -> None:
    """limits=False counts and lets everybody pass."""
    async with crisp(limits=False) as sim, rest(sim) as client:
        sim.config({"used": {"website": 1_000_000}})
        await client.data("GET", "W")
        assert sim.dump()["calls"]["today"]["website"] == 1_000_001


async def test_a_plan_limit_refuses_writes_with_423(sim: CrispSimulator, client: Rest) -> None:
    """quota_limit_exceeded stops what writes and nothing is done; reads go on."""
    session = visitor(sim)
    sim.config({"plan_limit": True})
    sent = await client.call("POST", f"W/conversation/{session}/message", text("hi"))
    assert (sent.status_code, sent.json()["reason"]) == (423, "quota_limit_exceeded")
    assert len(await client.data("GET", f"W/conversation/{session}/messages")) == 1


async def test_failures_may_come_with_status_200(sim: CrispSimulator, client: Rest) -> None:
    """With errors_as_200 only the envelope tells that a call failed."""
    sim.config({"errors_as_200": True})
    answer = await client.call("GET", "W/conversation/session_none")
    assert answer.status_code == 200
    assert answer.json()["error"] is True
    assert answer.json()["reason"] == "conversation_not_found"


async def test_calls_are_counted_by_route(sim: CrispSimulator, client: Rest) -> None:
    """The dump tells how often each route was called and what was refused."""
    await client.data("GET", "W")
    await client.call("GET", "W/conversation/session_none")
    calls = sim.dump()["calls"]
    assert calls["routes"]["GET /website/{website}"] == 1
    assert calls["routes"]["GET /website/{website}/conversation/{session}"] == 1
    assert calls["refused"] == {"conversation_not_found": 1}
    assert calls["log"][-1]["status"] == 404


async def test_each_tier_has_its_own_rtm_endpoint(sim: CrispSimulator, client: Rest) -> None:
    """The socket's address ends in /p/68/, and the other tier's route is not allowed."""
    wanted = f"ws://{sim.base_url.split('/')[2]}/p/68/"
    assert (await client.data("GET", "W/connect/endpoints"))["socket"]["app"] == wanted
    assert (await client.data("GET", "/website/connect/endpoints"))["socket"]["app"] == wanted
    assert (await client.call("GET", "/plugin/connect/endpoints")).status_code == 403
    async with rest(sim, tier="plugin") as plugin:
        found = await plugin.data("GET", "/plugin/connect/endpoints")
    assert found["socket"]["app"] == wanted
    assert PLUGIN[0] != sim.settings()["CRISP_TOKEN_IDENTIFIER"]


async def test_a_hundred_thousand_conversations_are_listed_from_an_index() -> None:
    """A filtered page of a large inbox is right after a change, and unread messages stay unmade."""
    async with crisp(limits=False) as sim, rest(sim) as client:
        made = sim.seed(conversations=100_000, messages=10)
        newest = await client.data("GET", "W/conversations/1", order_date_updated=1)
        assert len(newest) == 20
        oldest = made["first_session_id"]
        visitor(sim, "wake up", session_id=oldest)
        listed = await client.data("GET", "W/conversations/1", filter_not_resolved=1)
        assert [c["session_id"] for c in listed] == [oldest]
        top = await client.data("GET", "W/conversations/1", order_date_updated=1)
        assert top[0]["session_id"] == oldest
        assert len(await client.data("GET", f"W/conversation/{oldest}/messages")) == 11
        untouched = sim.world.conversations[newest[0]["session_id"]]
        assert untouched.thread.loaded() == []
