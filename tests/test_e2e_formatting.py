"""Formatting over sockets: what either side sees is what the other wrote."""

from __future__ import annotations

from typing import Any

from bot.simulator.slack.people import ADMIN, BEN, GENERAL
from tests.e2e_kit import answers, rest
from tests.harness import FAST, World, by_bot, eventually

Json = dict[str, Any]
UNGUARDED = f"{FAST}\n[replies]\nguard = false\n"
"""Mentions of the team go out unasked."""


def text(shown: str, **style: bool) -> Json:
    """Return a text element."""
    return {"type": "text", "text": shown, **({"style": style} if style else {})}


def section(*elements: Json) -> Json:
    """Return a section."""
    return {"type": "rich_text_section", "elements": list(elements)}


def listed(style: str, indent: int, *items: str, **more: Any) -> Json:
    """Return a list as Slack sends each of its depths."""
    sections = [section(text(item)) for item in items]
    return {
        "type": "rich_text_list", "style": style, "indent": indent, "elements": sections, **more
    }  # fmt: skip


async def test_everything_that_slack_formats_is_formatted_at_the_customer(world: World) -> None:
    """Styles, lists, quotes, code, links, names, groups, dates, emoji and colours arrive."""
    blocks = [{"type": "rich_text", "elements": [
        section(
            text("bold", bold=True), text(" "), text("it", italic=True), text(" & <b> "),
            {"type": "link", "url": "https://a.example/?x=1&y=2", "text": "label"}, text(" "),
            {"type": "user", "user_id": BEN}, text(" "),
            {"type": "channel", "channel_id": GENERAL}, text(" "),
            {"type": "usergroup", "usergroup_id": "S0SUPPORT1"}, text(" "),
            {"type": "broadcast", "range": "here"}, text(" "),
            {"type": "emoji", "name": "slightly_smiling_face"},
            {"type": "emoji", "name": "wave", "skin_tone": 3},
            {"type": "emoji", "name": "our_logo"}, text(" "),
            {"type": "date", "timestamp": 1720710212, "format": "{date_short}",
             "fallback": "July 11"}, text(" "),
            {"type": "color", "value": "#ff0000"},
        ),
        listed("ordered", 0, "one", "two"), listed("bullet", 1, "deep"),
        listed("ordered", 0, "three", offset=2),
        {"type": "rich_text_quote", "elements": [text("said")]},
        {"type": "rich_text_preformatted", "elements": [text("x = `1`")]},
    ]}]  # fmt: skip
    async with world.bridge(UNGUARDED):
        session = world.visitor("Hi", nickname="Maya")
        await world.reply(session, "fallback", blocks=blocks)
        await eventually(lambda: answers(world, session), what="the reply")
    (answer,) = answers(world, session)
    head, *rest_of_it = answer.split("\n")
    assert head.startswith(
        "**bold** *it* & <b> [label](https://a.example/?x=1&y=2) @ben #general @support-team @here "
    )
    assert "<@" not in answer
    assert head.endswith("@here 🙂👋🏼:our_logo: July 11 #ff0000")
    assert "\n".join(rest_of_it).strip() == (
        "1. one\n2. two\n    * deep\n3. three\n\n> said\n\n```\nx = `1`\n```"
    )


async def test_names_are_those_of_now(world: World) -> None:
    """A renamed person or channel is mentioned under the new name from then on."""
    async with world.bridge(UNGUARDED):
        session = world.visitor("Hi", nickname="Maya")
        await world.reply(session, f"ask <@{BEN}> in <#{GENERAL}>")
        await eventually(lambda: answers(world, session), what="the first reply")
        await world.slack.act({"as": BEN, "do": "set_user", "name": "benedict"})
        await world.slack.act(
            {"as": ADMIN, "do": "rename", "channel": GENERAL, "name": "everybody"}
        )
        await rest(world)
        await world.reply(session, f"ask <@{BEN}> in <#{GENERAL}>")
        await eventually(lambda: len(answers(world, session)) == 2, what="the second reply")
    assert answers(world, session) == ["ask @ben in #general", "ask @benedict in #everybody"]


async def test_what_a_customer_writes_acts_on_nobody(world: World) -> None:
    """Mentions, broadcasts, labelled links and shortcodes are text; formatting is formatting."""
    said = (
        "<!channel> <@U0ANA00001> @here :smile: &amp; <https://evil.example|bank> "
        "[bank](https://evil.example) **bold** *it* ~~old~~ `code`\n\n> quoted\n\n- one\n- two"
    )
    async with world.bridge():
        session = world.visitor(said, nickname="Maya <!here>")
        root = await eventually(lambda: world.root_of(session), what="the card")
    assert world.shown(session)[0] == (
        "<!channel> <@U0ANA00001> @here :smile: &amp; <https://evil.example|bank> "
        "bank (https://evil.example) bold it old codequotedonetwo"
    )
    kinds = {e["type"] for e in walked(root["blocks"][0])}
    assert kinds == {
        "rich_text", "rich_text_section", "rich_text_quote", "rich_text_list", "text",
        "link",
    }  # fmt: skip
    assert "<!" not in root["text"]
    assert by_bot(root)


async def test_long_texts_arrive_whole_and_in_order_both_ways(world: World) -> None:
    """Parts follow each other, each in its style, and nothing is lost at the cuts."""
    words = [f"w{number}é" for number in range(1_500)]
    async with world.bridge():
        session = world.visitor("**" + " ".join(words) + "**", nickname="Maya")
        await eventually(lambda: len(world.shown(session)) > 1, what="the parts")
        styled = [{"type": "rich_text", "elements": [section(text(" ".join(words), bold=True))]}]
        await world.reply(session, "long", blocks=styled)
        await eventually(lambda: "w1499" in "".join(answers(world, session)), what="the reply")
        await rest(world)
    assert " ".join(world.shown(session)).split() == words
    sent = answers(world, session)
    assert all(part.startswith("**") and part.endswith("**") for part in sent)
    assert " ".join(part.strip("*") for part in sent).split() == words


def walked(value: Any) -> list[Json]:
    """Return every object with a type."""
    if isinstance(value, list):
        return [found for item in value for found in walked(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "type" in value else []
    return own + [found for inner in value.values() for found in walked(inner)]
