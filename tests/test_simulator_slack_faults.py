"""The simulated Slack's faults, outages, files and HTTP mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA, BOT_USER
from tests.simulator_slack_kit import (
    Json,
    Wire,
    client,
    refused,
    sim,
    socket,
    until,
    wire,
)

__all__ = ["client", "sim", "socket"]  # the fixtures


def texts(sim: SlackSimulator) -> list[str]:
    """Return the texts of the roots in #support."""
    return [m["text"] for m in sim.dump(channel="support")["channel"]["messages"]]


@pytest.mark.parametrize(
    ("fault", "acted"),
    [
        ({"do": "error", "status": 503}, False),
        ({"do": "error_after", "status": 500}, True),
        ({"do": "disconnect"}, False),
        ({"do": "drop_after"}, True),
    ],
)
async def test_a_call_fails_before_or_after_it_has_acted(
    sim: SlackSimulator, client: AsyncWebClient, fault: Json, *, acted: bool
) -> None:
    """A failure does not tell whether the message is there; the fault applies once."""
    sim.faults.add({"on": "chat.postMessage", **fault})
    with pytest.raises((aiohttp.ClientError, SlackApiError)) as caught:
        await client.chat_postMessage(channel=sim.channel_id, text="x")
    if isinstance(caught.value, SlackApiError):
        assert caught.value.response.status_code == fault["status"]
    else:
        assert "status" not in fault
    assert texts(sim) == (["x"] if acted else [])
    assert (await client.chat_postMessage(channel=sim.channel_id, text="y"))["ok"]


async def test_an_error_can_look_like_slacks_own(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """With status 200 the answer is ok: false and the given code."""
    sim.faults.add({"on": "users.*", "do": "error", "status": 200, "code": "account_inactive"})
    assert (await refused(client.users_info(user=ANA)))["error"] == "account_inactive"


async def test_a_late_call_acts_after_it_has_failed(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """The message appears some time after the caller was told that it failed."""
    sim.faults.add({"on": "chat.postMessage", "do": "late", "seconds": 0.05})
    answer = await refused(client.chat_postMessage(channel=sim.channel_id, text="x"))
    assert answer["error"] == "internal_error"
    assert texts(sim) == []
    await until(lambda: texts(sim) == ["x"])


async def test_a_stale_read_does_not_know_the_last_change(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Posts, edits and deletes of a thread are unseen once; writes are never undone by it."""
    channel = sim.channel_id
    root = (await client.chat_postMessage(channel=channel, text="root"))["ts"]

    async def read(*, stale: bool) -> list[str]:
        if stale:
            sim.faults.add({"on": "conversations.replies", "do": "stale"})
        answer = await client.conversations_replies(channel=channel, ts=root)
        return [m["text"] for m in answer["messages"]]

    reply = (await client.chat_postMessage(channel=channel, text="re", thread_ts=root))["ts"]
    await client.chat_postMessage(channel=channel, text="elsewhere")
    assert await read(stale=True) == ["root"]
    assert await read(stale=False) == ["root", "re"]
    await client.chat_update(channel=channel, ts=reply, text="new")
    assert await read(stale=True) == ["root", "re"]
    await client.chat_delete(channel=channel, ts=reply)
    assert await read(stale=True) == ["root", "new"]
    assert await read(stale=False) == ["root"]
    sim.faults.add({"on": "chat.*", "do": "stale"})
    await client.chat_update(channel=channel, ts=root, text="changed")
    assert await read(stale=False) == ["changed"]


async def test_rate_limit_and_delay(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """A told 429 carries its Retry-After; a delayed call answers in the end."""
    sim.faults.add({"on": "chat.postMessage", "do": "rate_limit", "retry_after": 7})
    url, body = f"{sim.base_url}chat.postMessage", {"token": sim.bot_token}
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")
    sim.faults.add({"on": "*", "do": "delay", "seconds": 0.01})
    assert (await client.chat_postMessage(channel=sim.channel_id, text="x"))["ok"]
    assert sim.faults.dump()[-1]["applied"] == 1


async def test_events_are_dropped_doubled_and_put_out_of_order(
    sim: SlackSimulator, socket: Wire
) -> None:
    """Dropped is gone for good; doubled has one event_id; reordered comes after the next one."""
    sim.faults.add({"on": "event:message", "do": "drop"})
    await sim.act(as_="ana", do="message", text="dropped")
    sim.faults.add({"on": "event:message", "do": "duplicate"})
    await sim.act(as_="ana", do="message", text="doubled")
    envelopes = [await socket.receive() for _ in range(2)]
    assert {e["payload"]["event"]["text"] for e in envelopes} == {"doubled"}
    assert len({e["payload"]["event_id"] for e in envelopes}) == 1
    sim.faults.add({"on": "event:message", "do": "reorder"})
    await sim.act(as_="ana", do="message", text="first")
    await sim.act(as_="ana", do="message", text="second")
    assert [(await socket.event())["text"] for _ in range(2)] == ["second", "first"]
    sim.faults.add({"on": "event:message", "do": "reorder", "seconds": 0.01})
    await sim.act(as_="ana", do="message", text="alone")
    assert (await socket.event())["text"] == "alone"
    sim.faults.add({"on": "event:message", "do": "delay", "seconds": 0.02})
    await sim.act(as_="ana", do="message", text="delayed")
    await sim.act(as_="ana", do="message", text="prompt")
    assert [(await socket.event())["text"] for _ in range(2)] == ["prompt", "delayed"]


async def test_an_outage_refuses_everything(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """Calls break off, sockets are cut, new ones refused, until it is over."""
    sim.configure(outage=True)
    with pytest.raises(aiohttp.ClientError):
        await client.auth_test()
    assert (await socket.ws.receive()).type in (
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    )
    with pytest.raises(aiohttp.ClientError):
        await client.apps_connections_open(app_token=sim.app_token)
    sim.configure(outage=False)
    assert (await client.auth_test())["ok"]


async def test_sockets_can_be_cut_off(sim: SlackSimulator) -> None:
    """An abort closes without a goodbye; unacked envelopes go to the next socket."""
    sim.configure(ack_timeout=0.1)
    async with wire(sim) as one:
        await sim.act(as_="ana", do="message", text="hi")
        await one.receive()
        async with wire(sim) as two:
            assert sim.disconnect(which=0) == 1
            closed = await one.ws.receive()
            assert closed.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
            envelope = await two.receive()
            await two.ack(envelope)
            assert envelope["retry_attempt"] == 1


async def test_files_are_uploaded_and_shared_later(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """The answer has no timestamp; the message follows, and files.info names it."""
    root = (await client.chat_postMessage(channel=sim.channel_id, text="root"))["ts"]
    await socket.event()
    sim.configure(share_delay=0.02)
    answer = await client.files_upload_v2(
        content=b"abc", filename="a.txt", channel=sim.channel_id, thread_ts=root
    )
    file_id = answer["files"][0]["id"]
    shared, message = await socket.event(), await socket.event()
    assert (shared["type"], shared["file_id"]) == ("file_shared", file_id)
    assert (message["subtype"], message["thread_ts"]) == ("file_share", root)
    assert (message["bot_id"], message["user"]) == ("B0BRIDGE01", BOT_USER)
    sim.faults.add({"on": "files.info", "do": "stale"})
    assert (await client.files_info(file=file_id))["file"]["shares"] == {}
    shares = (await client.files_info(file=file_id))["file"]["shares"]["public"]
    assert shares[sim.channel_id][0]["ts"] == message["ts"]
    await client.files_delete(file=file_id)
    replies = await client.conversations_replies(channel=sim.channel_id, ts=root)
    assert replies["messages"][1]["files"] == [{"id": file_id, "mode": "tombstone"}]
    assert (await refused(client.files_info(file=file_id)))["error"] == "file_deleted"


async def test_uploads_are_refused(client: AsyncWebClient) -> None:
    """No length, missing bytes, twice completed, wrong size: each has its answer."""
    empty = client.files_getUploadURLExternal(filename="a", length=0)
    assert (await refused(empty))["error"] == "invalid_arguments"
    made = await client.files_getUploadURLExternal(filename="a", length=3)
    files: list[dict[str, str | None]] = [{"id": made["file_id"]}]
    early = client.files_completeUploadExternal(files=files)
    assert (await refused(early))["error"] == "file_upload_incomplete"
    async with aiohttp.ClientSession() as session:
        async with session.post(made["upload_url"], data=b"toolong") as response:
            assert response.status == 400
        async with session.post(made["upload_url"], data=b"abc") as response:
            assert await response.text() == "OK - 3"
    await client.files_completeUploadExternal(files=files)
    twice = client.files_completeUploadExternal(files=files)
    assert (await refused(twice))["error"] == "file_already_completed"


async def test_private_downloads_need_the_token_and_the_scope(
    sim: SlackSimulator, socket: Wire
) -> None:
    """Without either, the answer is a login page with status 200."""
    files = [{"name": "a.png", "base64": "AAEC"}]
    await sim.act(as_="ana", do="upload", files=files, text="look")
    await socket.event()
    event = await socket.event()
    file = event["files"][0]
    assert (event["subtype"], event["text"], file["mimetype"]) == (
        "file_share",
        "look",
        "image/png",
    )
    bearer = {"Authorization": f"Bearer {sim.bot_token}"}
    async with aiohttp.ClientSession() as session:

        async def fetched(headers: dict[str, str]) -> tuple[int, str, bytes]:
            async with session.get(file["url_private_download"], headers=headers) as response:
                return response.status, response.content_type, await response.read()

        assert await fetched(bearer) == (200, "image/png", b"\0\1\2")
        for headers in ({}, {"Authorization": "Bearer xoxb-wrong"}):
            status, kind, _ = await fetched(headers)
            assert (status, kind) == (200, "text/html")
        sim.configure(scopes=["chat:write"])
        assert (await fetched(bearer))[1] == "text/html"
        sim.configure(scopes=["files:read"])
        await sim.act(as_="ana", do="set_file", file=file["id"], mode="hidden_by_limit")
        assert (await fetched(bearer))[0] == 404


async def test_a_file_can_ask_to_be_looked_up_first(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """With check_file_info the event has little more than the id; files.info has the rest."""
    files = [{"name": "a.txt", "content": "hi", "file_access": "check_file_info"}]
    await sim.act(as_="ana", do="upload", files=files)
    await socket.event()
    file = (await socket.event())["files"][0]
    assert file["file_access"] == "check_file_info"
    assert "url_private" not in file
    looked_up = (await client.files_info(file=file["id"]))["file"]
    assert (looked_up["file_access"], looked_up["name"]) == ("visible", "a.txt")
    assert looked_up["url_private_download"].startswith(sim.workspace.base_url)


class Receiver:
    """An app's request URL that records what comes and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.answers: list[str] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        if b"url_verification" in body:
            return web.json_response({"challenge": (await request.json())["challenge"]})
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text=self.answers.pop(0) if self.answers else "")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Serve a request URL."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/slack/events", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield receiver
    await runner.cleanup()


async def test_http_mode_signs_retries_and_takes_answers(
    sim: SlackSimulator, receiver: Receiver
) -> None:
    """Events, retries with their headers, commands and their answers go to the request URL."""
    sim.configure(retry_schedule=[0, 0, 0])
    await sim.set_http(events_url=receiver.url)
    receiver.statuses = [500, 200]
    await sim.act(as_="ana", do="message", text="hi", wait=True)
    (first, body), (second, again) = receiver.requests[1:]
    verifier = SignatureVerifier(sim.signing_secret)
    assert verifier.is_valid_request(body, first)
    assert not verifier.is_valid_request(body + b" ", first)
    assert body == again
    assert "X-Slack-Retry-Num" not in first
    assert (second["X-Slack-Retry-Num"], second["X-Slack-Retry-Reason"]) == ("1", "http_error")
    receiver.answers = ["helpful"]
    assert (await sim.act(as_="ana", do="command", text="help"))["acked"]
    assert b"command=%2Fcrisp" in receiver.requests[-1][1]
    assert [e["text"] for e in sim.dump()["ephemerals"][ANA]] == ["helpful"]
    await sim.act(as_="ana", do="global_shortcut", callback_id="find")
    assert receiver.requests[-1][1].startswith(b"payload=")


async def test_http_mode_serves_bolt(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """An unchanged Bolt app behind its own web app passes the challenge and gets events."""
    seen: list[str] = []
    app = AsyncApp(client=client, signing_secret=sim.signing_secret)

    @app.event("message")
    async def on_message(event: Json) -> None:
        seen.append(event["text"])

    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await sim.set_http(events_url=f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    assert (await sim.act(as_="ana", do="message", text="hi", wait=True))["acked"]
    await until(lambda: seen == ["hi"])
    await runner.cleanup()


async def test_a_url_that_fails_the_challenge_is_not_used(sim: SlackSimulator) -> None:
    """Nobody there: the URL is refused with a sentence, and Socket Mode goes on."""
    with pytest.raises(ValueError, match="did not answer the challenge"):
        await sim.set_http(events_url="http://127.0.0.1:9/slack/events")
    async with wire(sim) as socket:
        await sim.act(as_="ana", do="message", text="hi")
        assert (await socket.event())["text"] == "hi"


async def test_faults_reach_uploads_downloads_and_response_urls(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """files.upload, files.download and response_url are names of calls, too."""
    sim.faults.add({"on": "files.upload", "do": "error", "status": 502})
    made = await client.files_getUploadURLExternal(filename="a", length=3)
    asked: Any = await sim.act(as_="ana", do="command", wait=False)
    await socket.ack(await socket.receive())
    sim.faults.add({"on": "response_url", "do": "error_after", "status": 500})
    async with aiohttp.ClientSession() as session:
        async with session.post(made["upload_url"], data=b"abc") as response:
            assert response.status == 502
        async with session.post(made["upload_url"], data=b"abc") as response:
            assert response.status == 200
        url = asked["payload"]["response_url"]
        async with session.post(url, json={"text": "shown"}) as response:
            assert response.status == 500
    assert [e["text"] for e in sim.dump()["ephemerals"][ANA]] == ["shown"]
