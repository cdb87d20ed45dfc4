"""How a call's fault is carried out over HTTP.

Responsible for the order of acting and answering; which fault applies is ``faults``' business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.simulator.faults import Fault


def abort(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def carry_out(
    fault: Fault,
    request: web.Request,
    *,
    act: Callable[[], web.Response],
    act_stale: Callable[[], web.Response],
    refuse: Callable[[int, str], web.Response],
    later: Callable[[float, Callable[[], Any]], None],
) -> web.StreamResponse:
    """Commit the fault; ``act`` does what the call asks for and returns its answer."""
    match fault.do:
        case "error":
            return refuse(fault.status, fault.code)
        case "error_after":
            act()
            return refuse(fault.status, fault.code)
        case "drop_after":
            act()
            return abort(request)
        case "late":
            later(fault.seconds, act)
            return refuse(fault.status, fault.code)
        case "stale":
            return act_stale()
        case "rate_limit":
            response = refuse(429, "ratelimited")
            response.headers["Retry-After"] = f"{fault.retry_after:g}"
            return response
        case "disconnect":
            return abort(request)
        case _:
            await asyncio.sleep(fault.seconds)
            return act()
