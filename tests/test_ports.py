"""Ports that servers come back to."""

from __future__ import annotations

import random
import socket

import pytest

from bot.simulator import ports


def test_a_port_is_one_that_no_outgoing_connection_is_given() -> None:
    """An operating system hands out ports from 32768 on; a server's own is below."""
    assert all(1024 < ports.free_port() < 32_768 for _ in range(50))


def test_a_taken_port_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever listens keeps the port to itself; where all are taken, that is said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_RANGE", range(port, port + 1))
        with pytest.raises(OSError, match="no free port"):
            ports.free_port()


def test_a_seed_does_not_give_two_processes_the_same_port() -> None:
    """Tests seed ``random``, each process alike."""
    found = []
    for _ in range(8):
        random.seed(1)
        found.append(ports.free_port())
    assert len(set(found)) > 1
