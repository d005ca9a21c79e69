"""Written FA(3) held against the Ministry's schema, and against its samples, which tell the order of elements."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from ubl_documents import DOCUMENTS

from schemas.documents import Address, Invoice, Party
from schemas.errors import DocumentInvalid
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.ksef.codes import FA3
from stages.formats.reading.step import read
from stages.rules.schemata import schema_check

KSEF = Path(__file__).parents[3] / "shared" / "corpora" / "ksef"
SELLER = Party(
    name="Hurtownia Północ sp. z o.o.",
    vat_identifier="PL5265877635",
    address=Address(line_1="ul. Kwiatowa 1", city="Warszawa", post_code="00-001", country="PL"),
)
OPTIONS = {"corrected_ksef_number": "none"}


def polish() -> Iterator[tuple[str, Invoice]]:
    """Those written for the tests, as a Polish seller would have them: in zlotys, with rates that Poland has."""
    for name, document in DOCUMENTS.items():
        lines = tuple(
            line.model_copy(update={"vat_rate": Decimal(8)}) if line.vat_rate == 6 else line for line in document.lines
        )
        levels = tuple(
            each.model_copy(update={"vat_rate": Decimal(8)}) if each.vat_rate == 6 else each
            for each in document.allowances_charges
        )
        changes: dict[str, Any] = {
            "seller": SELLER, "currency": "PLN", "accounting_currency": None, "lines": lines,
            "allowances_charges": levels,
            "totals": document.totals.model_copy(update={"tax_amount_accounting": None}),
        }  # fmt: skip
        completed, findings = complete(document.model_copy(update=changes))
        assert not [each for each in findings if each.severity == "fatal"], name
        yield name, completed


def documents() -> Iterator[tuple[str, Invoice]]:
    """The Polish seller's, and the Ministry's samples."""
    yield from polish()
    if KSEF.is_dir():
        for path in sorted(KSEF.glob("invoice*.xml")):
            filled = path.read_bytes().replace(b"#nip#", b"5265877635").replace(b"#invoice_number#", b"1")
            (record,) = read(io.BytesIO(filled), path.name, None, None).records
            assert isinstance(record.document, Invoice)
            yield path.stem, complete(record.document)[0]


def written() -> dict[str, bytes]:
    target = registry.target("ksef-fa3")
    files: dict[str, bytes] = {}
    for name, document in documents():
        try:
            files[name] = target.write(document, OPTIONS)
        except DocumentInvalid:
            assert name == "invoice-template-fa-3-with-multiple-Subject3"  # its tax numbers are placeholders
    return files


def orders(root: etree._Element) -> set[tuple[str, str, str]]:
    """(element, child, a later child) for all children of all elements."""
    found: set[tuple[str, str, str]] = set()
    for element in root.iter(etree.Element):
        names = list(dict.fromkeys(etree.QName(each).localname for each in element))
        owner = etree.QName(element).localname
        found |= {(owner, one, other) for n, one in enumerate(names) for other in names[n + 1 :]}
    return found


@pytest.mark.skipif(not KSEF.is_dir(), reason="skipped: no corpora")
def test_elements_stand_in_the_order_of_the_samples() -> None:
    """Nowhere does an element stand before one that the Ministry's samples have before it."""
    told: set[tuple[str, str, str]] = set()
    for path in KSEF.glob("invoice*fa-3*.xml"):
        told |= orders(etree.parse(path).getroot())
    told |= orders(etree.parse(KSEF / "invoice.xml").getroot())
    files = written()
    assert len(files) >= 18
    for name, xml in files.items():
        wrong = {
            (owner, one, other) for owner, one, other in orders(etree.fromstring(xml)) if (owner, other, one) in told
        }
        assert not wrong, name


def test_what_is_written_is_valid_by_the_schema() -> None:
    """Every invoice written for this test is valid FA(3) by the Ministry's schema, and one with an element out of its
    place is not."""
    files = written()
    assert {name: schema_check(xml, "ksef-fa3-1-0e") for name, xml in files.items()} == dict.fromkeys(files, ())
    root = etree.fromstring(files["small"])
    root.insert(0, root[-1])
    (finding, *_) = schema_check(etree.tostring(root), "ksef-fa3-1-0e")
    assert (finding.rule, finding.severity) == ("XSD", "fatal")
    assert FA3 in root.tag
