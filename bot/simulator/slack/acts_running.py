"""What people do with channels and accounts: join, invite, archive, rename, deactivate.

Responsible for the verbs; ``membership`` carries them out.
"""

from __future__ import annotations

from typing import Any

from bot.simulator.slack import membership, people
from bot.simulator.slack.crowd import Crowd
from bot.simulator.slack.model import Channel, Json, User, UserGroup


class Running(Crowd):
    """People who run the workspace."""

    def do_join(self, user: User, *, channel: str) -> Json:
        """Join a channel."""
        membership.join(self._ws, self._ws.channel(channel), user.id)
        return {}

    def do_leave(self, user: User, *, channel: str) -> Json:
        """Leave a channel."""
        membership.leave(self._ws, self._ws.channel(channel), user.id)
        return {}

    def do_invite(self, user: User, *, who: str, channel: str) -> Json:
        """Bring somebody into a channel, the app included."""
        guest = self._ws.user(who).id
        membership.join(self._ws, self._ws.channel(channel), guest, inviter=user.id)
        return {}

    def do_kick(self, _user: User, *, who: str, channel: str) -> Json:
        """Remove somebody from a channel; the app is not told of its own removal."""
        membership.leave(self._ws, self._ws.channel(channel), self._ws.user(who).id)
        return {}

    def do_archive(self, user: User, *, channel: str) -> Json:
        """Archive a channel."""
        membership.archive(self._ws, self._ws.channel(channel), user=user.id, archived=True)
        return {}

    def do_unarchive(self, user: User, *, channel: str) -> Json:
        """Bring an archived channel back."""
        membership.archive(self._ws, self._ws.channel(channel), user=user.id, archived=False)
        return {}

    def do_rename(self, user: User, *, channel: str, name: str) -> Json:
        """Rename a channel."""
        membership.rename(self._ws, self._ws.channel(channel), user=user.id, name=name)
        return {}

    def do_convert_channel(self, user: User, *, channel: str, private: bool = True) -> Json:
        """Make a public channel private, or the other way round."""
        membership.convert(self._ws, self._ws.channel(channel), user=user.id, private=private)
        return {}

    def do_delete_channel(self, user: User, *, channel: str) -> Json:
        """Delete a channel."""
        membership.remove(self._ws, self._ws.channel(channel), user=user.id)
        return {}

    def do_create_channel(self, user: User, *, name: str, private: bool = False) -> Json:
        """Make a channel with oneself in it."""
        made = Channel(
            self._ws.ids.make("C"), name, creator=user.id, created=int(self._ws.clock()),
            is_private=private, members={user.id: None},
        )  # fmt: skip
        self._ws.channels[made.id] = made
        return {"channel": made.id}

    def do_deactivate(self, _user: User, *, who: str) -> Json:
        """Deactivate an account."""
        membership.change_user(self._ws, self._ws.user(who), {"deleted": True})
        return {}

    def do_set_user(self, user: User, *, who: str = "", **fields: Any) -> Json:
        """Change somebody's fields: name, real_name, email, is_restricted and so on."""
        membership.change_user(self._ws, self._ws.user(who) if who else user, fields)
        return {}

    def do_create_user(self, _user: User, *, name: str, real_name: str = "", **more: Any) -> Json:
        """Add a member."""
        made = User(self._ws.ids.make("U"), name, real_name or name, team_id=people.TEAM)
        self._ws.users[made.id] = made
        membership.change_user(self._ws, made, more)
        return {"user": made.id}

    def do_set_group(self, _user: User, *, group: str, who: list[str]) -> Json:
        """Set who is in a user group."""
        found = self._ws.group(group)
        membership.change_group(self._ws, found, [self._ws.user(one).id for one in who])
        return {}

    def do_create_group(self, _user: User, *, handle: str, name: str = "") -> Json:
        """Make a user group with nobody in it."""
        made = UserGroup(self._ws.ids.make("S"), handle, name or handle)
        self._ws.groups[made.id] = made
        membership.tell_of_group(self._ws, made, "subteam_created")
        return {"group": made.id}

    def do_revoke_token(self, _user: User, *, which: str = "bot") -> Json:
        """Revoke the bot's token, of which the app is told, or the app-level one (``which``)."""
        if which not in ("bot", "app"):
            raise ValueError("which must be bot or app")
        if which == "app":
            self._ws.revoked[self._ws.app_token] = "invalid_auth"
            return {}
        self._ws.revoked[self._ws.bot_token] = "token_revoked"
        tokens = {"oauth": [], "bot": [people.BOT_USER]}
        self._ws.tell_app({"type": "tokens_revoked", "tokens": tokens}, None)
        return {}

    def do_uninstall(self, _user: User) -> Json:
        """Remove the app: its token is of no use any more."""
        self._ws.revoked[self._ws.bot_token] = "account_inactive"
        self._ws.tell_app({"type": "app_uninstalled"}, None)
        return {}

    def do_reinstall(self, _user: User, *, which: str = "bot", anew: bool = False) -> Json:
        """Make another token; ``anew``: the app has another bot id, and its old posts are nobody's.

        The answer has the token, as the bridge's setting.
        """
        if which == "app":
            self._ws.app_token = f"xapp-1-{people.APP}-{self._ws.ids.secret('app')}"
            return {"SLACK_APP_TOKEN": self._ws.app_token}
        self._ws.bot_token = f"xoxb-{self._ws.ids.secret('bot')}"
        if anew:
            self._ws.bot.bot_id = self._ws.ids.make("B")
        return {"SLACK_BOT_TOKEN": self._ws.bot_token}
