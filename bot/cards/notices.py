"""What an agent is told about their own message: not sent, held, refused.

Responsible for the words and buttons of these notices. It must not decide what happened.
"""

from __future__ import annotations

from bot import texts
from bot.cards.parts import (
    SECTION_LIMIT,
    Part,
    actions,
    button,
    fallback_text,
    link,
    rich_text,
    section,
    words,
)
from bot.domain import Post
from bot.markup import one_line

_WORD_LIMIT = 40
_NAME_LIMIT = 80
_MARKERS = frozenset({"note:", "!note"})


def failure_notice(*, certain: bool, reason: str, retry_value: str, kept: str = "") -> Post:
    """Return the notice that a reply was not sent, or may not have been (``certain`` False).

    ``kept`` is what was written, where it stands nowhere else.
    """
    post = _failure(certain=certain, reason=reason, retry_value=retry_value)
    return Post(post.text, [*post.blocks[:1], section(kept), *post.blocks[1:]]) if kept else post


def _failure(*, certain: bool, reason: str, retry_value: str) -> Post:
    why = full_stop(one_line(reason, SECTION_LIMIT // 2))
    if certain:
        retry = button(texts.RETRY, "delivery:retry", value=retry_value, style="primary")
        return _notice(texts.NOT_SENT.format(reason=why), retry)
    return _notice(
        texts.MAYBE_SENT.format(reason=why),
        button(texts.SEND_AGAIN, "delivery:retry", value=retry_value),
        button(texts.IT_ARRIVED, "delivery:dismiss", value=retry_value),
    )


def held_notice(*, word: str, value: str) -> Post:
    """Return the question about a message with an unknown ``!word`` or a marker on a later line."""
    shown = one_line(word, _WORD_LIMIT).strip()
    later = shown.casefold() in _MARKERS
    said = (texts.HELD_LATER if later else texts.HELD_UNKNOWN).format(word=shown)
    return _held(texts.HELD_FORWARDED if word == texts.PRIVATE_MESSAGE else said, value)


def _held(said: str, value: str, *, sends: bool = True, sure: bool = False) -> Post:
    action = "held:sure" if sure else "held:send"
    send = [button(texts.HELD_SEND, action, value=value)] if sends else []
    return _notice(
        said,
        *send,
        button(texts.HELD_NOTE, "held:note", value=value),
        button(texts.HELD_DISCARD, "held:discard", value=value),
    )


def noted_notice(*, value: str, files: bool = False) -> Post:
    """Return what is said of a reply that became a note by its channel's mode: it can be sent."""
    said = f"{texts.NOTED_HERE} {texts.FILES_IN_A_NOTE}" if files else texts.NOTED_HERE
    return _notice(said, button(texts.SEND_INSTEAD, "note:send", value=value))


def doubt_notice(*, doubt: str, value: str, sure: bool = False) -> Post:
    """Return the question about a reply that looks internal; ``sure``: it is not asked again."""
    return _held(texts.DOUBTED.format(doubt=doubt), value, sure=sure)


def doubted_note(*, doubt: str, value: str) -> Post:
    """Return the question whether a note that tells a secret shall go to the customer."""
    said = texts.DOUBTED.format(doubt=doubt)
    return _notice(said, button(texts.SEND_INSTEAD, "note:sure", value=value))


def doubted_edit(*, doubt: str, value: str) -> Post:
    """Return the question about an edit of what the customer has."""
    return _notice(
        texts.EDIT_DOUBTED.format(doubt=doubt),
        button(texts.EDIT_SEND, "edit:send", value=value),
        button(texts.EDIT_LEAVE, "edit:leave", value=value),
    )


def hold_notice(*, seconds: int, value: str) -> Post:
    """Return the notice that a reply is held back, with what can be done meanwhile."""
    return _notice(
        texts.HOLD_WAITS.format(seconds=seconds),
        button(texts.HOLD_CANCEL, "hold:cancel", value=value),
        button(texts.HOLD_NOW, "hold:now", value=value),
    )


def held_by_mode(*, value: str, closed: bool) -> Post:
    """Return the question about a reply that waited when its channel ceased to send."""
    return _held(texts.HELD_BY_MODE, value, sends=not closed)


def held_again(value: str) -> Post:
    """Return the same question to whoever wants it tried again."""
    return _held(texts.HELD_STILL, value)


def refusal(reason: str) -> Post:
    """Return the one sentence that says why something is not done."""
    return _notice(texts.REFUSAL.format(reason=reason))


def sentence(text: str) -> Post:
    """Return one sentence as an answer."""
    return _notice(text)


def customer_wrote(number: int, name: str, address: str) -> Post:
    """Return the line that says which customer wrote, with a link to the conversation's thread."""
    who = one_line(f"#{number} {name}", _NAME_LIMIT)
    line = [link(who, address, bold=True), words(f" {texts.CUSTOMER_WROTE}")]
    return Post(fallback_text(f"{who} {texts.CUSTOMER_WROTE}"), [rich_text([line])])


def confirm_card(question: str, *, action_id: str, value: str) -> Post:
    """Return a question with a button that says yes; who does not mean it presses nothing."""
    shown = f"verb:{action_id.removeprefix('verb:').replace(' ', '_')}"
    return _notice(question, button(texts.CONFIRM, shown, value=value, style="danger"))


def channel_offer(text: str, *, channel: str) -> Post:
    """Return the question whether new conversations shall come to a channel."""
    return _notice(
        text,
        button(texts.OFFER_USE, "channel:use", value=channel, style="primary"),
        button(texts.OFFER_LATER, "channel:keep", value=channel),
    )


def number_card(question: str, *, action_id: str, value: str) -> Post:
    """Return what must be typed before something is done, with a button that opens a form."""
    return _notice(question, button(texts.TYPE_NUMBER, action_id, value=value, style="danger"))


def _notice(text: str, *buttons: Part) -> Post:
    blocks = [section(text)]
    if buttons:
        blocks.append(actions(buttons))
    return Post(fallback_text(text), blocks)


def full_stop(text: str) -> str:
    """End a sentence that has no end."""
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
