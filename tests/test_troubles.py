"""Troubles: noted once, kept over a restart, gone when they are mended."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from bot import texts
from bot.doctor.check import Status
from bot.doctor.database import wrong
from bot.domain import Millis, SlackUser, SlackUserId
from bot.store.files import open_files
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.telling import AGAIN_MS, Telling
from bot.troubles import Trouble, Troubles, described, over, sentence
from tests.core_kit import ANA, CHANNEL, RULES, database, transaction

NOON = 1_700_000_000_000


class Clock:
    """Milliseconds that pass when they are told to."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@contextlib.asynccontextmanager
async def stored(path: Path) -> AsyncIterator[tuple[Writer, Reader]]:
    """Yield a writer and a reader of one database."""
    async with open_files(path) as files:
        writer = Writer(files.writer, clock_ms=lambda: NOON)
        working = asyncio.create_task(writer.run())
        try:
            yield writer, Reader(files.reader, clock_ms=lambda: NOON)
        finally:
            await writer.close()
            working.cancel()


def test_every_sentence_has_its_end() -> None:
    """Whatever can go wrong has a sentence, and another for when it is over, with no new words."""
    assert texts.TROUBLES.keys() == texts.TROUBLES_OVER.keys()
    for code, told in texts.TROUBLES.items():
        words = {name for _, name, _, _ in Formatter().parse(told) if name}
        assert {
            name for _, name, _, _ in Formatter().parse(texts.TROUBLES_OVER[code]) if name
        } <= words


def test_noted_again_and_again_it_is_one() -> None:
    """What lasts is one trouble, since it was first seen, and its words are the last ones."""
    clock = Clock()
    troubles = Troubles(clock_ms=clock)
    troubles.note("channel_archived", "C1", channel="#a")
    clock.now += 1000
    troubles.note("channel_archived", "C1", channel="#a")
    troubles.note("channel_archived", "C1", channel="#b")
    (found,) = troubles.current
    assert (found.since, sentence(found)[:15]) == (NOON, "#b is archived:")
    assert described(found)["since"] == "2023-11-14T22:13:20+00:00"
    assert over(found) == "#b is in use again: what waited is being delivered."


def test_what_is_about_one_thing_is_healed_alone() -> None:
    """Another channel's trouble stays, unless nobody cares for that channel any more."""
    troubles = Troubles(clock_ms=Clock())
    for channel in ("C1", "C2", "C3"):
        troubles.note("channel_archived", channel, channel=channel)
    troubles.heal("channel_archived", "C1")
    troubles.heal("channel_archived", "C9")
    assert [trouble.about for trouble in troubles.current] == ["C2", "C3"]
    assert troubles.about("C2") == {"channel_archived"}
    troubles.only("channel_archived", {"C3"})
    assert [trouble.about for trouble in troubles.current] == ["C3"]
    assert "channel_archived" in troubles
    assert "slack_token" not in troubles


def test_an_unknown_trouble_is_nobodys() -> None:
    """A code without a sentence, or a sentence without its words, is a mistake of ours."""
    troubles = Troubles(clock_ms=Clock())
    for code in ("no_such_code", "channel_archived"):
        with pytest.raises(KeyError):
            troubles.note(code)
    assert troubles.current == ()


async def test_it_lasts_over_a_restart(tmp_path: Path) -> None:
    """The next run knows what was wrong and since when, and doctor says it; healed, it is gone."""
    path = tmp_path / "bridge.db"
    async with stored(path) as (writer, reader):
        before = Troubles(clock_ms=Clock())
        before.note("slack_token", reason="token_revoked")
        await before.keep(writer)
        after = Troubles(clock_ms=lambda: NOON + 5)
        await after.begin(reader)
        after.note("slack_token", reason="token_revoked")
        assert after.current == (
            Trouble("slack_token", "", {"reason": "token_revoked"}, Millis(NOON)),
        )
        (check,) = wrong(path)
        assert (check.name, check.status) == ("trouble slack_token", Status.WARN)
        assert "SLACK_BOT_TOKEN" in check.message
        after.heal("slack_token")
        await after.keep(writer)
        assert [check.status for check in wrong(path)] == [Status.OK]


async def test_what_cannot_be_so_any_more_is_not_taken_up(tmp_path: Path) -> None:
    """A database that could be read had room; a sentence of another version lacks its words."""
    path = tmp_path / "bridge.db"
    async with stored(path) as (writer, reader):
        before = Troubles(clock_ms=Clock())
        before.note("database_full", path="bridge.db")
        before.note("slack_token", reason="token_revoked")
        await before.keep(writer)
        await writer.submit(
            lambda tx: tx.conn.execute(
                "UPDATE troubles SET words = '{}' WHERE code = 'slack_token'"
            )
        )
        after = Troubles(clock_ms=Clock())
        await after.begin(reader)
        assert after.current == ()
        assert not [check for check in wrong(path) if "slack_token" in check.name]
        await after.keep(writer)
        assert [check.status for check in wrong(path)] == [Status.OK]


# --- telling


BOSS = SlackUser(SlackUserId("UBOSS"), "boss", admin=True)


def telling(*users: SlackUser) -> tuple[Telling, Transaction]:
    """Return what tells people, and a database that knows some."""
    tx = transaction(database())
    for user in users:
        tx.save_user(user)
    return Telling(RULES), tx


def rows(tx: Transaction) -> list[tuple[str, str]]:
    """Return to whom what is said, and how it begins; and forget it."""
    found = tx.conn.execute("DELETE FROM outbox RETURNING payload").fetchall()
    payloads = [json.loads(row[0]) for row in found]
    return [(said.get("channel") or said["user"], said["text"][:2]) for said in payloads]


def test_the_channel_is_told_once_and_once_that_it_is_over() -> None:
    """What a channel can be told it is told there, and nobody is told directly."""
    speak, tx = telling(ANA, BOSS)
    wrong = Trouble("crisp_token", "", {"reason": "invalid_session"}, Millis(NOON))
    kept = speak.begun(tx, wrong, [wrong])
    assert rows(tx) == [(CHANNEL, "⚠️")]
    assert speak.begun(tx, kept, [kept]) == kept
    speak.ended(tx, kept, [])
    assert rows(tx) == [(CHANNEL, "✅ ")]


@pytest.mark.parametrize(
    ("known", "people"), [((ANA, BOSS), ["UBOSS"]), ((ANA,), ["UANA"]), ((), [CHANNEL])]
)
def test_a_channel_that_is_wrong_is_told_of_directly(
    known: tuple[SlackUser, ...], people: list[str]
) -> None:
    """Admins are told, members where no admin is known, and another channel where nobody is."""
    speak, tx = telling(*known)
    wrong = Trouble("channel_archived", "C2", {"channel": "#two"}, Millis(NOON))
    speak.begun(tx, wrong, [wrong])
    assert [who for who, _ in rows(tx)] == people


def test_while_the_channel_is_wrong_all_else_is_told_directly() -> None:
    """A line that would wait with the channel's posts reaches nobody who could mend it."""
    speak, tx = telling(BOSS)
    broken = Trouble("channel_archived", CHANNEL, {"channel": "#one"}, Millis(NOON))
    wrong = Trouble("crisp_token", "", {"reason": "invalid_session"}, Millis(NOON))
    speak.begun(tx, wrong, [wrong, broken])
    assert [who for who, _ in rows(tx)] == ["UBOSS"]


def test_what_comes_and_goes_is_not_told_again_and_again() -> None:
    """Back within the hour, it is a trouble as before, and nobody is bothered with it."""
    speak, tx = telling(ANA)
    wrong = Trouble("crisp_full", "", {}, Millis(NOON))
    speak.ended(tx, speak.begun(tx, wrong, [wrong]), [])
    rows(tx)
    again = replace(wrong, since=Millis(NOON + 1000))
    assert speak.begun(tx, again, [again]).told is None
    speak.ended(tx, again, [])
    assert rows(tx) == []
    tx.now = Millis(tx.now + AGAIN_MS)
    speak.begun(tx, again, [again])
    assert rows(tx) == [(CHANNEL, "⚠️")]


def test_while_nothing_can_be_said_only_the_end_is_told() -> None:
    """A refused token takes no line; once it is taken again, people learn what there was."""
    speak, tx = telling(ANA)
    wrong = Trouble("slack_token", "", {"reason": "token_revoked"}, Millis(NOON))
    kept = speak.begun(tx, wrong, [wrong])
    assert rows(tx) == []
    speak.ended(tx, kept, [])
    assert rows(tx) == [(CHANNEL, "✅ ")]


async def test_who_can_be_told_only_later_is_told_then(tmp_path: Path) -> None:
    """Where nobody was known who could be told, it is tried again until somebody is."""
    async with stored(tmp_path / "bridge.db") as (writer, _):
        troubles, speak = Troubles(clock_ms=Clock()), Telling(RULES)
        troubles.note("channel_archived", CHANNEL, channel="#one")
        await troubles.keep(writer, speak)
        assert troubles.untold()
        await writer.submit(lambda tx: tx.save_user(BOSS))
        await troubles.keep(writer, speak)
        assert [trouble.told is None for trouble in troubles.current] == [False]
        assert not troubles.untold()
