"""Checks of the Crisp side: token, website, operators, live events, clock.

Responsible for asking Crisp and for the words; it changes nothing there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from bot import wiring
from bot.config import Settings
from bot.crisp.bucket import GENERATED
from bot.crisp.client import CrispClient
from bot.crisp.events import EVENTS
from bot.crisp.link import LinkLost, Login, dial
from bot.crisp.membrane import client_action, is_own
from bot.crisp.replies import Reply
from bot.crisp.transport import Transport
from bot.doctor.check import Check, Report, clock, fail, failed_call, ok, warn
from bot.doctor.foreign import examine_plugin
from bot.domain import Source
from bot.errors import ApiError, ConfigError

TOKEN = "crisp token"  # noqa: S105 - a check's name
MEMBRANE = "membrane connection"
OPERATORS = "crisp operators"
RTM = "crisp rtm"
HOOKS = "crisp hooks"
UPLOADS = "crisp uploads"
RTM_SECONDS = 20.0
"""How long connecting and signing in may take altogether."""
_ACCESS = (
    "check CRISP_TOKEN_IDENTIFIER, CRISP_TOKEN_KEY, CRISP_TIER and CRISP_WEBSITE_ID, which must be "
    "of the same workspace"
)
_MEMBRANE_ACCESS = (
    "check MEMBRANE_TOKEN and MEMBRANE_CONNECTION_ID; "
    "slack-crisp-bridge membrane connections lists what the token may use"
)


class Dated:
    """A transport that remembers the Date header of its last answer."""

    def __init__(self, inner: Transport) -> None:
        """Call through ``inner``."""
        self._inner = inner
        self.date: str | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Make one call; see Transport."""
        reply = await self._inner.request(method, path, params=params, json=json)
        self.date = {name.lower(): value for name, value in reply.headers.items()}.get("date")
        return reply


async def examine_crisp(settings: Settings, report: Report) -> None:
    """Check the token, the operators and the way in which events come."""
    async with _asked(settings, report) as crisp:
        if crisp is None:
            return
        if settings.crisp_events == "rtm":
            report(await _rtm(crisp, settings))
        else:
            report(_hooks(settings))
            report(await _uploads(crisp, settings))


async def examine_workspace(settings: Settings, report: Report) -> None:
    """Check the token and the operators alone."""
    async with _asked(settings, report):
        pass


@asynccontextmanager
async def _asked(settings: Settings, report: Report) -> AsyncIterator[CrispClient | None]:
    """Check the token and the operators; yield the client, None where none can be made."""
    quota = wiring.quota(settings, clock=time.time, calls=0)
    async with AsyncExitStack() as stack:
        try:
            direct = wiring.crisp_transport(settings, quota)
        except ConfigError as err:
            report(fail(TOKEN, str(err)))
            yield None
            return
        stack.push_async_callback(direct.aclose)
        if settings.via_membrane:
            report(await _connection(settings))
        transport = Dated(direct)
        crisp = CrispClient(transport, settings.crisp_website_id)
        if await _website(crisp, transport, settings, report):
            report(await _operators(crisp))
            report(await examine_plugin(crisp))
        yield crisp


async def _connection(settings: Settings) -> Check:
    """Look at the connection itself, which may say what it lacks."""
    api = wiring.membrane(settings)
    try:
        found = await api.connection(settings.membrane_connection_id or "")
    except ApiError as err:
        return failed_call(MEMBRANE, err, refused=_MEMBRANE_ACCESS)
    finally:
        await api.aclose()
    if found.is_ready:
        return ok(MEMBRANE, "Crisp's REST API is reached through Membrane; its events are not.")
    action = client_action(found)
    todo = "see slack-crisp-bridge membrane wait" if action else "connect it again in Membrane"
    state = "disconnected" if found.disconnected else found.state or "in no known state"
    return fail(MEMBRANE, f"Membrane's connection is {state}: {todo}.")


def _remedy(err: ApiError, *, via_membrane: bool) -> str:
    """Say what a refusal to open the website most likely means."""
    if is_own(err):
        return _MEMBRANE_ACCESS
    if err.status == HTTPStatus.UNAUTHORIZED and not via_membrane:
        return (
            "it does not know this token: copy both halves again (CRISP_TOKEN_IDENTIFIER, "
            "CRISP_TOKEN_KEY), and set CRISP_TIER to the kind of token it is, website or plugin"
        )
    if err.status == HTTPStatus.NOT_FOUND:
        return (
            "it knows the token, but not for this website: compare CRISP_WEBSITE_ID with the id "
            "in Crisp's workspace settings, and make sure that the token is of the same workspace"
        )
    return _ACCESS


async def _website(
    crisp: CrispClient, transport: Dated, settings: Settings, report: Report
) -> bool:
    before = time.time()
    try:
        website = await crisp.get_website()
    except ApiError as err:
        report(failed_call(TOKEN, err, refused=_remedy(err, via_membrane=settings.via_membrane)))
        return False
    key = "Membrane's connection" if settings.via_membrane else "The Crisp token"
    report(ok(TOKEN, f"{key} opens the workspace {website.name or 'without a name'}."))
    report(clock(Source.CRISP, transport.date, before=before, after=time.time()))
    return True


async def _operators(crisp: CrispClient) -> Check:
    try:
        operators = await crisp.list_operators()
    except ApiError as err:
        remedy = (
            "give the token access to the operators, or agents answer under their Slack profile"
        )
        return failed_call(OPERATORS, err, refused=remedy)
    if not operators.items:
        return warn(
            OPERATORS,
            "Crisp lists no operators, so agents answer under their Slack profile "
            "(relay.unmapped_agents in bridge.toml).",
        )
    return ok(OPERATORS, f"{len(operators.items)} operators can be read.")


async def _uploads(crisp: CrispClient, settings: Settings) -> Check:
    if not wiring.hears_uploads(settings):
        return warn(
            UPLOADS,
            "Agents' files are not passed on to customers, because Crisp tells where to upload "
            "over its socket only: set CRISP_TOKEN_IDENTIFIER and CRISP_TOKEN_KEY to listen there.",
        )
    return replace(await _rtm(crisp, settings), name=UPLOADS)


async def _rtm(crisp: CrispClient, settings: Settings) -> Check:
    identifier, key = settings.crisp_token_identifier, settings.crisp_token_key
    if identifier is None or key is None:
        return fail(RTM, "RTM needs a Crisp token: set one, or CRISP_EVENTS=webhook.")
    login = Login(settings.crisp_tier, identifier.get_secret_value(), key, (*EVENTS, GENERATED))
    try:
        async with asyncio.timeout(RTM_SECONDS):
            endpoint = await crisp.connect_endpoint(settings.crisp_tier)
            async with dial(endpoint.app, login, handshake=RTM_SECONDS / 2):
                pass
    except ApiError as err:
        return failed_call(RTM, err, refused=_remedy(err, via_membrane=settings.via_membrane))
    except LinkLost as err:
        return _no_socket(str(err))
    except TimeoutError:
        return _no_socket(f"no answer within {RTM_SECONDS:.0f} seconds")
    return ok(RTM, "The RTM socket lets the token in.")


def _no_socket(reason: str) -> Check:
    return fail(
        RTM,
        f"Crisp's RTM socket could not be used: {reason}; let websockets out to Crisp through "
        "proxy and firewall, or set CRISP_EVENTS=webhook.",
    )


def _hooks(settings: Settings) -> Check:
    kinds = []
    if settings.crisp_hook_secret is not None:
        kinds.append("a plugin's hooks, signed, to /crisp/events")
    if settings.crisp_hook_token is not None:
        kinds.append("a website's hooks to /crisp/events?token=… (CRISP_HOOK_TOKEN)")
    return ok(
        HOOKS,
        f"Crisp's events come by web hook: {' and '.join(kinds)}, which must be reachable over "
        f"HTTPS and lead to {settings.bridge_http_host} port {settings.bridge_http_port}.",
    )
