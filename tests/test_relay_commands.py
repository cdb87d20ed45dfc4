"""Reading what follows /crisp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay import verbs
from bot.relay.commands import Command, Misused, Typed, parse_command
from bot.relay.refs import ByEmail, ByNumber, Ref
from bot.relay.verbs import VERBS, Verb


def typed(name: str, ref: Ref | None = None, argument: str = "") -> Typed:
    """Return a verb as it is read."""
    return Typed(verbs.named(name), ref, argument)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", typed("help")),
        ("   ", typed("help")),
        ("help", typed("help")),
        ("HELP me", typed("help", argument="me")),
        ("list", typed("list", argument="")),
        ("list mine", typed("list", argument="mine")),
        ("  List\t Unassigned ", typed("list", argument="Unassigned")),
        ("list pending", typed("list", argument="pending")),
        ("list unresolved", typed("list", argument="unresolved")),
        ("list resolved", typed("list", argument="resolved")),
        ("show 12", typed("show", ByNumber(12))),
        ("SHOW   #12", typed("show", ByNumber(12))),
        ("show\u00a0#12", typed("show", ByNumber(12))),
        (
            "show <mailto:anna@example.com|anna@example.com>",
            typed("show", ByEmail("anna@example.com")),
        ),
        ("resolve #3", typed("resolve", ByNumber(3))),
        ("unresolve #3", typed("unresolve", ByNumber(3))),
        ("reopen #3", typed("reopen", ByNumber(3))),
        ("pending #3", typed("pending", ByNumber(3))),
        ("who Anna Smith", typed("who", argument="Anna Smith")),
        ("who <@U1|anna>", typed("who", argument="<@U1|anna>")),
        ("assign #3", typed("assign", ByNumber(3))),
        ("assign #3 Ben\n Okafor", typed("assign", ByNumber(3), "Ben\n Okafor")),
    ],
)
def test_each_command_is_read(line: str, meant: Command) -> None:
    """Case and the kind of white space do not matter; what follows stays as it is."""
    assert parse_command(line) == meant


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("show", "Type /crisp show and which conversation: its number (#12)"),
        ("resolve ", "Type /crisp resolve and which conversation"),
        ("pending", "Type /crisp pending and which conversation"),
        ("who", "Type /crisp who and the e-mail, name"),
        ("who  ", "Type /crisp who and the e-mail, name"),
        ("show anna", "That names no conversation: give its number (#12), session id"),
        ("resolve 1 2", "That names no conversation"),
        ("list everything", "Type /crisp list alone, or with pending"),
        ("list mine unassigned", "Type /crisp list alone, or with pending"),
        ("lsit", "There is no such command: type /crisp list if you meant that"),
        ("unresolved 3", "There is no such command: type /crisp unresolve if you meant that"),
        ("42", "There is no such command: type /crisp help"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(line: str, told: str) -> None:
    """A missing or wrong argument and an unknown command get one sentence that helps."""
    command = parse_command(line)
    assert isinstance(command, Misused)
    assert command.sentence.startswith(told)
    assert command.sentence.endswith(".")
    assert ". " not in command.sentence


def example(verb: Verb) -> str:
    """Return a verb as it may be typed."""
    return verb.usage.replace("REF", "1").replace("QUERY", "anna").partition("[")[0]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb.name))
def test_each_verb_is_read_as_its_usage_says(verb: Verb) -> None:
    """What the help says can be typed is read as that verb, by its name and its aliases."""
    for word in (verb.name, *verb.aliases):
        command = parse_command(example(verb).replace(verb.name, word, 1))
        assert isinstance(command, Typed)
        assert command.verb is verb
        assert (command.ref is None) is (verb.about != "conversation")
        assert word in f"{verb.usage} {verb.summary}"


def test_the_lists_are_in_the_help() -> None:
    """What can be listed is said where list is."""
    assert all(which in verbs.named("list").usage for which in verbs.LISTS)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is typed is a command, a question or a sentence that helps."""
    command = parse_command(text)
    assert not isinstance(command, Misused) or command.sentence
