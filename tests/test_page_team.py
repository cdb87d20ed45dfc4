"""The team's side of the demo's page in headless Chromium, over the simulators alone."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.page_kit import (
    CHANNEL,
    PNG,
    REPLY,
    SUPPORT,
    Bare,
    bare_page,
    browser,
    opened,
    picked,
    write,
)

__all__ = ["browser"]  # the fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(loop_scope="module")
async def bare() -> AsyncIterator[Bare]:
    """Run both simulators and the page."""
    async with bare_page() as running:
        yield running


def thread_of(page: Page) -> Locator:
    """Return the open thread's messages."""
    return page.get_by_role("log", name="Thread")


def message(page: Page, text: str) -> Locator:
    """Return the message of the open thread that has this text."""
    return thread_of(page).locator("article", has_text=text)


async def tool(page: Page, text: str, name: str) -> None:
    """Use a button of the toolbar over a message."""
    await message(page, text).hover()
    await message(page, text).get_by_role("button", name=name, exact=True).click()


async def test_a_reply_goes_out_with_files_that_are_shown_inline(
    bare: Bare, browser: Browser
) -> None:
    """Files of the composer are one reply with its text: a picture inline, a card to download."""
    root = await bare.root()
    async with opened(browser, bare.url) as page:
        chosen = page.locator(".thread input[type=file]")
        await chosen.set_input_files([picked("shot.png", PNG), picked("list.csv", b"1;2")])
        await expect(page.locator(".thread .tray-item")).to_have_count(2)
        await write(page, REPLY, "Here you are")
        await expect(page.locator(".thread .tray-item")).to_have_count(0)
        reply = message(page, "Here you are")
        picture = reply.get_by_role("button", name="Enlarge shot.png").locator("img")
        await expect(picture).to_have_js_property("naturalWidth", 8)
        card = reply.get_by_role("link", name="Download list.csv")
        await expect(card).to_contain_text("CSV · 3 B")
        async with page.expect_download() as coming:
            await card.click()
        assert (await (await coming.value).path()).read_bytes() == b"1;2"
    (sent,) = bare.replies(root)
    assert (sent["subtype"], len(sent["files"])) == ("file_share", 2)


async def test_files_that_slack_does_not_give_out_are_named(bare: Bare, browser: Browser) -> None:
    """Deleted and hidden files are cards that say so, one kept elsewhere is a link there."""
    root = await bare.root()
    files = [{"name": n, "content": "x"} for n in ("gone.txt", "hidden.txt")]
    files.append({"name": "plan", "mode": "external", "url": "https://drive.example/plan"})
    sent = await bare.agent("upload", files=files, thread_ts=root, text="Two")
    await bare.agent("set_file", file=sent["files"][0], deleted=True)
    await bare.agent("set_file", file=sent["files"][1], mode="hidden_by_limit")
    async with opened(browser, bare.url) as page:
        cards = message(page, "Two").locator(".media-card")
        await expect(cards.first).to_contain_text("This file was deleted.")
        await expect(cards.nth(1)).to_contain_text("over its limit")
        link = message(page, "Two").get_by_role("link")
        await expect(link).to_have_attribute("href", "https://drive.example/plan")


async def test_an_own_reply_is_edited_in_place(bare: Bare, browser: Browser) -> None:
    """The pencil opens the text as it was typed; saving shows it with the mark of an edit."""
    root = await bare.root()
    await bare.agent("message", text="Ask @ben & *me* <soon>", thread_ts=root)
    await bare.agent("message", as_="ben", text="Of Ben", thread_ts=root)
    async with opened(browser, bare.url) as page:
        await tool(page, "Ask", "Edit message")
        field = page.get_by_label("Edit message", exact=True).and_(page.locator("textarea"))
        await expect(field).to_be_focused()
        await expect(field).to_have_value("Ask @ben & *me* <soon>")
        await field.fill("Ask *me* tomorrow")
        await field.press("Enter")
        await expect(message(page, "tomorrow").locator("strong", has_text="me")).to_be_visible()
        await expect(message(page, "tomorrow").locator(".edited")).to_have_text("(edited)")
        await message(page, "Of Ben").hover()
        await expect(message(page, "Of Ben").get_by_label("Edit message")).to_have_count(0)


async def test_the_last_own_reply_is_edited_from_the_keyboard(bare: Bare, browser: Browser) -> None:
    """↑ in the empty composer opens the last own reply; Escape leaves it as it was."""
    root = await bare.root()
    await bare.agent("message", text="First", thread_ts=root)
    await bare.agent("message", text="Second", thread_ts=root)
    await bare.agent("message", as_="ben", text="Of Ben", thread_ts=root)
    async with opened(browser, bare.url) as page:
        await page.get_by_label(REPLY, exact=True).press("ArrowUp")
        field = page.locator(".editor-field")
        await expect(field).to_have_value("Second")
        await field.press("Escape")
        await expect(field).to_have_count(0)
        await page.get_by_label(REPLY, exact=True).press("ArrowUp")
        await field.fill("Second, better")
        await field.press("Enter")
        await expect(message(page, "Second, better")).to_be_visible()
    assert [m["text"] for m in bare.replies(root)] == ["First", "Second, better", "Of Ben"]


async def test_deleting_asks_first_and_a_root_leaves_a_tombstone(
    bare: Bare, browser: Browser
) -> None:
    """A reply is gone after a yes, not after a no; a root with replies says that it was deleted."""
    root = await bare.root()
    await bare.agent("message", text="Wrong thread", thread_ts=root)
    own = (await bare.agent("message", text="A root of Ana"))["ts"]
    await bare.agent("message", text="Below it", thread_ts=own)
    async with opened(browser, bare.url) as page:
        for answer, left in (("Cancel", 1), ("Delete", 0)):
            await tool(page, "Wrong thread", "More actions on this message")
            await page.get_by_role("menuitem", name="Delete message").click()
            asked = page.get_by_role("dialog", name="Delete message")
            await expect(asked.locator("blockquote")).to_have_text("Wrong thread")
            await asked.get_by_role("button", name=answer).click()
            await expect(message(page, "Wrong thread")).to_have_count(left)
        await bare.agent("delete", ts=own)
        channel = page.get_by_role("log", name="Channel")
        await expect(channel.locator(".gone")).to_contain_text("This message was deleted.")


async def test_reactions_are_pills_that_say_who(bare: Bare, browser: Browser) -> None:
    """The bot's mark and a colleague's are named; one's own is added and taken back by a click."""
    root = await bare.root()
    ts = (await bare.agent("message", text="Done", thread_ts=root))["ts"]
    await bare.bot("reactions.add", channel=SUPPORT, timestamp=ts, name="mailbox_with_mail")
    await bare.agent("react", as_="ben", ts=ts, name="eyes")
    async with opened(browser, bare.url) as page:
        done = message(page, "Done")
        read = done.get_by_role("button", name=re.compile("mailbox with mail, 1: "))
        bot = bare.slack.dump("users")["users"]["U0BRIDGE01"]["real_name"]
        await expect(read).to_have_attribute("data-tip", f"{bot}: mailbox with mail")
        await tool(page, "Done", "React with zzz")
        mine = done.get_by_role("button", name="zzz, 1: you", pressed=True)
        await mine.click()
        await expect(mine).to_have_count(0)
        await done.get_by_role("button", name=re.compile("eyes, 1: ")).click()
        await expect(done.get_by_role("button", name=re.compile("eyes, 2: .*you"))).to_be_visible()
        await done.locator(".msg-tools").get_by_role("button", name="Add a reaction").click()
        await page.get_by_role("menuitem", name="rocket").click()
        await expect(done.get_by_role("button", name="rocket, 1: you")).to_be_visible()


async def test_notes_and_asides_are_told_apart_from_replies(bare: Bare, browser: Browser) -> None:
    """What the customer does not get is tinted or dimmed, with a lock and a word."""
    root = await bare.root()
    await bare.agent("message", text="note: on the annual plan", thread_ts=root)
    await bare.agent("message", text="// lunch?", thread_ts=root)
    await bare.agent("message", text="To the customer", thread_ts=root)
    label = {"type": "text", "text": "🔒 Private note", "style": {"bold": True}}
    sections = [[label], [{"type": "text", "text": "written in Crisp"}]]
    elements = [{"type": "rich_text_section", "elements": one} for one in sections]
    blocks = [{"type": "rich_text", "elements": elements}]
    post = {"channel": SUPPORT, "thread_ts": root, "text": "note", "blocks": blocks}
    await bare.bot("chat.postMessage", **post)
    async with opened(browser, bare.url) as page:
        for text in ("annual plan", "written in Crisp"):
            await expect(message(page, text)).to_have_class(re.compile(r"\bnote\b"))
            await expect(message(page, text)).to_contain_text("the customer does not see it")
        await expect(message(page, "lunch?")).to_contain_text("Stays in Slack")
        plain = message(page, "To the customer")
        await expect(plain).not_to_have_class(re.compile(r"\b(note|aside)\b"))


async def test_previews_struck_texts_and_me_messages(bare: Bare, browser: Browser) -> None:
    """An unfurled link hangs on its message, a removed text is struck, /me is set apart."""
    root = await bare.root()
    url = "https://acme.test/status"
    ts = (await bare.agent("message", text=f"See {url}", thread_ts=root))["ts"]
    await bare.agent("unfurl", ts=ts, url=url, title="All systems go")
    await bare.agent("message", text="shrugs", me=True, thread_ts=root)
    struck = {"type": "text", "text": "never mind", "style": {"strike": True}}
    section = {"type": "rich_text_section", "elements": [struck]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    post = {"channel": SUPPORT, "thread_ts": root, "text": "x", "username": "Maya Lindqvist"}
    await bare.bot("chat.postMessage", **post, blocks=blocks)
    async with opened(browser, bare.url) as page:
        hanging = message(page, "See").locator(".attachment")
        link = hanging.get_by_role("link", name="All systems go")
        await expect(link).to_have_attribute("href", url)
        await expect(message(page, "See").locator(".edited")).to_have_count(0)
        await expect(thread_of(page).locator("s")).to_have_text("never mind")
        await expect(message(page, "shrugs").locator(".me")).to_be_visible()


async def test_what_one_person_alone_sees_is_said_so(bare: Bare, browser: Browser) -> None:
    """An ephemeral message is shown to its person only, and can be dismissed."""
    root = await bare.root()
    told = {"channel": SUPPORT, "user": "U0ANA00001", "text": "*was not sent*", "thread_ts": root}
    await bare.bot("chat.postEphemeral", **told)
    async with opened(browser, bare.url) as page:
        note = thread_of(page).locator(".ephemeral")
        await expect(note).to_contain_text("Only visible to you")
        await page.get_by_role("radio", name="Ben").click()
        await expect(note).to_have_count(0)
        await page.get_by_role("radio", name="Ana").click()
        await note.get_by_role("button", name="Dismiss message").click()
        await expect(note).to_have_count(0)


async def test_a_channel_message_takes_files_by_drop_and_paste(
    bare: Bare, browser: Browser
) -> None:
    """Dropping on the channel and pasting into its field share the files there."""
    await bare.root()
    async with opened(browser, bare.url) as page:
        for area, kind, name in (
            (".channel .log", "drop", "a.txt"),
            (".channel textarea", "paste", "b.txt"),
        ):
            await page.evaluate(
                """([area, kind, name]) => {
                const carried = new DataTransfer();
                carried.items.add(new File(["x"], name, { type: "text/plain" }));
                const props = { bubbles: true, cancelable: true };
                const event = kind === "drop"
                  ? new DragEvent(kind, { ...props, dataTransfer: carried })
                  : new ClipboardEvent(kind, { ...props, clipboardData: carried });
                document.querySelector(area).dispatchEvent(event); }""",
                [area, kind, name],
            )
        await expect(page.locator(".channel .tray-item")).to_have_count(2)
        await write(page, CHANNEL, "For all")
        shared = page.get_by_role("log", name="Channel").locator("article", has_text="For all")
        await expect(shared.locator(".media-card")).to_have_count(2)


async def test_a_reply_sent_to_the_channel_too_is_in_both(bare: Bare, browser: Browser) -> None:
    """The box below the field sends one reply to the channel too, where it leads to its thread."""
    await bare.root()
    async with opened(browser, bare.url) as page:
        await page.get_by_label("Also send to #support").check()
        await write(page, REPLY, "News for all")
        await expect(page.get_by_label("Also send to #support")).not_to_be_checked()
        await expect(message(page, "News for all")).to_be_visible()
        channel = page.get_by_role("log", name="Channel")
        shown = channel.locator("article", has_text="News for all")
        await expect(shown).to_contain_text("replied to a thread")
        await page.get_by_role("button", name="Close the thread").click()
        await shown.get_by_role("button", name="Maya Lindqvist").click()
        await expect(message(page, "News for all")).to_be_visible()


async def test_messages_and_their_toolbar_are_reached_by_the_keyboard(
    bare: Bare, browser: Browser
) -> None:
    """Arrows go through the thread, Tab into the toolbar, Escape closes its menu."""
    root = await bare.root()
    await bare.agent("message", text="Done", thread_ts=root)
    async with opened(browser, bare.url) as page:
        await thread_of(page).focus()
        await page.keyboard.press("ArrowUp")
        await expect(message(page, "Done")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        reacted = message(page, "Done").get_by_role("button", name=re.compile("mark, 1: you"))
        await expect(reacted).to_be_visible()
        await page.keyboard.press("Escape")


async def test_a_tap_shows_the_toolbar(bare: Bare, browser: Browser) -> None:
    """Where nothing hovers, a tap on a message shows what can be done to it."""
    root = await bare.root()
    await bare.agent("message", text="Done", thread_ts=root)
    async with opened(browser, bare.url, width=390, height=800, touch=True) as page:
        await page.get_by_role("tab", name="Team in Slack").tap()
        await page.get_by_role("button", name="1 reply").tap()
        await message(page, "Done").tap()
        await message(page, "Done").get_by_role("button", name="React with eyes").tap()
        await expect(message(page, "Done").locator(".reaction .count")).to_have_text("1")


async def test_a_sign_is_shown_for_who_has_no_picture(bare: Bare, browser: Browser) -> None:
    """A post under an emoji bears it, also at the thread's link; the app itself has its own."""
    root = await bare.root(icon_emoji=":large_blue_circle:")
    more = {"username": "Maya", "icon_emoji": ":large_green_circle:"}
    await bare.bot("chat.postMessage", channel=SUPPORT, text="x", thread_ts=root, **more)
    await bare.bot("chat.postMessage", channel=SUPPORT, text="y", thread_ts=root)
    async with opened(browser, bare.url) as page:
        card = page.get_by_role("log", name="Channel").locator("article")
        await expect(card.locator(".msg-side img")).to_have_attribute("alt", "🔵")
        await expect(card.locator(".thread-faces .sign img")).to_have_attribute("alt", "🟢")
        own = card.locator(".thread-faces > img")
        await expect(own).to_have_attribute("src", "/static/icon.svg")


async def test_a_thread_opens_at_its_end_whatever_comes_later(bare: Bare, browser: Browser) -> None:
    """Pictures that load once it is open do not leave the last message below the edge."""
    root = await bare.root()
    picture = (files("bot.simulator.page") / "static" / "show" / "invoice.png").read_bytes()
    sent = [{"name": "invoice.png", "base64": base64.b64encode(picture).decode()}]
    for number in range(4):
        await bare.agent("upload", thread_ts=root, text=f"Line {number}", files=sent)
    await bare.bot("chat.postMessage", channel=SUPPORT, text="Another one")
    async with opened(browser, bare.url) as page:
        await expect(thread_of(page)).to_contain_text("Another one")
        await page.get_by_role("button", name="4 replies").click()
        last = message(page, "Line 3").locator("img[alt='invoice.png']")
        await expect(last).not_to_have_js_property("naturalWidth", 0)
        await expect(last).to_be_in_viewport(ratio=0.99)
