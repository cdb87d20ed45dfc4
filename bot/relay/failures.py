"""Who is told, and how, when something was given up; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bot import cards, texts
from bot.cards.root import origin_name
from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    Conversation,
    Json,
    Key,
    MessageTs,
    Post,
    SessionId,
    SlackUserId,
    Source,
    Speaker,
)
from bot.markup import one_line
from bot.relay import keys
from bot.relay.agents import FAILED_REACTION, mark
from bot.relay.answer import Answer, Respond, Tell, TellInHome, UpdateView
from bot.relay.asides import aside
from bot.relay.decisions import Effect
from bot.relay.effects import (
    Act,
    ActOnce,
    Assign,
    EditSent,
    ForCustomer,
    Learn,
    OpenThread,
    Payload,
    PostMessage,
    Priority,
    Remove,
    Say,
    SendMessage,
    SetState,
    UpdatePost,
)
from bot.relay.file_effects import PostFile, SendFile
from bot.relay.people_effects import SavePerson, StartConversation

_NAME_LIMIT = 60
WAITING_REACTION = "hourglass_flowing_sand"
MISSING = "missing:"
"""How the keys of lines begin that say a message could not be shown."""


def reason_of(code: str) -> str:
    """Turn a platform's code into words; an unknown code is named."""
    return texts.FILE_REASONS.get(code) or texts.REASONS.get(
        code, texts.OTHER_REASON.format(code=code)
    )


def given_up(
    payload: Payload,
    *,
    key: Key,
    session_id: SessionId | None,
    code: str,
    certain: bool,
    now: int,
    together: int = 1,
) -> tuple[Effect, ...]:
    """Return what tells a person about a row that was given up; ``now`` is epoch ms.

    ``together`` is how many messages were in it.
    """
    match payload:
        case StartConversation():
            return (_unstarted(payload, reason_of(code), key=key, certain=certain, now=now),)
        case SendMessage() | SendFile():
            return _unsent(payload, reason_of(code), key=key, certain=certain, now=now)
        case PostFile() | PostMessage(style="message" | "note") if session_id is not None:
            return (not_shown(session_id, key, code, now, together=together),)
        case EditSent():
            return (_edit_failed(payload, reason_of(code)),)
        case UpdatePost() if session_id is not None:
            text = texts.EDIT_NOT_SHOWN.format(reason=reason_of(code))
            return (_line(session_id, text, name=f"unshown:{key}:{now}", now=now),)
        case Learn() if session_id is not None:
            return (_unread_writer_line(session_id, key, code, now),)
        case (
            SetState(answer=Answer() as answer)
            | Assign(answer=Answer() as answer)
            | Act(answer=Answer() as answer)
            | ActOnce(answer=Answer() as answer)
            | Say(answer=Answer() as answer)
            | OpenThread(answer=Answer() as answer)
            | SavePerson(answer=answer)
        ):
            reason = reason_of(code)
            maybe = texts.MAY_NOT_HAVE_WORKED.format(reason=reason)
            text = texts.DID_NOT_WORK.format(reason=reason) if certain else maybe
            post = cards.sentence(text)
            return (answer_with(answer, post, name=f"failed:{key}:{now}", failed=True),)
        case _:
            return ()


def _unsent(
    payload: ForCustomer, reason: str, *, key: Key, certain: bool, now: int
) -> tuple[Effect, ...]:
    if isinstance(payload, SendFile):
        name = one_line(payload.file.name, _NAME_LIMIT)
        reason = texts.OF_A_FILE.format(name=name, reason=reason)
    notice = cards.failure_notice(certain=certain, reason=reason, retry_value=str(key))
    answer = payload.answer if isinstance(payload, SendMessage) else None
    answer = answer or Answer(payload.channel, payload.user, payload.thread_ts)
    if certain and answer.form is not None:  # sent again as it is, it is this row again
        answer = replace(answer, form=cards.remembering(answer.form, k=str(key)))
    told = answer_with(
        answer, notice, name=f"failed:{key}:{now}", failed=certain,
        above=cards.sentence(texts.NOT_SENT.format(reason=cards.full_stop(reason))),
    )  # fmt: skip
    return (mark(payload.channel, payload.ts, FAILED_REACTION), told)


def _unstarted(
    payload: StartConversation, reason: str, *, key: Key, certain: bool, now: int
) -> Effect:
    """Tell that a conversation was not begun, with what was written: it stands nowhere else."""
    left = "\n".join(payload.contents[payload.sent :])
    kept = texts.STILL_HERE.format(email=payload.email, text=left)
    notice = cards.failure_notice(certain=certain, reason=reason, retry_value=str(key), kept=kept)
    return answer_with(payload.answer, notice, name=f"failed:{key}:{now}")


def still_waiting(payload: ForCustomer, *, key: Key) -> Effect:
    """Return what tells a writer that their reply has not gone out yet."""
    return tell(
        payload.channel,
        payload.user,
        cards.sentence(texts.STILL_WAITING),
        thread_ts=payload.thread_ts,
        name=f"waiting:{key}",
    )


def unchangeable(payload: ForCustomer, *, note: bool, now: int) -> Effect:
    """Return what tells an agent that a reply was sent before they made a note of it, or back."""
    text = texts.SENT_AS_NOTE if note else texts.SENT_AS_REPLY
    return tell(
        payload.channel, payload.user, cards.refusal(text),
        thread_ts=payload.thread_ts, name=f"edit:{payload.channel}:{payload.ts}:{now}",
    )  # fmt: skip


def not_in_a_chatbox(payload: EditSent, conversation: Conversation) -> Effect:
    """Return what tells an agent that what the customer has cannot be changed any more."""
    origin = origin_name(conversation.contact.origin)
    if payload.content is None:
        return _about_edit(payload, texts.REMOVAL_OUTSIDE_CHATBOX.format(origin=origin))
    return _about_edit(payload, texts.EDIT_OUTSIDE_CHATBOX.format(origin=origin))


def _edit_failed(payload: EditSent, reason: str) -> Effect:
    if payload.content is None:
        return _about_edit(payload, texts.REMOVAL_FAILED.format(reason=reason))
    return _about_edit(payload, texts.EDIT_FAILED.format(reason=reason))


def gone_in_crisp(payload: EditSent) -> Effect:
    """Return what tells an agent that the message they edited is not in Crisp any more."""
    return _about_edit(payload, texts.EDIT_OF_REMOVED)


def was_read(payload: EditSent) -> Effect:
    """Return what tells an agent that the customer had read what they changed."""
    read = texts.REMOVED_AFTER_READ if payload.content is None else texts.EDITED_AFTER_READ
    return _about_edit(payload, read)


def _about_edit(payload: EditSent, text: str) -> Effect:
    """Say one thing about one edit, however many parts it has."""
    return tell(
        payload.channel, payload.user, cards.sentence(text), thread_ts=payload.thread_ts,
        name=f"edit:{payload.channel}:{payload.ts}:{payload.version}",
    )  # fmt: skip


def undecided(arrival: Arrival, *, why: str, now: int, erased: bool = False) -> tuple[Effect, ...]:
    """Return what tells its writer that something they did in Slack was given up undecided.

    What they typed in a form is shown again, to be sent anew, unless it was ``erased``.
    """
    payload = arrival.payload
    if arrival.source is not Source.SLACK or payload.get("bot_id"):
        return ()
    name = f"undecided:{arrival.fact}:{now}"
    if arrival.kind == "message":
        channel, ts, thread_ts, user = (
            str(payload.get(field) or "") for field in ("channel", "ts", "thread_ts", "user")
        )
        if not (channel and ts and user):
            return ()
        text = texts.UNDECIDED_REPLY.format(reason=why)
        said = tell(
            ChannelId(channel), SlackUserId(user), cards.refusal(text),
            thread_ts=MessageTs(thread_ts) if thread_ts else None, name=name,
        )  # fmt: skip
        return (mark(ChannelId(channel), MessageTs(ts), FAILED_REACTION), said)
    if arrival.kind.startswith("view:") and _place(payload, "view"):
        text = texts.DID_NOT_WORK.format(reason=why)
        return (_undone_form(payload, cards.refusal(text), name=name, again=not erased),)
    if arrival.kind == "command" or arrival.kind.startswith(("action:", "shortcut:")):
        channel, user = _place(payload, "channel"), _place(payload, "user")
        text = texts.DID_NOT_WORK.format(reason=why)
        if channel and user:
            post = cards.refusal(text)
            return (tell(ChannelId(channel), SlackUserId(user), post, thread_ts=None, name=name),)
    return ()


def _undone_form(payload: Json, post: Post, *, name: str, again: bool) -> Effect:
    """Answer a form of which nothing was decided, and show it ``again``."""
    view = payload["view"]
    try:
        held = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        held = {}
    place = held if isinstance(held, dict) else {}
    thread_ts = str(place.get("thread_ts") or "")
    answer = Answer(
        channel=ChannelId(str(place.get("channel") or "")),
        user=SlackUserId(_place(payload, "user")),
        thread_ts=MessageTs(thread_ts) if thread_ts else None,
        view_id=str(view["id"]),
        form=cards.as_typed(view) if again else None,
    )
    return answer_with(answer, post, name=name, failed=True)


def _place(payload: Json, name: str) -> str:
    """Read who or where from a command, which has ``user_id``, or a press, which has ``user``."""
    nested = payload.get(name)
    found = nested.get("id") if isinstance(nested, Mapping) else payload.get(f"{name}_id")
    return found if isinstance(found, str) else ""


def answer_with(
    answer: Answer, post: Post, *, name: str, failed: bool = False, above: Post | None = None
) -> Effect:
    """Return the row that answers whoever asked for a change.

    What ``failed`` is shown above the form that was submitted, which can be sent again; ``above``
    in place of the answer, if that has buttons for where there is no form.
    """
    if answer.view_id is not None:
        said = above or post if failed else post
        return _in_modal(answer, answer.view_id, said, name=name, failed=failed, elsewhere=post)
    if answer.home:
        return _in_home(answer, post, name=name)
    if answer.response_url is None:
        return tell(answer.channel, answer.user, post, thread_ts=answer.thread_ts, name=name)
    key = Key(f"respond:{name}")
    return aside(Respond(answer.response_url, post.text, post.blocks, answer.replaces), key)


def _in_modal(
    answer: Answer, view_id: str, post: Post, *, name: str, failed: bool, elsewhere: Post
) -> Effect:
    form = answer.form or {}
    again = bool(form) and failed
    view = cards.again_view(form, post) if again else cards.result_view(form, post)
    key = Key(f"view:{name}")
    return aside(
        UpdateView(
            view_id,
            view,
            answer.channel,
            answer.user,
            elsewhere.text,
            elsewhere.blocks,
            answer.thread_ts,
        ),
        key,
        behind=Key(f"view:{view_id}"),
    )


def _in_home(answer: Answer, post: Post, *, name: str) -> Effect:
    key = Key(f"home:{name}")
    return aside(TellInHome(answer.user, name, post.text, post.blocks), key)


def tell(
    channel: ChannelId,
    user: SlackUserId,
    post: Post,
    *,
    thread_ts: MessageTs | None,
    name: str,
) -> Effect:
    """Return the row that says something to one person only."""
    key = Key(f"tell:{name}")
    return aside(Tell(channel, user, post.text, post.blocks, thread_ts), key)


def removal(channel: ChannelId, ts: MessageTs, key: Key) -> Effect:
    """Return the row that deletes a post of ours which ended up in the open."""
    return Effect(
        payload=Remove(channel, ts),
        lane=keys.aside(Key(f"remove:{channel}:{ts}")),
        destination=Source.SLACK,
        key=Key(f"remove:{key}:{ts}"),
        order_key=keys.ts_micros(ts),
        priority=Priority.ROOT,
    )


def not_shown(session_id: SessionId, key: Key, code: str, now: int, *, together: int = 1) -> Effect:
    """Return the line that says, where it would stand, that a message could not be shown."""
    text = texts.NOT_SHOWN.format(reason=reason_of(code))
    if together > 1:
        text = texts.SEVERAL_NOT_SHOWN.format(reason=reason_of(code), number=together)
    return _line(session_id, text, name=f"{MISSING}{key}:{now}", now=now)


def _unread_writer_line(session_id: SessionId, key: Key, code: str, now: int) -> Effect:
    text = texts.WRITER_UNREAD.format(reason=reason_of(code))
    return _line(session_id, text, name=f"unread:{key}:{now}", now=now)


def _line(session_id: SessionId, text: str, *, name: str, now: int) -> Effect:
    return Effect(
        payload=PostMessage(text, Speaker(""), Author.BOT, "context"),
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=Key(name),
        order_key=now * 1000,
        priority=Priority.CONTEXT,
        session_id=session_id,
    )
