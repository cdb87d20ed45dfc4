"""Saved replies: the file, what is filled in, what is found, and when one is sent."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config import load
from bot.config.bridge import BridgeConfig
from bot.config.bridge import SavedReplies as Named
from bot.doctor import Check, examine_saved_replies
from bot.domain import Arrival, Contact, Source
from bot.errors import ConfigError
from bot.markup import literal
from bot.relay.access import Rules
from bot.relay.answer import Respond, Tell
from bot.relay.decisions import Change
from bot.relay.effects import Say
from bot.relay.saved import PLACEHOLDERS, Missing, SavedReply, fill, known_of, matching
from bot.saved_replies import SavedReplies, read
from bot.simulator.page.show import REPLIES_TOML
from tests.core_kit import CHANNEL, OPERATOR, RULES, SESSION
from tests.handlers_kit import Stored, command, kinds, payloads, press, reply, texts

ENV = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_CHANNEL": "C1",
    "CRISP_WEBSITE_ID": "00000000-0000-4000-8000-000000000001",
    "CRISP_TOKEN_IDENTIFIER": "x",
    "CRISP_TOKEN_KEY": "x",
}
ROOT = Path(__file__).parent.parent
HELLO = """
[Hello]
title = "Good day"
text = '''
Hello {customer.first_name|there},

{{braces}} and **bold** from {agent.first_name} of {company}.
'''
[name]
text = "Dear {customer.name}"
[long]
text = "{agent.name}"
language = "de"
"""


def written(tmp_path: Path, text: str) -> Path:
    """Write a file of replies."""
    path = tmp_path / "replies.toml"
    path.write_text(text)
    return path


@pytest.fixture
def replies(tmp_path: Path) -> dict[str, SavedReply]:
    """Return the replies above."""
    return dict(read(written(tmp_path, HELLO)))


@pytest.fixture
def rules(replies: dict[str, SavedReply]) -> Rules:
    """Return the rules of a bridge that has the replies above."""
    return replace(RULES, saved_replies=lambda: replies)


def known(name: str = "Maya Lind", **more: str) -> dict[str, str]:
    """Return what is known of a customer."""
    contact = Contact(nickname=name, **more)  # type: ignore[arg-type]
    return known_of(contact, agent="Ana Silva", company="Acme")


# --- the file


def test_lines_stay_and_gaps_are_filled(replies: dict[str, SavedReply]) -> None:
    """The code counts in any case; what is written twice is one brace."""
    assert fill(replies["hello"], known()) == (
        "Hello Maya,\n\n{braces} and **bold** from Ana of Acme."
    )
    assert str(fill(replies["hello"], known(""))).startswith("Hello there,")
    assert fill(replies["name"], known("")) == Missing("customer.name")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maya Lind", "Maya"),
        ("visitor482", ""),
        ("Visitor #12", ""),
        ("maya@acme.test", ""),
        ("  ", ""),
    ],
)
def test_a_first_name_is_a_name(name: str, first: str) -> None:
    """Crisp's own numbering and an e-mail address are nobody's first name."""
    assert known(name)["customer.first_name"] == first


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("**Bold**", r"\*\*Bold\*\*"),
        ("[x](https://evil.test)", r"\[x\](https://evil.test)"),
        ("# Big\nsecond", r"\# Big second"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("<https://evil.test>", r"\<https://evil.test>"),
        ("Jean-Luc O'Neil", "Jean-Luc O'Neil"),
    ],
)
def test_a_customers_name_is_only_a_name(name: str, shown: str) -> None:
    """It makes no formatting, no link, no list and no second line."""
    assert literal(name, 60) == shown


def test_a_customers_name_has_an_end() -> None:
    """A name of a thousand letters is cut."""
    assert len(known("x" * 1000)["customer.name"]) <= 60


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[a]\ntext = '{customer.nmae}'", "a.text has an unknown placeholder {customer.nmae}: did"),
        ("[a]\ntext = '{}'", "did you mean {"),
        ("[a]\ntext = 'so } so'", 'a.text has a single "}": write "}}".'),
        ("[a]\ntext = 'so { so'", 'a.text has a single "{": write "{{".'),
        ("[a]\ntxt = 'x'\ntext = 'x'", "a.txt is an unknown key: did you mean text?"),
        ("[a]\ntitle = 'x'", "a.text is not set: it is required."),
        ("[a]\ntext = ' '", "a.text string should have at least 1 character."),
        ("a = 'x'", "a must be a table with a text, as in [a]."),
        ("['a b']\ntext = 'x'", '"a b" is no code'),
        ("[a]\ntext = 'x'\n[A]\ntext = 'x'", "A is there twice"),
        ("a = ", "is not valid TOML"),
    ],
)
def test_each_mistake_in_the_file_has_its_sentence(
    toml: str, sentence: str, tmp_path: Path
) -> None:
    """Nothing is read of a file with a mistake; what is nearest is named."""
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, toml))
    (problem,) = caught.value.problems
    assert sentence in problem


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """A broken or missing one keeps what was read before, and is said once."""
    path = written(tmp_path, HELLO)
    shelf = SavedReplies(path)
    shelf.refresh()
    assert set(shelf.current()) == {"hello", "name", "long"}
    with capture_logs() as logs:
        for _ in range(3):
            path.write_text("[a]\ntext = '{nobody}'")
            os.utime(path, (2, 2))
            shelf.refresh()
        path.unlink()
        shelf.refresh()
        shelf.refresh()
    assert [log["event"] for log in logs] == ["saved_replies.broken"] * 2
    assert set(shelf.current()) == {"hello", "name", "long"}
    path.write_text("[new]\ntext = 'x'")
    shelf.refresh()
    assert set(shelf.current()) == {"new"}


def test_without_a_file_there_are_none() -> None:
    """No file is named by default."""
    shelf = SavedReplies(None)
    shelf.refresh()
    assert shelf.current() == {}


def test_the_example_and_the_documentation_are_right() -> None:
    """The sample file can be used as it is; each placeholder is documented."""
    assert set(read(ROOT / "replies.example.toml")) == {"thanks", "refund", "bye"}
    documented = (ROOT / "docs/saved-replies.md").read_text(encoding="utf-8")
    assert all(f"| `{{{name}}}` |" in documented for name in PLACEHOLDERS)


def test_the_doctor_reads_the_file(tmp_path: Path) -> None:
    """It says how many replies there are, or each mistake; nothing where no file is named."""

    def found(file: str) -> list[tuple[str, str]]:
        bridge = BridgeConfig(saved_replies=Named(file=file))
        checks: list[Check] = []
        examine_saved_replies(load(ENV, env_file=None, bridge=bridge), checks.append)
        return [(check.status.value, check.message) for check in checks]

    assert found("") == []
    good = written(tmp_path, HELLO)
    assert found(str(good)) == [("ok", f"3 in {good}.")]
    (missing,) = found(str(tmp_path / "none.toml"))
    assert missing[0] == "warn"
    assert "cannot be read" in missing[1]


def test_the_demo_has_three_replies(tmp_path: Path) -> None:
    """They can be read, and say something of a customer without a name as well."""
    found = read(written(tmp_path, REPLIES_TOML))
    assert set(found) == {"thanks", "refund", "bye"}
    assert not [r for r in found.values() if isinstance(fill(r, known("")), Missing)]


def test_words_find_replies(replies: dict[str, SavedReply]) -> None:
    """By code, title and text; what is like a code next; all of them where nothing fits."""
    assert [r.code for r in matching(replies, "good DAY")] == ["hello"]
    assert [r.code for r in matching(replies, "helo")] == ["hello"]
    assert len(matching(replies, "xyzzy")) == len(matching(replies, "")) == 3


# --- sending


def world() -> Stored:
    """Return a stored world whose customer has a name."""
    stored = Stored()
    contact = {"nickname": "Maya", "email": "maya@acme.test"}
    stored.tx.change(Change(SESSION, {"contact": contact}))
    return stored


def test_a_code_in_the_thread_sends_at_once_under_the_agents_name(rules: Rules) -> None:
    """What was typed stays in Slack; nothing else is said, for the thread will show it."""
    decision = world().decide(reply("!r HELLO"), rules)
    assert decision is not None
    assert decision.message is not None
    assert decision.message.state == "kept"
    (said,) = payloads(decision)
    assert isinstance(said, Say)
    assert said.markdown.startswith("Hello Maya,\n\n{braces}")
    assert (said.type, said.speaker.name) == ("text", OPERATOR.name)
    assert said.answer is not None
    assert said.answer.success == ""


def test_a_command_is_told_once_it_is_sent(rules: Rules) -> None:
    """From /crisp, where no thread is in sight; a conversation that is gone gets nothing."""
    stored = world()
    (said,) = payloads(stored.decide(command("r 1 hello"), rules))
    assert isinstance(said, Say)
    assert said.answer is not None
    assert said.answer.success == "Sent to the customer of #1."
    stored.tx.change(Change(SESSION, {"gone": True}))
    assert kinds(stored.decide(command("r 1 hello"), rules)) == ["respond"]


@pytest.mark.parametrize("typed", ["!r", "!r helo", "!r hello there"])
def test_what_is_no_code_sends_nothing_and_offers_a_menu(typed: str, rules: Rules) -> None:
    """A slip of the finger must not send something else."""
    (told,) = payloads(world().decide(reply(typed), rules))
    assert isinstance(told, Tell)
    select = told.blocks[1]["elements"][0]
    assert select["type"] == "static_select"
    assert [len(o["value"]) <= 150 for o in select["options"]].count(False) == 0


def test_who_may_not_and_what_is_not_known_sends_nothing(rules: Rules) -> None:
    """No file, no name for a gap, no operator where one is needed."""
    stored = Stored()
    assert "no saved replies" in texts(stored.decide(reply("!r hello")))
    assert "needs {customer.name}" in texts(stored.decide(reply("!r name"), rules))
    strict = replace(rules, unmapped_agents="refuse")
    stored.tx.save_operators([])
    refused = stored.decide(press("verb:r:x", value=f'{{"s":"{SESSION}","a":"hello"}}'), strict)
    assert "not matched" in texts(refused)


def chosen(value: str, *, fact: str) -> Arrival:
    """Return the press of an option or button of a message that only Ana sees."""
    body = {
        "type": "block_actions",
        "user": {"id": "UANA"},
        "channel": {"id": CHANNEL},
        "container": {"is_ephemeral": True, "channel_id": CHANNEL},
        "response_url": "https://hooks.test/1",
        "actions": [{"action_id": "verb:r:x", "selected_option": {"value": value}}],
    }
    return Arrival(Source.SLACK, "action:verb:r:x", body, fact=fact)


def test_what_is_chosen_is_shown_first_and_sent_once(rules: Rules) -> None:
    """The preview takes the menu's place; its button sends, and a second press does not."""
    stored = world()
    shown = stored.apply(chosen(f'{{"s":"{SESSION}","a":"hello"}}', fact="1"), rules)
    (preview,) = payloads(shown)
    assert isinstance(preview, Respond)
    assert preview.replaces
    assert "Hello Maya" in str(preview.blocks)
    value = preview.blocks[-1]["elements"][0]["value"]
    first = stored.decide(press("verb:r:send", value=value), rules)
    assert first is not None
    assert kinds(first) == ["say"]
    assert first.once is not None
    stored.tx.record(Arrival(Source.SLACK, "once", {}, fact=first.once))
    again = stored.decide(press("verb:r:send", value=value), rules)
    assert kinds(again) == ["respond"]
    assert "settled" in texts(again)


def test_nothing_is_sent_but_what_was_shown(rules: Rules) -> None:
    """The file has changed since the preview: the new text is shown first."""
    stored = world()
    shown = stored.apply(chosen(f'{{"s":"{SESSION}","a":"hello"}}', fact="1"), rules)
    (preview,) = payloads(shown)
    assert isinstance(preview, Respond)
    value = preview.blocks[-1]["elements"][0]["value"]
    changed = {"hello": SavedReply("hello", ("Something else",))}
    later = replace(rules, saved_replies=lambda: changed)
    (anew,) = payloads(stored.decide(press("verb:r:send", value=value), later))
    assert isinstance(anew, Respond)
    assert "Something else" in str(anew.blocks)


def test_a_menu_of_thousands_and_a_preview_of_a_long_text_fit() -> None:
    """Slack takes no more than about 13,000 characters of blocks."""
    many = {f"code-{n}": SavedReply(f"code-{n}", ("**x** " * 3000,), "T" * 200) for n in range(999)}
    rules = replace(RULES, saved_replies=lambda: many)
    stored = world()
    (menu,) = payloads(stored.decide(reply("!r"), rules))
    shown = stored.decide(chosen(f'{{"s":"{SESSION}","a":"code-1"}}', fact="1"), rules)
    (preview,) = payloads(shown)
    for post in (menu, preview):
        assert isinstance(post, Tell | Respond)
        assert len(str(post.blocks)) < 12_000
    assert isinstance(menu, Tell)
    assert "999" in menu.blocks[-1]["text"]["text"]
