"""The simulated Crisp's RTM socket: handshake, events, echo, and nothing for who is away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]  # ships no types

from bot.simulator.crisp import CrispSimulator
from tests.simulator_crisp_kit import WAIT, crisp, listening, rest, text


def visitor(sim: CrispSimulator, content: str = "hello", **more: Any) -> str:
    """Let a visitor write; return the session id."""
    return str(sim.act({"do": "visitor_message", "text": content, **more})["session_id"])


async def test_both_tiers_are_authenticated() -> None:
    """The verdict is `authenticated` with true, whichever tier's endpoint led there."""
    async with crisp() as sim:
        for tier in ("website", "plugin"):
            async with listening(sim, "message:send", tier=tier) as ear:
                assert ear.of("authenticated") == [True]
                assert [s["tier"] for s in sim.dump()["sockets"]] == [tier]


async def test_a_wrong_key_is_unauthorized_and_hears_nothing() -> None:
    """`unauthorized` carries a message, then the socket is closed."""
    async with crisp() as sim, listening(sim, "message:send", key="wrong") as ear:
        assert ear.of("unauthorized") == [{"message": "invalid_session"}]
        async with asyncio.timeout(WAIT):
            await ear.closed.wait()
        visitor(sim)
        assert ear.of("message:send") == []
        assert sim.dump()["sockets"] == []


async def test_polling_is_refused() -> None:
    """The transport is a websocket, nothing else."""
    async with crisp() as sim:
        client = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(
                sim.base_url.removesuffix("/v1"), socketio_path="/p/68/", transports=["polling"]
            )
        await client.disconnect()
        # The library leaves its own HTTP session to us when the first connection fails.
        if client.eio.http is not None:
            await client.eio.http.close()


async def test_only_the_events_asked_for_arrive_and_without_an_envelope() -> None:
    """An event comes under its own name, with the ids first and the data directly."""
    async with crisp() as sim, listening(sim, "message:send", "session:set_state") as ear:
        session = visitor(sim, "hello", nickname="Jane", inbox_id="i1")
        sim.act({"do": "set_state", "session_id": session, "state": "resolved"})
        state = await ear.first("session:set_state")
        assert state == {
            "website_id": sim.world.website_id, "session_id": session,
            "inbox_id": "i1", "state": "resolved",
        }  # fmt: skip
        sent = (await ear.first("message:send")) | {"preview": None, "mentions": None}
        assert (sent["session_id"], sent["content"], sent["from"]) == (session, "hello", "user")
        assert sent["user"]["user_id"] == session
        assert {name for name, _ in ear.heard} == {
            "authenticated", "message:send", "session:set_state",
        }  # fmt: skip


async def test_an_api_send_is_echoed_to_every_connection() -> None:
    """Our own message comes back as message:received, on each socket."""
    async with (
        crisp() as sim,
        rest(sim) as client,
        listening(sim, "message:received") as one,
        listening(sim, "message:received") as two,
    ):
        body = text("hi", fingerprint=170000000000007, automated=True)
        await client.data("POST", f"W/conversation/{visitor(sim)}/message", body)
        for ear in (one, two):
            echo = await ear.first("message:received")
            assert echo["fingerprint"] == 170000000000007
            assert echo["automated"] is True


async def test_what_happens_while_away_is_never_replayed() -> None:
    """After a disconnect only what happens from then on arrives."""
    async with crisp() as sim:
        async with listening(sim, "message:send") as ear:
            assert await sim.disconnect() == 1
            async with asyncio.timeout(WAIT):
                await ear.closed.wait()
        session = visitor(sim, "missed")
        async with listening(sim, "message:send") as ear:
            visitor(sim, "heard", session_id=session)
            assert (await ear.first("message:send"))["content"] == "heard"
            assert len(ear.of("message:send")) == 1


async def test_events_keep_their_order() -> None:
    """A hundred messages arrive as they were written."""
    async with crisp() as sim, listening(sim, "message:send") as ear:
        session = visitor(sim, "0")
        for i in range(1, 100):
            visitor(sim, str(i), session_id=session)
        await ear.until(lambda: len(ear.of("message:send")) == 100)
        # python-socketio runs each handler in a task; tasks start in the order of arrival.
        assert [m["content"] for m in ear.of("message:send")] == [str(i) for i in range(100)]


@pytest.mark.parametrize(
    ("act", "event", "expected"),
    [
        ({"do": "visitor_typing", "text": "hel"}, "message:compose:send",
         {"type": "start", "excerpt": "hel"}),
        ({"do": "operator_typing", "operator": "ben@acme.test"}, "message:compose:receive",
         {"type": "start"}),
        ({"do": "operator_message", "text": "hi", "operator": "ben@acme.test"},
         "message:received", {"from": "operator", "content": "hi"}),
        ({"do": "operator_note", "text": "psst"}, "message:received", {"type": "note"}),
        ({"do": "visitor_read"}, "message:acknowledge:read:received", {"origin": "chat"}),
        ({"do": "visitor_delivered"}, "message:acknowledge:delivered", {"origin": "chat"}),
        ({"do": "operator_read"}, "message:acknowledge:read:send", {"origin": "chat"}),
        ({"do": "assign", "operator": "cleo@acme.test"}, "session:set_routing",
         {"previous_routing_id": None}),
        ({"do": "block"}, "session:set_block", {"is_blocked": True}),
        ({"do": "set_inbox", "inbox_id": "i9"}, "session:set_inbox", {"previous_inbox_id": None}),
        ({"do": "set_meta", "email": "j@x.test"}, "session:set_email", {"email": "j@x.test"}),
        ({"do": "set_meta", "nickname": "J"}, "session:set_nickname", {"nickname": "J"}),
        ({"do": "set_meta", "segments": ["a"]}, "session:set_segments", {"segments": ["a"]}),
        ({"do": "set_meta", "data": {"a": 1}}, "session:set_data", {"data": {"a": 1}}),
        ({"do": "set_meta", "email": "j@x.test"}, "people:bind:session", {}),
        ({"do": "set_meta", "email": "j@x.test"}, "people:profile:created", {"email": "j@x.test"}),
        ({"do": "rate", "stars": 5, "comment": "ok"}, "session:sync:rating",
         {"rating": {"stars": 5, "comment": "ok"}}),
        ({"do": "visitor_availability", "online": False}, "session:update_availability",
         {"availability": "offline"}),
        ({"do": "operator_open"}, "session:set_opened", {}),
        ({"do": "remove_conversation"}, "session:removed", {}),
        ({"do": "emit", "event": "session:error", "data": {"message": "x"}}, "session:error",
         {"message": "x"}),
    ],
)  # fmt: skip
async def test_every_act_causes_its_event(
    act: dict[str, Any], event: str, expected: dict[str, Any]
) -> None:
    """What people do is told to whoever listens."""
    async with crisp() as sim:
        session = visitor(sim)
        answer = {"do": "operator_message", "session_id": session, "text": "welcome"}
        sim.act(answer)
        async with listening(sim, event) as ear:
            sim.act({"session_id": session, **act})
            heard = await ear.first(event)
            assert expected.items() <= heard.items()


async def test_edits_removals_and_answers_name_only_the_fingerprint() -> None:
    """message:updated has the whole content, message:removed nothing but the fingerprint."""
    async with crisp() as sim, listening(sim, "message:updated", "message:removed") as ear:
        session = visitor(sim, "teh")
        choices = [{"value": v, "label": v, "selected": False} for v in ("yes", "no")]
        picker = sim.act(
            {
                "do": "operator_message", "session_id": session, "type": "picker",
                "content": {"id": "p", "text": "ok?", "choices": choices},
            }
        )["fingerprint"]  # fmt: skip
        act = {"session_id": session, "fingerprint": picker}
        sim.act({"do": "picker_answer", "value": "yes", **act})
        updated = await ear.first("message:updated")
        assert [c["selected"] for c in updated["content"]["choices"]] == [True, False]
        assert updated["fingerprint"] == picker
        assert "from" not in updated
        sim.act({"do": "operator_remove", **act})
        removed = await ear.first("message:removed")
        assert set(removed) == {"website_id", "session_id", "inbox_id", "fingerprint"}


async def test_a_new_visitor_is_introduced_before_they_write() -> None:
    """initiated, then what is known, then the message; no set_state for a new conversation."""
    wanted = (
        "session:request:initiated", "session:sync:geolocation", "session:sync:pages",
        "session:set_email", "message:send", "session:set_state",
    )  # fmt: skip
    async with crisp() as sim, listening(sim, *wanted) as ear:
        visitor(sim, email="j@x.test", country="PT", page="https://acme.test/")
        await ear.first("message:send")
        assert [name for name, _ in ear.heard[1:]] == list(wanted[:-1])


async def test_a_reopened_conversation_says_so() -> None:
    """The visitor's message comes with session:set_state unresolved under the same id."""
    async with crisp() as sim, listening(sim, "session:set_state") as ear:
        session = visitor(sim)
        sim.act({"do": "set_state", "session_id": session, "state": "resolved"})
        visitor(sim, "again", session_id=session)
        await ear.until(lambda: len(ear.of("session:set_state")) == 2)
        assert [e["state"] for e in ear.of("session:set_state")] == ["resolved", "unresolved"]
        assert {e["session_id"] for e in ear.of("session:set_state")} == {session}


async def test_the_team_going_home_is_told() -> None:
    """users:available changes when the last operator leaves."""
    names = ("website:update_operators_availability", "website:users:available")
    async with crisp() as sim, listening(sim, *names) as ear:
        for email in ("ana@acme.test", "ben@acme.test", "cleo@acme.test"):
            act = {"do": "operator_availability", "operator": email, "availability": "offline"}
            sim.act(act)
        assert (await ear.first("website:users:available"))["available"] is False
        assert len(ear.of("website:update_operators_availability")) == 3
