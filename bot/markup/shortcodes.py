"""Slack's emoji names to Unicode.

Responsible for names of standard emoji. It must not know of a workspace's custom emoji: those
stay ``:name:``. The base is the ``emoji`` package's alias set; the table below holds the names
that Slack alone uses, or uses for something else.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

import emoji
import regex

_OVERRIDES = """
grinning_face_with_star_eyes 1f929
face_with_one_eyebrow_raised 1f928
simple_smile 1f642
shocked_face_with_exploding_head 1f92f
grinning_face_with_one_large_and_one_small_eye 1f92a
serious_face_with_symbols_covering_mouth 1f92c
face_with_open_mouth_vomiting 1f92e
face_with_cowboy_hat 1f920
face_with_finger_covering_closed_lips 1f92b
smiling_face_with_smiling_eyes_and_hand_covering_mouth 1f92d
smiling_face_with_3_hearts 1f970
salute 1fae1
person_with_headscarf 1f9d5
mother_christmas 1f936
mage 1f9d9
face_palm 1f926
man-with-bunny-ears-partying 1f46f-200d-2642-fe0f
woman-with-bunny-ears-partying 1f46f-200d-2640-fe0f
fencer 1f93a
person_doing_cartwheel 1f938
wrestlers 1f93c
handball 1f93e
juggling 1f939
massage 1f486
couple 1f46b
man_and_woman_holding_hands 1f46b
hand_with_index_and_middle_fingers_crossed 1f91e
spock-hand 1f596
the_horns 1f918
sign_of_the_horns 1f918
i_love_you_hand_sign 1f91f
reversed_hand_with_middle_finger_extended 1f595
hand 270b
hankey 1f4a9
poop 1f4a9
zebra_face 1f993
giraffe_face 1f992
deer 1f98c
cricket 1f997
knife_fork_plate 1f37d-fe0f
mostly_sunny 1f324-fe0f
sun_small_cloud 1f324-fe0f
barely_sunny 1f325-fe0f
sun_behind_cloud 1f325-fe0f
partly_sunny 26c5
partly_sunny_rain 1f326-fe0f
sun_behind_rain_cloud 1f326-fe0f
rain_cloud 1f327-fe0f
snow_cloud 1f328-fe0f
lightning 1f329-fe0f
lightning_cloud 1f329-fe0f
tornado 1f32a-fe0f
tornado_cloud 1f32a-fe0f
fog 1f32b-fe0f
thunder_cloud_and_rain 26c8-fe0f
moon 1f314
snowman 2603-fe0f
snowman_without_snow 26c4
umbrella 2602-fe0f
umbrella_with_rain_drops 2614
satellite 1f6f0-fe0f
satellite_antenna 1f4e1
email 2709-fe0f
envelope 2709-fe0f
e-mail 1f4e7
knife 1f52a
pencil 1f4dd
frowning 1f626
white_frowning_face 2639-fe0f
medal 1f396-fe0f
sports_medal 1f3c5
first_place_medal 1f947
second_place_medal 1f948
third_place_medal 1f949
large_red_square 1f7e5
large_orange_square 1f7e7
large_yellow_square 1f7e8
large_green_square 1f7e9
large_blue_square 1f7e6
large_purple_square 1f7ea
large_brown_square 1f7eb
large_orange_circle 1f7e0
large_yellow_circle 1f7e1
large_green_circle 1f7e2
large_blue_circle 1f535
large_purple_circle 1f7e3
large_brown_circle 1f7e4
shopping_trolley 1f6d2
keycap_star 2a-fe0f-20e3
eject 23cf-fe0f
staff_of_aesculapius 2695-fe0f
medical_symbol 2695-fe0f
heavy_exclamation_mark 2757
black_right_pointing_double_triangle_with_vertical_bar 23ed-fe0f
black_right_pointing_triangle_with_double_vertical_bar 23ef-fe0f
black_left_pointing_double_triangle_with_vertical_bar 23ee-fe0f
double_vertical_bar 23f8-fe0f
black_square_for_stop 23f9-fe0f
black_circle_for_record 23fa-fe0f
rainbow-flag 1f3f3-fe0f-200d-1f308
transgender_flag 1f3f3-fe0f-200d-26a7-fe0f
pirate_flag 1f3f4-200d-2620-fe0f
flag-england 1f3f4-e0067-e0062-e0065-e006e-e0067-e007f
flag-scotland 1f3f4-e0067-e0062-e0073-e0063-e0074-e007f
flag-wales 1f3f4-e0067-e0062-e0077-e006c-e0073-e007f
skin-tone-2 1f3fb
skin-tone-3 1f3fc
skin-tone-4 1f3fd
skin-tone-5 1f3fe
skin-tone-6 1f3ff
"""
_PROFESSIONS = {
    "doctor": "2695",
    "student": "1f393",
    "teacher": "1f3eb",
    "judge": "2696",
    "farmer": "1f33e",
    "cook": "1f373",
    "mechanic": "1f527",
    "factory-worker": "1f3ed",
    "office-worker": "1f4bc",
    "scientist": "1f52c",
    "technologist": "1f4bb",
    "singer": "1f3a4",
    "artist": "1f3a8",
    "pilot": "2708",
    "astronaut": "1f680",
    "firefighter": "1f692",
}
_PERSONS = {"man": "1f468", "woman": "1f469", "boy": "1f466", "girl": "1f467"}
_HEART = "2764-fe0f"
_KISS = f"{_HEART}-200d-1f48b"
_HEX = regex.compile(r"[0-9a-fA-F]{1,6}(?:-[0-9a-fA-F]{1,6}){0,15}")
_FLAG = regex.compile(r"flag[-_]([a-z])([a-z])")
_GENDERED = regex.compile(r"(?:(fe)?male)[-_](.+)")
_SHORT_NAME = regex.compile(r"[\p{L}\p{M}\p{N}_+'-]{1,100}")
_TONES = range(2, 7)


def shortcode_to_unicode(name: str, skin: int | None = None) -> str | None:
    """Return the emoji of a Slack name (without colons), or None for custom ones.

    ``skin`` is Slack's number of a skin tone, 2 to 6; it counts where the emoji has one.
    """
    found = _lookup(name)
    if found is None or skin is None or skin not in _TONES:
        return found
    if not regex.match(r"\p{Emoji_Modifier_Base}", found):
        return found
    return found[0] + chr(0x1F3FB + skin - 2) + found[1:].removeprefix("\ufe0f")


def emoji_text(name: str, skin: int | None, codes: str) -> str:
    """Return what is shown for an emoji element: ``codes`` is Slack's hex, if it gave one."""
    if codes and _HEX.fullmatch(codes) and (found := _from_hex(codes)):
        return found
    if not _SHORT_NAME.fullmatch(name):
        return ""
    return shortcode_to_unicode(name, skin) or f":{name}:"


def _from_hex(codes: str) -> str:
    points = [int(code, 16) for code in codes.split("-")]
    text = "".join(chr(point) for point in points if point <= sys.maxunicode)
    if len(text) < len(points) or not regex.search(r"\p{Emoji}", text):
        return ""
    # Slack leaves U+FE0F out where Unicode wants it; without it the character looks like text.
    return _qualified().get(text.replace("\ufe0f", ""), text)


def _lookup(name: str) -> str | None:
    if found := _names().get(name):
        return found
    if flag := _FLAG.fullmatch(name):
        return "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in flag.groups())
    if gendered := _GENDERED.fullmatch(name):
        return _gendered(gendered[2], "2640" if gendered[1] else "2642")
    return _names().get(name.replace("-", "_")) or _couple(name)


def _gendered(name: str, sign: str) -> str | None:
    if code := _PROFESSIONS.get(name):
        person = _PERSONS["woman" if sign == "2640" else "man"]
        return _qualify(f"{person}-200d-{code}")
    base = _names().get(name) or _names().get(name.replace("-", "_"))
    return base and base.replace("\ufe0f", "") + _from_hex(f"200d-{sign}-fe0f")


def _couple(name: str) -> str | None:
    parts = name.split("-")
    for word, codes in (("heart", _HEART), ("kiss", _KISS)):
        if len(parts) == 3 and parts[1] == word and {parts[0], parts[2]} <= _PERSONS.keys():  # noqa: PLR2004 - who, what, whom
            return _qualify(f"{_PERSONS[parts[0]]}-200d-{codes}-200d-{_PERSONS[parts[2]]}")
    if len(parts) > 1 and set(parts) <= _PERSONS.keys():
        return _qualify("-200d-".join(_PERSONS[part] for part in parts))
    return None


def _qualify(codes: str) -> str:
    return _from_hex(codes)


@cache
def _qualified() -> Mapping[str, str]:
    """Map an emoji without any U+FE0F to its fully qualified form."""
    full = emoji.STATUS["fully_qualified"]
    return {
        text.replace("\ufe0f", ""): text
        for text, data in emoji.EMOJI_DATA.items()
        if data["status"] == full
    }


@cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for text, data in emoji.EMOJI_DATA.items():
        if data["status"] > emoji.STATUS["fully_qualified"]:
            continue
        for name in (data["en"], *data.get("alias", ())):
            names.setdefault(name.strip(":").lower().replace("-", "_"), text)
            names.setdefault(name.strip(":"), text)
    for line in _OVERRIDES.split("\n"):
        name, _, codes = line.partition(" ")
        if codes:
            names[name] = "".join(chr(int(code, 16)) for code in codes.split("-"))
    return names
