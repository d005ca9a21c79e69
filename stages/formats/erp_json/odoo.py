"""Odoo: account.move with invoice_line_ids expanded, as `search_read`, `web_read` or `web_search_read` gives it.

A relation is `[7, "EUR"]`, `{"id": 7, "display_name": "EUR"}` or, read with a specification, an object with its fields.
Taxes that are given by number only need the profile (`erp.tax_codes`): `{"7": {category: S, rate: "21"}}`.

Source: Odoo 17, model account.move; Odoo's JSON-RPC
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from schemas.profiles import ExtractionProfile
from stages.formats.erp_json.prices import known_party, priced, taxed
from stages.formats.erp_json.row import Reading, Row, lean
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.reading.units import unit_code

TYPES = {"out_invoice": "380", "out_refund": "381"}
_REFERENCE = re.compile(r"\[([^\]]{1,60})\] ")
"""`[FURN_7777] Office chair`: how Odoo shows a product with its reference."""


def data(row: Row, profile: ExtractionProfile, reading: Reading) -> dict[str, Any]:
    """The invoice as a dictionary. Raises Unfit."""
    kind, state = row.text("move_type") or "", row.text("state")
    if kind not in TYPES:
        message = "this entry is no invoice or refund to a customer"
        raise Unfit(refuse("odoo-type", message, row.place("move_type"), kind, " or ".join(TYPES)))
    if state not in (None, "posted"):
        message = "the entry is not posted: a draft is no invoice, and what was cancelled is none any more"
        raise Unfit(refuse("odoo-state", message, row.place("state"), state, "posted"))
    lines = row.rows("invoice_line_ids")
    if not lines:
        message = "the lines are given by number only, or not at all: read invoice_line_ids with their fields"
        raise Unfit(refuse("odoo-part", message, row.place("invoice_line_ids"), row.text("name")))
    total, open_ = row.number("amount_total"), row.number("amount_residual")
    notes = _notes(row)
    seller = related(row, "company_id", reading)
    found: dict[str, Any] = {
        "invoice_number": row.text("name"),
        "type_code": TYPES[kind],
        "issue_date": row.day("invoice_date"),
        "due_date": row.day("invoice_date_due"),
        "currency": _named(row, "currency_id"),
        "seller": _party(seller),
        "buyer": known_party(_party(related(row, "partner_id", reading)), profile.erp),
        "order_reference": row.text("ref"),
        "sales_order_reference": row.text("invoice_origin"),
        "payment_terms": _named(row, "invoice_payment_term_id"),
        "payment": _payment(row),
        "totals": lean(
            {
                "tax_exclusive": row.number("amount_untaxed"),
                "tax_amount": row.number("amount_tax"),
                "tax_inclusive": total,
                "paid_amount": total - open_ if total is not None and open_ is not None and total != open_ else None,
                "amount_due": open_ if open_ is not None else total,
            }
        ),
        "lines": _lines(lines, profile, reading, notes),
        "notes": notes,
    }
    if preceding := _named(row, "reversed_entry_id"):
        found["preceding_invoices"] = [{"number": preceding}]
    reading.keep(row)
    return lean(found)


def related(row: Row, key: str, reading: Reading) -> Row:
    """A relation as an object with at least `id` and `display_name`."""
    found = row.value(key)
    path = (*row.path, key)
    if isinstance(found, list) and len(found) == 2:
        found = {"id": found[0], "display_name": found[1]}
    below = Row(found if isinstance(found, dict) else {}, path, row.locate)
    reading.sources.setdefault((key,), below)
    return below


def _named(row: Row, key: str) -> str | None:
    """The name of what a relation leads to."""
    found = row.value(key)
    if isinstance(found, list) and len(found) == 2 and isinstance(found[1], str):
        return found[1]
    if isinstance(found, dict):
        return Row(found, (*row.path, key), row.locate).text("name", "display_name")
    return None


def _party(row: Row) -> dict[str, Any]:
    country = row.value("country_id")
    code = Row(country, row.path, row.locate).text("code") if isinstance(country, dict) else row.text("country_code")
    address = {
        "line_1": row.text("street"),
        "line_2": row.text("street2"),
        "city": row.text("city"),
        "post_code": row.text("zip"),
        "country": code,
    }
    return lean(
        {
            "name": row.text("name", "display_name"),
            "erp_id": row.text("ref", "id"),
            "vat_identifier": row.text("vat"),
            "address": lean(address),
            "contact": lean({"email": row.text("email"), "telephone": row.text("phone")}),
        }
    )


def _payment(row: Row) -> dict[str, Any]:
    bank = row.value("partner_bank_id")
    account = None
    if isinstance(bank, dict):
        account = Row(bank, (*row.path, "partner_bank_id"), row.locate).text("acc_number", "display_name")
    elif isinstance(bank, list) and len(bank) == 2 and isinstance(bank[1], str):
        account = bank[1].partition(" - ")[0]
    if not account:
        return {}
    transfer = {"account": account.replace(" ", "")}
    return lean(
        {
            "means_code": "30",
            "credit_transfers": [transfer],
            "remittance_information": row.text("payment_reference"),
        }
    )


def _notes(row: Row) -> list[dict[str, str]]:
    said = row.text("narration")
    if said and "<" in said:
        from lxml import html

        said = "\n".join(str(text) for text in html.fromstring(said).itertext())
    return [{"text": said.strip()}] if said and said.strip() else []


def _lines(
    lines: list[Row], profile: ExtractionProfile, reading: Reading, notes: list[dict[str, str]]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for each in lines:
        name = each.text("name")
        if each.text("display_type") in ("line_section", "line_subsection", "line_note"):
            notes += [{"text": name}] if name else []
            continue
        reading.sources["lines", len(found)] = each
        quantity = each.number("quantity")
        if quantity is None:
            raise Unfit(refuse("erp-quantity", "the line has no quantity", each.place("quantity")))
        price, net = each.number("price_unit"), each.number("price_subtotal")
        discount = each.number("discount") or Decimal(0)
        product = _named(each, "product_id") or ""
        reference = _REFERENCE.match(product)
        category, rate = _tax(each, profile, reading)
        line = {
            "identifier": str(len(found) + 1),
            "quantity": quantity,
            "unit": unit_code(_named(each, "product_uom_id"), profile.erp.units),
            "name": (_REFERENCE.sub("", product) or name or "").split("\n")[0],
            "description": name if name and name != product else None,
            "seller_item_id": reference[1] if reference else None,
            "vat_category": category,
            "vat_rate": rate,
            **priced(each, quantity, price, net, _discount(quantity, price, net, discount)),
        }
        found.append(lean(line))
        reading.keep(each, f"invoice_line_ids[{len(found)}]/")
    return found


def _discount(quantity: Decimal, price: Decimal | None, net: Decimal | None, discount: Decimal) -> list[dict[str, Any]]:
    if not discount or price is None or net is None:
        return []
    gross = (quantity * price).quantize(Decimal("0.01"))
    amount = gross - net
    if amount <= 0:
        return []
    return [{"charge": False, "amount": amount, "percentage": discount, "base_amount": gross, "reason": "Discount"}]


def _tax(line: Row, profile: ExtractionProfile, reading: Reading) -> tuple[str | None, Decimal | None]:
    """The line's one tax; several are refused, for which of them is VAT is not said. Raises Unfit."""
    given = line.value("tax_ids")
    if not isinstance(given, list) or not given:
        return taxed(reading, line, profile.erp, "", None)
    taxes = []
    for one in given:
        if isinstance(one, dict):
            below = Row(one, (*line.path, "tax_ids"), line.locate)
            taxes.append((below.text("id") or "", below.number("amount")))
        else:
            taxes.append((str(one), None))
    known = [tax for tax in taxes if tax[0] in profile.erp.tax_codes]
    chosen = known or taxes
    if len(chosen) > 1:
        message = "the line has several taxes; the profile's erp.tax_codes says which one is VAT"
        raise Unfit(refuse("odoo-tax", message, line.place("tax_ids"), ", ".join(tax[0] for tax in chosen)))
    code, rate = chosen[0]
    if rate is None and code not in profile.erp.tax_codes:
        message = "the tax is given by number only; the profile's erp.tax_codes says what it is"
        raise Unfit(refuse("odoo-tax", message, line.place("tax_ids"), code))
    return taxed(reading, line, profile.erp, code, rate)
