"""Faults on both platforms' calls: nothing lost, nothing twice, and the agent told the truth."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ADMIN, ANA, GENERAL
from bot.texts import HISTORY
from tests.e2e_kit import PATIENT, answers, notices, press, rest, stored
from tests.harness import FAST, Json, World, eventually, get

SEND = "POST /website/*/conversation/*/message"
LOOK = "GET /website/*/conversation/*/message/*"
BY_SEGMENT = f'{FAST}\n[[routes]]\nchannel = "{GENERAL}"\nsegment = "vip"\n'


async def opened(world: World, text: str = "Hi") -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor(text, nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def sent(world: World, session: str, *texts: str) -> None:
    """Wait until the customer has these answers, everything rests, and there are no others."""
    await eventually(
        lambda: len(answers(world, session)) >= len(texts), what="the answers", within=PATIENT
    )
    await rest(world)
    assert answers(world, session) == list(texts)


async def shown(world: World, session: str, *texts: str) -> None:
    """Wait until the thread shows these texts, everything rests, and there are no others."""
    await eventually(
        lambda: len(world.shown(session)) >= len(texts), what="the posts", within=PATIENT
    )
    await rest(world)
    assert world.shown(session) == list(texts)
    assert len([m for m in world.roots() if session in str(m["blocks"])]) == 1


async def test_a_customers_message_may_bear_the_time_of_our_own(world: World) -> None:
    """What others write elsewhere is not taken for ours because its fingerprint equals ours."""
    async with world.bridge():
        first = await opened(world)
        await world.reply(first, "hello")
        ours = (await eventually(lambda: world.customer_sees(first), what="the reply"))[0]
        other = world.visitor("not yours", nickname="Eve", fingerprint=ours["fingerprint"])
        await eventually(lambda: world.shown(other) == ["not yours"], what="the customer's message")
        third = await opened(world, "third")
        theirs = {"content": "by hand", "fingerprint": ours["fingerprint"]}
        world.crisp.act({"do": "operator_message", "session_id": third, **theirs})
        await eventually(lambda: world.shown(third) == ["third", "by hand"], what="the operator's")


async def test_messages_of_one_millisecond_keep_their_parts_together(world: World) -> None:
    """A long message is not interrupted by another one that bears the same timestamp."""
    words = " ".join(f"word{number}" for number in range(1500))
    async with world.bridge():
        session = await opened(world)
        at = world.crisp_messages(session)[0]["timestamp"] + 1000
        world.visitor(words, session, timestamp=at, fingerprint=at * 100 + 1)
        world.visitor("short", session, timestamp=at, fingerprint=at * 100 + 2)
        await eventually(lambda: "short" in world.shown(session), what="both messages")
        await rest(world)
    seen = world.shown(session)
    assert seen[-1] == "short"
    assert " ".join(seen[1:-1]).split() == words.split()


# --- sending to Crisp


@pytest.mark.parametrize("dedupe", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        {"do": "error"},
        {"do": "error_after"},
        {"do": "drop_after"},
        {"do": "disconnect"},
        {"do": "late", "seconds": 0.1},
        {"do": "error_after", "times": 3},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
async def test_sends_that_fail(world: World, fault: Json, dedupe: bool) -> None:  # noqa: FBT001 - pytest hands it in
    """Whatever became of a send, the customer gets it once and in order, dedupe or not."""
    world.crisp.config({"dedupe": dedupe})
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": SEND, **fault})
        for text in ("one", "two", "three"):
            await world.reply(session, text)
        await sent(world, session, "one", "two", "three")


@pytest.mark.parametrize("fault", ["error", "error_after"])
async def test_failures_that_come_with_status_200(world: World, fault: str) -> None:
    """A failure is one even with status 200 and an error flag in the body."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.config({"errors_as_200": True})
        world.crisp.faults.add({"on": SEND, "do": fault})
        await world.reply(session, "one")
        await world.reply(session, "two")
        await sent(world, session, "one", "two")


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "rate_limit", "retry_after": 1},
        {"do": "rate_limit", "retry_after": 0, "times": 3},
        {"do": "error", "status": 420, "code": "rate_limited", "times": 2},
    ],
    ids=["with-retry-after", "without", "420"],
)
async def test_crisps_rate_limit(world: World, fault: Json) -> None:
    """A rate limit delays what is sent to Crisp and changes nothing else."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": SEND, **fault})
        await world.reply(session, "one")
        await world.reply(session, "two")
        await sent(world, session, "one", "two")


async def test_a_plans_limit_is_waited_out(world: World) -> None:
    """After 423 a send stays in the queue for about a minute, in doubt of nothing."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add(
            {"on": SEND, "do": "error", "status": 423, "code": "quota_limit_exceeded"}
        )
        await world.reply(session, "one")
        sql = (
            "SELECT not_before - accepted_at FROM outbox"
            " WHERE kind = 'send' AND must_look = 0 AND error IS NOT NULL"
        )
        waits = (await eventually(lambda: stored(world, sql), what="the row to wait"))[0][0]
    assert 50_000 < waits < 70_000
    assert answers(world, session) == []


async def test_a_cached_look_does_not_double(world: World) -> None:
    """Where every look is answered from an old cache, the event that reported it is proof."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": LOOK, "do": "stale", "times": 0})
        world.crisp.faults.add({"on": SEND, "do": "drop_after"})
        await world.reply(session, "one")
        await world.reply(session, "two")
        await sent(world, session, "one", "two")


async def test_a_look_is_believed_only_the_second_time(world: World) -> None:
    """A first look that is older than the send is not believed."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": LOOK, "do": "stale"})
        world.crisp.faults.add({"on": "event:message:received", "do": "drop"})
        world.crisp.faults.add({"on": SEND, "do": "drop_after"})
        await world.reply(session, "one")
        await sent(world, session, "one")


async def test_an_outage_of_crisp(world: World) -> None:
    """What is answered during an outage of Crisp reaches the customer after it, in order."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.config({"outage": True})
        for text in ("one", "two", "three"):
            await world.reply(session, text)
        sql = "SELECT 1 FROM outbox WHERE kind = 'send' AND attempts >= 2"
        await eventually(lambda: stored(world, sql), what="some attempts", within=PATIENT)
        world.visitor("are you there?", session)
        world.crisp.config({"outage": False})
        await sent(world, session, "one", "two", "three")
        await shown(world, session, "Hi", "are you there?")


# --- what is told to the agent


async def test_a_refused_note_is_told_and_can_be_retried(world: World) -> None:
    """What certainly was not sent is marked and told; Retry sends it and takes the mark away."""
    world.crisp.config({"notes": False})
    async with world.bridge():
        session = await opened(world)
        ts = await world.reply(session, "!note angry")
        told = (await eventually(lambda: world.ephemerals(ANA), what="the notice"))[0]
        assert "was not sent" in told["text"]
        assert "plan" in told["text"]
        await eventually(lambda: "warning" in world.reactions(ts), what="the mark")
        world.crisp.config({"notes": True})
        await press(world, ANA, "delivery:retry", ts=told["ts"])
        await eventually(
            lambda: [m["content"] for m in world.crisp_messages(session) if m["type"] == "note"],
            what="the note",
        )
        await eventually(lambda: "warning" not in world.reactions(ts), what="the mark to go")
        await rest(world)
    assert answers(world, session) == []


async def test_a_deleted_conversation_is_told(world: World) -> None:
    """A reply to a conversation that Crisp no longer has was certainly not sent."""

    def said() -> str:
        return str(notices(world, ANA))

    async with world.bridge():
        session, other = await opened(world), await opened(world, "Hello")
        world.crisp.act({"do": "remove_conversation", "session_id": session})
        ts = await world.reply(session, "too late")
        # Who hears first of the deletion says so: the bridge by Crisp's event, or Crisp by a 404.
        await eventually(lambda: "was not sent" in said() or "nothing was sent" in said())
        await eventually(lambda: "warning" in world.reactions(ts), what="the mark")
        await world.reply(other, "in time")
        await sent(world, other, "in time")


async def test_the_agent_says_that_it_arrived(world: World) -> None:
    """Where looking is refused the agent is told that it is uncertain, and may settle it."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": "event:message:received", "do": "drop", "times": 0})
        world.crisp.faults.add(
            {"on": LOOK, "do": "error", "status": 400, "code": "invalid_data", "times": 0}
        )
        world.crisp.faults.add({"on": SEND, "do": "drop_after"})
        ts = await world.reply(session, "one")
        told = (await eventually(lambda: world.ephemerals(ANA), what="the notice"))[0]
        assert "may not have been sent" in told["text"]
        await eventually(lambda: "warning" in world.reactions(ts), what="the mark")
        await press(world, ANA, "delivery:dismiss", ts=told["ts"])
        await eventually(lambda: "warning" not in world.reactions(ts), what="the mark to go")
        await world.reply(session, "two")
        await sent(world, session, "one", "two")
    assert stored(world, "SELECT 1 FROM outbox") == []


@pytest.mark.parametrize("possible", [True, False])
async def test_the_agent_has_it_sent_again(world: World, possible: bool) -> None:  # noqa: FBT001 - pytest hands it in
    """Send again looks where that is possible by then, and sends where it never will be."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": "event:message:received", "do": "drop", "times": 0})
        look = world.crisp.faults.add(
            {"on": LOOK, "do": "error", "status": 400, "code": "invalid_data", "times": 0}
        )
        world.crisp.faults.add({"on": SEND, "do": "drop_after" if possible else "disconnect"})
        await world.reply(session, "one")
        told = (await eventually(lambda: world.ephemerals(ANA), what="the notice"))[0]
        if possible:
            world.crisp.faults.remove(look.id)
        await press(world, ANA, "delivery:retry", ts=told["ts"])
        await sent(world, session, "one")


# --- posting in Slack


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "error"},
        {"do": "error_after"},
        {"do": "drop_after"},
        {"do": "disconnect"},
        {"do": "late", "seconds": 0.1},
        {"do": "error_after", "times": 3},
        {"do": "rate_limit", "retry_after": 1},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
async def test_posts_that_fail(world: World, fault: Json) -> None:
    """Whatever became of a post, root or reply, the thread shows it once and in order."""
    async with world.bridge():
        world.slack.faults.add({"on": "chat.postMessage", **fault})
        session = world.visitor("c0", nickname="Maya")
        await eventually(lambda: len(world.shown(session)) == 1, what="the thread")
        world.slack.faults.add({"on": "chat.postMessage", **fault})
        for text in ("c1", "c2"):
            world.visitor(text, session)
        await shown(world, session, "c0", "c1", "c2")


async def test_every_third_post_fails_after_acting(world: World) -> None:
    """With many conversations and a third of all posts failing after they acted, none doubles."""
    async with world.bridge():
        world.slack.faults.add(
            {"on": "chat.postMessage", "do": "drop_after", "probability": 0.34, "times": 0}
        )
        sessions = [world.visitor("c0", nickname=f"V{number}") for number in range(10)]
        for text in ("c1", "c2"):
            for session in sessions:
                world.visitor(text, session)
        for session in sessions:
            await shown(world, session, "c0", "c1", "c2")
    assert len(world.roots()) == len(sessions)


async def test_slacks_rate_is_one_channels_own(world: World) -> None:
    """A channel over its rate does not hold another one back, and loses nothing."""
    world.slack.configure(limits=True, rates={"chat.postMessage": [1, 2]})
    async with world.bridge(BY_SEGMENT):
        slow = [world.visitor(f"slow {n}", nickname=f"S{n}") for n in range(4)]
        await eventually(world.roots, what="the first of the slow")
        world.visitor("quick", nickname="Q", segments=["vip"])
        await eventually(
            lambda: any("quick" in str(m["blocks"]) for m in world.posts(GENERAL)),
            what="the other channel's post",
        )
        assert len(world.roots()) < len(slow)
        await eventually(lambda: len(world.roots()) == len(slow), what="all", within=PATIENT)
        await rest(world)
    assert sorted(str(world.shown(s)) for s in slow) == [f"['slow {n}']" for n in range(4)]


async def test_an_outage_of_slack(world: World) -> None:
    """What customers write during an outage of Slack is in the threads after it, in order."""
    async with world.bridge():
        session = await opened(world, "c0")
        world.slack.configure(outage=True)
        for text in ("c1", "c2"):
            world.visitor(text, session)
        other = world.visitor("new", nickname="Nia")
        sql = "SELECT 1 FROM outbox WHERE kind = 'post' AND attempts >= 3"
        await eventually(lambda: stored(world, sql), what="some attempts", within=PATIENT)
        world.slack.configure(outage=False)
        await shown(world, session, "c0", "c1", "c2")
        await shown(world, other, "new")


@pytest.mark.parametrize(
    ("undo", "mend", "code"),
    [
        ({"do": "kick", "who": "bridge"}, {"do": "invite", "who": "bridge"}, "not_in_channel"),
        ({"do": "archive"}, {"do": "unarchive"}, "is_archived"),
    ],
)
async def test_a_channel_is_mended(world: World, undo: Json, mend: Json, code: str) -> None:
    """What a channel refuses is kept until a person has mended the channel."""
    async with world.bridge():
        session = await opened(world, "c0")
        await world.slack.act({"as": ADMIN, "channel": world.channel, **undo})
        world.visitor("c1", session)
        sql = "SELECT 1 FROM outbox WHERE kind = 'post' AND state = 'pending' AND error = ?"
        await eventually(lambda: stored(world, sql, code), what="the refusal")
        await world.slack.act({"as": ADMIN, "channel": world.channel, **mend})
        if code == "is_archived":
            await world.slack.act(
                {"as": ADMIN, "do": "invite", "who": "bridge", "channel": world.channel}
            )
        await shown(world, session, "c0", "c1")


@pytest.mark.parametrize("fault", [None, "drop_after", "disconnect"])
async def test_a_dead_root(world: World, fault: str | None) -> None:
    """What is posted to a deleted root's thread does not stay in the open: a new thread opens."""
    async with world.bridge():
        session = await opened(world, "c0")
        root = world.root_of(session)
        assert root is not None
        await world.slack.act(
            {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        )
        if fault:
            world.slack.faults.add({"on": "chat.postMessage", "do": fault})
        world.visitor("c1", session)
        await eventually(lambda: world.root_of(session), what="the new thread")
        world.visitor("c2", session)
        await shown(world, session, "c1", f"{HISTORY}Maya ·   c0", "c2")
        assert len(world.posts()) == 3
        await world.reply(session, "here again")
        await sent(world, session, "here again")


async def test_a_root_with_replies_is_deleted(world: World) -> None:
    """A root that leaves a tombstone is a dead one too."""
    async with world.bridge():
        session = await opened(world, "c0")
        await world.reply(session, "a0")
        await sent(world, session, "a0")
        root = world.root_of(session)
        assert root is not None
        await world.slack.act(
            {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        )
        world.visitor("c1", session)
        await eventually(lambda: world.root_of(session), what="the new thread")
        await shown(world, session, "c1", f"{HISTORY}Maya ·   c0Ana Silva ·   a0")
        await world.reply(session, "a1")
        await sent(world, session, "a0", "a1")


async def test_crisps_trouble_does_not_hold_slack_back(world: World) -> None:
    """A conversation that cannot be read delays its own card and nobody else's message."""
    async with world.bridge():
        session = await opened(world, "c0")
        world.crisp.faults.add(
            {
                "on": "GET /website/*/conversation/session_slow",
                "do": "rate_limit",
                "retry_after": 60,
                "times": 3,
            }
        )
        world.visitor("hello", "session_slow", nickname="Sol")
        sql = "SELECT 1 FROM outbox WHERE kind = 'post' AND not_before > 0"
        await eventually(lambda: stored(world, sql), what="the slow one to wait")
        for text in ("c1", "c2"):
            world.visitor(text, session)
        await eventually(lambda: len(world.shown(session)) == 3, what="the others")
        assert world.root_of("session_slow") is None
        await shown(world, "session_slow", "hello")


async def test_a_reply_that_was_given_up_and_arrived_is_not_sent_again(world: World) -> None:
    """What Crisp refused and took all the same is settled when it is seen there."""
    async with world.bridge() as port:
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session))
        fault = {"on": "POST /website/*/conversation/*/message", "do": "error_after"}
        world.crisp.faults.add({**fault, "status": 400, "code": "invalid_data"})
        await world.reply(session, "did it arrive?")
        await eventually(lambda: world.ephemerals(ANA), what="the notice")
        await world.crisp.disconnect()

        async def settled() -> bool:
            _, body = await get(port, "/healthz")
            return '"dead": 0' in body and '"crisp_connected": true' in body

        world.visitor("more", session)
        await eventually(lambda: len(world.shown(session)) == 2)
        await eventually(settled, what="the dead letter to be settled")
    assert [m["content"] for m in world.customer_sees(session)] == ["did it arrive?"]


async def test_a_first_message_that_slack_refuses_is_said_at_the_root(world: World) -> None:
    """What cannot open a thread is named in the channel, with a way to read it."""
    refusal = {"on": "chat.postMessage", "do": "error", "status": 200, "code": "invalid_blocks"}
    async with world.bridge():
        world.slack.faults.add(refusal)
        world.slack.faults.add({"on": "chat.postMessage", "do": "drop_after"})
        session = world.visitor("Hi", nickname="Maya")
        said = await eventually(
            lambda: [m for m in world.posts() if "could not be shown" in str(m)], what="the line"
        )
        assert session in str(said[0])
        assert "Maya" in str(said[0])
        world.visitor("Still there?", session)
        await eventually(lambda: len(world.roots()) == 2, what="the thread")
        await rest(world)
    assert len([m for m in world.posts() if "could not be shown" in str(m)]) == 1
    assert not [m for m in world.posts() if m.get("thread_ts") == said[0]["ts"] != m["ts"]]
