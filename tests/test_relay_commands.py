"""Reading what follows /crisp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.domain import State
from bot.relay.commands import (
    LISTS,
    STATES,
    Command,
    Help,
    ListQueue,
    Misused,
    SetStateOf,
    Show,
    Who,
    parse_command,
)
from bot.relay.refs import ByEmail, ByNumber


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("HELP me", Help()),
        ("list", ListQueue("")),
        ("list mine", ListQueue("mine")),
        ("  List\t Unassigned ", ListQueue("unassigned")),
        ("list pending", ListQueue("pending")),
        ("list unresolved", ListQueue("unresolved")),
        ("list resolved", ListQueue("resolved")),
        ("show 12", Show(ByNumber(12))),
        ("SHOW   #12", Show(ByNumber(12))),
        ("show\u00a0#12", Show(ByNumber(12))),
        (
            "show <mailto:anna@example.com|anna@example.com>",
            Show(ByEmail("anna@example.com")),
        ),
        ("resolve #3", SetStateOf(State.RESOLVED, ByNumber(3))),
        ("unresolve #3", SetStateOf(State.UNRESOLVED, ByNumber(3))),
        ("reopen #3", SetStateOf(State.UNRESOLVED, ByNumber(3))),
        ("pending #3", SetStateOf(State.PENDING, ByNumber(3))),
        ("who Anna Smith", Who("Anna Smith")),
        ("who <mailto:anna@example.com|anna@example.com>", Who("anna@example.com")),
        ("who <@U1|anna>", Who("anna")),
        ("who AT&amp;T", Who("AT&T")),
    ],
)
def test_each_command_is_read(typed: str, meant: Command) -> None:
    """Case and the kind of white space do not matter; arguments lose Slack's marks."""
    assert parse_command(typed) == meant


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("show", "Type /crisp show and which conversation: its number (#12)"),
        ("resolve ", "Type /crisp resolve and which conversation"),
        ("pending", "Type /crisp pending and which conversation"),
        ("who", "Type /crisp who and the e-mail or the name"),
        ("who  ", "Type /crisp who and the e-mail or the name"),
        ("show anna", "That names no conversation: give its number (#12), session id"),
        ("resolve 1 2", "That names no conversation"),
        ("list everything", "Type /crisp list alone, or with pending"),
        ("list mine unassigned", "Type /crisp list alone, or with pending"),
        ("lsit", "There is no such command: type /crisp list if you meant that"),
        ("unresolved 3", "There is no such command: type /crisp unresolve if you meant that"),
        ("42", "There is no such command: type /crisp help"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(typed: str, told: str) -> None:
    """A missing or wrong argument and an unknown command get one sentence that helps."""
    command = parse_command(typed)
    assert isinstance(command, Misused)
    assert command.sentence.startswith(told)
    assert command.sentence.endswith(".")
    assert ". " not in command.sentence


def test_help_lists_what_can_be_typed() -> None:
    """Every command of the help is read as one, and every word that is read is in the help."""
    for usage, _ in texts.COMMANDS:
        example = usage.replace("REF", "1").replace("QUERY", "anna").partition("[")[0]
        assert not isinstance(parse_command(example), Misused)
    told = " ".join(f"{usage} {what}" for usage, what in texts.COMMANDS)
    assert all(word in told for word in (*STATES, *LISTS, "show", "who", "list", "help"))


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is typed is a command, a question or a sentence that helps."""
    command = parse_command(text)
    assert not isinstance(command, Misused) or command.sentence
