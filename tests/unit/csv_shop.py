"""A German shop's CSV, and the profile that reads it."""

from __future__ import annotations

from schemas.profiles import ExtractionProfile, load_profile

HEADER = "Number;Date;Customer;Item;Qty;Price;VAT\n"


def profile(**changes: str) -> ExtractionProfile:
    """A German shop: semicolons, decimal comma, header repeated on every row; `changes` are further lines of `csv`."""
    more = "".join(f"  {key}: {value}\n" for key, value in changes.items() if key != "constants")
    settings = {"layout": "rows", "key": "[Number]", "decimal": '","', "thousands": '"."', "dates": '["%d.%m.%Y"]'}
    plain = "".join(f"  {key}: {value}\n" for key, value in settings.items() if key not in changes)
    return load_profile(
        f"""
name: shop
constants: {changes.get("constants", "{currency: EUR, seller: {name: Laden GmbH}, line: {vat_category: S}}")}
csv:
  separator: ";"
{plain}{more}"""
        + (
            ""
            if "document" in changes
            else """  document:
    invoice_number: Number
    issue_date: Date
    buyer.name: {column: Customer, template: "Firma {}"}
"""
        )
        + (
            ""
            if "line" in changes
            else """  line:
    name: Item
    quantity: Qty
    net_price: Price
    vat_rate: {column: VAT, default: "19"}
"""
        )
    )


def row(number: str = "1", item: str = "Papier", quantity: str = "2", price: str = "13,75", vat: str = "19") -> str:
    return f"{number};02.11.2026;Meier;{item};{quantity};{price};{vat}\n"
