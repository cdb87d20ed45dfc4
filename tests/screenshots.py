"""The pictures in docs/, taken from the demo as it is: ``make pictures``.

Responsible for playing what they show and for taking them; it asserts nothing. Needs Debian's
Chromium, as the browser tests do.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import APIRequestContext, Browser, Locator, Page, expect

from bot.cli.demo import child_environment
from bot.simulator.page import staged
from tests.page_kit import CHANNEL, Json, Scheme, browsing, write

DOCS = Path(__file__).parent.parent / "docs"
SMALLER = shutil.which("pngquant")
"""Makes the pictures smaller, where it is installed."""
SHOW = (1360, 840)
ONE = (1000, 860)
"""Wide enough for one thing, too narrow for a thread beside the channel."""


@dataclass(slots=True)
class Studio:
    """The demo that runs, and the browser that looks at it."""

    browser: Browser
    request: APIRequestContext
    url: str

    @asynccontextmanager
    async def page(
        self, size: tuple[int, int] = ONE, scheme: Scheme = "light", *, sharp: bool = True
    ) -> AsyncIterator[Page]:
        """Open the page; ``sharp`` has two dots for each pixel."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme,
            reduced_motion="reduce", device_scale_factor=2 if sharp else 1, locale="en-GB",
        )  # fmt: skip
        page = await context.new_page()
        await page.goto(self.url)
        await page.wait_for_selector("body[data-ready]")
        yield page
        await context.close()

    async def act(self, side: str, **order: object) -> Json:
        """Let somebody do something on a side."""
        answer = await self.request.post(f"{self.url}{side}/_control/act", data=order)
        told: Json = await answer.json()
        return told

    async def visitor(self, number: int, text: str) -> str:
        """Let one of the demo's people write; return the conversation's id."""
        people = (await (await self.request.get(f"{self.url}stage.json")).json())["people"]
        told = await self.act("crisp", do="visitor_message", text=text, **people[number])
        session: str = told["session_id"]
        return session


async def take(shown: Page | Locator, name: str) -> None:
    """Take a picture of the page, or of a part of it."""
    path = DOCS / f"{name}.png"
    await shown.screenshot(path=path, animations="disabled")
    if SMALLER is not None:
        made = await asyncio.create_subprocess_exec(
            SMALLER, "--force", "--skip-if-larger", "--output", str(path), "--", str(path)
        )
        await made.wait()


async def the_show(studio: Studio) -> None:
    """Play the show to its end, and take both sides of it by day and by night."""
    async with studio.page(SHOW, sharp=False) as page:
        await studio.visitor(1, "Is there a discount for non-profits?")
        thread = page.get_by_role("log", name="Thread")
        await expect(page.get_by_role("log", name="Channel")).to_contain_text("non-profits")
        await page.get_by_role("button", name="Maya Lindqvist").click()
        await expect(thread).to_contain_text("That was quick", timeout=60_000)
        await take(page, "demo-light")
    async with studio.page(SHOW, "dark", sharp=False) as page:
        await page.get_by_role("button", name="Maya Lindqvist").click()
        await expect(page.get_by_role("log", name="Thread")).to_contain_text("That was quick")
        await take(page, "demo-dark")


async def the_card(studio: Studio) -> None:
    """Take a conversation's card with its menu open."""
    async with studio.page() as page:
        channel = page.get_by_role("log", name="Channel")
        card = channel.locator("article", has_text="non-profits")
        await expect(card).to_be_visible()
        await take(card, "card")


WRITE = (
    (2, "Our webhook stopped firing an hour ago."),
    (3, "Where is my order?"),
    (4, "The code by e-mail never arrives."),
    (5, "How do I invite a colleague?"),
)


ANSWER = "Hi Maya, *INV-2041* was made just before you moved up.\nA corrected one comes :tada:"


async def a_modal(studio: Studio) -> None:
    """Take a reply that is written in a modal, with its preview."""
    async with studio.page((1280, 800)) as page:
        await page.get_by_role("button", name="Maya Lindqvist").click()
        thread = page.get_by_role("log", name="Thread")
        line = thread.locator("article", has_text="It is invoice")
        await line.hover()
        await line.get_by_role("button", name="More actions on this message").click()
        await page.get_by_role("menuitem", name="Reply", exact=True).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("To the customer").fill(ANSWER)
        await dialog.get_by_role("button", name="Preview").click()
        await expect(dialog.locator("strong")).to_have_text("INV-2041")
        await take(dialog, "modal")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)


async def the_queue(studio: Studio) -> None:
    """Take App Home with some conversations in it, one of them assigned."""
    for number, text in WRITE:
        await studio.visitor(number, text)
    async with studio.page((1360, 900)) as page:
        channel = page.get_by_role("log", name="Channel")
        card = channel.locator("article", has_text="webhook")
        await card.get_by_role("button", name="Assign to me").click()
        await expect(card).to_contain_text("assigned to Ana")
        await page.get_by_role("tab", name="App Home").click()
        home = page.get_by_role("region", name="App Home")
        await expect(home).to_contain_text("Elias Moreau")
        await take(page.locator(".team"), "home")


async def the_person(studio: Studio) -> None:
    """Take what the team sees of somebody."""
    async with studio.page() as page:
        await write(page, CHANNEL, "/crisp who maya")
        answer = page.get_by_role("log", name="Channel").locator(".ephemeral")
        await expect(answer).to_contain_text("Maya")
        await take(answer, "person")


async def main() -> None:
    """Take all pictures."""
    command = [sys.executable, "-m", "bot.cli", "run"]
    with tempfile.TemporaryDirectory() as folder:
        async with (
            staged(
                command, env=child_environment(os.environ), folder=Path(folder), port=0, tell=print
            ) as show,
            browsing() as browser,
        ):
            context = await browser.new_context()
            studio = Studio(browser, context.request, show.url)
            for scene in (the_show, the_card, a_modal, the_queue, the_person):
                await scene(studio)


if __name__ == "__main__":
    asyncio.run(main())
