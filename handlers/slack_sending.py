"""Buttons about a reply of one's own that has not gone to the customer, or not yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import cards, texts
from bot.domain import Arrival, ChannelId, Conversation, MessageTs, SlackUserId, Source, Speaker
from bot.relay import gate, keys
from bot.relay.access import Rules, speaker_for
from bot.relay.agents import HELD_REACTION, AgentWrote, mark, sends
from bot.relay.decisions import Amend, Change, Decision, Effect, HoldEdit
from bot.relay.intent import strip_note_marker
from bot.router import Router
from bot.store import held_edits, undoing
from bot.store.rows import StoredMessage
from bot.store.view import View
from handlers.presses import HELD, Press, answered, ask, place_of, read_press, say, unsure

router = Router()


@dataclass(frozen=True, slots=True)
class Own:
    """A message that somebody wrote, and presses a button about."""

    press: Press
    message: StoredMessage
    conversation: Conversation
    speaker: Speaker
    channel: ChannelId
    ts: MessageTs

    def again(self) -> AgentWrote:
        """Return it as it is written by now."""
        return AgentWrote(
            conversation=self.conversation,
            channel=self.channel,
            ts=self.ts,
            thread_ts=self.press.answer.thread_ts or self.ts,
            user=self.press.user,
            operator=self.press.operator,
            markdown=self.message.content,
            plain="",
            files=self.message.files,
            occurred_at=self.press.arrival.occurred_at,
        )


def own(arrival: Arrival, view: View, rules: Rules) -> Own | Decision | None:
    """Read who pressed a button about which message; a Decision is to be returned as it is."""
    press = read_press(arrival, view, rules)
    if not isinstance(press, Press):
        return press
    channel, ts = place_of(press.value)
    message = view.message(channel, ts)
    conversation = view.conversation(message.session_id) if message else None
    if message is None or conversation is None:
        return say(press, texts.SETTLED_ALREADY)
    if message.slack_user != press.user.user_id:
        return say(press, texts.NOT_THE_WRITER)
    speaker = speaker_for(press.user, press.operator, rules)
    if speaker is None:
        return say(press, texts.WRITER_UNMATCHED)
    return Own(press, message, conversation, speaker, channel, ts)


@router.on(Source.SLACK, "action:note:send", "action:note:sure")
def send_instead(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Send to the customer what became a note because of its channel's mode."""
    found = own(arrival, view, rules)
    if not isinstance(found, Own):
        return found
    press, message, conversation = found.press, found.message, found.conversation
    if message.kind != "note" or message.state != "relayed" or message.removed:
        return say(press, texts.SETTLED_ALREADY)
    if not message.content:  # forgotten because of its age; a note is never without text
        return say(press, texts.NO_TEXT_LEFT)
    if gate.is_closed(rules, found.channel):
        return say(press, texts.ALERTS_ONLY)
    if conversation.gone:
        return say(press, texts.CONVERSATION_GONE)
    if doubt := unsure(press, message.content, rules):
        value = keys.place(found.channel, found.ts, message.content)
        return ask(press, cards.doubted_note(doubt=doubt.words, value=value))
    rows = sends(
        found.again(), "text", message.content, found.speaker, order_key=view.now * 1000, meant=True
    )
    waited = conversation.waiting_since is not None
    return Decision(
        change=Change(message.session_id, {"waiting_since": None}) if waited else None,
        amend=Amend(
            message.id, "relayed", message.content, "text", rows, message.files, recast=True
        ),
        effects=(answered(press, texts.SENT_INSTEAD),),
        audit=press.audit("reply", message.session_id),
    )


@router.on(Source.SLACK, "action:edit:send", "action:edit:leave")
def held_edit(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry an edit that was held, or leave what the customer has."""
    found = own(arrival, view, rules)
    if not isinstance(found, Own):
        return found
    press, message = found.press, found.message
    edit = held_edits.find(view, message.id)
    version = edit and keys.place(found.channel, found.ts, edit.content)
    if edit is None or press.value != version or message.state != "relayed":
        return say(press, texts.SETTLED_ALREADY)
    if arrival.kind == "action:edit:leave":
        return Decision(
            hold_edit=HoldEdit(message.id, None),
            effects=(
                mark(found.channel, found.ts, HELD_REACTION, present=False),
                answered(press, texts.EDIT_LEFT),
            ),
        )
    if gate.is_closed(rules, found.channel):
        return say(press, texts.EDIT_IN_ALERTS)
    said = replace(found.again(), markdown=edit.content, files=edit.files)
    rows = sends(said, "text", edit.content, found.speaker, meant=True)
    return Decision(
        amend=Amend(message.id, "relayed", edit.content, "text", rows, edit.files),
        effects=(answered(press, texts.EDIT_SENT),),
        audit=press.audit("edit", message.session_id),
    )


@router.on(Source.SLACK, "action:held:*")
def held(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Send, note or keep a reply that was held, as its writer says."""
    found = own(arrival, view, rules)
    if not isinstance(found, Own):
        return found
    what, press, message = arrival.kind.rpartition(":")[2], found.press, found.message
    if message.state != "held" or not _is_asked(found):
        return say(press, texts.SETTLED_ALREADY)
    sending = what in {"send", "sure"}
    if sending and gate.is_closed(rules, found.channel):
        return say(press, texts.ALERTS_ONLY)
    if sending and (doubt := unsure(press, message.content, rules)):
        value = keys.place(found.channel, found.ts, message.content)
        return ask(press, cards.doubt_notice(doubt=doubt.words, value=value, sure=True))
    released = _released(what, found.again(), found.speaker, now=view.now * 1000)
    if released is None:
        return None
    sentence, kind, content, rows = released
    if not rows and what != "discard":
        return say(press, texts.NO_TEXT_LEFT)
    waited = sending and found.conversation.waiting_since is not None
    state = "relayed" if rows else "kept"
    return Decision(
        change=Change(message.session_id, {"waiting_since": None}) if waited else None,
        amend=Amend(message.id, state, content, kind, sends=rows, files=message.files),
        effects=(
            mark(found.channel, found.ts, HELD_REACTION, present=False),
            answered(press, sentence),
        ),
        audit=press.audit(HELD.get(what, "keep"), message.session_id),
    )


def _is_asked(found: Own) -> bool:
    """Tell whether a button is about what a held reply says by now, and not before an edit."""
    value, message = found.press.value, found.message
    unchanged = not message.revised_at and value == keys.place(found.channel, found.ts)
    return unchanged or value == keys.place(found.channel, found.ts, message.content)


def _released(
    what: str, said: AgentWrote, speaker: Speaker, *, now: int
) -> tuple[str, str, str, tuple[Effect, ...]] | None:
    """Return what is said of it, what it becomes, of which text, and its rows."""
    text = said.markdown
    match what:
        case "send" | "sure":
            rows = sends(said, "text", text, speaker, order_key=now, meant=True)
            return texts.HELD_SENT, "text", text, rows
        case "note":
            note = strip_note_marker(text) or text
            left = f" {texts.FILES_IN_A_NOTE}" if said.files else ""
            rows = sends(said, "note", note, speaker, order_key=now)
            return texts.HELD_NOTED + left, "note", note, rows
        case "discard":
            return texts.HELD_KEPT, "text", text, ()
        case _:
            return None


@router.on(Source.SLACK, "action:hold:cancel", "action:hold:now")
def held_back(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Cancel a reply that is held back, or let it go out at once; too late, say so."""
    found = own(arrival, view, rules)
    if not isinstance(found, Own):
        return found
    press, message = found.press, found.message
    if message.state != "relayed" or message.removed:
        return say(press, texts.HOLD_CANCELLED)
    if not undoing.is_held_back(view, message.id):
        return say(press, texts.HOLD_OVER)
    if arrival.kind == "action:hold:now":
        return Decision(hurry=message.id, effects=(answered(press, texts.HOLD_HURRIED),))
    return replace(
        cancel(view, message),
        effects=(answered(press, texts.HOLD_CANCELLED),),
        audit=press.audit("keep", message.session_id),
    )


def cancel(view: View, message: StoredMessage) -> Decision:
    """Take a reply back that is held back: it stays in Slack, and the customer still waits."""
    since = undoing.unanswered_since(view, message.session_id)
    change = Change(message.session_id, {"waiting_since": since}) if since else None
    amend = Amend(message.id, "kept", message.content, files=message.files)
    return Decision(change=change, amend=amend)


def cancelled_by(
    view: View, channel: ChannelId, ts: MessageTs, *, user: SlackUserId
) -> Decision | None:
    """Cancel a reply by its writer's own hourglass on it; None if it is none that is held back."""
    message = view.message(channel, ts)
    if message is None or message.slack_user != user or message.state != "relayed":
        return None
    return cancel(view, message) if undoing.is_held_back(view, message.id) else None
