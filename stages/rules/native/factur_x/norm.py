"""Rules of the norm that the stylesheets of Factur-X ask otherwise than CEN's for CII.

Source   Factur-X 1.09 (FNFE-MPE, FeRD), Schematron of the profiles
"""

from __future__ import annotations

from stages.rules.native.cii.german import empty_payment
from stages.rules.native.cii.sums import floating, floating_cents, tax_totals, total_with_tax
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, cents
from stages.rules.native.factur_x.facts import FacturXFacts
from stages.rules.native.factur_x.tolerance import Summed
from stages.rules.native.head import TRANSFER

# Beside these, rows of L, M and O are asked as all others are, and the taxable amount of Z, E, AE, K and G may be one
# more than its sum, exactly: `facts` says so.
DEVIATIONS: dict[str, str] = {
    "BR-17": "asks only for a name, for it looks for the seller where it never stands",
    "BR-65": "is content where one of a line's classifications has a scheme",
    "BR-CO-12": "rounds the given total, too",
    "BR-CO-15": "asks only where there are sums",
    "BR-CO-18": "asks without a line, too",
}

TEXTS: dict[str, str] = {
    "BR-FX-EN-04": "between Germans it stands when, or at least where to, it was delivered (BT-72, BG-14, BG-26)",
    "BR-CO-27": "a credit transfer names the account that it goes to (BT-84)",
}


def norm(f: FacturXFacts) -> Hits:
    """Those of `DEVIATIONS`, and BR-CO-27, as BASIC has CII-SR-470."""
    d, given = f.document, f.totals
    if f.has_payee and f.payee is not None and not f.payee.name:
        yield "BR-17", "payee", None, None
    for number, line in enumerate(d.lines):
        classes = [each for each in line.classifications if each.value]
        if classes and not any(each.scheme for each in classes):
            yield "BR-65", f"lines[{number}].classifications", None, None
    for means in f.means:
        if means.code in TRANSFER and (means.account is None or not means.account.account):
            yield "BR-CO-27", f"{means.place}.credit_transfers", None, None
    if not d.vat_breakdown:
        yield "BR-CO-18", "vat_breakdown", None, None
    if f.has_totals:
        amounts = [each.given.amount for each in f.charges if each.given.charge]
        total = given.charge_total
        computed = floating_cents(floating_cents(floating(amounts)))
        if (total is not None or amounts) and (total is None or floating_cents(float(total)) != computed):
            yield "BR-CO-12", "totals.charge_total", total, cents(sum(amounts, ZERO))
        yield from total_with_tax(f, tax_totals(f)[0])


def empty(f: FacturXFacts) -> Hits:
    """R008: what is empty as XRechnung has it, and the delivery where nothing is said of it."""
    yield from empty_payment(f)
    if not f.says_delivery():
        yield "PEPPOL-EN16931-R008", "delivery", None, None


def zero_rated(f: FacturXFacts) -> Hits:
    """BR-FXEXT-Z-08rev, which BASIC has of EXTENDED."""
    for index, row in enumerate(f.document.vat_breakdown):
        if row.category == "Z" and not Summed(f, row).fits_by_reason:
            yield "BR-FXEXT-Z-08rev", f"vat_breakdown[{index}].taxable_amount", row.taxable_amount, None


def german(f: FacturXFacts) -> Hits:
    """BR-FX-EN-04: between Germans it stands when it was delivered; without a day, something of where."""
    d = f.document
    if not f.german or not d.type_code or d.type_code == "386":
        return
    dated = d.delivery is not None and d.delivery.date is not None
    periods = [each is not None and (each.start is not None or each.end is not None) for each in f.periods()]
    if not (dated or periods[0] or all(periods[1:])) or not f.says_delivery():
        yield "BR-FX-EN-04", "delivery.date", None, None
