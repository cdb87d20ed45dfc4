"""The REST client, by the requests it makes and what it reads out of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.crisp.models import OutgoingMessage
from bot.crisp.paging import STALE_PAGES
from bot.crisp.replies import Reply
from bot.domain import (
    CRISP_ORIGIN,
    Fingerprint,
    Millis,
    OperatorId,
    SessionId,
    Source,
    Speaker,
    State,
    WebsiteId,
)
from bot.errors import Ambiguous, Refused

WEBSITE = WebsiteId("8c842203-7ed8-4e29-a608-7cf78a7d2fcc")
SESSION = SessionId("session_700c65e1-85e2-465a-b9ac-ecb5ec2c9881")
W = f"/website/{WEBSITE}"
V = f"{W}/conversation/{SESSION}"
F = Fingerprint(176_379_840_000_001)
Call = tuple[str, str, dict[str, Any], Any]


class FakeTransport:
    """Answers with ``data``, or as a function says, and remembers the calls."""

    def __init__(self, data: Any = None, *, answer: Callable[[Call], Any] | None = None) -> None:
        self._answer = answer or (lambda _call: data)
        self.calls: list[Call] = []

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        call = (method, path, dict(params or {}), json)
        self.calls.append(call)
        data = self._answer(call)
        if isinstance(data, Exception):
            raise data
        return Reply(200, {"error": False, "reason": "ok", "data": data})


def client(data: Any = None) -> tuple[CrispClient, FakeTransport]:
    """Make a client whose every call is answered with the same data."""
    transport = FakeTransport(data)
    return CrispClient(transport, WEBSITE), transport


def refused(status: int, code: str) -> Refused:
    """Make Crisp's refusal."""
    return Refused(Source.CRISP, "call", code, status=status)


@pytest.mark.parametrize(
    ("act", "data", "expected"),
    [
        (lambda c: c.get_website(), {"website_id": WEBSITE}, ("GET", W, {}, None)),
        (lambda c: c.list_conversations(2), [], ("GET", f"{W}/conversations/2", {}, None)),
        (lambda c: c.get_conversation(SESSION), {"session_id": SESSION}, ("GET", V, {}, None)),
        (lambda c: c.conversation_exists(SESSION), None, ("HEAD", V, {}, None)),
        (
            lambda c: c.create_conversation(),
            {"session_id": SESSION},
            ("POST", f"{W}/conversation", {}, None),
        ),
        (lambda c: c.delete_conversation(SESSION), {}, ("DELETE", V, {}, None)),
        (lambda c: c.list_messages(SESSION), [], ("GET", f"{V}/messages", {}, None)),
        (
            lambda c: c.list_messages(SESSION, before=Millis(9)),
            [],
            ("GET", f"{V}/messages", {"timestamp_before": 9}, None),
        ),
        (
            lambda c: c.list_messages(SESSION, after=Millis(9)),
            [],
            ("GET", f"{V}/messages", {"timestamp_after": 9}, None),
        ),
        (
            lambda c: c.list_messages(SESSION, around=Millis(9)),
            [],
            ("GET", f"{V}/messages", {"timestamp_around": 9}, None),
        ),
        (
            lambda c: c.get_message(SESSION, F),
            {"fingerprint": F},
            ("GET", f"{V}/message/{F}", {}, None),
        ),
        (
            lambda c: c.edit_message(SESSION, F, "new"),
            {},
            ("PATCH", f"{V}/message/{F}", {}, {"content": "new"}),
        ),
        (lambda c: c.remove_message(SESSION, F), {}, ("DELETE", f"{V}/message/{F}", {}, None)),
        (lambda c: c.get_state(SESSION), {"state": "pending"}, ("GET", f"{V}/state", {}, None)),
        (
            lambda c: c.set_state(SESSION, State.RESOLVED),
            {},
            ("PATCH", f"{V}/state", {}, {"state": "resolved", "origin": CRISP_ORIGIN}),
        ),
        (
            lambda c: c.set_state(SESSION, State.RESOLVED, author=Speaker("Ben", "https://b")),
            {},
            (
                "PATCH",
                f"{V}/state",
                {},
                {
                    "state": "resolved",
                    "origin": CRISP_ORIGIN,
                    "user": {"nickname": "Ben", "avatar": "https://b"},
                },
            ),
        ),
        (lambda c: c.get_routing(SESSION), {}, ("GET", f"{V}/routing", {}, None)),
        (
            lambda c: c.set_routing(SESSION, OperatorId("op")),
            {},
            ("PATCH", f"{V}/routing", {}, {"assigned": {"user_id": "op"}}),
        ),
        (
            lambda c: c.set_routing(SESSION, None),
            {},
            ("PATCH", f"{V}/routing", {}, {"assigned": None}),
        ),
        (lambda c: c.get_meta(SESSION), {}, ("GET", f"{V}/meta", {}, None)),
        (
            lambda c: c.update_meta(SESSION, {"nickname": "Anna"}),
            {},
            ("PATCH", f"{V}/meta", {}, {"nickname": "Anna"}),
        ),
        (
            lambda c: c.mark_read(SESSION, sent_by="user"),
            {},
            ("PATCH", f"{V}/read", {}, {"from": "user", "origin": CRISP_ORIGIN}),
        ),
        (
            lambda c: c.mark_read(SESSION, sent_by="operator", fingerprints=[F]),
            {},
            (
                "PATCH",
                f"{V}/read",
                {},
                {"from": "operator", "origin": CRISP_ORIGIN, "fingerprints": [F]},
            ),
        ),
        (lambda c: c.list_pages(SESSION), [], ("GET", f"{V}/pages/1", {}, None)),
        (lambda c: c.list_operators(), [], ("GET", f"{W}/operators/list", {}, None)),
        (
            lambda c: c.list_people(3, search_text="anna", sort_field="active"),
            [],
            (
                "GET",
                f"{W}/people/profiles/3",
                {"search_text": "anna", "sort_field": "active"},
                None,
            ),
        ),
        (
            lambda c: c.get_person("anna@example.com"),
            {"people_id": "p"},
            ("GET", f"{W}/people/profile/anna@example.com", {}, None),
        ),
        (
            lambda c: c.create_person({"email": "a@b.c"}),
            {"people_id": "p"},
            ("POST", f"{W}/people/profile", {}, {"email": "a@b.c"}),
        ),
        (
            lambda c: c.update_person("p", {"notepad": "x"}),
            {},
            ("PATCH", f"{W}/people/profile/p", {}, {"notepad": "x"}),
        ),
        (lambda c: c.delete_person("p"), {}, ("DELETE", f"{W}/people/profile/p", {}, None)),
        (
            lambda c: c.person_conversations("p", 2),
            [],
            ("GET", f"{W}/people/conversations/p/list/2", {}, None),
        ),
        (
            lambda c: c.connect_endpoint("website"),
            {"socket": {"app": "wss://x/p/1/"}},
            ("GET", f"{W}/connect/endpoints", {}, None),
        ),
        (
            lambda c: c.connect_endpoint("plugin"),
            {"socket": {"app": "wss://x/p/1/"}},
            ("GET", "/plugin/connect/endpoints", {}, None),
        ),
    ],
)
async def test_each_method_makes_one_call_to_its_route(
    act: Callable[[CrispClient], Any], data: Any, expected: Call
) -> None:
    """One method is one request, with the route, query and body of Crisp's reference."""
    crisp, transport = client(data)
    await act(crisp)
    assert transport.calls == [expected]


async def test_a_filter_becomes_a_query_of_ones_and_words() -> None:
    """Crisp takes flags as 0/1; what is not asked for is not sent."""
    crisp, transport = client([])
    await crisp.list_conversations(
        matching=ConversationFilter(
            per_page=50,
            search_query="anna",
            not_resolved=True,
            assigned=OperatorId("op"),
            date_start=datetime(2026, 11, 1, tzinfo=UTC),
            order="updated",
        )
    )
    assert transport.calls[0][2] == {
        "per_page": 50,
        "search_query": "anna",
        "search_type": "text",
        "filter_not_resolved": 1,
        "filter_assigned": "op",
        "filter_date_start": "2026-11-01T00:00:00+00:00",
        "order_date_updated": 1,
    }


@pytest.mark.parametrize("flag", ["unread", "resolved", "mention", "unassigned"])
async def test_every_flag_has_its_own_parameter(flag: str) -> None:
    """A flag that were lost would list conversations that nobody asked for."""
    crisp, transport = client([])
    await crisp.list_conversations(matching=ConversationFilter(**{flag: True}))  # type: ignore[arg-type]  # one flag of several
    assert transport.calls[0][2] == {f"filter_{flag}": 1}


@pytest.mark.parametrize("bad", ["", " ", ".", ".."])
async def test_an_id_that_could_lead_elsewhere_is_refused(bad: str) -> None:
    """An empty or dotted id would name another route: it is never sent."""
    crisp, transport = client({})
    with pytest.raises(Refused):
        await crisp.delete_conversation(SessionId(bad))
    assert transport.calls == []


async def test_an_id_is_quoted_whole() -> None:
    """A slash or a question mark in an id does not become part of the URL's structure."""
    crisp, transport = client({})
    await crisp.delete_conversation(SessionId("../a?b#c"))
    assert transport.calls[0][1] == f"{W}/conversation/..%2Fa%3Fb%23c"


async def test_a_malformed_item_is_left_out_and_counted() -> None:
    """One broken conversation must not hide the others."""
    crisp, _ = client([{"session_id": "session_1"}, {"state": "pending"}, None, 7])
    listing = await crisp.list_conversations()
    assert [item.session_id for item in listing] == ["session_1"]
    assert (listing.skipped, listing.received) == (3, 4)


async def test_all_pages_are_read_until_an_empty_one_each_conversation_once() -> None:
    """A conversation that slid to the next page meanwhile is not handed out twice."""
    pages = {1: ["a", "b"], 2: ["b", "c"], 3: []}

    def answer(call: Call) -> Any:
        return [{"session_id": name} for name in pages[int(call[1].rsplit("/", 1)[1])]]

    transport = FakeTransport(answer=answer)
    crisp = CrispClient(transport, WEBSITE)
    found = [c.session_id async for c in crisp.iter_conversations()]
    assert found == ["a", "b", "c"]
    assert len(transport.calls) == 3


async def test_a_list_that_ignores_the_page_ends() -> None:
    """The same page over and over is taken for the end."""
    crisp, transport = client([{"session_id": "a"}])
    assert [c.session_id async for c in crisp.iter_conversations()] == ["a"]
    assert len(transport.calls) == 1 + STALE_PAGES


async def test_a_page_is_asked_for_only_when_it_is_needed() -> None:
    """A sweep that stops at its watermark pays for no further page."""
    crisp, transport = client([{"session_id": "a"}, {"session_id": "b"}])
    async for _ in crisp.iter_conversations():
        break
    assert len(transport.calls) == 1


@pytest.mark.parametrize(
    ("error", "exists"),
    [(refused(404, "http_404"), False), (refused(404, "conversation_not_found"), False)],
)
async def test_a_missing_conversation_does_not_exist(error: Refused, *, exists: bool) -> None:
    """HEAD answers by its status alone."""
    crisp, _ = client(error)
    assert await crisp.conversation_exists(SESSION) is exists


async def test_a_refused_look_says_nothing_about_a_conversation() -> None:
    """Being forbidden to look is not the same as finding nothing."""
    crisp, _ = client(refused(403, "not_allowed"))
    with pytest.raises(Refused):
        await crisp.conversation_exists(SESSION)


async def test_sending_leaves_out_what_was_not_set_and_returns_crisps_fingerprint() -> None:
    """Crisp's own name for the message counts, should it differ from ours."""
    crisp, transport = client({"fingerprint": 5})
    message = OutgoingMessage(content="hello", fingerprint=F)
    assert await crisp.send_message(SESSION, message) == 5
    method, path, _, body = transport.calls[0]
    assert (method, path) == ("POST", f"{V}/message")
    assert body == {
        "type": "text",
        "from": "operator",
        "origin": "chat",
        "content": "hello",
        "fingerprint": F,
    }


async def test_an_accepted_send_without_a_fingerprint_keeps_ours() -> None:
    """The name that we chose is the message's, if Crisp does not say another."""
    crisp, _ = client({})
    assert await crisp.send_message(SESSION, OutgoingMessage(content="x", fingerprint=F)) == F
    with pytest.raises(Ambiguous):
        await crisp.send_message(SESSION, OutgoingMessage(content="x"))


@pytest.mark.parametrize("status", [404, 200])
async def test_a_message_that_is_not_there_is_none(status: int) -> None:
    """Looking before a resend tells absence from trouble by the reason, an error at 200 too."""
    crisp, _ = client(refused(status, "message_not_found"))
    assert await crisp.get_message(SESSION, F) is None


@pytest.mark.parametrize(
    "code", ["conversation_not_found", "session_not_found", "route_not_found", "http_404"]
)
async def test_a_404_about_anything_else_says_nothing_about_the_message(code: str) -> None:
    """Taking a missing route for a missing message would send it twice."""
    crisp, _ = client(refused(404, code))
    with pytest.raises(Refused):
        await crisp.get_message(SESSION, F)


@pytest.mark.parametrize("data", [{}, [], None, {"fingerprint": "x"}])
async def test_an_answer_that_is_no_message_is_not_absence(data: Any) -> None:
    """A success without the message is unclear, and unclear is not absent."""
    crisp, _ = client(data)
    with pytest.raises(Ambiguous):
        await crisp.get_message(SESSION, F)


async def test_a_message_is_told_where_it_was_found() -> None:
    """Lists may leave out the session, which the fact's identity needs."""
    crisp, _ = client([{"fingerprint": F}])
    message = next(iter(await crisp.list_messages(SESSION)))
    assert (message.session_id, message.website_id) == (SESSION, WEBSITE)


class Thread:
    """A conversation's messages as Crisp pages through them."""

    def __init__(self, times: list[int], *, page: int = 40, inclusive: bool = False) -> None:
        self.messages = [
            {"fingerprint": n + 1, "timestamp": time, "from": "user"}
            for n, time in enumerate(sorted(times))
        ]
        self._page = page
        self._inclusive = inclusive

    def __call__(self, call: Call) -> list[dict[str, Any]]:
        before = call[2].get("timestamp_before")
        earlier = [
            m
            for m in self.messages
            if before is None
            or m["timestamp"] < before
            or (self._inclusive and m["timestamp"] == before)
        ]
        return earlier[-self._page :]


async def _after(thread: Thread, after: int) -> tuple[list[int], int]:
    transport = FakeTransport(answer=thread)
    crisp = CrispClient(transport, WEBSITE)
    found = [m.timestamp async for m in crisp.messages_after(SESSION, Millis(after))]
    return found, len(transport.calls)


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("times", [[], [5], list(range(1, 200)), [1] * 30 + [2] * 30 + [3] * 30])
async def test_all_later_messages_are_read_oldest_first(
    times: list[int], *, inclusive: bool
) -> None:
    """However long the gap and wherever a page ends, nothing is missed or given twice."""
    found, _ = await _after(Thread(times, inclusive=inclusive), 0)
    assert found == sorted(times)
    found, _ = await _after(Thread(times, inclusive=inclusive), 2)
    assert found == sorted(time for time in times if time > 2)


async def test_reading_what_was_just_missed_costs_one_call() -> None:
    """The usual catch-up fits the latest batch: Crisp's daily quota is small."""
    found, calls = await _after(Thread(list(range(1, 100))), 97)
    assert (found, calls) == ([98, 99], 1)


@pytest.mark.parametrize("inclusive", [False, True])
async def test_equal_timestamps_do_not_loop_for_ever(*, inclusive: bool) -> None:
    """More messages in one millisecond than fit a page still come to an end."""
    found, calls = await _after(Thread([7] * 100, inclusive=inclusive), 0)
    assert found == [7] * 40
    assert calls <= 4


async def test_a_message_without_a_timestamp_is_placed_by_its_fingerprint() -> None:
    """A fingerprint starts with the time, so that a null timestamp loses no message."""
    crisp, _ = client([{"fingerprint": 176_379_840_000_001, "timestamp": None}])
    found = [m async for m in crisp.messages_after(SESSION, Millis(1_763_798_399_999))]
    assert [m.fingerprint for m in found] == [176_379_840_000_001]


async def test_an_unknown_state_is_not_guessed() -> None:
    """A state that we have no word for must not become one that we have."""
    crisp, _ = client({"state": "snoozed"})
    with pytest.raises(Ambiguous):
        await crisp.get_state(SESSION)


@pytest.mark.parametrize(
    ("data", "operator"),
    [
        ({"assigned": {"user_id": "op"}}, "op"),
        ({"assigned": None}, None),
        ({"assigned": {"user_id": None}}, None),
        ({}, None),
        (None, None),
    ],
)
async def test_the_assignee_is_read_from_any_form(data: Any, operator: str | None) -> None:
    """Nobody assigned comes as null, as an empty object or not at all."""
    crisp, _ = client(data)
    assert await crisp.get_routing(SESSION) == operator


async def test_operators_come_without_their_credentials() -> None:
    """A token's identifier and key, which Crisp may list, must not live on in memory."""
    details = {"user_id": "op", "first_name": "Ben", "identifier": "i", "key": "hush"}
    crisp, _ = client([{"type": "operator", "details": details}, {"type": "sandbox"}])
    listing = await crisp.list_operators()
    assert [operator.first_name for operator in listing] == ["Ben"]
    assert listing.skipped == 1
    assert "hush" not in repr(listing)


async def test_a_persons_conversations_are_named() -> None:
    """Crisp lists plain ids; anything else in the list is left out."""
    crisp, _ = client(["session_1", {"session_id": "session_2"}, None, 4])
    assert await crisp.person_conversations("p") == ["session_1", "session_2"]


@pytest.mark.parametrize("data", [None, {}, {"socket": None}, {"socket": {"app": None}}])
async def test_an_endpoint_that_is_missing_is_an_error(data: Any) -> None:
    """The listener must not connect to nowhere."""
    crisp, _ = client(data)
    with pytest.raises(Ambiguous):
        await crisp.connect_endpoint("website")


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.create_conversation(),
        lambda c: c.create_person({}),
        lambda c: c.get_website(),
        lambda c: c.get_conversation(SESSION),
    ],
)
async def test_a_success_without_its_result_is_ambiguous(
    act: Callable[[CrispClient], Any],
) -> None:
    """Something was perhaps done, but what came of it is unknown."""
    crisp, _ = client([])
    with pytest.raises(Ambiguous):
        await act(crisp)
