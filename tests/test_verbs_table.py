"""The table of verbs: what it names is what there is."""

from __future__ import annotations

import re

import pytest

from bot import texts
from bot.relay import verbs
from bot.relay.commands import BANG, Typed, parse_command
from bot.relay.refs import ByNumber
from bot.relay.verbs import VERBS
from handlers.answers import ANSWERS
from handlers.verbs import ACTS


def test_each_verb_does_or_says_what_stands_under_its_name() -> None:
    """No verb without its act or its answer, and none of these that cannot be reached."""
    assert {verb.name for verb in VERBS if not verb.question} == set(ACTS)
    assert {verb.name for verb in VERBS if verb.question} == set(ANSWERS)


def test_each_verb_has_its_sentences_and_each_word_one_verb() -> None:
    """The catalogue and the table name the same verbs; no alias means two."""
    assert [verb.name for verb in VERBS] == list(texts.VERBS)
    words = [word for verb in VERBS for word in (verb.name, *verb.aliases)]
    assert len(set(words)) == len(words)
    assert all(verb.usage.startswith(verb.name) for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb.name))
def test_a_verb_is_found_in_any_case_with_what_follows(verb: verbs.Verb) -> None:
    """Its name, of one word or two, is cut off; line breaks behind it stay."""
    assert verbs.find(f" {verb.name.upper()}  one\ntwo ") == (verb, "one\ntwo")
    assert verbs.find(verb.name) == (verb, "")
    assert verbs.named(verb.name) is verb


def test_what_is_no_verb_is_told_what_is_nearest() -> None:
    """A slip of the finger finds its verb; what is like nothing finds none."""
    assert verbs.find("resolv #3") is None
    assert verbs.nearest("resolv #3") == "resolve"
    assert verbs.nearest("xyzzy") == ""
    assert verbs.find("") is None


def test_the_manifests_hint_is_the_table() -> None:
    """Every verb that can be typed is in the hint, which Slack limits to 1000 characters."""
    hint = verbs.usage_hint()
    assert len(hint) <= 1000
    assert hint.startswith("help | list")
    assert len(verbs.usage_hint(limit=20)) == 20


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb.name))
def test_each_verb_has_an_example_that_is_read_as_that_verb(verb: verbs.Verb) -> None:
    """Each word that stands for another has one in the catalogue; what is shown can be typed."""
    assert not re.search(r"\b[A-Z]{2,}\b", verbs.example(verb))
    typed = parse_command(verbs.example(verb))
    assert isinstance(typed, Typed)
    assert typed.verb is verb
    here = parse_command(verbs.example(verb, here=True), sign=BANG, here=ByNumber(7))
    assert isinstance(here, Typed)
    assert here.ref == (ByNumber(7) if verb.about == "conversation" else None)


def test_every_verb_is_about_something_that_the_help_names() -> None:
    """No verb is missing in the help for lack of a group."""
    assert {verb.about for verb in VERBS} == set(texts.HELP_GROUPS)


def test_what_is_confirmed_by_a_number_says_what_is_lost() -> None:
    """Such a verb takes the number, and its loss is put in words."""
    numbered = [verb for verb in VERBS if verb.asks == "number"]
    assert {verb.name for verb in numbered} == set(texts.LOSES)
    assert all(verb.takes == "optional" for verb in numbered)
