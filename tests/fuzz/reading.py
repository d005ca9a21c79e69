"""Coverage-guided fuzzing of one reader: `python tests/fuzz/reading.py FORMAT [options] [folders of seeds]`.

Whatever bytes come, reading ends with records, or with an error that has a reason. It opens no file and no connection:
an audit hook turns each try into a crash.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["stages.formats", "schemas"]):
    from schemas.errors import EntregaError
    from schemas.profiles import load_profile
    from stages.formats import registry
    from stages.formats.reading.head import HEAD_BYTES, Head
    from stages.formats.reading.records import Budget, Source

PROFILES = {
    "csv": """name: fuzz
constants: {currency: EUR, seller: {name: S}, buyer: {name: B}, line: {vat_category: S, vat_rate: "20"}}
csv: {separator: ";", decimal: ",", dates: ["%d.%m.%Y"], key: [No], document: {invoice_number: No, issue_date: Day},
      line: {identifier: Pos, name: Item, quantity: Qty, net_price: Price}}
""",
}
"""Formats that read nothing without a mapping."""


def main() -> None:
    name = sys.argv.pop(1)
    (format_,) = [each for each in registry.formats() if each.name == name]
    assert format_.read is not None
    read, fits = format_.read, format_.fits
    text = PROFILES.get(name)
    profile = load_profile(text) if text else None
    armed = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if armed and (event.startswith("socket.") or event in ("subprocess.Popen", "os.system")):
            raise AssertionError(f"a reader reached out: {event}")
        if armed and event == "open" and isinstance(arguments[0], str) and not _ours(arguments[0]):
            raise AssertionError(f"a reader opened {arguments[0]}")

    def once(data: bytes) -> None:
        nonlocal armed
        armed = True
        try:
            if fits is not None and not fits(Head(data[:HEAD_BYTES], "fuzz"), profile):
                return
            cursor, steps = None, 0
            while True:
                records, cursor = read(Source(io.BytesIO(data), "fuzz"), profile, cursor, Budget(50, 5.0, lambda: 0.0))
                for record in records:
                    assert (record.document is None) != (record.error is None)
                steps += 1
                assert steps < 10_000, "reading does not come to an end"
                if cursor is None:
                    return
        except EntregaError:
            pass  # the reason why
        finally:
            armed = False

    sys.addaudithook(hook)
    once(b"")  # loads what is loaded at the first call
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


ROOTS = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), tempfile.gettempdir(), "/usr/share/zoneinfo")
"""Code and data of the installation, and temporary files: what a reader may open by itself."""


def _ours(path: str) -> bool:
    return path.startswith(ROOTS) or path in ("/dev/null", "/dev/urandom")


if __name__ == "__main__":
    main()
