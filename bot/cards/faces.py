"""The picture that a post bears: a platform's own, else a letter on a coloured tile, else a colour.

Responsible for choosing, and for choosing the same for the same person each time. It must not let
Slack fetch what a customer names: only the platforms' own addresses are pictures here, and the
address of a tile holds one letter and a colour, no name.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain import Source, Speaker
from bot.files import Hosts, own_hosts

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "blue": (0x2F, 0x6F, 0xDB),
    "brown": (0x8A, 0x5A, 0x3C),
    "green": (0x1F, 0x8A, 0x5B),
    "orange": (0xD0, 0x66, 0x1E),
    "purple": (0x7B, 0x4F, 0xC9),
    "red": (0xC4, 0x3B, 0x4B),
    "yellow": (0xA8, 0x83, 0x12),
}
"""What a person's colour is called, and how it looks behind white."""
ANYBODY = "_"
"""Stands on a tile for names whose first letter is not drawn."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + ANYBODY
_SLACK_RED = "red_circle"


def colour_of(person: str) -> str:
    """Return the colour that stands for somebody, the same for the same text every time."""
    digest = hashlib.sha256(person.strip().casefold().encode("utf-8", "replace")).digest()
    return sorted(COLOURS)[int.from_bytes(digest[:4], "big") % len(COLOURS)]


def letter_of(name: str) -> str:
    """Return the letter on somebody's tile: the first of the name, without its accents."""
    plain = unicodedata.normalize("NFKD", name.strip()[:8]).upper()
    first = next((char for char in plain if char.isalnum()), ANYBODY)
    return first if first in LETTERS else ANYBODY


def tile_path(name: str, colour: str) -> str:
    """Return where the bridge serves the tile of somebody."""
    return f"/avatar/{letter_of(name)}-{colour}.png"


@dataclass(frozen=True, slots=True)
class Faces:
    """How people without a usable picture are shown; ``public_url`` is where tiles are served."""

    hosts: tuple[Hosts, ...] = (own_hosts(Source.CRISP, "https://api.crisp.chat/"),)
    public_url: str = ""

    def icon(self, speaker: Speaker) -> dict[str, str]:
        """Return the picture of a speaker as ``chat.postMessage`` takes it."""
        avatar = speaker.avatar or ""
        if any(hosts.judge(avatar) is not None for hosts in self.hosts):
            return {"icon_url": avatar.strip()}
        colour = speaker.face if speaker.face in COLOURS else colour_of(speaker.name)
        if self.public_url:
            return {"icon_url": self.public_url.rstrip("/") + tile_path(speaker.name, colour)}
        circle = _SLACK_RED if colour == "red" else f"large_{colour}_circle"
        return {"icon_emoji": f":{circle}:"}
