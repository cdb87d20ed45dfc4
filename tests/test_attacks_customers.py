"""Whatever a customer writes, in whichever field: it is shown as it is, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot import cards, texts
from bot.cards.faces import Faces
from bot.cards.summary import LONGEST
from bot.crisp import convert, models
from bot.domain import (
    Author,
    ChannelId,
    Contact,
    Conversation,
    Json,
    MessageTs,
    Millis,
    Operator,
    OperatorId,
    Post,
    SessionId,
    Source,
    Speaker,
    State,
    WebsiteId,
)
from bot.files import own_hosts, read_crisp_file
from bot.lookups import Colleague, Earlier, Fate, PartFate, People, Said, Website
from bot.markup import one_line
from bot.outbox import rendering
from bot.outbox.roots import visitor
from bot.relay import privacy
from bot.relay.effects import PostMessage
from bot.sensitive import Kind, hide
from bot.slack.client import labelled, named
from bot.slack.files import labelled as file_label
from handlers import crisp_messages
from tests.core_kit import RULES
from tests.handlers_kit import crisp
from tests.markup_kit import TOKENS, check_message, check_object, units, walk

SESSION = SessionId("session_5a3d1c60-1f0e-4d8e-9a51-7f2f6a3b9d10")
INBOX = convert.inbox_url("8c842203-7ed8-4e29-a608-7cf78a7d2fcc", SESSION)
THREAD = "https://acme.slack.com/archives/C1/p1700000001000200"
OURS = {INBOX, THREAD}
NOW = Millis(1_763_798_400_000)
ATTACKS = [
    "<!channel>", "<!here>", "<!everyone>", "@channel", "@here", "<@U0ANA00001>", "<#C0123456789>",
    "<!subteam^S1|@team>", "<!date^1^{date}|x>", "<https://evil.example|https://bank.example>",
    "[https://bank.example](https://evil.example)", "[Open in Crisp](https://evil.example)",
    "<mailto:a@evil.example|boss@bank.example>", "![x](https://evil.example/p.png)",
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "slack://channel?id=C1",
    "&lt;!channel&gt;", "&amp;lt;", "*bold*", "_i_", "~s~", "`c`", "```", "> q", ":tada:", ":U1:",
    "\u202egnp.exe", "\u2066x", "\u2069", "\u200f", "\u200b", "\u200d", "\ufeff", "\u00ad",
    "\U000e0041", "\x1b[2J\x1b[31m", "\x1b]0;title\x07", "\x00", "\x08\x08", "\x7f", "\x85", "\r",
    "\n", "\n\n✅ Resolved by Ana\n", "\u2028", "\t", "\ud83d", "a" + "\u0301" * 60, "e\u0489" * 9,
    "ﷺ", "שלום", "👨\u200d👩\u200d👧", "{name}", "{0.__class__}", "%s%n", "' OR 1=1 --",
    "<script>alert(1)</script>", "../../etc/passwd", "C:\\x.exe", "https://10.0.0.1/x",
    *TOKENS[:20],
]  # fmt: skip


def repeated(text: str, times: int) -> str:
    """Return a text many times over, not too long to be read by a test."""
    return (text * times)[:5_000]


hostile = st.one_of(
    st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=8).map("".join),
    st.tuples(st.sampled_from(ATTACKS), st.integers(1, 400)).map(lambda two: repeated(*two)),
)
wild = settings(
    deadline=None, max_examples=8, print_blob=False,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


class Field:
    """Draws another hostile text for each field, of a few: what is drawn is shared."""

    def __init__(self, drawn: list[str]) -> None:
        self._drawn = drawn
        self._next = 0

    def __call__(self) -> str:
        self._next += 1
        return self._drawn[self._next % len(self._drawn)]


fields = st.lists(hostile, min_size=3, max_size=7).map(Field)


def conversation_json(f: Field) -> Json:
    """Return a conversation as Crisp sends it, with the customer's words in every place."""
    return {
        "session_id": SESSION, "state": "unresolved", "last_message": f(), "topic": f(),
        "preview_message": {"type": "text", "from": "user", "excerpt": f()},
        "participants": [{"type": "email", "target": f()} for _ in range(4)],
        "waiting_since": NOW, "updated_at": NOW,
        "meta": {
            "nickname": f(), "email": f(), "phone": f(), "address": f(), "avatar": f(),
            "subject": f(), "origin": f(), "segments": [f(), f()], "ip": f(),
            "data": {"company": f(), f(): f()},
            "device": {
                "geolocation": {"country": f(), "region": f(), "city": f()}, "timezone": f(),
                "system": {
                    "os": {"name": f(), "version": f()},
                    "browser": {"name": f(), "version": f(), "major": f()}, "useragent": f(),
                },
                "locales": [f()],
            },
        },
    }  # fmt: skip


def person_json(f: Field) -> Json:
    """Return a profile as Crisp sends it."""
    place = {"country": f(), "region": f(), "city": f()}
    return {
        "people_id": "5a3d1c60-1f0e-4d8e-9a51-7f2f6a3b9d10", "email": f(), "notepad": f(),
        "segments": [f(), f()],
        "person": {
            "nickname": f(), "avatar": f(), "phone": f(), "address": f(), "website": f(),
            "description": f(), "timezone": f(), "locales": [f()], "geolocation": place,
            "employment": {"name": f(), "title": f(), "role": f()},
        },
        "company": {"name": f(), "legal_name": f(), "domain": f(), "url": f()},
    }  # fmt: skip


def contents(f: Field) -> dict[str, object]:
    """Return a message of each type, with the customer's words in every place."""
    choice = {"value": f(), "icon": f(), "label": f(), "selected": True}
    card = {
        "title": f(), "description": f(), "image": f(), "actions": [{"label": f(), "url": f()}],
    }  # fmt: skip
    return {
        "text": f(), "note": f(),
        "file": {"name": f(), "url": f(), "type": f()},
        "image": {"name": f(), "url": f(), "type": "image/png"},
        "animation": {"url": f(), "type": f()},
        "audio": {"url": f(), "type": f(), "duration": 3},
        "picker": {"id": f(), "text": f(), "choices": [choice, {**choice, "selected": False}]},
        "field": {"id": f(), "text": f(), "explain": f(), "value": f()},
        "carousel": {"text": f(), "targets": [card, card]},
        "event": {"namespace": f(), "text": f()},
        f(): {"text": f(), "content": f()},
    }  # fmt: skip


def contact_of(f: Field) -> Contact:
    """Read who the customer is, as the bridge does."""
    found = models.read(models.Conversation, conversation_json(f))
    page = models.read(models.VisitedPage, {"page_title": f(), "page_url": f()})
    assert found is not None
    contact = convert.conversation_contact(found, page=page)
    return Contact(
        **{
            **{name: getattr(contact, name) for name in contact.__dataclass_fields__},
            "trail": (f(), f()), "rating": 5, "rating_comment": f(), "verified": True,
        }
    )  # fmt: skip


def messages(f: Field) -> Iterator[tuple[str, Post]]:
    """Yield what is shown of a customer's messages, by where it stands."""
    speaker = Speaker(f(), f())
    for kind, content in contents(f).items():
        markdown = cards.generic_summary(kind, content, inbox_url=INBOX)
        styles = ("note",) if kind == "note" else ("message", "context")
        for style in styles:
            payload = PostMessage(markdown, speaker, Author.VISITOR, style, removed=kind == "field")
            yield f"message {kind[:20]!r} as {style}", rendering.post_of([payload])
    yield "history", cards.history_post(
        Earlier((Said(f(), Author.VISITOR, f(), NOW), Said(f(), Author.OPERATOR, f(), NOW))),
        session_id=SESSION, former=THREAD,
    )  # fmt: skip
    yield "recap", cards.recap_post(Earlier((Said(f(), Author.VISITOR, f(), NOW),)), former=THREAD)


def posts(f: Field) -> Iterator[tuple[str, Post]]:
    """Yield the other posts that show something of the customer's, by where it stands."""
    contact = contact_of(f)
    conversation = Conversation(
        12, SESSION, State.UNRESOLVED, ChannelId("C1"), MessageTs("1.2"), contact=contact,
        waiting_since=NOW,
    )  # fmt: skip
    found = models.read(models.Conversation, conversation_json(f))
    person = models.read(models.PersonProfile, person_json(f))
    assert found is not None
    assert person is not None
    link = convert.to_link(found, website_id="8c842203-7ed8-4e29-a608-7cf78a7d2fcc")
    somebody = convert.to_person(person, data={f(): f(), "b": [f()]}, conversations=(link,))
    speaker = Speaker(f(), f())
    said = f()[:5_000]
    yield (
        "card",
        cards.root_card(cards.CardView(conversation, said, speaker, inbox_url=INBOX, typing=True)),
    )
    yield (
        "details",
        cards.conversation_details(
            conversation, assignee=None, links=[link], inbox_url=INBOX, permalink=THREAD
        ),
    )
    yield "list", cards.conversation_list([link] * 3, title=f(), total=9)
    yield "link", cards.link_card(link)
    yield "person", cards.people_card(somebody)
    yield "all of a person", cards.person_more(somebody, 1)
    for number, exact in ((0, False), (2, True), (3, False), (9, False)):
        people = People((somebody,) * number, exact=exact)
        yield f"{number} people", cards.people_answer(people, query=f())
    changed = {"email": f()[:3_000], "about": f()[:3_000]}
    yield "conflict", cards.person_conflict(somebody.people_id, changed, changed)
    yield "notification", cards.customer_wrote(12, f(), THREAD)
    yield "line", cards.context_line(f())
    yield "sentence", cards.sentence(f"{visitor(conversation).name}: {f()}")
    yield "operators", cards.operators_card([Colleague(f(), f(), f(), online=True)])
    yield "website", cards.website_card(Website(WebsiteId("8c842203"), f(), f()))
    yield "labelled", labelled(cards.sentence(f()), Speaker(f()))


def views(f: Field) -> Iterator[tuple[str, Json]]:
    """Yield each view that shows something of the customer's."""
    conversation = Conversation(12, SESSION, State.PENDING, contact=contact_of(f))
    line = cards.HomeLine(conversation, Operator(OperatorId("u"), f()), THREAD, INBOX)
    yield "home", cards.home_view(cards.HomeView(cards.Place(), {"all": 1}, [line] * 3))
    fate = Fate(SESSION, Author.VISITOR, "text", "delivered", f(), NOW, (PartFate(0, "delivered"),))
    blocks = cards.status_blocks(
        [fate], channel=ChannelId("C1"), ts=MessageTs("1.2"), reason=lambda code: code
    )
    yield "status", cards.status_view(blocks, {"channel": "C1"})
    yield "preview", {"blocks": cards.preview(conversation, None, permalink=THREAD)}
    found = models.read(models.Conversation, conversation_json(f))
    assert found is not None
    link = convert.to_link(found, website_id="w")
    yield "preview of another", {"blocks": cards.preview_in_crisp(link)}


HIDDEN = {"value", "private_metadata", "block_id", "action_id", "initial_value", "type", "url"}
"""What of a payload nobody reads: it is checked, or not shown."""
UNFIT = regex.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\u2028\u2029\ud800-\udfff]"
    r"|[\p{Mn}\p{Me}]{7}"
)


def shown(value: object, name: str = "") -> Iterator[str]:
    """Yield every text of a payload that somebody sees."""
    if isinstance(value, str):
        yield from () if name in HIDDEN else (value,)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from shown(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from shown(inner, name)


def check_payload(where: str, payload: Any) -> None:
    """Assert that nothing acts, nothing hides, and every link is what it says."""
    for text in shown(payload):
        assert not UNFIT.search(text), (where, text)
    for item in walk(payload):
        check_object(item)
        if item.get("type") == "link" and item["url"] not in OURS:
            assert item.get("text", item["url"]) == item["url"], (where, item)
        if item.get("type") == "button" and "url" in item:
            assert item["url"] in OURS, where
        assert not {"image_url", "icon_url", "thumb_url", "slack_file"} & set(item), where


@wild
@given(fields)
def test_nothing_a_customer_writes_acts_in_a_message(f: Field) -> None:
    """In every message that we build: literal, within Slack's limits, nothing hidden or turned."""
    for where, post in (*messages(f), *posts(f)):
        check_message(post.text, post.blocks)
        check_payload(where, post.blocks)
        assert not UNFIT.search(post.text), where


@wild
@given(fields)
def test_nothing_a_customer_writes_acts_in_a_view(f: Field) -> None:
    """App Home, modals and previews are as harmless as messages."""
    for where, view in views(f):
        check_payload(where, view)
        assert len(view["blocks"]) <= 100


@wild
@given(hostile, hostile)
def test_names_and_pictures_on_posts_are_clean(name: str, avatar: str) -> None:
    """The name that a post bears is one short clean line, and a picture is a platform's own."""
    arguments = named(Speaker(name, avatar), Faces())
    for text in (arguments.get("username", ""), visitor(Conversation(1, SESSION)).name):
        assert not UNFIT.search(text)
        assert "\n" not in text
        assert units(text) <= 80
    assert "icon_url" not in arguments
    label = file_label(Speaker(name)).get("initial_comment", "")
    assert not regex.search(r"[<>]|&(?!amp;|lt;|gt;)", label)
    assert not UNFIT.search(label)


@wild
@given(hostile, hostile)
def test_files_have_harmless_names_and_types(name: str, kind: str) -> None:
    """No path, nothing invisible, nothing that turns the ending round, and a type that is one."""
    file = read_crisp_file("file", {"name": name, "type": kind, "url": "https://x.crisp.chat/f"})
    assert file is not None
    assert not UNFIT.search(file.name)
    assert not regex.search(r"[/\\\n<>:\"|?*]|^\.|\.$", file.name)
    assert 0 < len(file.name.encode()) <= 255
    assert regex.fullmatch(r"[a-z]+/[a-z0-9.+_-]+", file.mime)


PLACES = [
    "http://image.crisp.chat/a.png", "https://image.crisp.chat.evil.example/a.png",
    "https://evil.example/image.crisp.chat/a.png", "https://evil.example#image.crisp.chat",
    "https://image.crisp.chat@evil.example/", "https://user:pass@image.crisp.chat/",
    "https://image.crisp.chat:8443/", "https://127.0.0.1/a.png", "https://[::1]/a.png",
    "https://169.254.169.254/latest/meta-data", "https://10.0.0.1/a", "https://0x7f000001/a",
    "https://2130706433/a", "https://localhost/a", "https://evilcrisp.chat/a.png", "//crisp.chat/a",
    "https:image.crisp.chat", "file:///etc/passwd", "data:image/png;base64,AAAA", "javascript:x",
    "https://crisp.chat\\@evil.example/", "https://crisp.chat\u3002evil.example/", "ftp://crisp.chat/",
    "https://crisp.chat%2eevil.example/", "https://\u0441risp.chat/a.png", " https://evil.example ",
]  # fmt: skip


@pytest.mark.parametrize("address", PLACES)
def test_no_picture_from_elsewhere_is_handed_to_slack(address: str) -> None:
    """Slack fetches what it is handed: only Crisp's own pictures are, a coloured sign else."""
    assert "icon_url" not in named(Speaker("Zoe", address), Faces())
    assert own_hosts(Source.CRISP, "https://api.crisp.chat/v1").judge(address) is None


MEGABYTE = 2**20
ENDLESS = {
    "letters": "a" * MEGABYTE, "words": "word " * (MEGABYTE // 5), "lines": "\n" * MEGABYTE,
    "accents": "a" + "\u0301" * MEGABYTE, "overrides": "\u202eab" * (MEGABYTE // 3),
    "joiners": "\u200d" * MEGABYTE, "escapes": "\x1b[31m" * (MEGABYTE // 5),
    "families": "👨\u200d👩\u200d👧" * (MEGABYTE // 5), "brackets": "[" * MEGABYTE,
    "broadcasts": "<!channel>" * (MEGABYTE // 10),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_a_megabyte_becomes_some_posts_and_a_line(name: str) -> None:
    """A message without end takes a bounded part of the channel, and says that it goes on."""
    text = ENDLESS[name]
    markdown = cards.generic_summary("text", text, inbox_url=INBOX)
    assert len(markdown) < LONGEST + 200
    parts = cards.message_parts(markdown)
    assert len(parts) <= LONGEST // 2_000
    left_out = int(regex.search(r"for ([\d,]+) characters", parts[-1])[1].replace(",", ""))  # type: ignore[index]
    assert left_out >= len(text) - LONGEST


def test_a_long_message_is_shown_whole_up_to_the_limit() -> None:
    """What Slack itself takes for one message is not cut."""
    text = ("word " * LONGEST)[:LONGEST]
    assert cards.generic_summary("text", text) == text
    longer = cards.generic_summary("text", text + "and more")
    assert longer.startswith(text[: LONGEST - 200])
    assert longer.endswith(texts.REST_IN_CRISP.format(more=len(text) + 8 - longer.index("\n")))


@pytest.mark.parametrize("name", ["escapes"])
def test_a_megabyte_in_any_other_field_is_looked_at_in_part(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name, address, title or type without end costs no more than a long one."""
    text = ENDLESS[name]
    searched: list[int] = []

    def counted(text: str, *how: Any) -> str:
        searched.append(len(text))
        return hide(text, *how)

    monkeypatch.setattr(privacy, "hide", counted)
    looked_at = [0]

    class Counted(str):
        """Notes how much of it is cut out to be looked at."""

        __slots__ = ()

        def __getitem__(self, key: Any) -> str:
            found = super().__getitem__(key)
            looked_at[0] += len(found)
            return found

    assert units(one_line(Counted(text), 80)) <= 80
    assert 0 < looked_at[0] < 10_000
    f = Field([text])
    for where, post in posts(f):
        assert len(post.blocks) <= 50, where
    for _, view in views(f):
        check_payload("view", view)
    assert read_crisp_file("file", {"name": text, "type": text, "url": "https://x"}) is not None
    event = crisp(
        "message:send", type="file", fingerprint=1, user={"nickname": text},
        content={"name": text, "type": "a/b", "url": "https://x"}, **{"from": "user"},
    )  # fmt: skip
    message = models.read(models.Message, event.payload)
    assert message is not None
    said = crisp_messages.wrote(event, message, RULES, frozenset(Kind))
    assert len(said.speaker.name) <= privacy.LONGEST_LINE
    assert searched
    assert max(searched) <= LONGEST
    assert sum(searched) < MEGABYTE // 2
