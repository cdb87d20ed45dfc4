"""What becomes of a customer who comes back to an old thread; pure.

Responsible for the choice between the old thread, a line of it in the channel, and a new thread.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Author, Conversation, Key
from bot.relay import keys
from bot.relay.access import Rules
from bot.relay.customers import CrispWrote
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import PostMessage
from bot.relay.file_effects import PostFile

QUIET_MS = 86_400_000
"""Who wrote within a day before, or was written to, has not come back: they were there."""


def relay_return(
    decision: Decision, event: CrispWrote, conversation: Conversation | None, rules: Rules
) -> Decision:
    """Let a customer's message open a new thread, or show in the channel, where it comes back."""
    if conversation is None or not _comes_back(event, conversation, rules):
        return decision
    if rules.reopen == "broadcast":
        if conversation.muted:
            return decision
        return replace(decision, effects=tuple(_in_the_channel(decision.effects)))
    if decision.change is None:
        raise LookupError("a customer's message changes its conversation")
    columns = {**decision.change.columns, "channel": None, "thread_ts": None}
    return replace(decision, change=replace(decision.change, columns=columns, leaves="returned"))


def _comes_back(event: CrispWrote, conversation: Conversation, rules: Rules) -> bool:
    if rules.reopen == "same" or event.author is not Author.VISITOR:
        return False
    if conversation.thread_ts is None:
        return False
    opened = keys.ts_micros(conversation.thread_ts) // 1000
    old = event.occurred_at - opened >= rules.reopen_after_ms
    return old and event.occurred_at - conversation.active_at >= QUIET_MS


def _in_the_channel(effects: tuple[Effect, ...]) -> list[Effect]:
    """Show the first post of a message in the channel too; of a file its words, and it follows."""
    shown = list(effects)
    for at, effect in enumerate(shown):
        if effect.of_message and isinstance(effect.payload, PostMessage):
            shown[at] = replace(effect, payload=replace(effect.payload, broadcast=True))
            break
        if effect.of_message and isinstance(effect.payload, PostFile):
            file = effect.payload
            words = PostMessage(file.markdown, file.speaker, file.author, broadcast=True)
            following = replace(
                effect,
                payload=replace(file, follows=True),
                key=Key(f"{effect.key}:file"),
                part=keys.FIRST_FILE,
            )
            shown[at : at + 1] = [replace(effect, payload=words), following]
            break
    return shown
