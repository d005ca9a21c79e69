"""Reads each file of a folder in a child process of its own, and prints what that cost: a line of JSON a file.

    python reading_costs.py FOLDER PROFILES

`mib` is by how much the child's largest resident size grew, `seconds` the CPU that it took (other tests share the
machine's clock), `findings` the rules under which the file or records of it were refused.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from pathlib import Path
from typing import Any


def read(path: Path, profiles: Path) -> dict[str, Any]:
    from connectors.profiles import FolderProfiles
    from schemas.errors import EntregaError
    from stages.extraction import read_all

    pinned = FolderProfiles(profiles).current("demo")
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    rules: list[str] = []
    try:
        with open(path, "rb") as file:
            for record in read_all(file, path.name, pinned.extraction, None):
                rules += [finding.rule for finding in record.error.findings] if record.error else []
    except EntregaError as error:
        rules += [finding.rule for finding in error.findings]
    seconds = time.process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"file": path.name, "seconds": round(seconds, 3), "mib": (after - before) // 1024, "findings": rules}


def main() -> None:
    import lxml.etree  # noqa: F401  what a worker's child has loaded already is not a file's cost
    import pydantic  # noqa: F401

    import stages.extraction  # noqa: F401

    folder, profiles = Path(sys.argv[1]), Path(sys.argv[2])
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        for path in sorted(folder.iterdir()):
            print(json.dumps(pool.apply(read, (path, profiles))), flush=True)


if __name__ == "__main__":
    main()
