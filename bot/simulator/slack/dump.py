"""What the control API shows of the workspace.

Responsible for reading state out as JSON; it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, fields
from typing import Any

from bot.simulator.slack import people, render, views
from bot.simulator.slack.delivery import Dispatcher
from bot.simulator.slack.model import Channel, Ephemeral, File, Json
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.workspace import Workspace

Part = Callable[[], Any]


def parts(ws: Workspace, dispatcher: Dispatcher, sockets: Sockets) -> dict[str, Part]:
    """Return what makes each part of the state, by its name."""
    return {
        "team_id": lambda: people.TEAM,
        "bot_user_id": lambda: people.BOT_USER,
        "bot_id": lambda: ws.bot.bot_id,
        "app_id": lambda: people.APP,
        "users": lambda: {u.id: render.user(ws, u) for u in ws.users.values()},
        "channels": lambda: {c.id: channel(ws, c) for c in ws.channels.values()},
        "files": lambda: {f.id: _file(ws, f) for f in ws.files.values()},
        "strays": lambda: list(ws.strays.seen),
        "composer": lambda: ws.composer,
        "downloads": lambda: dict(ws.downloads),
        "ephemerals": lambda: {user: _shown(seen) for user, seen in ws.ephemerals.items()},
        "views": lambda: _views(ws),
        "homes": lambda: {user: views.wire(view) for user, view in ws.homes.items()},
        "response_urls": lambda: {u.id: asdict(u) for u in ws.response_urls.values()},
        "calls": lambda: dict(ws.calls),
        "sockets": sockets.dump,
        "sockets_opened": lambda: sockets.opened,
        "sockets_refused": lambda: sockets.refused,
        "pending": lambda: [d.dump() for d in dispatcher.pending()],
        "acked": lambda: dispatcher.acked_count,
        "lost": lambda: dispatcher.lost_count,
        "config": ws.config.dump,
    }


def of(made: dict[str, Part], only: Collection[str]) -> Json:
    """Return the whole state, or these parts of it; ValueError if there is no such part."""
    unknown = sorted(set(only) - set(made))
    if unknown:
        raise ValueError(f"no part of the state is called {unknown[0]!r}; there are: {list(made)}")
    return {"ok": True, **{name: make() for name, make in made.items() if name in (only or made)}}


def _file(ws: Workspace, one: File) -> Json:
    return render.file_with_shares(ws, one) | _stored(one)


def _shown(seen: Iterable[Ephemeral]) -> list[Json]:
    """Return ephemeral messages; the blocks are those that were sent, which nothing changes."""
    return [{f.name: getattr(one, f.name) for f in fields(one)} for one in seen]


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
        user: _shown(e for e in all_seen if e.channel == found.id and _in(e.thread_ts, thread_ts))
        for user, all_seen in ws.ephemerals.items()
    }
    if thread_ts:
        return {"ok": True, "messages": thread(ws, found, thread_ts), "ephemerals": seen}
    return {"ok": True, "channel": channel(ws, found), "ephemerals": seen}


def _in(thread_ts: str | None, wanted: str) -> bool:
    return not wanted or thread_ts == wanted
