"""Who and what exists when a workspace starts.

Responsible for the first people, channels and groups; it must not change a running workspace.
"""

from __future__ import annotations

from bot.simulator.slack.model import SLACKBOT, Channel, User, UserGroup

TEAM = "T0ACME0001"
OTHER_TEAM = "T0OTHER001"
TEAM_DOMAIN = "acme"
APP = "A0BRIDGE01"
BOT = "B0BRIDGE01"
BOT_USER = "U0BRIDGE01"
ANA = "U0ANA00001"
BEN = "U0BEN00001"
ADMIN = "U0ADMIN001"
GUEST = "U0GUEST001"
MULTI_GUEST = "U0MULTI001"
STRANGER = "U0STRANGE1"
OTHER_BOT = "U0OTHERBT1"
GONE = "U0GONE0001"
SUPPORT = "C0SUPPORT1"
GENERAL = "C0GENERAL1"
PRIVATE = "C0PRIVATE1"
ELSEWHERE = "C0ELSEWHR1"
ARCHIVED = "C0ARCHIVE1"
CREATED = 1_700_000_000


def first_users() -> list[User]:
    """Return everybody: two colleagues, an admin, guests, a stranger, bots, one who has left."""
    return [
        User(SLACKBOT, "slackbot", "Slackbot", team_id=TEAM),
        User(BOT_USER, "bridge", "Bridge", team_id=TEAM, is_bot=True, bot_id=BOT, app_id=APP),
        User(ANA, "ana", "Ana Ramos", "ana@acme.test", TEAM, title="Support"),
        User(BEN, "ben", "Ben Okafor", "ben@acme.test", TEAM, title="Support"),
        User(ADMIN, "ada", "Ada Admin", "ada@acme.test", TEAM, is_admin=True),
        User(
            GUEST, "gus", "Gus Guest", "gus@partner.test", TEAM,
            is_restricted=True, is_ultra_restricted=True,
        ),
        User(MULTI_GUEST, "mia", "Mia Guest", "mia@partner.test", TEAM, is_restricted=True),
        User(STRANGER, "sam", "Sam Stranger", "sam@other.test", OTHER_TEAM, is_stranger=True),
        User(
            OTHER_BOT, "deploys", "Deploys", team_id=TEAM,
            is_bot=True, bot_id="B0DEPLOYS1", app_id="A0DEPLOYS1",
        ),
        User(GONE, "gil", "Gil Gone", "gil@acme.test", TEAM, deleted=True),
    ]  # fmt: skip


def first_channels() -> list[Channel]:
    """Return #support (with the bot), #general, a private one, one without the bot, an old one."""
    team = [ANA, BEN, ADMIN]

    def channel(
        channel_id: str,
        name: str,
        *members: str,
        private: bool = False,
        archived: bool = False,
        shared: bool = False,
    ) -> Channel:
        return Channel(
            channel_id, name, creator=ADMIN, created=CREATED, is_private=private,
            is_archived=archived, is_ext_shared=shared, members=dict.fromkeys(members),
        )  # fmt: skip

    return [
        channel(SUPPORT, "support", BOT_USER, *team, GUEST, MULTI_GUEST, STRANGER, OTHER_BOT,
                shared=True),
        channel(GENERAL, "general", BOT_USER, *team, MULTI_GUEST),
        channel(PRIVATE, "vip", BOT_USER, ANA, ADMIN, private=True),
        channel(ELSEWHERE, "elsewhere", *team),
        channel(ARCHIVED, "old-support", BOT_USER, *team, archived=True),
    ]  # fmt: skip


def first_groups() -> list[UserGroup]:
    """Return the one user group there is."""
    return [UserGroup("S0SUPPORT1", "support-team", "Support team", [ANA, BEN])]
