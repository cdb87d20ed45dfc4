"""Reactions as orders: which ones are, in which order they count, and what is taken back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.config.orders import wrong_order
from bot.domain import Arrival, Key, Millis, SlackUser, SlackUserId, State
from bot.outbox.courier import Done
from bot.relay.access import Rules
from bot.relay.decisions import Change, Decision
from bot.relay.effects import Act, Assign, SetState
from bot.relay.reacting import bare, meaning, orders_of
from bot.slack.events import event_arrival
from bot.slack.models import Identity
from bot.store import edits, queue, reacted
from tests.core_kit import ANA, CHANNEL, OPERATOR, ROOT, RULES, SESSION
from tests.handlers_kit import Stored, kinds, payloads, press, texts

BEN = replace(ANA, user_id=SlackUserId("UBEN"), name="ben", email="ben@acme.test")
ME = Identity(SlackUserId("UBOT"), "BBOT", "A1", "T1", "https://acme.test/")


def reaction(
    kind: str,
    second: int,
    *,
    user: SlackUser = ANA,
    name: str = "white_check_mark",
    ts: str = ROOT,
) -> Arrival:
    """Return one of Slack's events about a reaction; ``second`` is its time."""
    event = {
        "type": f"reaction_{kind}", "user": user.user_id, "reaction": name,
        "item": {"type": "message", "channel": CHANNEL, "ts": ts},
        "event_ts": f"17000001{second:02}.000100",
    }  # fmt: skip
    found = event_arrival({"event": event, "team_id": "T1"}, ME)
    assert found is not None
    return found


class Desk(Stored):
    """A stored world whose changes in Crisp can be carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.tx.save_user(BEN)

    def apply(self, arrival: Arrival, rules: Rules = RULES) -> Decision:
        """Decide and store, what is heard of reactions included."""
        decision = super().apply(arrival, rules)
        if decision.reacted is not None:
            reacted.keep(self.tx, decision.reacted)
        return decision

    def carry_out(self) -> list[SetState | Assign | Act]:
        """Do what waits for Crisp, in order, as its errands store it; return what was done."""
        done: list[SetState | Assign | Act] = []
        while row := queue.head(self.tx, f"crisp:{SESSION}"):
            payload = row.payload()
            assert isinstance(payload, SetState | Assign | Act)
            columns: dict[str, object] = {}
            if isinstance(payload, SetState):
                columns = {"state": payload.state.value, "snoozed_until": None}
            elif isinstance(payload, Assign):
                columns = {"assignee": payload.operator}
            else:
                columns = payload.columns
            self.tx.change(Change(SESSION, columns, made=row.key))
            edits.finish(self.tx, row, Done(lambda _tx: None).record)
            done.append(payload)
        return done

    def state(self) -> State:
        """Return the conversation's state."""
        conversation = self.tx.conversation(SESSION)
        assert conversation is not None
        return conversation.state


def states(done: list[SetState | Assign | Act]) -> list[State]:
    """Return which states were set."""
    return [one.state for one in done if isinstance(one, SetState)]


def test_each_reaction_orders_its_verb_in_the_name_of_who_put_it() -> None:
    """✅ resolves, 👀 assigns to its person, 💤 puts off; a skin tone changes nothing."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    desk.apply(reaction("added", 2, name="eyes"))
    desk.apply(reaction("added", 3, name="zzz"))
    resolved, assigned, _ = desk.carry_out()
    assert isinstance(resolved, SetState)
    assert (resolved.state, resolved.speaker.name) == (State.RESOLVED, OPERATOR.name)
    assert isinstance(assigned, Assign)
    assert assigned.operator == OPERATOR.user_id
    assert desk.state() is State.PENDING
    assert meaning("eyes::skin-tone-3", RULES.reactions) == meaning("eyes", RULES.reactions)
    assert bare("eyes::skin-tone-3") == "eyes"


def test_what_is_no_order_is_nobodys_business() -> None:
    """Other emoji, other messages, other bots and switched-off reactions do nothing, silently."""
    desk = Desk()
    robot = replace(ANA, user_id=SlackUserId("UROBOT"), bot=True)
    desk.tx.save_user(robot)
    assert desk.decide(reaction("added", 1, name="tada")) is None
    assert desk.decide(reaction("removed", 1, name="tada")) is None
    assert desk.decide(reaction("added", 1, ts="1600000000.000100")) is None
    assert desk.decide(reaction("added", 1, user=robot)) is None
    off = replace(RULES, reactions=orders_of({"white_check_mark": ""}))
    assert desk.decide(reaction("added", 1), off) is None
    event = {"type": "reaction_added", "user": "UBOT", "reaction": "eyes", "event_ts": "1.000001"}
    item = {"type": "message", "channel": CHANNEL, "ts": ROOT}
    assert event_arrival({"event": {**event, "item": item}}, ME) is None


def test_a_reaction_on_any_message_of_the_thread_counts() -> None:
    """Slack names no thread in such an event: the message is found among what is stored."""
    desk = Desk()
    desk.customer_wrote(170000000000000)
    ts = "1700000003.000100"
    desk.conn.execute(
        "INSERT INTO parts (message, part, state, channel, ts)"
        " SELECT max(id), 0, 'delivered', ?, ? FROM messages",
        (CHANNEL, ts),
    )
    assert kinds(desk.decide(reaction("added", 1, ts=ts))) == ["state"]


def test_who_may_not_is_told_alone_and_taking_it_away_is_silent() -> None:
    """A guest's reaction orders nothing: they are told, in the thread, once."""
    desk = Desk()
    guest = replace(ANA, user_id=SlackUserId("UGUEST"), guest=True)
    desk.tx.save_user(guest)
    assert "Guests" in texts(desk.apply(reaction("added", 1, user=guest)))
    assert payloads(desk.apply(reaction("removed", 2, user=guest))) == []
    assert desk.carry_out() == []


def test_somebody_unknown_is_asked_about_first() -> None:
    """A reaction waits until it is known who put it."""
    desk = Desk()
    decision = desk.decide(reaction("added", 1, user=replace(ANA, user_id=SlackUserId("UNEW"))))
    assert decision is not None
    assert (kinds(decision), decision.waits) == (["learn"], True)


@pytest.mark.parametrize("in_crisp", ["done", "waits"])
def test_taking_it_away_undoes_what_it_ordered(in_crisp: str) -> None:
    """Whether or not Crisp has it already, the order is followed by its opposite."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    if in_crisp == "done":
        desk.carry_out()
    desk.apply(reaction("removed", 2))
    assert states(desk.carry_out())[-1] is State.UNRESOLVED
    desk.apply(reaction("added", 3, name="eyes"))
    desk.apply(reaction("removed", 4, name="eyes"))
    given, taken = desk.carry_out()
    assert isinstance(given, Assign)
    assert isinstance(taken, Assign)
    assert (given.operator, taken.operator) == (OPERATOR.user_id, None)


def test_a_snooze_is_taken_back_also_where_it_was_pending_before() -> None:
    """It is the reaction's own, whether it waits for Crisp or is done."""
    desk = Desk()
    desk.tx.change(Change(SESSION, {"state": "pending"}))
    desk.apply(reaction("added", 1, name="zzz"))
    (snoozed,) = desk.carry_out()
    assert isinstance(snoozed, Act)
    assert snoozed.columns["snoozed_until"]
    desk.apply(reaction("removed", 2, name="zzz"))
    desk.apply(reaction("added", 3, name="zzz"))
    desk.apply(reaction("removed", 4, name="zzz"))
    assert states(desk.carry_out()) == [State.UNRESOLVED, State.UNRESOLVED]


def test_what_somebody_changed_meanwhile_stays() -> None:
    """Reopened and resolved again by another, it is not this reaction's any more: that is said."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    desk.carry_out()
    desk.tx.change(Change(SESSION, {"state": "unresolved"}))
    told = desk.apply(reaction("removed", 2))
    assert "changed nothing" in texts(told)
    desk.apply(reaction("added", 3))
    desk.carry_out()
    desk.tx.change(Change(SESSION, {"state": "pending"}))
    desk.tx.change(Change(SESSION, {"state": "resolved"}))
    assert "changed nothing" in texts(desk.apply(reaction("removed", 4)))
    assert desk.carry_out() == []


def test_a_later_order_that_still_waits_counts_as_well() -> None:
    """Somebody else's order is on its way behind this one: it is not overwritten."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    asked = desk.apply(reaction("added", 2, user=BEN, name="zzz"))
    assert "resolved this" in texts(asked)  # a moment ago: only who means it nevertheless has it
    held = json.dumps({"s": SESSION, "a": "", "c": True})
    pressed = press("verb:pending", user=BEN, value=held)
    desk.apply(replace(pressed, occurred_at=Millis(1_700_000_102_500)))
    assert "changed nothing" in texts(desk.apply(reaction("removed", 3)))


def test_only_the_reaction_that_changed_something_undoes_it() -> None:
    """A second ✅ on what is resolved changed nothing; the first one still undoes."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    desk.carry_out()
    desk.apply(reaction("added", 2, user=BEN))
    desk.carry_out()
    assert "changed nothing" in texts(desk.apply(reaction("removed", 3, user=BEN)))
    desk.apply(reaction("removed", 4))
    assert states(desk.carry_out()) == [State.UNRESOLVED]


def test_added_removed_added_ends_as_it_was_left_in_whichever_order_it_comes() -> None:
    """Slack's events come in no fixed order: their own time counts."""
    desk = Desk()
    for arrival in (reaction("added", 1), reaction("removed", 2), reaction("added", 3)):
        desk.apply(arrival)
    assert states(desk.carry_out()) == [State.RESOLVED, State.UNRESOLVED, State.RESOLVED]
    desk.apply(reaction("removed", 6))
    desk.carry_out()
    assert desk.decide(reaction("added", 5)) is None
    desk.apply(reaction("added", 9))
    assert desk.decide(reaction("removed", 8)) is None
    assert states(desk.carry_out()) == [State.RESOLVED]
    late = reaction("removed", 12, ts=ROOT, name="zzz")
    desk.apply(late)
    assert desk.decide(reaction("added", 11, name="zzz")) is None


def test_an_order_without_an_opposite_stays_done() -> None:
    """Taking away a reaction that marked something read does nothing."""
    desk = Desk()
    rules = replace(RULES, reactions={"tada": "read"})
    assert kinds(desk.apply(reaction("added", 1, name="tada"), rules)) == ["read"]
    assert payloads(desk.apply(reaction("removed", 2, name="tada"), rules)) == []


def test_the_reaction_that_was_put_counts_not_what_it_would_order_now() -> None:
    """It is taken back also after the operator has switched it off."""
    desk = Desk()
    desk.apply(reaction("added", 1))
    desk.carry_out()
    desk.apply(reaction("removed", 2), replace(RULES, reactions={}))
    assert states(desk.carry_out()) == [State.UNRESOLVED]


def test_who_made_what_stands_is_forgotten_with_the_next_change() -> None:
    """A change of Crisp's own has no order behind it; what stays as it is keeps its maker."""
    desk = Desk()
    desk.tx.change(Change(SESSION, {"state": "resolved"}, made=Key("state:1")))
    desk.tx.change(Change(SESSION, {"state": "resolved"}, made=Key("state:2")))
    assert reacted.made_by(desk.tx, SESSION, "state") == "state:1"
    desk.tx.change(Change(SESSION, {"active_at": Millis(5)}))
    assert reacted.made_by(desk.tx, SESSION, "state") == "state:1"
    desk.tx.change(Change(SESSION, {"state": "unresolved"}))
    assert reacted.made_by(desk.tx, SESSION, "state") is None
    assert reacted.made_by(desk.tx, SESSION, "assignee") is None


def test_what_a_reaction_may_order() -> None:
    """Verbs of a conversation with what they need; every mistake has a sentence."""
    assert wrong_order("") is None
    assert wrong_order("assign me") is None
    assert "did you mean" in str(wrong_order("assing me"))
    assert 'did you mean "resolve"' in str(wrong_order("xyzzy"))
    assert "alone" in str(wrong_order("resolve now"))
    assert "cannot be" in str(wrong_order("who ada"))
    assert orders_of({"eyes": "", "tada": "read"}) == {
        "white_check_mark": "resolve", "zzz": "snooze tomorrow 9:00", "tada": "read",
    }  # fmt: skip
