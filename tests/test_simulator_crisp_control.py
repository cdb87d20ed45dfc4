"""The simulated Crisp's control API over HTTP, as a program in another process uses it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.simulator.crisp import ActError, CrispSimulator
from bot.simulator.crisp.acts import ACTS
from bot.simulator.crisp.modes import Modes
from tests.simulator_crisp_kit import WAIT, crisp, listening, rest, text

DOCS = Path(__file__).parent.parent / "docs" / "simulator-crisp.md"


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def http(sim: CrispSimulator) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the control API."""
    async with httpx.AsyncClient(base_url=f"{sim.root}/_control", timeout=WAIT) as client:
        yield client


async def test_acts_and_dumps_are_the_same_over_http(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """POST act does what act() does, GET state shows what dump() returns."""
    act = {"do": "visitor_message", "text": "hello", "nickname": "Jane"}
    done = (await http.post("/act", json=act)).json()
    one = (await http.get("/state", params={"session_id": done["session_id"]})).json()
    assert one == sim.dump(done["session_id"])
    assert one["messages"][0]["fingerprint"] == done["fingerprint"]
    whole = (await http.get("/state")).json()
    assert [c["session_id"] for c in whole["conversations"]] == [done["session_id"]]
    assert {o["email"] for o in whole["operators"]} >= {"ana@acme.test", "ben@acme.test"}
    assert len(whole["people"]) == 4
    none = await http.get("/state", params={"session_id": "session_none"})
    assert none.status_code == 404


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ({"do": "dance"}, "unknown act"),
        ({"do": "visitor_message"}, "needs 'text'"),
        ({"do": "visitor_message", "text": " "}, "not empty"),
        ({"do": "set_state", "session_id": "session_none", "state": "resolved"}, "conversation"),
        ({"do": "operator_message", "session_id": "s", "text": "x", "operator": "z"}, "operator"),
    ],
)
async def test_an_impossible_act_says_why(
    sim: CrispSimulator, http: httpx.AsyncClient, act: dict[str, Any], said: str
) -> None:
    """400 with one sentence over HTTP, ActError in the same process."""
    refused = await http.post("/act", json=act)
    assert refused.status_code == 400
    assert said in refused.json()["error"]
    with pytest.raises(ActError, match=re.escape(said)):
        sim.act(act)
    assert sim.dump()["conversations"] == []


async def test_an_act_can_name_its_timestamp_fingerprint_and_session(
    sim: CrispSimulator,
) -> None:
    """What is given is used, so that the past can be written."""
    act = {
        "do": "visitor_message", "text": "old", "session_id": "session_x",
        "timestamp": 1_700_000_000_000, "fingerprint": 170000000000000,
    }  # fmt: skip
    done = sim.act(act)
    assert done == {
        "session_id": "session_x", "fingerprint": 170000000000000, "timestamp": 1_700_000_000_000,
    }  # fmt: skip
    shown = sim.dump("session_x")
    assert shown["created_at"] == shown["updated_at"] == 1_700_000_000_000


async def test_a_field_is_answered(sim: CrispSimulator) -> None:
    """The value is in the content; a message that is no field has none."""
    session = sim.act({"do": "visitor_message", "text": "hi"})["session_id"]
    field = {"id": "f", "text": "Order number?", "explain": "", "required": False}
    act = {"do": "operator_message", "session_id": session, "type": "field", "content": field}
    sent = sim.act(act)["fingerprint"]
    answer = {"do": "field_answer", "session_id": session, "fingerprint": sent, "value": "42"}
    sim.act(answer)
    assert sim.dump(session)["messages"][-1]["content"]["value"] == "42"
    first = sim.dump(session)["messages"][0]["fingerprint"]
    with pytest.raises(ActError, match="not a field"):
        sim.act({**answer, "fingerprint": first})


async def test_operators_and_people_can_be_added(sim: CrispSimulator) -> None:
    """A new operator can be assigned, a new profile is found by its address."""
    new = {"email": "dan@acme.test", "first_name": "Dan", "last_name": "Reed"}
    sim.act({"do": "add_operator", "operator": new})
    session = sim.act({"do": "visitor_message", "text": "hi"})["session_id"]
    sim.act({"do": "assign", "session_id": session, "operator": "dan@acme.test"})
    sim.act({"do": "add_person", "profile": {"email": "p@x.test"}})
    async with rest(sim) as client:
        shown = await client.data("GET", f"W/conversation/{session}")
        assert shown["assigned"]["user_id"] in sim.world.operators
        assert (await client.data("GET", "W/people/profile/p@x.test"))["email"] == "p@x.test"


async def test_faults_are_set_shown_and_removed(http: httpx.AsyncClient) -> None:
    """POST adds a rule, GET shows it with its count, DELETE removes one or all."""
    first = (await http.post("/faults", json={"on": "GET *", "do": "error"})).json()["id"]
    await http.post("/faults", json={"on": "event:*", "do": "drop"})
    assert len((await http.get("/faults")).json()["faults"]) == 2
    await http.delete(f"/faults/{first}")
    (left,) = (await http.get("/faults")).json()["faults"]
    assert (left["on"], left["applied"]) == ("event:*", 0)
    await http.delete("/faults")
    assert (await http.get("/faults")).json()["faults"] == []
    wrong = await http.post("/faults", json={"on": "GET *", "do": "explode"})
    assert wrong.status_code == 400
    assert "'do' must be one of" in wrong.json()["error"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": 1}, "unknown setting 'colour'"),
        ({"notes": 1}, "notes must be true or false"),
        ({"send_status": 204}, "send_status must be one of"),
        ({"latency": -1}, "latency must be a number"),
        ({"hook_kind": "pigeon"}, "hook_kind must be"),
        ({"hook_url": 5}, "hook_url must be a str"),
        ({"latency": True}, "latency must be no boolean"),
    ],
)
async def test_a_wrong_switch_changes_nothing(
    sim: CrispSimulator, http: httpx.AsyncClient, changes: dict[str, Any], said: str
) -> None:
    """400 with one sentence, and the switches named beside it stay too."""
    refused = await http.post("/config", json={"dedupe": True, **changes})
    assert refused.status_code == 400
    assert said in refused.json()["error"]
    assert sim.modes.dedupe is False


async def test_reset_begins_anew(sim: CrispSimulator, http: httpx.AsyncClient) -> None:
    """Conversations, faults, counters and switches are gone; the team is back."""
    sim.act({"do": "visitor_message", "text": "hi"})
    sim.config({"notes": False})
    sim.faults.add({"on": "*", "do": "error"})
    sim.act({"do": "operator_availability", "operator": "ana@acme.test", "availability": "away"})
    await http.post("/reset")
    whole = sim.dump()
    assert whole["conversations"] == []
    assert whole["faults"] == []
    assert whole["config"]["notes"] is True
    assert {o["availability"] for o in whole["operators"]} == {"online"}
    assert whole["calls"]["total"] == 0


async def test_disconnect_drops_the_sockets(http: httpx.AsyncClient, sim: CrispSimulator) -> None:
    """Rudely or politely, the connection ends and is counted."""
    for politely in (False, True):
        async with listening(sim, "message:send") as ear:
            dropped = await http.post("/disconnect", json={"politely": politely})
            assert dropped.json() == {"dropped": 1}
            async with asyncio.timeout(WAIT):
                await ear.closed.wait()


async def test_the_stream_shows_what_happens_before_the_faults(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """One JSON event per change, of one conversation if asked, though the event was dropped."""
    sim.faults.add({"on": "event:*", "do": "drop", "times": 0})
    session = str(sim.act({"do": "visitor_message", "text": "hi"})["session_id"])
    query = {"session_id": session}
    async with http.stream("GET", "/stream", params=query) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith(":")
        sim.act({"do": "visitor_message", "text": "somebody else"})
        async with rest(sim) as client:
            await client.data("POST", f"W/conversation/{session}/message", text("yo"))
        shown: list[Any] = []
        async with asyncio.timeout(WAIT):
            async for line in lines:
                if line.startswith("data: "):
                    shown.append(json.loads(line.removeprefix("data: ")))
                    break
        assert shown[0]["event"] == "message:received"
        assert shown[0]["data"]["content"] == "yo"


async def test_seeding_is_reproducible_and_can_be_read(
    sim: CrispSimulator, http: httpx.AsyncClient
) -> None:
    """The answer tells ids, times and fingerprints of what was made."""
    wanted = {"conversations": 3, "messages": 5, "state": "unresolved", "newest": 1_700_000_000_000}
    made = (await http.post("/seed", json=wanted)).json()
    first = sim.dump(made["first_session_id"])
    assert first["created_at"] == made["first_created_at"]
    gap = made["message_gap"]
    stamps = [m["timestamp"] for m in first["messages"]]
    assert stamps == [made["first_created_at"] + j * gap for j in range(5)]
    assert [m["fingerprint"] for m in first["messages"]] == [s * 100 for s in stamps]
    again = (await http.post("/seed", json=wanted)).json()
    assert again["first"] == 3
    newest = sim.dump()["conversations"][0]
    assert newest["updated_at"] == 1_700_000_000_000
    assert (await http.post("/seed", json={"cats": 1})).status_code == 400


async def test_a_page_of_another_origin_may_use_the_control_api(http: httpx.AsyncClient) -> None:
    """CORS is open on control: the demo's page lives on another port."""
    asked = await http.options("/act")
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert (await http.get("/config")).headers["Access-Control-Allow-Origin"] == "*"


def examples(kind: str) -> list[str]:
    """Return the lines of the document's example blocks of one kind."""
    words = DOCS.read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", words, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_document_names_every_switch_and_control_route() -> None:
    """docs/simulator-crisp.md forgets none of them."""
    words = DOCS.read_text(encoding="utf-8")
    named = {*ACTS, *Modes().to_json(), "used"}
    assert [n for n in sorted(named) if f"`{n}`" not in words] == []
    control = {
        "state",
        "act",
        "faults",
        "disconnect",
        "config",
        "reset",
        "seed",
        "stream",
        "membrane",
    }
    assert [r for r in sorted(control) if f"/_control/{r}" not in words] == []


async def test_the_documents_examples_work_and_leave_no_route_out(sim: CrispSimulator) -> None:
    """Every act, fault, switch and REST call of the document is accepted, in its order."""
    acts = [json.loads(line) for line in examples("acts")]
    for act in acts:
        sim.act(act)
    assert {act["do"] for act in acts} == set(ACTS)
    async with rest(sim) as website, rest(sim, tier="plugin") as plugin:
        for line in examples("rest"):
            method, path, *body = line.split(" ", 2)
            client = plugin if path.startswith("/plugin") else website
            answer = await client.call(method, path, json.loads(body[0]) if body else None)
            assert answer.is_success, f"{line}: {answer.text}"
    assert set(sim.dump()["calls"]["routes"]) == {f"{r.method} {r.template}" for r in sim.routes()}
    for line in examples("faults"):
        sim.faults.add(json.loads(line))
    for line in examples("config"):
        sim.config(json.loads(line))
    for line in examples("membrane"):
        sim.membrane.config(json.loads(line))
