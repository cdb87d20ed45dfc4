"""What the bridge carries, seen on both sides of the demo's page in headless Chromium."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.cli.demo import child_environment
from bot.simulator.page import cast, staged
from tests.page_kit import CUSTOMER, PNG, REPLY, browsing, opened, picked, write

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

QUICK = tuple(replace(step, after=min(step.after, 1.0)) for step in cast.SCRIPT)


@pytest.fixture
async def url(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Run the demo with its opening, or the steps that the test asks for."""
    async with staged(
        [sys.executable, "-m", "bot.cli", "run"],
        env=child_environment(os.environ),
        folder=tmp_path,
        port=0,
        tell=lambda _line: None,
        steps=getattr(request, "param", cast.OPENING),
    ) as show:
        yield show.url


def sides(page: Page) -> tuple[Locator, Locator]:
    """Return the customer's chat and the team's thread."""
    return page.get_by_role("log", name="Chat"), page.get_by_role("log", name="Thread")


@pytest.mark.parametrize("url", [QUICK], indirect=True)
async def test_the_show_is_seen_on_both_sides(url: str) -> None:
    """The picture, the mended answer, the note and the read mark are where they belong."""
    async with browsing() as browser, opened(browser, url) as page:
        chat, thread = sides(page)
        for side in (chat, thread):
            picture = side.locator(".media-picture img")
            await expect(picture).to_have_js_property("naturalWidth", 560)
            await expect(side.get_by_text("A corrected one")).to_be_visible()
        await expect(thread.locator(".edited")).to_have_text("(edited)")
        await expect(chat.locator(".theirs .edited")).to_have_text("Edited")
        await expect(thread.locator(".note")).to_contain_text("annual plan")
        await expect(chat.get_by_text("annual")).to_have_count(0)
        await page.get_by_role("button", name="1 private note in Crisp").click()
        await expect(page.locator(".notes-list")).to_contain_text("on the annual plan")
        answer = thread.locator("article", has_text="A corrected one")
        read = answer.get_by_role("button", name=re.compile("mailbox with mail, 1"))
        await expect(read).to_be_visible()
        await expect(thread.get_by_text("That was quick")).to_be_visible()


async def test_what_the_customer_changes_changes_in_the_thread(url: str) -> None:
    """Typing is on the card, an edit changes the text, what is deleted is struck, files come."""
    async with browsing() as browser, opened(browser, url) as page:
        chat, thread = sides(page)
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await page.get_by_label(CUSTOMER, exact=True).press_sequentially("Wait")
        await expect(thread.locator("article").first).to_contain_text("is typing")
        await page.get_by_label(CUSTOMER, exact=True).fill("")
        await page.get_by_label(CUSTOMER, exact=True).press("ArrowUp")
        await write(page, CUSTOMER, "It is invoice INV-2042")
        await expect(thread.get_by_text("INV-2042")).to_be_visible()
        await expect(thread.get_by_text("INV-2041")).to_have_count(0)
        await page.locator(".widget input[type=file]").set_input_files([picked("a.csv", b"1;2")])
        await page.locator(".widget").get_by_role("button", name="Send").click()
        await expect(thread.get_by_role("link", name="Download a.csv")).to_be_visible()
        row = chat.locator(".bubble-row", has_text="INV-2042")
        await row.hover()
        await row.get_by_role("button", name="Message actions").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(thread.locator("s")).to_contain_text("INV-2042")


async def test_what_the_agent_changes_changes_at_the_customer(url: str) -> None:
    """A reply's edit and removal reach the chat, and its picture byte for byte."""
    async with browsing() as browser, opened(browser, url) as page:
        chat, thread = sides(page)
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await page.locator(".thread input[type=file]").set_input_files([picked("s.png", PNG)])
        await write(page, REPLY, "Like so?")
        await expect(chat.locator(".media-picture img")).to_have_js_property("naturalWidth", 8)
        await write(page, REPLY, "Tomorow")
        await expect(chat.get_by_text("Tomorow")).to_be_visible()
        await page.get_by_label(REPLY, exact=True).press("ArrowUp")
        await page.locator(".editor-field").fill("Tomorrow")
        await page.locator(".editor-field").press("Enter")
        await expect(chat.get_by_text("Tomorrow")).to_be_visible()
        mine = thread.locator("article", has_text="Tomorrow")
        await mine.hover()
        await mine.get_by_role("button", name="More actions on this message").click()
        await page.get_by_role("menuitem", name="Delete message").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(chat.locator(".gone")).to_contain_text("deleted this message")


async def test_the_delivery_status_of_a_reply_is_a_click_away(url: str) -> None:
    """The app's shortcut opens its dialog on the reply that it is asked about."""
    async with browsing() as browser, opened(browser, url) as page:
        chat, thread = sides(page)
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await write(page, REPLY, "On it")
        await expect(chat.get_by_text("On it")).to_be_visible()
        reply = thread.locator("article", has_text="On it")
        await reply.hover()
        await reply.get_by_role("button", name="More actions on this message").click()
        await page.get_by_role("menuitem", name="Delivery status").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading", name="Delivery status")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
