"""Upload addresses: asked for by REST, told by the socket, brought together by our own id."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from bot.crisp.bucket import UploadAddress, UploadAddresses
from bot.crisp.feed import UploadFeed
from bot.crisp.models import Endpoint
from bot.crisp.rtm import RtmListener
from bot.domain import Source
from bot.errors import Ambiguous, ApiError, Refused, Unauthorized, Unreachable
from bot.files import Reason
from tests.crisp_rtm_server import eventually


class Crisp:
    """Takes questions, and answers as told."""

    def __init__(self, answer: Callable[[str], None] | Exception | None = None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def generate_upload(self, tracking: str, *, name: str, mime: str) -> None:
        del name, mime
        self.asked.append(tracking)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            self.answer(tracking)


def told(tracking: str, **more: Any) -> dict[str, Any]:
    """Return the event that tells an address."""
    url = {"signed": "https://up.test/x", "resource": "https://storage.crisp.chat/x"}
    return {"id": tracking, "policy": {"size_limit": 100}, "url": url, **more}


def addresses(crisp: Crisp, **more: Any) -> UploadAddresses:
    """Return addresses that wait but shortly."""
    made = UploadAddresses(crisp, patience=0.05, **more)  # type: ignore[arg-type]  # a fake
    made.connected()
    return made


async def test_an_address_is_what_was_told_for_our_id() -> None:
    """The event with our id is the answer; others, and what is no answer, are passed over."""
    crisp = Crisp()
    made = addresses(crisp)

    def answer(tracking: str) -> None:
        odd: list[Any] = [None, 7, {}, told("other"), {"id": tracking}, {"id": tracking, "url": {}}]
        for data in [*odd, told(tracking), told(tracking)]:
            made.heard(data)

    crisp.answer = answer
    found = await made.get("a.png", "image/png")
    assert found == UploadAddress("https://up.test/x", "https://storage.crisp.chat/x", 100)
    made.heard(told(crisp.asked[0]))


@pytest.mark.parametrize("policy", [None, {}, {"size_limit": 0}, {"size_limit": "x"}])
async def test_an_address_may_have_no_limit(policy: object) -> None:
    """Where Crisp names no limit, there is none."""
    crisp = Crisp()
    made = addresses(crisp)
    crisp.answer = lambda tracking: made.heard(told(tracking, policy=policy))
    assert (await made.get("a.png", "image/png")).most is None


async def failing(made: UploadAddresses) -> ApiError:
    """Return the error with which no address is had."""
    with pytest.raises(ApiError) as raised:
        await made.get("a.png", "image/png")
    return raised.value


async def test_what_may_come_later_is_no_refusal() -> None:
    """A socket that is down, lost meanwhile, or silent says nothing of the next time."""
    crisp = Crisp()
    made = addresses(crisp)
    assert isinstance(await failing(made), Ambiguous)
    crisp.answer = lambda _tracking: made.disconnected()
    assert isinstance(await failing(made), Unreachable)
    asked = len(crisp.asked)
    assert isinstance(await failing(made), Unreachable)
    assert len(crisp.asked) == asked  # nothing is asked that could not be answered


async def test_refusals_are_handed_on() -> None:
    """What Crisp refuses is refused."""
    refusal = Refused(Source.CRISP, "POST bucket/url/generate", "not_allowed")
    assert await failing(addresses(Crisp(refusal))) is refusal


async def test_without_a_token_no_address_can_come() -> None:
    """Where nobody can listen, nothing is asked, and the reason is named."""
    crisp = Crisp()
    err = await failing(addresses(crisp, possible=False))
    assert (type(err), err.code) == (Refused, Reason.NO_UPLOADS)
    assert crisp.asked == []


class Directory:
    """Says of every connection that the token is refused."""

    asked = 0

    async def connect_endpoint(self, tier: str) -> Endpoint:
        del tier
        self.asked += 1
        raise Unauthorized(Source.CRISP, "GET connect/endpoints", "invalid_session")


async def test_the_socket_is_opened_on_need_alone() -> None:
    """Nothing is dialled before a file is to go; a refused token ends nothing but the attempt."""
    directory, made = Directory(), UploadAddresses(Crisp(), patience=0.05)  # type: ignore[arg-type]  # a fake
    listener = RtmListener(
        directory, website_id="w", tier="website", identifier="i", key=SecretStr("k"),
        accept=_nothing, events=(), rng=random.Random(1),  # noqa: S311 - jitter
    )  # fmt: skip
    task = asyncio.create_task(UploadFeed(made, listener).run())
    try:
        await asyncio.sleep(0)
        assert directory.asked == 0
        for number in (1, 2):
            assert isinstance(await failing(made), Unreachable)
            await eventually(lambda number=number: directory.asked == number)  # type: ignore[misc]  # a default
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _nothing(_arrival: object) -> None:
    raise AssertionError
