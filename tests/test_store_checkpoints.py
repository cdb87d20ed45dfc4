"""Checkpoints are made beside the writer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.store.checkpoints import Checkpoints
from bot.store.database import connect
from tests.harness import eventually


async def test_what_was_committed_moves_into_the_file_beside_the_writer(tmp_path: Path) -> None:
    """After so many jobs, not before, the log is copied, even while the writer is at work."""
    path = tmp_path / "bridge.db"
    writer, keeper = await connect(path), await connect(path)
    checkpoints = Checkpoints(keeper, every=3)
    running = asyncio.create_task(checkpoints.run())
    await writer.run(lambda conn: conn.execute("CREATE TABLE log (name TEXT)").fetchall())
    await writer.run(lambda conn: conn.execute("INSERT INTO log VALUES ('a marker')").fetchall())
    await writer.run(lambda conn: conn.execute("BEGIN IMMEDIATE").fetchall())
    checkpoints.note(2)
    await asyncio.sleep(0)
    assert b"a marker" not in path.read_bytes()
    checkpoints.note(1)
    await eventually(lambda: b"a marker" in path.read_bytes(), what="the checkpoint")
    running.cancel()
    await asyncio.wait([running])
    await writer.close()
    await keeper.close()
