"""Files that the page shows: what somebody sent, fetched from a simulator and passed on.

Responsible for showing strangers' bytes without letting them act: what a browser would run or
show as a page is only ever downloaded. It must not be reachable beyond the simulators' stores.
"""

from __future__ import annotations

import aiohttp
from aiohttp import hdrs, web

_SHOWN = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml",
    "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/webm", "audio/aac",
    "video/mp4", "video/webm", "video/ogg",
})  # fmt: skip
"""The types that keep their name. An SVG is one of them: as a picture it runs nothing, and by
itself it is downloaded, in a sandbox."""
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "attachment",
    "Cache-Control": "private, max-age=3600",
}
_CHUNK = 1 << 16


def kind_shown(kind: str) -> str:
    """Return the content type under which the page's server gives a file out."""
    return kind if kind in _SHOWN else "application/octet-stream"


async def pass_file(
    request: web.Request, session: aiohttp.ClientSession, url: str, *, token: str = ""
) -> web.StreamResponse:
    """Stream a stored file to the page; ``token`` opens Slack's private ones."""
    headers = {hdrs.AUTHORIZATION: f"Bearer {token}"} if token else {}
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise web.HTTPNotFound(text="There is no such file.")
        response = web.StreamResponse(headers=_SAFE)
        response.content_type = kind_shown(answer.content_type)
        response.content_length = answer.content_length
        await response.prepare(request)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            await response.write(chunk)
        await response.write_eof()
        return response
