"""SAP IDoc INVOIC: by segments and qualifiers, SAP's way of writing values, extensions kept aside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from reading_samples import everything, refusal, rules

from schemas.errors import ExportUnreadable
from schemas.profiles import load_profile

ITEM = """<E1EDP01 SEGMENT="1"><POSEX>000010</POSEX><MENGE>4.000</MENGE><MENEE>PCE</MENEE>
<E1EDP19 SEGMENT="1"><QUALF>002</QUALF><IDTNR>MAT-1</IDTNR><KTEXT>Paper</KTEXT></E1EDP19>
<E1EDP26 SEGMENT="1"><QUALF>003</QUALF><BETRG>{net}</BETRG></E1EDP26>
<E1EDP26 SEGMENT="1"><QUALF>001</QUALF><BETRG>{price}</BETRG></E1EDP26>{conditions}
<E1EDP04 SEGMENT="1"><MWSKZ>A1</MWSKZ><MSATZ>{rate}</MSATZ></E1EDP04></E1EDP01>"""


def idoc(
    number: str = "0090000001",
    *,
    docnum: str = "0000000000000007",
    kind: str = "INVOIC02",
    message: str = "INVOIC",
    type_code: str = "INVO",
    head: str = "",
    item: str | None = None,
) -> str:
    """One IDOC element."""
    lines = item if item is not None else ITEM.format(net="40.00", price="10.00", conditions="", rate="23.000")
    return f"""<IDOC BEGIN="1">
<EDI_DC40 SEGMENT="1"><DOCNUM>{docnum}</DOCNUM><IDOCTYP>{kind}</IDOCTYP><CIMTYP>ZINV</CIMTYP>
<MESTYP>{message}</MESTYP></EDI_DC40>
<E1EDK01 SEGMENT="1"><CURCY>EUR</CURCY><EIGENUINR>PT500000000</EIGENUINR><BSART>{type_code}</BSART></E1EDK01>
<E1EDKA1 SEGMENT="1"><PARVW>RS</PARVW><PARTN>V-77</PARTN><NAME1>Papelaria</NAME1>
<NAME2>Lda</NAME2><LAND1>PT</LAND1></E1EDKA1>
<E1EDKA1 SEGMENT="1"><PARVW>RE</PARVW><PARTN>0010100090</PARTN><NAME1>Cliente</NAME1>
<LAND1>ES</LAND1><SPRAS>S</SPRAS></E1EDKA1>
<E1EDKA1 SEGMENT="1"><PARVW>U3</PARVW><PARTN>77</PARTN><NAME1>Carrier</NAME1></E1EDKA1>
<E1EDK02 SEGMENT="1"><QUALF>009</QUALF><BELNR>{number}</BELNR></E1EDK02>
<E1EDK03 SEGMENT="1"><IDDAT>026</IDDAT><DATUM>20261102</DATUM></E1EDK03>
{head}
{lines}
</IDOC>"""


def batch(*documents: str, root: str = "INVOIC02") -> str:
    return f"<{root}>{''.join(documents)}</{root}>"


def test_an_extended_idoc_is_told_by_its_control_record() -> None:
    """The root may have any name; IDOCTYP tells, and each IDOC is addressed by its number."""
    records = everything(batch(idoc("1"), idoc("2", docnum="0000000000000008"), root="ZINVOIC_EXT"), limit=1)
    assert [r.address for r in records] == ["idoc[1] 0000000000000007", "idoc[2] 0000000000000008"]
    read = records[1].document
    assert read is not None
    assert (read.invoice_number, read.issue_date, read.type_code) == ("2", date(2026, 11, 2), "380")
    assert (read.seller.name, read.seller.vat_identifier) == ("Papelaria Lda", "PT500000000")
    assert (read.buyer.name, read.buyer.erp_id, read.hints.language) == ("Cliente", "0010100090", "es")
    assert [i.value for i in read.seller.identifiers] == ["V-77"]
    assert read.buyer.endpoint is None
    line = read.lines[0]
    assert (line.quantity, line.unit, line.net_amount, line.net_price) == (
        Decimal(4),
        "H87",
        Decimal("40.00"),
        Decimal(10),
    )
    assert (line.vat_category, line.vat_rate, line.seller_item_id) == ("S", Decimal(23), "MAT-1")


def test_another_idoc_is_refused_and_the_rest_goes_on() -> None:
    """Master data among invoices is refused by its type; alone it is a format that is not read, and named."""
    records = everything(batch(idoc("1"), idoc("2", kind="MATMAS05"), idoc("3", message="ORDERS"), idoc("4")))
    assert [rules(r) if r.error else r.document and r.document.number for r in records] == [
        "1",
        ["idoc-type"],
        ["idoc-type"],
        "4",
    ]
    assert refusal(records[1]).found == "MATMAS05"
    with pytest.raises(ExportUnreadable) as refused:
        everything(batch(idoc(kind="MATMAS05")))
    assert refused.value.findings[0].rule == "format-unknown"
    assert "MATMAS05" in refused.value.findings[0].message


@pytest.mark.parametrize(
    ("type_code", "head", "expected"),
    [
        ("INVO", "", "380"),
        ("CRME", "", "381"),
        ("", "<E1EDK14><QUALF>015</QUALF><ORGID>G2</ORGID></E1EDK14>", "381"),
        ("", "<E1EDK14><QUALF>015</QUALF><ORGID>F2</ORGID></E1EDK14>", "380"),
    ],
)
def test_document_types(type_code: str, head: str, expected: str) -> None:
    """BSART tells a credit memo, else the billing type does."""
    read = everything(batch(idoc(type_code=type_code, head=head)))[0].document
    assert read is not None
    assert read.type_code == expected


def test_the_minus_stands_behind() -> None:
    """`40.00-` is minus forty; `1,5` and `1.5-3` are refused with segment and field."""
    item = ITEM.format(net="40.00-", price="10.00-", conditions="", rate="23")
    read = everything(batch(idoc(item=item)))[0].document
    assert read is not None
    assert (read.lines[0].net_amount, read.lines[0].net_price) == (Decimal("-40.00"), Decimal(-10))
    record = everything(batch(idoc(item=ITEM.format(net="40,00", price="10.00", conditions="", rate="23"))))[0]
    assert rules(record) == ["idoc-number"]
    assert refusal(record).found == "40,00"
    assert "E1EDP26/BETRG" in refusal(record).place


def condition(sign: str, amount: str, text: str, percent: str = "") -> str:
    rate = f"<KPERC>{percent}</KPERC><KOBAS>40.00</KOBAS>" if percent else ""
    return f"<E1EDP05><ALCKZ>{sign}</ALCKZ><KOTXT>{text}</KOTXT><BETRG>{amount}</BETRG>{rate}</E1EDP05>"


def test_discounts_stay_apart_where_they_explain_the_net_value() -> None:
    """Gross price, one discount: BG-27; the price condition and the subtotal are no charges."""
    given = (
        condition("+", "40.00", "Price") + condition("-", "4.00", "Rebate", "10.000-") + condition("+", "36.00", "Net")
    )
    read = everything(batch(idoc(item=ITEM.format(net="36.00", price="10.00", conditions=given, rate="23"))))[
        0
    ].document
    assert read is not None
    line = read.lines[0]
    assert (line.net_price, line.net_amount) == (Decimal(10), Decimal("36.00"))
    assert [(a.charge, a.amount, a.percentage, a.base_amount, a.reason) for a in line.allowances_charges] == [
        (False, Decimal("4.00"), Decimal(10), Decimal("40.00"), "Rebate")
    ]


def test_where_they_do_not_the_price_follows_the_net_value() -> None:
    """SAP's net value is never changed: the price becomes net by quantity, with a warning."""
    given = condition("-", "5.00", "Rebate")
    record = everything(batch(idoc(item=ITEM.format(net="36.00", price="10.00", conditions=given, rate="23"))))[0]
    assert record.document is not None
    line = record.document.lines[0]
    assert (line.net_price, line.net_amount, line.allowances_charges) == (Decimal(9), Decimal("36.00"), ())
    assert [w.rule for w in record.warnings] == ["idoc-conditions"]


def test_header_charges_unless_the_lines_hold_them() -> None:
    """Freight in E1EDK05 is a charge when the net total has it on top of the lines, else it is kept aside."""
    freight = "<E1EDK05><ALCKZ>+</ALCKZ><KOTXT>Freight</KOTXT><BETRG>5.00</BETRG><MSATZ>23</MSATZ></E1EDK05>"
    total = "<E1EDS01><SUMID>010</SUMID><SUMME>{}</SUMME></E1EDS01>"
    with_it = everything(batch(idoc(head=freight + total.format("45.00"))))[0].document
    assert with_it is not None
    assert [(c.charge, c.amount, c.vat_category, c.vat_rate) for c in with_it.allowances_charges] == [
        (True, Decimal("5.00"), "S", Decimal(23))
    ]
    record = everything(batch(idoc(head=freight + total.format("40.00"))))[0]
    assert record.document is not None
    assert record.document.allowances_charges == ()
    assert record.document.extras["E1EDK05[1]"] == "Freight 5.00"


def test_a_zero_rate_is_told_by_the_profile() -> None:
    """Without a profile a zero rate is Z with a warning; with one the tax code says what it is."""
    export = batch(idoc(item=ITEM.format(net="40.00", price="10.00", conditions="", rate="0")))
    record = everything(export)[0]
    assert record.document is not None
    assert record.document.lines[0].vat_category == "Z"
    assert [(w.rule, w.found) for w in record.warnings] == [("idoc-tax-code", "A1")]
    profile = load_profile("name: sap\nidoc: {tax_codes: {A1: {category: K}}, units: {PCE: EA}}")
    record = everything(export, profile)[0]
    assert record.document is not None
    line = record.document.lines[0]
    assert (line.vat_category, line.vat_rate, line.unit, record.warnings) == ("K", Decimal(0), "EA", ())


def test_extensions_are_kept_aside() -> None:
    """A customer's own segments, other partners and unmapped references stand in extras, extensions with a warning."""
    own = """<Z1HEAD><PROMO>P7</PROMO></Z1HEAD><E1EDK02><QUALF>014</QUALF><BELNR>ACC-1</BELNR></E1EDK02>
    <E1EDK17><QUALF>001</QUALF><LKOND>EXW</LKOND></E1EDK17>"""
    item = ITEM.format(net="40.00", price="10.00", conditions="<Z1ITEM><BATCH>B1</BATCH></Z1ITEM>", rate="23")
    record = everything(batch(idoc(head=own, item=item)))[0]
    assert record.document is not None
    extras = record.document.extras
    assert extras["Z1HEAD/PROMO"] == "P7"
    assert extras["E1EDP01[1]/Z1ITEM/BATCH"] == "B1"
    assert extras["E1EDK02[014]/BELNR"] == "ACC-1"
    assert extras["E1EDKA1[U3]/NAME1"] == "Carrier"
    assert extras["E1EDK17/LKOND"] == "EXW"
    assert {(w.rule, w.found) for w in record.warnings} == {
        ("idoc-extension", "Z1HEAD"),
        ("idoc-extension", "E1EDP01[1]/Z1ITEM"),
    }


def test_a_date_that_is_none_is_refused() -> None:
    """20261332 as billing date refuses the document; 00000000 is SAP's empty date, and the next one is taken."""
    record = everything(batch(idoc().replace("20261102", "20261332")))[0]
    assert rules(record) == ["idoc-date"]
    assert (refusal(record).found, refusal(record).place.split(", ")[1]) == ("20261332", "E1EDK03/DATUM")
    other = "<E1EDK03><IDDAT>012</IDDAT><DATUM>20261103</DATUM></E1EDK03>"
    read = everything(batch(idoc(head=other).replace("20261102", "00000000")))[0].document
    assert read is not None
    assert read.issue_date == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (idoc().replace("E1EDK01", "E1EDKXX"), "idoc-segment"),
        (idoc().replace("<MENGE>4.000</MENGE>", ""), "idoc-quantity"),
        (idoc(item=""), "field-missing"),
        (idoc().replace("<PARVW>RS", "<PARVW>ZZ"), "field-missing"),
        (idoc().replace("<LAND1>PT", "<LAND1>XX"), "field-code"),
    ],
)
def test_what_an_invoice_cannot_do_without(broken: str, rule: str) -> None:
    """A missing header, quantity, item or seller, and an unknown country, refuse that IDoc."""
    assert rules(everything(batch(broken))[0])[0] == rule


def test_references_and_contacts_of_partners() -> None:
    """IHREZ is the buyer's reference; a seller's user counts as a contact only with a telephone."""
    export = batch(idoc().replace("<PARTN>V-77", "<BNAME>Ana</BNAME><PARTN>V-77"))
    export = export.replace("<PARTN>0010100090", "<IHREZ>DEPT-9</IHREZ><PARTN>0010100090")
    read = everything(export)[0].document
    assert read is not None
    assert (read.buyer_reference, read.seller.contact) == ("DEPT-9", None)
    read = everything(export.replace("<BNAME>Ana", "<TELF1>+351 1</TELF1><BNAME>Ana"))[0].document
    assert read is not None
    assert read.seller.contact is not None
    assert (read.seller.contact.name, read.seller.contact.telephone) == ("Ana", "+351 1")
