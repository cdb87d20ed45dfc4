"""Letter tiles: small PNG pictures of one letter on a colour.

Responsible for drawing them, without a library: strokes of a round pen, one PNG. There is a tile
for each letter and colour of ``bot.cards.faces`` and for nothing else, so that all are drawn once.
https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from bot.cards.faces import ANYBODY, COLOURS, LETTERS

SIZE = 72
"""Pixels; Slack shows 36 and, on fine screens, 72."""
_UNIT = 4.6
"""Pixels of one step of the grid that the letters are written on: 6 across, 8 down."""
_PEN = 3.1
_Segment = tuple[float, float, float, float]

_STROKES = {
    "A": "08 30 68,15 55",
    "B": "44 63 61 40 00 08 48 67 65 44 04",
    "C": "62 40 20 02 06 28 48 66",
    "D": "00 08 38 66 62 30 00",
    "E": "60 00 08 68,04 54",
    "F": "60 00 08,04 54",
    "G": "62 40 20 02 06 28 48 66 64 34",
    "H": "00 08,60 68,04 64",
    "I": "30 38",
    "J": "50 56 38 28 06",
    "K": "00 08,60 05,23 68",
    "L": "00 08 58",
    "M": "08 00 35 60 68",
    "N": "08 00 68 60",
    "O": "20 40 62 66 48 28 06 02 20",
    "P": "08 00 40 61 63 44 04",
    "Q": "20 40 62 66 48 28 06 02 20,45 68",
    "R": "08 00 40 61 63 44 04,34 68",
    "S": "61 40 20 01 03 24 44 65 67 48 28 07",
    "T": "00 60,30 38",
    "U": "00 06 28 48 66 60",
    "V": "00 38 60",
    "W": "00 18 33 58 60",
    "X": "00 68,60 08",
    "Y": "00 34 60,34 38",
    "Z": "00 60 08 68",
    "0": "20 40 62 66 48 28 06 02 20",
    "1": "12 30 38",
    "2": "02 20 40 62 63 08 68",
    "3": "00 60 33 43 65 66 48 28 06",
    "4": "48 40 05 65",
    "5": "60 10 03 33 65 66 48 18 07",
    "6": "50 20 03 06 28 48 66 65 44 24 05",
    "7": "00 60 28",
    "8": "24 02 01 20 40 61 62 44 24 05 07 28 48 67 65 44",
    "9": "63 44 24 03 01 20 40 61 65 48 18",
    ANYBODY: "20 40 51 53 44 24 13 11 20,08 06 25 45 66 68",
}
"""Each letter's strokes, as points of the grid: one digit across, one down."""


def has_tile(letter: str, colour: str) -> bool:
    """Tell whether there is such a tile."""
    return len(letter) == 1 and letter in LETTERS and colour in COLOURS


@cache
def tile(letter: str, colour: str) -> bytes:
    """Draw a tile as PNG; KeyError if there is none such."""
    back, strokes = COLOURS[colour], list(_segments(_STROKES[letter]))
    rows = bytearray()
    for y in range(SIZE):
        rows.append(0)  # no filter
        for x in range(SIZE):
            ink = _ink(x + 0.5, y + 0.5, strokes)
            rows += bytes(round(tone + (255 - tone) * ink) for tone in back)
    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)  # 8 bits each of red, green, blue
    image = zlib.compress(bytes(rows), 9)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", image), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _segments(strokes: str) -> Iterator[_Segment]:
    left, top = SIZE / 2 - 3 * _UNIT, SIZE / 2 - 4 * _UNIT
    for stroke in strokes.split(","):
        points = [
            (left + int(point[0]) * _UNIT, top + int(point[1]) * _UNIT) for point in stroke.split()
        ]
        for (x1, y1), (x2, y2) in pairwise(points):
            yield x1, y1, x2, y2


def _ink(x: float, y: float, strokes: list[_Segment]) -> float:
    """Return how much of a pixel the pen covers, 0 to 1."""
    reach = 4 * _UNIT + _PEN + 1
    if abs(x - SIZE / 2) > reach or abs(y - SIZE / 2) > reach:
        return 0.0
    return min(max(_PEN + 0.5 - min(_distance(x, y, one) for one in strokes), 0.0), 1.0)


def _distance(x: float, y: float, segment: _Segment) -> float:
    x1, y1, x2, y2 = segment
    dx, dy = x2 - x1, y2 - y1
    along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(x - x1 - along * dx, y - y1 - along * dy)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
