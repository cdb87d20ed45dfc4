"""What Crisp acknowledges moves forward what each side is known to have got, and nothing back."""

from __future__ import annotations

from typing import Any

import pytest

from bot.crisp import events
from bot.crisp.models import Message, read
from bot.domain import CRISP_ORIGIN, Arrival, Author, Fingerprint, Millis, Source, Speaker
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.effects import Priority
from bot.store import queue, seen, truth
from tests.core_kit import NOW, OTHER, SESSION
from tests.slack_kit import TS, Desk

SEND, RECEIVED, DELIVERED = events.READ_SEND, events.READ_RECEIVED, events.DELIVERED
LETTER = "mailbox_with_mail"
WROTE = Fingerprint(NOW * 100 - 500)
"""What the customer wrote, and before it an operator in Crisp."""
OPERATOR_WROTE = Fingerprint(NOW * 100 - 900)


@pytest.fixture
def desk() -> Desk:
    """Return a conversation: an operator and a customer wrote in Crisp, and Ana's reply waits."""
    desk = Desk()
    for author, fingerprint in ((Author.OPERATOR, OPERATOR_WROTE), (Author.VISITOR, WROTE)):
        said = CrispWrote(
            SESSION, fingerprint, author, "text", "Hi", Speaker("X"), Millis(fingerprint // 100)
        )
        desk.tx.apply(relay_to_slack(said, desk.tx.conversation(SESSION)), inbox_id=0)
        row = desk.head("post")
        queue.finish(desk.tx, row)
        queue.deliver_part(desk.tx, row, channel="C1", ts=f"{fingerprint}.000000")
    desk.reply("word " * 500)
    return desk


def acknowledge(kind: str, *names: int, at: int = 0, **more: object) -> Arrival:
    """Return an acknowledgement; without names it is about all up to now."""
    payload = {"session_id": SESSION, "origin": "chat", **more}
    if names:
        payload["fingerprints"] = list(names)
    return Arrival(Source.CRISP, kind, payload, None, Millis(at))


def sent(desk: Desk) -> list[int]:
    """Deliver Ana's reply, and return its parts' fingerprints."""
    desk.deliver()
    sql = "SELECT fingerprint FROM parts WHERE fingerprint IS NOT NULL ORDER BY id"
    return [row[0] for row in desk.all(sql)]


def levels(desk: Desk) -> list[str]:
    """Return how far each part was seen: the operator's, the customer's, then Ana's two."""
    return [row[0] for row in desk.all("SELECT seen FROM parts ORDER BY id")]


@pytest.mark.parametrize("kind", [SEND, RECEIVED])
def test_whose_messages_are_named_decides(desk: Desk, kind: str) -> None:
    """Named messages are read by their other side, whatever the event's own name means."""
    first, second = sent(desk)
    desk.receive(acknowledge(kind, first, second))
    assert levels(desk) == ["sent", "sent", "read", "read"]
    assert desk.mark(name=LETTER) is True
    desk.receive(acknowledge(kind, WROTE, OPERATOR_WROTE))
    assert levels(desk) == ["read"] * 4


def test_a_reply_is_read_when_its_last_part_is(desk: Desk) -> None:
    """Until then nothing is shown, and no row is made."""
    first, second = sent(desk)
    desk.receive(acknowledge(RECEIVED, first))
    assert desk.rows("react") == []
    desk.receive(acknowledge(RECEIVED, second))
    assert desk.mark(name=LETTER) is True


def test_good_news_goes_after_bad_news(desk: Desk) -> None:
    """However many replies are read at once, a warning does not wait behind their letters."""
    priority = "SELECT priority FROM outbox WHERE kind = 'react'"
    desk.receive(acknowledge(RECEIVED, *sent(desk)))
    assert desk.all(priority) == [(Priority.LAST,)]
    desk.conn.execute("UPDATE parts SET state = 'failed' WHERE fingerprint IS NOT NULL")
    (part,) = desk.all("SELECT max(id) FROM parts")[0]
    truth.refresh_part(desk.tx, part)
    assert desk.mark() is True
    assert desk.all(priority) == [(Priority.NOTICE,)]


def test_without_names_it_is_all_that_one_side_wrote(desk: Desk) -> None:
    """An event that names no message is about all of one side, as its own name says."""
    sent(desk)
    desk.receive(acknowledge(RECEIVED))
    assert levels(desk) == ["read", "sent", "read", "read"]
    desk.receive(acknowledge(SEND))
    assert levels(desk) == ["read"] * 4


def test_without_names_a_late_hook_is_not_about_what_came_after(desk: Desk) -> None:
    """A hook that is sent again long after is about what was written by its own time."""
    sent(desk)
    desk.receive(acknowledge(RECEIVED, at=OPERATOR_WROTE // 100))
    assert levels(desk) == ["read", "sent", "sent", "sent"]


def test_what_is_not_sent_yet_is_not_read(desk: Desk) -> None:
    """All up to now leaves out what is still on its way to Crisp."""
    desk.receive(acknowledge(RECEIVED))
    assert levels(desk) == ["read", "sent", "sent", "sent"]


@pytest.mark.parametrize("teacher", ["named", "own"])
def test_the_names_are_learned_from_what_is_known(desk: Desk, teacher: str) -> None:
    """Should the two names mean the opposite, the first event that tells teaches it."""
    names = sent(desk)
    if teacher == "named":
        desk.receive(acknowledge(SEND, names[0]))
    else:
        desk.receive(acknowledge(RECEIVED, origin=CRISP_ORIGIN))
        assert levels(desk)[1] == "read", "our own mark is about the customer's messages"
    desk.receive(acknowledge(SEND))
    assert levels(desk)[2:] == ["read", "read"]
    assert seen.names_are_swapped(desk.tx)


def test_it_only_moves_forward(desk: Desk) -> None:
    """What was read stays read, and when that was stays as well, however late the rest comes."""
    names = sent(desk)
    desk.receive(acknowledge(DELIVERED, *names, at=NOW + 1))
    assert levels(desk)[2:] == ["delivered", "delivered"]
    desk.receive(acknowledge(RECEIVED, *names, at=NOW + 2))
    before = desk.all("SELECT seen, seen_at FROM parts ORDER BY id")
    for late in (acknowledge(DELIVERED, *names, at=NOW + 9), acknowledge(RECEIVED, at=NOW + 9)):
        desk.receive(late)
        assert desk.all("SELECT seen, seen_at FROM parts ORDER BY id")[2:] == before[2:]


def test_a_note_is_read_by_nobody(desk: Desk) -> None:
    """What the customer cannot see is not read, whether it is named or not."""
    desk.deliver()
    desk.reply("!note psst", ts="1700000006.000200")
    *_, note = sent(desk)
    desk.receive(acknowledge(RECEIVED, note))
    desk.receive(acknowledge(RECEIVED))
    assert levels(desk)[-1] == "sent"
    assert desk.mark("1700000006.000200", LETTER) is None


def test_what_was_read_has_arrived(desk: Desk) -> None:
    """A reply in doubt is done once the customer has read it: nothing is sent again."""
    (row,) = desk.all("SELECT id, key, part_id FROM outbox WHERE kind = 'send' LIMIT 1")
    desk.conn.execute("UPDATE outbox SET must_look = 1 WHERE id = ?", (row[0],))
    (fingerprint,) = desk.all("SELECT fingerprint FROM parts WHERE id = ?", row[2])
    desk.receive(acknowledge(RECEIVED, fingerprint[0]))
    assert row[1] not in desk.rows("send")
    assert desk.all("SELECT state, seen FROM parts WHERE id = ?", row[2]) == [("delivered", "read")]


def test_read_before_the_answer_came_is_shown_with_it(desk: Desk) -> None:
    """An acknowledgement can overtake the answer to our own call; both end in the same."""
    names = [row[0] for row in desk.all("SELECT fingerprint FROM parts WHERE fingerprint > 0")]
    desk.receive(acknowledge(RECEIVED, *names))
    assert desk.rows("react") == []
    desk.deliver()
    assert desk.mark(TS, LETTER) is True


@pytest.mark.parametrize(
    "odd",
    [
        {"session_id": OTHER},
        {"session_id": None},
        {"fingerprints": ["x", None, -1, 2**60]},
        {"fingerprints": {"a": 1}},
        {"fingerprints": [5]},
    ],
)
def test_what_concerns_nothing_here_changes_nothing(desk: Desk, odd: dict[str, Any]) -> None:
    """Unknown conversations, unknown messages and nonsense leave no trace."""
    desk.deliver()
    before = desk.all("SELECT count(*) FROM inbox")
    for kind in (DELIVERED, SEND, RECEIVED):
        desk.receive(acknowledge(kind, **odd))
    assert levels(desk) == ["sent"] * 4
    assert desk.all("SELECT count(*) FROM inbox") == before


def test_a_swept_message_tells_who_has_read_it() -> None:
    """The marks that a message bears come without a call of their own, and teach no names."""
    wire = [
        {"fingerprint": 1, "from": "operator", "read": "chat", "delivered": "chat"},
        {"fingerprint": 2, "from": "user", "read": True},
        {"fingerprint": 3, "from": "operator", "read": "", "delivered": "chat"},
        {"fingerprint": 4, "from": "operator", "read": False, "delivered": None},
    ]
    messages = [m for item in wire if (m := read(Message, item)) is not None]
    got = [
        (a.kind, a.payload["fingerprints"], a.swept) for a in events.from_marks(SESSION, messages)
    ]
    assert got == [(RECEIVED, [1, 2], True), (DELIVERED, [3], True)]


def test_a_sweep_teaches_no_names(desk: Desk) -> None:
    """What a sweep makes up says nothing of how Crisp names its events."""
    names = sent(desk)
    for kind in (SEND, RECEIVED):
        found = acknowledge(kind, *names)
        desk.receive(Arrival(found.source, found.kind, found.payload, swept=True))
    assert not seen.names_are_swapped(desk.tx)
