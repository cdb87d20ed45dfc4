"""Ports for servers that are to be reached under the same address again and again."""

from __future__ import annotations

import random
import socket

_HOST = "127.0.0.1"
# Below the ports that operating systems give to outgoing connections (Linux: from 32768,
# net.ipv4.ip_local_port_range), any of which could take the port while its server is away.
_RANGE = range(20_000, 32_000)
_TRIES = 100


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens, and which no connection is given.

    Raises OSError when a hundred ports in a row are taken.
    """
    chance = random.SystemRandom()  # seeding ``random`` must not give two processes the same ports
    for _ in range(_TRIES):
        port = chance.choice(_RANGE)
        with socket.socket() as probe:
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
        return port
    raise OSError(f"no free port found from {_RANGE.start} to {_RANGE.stop}")
