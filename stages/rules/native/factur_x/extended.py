"""EXTENDED: the norm with tolerances and with lines below lines, so with rules of its own in place of many.

Lines below others are not written; what is asked of them is guaranteed.

Source   Factur-X 1.09 (FNFE-MPE, FeRD), Schematron of the profile EXTENDED
"""

from __future__ import annotations

from decimal import Decimal

from stages.rules.native.cii.sums import floating, floating_cents, tax_totals
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, cents
from stages.rules.native.factur_x.facts import FacturXFacts
from stages.rules.native.factur_x.tolerance import CENT, Summed
from stages.rules.native.vat import CATEGORIES, used

_OFF = "is what is added up, a cent off for each amount at most"
_TAXABLE = "the taxable amount of VAT category {} " + _OFF
_NAMES = {code: category.prefix.replace("BR-", "BR-FXEXT-") for code, category in CATEGORIES.items()}

TEXTS: dict[str, str] = {
    "BR-FXEXT-01": "a note with a subject has a text (BT-22)",
    "BR-FXEXT-BR-23": "a line's quantity has a unit (BT-130)",
    "BR-FXEXT-BR-24": "a line has a net amount (BT-131)",
    "BR-FXEXT-BR-38": "a charge says why: by text, by code, or both",
    "BR-FXEXT-BR-44": "a charge of a line says why: by text, by code, or both",
    "BR-FXEXT-BR-54-1": "an item's attribute has a name (BT-160)",
    "BR-FXEXT-BR-54-2": "an item's attribute has a value (BT-161)",
    "BR-FXEXT-CO-04": "a line has a VAT category (BT-151)",
    "BR-FXEXT-CO-10": "the sum of the line net amounts (BT-106) " + _OFF,
    "BR-FXEXT-CO-11": "the sum of allowances (BT-107) " + _OFF,
    "BR-FXEXT-CO-12": "the sum of charges (BT-108) " + _OFF,
    "BR-FXEXT-CO-13": "the total without VAT (BT-109) " + _OFF,
    "BR-FXEXT-CO-15": "the total with VAT (BT-112) " + _OFF,
    "BR-FXEXT-CO-16": "the amount due (BT-115) is what the totals leave to pay",
    "BR-FXEXT-S-09b": "the tax of VAT category S is taxable amount by rate, a cent off for each amount at most",
    **{
        f"{name}-01": f"VAT category {code} has a row where, and only where, it is used"
        for code, name in _NAMES.items()
    },
    **{
        f"{name}-08{kind}" if (code, kind) != ("S", "b") else "BR-FXEXT-S08b": _TAXABLE.format(code)
        for code, name in _NAMES.items()
        for kind in ("b", "ini", "rev")
    },
}
WARNINGS = frozenset(rule for rule in TEXTS if rule.endswith(("08ini", "08rev")))


def breakdown(f: FacturXFacts) -> Hits:
    """01 and 08 of every category, 09 of the standard rate."""
    d = f.document
    for code, use in used(d, f.charges).items():
        if code in _NAMES and bool(use.rows) != bool(use.lines or use.allowances or use.charges):
            yield f"{_NAMES[code]}-01", "vat_breakdown", len(use.rows), "a row"
    for index, row in enumerate(d.vat_breakdown):
        if row.category not in _NAMES:
            continue
        place, summed, name = f"vat_breakdown[{index}]", Summed(f, row), _NAMES[row.category]
        expected = None if summed.none else summed.taxable
        for kind, fits in (
            ("ini", summed.fits),
            ("rev", summed.fits_by_reason),
            ("b", summed.fits or summed.fits_by_reason),
        ):
            if not fits:
                rule = "BR-FXEXT-S08b" if (row.category, kind) == ("S", "b") else f"{name}-08{kind}"
                yield rule, f"{place}.taxable_amount", row.taxable_amount, expected
        if row.category == "S":
            tax = None if row.rate is None else cents(row.taxable_amount * row.rate / 100)
            if tax is None or abs(row.tax_amount - tax) > CENT * summed.count:
                yield "BR-FXEXT-S-09b", f"{place}.tax_amount", row.tax_amount, tax


def sums(f: FacturXFacts) -> Hits:
    """BR-FXEXT-CO-10 to BR-FXEXT-CO-16, and BR-CO-25."""
    d, given = f.document, f.totals
    if given.amount_due is not None and given.amount_due > ZERO and d.due_date is None and not d.payment_terms:
        yield "BR-CO-25", "due_date", None, None
    if not f.has_totals:
        return
    lines = cents(sum((line.net_amount for line in d.lines if line.net_amount is not None), ZERO))
    allowances = [each.given.amount for each in f.charges if not each.given.charge]
    charges = [each.given.amount for each in f.charges if each.given.charge]
    deducted, added = cents(sum(allowances, ZERO)), cents(sum(charges, ZERO))
    every = len(d.lines) + len(allowances) + len(charges)
    binary = Decimal(floating_cents(floating(allowances)))  # only this sum is taken in floating point
    exclusive = lines - deducted + added
    for rule, field, computed, count in (
        ("CO-10", "line_total", lines, len(d.lines)),
        ("CO-11", "allowance_total", binary, len(allowances)),
        ("CO-12", "charge_total", added, len(charges)),
        ("CO-13", "tax_exclusive", exclusive, every),
    ):
        total = getattr(given, field)
        optional = rule in ("CO-11", "CO-12") and count == 0
        if (total is None and not optional) or (total is not None and abs(total - computed) > CENT * count):
            yield f"BR-FXEXT-{rule}", f"totals.{field}", total, computed
    own, _ = tax_totals(f)
    expected = given.tax_exclusive + own[0] if given.tax_exclusive is not None and own else None
    if expected is None or given.tax_inclusive is None or abs(given.tax_inclusive - expected) > CENT * every:
        yield "BR-FXEXT-CO-15", "totals.tax_inclusive", given.tax_inclusive, expected
    due = (given.tax_inclusive or ZERO) - (given.paid_amount or ZERO) + (given.rounding_amount or ZERO)
    if given.amount_due != due:
        yield "BR-FXEXT-CO-16", "totals.amount_due", given.amount_due, due


def parts(f: FacturXFacts) -> Hits:
    """Notes, reasons of charges, and what a line has; a line without identifier and note is not asked."""
    d = f.document
    for index, note in enumerate(d.notes):
        if note.subject_code and not note.text:
            yield "BR-FXEXT-01", f"notes[{index}].text", None, None
    for each in f.all_charges:
        if each.given.charge and not each.given.reason and not each.given.reason_code:
            yield "BR-FXEXT-BR-38" if each.of_document else "BR-FXEXT-BR-44", f"{each.place}.reason", None, None
    for number, line in enumerate(d.lines):
        place = f"lines[{number}]"
        for index, attribute in enumerate(line.attributes):
            if bool(attribute.name) != bool(attribute.value):
                rule = "BR-FXEXT-BR-54-2" if attribute.name else "BR-FXEXT-BR-54-1"
                yield rule, f"{place}.attributes[{index}]", attribute.name or attribute.value, None
        if line.identifier or line.note:
            if not line.unit:
                yield "BR-FXEXT-BR-23", f"{place}.unit", None, None
            if line.net_amount is None:
                yield "BR-FXEXT-BR-24", f"{place}.net_amount", None, None
            if not line.vat_category:
                yield "BR-FXEXT-CO-04", f"{place}.vat_category", None, None
