"""A worker for the runner's tests: one scripted stage on the real runner, transport and store. Run as a program.

`--crash` names the point at which the process ends once, as by a power cut, through what the runner is given: before
the transaction (the stage), in it (the key ring), after it and before producing, after producing and before
acknowledging (the producer).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from chaos.stages import CRASHED, Scripted, once
from connectors.storage.folder import FolderStorage
from pipeline import transport
from pipeline.door import Door
from pipeline.pool import Pool
from pipeline.runner import Runner
from pipeline.store.database import Store
from pipeline.store.personal import DataKey, KeyRing
from pipeline.topology import StageSpec
from schemas.messages import Extracted

POINTS = ("before-transaction", "in-transaction", "after-commit", "after-produce")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("servers", "group", "source", "target", "database", "code"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--deadline", type=float, default=10.0)
    parser.add_argument("--crash", choices=POINTS)
    return parser.parse_args()


class CrashingKeys(KeyRing):
    """Ends the process when the first personal detail of a transaction is about to be sealed."""

    folder: Path

    def new_key(self, stream: str) -> DataKey:
        if once(self.folder, "crashed"):
            os._exit(CRASHED)
        return super().new_key(stream)


async def main(given: argparse.Namespace) -> None:
    spec = StageSpec("conversion", given.source, given.target, Extracted, cpu=given.cpu)
    keys = KeyRing(given.folder / "keys")
    if given.crash == "in-transaction":
        crashing = CrashingKeys(given.folder / "keys")
        crashing.folder = given.folder
        keys = crashing
    store = Store(given.database, keys, size=3)
    storage = FolderStorage(given.folder / "artefacts")
    app = transport.make_app(given.group, transport.Broker(given.servers), folder=given.folder, instance="only")

    async def produce(outgoing: Sequence[transport.Outgoing]) -> None:
        if given.crash == "after-commit" and once(given.folder, "crashed"):
            os._exit(CRASHED)
        await transport.produce(app, outgoing)
        if given.crash == "after-produce" and once(given.folder, "crashed"):
            os._exit(CRASHED)

    pool = Pool(2, deadline=given.deadline)
    stage = Scripted(storage, given.folder, given.code)
    runner = Runner(spec, stage, store, pool, produce, Door(store, storage, "acme"))
    transport.attach(app, given.source, runner.batch)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await store.open()
    await app.start()
    while not stop.is_set() and not app.crashed and not app.should_stop:
        try:
            await asyncio.wait_for(stop.wait(), 0.2)
        except TimeoutError:
            continue
    code = 0 if stop.is_set() else 1
    await app.stop()
    await asyncio.to_thread(pool.close)
    await store.close()
    os._exit(code)


if __name__ == "__main__":
    asyncio.run(main(parse()))
