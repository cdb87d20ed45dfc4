"""Blanking what nobody has decided yet, or what was given up, of somebody who is erased.

Responsible for what is kept raw, or is of nobody's conversation. Who did in Slack what is not
decided any more is told so, without what they wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot import texts
from bot.domain import Arrival, Json, SessionId
from bot.relay.commands import Typed, parse_command
from bot.relay.erase_effects import Place
from bot.relay.failures import undecided
from bot.relay.people_effects import StartConversation
from bot.relay.refs import plain
from bot.store.transaction import Transaction
from bot.store.view import View


def _paths(*names: str) -> str:
    return ", ".join(f"json_extract(payload, '$.{name}')" for name in names)


_CHANNELS = _paths("channel", "channel.id", "container.channel_id")
_THREADS = _paths(
    "thread_ts", "message.thread_ts", "previous_message.thread_ts", "container.thread_ts",
    "message.ts", "container.message_ts",
)  # fmt: skip
"""Where messages, their edits and deletions, and presses say in which thread they are.

What is pressed on a thread's root names it as a message only.
"""


_ORDERS = ("command", "action:", "view:", "shortcut:")
"""What is about the conversation or the person that it names; a message may name any other."""
_FIRST = 3
"""So many words of a command may be the verb and whom it is about."""
_OPEN = "SELECT id FROM inbox WHERE source = 'slack' AND state <> 'done' AND payload IS NOT NULL"


def arrivals(tx: Transaction, session_id: SessionId, threads: Sequence[Place]) -> None:
    """Let nothing of a conversation be decided any more that waits for it, or could not be."""
    _clear(tx, "source = 'crisp' AND json_extract(payload, '$.session_id') = ?", session_id)
    for place in threads:
        there = f"{_OPEN} AND ?1 IN ({_CHANNELS}) AND ?2 IN ({_THREADS})"
        _blank(tx, [row[0] for row in tx.conn.execute(there, place)])
    _blank(tx, [number for number, order in _orders(tx) if _is_about(tx, order, session_id)])


def naming(tx: Transaction, email: str) -> None:
    """Forget what was ordered about a person, or given up that names them: by their address."""
    if not email:
        return
    wanted = email.strip().lower()
    _blank(tx, [number for number, order in _orders(tx) if _is_for(order, wanted)])
    rows = tx.conn.execute(
        "SELECT id, kind, payload FROM outbox WHERE state <> 'pending' AND conversation IS NULL"
    ).fetchall()
    tx.conn.executemany(
        "DELETE FROM outbox WHERE id = ?",
        [(row[0],) for row in rows if _names(row[1], row[2], wanted)],
    )


def _orders(tx: Transaction) -> list[tuple[int, Arrival]]:
    found = [(int(row[0]), tx.stored(row[0])) for row in tx.conn.execute(_OPEN).fetchall()]
    return [
        (number, arrival)
        for number, arrival in found
        if arrival is not None and arrival.kind.startswith(_ORDERS)
    ]


def _is_about(view: View, order: Arrival, session_id: SessionId) -> bool:
    """Tell whether a form, a button or a command is for a conversation: they hold its session."""
    if session_id in json.dumps(order.payload):
        return True
    typed = parse_command(_typed(order))
    ref = typed.ref if isinstance(typed, Typed) else None
    found = view.find(ref) if ref is not None else None
    return found is not None and found.session_id == session_id


def _is_for(order: Arrival, email: str) -> bool:
    """Tell whether an order is about who has this address: it stands alone, in no text."""
    told = [*map(plain, _typed(order).split()[:_FIRST]), *_filled_in(order.payload)]
    return email in {one.strip().lower() for one in told}


def _typed(order: Arrival) -> str:
    return str(order.payload.get("text") or "") if order.kind == "command" else ""


def _filled_in(payload: Json) -> Iterator[str]:
    """Yield what stands in a form's fields."""
    for block in _within(payload, "view", "state", "values").values():
        for field in block.values() if isinstance(block, Mapping) else ():
            if isinstance(field, Mapping) and isinstance(value := field.get("value"), str):
                yield value


def _within(found: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _blank(tx: Transaction, numbers: Sequence[int]) -> None:
    for number in numbers:
        arrival = tx.stored(number)
        if arrival is not None:
            for effect in undecided(arrival, why=texts.ERASED_THREAD, now=tx.now, erased=True):
                tx.enqueue(effect)
        _clear(tx, "id = ?", number)


def _clear(tx: Transaction, which: str, value: object) -> None:
    tx.conn.execute(
        "UPDATE inbox SET state = 'done', payload = NULL, parked_on = NULL, error = NULL"  # noqa: S608 - fixed texts
        f" WHERE state <> 'done' AND {which}",
        (value,),
    )


def _names(kind: str, payload: str, email: str) -> bool:
    """Tell whether a row is to, or speaks of, the one with this address, and of no longer one.

    A first message is somebody's own, whomever its text names.
    """
    if kind == StartConversation.kind:
        return str(json.loads(payload).get("email", "")).strip().lower() == email
    dumped = json.dumps(json.loads(payload), ensure_ascii=False).lower()
    spoken = re.sub(r"\\(?:u[0-9a-f]{4}|.)", " ", dumped)  # a line break is no letter
    whole = rf"(?<![\w.+-]){re.escape(email)}(?!-?\w|\.\w)"
    return re.search(whole, spoken) is not None
