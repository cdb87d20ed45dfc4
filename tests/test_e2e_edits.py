"""Edits and removals over sockets: whatever one side changes, the other sees the last of it."""

from __future__ import annotations

from bot import texts
from bot.simulator.slack.people import ADMIN, ANA
from tests.e2e_kit import rest, stored
from tests.harness import FAST, Json, World, by_bot, eventually, first_text, is_context

LONG = "word " * 1500
"""More than one post holds."""


def fingerprint_of(world: World, session: str, number: int = 0) -> int:
    """Return the name that Crisp has for the conversation's message, counted from the oldest."""
    found: int = world.crisp_messages(session)[number]["fingerprint"]
    return found


def change(world: World, session: str, text: str, number: int = 0, by: str = "visitor") -> None:
    """Edit a message in Crisp."""
    fingerprint = fingerprint_of(world, session, number)
    act = {"do": f"{by}_edit", "session_id": session, "fingerprint": fingerprint, "text": text}
    world.crisp.act(act)


def take_back(world: World, session: str, number: int = 0, by: str = "visitor") -> None:
    """Remove a message in Crisp."""
    fingerprint = fingerprint_of(world, session, number)
    act = {"do": f"{by}_remove", "session_id": session, "fingerprint": fingerprint}
    world.crisp.act(act)


def replies(world: World, session: str) -> list[Json]:
    """Return the posts of messages in the thread, lines left out."""
    return [m for m in world.thread(session) if by_bot(m) and not is_context(m)]


def is_struck(post: Json) -> bool:
    """Tell whether a post says that what it shows was removed."""
    return first_text(post).startswith(texts.REMOVED) and "'strike': True" in str(post["blocks"])


async def open_thread(world: World, *later: str, text: str = "Hello") -> str:
    """Write as a new customer, and wait until all of it is in the thread."""
    session = world.visitor(text, nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the card")
    for one in later:
        world.visitor(one, session)
    await eventually(lambda: len(replies(world, session)) == len(later), what="the replies")
    return session


# --- Crisp to Slack


async def test_a_customers_edit_changes_the_post(world: World) -> None:
    """The post in the thread shows the last version, says that it is one, and stays in place."""
    async with world.bridge():
        session = await open_thread(world, "frist", "second")
        change(world, session, "first", 1)
        await eventually(lambda: world.shown(session)[1] == "first", what="the edit")
        await rest(world)
    assert world.shown(session) == ["Hello", "first", "second"]
    edited, other = replies(world, session)
    assert texts.EDITED in str(edited["blocks"])
    assert texts.EDITED not in str(other["blocks"])
    assert edited["username"] == "Maya"


async def test_a_customers_edit_changes_the_card(world: World) -> None:
    """The first message is the card: it is edited there, and the card stays whole."""
    async with world.bridge():
        session = await open_thread(world, text="Helo")
        change(world, session, "Hello *there*")
        await eventually(lambda: world.shown(session) == ["Hello there"], what="the edit")
    root = world.root_of(session)
    assert root is not None
    assert texts.EDITED in str(root["blocks"])
    assert texts.RESOLVE in str(root["blocks"])


async def test_what_was_removed_is_struck_on_the_card_and_in_the_thread(world: World) -> None:
    """Removals of the customer's and of operators leave the text, struck through and marked."""
    async with world.bridge():
        session = await open_thread(world, text="A secret")
        world.crisp.act({"do": "operator_message", "session_id": session, "text": "Wrong"})
        await eventually(lambda: replies(world, session), what="the operator's message")
        take_back(world, session)
        take_back(world, session, 0, by="operator")
        await eventually(lambda: is_struck(replies(world, session)[0]), what="the struck reply")
        root = await eventually(lambda: world.root_of(session), what="the card")
        await eventually(lambda: is_struck(world.root_of(session) or {}), what="the struck card")
    assert root["ts"] == (world.root_of(session) or {})["ts"]


async def test_removals_can_delete_instead(world: World) -> None:
    """With removals = "delete" the post goes; the card stays, without the text."""
    async with world.bridge(FAST + '\n[relay]\nremovals = "delete"\n'):
        session = await open_thread(world, "one", "two", text="A secret")
        take_back(world, session, 1)
        take_back(world, session, 0)
        await eventually(lambda: len(replies(world, session)) == 1, what="the deletion")
        await eventually(lambda: "secret" not in str(world.root_of(session)), what="the card")
    assert world.shown(session) == [texts.REMOVED, "two"]


async def test_an_edit_that_makes_a_message_longer_is_shown_whole(world: World) -> None:
    """What does not fit into the posts that are there follows at the end, marked, and can go."""
    async with world.bridge():
        session = await open_thread(world, "short", "later")
        change(world, session, LONG, 1)
        await eventually(lambda: len(replies(world, session)) == 3, what="another post")
        await rest(world)
        first, later, more = replies(world, session)
        assert first_text(later) == "later"
        assert first_text(more).startswith(texts.ADDED_BY_EDIT)
        both = [first_text(first), first_text(more).removeprefix(texts.ADDED_BY_EDIT)]
        assert " ".join(both).split() == LONG.split()
        change(world, session, "short again", 1)
        await eventually(lambda: len(replies(world, session)) == 2, what="the deletion")
        assert world.shown(session) == ["Hello", "short again", "later"]
        change(world, session, LONG, 1)
        await eventually(lambda: len(replies(world, session)) == 3, what="another post again")
        await rest(world)
    assert len(replies(world, session)) == 3


async def test_an_answered_picker_shows_the_choice(world: World) -> None:
    """A customer's answer is an update of the question, and no edit."""
    choices = [{"value": "a", "label": "First", "selected": False}]
    picker = {"id": "p", "text": "Which?", "choices": choices}
    async with world.bridge():
        session = await open_thread(world)
        asked = {"do": "operator_message", "session_id": session, "type": "picker"}
        world.crisp.act({**asked, "content": picker})
        await eventually(lambda: texts.NOT_CHOSEN in str(replies(world, session)), what="it")
        fingerprint = fingerprint_of(world, session, 1)
        answer = {"do": "picker_answer", "session_id": session, "fingerprint": fingerprint}
        world.crisp.act({**answer, "value": "a"})
        await eventually(lambda: texts.CHOSEN in str(replies(world, session)), what="the choice")
    assert texts.EDITED not in str([m["blocks"] for m in replies(world, session)])


async def test_an_edit_of_what_waits_is_posted_at_once(world: World) -> None:
    """A message that is edited before it could be posted is posted in its last version, once."""
    async with world.bridge():
        session = await open_thread(world)
        fault = {"on": "chat.postMessage", "do": "rate_limit", "retry_after": 1, "times": 1}
        world.slack.faults.add(fault)
        world.visitor("one", session)
        change(world, session, "two", 1)
        await eventually(lambda: stored(world, "SELECT 1 FROM messages WHERE version = 1"))
        change(world, session, "three", 1)
        await eventually(lambda: len(replies(world, session)) == 1, what="the post")
        await rest(world)
    assert world.shown(session) == ["Hello", "three"]


async def test_an_edit_during_the_post_is_not_lost(world: World) -> None:
    """While a post is on its way its message is edited, then edited again: the last one stays."""
    async with world.bridge():
        session = await open_thread(world)
        world.slack.faults.add({"on": "chat.postMessage", "do": "delay", "seconds": 0.5})
        world.visitor("one", session)
        await eventually(lambda: len(stored(world, "SELECT 1 FROM parts")) == 2, what="the part")
        change(world, session, "two", 1)
        change(world, session, "three", 1)
        await eventually(lambda: world.shown(session) == ["Hello", "three"], what="the last one")
        await rest(world)
    assert world.shown(session) == ["Hello", "three"]


async def test_an_edit_whose_post_is_in_doubt_is_shown(world: World) -> None:
    """The post's answer is lost, its message edited, and the post found again: one, edited."""
    async with world.bridge():
        session = await open_thread(world)
        world.slack.faults.add({"on": "chat.postMessage", "do": "drop_after"})
        world.visitor("one", session)
        await eventually(lambda: replies(world, session), what="the post")
        change(world, session, "two", 1)
        await eventually(lambda: world.shown(session) == ["Hello", "two"], what="the edit")
        await rest(world)
    assert len(replies(world, session)) == 1


async def test_an_old_edit_that_comes_late_does_not_win(world: World) -> None:
    """Of two edits whose events change places the later one stays, and repeats change nothing."""
    async with world.bridge():
        session = await open_thread(world, "one")
        world.crisp.faults.add({"on": "event:message:updated", "do": "reorder"})
        change(world, session, "two", 1)
        change(world, session, "three", 1)
        await eventually(lambda: world.shown(session)[1] == "three", what="the edit")
        world.crisp.faults.add({"on": "event:message:updated", "do": "duplicate", "times": 0})
        change(world, session, "four", 1)
        await eventually(lambda: world.shown(session)[1] == "four", what="the next edit")
        await rest(world)
    assert world.shown(session) == ["Hello", "four"]


async def test_an_edit_that_comes_before_its_message_is_not_lost(world: World) -> None:
    """The event of an edit overtakes that of its message, and so does that of a removal."""
    async with world.bridge():
        session = await open_thread(world)
        world.crisp.faults.add({"on": "event:message:send", "do": "reorder"})
        world.visitor("one", session)
        change(world, session, "two", 1)
        await eventually(lambda: world.shown(session) == ["Hello", "two"], what="the edit")
        world.crisp.faults.add({"on": "event:message:send", "do": "reorder"})
        world.visitor("gone", session)
        take_back(world, session, 2)
        await eventually(lambda: len(replies(world, session)) == 2, what="the removed one")
        await rest(world)
    assert is_struck(replies(world, session)[1])


async def test_slacks_trouble_does_not_lose_an_edit(world: World) -> None:
    """An update that is refused for now, limited or not answered is made in the end."""
    async with world.bridge():
        session = await open_thread(world, "one")
        for fault in (
            {"do": "error", "status": 500},
            {"do": "rate_limit", "retry_after": 0.2},
            {"do": "drop_after"},
            {"do": "disconnect"},
        ):
            world.slack.faults.add({"on": "chat.update", "times": 1, **fault})
        change(world, session, "two", 1)
        await eventually(lambda: world.shown(session)[1] == "two", what="the edit")
        await rest(world)
    assert world.shown(session) == ["Hello", "two"]


async def test_an_edit_that_slack_never_takes_is_told_in_the_thread(world: World) -> None:
    """Where a workspace lets nobody edit any more, a line says where to read it."""
    async with world.bridge():
        session = await open_thread(world, "one")
        await rest(world)
        refusal = {"on": "chat.update", "do": "error", "status": 200, "times": 1}
        world.slack.faults.add({**refusal, "code": "edit_window_closed"})
        change(world, session, "two", 1)
        said = texts.EDIT_NOT_SHOWN.partition("{")[0]
        await eventually(lambda: said in str(world.thread(session)), what="the line")


async def test_a_post_that_a_person_deleted_is_not_missed(world: World) -> None:
    """An edit of what a moderator has deleted in Slack ends quietly."""
    async with world.bridge():
        session = await open_thread(world, "one")
        ts = replies(world, session)[0]["ts"]
        await world.slack.act({"as": ADMIN, "do": "delete", "channel": world.channel, "ts": ts})
        change(world, session, "two", 1)
        await eventually(lambda: stored(world, "SELECT 1 FROM messages WHERE version = 1"))
        await rest(world)
    assert world.shown(session) == ["Hello"]
    assert stored(world, "SELECT count(*) FROM outbox")[0][0] == 0


async def test_an_operators_edit_of_a_reply_from_slack_is_told(world: World) -> None:
    """Slack lets nobody edit an agent's message: a line in the thread says what Crisp shows now."""
    async with world.bridge():
        session = await open_thread(world)
        await world.reply(session, "Monday", user=ANA)
        await eventually(lambda: world.customer_sees(session), what="the reply")
        await rest(world)
        change(world, session, "Tuesday", 1, by="operator")
        said = texts.REPLY_EDITED_IN_CRISP.format(text="Tuesday")
        await eventually(lambda: said in str(world.thread(session)), what="the line")
        take_back(world, session, 1, by="operator")
        said = texts.REPLY_REMOVED_IN_CRISP
        await eventually(lambda: said in str(world.thread(session)), what="the other line")
        await rest(world)
    assert len([m for m in world.thread(session) if is_context(m)]) == 2
