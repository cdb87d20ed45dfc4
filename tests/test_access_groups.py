"""Who is in the user groups that decide who may act: read, told of, and never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import Arrival, Millis, Receipt, SlackUserId, Source
from bot.errors import ApiError
from bot.groups import Groups
from bot.relay.access import Access
from bot.relay.decisions import Members
from bot.slack.models import read_user
from bot.store import groups
from bot.swept import Swept
from tests.core_kit import ANA, NOW, database
from tests.slack_fakes import FakeSlack, fake_slack, refusing
from tests.slack_kit import OURS, TEAM, Desk
from tests.sweep_kit import Store

GROUP = "S1"
RULES = replace(OURS, access=Access(agents=frozenset({GROUP})))
NOW_S = NOW // 1000


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give an inbox whose agents are a user group's members."""
    desk = Desk(RULES)
    yield desk
    desk.conn.close()


def told(desk: Desk, kind: str, **event: Any) -> Receipt:
    """Report news of a user group."""
    return desk.receive(Arrival(Source.SLACK, kind, {"type": kind, **event}))


def changed(desk: Desk, *, at: int, added: str = "", removed: str = "") -> Receipt:
    """Report who has come into the group, and who has left it, at a second of Slack's."""
    return told(
        desk, "subteam_members_changed", subteam_id=GROUP, date_update=at,
        added_users=added.split(), removed_users=removed.split(),
    )  # fmt: skip


def may_act(desk: Desk) -> bool:
    """Tell whether Ana's groups, as they are stored, let her act."""
    user = desk.tx.user(ANA.user_id)
    assert user is not None
    return GROUP in user.groups


def test_of_a_group_that_was_never_read_nobody_may_act(desk: Desk) -> None:
    """What is not known allows nothing: the reply is not sent, and its writer is told why."""
    desk.reply("Hello")
    assert desk.rows("send") == []
    assert "[access]" in desk.told()[0]


def test_who_comes_into_the_group_may_act_and_who_leaves_it_may_not(desk: Desk) -> None:
    """Slack's news of a group counts at once."""
    changed(desk, at=NOW_S, added="UANA UBEN")
    desk.reply("Hello")
    assert len(desk.rows("send")) == 1
    changed(desk, at=NOW_S + 1, removed="UANA")
    desk.reply("Hello again", ts="1700000006.000000")
    assert len(desk.rows("send")) == 1
    assert "[access]" in desk.told()[0]


def test_an_edit_of_who_may_not_act_any_more_is_not_carried(desk: Desk) -> None:
    """The customer keeps what was sent while its writer was allowed."""
    changed(desk, at=NOW_S, added="UANA")
    desk.reply("Hello")
    desk.deliver()
    changed(desk, at=NOW_S + 1, removed="UANA")
    desk.edit("Hello, changed")
    assert desk.rows("edit") == []
    (told,) = desk.told()
    assert "[access]" in told


def test_news_that_is_older_than_what_is_known_changes_nothing(desk: Desk) -> None:
    """Slack promises no order: who has left is not let in again by what happened before."""
    changed(desk, at=NOW_S + 5, removed="UANA")
    changed(desk, at=NOW_S + 4, added="UANA")
    assert not may_act(desk)


def test_nobody_is_in_a_group_that_is_disabled(desk: Desk) -> None:
    """A group that is switched off, or on again, has the members that Slack says."""
    group = {"id": GROUP, "handle": "team", "users": ["UANA"], "date_update": NOW_S}
    told(desk, "subteam_updated", subteam=group)
    assert may_act(desk)
    told(desk, "subteam_updated", subteam={**group, "date_delete": 1, "date_update": NOW_S + 1})
    assert not may_act(desk)


def test_a_group_that_decides_nothing_is_nobodys_business(desk: Desk) -> None:
    """Only the groups that bridge.toml names are followed."""
    assert told(desk, "subteam_members_changed", subteam_id="S2") is Receipt.IGNORED
    group = {"id": "S2", "users": ["UANA"]}
    assert told(desk, "subteam_updated", subteam=group) is Receipt.IGNORED
    group = {"id": GROUP, "handle": "renamed"}
    assert told(desk, "subteam_updated", subteam=group) is Receipt.IGNORED


def test_a_new_profile_leaves_the_groups_alone(desk: Desk) -> None:
    """Memberships are no part of what is stored of a person."""
    changed(desk, at=NOW_S, added="UANA")
    user = desk.tx.user(ANA.user_id)
    assert user is not None
    desk.tx.save_user(replace(user, groups=frozenset({"S9"})))
    again = desk.tx.user(ANA.user_id)
    assert again is not None
    assert again.groups == {GROUP}


@pytest.mark.parametrize(
    ("fields", "admin"),
    [
        ({}, False),
        ({"is_admin": True}, True),
        ({"is_owner": True}, True),
        ({"is_admin": True, "team_id": "T2"}, False),
    ],
)
def test_an_admin_is_one_of_our_own_workspace(fields: dict[str, Any], *, admin: bool) -> None:
    """Admins and owners are told by their profile, unless it is of another company."""
    user = read_user({"id": "U1", "team_id": TEAM, **fields}, team_id=TEAM)
    assert user.admin is admin


# --- reading them


class Asked:
    """A database and a Slack that is asked for the groups."""

    def __init__(self, fake: FakeSlack, refresher: Groups, store: Store) -> None:
        self.fake = fake
        self.groups = refresher
        self.store = store

    def members(self) -> set[str]:
        """Return who is stored to be in the group."""
        rows = self.store.conn.execute("SELECT user_id FROM group_members").fetchall()
        return {row[0] for row in rows}


@pytest.fixture
async def asked() -> Any:
    """Give a database and a fake Slack."""
    store = Store(database())
    async with fake_slack() as (fake, client):
        yield Asked(fake, Groups(client, store.writer, {GROUP}, clock_ms=lambda: NOW), store)
    store.conn.close()


def listed(**groups: list[str]) -> dict[str, Any]:
    """Return Slack's list of user groups."""
    return {"ok": True, "usergroups": [{"id": k, "users": v} for k, v in groups.items()]}


async def test_members_are_read_with_every_sweep(asked: Asked) -> None:
    """The groups are read before what was missed is, and other groups are left out."""
    order: list[str] = []

    class Sweep:
        async def run(self, *, gap: bool) -> Swept:
            order.append(f"swept:{gap}:{sorted(asked.members())}")
            return Swept(3)

    asked.fake.will("usergroups.list", listed(S1=["UANA"], S2=["UBEN"]))
    assert (await asked.groups.before(Sweep()).run(gap=True)).news == 3
    assert order == ["swept:True:['UANA']"]
    asked.store.now = NOW + 60_000
    asked.fake.will("usergroups.list", listed(S1=["UBEN"]))
    await asked.groups.refresh()
    assert asked.members() == {"UBEN"}


async def test_a_group_that_is_gone_has_no_members(asked: Asked) -> None:
    """What Slack does not list any more lets nobody act."""
    asked.fake.will("usergroups.list", listed(S1=["UANA"]), listed())
    await asked.groups.refresh()
    await asked.groups.refresh()
    assert asked.members() == set()


async def test_what_is_known_stands_while_slack_cannot_be_asked(asked: Asked) -> None:
    """A missing scope or an outage changes nothing, and ends nothing."""
    asked.fake.will("usergroups.list", listed(S1=["UANA"]), refusing("missing_scope"))
    await asked.groups.refresh()
    await asked.groups.refresh()
    assert asked.members() == {"UANA"}


async def test_what_was_told_meanwhile_is_not_undone(asked: Asked) -> None:
    """An answer that is older than an event does not let in who has just left."""
    later = Members(GROUP, Millis(NOW * 2), removed=frozenset({SlackUserId("UANA")}))
    await asked.store.submit(lambda tx: groups.keep(tx, later))
    asked.fake.will("usergroups.list", listed(S1=["UANA"]))
    await asked.groups.refresh()
    assert asked.members() == set()


async def test_nothing_is_asked_where_no_group_is_named(asked: Asked) -> None:
    """Without groups in bridge.toml the scope is not needed."""
    await Groups(ApiError, asked.store.writer, (), clock_ms=lambda: NOW).refresh()  # type: ignore[arg-type]  # never called
    assert asked.fake.calls == []
