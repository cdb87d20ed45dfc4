"""What the bridge does in Slack through the Web API.

Responsible for the calls and their outcomes: each method is one call (or one listing), acts at
most once, and raises an ``ApiError`` that says whether it certainly did nothing. It must not
retry, wait, pace or decide; it must not import crisp or store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

import aiohttp

from bot.cards.faces import Faces
from bot.domain import (
    Block,
    ChannelId,
    Json,
    Key,
    MessageTs,
    Millis,
    Post,
    Posted,
    SlackUserId,
    Source,
    Speaker,
)
from bot.errors import Ambiguous, Refused
from bot.markup import SLACK_TEXT_LIMIT, escape, one_line
from bot.markup.visible import measure
from bot.slack import messages
from bot.slack.directory import Directory
from bot.slack.failures import MissingScope
from bot.slack.models import Identity
from bot.slack.surfaces import Surfaces
from bot.slack.web import TIMEOUT, WebApi, send_response

_CUSTOMIZE = "chat:write.customize"
_NAME_LENGTH = 80
_MAX_BLOCKS = 50


class SlackClient(Directory, Surfaces):
    """The one user of Slack's Web API."""

    def __init__(
        self,
        token: str,
        base_url: str,
        session: aiohttp.ClientSession,
        *,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        faces: Faces | None = None,
    ) -> None:
        """Share ``session`` (see ``bot.slack.web.open_session``), which the caller closes.

        ``faces`` chooses the pictures on posts.
        """
        self.faces = faces or Faces()
        self._session = session
        self._web = WebApi(token=token, base_url=base_url, session=session, timeout=timeout)
        self._customizes = True

    @property
    def session(self) -> aiohttp.ClientSession:
        """The shared HTTP session."""
        return self._session

    @property
    def web(self) -> WebApi:
        """The underlying SDK client, for Bolt and Socket Mode."""
        return self._web

    def platform_time(self) -> Millis | None:
        """Return Slack's time, without a call; None before its first answer."""
        return self._web.time.now()

    async def identity(self) -> Identity:
        """Ask Slack who the token is, and remember it, and whether posts may bear other names."""
        found = await super().identity()
        self._customizes = not found.scopes or _CUSTOMIZE in found.scopes
        return found

    # -- posting ---------------------------------------------------------------------------------

    async def post(
        self,
        channel: ChannelId,
        post: Post,
        *,
        key: Key,
        thread_ts: MessageTs | None = None,
        speaker: Speaker | None = None,
        broadcast: bool = False,
        joined: Collection[Key] = (),
    ) -> Posted:
        """Post a message that carries ``key`` in its metadata, under the speaker's name.

        ``joined`` are the keys of other messages that it shows as well.

        The result's ``thread_ts`` is what Slack answered: None although one was given means
        that the thread's root is gone and the message lies open in the channel.
        """
        body = {
            "channel": channel,
            "thread_ts": thread_ts,
            "reply_broadcast": True if broadcast and thread_ts else None,
            "metadata": messages.metadata(key, joined),
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
        }
        disguise = named(speaker, self.faces) if speaker is not None and self._customizes else {}
        if disguise:
            try:
                return await self._post({**body, **_content(post), **disguise}, channel=channel)
            except MissingScope as err:
                if err.needed and _CUSTOMIZE not in err.needed:
                    raise
                self._customizes = False  # refused, so certainly not posted: post it labelled
        return await self._post({**body, **_content(labelled(post, speaker))}, channel=channel)

    async def _post(self, body: Json, *, channel: ChannelId) -> Posted:
        answer = await self._web.call("chat.postMessage", body=body)
        message = answer.get("message") or {}
        ts = answer.get("ts") or message.get("ts")
        if not ts:
            raise Ambiguous(Source.SLACK, "chat.postMessage", "no_ts")
        return _posted({**message, "ts": ts}, channel=answer.get("channel") or channel)

    async def update(
        self, channel: ChannelId, ts: MessageTs, post: Post, *, speaker: Speaker | None = None
    ) -> None:
        """Replace a post's content; its name, picture and metadata stay.

        ``speaker`` is shown as a label where the post could not carry the name itself.
        """
        shown = post if self._customizes else labelled(post, speaker)
        body = {"channel": channel, "ts": ts, "text": shown.text, "blocks": shown.blocks}
        await self._web.call("chat.update", body={**body, "link_names": False})

    async def delete(self, channel: ChannelId, ts: MessageTs) -> None:
        """Delete a post of ours; one that is gone already is fine."""
        await self._tolerating({"message_not_found"}, "chat.delete", {"channel": channel, "ts": ts})

    async def react(self, channel: ChannelId, ts: MessageTs, name: str) -> None:
        """Add our reaction; already there, or the message gone, is fine."""
        body = {"channel": channel, "timestamp": ts, "name": name}
        await self._tolerating({"already_reacted", "message_not_found"}, "reactions.add", body)

    async def unreact(self, channel: ChannelId, ts: MessageTs, name: str) -> None:
        """Remove our reaction; not there, or the message gone, is fine."""
        body = {"channel": channel, "timestamp": ts, "name": name}
        await self._tolerating({"no_reaction", "message_not_found"}, "reactions.remove", body)

    async def _tolerating(self, codes: Collection[str], method: str, body: Json) -> None:
        try:
            await self._web.call(method, body=body)
        except Refused as err:
            if err.code not in codes:
                raise

    async def tell(
        self,
        channel: ChannelId,
        user: SlackUserId,
        post: Post,
        *,
        thread_ts: MessageTs | None = None,
    ) -> None:
        """Say something to one person only; Slack does not promise that it is shown."""
        body = {"channel": channel, "user": user, "thread_ts": thread_ts, "link_names": False}
        await self._web.call("chat.postEphemeral", body={**body, **_content(post)})

    async def respond(
        self,
        response_url: str,
        post: Post,
        *,
        replace_original: bool = False,
        in_channel: bool = False,
    ) -> None:
        """Answer a command or a press; Refused once the address has expired (30 min, 5 uses)."""
        body = {
            "text": post.text,
            "blocks": post.blocks or None,
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await send_response(self._session, response_url, body, limits=self._web.limits)

    # -- looking ---------------------------------------------------------------------------------

    async def find(
        self,
        channel: ChannelId,
        *,
        keys: Collection[Key],
        thread_ts: MessageTs | None,
        oldest: MessageTs | None,
    ) -> dict[Key, Posted]:
        """Find our own posts by the keys in their metadata: roots, or replies of one thread.

        The thread's root may be one of them. Where it is gone, the roots are looked through as
        well, because that is where Slack puts what is posted into a dead thread.
        """
        me = await self.me()
        wanted = frozenset(keys)
        found: dict[Key, Posted] = {}
        dead = thread_ts is None
        if thread_ts is not None:
            dead = await self._find_replies(channel, thread_ts, oldest, wanted=wanted, found=found)
        if dead and len(found) < len(wanted):
            listing = self.history(channel, oldest or thread_ts)
            await _collect(listing, me, channel, wanted=wanted, found=found)
        return found

    async def _find_replies(
        self,
        channel: ChannelId,
        thread_ts: MessageTs,
        oldest: MessageTs | None,
        *,
        wanted: frozenset[Key],
        found: dict[Key, Posted],
    ) -> bool:
        """Collect from the thread; return whether its root is gone."""
        root: Json | None = None

        async def listing() -> AsyncIterator[dict[str, Any]]:
            nonlocal root
            async for message in self.thread(channel, thread_ts, oldest):
                root = root or message
                yield message

        try:
            await _collect(listing(), await self.me(), channel, wanted=wanted, found=found)
        except Refused as err:
            if err.code != "thread_not_found":
                raise
            return True
        return root is None or root.get("ts") != thread_ts or messages.is_tombstone(root)

    def history(
        self, channel: ChannelId, oldest: MessageTs | None, latest: MessageTs | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Return a channel's roots, newest first, with ``latest_reply`` and ``reply_count``."""
        query = {
            "channel": channel,
            "oldest": oldest,
            "latest": latest,
            "inclusive": True,
            "include_all_metadata": True,
        }
        return self._web.pages("conversations.history", query, field="messages")

    async def replies(
        self, channel: ChannelId, thread_ts: MessageTs, oldest: MessageTs | None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield a thread's replies, oldest first, without the root."""
        async for message in self.thread(channel, thread_ts, oldest):
            if message.get("ts") != thread_ts:
                yield message

    def thread(
        self, channel: ChannelId, thread_ts: MessageTs, oldest: MessageTs | None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the root, which Slack sends whatever ``oldest`` is, and then the replies."""
        query = {
            "channel": channel,
            "ts": thread_ts,
            "oldest": oldest,
            "inclusive": True,
            "include_all_metadata": True,
        }
        return self._web.pages("conversations.replies", query, field="messages")

    async def app_connections_open(self, app_token: str) -> str:
        """Check the app token: return a Socket Mode address, or raise."""
        return await self._web.open_socket_url(app_token)


def labelled(post: Post, speaker: Speaker | None) -> Post:
    """Show who speaks inside the post, where the post itself cannot bear the name."""
    name = _clean(speaker.name) if speaker is not None else ""
    if not name:
        return post
    label: Block = {
        "type": "context",
        "elements": [{"type": "plain_text", "text": name, "emoji": False}],
    }
    fits = bool(post.blocks) and len(post.blocks) < _MAX_BLOCKS
    text = f"{escape(name)}: {post.text}"
    text = text if measure(text) <= SLACK_TEXT_LIMIT else post.text  # the label says it as well
    return Post(text, [label, *post.blocks] if fits else post.blocks)


def named(speaker: Speaker, faces: Faces) -> dict[str, str]:
    """Return the arguments that put a name and a picture on a post."""
    name = _clean(speaker.name)
    return {"username": name, **faces.icon(speaker)} if name else {}


def _clean(name: str) -> str:
    return one_line(name, _NAME_LENGTH)


def _content(post: Post) -> dict[str, Any]:
    return {"text": post.text, "blocks": post.blocks or None}


def _posted(message: Json, *, channel: ChannelId) -> Posted:
    ts, thread_ts = message["ts"], message.get("thread_ts")
    return Posted(
        channel=ChannelId(channel),
        ts=MessageTs(ts),
        thread_ts=MessageTs(thread_ts) if thread_ts and thread_ts != ts else None,
    )


async def _collect(
    listing: AsyncIterator[dict[str, Any]],
    me: Identity,
    channel: ChannelId,
    *,
    wanted: frozenset[Key],
    found: dict[Key, Posted],
) -> None:
    """Add the wanted posts to ``found``, and stop reading once all are there."""
    async for message in listing:
        keys = messages.own_keys(message) if messages.is_own_post(message, me) else ()
        for key in keys:
            if key in wanted and key not in found:
                found[key] = _posted(message, channel=channel)
        if len(found) == len(wanted):
            return
