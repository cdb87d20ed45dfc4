"""The whole path over sockets: a conversation is a thread, a reply reaches the customer."""

from __future__ import annotations

from bot.simulator.slack.people import ANA, BEN, GUEST, OTHER_BOT, STRANGER
from tests.harness import World, by_bot, eventually, is_context


async def test_first_message_opens_a_thread(world: World) -> None:
    """A new conversation is one root card under the customer's name; later messages are replies."""
    async with world.bridge():
        session = world.visitor("Hello there", nickname="Maya Lin", email="maya@example.test")
        await eventually(lambda: world.root_of(session), what="the card")
        for number in range(3):
            world.visitor(f"more {number}", session)
        await eventually(lambda: len(world.shown(session)) == 4, what="three replies")
    assert world.shown(session) == ["Hello there", "more 0", "more 1", "more 2"]
    root = world.root_of(session)
    assert root is not None
    assert root["username"] == "Maya Lin"
    assert "maya@example.test" in str(root["blocks"])
    assert len(world.roots()) == 1


async def test_reply_reaches_the_customer_under_the_operators_name(world: World) -> None:
    """An agent whose e-mail is an operator's answers under the operator's name, formatted."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await world.reply(session, "All *good* now", user=ANA)
        sent = (await eventually(lambda: world.customer_sees(session), what="the reply"))[0]
    assert sent["content"] == "All **good** now"
    assert sent["user"]["nickname"] == "Ana Silva"
    assert len(world.customer_sees(session)) == 1
    assert world.shown(session) == ["Hi"]


async def test_operator_reply_in_crisp_appears_under_their_name(world: World) -> None:
    """What an operator writes in Crisp is in the thread under the operator's name."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session))
        world.crisp.act(
            {"do": "operator_message", "session_id": session, "content": "From the inbox"}
        )
        await eventually(lambda: len(world.shown(session)) == 2, what="the operator's reply")
    reply = next(m for m in world.thread(session) if by_bot(m) and not is_context(m))
    assert reply["username"] != "Maya"
    assert world.shown(session)[1] == "From the inbox"


async def test_notes_and_asides_never_reach_the_customer(world: World) -> None:
    """!note and note: become private notes, // stays in Slack, and the customer sees nothing."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await world.reply(session, "!note he is *angry*")
        await world.reply(session, "Note: call him back")
        await world.reply(session, "// should we refund?")
        await world.reply(session, "We are on it")
        await eventually(lambda: world.customer_sees(session), what="the reply")
    messages = world.crisp_messages(session)
    notes = [m["content"] for m in messages if m["type"] == "note"]
    assert notes == ["he is **angry**", "call him back"]
    assert [m["content"] for m in world.customer_sees(session)] == ["We are on it"]
    assert not [m for m in messages if "refund" in str(m["content"])]


async def test_unknown_word_is_held_and_asked_about(world: World) -> None:
    """An unknown !word is not sent; its writer is asked, and may send it after all."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        ts = await world.reply(session, "!urgent please look", user=BEN)
        asked = (await eventually(lambda: world.ephemerals(BEN), what="the question"))[0]
        assert not world.customer_sees(session)
        await eventually(lambda: "raised_hand" in world.reactions(ts), what="the mark")
        await world.slack.act(
            {
                "as": BEN,
                "do": "press",
                "channel": world.channel,
                "ts": asked["ts"],
                "action_id": "held:send",
            }
        )
        await eventually(lambda: world.customer_sees(session), what="the released reply")
        await eventually(lambda: "raised_hand" not in world.reactions(ts), what="the mark to go")
    assert [m["content"] for m in world.customer_sees(session)] == ["!urgent please look"]


async def test_guests_strangers_and_bots_do_not_reach_customers(world: World) -> None:
    """What a guest, a stranger or another app writes in the thread stays in Slack."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        guest = await world.reply(session, "guest here", user=GUEST)
        await world.reply(session, "stranger here", user=STRANGER)
        await world.reply(session, "deploy done", user=OTHER_BOT)
        await world.reply(session, "real answer", user=ANA)
        await eventually(lambda: world.customer_sees(session), what="the reply")
        await eventually(lambda: world.ephemerals(GUEST), what="the refusal")
        await eventually(lambda: "warning" in world.reactions(guest), what="the mark")
    assert [m["content"] for m in world.customer_sees(session)] == ["real answer"]


async def test_buttons_change_the_conversation_in_crisp(world: World) -> None:
    """Resolve, Reopen and Assign to me act in Crisp in the agent's name; the card follows."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the card")

        async def press(action: str, user: str = ANA) -> None:
            await world.slack.act(
                {
                    "as": user,
                    "do": "press",
                    "channel": world.channel,
                    "ts": root["ts"],
                    "action_id": f"conversation:{action}",
                }
            )

        await press("assign_me")
        await eventually(
            lambda: "Ana Silva" in str((world.root_of(session) or {})["blocks"]),
            what="the assignee on the card",
        )
        await press("resolve", BEN)
        await eventually(
            lambda: "conversation:reopen" in str((world.root_of(session) or {})["blocks"]),
            what="the card to show it resolved",
        )
        assert world.crisp.dump(session)["state"] == "resolved"
        await press("reopen", BEN)
        await eventually(lambda: world.crisp.dump(session)["state"] == "unresolved")
        lines = await eventually(
            lambda: [str(m["blocks"]) for m in world.thread(session) if is_context(m)][2:],
            what="three lines in the thread",
        )
    assert "Ben Okafor" in lines[0]


async def test_changes_made_in_crisp_are_shown(world: World) -> None:
    """State and assignment changes in Crisp update the card and leave one line each."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session))
        world.crisp.act({"do": "set_state", "session_id": session, "state": "resolved"})
        await eventually(
            lambda: "conversation:reopen" in str((world.root_of(session) or {})["blocks"]),
            what="the card to show it resolved",
        )
        world.visitor("one more thing", session)
        await eventually(
            lambda: "conversation:resolve" in str((world.root_of(session) or {})["blocks"]),
            what="the card to show it open again",
        )
        await eventually(lambda: world.shown(session) == ["Hi", "one more thing"])


async def test_long_texts_are_split_and_arrive_whole(world: World) -> None:
    """A long text arrives in parts, in order, nothing lost, either way."""
    words = " ".join(f"word{number}" for number in range(1500))
    async with world.bridge():
        session = world.visitor(words, nickname="Maya")
        await eventually(lambda: len(world.shown(session)) >= 3, what="the parts")
        await world.reply(session, words)
        await eventually(
            lambda: sum(len(m["content"].split()) for m in world.customer_sees(session)) >= 1500,
            what="the parts of the reply",
        )
    assert " ".join(world.shown(session)).split() == words.split()
    sent = world.customer_sees(session)
    assert " ".join(m["content"] for m in sent).split() == words.split()
    assert max(len(m["content"]) for m in sent) <= 2000


async def test_customer_text_is_never_live_in_slack(world: World) -> None:
    """Mentions, broadcasts and masked links of a customer are literal text."""
    hostile = "<!channel> <@U0ANA00001> [bank](https://evil.test) *x* :wave:"
    async with world.bridge():
        session = world.visitor(hostile, nickname="<!here> *Eve*")
        root = await eventually(lambda: world.root_of(session), what="the card")
    assert "<!channel>" not in root["text"]
    assert "https://evil.test" in world.shown(session)[0]
    kinds = str(root["blocks"])
    assert "'type': 'broadcast'" not in kinds
    assert "'type': 'user'" not in kinds


async def test_slash_commands_answer_and_act(world: World) -> None:
    """/crisp answers questions and changes states, to the asker alone."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya Lin", email="maya@example.test")
        await eventually(lambda: world.root_of(session))

        async def ask(text: str, containing: str) -> None:
            await world.slack.act(
                {
                    "as": ANA,
                    "do": "command",
                    "channel": world.channel,
                    "command": "/crisp",
                    "text": text,
                }
            )
            await eventually(
                lambda: [e for e in world.ephemerals(ANA) if containing in str(e)],
                what=f"the answer to {text}",
            )

        await ask("help", "unassigned")
        await ask("list", "Maya Lin")
        await ask("show #1", "maya@example.test")
        await ask("resolve maya@example.test", "#1 is resolved")
        assert world.crisp.dump(session)["state"] == "resolved"
        await ask("resolve #99", "No conversation")
        await ask("who nobody@nowhere.test", "nobody@nowhere.test")


async def test_first_start_posts_nothing_old(world: World) -> None:
    """On an empty database nothing that happened before the start is posted or sent."""
    old = world.visitor("from before", nickname="Old")
    async with world.bridge():
        session = world.visitor("new", nickname="New")
        await eventually(lambda: world.root_of(session))
        world.visitor("back again", old)
        await eventually(lambda: world.root_of(old), what="the old one's thread")
    assert world.shown(old) == ["back again"]


async def test_the_page_is_on_the_card(world: World) -> None:
    """The page that a customer wrote from is on the card, and a later one replaces it."""
    async with world.bridge():
        page = {"title": "Pricing", "url": "https://acme.test/pricing"}
        session = world.visitor("Hi", nickname="Maya", page=page)
        await eventually(lambda: "acme.test/pricing" in str(world.root_of(session)))
        later = {"title": "Billing", "url": "https://acme.test/billing"}
        world.crisp.act({"do": "visitor_page", "session_id": session, **later})
        await eventually(lambda: "acme.test/billing" in str(world.root_of(session)))


async def test_conversations_are_numbered_without_gaps(world: World) -> None:
    """However many messages a conversation has, the next one gets the next number."""
    async with world.bridge():
        first = world.visitor("Hi", nickname="Maya")
        for number in range(3):
            world.visitor(f"more {number}", first)
        await eventually(lambda: len(world.shown(first)) == 4)
        second = world.visitor("Hello", nickname="Noah")
        root = await eventually(lambda: world.root_of(second))
    assert "*#2*" in str(root["blocks"])
