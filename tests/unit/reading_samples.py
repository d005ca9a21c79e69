"""Exports written for the tests of reading: small, and complete enough to be documents."""

from __future__ import annotations

import io
import json
from typing import Any

from schemas.errors import Finding
from schemas.profiles import ExtractionProfile
from stages.formats.reading.step import Record, Step, read

UBL_NAMESPACES = (
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
)
INVOICE_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"


def ubl(number: str = "F-1", *, root: str = "Invoice", extra: str = "", amount: str = "20.00", lines: int = 1) -> str:
    """One UBL document without an XML declaration."""
    namespace = INVOICE_NAMESPACE if root == "Invoice" else CREDIT_NOTE_NAMESPACE
    kind = "380" if root == "Invoice" else "381"
    quantity = "InvoicedQuantity" if root == "Invoice" else "CreditedQuantity"
    legal = "<cac:PartyLegalEntity><cbc:RegistrationName>{}</cbc:RegistrationName></cac:PartyLegalEntity>"
    party = f"<cac:Party>{legal}</cac:Party>"
    line = "".join(
        f"""<cac:{root}Line><cbc:ID>{n}</cbc:ID><cbc:{quantity} unitCode="C62">2</cbc:{quantity}>
    <cbc:LineExtensionAmount currencyID="EUR">{amount}</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Paper</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent>
    <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">10.00</cbc:PriceAmount></cac:Price></cac:{root}Line>"""
        for n in range(1, lines + 1)
    )
    return f"""<{root} xmlns="{namespace}" {UBL_NAMESPACES}>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-11-02</cbc:IssueDate>
  <cbc:{root}TypeCode>{kind}</cbc:{root}TypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  {extra}
  <cac:AccountingSupplierParty>{party.format("Papelaria Lda")}</cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>{party.format("Zażółć Sp. z o.o.")}</cac:AccountingCustomerParty>
  {line}
</{root}>"""


def canonical(number: str = "J-1", **changes: Any) -> dict[str, Any]:
    """One canonical document as JSON has it."""
    return {
        "invoice_number": number,
        "issue_date": "2026-11-02",
        "currency": "EUR",
        "seller": {"name": "Papelaria Lda"},
        "buyer": {"name": "Zażółć Sp. z o.o."},
        "lines": [
            {
                "identifier": "1",
                "quantity": "2",
                "net_price": "10.00",
                "vat_category": "S",
                "vat_rate": "21",
                "name": "Paper",
            }
        ],
    } | changes


def canonical_text(number: str = "J-1", **changes: Any) -> str:
    return json.dumps(canonical(number, **changes), ensure_ascii=False)


def step(
    data: bytes | str,
    profile: ExtractionProfile | None = None,
    cursor: str | None = None,
    *,
    name: str = "export",
    limit: int = 500,
) -> Step:
    """One reading step over bytes."""
    content = data.encode() if isinstance(data, str) else data
    return read(io.BytesIO(content), name, profile, cursor, limit=limit)


def everything(data: bytes | str, profile: ExtractionProfile | None = None, *, limit: int = 500) -> list[Record]:
    """All records of an export, read in steps of `limit`."""
    records: list[Record] = []
    cursor: str | None = None
    while True:
        one = step(data, profile, cursor, limit=limit)
        records += one.records
        cursor = one.cursor
        if cursor is None:
            return records


def refusal(record: Record) -> Finding:
    """The first finding of a refused record."""
    assert record.error is not None
    return record.error.findings[0]


def rules(record: Record) -> list[str]:
    assert record.error is not None
    return [finding.rule for finding in record.error.findings]
