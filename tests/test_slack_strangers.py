"""Who is of another company does not act for the team, whatever an event says of its team."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Arrival, Receipt, SlackUser, Source
from bot.slack.models import read_user
from tests.core_kit import ANA, SESSION
from tests.slack_kit import TEAM, Desk

THEIRS = "T2"


@pytest.fixture
def desk() -> Desk:
    """Give an inbox with one conversation."""
    return Desk()


def changed(desk: Desk, *, home: str, outer: str) -> SlackUser:
    """Report a new profile of Ana's, and return what is stored then."""
    user = {"id": ANA.user_id, "team_id": home, "name": "ana", "profile": {"email": "a@b.test"}}
    event = {"type": "user_change", "user": user, "team_id": outer}
    assert desk.receive(Arrival(Source.SLACK, "user_change", event)) is Receipt.ACCEPTED
    stored = desk.tx.user(ANA.user_id)
    assert stored is not None
    return stored


@pytest.mark.parametrize("outer", [THEIRS, TEAM])
def test_a_new_profile_is_judged_by_our_own_team(desk: Desk, outer: str) -> None:
    """Of a shared channel, events come in the other team's name: theirs stay strangers."""
    assert changed(desk, home=THEIRS, outer=outer).stranger
    assert changed(desk, home=TEAM, outer=outer).stranger is False


def test_a_reply_from_another_team_is_refused(desk: Desk) -> None:
    """A message that bears another team is a stranger's, even where the profile was not told."""
    desk.reply("Hi", user_team=THEIRS)
    assert desk.rows("send") == []
    assert "not a member" in desk.told()[0]
    desk.reply("Hi", ts="1700000006.000000", user_team=TEAM)
    assert len(desk.rows("send")) == 1


def test_a_press_from_another_team_is_refused(desk: Desk) -> None:
    """A button does nothing for somebody of another team."""
    desk.press("conversation:resolve", SESSION, team_id=THEIRS)
    assert desk.rows("state") == []
    desk.press("conversation:resolve", SESSION, team_id=TEAM)
    assert len(desk.rows("state")) == 1


def test_a_colleague_of_the_same_organisation_may_answer(desk: Desk) -> None:
    """Another workspace of our Enterprise Grid is fine if the profile lists ours."""
    profile = {
        "id": ANA.user_id, "team_id": THEIRS, "name": "ana",
        "enterprise_user": {"teams": [THEIRS, TEAM]},
    }  # fmt: skip
    colleague = read_user(profile, team_id=TEAM)
    assert (colleague.sibling, colleague.stranger) == (True, False)
    desk.tx.save_user(replace(ANA, sibling=True))
    desk.reply("Hi", user_team=THEIRS)
    assert len(desk.rows("send")) == 1
