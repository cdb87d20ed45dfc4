"""Find what should not be shown around in a text: card numbers, IBANs, keys, tokens, passwords.

Pure, and quick on any text: each pattern reads a place of it a bounded number of times, whatever
somebody wrote there. It says where something stands; what follows from it (hiding, asking) is its
callers'. A number counts as a card's or an account's by its check digits, so that order numbers
stay readable.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate


class Kind(StrEnum):
    """What was recognised; the words are those of bridge.toml."""

    CARD = "card"
    IBAN = "iban"
    PRIVATE_KEY = "private_key"
    TOKEN = "token"  # noqa: S105 (a kind's name)
    PASSWORD = "password"  # noqa: S105 (a kind's name)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was recognised: `text[start:end]`."""

    kind: Kind
    start: int
    end: int


EVERY_KIND = frozenset(Kind)
_ROUNDS = 4
_DOT = "•"


def find(text: str, kinds: frozenset[Kind] = EVERY_KIND) -> tuple[Found, ...]:
    """Say what in a text is sensitive, in its order; what overlaps is one, of the first kind."""
    found = [
        Found(kind, start, end)
        for kind, places in _FINDERS.items()
        if kind in kinds
        for start, end in places(text)
    ]
    return tuple(_apart(sorted(found, key=lambda each: (each.start, -each.end))))


def hide(
    text: str, kinds: frozenset[Kind], word: Callable[[Kind], str], *, fitting: bool = False
) -> str:
    """Put a kind's word where a text shows such a thing; a text without stays as it is.

    With ``fitting`` nothing becomes longer: dots stand for what is shorter than its word.
    What is hidden may part two things that were one: the text is read again until nothing is found,
    so that hiding twice is the same as once.
    """
    for _ in range(_ROUNDS):
        found = find(text, kinds)
        if not found:
            break
        shown = []
        at = 0
        for each in found:
            said, room = word(each.kind), each.end - each.start
            shown += [text[at : each.start], _DOT * room if fitting and len(said) > room else said]
            at = each.end
        text = "".join([*shown, text[at:]])
    return text


def _apart(found: list[Found]) -> Iterator[Found]:
    """Join what overlaps: no end of a thing stays readable because another began inside it."""
    last: Found | None = None
    for each in found:
        if last is None:
            last = each
        elif each.start < last.end:
            last = Found(last.kind, last.start, max(last.end, each.end))
        else:
            yield last
            last = each
    if last is not None:
        yield last


# Card numbers

_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""What a reader does not see between two digits."""
_GAP = " \t\u00a0\u2000-\u200a\u202f\u3000.\\-\u2010-\u2015\u2212_*`"
_DIGITS = re.compile(rf"\d(?:[{_UNSEEN}]{{0,4}}[{_GAP}]{{0,3}}[{_UNSEEN}]{{0,4}}\d)*")
_GROUP = re.compile(rf"\d(?:[{_UNSEEN}]{{0,4}}\d)*")
_SHORTEST, _LONGEST = 13, 19
_FIRST_DIGITS = frozenset("234568")
_CARDS = re.compile(
    r"""4(?:\d{12}|\d{15}|\d{17,18})                              # Visa
    | (?:5[1-5]\d\d | 222[1-9] | 22[3-9]\d | 2[3-6]\d\d | 27[01]\d | 2720)\d{12}   # Mastercard
    | 220[0-4]\d{12,15}                                           # Mir
    | 3[47]\d{13}                                                 # American Express
    | 3[0689]\d{12,17}                                            # Diners
    | 35\d{14,17}                                                 # JCB
    | (?:50|5[6-9]|6\d)\d{11,17}                        # Maestro, UnionPay, Discover, RuPay
    | 8[12]\d{14}                                                 # RuPay""",
    re.VERBOSE,
)


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Find whole groups of digits that are a card network's number with a valid check digit."""
    for run in _DIGITS.finditer(text):
        if run.end() - run.start() < _SHORTEST:
            continue
        if run.start() and text[run.start() - 1] == "+":  # a telephone number
            continue
        yield from _cards_in(list(_GROUP.finditer(text, run.start(), run.end())))


def _cards_in(groups: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    written = [
        "".join(str(int(char)) for char in group.group() if char.isdecimal()) for group in groups
    ]
    ends = list(accumulate(map(len, written)))
    line = "".join(written)
    sums = _luhn_sums([int(char) for char in line])
    for first, group in enumerate(groups):
        start = ends[first] - len(written[first])
        if written[first][0] not in _FIRST_DIGITS:
            continue
        longest = bisect_right(ends, start + _LONGEST)
        for last in range(bisect_left(ends, start + _SHORTEST), longest):
            end = ends[last]
            doubled = sums[end % 2]
            if (doubled[end] - doubled[start]) % 10 == 0 and _CARDS.fullmatch(line, start, end):
                yield group.start(), groups[last].end()


def _luhn_sums(digits: list[int]) -> tuple[list[int], list[int]]:
    """Sum up the digits from the left, once with those at even places doubled, once with the odd.

    The check of any stretch is then a difference of two sums: one that ends before an even place
    has its second last digit doubled, which stands at an even place.
    """
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits]  # noqa: PLR2004
    both = (
        [
            two if at % 2 == parity else one
            for at, (one, two) in enumerate(zip(digits, doubled, strict=True))
        ]
        for parity in (0, 1)
    )
    even, odd = (list(accumulate(values, initial=0)) for values in both)
    return even, odd


# IBANs

_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FO FI GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_COUNTRIES = {country: length for length, names in _LENGTHS.items() for country in names.split()}
_IBAN_START = re.compile(rf"(?<![A-Za-z])[A-Za-z]{{2}}[{_UNSEEN}{_GAP}]?[0-9]{{2}}")
_IBANS = {
    length: re.compile(rf"[A-Za-z0-9](?:[{_UNSEEN}{_GAP}]{{0,2}}[A-Za-z0-9]){{{length - 1}}}")
    for length in _LENGTHS
}


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """Find numbers of a known country's length whose check digits hold (modulo 97)."""
    for start in _IBAN_START.finditer(text):
        length = _COUNTRIES.get(start.group()[:2].upper())
        match = _IBANS[length].match(text, start.start()) if length else None
        if match and _is_iban("".join(filter(str.isalnum, match.group().upper()))):
            yield match.span()


def _is_iban(number: str) -> bool:
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


# Private keys, tokens, passwords

_KEY_BEGINS = re.compile(r"-{2,5} ?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{2,5}")
_KEY_ENDS = re.compile(r"-{2,5} ?END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{2,5}")


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Find key blocks; one without an end goes on to the end of the text."""
    at = 0
    while begins := _KEY_BEGINS.search(text, at):
        ends = _KEY_ENDS.search(text, begins.end())
        at = ends.end() if ends else len(text)
        yield begins.start(), at


_TOKENS = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:
    (?: xox[a-z](?:\.xox[a-z])?- | xapp-\d- ) [\w-]{10,}          # Slack
    | hooks\.slack\.com/services/ [\w/]{20,}                      # a hook's address is its key
    | (?: AKIA | ASIA ) [A-Z0-9]{16}                              # AWS
    | gh[pousr]_ [A-Za-z0-9]{30,} | github_pat_ \w{22,}           # GitHub
    | glpat- [\w-]{20,}                                           # GitLab
    | [sr]k_(?:live|test)_ [A-Za-z0-9]{16,} | whsec_ [\w+/=-]{16,}  # Stripe
    | AIza [\w-]{35} | ya29\. [\w-]{20,} | GOCSPX- [\w-]{20,}     # Google
    | sk-(?:[a-z]{2,6}-)? [\w-]{20,}                              # OpenAI, Anthropic
    | npm_ [A-Za-z0-9]{36} | pypi- [\w-]{40,} | hf_ [A-Za-z0-9]{30,}
    | do[opr]_v1_ [a-f0-9]{40,} | shp(?:at|ca|pa|ss)_ [a-fA-F0-9]{32}
    | SG\. [\w-]{16,} \. [\w-]{16,}                               # SendGrid
    | \d{8,10} :AA [\w-]{33}                                      # Telegram
    | eyJ [\w-]{8,} \. eyJ [\w-]{8,} \. [\w-]{8,}                 # a JSON web token
    )""",
    re.VERBOSE | re.ASCII,
)
_BEARER = re.compile(r"\b[Bb]earer[ \t]{1,3}([\w.~+/=-]{20,})", re.ASCII)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    for match in _TOKENS.finditer(text):
        yield match.span()
    for match in _BEARER.finditer(text):
        yield match.span(1)


_MARK = r"[*_~`'\"]{0,3}"
_LINK_OR_HIDDEN = r"[*_~`'\"]*(?: \[[^\]\n]{0,80}\] | https?:// )"
"""A link, an address to reset it, or the word that stands where one was hidden."""
_PASSWORDS = re.compile(
    rf"""\b(?: pass(?:word|wort|wd|phrase|code) | pwd | pw | kennwort | mot[ ]de[ ]passe
    | contrase[ñn]a | senha | wachtwoord | has[łl]o | l[öo]senord | пароль | パスワード | 密码 )\b
    (?: {_MARK} [ \t]{{0,3}} [:=\uff1a] {_MARK} \s{{0,3}} {_MARK}
        (?!{_LINK_OR_HIDDEN}) (?P<told>[^\s*`'"]\S{{3,127}})
    | [ \t]{{1,3}} (?: is | was | ist | lautet | est | es ) [ \t]{{1,3}} {_MARK}
        (?P<said>(?=\S{{0,127}}\d)(?=\S{{0,127}}[^\W\d])\S{{6,128}}) )""",
    re.VERBOSE | re.IGNORECASE,
)
_ADDRESS_PASSWORDS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,12}://[^\s:/@]{0,64}:([^\s:/@]{1,128})@", re.IGNORECASE
)


def _passwords(text: str) -> Iterator[tuple[int, int]]:
    """Find what follows "password:" and its like, and the password in an address."""
    for match in _PASSWORDS.finditer(text):
        yield match.span("told" if match["told"] else "said")
    for match in _ADDRESS_PASSWORDS.finditer(text):
        yield match.span(1)


_FINDERS: dict[Kind, Callable[[str], Iterator[tuple[int, int]]]] = {
    Kind.CARD: _cards,
    Kind.IBAN: _ibans,
    Kind.PRIVATE_KEY: _private_keys,
    Kind.TOKEN: _tokens,
    Kind.PASSWORD: _passwords,
}
