"""Kinds of message over sockets: what either side can write has a good form on the other."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.simulator.slack.people import ANA, BEN, GENERAL, OTHER_BOT
from tests.e2e_kit import answers, notices, rest
from tests.harness import FAST, World, by_bot, eventually, is_context

Json = dict[str, Any]

PICKER: Json = {
    "id": "which",
    "text": "Which plan?",
    "choices": [
        {"value": "pro", "label": "Pro", "selected": False},
        {"value": "free", "label": "Free", "selected": False},
    ],
}


async def opened(world: World, **more: Any) -> str:
    """Let a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya", **more)
    await eventually(lambda: world.root_of(session), what="the card")
    return session


def act(world: World, session: str, name: str, **more: Any) -> None:
    """Let something happen in a conversation."""
    world.crisp.act({"do": name, "session_id": session, **more})


def facts(world: World, session: str) -> str:
    """Return the small print of a conversation's card."""
    root = world.root_of(session)
    assert root is not None
    texts = [e["text"] for b in root["blocks"] if b["type"] == "context" for e in b["elements"]]
    return "\n".join(texts)


def lines(world: World, session: str) -> list[str]:
    """Return the small lines of a thread."""
    found = [m for m in world.thread(session) if by_bot(m) and is_context(m)]
    return [m["blocks"][0]["elements"][0]["text"] for m in found]


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("animation", {"url": "https://storage.crisp.chat/a.gif", "type": "image/gif"},
         "🎞️ Animation\nhttps://storage.crisp.chat/a.gif"),
        ("audio",
         {"url": "https://storage.crisp.chat/a.webm", "type": "audio/webm", "duration": 75},
         "🎤 Audio message, 1:15\nhttps://storage.crisp.chat/a.webm"),
        ("picker", PICKER, "🔘 Which plan?☐ Pro☐ Free"),
        ("picker",
         PICKER | {"choices": [{"value": "pro", "label": "Pro", "selected": True}]},
         "🔘 Which plan?☑ Pro"),
        ("field", {"id": "mail", "text": "Your mail?", "explain": "For the invoice", "value": ""},
         "✏️ Your mail?\nFor the invoice\n\n(not filled in yet)"),
        ("field", {"id": "mail", "text": "Your mail?", "value": "maya@example.test"},
         "✏️ Your mail?maya@example.test"),
        ("carousel",
         {"text": "Our plans", "targets": [{
             "title": "Pro", "description": "All of it",
             "actions": [{"label": "Buy", "url": "https://shop.example/pro"}]}]},
         "🖼️ Our plansPro · All of it · Buy https://shop.example/pro"),
    ],
)  # fmt: skip
async def test_each_of_crisps_kinds_has_a_form(
    world: World, kind: str, content: Json, shown: str
) -> None:
    """What an operator or a bot sends is in the thread, asked or answered, with what it holds."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.act(
            {"do": "operator_message", "session_id": session, "type": kind, "content": content}
        )
        await eventually(lambda: len(world.shown(session)) == 2, what="the message")
    assert world.shown(session)[1] == shown


async def test_an_answered_picker_and_field_show_the_answer(world: World) -> None:
    """What the customer chooses or fills in is seen where it was asked."""
    async with world.bridge():
        session = await opened(world)
        field = {"id": "mail", "text": "Your mail?", "value": ""}
        for kind, content in (("picker", PICKER), ("field", field)):
            world.crisp.act(
                {"do": "operator_message", "session_id": session, "type": kind, "content": content}
            )
        await eventually(lambda: len(world.shown(session)) == 3, what="the questions")
        picker, asked = (m["fingerprint"] for m in world.crisp_messages(session)[-2:])
        act(world, session, "picker_answer", fingerprint=picker, value="pro")
        act(world, session, "field_answer", fingerprint=asked, value="maya@example.test")
        await eventually(lambda: "☑ Pro" in world.shown(session)[1], what="the choice")
        await eventually(lambda: "maya@" in world.shown(session)[2], what="the answer")
    assert world.shown(session)[1:] == [
        "🔘 Which plan?☑ Pro☐ Free",
        "✏️ Your mail?maya@example.test",
    ]


async def test_a_kind_of_the_future_is_named_and_leads_to_crisp(world: World) -> None:
    """What nobody here knows is not lost: it is said what it is and where it can be seen."""
    async with world.bridge():
        session = await opened(world)
        data = {
            "session_id": session, "type": "hologram", "from": "user", "origin": "chat",
            "content": {"shape": "cube"}, "fingerprint": 176380000000099, "timestamp": 1,
            "user": {"nickname": "Maya"},
        }  # fmt: skip
        world.crisp.act(
            {"do": "emit", "session_id": session, "event": "message:send", "data": data}
        )
        await eventually(lambda: len(world.shown(session)) == 2, what="the message")
        changed = {**data, "content": {"shape": "ball", "text": "round"}}
        world.crisp.act(
            {"do": "emit", "session_id": session, "event": "message:updated", "data": changed}
        )
        await eventually(lambda: "round" in world.shown(session)[1], what="the edit")
    said = world.shown(session)[1]
    assert said.startswith("A message of the type hologram, which can only be seen in Crisp.")
    assert f"/inbox/{session}/" in said


async def test_an_event_of_crisps_is_a_small_line(world: World) -> None:
    """An event is said once; one that repeats a state is left to the line about the state."""
    world.crisp.config({"state_messages": True})
    async with world.bridge():
        session = await opened(world)
        content = {"namespace": "call:ended", "text": "The call has ended"}
        world.crisp.act(
            {"do": "operator_message", "session_id": session, "type": "event", "content": content}
        )
        world.crisp.act({"do": "set_state", "session_id": session, "state": "resolved"})
        await eventually(lambda: len(lines(world, session)) == 2, what="the lines")
        await rest(world)
    assert sorted(lines(world, session)) == ["Resolved", "\u2139\ufe0f The call has ended"]


@pytest.mark.parametrize(
    ("origin", "fact"),
    [
        ("email", "via e-mail"),
        ("urn:crisp.im:whatsapp:0", "via WhatsApp"),
        ("urn:crisp.im:sms:0", "via SMS"),
        ("urn:acme.com:fax:0", "via fax"),
    ],
)
async def test_the_card_names_the_way(world: World, origin: str, fact: str) -> None:
    """By which way a customer writes is on the card, in people's words."""
    async with world.bridge():
        session = await opened(world, origin=origin, subject="Refund")
    assert fact in facts(world, session)
    assert "Subject: Refund" in facts(world, session)


async def test_the_card_grows_with_what_becomes_known(world: World) -> None:
    """Copies, topic, pages, verification and rating come to the card; the rating is said too."""
    async with world.bridge():
        session = await opened(
            world, email="maya@example.test", origin="email", page="https://shop.example/home"
        )
        act(world, session, "set_participants", emails=["boss@example.test", "law@example.test"])
        act(world, session, "set_topic", topic="Billing")
        act(world, session, "visitor_page", url="https://shop.example/pricing", title="Pricing")
        act(world, session, "visitor_page", url="https://shop.example/checkout", title="Checkout")
        act(world, session, "rate", stars=4, comment="Quick and *kind*")
        act(
            world,
            session,
            "emit",
            event="session:update_verify",
            data={"session_id": session, "is_verified": True},
        )
        await eventually(
            lambda: "Rated" in facts(world, session) and "verified" in facts(world, session)
        )
        await eventually(lambda: lines(world, session), what="the rating's line")
        await rest(world)
    card = facts(world, session)
    assert "✉️ maya@example.test ✓ verified" in card
    assert "CC: boss@example.test, law@example.test" in card
    assert "Topic: Billing" in card
    assert "📄 Checkout · https://shop.example/checkout ← Pricing" in card
    assert "Rated ★★★★☆ “Quick and *kind*”" in card
    assert lines(world, session) == ["Rated ★★★★☆ “Quick and *kind*”"]


async def test_what_was_known_before_the_thread_is_on_the_card(world: World) -> None:
    """Copies and topic that Crisp already knows are there when the thread opens."""
    session = world.visitor("Hello", nickname="Maya", email="maya@example.test")
    world.crisp.act(
        {"do": "set_participants", "session_id": session, "emails": ["boss@example.test"]}
    )
    world.crisp.act({"do": "set_topic", "session_id": session, "topic": "Billing"})
    async with world.bridge():
        world.visitor("again", session)
        await eventually(lambda: world.root_of(session), what="the card")
    assert "CC: boss@example.test" in facts(world, session)
    assert "Topic: Billing" in facts(world, session)


# --- from Slack


async def test_each_way_to_write_in_slack_reaches_the_customer_once(world: World) -> None:
    """Plain, also sent to the channel, as /me, in several blocks: one message each, in order."""
    blocks = [
        {"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}]},
        {"type": "rich_text", "elements": [
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "second"}]}]},
    ]  # fmt: skip
    async with world.bridge():
        session = await opened(world)
        await world.reply(session, "plain")
        await world.reply(session, "for all to see", broadcast=True)
        await world.reply(session, "waves :wave:", me=True)
        await world.reply(session, "first second", blocks=blocks)
        await eventually(lambda: len(answers(world, session)) == 4, what="the replies")
        await rest(world)
    assert answers(world, session) == ["plain", "for all to see", "waves 👋", "first\n\n> second"]


async def test_a_forwarded_message_is_quoted_to_the_customer(world: World) -> None:
    """What a colleague wrote elsewhere goes along as a quote, without where it was written."""
    async with world.bridge():
        session = await opened(world)
        said = await world.slack.act(
            {"as": BEN, "do": "message", "channel": GENERAL, "text": "It is *fixed*, <@U0ANA00001>"}
        )
        root = world.root_of(session)
        assert root is not None
        order = {"as": ANA, "do": "forward", "channel": GENERAL, "ts": said["ts"],
                 "to": world.channel, "thread_ts": root["ts"]}  # fmt: skip
        await world.slack.act({**order, "text": "Good news:"})
        await world.slack.act(order)
        await eventually(lambda: len(answers(world, session)) == 2, what="the replies")
        await rest(world)
    quote = "> It is **fixed**, @ana"
    assert answers(world, session) == [f"Good news:\n\n{quote}", quote]


async def test_a_forwarded_note_is_asked_about(world: World) -> None:
    """A note that was forwarded into the thread does not reach the customer by mistake."""
    async with world.bridge():
        session = await opened(world)
        act(world, session, "operator_note", text="He shouts a lot")
        await eventually(lambda: len(world.shown(session)) == 2, what="the note")
        note, root = world.thread(session)[0], world.root_of(session)
        assert root is not None
        await world.slack.act(
            {"as": ANA, "do": "forward", "channel": world.channel, "ts": note["ts"],
             "thread_ts": root["ts"], "text": "see this"}
        )  # fmt: skip
        await eventually(lambda: notices(world, ANA), what="the question")
        await rest(world)
    assert "what you forwarded was not meant for customers" in notices(world, ANA)[0]
    assert answers(world, session) == []


async def test_a_links_preview_is_never_sent(world: World) -> None:
    """Slack adds previews by itself, live and in what a sweep reads: they change nothing."""
    async with world.bridge():
        session = await opened(world)
        ts = await world.reply(session, "See https://x.example/page")
        await eventually(lambda: answers(world, session), what="the reply")
        await world.slack.act(
            {"as": ANA, "do": "unfurl", "channel": world.channel, "ts": ts,
             "url": "https://x.example/page", "title": "Internal title"}
        )  # fmt: skip
        await rest(world)
    assert answers(world, session) == ["See https://x.example/page"]
    assert notices(world, ANA) == []


async def test_only_a_named_app_speaks_to_customers(world: World) -> None:
    """Posts of apps stay in Slack; with ``relay_bots`` one speaks under its own name."""
    async with world.bridge():
        session = await opened(world)
        await world.reply(session, "not for you", user=OTHER_BOT)
        await world.reply(session, "nor this", user=OTHER_BOT, subtype="bot_message")
        await rest(world)
    assert answers(world, session) == []
    async with world.bridge(FAST + '[relay]\nrelay_bots = ["A0DEPLOYS1"]\n'):
        await world.reply(session, "Shipped *v2*", user=OTHER_BOT)
        sent = (await eventually(lambda: world.customer_sees(session), what="the post"))[0]
        await rest(world)
    assert (sent["content"], sent["user"]["nickname"]) == ("Shipped **v2**", "deploys")
    assert len(world.customer_sees(session)) == 1


# --- pictures


STRANGE = "https://evil.example/track.png"
"""A picture that is not on Crisp's own hosts: Crisp gives one of its own to who sets none."""


def icons(world: World, session: str) -> list[Json]:
    """Return the pictures of a conversation's posts by name, the card's first."""
    root = world.root_of(session)
    assert root is not None
    replies = [m for m in world.thread(session) if by_bot(m) and not is_context(m)]
    return [m["icons"] for m in (root, *replies)]


async def test_a_customer_without_a_picture_has_one_colour_on_each_post(world: World) -> None:
    """Also when a picture from elsewhere is set, and in the customer's next conversation."""
    async with world.bridge():
        first = await opened(world, email="maya@example.test", avatar=STRANGE)
        world.visitor("more", first)
        await eventually(lambda: len(world.shown(first)) == 2, what="the second message")
        other = await opened(world, email="Maya@example.test", avatar=STRANGE)
    shown = {icon["emoji"] for icon in (*icons(world, first), *icons(world, other))}
    assert len(shown) == 1
    assert shown.pop().endswith("_circle:")
    assert "evil.example" not in str(world.slack.dump("channels")["channels"])


async def test_a_tile_is_served_where_slack_can_fetch_it(world: World) -> None:
    """With ``public_url`` posts bear tiles, which the bridge serves under a letter and a colour."""
    config = FAST + '[relay]\npublic_url = "https://bridge.example/b"\n'
    async with world.bridge(config) as port:
        session = await opened(world, email="maya@example.test", avatar=STRANGE)
        world.visitor("more", session)
        await eventually(lambda: len(world.shown(session)) == 2, what="the second message")
        addresses = {icon["image_72"] for icon in icons(world, session)}
        (address,) = addresses
        assert address.startswith("https://bridge.example/b/avatar/M-")
        path = address.removeprefix("https://bridge.example/b")
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}{path}") as answer,
            http.get(f"http://127.0.0.1:{port}/avatar/Maya-blue.png") as named,
        ):
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert "max-age=31536000" in answer.headers["Cache-Control"]
            assert (await answer.read()).startswith(b"\x89PNG")
            assert named.status == 404


async def test_crisps_own_picture_is_shown(world: World) -> None:
    """What Crisp itself gives out as a picture is on the posts."""
    avatar = world.env["CRISP_API_URL"].removesuffix("/v1") + "/avatars/maya.png"
    async with world.bridge() as port:
        session = await opened(world, avatar=avatar)
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/avatar/M-blue.png") as answer,
        ):
            assert answer.status == 404
    assert icons(world, session)[0]["image_72"] == avatar
