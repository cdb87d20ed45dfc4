"""The pages that customers looked at last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Contact, SessionId
from bot.recent_pages import TRAIL, Page, RecentPages, pages_of, with_pages

ONE, TWO = SessionId("session_1"), SessionId("session_2")


def pages(*urls: str, session: str = ONE) -> dict[str, object]:
    """Return the event of these pages, the newest first as Crisp lists them."""
    listed = [
        {"page_title": "", "page_url": url, "timestamp": at} for at, url in enumerate(urls, start=1)
    ]
    return {"session_id": session, "pages": listed[::-1]}


def test_a_trail_grows_page_by_page_and_forgets_the_oldest() -> None:
    """Single pages are added; the same page again is no step."""
    contact = Contact()
    for number in (1, 2, 2, 3, 4, 5, 6, 7):
        contact = with_pages(contact, [Page(f"P{number}", f"https://x.test/{number}")])
    assert contact.page_title == "P7"
    assert contact.trail == ("P6", "P5", "P4", "P3")


def test_several_pages_at_once_are_the_whole_trail() -> None:
    """An event that lists pages repeats those of the events before."""
    memory = RecentPages()
    memory.remember(pages("https://x.test/a", "https://x.test/b"))
    memory.remember(pages("https://x.test/a", "https://x.test/b", "https://x.test/c"))
    found = memory.recall(ONE, Contact(nickname="Maya"))
    assert (found.nickname, found.page_url, found.trail) == (
        "Maya", "https://x.test/c", ("/b", "/a"),
    )  # fmt: skip


def test_the_longest_unseen_is_forgotten_first() -> None:
    """Memory is bounded; who is not known keeps what is stored of them."""
    memory = RecentPages(kept=1)
    memory.remember(pages("https://x.test/a"))
    memory.remember(pages("https://x.test/b", session=TWO))
    stored = Contact(page_url="https://x.test/old", trail=("Home",))
    assert memory.recall(ONE, stored) == stored
    assert memory.recall(TWO, stored).page_url == "https://x.test/b"


def test_pages_of_one_moment_keep_crisps_order() -> None:
    """Where times are the same or missing, the first one listed is the newest."""
    listed = {"pages": [{"page_url": "https://x.test/new"}, {"page_url": "https://x.test/old"}]}
    assert [page.url for page in pages_of(listed)] == ["https://x.test/old", "https://x.test/new"]


@pytest.mark.parametrize("odd", [10**400, -(10**400), float("nan"), float("inf"), True, "1", None])
def test_any_time_of_a_page_is_taken(odd: object) -> None:
    """What no clock says is no reason not to take in the page, nor to end the bridge."""
    listed = [{"page_url": "https://x.test/odd", "timestamp": odd}]
    found = pages_of({"pages": [*listed, {"page_url": "https://x.test/a", "timestamp": 1}]})
    assert {page.url for page in found} == {"https://x.test/odd", "https://x.test/a"}


@pytest.mark.parametrize("payload", [{}, {"pages": None}, {"pages": [3, "x"]}, {"pages": {}}])
def test_what_is_no_list_of_pages_is_nothing(payload: dict[str, object]) -> None:
    """An odd event changes nothing."""
    assert pages_of(payload) == ()
    assert with_pages(Contact(page_title="Home"), pages_of(payload)) == Contact(page_title="Home")


@given(st.lists(st.builds(Page, st.text(max_size=9), st.text(max_size=9)), max_size=9))
def test_any_pages_make_a_bounded_trail(found: list[Page]) -> None:
    """Whatever titles and addresses are, the trail is short and names no page twice in a row."""
    contact = with_pages(with_pages(Contact(), found[:1]), found)
    assert len(contact.trail) <= TRAIL
    assert all(one != other for one, other in zip(contact.trail, contact.trail[1:], strict=False))
