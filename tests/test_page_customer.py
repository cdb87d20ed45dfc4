"""The customer's side of the demo's page in headless Chromium, over the simulators alone."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import wave
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.page_kit import (
    CUSTOMER,
    PNG,
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
    """Run both simulators and the page; Maya has written."""
    async with bare_page() as running:
        running.customer("Hello there")
        yield running


def chat_of(page: Page) -> Locator:
    """Return the chat widget's messages."""
    return page.get_by_role("log", name="Chat")


DROP = """([area, name, type, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type }));
  const fire = (kind) => document.querySelector(area).dispatchEvent(
    new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
  fire("dragenter"); fire("dragover"); fire("drop");
}"""
HUGE = """() => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(20000001)], "huge.bin"));
  document.querySelector(".widget .chat").dispatchEvent(
    new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""
PASTE = """([field, name, type, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type }));
  document.querySelector(field).dispatchEvent(
    new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: carried }));
}"""


async def test_a_picture_is_attached_previewed_sent_and_enlarged(
    bare: Bare, browser: Browser
) -> None:
    """A chosen picture waits beside the field, goes out with the text, and is shown inline."""
    async with opened(browser, bare.url) as page:
        chat = chat_of(page)
        await page.locator(".widget input[type=file]").set_input_files([picked("a b.png", PNG)])
        tray = page.locator(".widget .tray-item")
        await expect(tray).to_contain_text("a b.png")
        await expect(tray.locator("img")).to_have_js_property("naturalWidth", 8)
        await write(page, CUSTOMER, "See this")
        await expect(tray).to_have_count(0)
        shown = chat.get_by_role("button", name="Enlarge a b.png")
        await expect(shown.locator("img")).to_have_js_property("naturalWidth", 8)
        await expect(chat.get_by_text("See this")).to_be_visible()
        await shown.click()
        await expect(page.get_by_role("dialog", name="a b.png")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(shown).to_be_focused()
    assert [m["type"] for m in bare.chat()] == ["text", "file", "text"]


async def test_files_are_dropped_pasted_and_taken_away(bare: Bare, browser: Browser) -> None:
    """Dropping and pasting fill the tray; what is taken away is not sent."""
    async with opened(browser, bare.url) as page:
        await page.evaluate(DROP, [".widget .chat", "dropped.txt", "text/plain", "one"])
        await page.evaluate(PASTE, [".widget textarea", "pasted.txt", "text/plain", "two"])
        await page.evaluate(PASTE, [".widget textarea", "wrong.txt", "text/plain", "three"])
        await expect(page.locator(".widget .tray-item")).to_have_count(3)
        await expect(page.locator(".widget .drop-hint")).to_be_hidden()
        await page.get_by_role("button", name="Take wrong.txt away").click()
        await page.locator(".widget").get_by_role("button", name="Send").click()
        cards = chat_of(page).locator(".media-card")
        await expect(cards).to_have_count(2)
        await expect(cards.first).to_have_attribute("download", "dropped.txt")
        async with page.expect_download() as coming:
            await cards.last.click()
        download = await coming.value
        assert download.suggested_filename == "pasted.txt"
        assert (await download.path()).read_bytes() == b"two"


async def test_a_file_that_is_too_large_is_said_so(bare: Bare, browser: Browser) -> None:
    """Neither too large nor empty files get into the tray; a sentence says why."""
    async with opened(browser, bare.url) as page:
        field = page.locator(".widget input[type=file]")
        await page.evaluate(HUGE)
        await field.set_input_files([picked("none.txt", b"")])
        told = page.get_by_role("alert")
        await expect(told).to_contain_text("huge.bin is too large: the demo takes up to 20.0 MB")
        await expect(told).to_contain_text("none.txt is empty")
        await expect(page.locator(".widget .tray-item")).to_have_count(0)


async def test_sound_and_animation_are_played_and_shown(bare: Bare, browser: Browser) -> None:
    """An audio message has a player, an animation moves, a link to elsewhere stays a link."""
    gif = {"name": "wave.gif", "type": "image/png", "base64": _encoded(PNG)}
    wav = {"name": "voice.wav", "type": "audio/wav", "base64": _encoded(_silence()), "duration": 7}
    bare.crisp_act("visitor_message", type="animation", file=gif)
    bare.crisp_act("visitor_message", type="audio", file=wav)
    far = {"url": "https://media.example/cat.gif", "type": "image/gif"}
    bare.crisp_act("operator_message", type="animation", content=far)
    async with opened(browser, bare.url) as page:
        chat = chat_of(page)
        await expect(chat.locator(".media-picture img")).to_have_js_property("naturalWidth", 8)
        await expect(chat.locator("audio")).to_have_js_property("readyState", 4)
        await expect(chat.locator("figcaption")).to_contain_text("0:07")
        await expect(chat.locator("a[href^='https://media.example']")).to_be_visible()


def _encoded(content: bytes) -> str:
    """Return bytes as an act takes them."""
    return base64.b64encode(content).decode()


def _silence() -> bytes:
    """Return a tenth of a second of nothing, as WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 800)
    return buffer.getvalue()


async def test_an_own_message_is_edited_and_deleted_by_its_menu(
    bare: Bare, browser: Browser
) -> None:
    """The menu puts the text into the field; saving marks it edited, deleting leaves a mark."""
    async with opened(browser, bare.url) as page:
        chat = chat_of(page)
        row = chat.locator(".bubble-row.mine")
        await row.hover()
        await row.get_by_role("button", name="Message actions").click()
        await page.get_by_role("menuitem", name="Edit").click()
        field = page.get_by_label(CUSTOMER, exact=True)
        await expect(field).to_have_value("Hello there")
        await expect(page.get_by_text("Editing your message")).to_be_visible()
        await field.fill("Hello everybody")
        await field.press("Enter")
        await expect(chat.get_by_text("Hello everybody")).to_be_visible()
        await expect(chat.locator(".bubble-mark .edited")).to_have_text("Edited")
        await expect(page.get_by_text("Editing your message")).to_be_hidden()
        await row.get_by_role("button", name="Message actions").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(chat.get_by_text("You deleted this message")).to_be_visible()
        await expect(chat.get_by_text("Hello everybody")).to_have_count(0)


async def test_the_last_message_is_edited_from_the_keyboard(bare: Bare, browser: Browser) -> None:
    """↑ in an empty field edits the last own text, Escape gives the draft back."""
    async with opened(browser, bare.url) as page:
        field = page.get_by_label(CUSTOMER, exact=True)
        await field.press("ArrowUp")
        await expect(field).to_have_value("Hello there")
        await field.press("Escape")
        await expect(field).to_have_value("")
        await field.press("ArrowUp")
        await field.fill("Hello again")
        await field.press("Enter")
        await expect(chat_of(page).get_by_text("Hello again")).to_be_visible()
    assert [m["content"] for m in bare.chat()] == ["Hello again"]


async def test_messages_and_their_menu_are_reached_by_the_keyboard(
    bare: Bare, browser: Browser
) -> None:
    """The chat is one stop of the Tab key, arrows go through it, and the menu opens from there."""
    async with opened(browser, bare.url) as page:
        await chat_of(page).focus()
        await page.keyboard.press("ArrowUp")
        await expect(chat_of(page).locator(".bubble-row")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(chat_of(page).get_by_text("You deleted this message")).to_be_visible()


async def test_the_teams_edits_and_removals_are_seen(bare: Bare, browser: Browser) -> None:
    """An operator's edit shows the new text as edited, a removal leaves a placeholder."""
    sent = bare.crisp_act("operator_message", text="Tomorow", operator="ben@acme.test")
    async with opened(browser, bare.url) as page:
        chat = chat_of(page)
        await expect(chat.get_by_text("Tomorow")).to_be_visible()
        bare.crisp_act("operator_edit", fingerprint=sent["fingerprint"], text="Tomorrow")
        await expect(chat.get_by_text("Tomorrow")).to_be_visible()
        await expect(chat.locator(".theirs .edited")).to_have_text("Edited")
        bare.crisp_act("operator_remove", fingerprint=sent["fingerprint"])
        await expect(chat.locator(".gone")).to_have_text(re.compile("Ben .* deleted this message"))


async def test_a_large_file_shows_how_much_of_it_has_left(bare: Bare, browser: Browser) -> None:
    """While a file goes out there is a bar, and the field takes the next words already."""
    async with opened(browser, bare.url) as page:
        goes_on = asyncio.Event()

        async def hold(route: Route) -> None:
            await goes_on.wait()
            await route.continue_()

        await page.route("**/crisp/upload", hold)
        await page.locator(".widget input[type=file]").set_input_files([picked("big.zip", PNG)])
        await page.locator(".widget").get_by_role("button", name="Send").click()
        await expect(page.get_by_role("progressbar", name="Sending big.zip")).to_be_visible()
        await page.get_by_label(CUSTOMER, exact=True).fill("Meanwhile")
        goes_on.set()
        await expect(page.locator(".widget .tray-item")).to_have_count(0)
        await expect(page.get_by_label(CUSTOMER, exact=True)).to_have_value("Meanwhile")
        await expect(chat_of(page).locator(".media-about")).to_have_text(f"ZIP · {len(PNG)} B")


async def test_what_could_not_be_sent_stays_to_be_sent_again(bare: Bare, browser: Browser) -> None:
    """When the server refuses, the sentence is shown and the file is still in the tray."""
    async with opened(browser, bare.url, tolerate="413") as page:
        refusal = {"error": "The demo takes up to 20 MB at a time."}

        async def refuse(route: Route) -> None:
            await route.fulfill(status=413, json=refusal)

        await page.route("**/crisp/upload", refuse)
        await page.locator(".widget input[type=file]").set_input_files([picked("a.png", PNG)])
        await page.locator(".widget").get_by_role("button", name="Send").click()
        await expect(page.get_by_role("alert")).to_contain_text(refusal["error"])
        await expect(page.locator(".widget .tray-item")).to_have_count(1)
        await expect(page.get_by_role("progressbar")).to_be_hidden()


async def test_a_picture_that_is_gone_is_a_card(bare: Bare, browser: Browser) -> None:
    """Where a picture's bytes do not come, its name does."""
    lost = {"name": "lost.png", "type": "image/png", "base64": _encoded(PNG)}
    bare.customer(file=lost | {"serve": {"status": 404}})
    async with opened(browser, bare.url, tolerate="404") as page:
        await expect(chat_of(page).locator(".media-card")).to_contain_text("lost.png")


async def test_marks_tell_sent_delivered_and_seen(bare: Bare, browser: Browser) -> None:
    """An own message says how far it has come, once per stretch of the same standing."""
    async with opened(browser, bare.url) as page:
        mark = chat_of(page).locator(".bubble-mark")
        await expect(mark).to_contain_text("Sent")
        await bare.crisp_call("PATCH", "delivered", {"from": "user", "origin": "chat"})
        await expect(mark).to_contain_text("Delivered")
        bare.crisp_act("operator_read")
        await expect(mark).to_contain_text("Seen")
        await expect(mark.locator(".ticks.read .icon")).to_have_count(2)
        bare.crisp_act("visitor_message", text="More")
        await expect(mark).to_have_count(2)
        await expect(mark.last).to_contain_text("Sent")


async def test_what_is_looked_at_is_read_and_what_is_not_is_only_delivered(
    bare: Bare, browser: Browser
) -> None:
    """The open chat's answers become read in Crisp, another customer's become delivered."""
    bare.crisp.act({"do": "visitor_message", "session_id": "session_jo", "text": "Hi"})
    async with opened(browser, bare.url) as page:
        await expect(chat_of(page).get_by_text("Hello there")).to_be_visible()
        bare.crisp_act("operator_note", text="between us")
        bare.crisp_act("operator_message", text="For Maya")
        other = {"do": "operator_message", "session_id": "session_jo", "text": "For Jo"}
        bare.crisp.act(other)
        await expect(page.get_by_role("button", name=re.compile("1 unread"))).to_be_visible()
        await expect(chat_of(page).get_by_text("For Maya")).to_be_visible()
        await page.wait_for_function(
            """async () => {
            const all = (await (await fetch("/crisp/_control/state")).json()).conversations;
            const last = (id) => all.find((c) => c.session_id === id).messages.at(-1);
            const maya = last("session_maya"), jo = last("session_jo");
            return maya.read && maya.delivered && jo.delivered && !jo.read;
            }"""
        )
    note = next(m for m in bare.chat() if m["type"] == "note")
    assert not note["read"]


async def test_nothing_is_read_while_the_chat_is_hidden(bare: Bare, browser: Browser) -> None:
    """On a narrow screen with the team's side open, answers are delivered but not read."""
    async with opened(browser, bare.url, width=390, height=800) as page:
        await page.get_by_role("tab", name="Team in Slack").click()
        bare.crisp_act("operator_message", text="Are you there?")
        await page.wait_for_function(
            """async () => {
            const c = await (await fetch("/crisp/_control/state?session_id=session_maya")).json();
            return c.messages.at(-1).delivered;
            }"""
        )
        assert not bare.chat()[-1]["read"]
        await page.get_by_role("tab", name="Customer").click()
        await expect(chat_of(page).get_by_text("Are you there?")).to_be_visible()
        await page.wait_for_function(
            """async () => {
            const c = await (await fetch("/crisp/_control/state?session_id=session_maya")).json();
            return c.messages.at(-1).read;
            }"""
        )


async def test_typing_shows_on_both_sides(bare: Bare, browser: Browser) -> None:
    """Dots show while an operator types; the customer's keys are told to Crisp and to the team."""
    await bare.root("Hello there")
    async with opened(browser, bare.url) as page:
        bare.crisp_act("operator_typing", operator="ben@acme.test")
        dots = page.get_by_label("Ben Okafor is typing")
        await expect(dots).to_be_visible()
        moving = "one => getComputedStyle(one).animationName"
        assert await dots.locator("span").first.evaluate(moving) == "none"  # as the kit asks
        bare.crisp_act("operator_message", text="Here", operator="ben@acme.test")
        await expect(dots).to_have_count(0)
        await page.get_by_label(CUSTOMER, exact=True).press_sequentially("I wonder")
        await expect(page.get_by_text("Maya is typing …")).to_be_visible()
        await page.get_by_label(CUSTOMER, exact=True).press("Enter")
        await expect(page.get_by_text("Maya is typing …")).to_be_hidden()


async def test_a_picker_and_a_field_are_answered(bare: Bare, browser: Browser) -> None:
    """One choice can be taken and then stays; a field takes an answer and shows it."""
    choices = [{"value": v, "label": v.title(), "selected": False} for v in ("team", "starter")]
    bare.crisp_act("operator_message", type="picker", content={
        "id": "p", "text": "Which plan?", "choices": choices,
    })  # fmt: skip
    bare.crisp_act("operator_message", type="field", content={
        "id": "f", "text": "Order number?", "explain": "4 digits", "required": True,
    })  # fmt: skip
    async with opened(browser, bare.url) as page:
        chat = chat_of(page)
        await chat.get_by_role("button", name="Team").click()
        await expect(chat.get_by_role("button", name="Team")).to_be_disabled()
        await expect(chat.get_by_role("button", name="Team", pressed=True)).to_be_visible()
        await expect(chat.get_by_role("button", name="Starter")).to_be_disabled()
        await chat.get_by_label("Order number?").fill("4711")
        await chat.get_by_label("Order number?").press("Enter")
        await expect(chat.locator(".field-answer")).to_have_text("4711")
        await expect(chat.locator(".edited")).to_have_count(0)
    picker, field = bare.chat()[1:]
    assert [c["selected"] for c in picker["content"]["choices"]] == [True, False]
    assert field["content"]["value"] == "4711"


async def test_a_carousel_shows_its_cards(bare: Bare, browser: Browser) -> None:
    """Each target is a card with title, description and links."""
    target = {"title": "Team plan", "description": "For ten", "image": "", "actions": [
        {"label": "See it", "url": "https://acme.test/team"},
    ]}  # fmt: skip
    content = {"text": "Our plans", "targets": [target, target | {"title": "Starter"}]}
    bare.crisp_act("operator_message", type="carousel", content=content)
    async with opened(browser, bare.url) as page:
        cards = chat_of(page).locator(".carousel-card")
        await expect(cards).to_have_count(2)
        await expect(cards.first).to_contain_text("For ten")
        link = cards.first.get_by_role("link", name="See it")
        await expect(link).to_have_attribute("href", "https://acme.test/team")


async def test_private_notes_are_beside_the_chat_never_in_it(bare: Bare, browser: Browser) -> None:
    """What the team noted in Crisp can be looked up, and the customer's chat has nothing of it."""
    bare.crisp_act("operator_note", text="On the *annual* plan", operator="ben@acme.test")
    async with opened(browser, bare.url) as page:
        notes = page.get_by_role("button", name="1 private note in Crisp")
        await notes.click()
        shown = page.locator(".notes-list")
        await expect(shown).to_contain_text("On the annual plan")
        await expect(shown).to_contain_text("Ben Okafor")
        await expect(chat_of(page).get_by_text("annual")).to_have_count(0)


async def test_a_finger_reaches_the_menu(bare: Bare, browser: Browser) -> None:
    """Where nothing hovers the menu's button is visible, and a tap opens it."""
    async with opened(browser, bare.url, width=390, height=800, touch=True) as page:
        button = chat_of(page).get_by_role("button", name="Message actions")
        assert await button.evaluate("one => Number(getComputedStyle(one).opacity)") > 0.5
        await button.tap()
        await page.get_by_role("menuitem", name="Delete").tap()
        await expect(chat_of(page).get_by_text("You deleted this message")).to_be_visible()


async def test_everything_that_can_be_used_has_a_name(bare: Bare, browser: Browser) -> None:
    """Each button, link, field and picture of both sides has words for those who cannot see it."""
    root = await bare.root()
    await bare.agent("upload", files=[{"name": "a.png", "base64": _encoded(PNG)}], thread_ts=root)
    bare.customer(file={"name": "a.png", "type": "image/png", "base64": _encoded(PNG)})
    bare.crisp_act("operator_note", text="Known")
    async with opened(browser, bare.url) as page:
        await expect(page.locator(".media-picture")).to_have_count(2)
        assert await page.evaluate(NAMELESS) == []
        assert await page.evaluate("document.querySelectorAll('[tabindex]:not([tabindex=\\'0\\'])"
            ":not([tabindex=\\'-1\\'])').length") == 0  # fmt: skip


NAMELESS = """() => [...document.querySelectorAll("button, a, input, textarea, img, [role]")]
  .filter((one) => one.checkVisibility() && !["presentation", "separator"].includes(one.role))
  .filter((one) => !(one.ariaLabel || one.alt !== undefined && one.hasAttribute("alt")
    || one.textContent.trim() || (one.labels || []).length || one.id === "toasts"))
  .map((one) => one.outerHTML.slice(0, 120))"""
