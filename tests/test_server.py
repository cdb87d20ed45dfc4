"""The HTTP side over a real socket: readiness, doors, limits, and what answers do not say."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot.errors import BridgeError, StoreError
from bot.server import MAX_BODY, Answer, Health, HookHandler, SlackHandler, build, listening
from bot.telemetry import Metrics

READY = Health(slack_connected=True, crisp_connected=True, caught_up=True)


@dataclass
class Door:
    """A hook handler that remembers what it was handed and answers as it is told."""

    answer: Answer = field(default_factory=lambda: Answer(200))
    seen: list[tuple[Mapping[str, str], Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(
        self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> Answer:
        self.seen.append((headers, query, body))
        return self.answer


async def echo(request: web.Request) -> web.Response:
    """Answer with the body, as Bolt reads it."""
    return web.Response(text=await request.text())


@asynccontextmanager
async def serving(
    *,
    health: Callable[[], Health] = lambda: READY,
    metrics: Metrics | None = None,
    slack: SlackHandler | None = echo,
    crisp: HookHandler | None = None,
    body_timeout: float = 10.0,
) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a client of a running server."""
    application = build(
        health=health,
        metrics=metrics or Metrics(),
        slack_events=slack,
        crisp_events=crisp,
        body_timeout=body_timeout,
    )
    async with (
        listening(application, host="127.0.0.1", port=0, shutdown=1.0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        yield client


async def raw(client: aiohttp.ClientSession, sent: bytes) -> bytes:
    """Send bytes as they are, and return all of the answer."""
    host, port = str(client._base_url).removeprefix("http://").strip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


async def test_healthz_answers_while_the_process_works() -> None:
    """/healthz is 200 even when nothing is connected, and tells what the process knows."""
    health = Health(
        slack_connected=True,
        problems=("The channel is archived.",),
        queued={"slack": 2},
        oldest=1.23456,
        dead=1,
        uncertain=3,
        troubles=({"code": "channel_archived", "about": "C1"},),
    )
    async with serving(health=lambda: health) as client, client.get("/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ready": False,
            "slack_connected": True,
            "crisp_connected": False,
            "caught_up": False,
            "problems": ["The channel is archived."],
            "troubles": [{"code": "channel_archived", "about": "C1"}],
            "queue": {"waiting": {"slack": 2}, "oldest_seconds": 1.235},
            "dead": 1,
            "uncertain": 3,
            "failed": 0,
        }


@pytest.mark.parametrize(
    ("health", "status", "text"),
    [
        (READY, 200, "Ready."),
        (replace(READY, problems=("One operator is unknown.",)), 200, "Ready."),
        (replace(READY, slack_connected=False), 503, "Slack is not connected yet."),
        (replace(READY, crisp_connected=False), 503, "Crisp is not connected yet."),
        (replace(READY, caught_up=False), 503, "Still catching up on what was missed."),
        (Health(problems=("Crisp refuses the token.",)), 503, "Crisp refuses the token."),
    ],
)
async def test_readyz_says_whether_and_why_not(health: Health, status: int, text: str) -> None:
    """/readyz is 200 only with both sides connected and caught up, else 503 and one sentence."""
    async with serving(health=lambda: health) as client, client.get("/readyz") as answer:
        assert (answer.status, await answer.text()) == (status, text + "\n")


async def test_metrics_are_served_as_prometheus_reads_them() -> None:
    """/metrics shows the figures that were handed in."""
    metrics = Metrics()
    metrics.committed()
    async with serving(metrics=metrics) as client, client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert "bridge_commits_total 1.0" in await answer.text()


async def test_slack_gets_the_body_as_it_was_sent() -> None:
    """The handler of /slack/events can read the body that the limits were checked on."""
    async with (
        serving() as client,
        client.post("/slack/events", data=b'{"a": 1}\n') as answer,
    ):
        assert (answer.status, await answer.text()) == (200, '{"a": 1}\n')


async def test_crisp_gets_the_raw_bytes_headers_and_query() -> None:
    """The handler of /crisp/events is handed what a signature is made over, unchanged."""
    door = Door()
    body = b'{"website_id":"x" ,\xc3\xa4}'
    async with (
        serving(crisp=door) as client,
        client.post(
            "/crisp/events?token=t", data=body, headers={"X-Crisp-Signature": "s"}
        ) as answer,
    ):
        assert answer.status == 200
    ((headers, query, seen),) = door.seen
    assert seen == body
    assert headers["x-crisp-signature"] == "s"
    assert query["token"] == "t"


async def test_a_refusal_is_answered_as_told() -> None:
    """The handler's status and sentence are the answer."""
    async with (
        serving(crisp=Door(Answer(401, "The signature is wrong."))) as client,
        client.post("/crisp/events", data=b"{}") as answer,
    ):
        assert (answer.status, await answer.text()) == (401, "The signature is wrong.")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/slack/event", 404),
        ("POST", "/crisp/events", 404),
        ("GET", "/slack/events", 405),
        ("POST", "/healthz", 405),
        ("DELETE", "/metrics", 405),
    ],
)
async def test_what_is_not_there_says_so_shortly(method: str, path: str, status: int) -> None:
    """Unknown paths, doors without a handler and wrong methods get a bare status."""
    async with serving() as client, client.request(method, path) as answer:
        assert answer.status == status
        assert len((await answer.text()).splitlines()) == 1
        assert ("Allow" in answer.headers) is (status == 405)


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Yield ``size`` bytes in pieces, so that no length is announced."""
    for _ in range(size // 65_536):
        yield b"x" * 65_536


@pytest.mark.parametrize("path", ["/slack/events", "/crisp/events"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_long_body_is_refused(path: str, *, announced: bool) -> None:
    """A body over the limit is 413, announced or chunked, and no handler sees it."""
    door = Door()
    seen: list[web.Request] = []

    async def slack(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response()

    async with serving(slack=slack, crisp=door) as client:
        data = io.BytesIO(b"x" * (MAX_BODY + 1)) if announced else chunks(2 * MAX_BODY)
        try:
            async with client.post(path, data=data) as answer:
                assert answer.status == 413
        except aiohttp.ClientOSError:
            pass  # the server had answered and hung up before all of it was sent
    assert (door.seen, seen) == ([], [])


async def test_an_announced_long_body_is_refused_before_it_comes() -> None:
    """Content-Length alone is enough to refuse."""
    async with serving(crisp=Door()) as client:
        head = f"POST /crisp/events HTTP/1.0\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
        assert b" 413 " in (await raw(client, head.encode())).splitlines()[0]


async def test_the_longest_body_is_taken() -> None:
    """A body of exactly the limit is handed on."""
    door = Door()
    async with (
        serving(crisp=door) as client,
        client.post("/crisp/events", data=io.BytesIO(b"x" * MAX_BODY)) as answer,
    ):
        assert answer.status == 200
    assert [len(body) for _, _, body in door.seen] == [MAX_BODY]


@pytest.mark.parametrize("path", ["/slack/events", "/crisp/events"])
async def test_a_slow_body_is_cut_off(path: str) -> None:
    """A body that does not come in whole in time is 408, and no handler sees it."""
    door = Door()
    head = f"POST {path} HTTP/1.0\r\nContent-Length: 10\r\n\r\n{{"
    async with serving(slack=_unreached, crisp=door, body_timeout=0.05) as client:
        assert b" 408 " in (await raw(client, head.encode())).splitlines()[0]
    assert door.seen == []


async def _unreached(_request: web.Request) -> web.Response:
    raise AssertionError("the handler was reached")


async def test_a_handler_that_raises_is_a_bare_500() -> None:
    """The sender learns that it failed and nothing else, so that it sends again."""

    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("the inside")

    asyncio.get_running_loop().set_debug(True)  # where aiohttp by itself would show the traceback
    with structlog.testing.capture_logs() as logged:
        async with serving(slack=broken) as client:
            asked = client.post("/slack/events", data=b"{}", headers={"Accept": "text/html"})
            async with asked as answer:
                assert (answer.status, await answer.text()) == (500, "500 Internal Server Error\n")
                assert answer.headers["Content-Type"].startswith("text/plain")
    assert [(line["event"], line["path"]) for line in logged] == [
        ("server.request_failed", "/slack/events")
    ]


async def test_what_the_database_does_not_take_is_503() -> None:
    """The sender is told that nothing was taken in, and sends again."""

    async def full(*_request: object) -> Answer:
        raise StoreError("The database refused a commit: nothing was accepted.")

    async with (
        serving(crisp=full) as client,
        client.post("/crisp/events", data=b"{}") as answer,
    ):
        assert (answer.status, await answer.text()) == (503, "503 Service Unavailable\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /slack/events HTTP/1.0\r\nContent-Length: 9999999\r\n\r\n",
    ],
)
async def test_no_answer_names_the_server(sent: bytes) -> None:
    """No answer, not even a refusal, says what serves it or shows a traceback."""
    async with serving() as client:
        answer = (await raw(client, sent)).lower()
    assert answer.startswith(b"http/1.")
    assert b"\r\nserver:" not in answer
    assert b"aiohttp" not in answer
    assert b"traceback" not in answer


async def test_a_port_in_use_is_one_sentence() -> None:
    """An address that cannot be had names the settings to change."""
    application = build(health=lambda: READY, metrics=Metrics())
    async with listening(application, host="127.0.0.1", port=0) as port:
        second = build(health=lambda: READY, metrics=Metrics())
        with pytest.raises(
            BridgeError, match=rf"Cannot listen on 127\.0\.0\.1 port {port} "
        ) as err:
            async with listening(second, host="127.0.0.1", port=port):
                pytest.fail("it listened")
    assert "BRIDGE_HTTP_PORT" in str(err.value)


async def test_a_request_under_way_is_finished_at_the_end() -> None:
    """Leaving the block lets an answer that is being made go out."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await leave.wait()
        return web.Response(text="done")

    application = build(health=lambda: READY, metrics=Metrics(), slack_events=slow)

    async def ask(client: aiohttp.ClientSession, port: int) -> str:
        async with client.post(f"http://127.0.0.1:{port}/slack/events", data=b"{}") as answer:
            return await answer.text()

    async with (
        aiohttp.ClientSession() as client,
        asyncio.TaskGroup() as tasks,
        listening(application, host="127.0.0.1", port=0, shutdown=5.0) as port,
    ):
        asked = tasks.create_task(ask(client, port))
        await entered.wait()
        asyncio.get_running_loop().call_soon(leave.set)
    assert asked.result() == "done"
