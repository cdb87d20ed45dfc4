"""The bot is invited: whom it asks, what a press does, and which decision wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import load
from bot.doctor.channel import CHOICE, chosen_channel
from bot.domain import Arrival, ChannelId, Millis, Receipt, SlackUser, SlackUserId, Source
from bot.relay.access import Access, Choice, Route, Rules
from bot.relay.decisions import Choose
from bot.slack.events import event_arrival
from bot.store import chosen
from bot.store.transaction import Transaction
from tests.core_kit import ANA, CHANNEL, NOW, OPEN, database
from tests.slack_fakes import ME
from tests.slack_kit import OURS, Desk
from tests.test_config import ENV

THERE = ChannelId("C2")
BOT = OURS.bot_user_id
LEAD = replace(ANA, user_id=SlackUserId("ULEAD"), name="lea", admin=True)


def fresh(**more: Any) -> Rules:
    """Return rules with a choice of their own."""
    return replace(OURS, choice=Choice(), **more)


class Invited:
    """An inbox whose bot is invited to channels."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.desk = Desk(rules)
        self.desk.tx.save_user(LEAD)

    def join(self, *, by: str, channel: str = THERE, who: str = BOT, **more: Any) -> Receipt:
        """Have somebody invite somebody."""
        event = {"type": "member_joined_channel", "user": who, "channel": channel, **more}
        event |= {"inviter": by} if by else {}
        arrival = Arrival(
            Source.SLACK, "member_joined_channel", event, fact=f"joined:{channel}:{who}:1"
        )
        return self.desk.receive(arrival)

    def press(self, user: SlackUser, what: str = "use") -> Receipt:
        """Press a button of the offer."""
        return self.desk.press(f"channel:{what}", THERE, user=user)

    def told(self) -> list[tuple[str, str]]:
        """Return who is told what."""
        sql = (
            "SELECT json_extract(payload, '$.user'), json_extract(payload, '$.blocks[0].text.text')"
            " FROM outbox WHERE kind = 'tell' ORDER BY id"
        )
        return [(row[0], row[1]) for row in self.desk.all(sql)]

    def offered(self) -> list[str]:
        """Return who is shown the button."""
        sql = (
            "SELECT json_extract(payload, '$.user') FROM outbox"
            " WHERE kind = 'tell' AND payload LIKE '%channel:use%' ORDER BY id"
        )
        return [row[0] for row in self.desk.all(sql)]

    def acts(self) -> list[tuple[Any, ...]]:
        """Return what is in the audit."""
        return self.desk.all("SELECT user, verb, detail, outcome FROM audit ORDER BY id")


@pytest.fixture
def invited() -> Iterator[Invited]:
    """Give an inbox where Lea is an admin of the workspace and Ana is not."""
    found = Invited(fresh())
    yield found
    found.desk.conn.close()


def test_an_admin_who_invites_the_bot_is_asked(invited: Invited) -> None:
    """The question says where conversations go now, and goes to the inviter alone."""
    invited.join(by=LEAD.user_id)
    ((user, text),) = invited.told()
    assert (user, invited.offered()) == (LEAD.user_id, [LEAD.user_id])
    assert f"<#{THERE}>" in text
    assert f"<#{CHANNEL}>" in text
    assert "another company" not in text


def test_a_channel_that_others_can_read_is_warned_about(invited: Invited) -> None:
    """In a channel with another company the question says who can read it."""
    invited.join(by=LEAD.user_id, is_ext_shared_channel=True)
    assert "another company" in invited.told()[0][1]


def test_who_is_no_admin_is_told_that_the_admins_are_asked(invited: Invited) -> None:
    """The admins who are known get the question, the inviter a sentence; a guest gets nothing."""
    invited.join(by=ANA.user_id)
    assert invited.offered() == [LEAD.user_id]
    assert "admins" in dict(invited.told())[ANA.user_id]
    guest = replace(ANA, user_id=SlackUserId("UGUEST"), guest=True)
    invited.desk.tx.save_user(guest)
    invited.join(by=guest.user_id, channel="C3")
    assert guest.user_id not in dict(invited.told())


def test_named_admins_are_asked_and_looked_up_first() -> None:
    """Who is named as an admin is asked even if nothing was heard of them yet."""
    invited = Invited(fresh(access=Access(admins=frozenset({"UBOSS"}))))
    assert invited.join(by=LEAD.user_id) is Receipt.PARKED
    assert len(invited.desk.rows("learn")) == 1
    invited.desk.tx.save_user(replace(ANA, user_id=SlackUserId("UBOSS")))
    invited.join(by=LEAD.user_id, channel="C3")
    assert invited.offered() == ["UBOSS"]


@pytest.mark.parametrize(
    "joined",
    [{"who": ANA.user_id}, {"channel": CHANNEL}, {"channel": "CVIP"}],
)
def test_nobody_is_asked_about_what_is_settled(joined: dict[str, str]) -> None:
    """Others may join; the channel in use and the routes' own need no question."""
    invited = Invited(fresh(routes=(Route(ChannelId("CVIP"), segment="vip"),)))
    assert invited.join(by=LEAD.user_id, **joined) is Receipt.IGNORED


def test_where_routes_take_everything_the_line_is_named() -> None:
    """Configuration wins: no button is shown, and one from before does nothing."""
    invited = Invited(fresh(channel=CHANNEL, routes=(Route(CHANNEL),)))
    invited.join(by=LEAD.user_id, channel=THERE)
    assert invited.offered() == []
    assert f'channel = "{THERE}"' in invited.told()[0][1]
    invited.press(LEAD)
    assert f'channel = "{THERE}"' in invited.told()[1][1]
    assert (invited.rules.default_channel, invited.acts()) == (CHANNEL, [])


def test_a_press_counts_at_once_for_new_conversations(invited: Invited) -> None:
    """From the commit on they open there; both channels are heard, and the audit says who."""
    invited.press(LEAD)
    rules = invited.rules
    assert rules.channel_of(OPEN) == THERE
    assert rules.bridged_channels() == {CHANNEL, THERE}
    assert invited.acts() == [(LEAD.user_id, "channel", THERE, "done")]
    assert f"SLACK_CHANNEL={THERE}" in invited.told()[0][1]
    assert invited.desk.tx.began(THERE) == NOW
    invited.press(LEAD)
    assert "already" in invited.told()[1][1]


def test_a_conversation_that_a_route_takes_goes_there_still() -> None:
    """The choice is for what no route takes."""
    invited = Invited(fresh(routes=(Route(ChannelId("CBOX"), inbox="box"),)))
    invited.press(LEAD)
    assert invited.rules.channel_of(OPEN) == THERE
    assert invited.rules.channel_of(replace(OPEN, inbox_id="box")) == "CBOX"


def test_not_now_changes_nothing(invited: Invited) -> None:
    """The other button leaves things as they are, and says so."""
    invited.press(LEAD, "keep")
    assert invited.rules.default_channel == CHANNEL
    assert f"<#{CHANNEL}>" in invited.told()[0][1]


def test_only_an_admins_press_counts(invited: Invited) -> None:
    """Who is no admin is refused, they alone are told, and the audit says so."""
    invited.press(ANA)
    assert invited.rules.default_channel == CHANNEL
    ((user, text),) = invited.told()
    assert (user, "admins" in text) == (ANA.user_id, True)
    assert invited.acts() == [(ANA.user_id, "channel", THERE, "refused")]


# --- which decision wins


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Transaction]:
    """Give a database file."""
    conn = database(tmp_path / "bridge.db")
    yield Transaction(conn, NOW)
    conn.close()


def choose(tx: Transaction, channel: str, *, instead_of: str = CHANNEL) -> None:
    """Store a choice."""
    by, at = SlackUserId("ULEAD"), Millis(NOW)
    chosen.choose(tx, Choose(ChannelId(channel), ChannelId(instead_of), by, at))


def test_a_channel_that_is_set_later_wins(tx: Transaction) -> None:
    """The choice counts while SLACK_CHANNEL is what it was; its threads are heard for ever."""
    assert chosen.channel(tx, configured=CHANNEL) == Choice()
    choose(tx, THERE)
    assert chosen.channel(tx, configured=CHANNEL) == Choice(THERE)
    assert chosen.channel(tx, configured=ChannelId("C9")) == Choice(None, frozenset({THERE}))
    choose(tx, "C3")
    assert chosen.channel(tx, configured=CHANNEL) == Choice(ChannelId("C3"), frozenset({THERE}))
    choose(tx, THERE)
    assert chosen.channel(tx, configured=CHANNEL) == Choice(THERE, frozenset({ChannelId("C3")}))


def test_a_channel_that_was_heard_before_keeps_its_beginning(tx: Transaction) -> None:
    """What was read of it already is not skipped."""
    tx.begin_channel(THERE, Millis(NOW - 5))
    choose(tx, THERE)
    assert tx.began(THERE) == NOW - 5


@pytest.mark.parametrize(
    ("channel", "routes", "word"),
    [
        (THERE, (), "as an admin chose"),
        (CHANNEL, (), "as SLACK_CHANNEL says"),
        (THERE, (Route(CHANNEL),), "take every conversation"),
    ],
)
def test_the_doctor_says_what_was_chosen(
    tx: Transaction, tmp_path: Path, channel: str, routes: tuple[Route, ...], word: str
) -> None:
    """Whoever runs the bridge sees that a choice counts, and the channel is checked too."""
    settings = load({**ENV, "BRIDGE_DATABASE": str(tmp_path / "bridge.db")}, env_file=None)
    rules = fresh(routes=routes)
    assert list(chosen_channel(settings, rules)) == []
    choose(tx, channel)
    (check,) = chosen_channel(settings, rules)
    assert (check.name, word in check.message) == (CHOICE, True), check.message
    assert channel in rules.bridged_channels()


def test_an_invitation_is_told_once() -> None:
    """Slack delivers again what it has no answer to: the same invitation is the same fact."""
    event = {
        "type": "member_joined_channel", "user": ME.bot_user_id, "channel": THERE, "inviter": "U1",
        "event_ts": "1700000000.000100",
    }  # fmt: skip
    facts = {a.fact for a in (event_arrival({"event": event}, ME) for _ in range(2)) if a}
    assert facts == {f"joined:{THERE}:{ME.bot_user_id}:1700000000.000100"}
