"""What people can be told to do: write, edit, react, press, submit, join, archive and so on.

Responsible for the verbs of the control API, with the checks that Slack's own client makes.
Every verb is a method whose keyword parameters are the fields of the request.
"""

from __future__ import annotations

import base64
import inspect
from dataclasses import replace
from typing import Any

from bot.simulator.slack import membership, people, posting, text
from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.files import new_file
from bot.simulator.slack.interactions import Interactions, own_or_other
from bot.simulator.slack.model import Channel, File, Json, Message, User, View
from bot.simulator.slack.workspace import Workspace

Result = Json | Delivery | None


class Actors:
    """The people of the workspace, taking orders."""

    def __init__(self, ws: Workspace, dispatcher: Dispatcher) -> None:
        """Send what they do to the app through the dispatcher."""
        self._ws = ws
        self._dispatcher = dispatcher
        self._interactions = Interactions(ws, dispatcher)
        self.verbs = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name[:3] == "do_"
        }

    async def act(self, order: Json) -> Json:
        """Carry out ``{"as": WHO, "do": VERB, …}``; ValueError or LookupError says what is wrong.

        With ``"wait": true`` the answer comes once the app has acknowledged, or has failed to.
        Interactions wait unless told not to.
        """
        order = dict(order)
        user = self._ws.user(str(order.pop("as", "ana")))
        verb = str(order.pop("do", ""))
        if verb not in self.verbs:
            raise ValueError(f"unknown verb {verb!r}; known: {sorted(self.verbs)}")
        wait = order.pop("wait", None)
        self._check(verb, user, order)
        before = set(self._dispatcher.pending()) if wait else set()
        result = self.verbs[verb](user, **order)
        if isinstance(result, Delivery):
            return await self._interaction(result, wait=wait is not False)
        if wait:
            started = [d for d in self._dispatcher.pending() if d not in before]
            states = [(await self._dispatcher.settled(d)).state for d in started]
            return {"ok": True, "acked": all(s == "acked" for s in states), **(result or {})}
        return {"ok": True, **(result or {})}

    def _check(self, verb: str, user: User, order: Json) -> None:
        try:
            inspect.signature(self.verbs[verb]).bind(user, **order)
        except TypeError as error:
            raise ValueError(f"{verb}: {error}") from None

    async def _interaction(self, delivery: Delivery, *, wait: bool) -> Json:
        if wait:
            await self._dispatcher.settled(delivery)
        return {
            "ok": True,
            "acked": delivery.state == "acked",
            "state": delivery.state,
            "reason": delivery.reason,
            "payload": delivery.payload,
        }

    def _lookup(self, name: str) -> str | None:
        try:
            return self._ws.user(name).id
        except LookupError:
            return None

    def _present(self, user: User, channel: str) -> Channel:
        """Return a channel that this person is in and that is not archived; "dm" is the app's."""
        if channel == "dm":
            return self._ws.direct_channel(user.id)
        found = self._ws.channel(channel)
        if user.id not in found.members:
            raise ValueError(f"{user.name} is not in {found.name or found.id}; use join or invite")
        if found.is_archived:
            raise ValueError(f"{found.name} is archived")
        return found

    def _draft(
        self, user: User, channel: Channel, *, typed: str, blocks: list[Json] | None,
        thread_ts: str | None,
    ) -> Message:  # fmt: skip
        """Return a message as Slack makes it of what somebody typed."""
        wire, made = text.compose(typed, self._lookup)
        if thread_ts is not None and thread_ts in channel.deleted_roots:
            thread_ts = None
        if thread_ts is not None:
            thread_ts = self._ws.message(channel, thread_ts).thread_ts or thread_ts
        return Message(
            self._ws.ids.ts(),
            channel.id,
            typed if blocks is not None else wire,
            user=user.id,
            thread_ts=thread_ts,
            blocks=blocks if blocks is not None else made or None,
            team=user.team_id,
            client_msg_id=None if user.is_bot else self._ws.ids.uuid(),
            bot_id=user.bot_id or None,
            app_id=user.app_id or None,
        )

    def do_message(
        self, user: User, *, text: str = "", channel: str = people.SUPPORT,
        thread_ts: str | None = None, blocks: list[Json] | None = None, broadcast: bool = False,
        me: bool = False, subtype: str | None = None,
    ) -> Json:  # fmt: skip
        """Write; in a thread, also to the channel with ``broadcast``; as /me with ``me``."""
        where = self._present(user, channel)
        message = self._draft(user, where, typed=text, blocks=blocks, thread_ts=thread_ts)
        if broadcast and message.is_reply:
            message.subtype = "thread_broadcast"
        elif me:
            message.subtype, message.blocks = "me_message", None
        message.subtype = subtype or message.subtype
        if subtype == "bot_message":
            message.user, message.username = None, user.real_name
        posting.post(self._ws, where, message)
        self._tell_links(where, message)
        if f"<@{people.BOT_USER}>" in message.text:
            self._tell_mention(where, message)
        return {"channel": where.id, "ts": message.ts}

    def _tell_mention(self, channel: Channel, message: Message) -> None:
        event = {
            "type": "app_mention",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "channel": channel.id,
            "event_ts": message.ts,
        }
        if message.thread_ts is not None:
            event["thread_ts"] = message.thread_ts
        self._ws.tell_app(event, channel)

    def _tell_links(self, channel: Channel, message: Message) -> None:
        domains = self._ws.config.unfurl_domains
        links = [
            {"url": url, "domain": url.split("/")[2]}
            for url in text.urls(message.text)
            if any(url.split("/")[2].endswith(domain) for domain in domains)
        ]
        if not links:
            return
        event = {
            "type": "link_shared",
            "user": message.user,
            "channel": channel.id,
            "message_ts": message.ts,
            "thread_ts": message.thread_ts or message.ts,
            "links": links,
            "source": "conversations_history",
            "unfurl_id": f"{channel.id}.{message.ts}",
            "event_ts": self._ws.ids.ts(),
        }
        self._ws.tell_app(event, channel)

    def do_edit(
        self, user: User, *, ts: str, text: str = "", channel: str = people.SUPPORT,
        blocks: list[Json] | None = None,
    ) -> Json:  # fmt: skip
        """Edit one's own message."""
        where = self._present(user, channel)
        message = self._ws.message(where, ts)
        if message.user != user.id:
            raise ValueError(f"{user.name} did not write {ts}; people edit only their own messages")
        draft = self._draft(user, where, typed=text, blocks=blocks, thread_ts=None)
        after = replace(message, text=draft.text, blocks=draft.blocks)
        posting.edit(self._ws, where, after, editor=user.id)
        return {"channel": where.id, "ts": ts}

    def do_delete(self, user: User, *, ts: str, channel: str = people.SUPPORT) -> Json:
        """Delete one's own message; an admin deletes any."""
        where = self._present(user, channel)
        message = self._ws.message(where, ts)
        if message.user != user.id and not user.is_admin:
            raise ValueError(f"{user.name} may not delete {ts}; only its author or an admin may")
        posting.delete(self._ws, where, message)
        return {"channel": where.id, "ts": ts}

    def do_react(self, user: User, *, ts: str, name: str, channel: str = people.SUPPORT) -> Json:
        """React to a message."""
        where = self._present(user, channel)
        message = self._ws.message(where, ts)
        if not posting.react(self._ws, where, message, user=user.id, name=name.strip(":")):
            raise ValueError(f"{user.name} has already reacted with {name}")
        return {}

    def do_unreact(self, user: User, *, ts: str, name: str, channel: str = people.SUPPORT) -> Json:
        """Take a reaction back."""
        where = self._present(user, channel)
        message = self._ws.message(where, ts)
        if not posting.unreact(self._ws, where, message, user=user.id, name=name.strip(":")):
            raise ValueError(f"{user.name} has not reacted with {name}")
        return {}

    def do_upload(
        self, user: User, *, files: list[Json], text: str = "", channel: str = people.SUPPORT,
        thread_ts: str | None = None,
    ) -> Json:  # fmt: skip
        """Share files, each ``{"name", "content" or "base64", "mimetype"}``, perhaps with text."""
        where = self._present(user, channel)
        made = [self._file(user, one) for one in files]
        message = self._draft(user, where, typed=text, blocks=None, thread_ts=thread_ts)
        message.subtype = "file_share"
        message.files = [file.id for file in made]
        posting.share_file(self._ws, where, made, message)
        return {"channel": where.id, "ts": message.ts, "files": message.files}

    def _file(self, user: User, one: Json) -> File:
        encoded = one.get("base64")
        content = base64.b64decode(encoded) if encoded else str(one.get("content", "")).encode()
        name, mimetype = str(one.get("name") or "file.txt"), str(one.get("mimetype") or "")
        file = new_file(self._ws, name=name, user=user.id, size=len(content), mimetype=mimetype)
        file.content, file.complete = content, True
        file.mode = str(one.get("mode") or file.mode)
        file.file_access = str(one.get("file_access") or file.file_access)
        return file

    def do_unfurl(
        self, _user: User, *, ts: str, url: str, title: str = "Preview",
        channel: str = people.SUPPORT,
    ) -> Json:  # fmt: skip
        """Let Slack attach a link's preview: a change that nobody made."""
        where = self._ws.channel(channel)
        message = self._ws.message(where, ts)
        preview = {"from_url": url, "title": title, "title_link": url, "fallback": title, "id": 1}
        after = replace(message, attachments=[*(message.attachments or []), preview])
        posting.edit(self._ws, where, after, editor=None)
        return {}

    def do_command(
        self, user: User, *, command: str = "/crisp", text: str = "",
        channel: str = people.SUPPORT, thread_ts: str | None = None,
    ) -> Result:  # fmt: skip
        """Use a slash command; Slack has none in threads."""
        where = self._present(user, channel)
        if thread_ts is not None:
            raise ValueError(f"{command} is not supported in threads")
        return self._interactions.command(user, where, command=command, text=text)

    def do_press(
        self, user: User, *, action_id: str, block_id: str = "", ts: str = "",
        channel: str = people.SUPPORT, view_id: str = "", value: Any = None,
    ) -> Result:  # fmt: skip
        """Use a button, menu or select of a message (``ts``), a view, or else of the App Home."""
        action = {"action_id": action_id, "block_id": block_id}
        if ts:
            message = own_or_other(self._ws, self._ws.channel(channel), ts, user.id)
            return self._interactions.use_in_message(user, message, action=action, value=value)
        view = self._view(user, view_id, home=True)
        return self._interactions.use_in_view(user, view, action=action, value=value)

    do_select = do_press

    def _view(self, user: User, view_id: str, *, home: bool = False) -> View:
        """Return the wanted view, else the topmost modal, else perhaps the App Home."""
        if not view_id and (stack := self._ws.stacks.get(user.id)):
            view_id = stack[-1]
        if not view_id and home and user.id in self._ws.homes:
            return self._ws.homes[user.id]
        if view_id not in self._ws.views:
            raise LookupError(f"{user.name} has no view {view_id or 'open'!r}")
        return self._ws.views[view_id]

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
        where = self._present(user, channel)
        message = self._ws.message(where, ts)
        return self._interactions.shortcut(
            user, callback_id=callback_id, channel=where, message=message
        )

    def do_global_shortcut(self, user: User, *, callback_id: str) -> Result:
        """Use a global shortcut."""
        return self._interactions.shortcut(
            user, callback_id=callback_id, channel=None, message=None
        )

    def do_open_home(self, user: User, *, tab: str = "home") -> Json:
        """Open the app's Home tab."""
        self._interactions.open_home(user, tab)
        return {}

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

    def do_set_file(self, _user: User, *, file: str, **fields: Any) -> Json:
        """Change a file's ``mode``, ``file_access`` or ``deleted``."""
        found = self._ws.files.get(file)
        if found is None:
            raise LookupError(f"there is no file {file!r}")
        for name, value in fields.items():
            if name not in ("mode", "file_access", "deleted"):
                raise ValueError(f"a file has no field {name!r} that can be changed")
            setattr(found, name, value)
        return {}
