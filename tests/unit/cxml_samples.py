"""cXML messages out of their parts, and what reading them gives."""

from __future__ import annotations

import io
from typing import Any

from schemas.errors import ExportUnreadable
from stages.formats.reading.step import Step, read

DOCTYPE = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/InvoiceDetail.dtd">'
HEADER = """<Header>
 <From><Credential domain="DUNS"><Identity>123456789</Identity></Credential></From>
 <To><Credential domain="NetworkId"><Identity>AN01</Identity></Credential></To>
 <Sender><Credential domain="DUNS"><Identity>1</Identity><SharedSecret>tell-nobody</SharedSecret></Credential></Sender>
</Header>"""


def usd(amount: str) -> str:
    return f'<Money currency="USD">{amount}</Money>'


def contact(role: str, name: str) -> str:
    return f"""<InvoicePartner><Contact role="{role}" addressID="7"><Name xml:lang="en">{name}</Name><PostalAddress>
    <DeliverTo>Jo Doe</DeliverTo><Street>1 Main St</Street><City>Solon</City><State>OH</State>
    <PostalCode>44139</PostalCode>
    <Country isoCountryCode="US">United States</Country></PostalAddress><Email>jo@widget.example</Email></Contact>
    <IdReference domain="supplierTaxID" identifier="12-345"/></InvoicePartner>"""


def bill(*, lines: str = "", purpose: str = "standard", summary: str = "", head: str = "", **attributes: str) -> str:
    more = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    lines = lines or line("1", "2", "10.00")
    return f"""<InvoiceDetailRequest><InvoiceDetailRequestHeader invoiceID="INV-1" purpose="{purpose}"
    invoiceDate="2026-11-02T23:30:00-05:00" {more}><InvoiceDetailHeaderIndicator/><InvoiceDetailLineIndicator/>
    {contact("from", "Widget Works")}{contact("billTo", "XYZ Retail")}
    <PaymentTerm payInNumberOfDays="10"><Discount><DiscountPercent percent="2"/></Discount></PaymentTerm>
    <PaymentTerm payInNumberOfDays="30"/>{head}</InvoiceDetailRequestHeader>
    <InvoiceDetailOrder><InvoiceDetailOrderInfo><OrderReference orderID="PO-7"><DocumentReference payloadID="x"/>
    </OrderReference></InvoiceDetailOrderInfo>{lines}</InvoiceDetailOrder>
    <InvoiceDetailSummary><SubtotalAmount>{usd("20.00")}</SubtotalAmount>{summary}</InvoiceDetailSummary>
    </InvoiceDetailRequest>"""


def line(number: str, quantity: str, price: str, more: str = "") -> str:
    return f"""<InvoiceDetailItem invoiceLineNumber="{number}" quantity="{quantity}"><UnitOfMeasure>EA</UnitOfMeasure>
    <UnitPrice>{usd(price)}</UnitPrice><InvoiceDetailItemReference lineNumber="{number}0">
    <ItemID><SupplierPartID>W-1</SupplierPartID><SupplierPartAuxiliaryID>blue</SupplierPartAuxiliaryID></ItemID>
    <Description xml:lang="en">Widget</Description><Classification domain="UNSPSC">31162800</Classification>
    </InvoiceDetailItemReference>{more}</InvoiceDetailItem>"""


def tax(amount: str, rate: str = "") -> str:
    rated = f' percentageRate="{rate}"' if rate else ""
    return f"""<Tax>{usd(amount)}<Description xml:lang="en">tax</Description><TaxDetail category="sales"{rated}>
    <TaxAmount>{usd(amount)}</TaxAmount></TaxDetail></Tax>"""


def wrapped(payload: str, doctype: str = DOCTYPE) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<cXML payloadID="1" timestamp="2026-11-02T00:00:00Z">'
        f'{HEADER}<Request deploymentMode="production">{payload}</Request></cXML>'
    )


def done(text: str | bytes, **more: Any) -> Step:
    return read(io.BytesIO(text if isinstance(text, bytes) else text.encode()), "x", None, None, **more)


def one(payload: str) -> Any:
    (record,) = done(wrapped(payload)).records
    assert record.document is not None, record.error and record.error.findings
    return record.document


def refused(text: str) -> tuple[str, str | None]:
    try:
        (record,) = done(text).records
    except ExportUnreadable as error:
        return error.findings[0].rule, error.findings[0].found
    assert record.error is not None
    return record.error.findings[0].rule, record.error.findings[0].found
