"""XML from strangers: guarded, streamed, and cut into documents that any step can start at."""

from __future__ import annotations

import io

import pytest
from reading_samples import everything, refusal, rules, step, ubl

from schemas.errors import ExportUnreadable, LimitExceeded
from stages.formats.reading import xml
from stages.formats.reading.records import DOCUMENT_PARTS

DECLARATION = '<?xml version="1.0" encoding="{}"?>\n'


def batch(count: int, *, encoding: str = "UTF-8") -> str:
    """Documents below a wrapper whose namespaces they use, on lines of their own."""
    documents = "\n".join(ubl(f"F-{n}") for n in range(1, count + 1))
    wrapper = '<w:batch xmlns:w="urn:w" xmlns:q="a&amp;b"><w:head a="1"/>'
    return f"{DECLARATION.format(encoding)}{wrapper}\n{documents}\n</w:batch>\n"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
        ("ISO-8859-1", "iso-8859-1"),
        ("ISO-8859-2", "iso-8859-2"),
        ("windows-1250", "windows-1250"),
    ],
)
def test_any_document_can_be_the_first_of_a_step(declared: str, codec: str) -> None:
    """In each encoding that is read, entering at every document gives the same documents as reading at once."""
    data = batch(7, encoding=declared).encode(codec, "xmlcharrefreplace")
    at_once = everything(data)
    one_by_one = everything(data, limit=1)
    assert [r.document for r in at_once] == [r.document for r in one_by_one]
    assert [r.address for r in one_by_one] == [f"invoice[{n}]" for n in range(1, 8)]
    assert at_once[6].document is not None
    assert at_once[6].document.invoice_number == "F-7"
    assert at_once[6].document.buyer.name == "Zażółć Sp. z o.o."


def test_lines_are_counted_over_steps() -> None:
    """A finding in the third document names the line of the file, whether or not a step began in between."""
    data = batch(3).replace("<cbc:ID>F-3</cbc:ID>", "<cbc:ID></cbc:ID>")
    at_once, in_steps = everything(data)[2], everything(data, limit=1)[2]
    expected = data[: data.index("<Invoice", data.index("F-2"))].count("\n") + 1
    assert refusal(at_once).rule == "field-missing"
    assert refusal(at_once).place == f"line {expected}, /Invoice"
    assert refusal(at_once) == refusal(in_steps)


def test_a_step_does_not_read_what_came_before() -> None:
    """Reading on from the last of 400 documents takes a small part of the bytes."""

    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    data = batch(400).encode()
    pieces = list(xml.split(io.BytesIO(data), lambda _, local: local == "Invoice", None))
    file = Counting(data)
    rest = list(xml.split(file, lambda _, local: local == "Invoice", pieces[398].after))
    assert [piece.ordinal for piece in rest] == [400]
    assert file.count < len(data) / 20


def test_a_doctype_is_refused_with_its_line() -> None:
    """DOCTYPE, and with it every entity attack, is refused before any entity is declared."""
    attack = '<?xml version="1.0"?>\n<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n' + ubl()
    with pytest.raises(ExportUnreadable) as refused:
        step(attack)
    assert refused.value.findings[0].rule == "xml-doctype"
    assert refused.value.findings[0].place.startswith("line 2")


def test_a_file_that_breaks_off_gives_what_is_whole() -> None:
    """Two documents are read, and the third place says where the XML ends."""
    data = batch(3)
    cut = data[: data.rindex("<cbc:DocumentCurrencyCode>")]
    records = everything(cut)
    assert [r.document.invoice_number if r.document else None for r in records] == ["F-1", "F-2", None]
    assert rules(records[2]) == ["xml-syntax"]
    assert f"line {cut.count(chr(10)) + 1}" in refusal(records[2]).place


def test_wrong_bytes_are_told_as_an_encoding() -> None:
    """Latin-1 bytes in a file that says UTF-8: the finding names the declared encoding and the line."""
    data = (DECLARATION.format("UTF-8") + ubl().replace("Zażółć", "Café")).encode("latin-1")
    with pytest.raises(ExportUnreadable) as refused:
        everything(data)
    finding = refused.value.findings[0]
    assert finding.rule == "xml-syntax"
    assert "UTF-8" in finding.message
    assert finding.place.startswith("line 9, column 90")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (ubl(extra="<x>" * 70 + "</x>" * 70), "xml-depth"),
        ("<Invoice " + "x" * 40, "xml-syntax"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "xml-encoding"),
        ('<?xml version="1.0" encoding="utf-16"?><a/>', "xml-encoding"),
        ("<a><b></a>", "xml-syntax"),
        ("<a>&undefined;</a>", "xml-syntax"),
        ("<a b='1' b='2'/>", "xml-syntax"),
        ("<html></html>", "format-unknown"),
    ],
)
def test_damage_has_a_rule(data: str, rule: str) -> None:
    """Each kind of damage is refused under its own rule, also behind the start of a UBL wrapper."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(data)
    assert refused.value.findings[0].rule == rule


def test_a_bad_document_does_not_stop_the_batch() -> None:
    """The document with an unbound prefix is refused with its line; its neighbours are read."""
    data = batch(3).replace("<cbc:ID>F-2</cbc:ID>", "<nobody:ID>F-2</nobody:ID>")
    records = everything(data)
    assert [bool(r.document) for r in records] == [True, False, True]
    assert rules(records[1]) == ["xml-syntax"]
    assert refusal(records[1]).place.startswith(f"line {data[: data.index('nobody')].count(chr(10)) + 1},")


def test_a_document_of_too_many_elements_is_passed_over() -> None:
    """One document over the cap of parts is refused as such; the next one is read."""
    swollen = ubl("F-1", extra="<x/>" * (DOCUMENT_PARTS + 1))
    records = everything(f"<batch>{swollen}{ubl('F-2')}</batch>")
    assert isinstance(records[0].error, LimitExceeded)
    assert rules(records[0]) == ["xml-limit"]
    assert records[1].document is not None
    assert records[1].document.invoice_number == "F-2"


def test_an_empty_document_is_refused() -> None:
    """`<Invoice/>` between two others is refused, and takes nothing of its neighbours."""
    records = everything(
        f'<b>{ubl("F-1")}<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>{ubl("F-3")}</b>'
    )
    assert [r.document.invoice_number if r.document else rules(r)[0] for r in records] == ["F-1", "xml-empty", "F-3"]


def test_an_invoice_inside_an_invoice_is_not_a_document() -> None:
    """Only the outer element counts: what an extension carries is never sent as an invoice of its own."""
    records = everything(ubl("OUTER", extra=ubl("INNER")))
    assert [r.document.invoice_number if r.document else None for r in records] == ["OUTER"]
    assert any(w.rule == "ubl-unknown" for w in records[0].warnings)


def test_nothing_but_the_wrapper() -> None:
    """A UBL wrapper whose only document breaks off is refused as a whole."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(ubl()[:-20])
    assert refused.value.findings[0].rule == "xml-syntax"


def test_wrappers_are_bounded() -> None:
    """Thousands of elements that are no documents end the export; what was read before stays read."""
    records = everything(f"<w>{ubl()}{'<a/>' * 10_001}{ubl('F-2')}</w>")
    assert [rules(r) if r.error else r.document and r.document.invoice_number for r in records] == [
        "F-1",
        ["xml-limit"],
    ]


def test_a_huge_attachment_is_a_limit() -> None:
    """A text beyond what the parser holds passes a cap, and says so; the next document is read."""
    records = everything(f"<w>{ubl(extra='<x>' + 'A' * 11_000_000 + '</x>')}{ubl('F-2')}</w>")
    assert isinstance(records[0].error, LimitExceeded)
    assert rules(records[0]) == ["xml-limit"]
    assert records[1].document is not None
