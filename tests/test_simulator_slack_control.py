"""The simulated Slack's control API over HTTP, its stream and its documentation."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from inspect import signature
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.blocks import problems
from bot.simulator.slack.config import Config
from bot.simulator.slack.people import SUPPORT
from bot.simulator.slack.text import compose
from tests.simulator_slack_kit import WAIT, Json, slack, until, web_client, wire

DOCS = Path(__file__).parent.parent / "docs" / "simulator-slack.md"


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    async with slack() as simulator:
        yield simulator


@pytest.fixture
async def http(sim: SlackSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    """Return an HTTP session whose paths start at the control API."""
    async with aiohttp.ClientSession(f"{sim.control_url}/") as session:
        yield session


async def ask(http: aiohttp.ClientSession, verb: str, path: str, **body: object) -> Json:
    """Ask the control API; return its answer."""
    async with http.request(verb, path, json=body) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        answer: Json = await response.json()
        assert response.status == (200 if answer["ok"] else 400)
        return answer


async def test_state_can_be_asked_for_whole_or_in_part(
    sim: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    """The whole, a channel and a thread are shown, with calls counted."""
    root = (await ask(http, "POST", "act", **{"as": "ana", "do": "message", "text": "a"}))["ts"]
    await sim.act(as_="ben", do="message", text="b", thread_ts=root)
    async with web_client(sim) as client:
        await client.auth_test()
    state = await ask(http, "GET", "state")
    assert state["channels"][SUPPORT]["messages"][0]["replies"][0]["text"] == "b"
    assert state["calls"] == {"auth.test": 1}
    assert len(state["pending"]) == 2
    parts = await ask(http, "GET", "state?only=calls,pending")
    assert set(parts) == {"ok", "calls", "pending"}
    assert parts["calls"] == state["calls"]
    wrong = await ask(http, "GET", "state?only=cals")
    assert "'cals'" in wrong["error"]
    assert "'calls'" in wrong["error"]
    part = await ask(http, "GET", "state?channel=support")
    assert part["channel"]["messages"][0]["ts"] == root
    thread = await ask(http, "GET", f"state?channel=support&thread_ts={root}")
    assert [m["text"] for m in thread["messages"]] == ["a", "b"]


async def test_mistakes_are_answered_with_one_sentence(http: aiohttp.ClientSession) -> None:
    """A wrong order, switch, fault or body is a 400 that says what is wrong."""
    assert "unknown verb" in (await ask(http, "POST", "act", do="dance"))["error"]
    assert "unknown setting 'colour'" in (await ask(http, "POST", "config", colour=1))["error"]
    assert "limits must be a bool" in (await ask(http, "POST", "config", limits="no"))["error"]
    assert "'do' must be one of" in (await ask(http, "POST", "faults", on="*"))["error"]
    assert "how must be" in (await ask(http, "POST", "disconnect", how="softly"))["error"]
    assert "unknown key 'url'" in (await ask(http, "POST", "http", url="x"))["error"]
    async with http.post("config", data="[]") as response:
        assert (await response.json())["error"] == "the body must be a JSON object"


async def test_faults_are_listed_and_removed(http: aiohttp.ClientSession) -> None:
    """A rule has an id by which it can be removed; without one all go."""
    first = await ask(http, "POST", "faults", on="*", do="delay")
    await ask(http, "POST", "faults", on="event:*", do="drop", times=0)
    await ask(http, "DELETE", f"faults?id={first['id']}")
    assert [f["do"] for f in (await ask(http, "GET", "faults"))["faults"]] == ["drop"]
    await ask(http, "DELETE", "faults")
    assert (await ask(http, "GET", "faults"))["faults"] == []


async def test_reset_starts_afresh_with_the_same_tokens(
    sim: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    """Messages, faults, switches and pending events go; tokens and sockets stay."""
    async with wire(sim) as socket:
        token = sim.bot_token
        await ask(http, "POST", "config", limits=False, ack_timeout=0.05)
        await ask(http, "POST", "faults", on="event:*", do="delay", seconds=30)
        await ask(http, "POST", "act", **{"as": "ana", "do": "message", "text": "a"})
        await ask(http, "POST", "reset")
        state = await ask(http, "GET", "state")
        assert state["channels"][SUPPORT]["messages"] == []
        assert state["pending"] == []
        assert state["config"] == Config().dump()
        assert (await ask(http, "GET", "faults"))["faults"] == []
        assert sim.bot_token == token
        await sim.act(as_="ana", do="message", text="b")
        assert (await socket.event())["text"] == "b"


async def test_sockets_are_cut_over_http(sim: SlackSimulator, http: aiohttp.ClientSession) -> None:
    """The answer counts the sockets that were concerned."""
    async with wire(sim):
        assert (await ask(http, "POST", "disconnect"))["sockets"] == 1
        assert (await ask(http, "POST", "disconnect", how="warning"))["sockets"] == 0


async def test_the_stream_tells_every_visible_change(
    sim: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    """Messages, edits, reactions, deletes, ephemerals and views come as they happen."""
    async with http.get("stream") as response, web_client(sim) as client:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b": watching\n"
        ts = (await sim.act(as_="ana", do="message", text="a"))["ts"]
        await sim.act(as_="ana", do="edit", ts=ts, text="b")
        await sim.act(as_="ana", do="react", ts=ts, name="eyes")
        await sim.act(as_="ana", do="delete", ts=ts)
        await client.chat_postEphemeral(channel=SUPPORT, user="U0ANA00001", text="psst")
        await client.views_publish(user_id="U0ANA00001", view={"type": "home", "blocks": []})
        seen: list[Json] = []
        async with asyncio.timeout(WAIT):
            while len(seen) < 6:
                line = await response.content.readline()
                if line.startswith(b"data: "):
                    seen.append(json.loads(line[6:]))
    assert [change["type"] for change in seen] == [
        "message", "message_changed", "reaction", "message_deleted", "ephemeral", "view",
    ]  # fmt: skip
    assert seen[0]["message"]["text"] == "a"
    assert seen[4]["text"] == "psst"
    await sim.act(as_="ana", do="message", text="unwatched")
    await until(lambda: sim.workspace.tell_watchers is None)


async def test_nothing_is_left_open_after_stop() -> None:
    """Stopping ends streams and sockets, so that a client notices at once."""
    async with (
        slack() as sim,
        aiohttp.ClientSession() as session,
        wire(sim) as socket,
        session.get(f"{sim.control_url}/stream") as response,
    ):
        await sim.stop()
        async with asyncio.timeout(WAIT):
            assert await response.content.read() == b": watching\n\n"
            assert (await socket.ws.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_settings_are_those_of_the_bridge(sim: SlackSimulator) -> None:
    """The keys are the bridge's setting names, the values work as they are."""
    settings = sim.settings()
    assert set(settings) == {
        "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CHANNEL",
        "SLACK_API_URL",
    }  # fmt: skip
    assert settings["SLACK_API_URL"].endswith("/api/")
    assert settings["SLACK_BOT_TOKEN"].startswith("xoxb-")
    assert settings["SLACK_APP_TOKEN"].startswith("xapp-")


@pytest.mark.parametrize(
    ("typed", "wire_text", "kinds"),
    [
        ("a & b < c", "a &amp; b &lt; c", ["text"]),
        ("see https://x.test/a.", "see <https://x.test/a>.", ["text", "link", "text"]),
        ("<https://x.test|here>", "<https://x.test|here>", ["link"]),
        ("@ana <!here> <#C0GENERAL1>", "<@U1> <!here> <#C0GENERAL1>",
         ["user", "text", "broadcast", "text", "channel"]),
        ("@nobody a@ana.test", "@nobody a@ana.test", ["text"]),
        (":wave::skin-tone-3: 10:30:00", ":wave::skin-tone-3: 10:30:00", ["emoji", "text"]),
        ("*b* _i_ ~s~ `c` 2*3*4", "*b* _i_ ~s~ `c` 2*3*4",
         ["text"] * 8),
    ],
)  # fmt: skip
def test_typed_text_becomes_wire_text_and_rich_text(
    typed: str, wire_text: str, kinds: list[str]
) -> None:
    """Mentions, links, emoji and styles are read as Slack's client reads them."""
    text, blocks = compose(typed, lambda name: "U1" if name == "ana" else None)
    assert text == wire_text
    assert [e["type"] for e in blocks[0]["elements"][0]["elements"]] == kinds


def test_lines_become_lists_quotes_and_code() -> None:
    """Each kind of line makes its own part, in order."""
    typed = "intro\n• one\n• two\n1. first\n> said\n```\nx = 1\n```\nend"
    text, blocks = compose(typed, lambda _name: None)
    parts = blocks[0]["elements"]
    assert [p["type"].removeprefix("rich_text_") for p in parts] == [
        "section", "list", "list", "quote", "preformatted", "section",
    ]  # fmt: skip
    assert [len(p["elements"]) for p in parts[1:3]] == [2, 1]
    assert parts[4]["elements"][0]["text"] == "x = 1"
    assert "&gt; said" in text
    assert compose("", lambda _name: None) == ("", [])
    assert problems(compose("``````", lambda _name: None)[1]) == []


@given(
    st.text(
        alphabet=st.one_of(
            st.sampled_from("*_~`<>@#!|:&\n •1.>/ ahttps"), st.characters(codec="utf-8")
        )
    )
)
def test_whatever_is_typed_makes_blocks_that_slack_takes(typed: str) -> None:
    """The rich_text block of any text keeps Block Kit's rules."""
    _, blocks = compose(typed, lambda name: "U1" if name == "a" else None)
    assert problems(blocks) == []


def test_everything_is_documented(sim_docs: str) -> None:
    """Every route, verb with its fields, and switch is named in the documentation."""
    verbs = SlackSimulator()._actors.verbs
    routes = ("state", "act", "faults", "config", "disconnect", "http", "reset", "stream")
    wanted = [f"/_control/{route}" for route in routes]
    wanted += [f"`{verb}`" for verb in verbs]
    wanted += [field for verb in verbs.values() for field in list(signature(verb).parameters)[1:]]
    wanted += [f"`{name}`" for name in Config().dump()]
    assert [name for name in wanted if name not in sim_docs] == []


async def test_the_documentation_s_examples_work(sim: SlackSimulator, sim_docs: str) -> None:
    """Every JSON body shown for a control route is accepted by it."""
    shown = re.findall(r"^curl -X POST \$CONTROL/(\w+) -d '(.*)'$", sim_docs, re.MULTILINE)
    assert {route for route, _ in shown} == {
        "act", "faults", "config", "disconnect", "http", "reset",
    }  # fmt: skip
    async with aiohttp.ClientSession() as session:
        for route, body in shown:
            if route in ("http", "reset"):
                continue
            known = await sim.act(as_="ana", do="message", text="hi")
            order = body.replace("1700000000.000100", known["ts"])
            async with session.post(f"{sim.control_url}/{route}", data=order) as response:
                assert (await response.json())["ok"], (route, body)
            sim.reset()


@pytest.fixture
def sim_docs() -> str:
    """Return the documentation."""
    return DOCS.read_text(encoding="utf-8")
