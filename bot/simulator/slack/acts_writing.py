"""What people do with messages: write, edit, delete, react, forward.

Responsible for the verbs; ``posting`` carries them out.
"""

from __future__ import annotations

from dataclasses import replace

from bot.simulator.slack import people, posting, render, text
from bot.simulator.slack.chat import permalink
from bot.simulator.slack.crowd import Crowd
from bot.simulator.slack.model import Channel, Json, Message, User


class Writing(Crowd):
    """People who write."""

    def do_message(
        self, user: User, *, text: str = "", channel: str = people.SUPPORT,
        thread_ts: str | None = None, blocks: list[Json] | None = None, broadcast: bool = False,
        me: bool = False, subtype: str | None = None, attachments: list[Json] | None = None,
        metadata: Json | None = None, at: float | None = None,
    ) -> Json:  # fmt: skip
        """Write; in a thread, also to the channel with ``broadcast``; as /me with ``me``."""
        where = self.present(user, channel)
        message = self.draft(user, where, typed=text, blocks=blocks, thread_ts=thread_ts)
        if broadcast and message.is_reply:
            message.subtype = "thread_broadcast"
        elif me:
            message.subtype, message.blocks = "me_message", None
        message.subtype = subtype or message.subtype
        message.attachments, message.metadata = attachments, metadata
        if subtype == "bot_message":
            message.user, message.username = None, user.real_name
        if at is not None:
            return self._long_ago(where, message, at)
        posting.post(self._ws, where, message)
        self._tell_links(where, message)
        if f"<@{people.BOT_USER}>" in message.text:
            self._tell_mention(where, message)
        return {"channel": where.id, "ts": message.ts}

    def _long_ago(self, channel: Channel, message: Message, at: float) -> Json:
        """Put a message into the past, of which the app is not told."""
        message.ts = f"{at:.6f}"
        if message.ts in channel.messages:
            raise ValueError(f"there is a message at {message.ts} already")
        channel.put(message.ts, message)
        return {"channel": channel.id, "ts": message.ts}

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

    def do_forward(
        self, user: User, *, ts: str, channel: str = people.SUPPORT, to: str = "",
        thread_ts: str | None = None, text: str = "",
    ) -> Json:  # fmt: skip
        """Share a message, perhaps elsewhere and with words of one's own."""
        source = self.present(user, channel)
        where = self.present(user, to or channel)
        shared = self._shared(source, self._ws.message(source, ts))
        message = self.draft(user, where, typed=text, blocks=None, thread_ts=thread_ts)
        message.attachments = [shared]
        posting.post(self._ws, where, message)
        return {"channel": where.id, "ts": message.ts}

    def _shared(self, source: Channel, message: Message) -> Json:
        """Return the attachment that a shared message becomes."""
        author = self._ws.users.get(message.user or "")
        name = message.username or (author.real_name if author else "")
        inner = {"team": people.TEAM, "channel": source.id, "ts": message.ts}
        shared: Json = {
            "id": 1,
            "ts": message.ts,
            "channel_id": source.id,
            "channel_team": people.TEAM,
            "is_msg_unfurl": True,
            "is_share": True,
            "author_id": message.user,
            "author_name": name,
            "author_subname": name,
            "from_url": permalink(source, message),
            "text": message.text,
            "fallback": f"[{message.ts}] {name}: {message.text}",
            "message_blocks": [inner | {"message": {"blocks": message.blocks or []}}],
            "footer": f"Posted in #{source.name}",
            "mrkdwn_in": ["text"],
        }
        if message.files:
            shared["files"] = render.message(self._ws, message)["files"]
        return shared

    def _tell_links(self, channel: Channel, message: Message) -> None:
        domains = self._ws.config.unfurl_domains
        links = [
            {"url": url, "domain": url.split("/")[2]}
            for url in text.urls(message.text)
            if any(f".{url.split('/')[2]}".endswith(f".{domain}") for domain in domains)
        ]
        if not links:
            return
        unfurl_id = f"{channel.id}.{message.ts}"
        self._ws.links[unfurl_id] = (channel.id, message.ts)
        member = people.BOT_USER in channel.members
        event = {
            "type": "link_shared",
            "user": message.user,
            "channel": channel.id,
            "message_ts": message.ts,
            "thread_ts": message.thread_ts or message.ts,
            "links": links,
            "source": "conversations_history",
            "unfurl_id": unfurl_id,
            "is_bot_user_member": member,
            "event_ts": self._ws.ids.ts(),
        }
        # The app is told of its domains' links wherever they are shared.
        self._ws.tell_app(event, channel if member else None)

    def do_paste(self, user: User, *, url: str) -> Json:
        """Put a link into the composer without sending it."""
        unfurl_id = self._ws.ids.uuid()
        self._ws.composer[unfurl_id] = {"user": user.id, "url": url, "unfurls": None}
        event = {
            "type": "link_shared",
            "user": user.id,
            "channel": "COMPOSER",
            "message_ts": f"{user.id}-{unfurl_id}-0",
            "links": [{"url": url, "domain": url.split("/")[2]}],
            "source": "composer",
            "unfurl_id": unfurl_id,
            "is_bot_user_member": True,
            "event_ts": self._ws.ids.ts(),
        }
        self._ws.tell_app(event, None)
        return {"unfurl_id": unfurl_id}

    def do_edit(
        self, user: User, *, ts: str, text: str = "", channel: str = people.SUPPORT,
        blocks: list[Json] | None = None, files: list[str] | None = None,
    ) -> Json:  # fmt: skip
        """Edit one's own message; ``files`` are the ids of those that stay in it."""
        where = self.present(user, channel)
        message = self._ws.message(where, ts)
        if message.user != user.id:
            raise ValueError(f"{user.name} did not write {ts}; people edit only their own messages")
        draft = self.draft(user, where, typed=text, blocks=blocks, thread_ts=None)
        kept = message.files if files is None else [f for f in message.files or [] if f in files]
        after = replace(message, text=draft.text, blocks=draft.blocks, files=kept or None)
        posting.edit(self._ws, where, after, editor=user.id)
        return {"channel": where.id, "ts": ts}

    def do_delete(self, user: User, *, ts: str, channel: str = people.SUPPORT) -> Json:
        """Delete one's own message; an admin deletes any."""
        where = self.present(user, channel)
        message = self._ws.message(where, ts)
        if message.user != user.id and not user.is_admin:
            raise ValueError(f"{user.name} may not delete {ts}; only its author or an admin may")
        posting.delete(self._ws, where, message)
        return {"channel": where.id, "ts": ts}

    def do_expire(self, _user: User, *, ts: str, channel: str = people.SUPPORT) -> Json:
        """Let the retention period end for a message and its thread: gone, and nobody is told."""
        where = self._ws.channel(channel)
        posting.expire(self._ws, where, self._ws.message(where, ts))
        return {}

    def do_react(self, user: User, *, ts: str, name: str, channel: str = people.SUPPORT) -> Json:
        """React to a message."""
        where = self.present(user, channel)
        message = self._ws.message(where, ts)
        if not posting.react(self._ws, where, message, user=user.id, name=name.strip(":")):
            raise ValueError(f"{user.name} has already reacted with {name}")
        return {}

    def do_unreact(self, user: User, *, ts: str, name: str, channel: str = people.SUPPORT) -> Json:
        """Take a reaction back."""
        where = self.present(user, channel)
        message = self._ws.message(where, ts)
        if not posting.unreact(self._ws, where, message, user=user.id, name=name.strip(":")):
            raise ValueError(f"{user.name} has not reacted with {name}")
        return {}

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
