"""The stored queue: its order, its pages and counts, and what they cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import partial

import pytest

from bot.domain import Millis
from bot.store import home
from bot.store.home import Page, Spot
from bot.store.view import View
from tests.core_kit import NOW, database
from tests.home_kit import ANA_ID, MANY, fill, many, row, steps

FEW = 200


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    """Return an empty database."""
    conn = database()
    yield conn
    conn.close()


def view(conn: sqlite3.Connection) -> View:
    """Return a view of it."""
    return View(conn, NOW)


def numbers(page: Page) -> list[int]:
    """Return the numbers of a page's conversations."""
    return [conversation.number for conversation in page.conversations]


def through(conn: sqlite3.Connection, shelf: str, *, size: int) -> list[list[int]]:
    """Return the numbers of all pages of a list, one after the other."""
    found = [home.page(view(conn), shelf, me=ANA_ID, size=size)]
    while found[-1].after is not None:
        found.append(home.page(view(conn), shelf, me=ANA_ID, after=found[-1].after, size=size))
    return [numbers(page) for page in found]


def test_the_longest_waiting_comes_first(conn: sqlite3.Connection) -> None:
    """By waiting time, then those where nobody waits, latest first; none is resolved."""
    fill(
        conn,
        [
            row(1, waits=5),
            row(2, waits=None, age=50),
            row(3, waits=90),
            row(4, waits=None, age=3),
            row(5, waits=999, state="resolved"),
            row(6, waits=30, state="pending"),
        ],
    )
    assert numbers(home.page(view(conn), "all")) == [3, 6, 1, 4, 2]


def test_each_list_holds_its_own(conn: sqlite3.Connection) -> None:
    """Mine are assigned to me, unassigned to nobody; the counts say the same as the lists."""
    fill(
        conn, [row(1, assignee=ANA_ID), row(2, assignee="op-ben"), row(3), row(4, state="resolved")]
    )
    seen = view(conn)
    assert numbers(home.page(seen, "mine", me=ANA_ID)) == [1]
    assert numbers(home.page(seen, "unassigned", me=ANA_ID)) == [3]
    assert numbers(home.page(seen, "snoozed", me=ANA_ID)) == []
    assert home.counts(seen, ANA_ID) == {"mine": 1, "unassigned": 1, "snoozed": 0, "all": 3}


def test_what_is_snoozed_or_deleted_is_in_nobodys_way(conn: sqlite3.Connection) -> None:
    """Snoozed ones come last, the next to wake first, and have a list; deleted ones have none."""
    fill(conn, [row(number, assignee=ANA_ID) for number in range(1, 6)])
    conn.execute("UPDATE conversations SET snoozed_until = ? WHERE number = 5", (NOW + 2000,))
    conn.execute("UPDATE conversations SET snoozed_until = ? WHERE number = 4", (NOW + 9000,))
    conn.execute("UPDATE conversations SET gone = 1 WHERE number = 3")
    seen = view(conn)
    assert numbers(home.page(seen, "all")) == [2, 1, 5, 4]
    assert numbers(home.page(seen, "mine", me=ANA_ID)) == [2, 1]
    assert numbers(home.page(seen, "snoozed")) == [5, 4]
    assert home.counts(seen, ANA_ID) == {"mine": 2, "unassigned": 0, "snoozed": 2, "all": 4}


def test_who_is_no_operator_has_none(conn: sqlite3.Connection) -> None:
    """Without an operator, nothing is mine; what is nobody's is not mine either."""
    fill(conn, [row(1), row(2, assignee=ANA_ID)])
    assert numbers(home.page(view(conn), "mine")) == []
    assert home.counts(view(conn), None)["mine"] == 0


@pytest.mark.parametrize("shelf", ["all", "mine", "unassigned"])
def test_pages_follow_each_other(conn: sqlite3.Connection, shelf: str) -> None:
    """Nothing is left out, nothing comes twice, and the way back shows the same pages."""
    fill(conn, many(FEW))
    pages = through(conn, shelf, size=7)
    everything = [number for page in pages for number in page]
    assert len(set(everything)) == len(everything) == home.counts(view(conn), ANA_ID)[shelf]
    assert all(len(page) == 7 for page in pages[:-1])
    at = home.page(view(conn), shelf, me=ANA_ID, size=7)
    for _ in range(3):
        assert at.after is not None
        at = home.page(view(conn), shelf, me=ANA_ID, after=at.after, size=7)
    for expected in (pages[2], pages[1]):
        assert at.before is not None
        at = home.page(view(conn), shelf, me=ANA_ID, before=at.before, size=7)
        assert numbers(at) == expected


def test_those_who_wait_equally_long_are_told_apart(conn: sqlite3.Connection) -> None:
    """Conversations of one moment are in the order of their numbers, over a page's edge too."""
    fill(conn, [row(number, waits=60) for number in range(1, 8)])
    assert through(conn, "all", size=3) == [[1, 2, 3], [4, 5, 6], [7]]


def test_a_page_that_is_gone_is_the_first(conn: sqlite3.Connection) -> None:
    """Who was on the last page when the queue became short sees the first, from either side."""
    fill(conn, [row(number) for number in range(1, 4)])
    gone = Spot(Millis(NOW * 2), 99)
    first = home.page(view(conn), "all")
    assert home.page(view(conn), "all", after=gone) == first
    assert home.page(view(conn), "all", before=Spot(0, 1)) == first
    assert (first.before, first.after) == (None, None)


def test_a_new_wait_moves_a_conversation(conn: sqlite3.Connection) -> None:
    """The order follows what is stored: who is answered goes behind those who wait."""
    fill(conn, [row(1, waits=90), row(2, waits=5)])
    conn.execute("UPDATE conversations SET waiting_since = NULL WHERE number = 1")
    assert numbers(home.page(view(conn), "all")) == [2, 1]


def test_a_page_costs_the_same_however_long_the_queue(conn: sqlite3.Connection) -> None:
    """First, middle and last pages of 10,000 conversations take no more steps than of 200."""
    fill(conn, many(FEW))
    seen = view(conn)
    little = steps(conn, lambda: home.page(seen, "all"))
    fill(conn, list(many())[FEW:])
    conn.execute("UPDATE conversations SET snoozed_until = ? WHERE number % 5 = 0", (NOW,))
    spots = [
        row[:2] for row in conn.execute("SELECT turn, number FROM conversations ORDER BY 1, 2")
    ]
    middle, last = Spot(*spots[MANY // 2]), Spot(*spots[-2])
    for shelf in home.SHELVES:
        for after, before in ((None, None), (middle, None), (None, middle), (None, last)):
            ask = partial(home.page, seen, shelf, me=ANA_ID, after=after, before=before)
            assert steps(conn, ask) < 2 * little, (shelf, after, before)


def test_counts_are_read_off_the_indexes(conn: sqlite3.Connection) -> None:
    """No row of a conversation is read to count them, only the queue's index."""
    asked: list[str] = []
    conn.set_trace_callback(asked.append)
    home.counts(view(conn), ANA_ID)
    conn.set_trace_callback(None)
    for sql in asked:
        (plan,) = conn.execute("EXPLAIN QUERY PLAN " + sql).fetchall()
        assert "COVERING INDEX conversations_queue" in plan["detail"], sql
    assert len(asked) == len(home.SHELVES)


def test_people_are_found_by_name_and_email(conn: sqlite3.Connection) -> None:
    """A part is enough, in any case, resolved or not; the newest come first."""
    fill(
        conn,
        [
            row(1, name="Ömer Acar", email="omer@example.com"),
            row(2, name="Anna Müller", email="anna@shop.example", state="resolved"),
            row(3, name="", email="ANNA.two@example.com"),
            row(4, name="100%_sure"),
        ],
    )
    assert [c.number for c in home.search(view(conn), "anna")] == [3, 2]
    assert [c.number for c in home.search(view(conn), "ömer")] == [1]
    assert [c.number for c in home.search(view(conn), "EXAMPLE.com")] == [3, 1]
    assert [c.number for c in home.search(view(conn), "%_")] == [4]
    assert [c.number for c in home.search(view(conn), "0%_s")] == [4]
    assert home.search(view(conn), "nobody") == ()
    assert [c.number for c in home.search(view(conn), "a", limit=1)] == [3]


def test_a_search_reads_names_and_no_contacts(conn: sqlite3.Connection) -> None:
    """A search reads the index of names, newest first, and ends once it has enough."""
    fill(conn, many())
    common = steps(conn, lambda: home.search(view(conn), "visitor"))
    rare = steps(conn, lambda: home.search(view(conn), "nobody at all"))
    assert common * 20 < rare < MANY * 40
