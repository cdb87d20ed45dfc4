"""``simulate`` and ``demo`` as processes of their own, and the page's server, without a browser."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.cli.demo import child_environment
from bot.config import load
from bot.simulator.page import Show, ShowError, cast, staged
from bot.simulator.page.vitals import counted
from tests import spawning

Json = dict[str, Any]
CLI = [sys.executable, "-m", "bot.cli"]
STATIC = files("bot.simulator.page") / "static"
DOCS = Path(__file__).parents[1] / "docs" / "demo.md"
WAIT = 45.0
pytestmark = pytest.mark.timeout(150)
SILENT = "import signal\nwhile True: signal.pause()"
"""A stand-in for the bridge that never gets ready."""


@contextmanager
def running(*arguments: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command of ours in an empty folder; SIGKILL what is left of it at the end."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    with subprocess.Popen(  # noqa: S603 - our own command
        [*CLI, *arguments],
        cwd=tmp_path,
        env=child_environment({**os.environ, "TMPDIR": str(folder)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def first_line(process: subprocess.Popen[str]) -> Json:
    """Read the one line of JSON."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    found: Json = json.loads(line)
    return found


def ended(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Send a signal; return the exit code and everything that was still said."""
    process.send_signal(how)
    out, err = process.communicate(timeout=WAIT)
    return process.returncode, out + err


async def eventually(look: Any) -> Any:
    """Ask until the answer is true; TimeoutError if it never is."""
    async with asyncio.timeout(WAIT):
        while not (found := await look()):  # noqa: ASYNC110 - another process: nothing to wait on
            await asyncio.sleep(0.05)
    return found


class Visitor:
    """Somebody with the page open, who uses what the page uses."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str) -> Json:
        async with self._session.get(self.url + path) as answer:
            assert answer.status == 200, await answer.text()
            found: Json = await answer.json()
            return found

    async def post(self, path: str, body: Json | None = None) -> Json:
        async with self._session.post(self.url + path, json=body or {}) as answer:
            assert answer.status in (200, 201), await answer.text()
            found: Json = await answer.json()
            return found

    async def roots(self) -> list[Json]:
        state = await self.get("slack/_control/state?channel=C0SUPPORT1")
        found: list[Json] = state["channel"]["messages"]
        return found

    async def thread_of(self, text: str) -> Json | None:
        return next((root for root in await self.roots() if text in root["text"]), None)

    async def chat(self, session_id: str) -> list[Json]:
        state = await self.get(f"crisp/_control/state?session_id={session_id}")
        return [m for m in state["messages"] if m["type"] == "text"]


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    """Open the page's stream of news, as the page does first of all."""
    async with aiohttp.ClientSession() as session, session.get(url + "events") as news:
        assert news.status == 200
        yield Visitor(session, url)


def test_simulate_prints_settings_with_which_run_works(tmp_path: Path) -> None:
    """``simulate --json`` prints one line, an object of settings that the bridge accepts as is."""
    with running("simulate", "--json", tmp_path=tmp_path) as process:
        settings = first_line(process)
        loaded = load(settings, env_file=None, bridge_file=None)
        code, rest = ended(process, signal.SIGTERM)
    assert loaded.socket_mode
    assert loaded.slack_channel == settings["SLACK_CHANNEL"]
    assert (code, rest) == (0, "")


async def test_simulate_listens_before_it_prints(tmp_path: Path) -> None:
    """Both simulators answer as soon as the line is there, and tokens are the printed ones."""
    with running("simulate", "--json", tmp_path=tmp_path) as process:
        settings = await asyncio.to_thread(first_line, process)
        bearer = {"Authorization": f"Bearer {settings['SLACK_BOT_TOKEN']}"}
        token = f"{settings['CRISP_TOKEN_IDENTIFIER']}:{settings['CRISP_TOKEN_KEY']}"
        basic = f"Basic {base64.b64encode(token.encode()).decode()}"
        crisp = {"Authorization": basic, "X-Crisp-Tier": settings["CRISP_TIER"]}
        website = f"{settings['CRISP_API_URL']}/website/{settings['CRISP_WEBSITE_ID']}"
        async with aiohttp.ClientSession() as session:
            async with session.post(settings["SLACK_API_URL"] + "auth.test", headers=bearer) as one:
                assert (await one.json())["ok"] is True
            async with session.get(website, headers=crisp) as other:
                assert (await other.json())["error"] is False


def test_simulate_prints_a_table_for_people(tmp_path: Path) -> None:
    """Without ``--json`` every setting is in a table, and Ctrl-C ends it with exit code 0."""
    with running("simulate", tmp_path=tmp_path) as process:
        assert process.stdout is not None
        shown = ""
        while "Ctrl-C" not in shown:
            shown += process.stdout.readline()
        code, rest = ended(process, signal.SIGINT)
    assert "SLACK_BOT_TOKEN" in shown
    assert "CRISP_TOKEN_KEY" in shown
    assert (code, rest) == (0, "")


def test_simulate_says_that_a_port_is_taken(tmp_path: Path) -> None:
    """A port in use is one sentence and exit code 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with running("simulate", "--crisp-port", port, tmp_path=tmp_path) as process:
            _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert told.count("\n") == 1
    assert port in told
    assert "--crisp-port" in told


async def test_demo_bridges_both_ways_and_ends_cleanly(tmp_path: Path) -> None:
    """The scripted customer becomes a thread, a reply reaches them, and nothing is left behind."""
    with running("demo", "--port", "0", "--json", tmp_path=tmp_path) as process:
        told = await asyncio.to_thread(first_line, process)
        async with visiting(told["url"]) as page:
            root = await eventually(lambda: page.thread_of("Team plan"))
            assert root["username"] == "Maya Lindqvist"
            await page.post(
                "slack/_control/act",
                {"as": "ana", "do": "message", "text": "On it!", "thread_ts": root["ts"]},
            )

            async def answered() -> Json | None:
                chat = await page.chat("session_maya")
                return next((m for m in chat if m["content"] == "On it!"), None)

            answer = await eventually(answered)
        folder = Path(told["settings"]["BRIDGE_DATABASE"]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        code, rest = await asyncio.to_thread(ended, process, signal.SIGINT)
    assert (answer["from"], answer["user"]["nickname"]) == ("operator", "Ana Silva")
    assert (code, rest) == (0, "")
    assert not folder.exists()
    with pytest.raises(OSError, match="refused"), socket.socket() as probe:
        probe.connect(("127.0.0.1", int(told["settings"]["BRIDGE_HTTP_PORT"])))


def test_ctrl_c_while_starting_is_quiet(tmp_path: Path) -> None:
    """Ctrl-C before the bridge is ready ends everything as quietly as later on."""
    with running("demo", "--port", "0", tmp_path=tmp_path) as process:
        assert process.stdout is not None
        shown = ""
        while "Starting the bridge" not in shown:
            line = process.stdout.readline()
            assert line
            shown += line
        code, rest = ended(process, signal.SIGINT)
    assert (code, rest) == (0, "")
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_what_is_written_while_the_bridge_is_killed_arrives_once(tmp_path: Path) -> None:
    """After ``kill -9`` from the page and a start, every message is there once, in order."""
    async with demo(tmp_path) as show, visiting(show.url) as page:
        await eventually(lambda: page.thread_of("Team plan"))
        before = show.bridge.pid
        assert await page.post("bridge/kill") == {"state": "killed"}
        for number in range(3):
            act = {"do": "visitor_message", "session_id": "session_jo", "text": f"Lost {number}?"}
            await page.post("crisp/_control/act", act)
        await page.post("bridge/start")

        async def arrived() -> list[str]:
            root = await page.thread_of("Lost 0?")
            texts = [m["text"] for m in (root or {}).get("replies", [])]
            return texts if len(texts) > 1 else []

        assert [t for t in await eventually(arrived) if "Lost" in t] == ["Lost 1?", "Lost 2?"]
        assert show.bridge.pid != before


@asynccontextmanager
async def demo(
    tmp_path: Path, command: list[str] | None = None, *, port: int | None = 0
) -> AsyncIterator[Show]:
    """Run the demo in this process, the bridge in its own."""
    async with staged(
        command or [*CLI, "run"],
        env=child_environment(os.environ),
        folder=tmp_path,
        port=port,
        tell=lambda _line: None,
        steps=cast.OPENING,
    ) as show:
        yield show


async def test_a_bridge_that_does_not_start_is_one_sentence(tmp_path: Path) -> None:
    """What the bridge said last, where it is for people, is why the demo does not start."""
    script = "print('SLACK_CHANNEL must be a channel id.'); raise SystemExit(2)"
    with pytest.raises(ShowError) as caught:
        async with demo(tmp_path, [sys.executable, "-c", script]):
            pass
    told = str(caught.value)
    assert told == (
        "The bridge ended unexpectedly (exit code 2): SLACK_CHANNEL must be a channel id."
    )


async def test_the_page_says_that_the_bridge_died(tmp_path: Path) -> None:
    """A bridge that ends by itself later on is told to whoever watches, and noticed."""
    async with demo(tmp_path) as show, aiohttp.ClientSession() as session:
        os.kill(show.bridge.pid, signal.SIGKILL)
        await asyncio.wait_for(show.bridge.died.wait(), WAIT)
        assert "exit code -9" in show.bridge.last_words()
        async with session.get(show.url + "events") as news:
            async for line in news.content:
                if line.startswith(b"data: ") and b'"died"' in line:
                    break
        assert b"ended unexpectedly" in line


async def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    """A port chosen by hand is used or refused; another one is never taken in its place."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ShowError, match=f"Port {port} is in use"):
            async with demo(tmp_path, [sys.executable, "-c", SILENT], port=port):
                pass


def test_nobodys_real_settings_reach_the_demos_bridge() -> None:
    """The child's environment has none of the bridge's settings, and keeps the rest."""
    given = {
        "SLACK_BOT_TOKEN": "xoxb-real",
        "SLACK_BOT_TOKEN_FILE": "/run/secrets/slack",
        "CRISP_TOKEN_KEY": "real",
        "MEMBRANE_TOKEN": "real",
        "BRIDGE_DATABASE": "/var/lib/bridge.db",
        "PATH": "/usr/bin",
    }
    made = child_environment(given)
    assert made.pop("PYTHONPATH") == str(Path(__file__).resolve().parents[1])
    assert made == {"PATH": "/usr/bin"}


async def test_the_pages_server_keeps_others_out(tmp_path: Path) -> None:
    """Strict headers everywhere; no other site's requests, no way out of its files, no reset."""
    async with demo(tmp_path) as show, aiohttp.ClientSession() as session:
        for path, origin, status in (
            ("", None, 200),
            ("static/app.js", None, 200),
            ("static/../server.py", None, 404),
            ("static/%2e%2e/server.py", None, 404),
            ("static/style", None, 404),
            ("crisp/storage/%2e%2e/_control/state", None, 404),
            ("crisp/storage/%252e%252e/_control/state", None, 404),
            ("slack/files-pri/..%2f_control%2fstate", None, 404),
            ("slack/_control/state", "https://evil.example", 403),
            ("slack/_control/state", show.url.rstrip("/"), 200),
            ("slack/_control/reset", None, 404),
            ("slack/api/auth.test", None, 404),
        ):
            headers = {"Origin": origin} if origin else {}
            where = URL(show.url + path, encoded=True)
            async with session.get(where, headers=headers) as answer:
                assert answer.status == status, path
                if status == 200:
                    policy = answer.headers["Content-Security-Policy"]
                    assert policy.startswith("default-src 'none'; script-src 'self'")
                    assert "unsafe" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_delivered_and_retried_are_read_from_metrics() -> None:
    """Counts come from Prometheus' text, summed over reasons; everything else is left alone."""
    text = (
        "# HELP bridge_delivered_total Effects delivered.\n"
        "# TYPE bridge_delivered_total counter\n"
        'bridge_delivered_total{destination="slack"} 5.0\n'
        'bridge_delivered_created{destination="slack"} 1.7e+09\n'
        'bridge_retried_total{destination="crisp",reason="timeout"} 1.0\n'
        'bridge_retried_total{destination="crisp",reason="rate_limited"} 2.0\n'
        'bridge_queue_depth{destination="slack"} 4.0\n'
    )
    assert counted(text) == {"delivered:slack": 5, "retried:crisp": 3}


def assets() -> dict[str, str]:
    """Return the page's own code and styles by their paths."""
    root = Path(str(STATIC))
    kinds = (".html", ".js", ".css", ".svg")
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.suffix in kinds
    }


def test_the_page_loads_nothing_from_elsewhere_and_builds_no_markup() -> None:
    """No address of another host, no inline script or style, no innerHTML anywhere."""
    for name, text in assets().items():
        found = re.findall(
            r"""(?:src|href|url|import|from)\s*[=(]?\s*["'(]\s*(?:https?:)?//""", text
        )
        assert not found, name
        banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        assert not re.search(banned, text), name
    page = assets()["index.html"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)


def test_no_file_of_the_page_outgrows_its_reader() -> None:
    """Scripts and styles stay below 250 lines each, in folders by what they are about."""
    assert [name for name, text in assets().items() if text.count("\n") > 250] == []


def test_every_file_that_the_page_names_is_there() -> None:
    """Imports, styles, scripts and the pictures of emoji exist under static/."""
    root = Path(str(STATIC))
    for name, text in assets().items():
        for found in re.findall(r'"/static/([\w./-]+)"', text):
            assert (root / found).is_file(), found
        for found in re.findall(r'from "(\.{1,2}/[\w./]+)"', text):
            assert ((root / name).parent / found).is_file(), f"{found} of {name}"
    drawn = re.search(r'DRAWN = \[\.\.\."(.+?)"\]', assets()["shared/emoji.js"])
    assert drawn is not None
    assert {f"{ord(one):x}.svg" for one in drawn[1]} == {
        path.name for path in (root / "emoji").iterdir()
    }


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_every_option_is_documented(command: str) -> None:
    """What ``--help`` lists is in docs/demo.md."""
    wide = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    code, told, _ = spawning.run_here(command, "--help", cwd=DOCS.parent, env=wide)
    assert code == 0
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", told)) - {"--help"}
    assert len(options) >= 3
    documented = DOCS.read_text(encoding="utf-8")
    assert {option for option in options if f"`{option}" not in documented} == set()
