"""The simulated Slack's Socket Mode: bare sockets, the official client and Bolt."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA, BOT_USER, ELSEWHERE
from tests.simulator_slack_kit import (
    Json,
    bolt_app,
    refused,
    slack,
    ticket,
    until,
    web_client,
    wire,
)


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator that retries soon."""
    async with slack() as simulator:
        simulator.configure(ack_timeout=0.1, retry_schedule=[0, 0.05, 0.05])
        yield simulator


async def test_a_person_s_message_arrives_as_an_envelope(sim: SlackSimulator) -> None:
    """The envelope carries the event with its rich_text, its team and who is authorised."""
    async with wire(sim) as socket:
        sent = await sim.act(as_="ana", do="message", text="hi *there* @ben :wave:")
        envelope = await socket.receive()
        await socket.ack(envelope)
        await until(lambda: not sim.dump()["pending"])
    payload, event = envelope["payload"], envelope["payload"]["event"]
    assert envelope["type"] == "events_api"
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    assert not envelope["accepts_response_payload"]
    assert payload["authorizations"][0]["user_id"] == BOT_USER
    assert event["ts"] == sent["ts"]
    assert (event["user"], event["channel_type"]) == (ANA, "channel")
    assert event["text"] == "hi *there* <@U0BEN00001> :wave:"
    kinds = [e["type"] for e in event["blocks"][0]["elements"][0]["elements"]]
    assert kinds == ["text", "text", "text", "user", "text", "emoji"]


async def test_hello_counts_the_connections(sim: SlackSimulator) -> None:
    """The second socket is told that there are two."""
    async with (
        wire(sim),
        aiohttp.ClientSession() as session,
        session.ws_connect(await ticket(sim)) as second,
    ):
        hello = await second.receive_json()
    assert hello["num_connections"] == 2
    assert hello["connection_info"]["app_id"]


async def test_a_ticket_opens_one_socket_only(sim: SlackSimulator) -> None:
    """A spent ticket is refused, however often it is tried."""
    async with aiohttp.ClientSession() as session:
        url = await ticket(sim)
        async with session.ws_connect(url):
            pass
        for _ in range(2):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)


async def test_the_bot_token_opens_no_socket(sim: SlackSimulator) -> None:
    """apps.connections.open takes the app token alone."""
    async with web_client(sim) as client:
        call = client.apps_connections_open(app_token=sim.bot_token)
        assert (await refused(call))["error"] == "not_allowed_token_type"


async def test_what_is_not_acked_comes_again_and_then_never(sim: SlackSimulator) -> None:
    """Each retry is marked, has an envelope of its own and the same event; after three it ends."""
    async with wire(sim) as socket:
        await sim.act(as_="ana", do="message", text="hi")
        envelopes = [await socket.receive() for _ in range(4)]
        await until(lambda: not sim.dump()["pending"])
    assert [(e["retry_attempt"], e["retry_reason"]) for e in envelopes] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert len({e["envelope_id"] for e in envelopes}) == 4
    assert len({e["payload"]["event_id"] for e in envelopes}) == 1
    assert sim.dump()["lost"] == 1


async def test_a_late_ack_still_counts(sim: SlackSimulator) -> None:
    """Acknowledging the first envelope after the second was sent ends the retries."""
    async with wire(sim) as socket:
        await sim.act(as_="ana", do="message", text="hi")
        first = await socket.receive()
        await socket.receive()
        await socket.ack(first)
        await until(lambda: sim.dump()["acked"] == 1)
        assert not sim.dump()["pending"]


async def test_each_envelope_goes_to_one_of_the_sockets(sim: SlackSimulator) -> None:
    """Two sockets share the events, in turn; both together see each event once."""
    async with wire(sim) as one, wire(sim) as two:
        for number in range(4):
            await sim.act(as_="ana", do="message", text=str(number))
        texts = [[(await s.event())["text"] for _ in range(2)] for s in (one, two)]
    assert sorted(texts[0] + texts[1]) == ["0", "1", "2", "3"]


async def test_events_wait_while_nobody_is_connected(sim: SlackSimulator) -> None:
    """What happens while there is no socket arrives as a retry once there is one."""
    sim.configure(retry_schedule=[0, 60, 300])
    await sim.act(as_="ana", do="message", text="early")
    async with wire(sim) as socket:
        envelope = await socket.receive()
        await socket.ack(envelope)
    assert envelope["payload"]["event"]["text"] == "early"
    assert envelope["retry_attempt"] >= 1


async def test_events_are_lost_when_nobody_connects_in_time(sim: SlackSimulator) -> None:
    """Once the retries are used up, the event is gone."""
    sim.configure(retry_schedule=[0, 0.01])
    await sim.act(as_="ana", do="message", text="early")
    await until(lambda: sim.dump()["lost"] == 1)
    async with wire(sim) as socket:
        await sim.act(as_="ana", do="message", text="late")
        assert (await socket.event())["text"] == "late"


async def test_a_refresh_lets_the_old_socket_finish(sim: SlackSimulator) -> None:
    """The old socket gets a goodbye and nothing new, may still ack, and closes after its grace."""
    sim.configure(refresh_grace=0.2, ack_timeout=3)
    async with wire(sim) as old:
        await sim.act(as_="ana", do="message", text="one")
        envelope = await old.receive()
        assert sim.disconnect(how="refresh_requested") == 1
        goodbye = await old.receive()
        assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "refresh_requested")
        async with wire(sim) as new:
            await old.ack(envelope)
            await sim.act(as_="ana", do="message", text="two")
            assert (await new.event())["text"] == "two"
            assert (await old.ws.receive()).type is aiohttp.WSMsgType.CLOSE
        await until(lambda: sim.dump()["acked"] == 2)


async def test_a_warning_closes_nothing_and_a_disabled_link_everything(
    sim: SlackSimulator,
) -> None:
    """After a warning events go on; after link_disabled the socket is closed at once."""
    async with wire(sim) as socket:
        sim.disconnect(how="warning")
        assert (await socket.receive())["reason"] == "warning"
        await sim.act(as_="ana", do="message", text="still here")
        assert (await socket.event())["text"] == "still here"
        sim.disconnect(how="link_disabled")
        assert (await socket.receive())["reason"] == "link_disabled"
        assert (await socket.ws.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_more_than_ten_sockets_are_too_many(sim: SlackSimulator) -> None:
    """The eleventh is told too_many_websockets."""
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await ticket(sim)) for _ in range(10)]
        await until(lambda: len(sim.dump()["sockets"]) == 10)
        async with session.ws_connect(await ticket(sim)) as one_more:
            assert (await one_more.receive_json())["reason"] == "too_many_websockets"
        for socket in sockets:
            await socket.close()


async def test_only_subscribed_events_of_joined_channels_arrive(sim: SlackSimulator) -> None:
    """A mention is a message only, unless app_mention is subscribed; other channels are silent."""
    async with wire(sim) as socket:
        await sim.act(as_="ana", do="message", text="unseen", channel=ELSEWHERE)
        await sim.act(as_="ana", do="message", text="@bridge list")
        assert (await socket.event())["text"] == f"<@{BOT_USER}> list"
        wanted = sim.config.subscriptions
        sim.configure(subscriptions=[*wanted, "app_mention"])
        await sim.act(as_="ana", do="message", text="@bridge list")
        assert [(await socket.event())["type"] for _ in range(2)] == ["message", "app_mention"]


async def collected(client: SocketModeClient) -> list[Json]:
    """Let the client ack everything; return the list that events are put into."""
    seen: list[Json] = []

    async def listen(base: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        seen.append(request.payload["event"])
        await base.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(listen)
    await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
    return seen


async def test_the_official_client_follows_a_refresh(sim: SlackSimulator) -> None:
    """slack_sdk's client reconnects when told to and goes on receiving."""
    async with web_client(sim) as web:
        client = SocketModeClient(sim.app_token, web_client=web, ping_interval=1)
        seen = await collected(client)
        sim.disconnect(how="refresh_requested")
        await until(lambda: sim.dump()["sockets_opened"] == 2)
        await sim.act(as_="ana", do="message", text="after")
        await until(lambda: [e["text"] for e in seen] == ["after"])
        await client.close()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


async def test_the_official_client_can_stick_on_a_dead_ticket(
    sim: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """It tries one spent ticket for ever, until somebody clears the address."""
    caplog.set_level(logging.CRITICAL, "slack_sdk")
    sim.configure(ticket_ttl=0.0)
    async with web_client(sim) as web:
        client = SocketModeClient(sim.app_token, web_client=web, ping_interval=0.02)
        client.logger.setLevel(logging.CRITICAL)
        connecting = collected(client)
        task = client.message_processor.get_loop().create_task(connecting)
        await until(lambda: sim.dump()["sockets_refused"] >= 3)
        assert sim.dump()["calls"]["apps.connections.open"] == 1
        sim.configure(ticket_ttl=30.0)
        client.wss_uri = None
        await task
        assert sim.dump()["calls"]["apps.connections.open"] == 2
        await client.close()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


@pytest.fixture
async def bolt(sim: SlackSimulator) -> AsyncIterator[AsyncApp]:
    """Connect a Bolt app."""
    async with bolt_app(sim, ignoring_self_events_enabled=False) as app:
        yield app


async def test_bolt_sees_messages_and_its_own_posts(sim: SlackSimulator, bolt: AsyncApp) -> None:
    """A Bolt app unchanged receives replies, and the echo of what it posts, told by bot_id."""
    seen: list[Json] = []

    @bolt.event("message")
    async def on_message(event: Json, say: Any) -> None:
        seen.append(event)
        if "bot_id" not in event:
            await say("got it", thread_ts=event["ts"])

    sent = await sim.act(as_="ana", do="message", text="hi", wait=True)
    assert sent["acked"]
    await until(lambda: len(seen) == 2)
    assert (seen[1]["text"], seen[1]["thread_ts"]) == ("got it", sent["ts"])
    assert (seen[1]["user"], seen[1]["app_id"]) == (BOT_USER, "A0BRIDGE01")
    assert "subtype" not in seen[1]


async def test_an_event_that_bolt_does_not_ack_comes_again(
    sim: SlackSimulator, bolt: AsyncApp
) -> None:
    """Without a listener Bolt acks nothing, and Slack tries again."""
    bolt.logger.setLevel(logging.CRITICAL)
    sent = await sim.act(as_="ana", do="message", text="hi", wait=True)
    assert not sent["acked"]
    assert sim.dump()["lost"] == 1
