"""response_url: up to five answers within thirty minutes to something a person did.

Responsible for what such an answer shows, replaces or deletes.
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import json
from dataclasses import replace

from aiohttp import web

from bot.simulator.breakdown import abort, carry_out
from bot.simulator.faults import Faults
from bot.simulator.slack import people, posting
from bot.simulator.slack.api import ApiError
from bot.simulator.slack.chat import checked_blocks
from bot.simulator.slack.model import Channel, Ephemeral, Json, Message, ResponseUrl
from bot.simulator.slack.workspace import Workspace

_MOST_POSTS = 5
_FAULT_NAME = "response_url"


async def handle(ws: Workspace, faults: Faults, request: web.Request) -> web.StreamResponse:
    """Take one post to a response_url."""
    if ws.config.outage:
        return abort(request)
    ws.calls[_FAULT_NAME] += 1
    body = await _body(request)

    def act() -> web.Response:
        try:
            _take(ws, request.match_info["secret"], body)
        except ApiError as error:
            return refuse(error.more.get("status", 200), error.code)
        return web.json_response({"ok": True})

    fault = faults.pick(_FAULT_NAME)
    if fault is None:
        return act()
    return await carry_out(fault, request, act=act, act_stale=act, refuse=refuse, later=ws.later)


def refuse(status: int, code: str) -> web.Response:
    """Return a refusal in the shape of the Web API's."""
    return web.json_response({"ok": False, "error": code}, status=status)


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _take(ws: Workspace, secret: str, body: Json) -> None:
    url = ws.response_urls.get(secret)
    if url is None or url.channel not in ws.channels:
        raise ApiError("no_service", status=404)
    if ws.clock() > url.expires:
        raise ApiError("expired_url", status=404)
    if len(url.posts) >= _MOST_POSTS:
        raise ApiError("used_url", status=404)
    channel = ws.channels[url.channel]
    checked_blocks(body.get("blocks"))
    url.posts.append(body)
    if body.get("delete_original"):
        _delete_original(ws, channel, url)
    elif body.get("replace_original") and (url.message_ts or url.ephemeral_ts):
        _replace_original(ws, channel, url, body)
    else:
        thread_ts = body.get("thread_ts") or url.thread_ts
        show_answer(ws, channel, url.user, body, source=_FAULT_NAME, thread_ts=thread_ts)


def show_answer(
    ws: Workspace,
    channel: Channel,
    user: str,
    body: Json,
    *,
    source: str,
    thread_ts: str | None = None,
) -> None:
    """Show an answer to the one who asked, or to the whole channel."""
    text, blocks = str(body.get("text") or ""), checked_blocks(body.get("blocks"))
    if not text and not blocks and not body.get("attachments"):
        raise ApiError("no_text")
    if body.get("response_type") == "in_channel":
        message = Message(
            ws.ids.ts(), channel.id, text, user=people.BOT_USER, blocks=blocks,
            attachments=body.get("attachments"), bot_id=ws.bot.bot_id, app_id=people.APP,
            team=people.TEAM, thread_ts=thread_ts,
        )  # fmt: skip
        posting.post(ws, channel, message)
        return
    attachments = body.get("attachments")
    ws.show(
        Ephemeral(
            ws.ids.ts(), channel.id, user, text, blocks, attachments, thread_ts, source=source
        )
    )


def _delete_original(ws: Workspace, channel: Channel, url: ResponseUrl) -> None:
    if url.ephemeral_ts is not None:
        if (ephemeral := ws.find_ephemeral(url.user, url.ephemeral_ts)) is not None:
            ws.ephemerals[url.user].remove(ephemeral)
            ws.watch_ephemeral(ephemeral, deleted=True)
    elif (message := channel.messages.get(url.message_ts or "")) is not None:
        posting.delete(ws, channel, message)


def _replace_original(ws: Workspace, channel: Channel, url: ResponseUrl, body: Json) -> None:
    text, blocks = str(body.get("text") or ""), checked_blocks(body.get("blocks"))
    if url.ephemeral_ts is not None:
        ephemeral = ws.find_ephemeral(url.user, url.ephemeral_ts)
        if ephemeral is not None:
            ephemeral.text, ephemeral.blocks = text, blocks
            ws.watch_ephemeral(ephemeral)
    elif (message := channel.messages.get(url.message_ts or "")) is not None:
        after = replace(message, text=text, blocks=blocks)
        posting.edit(ws, channel, after, editor=people.BOT_USER)
