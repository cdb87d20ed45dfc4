"""At most one of the bot's reactions is on a message, whatever is wanted meanwhile."""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
from pathlib import Path

import pytest

from bot.domain import ChannelId, MessageTs
from bot.outbox.courier import Done
from bot.outbox.notices import Reacting
from bot.relay.agents import mark
from bot.relay.effects import React, load_payload
from bot.store import edits, queue, reactions
from bot.store.migrate import migrate, migrations
from bot.store.rows import OutboxRow
from bot.store.view import View
from tests.core_kit import CHANNEL, NOW, ROOT
from tests.slack_kit import TS, Desk


class Board:
    """A Slack that has one message, and counts the calls."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.calls = 0
        self.most = 0

    async def react(self, _channel: str, _ts: str, name: str) -> None:
        """Add a reaction."""
        self.calls += 1
        self.there.add(name)
        self.most = max(self.most, len(self.there))

    async def unreact(self, _channel: str, _ts: str, name: str) -> None:
        """Remove a reaction."""
        self.calls += 1
        self.there.discard(name)


class Asking:
    """A reader on the test's own connection."""

    def __init__(self, desk: Desk) -> None:
        self._view = View(desk.conn, NOW)

    async def ask(self, question: object) -> object:
        """Answer."""
        return question(self._view)  # type: ignore[operator]  # a function of a view


class Slack:
    """A desk, a board, and the errand between them."""

    def __init__(self) -> None:
        self.desk, self.board = Desk(), Board()
        self.errand = Reacting(self.board, Asking(self.desk))  # type: ignore[arg-type]  # fakes

    def want(self, name: str) -> None:
        """Wish for one reaction, or for none."""
        self.desk.tx.enqueue(mark(CHANNEL, TS, name))

    def pending(self) -> OutboxRow | None:
        """Return the row that is to be carried out."""
        return queue.head(self.desk.tx, f"react:{CHANNEL}:{TS}")

    async def call(self, row: OutboxRow) -> Done:
        """Make the calls of a row."""
        payload = row.payload()
        assert isinstance(payload, React)
        done = await self.errand.attempt(row, payload)
        assert isinstance(done, Done)
        return done

    async def carry_out(self) -> None:
        """Carry out what is wanted, and store it."""
        while (row := self.pending()) is not None:
            edits.finish(self.desk.tx, row, (await self.call(row)).record)

    @property
    def noted(self) -> frozenset[str]:
        """Return what may be there, as far as is stored."""
        return reactions.may_be_there(self.desk.tx, CHANNEL, TS)


@pytest.fixture
def slack() -> Slack:
    """Return a message without a reaction."""
    return Slack()


async def test_one_reaction_is_exchanged_for_another(slack: Slack) -> None:
    """The old one goes before the new one comes, in two calls; then nothing is left to do."""
    slack.want("hourglass_flowing_sand")
    await slack.carry_out()
    slack.want("warning")
    await slack.carry_out()
    assert (slack.board.there, slack.board.calls, slack.board.most) == ({"warning"}, 3, 1)
    assert slack.noted == {"warning"}
    slack.want("")
    await slack.carry_out()
    assert (slack.board.there, slack.noted) == (set(), frozenset())


async def test_what_is_so_already_costs_no_call(slack: Slack) -> None:
    """Wishing for what is there, or for nothing where nothing is, leads to no row."""
    slack.want("")
    assert slack.pending() is None
    slack.want("warning")
    await slack.carry_out()
    slack.want("warning")
    assert (slack.pending(), slack.board.calls) == (None, 1)


async def test_a_crash_between_the_calls_and_the_commit_leaves_one(slack: Slack) -> None:
    """What may have been put there before a crash is removed when something else is wanted."""
    slack.want("hourglass_flowing_sand")
    row = slack.pending()
    assert row is not None
    await slack.call(row)  # and the process ends before the commit
    slack.want("warning")
    await slack.carry_out()
    assert slack.board.there == {"warning"}


async def test_any_order_of_wishes_calls_and_crashes_ends_in_the_last_wish() -> None:
    """However wishes, calls and commits that are lost mix, the last wish alone is there."""
    rng = random.Random(20261125)  # noqa: S311 - the same order each time
    names = ["", "warning", "hourglass_flowing_sand", "raised_hand", "mailbox_with_mail"]
    for _ in range(60):
        slack, wish = Slack(), ""
        for _ in range(rng.randrange(1, 9)):
            wish = rng.choice(names)
            slack.want(wish)
            row = slack.pending()
            if row is None or rng.random() < 0.3:
                continue
            done = await slack.call(row)
            if rng.random() < 0.5:  # something else is wanted while the call is made
                wish = rng.choice(names)
                slack.want(wish)
            if rng.random() < 0.6:  # else the commit is lost
                edits.finish(slack.desk.tx, row, done.record)
            assert slack.board.there <= slack.noted
        await slack.carry_out()
        assert slack.board.there == ({wish} if wish else set())
        assert slack.noted == slack.board.there
        assert slack.board.most <= 1


def test_other_messages_are_other_rows(slack: Slack) -> None:
    """What is wanted on one message changes nothing on another."""
    slack.want("warning")
    slack.desk.tx.enqueue(mark(CHANNEL, ROOT, "raised_hand"))
    assert len(slack.desk.rows("react")) == 2


def test_the_reactions_of_an_older_version_become_one(tmp_path: Path) -> None:
    """Rows for each reaction become one for the last that is wanted; what may be there is noted."""
    steps = migrations()
    before = tuple(itertools.takewhile(lambda m: "delivery_truth" not in m.name, steps))
    conn = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
    conn.row_factory = sqlite3.Row
    migrate(conn, path=tmp_path / "bridge.db", known=before)
    wishes = [("1", "warning", True), ("1", "hourglass_flowing_sand", False),
              ("2", "warning", False), ("3", "hourglass_flowing_sand", True),
              ("3", "warning", True)]  # fmt: skip
    for ts, name, present in wishes:
        payload = {"channel": "C1", "ts": ts, "name": name, "present": present}
        conn.execute(
            "INSERT INTO outbox (destination, lane, order_key, priority, kind, key, payload,"
            " accepted_at) VALUES ('slack', ?, 0, 2, 'react', ?, ?, 0)",
            (f"react:C1:{ts}", f"react:C1:{ts}:{name}", json.dumps(payload)),
        )
    migrate(conn, path=tmp_path / "bridge.db")
    found = conn.execute("SELECT key, payload FROM outbox ORDER BY key").fetchall()
    assert [(row[0], load_payload("react", row[1])) for row in found] == [
        ("react:C1:1", React(ChannelId("C1"), MessageTs("1"), "warning")),
        ("react:C1:2", React(ChannelId("C1"), MessageTs("2"), "")),
        ("react:C1:3", React(ChannelId("C1"), MessageTs("3"), "warning")),
    ]
    view = View(conn, NOW)
    there = [reactions.may_be_there(view, ChannelId("C1"), MessageTs(ts)) for ts in "123"]
    both = {"warning", "hourglass_flowing_sand"}
    assert there == [both, {"warning"}, both]
    conn.close()
