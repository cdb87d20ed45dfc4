"""``crisp request``: any call of Crisp's REST API, with the credentials added.

Responsible for reading what was typed into one call that goes to Crisp and nowhere else, and for
printing the answer without any credentials in it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, unquote

import typer

from bot.cli import crisp_calls
from bot.cli.printing import printable
from bot.config import CrispSettings, load_crisp
from bot.crisp.transport import HttpTransport, Raw, decode
from bot.errors import ApiError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_OURS = frozenset({"authorization", "x-crisp-tier", "host", "content-length", "transfer-encoding"})
_SAFE = "/%@:,+~!$&'()*;=-._"
_STALE_PAGES = 3
_IDS = ("fingerprint", "session_id", "people_id", "user_id", "id")
"""What tells an item from the others; a message bears its conversation's id too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call, as it was typed."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    content: bytes | None
    headers: Mapping[str, str]


def request(
    path: Annotated[
        str,
        typer.Argument(help="Below /v1, such as /website/{website_id}; {website_id} is filled in."),
    ],
    *,
    method: Annotated[
        str | None, typer.Option("-X", "--method", help="GET, or POST where there is data.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("-d", "--data", help="The body, as JSON; @FILE reads it, @- from stdin."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("-H", "--header", help="A further header, 'Name: value'.")
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", help="A query parameter, name=value.")
    ] = None,
    all_pages: Annotated[
        bool, typer.Option("--all", help="Go on with the next page, to the list's end.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show call and headers, but no credentials.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on one line.")] = False,
) -> None:
    """Make any call of Crisp's REST API and print its answer.

    Exit codes: 0 done, 2 wrong command line or settings, 3 refused by Crisp, 4 no usable answer.
    """
    settings = load_crisp()
    wanted = _wanted(settings, method, path, data=data, headers=header or [], query=query or [])
    if all_pages and not _has_pages(wanted):
        raise typer.BadParameter(
            "--all needs a GET whose path ends with a page's number, or with /messages"
        )
    work = (_all if all_pages else _once)(settings, wanted, verbose=verbose)
    body, failure = crisp_calls.finish(work, as_json=as_json)
    if body is not None:
        shown = _without_credentials(body, settings, operators="/operator" in wanted.path)
        if isinstance(shown, str):
            typer.echo(printable(shown))
        else:
            crisp_calls.show(shown, as_json=as_json)
    if failure is not None:
        crisp_calls.fail(failure, as_json=as_json and body is None)


def _wanted(
    settings: CrispSettings,
    method: str | None,
    path: str,
    *,
    data: str | None,
    headers: Sequence[str],
    query: Sequence[str],
) -> Wanted:
    verb = (method or ("GET" if data is None else "POST")).upper()
    if verb not in METHODS:
        raise typer.BadParameter(f"-X must be one of {', '.join(METHODS)}")
    below, asked = _path(path, settings)
    pairs = [pair.partition("=") for pair in query]
    if bad := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise typer.BadParameter(f"--query must be name=value, not {bad}")
    content = None if data is None else _content(data)
    more = tuple((name, value) for name, _, value in pairs)
    return Wanted(verb, below, (*asked, *more), content, dict(map(_header, headers)))


def _path(typed: str, settings: CrispSettings) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read a path, or an address at Crisp's own base; no other host ever gets the credentials."""
    path = typed.removeprefix(settings.crisp_api_url)
    path, _, asked = path.partition("?")
    path = path.replace("{website_id}", settings.crisp_website_id)
    if "://" in path or path.startswith("//") or "#" in path:
        raise typer.BadParameter(
            "PATH must be a path of Crisp's API, such as /website/{website_id}"
        )
    path = "/" + path.lstrip("/").removeprefix("v1/")
    unquoted = unquote(path)
    if (
        {".", ".."} & set(unquoted.split("/"))
        or "\\" in unquoted
        or re.search(r"[\x00-\x1f]", path)
    ):
        raise typer.BadParameter("PATH must not lead elsewhere by . or ..")
    return quote(path, safe=_SAFE), tuple(parse_qsl(asked, keep_blank_values=True))


def _content(data: str) -> bytes:
    try:
        if data == "@-":
            data = sys.stdin.read()
        elif data.startswith("@"):
            data = Path(data[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise typer.BadParameter("the file of -d cannot be read as UTF-8 text") from err
    try:
        json.loads(data)
    except ValueError as err:
        raise typer.BadParameter(f"-d is not valid JSON: {err}") from err
    return data.encode("utf-8", "replace")


def _header(typed: str) -> tuple[str, str]:
    name, colon, value = typed.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name) or not re.fullmatch(r"[ -~]*", value):
        raise typer.BadParameter("-H must be 'Name: value'")
    if name.lower() in _OURS:
        raise typer.BadParameter(f"-H must not set {name}: the settings do")
    return name, value


# --- calling


async def _once(
    settings: CrispSettings, wanted: Wanted, *, verbose: bool
) -> tuple[Any, ApiError | None]:
    async with crisp_calls.transport(settings) as way:
        answer = await _call(way, wanted, verbose=verbose)
        return _body(answer), _verdict(way, wanted, answer)


async def _all(
    settings: CrispSettings, wanted: Wanted, *, verbose: bool
) -> tuple[Any, ApiError | None]:
    """Go through the pages; what came before a failure is printed too."""
    found: dict[str, Any] = {}
    stale = 0
    async with crisp_calls.transport(settings) as way:
        with crisp_calls.progress("pages") as tell:
            while stale < _STALE_PAGES:
                answer = await _call(way, wanted, verbose=verbose)
                failure = _verdict(way, wanted, answer)
                body = _body(answer)
                items = body.get("data") if isinstance(body, Mapping) else None
                if failure is not None or not isinstance(items, list):
                    return (_listed(found) if found else body), failure
                if not items:
                    break
                before = len(found)
                found.update({_identity(item): item for item in items})
                fresh = len(found) > before
                stale = 0 if fresh else stale + 1
                tell(len(found))
                wanted = _next(wanted, items, fresh=fresh)
    return _listed(found), None


def _listed(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": False, "reason": "listed", "data": list(found.values())}


async def _call(way: HttpTransport, wanted: Wanted, *, verbose: bool) -> Raw:
    if verbose:
        typer.echo(f"> {wanted.method} {way.address(wanted.path)}", err=True)
        for name, value in {**wanted.headers, "Authorization": "***"}.items():
            typer.echo(f"> {name}: {value}", err=True)
    answer = await way.raw(
        wanted.method,
        wanted.path,
        params=wanted.query,
        content=wanted.content,
        headers=wanted.headers,
    )
    if verbose:
        typer.echo(f"< {answer.status}", err=True)
        for name, value in answer.headers.items():
            typer.echo(f"< {name}: {value}", err=True)
    return answer


def _verdict(way: HttpTransport, wanted: Wanted, answer: Raw) -> ApiError | None:
    empty = wanted.method == "HEAD" or answer.status in {204, 205}
    body = None if empty else decode(answer.content)
    return way.verdict(
        way.name(wanted.method, wanted.path),
        status=answer.status, body=body, headers=answer.headers, empty=empty,
    )  # fmt: skip


def _body(answer: Raw) -> Any:
    if not answer.content:
        return None
    found = decode(answer.content)
    return answer.content.decode("utf-8", "replace") if found is None else found


def _has_pages(wanted: Wanted) -> bool:
    last = wanted.path.rstrip("/").rpartition("/")[2]
    return wanted.method == "GET" and (last.isdecimal() or last == "messages")


def _next(wanted: Wanted, items: Sequence[Any], *, fresh: bool) -> Wanted:
    """Return the call for the next page.

    A batch's oldest millisecond is asked for again while that brings something new: it may hold
    more messages than fitted.
    """
    path = wanted.path.rstrip("/")
    front, _, last = path.rpartition("/")
    if last.isdecimal():
        return replace(wanted, path=f"{front}/{int(last) + 1}")
    times = [item.get("timestamp") for item in items if isinstance(item, Mapping)]
    oldest = min((time for time in times if isinstance(time, int)), default=0)
    rest = tuple(pair for pair in wanted.query if not pair[0].startswith("timestamp_"))
    return replace(wanted, query=(*rest, ("timestamp_before", str(oldest + fresh))))


def _identity(item: Any) -> str:
    if isinstance(item, Mapping):
        for name in _IDS:
            if item.get(name):
                return f"{name}:{item[name]}"
    return json.dumps(item, sort_keys=True)


def _without_credentials(body: Any, settings: CrispSettings, *, operators: bool) -> Any:
    """Mask our own credentials, wherever they stand, and those that lists of operators hold."""
    secrets = (settings.crisp_token_identifier, settings.crisp_token_key, settings.membrane_token)
    ours = [secret.get_secret_value() for secret in secrets if secret is not None]

    def masked(value: Any) -> Any:
        match value:
            case str():
                for secret in ours:
                    value = value.replace(secret, "***")
                return value
            case list():
                return [masked(item) for item in value]
            case dict():
                hidden = {"identifier", "key"} if operators else set()
                return {k: "***" if k in hidden else masked(v) for k, v in value.items()}
            case _:
                return value

    return masked(body)
