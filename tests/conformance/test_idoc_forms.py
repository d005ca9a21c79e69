"""The XML and the flat form of one IDoc are the same document: on pairs that SAP made, and on our own."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from schemas.profiles import load_profile
from stages.formats.idoc.definitions import PROVED, SEGMENTS
from stages.formats.idoc.flat import split
from stages.formats.idoc.segments import RAW, Segment, from_flat, from_xml
from stages.formats.reading.step import Record, read

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from idoc_flat import flat

CORPORA = Path(__file__).parents[3] / "shared" / "corpora" / "idoc"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
PAIRS = {
    "mt__invoic-idoc-flat2xml-invoice01__flat.idoc": ("mt__invoic-idoc-xml2flat-invoice01__INVOIC01.xml", 97),
    "mt__orders-idoc-flat2xml-orders05__flat.idoc": ("mt__orders-idoc-xml2flat-orders05__ORDERS05.xml", 62),
}
"""Flat form -> XML form, and records of it."""
SELLER = load_profile("name: x\nconstants: {seller: {name: Seller Ltd}}")


def shape(segment: Segment) -> Any:
    """Tag, fields and segments below, without lines."""
    return segment.tag, segment.fields, [shape(each) for each in segment.below]


def trees(flat_name: str) -> tuple[Segment, Segment]:
    xml, count = PAIRS[flat_name]
    (piece,) = split(io.BytesIO((CORPORA / flat_name).read_bytes()), "utf-8", None)
    assert len(piece.rows) == count
    idoc = next(etree.parse(CORPORA / xml).getroot().iter("IDOC"))
    return from_flat(piece.rows), from_xml(idoc, 1)


@pytest.mark.parametrize("name", PAIRS)
def test_a_converted_pair_has_one_tree(name: str) -> None:
    """Segment by segment and field by field, both forms hold the same."""
    one, other = trees(name)
    assert shape(one) == shape(other)


def document(name: str) -> Record:
    """Read with a seller where the export names none; unreadable days are read as 2024-01-15."""
    data = (CORPORA / name).read_bytes()
    if name.endswith(".xml"):
        data = re.sub(rb"<DATUM>\d+</DATUM>", b"<DATUM>20240115</DATUM>", data)
    else:
        lines = data.split(b"\n")
        data = b"\n".join(_dated(line) for line in lines)
    (record,) = read(io.BytesIO(data), name, SELLER, None).records
    return record


def _dated(line: bytes) -> bytes:
    at = {b"E2EDK02": 107, b"E2EDK03": 66, b"E2EDP02": 107, b"E2EDP03": 66}.get(line[:7])
    return line if at is None or not line[at : at + 8].strip() else line[:at] + b"20240115" + line[at + 8 :]


@pytest.mark.parametrize("name", PAIRS)
def test_a_converted_pair_is_one_document(name: str) -> None:
    """The canonical documents of both forms are equal, whole."""
    one, other = document(name), document(PAIRS[name][0])
    assert one.document is not None
    assert one.document == other.document
    assert [w.rule for w in one.warnings] == [w.rule for w in other.warnings]


def _lacking(name: str) -> tuple[dict[str, set[str]], set[str], int]:
    """Fields and segments of an XML form without definition; how many segments hold data behind what is known."""
    fields: dict[str, set[str]] = {}
    segments: set[str] = set()
    count = 0
    for each in next(etree.parse(CORPORA / name).getroot().iter("IDOC")).iter("{*}*"):
        tag = str(each.tag)
        if tag in ("IDOC", "EDI_DC40") or not (len(each) or each.get("SEGMENT") is not None):
            continue
        if tag not in SEGMENTS:
            segments.add(tag)
            continue
        known = {field for field, _, _ in SEGMENTS[tag].fields}
        told = {str(c.tag) for c in each if not len(c) and c.get("SEGMENT") is None and c.text and c.text.strip()}
        if told - known:
            fields.setdefault(tag, set()).update(told - known)
        unproved = any((tag, field) in PROVED and not PROVED[tag, field](each.findtext(field) or "") for field in told)
        count += bool(told - known) or unproved
    return fields, segments, count


XML_FORMS = sorted(p.name for p in CORPORA.glob("*0[1257].xml")) if CORPORA.is_dir() else []
UNKNOWN_FIELDS = {"E1EDP04": {"TXDAT"}, "E1EDL20": {"INCO2_L"}, "E1EDL26": {"MATNR_LONG", "MATWA_LONG"}}
"""Fields whose place in a flat file no published definition tells: kept aside there, whole, with a warning."""
UNREAD_SEGMENTS = set(
    """E1CUREF E1CUCFG E1CUINS E1CUPRT E1CUVAL E1CUBLB E1ADDI1 E1EDPS5 E1EDPAD E1TXTH1 E1TXTP1 E1EDC01 E1EDC02 E1EDC03
    E1EDC04 E1EDC05 E1EDC06 E1EDC07 E1EDCA1 E1EDC19 E1EDC17 E1EDC18 E1EDCT1 E1EDCT2 E1EDL38 E1EDL39""".split()
)
"""Segments that nothing is read from: their data are kept aside, by field in XML and in one piece in a flat file."""


def test_what_the_definitions_lack_is_known() -> None:
    """Every field and segment of the corpora's IDocs has a place in a flat file, but those that are named here."""
    assert len(XML_FORMS) == 12
    fields: dict[str, set[str]] = {}
    segments: set[str] = set()
    for name in XML_FORMS:
        lacking, unread, _ = _lacking(name)
        for tag, found in lacking.items():
            fields.setdefault(tag, set()).update(found)
        segments |= unread
    assert fields == UNKNOWN_FIELDS
    assert segments == UNREAD_SEGMENTS


def _told_by_both(extras: dict[str, str]) -> dict[str, str]:
    """Without what a flat file can only keep in one piece."""

    def lacking(key: str) -> bool:
        *tags, field = re.sub(r"\[.*?\]", "", key).split("/")
        return field == RAW or bool(UNREAD_SEGMENTS & set(tags)) or field in UNKNOWN_FIELDS.get(tags[-1], ())

    return {key: value for key, value in extras.items() if not lacking(key)}


@pytest.mark.parametrize("name", XML_FORMS)
def test_every_xml_form_survives_being_written_flat(name: str) -> None:
    """Written as a flat file by the segment definitions, each IDoc gives the document of its XML."""
    xml = re.sub(rb"<DATUM>\d+</DATUM>", b"<DATUM>20240115</DATUM>", (CORPORA / name).read_bytes())
    profile = load_profile("name: x\ncounts: accept\nconstants: {seller: {name: S}, buyer: {name: B}}")
    one = read(io.BytesIO(xml), name, profile, None).records
    other = read(io.BytesIO(flat(xml).encode()), name, profile, None).records
    assert len(one) == len(other) == 1
    (of_xml,), (of_flat,) = one, other
    assert of_xml.document is not None
    assert of_flat.document is not None
    mine, theirs = of_xml.document.model_dump(), of_flat.document.model_dump()
    assert _told_by_both(mine.pop("extras") or {}) == _told_by_both(theirs.pop("extras") or {})
    assert mine == theirs
    aside = [w for w in of_flat.warnings if w.rule == "idoc-longer"]
    assert len(aside) == _lacking(name)[2]
