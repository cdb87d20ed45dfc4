"""Which addresses are a platform's own: files are fetched from nowhere else; pure.

Responsible for judging one address, and one answer of the name service. It must not resolve or
connect: an address is judged before each request, the redirected ones included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from yarl import URL

from bot.domain import Source

_DOMAINS: Mapping[Source, str] = {Source.SLACK: "slack.com", Source.CRISP: "crisp.chat"}
_HTTPS = 443
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Hosts:
    """A platform's own addresses: its domain over https, and the origin of its configured API."""

    domain: str
    api: URL

    def judge(self, address: str | URL) -> URL | None:
        """Return the address as it may be fetched, or None if it may not be.

        What is judged is what is fetched: nobody else parses the text again.
        """
        try:
            url = address if isinstance(address, URL) else URL(address.strip())
            own = str(url.origin()) == str(self.api)
            host, port = url.raw_host, url.port
        except ValueError:
            return None
        if not host or url.raw_user or url.raw_password:
            return None
        named = host == self.domain or host.endswith(f".{self.domain}")
        return url if own or (named and url.scheme == "https" and port == _HTTPS) else None

    def is_configured(self, host: str) -> bool:
        """Tell whether a host is the configured API's, which may be in a private network."""
        return host == self.api.raw_host


def own_hosts(source: Source, api_url: str) -> Hosts:
    """Return a platform's own addresses; those of an API that is configured elsewhere count too."""
    return Hosts(_DOMAINS[source], URL(api_url).origin())


def is_public(address: str) -> bool:
    """Tell whether an IP address is on the public internet, also where it hides another one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    hidden = _hidden(found) if isinstance(found, IPv6Address) else None
    if hidden is not None:
        return is_public(str(hidden))
    return found.is_global and not found.is_multicast


def may_be_named(host: str) -> bool:
    """Tell whether a host can be connected to: a name, which is resolved, or a public address."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return bool(host)
    return is_public(host)


def _hidden(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
