"""The demo's page in headless Chromium, with the real bridge behind it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.cli.demo import child_environment
from bot.simulator.page import cast, staged
from tests.page_kit import CHANNEL, CUSTOMER, REPLY, Scheme, browsing, opened, write

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """Run the demo."""
    async with staged(
        [sys.executable, "-m", "bot.cli", "run"],
        env=child_environment(os.environ),
        folder=tmp_path,
        port=0,
        tell=lambda _line: None,
        steps=cast.OPENING,
    ) as show:
        yield show.url


async def flip(page: Page, switch: str) -> None:
    """Use one of the switches that break things."""
    wanted = page.get_by_role("switch", name=switch)
    if not await wanted.is_visible():
        await page.get_by_role("button", name="Break something").click()
    await wanted.click()


async def test_both_sides_can_be_played(url: str) -> None:
    """The scripted message becomes a thread, answers and buttons work, and so does /crisp."""
    async with browsing() as browser, opened(browser, url) as page:
        chat = page.get_by_role("log", name="Chat")
        channel = page.get_by_role("log", name="Channel")
        thread = page.get_by_role("log", name="Thread")
        await expect(chat.get_by_text("Team plan")).to_be_visible()
        await expect(channel.get_by_text("Team plan")).to_be_visible()
        await expect(thread.get_by_text("INV-2041")).to_be_visible()

        await write(page, REPLY, "It is *mended*")
        await expect(chat.locator(".theirs strong")).to_have_text("mended")
        await expect(chat.locator(".bubble-name")).to_contain_text("Ana Silva")

        await page.get_by_role("radio", name="Ben").click()
        await write(page, REPLY, "See https://acme.test/billing")
        await expect(chat.locator(".bubble-name").last).to_contain_text("Ben Okafor")
        await expect(chat.get_by_role("link", name="acme.test/billing")).to_be_visible()

        await write(page, CUSTOMER, "<b>Thank you</b> & goodbye")
        await expect(thread.get_by_text("<b>Thank you</b> & goodbye")).to_be_visible()

        card = channel.locator("article").first
        await card.get_by_role("button", name="Resolve").click()
        await expect(card.get_by_role("button", name="Reopen")).to_be_visible()
        await expect(card).to_contain_text("Resolved")
        await expect(chat.get_by_text("marked this as resolved")).to_be_visible()

        await card.get_by_role("button", name="More actions", exact=True).click()
        await page.get_by_role("menuitem", name="Mark pending").click()
        await expect(card).to_contain_text("Pending")

        await write(page, CHANNEL, "/crisp list")
        answer = channel.locator(".ephemeral")
        await expect(answer).to_contain_text("Only visible to you")
        await expect(answer).to_contain_text("Maya Lindqvist")
        await answer.get_by_role("button", name="Dismiss message").click()
        await expect(answer).to_have_count(0)


async def test_the_queue_is_worked_from_home_and_a_modal(url: str) -> None:
    """A press in App Home and one in a message's modal act on the conversation, and it is seen."""
    async with browsing() as browser, opened(browser, url) as page:
        card = page.get_by_role("log", name="Channel").locator("article").first
        await expect(page.get_by_role("log", name="Thread").get_by_text("INV-2041")).to_be_visible()
        await page.get_by_role("tab", name="App Home").click()
        home = page.get_by_role("region", name="App Home")
        await expect(home).to_contain_text("Maya Lindqvist")
        await home.get_by_role("button", name="Resolve").click()
        await expect(home.get_by_role("button", name="Resolve")).to_have_count(0)
        await page.get_by_role("tab", name="Channel").click()
        await expect(card).to_contain_text("Resolved")

        line = page.get_by_role("log", name="Thread").locator("article", has_text="INV-2041")
        await line.hover()
        await line.get_by_role("button", name="More actions on this message").click()
        await page.get_by_role("menuitem", name="Conversation actions").click()
        dialog = page.get_by_role("dialog")
        row = dialog.locator(".b-section", has_text=re.compile("^Pending"))
        await row.get_by_role("button").click()
        await expect(card).to_contain_text("Pending")
        await dialog.get_by_role("button", name="Close", exact=True).click()
        await expect(dialog).to_have_count(0)


async def test_an_unclear_reply_is_held_and_asked_about(url: str) -> None:
    """An unknown !word is shown to its writer alone, and its button sends it after all."""
    async with browsing() as browser, opened(browser, url) as page:
        chat = page.get_by_role("log", name="Chat")
        thread = page.get_by_role("log", name="Thread")
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await write(page, REPLY, "!important we are on it")
        held = thread.locator(".ephemeral")
        await expect(held).to_contain_text("not sent")
        await page.get_by_role("radio", name="Ben").click()
        await expect(held).to_have_count(0)
        await page.get_by_role("radio", name="Ana").click()
        await held.get_by_role("button", name="Send to customer").click()
        await expect(chat.get_by_text("!important we are on it")).to_be_visible()


async def test_a_new_visitor_gets_a_thread_of_their_own(url: str) -> None:
    """Whoever comes new writes in a chat of their own, and choosing somebody opens their thread."""
    async with browsing() as browser, opened(browser, url) as page:
        chat = page.get_by_role("log", name="Chat")
        channel = page.get_by_role("log", name="Channel")
        thread = page.get_by_role("log", name="Thread")
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await page.get_by_role("button", name="New visitor").click()
        await page.get_by_role("button", name="non-profits").click()
        await page.get_by_label(CUSTOMER).press("Enter")
        await expect(channel.get_by_text("non-profits")).to_be_visible()
        await channel.locator("article", has_text="non-profits").hover()
        await (
            channel.locator("article", has_text="non-profits")
            .get_by_label("Reply in thread")
            .click()
        )
        await write(page, REPLY, "There is: *30 %*")
        await expect(chat.get_by_text("30 %")).to_be_visible()
        await page.get_by_role("button", name="Maya Lindqvist").click()
        await expect(chat.get_by_text("INV-2041")).to_be_visible()
        await expect(chat.get_by_text("30 %")).to_have_count(0)
        await expect(thread.get_by_text("INV-2041")).to_be_visible()


async def test_what_is_broken_is_mended_and_nothing_is_lost(url: str) -> None:
    """With the bridge killed and Slack refusing posts, messages wait, then arrive once."""
    async with browsing() as browser, opened(browser, url) as page:
        thread = page.get_by_role("log", name="Thread")
        state = page.get_by_role("status")
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await expect(state).to_have_text("Bridge ready")
        await flip(page, "kill -9 the bridge")
        await expect(state).to_have_text("Bridge killed")
        await write(page, CUSTOMER, "Is anybody there?")
        await write(page, REPLY, "Yes, we are.")
        await flip(page, "kill -9 the bridge")
        await expect(state).to_have_text("Bridge ready")
        await expect(thread.get_by_text("Is anybody there?")).to_have_count(1)
        chat = page.get_by_role("log", name="Chat")
        await expect(chat.get_by_text("Yes, we are.")).to_have_count(1)

        await flip(page, "Slack rate-limits")
        await write(page, CUSTOMER, "And now?")
        waiting = page.locator(".counts div", has_text="waiting")
        await expect(waiting).to_contain_text(re.compile("[1-9]"))
        await expect(thread.get_by_text("And now?")).to_have_count(0)
        await flip(page, "Slack rate-limits")
        await expect(thread.get_by_text("And now?")).to_have_count(1)


async def test_a_crisp_that_fails_after_acting_doubles_nothing(url: str) -> None:
    """Replies that were sent and then answered with 500 are there once, and a cut socket heals."""
    async with browsing() as browser, opened(browser, url) as page:
        chat = page.get_by_role("log", name="Chat")
        thread = page.get_by_role("log", name="Thread")
        retried = page.locator(".counts div", has_text="retried")
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await expect(retried).to_contain_text("0")
        await flip(page, "Crisp fails after acting")
        await write(page, REPLY, "One answer")
        await expect(chat.get_by_text("One answer")).to_have_count(1)
        await expect(retried).to_contain_text(re.compile("[1-9]"))
        await write(page, REPLY, "Another answer")
        await expect(chat.get_by_text("Another answer")).to_have_count(1)
        await expect(chat.get_by_text("One answer")).to_have_count(1)
        await flip(page, "Crisp fails after acting")
        await page.get_by_role("button", name="Cut", exact=True).click()
        await write(page, CUSTOMER, "Still here?")
        await expect(thread.get_by_text("Still here?")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_narrow_screens_show_one_side_at_a_time(url: str, scheme: Scheme) -> None:
    """At 390 px there are tabs, nothing is cut off sideways, and a thread covers the channel."""
    async with (
        browsing() as browser,
        opened(browser, url, width=390, height=800, scheme=scheme) as page,
    ):
        chat = page.get_by_role("log", name="Chat")
        await expect(chat.get_by_text("INV-2041")).to_be_visible()
        await expect(page.get_by_role("log", name="Channel")).to_be_hidden()
        await page.get_by_role("tab", name="Team in Slack").click()
        await expect(chat).to_be_hidden()
        await page.get_by_role("button", name="1 reply").click()
        thread = page.get_by_role("log", name="Thread")
        await expect(thread.get_by_text("INV-2041")).to_be_visible()
        await write(page, REPLY, "On it")
        await page.get_by_role("tab", name="Customer").click()
        await expect(chat.get_by_text("On it")).to_be_visible()
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide == 390
        shown = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (shown == "rgb(18, 16, 22)") is (scheme == "dark")
