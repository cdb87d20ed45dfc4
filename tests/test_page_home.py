"""The app's Home, suggestions and global shortcuts on the demo's page, in headless Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.simulator.page import cast
from bot.simulator.slack.people import ANA
from tests.page_kit import (
    MAYA,
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
FIND = ({"name": "Find a person", "callback_id": "find"},)


@pytest_asyncio.fixture(loop_scope="module")
async def bare(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bare]:
    """Run both simulators and the page; the app has one global shortcut."""
    monkeypatch.setattr(cast, "GLOBAL_SHORTCUTS", FIND)
    async with bare_page() as running:
        yield running


def button(text: str, action_id: str, **more: Any) -> Json:
    """Return an actions block with one button."""
    element = {"type": "button", "action_id": action_id, "text": words(text), **more}
    return {"type": "actions", "block_id": f"b_{action_id}", "elements": [element]}


def asks(name: str, kind: str, **more: Any) -> Json:
    """Return an input block whose label and action_id are this name."""
    block: Json = {key: more.pop(key) for key in ("dispatch_action", "optional") if key in more}
    element = {"type": kind, "action_id": name, **more}
    return {"type": "input", "block_id": name, "label": words(name), "element": element, **block}


def modal(*blocks: Json, title: str = "Find", callback_id: str = "find") -> Json:
    """Return a modal that can be submitted."""
    return {"type": "modal", "title": words(title), "submit": words("Go"), "blocks": list(blocks),
            "callback_id": callback_id}  # fmt: skip


async def use_global_shortcut(page: Page) -> None:
    """Choose the one global shortcut in the composer's menu."""
    await page.get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Find a person").click()


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_home_is_published_used_and_left(
    bare: Bare, browser: Browser, width: int
) -> None:
    """Its tab tells the app; searches and presses reach it; its links open the thread beside it."""
    root = await bare.root()
    link = (await bare.bot("chat.getPermalink", channel="C0SUPPORT1", message_ts=root))["permalink"]
    heard: list[Json] = []

    async def answer(payload: Json) -> None:
        heard.append(payload)
        blocks = [
            {"type": "header", "text": words(f"Page {len(heard) + 1}")},
            asks("Search", "plain_text_input", dispatch_action=True),
            button("Next", "next"),
            {"type": "section", "text": {"type": "mrkdwn", "text": f"<{link}|Maya>\n>Hello"}},
        ]
        await bare.bot("views.publish", user_id=ANA, view={"type": "home", "blocks": blocks})

    async with answering(bare, answer), opened(browser, bare.url, width=width) as page:
        if width < 700:
            await page.get_by_role("tab", name="Team in Slack").click()
        await page.get_by_role("tab", name="App Home").click()
        home = page.get_by_role("region", name="App Home")
        await expect(home).to_contain_text("has not put anything here yet")
        await answer({"type": "app_home_opened"})
        await expect(home).to_contain_text("Page 2")
        await home.get_by_label("Search").fill("maya")
        await home.get_by_label("Search").press("Enter")
        await expect(home).to_contain_text("Page 3")
        await expect(home.get_by_label("Search")).to_have_value("maya")
        await expect(home.get_by_label("Search")).to_be_focused()
        await home.get_by_role("button", name="Next").press("Enter")
        await expect(home).to_contain_text("Page 4")
        await expect(home.get_by_role("button", name="Next")).to_be_focused()
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await page.get_by_role("radio", name="Ben").click()
        await expect(home).to_contain_text("has not put anything here yet")
        await page.get_by_role("radio", name="Ana").click()
        await home.get_by_role("link", name="Maya").click()
        await expect(home).to_be_hidden()
        await expect(page.get_by_role("log", name="Thread")).to_contain_text("Hello")
    _, searched, pressed = heard
    assert (searched["actions"][0]["value"], searched["view"]["type"]) == ("maya", "home")
    assert pressed["view"]["state"]["values"]["Search"]["Search"]["value"] == "maya"
    assert not bare.slack.dump("pending")["pending"]


async def test_the_app_suggests_what_can_be_chosen(bare: Bare, browser: Browser) -> None:
    """A field asks the app for options as one types; keys choose one; a push lies above it."""
    submitted: list[Json] = []
    asked: list[str] = []
    who = asks("Person", "external_select", min_query_length=2)
    more = asks("Amount", "number_input", is_decimal_allowed=False, min_value="1", optional=True)

    async def answer(payload: Json) -> Json | None:
        match payload["type"]:
            case "shortcut":
                view = modal(who, more)
                await bare.bot("views.open", trigger_id=payload["trigger_id"], view=view)
            case "block_suggestion":
                asked.append(payload["value"])
                names = ["Maya", "Mayumi"] if payload["value"].startswith("may") else []
                return {"options": [{"text": words(name), "value": name} for name in names]}
            case "view_submission":
                submitted.append(payload["view"]["state"]["values"])
                if len(submitted) == 1:
                    view = modal(asks("Sure", "plain_text_input"), title="Above")
                    return {"response_action": "push", "view": view}
                return {"response_action": "clear"}
        return None

    async with answering(bare, answer), opened(browser, bare.url) as page:
        await use_global_shortcut(page)
        dialog = page.get_by_role("dialog")
        person = dialog.get_by_role("combobox", name="Person")
        await expect(person).to_be_focused()
        await person.fill("m")
        await expect(dialog.get_by_text("Type at least 2 characters")).to_be_visible()
        await person.fill("zoe")
        await expect(dialog.get_by_text("Nothing found")).to_be_visible()
        await person.fill("may")
        await expect(dialog.get_by_role("option")).to_have_count(2)
        await person.press("ArrowDown")
        await person.press("ArrowDown")
        await person.press("Enter")
        await expect(person).to_have_value("Mayumi")
        await expect(dialog.get_by_role("listbox")).to_have_count(0)
        await dialog.get_by_label("Amount").fill("2")
        await dialog.get_by_role("button", name="Go").click()
        await expect(dialog.get_by_role("heading")).to_have_text("Above")
        await dialog.get_by_role("button", name="Back").click()
        await expect(dialog.get_by_role("heading")).to_have_text("Find")
        await expect(person).to_have_value("Mayumi")
        await dialog.get_by_role("button", name="Go").click()
        await expect(dialog).to_have_count(0)
    assert "m" not in asked
    assert submitted[1]["Person"]["Person"]["selected_option"]["value"] == "Mayumi"
    assert submitted[1]["Amount"]["Amount"]["value"] == "2"


async def test_a_submission_shows_how_it_goes(bare: Bare, browser: Browser) -> None:
    """After the acknowledgement the dialog says that it sends, then what has come of it."""
    bare.customer()

    async def answer(payload: Json) -> Json | None:
        if payload["type"] == "shortcut":
            view = modal(asks("Text", "plain_text_input", multiline=True))
            await bare.bot("views.open", trigger_id=payload["trigger_id"], view=view)
            return None
        sending = {"type": "section", "text": words("Sending …")}
        view = {"type": "modal", "title": words("Reply"), "blocks": [sending]}
        return {"response_action": "update", "view": view}

    async with answering(bare, answer), opened(browser, bare.url) as page:
        await use_global_shortcut(page)
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Text").fill("Hello Maya")
        await dialog.get_by_role("button", name="Go").click()
        await expect(dialog).to_contain_text("Sending …")
        (view,) = bare.slack.dump("views")["views"][ANA]
        url = f"https://app.crisp.chat/website/w/inbox/{MAYA}/"
        done = {"type": "section", "text": {"type": "mrkdwn", "text": f"Sent to <{url}|Maya>"}}
        shown = {"type": "modal", "title": words("Sent"), "blocks": [done]}
        await bare.bot("views.update", view_id=view["id"], hash=view["hash"], view=shown)
        await expect(dialog.get_by_role("heading")).to_have_text("Sent")
        await expect(dialog.get_by_role("link", name="Maya")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)


async def test_a_submission_that_is_not_acknowledged_is_said(bare: Bare, browser: Browser) -> None:
    """When the app answers nothing the dialog stays, says so and keeps what was typed."""
    bare.slack.configure(ack_timeout=0.2)
    asked = await bare.agent("command", wait=False)
    view = modal(asks("Text", "plain_text_input"))
    trigger = asked["payload"]["trigger_id"]
    await bare.bot("views.open", trigger_id=trigger, view=view)
    async with opened(browser, bare.url) as page:
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Text").fill("kept")
        await dialog.get_by_role("button", name="Go").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("trouble connecting")
        await expect(dialog.get_by_label("Text")).to_have_value("kept")
