"""The catalogue of texts: whole, used, and the only place where the bridge's own texts stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import regex

from bot import texts

ROOT = Path(__file__).parent.parent
CATALOGUE = frozenset((ROOT / "bot/texts").glob("*.py"))
SPEAKING = ("bot/relay", "bot/cards", "bot/outbox", "bot/store", "bot/inbox.py", "bot/desk")
NAMES = tuple(name for name in vars(texts) if name.isupper())
FILLED_BY_SLACK = frozenset({"DATE"})
"""Slack fills in the fields of its date format itself."""
FILLED_WHEN_NOTED = frozenset({"TROUBLES", "TROUBLES_OVER"})
"""Whoever notes a trouble brings its words; ``bot.troubles`` refuses what lacks one."""
SHOWING = frozenset({"button", "option", "plain_text", "section", "sentence", "refusal", "words"})
"""What shows its first argument: there a single word is a text too."""

_SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE \w+ SET|UPDATE SET|DELETE FROM|WHERE|ORDER BY|PRAGMA|ROLLBACK TO"
    r"|SAVEPOINT|RELEASE|BEGIN IMMEDIATE|ON CONFLICT|LEFT JOIN|CREATE TABLE|AS)\b|= \?"
)
_WORDS = re.compile(r"[^\W\d_]{2,}[,:;.]? [^\W\d_]{2,}")
_SIGNS = regex.compile(r"[[\p{Extended_Pictographic}“”☐☑]--[\x00-\xff]]", regex.VERSION1)


def modules(*where: str) -> list[Path]:
    """Return the source files under some paths, the catalogue not among them."""
    found = (ROOT / one for one in where)
    files = [f for path in found for f in (path.rglob("*.py") if path.is_dir() else [path])]
    return sorted(set(files) - CATALOGUE)


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Return what each node of a tree stands in."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def is_for_nobody(node: ast.AST) -> bool:
    """Tell whether a node is a docstring, an error or a line of the log."""
    match node:
        case ast.Raise() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name.endswith("Error")
    return False


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what a module's strings say, with the line; what is for no person's eyes is left out.

    Left out are docstrings, errors, what is logged, and the keys of dicts. A hole of an
    f-string is shown as ``{}``.
    """
    match tree:
        case _ if is_for_nobody(tree):
            return
        case ast.Constant(value=str(said), lineno=line):
            yield line, said
        case ast.JoinedStr(values=values, lineno=line):
            yield (
                line,
                "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values),
            )
            for value in values:
                if not isinstance(value, ast.Constant):
                    yield from literals(value)
        case ast.Dict(values=values):
            for value in values:
                yield from literals(value)
        case _:
            for child in ast.iter_child_nodes(tree):
                yield from literals(child)


def shown(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings that are handed as they stand to what shows them."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]):
                if name in SHOWING and isinstance(first, ast.Constant):
                    yield node.lineno, str(first.value)


def outside(source: str) -> list[tuple[int, str]]:
    """Return the texts that stand in a module's source, each with its line."""
    tree = ast.parse(source)
    words = [(line, said) for line, said in shown(tree) if any(map(str.isalpha, said))]
    return [(line, said) for line, said in literals(tree) if is_text(said)] + words


def is_text(said: str) -> bool:
    """Tell whether a string reads like something for a person: words in a row, or a sign.

    The name of a verb is not, though it may be of two words.
    """
    if said in texts.VERBS:
        return False
    return not _SQL.search(said) and bool(_WORDS.search(said) or _SIGNS.search(said))


def fields(value: object) -> set[str]:
    """Return the fields of a template, or of all templates in a table."""
    if isinstance(value, dict):
        return set().union(*(fields(one) for one in value.values()))
    if isinstance(value, tuple):
        return set().union(*(fields(one) for one in value))
    assert isinstance(value, str)
    return {name for _, name, _, _ in Formatter().parse(value) if name is not None}


def uses(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Yield every ``texts.NAME``."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="texts"), attr=name) if name.isupper():
                yield node


def given(use: ast.AST, within: dict[ast.AST, ast.AST]) -> set[str] | None:
    """Return the fields that are given where a text is used; None if it is not formatted there."""
    outer = within[use]
    while isinstance(outer, ast.Subscript | ast.IfExp) and use is not getattr(outer, "test", None):
        use, outer = outer, within[outer]
    call = within.get(outer)
    match outer, call:
        case ast.Attribute(attr="format"), ast.Call(args=[], keywords=keywords):
            return {keyword.arg or "**" for keyword in keywords}
    return None


@pytest.mark.parametrize("path", modules(*SPEAKING, "handlers"), ids=lambda p: p.stem)
def test_no_text_stands_outside_the_catalogue(path: Path) -> None:
    """What a person may read is written in bot/texts and nowhere else."""
    found = outside(path.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('say("Nothing was sent.")', True),
        ('line = f"Assigned to {who}"', True),
        ('line += " and was not sent"', True),
        ('sign = "📎"', True),
        ('TABLE = {"a key here": "and its words"}', True),
        ('TABLE = {"a key here": 1}', False),
        ('"""A docstring of a module."""', False),
        ('button("Retry", "delivery:retry")', True),
        ('words(" · ")', False),
        ('refused = StoreError(f"The database is in use by {pid}.")', False),
        ('raise LookupError("the row is lost")', False),
        ('log.warning("thread lost", code=1)', False),
        ('sql = f"SELECT a FROM b WHERE {where}"', False),
        ('kind = "conversation_not_found"', False),
        ('key = f"tell:{name}:{ts}"', False),
    ],
)
def test_texts_are_told_from_other_strings(source: str, caught: bool) -> None:  # noqa: FBT001
    """Words in a row and signs are texts; keys, SQL, docstrings, logs and errors are not."""
    assert bool(outside(source)) is caught


def test_every_text_is_used() -> None:
    """What nobody says any more is taken out of the catalogue."""
    used = {
        use.attr
        for path in modules("bot", "handlers")
        for use in uses(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert set(NAMES) - used == set()


@pytest.mark.parametrize("path", modules("bot", "handlers"), ids=lambda p: p.stem)
def test_every_template_gets_its_fields(path: Path) -> None:
    """Where a template is used, all its fields are given by name, and no others."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within = parents(tree)
    for use in uses(tree):
        if use.attr not in FILLED_BY_SLACK | FILLED_WHEN_NOTED:
            wanted = fields(getattr(texts, use.attr)) or None
            assert given(use, within) == wanted, f"{path.name}:{use.lineno}: texts.{use.attr}"


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_written(name: str) -> None:
    """Each text, formatted with all its fields, is whole: no brace is left, nothing is blank."""
    value = getattr(texts, name)
    said = [
        s for one in _strings(value) if (s := one.format_map(dict.fromkeys(fields(value), "x")))
    ]
    assert len(said) == len(list(_strings(value)))
    assert not any(set(one) & set("{}") or one != one.strip() for one in said)


def test_the_catalogue_holds_constants_alone() -> None:
    """No choice and no formatting is in the catalogue: only imports, constants and docstrings."""
    named: list[str] = []
    for node in (n for path in CATALOGUE for n in ast.parse(path.read_text("utf-8")).body):
        match node:
            case ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                pass
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Name(id="Final"),
                value=ast.expr() as value,
            ):
                named.append(name)
                assert not any(isinstance(n, ast.Call | ast.JoinedStr) for n in ast.walk(value))
            case _:
                pytest.fail(f"line {node.lineno} is no constant")
    assert sorted(named) == sorted(NAMES)  # no part of it hides another's text


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (one for inner in value.values() for one in _strings(inner))
        case tuple():
            yield from (one for inner in value for one in _strings(inner))
