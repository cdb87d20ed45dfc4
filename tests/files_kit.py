"""Files in the end-to-end suites: sharing them on both sides, and what has become of them there.

Responsible for acts and questions on a World.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from bot.simulator.serving import made_up
from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, rest
from tests.harness import Json, World, by_bot, eventually, first_text, is_context

UPLOAD = "PUT /bucket/upload/*"
GENERATED = "event:bucket:url:upload:generated"


def digest(name: str, size: int) -> str:
    """Return the digest of the bytes that the simulators make up for a name and a size."""
    return sha256(made_up(name, size)).hexdigest()


async def share(world: World, session: str, *files: Json, text: str = "", user: str = ANA) -> Json:
    """Share files in a conversation's thread; return the message's ts and the files' ids."""
    root = await eventually(lambda: world.root_of(session), what="the thread")
    return await world.slack.act(
        {
            "as": user, "do": "upload", "channel": world.channel, "thread_ts": root["ts"],
            "text": text, "files": list(files),
        }
    )  # fmt: skip


def at_customer(world: World, session: str) -> list[tuple[str, Any]]:
    """Return what the customer was sent: texts, and of files the name, size and digest."""
    return [(m["type"], _seen(world, m)) for m in world.customer_sees(session)]


def _seen(world: World, message: Json) -> Any:
    content = message["content"]
    if message["type"] not in {"file", "audio", "animation"}:
        return content
    stored = world.crisp.dump()["files"].get(content["url"]) or {}
    return content.get("name"), stored.get("size"), stored.get("sha256")


def made(name: str, size: int) -> tuple[str, tuple[str, int, str]]:
    """Return what ``at_customer`` shows of a file that was made up."""
    return "file", (name, size, digest(name, size))


async def customer_has(world: World, session: str, *wanted: tuple[str, Any]) -> None:
    """Wait until the customer has been sent exactly this, and everything rests."""
    await eventually(
        lambda: len(at_customer(world, session)) >= len(wanted),
        what=f"{len(wanted)} messages", within=PATIENT,
    )  # fmt: skip
    await rest(world)
    assert at_customer(world, session) == list(wanted)


# --- the team's side


def in_thread(world: World, session: str) -> list[Any]:
    """Return what the bot shows in a thread: texts, small lines; of files name, size, digest."""
    files = world.slack.dump("files")["files"]
    shown: list[Any] = []
    for message in world.thread(session):
        if not by_bot(message):
            continue
        if message.get("files"):
            (file,) = message["files"]
            kept = files[file["id"]]
            shown.append((kept["name"], kept["stored"]["size"], kept["stored"]["sha256"]))
        elif is_context(message):
            shown.append(f"({message['blocks'][0]['elements'][0]['text']})")
        else:
            shown.append(first_text(message))
    return shown


def made_in_thread(name: str, size: int) -> tuple[str, int, str]:
    """Return what ``in_thread`` shows of a file that was made up."""
    return name, size, digest(name, size)


def send(world: World, session: str | None, name: str, size: int, **more: Any) -> str:
    """Have the customer send a file; return the session id."""
    kind = more.pop("kind", "file")
    file = {"name": name, "size": size, **more}
    act: Json = {"do": "visitor_message", "file": file, "type": kind, "nickname": "Maya"}
    if session:
        act["session_id"] = session
    found: str = world.crisp.act(act)["session_id"]
    return found
