"""A stored world and hand-written payloads for the tests of handlers."""

from __future__ import annotations

from typing import Any

from bot.app import router
from bot.domain import Arrival, Author, Fingerprint, MessageTs, Millis, SlackUser, Source
from bot.relay.access import Rules
from bot.relay.answer import Respond, Tell
from bot.relay.decisions import Change, Decision, NewMessage
from bot.relay.effects import Assign, Learn, Payload, PostMessage, React, SendMessage, SetState
from bot.store import edits, revisions
from bot.store.transaction import Transaction
from tests.core_kit import ANA, CHANNEL, NOW, OPERATOR, ROOT, RULES, SESSION, database, transaction

TS = MessageTs("1700000005.000200")


class Stored:
    """A database that knows one conversation with its thread, Ana, and the team."""

    def __init__(self) -> None:
        self.conn = database()
        self.tx: Transaction = transaction(self.conn)
        place = {"channel": CHANNEL, "thread_ts": ROOT}
        self.tx.change(Change(SESSION, place, create=True, card=False))
        self.tx.save_user(ANA)
        self.tx.save_operators([OPERATOR])

    def decide(self, arrival: Arrival, rules: Rules = RULES) -> Decision | None:
        """Let the handler of all handlers decide, as the bridge would."""
        decision: Decision | None = router().decide(arrival, self.tx, rules)
        return decision

    def apply(self, arrival: Arrival, rules: Rules = RULES) -> Decision:
        """Decide and store what follows."""
        decision = self.decide(arrival, rules)
        assert decision is not None
        edits.apply(self.tx, decision)
        self.tx.apply(decision, inbox_id=self.tx.record(arrival))
        revisions.apply(self.tx, decision, swept=arrival.swept)
        return decision

    def customer_wrote(self, fingerprint: int, text: str = "Hi") -> None:
        """Store a customer's message."""
        message = NewMessage(
            SESSION, Author.VISITOR, "text", text, Millis(NOW),
            fingerprint=Fingerprint(fingerprint),
        )  # fmt: skip
        self.tx.apply(Decision(message=message), inbox_id=0)


def kinds(decision: Decision | None) -> list[str]:
    """Return the kinds of rows that a decision stores."""
    assert decision is not None
    return sorted(effect.payload.kind for effect in decision.effects)


def payloads(decision: Decision | None) -> list[Payload]:
    """Return the payloads of a decision."""
    assert decision is not None
    return [effect.payload for effect in decision.effects]


def texts(decision: Decision | None) -> str:
    """Return all that is said to people."""
    said = [p for p in payloads(decision) if isinstance(p, Tell | Respond)]
    return "\n".join(p.text for p in said)


def reply(text: str, *, user: SlackUser = ANA, ts: str = TS, **more: Any) -> Arrival:
    """Return a reply in the conversation's thread."""
    event = {
        "type": "message", "user": user.user_id, "channel": CHANNEL, "ts": ts, "thread_ts": ROOT,
        "text": text, **more,
    }  # fmt: skip
    return Arrival(Source.SLACK, "message", event, fact=f"message:{CHANNEL}:{ts}")


def press(action: str, *, user: SlackUser = ANA, value: str = "", block: str = "") -> Arrival:
    """Return the press of a button."""
    body = {
        "type": "block_actions",
        "user": {"id": user.user_id},
        "channel": {"id": CHANNEL},
        "message": {"ts": ROOT},
        "response_url": "https://hooks.test/1",
        "actions": [{"action_id": action, "value": value, "block_id": block, "action_ts": "1.0"}],
    }
    return Arrival(Source.SLACK, f"action:{action}", body, fact=f"action:{action}")


def command(text: str, *, user: SlackUser = ANA) -> Arrival:
    """Return a slash command."""
    body = {
        "command": "/crisp", "text": text, "user_id": user.user_id, "channel_id": CHANNEL,
        "response_url": "https://hooks.test/2",
    }  # fmt: skip
    return Arrival(Source.SLACK, "command", body, fact="command:1")


def crisp(kind: str, **payload: Any) -> Arrival:
    """Return one of Crisp's events about the conversation."""
    return Arrival(Source.CRISP, kind, {"session_id": SESSION, **payload}, occurred_at=Millis(NOW))


__all__ = [
    "ROOT", "SESSION", "TS", "Assign", "Learn", "PostMessage", "React", "SendMessage", "SetState",
    "Stored", "Tell", "command", "crisp", "kinds", "payloads", "press", "reply", "texts",
]  # fmt: skip
