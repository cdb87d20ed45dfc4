"""Files of the simulated Crisp: stored, given out in every bad manner, uploaded through faults."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import aiohttp
import httpx
import pytest

from bot.simulator.crisp import ActError, CrispSimulator
from tests.harness import eventually
from tests.simulator_crisp_kit import WAIT, Json, Rest, crisp, listening, rest

SIGNED = "bucket:url:upload:generated"


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that follows no redirect by itself."""
    async with httpx.AsyncClient(timeout=WAIT) as client:
        yield client


@pytest.fixture
async def client(sim: CrispSimulator) -> AsyncIterator[Rest]:
    """Return a REST client."""
    async with rest(sim) as made:
        yield made


def sent_file(sim: CrispSimulator, **file: Any) -> tuple[str, str]:
    """Have the visitor send a file of made-up bytes; return the session and the URL."""
    whole = {"name": "a b.png", "size": 5000, **file}
    session = sim.act({"do": "visitor_message", "file": whole})["session_id"]
    return session, sim.dump(session)["messages"][-1]["content"]["url"]


def made(sim: CrispSimulator, session: str) -> Json:
    """Return what the file of a conversation is, by the state."""
    stored: Json = sim.dump(session)["files"][-1]["stored"]
    return stored


async def test_a_visitor_s_file_is_really_there(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """The URL of the message serves the bytes that the state describes, and counts who asks."""
    session, url = sent_file(sim)
    assert url.startswith(f"{sim.root}/storage/")
    answer = await http.get(url)
    stored = made(sim, session)
    assert answer.headers["Content-Type"] == "image/png"
    assert sha256(answer.content).hexdigest() == stored["sha256"]
    assert (len(answer.content), stored["size"], stored["downloads"]) == (5000, 5000, 1)
    assert sim.dump()["files"][url] == stored
    same = sent_file(sim)[1]
    assert (await http.get(same)).content == answer.content


async def test_a_recording_and_an_animation_carry_files_too(sim: CrispSimulator) -> None:
    """Their content is what Crisp's is: no name, and audio has its duration."""
    for kind, extra in (("audio", {"duration": 7}), ("animation", {})):
        file = {"name": "x.bin", "type": "audio/mpeg", "text": "abc", **extra}
        session = sim.act({"do": "visitor_message", "type": kind, "file": file})["session_id"]
        (message,) = sim.dump(session)["messages"]
        url = sim.dump(session)["files"][0]["url"]
        assert message["type"] == kind
        assert message["content"] == {"url": url, "type": "audio/mpeg", **extra}
    with pytest.raises(ActError, match="type file, animation, audio, not carousel"):
        sim.act({"do": "visitor_message", "type": "carousel", "file": {"name": "x"}})


async def test_a_file_elsewhere_is_shown_as_not_stored(sim: CrispSimulator) -> None:
    """A URL of another host leads to nothing that the simulator knows."""
    content = {"name": "x", "url": "https://evil.test/x", "type": "text/plain"}
    act = {"do": "visitor_message", "type": "file", "content": content}
    session = sim.act(act)["session_id"]
    assert sim.dump(session)["files"][0]["stored"] is None


@pytest.mark.parametrize(
    ("serve", "wanted"),
    [
        ({"status": 404}, (404, "text/plain", 2)),
        ({"page": True}, (200, "text/html", 104)),
        ({"content_type": "application/pdf"}, (200, "application/pdf", 5000)),
        ({"length": 10}, (200, "image/png", 10)),
        ({"gzip": True}, (200, "image/png", 5000)),
        ({"length": -1}, (200, "image/png", 5000)),
        ({"pieces": 7, "seconds": 0.001}, (200, "image/png", 5000)),
    ],
)
async def test_storage_answers_as_it_is_told(
    sim: CrispSimulator, http: httpx.AsyncClient, serve: Json, wanted: tuple[int, str, int]
) -> None:
    """Each bad manner of a store is played over the wire, and can be taken back."""
    session, url = sent_file(sim, serve=serve)
    answer = await http.get(url)
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert (answer.status_code, kind, len(answer.content)) == wanted
    assert ("Content-Encoding" in answer.headers) is ("gzip" in serve)
    fingerprint = sim.dump(session)["messages"][-1]["fingerprint"]
    act = {"do": "serve_file", "session_id": session, "fingerprint": fingerprint, "serve": {}}
    sim.act(act)
    assert (await http.get(url)).headers["Content-Length"] == "5000"
    with pytest.raises(ActError, match="unknown key 'colour' of serve"):
        sim.act({**act, "serve": {"colour": 1}})
    with pytest.raises(ActError, match="no file of the simulator's own storage"):
        sim.act({"do": "serve_file", "url": "https://evil.test/x", "serve": {}})


@pytest.mark.parametrize("serve", [{"truncate": 100}, {"length": 6000}])
async def test_a_transfer_that_breaks_off_is_noticed(
    sim: CrispSimulator, http: httpx.AsyncClient, serve: Json
) -> None:
    """Fewer bytes than announced end in a closed connection, not in a silent success."""
    _, url = sent_file(sim, serve=serve)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get(url)


async def test_storage_redirects_to_itself_and_to_strangers(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """A redirect within the host leads to the file; one to another host is remembered."""
    session, url = sent_file(sim, serve={"redirect": "self"})
    answer = await http.get(url, follow_redirects=True)
    assert (answer.history[0].status_code, len(answer.content)) == (302, 5000)
    assert sim.dump()["strays"] == []
    sim.act({"do": "serve_file", "url": url, "serve": {"redirect": "elsewhere"}})
    away = (await http.get(url)).headers["Location"]
    assert httpx.URL(away).host != httpx.URL(url).host
    async with aiohttp.ClientSession() as session_, session_.get(away) as response:
        assert await response.read() == b"somebody else's bytes"
    assert [stray["authorized"] for stray in sim.dump()["strays"]] == [False]
    sim.act({"do": "serve_file", "url": url, "serve": {"redirect": "https://evil.test/"}})
    assert (await http.get(url)).headers["Location"] == "https://evil.test/"
    sim.act({"do": "serve_file", "url": url, "serve": {"redirect": "loop"}})
    with pytest.raises(httpx.TooManyRedirects):
        await http.get(url, follow_redirects=True)
    sim.act({"do": "serve_file", "url": url, "serve": {}})
    before = made(sim, session)["downloads"]
    await http.get(url)
    assert made(sim, session)["downloads"] == before + 1


async def ask_upload(client: Rest, tracking: str = "t1") -> None:
    """Ask for a signed URL."""
    body = {
        "namespace": "upload", "id": tracking, "file": {"name": "a.bin", "type": "text/x"},
        "resource": {"type": "website", "id": client.website_id},
    }  # fmt: skip
    await client.data("POST", "/bucket/url/generate", body)


async def test_an_upload_can_lose_its_answer_and_is_shown_byte_for_byte(
    sim: CrispSimulator, client: Rest, http: httpx.AsyncClient
) -> None:
    """PUT acts and then drops the connection; the state has size and digest of what came."""
    sim.faults.add({"on": "PUT /bucket/upload/*", "do": "drop_after"})
    async with listening(sim, SIGNED) as ear:
        await ask_upload(client)
        url = (await ear.first(SIGNED))["url"]
    with pytest.raises(httpx.RemoteProtocolError):
        await http.put(url["signed"], content=b"abc", headers={"Content-Type": "text/x"})
    stored = sim.dump()["files"][url["resource"]]
    assert (stored["size"], stored["sha256"]) == (3, sha256(b"abc").hexdigest())
    sim.faults.add({"on": "GET /storage/*", "do": "error", "status": 503})
    assert (await http.get(url["resource"])).status_code == 503
    assert (await http.get(url["resource"])).content == b"abc"


async def test_the_signed_url_can_double_come_late_or_never(
    sim: CrispSimulator, client: Rest
) -> None:
    """It is one event among others: faults apply, told apart by the tracking id."""
    async with listening(sim, SIGNED) as ear:
        for fault in ({"do": "drop"}, {"do": "duplicate"}, {"do": "delay", "seconds": 0.05}):
            sim.faults.add({"on": f"event:{SIGNED}", **fault})
        for tracking in ("lost", "twice", "late", "plain"):
            await ask_upload(client, tracking)
        await ear.until(lambda: len(ear.of(SIGNED)) == 4)
        seen = [event["id"] for event in ear.of(SIGNED)]
        assert seen == ["twice", "twice", "plain", "late"]
        (event, *_) = ear.of(SIGNED)
        assert event["resource"] == {"type": "website", "id": client.website_id}
        assert event["policy"]["size_limit"] == 10_000_000
        assert "website_id" not in event


async def test_a_signed_url_never_comes_as_a_hook(sim: CrispSimulator, client: Rest) -> None:
    """Only RTM carries it, whatever carries the other events."""
    sim.config({"hook_url": "http://127.0.0.1:1/nobody", "hook_delays": []})
    async with listening(sim, SIGNED, "message:send") as ear:
        await ask_upload(client)
        sim.act({"do": "visitor_message", "text": "hi"})
        await ear.until(lambda: bool(ear.of(SIGNED) and ear.of("message:send")))

    def attempted() -> list[str]:
        return [hook["event"] for hook in sim.dump()["hooks"]]

    await eventually(lambda: "message:send" in attempted())
    assert SIGNED not in attempted()


async def chunks() -> AsyncIterator[bytes]:
    """Give a body without a length."""
    yield b"abc"


async def test_an_upload_needs_a_length_and_must_come_in_time(http: httpx.AsyncClient) -> None:
    """411 without a Content-Length, 403 once the URL has expired; nothing is stored."""
    kind, now = {"Content-Type": "text/x"}, [1_700_000_000.0]
    async with crisp(clock=lambda: now[0]) as sim, rest(sim) as client:
        sim.config({"upload_ttl": 60})
        async with listening(sim, SIGNED) as ear:
            await ask_upload(client)
            url = (await ear.first(SIGNED))["url"]
        assert (await http.put(url["signed"], content=chunks(), headers=kind)).status_code == 411
        now[0] += 61
        answer = await http.put(url["signed"], content=b"abc", headers=kind)
        assert (answer.status_code, answer.text) == (403, "Request has expired")
        assert sim.dump()["files"] == {}


async def test_people_s_own_pictures_are_served_before_drawn_ones(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """A portrait that was put there is given out under its name; for others one is drawn."""
    sim.portraits["maya.svg"] = b"<svg id='maya'/>"
    own = await http.get(f"{sim.root}/image/avatar/maya.svg")
    drawn = await http.get(f"{sim.root}/image/avatar/tomas.svg")
    assert (own.content, own.headers["content-type"]) == (b"<svg id='maya'/>", "image/svg+xml")
    assert b"maya" not in drawn.content
