"""Parties and invoices of Italy for the tests of FatturaPA."""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Address, Identifier, Invoice, Line, Party
from stages.conversion.totals import complete
from stages.formats import registry

D = Decimal
TARGET = registry.target("fatturapa")
RF01 = {"regime_fiscale": "RF01"}
ROME = Address(line_1="Via Torino 38", city="Roma", post_code="00145", subdivision="RM", country="IT")
SELLER = Party(name="Alfa S.r.l.", vat_identifier="IT01234567890", address=ROME)
BUYER = Party(name="Beta S.p.A.", vat_identifier="IT09876543210", address=ROME)
OFFICE = Party(
    name="Comune di Beta",
    identifiers=(Identifier(value="09876543210", scheme="0210"),),
    endpoint=Identifier(value="UFABCD", scheme="0201"),
    address=ROME,
)
GOODS = Line(identifier="1", quantity=D(2), net_price=D("50"), vat_rate=D(22), name="Ringhiere", unit="C62")


def invoice(**changes: object) -> Invoice:
    given: dict[str, object] = {
        "invoice_number": "A-17", "issue_date": "2026-11-02", "currency": "EUR", "seller": SELLER, "buyer": BUYER,
        "lines": (GOODS,),
    }  # fmt: skip
    document, findings = complete(Invoice.model_validate(given | changes))
    assert not [each for each in findings if each.severity == "fatal"]
    return document
