"""The bot is invited to a channel: it offers, to an admin, to use it for conversations.

Responsible for whom to ask, and for what a press means. Where routes in bridge.toml say where
everything goes, they win, and the line to change is named.
"""

from __future__ import annotations

from bot import cards, texts
from bot.domain import Arrival, ChannelId, Post, SlackUser, SlackUserId, Source
from bot.relay.access import Rules, may_admin, of_team, outsider
from bot.relay.answer import Answer
from bot.relay.decisions import Audit, Choose, Decision, Effect
from bot.relay.failures import answer_with, tell
from bot.router import Router
from bot.slack.models import part, team_in, word
from bot.store import groups
from bot.store.view import View
from handlers import learning

router = Router()

MOST = 20
"""So many admins are asked at once; only who is in the channel sees what is said to them."""


@router.on(Source.SLACK, "member_joined_channel")
def joined(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Offer to use the channel that the bot was invited to; who else joins is not our business.

    https://docs.slack.dev/reference/events/member_joined_channel
    """
    event = arrival.payload
    channel, inviter = ChannelId(word(event, "channel")), word(event, "inviter")
    if word(event, "user") != rules.bot_user_id or not channel:
        return None
    if channel == rules.default_channel or channel in {route.channel for route in rules.routes}:
        return None
    admins = groups.admins(view, rules.access.admins, limit=MOST)
    learn = learning.unknown(view, users={*admins, *((inviter,) if inviter else ())})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    user = view.user(inviter)
    fact = str(arrival.fact)
    offer = _offer(channel, rules, shared=bool(event.get("is_ext_shared_channel")))
    if user is not None and may_admin(user, rules):
        return Decision(effects=(_told(channel, user.user_id, offer, fact),))
    known = view.users(admins).values()
    asked = tuple(_told(channel, u.user_id, offer, fact) for u in known if may_admin(u, rules))
    if user is None or outsider(user):
        return Decision(effects=asked) if asked else None
    sentence = cards.sentence(texts.OFFER_TO_ADMINS)
    return Decision(effects=(*asked, _told(channel, user.user_id, sentence, fact)))


def _offer(channel: ChannelId, rules: Rules, *, shared: bool) -> Post:
    if rules.routes_everything:
        return cards.sentence(texts.OFFER_ROUTED.format(channel=channel))
    question = texts.OFFER_CHANNEL.format(channel=channel, now=rules.default_channel)
    if shared:
        question = f"{question}\n{texts.OFFER_SHARED}"
    return cards.channel_offer(question, channel=channel)


def _told(channel: ChannelId, user: SlackUserId, post: Post, fact: str) -> Effect:
    return tell(channel, user, post, thread_ts=None, name=f"{fact}:{user}")


@router.on(Source.SLACK, "action:channel:use", "action:channel:keep")
def answered(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Use the channel for new conversations, or leave it as it is, if an admin says so."""
    body = arrival.payload
    user_id = SlackUserId(word(part(body, "user"), "id"))
    channel = ChannelId(_value(arrival))
    if not user_id or not channel:
        return None
    learn = learning.unknown(view, users={user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    profile = view.user(user_id)
    if profile is None:
        return None
    user = of_team(profile, team_in(part(body, "user")), rules)
    answer = Answer(channel, user_id, response_url=word(body, "response_url") or None)

    def say(sentence: str) -> tuple[Effect, ...]:
        return (answer_with(answer, cards.sentence(sentence), name=str(arrival.fact)),)

    if not may_admin(user, rules):
        refused = say(outsider(user) or texts.BY_NO_ADMIN)
        return Decision(effects=refused, audit=_audit(user, channel, refused=True))
    if arrival.kind == "action:channel:keep":
        return Decision(effects=say(texts.CHANNEL_KEPT.format(now=rules.default_channel)))
    if rules.routes_everything:
        return Decision(effects=say(texts.OFFER_ROUTED.format(channel=channel)))
    if channel == rules.default_channel:
        return Decision(effects=say(texts.CHANNEL_CHOSEN_ALREADY.format(channel=channel)))
    return Decision(
        choose=Choose(channel, rules.channel, user_id, arrival.occurred_at),
        effects=say(texts.CHANNEL_CHOSEN.format(channel=channel)),
        audit=_audit(user, channel),
    )


def _value(arrival: Arrival) -> str:
    actions = arrival.payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return word(first, "value") if isinstance(first, dict) else ""


def _audit(user: SlackUser, channel: ChannelId, *, refused: bool = False) -> Audit:
    return Audit(user.user_id, user.name, "channel", channel, channel=channel, refused=refused)
