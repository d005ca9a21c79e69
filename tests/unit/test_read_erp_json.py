"""JSON of S/4HANA, Business Central and Odoo: strictly, to the digit; parts, drafts and pages are refused by name."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reading_samples import everything, refusal, rules

from schemas.documents import Invoice
from schemas.orders import Order
from schemas.profiles import load_profile

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
PROFILE = load_profile("""
name: erp
constants:
  seller: {name: My Company, vat_identifier: PT500000000, address: {country: PT}}
  line: {vat_category: S, vat_rate: "21"}
erp:
  parties: {"1": {name: Customer One, address: {country: JP}}}
  tax_codes: {"7": {category: S, rate: "21"}}
""")


def invoice(data: Any, text: str | None = None) -> Invoice:
    (record,) = everything(text or json.dumps(data), PROFILE)
    assert isinstance(record.document, Invoice), record.error and record.error.findings
    return record.document


def sample(folder: str, name: str) -> Any:
    return json.loads((CORPORA / folder / name).read_text("utf-8"))


@needs_corpora
@pytest.mark.parametrize("version", ["v2", "v4", "log"])
def test_a_billing_document_from_its_real_parts(version: str) -> None:
    """Header, items, partners and pricing elements of a real system, expanded as OData does, are one invoice."""
    name = "billing-document-{}-sample.json"
    rows = {
        part: sample("s4-odata", name.format(file))["message"]
        for part, file in {
            "header": "header-01",
            "partner": "header-02-header-partner",
            "item": "header-03-item",
            "price": "header-05-item-pricing-element",
        }.items()
    }
    wrap = (lambda x: {"results": x}) if version == "v2" else (lambda x: x)
    (item,), (header,) = rows["item"], rows["header"]
    item["to_PricingElement"] = wrap(rows["price"])
    header |= {"to_Item": wrap([item]), "to_Partner": wrap(rows["partner"])}
    envelope = {"v2": {"d": {"results": [header]}}, "v4": {"@odata.context": "x", "value": [header]}}
    document = invoice(envelope.get(version, {"level": "INFO", "message": [header], "time": "t"}))
    assert (document.invoice_number, document.issue_date, document.type_code) == ("90000000", date(1998, 2, 1), "380")
    assert (document.buyer.name, document.buyer.erp_id, document.order_reference) == ("Customer One", "1", "Test")
    assert (document.totals.tax_exclusive, document.totals.tax_inclusive) == (Decimal("1000.00"), Decimal("1000.00"))
    (line,) = document.lines
    assert (line.quantity, line.unit, line.net_price, line.net_amount) == (1, "H87", 1000, Decimal("1000.00"))
    assert (line.name, line.seller_item_id) == ("請求", "21")
    assert document.extras["CompanyCode"] == "0001"


@needs_corpora
def test_a_business_central_invoice_from_its_real_parts() -> None:
    """A sales invoice with its line expanded, as the API gives it: every amount to the digit of its text."""
    text = (CORPORA / "business-central" / "dynamics_salesinvoice_get_1.json").read_text("utf-8")
    line = (CORPORA / "business-central" / "dynamics_salesinvoiceline_get_1.json").read_text("utf-8")
    text = text.rstrip().removesuffix("}") + ', "salesInvoiceLines": [' + line + "]}"
    document = invoice(None, text)
    assert (document.invoice_number, document.issue_date, document.currency) == (
        "PS-INV103001",
        date(2019, 1, 15),
        "USD",
    )
    assert (document.buyer.name, document.buyer.erp_id) == ("Trey Research", "20000")
    assert document.buyer.address is not None
    assert (document.buyer.address.city, document.buyer.address.country) == ("Chicago", "US")
    totals = document.totals
    assert [str(x) for x in (totals.tax_exclusive, totals.tax_amount, totals.tax_inclusive)] == [
        "164.7",
        "8.24",
        "172.94",
    ]
    assert (str(totals.paid_amount), totals.amount_due) == ("172.94", 0)
    (one,) = document.lines
    assert [str(x) for x in (one.quantity, one.net_price, one.net_amount, one.vat_rate)] == ["3", "54.9", "164.7", "5"]
    assert (one.unit, one.name, one.seller_item_id, one.vat_category) == ("H87", "AMSTERDAM Lamp", "1928-S", "S")


@needs_corpora
def test_a_business_central_order_from_its_real_parts() -> None:
    """A sales order with its line expanded is an order."""
    order = sample("business-central", "dynamics_salesorder_get_1.json")
    order["salesOrderLines"] = [sample("business-central", "dynamics_salesorderline_get_1.json")]
    (record,) = everything(json.dumps({"value": [order]}), PROFILE)
    document = record.document
    assert isinstance(document, Order)
    assert (document.number, document.buyer.name, document.seller.name) == (
        "101005",
        "Adatum Corporation",
        "My Company",
    )
    (line,) = document.lines
    assert (line.quantity, line.net_price, line.net_amount) == (12, Decimal("1397.3"), Decimal("16767.6"))
    assert line.requested_delivery is not None


def move(**changes: Any) -> dict[str, Any]:
    line = {"id": 1, "display_type": "product", "name": "[C-1] Chair", "product_id": [3, "[C-1] Chair"], 
            "quantity": 2.0,
            "price_unit": 10.005, "discount": 10.0, "price_subtotal": 18.01, "tax_ids": [7],
            "product_uom_id": [1, "Units"]}  # fmt: skip
    return {
        "id": 9, "name": "INV/2026/00001", "move_type": "out_invoice", "state": "posted", "invoice_date": "2026-11-02",
        "invoice_date_due": False, "currency_id": [1, "EUR"], "company_id": [1, "My Company"],
        "partner_id": {"id": 12, "display_name": "Azure", "vat": "BE0477472701", "country_id": {"code": "BE"}},
        "payment_reference": "INV/2026/00001", "partner_bank_id": [2, "BE71 0961 2345 6769 - ING"],
        "amount_untaxed": 18.01, "amount_tax": 3.78, "amount_total": 21.79, "amount_residual": 21.79,
        "narration": "<p>Thank <b>you</b></p>", "invoice_line_ids": [line], "x_own": "kept",
    } | changes  # fmt: skip


@pytest.mark.parametrize("envelope", [lambda m: [m], lambda m: {"jsonrpc": "2.0", "id": 1, "result": [m]},
                                      lambda m: {"result": {"length": 1, "records": [m]}}])  # fmt: skip
def test_an_odoo_move(envelope: Any) -> None:
    """account.move with its lines: relations as pairs or objects, `false` as nothing, taxes by the profile."""
    document = invoice(envelope(move()))
    assert (document.invoice_number, document.issue_date, document.due_date) == (
        "INV/2026/00001",
        date(2026, 11, 2),
        None,
    )
    assert (document.seller.name, document.buyer.name, document.buyer.erp_id) == ("My Company", "Azure", "12")
    assert (document.buyer.vat_identifier, document.currency) == ("BE0477472701", "EUR")
    assert document.payment is not None
    assert document.payment.credit_transfers[0].account == "BE71096123456769"
    assert " ".join(document.notes[0].text.split()) == "Thank you"
    (line,) = document.lines
    assert (line.net_price, line.net_amount, line.vat_rate) == (Decimal("10.005"), Decimal("18.01"), 21)
    assert (line.allowances_charges[0].amount, line.allowances_charges[0].percentage) == (Decimal("2.00"), 10)
    assert (line.name, line.seller_item_id, line.unit) == ("Chair", "C-1", "C62")
    assert document.extras["x_own"] == "kept"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (move(state="draft"), "odoo-state"),
        (move(move_type="in_invoice"), "odoo-type"),
        (move(invoice_line_ids=[1, 2]), "odoo-part"),
        (move(amount_total="12,50"), "field-number"),
        (move(invoice_date="02/11/2026"), "field-date"),
        (move(invoice_line_ids=[{**move()["invoice_line_ids"][0], "tax_ids": [8, 9]}]), "odoo-tax"),
        (move(invoice_line_ids=[{**move()["invoice_line_ids"][0], "tax_ids": [8]}]), "odoo-tax"),
        ({"BillingDocument": "1", "SDDocumentCategory": "U", "to_Item": [{"BillingDocumentItem": "1"}]}, "s4-type"),
        ({"BillingDocument": "1", "to_Item": {"results": [{}], "__next": "x"}}, "erp-page"),
        ({"invoiceDate": "2026-11-02", "salesInvoiceLines@odata.nextLink": "x", "salesInvoiceLines": [{}]}, "erp-page"),
        ({"invoiceDate": "2026-11-02", "status": "Draft", "salesInvoiceLines": [{}]}, "bc-draft"),
        ({"creditMemoDate": "2026-11-02", "status": "Open"}, "bc-part"),
        ({"taxLiable": True, "number": "1"}, "bc-master-data"),
    ],
)
def test_what_is_refused(data: Any, rule: str) -> None:
    """Drafts, bills, parts, pages and values of another kind: each by its rule, and the next one is read."""
    refused, good = everything(json.dumps([data, move()]), PROFILE)
    assert rules(refused)[0] == rule
    assert refusal(refused).place
    assert good.document is not None


def test_odata_days_and_digits() -> None:
    """OData version 2 writes days as milliseconds; a number keeps the digits of its text."""
    text = json.dumps(move()).replace('"2026-11-02"', '"/Date(1793577600000)/"').replace("10.005", "10.0050000000001")
    document = invoice(None, text.replace("18.01", "18.0099999999999999"))
    assert document.issue_date == date(2026, 11, 2)
    assert str(document.totals.tax_exclusive) == "18.0099999999999999"


def test_an_envelope_is_read_in_steps_and_must_be_whole() -> None:
    """Each row is a record, from any cursor; an envelope that breaks off behind its rows is told."""
    text = json.dumps({"value": [move(name=f"I-{n}") for n in range(5)], "@odata.count": 5})
    assert [r.document.number for r in everything(text, PROFILE, limit=1) if r.document] == [f"I-{n}" for n in range(5)]
    *read, broken = everything(text.removesuffix("}"), PROFILE, limit=2)
    assert (len(read), rules(broken)) == (5, ["json-syntax"])


@needs_corpora
@pytest.mark.parametrize("limit", [1, 100])
def test_parts_behind_their_header_are_joined(limit: int) -> None:
    """Header, items, partners and prices as rows of one file are one invoice; what is of no header is refused."""
    name = "billing-document-{}-sample.json"
    files = ("header-01", "header-02-header-partner", "header-03-item", "header-05-item-pricing-element")
    rows = [row for file in files for row in sample("s4-odata", name.format(file))["message"]]
    other = {**rows[0], "BillingDocument": "90000001"}
    joined, alone, stray = everything(json.dumps([*rows, other, rows[4]]), PROFILE, limit=limit)
    assert isinstance(joined.document, Invoice)
    assert (joined.document.number, len(joined.document.lines), joined.document.lines[0].net_price) == (
        "90000000",
        1,
        1000,
    )
    assert (rules(alone), rules(stray)) == (["s4-part"], ["s4-part"])
    assert (alone.address, stray.address) == ("document[8]", "document[9]")
