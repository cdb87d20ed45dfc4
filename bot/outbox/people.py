"""Changing people's profiles in Crisp: read before write, and only what changes is written.

Responsible for what is said once it is done: the profile as it is then. What somebody else has
changed meanwhile is shown, and not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot import cards, texts
from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.crisp.models import PersonProfile, read
from bot.domain import Post
from bot.errors import ApiError, Refused
from bot.outbox.courier import Done, Errand, Result
from bot.outbox.sends import BUCKET
from bot.relay.failures import answer_with
from bot.relay.people_effects import SavePerson
from bot.relay.persons import body_of, conflicts, data_after, held, segments_after
from bot.store.rows import OutboxRow

EXISTS = "people_exists"


class SavingPerson(Errand):
    """One change of one profile; doing it again changes nothing more."""

    kind = SavePerson.kind

    def __init__(self, crisp: CrispClient) -> None:
        """Change it through ``crisp``."""
        self._crisp = crisp

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: SavePerson) -> Result:
        """Do it, and answer with the profile as it is then."""
        match payload.change:
            case "delete":
                return await self._delete(row, payload)
            case "add":
                return await self._add(row, payload)
            case "edit":
                return await self._edit(row, payload)

    async def _delete(self, row: OutboxRow, payload: SavePerson) -> Result:
        try:
            await self._crisp.delete_person(payload.person)
        except Refused as err:
            if err.status != HTTPStatus.NOT_FOUND:
                raise
        return _answered(row, payload, cards.sentence(texts.PERSON_DELETED))

    async def _add(self, row: OutboxRow, payload: SavePerson) -> Result:
        wanted = {"email": payload.person, **payload.fields}
        body = {**body_of({}, wanted), **_segments({}, payload)}
        try:
            people_id = await self._crisp.create_person(body)
        except Refused as err:
            if err.code != EXISTS:
                raise
            said = texts.PERSON_EXISTS.format(email=payload.person)
            return await self._shown(row, payload, payload.person, said)
        await self._save_data(people_id, payload)
        return await self._shown(row, payload, people_id, texts.PERSON_ADDED)

    async def _edit(self, row: OutboxRow, payload: SavePerson) -> Result:
        try:
            profile = await self._crisp.read_person(payload.person)
        except Refused as err:
            if err.status != HTTPStatus.NOT_FOUND:
                raise
            return _answered(row, payload, cards.sentence(texts.NO_SUCH_PERSON), failed=True)
        changed = conflicts(profile, payload)
        wanted = {
            name: value
            for name, value in payload.fields.items()
            if name not in changed and held(profile, name) != value
        }
        people_id = str(profile.get("people_id") or payload.person)
        if body := {**body_of(profile, wanted), **_segments(profile, payload)}:
            try:
                await self._crisp.update_person(people_id, body)
            except Refused as err:
                if err.code != EXISTS:
                    raise
                said = texts.PERSON_EMAIL_TAKEN.format(email=payload.fields.get("email", ""))
                return _answered(row, payload, cards.sentence(said), failed=True)
        await self._save_data(people_id, payload)
        if changed:
            left = {name: payload.fields[name] for name in changed}
            post = cards.person_conflict(people_id, changed, left)
            return _answered(row, payload, post)
        return await self._shown(row, payload, people_id, texts.PERSON_SAVED)

    async def _save_data(self, people_id: str, payload: SavePerson) -> None:
        if not payload.data_set and not payload.data_unset:
            return
        wanted = data_after(await self._crisp.person_data(people_id), payload)
        if wanted is not None:
            await self._crisp.save_person_data(people_id, wanted)

    async def _shown(
        self, row: OutboxRow, payload: SavePerson, people_id: str, said: str
    ) -> Result:
        """Answer with the card, or the sentence alone where it cannot be read now."""
        try:
            profile = read(PersonProfile, await self._crisp.read_person(people_id))
            data = await self._crisp.person_data(people_id)
        except ApiError:
            profile, data = None, {}
        post = cards.sentence(said)
        if profile is not None:
            card = cards.people_card(convert.to_person(profile, data=data, conversations=None))
            post = Post(post.text, [*post.blocks, *card.blocks])
        return _answered(row, payload, post)


def _segments(profile: Mapping[str, Any], payload: SavePerson) -> dict[str, Any]:
    wanted = segments_after(profile, payload)
    return {} if wanted is None else {"segments": wanted}


def _answered(row: OutboxRow, payload: SavePerson, post: Post, *, failed: bool = False) -> Result:
    said = answer_with(payload.answer, post, name=f"done:{row.key}", failed=failed)
    return Done(lambda tx: tx.enqueue(said))
