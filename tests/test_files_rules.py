"""Which files may travel, from where, and under which name."""

from __future__ import annotations

from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Source
from bot.files import (
    Reason,
    clean_name,
    is_public,
    may_be_named,
    mime_type,
    own_hosts,
    read_files,
    seconds_of,
    sent_as,
)

SLACK = own_hosts(Source.SLACK, "https://slack.com/api/")
CRISP = own_hosts(Source.CRISP, "https://api.crisp.chat/v1")
LOCAL = own_hosts(Source.CRISP, "http://127.0.0.1:8040/v1")


@pytest.mark.parametrize(
    "address",
    [
        "https://files.slack.com/files-pri/T1-F1/download/a.png",
        "https://acme.slack.com/x",
        "https://FILES.SLACK.COM/x",
        "https://files.slack.com:443/x",
    ],
)
def test_a_platforms_own_addresses_are_fetched(address: str) -> None:
    """Files come from the platform's own domain over https."""
    assert SLACK.judge(address) is not None
    assert CRISP.judge("https://storage.crisp.chat/users/upload/a.png") is not None


@pytest.mark.parametrize(
    "address",
    [
        "http://files.slack.com/x",
        "https://files.slack.com.evil.test/x",
        "https://notslack.com/x",
        "https://evil.test/files.slack.com",
        "https://files.slack.com:8443/x",
        "https://files.slack.com@evil.test/x",
        "https://user:pass@files.slack.com/x",
        "https://evil.test\\@files.slack.com/x",
        "https://evil.test#@files.slack.com/",
        "https://files.slack.com./x",
        "https://files。slack。com.evil.test/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://0x7f000001/x",
        "file:///etc/passwd",
        "//files.slack.com/x",
        "data:text/plain,hi",
        "javascript:alert(1)",
        "https://",
        "",
        "https://[/x",
        "https://storage.crisp.chat/x",
    ],
)
def test_other_addresses_are_not_fetched(address: str) -> None:
    """Nothing is fetched from anywhere else, however it is written."""
    assert SLACK.judge(address) is None


def test_the_configured_api_counts_as_the_platforms_own() -> None:
    """An overridden API address makes its own scheme, host and port one of the platform's."""
    assert LOCAL.judge("http://127.0.0.1:8040/storage/a.png") is not None
    assert LOCAL.judge("http://127.0.0.1:8041/storage/a.png") is None
    assert LOCAL.judge("http://localhost:8040/storage/a.png") is None
    assert LOCAL.judge("https://127.0.0.1:8040/storage/a.png") is None
    assert LOCAL.judge("https://storage.crisp.chat/a.png") is not None
    assert LOCAL.is_configured("127.0.0.1")
    assert not LOCAL.is_configured("storage.crisp.chat")


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    """No address makes the judge fail; what it lets through has an allowed host."""
    found = SLACK.judge(f"https://{text}")
    assert found is None or (found.raw_host or "").endswith("slack.com")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.1.2.3", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a00:1::", "no address", "",
    ],
)  # fmt: skip
def test_private_addresses_are_told(address: str) -> None:
    """An address inside some network is not public, also where it hides in another form."""
    assert not is_public(address)


def test_public_addresses_are_told() -> None:
    """What is on the internet is public; a name has to be resolved first."""
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")
    assert is_public("::ffff:8.8.8.8")
    assert may_be_named("storage.test")
    assert not may_be_named("10.0.0.1")
    assert not may_be_named("")


@pytest.mark.parametrize(
    ("hostile", "mime", "harmless"),
    [
        ("../../etc/passwd", "", "passwd"),
        ("..\\..\\boot.ini", "", "boot.ini"),
        ("report\u202egpj.exe", "", "reportgpj.exe"),
        ("<!channel> <@U1>.png", "", "!channel @U1.png"),
        ("a\x00b\u202e.txt", "application/octet-stream", "ab.txt"),
        ("", "image/png", "unnamed.png"),
        ("...", "", "unnamed"),
        (".htaccess", "", "htaccess"),
        ("photo", "image/png", "photo.png"),
        ("dir/", "", "unnamed"),
        ("x" * 300 + ".pdf", "", "x" * 104 + ".pdf"),
        ("Käsebrot 🧀.jpeg", "image/jpeg", "Käsebrot 🧀.jpeg"),
    ],
)
def test_hostile_names_become_harmless(hostile: str, mime: str, harmless: str) -> None:
    """A name keeps what it says and loses what it could do."""
    assert clean_name(hostile, mime) == harmless


@given(st.text(), st.sampled_from(["", "image/png", "no/such", "application/pdf"]))
def test_every_name_is_safe(name: str, mime: str) -> None:
    """Whatever a file is called: one short line, no path, nothing invisible, never empty."""
    safe = clean_name(name, mime)
    assert safe.strip(" .")
    assert not regex.search(r"[\p{Cc}\u202a-\u202e\u2066-\u2069/\\<>]", safe)
    assert len(safe) <= 140
    assert len(safe.encode("utf-8", "replace")) <= 255
    assert clean_name(safe, mime) == safe


@pytest.mark.parametrize(
    ("given_type", "name", "found"),
    [
        ("image/png", "x", "image/png"),
        ("Image/PNG; charset=x", "x", "image/png"),
        ("application/octet-stream", "a.pdf", "application/pdf"),
        ("application/octet-stream", "a", "application/octet-stream"),
        ("text/html\r\nX: y", "a", "application/octet-stream"),
        (None, "a.png", "image/png"),
        (7, "a", "application/octet-stream"),
    ],
)
def test_mime_types(given_type: object, name: str, found: str) -> None:
    """A MIME type is a usable one, by the name where nobody says, else plain bytes."""
    assert mime_type(given_type, name) == found


def test_what_carries_a_file() -> None:
    """A recording of known length is audio, all else a file that keeps its name."""
    url = "https://storage.crisp.chat/x"
    kind, content = sent_as(name="v.mp3", mime="audio/mpeg", url=url, seconds=7)
    assert (kind, content) == ("audio", {"url": url, "type": "audio/mpeg", "duration": 7})
    kind, content = sent_as(name="v.mp3", mime="audio/mpeg", url=url, seconds=0)
    assert (kind, content) == ("file", {"name": "v.mp3", "url": url, "type": "audio/mpeg"})
    assert sent_as(name="a.gif", mime="image/gif", url=url, seconds=0)[0] == "file"
    assert [seconds_of(x) for x in (1, 1600, 0, -5, None, True, 1e12)] == [1, 2, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"mode": "tombstone"}, Reason.GONE),
        ({"mode": "hidden_by_limit"}, Reason.HIDDEN),
        ({"mode": "external"}, Reason.EXTERNAL),
        ({"is_external": True}, Reason.EXTERNAL),
        ({"file_access": "file_not_found"}, Reason.GONE),
        ({"size": 1001}, Reason.TOO_LARGE),
        ({"size": 1000}, None),
        ({"mode": "snippet"}, None),
    ],
)
def test_slack_files_without_bytes_are_told(fields: dict[str, Any], reason: Reason | None) -> None:
    """A file that is deleted, hidden, elsewhere or too large is known for it at once."""
    (file,) = read_files({"files": [{"id": "F1", "name": "a.png", **fields}]})
    assert file.refusal(most=1000) is reason


def test_slack_files_are_read_from_anything() -> None:
    """Whatever an event holds under files is read; what is no file is left out."""
    odd: list[Any] = [None, 7, {}, {"id": 5}, {"id": "F1", "size": "x", "name": 3, "mimetype": []}]
    assert read_files({"files": "none"}) == ()
    (file,) = read_files({"files": odd})
    assert (file.id, file.name, file.size) == ("F1", "unnamed", 0)
    (hidden,) = read_files({"files": [{"id": "F1", "file_access": "check_file_info"}]})
    assert not hidden.asked
