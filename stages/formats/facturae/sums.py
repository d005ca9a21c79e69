"""What Facturae's taxes and totals say in the words of EN 16931: categories, breakdown, what is withheld, what is due.

A line's tax has a rate but no category: a rate above zero is S (IGIC L, IPSI M); of none, SpecialTaxableEvent tells 01
exempt (E, or K and G by its words) from 02 not subject (O, or AE by its words), and without one it is Z. Discounts and
charges of the whole invoice have no tax of their own in Facturae: the taxed bases tell to which rate they belong.

TotalExecutableAmount is BT-115. What stands between it and the total with tax is paid (BT-113: withheld tax, payments
on account, subsidies, retentions) or charged without tax (disbursements, financial expenses, equivalence surcharge).

Source: Facturae 3.2.2, annotations of InvoiceTotalsType; Ley 37/1992 del IVA
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product
from typing import Any

from lxml import etree

from stages.formats.facturae.codes import EVENTS, PREFIX, TAX_CATEGORIES, TAX_NAMES
from stages.formats.facturae.walk import Walk
from stages.formats.reading.completing import NUMBER, Unfit, decimal
from stages.formats.reading.records import refuse
from stages.formats.reading.xml_walk import Data

_SIGNED = ("quantity", "net_amount", "amount", "base_amount", "taxable_amount", "tax_amount", "line_total",
           "allowance_total", "charge_total", "tax_exclusive", "tax_inclusive", "paid_amount", "amount_due",
           "tax_amount_accounting")  # fmt: skip
_WORDS = (
    ("01", re.compile("intracomunitari", re.I), "K"),
    ("01", re.compile("exportaci", re.I), "G"),
    ("02", re.compile("inversi[oó]n del sujeto pasivo", re.I), "AE"),
)
_TRIES = 4096
_PAID = {"SubsidyAmount", "PaymentOnAccountAmount", "WithholdingAmount", "PaymentInKindAmount"}


def settle_sums(walk: Walk, data: Data, turned: bool) -> None:
    """Raises Unfit for a tax that cannot be carried."""
    reasons = _lines(walk, data)
    charged = _surcharges(walk, data) + _added(walk, data)
    _levels(walk, data)
    _breakdown(walk, data, reasons, charged)
    _totals(walk, data, charged)
    if turned:
        _turn(data)


def _rate(element: etree._Element) -> Decimal:
    return decimal(element.findtext("TaxRate"))


def _category(walk: Walk, element: etree._Element, event: etree._Element | None) -> tuple[str, str | None]:
    code = (element.findtext("TaxTypeCode") or "").strip()
    if code not in TAX_CATEGORIES:
        message = "a tax beside VAT, IGIC and IPSI: EN 16931 has no row for it"
        raise Unfit(refuse("facturae-tax", message, walk.place(element), code, "01, 02 or 03"))
    reason = (event.findtext("SpecialTaxableEventReason") or "").strip() if event is not None else None
    kind = (event.findtext("SpecialTaxableEventCode") or "").strip() if event is not None else ""
    if kind and _rate(element) == 0:
        told = next((c for k, words, c in _WORDS if k == kind and words.search(reason or "")), None)
        return told or {"01": "E", "02": "O"}.get(kind, "Z"), reason
    return (TAX_CATEGORIES[code] if code != "01" or _rate(element) else "Z"), reason


def _lines(walk: Walk, data: Data) -> dict[str, str]:
    """BT-151 and BT-152; the reasons why there is no tax, by category."""
    reasons: dict[str, str] = {}
    for line in data.get("lines", []):
        taxes = walk.taxes.get((id(line), "line"), [])
        event = walk.taxes.get((id(line), "event"), [None])[0]
        if len(taxes) > 1:
            message = "a line with more than one tax: EN 16931 has one for each"
            raise Unfit(refuse("facturae-tax", message, walk.place(taxes[1])))
        for element in taxes:
            category, reason = _category(walk, element, event)
            line["vat_category"], line["vat_rate"] = category, element.findtext("TaxRate")
            walk.where[id(line), "vat_rate"] = element
            if category == "O":
                del line["vat_rate"]
            if reason and reason != EVENTS.get(category, ("", ""))[1]:
                reasons.setdefault(category, reason)
        if not taxes:
            raise Unfit(refuse("facturae-tax", "a line without a tax", walk.locate(("lines",))))
    return reasons


def _outputs(walk: Walk, data: Data) -> list[etree._Element]:
    return walk.taxes.get((id(data), "outputs"), [])


def _surcharges(walk: Walk, data: Data) -> list[Data]:
    """Recargo de equivalencia: a second tax, here a charge without tax."""
    found: list[Data] = []
    for element in _outputs(walk, data):
        amount = element.findtext("EquivalenceSurchargeAmount/TotalAmount")
        if decimal(amount):
            rate = (element.findtext("EquivalenceSurcharge") or "").strip()
            found.append(_charge(f"Recargo de equivalencia {rate} %", amount))
            message = "the equivalence surcharge is carried as a charge without tax"
            walk.warnings.add("facturae-surcharge", message, walk.place(element), amount)
    return found


def _added(walk: Walk, data: Data) -> list[Data]:
    found = [
        _charge("Suplidos", each.findtext("ReimbursableExpensesAmount"))
        for each in walk.taxes.get((id(data), "added"), [])
    ]
    expenses = walk.said.get("financial_expenses")
    return found + ([_charge("Gastos financieros", expenses)] if decimal(expenses) else [])


def _charge(reason: str, amount: str | None) -> Data:
    return {"charge": True, "reason": reason, "amount": amount, "vat_category": "E", "vat_rate": "0"}


def _levels(walk: Walk, data: Data) -> None:
    """To which tax the discounts and charges of the whole invoice belong: to the one whose base they change."""
    levels = data.get("allowances_charges", [])
    if not levels:
        return
    sold: dict[Decimal, Decimal] = {}
    for line in data.get("lines", []):
        rate = decimal(line.get("vat_rate"))
        sold[rate] = sold.get(rate, Decimal(0)) + decimal(line.get("net_amount"))
    taxed: dict[Decimal, Decimal] = {}
    for element in _outputs(walk, data):
        rate = _rate(element)
        taxed[rate] = taxed.get(rate, Decimal(0)) + decimal(element.findtext("TaxableBase/TotalAmount"))
    changes = {rate: base - sold.get(rate, Decimal(0)) for rate, base in taxed.items()}
    whose = _assigned([decimal(e.get("amount")) * (1 if e["charge"] else -1) for e in levels], changes)
    place = walk.place(walk.parents.get(id(levels[0]), walk.root))
    if whose is None:
        message = "the discounts and charges of the whole invoice cannot be told to their tax rates"
        raise Unfit(refuse("facturae-charge-tax", message, place))
    if None in whose:
        message = "a discount or charge of the whole invoice is in no taxed base: taken as exempt"
        walk.warnings.add("facturae-charge-tax", message, place)
    for each, whose_rate in zip(levels, whose, strict=True):
        sample: Data = next((e for e in data["lines"] if decimal(e.get("vat_rate")) == whose_rate), {})
        usual = "S" if whose_rate else "E"
        each["vat_category"] = "E" if whose_rate is None else str(sample.get("vat_category", usual))
        if each["vat_category"] != "O":
            each["vat_rate"] = f"{whose_rate or Decimal(0):f}"
        each.setdefault("reason", "Cargo" if each["charge"] else "Descuento")


def _assigned(amounts: list[Decimal], changes: dict[Decimal, Decimal]) -> list[Decimal | None] | None:
    """The rate of each amount so that they explain how far each base is from its lines; None: of no taxed base.

    None for all where no assignment explains it, or there are too many to try.
    """
    off = Decimal("0.02")
    if all(abs(change) < off for change in changes.values()):
        return [None] * len(amounts)
    rates = sorted((rate for rate, change in changes.items() if abs(change) >= off), reverse=True)
    if len(rates) ** len(amounts) > _TRIES:
        return None
    for tried in product(rates, repeat=len(amounts)):
        rest = dict(changes)
        for amount, rate in zip(amounts, tried, strict=True):
            rest[rate] -= amount
        if all(abs(left) < off for left in rest.values()):
            return list(tried)
    return None


def _breakdown(walk: Walk, data: Data, reasons: dict[str, str], charged: list[Data]) -> None:
    """BG-23, where each of its rows is told by its rate; else completion makes it from the lines."""
    parts = [*data.get("lines", []), *data.get("allowances_charges", []), *charged]
    untaxed = {str(p["vat_category"]) for p in parts if not decimal(p.get("vat_rate"))}
    rows: dict[tuple[str, Decimal], dict[str, Any]] = {}
    for element in _outputs(walk, data):
        code, rate = (element.findtext("TaxTypeCode") or "").strip(), _rate(element)
        if code not in TAX_CATEGORIES:
            message = "a tax beside VAT, IGIC and IPSI: EN 16931 has no row for it"
            raise Unfit(refuse("facturae-tax", message, walk.place(element), code, "01, 02 or 03"))
        category = TAX_CATEGORIES[code] if rate else next(iter(untaxed), "Z")
        base, tax = (decimal(element.findtext(f"{name}/TotalAmount")) for name in ("TaxableBase", "TaxAmount"))
        row = rows.setdefault((category, rate), {"category": category, "rate": element.findtext("TaxRate")})
        row["taxable_amount"] = row.get("taxable_amount", Decimal(0)) + base
        row["tax_amount"] = row.get("tax_amount", Decimal(0)) + tax
        walk.parents.setdefault(id(row), element)
    stated = {category for category, _ in rows}
    extra = sum((decimal(e.get("amount")) for e in charged), Decimal(0))
    for category in sorted(untaxed - stated if len(untaxed) == 1 or not charged else set()):
        base = sum(
            (decimal(p.get("net_amount") or p.get("amount")) * (-1 if p.get("charge") is False else 1)
             for p in parts if p["vat_category"] == category), Decimal(0),
        )  # fmt: skip
        rows[category, Decimal(0)] = {"category": category, "rate": "0", "taxable_amount": base, "tax_amount": 0}
        extra = Decimal(0)
    if extra and ("E", Decimal(0)) in rows:
        rows["E", Decimal(0)]["taxable_amount"] += extra
    if len(untaxed) > 1:
        return
    for row in rows.values():
        if row["category"] == "O":
            row["rate"] = None
        row["exemption_reason"] = reasons.get(row["category"])
        if row["category"] == "E" and not row["exemption_reason"]:
            row["exemption_reason"] = "Sin impuesto" if charged else None
        row["taxable_amount"], row["tax_amount"] = f"{row['taxable_amount']:f}", f"{row['tax_amount']:f}"
    data["vat_breakdown"] = list(rows.values())


def _totals(walk: Walk, data: Data, charged: list[Data]) -> None:
    said = walk.said
    totals: Data = {name: said[name] for name in ("line_total", "allowance_total", "charge_total") if said.get(name)}
    withheld = walk.taxes.get((id(data), "withheld"), [])
    kept = [
        {
            "scheme": TAX_NAMES.get(code := (each.findtext("TaxTypeCode") or "").strip(), code),
            "rate": each.findtext("TaxRate"),
            "base_amount": each.findtext("TaxableBase/TotalAmount"),
            "amount": each.findtext("TaxAmount/TotalAmount") or said.get("withheld"),
        }
        for each in withheld
    ]
    if kept:
        data["withholdings"] = kept
    paid = sum((decimal(each["amount"]) for each in kept), Decimal(0))
    for element in walk.taxes.get((id(data), "paid"), []):
        amounts = [decimal(child.text) for child in element if child.tag in _PAID]
        paid += sum(amounts, Decimal(0))
        walk.keep(f"{PREFIX}{element.tag!s}", element)
    surcharge = sum((decimal(each["amount"]) for each in charged), Decimal(0))
    if charged:
        data.setdefault("allowances_charges", []).extend(charged)
        totals.pop("charge_total", None)
    exclusive, tax, invoice_total = (decimal(said.get(n)) for n in ("tax_exclusive", "tax_amount", "invoice_total"))
    if not charged:
        totals.update({name: said[name] for name in ("tax_exclusive", "tax_amount") if said.get(name)})
        inclusive = exclusive + tax
        if kept and invoice_total == inclusive:
            message = "InvoiceTotal leaves out the tax that is withheld; Facturae deducts it"
            walk.warnings.add("facturae-total", message, found=said.get("invoice_total"))
        elif said.get("invoice_total"):
            inclusive = invoice_total + decimal(said.get("withheld"))
        totals["tax_inclusive"] = f"{inclusive:f}"
    elif surcharge:
        walk.extras.setdefault(f"{PREFIX}InvoiceTotal", said.get("invoice_total", ""))
    if paid:
        totals["paid_amount"] = f"{paid:f}"
    if said.get("amount_due"):
        totals["amount_due"] = said["amount_due"]
    accounting = data.get("accounting_currency")
    if accounting and accounting != data.get("currency"):
        found = [e.findtext("TaxAmount/EquivalentInEuros") for e in _outputs(walk, data)]
        if all(found):
            totals["tax_amount_accounting"] = f"{sum((decimal(each) for each in found), Decimal(0)):f}"
    data["totals"] = totals


def _turn(value: Any) -> None:
    """A credit note's amounts are positive here and negative there."""
    if isinstance(value, list):
        for each in value:
            _turn(each)
    elif isinstance(value, dict):
        for name, below in value.items():
            if name in _SIGNED and isinstance(below, str):
                below = below.strip()
                if NUMBER.match(below) and below.lstrip("+-").strip("0."):
                    value[name] = below[1:] if below.startswith("-") else "-" + below.lstrip("+")
                elif NUMBER.match(below):
                    value[name] = below.lstrip("-")
            else:
                _turn(below)
