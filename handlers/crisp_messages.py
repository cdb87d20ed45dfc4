"""Messages that appear in Crisp: the customer's, an operator's, and the echo of our own."""

from __future__ import annotations

from dataclasses import replace

from bot import texts
from bot.crisp import convert
from bot.crisp.models import Message, read
from bot.domain import (
    Arrival,
    Author,
    Conversation,
    Fingerprint,
    Millis,
    SessionId,
    Source,
    Speaker,
)
from bot.files import CrispFile, read_crisp_file
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.changes import context_line
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Decision
from bot.relay.notifying import concerns, notify
from bot.relay.returning import relay_return
from bot.router import Router
from bot.sensitive import Kind
from bot.store import erasing, preferences
from bot.store.view import View

router = Router()


@router.on(Source.CRISP, "message:send", "message:received")
def relay(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Relay a new message; our own is told by its fingerprint, never by its content."""
    message = read(Message, arrival.payload)
    if message is None or not message.session_id:
        return None
    session_id, fingerprint = SessionId(message.session_id), Fingerprint(message.fingerprint)
    # What we send is never the visitor's, even if it bears the same time.
    own = view.own_send(session_id, fingerprint) if message.from_ != "user" else None
    if own is not None:
        key, in_doubt = own
        # Only what is in doubt needs the echo: what is being sent now will be answered.
        return Decision(confirm=key) if key is not None and in_doubt else None
    if view.knows_fingerprint(session_id, fingerprint):
        return None
    conversation = view.conversation(session_id)
    if _is_erased(arrival.kind, message, conversation, view):
        return None
    said = wrote(arrival, message, rules, privacy.hidden_in(rules, conversation))
    if message.type == "event":
        if conversation is None or _is_state(message):
            return None
        lines = context_line(
            conversation, said.markdown, at=arrival.occurred_at, name=f"event:{fingerprint}"
        )
        return Decision(effects=lines) if lines else None
    decision = relay_to_slack(said, conversation)
    decision = relay_return(decision, said, conversation, rules)
    if conversation is None or not concerns(said, decision, conversation):
        return decision
    return notify(
        decision, said, conversation.assignee, people=preferences.want_notices(view),
        operators=view.operators(), rules=rules,
    )  # fmt: skip


def _is_erased(kind: str, message: Message, conversation: Conversation | None, view: View) -> bool:
    """Tell whether a message must not come back, whoever reads it again.

    A customer who writes anew begins anew; what else may come late, such as the echo of a reply
    that was on its way, does not.
    """
    at = erasing.erased_at(view, SessionId(message.session_id))
    if at is None:
        return False
    anew = _author(kind, message) is Author.VISITOR or conversation is not None
    return message.sent_at <= at or not anew


def _is_state(message: Message) -> bool:
    """Tell whether an event repeats what ``session:set_state`` says."""
    content = message.content
    namespace = content.get("namespace") if isinstance(content, dict) else None
    return isinstance(namespace, str) and namespace.startswith("state:")


def wrote(arrival: Arrival, message: Message, rules: Rules, kinds: frozenset[Kind]) -> CrispWrote:
    """Read a message as what somebody wrote, with what is of these kinds hidden in it."""
    author = _author(arrival.kind, message)
    inbox = arrival.payload.get("inbox_id")
    name = message.user.nickname or ("" if author is Author.VISITOR else texts.OPERATOR)
    return CrispWrote(
        session_id=SessionId(message.session_id),
        fingerprint=Fingerprint(message.fingerprint),
        author=author,
        kind=message.type or "text",
        markdown=privacy.summary(
            message.type or "text",
            message.content,
            kinds,
            inbox_url=convert.inbox_url(rules.website_id, message.session_id),
        ),
        speaker=Speaker(privacy.line(name), message.user.avatar or None),
        occurred_at=Millis(message.sent_at),
        inbox_id=inbox if isinstance(inbox, str) else None,
        file=_file(message, kinds),
        hides=kinds,
    )


def _file(message: Message, kinds: frozenset[Kind]) -> CrispFile | None:
    file = read_crisp_file(message.type, message.content)
    return file and replace(file, name=privacy.line(file.name, kinds))


def _author(kind: str, message: Message) -> Author:
    if kind == "message:send" or message.from_ == "user":
        return Author.VISITOR
    return Author.BOT if message.automated else Author.OPERATOR
