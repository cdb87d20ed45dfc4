"""What counts as a card number, an account, a key, a token or a password, and what does not.

No token below ever was one: each is put together here, so that no scanner takes it for real.
"""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sensitive import EVERY_KIND, Found, Kind, find, hide

FULLWIDTH, ARABIC = ({ord("0") + n: zero + n for n in range(10)} for zero in (0xFF10, 0x0660))
LETTERS = (string.ascii_letters + string.digits) * 2


def kinds_in(text: str) -> list[tuple[str, str]]:
    """Name what was found, with its kind."""
    return [(each.kind.value, text[each.start : each.end]) for each in find(text)]


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 - 1111 - 1111 - 1111",
        "4111\u00a01111\u202f1111\u20091111",
        "4111\u20131111\u20131111\u20131111",
        "41\u200b1111\u20601111111111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111 1111 1111 1111".translate(FULLWIDTH),
        "4111 1111 1111 1111".translate(ARABIC),
        "4222222222222",
        "5555555555554444",
        "2223 0031 2200 3222",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904",
        "3530111333300000",
        "6011111111111117",
        "6304000000000000",
        "6200 0000 0000 0005",
        "2200 0000 0000 0053",
    ],
)
def test_a_card_number_is_found_however_it_is_written(number: str) -> None:
    """A network's number with a valid check digit counts, with any usual gaps, in any script."""
    assert kinds_in(f"my card is {number}, thanks") == [("card", number)]
    assert kinds_in(number) == [("card", number)]


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "order 1234567890123452",  # no network begins with 1
        "1764109671123",  # a time in milliseconds
        "176410967112345",  # one of Crisp's fingerprints
        "1764109671.123459",  # a time as Slack writes it
        "+49 6304 0000 0000 0000",  # a telephone number
        "tracking 00340434161094042557",
        "41111111111111111111111111111111",  # too long for a card
        "4111 1111",
        "12.50 13.50 14.50 15.50",
        "4111,1111,1111,1111",
        "2026-11-25 22:27:51",
        "",
    ],
)
def test_other_numbers_stay_readable(text: str) -> None:
    """What fails the check, is no network's, is too long or a telephone number is no card's."""
    assert find(text) == ()


def test_a_card_number_among_other_groups_is_found_whole() -> None:
    """Digits before and after (an order, an expiry) do not save it, and no digit of it stays."""
    for text in ("order 17 4111 1111 1111 1111 12/27 123", "17-4111-1111-1111-1111-99"):
        (found,) = find(text)
        assert found.kind is Kind.CARD
        assert "4111" not in text[: found.start] + text[found.end :]


@pytest.mark.parametrize(
    "number",
    [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "de89 3704 0044 0532 0130 00",
        "GB29-NWBK-6016-1331-9268-19",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S",
        "FR14 2004 1010 0505 0001 3M02 606",
    ],
)
def test_an_iban_is_found_without_the_words_around_it(number: str) -> None:
    """A number of its country's length with valid check digits counts; words behind it do not."""
    assert kinds_in(f"pay to {number} is my account") == [("iban", number)]


@pytest.mark.parametrize(
    "text",
    [
        "DE88 3704 0044 0532 0130 00",
        "DE89 3704",
        "ZZ89370400440532013000",
        "order AB12 3456 7890",
        "DE89" * 20,
    ],
)
def test_what_only_looks_like_an_iban_stays(text: str) -> None:
    """A wrong check digit, an unknown country or a wrong length is no account."""
    assert find(text) == ()


def of(length: int, letters: str = LETTERS) -> str:
    """Make up letters of a token."""
    return (letters * (length // len(letters) + 1))[:length]


TOKENS = [
    "xo" + "xb-123456789012-" + of(24),
    "xo" + "xp-1-" + of(30),
    "xa" + "pp-1-A0123456789-" + of(40),
    "https://hooks.sl" + "ack.com/services/T00000000/B00000000/" + of(24),
    "AK" + "IA" + of(16, string.ascii_uppercase),
    "gh" + "p_" + of(36),
    "github" + "_pat_" + of(60),
    "glp" + "at-" + of(20),
    "sk" + "_live_" + of(24),
    "rk" + "_test_" + of(24),
    "AI" + "za" + of(35),
    "sk" + "-ant-" + of(40),
    "SG" + "." + of(22) + "." + of(43),
    "1234567890" + ":AA" + of(33),
    ".".join(["ey" + "J" + of(20), "ey" + "J" + of(30), of(43)]),
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_found_by_its_issuers_form(token: str) -> None:
    """What begins like a known issuer's token and is as long is one, in a sentence and alone."""
    for text in (f"use {token} please", token, f'{{"key": "{token}"}}'):
        ((kind, found),) = kinds_in(text)
        assert kind == "token"
        assert token.endswith(found)
        assert hide(text, EVERY_KIND, lambda _: "x").count(token[-10:]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "task-oriented-and-a-long-name-of-something",
        "xoxb",
        "AKIA in a sentence",
        "sk-8",
        "risk_test_case",
        "eyJ.eyJ.x",
    ],
)
def test_what_only_begins_like_a_token_stays(text: str) -> None:
    """A prefix alone, or in the middle of a word, is no token."""
    assert find(text) == ()


def test_a_private_key_is_found_up_to_its_end() -> None:
    """The whole block counts; one that was cut off counts up to the end of the text."""
    for name in ("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"):
        block = f"-----BEGIN {name}-----\nMIIEvQIBADANBg\nkqhkiG9w\n-----END {name}-----"
        assert kinds_in(f"here:\n{block}\nthat is it") == [("private_key", block)]
        assert kinds_in(block[:50]) == [("private_key", block[:50])]
    assert find("-----BEGIN CERTIFICATE-----\nMIIEvQ\n-----END CERTIFICATE-----") == ()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: hunter2", "hunter2"),
        ("my PASSWORD:hunter2!", "hunter2!"),
        ("pw = correcthorse", "correcthorse"),
        ("*Password:* hunter2", "hunter2"),
        ("**password**: `hunter2`", "hunter2`"),
        ("Passwort: geheim99", "geheim99"),
        ("Kennwort lautet geheim99", "geheim99"),
        ("mot de passe : azerty", "azerty"),
        ("contraseña: secreto", "secreto"),
        ("пароль: hunter2", "hunter2"),
        ("password:\nhunter2", "hunter2"),
        ("my password is hunter2", "hunter2"),
        ("postgres://bridge:hunter2@db.example/x", "hunter2"),
    ],
)
def test_the_word_behind_password_is_found_alone(text: str, secret: str) -> None:
    """Only the secret counts, in several languages; what it is for stays readable."""
    assert kinds_in(text) == [("password", secret)]


@pytest.mark.parametrize(
    "text",
    [
        "I forgot my password",
        "the password is wrong",
        "Reset your password: https://example.com/reset",
        "Reset your password: [here](https://example.com/reset)",
        "password: [password hidden · see Crisp]",
        "passport: C01X00T47",
        "https://example.com:8080/a@b",
    ],
)
def test_talk_about_passwords_stays(text: str) -> None:
    """Words about one, an address to reset it and what is hidden already are no password."""
    assert find(text) == ()


def test_only_the_kinds_asked_for_are_hidden() -> None:
    """Each kind is hidden or left alone on its own, by the word for it."""
    text = "card 4111 1111 1111 1111, password: hunter2"
    assert (
        hide(text, frozenset({Kind.CARD}), lambda kind: f"[{kind}]")
        == "card [card], password: hunter2"
    )
    assert hide(text, EVERY_KIND, lambda kind: f"[{kind}]") == "card [card], password: [password]"
    assert hide(text, frozenset(), lambda kind: f"[{kind}]") == text


def test_what_overlaps_is_one() -> None:
    """A token within a key block is part of the block."""
    block = f"-----BEGIN PRIVATE KEY-----\n{TOKENS[4]}\n-----END PRIVATE KEY-----"
    assert find(block) == (Found(Kind.PRIVATE_KEY, 0, len(block)),)


@given(st.text(alphabet="4 1-DE89pasword:=xob_./@\n[]`*5\u200b", max_size=200))
def test_what_must_fit_takes_no_more_room(text: str) -> None:
    """Dots stand for what is shorter than the word for it, and nothing of it can be read."""
    shown = hide(text, EVERY_KIND, lambda _kind: "[hidden]", fitting=True)
    assert len(shown) <= len(text)
    if not find(text):
        assert shown == text


def test_dots_stand_for_a_short_password() -> None:
    """The word for it would be longer."""
    told = "password: x1y2z, ftp://ana:b@host"
    shown = hide(told, EVERY_KIND, lambda _kind: "[hidden]", fitting=True)
    assert shown == "password: •••••• ftp://ana:•@host"


@given(st.text(alphabet="4 1-DE89pasword:=xob_.\n[]`*5\u200b", max_size=200))
def test_hiding_twice_is_hiding_once(text: str) -> None:
    """A text with everything hidden has nothing more to hide, and what was found never overlaps."""

    def word(kind: Kind) -> str:
        return f"[{kind} hidden]"

    found = find(text)
    assert all(one.start < one.end <= two.start for one, two in pairwise(found))
    hidden = hide(text, EVERY_KIND, word)
    assert hide(hidden, EVERY_KIND, word) == hidden


BAD_PIECES = [
    *(
        "4111 1111 ",
        "4 ",
        "4\u200b",
        "44 ",
        "DE89 ",
        "DE89",
        "password: ",
        "password",
        "password:[",
        "eyJaaaaaaaaa.",
    ),
    *("-----BEGIN PRIVATE KEY-----", "://a:", "aaaa", "xoxb-", "_", "bearer "),
]


@pytest.mark.parametrize("piece", BAD_PIECES)
def test_a_text_made_to_be_slow_is_read_at_once(piece: str) -> None:
    """Each place is read a bounded number of times: this ends at once, not in hours."""
    text = piece * (50_000 // len(piece))
    hidden = hide(text, EVERY_KIND, lambda _: "")
    assert len(hidden) <= len(text)
