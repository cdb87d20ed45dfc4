"""What changes of a person's profile: only what was meant, and nothing that somebody else did."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cards import person_conflict
from bot.domain import ChannelId, SlackUserId
from bot.relay.answer import Answer
from bot.relay.people_effects import SavePerson
from bot.relay.persons import (
    FIELDS,
    body_of,
    conflicts,
    data_after,
    digest,
    held,
    read_data,
    read_field,
    read_segments,
    segments_after,
)
from tests.markup_kit import check_message

ANSWER = Answer(ChannelId("C1"), SlackUserId("U1"))
PROFILE: dict[str, Any] = {
    "email": "kim@example.com",
    "person": {
        "nickname": "Kim", "phone": "+1",
        "employment": {"title": "CTO", "seniority": "high"},
    },
    "company": None,
    "segments": ["vip", "trial"],
}  # fmt: skip


def edit(**more: Any) -> SavePerson:
    """Return a change of the profile."""
    return SavePerson("edit", "p1", ANSWER, **more)


def test_only_what_changes_is_sent() -> None:
    """What nests deeper than Crisp is sure to merge goes along as it is, and nothing else does."""
    assert body_of(PROFILE, {"phone": "+2"}) == {"person": {"phone": "+2"}}
    assert body_of(PROFILE, {"role": "Sales", "company": "Acme"}) == {
        "person": {"employment": {"title": "CTO", "seniority": "high", "role": "Sales"}},
        "company": {"name": "Acme"},
    }
    assert body_of({}, dict.fromkeys(FIELDS, "x"))["person"]["geolocation"] == {
        "city": "x", "country": "x",
    }  # fmt: skip
    assert held(PROFILE, "company") == ""
    assert held({"person": "strange"}, "phone") == ""


def test_what_changed_meanwhile_is_not_overwritten() -> None:
    """A field is in conflict if it is neither as it was shown nor as it is wanted."""
    fields = {"phone": "+9", "name": "Kim", "title": "CEO"}
    before = {"phone": digest("+0"), "name": digest("K"), "title": digest("CTO")}
    assert conflicts(PROFILE, edit(fields=fields, before=before)) == {"phone": "+1"}
    assert conflicts(PROFILE, edit(fields=fields)) == {}
    post = person_conflict("p1", {"phone": "+1" * 999}, {"phone": "<!channel> & \n" * 200})
    check_message(post.text, post.blocks)


def test_segments_and_data_are_merged() -> None:
    """What others have added stays; a number stays a number; None says that nothing changes."""
    added = edit(segments_added=("beta", "vip"), segments_removed=("trial", "none"))
    assert segments_after(PROFILE, added) == ["vip", "beta"]
    assert segments_after(PROFILE, edit(segments_added=("vip",))) is None
    assert segments_after({"segments": "strange"}, edit(segments_added=("a",))) == ["a"]
    data = {"seats": 3, "plan": "7", "paid": True, "left": "x"}
    wanted = edit(
        data_set={"seats": "4", "plan": "8", "paid": "no", "new": "1"}, data_unset=("left", "gone")
    )
    assert data_after(data, wanted) == {"seats": 4, "plan": "8", "paid": "no", "new": "1"}
    assert data_after(data, edit(data_set={"seats": "3"}, data_unset=("gone",))) is None


@pytest.mark.parametrize(
    ("typed", "name"), [("Phone:", "phone"), ("E-MAIL", "email"), ("job", "title"), ("x", None)]
)
def test_fields_are_called_as_people_call_them(typed: str, name: str | None) -> None:
    """In any case, with a colon, and by another word for it."""
    assert read_field(typed) == name


def test_what_is_typed_of_segments_and_data() -> None:
    """A minus takes a segment away; data are lines with a colon."""
    assert read_segments(" vip, +beta ,-old one,, -") == (("vip", "beta"), ("old one",))
    assert read_data("plan: pro\nurl: https://x\nnothing\n: x\nempty:") == {
        "plan": "pro", "url": "https://x", "empty": "",
    }  # fmt: skip
