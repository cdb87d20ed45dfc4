"""Names into addresses, none of them inside this network.

Responsible for refusing what a name service answers where it must not lead. What is checked is what
is connected to, so a name cannot answer one thing to the check and another to the connection.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.files import Hosts, is_public


class PrivateAddress(OSError):
    """A name whose every address is inside this network; it is not connected to."""


class GuardedResolver(AbstractResolver):
    """Another resolver, without the answers that are private, on this machine or link-local."""

    def __init__(
        self,
        inner: AbstractResolver,
        hosts: Iterable[Hosts],
        *,
        is_proxy: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        """Whatever ``hosts`` calls configured, and the environment's proxy, may be anywhere."""
        self._inner = inner
        self._hosts = tuple(hosts)
        self._is_proxy = is_proxy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public answers; PrivateAddress if there are none."""
        found = await self._inner.resolve(host, port, family)
        if self._is_proxy(host) or any(hosts.is_configured(host) for hosts in self._hosts):
            return found
        public = [answer for answer in found if is_public(answer["host"])]
        if not public:
            raise PrivateAddress(None, "the name leads into a private network")
        return public

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()


def is_here(host: str) -> bool:
    """Tell whether a host is this machine, where no proxy must get between."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Proxies:
    """The environment's proxies, asked for once a host."""

    def __init__(self) -> None:
        """Know none yet."""
        self._of: dict[str, str | None] = {}

    def of(self, url: URL) -> str | None:
        """Return the proxy for an address, or None."""
        origin = str(url.origin())
        if origin not in self._of:
            direct = is_here(url.raw_host or "") or proxy_bypass(url.raw_authority)
            found = {} if direct else getproxies()
            self._of[origin] = found.get(url.scheme) or found.get("all")
        return self._of[origin]

    def include(self, host: str) -> bool:
        """Tell whether a host is one of those that were handed out."""
        return any(proxy and URL(proxy).raw_host == host for proxy in self._of.values())
