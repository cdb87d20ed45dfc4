"""The simulated Crisp's messages: sending, paging, editing, reading."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.crisp import CrispSimulator
from tests.simulator_crisp_kit import Json, crisp, rest, text


def visitor(sim: CrispSimulator, content: str = "hello", **more: Any) -> str:
    """Let a visitor write; return the session id."""
    return str(sim.act({"do": "visitor_message", "text": content, **more})["session_id"])


async def test_a_send_is_dispatched_with_a_fingerprint_of_ours_or_its_own() -> None:
    """The answer is 202 with the supplied fingerprint, or one of 15 digits."""
    async with crisp() as sim, rest(sim) as client:
        path = f"W/conversation/{visitor(sim)}/message"
        ours = await client.call("POST", path, text("a", fingerprint=170000000000042))
        assert ours.status_code == 202
        assert ours.json() == {
            "error": False, "reason": "dispatched", "data": {"fingerprint": 170000000000042},
        }  # fmt: skip
        allocated = await client.data("POST", path, text("b"))
        assert len(str(allocated["fingerprint"])) == 15
        found = await client.data("GET", f"{path}/{allocated['fingerprint']}")
        assert found["content"] == "b"
        sim.config({"send_status": 201})
        assert (await client.call("POST", path, text("c"))).status_code == 201


async def test_what_a_send_says_of_its_author_and_itself_is_kept() -> None:
    """User, automated, mentions, references and properties come back as sent."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        body = text(
            "hi", user={"type": "participant", "nickname": "Ana", "avatar": "https://x.test/a.png"},
            automated=True, mentions=["u"], references=[{"type": "link", "target": "https://x"}],
            properties={"k": 1},
        )  # fmt: skip
        sent = await client.data("POST", f"W/conversation/{session}/message", body)
        path = f"W/conversation/{session}/message/{sent['fingerprint']}"
        shown = await client.data("GET", path)
        for name in ("user", "automated", "mentions", "references", "properties"):
            assert shown[name] == body[name]
        assert shown["session_id"] == session


async def test_a_second_send_with_the_same_fingerprint_doubles_unless_told_otherwise() -> None:
    """By default nothing is deduplicated; with dedupe the second send does nothing."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        path = f"W/conversation/{session}/message"
        for fingerprint in (170000000000001, 170000000000001):
            await client.data("POST", path, text("twice", fingerprint=fingerprint))
        assert len(sim.dump(session)["messages"]) == 3
        sim.config({"dedupe": True})
        await client.data("POST", path, text("twice", fingerprint=170000000000001))
        assert len(sim.dump(session)["messages"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        text(""),
        text("  \n"),
        text("x", type="poem"),
        text("x", **{"from": "nobody"}),
        text("x", origin=""),
        text("x", fingerprint=2**53),
        text("x", fingerprint="170000000000001"),
        text("x", type="file"),
        {"type": "file", "from": "operator", "origin": "chat", "content": {"name": "a"}},
        {"type": "picker", "from": "operator", "origin": "chat",
         "content": {"id": "p", "text": "?"}},
        text("x", type="note", **{"from": "user"}),
        {},
    ],
)  # fmt: skip
async def test_a_malformed_message_is_invalid_and_not_stored(body: Json) -> None:
    """400 invalid_data with a message, and the thread is as it was."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        refused = await client.call("POST", f"W/conversation/{session}/message", body)
        assert (refused.status_code, refused.json()["reason"]) == (400, "invalid_data")
        assert refused.json()["data"]["message"]
        assert len(sim.dump(session)["messages"]) == 1


async def test_a_long_text_is_no_trouble_to_the_server() -> None:
    """2,000 characters is an importer's habit, not the API's limit."""
    async with crisp() as sim, rest(sim) as client:
        path = f"W/conversation/{visitor(sim)}/message"
        assert (await client.call("POST", path, text("x" * 5000))).status_code == 202


async def test_notes_can_be_refused_as_on_a_free_plan() -> None:
    """With notes off a note gets 402 and a text does not."""
    async with crisp() as sim, rest(sim) as client:
        path = f"W/conversation/{visitor(sim)}/message"
        sim.config({"notes": False})
        refused = await client.call("POST", path, text("psst", type="note"))
        assert refused.status_code == 402
        assert refused.json()["reason"] == "subscription_upgrade_required"
        assert (await client.call("POST", path, text("hello"))).status_code == 202


async def test_messages_are_paged_by_timestamp_oldest_first() -> None:
    """The last 40 by default; before, after and around walk without gap or overlap."""
    async with crisp() as sim, rest(sim) as client:
        start = 1_700_000_000_000
        session = visitor(sim, "m0", timestamp=start)
        for i in range(1, 100):
            visitor(sim, f"m{i}", session_id=session, timestamp=start + i)
        path = f"W/conversation/{session}/messages"

        async def contents(**query: Any) -> list[str]:
            return [m["content"] for m in await client.data("GET", path, **query)]

        assert await contents() == [f"m{i}" for i in range(60, 100)]
        assert await contents(timestamp_before=start + 60) == [f"m{i}" for i in range(20, 60)]
        assert await contents(timestamp_before=start) == []
        assert await contents(timestamp_after=start + 9) == [f"m{i}" for i in range(10, 50)]
        assert await contents(timestamp_after=start + 99) == []
        around = await contents(timestamp_around=start + 50)
        assert around == [f"m{i}" for i in range(30, 70)]
        both = {"timestamp_before": 1, "timestamp_after": 1}
        assert (await client.call("GET", path, **both)).status_code == 400
        assert (await client.call("GET", path)).status_code == 206


async def test_a_late_message_takes_its_place_by_timestamp() -> None:
    """An explicit timestamp orders; the conversation's last message stays the newest."""
    async with crisp() as sim:
        session = visitor(sim, "first", timestamp=1_700_000_000_000)
        visitor(sim, "third", session_id=session, timestamp=1_700_000_000_200)
        visitor(sim, "second", session_id=session, timestamp=1_700_000_000_100)
        shown = sim.dump(session)
        assert [m["content"] for m in shown["messages"]] == ["first", "second", "third"]
        assert shown["last_message"] == "third"
        assert shown["updated_at"] == 1_700_000_000_200


async def test_two_messages_of_a_conversation_never_share_a_millisecond() -> None:
    """Even when the clock stands still, timestamps and fingerprints rise."""
    async with crisp(clock=lambda: 1_700_000_000.0) as sim:
        session = visitor(sim)
        for _ in range(3):
            visitor(sim, session_id=session)
        messages = sim.dump(session)["messages"]
        for name in ("timestamp", "fingerprint"):
            values = [m[name] for m in messages]
            assert values == sorted(set(values))


async def test_a_message_is_edited_in_a_chatbox_and_nowhere_else() -> None:
    """PATCH changes the content; a conversation by e-mail refuses it."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        path = f"W/conversation/{session}/message"
        sent = (await client.data("POST", path, text("teh")))["fingerprint"]
        await client.data("PATCH", f"{path}/{sent}", {"content": "the"})
        shown = await client.data("GET", f"{path}/{sent}")
        assert (shown["content"], shown["edited"]) == ("the", True)
        assert sim.dump(session)["last_message"] == "the"
        mail = f"W/conversation/{visitor(sim, origin='email')}/message"
        sent = (await client.data("POST", mail, text("teh")))["fingerprint"]
        refused = await client.call("PATCH", f"{mail}/{sent}", {"content": "the"})
        assert (refused.status_code, refused.json()["reason"]) == (400, "invalid_data")
        assert (await client.data("GET", f"{mail}/{sent}"))["content"] == "teh"


async def test_a_removed_message_is_gone_and_no_longer_the_preview() -> None:
    """DELETE removes it from the thread; what came before is the last message again."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim, "question")
        path = f"W/conversation/{session}/message"
        sent = (await client.data("POST", path, text("oops")))["fingerprint"]
        await client.data("DELETE", f"{path}/{sent}")
        gone = await client.call("GET", f"{path}/{sent}")
        assert (gone.status_code, gone.json()["reason"]) == (404, "message_not_found")
        assert sim.dump(session)["last_message"] == "question"
        assert (await client.call("DELETE", f"{path}/{sent}")).status_code == 404


async def test_read_marks_what_the_named_side_wrote() -> None:
    """from=user marks the visitor's messages; the operator's stay unread."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        path = f"W/conversation/{session}"
        await client.data("POST", f"{path}/message", text("hello"))
        mark = {"from": "user", "origin": "urn:test:bridge:0"}
        assert (await client.call("PATCH", f"{path}/read", mark)).status_code == 202
        theirs, ours = sim.dump(session)["messages"]
        assert (theirs["read"], ours["read"]) == ("urn:test:bridge:0", "")
        assert (await client.data("GET", path))["unread"] == {"operator": 0, "visitor": 1}
        await client.data("PATCH", f"{path}/delivered", {"from": "operator", "origin": "chat"})
        await client.data("PATCH", f"{path}/unread", mark)
        theirs, ours = sim.dump(session)["messages"]
        assert (theirs["read"], ours["delivered"]) == ("", "chat")
        assert (await client.data("GET", path))["unread"]["operator"] == 1


async def test_read_can_name_single_messages() -> None:
    """With fingerprints only those are marked, and the counter goes down by as many."""
    async with crisp() as sim, rest(sim) as client:
        session = visitor(sim)
        second = sim.act({"do": "visitor_message", "session_id": session, "text": "and?"})
        body = {"from": "user", "origin": "chat", "fingerprints": [second["fingerprint"]]}
        await client.data("PATCH", f"W/conversation/{session}/read", body)
        assert [m["read"] for m in sim.dump(session)["messages"]] == ["", "chat"]
        assert sim.dump(session)["unread"]["operator"] == 1


async def test_state_changes_can_leave_event_messages() -> None:
    """With state_messages a resolution leaves a message of type event, as a Crisp inbox may."""
    async with crisp() as sim, rest(sim) as client:
        sim.config({"state_messages": True})
        session = visitor(sim)
        await client.data("PATCH", f"W/conversation/{session}/state", {"state": "resolved"})
        last = sim.dump(session)["messages"][-1]
        assert (last["type"], last["content"]["namespace"]) == ("event", "state:resolved")
        assert sim.dump(session)["last_message"] == "hello"
