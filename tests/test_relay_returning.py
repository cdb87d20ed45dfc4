"""What becomes of a customer who comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Author, Conversation, Fingerprint, MessageTs, Millis
from bot.files import CrispFile
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Decision
from bot.relay.effects import PostMessage
from bot.relay.file_effects import PostFile
from bot.relay.rebuilding import rebuild
from bot.relay.returning import QUIET_MS, relay_return
from tests.core_kit import OPEN, RULES, SESSION, VISITOR

DAY = 86_400_000
NOW = Millis(1_700_000_000_000 + 30 * DAY)
BACK = CrispWrote(
    SESSION, Fingerprint(170_000_000_012_345), Author.VISITOR, "text", "Me again", VISITOR, NOW
)
OLD = replace(OPEN, active_at=Millis(NOW - 2 * DAY))


def decided(
    event: CrispWrote = BACK, conversation: Conversation | None = OLD, *, reopen: str = "new"
) -> Decision:
    """Decide a message with this rule."""
    rules = replace(RULES, reopen=reopen, reopen_after_ms=14 * DAY)
    return relay_return(relay_to_slack(event, conversation), event, conversation, rules)


def leaves(decision: Decision) -> bool:
    """Tell whether the conversation leaves its thread."""
    assert decision.change is not None
    return "thread_ts" in decision.change.columns


def test_who_comes_back_opens_a_new_thread() -> None:
    """The old thread is left, for the reason that it is: it will name the new one."""
    decision = decided()
    assert decision.change is not None
    assert decision.change.columns["thread_ts"] is None
    assert decision.change.columns["channel"] is None
    assert decision.change.leaves == "returned"
    assert decision.effects == relay_to_slack(BACK, OLD).effects


def test_a_line_in_the_channel_is_the_first_part_of_the_message() -> None:
    """A long message shows once in the channel, not part by part."""
    long = replace(BACK, markdown="word " * 3_000)
    payloads = [e.payload for e in decided(long, reopen="broadcast").effects]
    shown = [p.broadcast for p in payloads if isinstance(p, PostMessage)]
    assert len(shown) > 1
    assert shown == [True] + [False] * (len(shown) - 1)
    assert not leaves(decided(long, reopen="broadcast"))


def test_a_file_in_the_channel_is_its_words() -> None:
    """What comes back as a file is shown in the channel in words; the file follows below them."""
    file = CrispFile("https://storage.crisp.chat/a.png", "a.png", "image/png")
    rows = decided(replace(BACK, file=file), reopen="broadcast").effects
    words, shown = (row.payload for row in rows)
    assert isinstance(words, PostMessage)
    assert isinstance(shown, PostFile)
    assert (words.broadcast, shown.follows) == (True, True)
    assert len({(row.key, row.part) for row in rows}) == 2


@pytest.mark.parametrize(
    ("event", "conversation", "reopen"),
    [
        (BACK, OLD, "same"),
        (BACK, None, "new"),
        (BACK, replace(OLD, channel=None, thread_ts=None), "new"),
        (replace(BACK, author=Author.OPERATOR), OLD, "new"),
        (BACK, replace(OLD, active_at=Millis(NOW - QUIET_MS + 1)), "new"),
        (BACK, replace(OLD, thread_ts=MessageTs(f"{NOW // 1000 - 13 * 86_400}.000100")), "new"),
    ],
)
def test_otherwise_nothing_is_reopened(
    event: CrispWrote, conversation: Conversation | None, reopen: str
) -> None:
    """Not an operator, not who was there yesterday, not in a young thread or where none is."""
    assert decided(event, conversation, reopen=reopen) == relay_to_slack(event, conversation)


def test_a_rebuild_goes_before_everything_that_waits() -> None:
    """What waits to be posted goes into the new thread, not into the one that is left."""
    decision = rebuild(SESSION, fact="command:1", answer=None)
    (row,) = decision.effects
    assert row.order_key == 0
    assert leaves(decision)
    assert decision == rebuild(SESSION, fact="command:1", answer=None)
