"""The show's script: in order, once, and giving way to whoever plays a part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.resources import files

import pytest

from bot.simulator.page import cast, script
from bot.simulator.page.cast import Step
from bot.simulator.page.script import Script
from tests.page_kit import PNG, Bare, bare_page

AT_ONCE = tuple(replace(step, after=0.0) for step in cast.SCRIPT)


@pytest.fixture
async def bare() -> AsyncIterator[Bare]:
    """Run both simulators."""
    async with bare_page() as running:
        yield running


def script_of(bare: Bare) -> Script:
    """Return a script that plays on the kit's simulators."""
    return Script(bare.slack, bare.crisp)


async def test_the_whole_show_is_played_in_order(bare: Bare) -> None:
    """The customer writes and sends a picture; the team answers, edits it, and adds a note."""
    root = await bare.root()
    await script_of(bare).play(AT_ONCE)
    chat = bare.chat()
    assert [m["type"] for m in chat] == ["text", "text", "file", "text"]
    assert chat[2]["content"]["name"] == "invoice.png"
    answer, note = bare.replies(root)
    assert "corrected" in answer["text"]
    assert answer["edited"]["user"] == answer["user"] == "U0ANA00001"
    assert (note["user"], note["text"][:5]) == ("U0BEN00001", "note:")


async def test_the_show_gives_way_to_a_customer(bare: Bare) -> None:
    """Once somebody else has written as the customer, nobody says anything more by themselves."""
    await bare.root()
    bare.customer("Me too")
    await script_of(bare).play(AT_ONCE)
    assert [m["content"] for m in bare.chat()] == ["Me too"]


async def test_the_show_gives_way_to_an_agent(bare: Bare) -> None:
    """Once somebody has answered in the thread, the scripted answer does not come."""
    root = await bare.root()
    await bare.agent("message", text="Let me answer", thread_ts=root)
    await script_of(bare).play(AT_ONCE)
    assert [m["text"] for m in bare.replies(root)] == ["Let me answer"]


async def test_what_is_gone_is_not_edited(bare: Bare) -> None:
    """Should the answer have been deleted meanwhile, the show goes on without the edit."""
    root = await bare.root()
    first = Step(0.0, "ana", "write", "One moment")
    playing = script_of(bare)
    await playing.play([first])
    await bare.agent("delete", ts=bare.replies(root)[0]["ts"])
    await playing.play([Step(0.0, "ana", "edit", "Two moments")])
    assert bare.replies(root) == []


async def test_without_a_thread_the_team_says_nothing(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the bridge never makes a thread, the show ends after the customer's part."""
    monkeypatch.setattr(script, "_PATIENCE", 0.05)
    await script_of(bare).play(AT_ONCE)
    assert len(bare.chat()) == 3
    assert not bare.slack.dump(channel=bare.slack.channel_id)["channel"]["messages"]


def test_the_show_is_short_and_has_its_picture() -> None:
    """It takes half a minute at most, and begins within a second of the page's being opened."""
    assert sum(step.after for step in cast.SCRIPT) < 30
    assert cast.SCRIPT[0].after <= 1
    folder = files("bot.simulator.page") / "static" / "show"
    pictures = [s.text for s in cast.SCRIPT if s.do == "picture"]
    assert pictures
    for name in pictures:
        assert (folder / name).read_bytes()[:8] == PNG[:8]
