"""The page about the verbs names each of them, with its faces, as the table does."""

from __future__ import annotations

from pathlib import Path

from bot.relay.verbs import VERBS, Face, Verb

PAGE = Path(__file__).parents[1] / "docs" / "verbs.md"
FACES: tuple[Face, ...] = ("slash", "thread", "button")
HEAD = """| verb | what it does | `/crisp` | thread | button |
|---|---|---|---|---|
"""


def row(verb: Verb) -> str:
    """Return a verb's line."""
    usage = verb.usage.replace("|", "\\|")
    faces = " | ".join("✓" if verb.has(face) else verb.without[face] for face in FACES)
    return f"| `{usage}` | {verb.summary} | {faces} |"


def test_each_verb_is_on_the_page_with_its_faces() -> None:
    """The table is made of VERBS: if this fails, put what is expected into docs/verbs.md."""
    expected = HEAD + "\n".join(row(verb) for verb in VERBS) + "\n"
    assert expected in PAGE.read_text(encoding="utf-8"), expected


def test_each_verb_is_named_in_the_readme() -> None:
    """In the order of the help: if this fails, put what is expected into README.md."""
    expected = "All verbs: " + ", ".join(f"`{verb.name}`" for verb in VERBS) + "."
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert expected in " ".join(readme.split()), expected
