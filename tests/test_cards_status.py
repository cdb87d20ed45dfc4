"""The modal that says what has become of a message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import status_blocks, status_view
from bot.domain import Author, Block, Key, MessageTs, Millis
from bot.lookups import Fate, PartFate
from bot.simulator.slack.blocks import problems
from tests.core_kit import CHANNEL, NOW, ROOT, SESSION

SENT = PartFate(0, "delivered", delivered_at=Millis(NOW))
REPLY = Fate(SESSION, Author.AGENT, "text", "relayed", "Ana Silva", Millis(NOW), (SENT,))
KEY = Key("send:C1:1.000001:0")


def blocks(*fates: Fate) -> list[Block]:
    """Return the modal's blocks, which Slack must take."""
    made = status_blocks(fates, channel=CHANNEL, ts=ROOT, reason=lambda code: f"because {code}")
    assert problems(made, most=100) == []
    return made


def says(*fates: Fate) -> str:
    """Return all that is shown."""
    return json.dumps(blocks(*fates), ensure_ascii=False)


def pressed(made: list[Block]) -> list[tuple[str, str]]:
    """Return the buttons, as action and value."""
    rows = [block["elements"] for block in made if block["type"] == "actions"]
    return [(button["action_id"], button["value"]) for row in rows for button in row]


@pytest.mark.parametrize(
    ("part", "said", "actions"),
    [
        (SENT, "Taken by Crisp. That", []),
        (replace(SENT, seen="delivered", seen_at=Millis(NOW)), "Delivered to the customer", []),
        (replace(SENT, seen="read", seen_at=Millis(NOW)), "Read by the customer", []),
        (PartFate(0, "waiting", error="unreachable"), "because unreachable", []),
        (PartFate(0, "failed", given_up=KEY, error="x"), "because x", ["delivery:retry"]),
        (
            PartFate(0, "uncertain", given_up=KEY, error="x"),
            "May not have been sent",
            ["delivery:retry", "delivery:dismiss"],
        ),
        (PartFate(0, "dropped"), "taken back before", []),
    ],
)
def test_each_state_has_its_words_and_buttons(
    part: PartFate, said: str, actions: list[str]
) -> None:
    """What can be done stands beside what is wrong, and only there."""
    fate = replace(REPLY, parts=(part,))
    assert said in says(fate)
    assert pressed(blocks(fate)) == [(action, KEY) for action in actions]


def test_the_parts_of_a_long_reply_are_told_apart() -> None:
    """Each part has its own line, and its own remedy."""
    failed = PartFate(1, "failed", given_up=KEY, error="x")
    shown = says(replace(REPLY, parts=(SENT, failed, PartFate(2, "dropped"))))
    assert "Part 1 of 2" in shown
    assert "Part 2 of 2" in shown
    assert "Not all of this was sent" in shown


def test_a_note_is_not_said_to_be_read() -> None:
    """No customer sees a note, and nobody is said to have read it."""
    note = replace(REPLY, kind="note", parts=(replace(SENT, seen="read", seen_at=Millis(NOW)),))
    assert "no customer sees it" in says(note)
    assert "read" not in says(note).casefold().replace("already", "")


def test_where_nothing_is_acknowledged_that_is_said() -> None:
    """Of an e-mail nobody may ever hear whether it was read."""
    assert "may never hear" in says(replace(REPLY, origin="email"))
    assert "may never hear" not in says(REPLY)


def test_a_post_of_several_messages_tells_of_each() -> None:
    """Messages that share a post stand one below the other."""
    first = Fate(
        SESSION, Author.VISITOR, "text", "relayed", "Maya", Millis(NOW),
        (PartFate(0, "delivered", post=MessageTs("1700000000.000100")),),
    )  # fmt: skip
    second = replace(first, author=Author.OPERATOR, speaker="Ben")
    shown = says(first, second)
    assert "From the customer, Maya" in shown
    assert "From Ben, in Crisp" in shown
    assert '"divider"' in shown


def test_however_much_there_is_slack_takes_it() -> None:
    """Names, reasons and parts without end are cut where Slack would refuse them."""
    part = PartFate(0, "uncertain", given_up=KEY, error="x" * 9_000)
    fate = replace(REPLY, speaker="<!channel> " * 900, parts=(part,) * 90)
    made = blocks(*[fate] * 3, *[replace(fate, author=Author.VISITOR)] * 30)
    assert len(made) <= 100
    view: dict[str, Any] = status_view(made, {"channel": CHANNEL, "ts": ROOT})
    assert json.loads(view["private_metadata"]) == {"channel": CHANNEL, "ts": ROOT}
