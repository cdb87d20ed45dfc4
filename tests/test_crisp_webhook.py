"""Only Crisp's own hooks, about our website, get in."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crisp.webhook import MAX_BODY, WINDOW_MS, Hook, Refusal, verify

WEBSITE = "8c8"
SECRET = "signing-secret"
TOKEN = "url-token"
NOW = 1_763_798_400_000
ENVELOPE: dict[str, Any] = {
    "website_id": WEBSITE,
    "event": "message:send",
    "data": {"session_id": "s", "fingerprint": 5, "content": "é ü"},
    "timestamp": NOW - 50,
}
# Spaced and escaped as Crisp may write it, and as no serialiser of ours would.
BODY = json.dumps(ENVELOPE, indent=1).encode()


def signature(stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Sign as Crisp does, written apart from the code under test."""
    message = b"[%s;%s]" % (stamp.encode(), body)
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed(
    body: bytes = BODY, *, stamp: str = str(NOW), sign_as: str | None = None
) -> dict[str, str]:
    """Return the headers of a signed hook."""
    return {
        "X-Crisp-Request-Timestamp": stamp,
        "X-Crisp-Signature": sign_as if sign_as is not None else signature(stamp, body),
    }


def judge(
    headers: Mapping[str, str] | None = None,
    body: bytes = BODY,
    *,
    query: Mapping[str, str] | None = None,
    secret: str | None = SECRET,
    token: str | None = None,
) -> Hook | Refusal:
    """Verify a request."""
    return verify(
        headers=headers or {},
        query=query or {},
        body=body,
        website_id=WEBSITE,
        secret=secret,
        token=token,
        now_ms=NOW,
    )


def status(verdict: Hook | Refusal) -> int:
    """Return the HTTP status of a verdict."""
    return verdict.status if isinstance(verdict, Refusal) else 200


def test_a_signed_hook_is_read() -> None:
    """The signature covers the raw bytes, whatever their JSON's spelling."""
    expected = Hook("message:send", ENVELOPE["data"], ENVELOPE["timestamp"])
    assert judge(signed()) == expected


def test_header_names_and_the_digests_case_do_not_matter() -> None:
    """HTTP headers are case-insensitive, and so is hex."""
    headers = {name.upper(): value.upper() for name, value in signed().items()}
    assert isinstance(judge(headers), Hook)


@pytest.mark.parametrize(
    "stamp",
    [str(NOW), str(NOW // 1000), str(NOW - WINDOW_MS), str(NOW + WINDOW_MS)],
)
def test_the_timestamp_may_count_seconds_or_milliseconds(stamp: str) -> None:
    """The unit is not documented; redeliveries may be up to a day late."""
    assert isinstance(judge(signed(stamp=stamp)), Hook)


@pytest.mark.parametrize(
    "stamp", [str(NOW - WINDOW_MS - 1), str(NOW // 1000 - 86_401), "", "soon", "-1", "1e9", "0"]
)
def test_a_signature_without_a_recent_time_is_refused(stamp: str) -> None:
    """An old hook that somebody kept must not be played again after a day."""
    assert status(judge(signed(stamp=stamp))) == 401


@pytest.mark.parametrize("wrong", ["", "0" * 64, signature(str(NOW), BODY, "other"), "é", "\ud83d"])
def test_a_wrong_signature_is_refused(wrong: str) -> None:
    """Any other digest, none at all, or one that is not even ASCII."""
    assert status(judge(signed(sign_as=wrong))) == 401


def test_a_changed_body_is_refused() -> None:
    """One changed byte is another message."""
    assert status(judge(signed(), BODY.replace(b"5", b"6"))) == 401


def test_the_same_json_in_other_bytes_is_refused() -> None:
    """Serialising again would accept what Crisp did not sign."""
    assert status(judge(signed(), json.dumps(json.loads(BODY)).encode())) == 401


def test_the_timestamp_is_signed_too() -> None:
    """A fresh time on an old signature does not renew it."""
    headers = {**signed(stamp=str(NOW - 1)), "X-Crisp-Request-Timestamp": str(NOW)}
    assert status(judge(headers)) == 401


@pytest.mark.parametrize("secret", [None, ""])
@pytest.mark.parametrize("token", [None, ""])
def test_without_a_secret_nobody_gets_in(secret: str | None, token: str | None) -> None:
    """An empty secret is no secret: a signature under it proves nothing."""
    headers = signed(sign_as=signature(str(NOW), BODY, ""))
    assert status(judge(headers, secret=secret, token=token, query={"token": ""})) == 401


def test_a_website_hook_is_known_by_the_token_in_its_url() -> None:
    """Website hooks are unsigned: the URL carries the secret."""
    assert isinstance(judge(query={"token": TOKEN}, secret=None, token=TOKEN), Hook)


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "wrong"}, {"token": "ü\ud83d"}])
def test_a_wrong_token_is_refused(query: dict[str, str]) -> None:
    """Nothing near the token is the token."""
    assert status(judge(query=query, secret=None, token=TOKEN)) == 401


def test_either_proof_is_enough_where_both_are_set() -> None:
    """A workspace may use both kinds of hooks."""
    assert isinstance(judge(signed(), token=TOKEN), Hook)
    assert isinstance(judge(query={"token": TOKEN}, token=TOKEN), Hook)


def test_a_wrong_signature_is_not_mended_by_a_token() -> None:
    """What claims to be signed stands or falls with its signature."""
    verdict = judge(signed(sign_as="0" * 64), query={"token": TOKEN}, token=TOKEN)
    assert status(verdict) == 401


def test_a_body_over_the_limit_is_not_looked_at() -> None:
    """The limit is exact, and comes before any work on the body."""
    filler = {**ENVELOPE, "data": {"pad": ""}}
    room = MAX_BODY - len(json.dumps(filler))
    longest = json.dumps({**ENVELOPE, "data": {"pad": "x" * room}}).encode()
    assert len(longest) == MAX_BODY
    assert isinstance(judge(signed(longest), longest), Hook)
    assert status(judge(signed(longest + b" "), longest + b" ")) == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[]",
        b"{}",
        b'{"event": 5}',
        b'{"event": "x", "timestamp": NaN}',
        b"[" * 200_000,
        b"9" * 5_000,
    ],
)
def test_a_proven_body_that_is_no_event_is_a_bad_request(body: bytes) -> None:
    """Even Crisp's own secret does not make a crash out of a broken body."""
    assert status(judge(signed(body), body)) == 400


def test_a_compressed_body_is_refused() -> None:
    """The signature is over what was sent; nothing is unpacked."""
    assert status(judge({**signed(), "Content-Encoding": "gzip"})) == 415


@pytest.mark.parametrize("website", ["other", None, 5, [WEBSITE]])
def test_another_websites_event_is_refused(website: Any) -> None:
    """A plugin's hooks come for every website it is installed on."""
    body = json.dumps({**ENVELOPE, "website_id": website}).encode()
    assert status(judge(signed(body), body)) == 401


@pytest.mark.parametrize("data", [None, [], "x"])
def test_an_event_without_data_is_a_hook_all_the_same(data: Any) -> None:
    """An event that we do not want must be answered 200, or Crisp sends it again and again."""
    body = json.dumps({**ENVELOPE, "event": "website:update", "data": data}).encode()
    assert judge(signed(body), body) == Hook("website:update", {}, ENVELOPE["timestamp"])


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=70), st.text(max_size=20))
def test_a_stranger_never_gets_in_and_never_crashes_it(
    body: bytes, stamp: str, digest: str, token: str
) -> None:
    """Whatever is posted without the secret is refused with 401."""
    headers = {"X-Crisp-Request-Timestamp": stamp, "X-Crisp-Signature": digest}
    assert status(judge(headers, body, query={"token": token}, token=TOKEN)) == 401
