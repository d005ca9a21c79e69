"""The reference: the handles of the stages called one after the other, in one process, without broker or outcomes.

    python -m pipeline.bench.reference DATA DOCUMENTS LINES

Ports are the real ones: artefacts in the data folder, the directory in the database, where the buyers must be known.
Prints one JSON object: CPU seconds by stage.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import orjson

from connectors.storage import put
from pipeline import wiring
from pipeline.bench import documents
from pipeline.pool import guarded
from pipeline.settings import Settings, load
from pipeline.topology import STAGES
from schemas.messages import ArtefactKind, ExportReceived, Frozen, Written
from schemas.outcomes import Done, ExportStep, Result

WARM = 5
"""Documents before the clock counts: stylesheets, schemas and fonts are loaded once in a process."""
CHAIN = [spec.name for spec in STAGES if spec.name != "acknowledgement"]


def measure(settings: Settings, count: int, lines: int) -> dict[str, float]:
    """CPU seconds that `count` documents took, by stage. Raises RuntimeError where a document did not come through."""
    found = wiring.endpoints(settings)
    store = wiring.open_store(settings, found)
    stages = {name: wiring.stage(name, settings, found, store) for name in CHAIN}
    storage = wiring.storage(settings)
    loop = asyncio.new_event_loop()
    spent: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, message: Frozen) -> Result:
        before = time.process_time()
        result = loop.run_until_complete(guarded(stages[name], message))
        spent[name] += time.process_time() - before
        return result

    def run(first: int, number: int) -> None:
        export = uuid4()
        content = documents.export(first, number, lines)
        kind, media_type = ArtefactKind.SOURCE, "application/json"
        source = put(storage, documents.TENANT, export, kind, content, media_type=media_type, name="r.json")
        asked = ExportReceived(tenant=documents.TENANT, export_id=export, name="r.json", source=source)
        for message in _extracted(timed("extraction", asked)):
            following: Frozen | None = message
            for name in CHAIN[1:]:
                result = timed(name, following)  # type: ignore[arg-type]
                if not isinstance(result, Done) or isinstance(result.message, Written):
                    raise RuntimeError(f"{name}: {result}")
                following = result.message

    with storage.batch():  # a child of the pool makes a chunk's artefacts durable together
        run(0, WARM)
        spent.clear()
        run(WARM, count)
    loop.close()
    return dict(spent)


def _extracted(result: Result) -> Iterator[Frozen]:
    if not isinstance(result, Done):
        raise RuntimeError(f"extraction: {result}")
    for effect in result.effects:
        assert isinstance(effect, ExportStep)
        for registration in effect.registrations:
            if registration.message is None:
                raise RuntimeError(f"extraction: {registration.refusal}")
            yield registration.message


if __name__ == "__main__":
    print(orjson.dumps(measure(load(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))).decode())
