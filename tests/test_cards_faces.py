"""Pictures on posts: whose they are, and the tiles of who has none."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.faces import COLOURS, LETTERS, Faces, colour_of, letter_of, tile_path
from bot.cards.tiles import SIZE, has_tile, tile
from bot.domain import Source, Speaker
from bot.files import own_hosts

PUBLIC = Faces(public_url="https://bridge.example/app/")


@pytest.mark.parametrize(
    "avatar",
    [
        "https://image.crisp.chat/avatar/visitor/1/240/",
        "https://storage.crisp.chat/users/a.png",
    ],
)
def test_crisps_own_picture_is_shown(avatar: str) -> None:
    """Slack may fetch what is on Crisp's hosts."""
    assert PUBLIC.icon(Speaker("Maya", avatar)) == {"icon_url": avatar}


@pytest.mark.parametrize(
    "avatar",
    [
        None,
        "",
        "https://evil.example/track.png",
        "http://image.crisp.chat/a.png",
        "https://image.crisp.chat.evil.example/a.png",
        "https://user:pass@image.crisp.chat/a.png",
        "https://image.crisp.chat:8443/a.png",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_slack_fetches_nothing_that_a_customer_names(avatar: str | None) -> None:
    """Without a picture of Crisp's own there is a tile, or a colour where nobody serves tiles."""
    tiled = PUBLIC.icon(Speaker("maya", avatar, "blue"))
    assert tiled == {"icon_url": "https://bridge.example/app/avatar/M-blue.png"}
    assert Faces().icon(Speaker("maya", avatar, "blue")) == {"icon_emoji": ":large_blue_circle:"}
    assert Faces().icon(Speaker("maya", avatar, "red")) == {"icon_emoji": ":red_circle:"}


def test_a_configured_crisps_pictures_are_its_own() -> None:
    """Where the API is elsewhere, pictures from there are shown."""
    faces = Faces((own_hosts(Source.CRISP, "http://127.0.0.1:9/v1"),))
    avatar = "http://127.0.0.1:9/avatars/1.png"
    assert faces.icon(Speaker("Maya", avatar)) == {"icon_url": avatar}


def test_colour_is_the_persons_whatever_the_post() -> None:
    """The same address in any case, and the same name, make the same colour."""
    assert colour_of("Maya@Example.test ") == colour_of("maya@example.test")
    assert PUBLIC.icon(Speaker("Maya")) == PUBLIC.icon(Speaker("Maya", "https://x.example/a"))
    assert len({colour_of(str(number)) for number in range(100)}) == len(COLOURS)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("maya lin", "M"), ("Élodie", "E"), ("  (bob)", "B"), ("7 of 9", "7"), ("Жанна", "_"),
        ("漢字", "_"), ("", "_"), ("…", "_"), ("ß", "S"), ("½", "1"),
    ],
)  # fmt: skip
def test_letter(name: str, letter: str) -> None:
    """The first letter without its accent; a figure of a person for scripts that are not drawn."""
    assert letter_of(name) == letter


@given(st.text(), st.text())
def test_tile_of_anybody_exists_and_names_nobody(name: str, person: str) -> None:
    """Any name leads to one of the few tiles."""
    path = tile_path(name, colour_of(person))
    letter, _, colour = path.removeprefix("/avatar/").removesuffix(".png").partition("-")
    assert has_tile(letter, colour)


def test_tiles_are_small_png_pictures() -> None:
    """Each letter is drawn in white on its colour, whole and within its edges."""
    drawn = set()
    for letter in LETTERS:
        png = tile(letter, "blue")
        drawn.add(png)
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(png) < 2_000
        assert struct.unpack(">II", png[16:24]) == (SIZE, SIZE)
        length = struct.unpack(">I", png[33:37])[0]
        rows = zlib.decompress(png[41 : 41 + length])
        assert len(rows) == SIZE * (1 + 3 * SIZE)
        assert bytes((255, 255, 255)) in rows
        assert rows[1:4] == rows[-3:] == bytes(COLOURS["blue"])
    assert len(drawn) == len(LETTERS) - 1  # O and 0 look the same


@pytest.mark.parametrize(
    ("letter", "colour"), [("a", "blue"), ("AB", "blue"), ("", "red"), ("A", "x")]
)
def test_there_are_no_other_tiles(letter: str, colour: str) -> None:
    """Nothing is drawn that is not in the list."""
    assert not has_tile(letter, colour)
