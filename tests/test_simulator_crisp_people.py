"""The simulated Crisp's people database and its files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.simulator.crisp import CrispSimulator
from tests.simulator_crisp_kit import Rest, crisp, listening, rest


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: CrispSimulator) -> AsyncIterator[Rest]:
    """Return a REST client of it."""
    async with rest(sim) as client:
        yield client


async def test_an_address_has_one_profile(client: Rest) -> None:
    """A second profile of an e-mail address is refused with 409, in any case of letters."""
    made = await client.call("POST", "W/people/profile", {"email": "new@x.test"})
    assert made.status_code == 201
    again = await client.call("POST", "W/people/profile", {"email": "NEW@x.test"})
    assert (again.status_code, again.json()["reason"]) == (409, "people_exists")


async def test_a_profile_is_found_by_id_and_by_address(client: Rest) -> None:
    """An e-mail address is accepted as people_id."""
    people_id = (await client.data("POST", "W/people/profile", {"email": "n@x.test"}))["people_id"]
    for key in (people_id, "n@x.test"):
        found = await client.data("GET", f"W/people/profile/{key}")
        assert (found["people_id"], found["email"]) == (people_id, "n@x.test")
        assert (await client.call("HEAD", f"W/people/profile/{key}")).status_code == 200
    none = await client.call("GET", "W/people/profile/none@x.test")
    assert (none.status_code, none.json()["reason"]) == (404, "people_not_found")


async def test_patch_merges_and_put_replaces_a_profile(client: Rest) -> None:
    """PATCH keeps what it does not name, also inside person; PUT does not."""
    path = "W/people/profile/jane.doe@example.com"
    await client.data("PATCH", path, {"person": {"phone": "+351"}, "notepad": "likes tea"})
    shown = await client.data("GET", path)
    assert (shown["person"]["nickname"], shown["person"]["phone"]) == ("Jane Doe", "+351")
    assert shown["company"]["name"] == "Globex"
    await client.data("PUT", path, {"person": {"nickname": "J"}})
    shown = await client.data("GET", path)
    assert (shown["person"], shown["notepad"]) == ({"nickname": "J"}, "")
    assert shown["email"] == "jane.doe@example.com"


async def test_custom_data_is_replaced_by_put_and_merged_by_patch(client: Rest) -> None:
    """people/data follows the same rule."""
    path = "W/people/data/jane.doe@example.com"
    await client.data("PUT", path, {"data": {"plan": "pro", "seats": 3}})
    await client.data("PATCH", path, {"data": {"seats": 4}})
    assert await client.data("GET", path) == {"data": {"plan": "pro", "seats": 4}}
    await client.data("PUT", path, {"data": {}})
    assert await client.data("GET", path) == {"data": {}}


async def test_people_are_searched_by_parts_of_words(client: Rest) -> None:
    """search_text matches inside words, so that a near address is found too."""

    async def found(**query: Any) -> list[str]:
        rows = await client.data("GET", "W/people/profiles/1", **query)
        return [r["email"] for r in rows]

    await client.data("POST", "W/people/profile", {"email": "notjane.doe@example.com"})
    near = await found(search_text="jane.doe@example.com", sort_field="email",
                       sort_order="ascending")  # fmt: skip
    assert near == ["jane.doe@example.com", "notjane.doe@example.com"]
    assert await found(search_text="wei li") == ["li.wei@umbrella.example"]
    rule = '[{"criterion": "company.name", "operator": "eq", "query": ["Hooli"]}]'
    assert await found(search_filter=rule) == ["mira.patel@hooli.example"]
    assert await client.data("GET", "W/people/stats") == {"total": 5}


async def test_a_removed_profile_is_gone(client: Rest) -> None:
    """DELETE frees the address."""
    path = "W/people/profile/jane.doe@example.com"
    await client.data("DELETE", path)
    assert (await client.call("GET", path)).status_code == 404
    await client.data("POST", "W/people/profile", {"email": "jane.doe@example.com"})


async def test_a_conversation_is_bound_to_the_profile_of_its_address(
    sim: CrispSimulator, client: Rest
) -> None:
    """A visitor with a known address joins that profile's conversations, newest first."""
    act = {"do": "visitor_message", "text": "hi", "email": "Jane.Doe@example.com"}
    first, second = (sim.act(act)["session_id"] for _ in range(2))
    path = "W/people/conversations/jane.doe@example.com/list/1"
    assert await client.data("GET", path) == [second, first]
    shown = await client.data("GET", f"W/conversation/{first}")
    profile = await client.data("GET", "W/people/profile/jane.doe@example.com")
    assert shown["people_id"] == profile["people_id"]


def upload(mime: str = "image/png") -> dict[str, Any]:
    """Return the body that asks for an upload."""
    return {"namespace": "upload", "id": "track-1", "file": {"name": "a b.png", "type": mime}}


async def test_the_signed_url_arrives_as_an_event_and_the_file_is_served(
    sim: CrispSimulator, client: Rest
) -> None:
    """The answer holds no URL; after the PUT the resource has the bytes and their type."""
    async with listening(sim, "bucket:url:upload:generated") as ear, httpx.AsyncClient() as http:
        answer = await client.call("POST", "/bucket/url/generate", upload())
        assert answer.json()["data"] == {}
        event = await ear.first("bucket:url:upload:generated")
        assert event["id"] == "track-1"
        assert event["resource"] == {"type": "website", "id": sim.world.website_id}
        assert "website_id" not in event
        url = event["url"]
        assert (await http.get(url["resource"])).status_code == 404
        sent = await http.put(
            url["signed"], content=b"bytes", headers={"Content-Type": "image/png"}
        )
        assert sent.status_code == 200
        served = await http.get(url["resource"])
        assert (served.content, served.headers["Content-Type"]) == (b"bytes", "image/png")


async def test_an_upload_must_fit_what_was_granted(sim: CrispSimulator, client: Rest) -> None:
    """Another type, another signature or too many bytes are refused."""
    sim.config({"upload_limit": 4})
    async with listening(sim, "bucket:url:upload:generated") as ear, httpx.AsyncClient() as http:
        await client.data("POST", "/bucket/url/generate", upload())
        event = await ear.first("bucket:url:upload:generated")
        signed = event["url"]["signed"]
        assert event["policy"] == {"size_limit": 4}
        right, wrong = {"Content-Type": "image/png"}, {"Content-Type": "text/plain"}
        assert (await http.put(signed, content=b"1234", headers=wrong)).status_code == 403
        assert (await http.put(signed + "0", content=b"1234", headers=right)).status_code == 403
        assert (await http.put(signed, content=b"12345", headers=right)).status_code == 413
        assert (await http.put(signed, content=b"1234", headers=right)).status_code == 200


async def test_avatars_are_served(sim: CrispSimulator) -> None:
    """Operators' pictures are on the simulator itself, as SVG or PNG."""
    operator = next(iter(sim.world.operators.values()))
    async with httpx.AsyncClient() as http:
        svg = await http.get(operator.avatar)
        png = await http.get(operator.avatar.replace(".svg", ".png"))
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert "AS" in svg.text
    assert png.content.startswith(b"\x89PNG\r\n\x1a\n")


async def test_a_person_can_be_unsubscribed_from_campaigns(client: Rest) -> None:
    """Everybody gets campaigns until they are unsubscribed; what is no yes or no is refused."""
    path = "W/people/subscription/jane.doe@example.com"
    assert await client.data("GET", path) == {"email": True}
    await client.data("PATCH", path, {"email": False})
    assert await client.data("GET", path) == {"email": False}
    assert (await client.call("PATCH", path, {"email": "no"})).status_code == 400
