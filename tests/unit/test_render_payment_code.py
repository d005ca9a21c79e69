"""The payment code: what it says, letter by letter, and when there is none."""

from __future__ import annotations

from typing import Any

import pytest
import segno
from render_documents import BRAND, IBAN, PAYMENT, D, invoice, pages, pdf

from schemas.documents import CreditTransfer, Invoice, Party, Payment, Totals
from stages.rendering.payment_code import payload, payment_code


def paid(**changes: Any) -> Payment:
    """The usual payment, its one credit transfer changed."""
    transfer = PAYMENT.credit_transfers[0].model_copy(update=changes)
    return PAYMENT.model_copy(update={"credit_transfers": (transfer,)})


def due(amount: str) -> Totals:
    return Totals(tax_inclusive=D(amount), amount_due=D(amount))


def test_the_payload_is_that_of_the_guideline() -> None:
    """The lines of EPC069-12 version 002, in order, without empty ones at the end."""
    content = payload(invoice(3))
    assert content is not None
    assert content.decode().split("\n") == [
        "BCD", "002", "1", "SCT", "BCOMPTPL", "Vinhos do Sul, Lda.", IBAN, "EUR100.98", "", "", "FT 2026/117",
    ]  # fmt: skip


def test_a_structured_reference_stands_in_its_own_line() -> None:
    """A valid ISO 11649 reference goes where banks match it, and no free text beside it."""
    content = payload(invoice(1, payment=PAYMENT.model_copy(update={"remittance_information": "RF18 5390 0754 7034"})))
    assert content is not None
    assert content.decode().split("\n")[8:] == ["", "RF18539007547034"]


def test_the_code_is_the_payload() -> None:
    """The modules are those of a QR code of that payload with error correction M, and they are on the page."""
    document = invoice(3)
    content, rows = payload(document), payment_code(document)
    assert content is not None
    assert rows is not None
    expected = segno.make_qr(content, error="m", boost_error=False, mask=2)
    assert [[bool(module) for module in row] for row in rows] == [[bool(m & 1) for m in row] for row in expected.matrix]
    assert "Scan to pay" in pages(pdf(document))[0]


def test_name_and_reference_have_their_fallbacks() -> None:
    """Without an account holder the payee or the seller is named; without a reference the invoice number is quoted."""
    payment = paid(account_name=None, service_provider="not a BIC").model_copy(update={"remittance_information": None})
    content = payload(invoice(1, payment=payment, payee=Party(name="Factor\nBank  S.A.")))
    assert content is not None
    lines = content.decode().split("\n")
    assert (lines[4], lines[5], lines[10]) == ("", "Factor Bank S.A.", "FT 2026/117")


@pytest.mark.parametrize("amount", ["0.01", "999999999.99"])
def test_the_limits_are_inside(amount: str) -> None:
    """The smallest and the largest amount of the guideline have a code."""
    content = payload(invoice(1, totals=due(amount)))
    assert content is not None
    assert f"EUR{amount}".encode() in content


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(invoice(1, type_code="381"), id="credit note"),
        pytest.param(invoice(1, currency="PLN"), id="not EUR"),
        pytest.param(invoice(1, payment=None), id="no payment"),
        pytest.param(invoice(1, payment=Payment(means_code="58")), id="no account"),
        pytest.param(invoice(1, payment=PAYMENT.model_copy(update={"means_code": "59"})), id="direct debit"),
        pytest.param(invoice(1, payment=paid(account="PT50000201231234567890155")), id="wrong check digits"),
        pytest.param(invoice(1, payment=paid(account="BR1800360305000010009795493C1")), id="not in SEPA"),
        pytest.param(invoice(1, payment=paid(account_name="N" * 71)), id="name too long"),
        pytest.param(
            invoice(1, payment=PAYMENT.model_copy(update={"remittance_information": "x" * 141})), id="text too long"
        ),
        pytest.param(
            invoice(1, payment=PAYMENT.model_copy(update={"remittance_information": "ż" * 140})), id="too many bytes"
        ),
        pytest.param(invoice(1, totals=due("0.00")), id="nothing due"),
        pytest.param(invoice(1, totals=due("-5.00")), id="negative"),
        pytest.param(invoice(1, totals=due("1000000000.00")), id="too much"),
        pytest.param(invoice(1, totals=due("10.005")), id="not in cents"),
    ],
)
def test_no_code_where_it_does_not_apply(document: Invoice) -> None:
    """Where the guideline does not apply, or would need something cut, there is no code."""
    assert payload(document) is None
    assert payment_code(document) is None
    assert "Scan to pay" not in "".join(pages(pdf(document)))


def test_a_second_account_is_listed_but_not_coded() -> None:
    """Of two accounts the first is coded, and both are on the page."""
    second = CreditTransfer(account="ES9121000418450200051332")
    document = invoice(1, payment=PAYMENT.model_copy(update={"credit_transfers": (*PAYMENT.credit_transfers, second)}))
    content = payload(document)
    assert content is not None
    assert IBAN.encode() in content
    assert "ES91 2100 0418 4502 0005 1332" in pages(pdf(document, brand=BRAND))[0]
