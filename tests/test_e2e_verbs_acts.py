"""Verbs that change a conversation in Crisp, end to end: many in one bridge."""

from __future__ import annotations

from bot.simulator.slack.people import ADMIN
from tests.e2e_kit import rest
from tests.harness import World, eventually
from tests.ordering_kit import begun


async def test_what_is_known_of_a_customer_is_changed_from_slack(world: World) -> None:
    """Crisp has it, the card shows it, one line says who did it, and its echo makes no second."""
    async with world.bridge():
        team = await begun(world)
        await team.slash("set #1 phone +49 30 1234", says="#1: Phone set to +49 30 1234.")
        await world.reply(team.session, "!set subject Late order")
        await team.crisp_has(phone="+49 30 1234", subject="Late order")
        await eventually(lambda: "Late order" in team.card(), what="the card")
        assert "+49 30 1234" in team.card()
        await rest(world)
        assert sorted(team.lines()) == [
            "Phone set to +49 30 1234 by Ana Silva",
            "Subject set to Late order by Ana Silva",
        ]
        assert world.customer_sees(team.session) == []


async def test_what_crisp_replaces_whole_keeps_what_is_not_named(world: World) -> None:
    """Segments, custom data and copies are read, changed and written; what else is there stays."""
    async with world.bridge():
        team = await begun(world)
        session = team.session
        meta = {"segments": ["old"], "data": {"plan": "Free", "seats": 3}}
        world.crisp.act({"do": "set_meta", "session_id": session, "meta": meta})
        world.crisp.act(
            {"do": "set_participants", "session_id": session, "emails": ["boss@example.test"]}
        )
        for typed in (
            "!segments add vip, big spender", "!segments remove old", "!data set plan Pro",
            "!data unset seats", "!cc add lee@example.test", "!cc remove BOSS@example.test",
        ):  # fmt: skip
            await world.reply(session, typed)
        await team.crisp_has(segments=["vip", "big spender"], data={"plan": "Pro"})
        await team.crisp_has(participants=[{"type": "email", "target": "lee@example.test"}])
        await eventually(lambda: "vip, big spender" in team.card(), what="the card")
        await rest(world)
        assert team.lines() == [
            "Put into vip, big spender by Ana Silva",
            "Taken out of old by Ana Silva",
            "plan set to Pro by Ana Silva",
            "seats taken away by Ana Silva",
            "lee@example.test put in copy by Ana Silva",
            "BOSS@example.test taken out of copy by Ana Silva",
        ]
        assert "CC: lee@example.test" in team.card()


async def test_transcripts_unread_and_a_muted_thread(world: World) -> None:
    """A transcript to others is asked about; a muted thread shows messages and no lines."""
    async with world.bridge():
        team = await begun(world)
        await team.slash("read #1", says="marked as read")
        await team.slash("unread #1", says="unread again")
        assert world.crisp.dump(team.session)["unread"]["operator"] == 1
        await team.slash("mute #1", says="and nothing else")
        await eventually(lambda: "🔕" in team.card(), what="the card to say so")
        await team.slash("transcript #1", says="Transcript sent to maya@example.test")
        await team.slash("transcript #1 boss@example.test")
        await team.confirm("That is not the customer's address")
        await team.told("Transcript sent to boss@example.test")
        sent = world.crisp.dump(team.session)["transcripts"]
        assert [(one["to"], one["email"]) for one in sent] == [
            ("user", "maya@example.test"), ("other", "boss@example.test"),
        ]  # fmt: skip
        world.visitor("Still there?", team.session)
        await eventually(lambda: "Still there?" in world.shown(team.session), what="the message")
        await team.slash("unmute #1", says="shows again")
        await rest(world)
        assert team.lines() == ["Thread muted by Ana Silva", "Thread unmuted by Ana Silva"]


async def test_a_customer_is_blocked_and_heard_again(world: World) -> None:
    """It is asked about first; what others do in Crisp is said without a name."""
    async with world.bridge():
        team = await begun(world)
        await team.slash("block #1", ADMIN)
        await team.confirm("#1: block the customer", ADMIN)
        await team.crisp_has(is_blocked=True)
        await eventually(lambda: team.lines() == ["Customer blocked by ada"], what="a line")
        await team.slash("unblock #1", ADMIN, says="is not blocked any more")
        await team.crisp_has(is_blocked=False)
        await rest(world)
        world.crisp.act({"do": "block", "session_id": team.session})
        await eventually(lambda: len(team.lines()) > 2, what="the third line")
        await rest(world)
        assert team.lines()[1:] == ["Customer unblocked by ada", "Customer blocked"]


async def test_an_action_that_fails_is_told_and_holds_up_nothing(world: World) -> None:
    """A refusal is said to who asked; no usable answer is tried again, before what comes later."""
    meta = "PATCH /website/*/conversation/*/meta"
    async with world.bridge():
        team = await begun(world)
        world.crisp.faults.add(
            {"on": meta, "do": "error", "status": 404, "code": "session_not_found"}
        )
        await team.slash("set #1 name Ada", says="no longer exists in Crisp")
        world.crisp.faults.add({"on": meta, "do": "error_after", "times": 2})
        await team.slash("set #1 name Maya L.")
        await world.reply(team.session, "Hello")
        await eventually(lambda: world.customer_sees(team.session), what="the reply")
        await team.crisp_has(nickname="Maya L.")
        await rest(world)
        assert team.lines() == ["Name set to Maya L. by Ana Silva"]
