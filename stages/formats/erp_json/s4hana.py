"""SAP S/4HANA, billing documents by OData (API_BILLING_DOCUMENT_SRV): A_BillingDocument with its items expanded.

Rows of items, partners and pricing elements that stand behind their header in one file, or in other files of an archive
(`parts.py`), are joined to it; a row of them alone is a part of a document: refused, saying what is missing.
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
"""The key that tells a part -> its name."""
_KEYS = {
    "ConditionType": (_ITEM, "PricingProcedureStep", "PricingProcedureCounter", "ConditionType"),
    _ITEM: (_ITEM,), "PartnerFunction": ("PartnerFunction",),
}  # fmt: skip
FIELDS = {"ConditionType": "to_Item", _ITEM: "to_Item", "PartnerFunction": "to_Partner"}
"""The field of the header below which such a part stands."""
ORDER = ("PartnerFunction", _ITEM, "ConditionType")
"""In which parts are joined: an item before what belongs to it."""


def number(row: Row) -> str | None:
    found = row.data.get("BillingDocument")
    return found if isinstance(found, str) else None


def part_of(row: Row) -> str | None:
    """The key of `FIELDS` that tells which part this is; None for a header."""
    return next((key for key in _PARTS if key in row), None)


def expanded(header: Row) -> frozenset[str]:
    """Which of its fields the system has expanded itself."""
    return frozenset(name for name in FIELDS.values() if _by_system(header.data.get(name)))


def whole(row: Row) -> bool:
    """Is it a header that lacks nothing which other files could have?"""
    return part_of(row) is None and expanded(row) >= set(FIELDS.values())


def _by_system(held: Any) -> bool:
    return not isinstance(held, _Joined) and (isinstance(held, list) or (isinstance(held, dict) and "results" in held))


def join(header: Row, part: Row, file: str) -> None:
    """Join a part of another file; one that is there already is passed over. Raises Unfit for one that says something
    else than that, and for a pricing element of an item that is not there."""
    kind = part_of(part)
    assert kind is not None, "a part"
    key = tuple(part.data.get(name) for name in _KEYS[kind])
    for held in _siblings(header, kind, part):
        if tuple(held.get(name) for name in _KEYS[kind]) == key:
            if _values(held) == _values(part.data):
                return
            message = f"{_PARTS[kind]} of a billing document stand twice in the archive, and differ"
            raise Unfit(refuse("s4-part", message, f"{file}, {part.place()}", number(part)))
    if not attached(header, part):
        message = f"{_PARTS[kind]} of an item that no file of the archive has"
        raise Unfit(refuse("s4-part", message, f"{file}, {part.place()}", str(part.data.get(_ITEM))))


def _siblings(header: Row, kind: str, part: Row) -> list[Any]:
    if kind != "ConditionType":
        return _list(header.data, FIELDS[kind])
    items = _list(header.data, "to_Item")
    item = next((each for each in items if each.get(_ITEM) == part.data.get(_ITEM)), None)
    return [] if item is None else _list(item, "to_PricingElement")


def _values(data: dict[str, Any]) -> dict[str, Any]:
    """Without what leads to, or holds, other rows."""
    return {name: value for name, value in data.items() if not name.startswith(("to_", "__"))}


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
        if _by_system(held):
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
            message = f"{name} of a billing document alone: its header is missing, or has its own. {_EXPAND}"
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
