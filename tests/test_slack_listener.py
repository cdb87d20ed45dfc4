"""The Bolt application: committed first, acknowledged then, nothing left over."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from bot.domain import Arrival, Receipt
from bot.errors import StoreError
from bot.slack.client import SlackClient
from bot.slack.listener import Intake, build_app
from tests.slack_fakes import ME, FakeSlack, fake_slack
from tests.test_slack_events import REPLY, envelope, press

Json = dict[str, Any]

COMMAND: Json = {"command": "/crisp", "text": "list", "trigger_id": "1.2", "user_id": "U1"}


@dataclass
class Book:
    """Stands for the inbox: takes arrivals, or fails to."""

    receipt: Receipt = Receipt.ACCEPTED
    fails: bool = False
    accepted: list[Arrival] = field(default_factory=list)
    asked: list[Arrival] = field(default_factory=list)

    async def accept(self, arrival: Arrival) -> Receipt:
        if self.fails:
            raise StoreError("the disk is full")
        self.accepted.append(arrival)
        return self.receipt

    async def ask(self, arrival: Arrival) -> None:
        self.asked.append(arrival)


@dataclass
class Bench:
    """An application, its inbox, and the Web API that it must not need."""

    app: AsyncApp
    book: Book
    server: FakeSlack

    async def send(self, body: Json) -> int:
        """Hand a body to the application as Socket Mode does; return the status."""
        request = AsyncBoltRequest(body=body, mode="socket_mode", headers={})
        return (await self.app.async_dispatch(request)).status


def bench(server: FakeSlack, client: SlackClient) -> Bench:
    """Build the application."""
    book = Book()
    app = build_app(Intake(ME, book.accept, book.ask), client.web)
    return Bench(app, book, server)


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    """Build an application for one test."""
    async with fake_slack() as (server, client):
        yield bench(server, client)


def view(kind: str = "view_submission") -> Json:
    """Return a modal's body."""
    return {
        "type": kind,
        "user": {"id": "U1"},
        "view": {"id": "V1", "hash": "h", "callback_id": "note", "type": "modal"},
    }


def shortcut(kind: str) -> Json:
    """Return a shortcut's body."""
    user = {"id": "U1"}
    return {"type": kind, "callback_id": "note", "action_ts": "1700000001.000200", "user": user}


KINDS = [
    (envelope(REPLY), "message"),
    (envelope({"type": "user_change", "user": {"id": "U1"}}), "user_change"),
    (envelope({"type": "app_home_opened", "user": "U1"}), "app_home_opened"),
    (envelope({"type": "app_uninstalled"}), "app_uninstalled"),
    (envelope({"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}), "tokens_revoked"),
    (COMMAND, "command"),
    (press(), "action:conversation:resolve"),
    (shortcut("message_action"), "shortcut:note"),
    (shortcut("shortcut"), "shortcut:note"),
    (view(), "view:note"),
]


@pytest.mark.parametrize(("body", "kind"), KINDS)
async def test_everything_is_accepted_then_acknowledged(at: Bench, body: Json, kind: str) -> None:
    """Each kind of request reaches the inbox once and is acknowledged."""
    assert await at.send(body) == 200
    assert [arrival.kind for arrival in at.book.accepted] == [kind]


@pytest.mark.parametrize(("body", "kind"), KINDS)
async def test_what_is_not_committed_is_not_acknowledged(at: Bench, body: Json, kind: str) -> None:
    """If the commit fails Slack is told so, delivers again, and nothing was answered."""
    at.book.fails = True
    assert await at.send(body) == 503, kind
    assert at.book.asked == []
    at.book.fails = False
    assert await at.send(body) == 200


@pytest.mark.parametrize(
    "body",
    [
        envelope({"type": "emoji_changed"}),
        envelope({"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.000001"}),
        envelope({**REPLY, "bot_id": "BBOT"}),
        envelope({**REPLY, "subtype": "channel_join"}),
        press("conversation:open"),
        view("view_closed"),
        {"type": "block_suggestion", "action_id": "x", "user": {"id": "U1"}},
        {"type": "dialog_submission", "callback_id": "x", "user": {"id": "U1"}},
        {"type": "something_new", "user": {"id": "U1"}},
        {},
    ],
)
async def test_what_nobody_needs_is_acknowledged(at: Bench, body: Json) -> None:
    """Nothing is delivered again for lack of a listener, and nothing of it is stored."""
    assert await at.send(body) == 200
    assert at.book.accepted == []


async def test_questions_are_asked_once_and_after_the_commit(at: Bench) -> None:
    """A command is handed to be answered, a redelivered one is not answered twice."""
    await at.send(COMMAND)
    at.book.receipt = Receipt.DUPLICATE
    await at.send(COMMAND)
    assert len(at.book.accepted) == 2
    assert [arrival.kind for arrival in at.book.asked] == ["command"]


async def test_messages_are_no_questions(at: Bench) -> None:
    """What people write to each other is relayed, not answered."""
    await at.send(envelope(REPLY))
    assert at.book.asked == []


@pytest.mark.parametrize("text", ["!show", " *!who* anna", "\uff01list", "<@UBOT> help", "- !show"])
async def test_what_begins_like_a_command_in_a_thread_may_be_a_question(
    at: Bench, text: str
) -> None:
    """It is handed on after the commit, and not again when it is delivered again."""
    await at.send(envelope({**REPLY, "text": text}))
    at.book.receipt = Receipt.DUPLICATE
    await at.send(envelope({**REPLY, "text": text}))
    assert [arrival.kind for arrival in at.book.asked] == ["message"]


async def test_what_begins_like_a_command_elsewhere_is_no_question(at: Bench) -> None:
    """At a channel's root there is no conversation that it could be about."""
    await at.send(envelope({**REPLY, "text": "!show", "thread_ts": ""}))
    assert at.book.asked == []


async def test_no_event_costs_a_call(at: Bench) -> None:
    """Who we are is fixed at the start; Bolt does not ask Slack again."""
    for body, _ in KINDS:
        await at.send(body)
    assert at.server.calls == []


async def test_oauth_variables_in_the_environment_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SLACK_CLIENT_ID and its secret make Bolt set up OAuth, which must not cost us our events."""
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret")
    async with fake_slack() as (server, client):
        at = bench(server, client)
        assert await at.send(envelope(REPLY)) == 200
        assert await at.send(COMMAND) == 200
        assert len(at.book.accepted) == 2
        assert server.calls == []


async def test_logs_hold_no_text(at: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a failure nor an unknown request puts what people write into the log."""
    caplog.set_level(logging.DEBUG)
    at.book.fails = True
    await at.send(envelope({**REPLY, "text": "my password is hunter2"}))
    await at.send({"type": "something_new", "text": "hunter2", "user": {"id": "U1"}})
    await at.app.async_dispatch(AsyncBoltRequest(body='{"text": "hunter2"}', headers={}))
    assert "slack_event_not_accepted error=StoreError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_http_without_a_secret_is_refused(at: Bench) -> None:
    """An application built for Socket Mode cannot be spoken to over HTTP."""
    request = AsyncBoltRequest(
        body='{"type": "event_callback", "event": {"type": "message"}}',
        headers={"content-type": "application/json"},
    )
    assert (await at.app.async_dispatch(request)).status == 401
