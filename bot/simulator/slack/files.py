"""The files.* methods, the upload and the private download.

Responsible for files as bytes and as objects; ``posting`` makes the messages that carry them.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable

from aiohttp import web

from bot.simulator.breakdown import carry_out
from bot.simulator.faults import Fault
from bot.simulator.serving import give, is_unmeasured
from bot.simulator.slack import people, posting, render
from bot.simulator.slack.api import ApiError, Args, Call, Method
from bot.simulator.slack.chat import checked_blocks, disguise, open_channel, thread_of
from bot.simulator.slack.model import Channel, File, Json, Message
from bot.simulator.slack.workspace import Workspace

MOST_BYTES = 1_000_000_000
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Sign in to Acme</h1>"
    "<p>acme.slack.com</p></body></html>"
)


def new_file(ws: Workspace, *, name: str, user: str, size: int, mimetype: str = "") -> File:
    """Make a file that has no bytes yet."""
    guessed = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(ws.ids.make("F"), name, user, mimetype=guessed, size=size)
    file.created = int(ws.clock())
    ws.files[file.id] = file
    return file


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal: a length of 0 is refused."""
    name = call.args.need("filename")
    length = call.args.need("length")
    if not length.isdecimal() or int(length) == 0:
        messages = ["[ERROR] must be greater than 0 [json-pointer:/length]"]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})
    if int(length) > MOST_BYTES:
        raise ApiError("file_upload_size_restricted")
    file = new_file(call.ws, name=name, user=people.BOT_USER, size=int(length))
    return {"upload_url": f"http://{call.host}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: shares later; the answer has no timestamp of a message."""
    files = _uploaded(call)
    if call.args.has("channel_id") or call.args.has("channels"):
        channel = _target(call)
        message = Message(
            "",
            channel.id,
            call.args.text("initial_comment"),
            user=people.BOT_USER,
            thread_ts=thread_of(call, channel),
            subtype="file_share",
            blocks=checked_blocks(call.args.data("blocks", "invalid_blocks_format")),
            files=[file.id for file in files],
            bot_id=call.ws.bot.bot_id,
            app_id=people.APP,
            team=people.TEAM,
        )
        if not call.ws.config.plain_shares:
            disguise(call, message)
        _share_later(call.ws, channel, files, message)
    for file in files:
        file.complete = True
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _uploaded(call: Call) -> list[File]:
    wanted = call.args.data("files")
    if not isinstance(wanted, list) or not wanted:
        raise ApiError("invalid_arguments")
    files = []
    for entry in wanted:
        file = call.ws.files.get(str(entry.get("id")) if isinstance(entry, dict) else "")
        if file is None or file.deleted:
            raise ApiError("file_not_found")
        if not file.content:
            raise ApiError("file_upload_incomplete")
        if file.complete and not call.ws.config.shares_again:
            raise ApiError("file_already_completed")
        file.title = str(entry.get("title") or file.name)
        files.append(file)
    return files


def _target(call: Call) -> Channel:
    wanted = call.args.text("channel_id") or call.args.text("channels")
    return open_channel(Call(call.ws, Args({"channel": wanted}), call.host))


def _share_later(ws: Workspace, channel: Channel, files: list[File], message: Message) -> None:
    def share() -> None:
        if channel.id not in ws.channels or channel.is_archived:
            return
        if message.thread_ts in channel.deleted_roots:
            message.thread_ts = None
        message.ts = ws.ids.ts()
        posting.share_file(ws, channel, files, message)

    delay, fault = ws.config.share_delay, ws.pick_share_fault()
    if fault is not None and fault.do == "drop":
        return
    ws.later(delay + (fault.seconds if fault is not None else 0.0), share)


def info(call: Call) -> Json:
    """files.info: the shares tell which messages carry the file."""
    return {
        "file": render.file_with_shares(call.ws, _known(call)),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def delete(call: Call) -> Json:
    """files.delete: only the app's own; messages that carry it keep a tombstone."""
    file = _known(call)
    if file.user != people.BOT_USER:
        raise ApiError("cant_delete_file")
    posting.drop_file(call.ws, file)
    return {}


def _known(call: Call) -> File:
    file = call.ws.files.get(call.args.text("file"))
    if file is None:
        raise ApiError("file_not_found")
    if file.deleted:
        raise ApiError("file_deleted")
    return file


def receive_upload(ws: Workspace, request: web.Request, content: bytes) -> web.Response:
    """Take a file's bytes."""
    file = ws.files.get(request.match_info["file"])
    if file is None or file.complete:
        return web.Response(status=404, text="no such upload")
    if len(content) != file.size:
        return web.Response(status=400, text=f"expected {file.size} bytes, got {len(content)}")
    file.fill(content)
    return web.Response(text=f"OK - {len(content)}")


def _withheld(ws: Workspace, request: web.Request) -> web.Response | None:
    """Return what somebody gets in place of a file: a login page, with 200, unless they may."""
    file = ws.files.get(_file_id(request))
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token != ws.bot_token or "files:read" not in ws.config.scopes:
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")
    if file is None or file.deleted or file.mode != "hosted":
        return web.Response(status=404, text="not found")
    return None


def _file_id(request: web.Request) -> str:
    return request.match_info["file"].partition("-")[2]


async def download(ws: Workspace, request: web.Request, fault: Fault | None) -> web.StreamResponse:
    """Give a file's bytes to a bearer with files:read, as a fault or the file's manner allows."""

    def act() -> web.Response:
        if (withheld := _withheld(ws, request)) is not None:
            return withheld
        file = ws.files[_file_id(request)]
        ws.downloads[file.id] += 1
        return web.Response(body=file.content, content_type=file.mimetype)

    if fault is not None:
        return await _break(ws, request, fault, act)
    if (withheld := _withheld(ws, request)) is not None:
        return withheld
    file = ws.files[_file_id(request)]
    ws.downloads[file.id] += 1
    return await give(request, file.content, mimetype=file.mimetype, how=file.manner)


async def upload(ws: Workspace, request: web.Request, fault: Fault | None) -> web.StreamResponse:
    """Take a file's bytes, as a fault allows."""
    if is_unmeasured(request):
        return web.Response(status=411, text="length required")
    content = await _content(request)

    def act() -> web.Response:
        return receive_upload(ws, request, content)

    return act() if fault is None else await _break(ws, request, fault, act)


async def _break(
    ws: Workspace, request: web.Request, fault: Fault, act: Callable[[], web.Response]
) -> web.StreamResponse:
    def refuse(status: int, code: str) -> web.Response:
        return web.Response(status=status, text=code)

    return await carry_out(fault, request, act=act, act_stale=act, refuse=refuse, later=ws.later)


async def _content(request: web.Request) -> bytes:
    """Return the body's bytes, raw or from a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    fields = [field for field in form.values() if isinstance(field, web.FileField)]
    return fields[0].file.read() if fields else b""


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, 4, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, 4, ("files:write",)),
    "files.info": Method(info, 4, ("files:read",)),
    "files.delete": Method(delete, 3, ("files:write",)),
}
