"""Looking up what people ask about: the queue, one conversation, a person.

Responsible for joining what Crisp answers with what is stored (numbers, threads, names), in few
calls. It must not change anything, retry, or choose words: an ApiError is the caller's to explain.
"""

from __future__ import annotations

from bot.desk.conversations import EARLIER, ConversationDesk
from bot.desk.joining import LINKS
from bot.desk.people import EXPANDED, READS, PeopleDesk
from bot.desk.queue import PAGE, QueueDesk

__all__ = ["EARLIER", "EXPANDED", "LINKS", "PAGE", "READS", "Desk"]


class Desk(QueueDesk, ConversationDesk, PeopleDesk):
    """Answers questions; at most two calls for a list or a conversation, some for people."""
