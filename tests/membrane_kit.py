"""A world in which Crisp is reached through Membrane alone, and its events come by hook."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.e2e_kit import hooks
from tests.harness import FAST, World

NO_TOKEN = {"CRISP_TOKEN_IDENTIFIER": "", "CRISP_TOKEN_KEY": ""}


@dataclass
class MembraneWorld(World):
    """Both platforms, and a bridge that has no Crisp token."""

    @contextlib.asynccontextmanager
    async def bridge(self, config: str = FAST, **env: str) -> AsyncIterator[int]:
        """Run the bridge in this loop, at the port to which hooks are sent."""
        async with super().bridge(config, **{"BRIDGE_HTTP_PORT": str(self.http_port), **env}) as at:
            yield at


def through_membrane(world: World) -> MembraneWorld:
    """Return the same world, with the way through Membrane in place of the token."""
    env = {
        **world.env, **NO_TOKEN, **world.crisp.membrane_settings(), **hooks(world, "website"),
    }  # fmt: skip
    return MembraneWorld(world.slack, world.crisp, world.folder, env, http_port=world.http_port)
