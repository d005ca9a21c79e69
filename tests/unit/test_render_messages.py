"""What a reader finds on the page of an order, a despatch advice, a catalogue, a payment or an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from full_documents import full
from render_documents import BRAND, BUYER, CREATED, E_FORMAT, SELLER, pages

from schemas.answers import BusinessResponse
from schemas.canonical import MODELS, Document
from schemas.documents import Note
from schemas.errors import DocumentInvalid
from schemas.orders import Catalogue, CatalogueItem, DespatchAdvice, DespatchLine, Order, OrderLine, OrderTotals
from schemas.payments import OpenItem, OpenItems, RemittanceAdvice, RemittanceLine
from stages.rendering.layout import render
from stages.rendering.messages import PAGES
from stages.words import LANGUAGES, load_printed

D = Decimal
DAY = date(2026, 11, 22)


def order(*lines: OrderLine, **more: Any) -> Order:
    lines = lines or (OrderLine(identifier="1", quantity=D(3), unit="XBX", name="Azulejo"),)
    return Order(number="PO-1", issue_date=DAY, buyer=BUYER, seller=SELLER, lines=lines, **more)


def texts(document: Document, language: str = "en") -> list[str]:
    return pages(render(document, brand=BRAND, language=language, attachment=E_FORMAT, created=CREATED))


def text(document: Document, language: str = "en") -> str:
    return "\n".join(texts(document, language))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Field path and text of all texts of a document whose texts are the names of their fields."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{place}.{key}" if place else key)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _leaves(each, place)
    elif isinstance(value, str):
        yield place, value


NOT_PRINTED = (
    "kind", "type_code", "extras", "vat_category", "subject_code", "currency", "endpoint", "erp_id", "scheme",
    "given_name", "family_name", "reason_code", "content_base64", "media_type", "base_quantity_unit", "country",
    "origin_country", "action",
)  # fmt: skip
"""Codes and routing that no reader of an invoice's page finds there either; countries and actions are in words."""


@pytest.mark.parametrize("kind", PAGES)
def test_every_text_of_a_full_document_is_on_its_page(kind: str) -> None:
    """Of a document with every field filled each text stands on the page, for nothing of it may get lost."""
    document = MODELS[kind].model_validate(full(MODELS[kind]))
    printed = "".join(text(document).split())  # a long reference is broken over lines
    missing = [
        place
        for place, value in _leaves(document.model_dump())
        if value not in printed and not set(place.split(".")) & set(NOT_PRINTED) and not place.endswith(".version")
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_every_kind_has_its_title_in_every_language(kind: str, language: str) -> None:
    """The title of the kind, the number and the page count stand there in the recipient's language."""
    document = MODELS[kind].model_validate(full(MODELS[kind]))
    words = load_printed(language)
    first, *_ = found = texts(document, language)
    assert words.titles[kind.replace("-", "_")] in first
    assert words.page.format(page=1, pages=len(found)) in first


@pytest.mark.parametrize(
    ("language", "title", "quantity", "amount", "requested"),
    [
        ("en", "Order", "3 boxes", "€31.50", "Expected total"),
        ("es", "Pedido", "3 cajas", "31,50 €", "Total previsto"),
        ("de", "Bestellung", "3 Kisten", "31,50 €", "Erwartete Summe"),
        ("fr", "Commande", "3 caisses", "31,50 €", "Total prévu"),
        ("it", "Ordine", "3 scatole", "31,50 €", "Totale previsto"),
        ("pl", "Zamówienie", "3 pudełka", "31,50 €", "Przewidywana suma"),
        ("pt", "Encomenda", "3 caixas", "31,50 €", "Total previsto"),
    ],
)
def test_an_order_speaks_the_recipients_language(
    language: str, title: str, quantity: str, amount: str, requested: str
) -> None:
    """Title, units and money are written as the recipient's language has them."""
    document = order(currency="EUR", totals=OrderTotals(amount_due=D("31.50")))
    found = text(document, language)
    for each in (title, quantity, amount, requested, "Azulejo", "Hurtownia Żółta Gęś sp. z o.o."):
        assert each in found


def test_what_is_not_there_is_not_printed() -> None:
    """A bare order has a line and two parties: no prices, sums, VAT, notes or dates that nobody gave."""
    words = load_printed("en")
    found = text(order())
    for each in (words.unit_price, words.expected_total, words.tax_exclusive, words.notes, words.requested_delivery):
        assert each not in found
    assert "VAT no." in found  # of the parties
    assert "\nVAT\n" not in found


def test_no_total_is_invented() -> None:
    """Payments and open items without a total have none on the page; their lines keep their amounts."""
    paid = RemittanceAdvice(
        number="R", issue_date=DAY, currency="EUR", payer=BUYER, payee=SELLER,
        lines=(RemittanceLine(document_number="FT 1", amount_paid=D("70.00")),
               RemittanceLine(document_number="FT 2", amount_paid=D("30.00"))),
    )  # fmt: skip
    opened = OpenItems(
        number="O", issue_date=DAY, currency="EUR", seller=SELLER, buyer=BUYER,
        items=(OpenItem(document_number="FT 1", balance=D("70.00")), OpenItem(document_number="FT 2", balance=D(30))),
    )  # fmt: skip
    for document in (paid, opened):
        found = text(document)
        assert "100.00" not in found
        assert "70.00" in found
        assert "30.00" in found


def test_a_despatch_advice_tells_package_batch_and_order() -> None:
    """Each line with its package, batch and order line; what is still to come stands with the quantity."""
    item = DespatchLine(
        identifier="1", quantity=D(8), unit="KGM", outstanding=D(2), order_reference="PO-7", order_line_reference="3",
        package="356000000000000011", batch="L-77", name="Cimento",
    )  # fmt: skip
    found = text(DespatchAdvice(number="D", issue_date=DAY, seller=SELLER, buyer=BUYER, lines=(item,)))
    for each in ("8 kg", "Still to come: 2", "PO-7", "Order line 3", "356000000000000011", "L-77", "Cimento"):
        assert each in found


def test_a_credit_that_is_set_off_keeps_its_sign() -> None:
    """A negative payment is a credit note that is set off: its minus is printed."""
    line = RemittanceLine(document_number="NC 1", document_type="381", amount_paid=D("-15.00"))
    document = RemittanceAdvice(
        number="R", issue_date=DAY, currency="EUR", payer=BUYER, payee=SELLER, lines=(line,), total_paid=D("-15.00")
    )
    found = text(document)
    assert "\u221215.00" in found
    assert "Credit note" in found


def test_a_long_catalogue_has_its_heads_on_every_page() -> None:
    """Five hundred items run over pages, none is lost, and each page of them begins with the table's heads."""
    items = tuple(
        CatalogueItem(identifier=str(at), name=f"Artigo-{at:03}", net_price=D("9.50"), unit="C62") for at in range(500)
    )
    found = texts(Catalogue(number="C", issue_date=DAY, currency="EUR", seller=SELLER, buyer=BUYER, items=items))
    assert len(found) > 8
    for each in found:
        if "Artigo-" in each:
            assert "Unit price EUR" in each.replace("\n", " ")
    assert all(f"Artigo-{at:03}" in "".join(found) for at in range(500))


def test_unknown_codes_stand_as_they_are() -> None:
    """A code without a word is printed itself: nothing is guessed."""
    document = BusinessResponse(
        number="B", issue_date=DAY, sender=BUYER, receiver=SELLER, document_reference="FT 1", status="ZZ9",
        document_type_code="751", reasons=("XYZ",),
    )  # fmt: skip
    found = text(document)
    for each in ("ZZ9", "751", "XYZ"):
        assert each in found


def test_hostile_texts_stay_within_the_page() -> None:
    """Endless words, control characters and unknown scripts wrap or become a visible sign; pages end."""
    hostile = "a\u202eb\x07 עברית 😀 " + "W" * 2000
    line = OrderLine(identifier="W" * 60, quantity=D("9" * 20), unit="W" * 60, name=hostile, note=hostile)
    document = order(*[line] * 30, notes=(Note(text=hostile),), buyer_reference=hostile, contract_reference="W" * 60)
    found = texts(document)
    assert 1 < len(found) < 200


def test_a_kind_that_is_never_delivered_has_no_page() -> None:
    """A bank's report is refused for what it is, not drawn as something else."""
    document = MODELS["collection-report"].model_validate(full(MODELS["collection-report"]))
    with pytest.raises(DocumentInvalid, match="has no page"):
        texts(document)
