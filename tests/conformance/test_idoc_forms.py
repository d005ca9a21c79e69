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
from stages.formats.idoc.definitions import CONTROL, SEGMENTS
from stages.formats.idoc.flat import split
from stages.formats.idoc.segments import Segment, from_flat, from_xml
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


def _prune(segment: etree._Element) -> None:
    """Without the segments and fields of releases that the definitions here do not know."""
    definition = CONTROL if segment.tag == "EDI_DC40" else SEGMENTS.get(str(segment.tag))
    fields = {name for name, _, _ in definition.fields} if definition else set()
    for child in list(segment):
        if len(child) or child.get("SEGMENT") is not None:
            if child.tag in SEGMENTS or child.tag == "EDI_DC40":
                _prune(child)
            else:
                segment.remove(child)
        elif child.tag not in fields:
            segment.remove(child)


@pytest.mark.parametrize("name", sorted(p.name for p in CORPORA.glob("o2c*0[2-7].xml")) if CORPORA.is_dir() else [])
def test_every_xml_form_survives_being_written_flat(name: str) -> None:
    """Written as a flat file by the segment definitions, each IDoc gives the document of its XML."""
    root = etree.parse(CORPORA / name).getroot()
    _prune(next(root.iter("IDOC")))
    xml = etree.tostring(root)
    profile = load_profile("name: x\ncounts: accept\nconstants: {seller: {name: S}, buyer: {name: B}}")
    one = read(io.BytesIO(xml), name, profile, None).records
    other = read(io.BytesIO(flat(xml).encode()), name, profile, None).records
    assert [r.document for r in one] == [r.document for r in other]
    assert all(r.document for r in one)
