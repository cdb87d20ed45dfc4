"""What people do with the app: commands, buttons, modals, shortcuts, its Home.

Responsible for the verbs; ``interactions`` makes the payloads.
"""

from __future__ import annotations

from typing import Any

from bot.simulator.slack import people
from bot.simulator.slack.crowd import Crowd, Result
from bot.simulator.slack.interactions import own_or_other
from bot.simulator.slack.model import Ephemeral, Json, Message, User, View


class Using(Crowd):
    """People who use the app."""

    def do_command(
        self, user: User, *, command: str = "/crisp", text: str = "",
        channel: str = people.SUPPORT, thread_ts: str | None = None,
    ) -> Result:  # fmt: skip
        """Use a slash command; Slack has none in threads."""
        where = self.present(user, channel)
        if thread_ts is not None:
            raise ValueError(f"{command} is not supported in threads")
        return self._interactions.command(user, where, command=command, text=text)

    def do_press(
        self, user: User, *, action_id: str, block_id: str = "", ts: str = "",
        channel: str = people.SUPPORT, view_id: str = "", value: Any = None,
        values: Json | None = None,
    ) -> Result:  # fmt: skip
        """Use a button, menu or select of a message (``ts``), a view, or else of the App Home.

        ``values`` is what was typed into a view before that, as for submit.
        """
        action = {"action_id": action_id, "block_id": block_id}
        if ts:
            message = own_or_other(self._ws, self._ws.channel(channel), ts, user.id)
            return self._interactions.use_in_message(user, message, action=action, value=value)
        view = self._view(user, view_id, home=True)
        return self._interactions.use_in_view(
            user, view, action=action, value=value, values=values or {}
        )

    do_select = do_press

    def do_suggest(
        self, user: User, *, action_id: str, block_id: str = "", ts: str = "",
        channel: str = people.SUPPORT, view_id: str = "", value: str = "",
    ) -> Result:  # fmt: skip
        """Type into an external select; the app's options come back, and can be chosen then."""
        action = {"action_id": action_id, "block_id": block_id}
        where: Message | Ephemeral | View
        if ts:
            where = own_or_other(self._ws, self._ws.channel(channel), ts, user.id)
        else:
            where = self._view(user, view_id, home=True)
        return self._interactions.suggest(user, where, action=action, value=value)

    def _view(self, user: User, view_id: str, *, home: bool = False) -> View:
        """Return the wanted view, else the topmost modal, else perhaps the App Home."""
        if not view_id and (top := self._ws.topmost(user.id)) is not None:
            return top
        if not view_id and home and user.id in self._ws.homes:
            return self._ws.homes[user.id]
        view = self._ws.views.get(view_id)
        if view is None or view.user != user.id:
            raise LookupError(f"{user.name} has no view {view_id or 'open'!r}")
        return view

    def do_submit(self, user: User, *, values: Json | None = None, view_id: str = "") -> Result:
        """Submit a modal; values by action_id, or by block_id and then action_id."""
        return self._interactions.submit(user, self._view(user, view_id), values or {})

    def do_close(self, user: User, *, view_id: str = "", everything: bool = False) -> Result:
        """Close a modal, or all of them."""
        view = self._view(user, view_id)
        return self._interactions.close(user, view, everything=everything)

    def do_shortcut(
        self, user: User, *, callback_id: str, ts: str, channel: str = people.SUPPORT
    ) -> Result:
        """Use a shortcut on a message."""
        self._check_shortcut(callback_id)
        where = self.present(user, channel)
        message = self._ws.message(where, ts)
        return self._interactions.shortcut(
            user, callback_id=callback_id, channel=where, message=message
        )

    def do_global_shortcut(self, user: User, *, callback_id: str) -> Result:
        """Use a global shortcut."""
        self._check_shortcut(callback_id)
        return self._interactions.shortcut(
            user, callback_id=callback_id, channel=None, message=None
        )

    def _check_shortcut(self, callback_id: str) -> None:
        known = self._ws.config.shortcuts
        if known and callback_id not in known:
            raise LookupError(f"the app has no shortcut {callback_id!r}; known: {known}")

    def do_open_home(self, user: User, *, tab: str = "home") -> Json:
        """Open the app's Home tab."""
        self._interactions.open_home(user, tab)
        return {}
