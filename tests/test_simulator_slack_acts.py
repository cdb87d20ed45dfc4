"""The simulated Slack's people: what they do, and the commands, buttons and modals they use."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA, BEN, BOT_USER, STRANGER
from tests.simulator_slack_kit import (
    Json,
    Wire,
    act,
    bolt,
    button,
    client,
    modal,
    plain,
    sim,
    socket,
    wire,
)

__all__ = ["bolt", "client", "sim", "socket"]  # the fixtures


async def test_threads_broadcasts_and_me(sim: SlackSimulator, socket: Wire) -> None:
    """Replies have no subtype, broadcasts carry their root, /me has a subtype of its own."""
    root = await act(sim, socket, as_="ana", do="message", text="root")
    reply = await act(sim, socket, as_="ben", do="message", text="re", thread_ts=root["ts"])
    assert "thread_ts" not in root
    assert (reply["thread_ts"], reply["parent_user_id"]) == (root["ts"], ANA)
    assert "subtype" not in reply
    aloud = await act(
        sim, socket, as_="ben", do="message", text="all", thread_ts=root["ts"], broadcast=True
    )
    assert (aloud["subtype"], aloud["root"]["ts"]) == ("thread_broadcast", root["ts"])
    waved = await act(sim, socket, as_="ben", do="message", text="waves", me=True)
    assert waved["subtype"] == "me_message"


async def test_edits_deletes_and_tombstones(sim: SlackSimulator, socket: Wire) -> None:
    """Edits show before and after; deletes name what is gone; a root with replies turns stone."""
    root = await act(sim, socket, as_="ana", do="message", text="root")
    reply = await act(sim, socket, as_="ben", do="message", text="old", thread_ts=root["ts"])
    edited = await act(sim, socket, as_="ben", do="edit", ts=reply["ts"], text="new")
    assert edited["subtype"] == "message_changed"
    assert (edited["message"]["text"], edited["previous_message"]["text"]) == ("new", "old")
    assert edited["message"]["edited"]["user"] == BEN
    stone = await act(sim, socket, as_="ana", do="delete", ts=root["ts"])
    assert stone["message"]["user"] == "USLACKBOT"
    assert stone["message"]["text"] == "This message was deleted."
    gone = await act(sim, socket, as_="ben", do="delete", ts=reply["ts"])
    assert (gone["subtype"], gone["deleted_ts"]) == ("message_deleted", reply["ts"])
    assert gone["previous_message"]["text"] == "new"


async def test_an_unfurl_is_a_change_that_nobody_made(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """Slack's preview and the app's own carry attachments and no ``edited``."""
    said = await act(sim, socket, as_="ana", do="message", text="see https://x.test")
    changed = await act(sim, socket, as_="ana", do="unfurl", ts=said["ts"], url="https://x.test")
    assert changed["message"]["attachments"][0]["from_url"] == "https://x.test"
    assert "edited" not in changed["message"]
    await sim.act(as_="ana", do="message", text="see https://app.crisp.chat/website/1/inbox/2")
    message, shared = await socket.event(), await socket.event()
    assert shared["type"] == "link_shared"
    assert shared["links"][0]["domain"] == "app.crisp.chat"
    unfurls = {shared["links"][0]["url"]: {"text": "a conversation"}}
    await client.chat_unfurl(channel=sim.channel_id, ts=message["ts"], unfurls=unfurls)
    changed = await socket.event()
    assert changed["message"]["attachments"][0]["text"] == "a conversation"
    assert "edited" not in changed["message"]


async def test_reactions_name_the_item_and_no_thread(sim: SlackSimulator, socket: Wire) -> None:
    """The event has channel and ts only."""
    said = await act(sim, socket, as_="ana", do="message", text="hi")
    added = await act(sim, socket, as_="ben", do="react", ts=said["ts"], name="eyes")
    assert (added["type"], added["user"], added["item_user"]) == ("reaction_added", BEN, ANA)
    item = {"type": "message", "channel": sim.channel_id, "ts": said["ts"]}
    assert added["item"] == item
    taken = await act(sim, socket, as_="ben", do="unreact", ts=said["ts"], name="eyes")
    assert (taken["type"], taken["item"]) == ("reaction_removed", item)


async def test_membership_and_channels(sim: SlackSimulator, socket: Wire) -> None:
    """Joins make a line and an event; the app hears nothing of its own removal."""
    await sim.act(as_="ana", do="kick", who="ben", channel="support")
    left = await socket.event()
    assert (left["type"], left["user"]) == ("member_left_channel", BEN)
    await sim.act(as_="ana", do="invite", who="ben", channel="support")
    line, joined = await socket.event(), await socket.event()
    assert (line["subtype"], joined["type"]) == ("channel_join", "member_joined_channel")
    assert joined["inviter"] == ANA
    renamed = await act(sim, socket, as_="ada", do="rename", channel="general", name="lobby")
    assert (renamed["type"], renamed["channel"]["name"]) == ("channel_rename", "lobby")
    stored = await act(sim, socket, as_="ada", do="archive", channel="vip")
    assert stored["type"] == "group_archive"
    back = await act(sim, socket, as_="ada", do="unarchive", channel="vip")
    assert back["type"] == "group_unarchive"
    await sim.act(as_="ada", do="kick", who="bridge", channel="support")
    await sim.act(as_="ana", do="message", text="unheard")
    deleted = await act(sim, socket, as_="ada", do="delete_channel", channel="lobby")
    assert deleted["type"] == "channel_deleted"


async def test_people_change(sim: SlackSimulator, socket: Wire) -> None:
    """A changed or deactivated account makes a user_change with the whole user."""
    renamed = await act(sim, socket, as_="ana", do="set_user", real_name="Ana Lucia")
    assert renamed["user"]["profile"]["real_name"] == "Ana Lucia"
    gone = await act(sim, socket, as_="ada", do="deactivate", who="ben@acme.test")
    assert (gone["user"]["id"], gone["user"]["deleted"]) == (BEN, True)


async def test_strangers_and_other_bots_are_marked(sim: SlackSimulator, socket: Wire) -> None:
    """A stranger's message names another team; another app's has its own bot_id."""
    await sim.act(as_="sam", do="message", text="hi from outside")
    envelope = await socket.receive()
    event = envelope["payload"]["event"]
    assert envelope["payload"]["is_ext_shared_channel"]
    assert event["user"] == STRANGER
    assert event["team"] != envelope["payload"]["team_id"]
    await socket.ack(envelope)
    deployed = await act(sim, socket, as_="deploys", do="message", text="done")
    assert deployed["bot_id"] == "B0DEPLOYS1"
    classic = await act(
        sim, socket, as_="deploys", do="message", text="done", subtype="bot_message"
    )
    assert (classic["subtype"], classic["username"]) == ("bot_message", "Deploys")
    assert "user" not in classic


async def test_mistakes_in_orders_are_explained(sim: SlackSimulator) -> None:
    """An impossible order says in one sentence why."""
    said = await sim.act(as_="ana", do="message", text="hi")
    for order, words in [
        ({"as": "nobody", "do": "message"}, "no user 'nobody'"),
        ({"as": "ana", "do": "dance"}, "unknown verb 'dance'"),
        ({"as": "ana", "do": "message", "test": "hi"}, "unexpected keyword argument 'test'"),
        ({"as": "ana", "do": "message", "channel": "attic"}, "no channel 'attic'"),
        ({"as": "gus", "do": "message", "channel": "general"}, "gus is not in general"),
        ({"as": "ana", "do": "message", "channel": "old-support"}, "old-support is archived"),
        ({"as": "ben", "do": "edit", "ts": said["ts"]}, "people edit only their own"),
        ({"as": "ben", "do": "delete", "ts": said["ts"]}, "only its author or an admin"),
        ({"as": "ana", "do": "command", "thread_ts": said["ts"]}, "not supported in threads"),
        ({"as": "ana", "do": "press", "ts": said["ts"], "action_id": "x"}, "nothing to use"),
        ({"as": "ana", "do": "submit"}, "has no view"),
    ]:
        with pytest.raises((ValueError, LookupError)) as caught:
            await sim.act(order)
        assert words in str(caught.value.args[0])


async def test_a_command_s_ack_is_shown_to_the_one_who_used_it(
    sim: SlackSimulator, bolt: AsyncApp
) -> None:
    """Bolt's ack text becomes an ephemeral message; names arrive encoded."""
    asked: list[Json] = []

    @bolt.command("/crisp")
    async def on_command(ack: Any, command: Json) -> None:
        asked.append(command)
        await ack("done")

    answer = await sim.act(as_="ana", do="command", text="assign 12 @ben #general @nobody")
    assert answer["acked"]
    assert asked[0]["text"] == f"assign 12 <@{BEN}|ben> <#C0GENERAL1|general> @nobody"
    assert [e["text"] for e in sim.dump()["ephemerals"][ANA]] == ["done"]


async def test_an_unanswered_command_fails_visibly_and_is_not_repeated(
    sim: SlackSimulator,
) -> None:
    """Nobody there, or no ack in time: the person is told, the app never again."""
    answer = await sim.act(as_="ana", do="command", text="help")
    assert (answer["acked"], answer["reason"]) == (False, "no_socket")
    sim.configure(ack_timeout=0.05)
    async with wire(sim) as socket:
        answer = await sim.act(as_="ana", do="command", text="help")
        assert (answer["acked"], answer["reason"]) == (False, "timeout")
        assert (await socket.receive())["type"] == "slash_commands"
        await sim.act(as_="ana", do="message", text="next")
        assert (await socket.event())["text"] == "next"
    texts = [e["text"] for e in sim.dump()["ephemerals"][ANA]]
    assert texts == [
        '/crisp failed with the error "dispatch_failed"',
        '/crisp failed with the error "operation_timeout"',
    ]


async def test_a_response_url_is_good_for_five_posts(sim: SlackSimulator, socket: Wire) -> None:
    """Answers are ephemeral unless in_channel; the sixth is refused; so is any after 30 minutes."""
    asked = await sim.act(as_="ana", do="command", text="help", wait=False)
    await socket.ack(await socket.receive())
    webhook = AsyncWebhookClient(asked["payload"]["response_url"])
    await webhook.send(text="for you")
    await webhook.send(text="for all", response_type="in_channel")
    event = await socket.event()
    assert (event["text"], event["user"]) == ("for all", BOT_USER)
    assert [e["text"] for e in sim.dump()["ephemerals"][ANA]] == ["for you"]
    for _ in range(3):
        assert (await webhook.send(text="more")).status_code == 200
    late = await webhook.send(text="too much")
    assert (late.status_code, "used_url" in late.body) == (404, True)


async def test_a_button_carries_message_container_and_state(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """block_actions has the whole message, where it is, what was used and what selects hold."""
    option = {"text": plain("Low"), "value": "low"}
    menu = {"type": "overflow", "action_id": "more", "options": [option]}
    select = {"type": "static_select", "action_id": "pick", "options": [option]}
    block = button(value="12")
    block["elements"] += [menu, select]
    root = await client.chat_postMessage(channel=sim.channel_id, text="card", blocks=[block])
    await socket.event()
    used = {}
    for action_id, value in (("go", None), ("more", "low"), ("pick", "Low")):
        order = {"as": "ana", "do": "press", "ts": root["ts"], "action_id": action_id}
        pressed = await sim.act({**order, "value": value, "wait": False})
        await socket.ack(await socket.receive())
        used[action_id] = pressed["payload"]
    assert used["go"]["message"]["ts"] == root["ts"]
    assert used["go"]["container"]["channel_id"] == sim.channel_id
    assert (used["go"]["actions"][0]["value"], used["go"]["user"]["id"]) == ("12", ANA)
    assert used["more"]["actions"][0]["selected_option"] == option
    held = used["pick"]["state"]["values"]["acts"]["pick"]
    assert held == {"type": "static_select", "selected_option": option}


async def test_an_ephemeral_message_s_button_can_replace_and_delete_it(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """The payload has no message; the response_url changes what the person sees."""
    sent = await client.chat_postEphemeral(
        channel=sim.channel_id, user=ANA, text="sure?", blocks=[button()]
    )
    order = {"as": "ana", "do": "press", "ts": sent["message_ts"], "action_id": "go"}
    pressed = (await sim.act({**order, "wait": False}))["payload"]
    await socket.ack(await socket.receive())
    assert pressed["container"]["is_ephemeral"]
    assert "message" not in pressed
    webhook = AsyncWebhookClient(pressed["response_url"])
    await webhook.send(text="done", replace_original=True)
    seen = sim.dump()["ephemerals"][ANA]
    assert [(e["text"], e["blocks"]) for e in seen] == [("done", None)]
    await webhook.send(delete_original=True)
    assert not sim.dump()["ephemerals"][ANA]


async def test_a_message_s_button_can_replace_the_message(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """replace_original edits the message, delete_original removes it, for everybody."""
    root = await client.chat_postMessage(channel=sim.channel_id, text="card", blocks=[button()])
    await socket.event()
    order = {"as": "ana", "do": "press", "ts": root["ts"], "action_id": "go", "wait": False}
    url = (await sim.act(order))["payload"]["response_url"]
    await socket.ack(await socket.receive())
    await AsyncWebhookClient(url).send(text="closed", replace_original=True)
    assert (await socket.event())["message"]["text"] == "closed"
    await AsyncWebhookClient(url).send(delete_original=True)
    assert (await socket.event())["deleted_ts"] == root["ts"]


async def test_shortcuts(sim: SlackSimulator, bolt: AsyncApp) -> None:
    """A message shortcut carries the whole message with its thread; a global one opens a modal."""
    seen: list[Json] = []

    @bolt.shortcut("send_as_note")
    async def on_message_shortcut(ack: Any, shortcut: Json) -> None:
        seen.append(shortcut)
        await ack()

    @bolt.shortcut("find")
    async def on_global(ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal())
        await ack()

    root = await sim.act(as_="ana", do="message", text="root")
    reply = await sim.act(as_="ana", do="message", text="re", thread_ts=root["ts"])
    await sim.act(as_="ben", do="shortcut", callback_id="send_as_note", ts=reply["ts"])
    assert seen[0]["type"] == "message_action"
    assert seen[0]["message"]["thread_ts"] == root["ts"]
    await sim.act(as_="ben", do="global_shortcut", callback_id="find")
    assert sim.dump()["views"][BEN][0]["callback_id"] == "cb"
