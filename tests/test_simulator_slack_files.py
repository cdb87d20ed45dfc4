"""Files of the simulated Slack: given out badly, deleted, external, shared late or never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from tests.simulator_slack_kit import (
    Json,
    Wire,
    client,
    post,
    refused,
    slack,
    socket,
    until,
)

__all__ = ["client", "socket"]  # the fixtures


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    async with slack(limits=False) as simulator:
        yield simulator


async def shared(sim: SlackSimulator, **file: Any) -> Json:
    """Let Ana share a file; return it as the channel's message has it."""
    done = await sim.act(as_="ana", do="upload", files=[{"name": "a.png", **file}])
    messages = sim.dump(channel="support")["channel"]["messages"]
    (found,) = next(m for m in messages if m["ts"] == done["ts"])["files"]
    return dict(found)


async def fetch(sim: SlackSimulator, url: str) -> tuple[int, str, bytes]:
    """Download with the token, without following redirects."""
    bearer = {"Authorization": f"Bearer {sim.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=bearer) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        return response.status, response.headers.get("Location", ""), await response.read()


async def test_the_state_shows_the_bytes_of_every_file(sim: SlackSimulator) -> None:
    """Size and digest are those of what a download gets, for people's files and the app's."""
    file = await shared(sim, size=5000)
    _, _, content = await fetch(sim, file["url_private_download"])
    stored = sim.dump()["files"][file["id"]]["stored"]
    assert (stored["size"], stored["sha256"]) == (5000, sha256(content).hexdigest())
    assert stored["complete"] is True
    empty = await shared(sim, content="")
    assert (empty["size"], (await fetch(sim, empty["url_private_download"]))[2]) == (0, b"")


@pytest.mark.parametrize(
    ("serve", "wanted"),
    [
        ({"status": 403}, (403, 2)),
        ({"page": True}, (200, 104)),
        ({"length": 10}, (200, 10)),
        ({"pieces": 3}, (200, 5000)),
    ],
)
async def test_a_download_is_served_as_told(
    sim: SlackSimulator, serve: Json, wanted: tuple[int, int]
) -> None:
    """The manner holds until it is changed; a login page still comes before it."""
    file = await shared(sim, size=5000, serve=serve)
    status, _, content = await fetch(sim, file["url_private_download"])
    assert (status, len(content)) == wanted
    await sim.act(as_="ana", do="set_file", file=file["id"], serve={})
    assert len((await fetch(sim, file["url_private_download"]))[2]) == 5000
    sim.configure(scopes=["chat:write"])
    assert b"Sign in to Acme" in (await fetch(sim, file["url_private_download"]))[2]


async def test_a_download_that_breaks_off_is_noticed(sim: SlackSimulator) -> None:
    """The connection ends before the promised length."""
    file = await shared(sim, size=5000, serve={"truncate": 100})
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(sim, file["url_private_download"])


async def test_a_redirect_to_a_stranger_shows_who_brought_a_token(sim: SlackSimulator) -> None:
    """Within the host it leads to the file; elsewhere the state remembers the visit."""
    file = await shared(sim, size=50, serve={"redirect": "self"})
    url = file["url_private_download"]
    status, location, _ = await fetch(sim, url)
    assert status == 302
    assert len((await fetch(sim, sim.workspace.base_url + location))[2]) == 50
    await sim.act(as_="ana", do="set_file", file=file["id"], serve={"redirect": "elsewhere"})
    _, location, _ = await fetch(sim, url)
    assert location.startswith("http://localhost:")
    await fetch(sim, location)
    assert [stray["authorized"] for stray in sim.dump()["strays"]] == [True]


async def test_a_deleted_file_leaves_a_tombstone_in_its_message(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """The change has no ``edited``, and its previous message still has the file."""
    file = await shared(sim, content="hi")
    await socket.event()
    await socket.event()
    with pytest.raises(ValueError, match="ben may not delete"):
        await sim.act(as_="ben", do="delete_file", file=file["id"])
    await sim.act(as_="ana", do="delete_file", file=file["id"])
    event = await socket.event()
    assert event["subtype"] == "message_changed"
    assert event["message"]["files"] == [{"id": file["id"], "mode": "tombstone"}]
    assert "edited" not in event["message"]
    assert event["previous_message"]["files"][0]["name"] == "a.png"
    assert (await refused(client.files_info(file=file["id"])))["error"] == "file_deleted"
    with pytest.raises(LookupError, match="there is no file"):
        await sim.act(as_="ana", do="delete_file", file=file["id"])


async def test_files_without_bytes_say_so(sim: SlackSimulator) -> None:
    """An external file has an address of its own, a hidden one nothing but its mode."""
    away = await shared(sim, mode="external", url="https://drive.test/x")
    assert (away["is_external"], away["url_private"]) == (True, "https://drive.test/x")
    assert "url_private_download" not in away
    hidden = await shared(sim, mode="hidden_by_limit")
    assert set(hidden) == {"id", "mode"}


@pytest.mark.parametrize("name", ["../../a b?.PNG", "ä#%2f.txt", "/", "a\nb", "<!channel>.html"])
async def test_a_hostile_name_stays_out_of_the_address(sim: SlackSimulator, name: str) -> None:
    """The file keeps its name as it is; its address has a tame one and works."""
    file = await shared(sim, name=name, content="hi")
    assert file["name"] == name
    assert (await fetch(sim, file["url_private_download"]))[2] == b"hi"
    assert (await fetch(sim, file["url_private"]))[2] == b"hi"


async def test_what_is_said_of_a_file_need_not_be_true(sim: SlackSimulator) -> None:
    """Size and type can lie while the bytes stay what they are."""
    file = await shared(sim, size=5000)
    lies: Json = {"size": 10, "mimetype": "text/html", "name": "../../x"}
    await sim.act(as_="ana", do="set_file", file=file["id"], **lies)
    shown = sim.dump()["files"][file["id"]]
    assert (shown["size"], shown["name"], shown["stored"]["size"]) == (10, "../../x", 5000)
    with pytest.raises(ValueError, match="no field 'content'"):
        await sim.act(as_="ana", do="set_file", file=file["id"], content="x")


async def upload(client: AsyncWebClient, content: bytes, **more: Any) -> str:
    """Upload as the app, in the three steps; return the file's id."""
    made = await client.files_getUploadURLExternal(filename="v.bin", length=len(content))
    async with (
        aiohttp.ClientSession() as session,
        session.post(made["upload_url"], data=content) as response,
    ):
        assert response.status == 200
    await client.files_completeUploadExternal(files=[{"id": made["file_id"], "title": "v"}], **more)
    return str(made["file_id"])


async def test_the_app_uploads_under_another_name_into_a_thread(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """The message comes later, with name, picture and comment, and files.info knows its ts."""
    root = await post(sim, client)
    await socket.event()
    file_id = await upload(
        client, b"abc", channel_id=sim.channel_id, thread_ts=root, initial_comment="look",
        username="Jane", icon_url="https://x.test/j.png",
    )  # fmt: skip
    await socket.event()
    event = await socket.event()
    assert (event["subtype"], event["thread_ts"], event["username"]) == ("file_share", root, "Jane")
    assert (event["text"], event["icons"]["image_48"]) == ("look", "https://x.test/j.png")
    shares = (await client.files_info(file=file_id))["file"]["shares"]["public"]
    (share,) = shares[sim.channel_id]
    assert (share["ts"], share["thread_ts"]) == (event["ts"], root)
    assert sim.dump()["files"][file_id]["stored"]["sha256"] == sha256(b"abc").hexdigest()


async def test_sharing_comes_late_or_never(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """The answer is the same; only files.info and the channel tell."""
    sim.configure(share_delay=0.0)
    sim.faults.add({"on": "event:files.share", "do": "drop"})
    sim.faults.add({"on": "event:files.share", "do": "delay", "seconds": 0.02})
    never = await upload(client, b"a", channel_id=sim.channel_id)
    late = await upload(client, b"b", channel_id=sim.channel_id)
    sim.faults.add({"on": "event:*", "do": "drop", "times": 0})
    unheard = await upload(client, b"c", channel_id=sim.channel_id)
    await until(lambda: sim.workspace.files[unheard].shares)
    await until(lambda: sim.workspace.files[late].shares)
    assert sim.workspace.files[never].shares == []
    assert (await client.files_info(file=never))["file"]["shares"] == {}


async def test_each_step_of_an_upload_can_lose_its_answer(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """What was done is done: a completed upload is shared once and cannot be completed again."""
    made = await client.files_getUploadURLExternal(filename="v.bin", length=3)
    sim.faults.add({"on": "files.upload", "do": "drop_after"})
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(made["upload_url"], data=b"abc")
    assert sim.workspace.files[made["file_id"]].content == b"abc"
    sim.faults.add({"on": "files.completeUploadExternal", "do": "drop_after"})
    whole: Json = {"files": [{"id": made["file_id"]}], "channel_id": sim.channel_id}
    with pytest.raises(aiohttp.ClientError):
        await client.files_completeUploadExternal(**whole)
    again = await refused(client.files_completeUploadExternal(**whole))
    assert again["error"] == "file_already_completed"
    await until(lambda: sim.workspace.files[made["file_id"]].shares)
    assert len(sim.dump(channel="support")["channel"]["messages"]) == 1


async def test_an_upload_must_say_its_length(client: AsyncWebClient) -> None:
    """Without a Content-Length it is refused with 411."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"

    made = await client.files_getUploadURLExternal(filename="v.bin", length=3)
    async with (
        aiohttp.ClientSession() as session,
        session.post(made["upload_url"], data=chunks()) as response,
    ):
        assert response.status == 411


async def test_a_file_can_be_taken_out_of_a_message(sim: SlackSimulator, socket: Wire) -> None:
    """The edit leaves the others in it, and the text as told."""
    files = [{"name": f"{n}.txt", "content": n} for n in "abc"]
    done = await sim.act(as_="ana", do="upload", files=files, text="three")
    for _ in range(4):
        await socket.event()
    kept = done["files"][1:]
    await sim.act(as_="ana", do="edit", ts=done["ts"], text="two", files=kept)
    event = await socket.event()
    assert [file["name"] for file in event["message"]["files"]] == ["b.txt", "c.txt"]
    assert len(event["previous_message"]["files"]) == 3
    assert (event["message"]["text"], "edited" in event["message"]) == ("two", True)
