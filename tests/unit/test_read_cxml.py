"""cXML: invoices, credit memos, orders, ship notices; its DOCTYPE is tolerated, never loaded, and nobody else's is."""

from __future__ import annotations

import pytest
from cxml_samples import DOCTYPE, bill, done, line, one, refused, tax, usd, wrapped
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.documents import Invoice
from schemas.errors import ExportUnreadable, LimitExceeded
from schemas.orders import DespatchAdvice, Order


def test_an_invoice_is_read_whole() -> None:
    """Parties with their numbers, the order, terms, item and due date; the shared secret is nowhere."""
    document = one(bill(summary=tax("1.45", "7.25") + f"<NetAmount>{usd('21.45')}</NetAmount>"))
    assert isinstance(document, Invoice)
    assert (document.invoice_number, document.issue_date.isoformat(), document.type_code) == (
        "INV-1",
        "2026-11-02",
        "380",
    )
    assert (document.currency, document.order_reference, document.payment_terms) == (
        "USD", "PO-7", "2% discount within 10 days, net 30 days",
    )  # fmt: skip
    assert document.due_date is not None
    assert document.due_date.isoformat() == "2026-12-02"
    assert document.seller.name == "Widget Works"
    assert [(each.value, each.scheme) for each in document.seller.identifiers] == [("7", None), ("123456789", "0060")]
    assert document.seller.tax_registration == "12-345"
    assert document.buyer.name == "XYZ Retail"
    (row,) = document.lines
    assert (row.name, row.seller_item_id, row.order_line_reference, row.vat_category, str(row.vat_rate)) == (
        "Widget", "W-1", "10", "S", "7.25",
    )  # fmt: skip
    assert [(each.name, each.value) for each in row.attributes] == [("Supplier part auxiliary ID", "blue")]
    assert [(each.value, each.scheme) for each in row.classifications] == [("31162800", "TST")]
    assert str(document.totals.tax_inclusive) == "21.45"
    assert "tell-nobody" not in document.model_dump_json()


def test_charges_and_taxes_without_a_rate() -> None:
    """Shipping is a charge; a tax without a rate is one too, outside of VAT; an amount of nothing is none."""
    summary = f"{tax('1.45')}<ShippingAmount>{usd('5.00')}</ShippingAmount>"
    summary += f"<SpecialHandlingAmount>{usd('0')}</SpecialHandlingAmount>"
    document = one(bill(summary=summary))
    assert [(str(each.amount), each.reason, each.vat_category) for each in document.allowances_charges] == [
        ("5.00", "Shipping", "O"),
        ("1.45", "sales", "O"),
    ]
    assert document.lines[0].vat_category == "O"


def test_a_credit_memo_is_positive() -> None:
    """Negative quantities and amounts of a credit memo turn positive; what it credits is named."""
    payload = bill(
        purpose="creditMemo", lines=line("1", "-2", "10.00"), head='<InvoiceIDInfo invoiceID="INV-0"/>',
        summary=f"<NetAmount>{usd('-20.00')}</NetAmount>",
    ).replace(usd("20.00"), usd("-20.00"))  # fmt: skip
    document = one(payload)
    assert (document.document_type, str(document.lines[0].quantity)) == ("credit-note", "2")
    assert (str(document.totals.line_total), str(document.totals.tax_inclusive)) == ("20.00", "20.00")
    assert [each.number for each in document.preceding_invoices] == ["INV-0"]


def test_what_must_not_be_issued_again_is_refused() -> None:
    """A deletion, an invoice for information, amounts of two currencies, an order's update: each with its reason."""
    assert refused(wrapped(bill(operation="delete"))) == ("cxml-action", "delete")
    assert refused(wrapped(bill(isInformationOnly="yes"))) == ("cxml-action", "yes")
    assert refused(wrapped(bill(lines=line("1", "1", "5").replace("USD", "EUR"))))[0] == "cxml-currency"
    assert refused(wrapped(ORDER.replace('type="new"', 'type="update"'))) == ("cxml-action", "update")
    assert refused(wrapped("<ProfileRequest/>")) == ("cxml-kind", "ProfileRequest")


ORDER = f"""<OrderRequest><OrderRequestHeader orderID="PO-7" orderDate="2026-11-02" type="new" orderType="release">
<Total>{usd("20.00")}</Total><ShipTo><Address addressID="12"><Name xml:lang="en">Store 12</Name></Address></ShipTo>
<BillTo><Address><Name xml:lang="en">XYZ Retail</Name></Address></BillTo><Extrinsic name="cost">4711</Extrinsic>
</OrderRequestHeader><ItemOut quantity="2" lineNumber="1" agreementItemNumber="9"><ItemID>
<SupplierPartID>W-1</SupplierPartID>
</ItemID><ItemDetail><UnitPrice>{usd("10.00")}</UnitPrice><Description xml:lang="en">blue<ShortName>Widget</ShortName>
</Description><UnitOfMeasure>EA</UnitOfMeasure></ItemDetail></ItemOut></OrderRequest>"""


def test_an_order_is_read_whole() -> None:
    """The header's credentials are the parties' numbers; what has no field is kept under its name, with a warning."""
    (record,) = done(wrapped(ORDER)).records
    document = record.document
    assert isinstance(document, Order)
    assert (document.number, document.type_code, document.currency) == ("PO-7", "226", "USD")
    assert (document.buyer.name, document.seller.name) == ("XYZ Retail", "AN01")
    assert document.delivery is not None
    assert document.delivery.location is not None
    assert (document.delivery.name, document.delivery.location.value) == ("Store 12", "12")
    (row,) = document.lines
    assert (row.name, row.description, str(row.net_price)) == ("Widget", "blue", "10.00")
    assert document.extras["extrinsic cost"] == "4711"
    assert "9" in document.extras.values()
    assert [each.rule for each in record.warnings] == ["cxml-unknown", "cxml-name"]


def test_a_ship_notice_is_read() -> None:
    """Lines with the order that they belong to, the carrier, and the day of despatch."""
    document = one(
        """<ShipNoticeRequest><ShipNoticeHeader shipmentID="S-1" noticeDate="2026-11-02T01:00:00Z"
        shipmentDate="2026-11-01T01:00:00Z"/><ShipControl><CarrierIdentifier domain="SCAC">FDE</CarrierIdentifier>
        <CarrierIdentifier domain="companyName">Federal Express</CarrierIdentifier>
        <ShipmentIdentifier>8202</ShipmentIdentifier>
        </ShipControl><ShipNoticePortion><OrderReference orderID="PO-7"/><ShipNoticeItem quantity="2" lineNumber="1">
        <UnitOfMeasure>EA</UnitOfMeasure></ShipNoticeItem></ShipNoticePortion></ShipNoticeRequest>"""
    )
    assert isinstance(document, DespatchAdvice)
    assert document.shipment.carrier is not None
    assert (document.shipment.carrier.name, document.shipment.tracking) == ("Federal Express", "8202")
    assert [(each.quantity, each.order_reference, each.order_line_reference) for each in document.lines] == [
        (2, "PO-7", "1")
    ]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd" [<!ENTITY a "b">]>',
        "<!DOCTYPE cXML [<!ENTITY a 'b'>]>",
        "<!DOCTYPE cXML>",
        '<!DOCTYPE cXML SYSTEM "http://evil.example/schemas/cXML/1.2.050/cXML.dtd">',
        '<!DOCTYPE cXML SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org.evil.example/schemas/cXML/1.2.050/cXML.dtd">',
        '<!DOCTYPE cXML PUBLIC "-//x//y" "http://evil.example/schemas/cXML/1.2.050/cXML.dtd">',
        '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/../../x.dtd">',
    ],
)
def test_other_doctypes_are_refused(doctype: str) -> None:
    """A subset of its own, another host, a file, public or not: no DOCTYPE but cXML's own is tolerated."""
    assert refused(wrapped(ORDER, doctype)) == ("xml-doctype", "<!DOCTYPE")


def test_a_public_identifier_is_one_more_name() -> None:
    """The DOCTYPE of cXML with a public identifier in front is tolerated as the one without, and not loaded either."""
    doctype = DOCTYPE.replace("SYSTEM", 'PUBLIC "-//cXML//DTD cXML 1.2//EN"')
    assert done(wrapped(ORDER, doctype)).records[0].document == one(ORDER)


def test_who_has_no_name_is_told() -> None:
    """Two parties that are known by numbers only: the finding of each says whose name is missing."""
    bare = bill().replace("Widget Works", "").replace("XYZ Retail", "")
    (record,) = done(wrapped(bare)).records
    assert record.error is not None
    assert [each.message for each in record.error.findings] == [
        "seller.name (BT-27) is missing", "buyer.name (BT-44) is missing",
    ]  # fmt: skip


def test_no_other_format_takes_the_doctype() -> None:
    """A UBL invoice behind cXML's DOCTYPE is refused as it always was."""
    ubl = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><a/></Invoice>'
    assert refused(DOCTYPE + ubl)[0] == "xml-doctype"
    assert refused(DOCTYPE + "<unknown><a/></unknown>")[0] == "xml-doctype"


def test_entities_of_the_doctype_are_refused() -> None:
    """An entity that only the DTD could define leaves the text unknown: refused, in content and in attributes."""
    assert refused(wrapped(ORDER.replace("Store 12", "Store &nbsp;"))) == ("xml-entity", "&nbsp;")
    assert refused(wrapped(ORDER.replace('orderID="PO-7"', 'orderID="PO&x;7"')))[0] in ("xml-syntax", "xml-entity")


SAMPLE = wrapped(bill(summary=tax("1.45", "7.25"))).encode()


@settings(max_examples=200, deadline=2000)
@given(data=st.data())
def test_damaged_bytes_are_refused_in_words(data: st.DataObject) -> None:
    """Bytes flipped, cut or put in anywhere: a record, or a refusal in words; never another exception."""
    raw = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if how == "flip":
            raw[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del raw[at : at + data.draw(st.integers(1, 60))]
        else:
            raw[at:at] = data.draw(st.binary(max_size=20))
    try:
        step = done(bytes(raw))
    except (ExportUnreadable, LimitExceeded):
        return
    assert all(each.document is not None or (each.error and each.error.findings) for each in step.records)


def test_the_account_of_the_one_to_be_paid_is_read() -> None:
    """remitTo's IdReferences are its account (BG-17); others are kept aside, and a party named twice is told."""
    head = """<InvoicePartner><Contact role="remitTo"><Name>Factor</Name></Contact>
    <IdReference domain="ibanID" identifier="DE89370400440532013000"/><IdReference domain="accountName" identifier="F"/>
    <IdReference domain="swiftID" identifier="COBADEFFXXX"/><IdReference domain="bankName" identifier="Bank"/>
    </InvoicePartner>
    <InvoicePartner><Contact role="soldTo" addressID="9"><Name>Sold</Name></Contact></InvoicePartner>"""
    (record,) = done(wrapped(bill(head=head))).records
    document = record.document
    assert isinstance(document, Invoice)
    assert document.payment is not None
    (transfer,) = document.payment.credit_transfers
    assert (transfer.account, transfer.account_name, transfer.service_provider) == (
        "DE89370400440532013000", "F", "COBADEFFXXX",
    )  # fmt: skip
    assert document.payment.means_code == "30"
    assert {"Bank", "Sold", "9", "soldTo"} <= set(document.extras.values())
    assert [(each.rule, each.found) for each in record.warnings if each.rule == "cxml-repeated"] == [
        ("cxml-repeated", None)
    ]


def test_what_has_no_field_is_kept_aside() -> None:
    """The order's date, a second person, fax and URL, a tax's details, an item's own numbers: none is lost."""
    text = bill(
        summary=tax("1.45", "7.25").replace(
            'category="sales"', 'category="sales" taxPointDate="2026-11-01" exemptDetail="some"'
        )
        + f"<GrossAmount>{usd('22.00')}</GrossAmount><NetAmount>{usd('21.45')}</NetAmount>"
    )
    for old, new in (
        ('orderID="PO-7"', 'orderID="PO-7" orderDate="2026-10-01"'),
        ("<Email>jo@widget.example</Email>", "<Email>jo@widget.example</Email><Fax><URL>fax.example</URL></Fax>"),
        ("<DeliverTo>Jo Doe</DeliverTo>", "<DeliverTo>Jo Doe</DeliverTo><DeliverTo>Mailstop 7</DeliverTo>"),
        ("</ItemID>", '<IdReference domain="own" identifier="OWN-1"/></ItemID>'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    document = one(text)
    kept = set(document.extras.values())
    assert {"2026-10-01", "Mailstop 7", "fax.example", "OWN-1", "own", "22.00", "some"} <= kept
    assert document.tax_point_date.isoformat() == "2026-11-01"
    assert "21.45" not in kept


def test_where_the_goods_go_keeps_who_waits_there() -> None:
    """DeliverTo, telephone and mail of a place have no field: they are kept aside; of a card nothing is."""
    ship = """<ShipTo><Address addressID="S1"><Name>Plant</Name><PostalAddress><DeliverTo>Joe</DeliverTo>
    <DeliverTo>Dock 5</DeliverTo><Street>1 A</Street><City>Reno</City></PostalAddress><Email>joe@plant.example</Email>
    <Phone><TelephoneNumber><Number>555</Number></TelephoneNumber></Phone></Address></ShipTo>
    <Payment><PCard number="4111111111111111" expiration="2027-01-01" name="Joe"/></Payment>"""
    begin, end = ORDER.index("<ShipTo>"), ORDER.index("</ShipTo>") + len("</ShipTo>")
    document = one(ORDER[:begin] + ship + ORDER[end:])
    assert document.delivery.name == "Plant"
    assert document.delivery.location.value == "S1"
    assert {"Joe", "Dock 5", "joe@plant.example", "555"} <= set(document.extras.values())
    assert "4111111111111111" not in document.model_dump_json()
