"""The documents of a chaos run, and what each is expected to come to: the manifest by which the run is judged.

Every document has a recipient of its own, so the sandbox's log of what it accepted tells which document it was.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape

CENT = Decimal("0.01")
ISSUED, DUE = "2026-11-02", "2026-12-02"
NAMES = ("Torneira misturadora", 'Válvula de esfera ½"', "Tubo PEX <16 mm>", "Filtro & cartucho", "Mão-de-obra")


@dataclass(frozen=True)
class Line:
    name: str
    quantity: int
    price: Decimal

    @property
    def net(self) -> Decimal:
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Expected:
    """One document: what was dropped, to whom it must come, and by which channels."""

    number: str
    endpoint: str
    email: str
    phone: str
    lines: tuple[Line, ...]
    bounces: bool

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return (self.net * 23 / 100).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Export:
    """A file as an ERP drops it. Under the same id it may be dropped again: the receipt is the same."""

    export_id: UUID
    name: str
    content: bytes
    documents: tuple[Expected, ...]


def manifest(count: int, seed: int) -> list[Expected]:
    """One in twelve addresses bounces later, one in twenty-five after it was reported as delivered."""
    draws = random.Random(seed)  # noqa: S311  repeatable on purpose
    made = []
    for n in range(count):
        fate = draws.random()
        local = "bounce-later" if fate < 1 / 12 else "late-bounce" if fate < 1 / 12 + 1 / 25 else "ok"
        lines = tuple(
            Line(draws.choice(NAMES), draws.randint(1, 40), Decimal(draws.randint(1, 50000)) / 100)
            for _ in range(draws.randint(1, 3))
        )
        made.append(
            Expected(
                number=f"FT 2026/{n + 1:05}",
                endpoint=f"ESB{n:08}",
                email=f"{local}+{n}@recipients.example",
                phone=f"+35191{n:07}",
                lines=lines,
                bounces=local != "ok",
            )
        )
    return made


def exports(expected: Sequence[Expected], seed: int, batch: int = 100) -> list[Export]:
    """Half of the documents as canonical JSON, `batch` in a file; the others as UBL, one a file; shuffled."""
    half = len(expected) // 2
    made = [
        _export(seed, f"erp-{start:05}.json", _canonical(expected[start : min(start + batch, half)]),
                expected[start : min(start + batch, half)])
        for start in range(0, half, batch)
    ]  # fmt: skip
    made += [
        _export(seed, f"{each.number.replace('/', '-').replace(' ', '-')}.xml", _ubl(each), [each])
        for each in expected[half:]
    ]
    random.Random(seed).shuffle(made)  # noqa: S311
    return made


def _export(seed: int, name: str, content: bytes, documents: Sequence[Expected]) -> Export:
    return Export(uuid5(UUID(int=seed), name), name, content, tuple(documents))


def recipients(expected: Sequence[Expected]) -> str:
    """The directory's file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "endpoint_scheme", "endpoint", "email", "phone", "language", "country"])
    for each in expected:
        writer.writerow([_buyer(each), "9920", each.endpoint, each.email, each.phone, "es", "ES"])
    return out.getvalue()


def _buyer(each: Expected) -> str:
    return f"Comprador {each.endpoint[3:]} S.A."


SELLER: dict[str, Any] = {
    "name": "Fundição São Bento, Lda.",
    "legal_registration": {"value": "505123456"},
    "vat_identifier": "PT505123456",
    "endpoint": {"value": "5600000000007", "scheme": "0088"},
    "address": {"line_1": "Rua do Ouro 10", "city": "Porto", "post_code": "4000-100", "country": "PT"},
}


def _canonical(documents: Sequence[Expected]) -> bytes:
    rows = [
        {
            "invoice_number": each.number,
            "issue_date": ISSUED,
            "due_date": DUE,
            "currency": "EUR",
            "buyer_reference": "4500012345",
            "seller": SELLER,
            "buyer": {
                "name": _buyer(each),
                "endpoint": {"value": each.endpoint, "scheme": "9920"},
                "address": {"line_1": "Calle Mayor 1", "city": "Zaragoza", "post_code": "50001", "country": "ES"},
            },
            "payment": {"means_code": "58", "credit_transfers": [{"account": "PT50000201231234567890154"}]},
            "lines": [
                {"identifier": str(i), "quantity": str(line.quantity), "net_price": str(line.price), "vat_rate": "23",
                 "name": line.name}
                for i, line in enumerate(each.lines, 1)
            ],
        }
        for each in documents
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False).encode("utf-8")


def _ubl(each: Expected) -> bytes:
    """UBL 2.1, Peppol BIS Billing 3, with the totals that an ERP gives."""

    def party(name: str, scheme: str, endpoint: str, street: str, city: str, code: str, country: str, tax: str) -> str:
        return f"""<cac:Party><cbc:EndpointID schemeID="{scheme}">{endpoint}</cbc:EndpointID>
      <cac:PostalAddress><cbc:StreetName>{street}</cbc:StreetName><cbc:CityName>{city}</cbc:CityName>
      <cbc:PostalZone>{code}</cbc:PostalZone><cac:Country><cbc:IdentificationCode>{country}</cbc:IdentificationCode>
      </cac:Country></cac:PostalAddress>{tax}
      <cac:PartyLegalEntity><cbc:RegistrationName>{escape(name)}</cbc:RegistrationName></cac:PartyLegalEntity>
      </cac:Party>"""

    def amount(name: str, value: Decimal) -> str:
        return f'<cbc:{name} currencyID="EUR">{value}</cbc:{name}>'

    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    category = f"<cbc:ID>S</cbc:ID><cbc:Percent>23</cbc:Percent>{scheme}"
    vat = f"<cac:PartyTaxScheme><cbc:CompanyID>PT505123456</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>"
    seller = party(SELLER["name"], "0088", "5600000000007", "Rua do Ouro 10", "Porto", "4000-100", "PT", vat)
    buyer = party(_buyer(each), "9920", each.endpoint, "Calle Mayor 1", "Zaragoza", "50001", "ES", "")
    gross = each.net + each.tax
    lines = "".join(
        f"""
  <cac:InvoiceLine><cbc:ID>{i}</cbc:ID><cbc:InvoicedQuantity unitCode="C62">{line.quantity}</cbc:InvoicedQuantity>
    {amount("LineExtensionAmount", line.net)}
    <cac:Item><cbc:Name>{escape(line.name)}</cbc:Name><cac:ClassifiedTaxCategory>{category}</cac:ClassifiedTaxCategory>
    </cac:Item><cac:Price>{amount("PriceAmount", line.price)}</cac:Price></cac:InvoiceLine>"""
        for i, line in enumerate(each.lines, 1)
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
  <cbc:ID>{each.number}</cbc:ID><cbc:IssueDate>{ISSUED}</cbc:IssueDate><cbc:DueDate>{DUE}</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>4500012345</cbc:BuyerReference>
  <cac:AccountingSupplierParty>{seller}</cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>{buyer}</cac:AccountingCustomerParty>
  <cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>
    <cbc:ID>PT50000201231234567890154</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
  <cac:TaxTotal>{amount("TaxAmount", each.tax)}<cac:TaxSubtotal>{amount("TaxableAmount", each.net)}
    {amount("TaxAmount", each.tax)}<cac:TaxCategory>{category}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
  <cac:LegalMonetaryTotal>{amount("LineExtensionAmount", each.net)}{amount("TaxExclusiveAmount", each.net)}
    {amount("TaxInclusiveAmount", gross)}{amount("PayableAmount", gross)}</cac:LegalMonetaryTotal>{lines}
</Invoice>
"""
    return text.encode("utf-8")
