"""App Home: what one person sees of the queue, and that Slack takes it whatever is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.cards import (
    HomeLine,
    HomeView,
    Place,
    Vitals,
    home_sentence,
    home_view,
    place_from,
    refusal,
)
from bot.domain import Contact, Conversation, Json, Millis, Operator, OperatorId, SessionId, State
from bot.simulator.slack.blocks import VIEW_BLOCKS, problems
from tests.core_kit import NOW
from tests.home_kit import session
from tests.markup_kit import HOSTILE, check_object, huge_texts, patient, walk
from tests.test_cards_limits import conversations, operators, urls

ANA = Operator(OperatorId("op-ana"), "Ana Silva")
ANNA = Conversation(
    12,
    SessionId(session(12)),
    State.UNRESOLVED,
    contact=Contact("Anna", "anna@example.com"),
    waiting_since=Millis(NOW),
)
LINE = HomeLine(
    ANNA, permalink="https://acme.slack.test/archives/C1/p1", inbox_url="https://c.test"
)
COUNTS = {"mine": 2, "unassigned": 41, "snoozed": 0, "all": 1_234}
VIEW = HomeView(Place(), COUNTS, (LINE,), channel="C1")

lines = st.builds(
    HomeLine, conversations, st.one_of(st.none(), operators), urls, urls, st.booleans()
)
places = st.builds(
    Place,
    st.sampled_from(sorted(texts.HOME_SHELVES)),
    huge_texts.map(lambda text: place_from(json.dumps({"query": text})).query),
    st.one_of(st.none(), st.tuples(st.integers(0, 10**16), st.integers(0, 10**9))),
)
views = st.builds(
    HomeView,
    places,
    st.just(COUNTS),
    st.lists(lines, max_size=3).map(tuple),
    st.one_of(st.none(), places),
    st.one_of(st.none(), places),
    st.just("C1"),
    st.booleans(),
    st.booleans(),
)


def check(view: Json) -> None:
    """Assert that Slack takes a view."""
    assert problems(view["blocks"], most=VIEW_BLOCKS) == []
    assert len(view["private_metadata"]) <= 3_000
    for item in walk(view["blocks"]):
        check_object(item)


def elements(view: Json) -> dict[str, dict[str, Any]]:
    """Return what can be pressed, by action id."""
    return {item["action_id"]: item for item in walk(view["blocks"]) if "action_id" in item}


def said(view: Json) -> list[str]:
    """Return every text of a view."""
    found = (item["text"] for item in walk(view["blocks"]) if isinstance(item.get("text"), str))
    return [str(text) for text in found]


@patient
@given(views)
def test_slack_takes_whatever_customers_are_called(view: HomeView) -> None:
    """Names and addresses of any length and content make a view within Slack's limits."""
    check(home_view(view))


def test_a_full_page_of_hostile_names_fits() -> None:
    """The most that is ever shown is below a hundred blocks, and none of it can act."""
    contact = Contact(HOSTILE * 20, HOSTILE * 20)
    line = replace(
        LINE, conversation=replace(ANNA, contact=contact), assignee=Operator(ANA.user_id, HOSTILE)
    )
    full = [
        replace(line, conversation=replace(line.conversation, number=n, session_id=session(n)))
        for n in range(30)
    ]
    vitals = Vitals(slack=True, crisp=False, caught_up=False, problems=(HOSTILE,) * 5, quota=10_000)
    place = Place("mine", after=(10**15, 10**9), page=400)
    shown = home_view(
        HomeView(
            place, COUNTS, full, place, place, "C1", notice=refusal(HOSTILE).blocks, vitals=vitals
        )
    )
    check(shown)
    assert len(json.dumps(shown)) < 60_000
    mrkdwn = [item["text"] for item in walk(shown["blocks"]) if item.get("type") == "mrkdwn"]
    assert all(text.startswith("*#") for text in mrkdwn)
    assert sum(text.startswith("*#") for text in mrkdwn) == 20


def test_a_conversation_says_who_and_how_long_and_opens_in_one_press() -> None:
    """Customer, number, state, since when they wait, who has it, and the thread behind a button."""
    shown = home_view(replace(VIEW, lines=(replace(LINE, assignee=ANA),)))
    texts_seen = said(shown)
    assert "Anna · anna@example.com" in texts_seen
    assert any(text.startswith("*#12* · 🔵 Open · waiting since <!date^") for text in texts_seen)
    assert "assigned to Ana Silva" in texts_seen
    assert elements(shown)["conversation:open"]["url"] == LINE.permalink
    check(shown)


def test_what_is_snoozed_says_until_when() -> None:
    """In place of how long the customer waits; nobody is to hurry."""
    snoozed = replace(ANNA, state=State.PENDING, snoozed_until=Millis(NOW))
    shown = home_view(replace(VIEW, lines=(replace(LINE, conversation=snoozed),)))
    (status,) = (text for text in said(shown) if text.startswith("*#12*"))
    assert "snoozed until <!date^" in status
    assert "waiting" not in status


def test_without_a_thread_it_opens_in_crisp() -> None:
    """A conversation that has no thread yet is opened where it is."""
    shown = home_view(replace(VIEW, lines=(replace(LINE, permalink=""),)))
    assert elements(shown)["conversation:open"]["url"] == "https://c.test"


def test_verbs_are_buttons_like_everywhere() -> None:
    """Resolve and Assign to me are the generic buttons: a verb, and the conversation's session."""
    found = elements(home_view(VIEW))
    assert json.loads(found["verb:resolve:12"]["value"]) == {"s": ANNA.session_id, "a": ""}
    assert json.loads(found["verb:assign:12"]["value"]) == {"s": ANNA.session_id, "a": "me"}
    assert json.loads(found["modal:conversation_actions:12"]["value"]) == {"s": ANNA.session_id}


def test_only_what_helps_is_offered() -> None:
    """What is mine is not assigned to me, nor to no operator; what is resolved is reopened."""
    mine = elements(home_view(replace(VIEW, lines=(replace(LINE, mine=True),))))
    unmatched = elements(home_view(replace(VIEW, matched=False)))
    assert "verb:assign:12" not in mine
    assert "verb:assign:12" not in unmatched
    resolved = replace(LINE, conversation=replace(ANNA, state=State.RESOLVED))
    found = elements(home_view(replace(VIEW, place=Place(query="anna"), lines=(resolved,))))
    assert "verb:unresolve:12" in found
    assert "verb:resolve:12" not in found


def test_who_may_only_look_has_no_verbs() -> None:
    """The remedy is said, and nothing that changes a conversation can be pressed."""
    shown = home_view(replace(VIEW, read_only=True))
    assert not any(name.startswith(("verb:", "modal:")) for name in elements(shown))
    assert texts.HOME_READ_ONLY in said(shown)


def test_lists_are_chosen_with_their_counts() -> None:
    """Each list is a button with its count; the one that is shown stands out."""
    found = elements(home_view(replace(VIEW, place=Place("unassigned"))))
    labels = {name: item["text"]["text"] for name, item in found.items() if "shelf" in name}
    assert labels == {
        "home:shelf:mine": "Mine (2)",
        "home:shelf:unassigned": "Unassigned (41)",
        "home:shelf:snoozed": "Snoozed (0)",
        "home:shelf:all": "All open (1,234)",
    }
    assert [name for name, item in found.items() if item.get("style") == "primary"] == [
        "home:shelf:unassigned"
    ]


def test_pages_are_turned() -> None:
    """Next and Previous hold where they lead; there is no button to where nothing is."""
    after = Place(after=(5, 6), page=3)
    shown = home_view(replace(VIEW, place=Place(page=2, after=(1, 2)), after=after))
    found = elements(shown)
    assert place_from(found["home:after"]["value"]) == after
    assert "home:before" not in found
    assert "Page 2 of 62" in said(shown)
    assert place_from(shown["private_metadata"]) == Place(page=2, after=(1, 2))


def test_a_newcomer_is_told_what_to_do() -> None:
    """Where there is nothing at all, it is said what will be here, where, and what to do then."""
    empty = dict.fromkeys(COUNTS, 0)
    shown = home_view(replace(VIEW, counts=empty, lines=()))
    assert any("<#C1>" in text and "/crisp help" in text for text in said(shown))
    assert problems(shown["blocks"], most=VIEW_BLOCKS) == []


def test_an_empty_list_says_why() -> None:
    """Nothing of mine: what to do; without an operator: that it cannot be, and the remedy."""
    place = Place("mine")
    assert texts.HOME_NOTHING["mine"] in said(home_view(replace(VIEW, place=place, lines=())))
    unmatched = replace(VIEW, place=place, lines=(), matched=False)
    assert texts.HOME_UNMATCHED in said(home_view(unmatched))


def test_a_search_can_be_left() -> None:
    """What was found has its own heading, no pages, and a way back to the list one came from."""
    place = Place("mine", query="anna")
    shown = home_view(replace(VIEW, place=place, after=Place()))
    found = elements(shown)
    assert found["home:search"]["initial_value"] == "anna"
    assert place_from(found["home:shelf:back"]["value"]) == Place("mine")
    assert "home:after" not in found
    none = home_view(replace(VIEW, place=place, lines=()))
    assert any("Nobody here matches “anna”" in text for text in said(none))


def test_the_search_field_empties_on_the_way_back() -> None:
    """Slack keeps what is typed in a block of the same name: the two fields have different ones."""
    blocks = {
        b["block_id"]
        for p in (Place(), Place(query="a"))
        for b in home_view(replace(VIEW, place=p))["blocks"]
        if b["type"] == "input"
    }
    assert len(blocks) == 2


def test_admins_see_how_the_bridge_is_doing() -> None:
    """Connections, what is on the way, what was given up and the quota; only where it is given."""
    vitals = Vitals(
        slack=True, crisp=False, caught_up=True, queued={"slack": 3, "crisp": 0}, oldest=130.0,
        dead=2, uncertain=1, calls=2_600, quota=10_000,
    )  # fmt: skip
    shown = said(home_view(replace(VIEW, vitals=vitals)))
    lines = {line for text in shown for line in text.split("\n")}
    assert {
        "🟢 Slack is connected",
        "🔴 Crisp is not connected",
        "On the way: 3 to Slack, 0 to Crisp, the oldest for 2 min",
        "Not delivered: 2, not sure: 1",
        "Calls to Crisp today: 26 % of 10,000",
    } <= lines
    assert texts.HOME_HEALTH not in said(home_view(VIEW))


def test_a_place_survives_a_button() -> None:
    """What a button holds is read back; what is no place of ours is the beginning."""
    place = Place("mine", "", (9_000_000_000_000_000, 12), None, 7)
    assert place_from(place.dump()) == place
    for broken in ("", "x", "[]", '{"shelf": "x", "after": [1], "page": -1, "query": 5}'):
        assert place_from(broken) == Place()


def test_a_sentence_is_a_view() -> None:
    """Who may not look sees one sentence."""
    shown = home_sentence(texts.HOME_CLOSED)
    assert said(shown) == [texts.HOME_CLOSED]
    check(shown)
