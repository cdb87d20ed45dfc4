"""Troubles: noted once, kept over a restart, gone when they are mended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from string import Formatter

import pytest

from bot import texts
from bot.doctor.check import Status
from bot.doctor.database import wrong
from bot.domain import Millis
from bot.store.files import open_files
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.troubles import Trouble, Troubles, described, over, sentence

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
