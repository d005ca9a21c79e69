"""Invoices inside PDFs, found by name or by what they are; hostile files are refused with their reason."""

from __future__ import annotations

import io
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import test_facturae
import test_fatturapa
import test_ksef
from mangling import survive
from test_cii import document

from schemas.documents import Invoice
from schemas.errors import EntregaError, ExportUnreadable
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.cii.profile import FACTUR_X
from stages.formats.cii.writer import write
from stages.formats.pdf import embedded
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.rendering.brand import Brand
from stages.rendering.layout import render
from stages.rendering.pdfa import EmbeddedFile

CII = write(document(), FACTUR_X["en16931"])
PEPPOL, _ = complete(document())
UBL = registry.target("peppol").write(PEPPOL, {})
WRITABLE: dict[str, tuple[Invoice, dict[str, str]]] = {
    "peppol": (document(), {}),
    "cii": (document(), {}),
    "facturae": (test_facturae.invoice(), {}),
    "fatturapa": (test_fatturapa.invoice(), {"regime_fiscale": "RF01", "codice_destinatario": "XXXXXXX"}),
    "ksef-fa3": (test_ksef.invoice(), {}),
}


def pdf(*files: tuple[str, bytes], change: Any = None, **saving: Any) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, content in files:
            made.attachments[name] = pikepdf.AttachedFileSpec(made, content, filename=name, mime_type="text/xml")
        if change:
            change(made)
        out = io.BytesIO()
        made.save(out, **saving)
        return out.getvalue()


def records(content: bytes) -> tuple[Record, ...]:
    return read(io.BytesIO(content), "invoice.pdf", None, None).records


def refusal(content: bytes) -> tuple[str, str | None]:
    with pytest.raises(EntregaError) as refused:
        records(content)
    finding = refused.value.findings[0]  # type: ignore[attr-defined]
    return finding.rule, finding.found


@pytest.mark.parametrize("name", ["factur-x.xml", "xrechnung.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml"])
def test_the_invoice_is_found_by_its_name(name: str) -> None:
    """Under each of the names that the standards gave it; what lies beside it is told, not read."""
    (record,) = records(pdf((name, CII), ("timesheet.csv", b"1,2")))
    assert record.address == f"{name}, invoice[1]"
    assert isinstance(record.document, Invoice)
    assert record.document.invoice_number == "R-1"
    assert [(each.rule, each.found) for each in record.warnings] == [("pdf-attachment", "timesheet.csv")]


def test_a_profile_without_lines_is_read() -> None:
    """BASIC WL and MINIMUM have no lines and say so; their amounts stay. Plain EN 16931 without lines is refused."""
    lineless = write(document(), FACTUR_X["basic-wl"])
    minimum = lineless.replace(b"urn:factur-x.eu:1p0:basicwl", b"urn:factur-x.eu:1p0:minimum")
    for content in (lineless, minimum):
        (record,) = records(pdf(("factur-x.xml", content)))
        assert isinstance(record.document, Invoice)
        completed, findings = complete(record.document)
        assert (completed.lines, completed.totals) == ((), record.document.totals)
        assert [(each.rule, each.severity) for each in findings] == [("BR-16", "warning")]
    (record,) = records(
        pdf(("factur-x.xml", lineless.replace(b"urn:factur-x.eu:1p0:basicwl", b"urn:cen.eu:en16931:2017")))
    )
    assert isinstance(record.error, ExportUnreadable)
    assert [each.rule for each in record.error.findings] == ["field-missing"]


def test_a_pdf_without_an_invoice_is_refused() -> None:
    """No embedded file, or none that is of a format read here: refused, with the names that are there."""
    assert refusal(pdf()) == ("pdf-no-invoice", None)
    order = b"<SCRDMCCBDACIOMessageStructure xmlns='urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100'/>"
    assert refusal(pdf(("order-x.xml", order), ("a.csv", b""))) == ("pdf-no-invoice", "a.csv, order-x.xml")
    assert refusal(pdf(("a.xml", b"<broken"), ("b.xml", b"")))[0] == "pdf-no-invoice"


@pytest.mark.parametrize("name", WRITABLE)
def test_any_embedded_invoice_is_read_as_if_it_came_alone(name: str) -> None:
    """Under whatever name an attachment lies: the same document, at its own name."""
    given, options = WRITABLE[name]
    content = registry.target(name).write(complete(given)[0], options)
    (alone,) = read(io.BytesIO(content), "alone.xml", None, None).records
    (inside,) = records(pdf(("Rechnung 7.xml", content), ("note.txt", b"x")))
    assert alone.document is not None
    assert inside.document == alone.document
    assert inside.address == f"Rechnung 7.xml, {alone.address}"


def test_the_page_of_a_target_is_read_as_what_lies_in_it() -> None:
    """The PDF that our own rendering makes with UBL inside gives the document that the UBL gives."""
    inside = EmbeddedFile("invoice-R-1.xml", UBL)
    made = datetime(2026, 11, 2, tzinfo=UTC)
    page = render(PEPPOL, brand=Brand(name="Seller"), language="en", attachment=inside, created=made)
    (alone,) = read(io.BytesIO(UBL), "invoice.xml", None, None).records
    (record,) = records(page)
    assert (record.document, record.warnings) == (alone.document, ())


def test_two_kinds_are_refused() -> None:
    """Nobody guesses which of two counts: two names of the standard, or two formats."""
    assert refusal(pdf(("factur-x.xml", CII), ("xrechnung.xml", CII)))[0] == "pdf-several-invoices"
    for name in ("factur-x.xml", "invoice.xml"):
        rule, found = refusal(pdf((name, CII), ("z.xml", UBL)))
        assert (rule, found) == ("pdf-several-invoices", f"{name} (UN/CEFACT CII D16B), z.xml (UBL 2.1)")


def test_a_supplement_is_no_invoice() -> None:
    """What the PDF calls a supplement is beside the invoice, whatever it is."""

    def supplement(made: pikepdf.Pdf) -> None:
        made.attachments["order.xml"].relationship = pikepdf.Name.Supplement

    (record,) = records(pdf(("factur-x.xml", CII), ("order.xml", UBL), change=supplement))
    assert record.address == "factur-x.xml, invoice[1]"
    assert [each.found for each in record.warnings] == ["order.xml"]


def test_several_of_one_kind_are_read_in_steps() -> None:
    """Two UBL invoices in one PDF are two documents, and reading goes on from between them."""
    two = registry.target("peppol").write(PEPPOL.model_copy(update={"invoice_number": "R-2"}), {})
    content = io.BytesIO(pdf(("a.xml", UBL), ("b.xml", two)))
    found, cursor = [], None
    while True:
        step = read(content, "x.pdf", None, cursor, limit=1)
        found += [(each.address, each.document and each.document.number) for each in step.records]
        if (cursor := step.cursor) is None:
            break
    assert found == [("a.xml, invoice[1]", "R-1"), ("b.xml, invoice[1]", "R-2")]


def test_one_of_several_that_cannot_be_read_stops_no_other() -> None:
    """It is one refused record."""
    good, bad = records(pdf(("a.xml", UBL), ("b.xml", UBL[: len(UBL) // 2])))
    assert good.document is not None
    assert isinstance(bad.error, ExportUnreadable)
    assert (bad.address, bad.error.findings[0].rule) == ("b.xml", "xml-syntax")


def test_an_embedded_file_that_is_no_cii_is_refused_by_the_xml_reader() -> None:
    """The name alone makes no invoice."""
    assert refusal(pdf(("factur-x.xml", b"<Invoice/>")))[0] == "xml-no-document"
    assert refusal(pdf(("factur-x.xml", b"\xff\xfe\x00")))[0] == "xml-syntax"


def test_an_encrypted_pdf_is_refused() -> None:
    """With a password for opening, and with one for changing only."""
    for user in ("secret", ""):
        locked = pdf(("factur-x.xml", CII), encryption=pikepdf.Encryption(owner="owner", user=user))
        assert refusal(locked) == ("pdf-encrypted", None)


def test_a_pdf_with_a_program_is_refused() -> None:
    """JavaScript at opening or by name, a program to launch, actions of the document: PDF/A has none of them."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x")

    def named(made: pikepdf.Pdf) -> None:
        made.Root.Names.JavaScript = pikepdf.Dictionary(Names=["a", script])

    def setting(key: str, value: Any) -> Any:
        return lambda made: made.Root.__setitem__(key, value)

    for change, place in (
        (named, "/Names/JavaScript"),
        (setting("/OpenAction", script), "/OpenAction"),
        (setting("/OpenAction", launch), "/OpenAction"),
        (setting("/AA", pikepdf.Dictionary(WC=script)), "/AA"),
    ):
        assert refusal(pdf(("factur-x.xml", CII), change=change)) == ("pdf-program", place)


def test_a_damaged_pdf_is_refused_and_not_repaired() -> None:
    """Cut off, or with a cross-reference table that points elsewhere."""
    whole = pdf(("factur-x.xml", CII), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert refusal(whole[: len(whole) // 2])[0] == "pdf-damaged"
    assert refusal(whole.replace(b"startxref\n", b"startxref\n9"))[0] == "pdf-damaged"


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    """An embedded file of a few kilobytes that unpacks to 300 MB is refused before it is unpacked."""
    engine = zlib.compressobj(9)
    packed = b"".join(engine.compress(b" " * 1024 * 1024) for _ in range(300)) + engine.flush()

    def bomb(made: pikepdf.Pdf) -> None:
        stream = made.attachments["factur-x.xml"].obj.EF.F
        stream.write(packed, filter=pikepdf.Name.FlateDecode)

    content = pdf(("factur-x.xml", CII), change=bomb, compress_streams=False)
    assert len(content) < 500_000
    assert refusal(content)[0] == "pdf-damaged"


def test_a_pdf_beyond_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF of more bytes than are read, or with more embedded files than are looked at."""
    monkeypatch.setattr(embedded, "PDF_BYTES", 1000)
    assert refusal(pdf(("factur-x.xml", CII)))[0] == "pdf-limit"
    monkeypatch.undo()
    monkeypatch.setattr(embedded, "FILES", 1)
    assert refusal(pdf(("factur-x.xml", CII), ("a", b"")))[0] == "pdf-limit"


def test_the_limits_of_the_process_are_put_back() -> None:
    """What reading strangers' files may unpack binds nobody else in the process."""
    before = pikepdf.settings.get_qpdf_limits()
    records(pdf(("factur-x.xml", CII)))
    refusal(b"%PDF-1.7 nothing")
    assert pikepdf.settings.get_qpdf_limits() == before


_SAMPLE = pdf(("factur-x.xml", CII))


def test_no_bytes_break_the_reader() -> None:
    """Damaged bytes give a document, a refused record or an unreadable export, and nothing else."""
    survive(_SAMPLE, "x.pdf")
