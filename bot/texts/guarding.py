"""Texts about what does not simply go to the customer: modes of channels, holds, doubts."""

from __future__ import annotations

from typing import Final

ALERTS_ONLY: Final = (
    "This was not sent: nothing goes to customers from this channel. Answer in Crisp, or write a "
    "private note with !note."
)
EDIT_IN_ALERTS: Final = (
    "This edit was not passed on: nothing goes to customers from this channel any more. What was "
    "sent stays as it was."
)
BARRED: Final = {
    "channel_sends_nothing": ALERTS_ONLY,
    "channel_sends_on_purpose": (
        "This was not sent: from this channel only what is sent on purpose goes to customers. Send "
        "it with !reply."
    ),
}
NOTED_HERE: Final = (
    "🔒 Saved as a private note: from this channel only what is sent on purpose goes to customers."
)
SEND_INSTEAD: Final = "Send to customer"
SENT_INSTEAD: Final = "Sent to the customer; the note is taken out of Crisp."
HELD_BY_MODE: Final = (
    "✋ Held, and not sent: this channel does not send replies any more. Choose what your message "
    "is meant to be."
)
DOUBTED: Final = "✋ Held, and not sent: {doubt} Choose what your message is meant to be."
DOUBT_EDITED: Final = "it was held before you edited it."
DOUBT_TELLS: Final = "this looks as if it contains {what}."
SECRETS: Final = {
    "card": "a card number",
    "private_key": "a private key",
    "token": "a key or a token",
}
DOUBT_MENTION: Final = "it mentions {name}, who is of the team."
DOUBT_GROUP: Final = "it mentions a group of the team."
DOUBT_ASIDE: Final = "it begins with “{word}”, as messages among colleagues do."
DOUBT_ANSWERED: Final = "{name} answered the same message {seconds} seconds before."
TELLS_ANYWAY: Final = "Wait: {doubt} Send it to the customer of {name} nevertheless?"
TELLS_HERE: Final = (
    "This was not sent: {doubt} Write it in the conversation's thread: there you can say that you "
    "mean it."
)
EDIT_DOUBTED: Final = (
    "✋ This edit is held, and the customer keeps the version before: {doubt} Shall it be passed "
    "on?"
)
EDIT_DOUBT_MODE: Final = "from this channel only what is sent on purpose goes to customers."
EDIT_SEND: Final = "Pass the edit on"
EDIT_LEAVE: Final = "Leave it as it was"
EDIT_SENT: Final = "The customer sees your edit."
EDIT_LEFT: Final = "The customer keeps the version before."
HOLD_WAITS: Final = "⏳ This goes to the customer in {seconds} seconds."
HOLD_CANCEL: Final = "Cancel"
HOLD_NOW: Final = "Send now"
HOLD_CANCELLED: Final = "Cancelled: nothing of it was sent, and it stays in Slack."
HOLD_HURRIED: Final = "It goes to the customer now."
HOLD_OVER: Final = "It has gone to the customer already: delete your message to take it back."
MODE_SIGNS: Final = {
    "note": "🔒 replies are private notes, unless sent with !reply or a button",
    "alerts": "🔕 nothing is sent to the customer from here",
}
"""What a card says of its channel, where replies do not simply go to the customer."""
MODE_IN_FORM: Final = "In this channel replies are private notes; this goes to the customer."
HELP_MODES: Final = (
    "Where a card says 🔒, what you write in its thread is a private note until you send it with "
    "!reply or a button; where it says 🔕, nothing goes to the customer."
)
