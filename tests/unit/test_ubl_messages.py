"""The UBL messages around an invoice: how they are recognised, and that nothing breaks their readers."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from mangling import survive

from schemas.answers import BusinessResponse
from schemas.canonical import Document
from schemas.documents import Address, Identifier, Party
from schemas.orders import (
    Catalogue,
    CatalogueItem,
    DespatchAdvice,
    DespatchLine,
    Order,
    OrderLine,
    OrderResponse,
    OrderResponseLine,
    Package,
    Shipment,
)
from stages.formats import registry
from stages.formats.reading.step import read

DAY = date(2026, 11, 22)
BUYER = Party(name="Buyer", endpoint=Identifier(value="5790000435975", scheme="0088"))
SELLER = Party(name="Seller", endpoint=Identifier(value="5790000435951", scheme="0088"), address=Address(country="PT"))
ONE = Decimal(1)
SAMPLES: tuple[Document, ...] = (
    Order(
        number="O", issue_date=DAY, currency="EUR", buyer=BUYER, seller=SELLER,
        lines=(OrderLine(identifier="1", quantity=ONE, net_price=ONE, name="Needle"),),
    ),
    OrderResponse(
        number="R", issue_date=DAY, response_code="CA", order_reference="O", seller=SELLER, buyer=BUYER,
        lines=(OrderResponseLine(identifier="1", status="5", back_ordered=ONE),),
    ),
    DespatchAdvice(
        number="D", issue_date=DAY, seller=SELLER, buyer=BUYER, shipment=Shipment(gross_weight=ONE, carrier=SELLER),
        packages=(Package(identifier="P"),),
        lines=(DespatchLine(identifier="1", quantity=ONE, package="P", serial_numbers=("S",), batch="B"),),
    ),
    Catalogue(
        number="C", issue_date=DAY, currency="EUR", seller=SELLER, buyer=BUYER,
        items=(CatalogueItem(identifier="1", net_price=ONE, lead_days=ONE),),
    ),
    BusinessResponse(
        number="B", issue_date=DAY, sender=BUYER, receiver=SELLER, document_reference="I", status="RE",
        reasons=("REF",), explanation="No such order",
    ),
)  # fmt: skip


@pytest.mark.parametrize("document", SAMPLES, ids=lambda each: each.kind)
def test_no_bytes_break_the_reader(document: Document) -> None:
    """Damaged bytes and elements give a document, a refused record or an unreadable export, and nothing else."""
    assert survive(registry.target("peppol").write(document, {}), "x.xml", 100) > 30


def test_messages_of_several_kinds_stand_in_one_export() -> None:
    """Below any wrapper each message is read as what it is, at an address that says so."""
    pieces = [registry.target("peppol").write(each, {}).partition(b"?>")[2] for each in SAMPLES]
    records = read(io.BytesIO(b"<all>" + b"".join(pieces) + b"</all>"), "x.xml", None, None).records
    assert [each.address for each in records] == [
        "order[1]", "order-response[2]", "despatch-advice[3]", "catalogue[4]", "business-response[5]",
    ]  # fmt: skip
    assert [each.document and each.document.number for each in records] == ["O", "R", "D", "C", "B"]


def test_only_what_peppol_has_is_written() -> None:
    """The target carries invoices and five messages; a receiving advice is read only."""
    target = registry.target("peppol")
    assert target.kinds == {
        "invoice", "credit-note", "order", "order-response", "despatch-advice", "catalogue", "business-response",
    }  # fmt: skip
