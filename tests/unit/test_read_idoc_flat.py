"""SAP IDoc as a flat file: the same document as its XML form; damage is told with its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from idoc_flat import flat
from reading_samples import everything, refusal, rules
from test_read_idoc import batch, idoc

from schemas.documents import Invoice
from schemas.orders import DespatchAdvice, Order, OrderResponse
from schemas.profiles import load_profile

PARTNERS = """<E1EDKA1 SEGMENT="1"><PARVW>AG</PARVW><PARTN>C-1</PARTN><NAME1>Buyer</NAME1><IHREZ>Ann</IHREZ></E1EDKA1>
<E1EDKA1 SEGMENT="1"><PARVW>LF</PARVW><PARTN>V-1</PARTN><NAME1>Seller</NAME1></E1EDKA1>
<E1EDKA1 SEGMENT="1"><PARVW>WE</PARVW><PARTN>C-2</PARTN><NAME1>Store</NAME1><ORT01>Porto</ORT01></E1EDKA1>"""


def order(message: str = "ORDERS", *, item: str = "", count: int = 1) -> str:
    return f"""<ORDERS05><IDOC BEGIN="1">
<EDI_DC40 SEGMENT="1"><TABNAM>EDI_DC40</TABNAM><DOCNUM>0000000000000009</DOCNUM><IDOCTYP>ORDERS05</IDOCTYP>
<MESTYP>{message}</MESTYP></EDI_DC40>
<E1EDK01 SEGMENT="1"><ACTION>000</ACTION><CURCY>EUR</CURCY><BELNR>4500000001</BELNR></E1EDK01>
<E1EDK03 SEGMENT="1"><IDDAT>012</IDDAT><DATUM>20261101</DATUM></E1EDK03>
<E1EDK03 SEGMENT="1"><IDDAT>002</IDDAT><DATUM>20261110</DATUM></E1EDK03>
{PARTNERS}
<E1EDK02 SEGMENT="1"><QUALF>001</QUALF><BELNR>4500000001</BELNR></E1EDK02>
<E1EDK02 SEGMENT="1"><QUALF>002</QUALF><BELNR>77</BELNR></E1EDK02>
<E1EDK17 SEGMENT="1"><QUALF>001</QUALF><LKOND>EXW</LKOND></E1EDK17>
<E1EDP01 SEGMENT="1"><POSEX>000010</POSEX><MENGE>4.000</MENGE><MENEE>PCE</MENEE><VPREI>2.50</VPREI><PEINH>1</PEINH>
<NETWR>10.00</NETWR>{item}
<E1EDP02 SEGMENT="1"><QUALF>001</QUALF><BELNR>4500000001</BELNR><ZEILE>000007</ZEILE></E1EDP02>
<E1EDP20 SEGMENT="1"><WMENG>3.000</WMENG><EDATU>20261112</EDATU></E1EDP20>
<E1EDP19 SEGMENT="1"><QUALF>002</QUALF><IDTNR>MAT-1</IDTNR><KTEXT>Paper</KTEXT></E1EDP19></E1EDP01>
<E1EDS01 SEGMENT="1"><SUMID>001</SUMID><SUMME>{count}</SUMME></E1EDS01>
<E1EDS01 SEGMENT="1"><SUMID>002</SUMID><SUMME>10.00</SUMME></E1EDS01></IDOC></ORDERS05>"""


def test_flat_equals_xml() -> None:
    """An invoice IDoc as flat file gives the document of its XML form, trailing blanks cut or not."""
    xml = batch(idoc("1", head="<E1EDK18 SEGMENT='1'><QUALF>001</QUALF><ZTERM_TXT>30 days</ZTERM_TXT></E1EDK18>"))
    (as_xml,) = everything(xml)
    for cut in (True, False):
        (as_flat,) = everything(flat(xml, cut=cut))
        assert as_flat.document == as_xml.document
        assert as_flat.address == "idoc[1] 0000000000000007"


def bank(iban: str) -> str:
    return batch(idoc("1", head=f"<E1EDK28 SEGMENT='1'><ACNUM>532013000</ACNUM><BIBAN>{iban}</BIBAN></E1EDK28>"))


def test_an_iban_is_read_where_it_proves_itself() -> None:
    """E1EDK28 BIBAN is the account in both forms; what its place holds that is no IBAN is kept aside and told."""
    (as_xml,), (as_flat,) = everything(bank("DE89370400440532013000")), everything(flat(bank("DE89370400440532013000")))
    assert isinstance(as_flat.document, Invoice)
    assert as_flat.document.payment is not None
    assert [t.account for t in as_flat.document.payment.credit_transfers] == ["DE89370400440532013000"]
    assert as_flat.document == as_xml.document
    (other,) = everything(flat(bank("DE89370400440532013001")))
    assert isinstance(other.document, Invoice)
    assert other.document.payment is not None
    assert [t.account for t in other.document.payment.credit_transfers] == ["532013000"]
    assert [(w.rule, w.found) for w in other.warnings] == [("idoc-longer", "DE89370400440532013001")]
    assert "DE89370400440532013001" in (other.document.extras or {}).values()


def test_a_long_material_number_stands_alone() -> None:
    """S/4HANA writes an item's number to IDTNR_LONG only; it is the item's number in both forms."""
    number = "MATERIAL-WITH-MORE-THAN-35-CHARACTERS-01"
    xml = (
        order()
        .replace("<IDTNR>MAT-1</IDTNR>", "")
        .replace("</E1EDP19>", f"<IDTNR_LONG>{number}</IDTNR_LONG></E1EDP19>")
    )
    for form in (xml, flat(xml)):
        (read,) = everything(form)
        assert isinstance(read.document, Order)
        assert [line.seller_item_id for line in read.document.lines] == [number]


def test_many_idocs_are_read_in_steps() -> None:
    """Each control record begins another IDoc; a step goes on from the last one's end."""
    text = flat(batch(idoc("1"))) + flat(batch(idoc("2"))) + flat(batch(idoc("3")))
    records = everything(text, limit=1)
    assert [r.document.number for r in records if r.document] == ["1", "2", "3"]


def test_an_order() -> None:
    """ORDERS: the customer's number, parties by their functions, price, schedule, and a flat form that equals it."""
    (read,) = everything(order())
    document = read.document
    assert isinstance(document, Order)
    assert (document.number, document.issue_date, document.currency) == ("4500000001", date(2026, 11, 1), "EUR")
    assert (document.buyer.name, document.seller.name, document.buyer_reference) == ("Buyer", "Seller", "Ann")
    assert document.requested_delivery is not None
    assert document.requested_delivery.start == date(2026, 11, 10)
    assert document.delivery is not None
    assert (document.delivery.name, document.delivery_terms) == ("Store", "EXW")
    (line,) = document.lines
    assert (line.identifier, line.quantity, line.unit, line.net_price) == ("000010", 4, "H87", Decimal("2.50"))
    assert (line.seller_item_id, line.name, line.net_amount) == ("MAT-1", "Paper", Decimal("10.00"))
    assert everything(flat(order()))[0].document == document


@pytest.mark.parametrize(
    ("item", "response", "status", "quantity"),
    [("", "CA", "3", 3), ("<ABGRU>01</ABGRU>", "RE", "7", 4)],
)
def test_an_order_response(item: str, response: str, status: str, quantity: int) -> None:
    """ORDRSP: what is rejected or confirmed in part is said for the line and for the whole."""
    document = everything(order("ORDRSP", item=item))[0].document
    assert isinstance(document, OrderResponse)
    assert (document.number, document.order_reference, document.response_code) == ("77", "4500000001", response)
    (line,) = document.lines
    assert (line.status, line.quantity, line.order_line_reference) == (status, quantity, "000007")


def test_a_wrong_count_is_a_decision_of_the_profile() -> None:
    """E1EDS01 001 is the number of items: refused where it is wrong, or accepted with a warning."""
    (refused,) = everything(order(count=2))
    assert (rules(refused), refusal(refused).found, refusal(refused).expected) == (["idoc-count"], "2", "1")
    (accepted,) = everything(order(count=2), load_profile("name: x\ncounts: accept"))
    assert accepted.document is not None
    assert [w.rule for w in accepted.warnings] == ["idoc-count"]


def test_a_delivery() -> None:
    """DESADV: who ships and receives, packages and what is in them, kilograms; and the flat form equals it."""
    xml = """<DELVRY07><IDOC><EDI_DC40 SEGMENT="1"><DOCNUM>0000000000000011</DOCNUM><IDOCTYP>DELVRY07</IDOCTYP>
<MESTYP>DESADV</MESTYP><CREDAT>20261103</CREDAT></EDI_DC40><E1EDL20 SEGMENT="1"><VBELN>0080000001</VBELN>
<BTGEW>500.000</BTGEW><GEWEI>GRM</GEWEI><VOLUM>2.000</VOLUM><VOLEH>XX</VOLEH>
<E1ADRM1 SEGMENT="1"><PARTNER_Q>WE</PARTNER_Q><PARTNER_ID>C-1</PARTNER_ID><NAME1>Store</NAME1></E1ADRM1>
<E1ADRM1 SEGMENT="1"><PARTNER_Q>OSP</PARTNER_Q><PARTNER_ID>1000</PARTNER_ID><NAME1>Plant</NAME1></E1ADRM1>
<E1EDT13 SEGMENT="1"><QUALF>006</QUALF><NTANF>20261102</NTANF><ISDD>20261102</ISDD></E1EDT13>
<E1EDL24 SEGMENT="1"><POSNR>000010</POSNR><MATNR>M-1</MATNR><ARKTX>Paper</ARKTX><CHARG>B7</CHARG>
<LFIMG>3.000</LFIMG><VRKME>ST</VRKME>
<E1EDL41 SEGMENT="1"><QUALI>001</QUALI><BSTNR>4500000001</BSTNR><POSEX>000020</POSEX></E1EDL41></E1EDL24>
<E1EDL37 SEGMENT="1"><EXIDV>00350000000000000017</EXIDV>
<E1EDL44 SEGMENT="1"><VBELN>0080000001</VBELN><POSNR>000010</POSNR></E1EDL44></E1EDL37></E1EDL20></IDOC></DELVRY07>"""
    document = everything(xml)[0].document
    assert isinstance(document, DespatchAdvice)
    assert (document.number, document.issue_date) == ("0080000001", date(2026, 11, 3))
    assert (document.seller.name, document.buyer.name, document.order_reference) == ("Plant", "Store", "4500000001")
    assert (document.shipment.gross_weight, document.shipment.despatched) == (Decimal("0.5"), date(2026, 11, 2))
    assert document.shipment.volume is None
    assert document.extras["E1EDL20/VOLUM"] == "2 XX"
    (line,) = document.lines
    assert (line.quantity, line.unit, line.batch, line.package) == (3, "H87", "B7", "00350000000000000017")
    assert (line.order_line_reference, line.seller_item_id) == ("000020", "M-1")
    assert everything(flat(xml))[0].document == document


def test_a_segment_without_parent_number_stands_below_the_last_that_fits() -> None:
    """Files that leave PSGNUM empty give the same document; one that names a segment not there is refused."""
    text = flat(order())
    loose = "\n".join(row[:55] + "000000" + row[61:] if row[:2] == "E2" else row for row in text.splitlines())
    assert everything(loose)[0].document == everything(text)[0].document
    rows = [row[:55] + "000099" + row[61:] if row.startswith("E2EDP20") else row for row in text.splitlines()]
    assert rules(everything("\n".join(rows))[0]) == ["idoc-parent"]


def test_customer_segments_are_kept_aside() -> None:
    """A Z segment's data go to the extras as they stand, with a warning; nothing behind known fields is lost."""
    rows = flat(batch(idoc("1"))).splitlines()
    rows.insert(3, "Z2OWN000".ljust(30) + "   " + "0000000000000007" + "000090" + "000000" + "02" + "A  B")
    rows[1] = rows[1].ljust(63 + 438) + "MORE"
    (record,) = everything("\r\n".join(rows))
    assert record.document is not None
    assert record.document.extras["Z1OWN/SDATA"] == "A  B"
    assert record.document.extras["E1EDK01, line 2/SDATA"] == "MORE"
    assert [w.rule for w in record.warnings] == ["idoc-longer", "idoc-extension"]


def test_damage_is_told_with_its_line() -> None:
    """A foreign encoding, a segment of another IDoc and a line without end are refused there; the next IDoc is read."""
    good = flat(batch(idoc("2")))
    latin = flat(batch(idoc("1"))).replace("Cliente", "Clienté").encode("iso8859-1")
    first, second = everything(latin + good.encode())
    assert (rules(first), second.document and second.document.number) == (["idoc-encoding"], "2")
    (read, _) = everything(latin + good.encode(), load_profile("name: x\nidoc: {encoding: iso8859-1}"))
    assert read.document is not None
    assert read.document.buyer is not None  # type: ignore[union-attr]
    mixed = good.replace("0000000000000007" + "000003", "0000000000000008" + "000003")
    assert rules(everything(mixed)[0]) == ["idoc-number-differs"]
    long = good.replace("E2EDKA1 ", "E2EDKA1 " + "x" * 2000, 1)
    assert rules(everything(long)[0]) == ["idoc-record"]


def test_a_test_idoc_warns() -> None:
    """SAP's test flag does not go unseen."""
    xml = batch(idoc("1")).replace("<DOCNUM>", "<TEST>X</TEST><DOCNUM>")
    (record,) = everything(xml)
    assert "idoc-test" in [w.rule for w in record.warnings]
