"""Whether Crisp's own Slack plugin works on the website, seen by what it wrote lately.

Responsible for a few calls to Crisp and one sentence.
"""

from __future__ import annotations

from bot import texts
from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.doctor.check import Check, failed_call, ok, warn
from bot.domain import SessionId
from bot.errors import ApiError
from bot.foreign import CODE, SLACK_PLUGIN

NAME = "crisp slack plugin"
CONVERSATIONS = 5
"""So many of the conversations that were active last are read, a call each."""
PER_PAGE = 20


async def examine_plugin(crisp: CrispClient) -> Check:
    """Look through what was written lately."""
    newest = ConversationFilter(per_page=PER_PAGE, order="updated")
    read = 0
    try:
        async for conversation in crisp.iter_conversations(matching=newest):
            listed = await crisp.list_messages(SessionId(conversation.session_id))
            if any(message.origin == SLACK_PLUGIN for message in listed.items):
                return warn(NAME, texts.TROUBLES[CODE])
            if (read := read + 1) >= CONVERSATIONS:
                break
    except ApiError as err:
        return failed_call(NAME, err, refused="give the token access to the conversations")
    return ok(NAME, "Crisp's own Slack plugin has written nothing lately.")
