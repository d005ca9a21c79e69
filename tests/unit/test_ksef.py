"""KSeF FA(3): what its own words mean in the canonical document, and what a writer asks for."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree
from mangling import survive

from schemas.answers import SyntaxAcknowledgement
from schemas.documents import Address, AllowanceCharge, Invoice, Line, Party, PrecedingInvoice, VatBreakdown
from schemas.errors import DocumentInvalid
from stages.conversion.checking import Checker
from stages.conversion.making import make
from stages.conversion.reading_back import judge
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.ksef.codes import FA3
from stages.formats.reading.step import Record, read
from stages.formats.writing.rereading import Again

D = Decimal
DAY = date(2026, 11, 27)
TARGET = registry.target("ksef-fa3")
WARSAW = Address(line_1="ul. Kwiatowa 1", city="Warszawa", post_code="00-001", country="PL")
SELLER = Party(name="Hurtownia Północ sp. z o.o.", vat_identifier="PL5265877635", address=WARSAW)
BUYER = Party(name="Strzelczyk", vat_identifier="PL6808208874", address=WARSAW, erp_id="KL-7615")
GOODS = Line(identifier="1", quantity=D(2), net_price=D("50"), vat_rate=D(23), name="Ogrodzenie", unit="H87")
NUMBER = "5265877635-20250916-010040741B3E-46"


def invoice(**changes: object) -> Invoice:
    given: dict[str, object] = {
        "invoice_number": "FA/17/2026", "issue_date": "2026-11-02", "currency": "PLN", "seller": SELLER,
        "buyer": BUYER, "lines": (GOODS,),
    }  # fmt: skip
    document, findings = complete(Invoice.model_validate(given | changes))
    assert not [each for each in findings if each.severity == "fatal"]
    return document


def records(xml: bytes) -> tuple[Record, ...]:
    return read(io.BytesIO(xml), "x.xml", None, None).records


def again(xml: bytes) -> Invoice:
    (record,) = records(xml)
    assert isinstance(record.document, Invoice), record.error and record.error.findings
    document, findings = complete(record.document)
    assert not [each for each in findings if each.severity == "fatal"]
    return document


def texts(xml: bytes, *names: str) -> dict[str, str | None]:
    root = etree.fromstring(xml)
    return {name: root.findtext(f".//{{{FA3}}}{name}") for name in names}


def test_an_invoice_comes_back_as_it_was() -> None:
    """What is written is read back as the same document, parties, lines and sums."""
    document = invoice(due_date="2026-12-02", order_reference="4500", notes=({"text": "Transport: własny"},))
    xml = TARGET.write(document, {})
    assert texts(xml, "P_13_1", "P_14_1", "P_15", "RodzajFaktury", "P_12", "P_8A") == {
        "P_13_1": "100.00", "P_14_1": "23.00", "P_15": "123.00", "RodzajFaktury": "VAT", "P_12": "23", "P_8A": "szt.",
    }  # fmt: skip
    assert TARGET.losses(document, {}) == ()
    assert again(xml).model_dump(exclude={"extras"}) == document.model_dump(exclude={"extras"})


def test_each_sum_stands_under_its_rate() -> None:
    """Each kind of sale goes to its own P_13, and comes back in its category."""
    kinds = [("S", "8"), ("S", "5"), ("Z", "0"), ("K", "0"), ("G", "0"), ("E", "0"), ("AE", "0")]
    lines = tuple(
        Line(identifier=str(n), quantity=D(1), net_price=D(10 * n), vat_category=c, vat_rate=D(r), name="x", unit="C62")
        for n, (c, r) in enumerate(kinds, start=1)
    )
    exempt = VatBreakdown(
        taxable_amount=D(60), tax_amount=D(0), category="E", rate=D(0), exemption_reason="art. 43 ust. 1 ustawy o VAT"
    )
    given, _ = complete(
        Invoice(
            invoice_number="1", issue_date="2026-11-02", currency="PLN", seller=SELLER, buyer=BUYER, lines=lines  # type: ignore[arg-type]
        )
    )  # fmt: skip
    rows = tuple(exempt if row.category == "E" else row for row in given.vat_breakdown)
    document = given.model_copy(update={"vat_breakdown": rows})
    xml = TARGET.write(document, {})
    assert texts(xml, "P_13_2", "P_13_3", "P_13_6_1", "P_13_6_2", "P_13_6_3", "P_13_7", "P_13_10", "P_19A") == {
        "P_13_2": "10.00", "P_13_3": "20.00", "P_13_6_1": "30.00", "P_13_6_2": "40.00", "P_13_6_3": "50.00",
        "P_13_7": "60.00", "P_13_10": "70.00", "P_19A": "art. 43 ust. 1 ustawy o VAT",
    }  # fmt: skip
    found = again(xml)
    assert [(each.vat_category, each.vat_rate) for each in found.lines] == [(c, D(r)) for c, r in kinds]
    assert {row.category: row.exemption_reason for row in found.vat_breakdown}["E"] == exempt.exemption_reason


def test_a_credit_note_has_negative_amounts_there_and_positive_ones_here() -> None:
    """A credit note becomes a correction (KOR) with differences, and comes back as the same credit note."""
    before = PrecedingInvoice(number="FA/16/2026", issue_date="2026-10-01")  # type: ignore[arg-type]
    document = invoice(type_code="381", preceding_invoices=(before,))
    xml = TARGET.write(document, {"corrected_ksef_number": NUMBER})
    assert texts(xml, "P_15", "RodzajFaktury", "NrKSeFFaKorygowanej", "P_8B", "P_11") == {
        "P_15": "-123.00", "RodzajFaktury": "KOR", "NrKSeFFaKorygowanej": NUMBER, "P_8B": "-2", "P_11": "-100.00",
    }  # fmt: skip
    found = again(xml)
    assert (found.type_code, found.preceding_invoices, found.totals.amount_due) == ("381", (before,), D(123))
    assert TARGET.write(found, {}) == xml


def test_a_correction_by_states_counts_the_one_before_against_the_one_after() -> None:
    """Two lines, before (StanPrzed) and after: the document is their difference."""
    before = PrecedingInvoice(number="FA/16/2026", issue_date="2026-10-01")  # type: ignore[arg-type]
    xml = TARGET.write(invoice(type_code="381", preceding_invoices=(before,)), {"corrected_ksef_number": "none"})
    text = xml.decode()
    start, end = text.index("<FaWiersz>"), text.index("</FaWiersz>") + len("</FaWiersz>")
    line = text[start:end].replace("<P_8B>-2<", "<P_8B>{}<").replace("<P_11>-100.00<", "<P_11>{}<")
    after = line.format("1", "50.00").replace("<NrWierszaFa>1", "<NrWierszaFa>2")
    was = line.format("3", "150.00").replace("</FaWiersz>", "<StanPrzed>1</StanPrzed></FaWiersz>")
    found = again((text[:start] + was + after + text[end:]).encode())
    assert found.type_code == "381"
    assert [each.net_amount for each in found.lines] == [D("150.00"), D("-50.00")]
    assert found.totals.amount_due == D(123)


def leaves(document: Invoice, **options: str) -> dict[str, str]:
    """Converted as the pipeline does it, read-back included: the places of what is told, with their rules."""
    made = make(document, TARGET, options, "report", Checker((), DAY))
    return {each.place: each.rule for each in made.losses}


def test_discounts_and_charges_of_the_whole_invoice_are_lines_there() -> None:
    """FA(3) has no others: the invoice leaves with a line for each, is read back with its amount, and that is told."""
    off = AllowanceCharge(charge=False, amount=D("10.00"), vat_rate=D(23), vat_category="S", reason="Rabat")
    freight = AllowanceCharge(charge=True, amount=D("5.00"), vat_rate=D(23), vat_category="S", reason="Fracht")
    document = invoice(allowances_charges=(off, freight))
    assert leaves(document)["allowances_charges[0]"] == leaves(document)["allowances_charges[1]"] == "ksef-altered"
    found = again(TARGET.write(document, {}))
    assert [(each.name, each.net_amount) for each in found.lines] == [
        ("Ogrodzenie", D(100)), ("Rabat", D(-10)), ("Fracht", D(5)),
    ]  # fmt: skip
    assert found.totals.tax_inclusive == document.totals.tax_inclusive == D("116.85")


@pytest.mark.parametrize(("code", "read"), [("384", "381"), ("381", "384")])
def test_the_sign_of_a_correction_is_kept(code: str, read: str) -> None:
    """A correction (384) of negative amounts is what a credit note of positive ones is, and the other way round: both
    leave, with the amount they correct by."""
    before = PrecedingInvoice(number="FA/16/2026", issue_date="2026-10-01")  # type: ignore[arg-type]
    line = GOODS.model_copy(update={"quantity": D(-2)})
    document = invoice(type_code=code, preceding_invoices=(before,), lines=(line,))
    assert leaves(document, corrected_ksef_number=NUMBER)["type_code"] == "ksef-altered"
    xml = TARGET.write(document, {"corrected_ksef_number": NUMBER})
    assert texts(xml, "P_15") == {"P_15": "-123.00" if code == "384" else "123.00"}
    found = again(xml)
    assert (found.type_code, found.totals.tax_inclusive) == (read, D(123))


def test_a_correction_of_another_amount_is_stopped() -> None:
    """What is read back must be the same amount to pay, whichever way a correction says it."""
    before = PrecedingInvoice(number="FA/16/2026", issue_date="2026-10-01")  # type: ignore[arg-type]
    document = invoice(type_code="381", preceding_invoices=(before,))
    turned = document.model_copy(update={"type_code": "384"})
    (finding,) = judge(document, Again(turned))
    assert (finding.place, finding.expected, finding.found) == ("totals.amount_due", "-123", "123")


def test_what_is_missing_is_named_with_the_field_or_the_option() -> None:
    """All that KSeF wants and the document lacks is told at once, each with where to put it."""
    foreign = Party(name="Someone", vat_identifier="DE123456789")
    line = GOODS.model_copy(update={"vat_rate": D(19)})
    with pytest.raises(DocumentInvalid) as told:
        TARGET.write(invoice(type_code="381", seller=foreign, lines=(line,), currency="EUR"), {})
    assert {each.place for each in told.value.findings} == {
        "seller.vat_identifier", "seller.address", "lines[0].vat_rate", "vat_breakdown[0].vat_rate",
        "preceding_invoices", "options.corrected_ksef_number",
    }  # fmt: skip


def test_a_receipt_is_an_acknowledgement() -> None:
    """UPO: the session, the invoices that KSeF took, and their numbers there."""
    receipt = f"""<Potwierdzenie xmlns="http://upo.schematy.mf.gov.pl/KSeF/v4-3">
      <NazwaPodmiotuPrzyjmujacego>Ministerstwo Finansów</NazwaPodmiotuPrzyjmujacego>
      <NumerReferencyjnySesji>36950822-93</NumerReferencyjnySesji><KodFormularza>FA (3)</KodFormularza>
      <Dokument><NipSprzedawcy>5265877635</NipSprzedawcy><NumerKSeFDokumentu>{NUMBER}</NumerKSeFDokumentu>
      <NumerFaktury>FA/17/2026</NumerFaktury>
      <DataNadaniaNumeruKSeF>2026-11-02T11:02:42.084+02:00</DataNadaniaNumeruKSeF></Dokument></Potwierdzenie>"""
    (record,) = records(receipt.encode())
    found = record.document
    assert isinstance(found, SyntaxAcknowledgement)
    assert (found.number, found.action, [m.reference for m in found.messages]) == (
        "36950822-93",
        "accepted",
        ["FA/17/2026"],
    )
    assert found.extras["ksef.messages[0].NumerKSeFDokumentu"] == NUMBER


def test_another_form_is_refused_by_name() -> None:
    """A form of the same registry that is no FA(2) or FA(3) is refused with the name it gives itself."""
    xml = TARGET.write(invoice(), {}).replace(FA3.encode(), b"http://crd.gov.pl/wzor/2021/11/29/11089/")
    (record,) = records(xml.replace(b"FA (3)", b"FA (1)"))
    assert record.error is not None
    assert [(each.rule, each.found) for each in record.error.findings] == [("ksef-version", "FA (1)")]


def test_damaged_bytes_never_raise_what_they_should_not() -> None:
    """Flipped, cut, doubled bytes and moved elements are refused or read; nothing else escapes."""
    assert survive(TARGET.write(invoice(due_date="2026-12-02"), {}), "x.xml") > 50
