"""SAP S/4HANA, billing documents by OData (API_BILLING_DOCUMENT_SRV): A_BillingDocument with its items expanded.

Rows of items, partners and pricing elements that stand behind their header in one file are joined to it; a row of them
alone is a part of a document: refused, saying what is missing.
The API names customers by number only: their names come from the profile (`erp.parties`).

Source: SAP Business Accelerator Hub, Billing Document (A2X)
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.profiles import ExtractionProfile
from stages.formats.erp_json.prices import known_party, priced, taxed
from stages.formats.erp_json.row import Reading, Row, lean
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.reading.units import unit_code

TYPES = {"M": "380", "O": "381", "P": "383", "N": "381", "5": "380", "6": "381"}
"""SDDocumentCategory -> UNTDID 1001: invoice, credit memo, debit memo, cancelled invoice; intercompany ones."""
_EXPAND = "A_BillingDocument?$expand=to_Partner,to_Item,to_Item/to_PricingElement gives all of it"
_BILL_TO, _SOLD_TO, _SHIP_TO = ("RE", "BP"), ("AG", "SP"), ("WE", "SH")
"""PartnerFunction as SAP stores it, and as the English user sees it."""
_ITEM = "BillingDocumentItem"
_PARTS = {"ConditionType": "pricing elements", _ITEM: "items", "PartnerFunction": "partners"}


def attached(header: Row, part: Row) -> bool:
    """Joins a part to the header row before it, whose own items are not expanded; False where it is not of it."""
    number = header.data.get("BillingDocument")
    if any(key in header for key in _PARTS) or number is None or part.data.get("BillingDocument") != number:
        return False
    if "ConditionType" in part:
        item = next((i for i in _list(header.data, "to_Item") if i.get(_ITEM) == part.data.get(_ITEM)), None)
        return item is not None and _joined(item, "to_PricingElement", part.data)
    if _ITEM in part:
        return _joined(header.data, "to_Item", part.data)
    return "PartnerFunction" in part and _joined(header.data, "to_Partner", part.data)


class _Joined(list[Any]):
    """Rows that were joined; those that the system expanded itself are complete."""


def _joined(data: dict[str, Any], key: str, part: dict[str, Any]) -> bool:
    held = data.get(key)
    if not isinstance(held, _Joined):
        if isinstance(held, list) or (isinstance(held, dict) and "results" in held):
            return False
        held = data[key] = _Joined()
    held.append(part)
    return True


def _list(data: dict[str, Any], key: str) -> list[Any]:
    held = data.get(key)
    return held if isinstance(held, _Joined) else []


def data(row: Row, profile: ExtractionProfile, reading: Reading) -> dict[str, Any]:
    """The invoice as a dictionary. Raises Unfit."""
    for key, name in _PARTS.items():
        if key in row:
            message = f"{name} of a billing document alone: its header is missing. {_EXPAND}"
            raise Unfit(refuse("s4-part", message, row.place(key), row.text("BillingDocument")))
    items = row.rows("to_Item")
    if not items:
        message = f"the header of a billing document alone: its items (to_Item) are missing. {_EXPAND}"
        raise Unfit(refuse("s4-part", message, row.place("to_Item"), row.text("BillingDocument")))
    category = row.text("SDDocumentCategory") or ""
    if category not in TYPES:
        message = "a document of this category is no invoice or credit note that was issued"
        raise Unfit(refuse("s4-type", message, row.place("SDDocumentCategory"), category, ", ".join(TYPES)))
    if row.flag("BillingDocumentIsCancelled"):
        reading.warnings.add("s4-cancelled", "this document was cancelled later", row.place())
    partners = {p.text("PartnerFunction"): p.text("Customer") for p in row.rows("to_Partner") or ()}
    buyer = next((partners[f] for f in (*_BILL_TO, *_SOLD_TO) if partners.get(f)), None) or row.text("SoldToParty")
    found: dict[str, Any] = {
        "invoice_number": row.text("BillingDocument"),
        "type_code": TYPES[category],
        "issue_date": row.day("BillingDocumentDate"),
        "currency": row.text("TransactionCurrency"),
        "order_reference": row.text("PurchaseOrderByCustomer"),
        "buyer": known_party({"erp_id": buyer} if buyer else {}, profile.erp),
        "totals": lean(
            {
                "tax_exclusive": row.number("TotalNetAmount"),
                "tax_amount": row.number("TaxAmount"),
                "tax_inclusive": row.number("TotalGrossAmount"),
            }
        ),
        "lines": [_line(item, n, profile, reading) for n, item in enumerate(items)],
    }
    if cancelled := row.text("CancelledBillingDocument"):
        found["preceding_invoices"] = [{"number": cancelled}]
    if ship_to := next((partners[f] for f in _SHIP_TO if partners.get(f)), None):
        party = known_party({"erp_id": ship_to}, profile.erp)
        found["delivery"] = lean({"name": party.get("name"), "address": party.get("address")})
    orders = {item.text("SalesDocument") for item in items} - {None}
    if len(orders) == 1:
        found["sales_order_reference"] = orders.pop()
    reading.keep(row)
    return lean(found)


def _line(item: Row, index: int, profile: ExtractionProfile, reading: Reading) -> dict[str, Any]:
    reading.sources["lines", index] = item
    quantity, net = item.number("BillingQuantity"), item.number("NetAmount")
    if quantity is None:
        message = "the item has no quantity (BillingQuantity)"
        raise Unfit(refuse("erp-quantity", message, item.place("BillingQuantity")))
    elements = item.rows("to_PricingElement") or []
    taxes = [e for e in elements if e.text("ConditionCategory") == "D" and e.number("ConditionRateValue") is not None]
    code, rate = None, None
    if len(taxes) == 1:
        code, rate = taxes[0].text("TaxCode"), taxes[0].number("ConditionRateValue")
    category, rate = taxed(reading, item, profile.erp, code, None if rate is None else _plain(rate))
    gtin = item.text("InternationalArticleNumber")
    line = {
        "identifier": item.text("BillingDocumentItem"),
        "quantity": _plain(quantity),
        "unit": unit_code(item.text("BillingQuantityUnit"), profile.erp.units),
        "name": item.text("BillingDocumentItemText"),
        "seller_item_id": item.text("Material"),
        "standard_item_id": {"value": gtin, "scheme": "0160"} if gtin else None,
        "vat_category": category,
        "vat_rate": rate,
        **_price(item, quantity, net, elements),
    }
    reading.keep(item, f"to_Item[{index + 1}]/")
    return lean(line)


def _price(item: Row, quantity: Decimal, net: Decimal | None, elements: list[Row]) -> dict[str, Any]:
    """The condition that is the net amount itself tells price and base quantity; else it is net amount by quantity."""
    for each in elements:
        amount, value = each.number("ConditionAmount"), each.number("ConditionRateValue")
        price = each.text("ConditionCalculationType") == "C" and each.text("ConditionCategory") in (None, "H")
        if price and amount is not None and amount == net and value is not None:
            base = each.number("ConditionQuantity") or Decimal(1)
            based = {"base_quantity": _plain(base)} if base != 1 else {}
            return {"net_amount": net, "net_price": _plain(value), **based}
    return priced(item, quantity, None, net, [])


def _plain(value: Decimal) -> Decimal:
    return Decimal(format(value.normalize(), "f"))
