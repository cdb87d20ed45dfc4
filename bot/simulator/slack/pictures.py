"""Pictures of people, drawn on demand, so that nothing is loaded from elsewhere.

Responsible for small SVG images only.
"""

from __future__ import annotations

import hashlib
from html import escape

from aiohttp import web

from bot.simulator.slack.workspace import Workspace

_COLOURS = ("#4a154b", "#1264a3", "#2eb67d", "#e01e5a", "#b7791f", "#36c5f0", "#6b4eff", "#0b7261")


def avatar(ws: Workspace, name: str) -> web.Response:
    """Return the picture ``U0ANA00001-48.svg``: initials on the person's colour."""
    user_id = name.partition("-")[0]
    user = ws.users.get(user_id)
    if user is None:
        return web.Response(status=404, text="not found")
    words = user.real_name.split() or [user.name]
    initials = "".join(word[:1] for word in words[:2]).upper()
    colour = _COLOURS[hashlib.sha256(user_id.encode()).digest()[0] % len(_COLOURS)]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72" role="img">'
        f'<rect width="72" height="72" rx="14" fill="{colour}"/>'
        '<text x="36" y="46" text-anchor="middle" font-family="system-ui,sans-serif" '
        f'font-size="28" font-weight="600" fill="#fff">{escape(initials)}</text></svg>'
    )
    return web.Response(
        text=svg, content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
    )
