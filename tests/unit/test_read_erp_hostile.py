"""Damaged and random bytes in every reader of ERPs' and banks' files: refused with a finding, never an exception."""

from __future__ import annotations

import io
import json
import random

import pytest
from idoc_flat import flat
from reading_samples import canonical
from test_read_cnab import file_240, title
from test_read_erp_json import PROFILE as ERP
from test_read_erp_json import move
from test_read_fixed import PROFILE as FIXED
from test_read_fixed import head, line, text
from test_read_idoc import batch, idoc
from test_read_spool import PDF, TEXT, pdf_spool, text_spool
from test_read_xlsx import PROFILE as XLSX
from test_read_xlsx import book

from schemas.errors import EntregaError
from schemas.profiles import ExtractionProfile
from stages.formats.reading.step import read

SAMPLES: dict[str, tuple[bytes, ExtractionProfile | None]] = {
    "idoc-flat": ((flat(batch(idoc("1"))) + flat(batch(idoc("2")))).encode(), None),
    "idoc-xml": (batch(idoc("1"), idoc("2")).encode(), None),
    "erp-json": (json.dumps({"value": [move(), move(name="I-2")]}).encode(), ERP),
    "canonical": (json.dumps([canonical("1"), canonical("2")]).encode(), None),
    "cnab": (file_240(*title("F-1"), *title("F-2")).encode(), None),
    "fixed": (text(head("A-1"), line("A-1", "Paper"), head("A-2"), line("A-2", "Ink")), FIXED),
    "xlsx": (book([1, "02.11.2026", "A", "P", 1, 1, 0.23], [2, "02.11.2026", "B", "I", 1, 2, 0.23]), XLSX),
    "spool-text": (text_spool(), TEXT),
    "spool-pdf": (pdf_spool(), PDF),
}
TIMES = {"spool-pdf": 200, "xlsx": 300}


def changed(data: bytes, chance: random.Random) -> bytes:
    """A few bytes flipped, cut out, doubled or put in; or the end is gone."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(found) or 1)
        size = chance.choice((1, 1, 2, 9, 60))
        match chance.randrange(5):
            case 0:
                found[at : at + size] = chance.randbytes(size)
            case 1:
                del found[at : at + size]
            case 2:
                found[at:at] = found[at : at + size]
            case 3:
                found[at:at] = chance.choice(
                    (b"\0", b"\xff", b"9" * 50, b"{", b"}", b"]", b"<", b"\n", b'"', b"-", b"e999")
                )
            case 4 if chance.random() < 0.1:
                del found[at:]
    return bytes(found)


def consumed(data: bytes, profile: ExtractionProfile | None) -> None:
    """Read to the end in steps: every record is a document, or an error with findings; every cursor is passed."""
    cursor: str | None = None
    for _ in range(200):
        try:
            step = read(io.BytesIO(data), "x", profile, cursor, limit=1)
        except EntregaError as error:
            if not error.findings:
                raise
            return
        assert all(r.document or (r.error is not None and r.error.findings) for r in step.records)
        cursor = step.cursor
        if cursor is None:
            return
    raise AssertionError("the reader does not come to an end")


@pytest.mark.parametrize("name", SAMPLES)
def test_changed_bytes_never_break_a_reader(name: str) -> None:
    """Hundreds of changed samples: only findings come of them."""
    data, profile = SAMPLES[name]
    chance = random.Random(name)  # noqa: S311 - the same noise every time
    consumed(data, profile)
    for _ in range(TIMES.get(name, 800)):
        consumed(changed(data, chance), profile)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_beginning_of_a_file_never_breaks_a_reader(name: str) -> None:
    """Cut off at any of fifty places, what was whole before may be read, the rest is told."""
    data, profile = SAMPLES[name]
    for part in range(0, 50, 5 if name in TIMES else 1):
        consumed(data[: len(data) * part // 50], profile)


@pytest.mark.parametrize(
    "start", [b"EDI_DC40", b"02RETORNO", b'{"BillingDocument":', b'{"value":[', b"PK\x03\x04", b"%PDF-1.4", b""]
)
@pytest.mark.parametrize("profile", [None, FIXED, XLSX, TEXT, PDF], ids=["none", "fixed", "xlsx", "text", "pdf"])
def test_random_bytes_never_break_a_reader(start: bytes, profile: ExtractionProfile | None) -> None:
    """Noise behind the first bytes of a format is refused."""
    chance = random.Random(repr(start))  # noqa: S311 - the same noise every time
    for size in (0, 1, 30, 1000, 5000):
        consumed(start + chance.randbytes(size), profile)
        consumed(start + bytes(chance.choice(b' 0129,;"{}[]:azAZ\n\r\f') for _ in range(size)), profile)
