"""App Home: the queue as one person sees it, and how the bridge is doing for those who run it.

Responsible for one view within Slack's limits, whatever customers are called and however many
wait. It must not read or decide anything.
https://docs.slack.dev/reference/views/home-tab-views
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bot import texts
from bot.cards.parts import (
    Part,
    actions,
    button,
    context,
    date_mrkdwn,
    held_in,
    is_link,
    plain_text,
    section,
)
from bot.cards.root import assigned_to
from bot.domain import Block, Conversation, Json, Operator, State
from bot.markup import one_line

HOME_CALLBACK = "home"
HOME_LINES = 20
"""Conversations in one view; each is three blocks of the hundred that Slack takes."""
_SHELVES = tuple(texts.HOME_SHELVES)
_NAME_LIMIT = 80
_EMAIL_LIMIT = 100
_QUERY_LIMIT = 80
_FIELD_LIMIT = 200
_NOTICE_BLOCKS = 10
_PERCENT = 100
_PROBLEMS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the queue somebody is: what a view and its buttons remember.

    ``after`` and ``before`` are where the page begins or ends, as the store gave them.
    """

    shelf: str = "all"
    query: str = ""
    after: tuple[int, int] | None = None
    before: tuple[int, int] | None = None
    page: int = 1

    def dump(self) -> str:
        """Return it as text, well below Slack's 2,000 characters of a button."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})


def place_from(text: str) -> Place:
    """Read a place back; whatever is none is the beginning."""
    held = held_in(text)
    shelf, query, page = held.get("shelf"), held.get("query"), held.get("page")
    return Place(
        shelf=shelf if shelf in _SHELVES else "all",
        query=one_line(query, _QUERY_LIMIT) if isinstance(query, str) else "",
        after=_spot(held.get("after")),
        before=_spot(held.get("before")),
        page=page if isinstance(page, int) and page > 0 else 1,
    )


def _spot(held: object) -> tuple[int, int] | None:
    match held:
        case [int(turn), int(number)]:
            return turn, number
        case _:
            return None


@dataclass(frozen=True, slots=True)
class HomeLine:
    """One conversation of the list. ``permalink`` is its thread's, empty where it has none."""

    conversation: Conversation
    assignee: Operator | None = None
    permalink: str = ""
    inbox_url: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the bridge is doing. ``oldest`` is in seconds, ``calls`` and ``quota`` are the day's."""

    slack: bool
    crisp: bool
    caught_up: bool
    queued: Mapping[str, int] = field(default_factory=dict)
    oldest: float = 0.0
    dead: int = 0
    uncertain: int = 0
    failed: int = 0
    calls: int = 0
    quota: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HomeView:
    """All that App Home shows to one person.

    ``before`` and ``after`` are the places of the pages beside this one, None where there is none.
    ``read_only``: the person may look and change nothing. ``matched``: they are an operator.
    """

    place: Place
    counts: Mapping[str, int]
    lines: Sequence[HomeLine] = ()
    before: Place | None = None
    after: Place | None = None
    channel: str = ""
    read_only: bool = False
    matched: bool = True
    notice: Sequence[Block] = ()
    """What there is to say of what they pressed last, above all else."""
    vitals: Vitals | None = None


def home_view(view: HomeView) -> Json:
    """Return the view to publish; its private_metadata is the place that it shows."""
    blocks: list[Block] = [_header(texts.HOME_TITLE)]
    if view.notice:
        blocks += [*view.notice[:_NOTICE_BLOCKS], {"type": "divider"}]
    if view.read_only:
        blocks.append(section(texts.HOME_READ_ONLY))
    blocks += [_filters(view), _search(view.place.query)]
    blocks += _list(view)
    if view.vitals is not None:
        blocks += [{"type": "divider"}, *_health(view.vitals)]
    return _home(blocks, view.place)


def home_sentence(text: str) -> Json:
    """Return a view that says one thing: to those who may not look, or when nothing can be read."""
    return _home([section(text)], Place())


def _home(blocks: list[Block], place: Place) -> Json:
    return {
        "type": "home",
        "callback_id": HOME_CALLBACK,
        "private_metadata": place.dump(),
        "blocks": blocks,
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 150)}


# --- what can be chosen


def _filters(view: HomeView) -> Block:
    place = view.place
    shown = []
    for shelf in _SHELVES:
        name, count = texts.HOME_SHELVES[shelf], _figure(view.counts.get(shelf, 0))
        chosen = shelf == place.shelf and not place.query
        shown.append(
            button(
                texts.HOME_COUNTED.format(name=name, count=count),
                f"home:shelf:{shelf}",
                value=Place(shelf).dump(),
                style="primary" if chosen else "",
            )
        )
    if not view.read_only:
        shown.append(button(texts.SETTINGS, "modal:settings"))
    return actions(shown, "home:filters")


def _search(query: str) -> Block:
    """Return the search field; another one while something is searched, so that it empties."""
    element: Part = {
        "type": "plain_text_input",
        "action_id": "home:search",
        "placeholder": plain_text(texts.HOME_SEARCH_HINT, 150),
        "max_length": 2 * _QUERY_LIMIT,
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if query:
        element["initial_value"] = query
    return {
        "type": "input",
        "block_id": "home:found" if query else "home:find",
        "dispatch_action": True,
        "optional": True,
        "label": plain_text(texts.HOME_SEARCH, 75),
        "element": element,
    }


def _turning(view: HomeView) -> list[Block]:
    pairs = (
        (texts.HOME_PREVIOUS, "home:before", view.before),
        (texts.HOME_NEXT, "home:after", view.after),
    )
    shown = [button(text, name, value=to.dump()) for text, name, to in pairs if to is not None]
    if not shown:
        return []
    pages = -(-view.counts.get(view.place.shelf, 0) // HOME_LINES)
    said = texts.HOME_PAGE.format(
        page=_figure(view.place.page), pages=_figure(max(pages, view.place.page))
    )
    return [context([plain_text(said, _FIELD_LIMIT)]), actions(shown, "home:turning")]


# --- the list


def _list(view: HomeView) -> list[Block]:
    lines = view.lines[:HOME_LINES]
    found: list[Block] = []
    if view.place.query:
        found += [_result(view.place, len(lines)), actions([_back(view.place)], "home:back")]
    elif not lines:
        return _nothing(view)
    for line in lines:
        found += [{"type": "divider"}, *_line(line, view)]
    return found + ([] if view.place.query else _turning(view))


def _result(place: Place, count: int) -> Block:
    shown = one_line(place.query, _QUERY_LIMIT)
    if not count:
        return section(texts.HOME_FOUND_NONE.format(query=shown))
    if count >= HOME_LINES:
        return section(texts.HOME_FOUND_MOST.format(count=count, query=shown))
    return section(texts.HOME_FOUND.format(query=shown))


def _back(place: Place) -> Part:
    return button(texts.HOME_BACK, "home:shelf:back", value=Place(place.shelf).dump())


def _nothing(view: HomeView) -> list[Block]:
    shelf = view.place.shelf
    said = texts.HOME_NOTHING[shelf]
    if shelf == "mine" and not view.matched:
        said = texts.HOME_UNMATCHED
    blocks = [section(said)]
    if not any(view.counts.values()):
        where = f"<#{view.channel}>"
        told = texts.HOME_NEWCOMER.format(channel=where)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": told}})
    return blocks


def _line(line: HomeLine, view: HomeView) -> list[Block]:
    conversation = line.conversation
    shown: Block = {
        **section(_title(conversation)),
        "fields": [
            {"type": "mrkdwn", "text": _status(conversation), "verbatim": True},
            plain_text(assigned_to(conversation, line.assignee), _FIELD_LIMIT),
        ],
    }
    buttons = _opening(line)
    if not view.read_only:
        buttons += _verbs(line, matched=view.matched)
    return [shown, *([actions(buttons, f"home:{conversation.session_id}")] if buttons else [])]


def _title(conversation: Conversation) -> str:
    contact = conversation.contact
    name = one_line(contact.nickname, _NAME_LIMIT) or texts.UNTITLED
    email = one_line(contact.email, _EMAIL_LIMIT)
    if not email or email == name:
        return name
    return texts.HOME_PERSON.format(name=name, email=email)


def _status(conversation: Conversation) -> str:
    said = f"*#{conversation.number}* · {texts.STATES[conversation.state]}"
    if conversation.snoozed_until:
        said += f" · {texts.HOME_SNOOZED} {date_mrkdwn(conversation.snoozed_until)}"
    elif conversation.waiting_since and conversation.state is not State.RESOLVED:
        said += f" · {texts.WAITING_SINCE} {date_mrkdwn(conversation.waiting_since)}"
    return said


def _opening(line: HomeLine) -> list[Part]:
    """Return the one press to the thread; to Crisp where there is no thread yet."""
    if is_link(line.permalink):
        return [button(texts.HOME_OPEN_THREAD, "conversation:open", url=line.permalink)]
    if is_link(line.inbox_url):
        return [button(texts.OPEN_IN_CRISP, "conversation:open", url=line.inbox_url)]
    return []


def _verbs(line: HomeLine, *, matched: bool) -> list[Part]:
    """Return a button for each verb that helps most here, and one to all the others."""
    resolved = line.conversation.state is State.RESOLVED
    found = [
        _verb(texts.REOPEN, "unresolve", line) if resolved
        else _verb(texts.RESOLVE, "resolve", line)
    ]  # fmt: skip
    if matched and not line.mine and not resolved:
        found.insert(0, _verb(texts.ASSIGN_ME, "assign", line, argument="me"))
    return [*found, _all_else(line)]


def _all_else(line: HomeLine) -> Part:
    """Return the button to the modal with every verb there is."""
    name = f"modal:conversation_actions:{line.conversation.number}"
    held = json.dumps({"s": line.conversation.session_id})
    return button(texts.MORE, name, value=held)


def _verb(text: str, name: str, line: HomeLine, *, argument: str = "") -> Part:
    held = {"s": line.conversation.session_id, "a": argument}
    return button(text, f"verb:{name}:{line.conversation.number}", value=json.dumps(held))


# --- health


def _health(vitals: Vitals) -> list[Block]:
    sides = (("slack", vitals.slack), ("crisp", vitals.crisp))
    said = [
        (texts.HOME_CONNECTED if up else texts.HOME_DISCONNECTED).format(
            name=texts.HOME_SIDES[side]
        )
        for side, up in sides
    ]
    if not vitals.caught_up:
        said.append(texts.HOME_CATCHING_UP)
    said += [_queued(vitals), _given_up(vitals)]
    if vitals.quota:
        percent = vitals.calls * _PERCENT // vitals.quota
        said.append(texts.HOME_QUOTA.format(percent=percent, quota=_figure(vitals.quota)))
    problems = [section(one_line(problem, 1_000)) for problem in vitals.problems[:_PROBLEMS]]
    return [_header(texts.HOME_HEALTH), section("\n".join(said)), *problems]


def _queued(vitals: Vitals) -> str:
    queued = texts.HOME_QUEUED.format(
        slack=_figure(vitals.queued.get("slack", 0)), crisp=_figure(vitals.queued.get("crisp", 0))
    )
    minutes = int(vitals.oldest // 60)
    return f"{queued}, {texts.HOME_OLDEST.format(minutes=_figure(minutes))}" if minutes else queued


def _given_up(vitals: Vitals) -> str:
    if not vitals.dead and not vitals.uncertain and not vitals.failed:
        return texts.HOME_GIVEN_UP_NONE
    said = texts.HOME_GIVEN_UP.format(
        dead=_figure(vitals.dead), uncertain=_figure(vitals.uncertain)
    )
    failed = texts.HOME_FAILED.format(failed=_figure(vitals.failed))
    return f"{said}, {failed}" if vitals.failed else said


def _figure(number: int) -> str:
    return f"{number:,}"
