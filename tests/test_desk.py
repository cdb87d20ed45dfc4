"""Looking things up: what is asked of Crisp, and how it is joined with what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.crisp.client import CrispClient
from bot.crisp.transport import DirectTransport
from bot.desk import EXPANDED, PAGE, READS, Desk
from bot.desk.people import LISTED, PER_PAGE
from bot.domain import (
    ChannelId,
    Contact,
    MessageTs,
    OperatorId,
    SessionId,
    Source,
    State,
    WebsiteId,
)
from bot.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unreachable
from bot.lookups import Queue
from bot.relay.decisions import Change
from bot.relay.refs import ByEmail, ByNumber, BySession, ByThread
from bot.simulator.crisp import CrispSimulator
from handlers.answers.asked import Lookup
from tests.core_kit import RULES
from tests.questions_kit import BEN, CannedCrisp, Store, session, store, wire

ANNA = Contact(nickname="Anna", email="anna@example.com")
AWAY = Unreachable(Source.CRISP, "GET x", "unreachable")
GONE = Refused(Source.CRISP, "GET x", "people_not_found", status=404)


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[Store]:
    """Give a database."""
    async with store(tmp_path) as ready:
        yield ready


def permalink(channel: ChannelId, ts: MessageTs) -> str:
    """Stand in for Slack's addresses."""
    return f"https://slack.test/{channel}/{ts}"


def desk(stored: Store, crisp: CannedCrisp) -> Desk:
    """Return a desk on these two."""
    return Desk(stored.reader, crisp.client, permalink=permalink, rules=RULES)


def lists(*, waiting: Any = (), updated: Any = ()) -> CannedCrisp:
    """Return a Crisp with these two lists."""

    def answer(query: dict[str, Any]) -> Any:
        found = waiting if "order_date_waiting" in query else updated
        return list(found) if isinstance(found, list | tuple) else found

    return CannedCrisp({"conversations/1": answer})


def names(queue: Queue) -> list[SessionId]:
    """Return what a list holds."""
    return [link.session_id for link in queue.links]


# --- the queue


async def test_the_queue_is_joined_with_what_is_stored(stored: Store) -> None:
    """A line of the queue has our number, the thread's address and the operator's name."""
    await stored.add(7, thread="1700000000.000100")
    seven = wire(7, nickname="Anna", assigned={"user_id": BEN.user_id}, waiting_since=5)
    crisp = lists(waiting=[seven], updated=[seven, wire(8, assigned={"user_id": "op-gone"})])
    found = await desk(stored, crisp).queue("")
    first, second = found.links
    assert (first.title, first.number, first.assignee) == ("Anna", 1, "Ben Hart")
    assert first.permalink == "https://slack.test/C1/1700000000.000100"
    assert (second.number, second.permalink, second.assignee) == (None, None, "an operator")
    assert (found.total, found.live) == (2, True)


async def test_the_longest_waiting_come_first_and_the_answered_last(stored: Store) -> None:
    """Waiting conversations go by waiting time, the others by activity, in two calls."""
    waiting = [wire(1, waiting_since=30), wire(2, waiting_since=10)]
    rest = [wire(3, updated_at=50), wire(4, updated_at=90), wire(1, waiting_since=30)]
    crisp = lists(waiting=waiting, updated=rest)
    found = await desk(stored, crisp).queue("")
    assert names(found) == [session(2), session(1), session(4), session(3)]
    assert [query for _, query in crisp.calls] == [
        {"per_page": PAGE, "filter_not_resolved": 1, "order_date_waiting": 1},
        {"per_page": PAGE, "filter_not_resolved": 1, "order_date_updated": 1},
    ]


@pytest.mark.parametrize(
    ("which", "query", "expected"),
    [
        ("pending", {"filter_not_resolved": 1}, [1]),
        ("unresolved", {"filter_not_resolved": 1}, [2, 3]),
        ("resolved", {"filter_resolved": 1}, [4]),
        ("mine", {"filter_not_resolved": 1, "filter_assigned": "op-ben"}, [3]),
        ("unassigned", {"filter_not_resolved": 1, "filter_unassigned": 1}, [1, 2]),
        ("", {"filter_not_resolved": 1}, [1, 2, 3]),
    ],
)
async def test_each_list_holds_what_it_says_whatever_crisp_lets_through(
    stored: Store, which: str, query: dict[str, Any], expected: list[int]
) -> None:
    """Crisp is asked for as much of the filter as it knows, and the answer is checked again."""
    everything = [
        wire(1, "pending", updated_at=9),
        wire(2, updated_at=8),
        wire(3, updated_at=7, assigned={"user_id": "op-ben"}),
        wire(4, "resolved", updated_at=6),
    ]
    crisp = lists(waiting=everything, updated=everything)
    found = await desk(stored, crisp).queue(which, BEN.user_id)
    assert names(found) == [session(n) for n in expected]
    assert found.total == len(expected)
    asked = crisp.calls[-1][1]
    assert {k: v for k, v in asked.items() if k.startswith("filter")} == query


async def test_a_full_page_is_not_called_the_whole(stored: Store) -> None:
    """Where Crisp has more than was read, the total is unknown; one full page is enough."""
    full = [wire(n, waiting_since=n + 1) for n in range(PAGE)]
    crisp = lists(waiting=full)
    found = await desk(stored, crisp).queue("")
    assert (len(found.links), found.total, len(crisp.calls)) == (PAGE, None, 1)
    resolved = lists(updated=[wire(n, "resolved") for n in range(PAGE)])
    assert (await desk(stored, resolved).queue("resolved")).total is None


@pytest.mark.parametrize(
    "err",
    [
        AWAY,
        RateLimited(Source.CRISP, "GET x", "rate_limited"),
        Ambiguous(Source.CRISP, "GET x", "timeout"),
        Unauthorized(Source.CRISP, "GET x", "invalid_session"),
    ],
)
async def test_what_is_stored_is_shown_when_crisp_does_not_answer(
    stored: Store, err: Exception
) -> None:
    """The queue as last stored, in the same order, and it says that it is not Crisp's."""
    await stored.add(1, waiting_since=30, contact=ANNA)
    await stored.add(2, State.PENDING, waiting_since=10, assignee="op-ben")
    await stored.add(3, State.RESOLVED)
    await stored.add(4, updated_at=5)
    away = desk(stored, lists(waiting=err, updated=err))
    found = await away.queue("")
    assert names(found) == [session(2), session(1), session(4)]
    assert (found.live, found.total) == (False, 3)
    assert (found.links[0].assignee, found.links[1].email) == ("Ben Hart", "anna@example.com")
    assert names(await away.queue("pending")) == [session(2)]
    assert names(await away.queue("resolved")) == [session(3)]
    assert names(await away.queue("mine", BEN.user_id)) == [session(2)]
    assert names(await away.queue("unassigned")) == [session(1), session(4)]


async def test_a_long_stored_queue_is_not_called_the_whole(stored: Store) -> None:
    """Where more is stored than fits, the total is left open."""
    for number in range(PAGE + 1):
        await stored.add(number)
    found = await desk(stored, lists(waiting=AWAY)).queue("")
    assert (len(found.links), found.total) == (PAGE, None)


async def test_half_an_answer_of_crisps_is_better_than_an_old_one(stored: Store) -> None:
    """When only the second call fails, the first one's answer is shown, as the first of more."""
    await stored.add(5)
    found = await desk(stored, lists(waiting=[wire(1, waiting_since=1)], updated=AWAY)).queue("")
    assert (names(found), found.total, found.live) == ([session(1)], None, True)


async def test_mine_needs_somebody(stored: Store) -> None:
    """Asking for one's own without saying who is a mistake of the caller's, not everybody's."""
    with pytest.raises(ValueError, match="whose"):
        await desk(stored, lists()).queue("mine", None)


# --- one conversation


async def test_details_are_fresh_and_keep_what_only_we_know(stored: Store) -> None:
    """State, assignee and contact are Crisp's of now; number, thread and page are ours."""
    contact = Contact(nickname="Anna", email="anna@example.com", page_url="https://acme.test/a")
    await stored.add(1, contact=contact, thread="1700000000.000100", updated_at=5)
    fresh = wire(
        1,
        "pending",
        nickname="Anna B.",
        email="anna@example.com",
        updated_at=9,
        waiting_since=7,
        assigned={"user_id": "op-ben"},
    )
    found = await desk(stored, CannedCrisp({f"conversation/{session(1)}": fresh})).details(
        ByNumber(1)
    )
    assert found is not None
    assert found.conversation is not None
    now = found.conversation
    assert (now.number, now.state, now.waiting_since) == (1, State.PENDING, 7)
    assert (now.contact.nickname, now.contact.page_url) == ("Anna B.", "https://acme.test/a")
    assert found.assignee == BEN
    assert found.link.permalink == "https://slack.test/C1/1700000000.000100"
    assert found.link.inbox_url.endswith(f"/inbox/{session(1)}/")


async def test_an_answer_without_a_contact_leaves_the_one_we_have(stored: Store) -> None:
    """Crisp may leave the meta out: that is no reason to forget who the customer is."""
    await stored.add(1, contact=ANNA)
    crisp = CannedCrisp({f"conversation/{session(1)}": wire(1, "resolved", updated_at=9)})
    found = await desk(stored, crisp).details(ByNumber(1))
    assert found is not None
    assert found.conversation is not None
    assert (found.conversation.state, found.conversation.contact) == (State.RESOLVED, ANNA)


@pytest.mark.parametrize("answer", [AWAY, GONE, wire(1, "resolved", updated_at=3)])
async def test_details_are_as_stored_where_crisp_knows_no_better(
    stored: Store, answer: object
) -> None:
    """An error or an answer from an old cache leaves what is stored."""
    await stored.add(1, State.PENDING, contact=ANNA, updated_at=5)
    found = await desk(stored, CannedCrisp({f"conversation/{session(1)}": answer})).details(
        BySession(session(1))
    )
    assert found is not None
    assert found.conversation is not None
    assert (found.conversation.state, found.conversation.contact) == (State.PENDING, ANNA)


async def test_details_lead_to_the_customers_other_conversations(stored: Store) -> None:
    """The others are those with the same e-mail, whatever its case, the newest first."""
    await stored.add(1, contact=ANNA)
    await stored.add(2, contact=Contact(email="ANNA@example.com"))
    await stored.add(3, contact=Contact(email="joanna@example.com"))
    await stored.add(4, contact=ANNA)
    crisp = CannedCrisp({f"conversation/{session(n)}": AWAY for n in range(1, 5)})
    found = await desk(stored, crisp).details(ByNumber(2))
    assert found is not None
    assert [link.session_id for link in found.others] == [session(4), session(1)]
    nameless = CannedCrisp({f"conversation/{session(5)}": AWAY})
    await stored.add(5)
    await stored.add(6)
    alone = await desk(stored, nameless).details(ByNumber(5))
    assert alone is not None
    assert alone.others == ()


async def test_what_is_not_stored_is_found_in_crisp(stored: Store) -> None:
    """A session id that we do not hold is read from Crisp, and shown without a number."""
    answer = wire(9, nickname="Zoe", assigned={"user_id": "op-ben"})
    found = await desk(stored, CannedCrisp({f"conversation/{session(9)}": answer})).details(
        BySession(session(9))
    )
    assert found is not None
    assert found.conversation is None
    assert (found.link.title, found.link.number, found.link.assignee) == ("Zoe", None, "Ben Hart")


async def test_an_email_that_is_not_stored_is_compared_exactly(stored: Store) -> None:
    """Crisp finds parts of words: only the newest with the very address is meant."""
    crisp = CannedCrisp(
        {
            "conversations/1": [
                wire(1, email="joanna@example.com", updated_at=99),
                wire(2, email="Anna@Example.com", updated_at=1),
                wire(3, email="anna@example.com", updated_at=2),
            ]
        }
    )
    found = await desk(stored, crisp).details(ByEmail("anna@example.com"))
    assert found is not None
    assert found.link.session_id == session(3)
    assert await desk(stored, crisp).details(ByEmail("nna@example.com")) is None


async def test_what_is_nowhere_is_none_and_what_cannot_be_asked_raises(stored: Store) -> None:
    """An unknown number or thread needs no call; not being able to look is no *no*."""
    crisp = CannedCrisp(
        {
            f"conversation/{session(1)}": Refused(Source.CRISP, "GET x", "gone", status=404),
            f"conversation/{session(2)}": AWAY,
        }
    )
    at = desk(stored, crisp)
    assert await at.details(ByNumber(12)) is None
    assert await at.details(ByThread(ChannelId("C1"), MessageTs("1700000000.000100"))) is None
    assert crisp.calls == []
    assert await at.details(BySession(session(1))) is None
    with pytest.raises(Unreachable):
        await at.details(BySession(session(2)))


async def test_a_change_can_be_queued_for_what_is_stored_or_named_by_session(stored: Store) -> None:
    """No call is made: a session id is taken at its word, the rest must be stored."""
    await stored.add(1, contact=ANNA)
    crisp = CannedCrisp()
    at = desk(stored, crisp)
    assert await at.exists(ByNumber(1))
    assert await at.exists(ByEmail("ANNA@example.com"))
    assert await at.exists(BySession(session(5)))
    assert not await at.exists(ByNumber(2))
    assert not await at.exists(ByEmail("nna@example.com"))
    assert crisp.calls == []


# --- people


def profile(number: int, email: str, **person: Any) -> dict[str, Any]:
    """Return a profile as Crisp sends it."""
    return {"people_id": f"p{number}", "email": email, "person": person}


def known(number: int, *conversations: Any, data: Any = None, subscribed: Any = True) -> Any:
    """Return what Crisp answers of a person beside the profile."""
    return {
        f"people/conversations/p{number}/list/1": list(conversations),
        f"people/data/p{number}": {"data": data or {}},
        f"people/subscription/p{number}": {"email": subscribed},
    }


async def test_a_person_comes_with_their_last_conversations(stored: Store) -> None:
    """Stored ones have numbers and threads, others are read; the five latest come first."""
    await stored.add(1, thread="1700000000.000100", updated_at=10, contact=ANNA)
    ids = [{"session_id": session(n)} for n in range(1, 8)]
    answers: dict[str, Any] = {
        "people/profile/anna@example.com": profile(1, "Anna@example.com", nickname="Anna"),
        "people/profiles/1": [],
        **known(1, *ids, data={"plan": "pro", "seats": 3, "a": None}, subscribed=False),
    }
    answers |= {f"conversation/{session(n)}": wire(n, updated_at=n) for n in range(2, 8)}
    crisp = CannedCrisp(answers)
    found = await desk(stored, crisp).people("anna@example.com")
    (person,) = found.found
    assert (person.name, found.exact, found.more) == ("Anna", True, False)
    assert person.data == (("a", "null"), ("plan", "pro"), ("seats", "3"))
    assert person.subscribed is False
    links = person.conversations or ()
    assert [c.session_id for c in links] == [session(n) for n in (1, 7, 6, 5, 4)]
    assert links[0].number == 1
    assert links[0].permalink == "https://slack.test/C1/1700000000.000100"
    assert links[1].inbox_url.endswith(f"/inbox/{session(7)}/")
    assert len(crisp.calls) == 5 + READS


@pytest.mark.parametrize(
    "direct", [GONE, profile(3, "joanna@example.com"), profile(4, "anna@example.com.evil.test")]
)
async def test_an_email_finds_that_person_and_no_other(stored: Store, direct: object) -> None:
    """The address is compared whole, but for case, with whatever Crisp's search brings."""
    crisp = CannedCrisp(
        {
            "people/profile/anna@example.com": direct,
            "people/profiles/1": [
                profile(1, "joanna@example.com"),
                profile(2, "ANNA@example.com", nickname="Anna"),
            ],
            **known(2),
        }
    )
    at = desk(stored, crisp)
    assert [person.people_id for person in (await at.people("anna@example.com")).found] == ["p2"]
    assert (await at.person("anna@example.com")) is not None
    crisp.answers["people/profiles/1"] = [profile(1, "joanna@example.com")]
    assert (await at.people("anna@example.com")).found == ()
    assert await at.person("anna@example.com") is None


async def test_every_profile_with_an_address_is_found(stored: Store) -> None:
    """The one that Crisp gives for the address comes first, the others beside it, each once."""
    crisp = CannedCrisp(
        {
            "people/profile/anna@example.com": profile(2, "anna@example.com"),
            "people/profiles/1": [
                profile(1, "ANNA@example.com"),
                profile(2, "anna@example.com"),
                profile(3, "joanna@example.com"),
            ],
            **known(1),
            **known(2),
        }
    )
    found = await desk(stored, crisp).people("anna@example.com")
    assert [person.people_id for person in found.found] == ["p2", "p1"]
    crisp.answers["people/profiles/1"] = AWAY
    found = await desk(stored, crisp).people("anna@example.com")
    assert [person.people_id for person in found.found] == ["p2"]


async def test_a_name_finds_everybody_whom_crisp_finds_in_few_calls(stored: Store) -> None:
    """Many people come without conversations in one call, a few with them in a bounded number."""
    many = [profile(n, f"anna{n}@example.com") for n in range(EXPANDED + 1)]
    crisp = CannedCrisp({"people/profiles/1": many})
    found = await desk(stored, crisp).people("anna")
    assert [p.people_id for p in found.found] == [p["people_id"] for p in many]
    assert crisp.calls == [("people/profiles/1", {"search_text": "anna", "per_page": LISTED})]

    few = CannedCrisp({"people/profiles/1": many[:EXPANDED]})
    for n in range(EXPANDED):
        ids = [session(10 * n + i) for i in range(9)]
        few.answers[f"people/conversations/p{n}/list/1"] = ids
        few.answers |= {f"conversation/{i}": {"session_id": i} for i in ids}
    found = await desk(stored, few).people("anna")
    assert [len(p.conversations or ()) for p in found.found] == [READS // EXPANDED] * EXPANDED
    assert len(few.calls) == 1 + EXPANDED + READS


@pytest.mark.parametrize(
    ("total", "pages"),
    [
        (PER_PAGE, [(PER_PAGE, False)]),
        (PER_PAGE + 1, [(PER_PAGE, True), (1, False)]),
        (2 * PER_PAGE, [(PER_PAGE, True), (PER_PAGE, True), (0, False)]),
        (2 * PER_PAGE + 3, [(PER_PAGE, True), (PER_PAGE, True), (3, False)]),
    ],
)
async def test_many_people_come_in_pages(
    stored: Store, total: int, pages: list[tuple[int, bool]]
) -> None:
    """Each page is half of one of Crisp's, which says more only by being full; nobody is lost."""
    everybody = [profile(n, f"anna{n}@example.com") for n in range(total)]
    answers = {
        f"people/profiles/{page}": everybody[(page - 1) * LISTED : page * LISTED]
        for page in (1, 2, 3)
    }
    at = desk(stored, CannedCrisp(answers))
    shown = [await at.people("anna", page) for page in range(1, len(pages) + 1)]
    assert [(len(one.found), one.more) for one in shown] == pages
    assert [p.people_id for one in shown for p in one.found] == [f"p{n}" for n in range(total)]


@pytest.mark.parametrize("typed", ["+351 910-000-123", "351910000123", "0910 000 123"])
async def test_a_phone_number_is_compared_by_its_digits(stored: Store, typed: str) -> None:
    """However it is written, and with or without the country's prefix; nearly equal is not."""

    def search(query: dict[str, Any]) -> Any:
        if query["search_text"] != "123":
            return []
        return [
            profile(1, "a@example.com", phone="+351 (910) 000 123"),
            profile(2, "b@example.com", phone="+351 911 000 123"),
            profile(3, "c@example.com", phone="0123"),
        ]

    crisp = CannedCrisp({"people/profiles/1": search, **known(1)})
    found = await desk(stored, crisp).people(typed)
    assert [person.people_id for person in found.found] == ["p1"]
    assert (await desk(stored, crisp).people("12 30")).found == ()


async def test_a_persons_conversations_are_as_stored_when_crisp_stops_answering(
    stored: Store,
) -> None:
    """Stored ones stand in for the list; with none stored it is said that they are not known."""
    crisp = CannedCrisp(
        {
            "people/profile/anna@example.com": profile(1, "anna@example.com"),
            "people/profiles/1": [],
            "people/conversations/p1/list/1": AWAY,
            "people/data/p1": AWAY,
            "people/subscription/p1": GONE,
        }
    )
    (person,) = (await desk(stored, crisp).people("anna@example.com")).found
    assert (person.conversations, person.data, person.subscribed) == (None, None, None)
    await stored.add(1, contact=ANNA)
    (person,) = (await desk(stored, crisp).people("anna@example.com")).found
    assert [c.number for c in person.conversations or ()] == [1]


async def test_one_conversation_that_is_gone_does_not_hide_the_others(stored: Store) -> None:
    """A deleted conversation is left out; where Crisp falls silent, what was read is shown."""
    crisp = CannedCrisp(
        {
            "people/profile/p1": profile(1, "anna@example.com"),
            **known(1, *[session(n) for n in (1, 2, 3, 4)]),
            f"conversation/{session(1)}": Refused(Source.CRISP, "GET x", "gone", status=404),
            f"conversation/{session(2)}": wire(2),
            f"conversation/{session(3)}": AWAY,
        }
    )
    person = await desk(stored, crisp).person("p1")
    assert person is not None
    assert [c.session_id for c in person.conversations or ()] == [session(2)]


@pytest.mark.parametrize("query", ["anna", "anna@example.com"])
@pytest.mark.parametrize("err", [AWAY, Unauthorized(Source.CRISP, "GET x", "invalid_session")])
async def test_not_being_able_to_look_for_people_raises(
    stored: Store, query: str, err: Exception
) -> None:
    """Nobody is said not to exist because Crisp did not answer."""
    crisp = CannedCrisp({"people/profiles/1": err, "people/profile/anna@example.com": err})
    with pytest.raises(type(err)):
        await desk(stored, crisp).people(query)
    assert len(crisp.calls) == 1
    crisp = CannedCrisp({"people/profile/p1": err})
    with pytest.raises(type(err)):
        await desk(stored, crisp).person("p1")


# --- against the simulated Crisp, over sockets


async def test_questions_are_answered_by_a_crisp_over_sockets(stored: Store) -> None:
    """List, show and who find in the simulated Crisp what its customers did."""
    simulator = CrispSimulator()
    await simulator.start()
    settings = simulator.settings()
    transport = DirectTransport(
        base_url=settings["CRISP_API_URL"],
        identifier=settings["CRISP_TOKEN_IDENTIFIER"],
        key=SecretStr(settings["CRISP_TOKEN_KEY"]),
        tier=settings["CRISP_TIER"],
        timeout=5.0,
    )
    client = CrispClient(transport, WebsiteId(settings["CRISP_WEBSITE_ID"]))
    try:
        await _ask_all(
            Desk(stored.reader, client, permalink=permalink, rules=RULES), stored, simulator
        )
        simulator.faults.add({"on": "GET *", "do": "error", "times": 0})
        live = Desk(stored.reader, client, permalink=permalink, rules=RULES)
        assert (await live.queue("")).live is False
    finally:
        await transport.aclose()
        await simulator.stop()


async def _ask_all(at: Lookup, stored: Store, simulator: CrispSimulator) -> None:
    def visitor(nickname: str, email: str) -> SessionId:
        act = {"do": "visitor_message", "text": "Hi", "nickname": nickname, "email": email}
        return SessionId(simulator.act(act)["session_id"])

    kim = visitor("Kim Pool", "kim@example.com")
    lee = visitor("Lee Pool", "mckim@example.com")
    done = visitor("Max Pool", "max@example.com")
    ben = next(iter(simulator.world.operators.values()))
    simulator.act({"do": "assign", "session_id": lee, "operator": ben.user_id})
    simulator.act({"do": "operator_message", "session_id": lee, "text": "Hello"})
    simulator.act({"do": "set_state", "session_id": done, "state": "resolved"})
    columns = {"channel": "C1", "thread_ts": "1700000000.000100"}
    await stored.write(lambda tx: tx.change(Change(kim, columns, create=True, card=False)))

    queue = await at.queue("")
    assert {kim, lee} <= set(names(queue))
    assert done not in names(queue)
    assert next(c for c in queue.links if c.session_id == kim).number == 1
    assert names(await at.queue("mine", OperatorId(ben.user_id))) == [lee]
    assert lee not in names(await at.queue("unassigned"))
    assert done in names(await at.queue("resolved"))

    shown = await at.details(ByNumber(1))
    assert shown is not None
    assert shown.conversation is not None
    assert shown.conversation.contact.nickname == "Kim Pool"
    by_email = await at.details(ByEmail("MCKIM@example.com"))
    assert by_email is not None
    assert by_email.link.session_id == lee
    assert await at.details(BySession(session(404))) is None

    (person,) = (await at.people("Kim@Example.com")).found
    assert [(c.session_id, c.number) for c in person.conversations or ()] == [(kim, 1)]
    assert (person.data, person.subscribed) == ((), True)
    pool = await at.people("pool")
    assert {p.name for p in pool.found} == {"Kim Pool", "Lee Pool", "Max Pool"}
    assert (await at.people("im@example.com")).found == ()
