"""What the control API shows of the workspace.

Responsible for reading state out as JSON; it changes nothing.
"""

from __future__ import annotations

from dataclasses import asdict

from bot.simulator.slack import people, render, views
from bot.simulator.slack.delivery import Dispatcher
from bot.simulator.slack.model import Channel, File, Json
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.workspace import Workspace


def everything(ws: Workspace, dispatcher: Dispatcher, sockets: Sockets) -> Json:
    """Return the whole state."""
    return {
        "ok": True,
        "team_id": people.TEAM,
        "bot_user_id": people.BOT_USER,
        "bot_id": people.BOT,
        "app_id": people.APP,
        "users": {u.id: render.user(ws, u) for u in ws.users.values()},
        "channels": {c.id: channel(ws, c) for c in ws.channels.values()},
        "files": {f.id: render.file_with_shares(ws, f) | _stored(f) for f in ws.files.values()},
        "strays": list(ws.strays.seen),
        "composer": ws.composer,
        "downloads": dict(ws.downloads),
        "ephemerals": {user: [asdict(e) for e in seen] for user, seen in ws.ephemerals.items()},
        "views": _views(ws),
        "homes": {user: views.wire(view) for user, view in ws.homes.items()},
        "response_urls": {u.id: asdict(u) for u in ws.response_urls.values()},
        "calls": dict(ws.calls),
        "sockets": sockets.dump(),
        "sockets_opened": sockets.opened,
        "sockets_refused": sockets.refused,
        "pending": [d.dump() for d in dispatcher.pending()],
        "acked": dispatcher.acked_count,
        "lost": dispatcher.lost_count,
        "config": ws.config.dump(),
    }


def _stored(one: File) -> Json:
    """Return what the bytes of a file really are, and how they are given out."""
    stored = {"size": len(one.content), "sha256": one.sha256, "complete": one.complete}
    return {"stored": stored | {"serve": one.manner.to_json()}}


def _views(ws: Workspace) -> Json:
    """Return each person's open modals, the topmost last."""
    return {
        user: [views.wire(ws.views[v]) | {"errors": ws.views[v].errors} for v in stack]
        for user, stack in ws.stacks.items()
        if stack
    }


def channel(ws: Workspace, one: Channel) -> Json:
    """Return a channel with its members and all its messages, each root with its replies."""
    orphans = [ts for ts in one.threads if ts not in one.messages and one.threads[ts].replies]
    return render.channel(ws, one) | {
        "members": list(one.members),
        "messages": [
            render.message(ws, one.messages[ts], metadata=True)
            | {"replies": thread(ws, one, ts)[1:]}
            for ts in one.roots
            if not one.messages[ts].is_reply
        ],
        "broadcasts": [ts for ts in one.roots if one.messages[ts].is_reply],
        "orphans": {ts: thread(ws, one, ts) for ts in orphans},
    }


def thread(ws: Workspace, one: Channel, thread_ts: str) -> list[Json]:
    """Return a thread: the root, if it is still there, then the replies."""
    replies = one.threads[thread_ts].replies if thread_ts in one.threads else []
    wanted = [thread_ts, *replies] if thread_ts in one.messages else replies
    return [render.message(ws, one.messages[ts], metadata=True) for ts in wanted]


def one_channel(ws: Workspace, which: str, thread_ts: str) -> Json:
    """Return one channel, or one thread of it, with what single people see there."""
    found = ws.channel(which)
    seen = {
        user: [asdict(e) for e in all_seen if e.channel == found.id and _in(e.thread_ts, thread_ts)]
        for user, all_seen in ws.ephemerals.items()
    }
    if thread_ts:
        return {"ok": True, "messages": thread(ws, found, thread_ts), "ephemerals": seen}
    return {"ok": True, "channel": channel(ws, found), "ephemerals": seen}


def _in(thread_ts: str | None, wanted: str) -> bool:
    return not wanted or thread_ts == wanted
