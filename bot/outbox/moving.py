"""What moves files between the platforms, and how patiently.

Responsible for holding it together for the errands of both directions.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.crisp.bucket import UploadAddresses
from bot.slack.files import SlackFiles
from bot.transfer import Carrier

TRANSFER = "transfer"
"""The bucket of what moves bytes: a few at a time, so that nobody waits behind large files."""
LARGE = 5_000_000
"""Bytes from which on a file is large: what is not has a bucket of its own."""
TRIES = 5
"""So often bytes are asked for that do not come whole."""


@dataclass(frozen=True, slots=True)
class Movers:
    """Who moves the bytes; ``pause`` is the seconds after a first failure, doubled with each."""

    slack: SlackFiles
    carrier: Carrier
    addresses: UploadAddresses
    pause: float

    def pause_after(self, failures: int) -> float:
        """Return the seconds to wait after so many failures."""
        return self.pause * 2.0 ** max(failures - 1, 0)
