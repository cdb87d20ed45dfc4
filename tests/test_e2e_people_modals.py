"""People in modals, end to end: found, changed, added, and written to."""

from __future__ import annotations

from bot import texts
from bot.simulator.slack.people import ANA
from tests.e2e_kit import answers, command, modal_of, press, rest, shortcut, submit
from tests.harness import Json, World, eventually
from tests.test_e2e_people_changes import KIM, card, change, said
from tests.test_e2e_people_new import with_kim


async def edit_form(world: World) -> Json:
    """Open the form of Kim's profile, from the card."""
    await command(world, ANA, "help")
    await said(world, texts.HELP_TITLE)
    await command(world, ANA, f"person show {KIM}")
    shown = await said(world, "modal:person_edit")
    await press(world, ANA, "modal:person_edit", ts=shown["ts"])
    return await modal_of(world, ANA, "person_edit")


async def test_a_profile_is_changed_in_a_form_and_nothing_of_others_is_lost(world: World) -> None:
    """Only what was changed is saved; what somebody changed meanwhile is shown, to overwrite."""
    world.crisp.act({"do": "add_person", "profile": {"email": KIM}})
    change(world, person={"nickname": "Kim", "phone": "+1"}, segments=["vip", "old"])
    world.crisp.world.people[card(world)["people_id"]].data.update({"plan": "pro", "seats": 3})
    async with world.bridge():
        await edit_form(world)
        wrong = await submit(world, ANA, values={"email": "no address"})
        assert wrong["errors"]
        change(world, person={"nickname": "Kim Pool", "phone": "+1"}, segments=["vip", "old", "x"])
        values = {
            "name": "Kimberly", "phone": "+2", "segments": "vip, new",
            "email": KIM, "data": "seats: 4\nnew: yes",
        }  # fmt: skip
        await submit(world, ANA, values=values)
        shown = await modal_of(world, ANA, "result", texts.PERSON_CHANGED_MEANWHILE)
        assert "Kim Pool" in str(shown)
        now = card(world)
        assert now["person"] == {"nickname": "Kim Pool", "phone": "+2"}
        assert now["segments"] == ["vip", "x", "new"]
        assert now["data"] == {"seats": 4, "new": "yes"}
        await world.slack.act(
            {"as": ANA, "do": "press", "view_id": shown["id"], "action_id": "verb:person_edit:name"}
        )
        await eventually(lambda: card(world)["person"]["nickname"] == "Kimberly", what="the name")
        await modal_of(world, ANA, "result", texts.PERSON_SAVED)
        await rest(world)
        assert card(world)["person"] == {"nickname": "Kimberly", "phone": "+2"}


async def test_global_shortcuts_find_people_and_begin_conversations(world: World) -> None:
    """Find a person shows the card in the modal; New conversation sends what is typed, once."""
    world.crisp.act({"do": "add_person", "profile": {"email": KIM, "person": {"nickname": "Kim"}}})
    async with world.bridge():
        await shortcut(world, ANA, "person_find", None)
        await modal_of(world, ANA, "person_find")
        await submit(world, ANA, values={"query": "kim"})
        shown = await modal_of(world, ANA, "result", KIM)
        await world.slack.act(
            {
                "as": ANA, "do": "press", "view_id": shown["id"],
                "action_id": "modal:new_conversation",
            }
        )  # fmt: skip
        form = await modal_of(world, ANA, "new_conversation")
        assert KIM in str(form["blocks"])
        await submit(world, ANA, values={"email": KIM, "text": "Hello & *welcome*"})
        await modal_of(world, ANA, "result", texts.TO_THE_THREAD)
        (session,) = with_kim(world)
        assert answers(world, session) == ["Hello & **welcome**"]
        await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        assert len(with_kim(world)) == 1


async def test_who_is_not_there_can_be_added_and_what_was_typed_is_kept(world: World) -> None:
    """A search for an address that nobody has leads to the form; a refusal shows it again."""
    async with world.bridge():
        await shortcut(world, ANA, "person_find", None)
        await modal_of(world, ANA, "person_find")
        await submit(world, ANA, values={"query": KIM})
        shown = await modal_of(world, ANA, "result", texts.PERSON_ADD)
        await world.slack.act(
            {"as": ANA, "do": "press", "view_id": shown["id"], "action_id": "modal:person_add"}
        )
        await modal_of(world, ANA, "person_add", KIM)
        refused = {"do": "error", "status": 400, "code": "invalid_data"}
        world.crisp.faults.add({"on": "POST */people/profile", **refused})
        typed = {"email": KIM, "name": "Kim Pool", "segments": "vip, new"}
        await submit(world, ANA, values=typed)
        again = await modal_of(world, ANA, "person_add", texts.REASONS["invalid_data"])
        assert "Kim Pool" in str(again["blocks"])
        await submit(world, ANA, values={**typed, "name": "Kim P."})
        await modal_of(world, ANA, "result", texts.PERSON_ADDED)
        await rest(world)
        assert card(world)["person"] == {"nickname": "Kim P."}
        assert card(world)["segments"] == ["vip", "new"]
