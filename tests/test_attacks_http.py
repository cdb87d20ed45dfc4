"""Whoever is not Slack or Crisp, at every route: refused, without work and without a trace."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import json
import time

import pytest
import structlog

from bot import hooks
from bot.config import load
from bot.domain import Source
from bot.server import MAX_BODY
from bot.telemetry import Metrics
from tests.harness import eventually
from tests.http_kit import (
    CRISP,
    DOORS,
    HOOK_SECRET,
    HOOK_TOKEN,
    MARK,
    READS,
    SIGNING,
    SLACK,
    WEBSITE,
    Headers,
    attacked,
    by_crisp,
    request,
    signed,
    status,
    statuses,
)
from tests.test_slack_events import REPLY, envelope

EVENT: dict[str, dict[str, object]] = {
    SLACK: envelope({**REPLY, "text": MARK}),
    CRISP: {
        "website_id": WEBSITE, "event": "message:send", "timestamp": 1_763_798_400_000,
        "data": {
            "website_id": WEBSITE, "session_id": "session_1", "fingerprint": 5, "type": "text",
            "from": "user", "origin": "chat", "content": MARK,
        },
    },
}  # fmt: skip
BODY = {path: json.dumps(event).encode() for path, event in EVENT.items()}
FIVE_MINUTES, A_DAY = 300, 24 * 3600
REFUSED = 401


def truncated(body: bytes) -> bytes:
    """Leave the end of a body away."""
    return body[:-2]


def forgeries(path: str) -> dict[str, tuple[str, Headers, bytes]]:
    """Return requests that only pretend: each one's address, headers and body."""
    body, now = BODY[path], time.time()
    window = FIVE_MINUTES if path == SLACK else A_DAY
    good = signed(path, body)
    (stamp, when), (name, signature), kind = good
    other = signed(path, b"{}")[1]
    return {
        "no signature": (path, [], body),
        "no signature on nothing": (path, [], b""),
        "an empty signature": (path, [(stamp, when), (name, ""), kind], body),
        "a signature without its time": (path, [(name, signature), kind], body),
        "another secret": (path, signed(path, body, secret="guess"), body),
        "the signature of another body": (path, [(stamp, when), other, kind], body),
        "half a signature": (path, [(stamp, when), (name, signature[:20]), kind], body),
        "a longer signature": (path, [(stamp, when), (name, signature + "0"), kind], body),
        "a signature that is no text": (path, [(stamp, when), (name, "v0=ü\udcff"), kind], body),
        "two signatures": (path, [(name, "0" * 64), *good], body),
        "two signatures, the right one first": (path, [*good, (name, "0" * 64)], body),
        "two times": (path, [*good, (stamp, "1")], body),
        "another time": (path, [(stamp, str(int(when) + 1)), (name, signature), kind], body),
        "a time that is none": (path, [(stamp, "now"), (name, signature), kind], body),
        "a time of a thousand digits": (path, [(stamp, "9" * 1000), (name, signature)], body),
        "replayed after its time": (path, signed(path, body, at=now - window - 60), body),
        "from the future": (path, signed(path, body, at=now + window + 60), body),
        "truncated": (path, good, truncated(body)),
        "written again": (path, good, json.dumps(json.loads(body), indent=1).encode()),
        "of no encoding": (path, [(stamp, when), (name, "v0=00"), kind], b"\xff\xfe\x00" + body),
        "the secret as a token": (f"{path}?token={HOOK_SECRET}", [], body),
        "a guessed token": (f"{path}?token=guess", [], body),
        "an empty token": (f"{path}?token=", [], body),
        "a token of no encoding": (f"{path}?token=%FF%00", [], body),
        "a token in the body": (path, [], b'{"token": "%s"}' % HOOK_TOKEN.encode()),
        "the token in a header": (path, [("Authorization", f"Bearer {HOOK_TOKEN}")], body),
        "the right token behind a wrong one": (f"{path}?token=no&token={HOOK_TOKEN}", [], body),
    }


@pytest.mark.parametrize("path", DOORS)
async def test_what_is_forged_or_replayed_is_refused_without_work_or_trace(path: str) -> None:
    """Each is 401, nothing of it is accepted, and neither logs nor figures repeat a word of it."""
    async with attacked() as ground:
        for name, (address, headers, body) in forgeries(path).items():
            answer = await ground.send(request("POST", address, headers, body))
            assert status(answer) == REFUSED, name
            assert MARK.encode() not in answer, name
        said = ground.said()
        assert await ground.send(request("POST", path, signed(path, BODY[path]), BODY[path]))
        assert len(ground.accepted) == 1, "what is signed gets in: only the forgery was at fault"
    assert MARK not in said
    assert not any(secret in said for secret in (SIGNING, HOOK_SECRET, HOOK_TOKEN, "guess"))
    assert said.count("hook.refused") == 1
    door = path.split("/")[1]
    assert f'bridge_refused_requests_total{{door="{door}"}} {len(forgeries(path))}.0' in said


@pytest.mark.parametrize("path", DOORS)
async def test_signatures_are_compared_in_constant_time(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much of a signature is right, it is the whole of it that is compared, at once."""
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def spy(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    body = BODY[path]
    (stamp, when), (name, signature), _ = signed(path, body)
    guesses = [signature[:kept] + "x" * (len(signature) - kept) for kept in (0, 10, 60)]
    async with attacked() as ground:
        monkeypatch.setattr(hmac, "compare_digest", spy)
        for guess in guesses:
            headers = [(stamp, when), (name, guess)]
            assert status(await ground.send(request("POST", path, headers, body))) == REFUSED
        monkeypatch.undo()
    assert compared == [(len(signature), len(signature))] * len(guesses)


async def test_the_token_of_an_address_is_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The secret of a website's hooks is no more told by how long a refusal takes."""
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def spy(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return compare(one, other)

    async with attacked() as ground:
        monkeypatch.setattr(hmac, "compare_digest", spy)
        await ground.send(request("POST", f"{CRISP}?token={HOOK_TOKEN[:-1]}", [], BODY[CRISP]))
        monkeypatch.undo()
    assert compared == [HOOK_TOKEN[:-1].encode()]


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BROKEN: dict[str, tuple[str, bytes]] = {
    "no JSON": ("application/json", b"{not json"),
    "nothing but brackets": ("application/json", b"[" * 200_000),
    "JSON a hundred thousand deep": ("application/json", DEEP),
    "a number of ten thousand digits": ("application/json", b'{"a":' + b"9" * 10_000 + b"}"),
    "a list": ("application/json", b"[1, 2]"),
    "a word": ("application/json", b'"word"'),
    "nothing at all": ("application/json", b"null"),
    "JSON with a mark before it": ("application/json", b'\xef\xbb\xbf{"type": "event_callback"}'),
    "JSON as if it were of another charset": ("application/json; charset=utf-16", b"{x}"),
    "a charset that is none": ("application/json; charset=bogus", b"{x}"),
}
FORMS = {
    "a form with broken JSON": b"payload={not json",
    "a form with deep JSON": b"payload=" + b"[" * 100_000,
    "a form with a number": b"payload=1",
    "a form with nothing": b"payload=null",
    "a form of bytes that are no text": b"payload=%FF%FE",
}


@pytest.mark.parametrize("path", DOORS)
async def test_what_is_signed_and_broken_is_a_bare_400(path: str) -> None:
    """Not even the platforms themselves can make a handler fall over its body."""
    forms = {name: ("application/x-www-form-urlencoded", body) for name, body in FORMS.items()}
    async with attacked() as ground:
        for name, (kind, body) in {**BROKEN, **forms}.items():
            *proof, _ = signed(path, body)
            headers = [*proof, ("Content-Type", kind)]
            answer = await ground.send(request("POST", path, headers, body))
            assert status(answer) == 400, name
        assert ground.accepted == []
        assert "request_failed" not in ground.said()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
@pytest.mark.parametrize("path", DOORS)
async def test_what_is_compressed_is_refused_as_it_is(path: str, coding: str) -> None:
    """A bomb of a gigabyte is not unpacked, however well it is signed."""
    bomb = gzip.compress(bytes(MAX_BODY * 2))
    headers = [*signed(path, bomb), ("Content-Encoding", coding)]
    async with attacked() as ground:
        assert status(await ground.send(request("POST", path, headers, bomb))) == 415
        assert ground.accepted == []


@pytest.mark.parametrize("path", [*READS, *DOORS])
async def test_only_the_methods_of_a_route_are_answered(path: str) -> None:
    """Every other method is 405, or no HTTP at all, and never reaches what the route does."""
    wrong = {"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "<>"}
    wrong |= {"GET", "HEAD"} if path in DOORS else {"POST"}
    async with attacked() as ground:
        for method in sorted(wrong):
            answer = await ground.send(request(method, path, [], b"{}"))
            assert status(answer) in ({404} if method == "CONNECT" else {400, 405}), method
        assert ground.accepted == []


PATHS = [
    "/", "//", "/..", "/../etc/passwd", "/slack", "/slack/events/", "/slack/events/x",
    "/SLACK/events", "/slack//events", "/slack/../crisp/events", "/slack%2Fevents",
    "/crisp/events;x", "/crisp/events%00", "/metrics/", "/metrics/../healthz", "/.env",
    "/bridge.db",
    "/avatar/", "/avatar/A.png", "/avatar/A-red", "/avatar/A-red.png.png", "/avatar/AB-red.png",
    "/avatar/a-red.png", "/avatar/-red.png", "/avatar/A-pink.png", "/avatar/A-.png",
    "/avatar/..%2F..%2Fetc%2Fpasswd-red.png", "/avatar/../../etc/passwd", "/avatar/%00-red.png",
    "/avatar/\u00c4-red.png", "/avatar/A-red.png%0d%0aX: y", "/avatar/" + "A" * 5_000 + "-red.png",
    "/%ff%fe", "/" + "%2e%2e%2f" * 20 + "etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nothing_lies_behind_another_path(method: str) -> None:
    """No spelling leads past a route, out of the tiles or to a file."""
    async with attacked() as ground:
        for path in PATHS:
            answer = await ground.send(
                request(method, path, [], b"{}" if method == "POST" else b"")
            )
            assert status(answer) in {400, 404, 405}, path
            assert b"root:" not in answer
            assert b"X: y" not in answer.partition(b"\r\n\r\n")[0]
        assert ground.accepted == []


NONSENSE = {
    "a thousand headers": request("GET", "/healthz", [(f"X-{n}", "1") for n in range(1_000)]),
    "a header of a megabyte": request("GET", "/healthz", [("X", "y" * 2**20)]),
    "an address of a megabyte": request("GET", "/" + "y" * 2**20),
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "no protocol": b"hello\r\n\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\n\r\n",
    "two lengths": request(
        "POST", SLACK, [("Content-Length", "1"), ("Content-Length", "2")], b"{}"
    ),
    "a length below nothing": request("POST", SLACK, [("Content-Length", "-1")], b"{}"),
    "a length that is none": request("POST", SLACK, [("Content-Length", "0x10")], b"{}"),
    "a length and chunks": request(
        "POST", SLACK, [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", version="1.1",
    ),
    "chunks that are none": request(
        "POST", CRISP, [("Transfer-Encoding", "chunked"), ("Connection", "close")],
        b"zz\r\n{}\r\n", version="1.1",
    ),
    "a chunk without an end": request(
        "POST", CRISP, [("Transfer-Encoding", "chunked"), ("Connection", "close")],
        b"F" * 20 + b"\r\n{}", version="1.1",
    ),
    "a folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n\x00",
    "a header without a name": b"GET /healthz HTTP/1.1\r\n: x\r\n\r\n",
    "line ends within a header": b"GET /healthz HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
    "bytes of nought within a header": b"GET /healthz HTTP/1.1\r\nA: b\x00c\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
async def test_what_is_no_http_is_refused_without_a_word_in_the_log(name: str) -> None:
    """It costs a 400 and the connection; who sends it all day does not fill the disk."""
    async with attacked(body_timeout=0.2, head_timeout=0.2) as ground:
        answer = await ground.send(NONSENSE[name])
        assert status(answer) in {0, 400, 401, 408}
        assert len(statuses(answer)) <= 1, "what is smuggled is no second request"
        assert b"Traceback" not in answer
        assert ground.accepted == []
        assert "Error handling request" not in ground.said()


@pytest.mark.parametrize("path", DOORS)
async def test_a_body_without_end_or_length_is_cut_off(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks go on until the limit, or until the time is up; nothing of them is taken."""
    monkeypatch.setattr("bot.server.LINGER", 0.01)
    head = request("POST", path, [("Transfer-Encoding", "chunked")], b"", version="1.1")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with attacked() as ground:
        assert status(await ground.send(head + chunk * (MAX_BODY // 0x10000 + 2))) in {0, 413}
        assert ground.accepted == []
    async with attacked(body_timeout=0.1) as ground:
        assert status(await ground.send(head + chunk)) == 408
        assert ground.accepted == []


async def test_who_connects_and_never_asks_is_hung_up_on() -> None:
    """A head that comes a byte at a time, or never, holds no connection for ever."""
    async with attacked(head_timeout=0.1) as ground:
        assert await ground.send(b"") == b""
        assert await ground.send(b"POST /slack/events HTTP/1.1\r\nX-Slack-") == b""
        assert ground.said().count("error") == 0

        async def answered() -> bool:  # a busy machine may take longer to ask than it has
            return status(await ground.send(request("GET", "/readyz"))) == 503

        await eventually(answered, what="an answer to who asks")


async def test_there_are_only_so_many_connections() -> None:
    """One too many is turned away; when another leaves, there is room again."""
    async with attacked(most=2) as ground:
        held = [await asyncio.open_connection("127.0.0.1", ground.port) for _ in range(2)]
        for reader, writer in held:  # answered: so both are in
            writer.write(request("GET", "/readyz", version="1.1"))
            await reader.readuntil(b"\r\n\r\n")
        assert await ground.send(request("GET", "/readyz")) == b""
        _, leaving = held.pop()
        leaving.close()
        await leaving.wait_closed()

        async def there_is_room() -> bool:
            return bool(await ground.send(request("GET", "/readyz")))

        await eventually(there_is_room, what="the server to have seen it leave")
        held[0][1].close()


async def test_requests_in_one_breath_are_answered_one_by_one() -> None:
    """Pipelined requests are each judged by themselves; the forged ones carry no other in."""
    body = BODY[CRISP]
    good = request("POST", CRISP, by_crisp(body), body, version="1.1")
    forged = request("POST", CRISP, [], body, version="1.1")
    asked = request("GET", "/readyz", version="1.1")
    async with attacked() as ground:
        answer = await ground.send((forged + good + asked) * 20 + request("GET", "/readyz"))
        assert statuses(answer) == [401, 200, 503] * 20 + [503]
        assert len(ground.accepted) == 20


async def test_a_token_in_the_address_is_not_logged_when_the_inside_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error names the path and the kind of failure: neither the address nor the body."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("bot.hooks.verify", broken)
    async with attacked() as ground:
        answer = await ground.send(request("POST", f"{CRISP}?token={HOOK_TOKEN}", [], BODY[CRISP]))
        assert status(answer) == 500
        assert HOOK_TOKEN not in ground.said()
        assert MARK.encode() not in answer


def test_who_knocks_all_day_is_one_line_a_minute() -> None:
    """What was not said in between is counted in the next line."""
    clock = [0.0]
    refusals = hooks.Refusals(Metrics(), clock=lambda: clock[0])
    with structlog.testing.capture_logs() as logged:
        for second in range(120):
            clock[0] = float(second)
            refusals.note(Source.CRISP, "the signature does not fit")
        refusals.note(Source.SLACK, "it is not signed by Slack")
    assert [(line["door"], line["unsaid"]) for line in logged] == [
        ("crisp", 0), ("crisp", 59), ("slack", 0),
    ]  # fmt: skip


def test_it_listens_on_the_loopback_unless_told_otherwise() -> None:
    """Without BRIDGE_HTTP_HOST nobody from another machine can even connect."""
    env = {
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_CHANNEL": "C012345678",
        "CRISP_WEBSITE_ID": WEBSITE, "CRISP_TOKEN_IDENTIFIER": "i", "CRISP_TOKEN_KEY": "k",
    }  # fmt: skip
    assert load(env, env_file=None).bridge_http_host == "127.0.0.1"


async def test_a_hook_may_be_a_day_old_and_slack_five_minutes() -> None:
    """Within the windows a redelivery is taken: the facts' keys stop what is played again."""
    now = time.time()
    async with attacked() as ground:
        for path, age in ((SLACK, FIVE_MINUTES - 30), (CRISP, A_DAY - 60)):
            headers = signed(path, BODY[path], at=now - age)
            for _ in range(2):
                assert status(await ground.send(request("POST", path, headers, BODY[path]))) == 200
        once = {(arrival.source, arrival.fact) for arrival in ground.accepted}
    assert (len(ground.accepted), len(once)) == (4, 2)
