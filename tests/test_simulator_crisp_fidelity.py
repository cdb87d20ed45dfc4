"""Answers, read marks, e-mails, origins and the past in the simulated Crisp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.simulator.crisp import ActError, CrispSimulator
from tests.simulator_crisp_kit import Ear, Json, Rest, crisp, listening, rest, text

READ = "message:acknowledge:read"
HEARD = (
    f"{READ}:send", f"{READ}:received", "message:acknowledge:unread:send",
    "message:acknowledge:delivered", "message:updated", "message:removed", "message:send",
    "session:sync:topic", "session:set_participants", "session:removed", "message:received",
)  # fmt: skip


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: CrispSimulator) -> AsyncIterator[Rest]:
    """Return a REST client."""
    async with rest(sim) as made:
        yield made


@pytest.fixture
async def ear(sim: CrispSimulator) -> AsyncIterator[Ear]:
    """Listen to what these tests are about."""
    async with listening(sim, *HEARD) as made:
        yield made


def visit(sim: CrispSimulator, **more: Any) -> str:
    """Begin a conversation; return its session id."""
    return str(sim.act({"do": "visitor_message", "text": "hi", **more})["session_id"])


def answer(sim: CrispSimulator, session: str, **more: Any) -> int:
    """Write as an operator; return the fingerprint."""
    act = {"do": "operator_message", "session_id": session, "text": "yes", **more}
    return int(sim.act(act)["fingerprint"])


async def test_an_answer_is_an_update_but_no_edit(sim: CrispSimulator, ear: Ear) -> None:
    """message:updated carries the whole content with the choice; the message is not edited."""
    session = visit(sim)
    choices = [{"value": v, "label": v.upper(), "selected": False} for v in "ab"]
    picker = {"id": "p", "text": "Which?", "choices": choices}
    sent = answer(sim, session, type="picker", content=picker)
    act = {"do": "picker_answer", "session_id": session, "fingerprint": sent}
    sim.act({**act, "value": "b"})
    update = await ear.first("message:updated")
    assert [c["selected"] for c in update["content"]["choices"]] == [False, True]
    assert update["content"]["text"] == "Which?"
    assert sim.dump(session)["messages"][-1]["edited"] is False
    with pytest.raises(ActError, match="no choice 'z'"):
        sim.act({**act, "value": "z"})


async def test_marks_tell_whose_messages_they_are_about(sim: CrispSimulator, ear: Ear) -> None:
    """The visitor's reading is about ours, an operator's about theirs, unread takes it back."""
    session = visit(sim)
    theirs = sim.dump(session)["messages"][0]["fingerprint"]
    ours = answer(sim, session)
    note = sim.act({"do": "operator_note", "session_id": session, "text": "psst"})["fingerprint"]
    seen = {"do": "visitor_read", "session_id": session, "fingerprints": [note]}
    assert sim.act(seen) == {"fingerprints": []}
    sim.act({"do": "visitor_delivered", "session_id": session})
    sim.act({"do": "visitor_read", "session_id": session})
    sim.act({"do": "operator_read", "session_id": session, "origin": "urn:x:y:0"})
    sim.act({"do": "operator_unread", "session_id": session})
    unread = await ear.first("message:acknowledge:unread:send")
    assert unread["fingerprints"] == [theirs]
    assert (await ear.first("message:acknowledge:delivered"))["fingerprints"] == [ours]
    assert (await ear.first(f"{READ}:received"))["fingerprints"] == [ours]
    sent = await ear.first(f"{READ}:send")
    assert (sent["fingerprints"], sent["origin"]) == ([theirs], "urn:x:y:0")
    assert sim.dump(session)["unread"]["operator"] == 1


async def test_a_mark_can_be_of_the_whole_conversation(
    sim: CrispSimulator, client: Rest, ear: Ear
) -> None:
    """Then the event names no messages, by the act's word or by the switch."""
    session = visit(sim)
    answer(sim, session)
    sim.act({"do": "visitor_read", "session_id": session, "whole": True})
    assert "fingerprints" not in await ear.first(f"{READ}:received")
    sim.config({"whole_acknowledges": True})
    read = {"from": "user", "origin": "urn:x:y:0"}
    await client.data("PATCH", f"W/conversation/{session}/read", read)
    assert "fingerprints" not in await ear.first(f"{READ}:send")
    assert sim.dump(session)["unread"] == {"operator": 0, "visitor": 0}
    assert all(m["read"] for m in sim.dump(session)["messages"])


async def test_crisp_can_be_made_to_name_messages_itself(sim: CrispSimulator, client: Rest) -> None:
    """Whoever relies on the fingerprint that was sent along is found out."""
    sim.config({"rename": True})
    session = visit(sim)
    body = {"type": "text", "from": "operator", "origin": "chat", "content": "x", "fingerprint": 7}
    given = (await client.data("POST", f"W/conversation/{session}/message", body))["fingerprint"]
    assert given != body["fingerprint"]
    assert sim.dump(session)["messages"][-1]["fingerprint"] == given


async def test_the_names_of_the_read_marks_can_change_places(sim: CrispSimulator, ear: Ear) -> None:
    """Whoever relies on the name alone is found out."""
    sim.config({"swap_acknowledges": True})
    session = visit(sim)
    ours = answer(sim, session)
    sim.act({"do": "visitor_read", "session_id": session})
    assert (await ear.first(f"{READ}:send"))["fingerprints"] == [ours]


async def test_an_email_is_out_of_reach_once_it_is_sent(
    sim: CrispSimulator, client: Rest, ear: Ear
) -> None:
    """It cannot be edited, and removing it from the thread leaves it in the recipient's box."""
    session = visit(sim, origin="email", subject="Invoice", email="li@example.com")
    sim.act({"do": "set_participants", "session_id": session, "emails": ["boss@example.com"]})
    assert (await ear.first("session:set_participants"))["participants"][0]["target"]
    sim.act({"do": "operator_note", "session_id": session, "text": "psst"})
    path = f"W/conversation/{session}/message"
    sent = (await client.data("POST", path, text("Paid.")))["fingerprint"]
    refused = await client.call("PATCH", f"{path}/{sent}", {"content": "Not paid."})
    assert (refused.status_code, refused.json()["reason"]) == (400, "invalid_data")
    with pytest.raises(ActError, match="chatbox conversations only"):
        sim.act({"do": "operator_edit", "session_id": session, "fingerprint": sent, "text": "Not."})
    await client.data("DELETE", f"{path}/{sent}")
    assert set(await ear.first("message:removed")) == {
        "website_id", "session_id", "inbox_id", "fingerprint",
    }  # fmt: skip
    shown = sim.dump(session)
    assert [m["content"] for m in shown["messages"]] == ["hi", "psst"]
    assert shown["mails"] == [
        {"to": "li@example.com", "cc": ["boss@example.com"], "subject": "Invoice",
         "fingerprint": sent, "content": "Paid."}
    ]  # fmt: skip


async def test_chats_send_no_mail(sim: CrispSimulator) -> None:
    """Only conversations of origin email do."""
    session = visit(sim, origin="urn:crisp.im:whatsapp:0")
    answer(sim, session)
    assert sim.dump(session)["mails"] == []
    assert sim.dump(session)["messages"][0]["origin"] == "urn:crisp.im:whatsapp:0"


async def test_the_topic_is_told(sim: CrispSimulator, ear: Ear) -> None:
    """It comes as a sync event and stands in the conversation."""
    session = visit(sim)
    sim.act({"do": "set_topic", "session_id": session, "topic": "Delivery"})
    assert (await ear.first("session:sync:topic"))["topic"] == "Delivery"
    assert sim.dump(session)["topic"] == "Delivery"


async def test_the_past_is_written_without_a_word(
    sim: CrispSimulator, client: Rest, ear: Ear
) -> None:
    """A long old conversation is there to be read, 40 messages a page; no event tells of it."""
    act = {"do": "history", "nickname": "Old", "count": 95, "oldest": 1_600_000_000_000,
           "every": 1000, "state": "resolved"}  # fmt: skip
    made = sim.act(act)
    path = f"W/conversation/{made['session_id']}"
    shown = await client.data("GET", path)
    assert (shown["created_at"], shown["state"]) == (1_600_000_000_000, "resolved")
    assert shown["updated_at"] == 1_600_000_094_000
    assert shown["meta"]["nickname"] == "Old"
    pages: list[Json] = []
    before = 1_999_999_999_999
    while page := await client.data("GET", f"{path}/messages", timestamp_before=before):
        pages.append({"size": len(page)})
        before = page[0]["timestamp"]
    assert [p["size"] for p in pages] == [40, 40, 15]
    sim.act({"do": "visitor_message", "text": "now", "session_id": made["session_id"]})
    await ear.first("message:send")
    assert [data["content"] for data in ear.of("message:send")] == ["now"]
    assert ear.of("message:received") == []


async def test_the_past_has_its_own_words_and_writers(sim: CrispSimulator) -> None:
    """Messages are given with time and sender, in a conversation that is there or a new one."""
    session = visit(sim)
    messages = [
        {"text": "first", "timestamp": 1_600_000_000_000, "fingerprint": 160000000000001},
        {"from": "operator", "operator": "ben@acme.test", "text": "second",
         "timestamp": 1_600_000_001_000},
    ]  # fmt: skip
    done = sim.act({"do": "history", "session_id": session, "messages": messages})
    assert done["fingerprints"][0] == 160000000000001
    found = sim.dump(session)["messages"]
    assert [m["content"] for m in found] == ["first", "second", "hi"]
    assert found[1]["user"]["nickname"] == "Ben Okafor"
    old = {"do": "history", "origin": "email", "count": 2, "oldest": 1_600_000_000_000}
    mailed = sim.dump(sim.act(old)["session_id"])
    assert [m["origin"] for m in mailed["messages"]] == ["email", "email"]
    assert mailed["meta"]["origin"] == "email"
    with pytest.raises(ActError, match="message 0 of the history needs a timestamp"):
        sim.act({"do": "history", "messages": [{"text": "when?"}]})


async def test_a_removed_conversation_is_told_and_gone(
    sim: CrispSimulator, client: Rest, ear: Ear
) -> None:
    """session:removed names it; reading it is a 404."""
    session = visit(sim)
    sim.act({"do": "remove_conversation", "session_id": session})
    assert (await ear.first("session:removed"))["session_id"] == session
    gone = await client.call("GET", f"W/conversation/{session}")
    assert (gone.status_code, gone.json()["reason"]) == (404, "conversation_not_found")


@pytest.mark.parametrize("content", [{"depth": 3}, ["a"], "plain"])
async def test_a_message_of_tomorrow_s_type_can_be_sent(
    sim: CrispSimulator, client: Rest, ear: Ear, content: Any
) -> None:
    """Unchecked it has any type and content, by event, by reading, and in lists."""
    act = {"do": "visitor_message", "type": "hologram", "content": content}
    with pytest.raises(ActError, match="type must be one of"):
        sim.act(act)
    session = sim.act({**act, "unchecked": True})["session_id"]
    assert (await ear.first("message:send"))["type"] == "hologram"
    (read,) = await client.data("GET", f"W/conversation/{session}/messages")
    assert read["content"] == content
    assert await client.data("GET", "W/conversations/1", search_query="nowhere") == []
    (listed,) = await client.data("GET", "W/conversations/1")
    assert listed["preview_message"]["type"] == "hologram"
