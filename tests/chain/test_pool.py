"""Child processes that cannot be had: that is the machine's trouble, and no message is parked for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from chaos.stages import Scripted, scripted

from connectors.storage.folder import FolderStorage
from pipeline.pool import Pool
from pipeline.runner import INFRASTRUCTURE
from schemas.messages import Extracted
from schemas.outcomes import Done


async def test_a_pool_that_broke_is_waited_for_and_made_anew(tmp_path: Path) -> None:
    """The first call says so in a way that the runner tries again; the second one has new children."""
    pool = Pool(1)
    stage = Scripted(FolderStorage(tmp_path / "artefacts"), tmp_path, "v1")
    raws = [scripted(uuid4(), uuid4(), "done").model_dump_json().encode()]
    try:
        pool.start()
        await asyncio.to_thread(pool._ensure().stop)
        with pytest.raises(INFRASTRUCTURE, match="the child processes cannot be had"):
            await pool.run(stage, Extracted, raws)
        (result,) = await pool.run(stage, Extracted, raws)
        assert isinstance(result, Done)
    finally:
        await asyncio.to_thread(pool.close)
