"""Who may answer customers, under which name, and where a conversation's thread is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import ChannelId, Contact, Operator, OperatorId, SlackUser, SlackUserId, Speaker
from bot.relay.access import (
    Access,
    Route,
    Rules,
    admin_refusal,
    find_operator,
    may_admin,
    outsider,
    refusal,
    speaker_for,
)
from tests.core_kit import ANA, CHANNEL, OPEN, OPERATOR, RULES

BEN = Operator(OperatorId("op-ben"), "Ben Hart", "ben@acme.test")
TEAM = (BEN, OPERATOR)


@pytest.mark.parametrize(
    ("user", "word"),
    [
        (replace(ANA, bot=True), "bots"),
        (replace(ANA, deleted=True), "deactivated"),
        (replace(ANA, stranger=True), "not a member"),
        (replace(ANA, guest=True), "Guests"),
        (replace(ANA, guest=True, stranger=True), "not a member"),
    ],
)
def test_who_is_no_member_is_refused_with_a_reason(user: SlackUser, word: str) -> None:
    """Bots, deactivated accounts, strangers and guests may not act for the team."""
    assert word in str(outsider(user))
    access = Access(agents=frozenset({ANA.user_id}), admins=frozenset({ANA.user_id}))
    for rules in (RULES, replace(RULES, access=access)):
        assert word in str(refusal(user, rules))
        assert word in str(admin_refusal(replace(user, admin=True), rules))
        assert not may_admin(replace(user, admin=True), rules)


def test_a_member_may_answer() -> None:
    """A full member is not refused where nothing says who may."""
    assert refusal(ANA, RULES) is None


LEAD = replace(ANA, user_id=SlackUserId("ULEAD"), admin=True)
IN_GROUP = replace(ANA, user_id=SlackUserId("UBEN"), groups=frozenset({"S1"}))


@pytest.mark.parametrize(
    ("agents", "admins", "acting", "administering"),
    [
        ((), (), {"UANA", "UBEN", "ULEAD"}, {"ULEAD"}),
        (("UANA",), (), {"UANA"}, set()),
        (("UANA", "ULEAD"), (), {"UANA", "ULEAD"}, {"ULEAD"}),
        (("S1",), (), {"UBEN"}, set()),
        (("S2",), (), set(), set()),
        ((), ("UANA",), {"UANA", "UBEN", "ULEAD"}, {"UANA"}),
        (("S1",), ("UANA",), {"UBEN", "UANA"}, {"UANA"}),
        (("UANA",), ("S1",), {"UANA", "UBEN"}, {"UBEN"}),
    ],
)
def test_who_acts_and_who_administers_is_said_by_person_or_group(
    agents: tuple[str, ...], admins: tuple[str, ...], acting: set[str], administering: set[str]
) -> None:
    """Named admins act too; without any, the workspace's admins are admins if they may act."""
    rules = replace(RULES, access=Access(frozenset(agents), frozenset(admins)))
    people = (ANA, IN_GROUP, LEAD)
    assert {one.user_id for one in people if refusal(one, rules) is None} == acting
    assert {one.user_id for one in people if admin_refusal(one, rules) is None} == administering


def test_who_may_set_the_bridge_up_need_not_act_for_customers() -> None:
    """An owner of the workspace may choose the channel, also where agents are others."""
    rules = replace(RULES, access=Access(agents=frozenset({"UANA"})))
    assert may_admin(LEAD, rules)
    assert not may_admin(ANA, rules)
    assert "admins" in str(admin_refusal(ANA, rules))
    assert "[access]" in str(admin_refusal(LEAD, rules))


@pytest.mark.parametrize(
    ("user", "agents", "found"),
    [
        (ANA, {}, OPERATOR),
        (replace(ANA, email="Ana@Acme.Test"), {}, OPERATOR),
        (replace(ANA, email=""), {}, None),
        (replace(ANA, email="someone@acme.test"), {}, None),
        (ANA, {"UANA": "op-ben"}, BEN),
        (ANA, {"UANA": "BEN@acme.test"}, BEN),
        (ANA, {"UANA": "op-gone"}, None),
        (replace(ANA, stranger=True), {}, None),
        (replace(ANA, stranger=True), {"UANA": "op-ben"}, BEN),
    ],
)
def test_a_member_is_matched_with_their_operator(
    user: SlackUser, agents: dict[str, str], found: Operator | None
) -> None:
    """The mapping wins over the e-mail; a stranger's e-mail is their admin's claim and no match."""
    assert find_operator(user, TEAM, agents) == found


def test_no_email_matches_no_operator_without_one() -> None:
    """Two empty addresses are not the same person."""
    nobody = Operator(OperatorId("op-x"), "X", "")
    assert find_operator(replace(ANA, email=""), [nobody], {}) is None


@pytest.mark.parametrize(
    ("operator", "policy", "speaker"),
    [
        (OPERATOR, "refuse", Speaker("Ana Silva", OPERATOR.avatar)),
        (replace(OPERATOR, name="", avatar=""), "refuse", Speaker("ana", ANA.avatar)),
        (None, "profile", Speaker("ana", ANA.avatar)),
        (None, "company", Speaker("Acme", "https://acme.test/logo.png")),
        (None, "refuse", None),
    ],
)
def test_customers_see_the_operator_or_what_the_policy_says(
    operator: Operator | None, policy: str, speaker: Speaker | None
) -> None:
    """An operator's own name wins; unmapped agents follow ``unmapped_agents``."""
    acme = Speaker("Acme", "https://acme.test/logo.png")
    rules = replace(RULES, unmapped_agents=policy, company=acme)
    assert speaker_for(ANA, operator, rules) == speaker


ROUTED = Rules(
    CHANNEL,
    "website",
    routes=(
        Route(ChannelId("CVIP"), segment="vip", origin="email"),
        Route(ChannelId("CBOX"), inbox="inbox-1"),
        Route(ChannelId("CSEG"), segment="vip"),
    ),
)


@pytest.mark.parametrize(
    ("contact", "inbox", "channel"),
    [
        (Contact(), None, "C1"),
        (Contact(segments=("vip",), origin="email"), "inbox-1", "CVIP"),
        (Contact(segments=("vip",)), "inbox-1", "CBOX"),
        (Contact(segments=("a", "vip")), None, "CSEG"),
        (Contact(origin="email"), "inbox-2", "C1"),
    ],
)
def test_the_first_route_whose_fields_all_fit_wins(
    contact: Contact, inbox: str | None, channel: str
) -> None:
    """A conversation goes to the first matching route's channel, else to the one that is set."""
    conversation = replace(OPEN, contact=contact, inbox_id=inbox)
    assert ROUTED.channel_of(conversation) == channel


def test_every_routed_channel_is_bridged() -> None:
    """All channels that can hold threads are listened to; an unset default is none."""
    assert ROUTED.bridged_channels() == {"C1", "CVIP", "CBOX", "CSEG"}
    assert replace(ROUTED, channel=ChannelId("")).bridged_channels() == {"CVIP", "CBOX", "CSEG"}
