"""Microsoft Dynamics 365 Business Central, API v2.0: salesInvoice, salesCreditMemo, salesOrder, with lines expanded.

Lines alone are parts, customers and the company's own card are master data: each is refused by its name.

Source: Microsoft Learn, Business Central API reference v2.0
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

INVOICE, CREDIT_MEMO, ORDER = "salesInvoiceLines", "salesCreditMemoLines", "salesOrderLines"
_LINES = {"invoiceDate": INVOICE, "creditMemoDate": CREDIT_MEMO, "orderDate": ORDER}
"""The day by which a kind of document is told -> the key of its lines."""
_NOT_ISSUED = ("Draft", "In Review")


def lines_key(row: Row) -> str | None:
    return next((lines for day, lines in _LINES.items() if day in row), None)


def refused(row: Row) -> Unfit | None:
    """What is no document of Business Central, by its name."""
    if "lineObjectNumber" in row:
        message = "a line of a sales document alone; export the document with $expand on its lines"
        return Unfit(refuse("bc-part", message, row.place(), row.text("documentId")))
    for key, what in (("currentFiscalYearStartDate", "the company's own card"), ("taxLiable", "a customer's card")):
        if key in row:
            return Unfit(refuse("bc-master-data", f"this is {what}, master data and no document", row.place()))
    return None


def _expanded(row: Row, key: str) -> list[Row]:
    lines = row.rows(key)
    if not lines:
        message = f"the document has no lines in it; export it with $expand={key}"
        raise Unfit(refuse("bc-part", message, row.place(key), row.text("number")))
    return lines


def invoice(row: Row, profile: ExtractionProfile, reading: Reading) -> dict[str, Any]:
    """An invoice or credit memo as a dictionary. Raises Unfit."""
    credit = "creditMemoDate" in row
    status = row.text("status")
    if status in _NOT_ISSUED:
        message = "the document is not posted: a draft is no invoice, and its number is not final"
        raise Unfit(refuse("bc-draft", message, row.place("status"), status))
    if status == "Canceled":
        reading.warnings.add("bc-cancelled", "this document was cancelled later", row.place("status"))
    lines = _expanded(row, CREDIT_MEMO if credit else INVOICE)
    total, open_ = row.number("totalAmountIncludingTax"), row.number("remainingAmount")
    notes: list[dict[str, str]] = []
    found: dict[str, Any] = {
        "invoice_number": row.text("number"),
        "type_code": "381" if credit else "380",
        "issue_date": row.day("creditMemoDate" if credit else "invoiceDate"),
        "due_date": row.day("dueDate"),
        "currency": row.text("currencyCode"),
        "buyer": _buyer(row, profile, "billTo", "sellTo"),
        "delivery": _delivery(row),
        "order_reference": row.text("customerPurchaseOrderReference", "externalDocumentNumber"),
        "sales_order_reference": row.text("orderNumber"),
        "totals": lean(
            {
                "tax_exclusive": row.number("totalAmountExcludingTax"),
                "tax_amount": row.number("totalTaxAmount"),
                "tax_inclusive": total,
                "paid_amount": total - open_ if total is not None and open_ is not None and total != open_ else None,
                "amount_due": open_ if open_ is not None else total,
            }
        ),
        "lines": _lines(row, lines, profile, reading, notes, order=False),
        "notes": notes,
    }
    if preceding := row.text("invoiceNumber"):
        found["preceding_invoices"] = [{"number": preceding}]
    reading.keep(row)
    return lean(found)


def order(row: Row, profile: ExtractionProfile, reading: Reading) -> dict[str, Any]:
    """A sales order as a dictionary. Raises Unfit."""
    lines = _expanded(row, ORDER)
    wanted = row.day("requestedDeliveryDate")
    notes: list[dict[str, str]] = []
    found: dict[str, Any] = {
        "number": row.text("number"),
        "issue_date": row.day("orderDate"),
        "currency": row.text("currencyCode"),
        "buyer": _buyer(row, profile, "sellTo", "billTo"),
        "delivery": _delivery(row),
        "buyer_reference": row.text("externalDocumentNumber"),
        "requested_delivery": {"start": wanted, "end": wanted} if wanted else None,
        "totals": lean(
            {
                "tax_exclusive": row.number("totalAmountExcludingTax"),
                "tax_amount": row.number("totalTaxAmount"),
                "tax_inclusive": row.number("totalAmountIncludingTax"),
            }
        ),
        "lines": _lines(row, lines, profile, reading, notes, order=True),
        "notes": notes,
    }
    reading.keep(row)
    return lean(found)


def _buyer(row: Row, profile: ExtractionProfile, *prefixes: str) -> dict[str, Any]:
    first = prefixes[0]
    address = next((a for prefix in prefixes if (a := _address(row, prefix))), None) or _postal(row)
    names = {"billTo": ("billToName", "customerName"), "sellTo": ("customerName", "billToName")}[first]
    numbers = ("billToCustomerNumber", "customerNumber") if first == "billTo" else ("customerNumber",)
    contact = lean({"email": row.text("email"), "telephone": row.text("phoneNumber")})
    party = lean(
        {
            "name": row.text(*names),
            "erp_id": row.text(*numbers),
            "vat_identifier": row.text("taxRegistrationNumber"),
            "address": address,
            "contact": contact,
        }
    )
    return known_party(party, profile.erp)


def _address(row: Row, prefix: str) -> dict[str, Any]:
    return lean(
        {
            "line_1": row.text(f"{prefix}AddressLine1"),
            "line_2": row.text(f"{prefix}AddressLine2"),
            "city": row.text(f"{prefix}City"),
            "post_code": row.text(f"{prefix}PostCode"),
            "subdivision": row.text(f"{prefix}State"),
            "country": row.text(f"{prefix}Country"),
        }
    )


def _postal(row: Row) -> dict[str, Any]:
    """The group that earlier versions have."""
    below = row.below("billingPostalAddress")
    if below is None:
        return {}
    street = (below.text("street") or "").splitlines()
    return lean(
        {
            "line_1": street[0] if street else None,
            "line_2": street[1] if len(street) > 1 else None,
            "city": below.text("city"),
            "post_code": below.text("postalCode"),
            "subdivision": below.text("state"),
            "country": below.text("countryLetterCode"),
        }
    )


def _delivery(row: Row) -> dict[str, Any]:
    address = _address(row, "shipTo")
    return lean({"name": row.text("shipToName"), "address": address}) if address else {}


def _lines(
    row: Row,
    lines: list[Row],
    profile: ExtractionProfile,
    reading: Reading,
    notes: list[dict[str, str]],
    *,
    order: bool,
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    gross_prices = row.flag("pricesIncludeTax")
    for each in lines:
        if each.text("lineType") == "Comment":
            said = each.text("description")
            notes += [{"text": said}] if said else []
            continue
        reading.sources["lines", len(found)] = each
        quantity = each.number("quantity")
        if quantity is None:
            raise Unfit(refuse("erp-quantity", "the line has no quantity", each.place("quantity")))
        price = None if gross_prices else each.number("unitPrice")
        net = each.number("netAmount")
        net = each.number("amountExcludingTax") if net is None else net
        discounts = [] if gross_prices else _discounts(each)
        category, rate = taxed(reading, each, profile.erp, each.text("taxCode"), each.number("taxPercent"))
        line = {
            "identifier": each.text("sequence"),
            "quantity": quantity,
            "unit": unit_code(each.text("unitOfMeasureCode"), profile.erp.units),
            "name": each.text("description"),
            "description": each.text("description2"),
            "seller_item_id": each.text("lineObjectNumber") if each.text("lineType") == "Item" else None,
            "vat_category": category,
            "vat_rate": rate,
            **priced(each, quantity, price, net, discounts),
        }
        wanted = each.day("shipmentDate")
        if order and wanted:
            line["requested_delivery"] = {"start": wanted, "end": wanted}
        found.append(lean(line))
        reading.keep(each, f"line {line['identifier']}/")
    return found


def _discounts(line: Row) -> list[dict[str, Any]]:
    """The line's own discount and its part of the document's."""
    given: list[dict[str, Any]] = []
    for key, reason in (("discountAmount", "Discount"), ("invoiceDiscountAllocation", "Invoice discount")):
        amount = line.number(key) or Decimal(0)
        given.append({"charge": amount < 0, "amount": abs(amount), "reason": reason})
    return [g for g in given if not g["charge"]]
