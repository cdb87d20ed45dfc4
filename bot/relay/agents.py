"""What follows from a reply in a thread; pure.

Responsible for the rule that only what an allowed person wrote as a reply reaches a customer.
Whatever is not plainly that is kept, held or refused, and its writer is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot import cards, markup, texts
from bot.domain import (
    Author,
    Block,
    ChannelId,
    Conversation,
    Key,
    MessageTs,
    Millis,
    Operator,
    Post,
    SlackUser,
    Source,
    Speaker,
)
from bot.files import SlackFile
from bot.relay import gate, holding, keys, verbs
from bot.relay.access import Rules, outsider, refusal, speaker_for
from bot.relay.answer import Tell
from bot.relay.decisions import Audit, Change, Decision, Effect, NewMessage
from bot.relay.effects import Priority, React, SendMessage
from bot.relay.file_effects import SendFile
from bot.relay.guard import Doubt, Facts, secret_in, suspicion
from bot.relay.intent import (
    AsNote,
    Meant,
    StaysInSlack,
    ToCustomer,
    Unclear,
    Verb,
    read_intent,
    strip_note_marker,
)
from bot.relay.verbs import FIRST_WORDS, LINE_WORDS

HELD_REACTION = "raised_hand"
FAILED_REACTION = "warning"


@dataclass(frozen=True, slots=True)
class AgentWrote:
    """A reply in the thread of a conversation. ``markdown`` is ready for Crisp."""

    conversation: Conversation
    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs
    user: SlackUser
    operator: Operator | None
    markdown: str
    plain: str
    files: tuple[SlackFile, ...]
    occurred_at: Millis
    shared: tuple[str, ...] = ()
    """What was forwarded with it, without formatting; ``markdown`` holds it as well."""
    app: Speaker | None = None
    """The app that posted it, if one did that may speak to customers."""
    digest: str | None = None
    facts: Facts = field(default_factory=Facts)
    """What is known besides, for the guard."""
    before: str | None = None
    """What the customer has of it, if this is an edit of that: its doubts are another matter."""

    def audit(self, verb: str, *, refused: bool = False) -> Audit:
        """Return what is kept of what its writer does by it."""
        return Audit(
            user=self.user.user_id,
            name=self.user.name,
            verb=verb,
            session_id=self.conversation.session_id,
            channel=self.channel,
            ts=self.ts,
            thread_ts=self.thread_ts,
            refused=refused,
        )


def relay_to_crisp(event: AgentWrote, rules: Rules) -> Decision | Verb:
    """Decide what a reply becomes; a Verb is returned to the caller, which knows the verbs."""
    if event.app is not None:
        return _of_app(event, event.app, rules)
    intent = read_intent(
        event.plain, verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id, lined=LINE_WORDS
    )
    if isinstance(intent, StaysInSlack):
        return _stored(event, "kept", "text", ())
    if isinstance(intent, Verb) and outsider(event.user) is None:
        return intent  # what only asks every member may; orders are refused where they are decided
    return _meant(event, intent, rules)


def _meant(event: AgentWrote, intent: Meant, rules: Rules) -> Decision | Verb:
    """Do what somebody meant, if they may act for the team."""
    reason = refusal(event.user, rules)
    speaker = None if reason else speaker_for(event.user, event.operator, rules)
    if speaker is None:
        return _refused(event, intent, reason or texts.WRITER_UNMATCHED)
    if event.conversation.gone and isinstance(intent, ToCustomer | AsNote):
        return _refused(event, intent, texts.CONVERSATION_GONE)
    if gate.is_closed(rules, event.channel) and isinstance(intent, ToCustomer | Unclear):
        return _closed(event)
    match intent:
        case Verb() as verb:
            return verb
        case Unclear(word):
            return _held(event, word)
        case AsNote():
            note = strip_note_marker(event.markdown)
            return _held(event, "note:") if note is None else sent(event, "note", note, speaker)
        case ToCustomer():
            return _to_customer(event, speaker, rules)


def _to_customer(event: AgentWrote, speaker: Speaker, rules: Rules) -> Decision:
    if any(_is_private(text, rules) for text in event.shared):
        return _held(event, texts.PRIVATE_MESSAGE)
    here = rules.of(event.channel)
    if event.before is None and here.mode == "note":
        return _as_note(event, speaker)
    if event.before is None and here.guard and (doubt := suspicion(event.plain, event.facts)):
        return doubted(event, doubt)
    return sent(event, "text", event.markdown, speaker, rules=rules)


def doubted(event: AgentWrote, doubt: Doubt) -> Decision:
    """Hold a reply that looks internal, and ask its writer what it is meant to be."""
    value = keys.place(event.channel, event.ts, event.markdown)
    notice = cards.doubt_notice(doubt=doubt.words, value=value, sure=doubt.secret)
    return _asked(event, value, notice)


def _closed(event: AgentWrote) -> Decision:
    """Say that nothing is sent from the channel; what is written there is the team's own."""
    said = tell(event, "closed", cards.refusal(texts.ALERTS_ONLY))
    decision = _stored(event, "kept", "text", (said,))
    return replace(decision, audit=event.audit("reply", refused=True))


def _as_note(event: AgentWrote, speaker: Speaker) -> Decision:
    """Make a note of what was written where only what is sent on purpose goes to the customer."""
    decision = sent(event, "note", event.markdown, speaker)
    offer = cards.noted_notice(value=f"{event.channel}:{event.ts}", files=bool(event.files))
    others = (effect for effect in decision.effects if not isinstance(effect.payload, Tell))
    return replace(decision, effects=(*others, tell(event, "noted", offer)))


def _is_private(shared: str, rules: Rules) -> bool:
    """Tell whether a forwarded message was not meant for customers where it was written."""
    intent = read_intent(shared, verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id, lined=LINE_WORDS)
    return not isinstance(intent, ToCustomer) or shared.lstrip().startswith(texts.NOTE)


def _of_app(event: AgentWrote, app: Speaker, rules: Rules) -> Decision:
    """Decide on an app's post: it cannot be asked, so what is not plain stays in Slack."""
    match read_intent(
        event.plain, verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id, lined=LINE_WORDS
    ):
        case ToCustomer() if gate.is_closed(rules, event.channel):
            return _stored(event, "kept", "text", ())
        case ToCustomer() if rules.of(event.channel).guard and secret_in(event.plain):
            return _stored(event, "kept", "text", (mark(event.channel, event.ts, FAILED_REACTION),))
        case ToCustomer():
            kind = "note" if rules.of(event.channel).mode == "note" else "text"
            return untold(sent(event, kind, event.markdown, app))
        case AsNote() if note := strip_note_marker(event.markdown):
            return untold(sent(event, "note", note, app))
        case StaysInSlack():
            return _stored(event, "kept", "text", ())
        case _:
            warning = mark(event.channel, event.ts, FAILED_REACTION)
            return _stored(event, "kept", "text", (warning,))


def untold(decision: Decision) -> Decision:
    """Say nothing to an app: nobody reads it."""
    effects = (effect for effect in decision.effects if not isinstance(effect.payload, Tell))
    return replace(decision, effects=tuple(effects))


def sends(
    event: AgentWrote,
    kind: str,
    markdown: str,
    speaker: Speaker,
    *,
    order_key: int | None = None,
    meant: bool = False,
) -> tuple[Effect, ...]:
    """Return the rows of one reply or note: the text, split where Crisp cuts, then the files.

    Notes are texts in Crisp: a file would go to the customer, so a note's files stay in Slack.
    """
    text = tuple(
        _row(
            event,
            SendMessage(
                type=kind,
                content=content,
                speaker=speaker,
                channel=event.channel,
                ts=event.ts,
                thread_ts=event.thread_ts,
                user=event.user.user_id,
                meant=meant,
            ),
            key=keys.send_key(event.channel, event.ts, part),
            part=part,
            order_key=order_key,
        )
        for part, content in enumerate(markup.split(markdown, markup.CRISP_TEXT_LIMIT))
    )
    files = tuple(
        _row(
            event,
            SendFile(
                file=file,
                speaker=speaker,
                channel=event.channel,
                ts=event.ts,
                thread_ts=event.thread_ts,
                user=event.user.user_id,
                meant=meant,
            ),
            key=keys.file_key(event.channel, event.ts, file.id),
            part=keys.FIRST_FILE + number,
            order_key=order_key,
        )
        for number, file in enumerate(event.files if kind != "note" else ())
    )
    return (*text, *files)


def _row(
    event: AgentWrote,
    payload: SendMessage | SendFile,
    *,
    key: Key,
    part: int,
    order_key: int | None,
) -> Effect:
    session_id = event.conversation.session_id
    return Effect(
        payload=payload,
        lane=keys.to_crisp(session_id),
        destination=Source.CRISP,
        key=key,
        order_key=keys.ts_micros(event.ts) if order_key is None else order_key,
        priority=Priority.MESSAGE,
        part=part,
        session_id=session_id,
        of_message=True,
    )


def tell(event: AgentWrote, name: str, post: Post) -> Effect:
    """Return the row that says something to the writer only."""
    key = Key(f"tell:{name}:{event.channel}:{event.ts}")
    return Effect(
        payload=Tell(event.channel, event.user.user_id, post.text, post.blocks, event.thread_ts),
        lane=keys.aside(key),
        destination=Source.SLACK,
        key=key,
        order_key=keys.ts_micros(event.ts),
        priority=Priority.NOTICE,
        session_id=event.conversation.session_id,
    )


def mark(channel: ChannelId, ts: MessageTs, name: str, *, present: bool = True) -> Effect:
    """Return the row that makes this the one reaction of ours on a message, or lets none be there.

    One row holds what is wanted on one message: a later wish replaces an earlier one.
    """
    key = Key(f"react:{channel}:{ts}")
    return Effect(
        payload=React(channel, ts, name if present else ""),
        lane=f"react:{channel}:{ts}",
        destination=Source.SLACK,
        key=key,
        order_key=keys.ts_micros(ts),
        priority=Priority.NOTICE,
    )


def sent(
    event: AgentWrote,
    kind: str,
    markdown: str,
    speaker: Speaker,
    *,
    rules: Rules | None = None,
    meant: bool = False,
) -> Decision:
    """Return what follows from a reply, or a note, that goes to Crisp as it is.

    ``meant``: it was sent on purpose. With ``rules`` it waits as long as its channel says.
    """
    rows = sends(event, kind, markdown, speaker, meant=meant)
    if kind == "text":
        held = rules.of(event.channel).hold_seconds if rules is not None else 0
        wait = max(held, event.user.hold_seconds) * 1000
        rows = tuple(holding.held_back(row, wait) for row in rows)
    left = event.files if kind == "note" else ()
    notices = (tell(event, "files", cards.refusal(texts.FILES_IN_A_NOTE)),) if left else ()
    if not rows:
        said = notices or (tell(event, "files", cards.refusal(texts.NO_TEXT)),)
        return _stored(event, "kept", kind, said)
    waiting = event.conversation.waiting_since is not None and kind == "text"
    columns: dict[str, object] = {"active_at": event.occurred_at}
    if waiting:
        columns["waiting_since"] = None
    change = Change(event.conversation.session_id, columns, card=waiting)
    effects = (*rows, *notices, *_hold_told(event, rows))
    decision = _stored(
        event, "relayed", kind, effects, change=change, content=markdown, speaker=speaker.name
    )
    return replace(decision, audit=event.audit("note" if kind == "note" else "reply"))


def _hold_told(event: AgentWrote, rows: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Say that a reply is held back, with what its writer can do meanwhile."""
    wait = max((row.delay_ms for row in rows), default=0) // 1000
    if not wait:
        return ()
    value = keys.place(event.channel, event.ts)
    notice = cards.hold_notice(seconds=wait, value=value)
    return (mark(event.channel, event.ts, holding.REACTION), tell(event, "hold", notice))


def _refused(event: AgentWrote, intent: Meant, reason: str) -> Decision:
    effects = (
        tell(event, "refused", cards.refusal(reason)),
        mark(event.channel, event.ts, FAILED_REACTION),
    )
    decision = _stored(event, "kept", "text", () if event.user.bot else effects)
    return replace(decision, audit=event.audit(_verb_of(intent), refused=True))


def _verb_of(intent: Meant) -> str:
    """Name what somebody wanted to do by a message in a thread."""
    if isinstance(intent, Verb):
        found = verbs.find(f"{intent.word} {intent.argument}")
        return found[0].name if found else "command"
    return "note" if isinstance(intent, AsNote) else "reply"


def _held(event: AgentWrote, word: str) -> Decision:
    value = keys.place(event.channel, event.ts, event.markdown)
    return _asked(event, value, cards.held_notice(word=word, value=value))


def _asked(event: AgentWrote, value: str, question: Post) -> Decision:
    """Hold a reply, and ask about this version of it."""
    version = value.partition(":")[2].partition(":")[2]
    asked = tell(event, f"held:{version}" if version else "held", question)
    return _stored(event, "held", "text", (mark(event.channel, event.ts, HELD_REACTION), asked))


def _stored(
    event: AgentWrote,
    state: str,
    kind: str,
    effects: tuple[Effect, ...],
    *,
    change: Change | None = None,
    content: str | None = None,
    speaker: str = "",
) -> Decision:
    message = NewMessage(
        session_id=event.conversation.session_id,
        author=Author.AGENT,
        kind=kind,
        content=event.markdown if content is None else content,
        occurred_at=event.occurred_at,
        channel=event.channel,
        ts=event.ts,
        slack_user=event.user.user_id,
        digest=event.digest,
        speaker=speaker,
        state=state,
        files=event.files,
    )
    return Decision(change=change, message=message, effects=effects)


def blocks_of(event: dict[str, object]) -> list[Block]:
    """Return a Slack message's blocks, what was forwarded with it included."""
    return markup.of_app(event) if event.get("bot_id") else markup.with_shared(event)
