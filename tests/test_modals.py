"""Modals: within Slack's limits, checked before anything is stored, never a result short."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from bot import cards, policy
from bot.cards.modals import MOST_BLOCKS
from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    MessageTs,
    Millis,
    Operator,
    OperatorId,
    Receipt,
    SessionId,
    SlackUserId,
    Source,
)
from bot.errors import Ambiguous, Refused, Unreachable
from bot.outbox.courier import Again, Done
from bot.outbox.notices import UpdatingView
from bot.relay import failures
from bot.relay.answer import Answer, UpdateView
from bot.relay.decisions import Change, Decision, NewMessage
from bot.screens import Screens
from bot.store import picking
from handlers import slack_modals
from handlers.modals import MODALS, forms
from handlers.modals.forms import Modal, read_form, settled
from handlers.slack_modals import Modals
from handlers.verbs.orders import Order
from tests.core_kit import ANA, CHANNEL, RULES, SESSION, database, transaction

HOSTILE = "<!channel> *x* `\u202e" + "🙂" * 4000


def view(values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a form as Slack sends it, with what was typed into its fields."""
    blocks = [
        cards.text_input("Text", "text", value="old", lines=True),
        cards.select_input("Which", "which", [("One", "1"), ("Two", "2")], chosen="1"),
    ]
    made = cards.modal("Form", blocks, callback="test", meta={"channel": CHANNEL}, submit="Go")
    typed = {f"field:{name}": {name: held} for name, held in (values or {}).items()}
    return {**made, "id": "V1", "hash": "h", "state": {"values": typed}, **more}


def submission(shown: dict[str, Any]) -> Arrival:
    """Return the submission of a form."""
    body = {"type": "view_submission", "user": {"id": ANA.user_id}, "view": shown}
    return Arrival(Source.SLACK, "view:test", body, fact="view:V1:h:1")


TYPED = {
    "text": {"type": "plain_text_input", "value": " new \nline "},
    "which": {"type": "static_select", "selected_option": {"value": "2"}},
}


class Time:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shown:
    """A screen that remembers, or fails with an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.views: list[dict[str, Any]] = []

    async def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        """Show it, or fail."""
        if self.error is not None:
            raise self.error
        assert view_id == "V1"
        self.views.append(view)


class Here:
    """A reader of what is stored."""

    async def ask(self, question: Any) -> Any:
        """Answer at once."""
        return question(transaction(database()))


class Tasks:
    """Work that is started and waits: it is dropped."""

    def __call__(self, work: Coroutine[Any, Any, None]) -> None:
        """Drop it, as the end of the process does."""
        with contextlib.suppress(StopIteration):
            work.send(None)
        work.close()


async def forever(_seconds: float) -> None:
    """Sleep without an end."""
    await asyncio.Event().wait()


def modals(screens: Screens | None = None) -> Modals:
    """Return the intake of modals, with nothing behind it."""
    nothing: Any = None
    reader: Any = Here()
    return Modals(
        reader, RULES, nothing, screens or Screens(clock=Time()), person=nothing, profile=nothing,
        answer=nothing, sleep=forever, spawn=Tasks(),
    )  # fmt: skip


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[forms.Form]:
    """One modal that finds its second field wrong, and keeps what it was asked about."""
    asked: list[forms.Form] = []

    def wrong(form: forms.Form, _view: object, _rules: object) -> dict[str, str]:
        asked.append(form)
        return {"which": "Not that one."} if form.value("which") == "2" else {}

    one = Modal(lambda *_: "", lambda *_: Decision(), wrong)
    monkeypatch.setattr(slack_modals, "MODALS", {"test": one})
    return asked


def test_a_modal_keeps_slacks_limits() -> None:
    """Whatever a customer is called, title, labels and blocks stay within bounds, and literal."""
    rows = [(HOSTILE, HOSTILE, f"verb:{n}", "v") for n in range(200)]
    made = cards.modal(HOSTILE, cards.actions_list(rows), submit=HOSTILE)
    assert len(made["blocks"]) == MOST_BLOCKS
    assert (
        max(len(made[name]["text"].encode("utf-16-le")) // 2 for name in ("title", "submit")) <= 24
    )
    assert "mrkdwn" not in json.dumps(made)
    field = cards.text_input(HOSTILE, "a", value=HOSTILE, hint=HOSTILE)
    assert len(field["element"]["initial_value"]) <= 3000
    with pytest.raises(ValueError, match="remember"):
        cards.modal("t", [], meta={"a": "x" * 3000})


def test_a_form_comes_back_as_it_was_filled_in() -> None:
    """What was typed and chosen is in the fields again, what is said of it once above them."""
    form = view()
    for _ in range(2):
        submitted = view(TYPED, blocks=form["blocks"], submit=form["submit"])
        form = cards.again_view(cards.as_typed(submitted), cards.sentence("No."))
    why, text, which = form["blocks"]
    assert why["text"]["text"] == "No."
    assert text["element"]["initial_value"] == " new \nline "
    assert which["element"]["initial_option"] == {"value": "2"}
    assert form["submit"]["text"] == "Send again"
    assert cards.as_typed(view(TYPED, blocks=form["blocks"]))["blocks"] == [text, which]
    emptied = cards.as_typed(view({"text": {"type": "plain_text_input", "value": None}}))
    assert "initial_value" not in emptied["blocks"][0]["element"]


def test_a_submission_is_read_by_field() -> None:
    """Values come by action id; a modal's memory that is no object is nothing."""
    form = read_form(submission(view(TYPED)).payload)
    assert form.values == {"text": " new \nline ", "which": "2"}
    assert (form.value("text"), form.meta) == ("new \nline", {"channel": CHANNEL})
    for memory in ("", "[1]", "{", "null"):
        assert read_form(submission(view(private_metadata=memory)).payload).meta == {}


async def test_what_is_wrong_is_said_at_its_field(refused: list[forms.Form]) -> None:
    """Nothing is accepted of a form with an error, and the acknowledgement names its block."""

    async def never(_arrival: Arrival) -> Receipt:
        raise AssertionError("it must not be accepted")

    ack = await modals().submit(submission(view(TYPED)), never)
    assert ack == {"response_action": "errors", "errors": {"field:which": "Not that one."}}
    assert [form.value("text") for form in refused] == ["new \nline"]


async def test_an_acknowledgement_shows_what_became_of_it(refused: list[forms.Form]) -> None:
    """Taken: "Sending…"; repeated: the result that is there."""
    assert refused == []
    screens = Screens(clock=Time())
    intake, right = modals(screens), submission(view({"text": TYPED["text"]}))

    async def ack(receipt: Receipt) -> str:
        async def accept(_arrival: Arrival) -> Receipt:
            return receipt

        return json.dumps(await intake.submit(right, accept), ensure_ascii=False)

    assert "Sending" in await ack(Receipt.ACCEPTED)
    assert "Sending" in await ack(Receipt.DUPLICATE)
    screens.shown("V1", {"type": "modal", "result": 1})
    assert '"result": 1' in await ack(Receipt.DUPLICATE)
    assert "Sending" in await ack(Receipt.FAILED)  # what is to be said of it is stored


async def test_what_was_not_committed_is_not_acknowledged(refused: list[forms.Form]) -> None:
    """A commit that fails is Slack's to tell; the modal is free again."""
    assert refused == []
    time = Time()
    screens = Screens(clock=time)

    async def broken(_arrival: Arrival) -> Receipt:
        raise OSError(28, "disk full")

    with pytest.raises(OSError, match="disk full"):
        await modals(screens).submit(submission(view()), broken)
    time.now = 1.0
    assert screens.wait("V1") == 0


def test_a_result_waits_for_the_acknowledgement() -> None:
    """Between submission and acknowledgement nothing is shown, and for a moment after it."""
    time = Time()
    screens = Screens(clock=time, lands_after=0.3, kept=2)
    assert screens.wait("V1") == 0
    screens.submitted("V1")
    assert screens.wait("V1") > 0
    screens.acknowledged("V1")
    assert screens.wait("V1") == pytest.approx(0.3)
    time.now = 0.3
    assert screens.wait("V1") == 0
    for name in ("V1", "V2", "V3"):
        screens.shown(name, {"id": name})
    assert (screens.last("V1"), screens.last("V3")) == (None, {"id": "V3"})


class Row:
    """A row of the outbox, so often attempted."""

    key = "view:1"

    def __init__(self, attempts: int = 0) -> None:
        self.attempts = attempts


PAYLOAD = UpdateView("V1", {"type": "modal"}, ChannelId("C1"), SlackUserId("U1"), "Done.")


async def attempt(error: Exception | None, *, attempts: int = 0) -> list[str]:
    """Try to show a result; return what is said elsewhere instead."""
    shown: Any = Shown(error)
    row: Any = Row(attempts)
    result = await UpdatingView(shown, Screens(clock=Time())).attempt(row, PAYLOAD)
    assert isinstance(result, Done)
    conn = database()
    result.record(transaction(conn))
    return [json.loads(r[0])["text"] for r in conn.execute("SELECT payload FROM outbox")]


async def test_a_result_is_said_where_the_modal_is_closed() -> None:
    """Closed, refused or out of reach for good: the person is told beside the conversation."""
    assert await attempt(None) == []
    assert await attempt(Refused(Source.SLACK, "views.update", "not_found")) == ["Done."]
    away = Unreachable(Source.SLACK, "views.update", "down")
    with pytest.raises(Unreachable):
        await attempt(away)
    last = policy.FLEETING_ATTEMPTS - 1
    assert await attempt(away, attempts=last) == ["Done."]
    assert await attempt(Ambiguous(Source.SLACK, "views.update", "x"), attempts=last) == ["Done."]


async def test_a_form_that_can_be_sent_is_not_replaced() -> None:
    """What is typed into a form that came back stays; the older result is said elsewhere."""
    screens, shown, row = Screens(clock=Time()), Shown(), Row()
    errand = UpdatingView(shown, screens)  # type: ignore[arg-type]  # what is called of it
    screens.submitted("V1")
    waiting = await errand.attempt(row, PAYLOAD)  # type: ignore[arg-type]  # what is read of it
    assert isinstance(waiting, Again)
    screens = Screens(clock=Time())
    screens.shown("V1", {"submit": {"text": "Send again"}})
    errand = UpdatingView(shown, screens)  # type: ignore[arg-type]  # as above
    assert isinstance(await errand.attempt(row, PAYLOAD), Done)  # type: ignore[arg-type]  # as above
    assert shown.views == []


def test_no_modal_waits_for_ever() -> None:
    """Where nothing else answers in the modal, it says that it is done."""
    answer = Answer(ChannelId("C1"), SlackUserId("U1"), view_id="V1")
    (effect,) = settled(Decision(), answer, "f").effects
    assert isinstance(effect.payload, UpdateView)
    assert "Done" in effect.payload.text
    once = settled(Decision(effects=(effect,)), answer, "f")
    assert once.effects == (effect,)
    elsewhere = Answer(ChannelId("C1"), SlackUserId("U1"))
    assert settled(Decision(), elsewhere, "f").effects == ()


def test_the_first_of_two_submissions_counts() -> None:
    """Of two versions of one form in one state the later is asked about, however late the first."""
    tx = transaction(database())
    first, second = "view:V1:h:1", "view:V1:h:2"
    known = [(f, tx.knows_earlier_fact(Source.SLACK, "view:V1:h:", f)) for f in (first, second)]
    assert known == [(first, False), (second, False)]
    tx.record(Arrival(Source.SLACK, "view:test", {}, fact=second), state="waiting")
    tx.record(Arrival(Source.SLACK, "view:test", {}, fact=first))
    tx.record(Arrival(Source.SLACK, "view:test", {}, fact="view:V1:i:0"))
    known = [(f, tx.knows_earlier_fact(Source.SLACK, "view:V1:h:", f)) for f in (first, second)]
    assert known == [(first, True), (second, False)]
    assert not tx.knows_earlier_fact(Source.SLACK, "view:V1:i:", "view:V1:i:0")
    assert tx.knows_earlier_fact(Source.SLACK, "view:V1:i:", "view:V1:i:1")


def test_a_persons_own_conversations_come_first() -> None:
    """Written in, acted on or assigned: the latest first; what was deleted is not offered."""
    tx = transaction(database())
    sessions = [SessionId(f"session_{n}") for n in range(6)]
    for number, session in enumerate(sessions):
        columns = {"active_at": number, "state": "unresolved"}
        tx.change(Change(session, columns, create=True, card=False))
    operator = Operator(OperatorId("op-1"), "Ana")
    tx.change(Change(sessions[1], {"assignee": operator.user_id}, card=False))
    message = NewMessage(
        sessions[0], Author.AGENT, "text", "x", Millis(99), channel=CHANNEL,
        ts=MessageTs("1.000001"), slack_user=ANA.user_id,
    )  # fmt: skip
    tx.apply(Decision(message=message), inbox_id=0)
    tx.conn.execute("UPDATE conversations SET gone = 1 WHERE session_id = 'session_5'")
    tx.conn.execute(
        "INSERT INTO audit (at, user, name, verb, session_id, outcome)"
        " VALUES (50, ?, 'ana', 'resolve', 'session_3', 'done')",
        (ANA.user_id,),
    )
    mine = [c.session_id for c in picking.recent_of(tx, ANA.user_id, operator, limit=9)]
    assert mine == ["session_0", "session_3", "session_1"]
    assert picking.recent_of(tx, SlackUserId("U9"), None, limit=9) == ()
    newest = [c.session_id for c in picking.newest_open(tx, limit=2)]
    assert newest == ["session_4", "session_3"]


def test_a_deletion_wants_the_number_typed() -> None:
    """At the field of a verb that asks for the number only the conversation's own will do."""
    tx = transaction(database())
    tx.change(Change(SESSION, {}, create=True, card=False))
    conversation = tx.conversation(SESSION)
    assert conversation is not None
    modal = MODALS["verb_form"]
    opening = forms.Opening(ANA, None, CHANNEL, conversation=conversation, given={"v": "delete"})
    shown = modal.open(opening, tx, RULES)
    assert isinstance(shown, dict)

    def typed(number: str) -> forms.Form:
        values = {"field:number": {"number": {"type": "plain_text_input", "value": number}}}
        return read_form({"view": {**shown, "id": "V1", "state": {"values": values}}})

    assert "type 1 if you mean it" in modal.validate(typed("2"), tx, RULES)["number"]
    assert modal.validate(typed(" #1 "), tx, RULES) == {}
    answer = Answer(CHANNEL, ANA.user_id, view_id="V1")
    said = forms.Submission(typed("1"), ANA, None, answer, "f", Millis(1))
    order = modal.submitted(said, tx, RULES)
    assert isinstance(order, Order)
    assert (order.numbered, order.session_id) == (True, SESSION)
    wrong = forms.Submission(typed("3"), ANA, None, answer, "f", Millis(1))
    assert isinstance(modal.submitted(wrong, tx, RULES), str)


async def test_a_late_preview_does_not_replace_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is pressed in a modal is shown there only if nothing else was shown since."""
    tx = transaction(database())
    tx.save_user(ANA)
    seen: list[tuple[str, str]] = []

    class Screen:
        async def update_view(self, view_id: str, view: object, *, state: str = "") -> None:
            assert view == {"callback_id": "test"}
            seen.append((view_id, state))

    class Stored:
        async def ask(self, question: Any) -> Any:
            return question(tx)

    nothing: Any = None
    screen: Any = Screen()
    reader: Any = Stored()
    work: list[Coroutine[Any, Any, None]] = []
    one = Modal(lambda *_: {"callback_id": "test"}, lambda *_: Decision())
    monkeypatch.setattr(slack_modals, "MODALS", {"test": one})
    intake = Modals(
        reader, RULES, screen, Screens(clock=Time()), person=nothing, profile=nothing,
        answer=nothing, sleep=forever,
        spawn=work.append,
    )  # fmt: skip
    shown = view(TYPED)
    body = {
        "type": "block_actions", "user": {"id": ANA.user_id}, "view": shown,
        "actions": [{"action_id": "modal:test:preview"}],
    }  # fmt: skip
    await intake.ask(Arrival(Source.SLACK, "action:modal:test:preview", body))
    await work.pop()
    assert seen == [("V1", "h")]


def test_a_form_that_cannot_be_decided_comes_back() -> None:
    """Where the bridge itself fails, the form comes back as it was filled in."""
    arrival = submission(view(TYPED))
    (effect,) = failures.undecided(arrival, why="it broke", now=1)
    assert isinstance(effect.payload, UpdateView)
    assert "it broke" in json.dumps(effect.payload.view)
    assert "new \\nline" in json.dumps(effect.payload.view)
    assert (effect.payload.channel, effect.payload.user) == (CHANNEL, ANA.user_id)
    for memory in ("{", "[1]"):
        broken = submission(view(TYPED, private_metadata=memory))
        assert failures.undecided(broken, why="it broke", now=1)
    press = {"user": {"id": "U1"}, "channel": {"id": "C1"}}
    retry = Arrival(Source.SLACK, "shortcut:retry", press, fact="shortcut:1")
    assert [e.payload.kind for e in failures.undecided(retry, why="x", now=1)] == ["tell"]
