"""The page's server: files in and out, who may ask, and where it listens."""

from __future__ import annotations

import asyncio
import io
import json
import re
import socket
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

import pytest
from aiohttp import FormData
from yarl import URL

from bot.simulator.page import cast, uploads
from bot.simulator.page.files import kind_shown
from tests.page_kit import MAYA, PNG, Bare, bare_page


@pytest.fixture
async def bare() -> AsyncIterator[Bare]:
    """Run the page's server over both simulators."""
    async with bare_page() as running:
        yield running


def form(act: Any, *files: tuple[str, str, bytes]) -> FormData:
    """Make the form that the page sends: an act, then files by name, type and bytes."""
    made = FormData(quote_fields=False, default_to_multipart=True)  # as browsers do
    made.add_field("act", act if isinstance(act, str) else json.dumps(act))
    for name, kind, content in files:
        made.add_field("file", io.BytesIO(content), filename=name, content_type=kind)
    return made


async def sent(bare: Bare, side: str, body: FormData) -> tuple[int, dict[str, Any]]:
    """Send a form; return status and answer."""
    async with bare.session.post(f"{bare.url}{side}/upload", data=body) as answer:
        found: dict[str, Any] = await answer.json()
        return answer.status, found


WRITES = {"do": "visitor_message", "session_id": MAYA, "nickname": "Maya"}


async def test_a_customers_file_goes_in_and_comes_out_byte_for_byte(bare: Bare) -> None:
    """What is uploaded on the left is a file message in Crisp, and the page gives its bytes out."""
    status, _ = await sent(bare, "crisp", form(WRITES, ("a b.png", "image/png", PNG)))
    (message,) = bare.chat()
    path = message["content"]["url"].removeprefix(bare.crisp.root)
    async with bare.session.get(f"{bare.url}crisp{path}") as answer:
        assert await answer.read() == PNG
        assert answer.content_type == "image/png"
    assert status == 200
    assert (message["type"], message["content"]["name"]) == ("file", "a b.png")


async def test_an_agents_files_are_one_post_with_its_text(bare: Bare) -> None:
    """Several files and a text are one reply in Slack, whose private files the page can show."""
    root = await bare.root()
    act = {"as": "ana", "do": "upload", "text": "look", "thread_ts": root}
    files = (("one.png", "image/png", PNG), ("../../two.txt", "text/plain", b"two"))
    status, _ = await sent(bare, "slack", form(act, *files))
    (reply,) = bare.replies(root)
    assert (status, reply["text"]) == (200, "look")
    assert [f["name"] for f in reply["files"]] == ["one.png", "two.txt"]
    path = reply["files"][0]["url_private"].removeprefix(bare.slack.workspace.base_url)
    async with bare.session.get(f"{bare.url}slack{path}") as answer:
        assert await answer.read() == PNG


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "image/png"),
        ("audio/mpeg", "audio/mpeg"),
        ("text/html", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("text/css", "application/octet-stream"),
        ("application/pdf", "application/octet-stream"),
    ],
)
def test_what_a_browser_would_run_is_only_downloaded(kind: str, shown: str) -> None:
    """Pictures, sounds and films keep their type; pages, scripts and styles do not."""
    assert kind_shown(kind) == shown


async def test_a_strangers_page_cannot_act_on_this_one(bare: Bare) -> None:
    """Whatever somebody sent comes as a download, in a sandbox, under a type that runs nothing."""
    evil = b"<script src=/crisp/storage/evil.js></script>"
    await sent(bare, "crisp", form(WRITES, ("evil.html", "text/html", evil)))
    path = bare.chat()[0]["content"]["url"].removeprefix(bare.crisp.root)
    async with bare.session.get(f"{bare.url}crisp{path}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_too_much_is_refused_in_one_sentence(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files above the limit, alone or together, are answered with 413, and nothing is written."""
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000_000)
    half = b"x" * 600_000
    act = {"as": "ana", "do": "upload", "thread_ts": await bare.root()}
    for side, body in (
        ("crisp", form(WRITES, ("big.bin", "application/octet-stream", half * 2))),
        ("slack", form(act, ("one", "text/plain", half), ("two", "text/plain", half))),
    ):
        status, answer = await sent(bare, side, body)
        assert (status, answer) == (413, {"error": "The demo takes up to 1 MB at a time."})
    assert not bare.slack.dump("files")["files"]
    assert not bare.crisp.dump()["conversations"]


@pytest.mark.parametrize(
    ("side", "act", "files", "sentence"),
    [
        ("crisp", {"do": "remove_conversation"}, 1, "must be visitor_message"),
        ("slack", {"do": "delete_channel"}, 1, "must be upload"),
        ("crisp", "no json", 1, "must be a JSON object"),
        ("crisp", [1], 1, "must be a JSON object"),
        ("crisp", WRITES, 0, "carries no file"),
        ("crisp", WRITES, 2, "carries one file"),
    ],
)
async def test_a_form_takes_nothing_but_files(
    bare: Bare, side: str, act: Any, files: int, sentence: str
) -> None:
    """Another act, no act, no file or too many are one sentence with 400."""
    status, answer = await sent(bare, side, form(act, *[("a", "text/plain", b"a")] * files))
    assert status == 400
    assert sentence in answer["error"]


async def test_something_else_than_a_form_is_refused(bare: Bare) -> None:
    """A body of another type is 400, and what the simulator refuses stays its sentence."""
    async with bare.session.post(f"{bare.url}crisp/upload", json=WRITES) as answer:
        assert (answer.status, await answer.json()) == (
            400,
            {"error": "Files come as multipart/form-data."},
        )
    act = {"as": "gil", "do": "upload"}
    status, told = await sent(bare, "slack", form(act, ("a", "text/plain", b"a")))
    assert status == 400
    assert "gil is not in support" in told["error"]


@pytest.mark.parametrize(
    "path",
    [
        "crisp/storage/%2e%2e/_control/state",
        "crisp/storage/x/%2e%2e/%2e%2e/_control/state",
        "crisp/storage/%252e%252e/_control/state",
        "slack/files-pri/..%2f_control%2fstate",
        "slack/files-pri/..%5c_control%5cstate",
        "slack/avatars/..%2f_control%2fstate",
        "static/..%2fserver.py",
        "crisp/storage/nothing-of-that-name",
        "slack/files-pri/T0-F0/nothing",
    ],
)
async def test_no_path_leads_out_of_the_stores(bare: Bare, path: str) -> None:
    """Ways up, however they are written, and files that are not there are 404."""
    async with bare.session.get(URL(bare.url + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_another_host_name_is_not_this_page(bare: Bare) -> None:
    """A name that suddenly leads to this machine is refused, although Host and Origin agree."""
    port = URL(bare.url).port
    for host, status in ((f"evil.example:{port}", 403), (f"localhost:{port}", 200)):
        headers = {"Host": host, "Origin": f"http://{host}"}
        async with bare.session.get(bare.url, headers=headers) as answer:
            assert answer.status == status


async def test_a_store_that_is_away_is_one_sentence(bare: Bare) -> None:
    """A simulator that does not answer is 502 with a sentence, for files and uploads alike."""
    await bare.crisp.stop()
    async with bare.session.get(f"{bare.url}crisp/storage/a") as answer:
        assert (answer.status, await answer.json()) == (
            502,
            {"error": "The local Crisp does not answer."},
        )
    status, _ = await sent(bare, "crisp", form(WRITES, ("a", "text/plain", b"a")))
    assert status == 502


async def test_the_stage_names_the_limit_and_the_shortcuts(bare: Bare) -> None:
    """The page learns what it may send and which shortcuts the app has."""
    async with bare.session.get(f"{bare.url}stage.json") as answer:
        stage = await answer.json()
    assert stage["most_bytes"] == uploads.MOST_BYTES
    assert stage["shortcuts"] == list(cast.SHORTCUTS)
    assert stage["global_shortcuts"] == list(cast.GLOBAL_SHORTCUTS)


async def test_nobody_but_this_machine_reaches_the_page(bare: Bare) -> None:
    """The page listens on the loopback address only."""
    port = URL(bare.url).port
    assert port is not None
    for address in await asyncio.to_thread(_own_addresses):
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(address, port)


def _own_addresses() -> list[str]:
    """Return the machine's addresses other than loopback: none in a closed box."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which way it would go
        except OSError:
            return []
        found: str = probe.getsockname()[0]
    return [] if found.startswith("127.") else [found]


def test_every_emoji_that_is_drawn_has_its_picture() -> None:
    """The page's list of drawn emoji is the list of pictures that lie there."""
    static = files("bot.simulator.page") / "static"
    script = (static / "shared" / "emoji.js").read_text(encoding="utf-8")
    (drawn,) = re.findall(r'const DRAWN = \[\.\.\."(.+)"\];', script)
    pictures = {PurePosixPath(one.name).stem for one in (static / "emoji").iterdir()}
    assert {f"{ord(one):x}" for one in drawn} == pictures
