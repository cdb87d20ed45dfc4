"""Shortcuts on an agent's own reply that did not go out: *Retry*, and *Turn into note*.

Responsible for what is still possible: what the customer may have is neither sent twice nor taken
back, and a sentence says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import cards, texts
from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    Key,
    MessageTs,
    Operator,
    Post,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.lookups import Fate
from bot.relay import keys
from bot.relay.access import Rules, find_operator, of_team, refusal, speaker_for
from bot.relay.agents import HELD_REACTION, AgentWrote, mark, sends
from bot.relay.answer import Answer
from bot.relay.decisions import Amend, Audit, Decision
from bot.relay.failures import answer_with
from bot.relay.intent import strip_note_marker
from bot.router import Router
from bot.slack.models import part, team_in, word
from bot.store import fates
from bot.store.rows import StoredMessage
from bot.store.view import View
from handlers import learning
from handlers.presses import barred

router = Router()


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wants something of which message."""

    user: SlackUser
    operator: Operator | None
    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs
    arrival: Arrival

    def say(self, post: Post) -> Decision:
        """Do nothing but tell them something."""
        answer = Answer(self.channel, self.user.user_id, self.thread_ts)
        return Decision(effects=(answer_with(answer, post, name=str(self.arrival.fact)),))

    def audit(self, verb: str, session_id: SessionId | None, *, refused: bool = False) -> Audit:
        """Return what is kept of it."""
        return Audit(
            user=self.user.user_id, name=self.user.name, verb=verb, session_id=session_id,
            channel=self.channel, ts=self.ts, refused=refused,
        )  # fmt: skip


@router.on(Source.SLACK, "shortcut:retry")
def retry(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Try again what was given up of a reply."""
    wish = _wish(arrival, view, rules, verb="retry")
    if not isinstance(wish, _Wish):
        return wish
    fate = _reply(view, wish)
    given_up = [part.given_up for part in fate.parts if part.given_up] if fate else []
    if fate is None or not given_up:
        return _not_now(wish, view, fate, texts.NOTHING_TO_RETRY)
    rows = [row for key in given_up if (row := view.given_up(key))]
    if refused := next((why for row in rows if (why := barred(row, view, rules))), None):
        return wish.say(cards.refusal(refused))
    said = wish.say(cards.sentence(texts.TRIED_AGAIN))
    audit = wish.audit("retry", fate.session_id)
    return replace(said, requeue=given_up[0], requeue_also=tuple(given_up[1:]), audit=audit)


@router.on(Source.SLACK, "shortcut:to_note")
def to_note(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Make a private note of a reply that the customer has not got."""
    wish = _wish(arrival, view, rules, verb="note")
    if not isinstance(wish, _Wish):
        return wish
    fate, message = _reply(view, wish), view.message(wish.channel, wish.ts)
    if fate is None or message is None or message.state not in {"held", "relayed"}:
        return _not_now(wish, view, fate, texts.NOT_RELAYED_NO_NOTE)
    if message.kind == "note":
        return wish.say(cards.refusal(texts.NOTE_ALREADY))
    if message.state == "held" and message.slack_user != wish.user.user_id:
        return wish.say(cards.refusal(texts.NOT_THE_WRITER))
    if not view.unsent(message.id) or any(p.state == "delivered" for p in fate.parts):
        return wish.say(cards.refusal(texts.SENT_NO_NOTE))
    return _noted(wish, fate, message, view, rules)


def _noted(wish: _Wish, fate: Fate, message: StoredMessage, view: View, rules: Rules) -> Decision:
    conversation = view.conversation(message.session_id)
    speaker = speaker_for(wish.user, wish.operator, rules)
    if conversation is None or speaker is None:
        return wish.say(
            cards.refusal(texts.WRITER_UNMATCHED if conversation else texts.UNKNOWN_ANSWER)
        )
    said = AgentWrote(
        conversation=conversation,
        channel=wish.channel,
        ts=wish.ts,
        thread_ts=wish.thread_ts,
        user=wish.user,
        operator=wish.operator,
        markdown=message.content,
        plain="",
        files=message.files,
        occurred_at=wish.arrival.occurred_at,
    )
    note = strip_note_marker(message.content) or message.content
    rows = sends(said, "note", note, speaker, order_key=view.now * 1000)
    if not rows:
        return wish.say(cards.refusal(texts.FILES_IN_A_NOTE))
    again = _given_up(fate, {row.part for row in rows})
    left = f" {texts.FILES_IN_A_NOTE}" if message.files else ""
    told = wish.say(cards.sentence(texts.HELD_NOTED + left))
    unmarked = mark(wish.channel, wish.ts, HELD_REACTION, present=False)
    return Decision(
        amend=Amend(message.id, "relayed", note, "note", sends=rows, files=message.files),
        effects=(unmarked, *told.effects),
        requeue=next(iter(again), None),
        requeue_also=tuple(again[1:]),
        audit=wish.audit("note", message.session_id),
    )


def _given_up(fate: Fate, parts: set[int]) -> list[Key]:
    """Return what must be tried again of the parts that become the note."""
    return [part.given_up for part in fate.parts if part.given_up and part.part in parts]


def _reply(view: View, wish: _Wish) -> Fate | None:
    """Return what became of the message, if it is an agent's reply."""
    found = fates.at(view, wish.channel, wish.ts)
    return next((fate for fate in found if fate.author is Author.AGENT), None)


def _not_now(wish: _Wish, view: View, fate: Fate | None, sentence: str) -> Decision:
    """Say why nothing can be done; what is held is asked about again."""
    if fate is not None and fate.state == "held":
        message = view.message(wish.channel, wish.ts)
        value = keys.place(wish.channel, wish.ts, message.content if message else "")
        return wish.say(cards.held_again(value))
    undecided = fates.undecided(view, wish.channel, wish.ts)
    if undecided is not None:
        failed = undecided == "failed"
        sentence = texts.STATUS_NOT_UNDERSTOOD if failed else texts.STATUS_UNDECIDED
    elif fate is None:
        sentence = texts.NO_REPLY_OF_OURS
    return wish.say(cards.refusal(sentence))


def _wish(arrival: Arrival, view: View, rules: Rules, *, verb: str) -> _Wish | Decision | None:
    """Read who wants it of what; a Decision is to be returned as it is."""
    body = arrival.payload
    user_id, channel = word(part(body, "user"), "id"), word(part(body, "channel"), "id")
    message = part(body, "message")
    ts = word(body, "message_ts") or word(message, "ts")
    if not (user_id and channel and ts):
        return None
    learn = learning.unknown(view, users={user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    profile = view.user(SlackUserId(user_id))
    if profile is None:
        return None
    user = of_team(profile, team_in(part(body, "user")), rules)
    wish = _Wish(
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        channel=ChannelId(channel),
        ts=MessageTs(ts),
        thread_ts=MessageTs(word(message, "thread_ts") or ts),
        arrival=arrival,
    )
    if reason := refusal(user, rules):
        refused = wish.audit(verb, None, refused=True)
        return replace(wish.say(cards.refusal(reason)), audit=refused)
    return wish
