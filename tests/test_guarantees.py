"""docs/guarantees.md: behind each promise stand tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
LINKS = re.findall(r"^- `(tests/\w+\.py)(?:::(\w+))?`$", PAGE, re.MULTILINE)


def test_each_test_that_a_promise_names_is_there() -> None:
    """A test that is renamed or removed takes its promise with it."""
    absent = [
        (path, name)
        for path, name in LINKS
        if not (ROOT / path).exists()
        or not re.search(
            rf"^(async )?def {name or 'test_'}", (ROOT / path).read_text(), re.MULTILINE
        )
    ]
    assert len(LINKS) > 30
    assert absent == []


def test_no_promise_stands_alone() -> None:
    """Each bold sentence is followed by at least one test, before the next heading."""
    sections = re.split(r"^(?=\*\*|## )", PAGE, flags=re.MULTILINE)
    bare = [
        s for s in sections if s.startswith("**") and not re.search(r"^- `tests/", s, re.MULTILINE)
    ]
    assert bare == []


def test_each_threat_names_its_tests() -> None:
    """Each row of the threat model in SECURITY.md ends with tests that are there."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| (?!who \||---)", line)]
    assert len(rows) > 8
    for row in rows:
        named = re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", row.rstrip("| ").rpartition("|")[2])
        assert named, row
        for path, name in named:
            assert re.search(rf"def {name or 'test_'}", (ROOT / path).read_text()), (path, name)
