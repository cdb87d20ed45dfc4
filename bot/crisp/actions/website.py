"""Actions on the workspace: the website, its operators, its files.

Responsible for their inputs, outputs and calls.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from bot.crisp.actions.base import Action, Context, Input
from bot.crisp.models import Operator, Website


class Operators(BaseModel):
    """The team."""

    operators: tuple[Operator, ...] = ()


class UploadFile(Input):
    """A file of this machine."""

    path: Annotated[str, Field(min_length=1, description="Where the file is on this machine.")]
    name: Annotated[str | None, Field(description="Its name, if it is to have another.")] = None
    type: Annotated[str | None, Field(description="Its MIME type; by its name if not given.")] = (
        None
    )


class Uploaded(BaseModel):
    """Where the file is now: the content of a message of type file."""

    name: str
    type: str
    url: str


async def _website(context: Context, _given: Input) -> Website:
    return await context.crisp.get_website()


async def _operators(context: Context, _given: Input) -> Operators:
    return Operators(operators=(await context.crisp.list_operators()).items)


async def _upload(context: Context, given: UploadFile) -> Uploaded:
    path = Path(given.path)
    name = given.name or path.name
    mime = given.type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    address = await context.uploads.put(path, name=name, mime=mime)
    return Uploaded(name=name, type=mime, url=address.resource)


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        "get-website", "Read the workspace: name, domain, logo.",
        Input, Website, _website, "reads", "account workspace show",
    ),
    Action(
        "list-operators", "List the team: who answers, and who is online.",
        Input, Operators, _operators, "reads", "agents members users availability",
    ),
    Action(
        "upload-file", "Upload a file to Crisp's storage, to be sent in a message of type file.",
        UploadFile, Uploaded, _upload, words="attachment image picture document bucket",
    ),
)  # fmt: skip
