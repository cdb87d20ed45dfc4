"""``crisp``: every action and any call, from the command line, directly and through Membrane."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.cli.printing import printable
from bot.crisp.actions import ACTIONS, find
from bot.crisp.actions.offered import KEYS
from bot.simulator.crisp import CrispSimulator
from tests import spawning
from tests.cli_kit import CommandLine

BEN = "a5f1e0c2-6b7d-4c8e-9f10-2a3b4c5d6e02"
SESSION = "session_a"
NAME = 170000000000001

ARGUMENTS: dict[str, dict[str, Any]] = {
    "update-conversation-meta": {"session_id": SESSION, "nickname": "Jane", "segments": ["vip"]},
    "list-operators": {},
    "delete-people-profile": {"people_id": "old@example.com"},
    "update-people-profile": {"people_id": "old@example.com", "person": {"phone": "+1"}},
    "create-people-profile": {"email": "new@example.com", "person": {"nickname": "New"}},
    "get-people-profile": {"people_id": "old@example.com"},
    "list-people-profiles": {"search_text": "old"},
    "mark-messages-read": {"session_id": SESSION},
    "mark-messages-unread": {"session_id": SESSION},
    "send-message": {"session_id": SESSION, "content": "hello"},
    "list-messages": {"session_id": SESSION},
    "delete-conversation": {"session_id": SESSION},
    "update-conversation-state": {"session_id": SESSION, "state": "resolved"},
    "create-conversation": {},
    "get-conversation": {"session_id": SESSION},
    "list-conversations": {"page": 1, "filter_not_resolved": True},
    "get-website": {},
    "send-note": {"session_id": SESSION, "content": "a note"},
    "get-message": {"session_id": SESSION, "fingerprint": NAME},
    "edit-message": {"session_id": SESSION, "fingerprint": NAME, "content": "mended"},
    "remove-message": {"session_id": SESSION, "fingerprint": NAME},
    "get-conversation-state": {"session_id": SESSION},
    "get-conversation-routing": {"session_id": SESSION},
    "update-conversation-routing": {"session_id": SESSION, "user_id": BEN},
    "get-conversation-block": {"session_id": SESSION},
    "update-conversation-block": {"session_id": SESSION, "blocked": True},
    "get-conversation-participants": {"session_id": SESSION},
    "update-conversation-participants": {"session_id": SESSION, "emails": ["boss@example.com"]},
    "update-conversation-copies": {"session_id": SESSION, "add": ["boss@example.com"]},
    "send-transcript": {"session_id": SESSION, "to": "user"},
    "get-conversation-meta": {"session_id": SESSION},
    "update-conversation-segments": {"session_id": SESSION, "add": ["vip"]},
    "update-conversation-data": {"session_id": SESSION, "set": {"plan": "pro"}},
    "upload-file": {"path": "photo.png"},
}


@pytest.fixture
async def crisp() -> AsyncIterator[CrispSimulator]:
    """Return a Crisp with one conversation and one more person."""
    simulator = CrispSimulator()
    await simulator.start()
    try:
        simulator.act(
            {"do": "visitor_message", "session_id": SESSION, "text": "Hi", "email": "j@x.test"}
        )
        simulator.act(
            {"do": "operator_message", "session_id": SESSION, "text": "Yes?", "fingerprint": NAME}
        )
        simulator.act({"do": "add_person", "profile": {"email": "old@example.com"}})
        yield simulator
    finally:
        await simulator.stop()


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CommandLine:
    """Return the command line in an empty folder."""
    return CommandLine(capsys, monkeypatch, tmp_path)


# --- actions


async def test_the_list_holds_every_action_with_its_schemas(cli: CommandLine) -> None:
    """It needs no settings; the keys are Membrane's sixteen and ours, the schemas are valid."""
    code, out, err = await cli.run("crisp", "actions", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)["actions"]
    assert {one["key"] for one in found} == set(ARGUMENTS)
    assert set(ARGUMENTS) >= KEYS
    assert len(KEYS) == 16
    for one in found:
        assert set(one) == {"key", "name", "description", "inputSchema", "outputSchema"}
        for schema in ("inputSchema", "outputSchema"):
            jsonschema.Draft202012Validator.check_schema(one[schema])


async def test_the_table_for_people_names_what_each_takes(cli: CommandLine) -> None:
    """Each action has a row with its input, what is required marked."""
    _, out, _ = await cli.run("crisp", "actions")
    for action in ACTIONS:
        assert action.key in out
    assert "session_id*" in out


@pytest.mark.parametrize(
    ("intent", "first"),
    [
        ("send a message", "send-message"),
        ("close the conversation", "update-conversation-state"),
        ("assigning to somebody", "update-conversation-routing"),
        ("delete a person", "delete-people-profile"),
        ("private note", "send-note"),
        ("add a tag", "update-conversation-segments"),
        ("upload an image", "upload-file"),
        ("who are the agents", "list-operators"),
        ("search conversations", "list-conversations"),
    ],
)
async def test_an_intent_puts_the_best_first(cli: CommandLine, intent: str, first: str) -> None:
    """A few words in any form find the action; all others still follow."""
    _, out, _ = await cli.run("crisp", "actions", "--intent", intent, "--json")
    keys = [one["key"] for one in json.loads(out)["actions"]]
    assert keys[0] == first
    assert len(keys) == len(ACTIONS)


# --- run


@pytest.mark.parametrize("way", ["direct", "membrane"])
@pytest.mark.parametrize("key", sorted(ARGUMENTS))
async def test_every_action_runs(
    cli: CommandLine, crisp: CrispSimulator, tmp_path: Path, key: str, way: str
) -> None:
    """Each is accepted by Crisp, gives what its schema promises, and goes the way that is set."""
    (tmp_path / "photo.png").write_bytes(b"not much of a picture")
    token = crisp.settings() if key == "upload-file" else {}
    cli.reach(crisp, way=way, **{k: v for k, v in token.items() if "TOKEN" in k})
    given = ARGUMENTS[key]
    action = find(key)
    assert action is not None
    jsonschema.validate(given, action.as_dict()["inputSchema"])
    output = await cli.output(key, **given)
    jsonschema.validate(output, action.as_dict()["outputSchema"])
    calls = crisp.dump()["membrane"]["calls"]
    if way == "direct":
        assert calls == []
    elif key in KEYS:
        assert calls == ["GET /actions", f"POST /actions/act_{key.replace('-', '_')}/run"]
    else:
        assert all("/proxy/" in call for call in calls)
        assert calls


@pytest.mark.parametrize("way", ["direct", "membrane"])
async def test_what_actions_do(cli: CommandLine, crisp: CrispSimulator, way: str) -> None:
    """The conversation is afterwards as the actions say, whichever way they went."""
    cli.reach(crisp, way=way)
    sent = await cli.output("send-message", session_id=SESSION, content="hello")
    for key in (
        "update-conversation-state", "update-conversation-routing", "update-conversation-meta",
        "update-conversation-participants", "edit-message", "update-conversation-data",
    ):  # fmt: skip
        await cli.output(key, **ARGUMENTS[key])
    more = await cli.output(
        "update-conversation-segments", session_id=SESSION, add=["big", "vip"], remove=["nope"]
    )
    assert more == {"segments": ["vip", "big"]}
    state = crisp.dump(SESSION)
    assert state["state"] == "resolved"
    assert state["assigned"] == {"user_id": BEN}
    assert state["meta"]["nickname"] == "Jane"
    assert state["meta"]["segments"] == ["vip", "big"]
    assert state["meta"]["data"] == {"plan": "pro"}
    assert state["participants"] == [{"type": "email", "target": "boss@example.com"}]
    by_name = {m["fingerprint"]: m["content"] for m in state["messages"]}
    assert by_name[sent["fingerprint"]] == "hello"
    assert by_name[NAME] == "mended"


async def test_an_action_that_membrane_does_not_take_goes_by_the_proxy(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """An input that the offered action has no name for, and an action not offered, lose nothing."""
    cli.reach(crisp, way="membrane")
    sent = await cli.output("send-message", session_id=SESSION, content="x", fingerprint=NAME + 1)
    assert sent == {"fingerprint": NAME + 1}
    crisp.membrane.config({"offers": []})
    assert (await cli.output("get-website"))["name"] == "Acme"
    assert not [c for c in crisp.dump()["membrane"]["calls"] if c.endswith("/run")]


async def test_a_refusal_through_membrane_is_told_in_crisps_words(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """What Crisp refuses is told as without Membrane."""
    cli.reach(crisp, way="membrane")
    code, _, err = await cli.run(
        "crisp", "run", "get-conversation", "--input", '{"session_id": "session_nope"}'
    )
    assert (code, "conversation_not_found" in err) == (3, True)


async def test_camel_case_is_understood(cli: CommandLine, crisp: CrispSimulator) -> None:
    """Names in camelCase, and the website's id where it is right, are taken too."""
    cli.reach(crisp)
    website = crisp.settings()["CRISP_WEBSITE_ID"]
    found = await cli.output("get-conversation", sessionId=SESSION, websiteId=website)
    assert found["session_id"] == SESSION


@pytest.mark.parametrize(
    ("key", "given", "paths"),
    [
        ("send-message", "{}", ["session_id", "content"]),
        ("send-message", '{"session_id": "", "content": "x"}', ["session_id"]),
        (
            "send-message",
            '{"session_id": "s", "content": "x", "user": {"nick": "A"}, "typ": "note"}',
            ["user.nickname", "user.nick", "typ"],
        ),
        ("update-conversation-state", '{"session_id": "s", "state": "open"}', ["state"]),
        (
            "update-conversation-participants",
            '{"session_id": "s", "emails": ["a@b.test", 7]}',
            ["emails[1]"],
        ),
        ("list-conversations", '{"page": "1"}', ["page"]),
        ("update-people-profile", '{"people_id": "p"}', [""]),
        ("get-website", "{", [""]),
        ("get-website", "[]", [""]),
        ("get-website", '{"website_id": "another"}', ["website_id"]),
        ("upload-file", '{"path": "nowhere.png"}', ["path"]),
    ],
)
async def test_a_wrong_input_is_told_by_path(
    cli: CommandLine, crisp: CrispSimulator, key: str, given: str, paths: list[str]
) -> None:
    """Each error has its path and a sentence; nothing is called, and the code is 2."""
    cli.reach(crisp)
    code, out, err = await cli.run("crisp", "run", key, "--input", given, "--json")
    assert code == 2
    assert [one["path"] for one in json.loads(out)["errors"]] == paths
    assert [line.split(":")[0] for line in err.splitlines()] == [path or "input" for path in paths]
    assert crisp.dump()["calls"]["total"] == 0


async def test_input_comes_from_a_file(
    cli: CommandLine, crisp: CrispSimulator, tmp_path: Path
) -> None:
    """A file is read, a missing one and two inputs are wrong usage."""
    cli.reach(crisp)
    file = tmp_path / "input.json"
    file.write_text(json.dumps(ARGUMENTS["send-message"]))
    code, out, _ = await cli.run("crisp", "run", "send-message", "--input-file", str(file))
    assert (code, "fingerprint" in out) == (0, True)
    for more in (["--input-file", "missing.json"], ["--input", "{}", "--input-file", str(file)]):
        assert (await cli.run("crisp", "run", "send-message", *more))[0] == 2


async def test_an_unknown_action_is_named_with_the_nearest(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """A misspelled key is wrong usage, and so is --all where there are no pages."""
    cli.reach(crisp)
    code, _, err = await cli.run("crisp", "run", "send-mesage")
    assert (code, "send-message" in err) == (2, True)
    assert (await cli.run("crisp", "run", "get-website", "--all"))[0] == 2


@pytest.mark.parametrize("key", sorted(ARGUMENTS))
async def test_a_dry_run_shows_the_calls_and_makes_none(
    cli: CommandLine, crisp: CrispSimulator, tmp_path: Path, key: str
) -> None:
    """Each action names its calls with addresses and bodies; Crisp hears nothing."""
    (tmp_path / "photo.png").write_bytes(b"x")
    cli.reach(crisp)
    given = json.dumps(ARGUMENTS[key])
    code, out, _ = await cli.run("crisp", "run", key, "--dry-run", "--json", "--input", given)
    found = json.loads(out)
    assert (code, found["dry_run"]) == (0, True)
    assert found["calls"]
    assert all(call["url"].startswith(crisp.base_url) for call in found["calls"])
    assert crisp.dump()["calls"]["total"] == 0


@pytest.mark.parametrize("way", ["direct", "membrane"])
async def test_all_pages_of_a_list(cli: CommandLine, crisp: CrispSimulator, way: str) -> None:
    """--all reads to the end: every conversation, every message, in order."""
    cli.reach(crisp, way=way)
    crisp.seed(conversations=120, messages=1)
    code, out, err = await cli.run("crisp", "run", "list-conversations", "--all", "--json")
    assert err == "Read conversations: 121 in all.\n"
    found = [c["session_id"] for c in json.loads(out)["output"]["conversations"]]
    assert (code, len(found), len(set(found))) == (0, 121, 121)
    crisp.act(
        {
            "do": "history",
            "session_id": "session_old",
            "count": 95,
            "oldest": 1600000000000,
            "every": 1000,
        }
    )
    given = '{"session_id": "session_old"}'
    code, out, _ = await cli.run("crisp", "run", "list-messages", "--all", "--input", given)
    times = [m["timestamp"] for m in json.loads(out)["output"]["messages"]]
    assert times == [1600000000000 + 1000 * n for n in range(95)]


async def test_a_send_without_an_answer_is_looked_for(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """A message whose answer was lost, and which is there, counts as sent."""
    cli.reach(crisp)
    crisp.faults.add({"on": "POST */message", "do": "drop_after"})
    sent = await cli.output("send-message", session_id=SESSION, content="once")
    there = [m for m in crisp.dump(SESSION)["messages"] if m["content"] == "once"]
    assert [m["fingerprint"] for m in there] == [sent["fingerprint"]]


# --- what failures mean


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        ({"do": "error", "status": 402, "code": "subscription_upgrade_required"}, 3, "refuses"),
        ({"do": "rate_limit", "retry_after": 7}, 3, "try again in 7 seconds"),
        ({"do": "error", "status": 401, "code": "invalid_session"}, 3, "CRISP_TOKEN_KEY"),
        ({"do": "error", "status": 500}, 4, "look before doing it again"),
        ({"do": "disconnect"}, 4, "look before doing it again"),
    ],
)
async def test_failures_have_codes_and_sentences(
    cli: CommandLine, crisp: CrispSimulator, fault: dict[str, Any], code: int, told: str
) -> None:
    """3 where somebody said no, 4 where nobody said anything of use; JSON says it too."""
    cli.reach(crisp)
    crisp.faults.add({"on": "PATCH *", **fault})
    given = json.dumps(ARGUMENTS["update-conversation-state"])
    ended, out, err = await cli.run(
        "crisp", "run", "update-conversation-state", "--json", "--input", given
    )
    assert (ended, told in err) == (code, True), err
    error = json.loads(out)["error"]
    assert error["certain"] is (code == 3)
    assert crisp.settings()["CRISP_TOKEN_KEY"] not in out + err


async def test_nobody_there(cli: CommandLine, crisp: CrispSimulator) -> None:
    """Where Crisp cannot be reached nothing was done, and the code is 4."""
    cli.reach(crisp)
    await crisp.stop()
    code, _, err = await cli.run("crisp", "run", "get-website")
    assert (code, "nothing was done" in err) == (4, True)
    assert (await cli.run("crisp", "request", "/website/{website_id}"))[0] == 4


async def test_missing_settings(cli: CommandLine) -> None:
    """Without settings each one that is needed is named, Slack's are not."""
    code, _, err = await cli.run("crisp", "run", "get-website")
    assert code == 2
    assert "CRISP_WEBSITE_ID is not set" in err
    assert "SLACK" not in err


async def script(
    folder: Path, crisp: CrispSimulator, *arguments: str, **env: str
) -> tuple[int, str, str]:
    """Run the console script as a process of its own."""
    given = {"PATH": os.environ.get("PATH", ""), **crisp.settings(), **env}
    return await spawning.run(*arguments, cwd=folder, env=given)


async def test_the_console_script(crisp: CrispSimulator, tmp_path: Path) -> None:
    """As a process: done, wrong usage, refused and unreachable are 0, 2, 3 and 4."""
    website = ("crisp", "run", "get-website")
    code, out, err = await script(tmp_path, crisp, *website)
    assert (code, json.loads(out)["output"]["name"], err) == (0, "Acme", "")
    assert (await script(tmp_path, crisp, *website, "--input", "[]"))[0] == 2
    code, out, err = await script(tmp_path, crisp, *website, CRISP_TOKEN_KEY="wrong")
    assert (code, out, err.count("\n")) == (3, "", 1)
    code, _, err = await script(tmp_path, crisp, *website, CRISP_API_URL="http://127.0.0.1:1")
    assert (code, err.count("\n")) == (4, 1)


# --- request


async def test_a_request_prints_the_answer(cli: CommandLine, crisp: CrispSimulator) -> None:
    """Methods, data, queries and headers go along; the answer's envelope comes out whole."""
    cli.reach(crisp)
    base = f"/website/{{website_id}}/conversation/{SESSION}"
    code, out, _ = await cli.run("crisp", "request", base, "--json")
    assert (code, json.loads(out)["data"]["session_id"]) == (0, SESSION)
    sent = ("-d", '{"type": "text", "from": "operator", "origin": "chat", "content": "hey"}')
    code, out, _ = await cli.run("crisp", "request", f"{base}/message", *sent, "-H", "X-Test: 1")
    assert (code, json.loads(out)["error"]) == (0, False)
    args = ("-X", "PATCH", "-d", '{"state": "resolved"}')
    assert (await cli.run("crisp", "request", f"{base}/state", *args))[0] == 0
    assert crisp.dump(SESSION)["state"] == "resolved"
    listed = ("crisp", "request", "/v1/website/{website_id}/conversations/1", "--json")
    _, out, _ = await cli.run(*listed, "--query", "filter_not_resolved=1")
    assert json.loads(out)["data"] == []
    _, out, _ = await cli.run("crisp", "request", f"{crisp.base_url}{listed[2][3:]}", "--json")
    assert len(json.loads(out)["data"]) == 1


@pytest.mark.parametrize("way", ["direct", "membrane"])
async def test_a_request_goes_through_all_pages(
    cli: CommandLine, crisp: CrispSimulator, way: str
) -> None:
    """--all goes on to the end of a list by pages, and of messages by time."""
    cli.reach(crisp, way=way)
    crisp.seed(conversations=50, messages=1)
    code, out, _ = await cli.run(
        "crisp", "request", "/website/{website_id}/conversations/1", "--all", "--json"
    )
    assert (code, len(json.loads(out)["data"])) == (0, 51)
    crisp.act(
        {
            "do": "history",
            "session_id": "session_old",
            "count": 95,
            "oldest": 1600000000000,
            "every": 1000,
        }
    )
    code, out, _ = await cli.run(
        "crisp", "request", "/website/{website_id}/conversation/session_old/messages", "--all"
    )
    assert (code, len(json.loads(out)["data"])) == (0, 95)


async def test_a_refused_request(cli: CommandLine, crisp: CrispSimulator) -> None:
    """The answer is printed as it came, a sentence follows on stderr, and the code is 3."""
    cli.reach(crisp)
    code, out, err = await cli.run(
        "crisp", "request", "/website/{website_id}/conversation/session_nope"
    )
    assert (code, json.loads(out)["reason"]) == (3, "conversation_not_found")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["https://evil.test/website/x"],
        ["//evil.test/x"],
        ["/website/../../connections"],
        ["/website/%2e%2e/%2e%2e/connections"],
        ["/website/x", "-X", "BREW"],
        ["/website/x", "-d", "{"],
        ["/website/x", "-d", "@missing.json"],
        ["/website/x", "-H", "Authorization: Basic x"],
        ["/website/x", "-H", "nonsense"],
        ["/website/x", "--query", "novalue"],
        ["/website/x", "--all"],
    ],
    ids=" ".join,
)
async def test_wrong_requests_are_never_made(
    cli: CommandLine, crisp: CrispSimulator, arguments: list[str]
) -> None:
    """The credentials go nowhere but to Crisp, and what is no call is wrong usage."""
    cli.reach(crisp)
    code, out, err = await cli.run("crisp", "request", *arguments)
    assert (code, out) == (2, "")
    assert err
    assert crisp.dump()["calls"]["total"] == 0


async def test_what_a_terminal_would_obey_is_not_printed(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """Half a character and an escape sequence, in JSON or on an error page, do no harm."""
    cli.reach(crisp)
    crisp.act({"do": "visitor_message", "session_id": SESSION, "text": "a\ud800b \x1b[31m red"})
    path = f"/website/{{website_id}}/conversation/{SESSION}/messages"
    code, out, _ = await cli.run("crisp", "request", path)
    assert (code, r"a\ud800b \u001b[31m red" in out, "\x1b" in out) == (0, True, False)
    code, out, _ = await cli.run(
        "crisp", "run", "list-messages", "--input", f'{{"session_id": "{SESSION}"}}'
    )
    assert (code, r"a?b \u001b[31m red" in out, "\x1b" in out) == (0, True, False)
    assert printable("<b>\x1b[31m\x07</b>") == "<b> [31m </b>"


@pytest.mark.parametrize("way", ["direct", "membrane"])
async def test_no_credentials_are_shown(cli: CommandLine, crisp: CrispSimulator, way: str) -> None:
    """Neither -v nor the answer shows our own token, or one of those that operators bear."""
    cli.reach(crisp, way=way)
    ana = next(iter(crisp.world.operators.values()))
    secrets = [
        v for k, v in {**crisp.settings(), **crisp.membrane_settings()}.items() if "TOKEN" in k
    ]
    key = crisp.settings()["CRISP_TOKEN_KEY"]
    crisp.act({"do": "visitor_message", "session_id": SESSION, "text": f"is it {key}?"})
    for path in (f"conversation/{SESSION}/messages", "operators/list"):
        code, out, err = await cli.run("crisp", "request", f"/website/{{website_id}}/{path}", "-v")
        assert code == 0
        assert "> Authorization: ***" in err
        shown = out + err
        if way == "direct":
            assert not [secret for secret in secrets if secret in shown]
        assert crisp.membrane_settings()["MEMBRANE_TOKEN"] not in shown
    assert ana.email in out
