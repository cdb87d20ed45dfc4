"""Links to Crisp's inbox that are shared in Slack, end to end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.simulator.slack.people import ANA, GENERAL, MULTI_GUEST
from tests.e2e_kit import rest
from tests.harness import World, eventually

OTHER_WEBSITE = "00000000-0000-4000-8000-000000000000"


def inbox(world: World, session_id: str, website: str = "") -> str:
    """Return the address of a conversation in Crisp's inbox."""
    website = website or world.env["CRISP_WEBSITE_ID"]
    return f"https://app.crisp.chat/website/{website}/inbox/{session_id}/"


async def share(
    world: World, text: str, *, user: str = ANA, channel: str = GENERAL, **more: Any
) -> str:
    """Write something with a link; return its ts."""
    act = {"as": user, "do": "message", "channel": channel, "text": text, **more}
    done = await world.slack.act(act)
    ts: str = done["ts"]
    return ts


def preview(world: World, ts: str, channel: str = GENERAL) -> str:
    """Return what is previewed of a message's links."""
    message = next(m for m in world.posts(channel) if m["ts"] == ts)
    return json.dumps(message.get("attachments") or [], ensure_ascii=False)


def unfurls(world: World) -> int:
    """Return how many calls made a preview."""
    calls: int = world.slack.dump("calls")["calls"].get("chat.unfurl", 0)
    return calls


async def test_a_link_to_our_inbox_is_previewed(world: World) -> None:
    """Who it is, how it stands and where the thread is; nothing that was written, no button."""
    async with world.bridge():
        session_id = world.visitor("My secret", nickname="Maya", email="maya@shop.test")
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        await rest(world)
        calls = world.crisp.dump()["calls"]["total"]
        ts = await share(world, f"Look at {inbox(world, session_id)} please")
        await eventually(lambda: "Maya" in preview(world, ts), what="the preview")
        shown = preview(world, ts)
        assert "*#1*" in shown
        assert root["ts"].replace(".", "") in shown
        assert [
            word for word in ("secret", "maya@shop", "button", "actions") if word in shown
        ] == []
        await rest(world)
        assert world.crisp.dump()["calls"]["total"] == calls, "what is stored costs no call"


async def test_a_conversation_without_a_thread_is_previewed_too(world: World) -> None:
    """What is not known here is asked of Crisp, once a link."""
    session_id = world.visitor("Hi", nickname="Old Joe")
    async with world.bridge():
        ts = await share(world, inbox(world, session_id))
        await eventually(lambda: "Old Joe" in preview(world, ts), what="the preview")


@pytest.mark.parametrize("who", ["guest", "another_company", "other_website", "composer"])
async def test_in_doubt_there_is_no_preview(world: World, who: str) -> None:
    """Not for guests, not where another company reads, not of other websites, not unsent."""
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session_id), what="the card")
        link = inbox(world, session_id)
        match who:
            case "guest":
                await share(world, link, user=MULTI_GUEST)
            case "another_company":
                await share(world, link, channel=world.channel)
            case "other_website":
                await share(world, inbox(world, session_id, OTHER_WEBSITE))
            case _:
                await world.slack.act({"as": ANA, "do": "paste", "url": link})
        await rest(world)
        ts = await share(world, inbox(world, session_id))
        await eventually(lambda: "Maya" in preview(world, ts), what="a preview that is allowed")
        assert unfurls(world) == 1


async def test_slacks_refusal_ends_nothing(world: World) -> None:
    """A preview that Slack does not take is lost, and nothing else."""
    world.slack.faults.add({"on": "chat.unfurl", "do": "error", "code": "cannot_unfurl_url"})
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session_id), what="the card")
        await share(world, inbox(world, session_id))
        await eventually(lambda: unfurls(world) == 1, what="the attempt")
        await world.reply(session_id, "Hello")
        await eventually(lambda: world.customer_sees(session_id), what="the reply")
