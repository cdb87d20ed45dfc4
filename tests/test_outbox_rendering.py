"""What a post shows follows from the parts that it is made of, the first time and later."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot import texts
from bot.domain import Author, Block, Fingerprint, Millis, Speaker
from bot.outbox import rendering
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Effect
from bot.relay.effects import PostMessage
from bot.store import posted
from tests.core_kit import NOW, SESSION, database, transaction

SAID = PostMessage("*Hi* and `code`", Speaker("Maya"), Author.VISITOR)


def elements(blocks: list[Block]) -> list[dict[str, Any]]:
    """Return every text and link of rich_text blocks."""
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        for item in node.get("elements", []):
            walk(item)
        if node.get("type") in {"text", "link"}:
            found.append(node)

    for block in blocks:
        if block["type"] == "rich_text":
            walk(block)
    return found


def said(*parts: PostMessage) -> str:
    """Return the whole of a post as text."""
    return json.dumps(rendering.post_of(parts).blocks, ensure_ascii=False)


def test_an_edited_part_says_so_below_the_text() -> None:
    """Who reads the last version can tell that it is not the first."""
    post = rendering.post_of((PostMessage("New", Speaker("Maya"), Author.VISITOR, edited=True),))
    assert [e["text"] for e in elements(post.blocks)] == ["New"]
    assert post.blocks[-1] == {
        "type": "context",
        "elements": [{"type": "plain_text", "text": texts.EDITED, "emoji": False}],
    }


def test_a_removed_part_is_struck_through_and_marked() -> None:
    """All that was said is struck, code and links too, under a line that says what happened."""
    text = "See https://a.test and\n```\ncode\n```\n- one"
    post = rendering.post_of((PostMessage(text, Speaker("M"), Author.VISITOR, removed=True),))
    first, *others = elements(post.blocks)
    assert first["text"] == texts.REMOVED
    assert "code" in str(others)
    assert "one" in str(others)
    assert all(e["style"]["strike"] for e in others if e.get("text", "x").strip())


def test_a_removed_part_without_text_only_says_that_it_was_removed() -> None:
    """Where the text is not to be kept, nothing is shown of it, and it is no empty message."""
    post = rendering.post_of((PostMessage("", Speaker("M"), Author.VISITOR, removed=True),))
    assert [e["text"] for e in elements(post.blocks)] == [texts.REMOVED]


def test_what_an_edit_adds_is_marked_and_so_is_what_was_late() -> None:
    """A post that does not stand where its message belongs says why."""
    assert texts.ADDED_BY_EDIT in said(PostMessage("x", Speaker(""), Author.BOT, added=True))
    assert texts.LATE in said(PostMessage("x", Speaker(""), Author.BOT, late=True))
    both = said(PostMessage("x", Speaker(""), Author.BOT, "note", late=True, removed=True))
    assert texts.REMOVED in both
    assert texts.NOTE in both


def test_joined_parts_stand_one_after_the_other() -> None:
    """A post of several parts shows each as it would be alone, in order."""
    other = PostMessage("Bye", Speaker("Maya"), Author.VISITOR, removed=True)
    post = rendering.post_of((SAID, other))
    alone = [rendering.post_of((part,)) for part in (SAID, other)]
    assert post.blocks == [*alone[0].blocks, *alone[1].blocks]
    assert post.text == f"{alone[0].text}\n{alone[1].text}"


def test_a_stored_part_is_rendered_as_it_was_posted() -> None:
    """What is stored of a message is enough to render each of its posts anew."""
    tx = transaction(database())
    wrote = CrispWrote(
        SESSION, Fingerprint(170000000000001), Author.VISITOR, "note", "word " * 2000,
        Speaker("Maya"), Millis(NOW),
    )  # fmt: skip
    decision = relay_to_slack(wrote, None)
    tx.apply(decision, inbox_id=0)
    stored = posted.of_message(tx, 1)
    assert len(stored) > 1
    payloads = [effect.payload for effect in decision.effects if isinstance(effect, Effect)]
    assert [posted.payload_of(part) for part in stored] == payloads


def test_what_an_edit_has_cut_off_shows_nothing() -> None:
    """A part of which the shorter message has no piece any more is told from an empty one."""
    tx = transaction(database())
    wrote = CrispWrote(
        SESSION, Fingerprint(170000000000001), Author.VISITOR, "text", "word " * 2000,
        Speaker("Maya"), Millis(NOW),
    )  # fmt: skip
    tx.apply(relay_to_slack(wrote, None), inbox_id=0)
    tx.conn.execute("UPDATE messages SET content = 'short', version = 1")
    first, *others = (posted.payload_of(part) for part in posted.of_message(tx, 1))
    assert first == PostMessage("short", Speaker("Maya"), Author.VISITOR, version=1, edited=True)
    assert others
    assert set(others) == {None}


def test_joined_parts_are_read_with_their_leader() -> None:
    """Whoever asks for a post gets the leader and what shares its post."""
    tx = transaction(database())
    for number in (1, 2, 3):
        wrote = CrispWrote(
            SESSION, Fingerprint(170000000000000 + number), Author.VISITOR, "text", str(number),
            Speaker("Maya"), Millis(NOW),
        )  # fmt: skip
        tx.apply(relay_to_slack(wrote, None), inbox_id=0)
    tx.conn.execute("UPDATE parts SET joined_to = 1 WHERE id = 3")
    tx.conn.execute("UPDATE parts SET channel = 'C1', ts = '1.000001' WHERE id = 1")
    assert [part.id for part in posted.on_post(tx, 1)] == [1, 3]
    assert posted.at(tx, "C1", "1.000001") == posted.on_post(tx, 1)  # type: ignore[arg-type]  # ids
    assert posted.at(tx, "C1", "1.000002") == ()  # type: ignore[arg-type]  # ids


def test_the_longest_of_joined_parts_gives_way() -> None:
    """What is too long for one post loses as few parts as possible; its first keeps the post."""
    first, second, third, fourth = (
        PostMessage("word " * words, Speaker("Maya"), Author.VISITOR)
        for words in (700, 10, 750, 600)
    )
    assert rendering.overflow((first, second, third, fourth)) == {2}
    assert rendering.overflow((first, second, fourth)) == frozenset()
    struck = tuple(replace(part, removed=True) for part in (third, fourth, third))
    assert rendering.overflow((first, *struck)) == frozenset()


def test_the_text_beside_a_joined_post_has_its_limit() -> None:
    """Slack may cut a longer one itself; the blocks show all."""
    long = PostMessage("word " * 700, Speaker("Maya"), Author.VISITOR)
    assert len(rendering.post_of((long, long)).text) <= 3_900
