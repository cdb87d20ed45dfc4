"""What people choose for themselves: kept apart from their profile, and what follows from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import Json, Speaker
from bot.relay.access import speaker_for
from bot.relay.decisions import Preferences
from bot.store import preferences
from bot.store.transaction import Transaction
from handlers.modals.forms import Form, Opening, Submission
from handlers.modals.settings import ASSIGNED, HOLD, HOLDS, MODALS, NAME, NAME_LIMIT, NOTIFY, OFF
from tests.core_kit import ANA, CHANNEL, OPERATOR, RULES, database, transaction
from tests.markup_kit import HOSTILE, walk
from tests.test_relay_agents import decide, wrote

SETTINGS = MODALS["settings"]
CHOSEN = Preferences(ANA.user_id, "Ana from Acme", 10)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Write to a database that knows Ana."""
    conn = database()
    tx = transaction(conn)
    tx.save_user(ANA)
    yield tx
    conn.close()


def form(values: dict[str, str], *, named: bool = True) -> Form:
    """Return what was submitted; ``named`` where the form asked for a name."""
    names = [NAME, HOLD] if named else [HOLD]
    raw: Json = {"blocks": [{"type": "input", "element": {"action_id": name}} for name in names]}
    return Form("settings", "V1", ANA.user_id, {}, values, raw)


def submitted(tx: Transaction, values: dict[str, str], user: Any = ANA, **more: bool) -> Any:
    """Return what follows from a submission."""
    nothing: Any = None
    said = Submission(form(values, **more), user, None, nothing, "f", tx.now)
    return SETTINGS.submitted(said, tx, RULES)


def fields(view: Any) -> dict[str, dict[str, Any]]:
    """Return the fields of a form, by action id."""
    return {e["action_id"]: e for e in walk(view["blocks"]) if "action_id" in e}


def test_what_somebody_chose_comes_with_who_they_are(tx: Transaction) -> None:
    """It is kept when their profile is read again, and replaced when they choose anew."""
    preferences.keep(tx, CHOSEN)
    tx.save_user(replace(ANA, name="ana maria", shown_as="stale", hold_seconds=60))
    user = tx.user(ANA.user_id)
    assert user is not None
    assert (user.name, user.shown_as, user.hold_seconds) == ("ana maria", "Ana from Acme", 10)
    preferences.keep(tx, Preferences(ANA.user_id))
    again = tx.user(ANA.user_id)
    assert again is not None
    assert (again.shown_as, again.hold_seconds) == ("", 0)


@pytest.mark.parametrize(
    "wrong", [{"shown_as": "x" * 61}, {"hold_seconds": 61}, {"hold_seconds": -1}]
)
def test_the_database_keeps_within_bounds(tx: Transaction, wrong: dict[str, Any]) -> None:
    """Nothing that nobody could choose is ever stored."""
    with pytest.raises(sqlite3.IntegrityError):
        preferences.keep(tx, replace(CHOSEN, **wrong))


def test_the_chosen_name_is_for_who_is_no_operator() -> None:
    """An operator's name is Crisp's; the company's name stays the company's."""
    ana = replace(ANA, shown_as="Ana from Acme")
    unmapped = speaker_for(ana, None, RULES)
    assert unmapped is not None
    assert unmapped.name == "Ana from Acme"
    assert speaker_for(ana, OPERATOR, RULES) == speaker_for(ANA, OPERATOR, RULES)
    company = replace(RULES, unmapped_agents="company", company=Speaker("Acme"))
    assert speaker_for(ana, None, company) == Speaker("Acme")


def test_a_reply_waits_as_long_as_its_writer_wants() -> None:
    """Every part of a reply is held; a note, which reaches no customer, is not."""
    ana = replace(ANA, hold_seconds=10)
    held = decide(wrote("Hello", ana, files=True)).effects
    assert [effect.delay_ms for effect in held if effect.of_message] == [10_000] * 2
    assert len(held) > 1
    assert {e.delay_ms for e in decide(wrote("!note Hello", ana)).effects} == {0}
    assert {e.delay_ms for e in decide(wrote("Hello")).effects} == {0}


def test_the_form_shows_what_was_chosen(tx: Transaction) -> None:
    """Name and hold time as they are; for an operator the name is said, not asked."""
    user = replace(ANA, shown_as="Ana from Acme", hold_seconds=10)
    mine = SETTINGS.open(Opening(user, None, CHANNEL), tx, RULES)
    assert fields(mine)[NAME]["initial_value"] == "Ana from Acme"
    assert fields(mine)[HOLD]["initial_option"]["value"] == "10"
    operators = SETTINGS.open(Opening(user, OPERATOR, CHANNEL), tx, RULES)
    assert NAME not in fields(operators)
    assert OPERATOR.name in str(operators)
    refused = replace(RULES, unmapped_agents="refuse")
    assert "matches no Crisp operator" in str(
        SETTINGS.open(Opening(user, None, CHANNEL), tx, refused)
    )


@pytest.mark.parametrize("name", ["x" * (NAME_LIMIT + 1), "\u200b\u200b", "\u202e"])
def test_a_name_that_cannot_be_shown_is_refused_at_its_field(tx: Transaction, name: str) -> None:
    """Too long, or nothing to see: said where it was typed, before anything is stored."""
    assert set(SETTINGS.validate(form({NAME: name, HOLD: "0"}), tx, RULES)) == {NAME}
    assert SETTINGS.validate(form({NAME: "Ana", HOLD: "0"}), tx, RULES) == {}
    assert SETTINGS.validate(form({HOLD: "0"}), tx, RULES) == {}


def test_what_is_chosen_is_stored_and_audited_without_the_name(tx: Transaction) -> None:
    """One line, within bounds; the audit says that settings were changed, and nothing of them."""
    made = submitted(tx, {NAME: "Ana\nfrom\u202e Acme", HOLD: "30"})
    assert made.preferences == Preferences(ANA.user_id, "Ana from Acme", 30)
    assert made.audit.verb == "settings"
    assert made.audit.detail == ""


def test_what_was_not_asked_stays(tx: Transaction) -> None:
    """Who has become an operator keeps the name for later; no such hold time changes none."""
    user = replace(ANA, shown_as="Ana from Acme", hold_seconds=10)
    kept = submitted(tx, {HOLD: "7"}, user, named=False)
    assert kept.preferences == CHOSEN
    emptied = submitted(tx, {HOLD: str(HOLDS[0])}, user)
    assert emptied.preferences == Preferences(ANA.user_id, "", 0)


def test_only_an_operator_can_have_notifications(tx: Transaction) -> None:
    """Off unless chosen; who was not asked, or answers something else, keeps what they chose."""
    asked = SETTINGS.open(Opening(ANA, OPERATOR, CHANNEL), tx, RULES)
    assert fields(asked)[NOTIFY]["initial_option"]["value"] == OFF
    user = replace(ANA, notify=True)
    asked = SETTINGS.open(Opening(user, OPERATOR, CHANNEL), tx, RULES)
    assert fields(asked)[NOTIFY]["initial_option"]["value"] == ASSIGNED
    assert NOTIFY not in fields(SETTINGS.open(Opening(user, None, CHANNEL), tx, RULES))
    for value, kept in ((ASSIGNED, True), (OFF, False), ("", True), ("else", True)):
        assert submitted(tx, {HOLD: "0", NOTIFY: value}, user).preferences.notify is kept
    assert not submitted(tx, {HOLD: "0"}).preferences.notify


def test_a_hostile_name_stays_text(tx: Transaction) -> None:
    """Markup in a name is what it says, on one line, and fits where it is stored."""
    made = submitted(tx, {NAME: HOSTILE[:NAME_LIMIT], HOLD: "0"})
    preferences.keep(tx, made.preferences)
    user = tx.user(ANA.user_id)
    assert user is not None
    assert "\n" not in user.shown_as
