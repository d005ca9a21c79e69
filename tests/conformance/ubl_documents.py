"""Documents written for the conformance tests: each shows some part of EN 16931, and is valid once completed."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    CreditTransfer,
    Delivery,
    Identifier,
    Invoice,
    ItemAttribute,
    Line,
    Note,
    Party,
    Payment,
    Period,
    PrecedingInvoice,
    Totals,
    VatBreakdown,
)

D = Decimal

SELLER = Party(
    name="Fundição São Bento, Lda.",
    trading_name="São Bento & Filhos <metal>",
    identifiers=(Identifier(value="5600000000007", scheme="0088"), Identifier(value="F-100")),
    legal_registration=Identifier(value="505123456"),
    vat_identifier="PT505123456",
    legal_information="Capital social 50.000 EUR",
    endpoint=Identifier(value="5600000000007", scheme="0088"),
    address=Address(
        line_1="Rua do Ouro 10",
        line_2="2.º dto",
        line_3="Bloco B",
        city="Porto",
        post_code="4000-100",
        subdivision="Porto",
        country="PT",
    ),
    contact=Contact(name="Marta Reis", telephone="+351 220 000 000", email="faturas@saobento.example"),
)
BUYER = Party(
    name="Talleres Ebro S.A.",
    trading_name="Ebro",
    identifiers=(Identifier(value="8400000000000", scheme="0088"),),
    legal_registration=Identifier(value="A50000000"),
    vat_identifier="ESA50000000",
    endpoint=Identifier(value="ESA50000000", scheme="9920"),
    address=Address(line_1="Calle Mayor 1", city="Zaragoza", post_code="50001", country="ES"),
    contact=Contact(name="Compras", telephone="+34 976 000 000", email="compras@ebro.example"),
)
TRANSFER = Payment(
    means_code="58",
    means_text="SEPA credit transfer",
    remittance_information="FT 2026/17",
    credit_transfers=(
        CreditTransfer(account="PT50000201231234567890154", account_name="São Bento", service_provider="CGDIPTPL"),
        CreditTransfer(account="ES9121000418450200051332"),
    ),
)


def line(number: int, **changes: Any) -> Line:
    """A line of 3 x 33.333 at 23 %, or as changed."""
    given: dict[str, Any] = {
        "identifier": str(number),
        "quantity": D(3),
        "net_price": D("33.333"),
        "vat_rate": D(23),
        "name": f"Item {number}",
    }
    return Line(**(given | changes))


def invoice(number: str, *lines: Line, **changes: Any) -> Invoice:
    """An invoice over these lines, payable by transfer."""
    given: dict[str, Any] = {
        "invoice_number": number,
        "issue_date": date(2026, 11, 2),
        "due_date": date(2026, 12, 2),
        "currency": "EUR",
        "buyer_reference": "4500012345",
        "seller": SELLER,
        "buyer": BUYER,
        "payment": TRANSFER,
        "lines": lines or (line(1),),
    }
    return Invoice(**(given | changes))


def _untaxed(number: str, category: str, **changes: Any) -> Invoice:
    return invoice(
        number, line(1, vat_category=category, vat_rate=None), line(2, vat_category=category, vat_rate=D(0)), **changes
    )


DELIVERED = Delivery(
    name="Armazém Sul",
    location=Identifier(value="5600000000014", scheme="0088"),
    date=date(2026, 10, 30),
    address=Address(line_1="Estrada 5", city="Madrid", post_code="28001", country="ES"),
)

SMALL = invoice("SMALL-1")

MIXED = invoice(
    "MIXED-1",
    line(1, quantity=D("1000"), net_price=D("0.12345"), base_quantity=D(100), base_quantity_unit="C62"),
    line(2, vat_rate=D("6.0"), quantity=D("2.5"), unit="KGM", net_price=D("7.99")),
    line(3, vat_category="Z", vat_rate=None),
    line(4, quantity=D(-1), net_price=D("10.005")),
    line(
        5,
        gross_price=D("40.000"),
        price_discount=D("6.667"),
        allowances_charges=(
            AllowanceCharge(
                charge=False, amount=D("5.00"), percentage=D(5), base_amount=D(100), reason="Quantity", reason_code="95"
            ),
            AllowanceCharge(charge=True, amount=D("2.10"), reason="Packing", reason_code="ABL"),
        ),
    ),
    allowances_charges=(
        AllowanceCharge(charge=False, amount=D("10.00"), vat_category="S", vat_rate=D(23), reason="Loyalty"),
        AllowanceCharge(
            charge=True, amount=D("25.5"), vat_category="S", vat_rate=D(6), reason="Freight", reason_code="FC"
        ),
        AllowanceCharge(charge=False, amount=D("1"), percentage=D(1), vat_category="S", vat_rate=D(23), reason="Lone"),
    ),
)

EVERYTHING = invoice(
    "ALL-1",
    line(
        1,
        note="Cut to size",
        object_identifier=Identifier(value="M-77", scheme="ABT"),
        unit="MTR",
        order_line_reference="10",
        accounting_reference="4711",
        period=Period(start=date(2026, 10, 1), end=date(2026, 10, 31)),
        description='Bar, "round" & < 5 mm',
        seller_item_id="S-1",
        buyer_item_id="B-1",
        standard_item_id=Identifier(value="5600000000021", scheme="0160"),
        classifications=(Identifier(value="9873242", scheme="STI", version="19.05"),),
        origin_country="PT",
        attributes=(ItemAttribute(name="Colour", value="grey"), ItemAttribute(name="Grade", value="S235")),
    ),
    type_code="380",
    accounting_currency="SEK",
    tax_point_date=date(2026, 10, 31),
    project_reference="P-1",
    contract_reference="C-1",
    order_reference="O-1",
    sales_order_reference="SO-1",
    receiving_advice_reference="R-1",
    despatch_advice_reference="D-1",
    tender_reference="T-1",
    object_identifier=Identifier(value="OBJ-1", scheme="ABT"),
    accounting_reference="KST 9",
    payment_terms="30 days\n2 % within 10 days",
    notes=(Note(text="Thank you", subject_code="AAI"),),
    preceding_invoices=(
        PrecedingInvoice(number="FT 2026/1", issue_date=date(2026, 1, 5)),
        PrecedingInvoice(number="FT 2026/2"),
    ),
    payee=Party(
        name="Factoring Ibérico",
        identifiers=(Identifier(value="5600000000038", scheme="0088"),),
        legal_registration=Identifier(value="500999888"),
    ),
    tax_representative=Party(
        name="Representante Fiscal SL",
        vat_identifier="ESB12345678",
        address=Address(line_1="Gran Vía 2", city="Madrid", country="ES"),
    ),
    delivery=DELIVERED,
    period=Period(start=date(2026, 10, 1), end=date(2026, 10, 31)),
    totals=Totals(tax_amount_accounting=D("254.12"), paid_amount=D("23.00"), rounding_amount=D("0.01")),
    attachments=(
        Attachment(
            reference="A-1",
            description="Time sheet",
            content_base64=base64.b64encode(b"a,b\n1,2\n").decode(),
            media_type="text/csv",
            file_name="times.csv",
        ),
        Attachment(reference="A-2", external_location="https://saobento.example/terms?a=1&b=2"),
    ),
)

CREDIT_NOTE = invoice(
    "NC-1",
    line(1),
    line(2, quantity=D(-2), net_price=D("12.5")),
    type_code="381",
    project_reference="P-1",
    tender_reference="T-1",
    contract_reference="C-1",
    object_identifier=Identifier(value="OBJ-1"),
    sales_order_reference="SO-1",
    tax_point_date=date(2026, 10, 31),
    preceding_invoices=(PrecedingInvoice(number="SMALL-1", issue_date=date(2026, 11, 2)),),
    attachments=(Attachment(reference="A-1"),),
    allowances_charges=(
        AllowanceCharge(charge=False, amount=D("10.00"), vat_category="S", vat_rate=D(23), reason="x"),
    ),
)

NEGATIVE = invoice("NEG-1", line(1, quantity=D(-3)), line(2, quantity=D(-1), net_price=D("0.005")))

DOCUMENTS: dict[str, Invoice] = {
    "small": SMALL,
    "mixed": MIXED,
    "everything": EVERYTHING,
    "credit-note": CREDIT_NOTE,
    "negative": NEGATIVE,
    "reverse-charge": _untaxed("AE-1", "AE"),
    "intra-community": _untaxed("K-1", "K", delivery=DELIVERED),
    "export": _untaxed("G-1", "G"),
    "zero": _untaxed("Z-1", "Z"),
    "exempt": _untaxed(
        "E-1",
        "E",
        vat_breakdown=(
            VatBreakdown(
                taxable_amount=D(200),
                tax_amount=D(0),
                category="E",
                exemption_reason="Art. 9 CIVA",
                exemption_reason_code="VATEX-EU-132",
            ),
        ),
    ),
    "outside-scope": _untaxed(
        "O-1",
        "O",
        seller=SELLER.model_copy(update={"vat_identifier": None}),
        buyer=BUYER.model_copy(update={"vat_identifier": None}),
    ),
    "prepaid": invoice("PRE-1", totals=Totals(paid_amount=D("123.00"), amount_due=D("0.00"))),
    "card": invoice("CARD-1", payment=Payment(means_code="48", card_account="1234", card_holder="J. Costa")),
    "direct-debit": invoice(
        "DD-1",
        payment=Payment(
            means_code="59",
            mandate="M-1",
            creditor_identifier="PT50ZZZ123456",
            debited_account="ES9121000418450200051332",
            remittance_information="DD-1",
        ),
    ),
    "line-rounding": invoice(
        "ROUND-1",
        *(line(n, quantity=D(1), net_price=D("0.07")) for n in range(1, 11)),
        totals=Totals(tax_amount=D("0.20"), amount_due=D("0.90")),
    ),
    "tax-point-code": invoice("TPC-1", tax_point_code="35"),
}
