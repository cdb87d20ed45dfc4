"""Shortcuts and dialogs on the demo's page in headless Chromium, with an app made for the test."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bot.simulator.page import cast
from tests.page_kit import (
    SUPPORT,
    Bare,
    Json,
    answering,
    bare_page,
    browser,
    opened,
    words,
)

__all__ = ["browser"]  # the fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
]
SHORTCUTS = ({"name": "Delivery status", "callback_id": "delivery_status"},)


@pytest_asyncio.fixture(loop_scope="module")
async def bare(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bare]:
    """Run both simulators and the page; the app has one shortcut."""
    monkeypatch.setattr(cast, "SHORTCUTS", SHORTCUTS)
    async with bare_page() as running:
        yield running


def options(*names: str) -> list[Json]:
    """Return options whose values are their names in lower case."""
    return [{"text": words(name), "value": name.lower()} for name in names]


def asks(block_id: str, label: str, element: Json, **more: Any) -> Json:
    """Return an input block; its element's action has the block's name."""
    inside = {"action_id": block_id, **element}
    return {"type": "input", "block_id": block_id, "label": words(label), "element": inside, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    """Return a dialog; with inputs it can be submitted."""
    submit = {"submit": words("Save")} if any(b["type"] == "input" for b in blocks) else {}
    return {"type": "modal", "title": words("Status"), "blocks": list(blocks), **submit, **more}


async def use_shortcut(page: Page) -> Locator:
    """Use the shortcut on the one reply of the thread; return the dialog that opens."""
    reply = page.get_by_role("log", name="Thread").locator("article", has_text="Done")
    await reply.hover()
    await reply.get_by_role("button", name="More actions on this message").click()
    await page.get_by_role("menuitem", name="Delivery status").click()
    return page.get_by_role("dialog")


async def test_a_shortcut_opens_the_apps_dialog(bare: Bare, browser: Browser) -> None:
    """The menu has the app's shortcuts below its name; the dialog shows what the app answers."""
    root = await bare.root()
    ts = (await bare.agent("message", text="Done", thread_ts=root))["ts"]
    took: list[Json] = []

    async def answer(payload: Json) -> None:
        took.append(payload)
        shown = {"type": "section", "text": {"type": "mrkdwn", "text": "*Read* by Maya"}}
        view = modal(shown, {"type": "divider"})
        await bare.bot("views.open", trigger_id=payload["trigger_id"], view=view)

    async with answering(bare, answer), opened(browser, bare.url) as page:
        dialog = await use_shortcut(page)
        await expect(dialog.get_by_role("heading")).to_have_text("Status")
        await expect(dialog.locator("strong")).to_have_text("Read")
        await expect(dialog.get_by_role("button", name="Close", exact=True)).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
    assert (took[0]["type"], took[0]["callback_id"]) == ("message_action", "delivery_status")
    assert (took[0]["message"]["ts"], took[0]["user"]["name"]) == (ts, "ana")
    assert not bare.slack.dump("views")["views"]


async def test_a_dialog_is_filled_in_corrected_and_submitted(bare: Bare, browser: Browser) -> None:
    """Every kind of input is a control of the form; what the app refuses is said beside it."""
    await bare.agent("message", text="Done", thread_ts=await bare.root())
    view = modal(
        asks("text", "Reason", {"type": "plain_text_input"}, hint=words("In a few words")),
        asks("long", "Details", {"type": "plain_text_input", "multiline": True}, optional=True),
        asks("pick", "State", {"type": "static_select", "options": options("Open", "Pending")}),
        asks("who", "Agent", {"type": "users_select"}),
        asks("one", "Send", {"type": "radio_buttons", "options": options("Now", "Later")}),
        asks("many", "Tell", {"type": "checkboxes", "options": options("Team", "Boss")}),
        asks("day", "Until", {"type": "datepicker"}),
    )
    submitted: list[Json] = []

    async def answer(payload: Json) -> Json | None:
        if payload["type"] == "message_action":
            await bare.bot("views.open", trigger_id=payload["trigger_id"], view=view)
            return None
        submitted.append(payload["view"]["state"]["values"])
        if len(submitted) == 1:
            return {"response_action": "errors", "errors": {"text": "That is too short."}}
        return None

    async with answering(bare, answer), opened(browser, bare.url) as page:
        dialog = await use_shortcut(page)
        reason = dialog.get_by_label("Reason")
        await expect(reason).to_be_focused()
        await reason.fill("x")
        await dialog.get_by_label("Details (optional)").fill("One\nTwo")
        await dialog.get_by_label("State").select_option("Pending")
        await dialog.get_by_label("Agent").select_option("Ben Okafor")
        await dialog.get_by_role("group", name="Send").get_by_label("Later").check()
        await dialog.get_by_role("group", name="Tell").get_by_label("Team").check()
        await dialog.get_by_role("group", name="Tell").get_by_label("Boss").check()
        await dialog.get_by_label("Until").fill("2030-01-02")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_role("alert")).to_have_text("That is too short.")
        await expect(reason).to_have_attribute("aria-invalid", "true")
        await expect(dialog.get_by_label("State")).to_have_value("pending")
        await reason.fill("Long enough")
        await reason.press("Enter")
        await expect(dialog).to_have_count(0)
    last = {name: next(iter(held.values())) for name, held in submitted[-1].items()}
    assert last["text"]["value"] == "Long enough"
    assert last["long"]["value"] == "One\nTwo"
    assert last["pick"]["selected_option"]["value"] == "pending"
    assert last["who"]["selected_user"] == "U0BEN00001"
    assert last["one"]["selected_option"]["value"] == "later"
    assert [o["value"] for o in last["many"]["selected_options"]] == ["team", "boss"]
    assert last["day"]["selected_date"] == "2030-01-02"


async def test_buttons_of_a_dialog_update_it_and_push_another(bare: Bare, browser: Browser) -> None:
    """A press reaches the app, an update keeps the dialog open, a pushed one lies above it."""
    await bare.agent("message", text="Done", thread_ts=await bare.root())
    again = {"type": "button", "action_id": "again", "text": words("Try again")}
    actions = {"type": "actions", "block_id": "acts", "elements": [again]}

    async def answer(payload: Json) -> None:
        trigger = payload["trigger_id"]
        if payload["type"] == "message_action":
            await bare.bot("views.open", trigger_id=trigger, view=modal(actions))
            return
        told = {"type": "section", "text": words("Trying")}
        number = payload["view"]["id"]
        await bare.bot("views.update", view_id=number, view=modal(told))
        above = modal(told, title=words("Above"))
        await bare.bot("views.push", trigger_id=trigger, view=above)

    async with answering(bare, answer), opened(browser, bare.url) as page:
        dialog = await use_shortcut(page)
        await dialog.get_by_role("button", name="Try again").click()
        await expect(dialog.get_by_role("heading")).to_have_text("Above")
        await dialog.get_by_role("button", name="Close the dialog").click()
        await expect(dialog.get_by_role("heading")).to_have_text("Status")
        await expect(dialog).to_contain_text("Trying")
        await dialog.get_by_role("button", name="Close the dialog").click()
        await expect(dialog).to_have_count(0)


async def test_what_asks_first_is_not_done_after_a_no(bare: Bare, browser: Browser) -> None:
    """A button with a confirmation asks, and only a yes reaches the app."""
    sure = {"title": words("Erase?"), "text": words("All of it."), "confirm": words("Erase"),
            "deny": words("Keep"), "style": "danger"}  # fmt: skip
    button = {"type": "button", "action_id": "erase", "text": words("Erase all"), "confirm": sure}
    pressed: list[str] = []

    async def answer(payload: Json) -> None:
        pressed.append(payload["actions"][0]["action_id"])

    blocks = [{"type": "actions", "elements": [button]}]
    await bare.bot("chat.postMessage", channel=SUPPORT, text="x", blocks=blocks)
    async with answering(bare, answer), opened(browser, bare.url) as page:
        wanted = page.get_by_role("log", name="Channel").get_by_role("button", name="Erase all")
        for choice in ("Keep", "Erase"):
            await wanted.click()
            asked = page.get_by_role("dialog", name="Erase?")
            await expect(asked).to_contain_text("All of it.")
            await asked.get_by_role("button", name=choice).click()
            await expect(asked).to_have_count(0)
        await expect(wanted).not_to_have_class(re.compile("busy"))
    assert pressed == ["erase"]


async def test_an_app_that_does_not_answer_is_said(bare: Bare, browser: Browser) -> None:
    """Without the bridge a shortcut does nothing, and a sentence says so."""
    bare.slack.configure(ack_timeout=0.2)
    await bare.agent("message", text="Done", thread_ts=await bare.root())
    async with opened(browser, bare.url) as page:
        await use_shortcut(page)
        await expect(page.get_by_role("alert")).to_contain_text("did not answer in time")
