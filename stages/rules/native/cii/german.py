"""XRechnung in CII, where KoSIT's stylesheet for it asks otherwise than the one for UBL.

Source   XRechnung 3.0.2 (KoSIT), Schematron for CII
"""

from __future__ import annotations

from decimal import Decimal

from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.cii.sums import tax_totals
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO
from stages.rules.native.german import TAXED

DEVIATIONS: dict[str, str] = {
    "PEPPOL-EN16931-R008": "can be broken: payment instructions without anything in them are an empty element",
    "PEPPOL-EN16931-R046": "takes a discount that is not given for none",
    "PEPPOL-EN16931-R053": "asks that there is no second VAT total in the document's currency",
    "PEPPOL-EN16931-R054": "counts the VAT totals in other currencies, whatever the breakdown",
    "PEPPOL-EN16931-R055": "takes zero for positive, and fires where one of the two VAT totals is missing",
    "BR-51": "counts every blank of the card's number",
    "BR-DE-14": "asks only the rate, whatever the category",
    "BR-DE-16": "looks at lines only, for it reads the category of allowances and charges where it never stands",
    "BR-DE-30": "asks the creditor's identifier where mandate or account of the payer are given",
    "BR-DE-31": "asks the payer's account where mandate or creditor's identifier are given",
    "BR-DE-TMP-32": "takes no code for the tax point",
}

_CARD_DIGITS = 10


def german(f: CiiFacts) -> Hits:
    """What of XRechnung's own rules is asked otherwise."""
    d, payment = f.document, f.document.payment
    registered = f.has_representative or f.seller_vat or f.seller.tax_registration
    if not registered and TAXED.intersection(line.vat_category for line in d.lines):
        yield "BR-DE-16", "seller.vat_identifier", None, None
    for index, row in enumerate(d.vat_breakdown):
        if row.rate is None:
            yield "BR-DE-14", f"vat_breakdown[{index}].rate", None, None
    if payment is not None:
        mandate, creditor = bool(payment.mandate), bool(payment.creditor_identifier)
        payer = bool(payment.debited_account)
        if (mandate or creditor or payer) and not (creditor and (mandate or payer)):
            yield "BR-DE-30", "payment.creditor_identifier", None, None
        if (mandate or creditor or payer) and not (payer and (mandate or creditor)):
            yield "BR-DE-31", "payment.debited_account", None, None
        if payment.card_account and len(payment.card_account) > _CARD_DIGITS:
            yield "BR-51", "payment.card_account", None, "its last four to six digits"
    dated = d.delivery is not None and d.delivery.date is not None
    periods = [each is not None and (each.start is not None or each.end is not None) for each in f.periods()]
    if not dated and not periods[0] and not all(periods[1:]):
        yield "BR-DE-TMP-32", "delivery.date", None, None


def of_peppol(f: CiiFacts) -> Hits:
    """What of the rules that XRechnung takes over from Peppol is asked otherwise."""
    d = f.document
    own, other = tax_totals(f)
    foreign = d.accounting_currency
    if len(own) > 1:
        yield "PEPPOL-EN16931-R053", "totals.tax_amount_accounting", len(own), "one"
    if len(other) != int(bool(foreign)):
        yield "PEPPOL-EN16931-R054", "totals.tax_amount_accounting", f.totals.tax_amount_accounting, None
    accounting = own if foreign == d.currency else other
    if foreign and own and not _one_sign(own, accounting):
        expected = f"the sign of {own[0]}"
        yield "PEPPOL-EN16931-R055", "totals.tax_amount_accounting", f.totals.tax_amount_accounting, expected
    for number, line in enumerate(d.lines):
        net = line.net_price if line.gross_price is None else line.gross_price - (line.price_discount or ZERO)
        if line.net_price != net:
            yield "PEPPOL-EN16931-R046", f"lines[{number}].net_price", line.net_price, net
    yield from empty_payment(f)


def _one_sign(own: list[Decimal], accounting: list[Decimal]) -> bool:
    """Some VAT total of each side is below zero, or some of each is not."""
    return all(any(tax < ZERO for tax in side) for side in (own, accounting)) or all(
        any(tax >= ZERO for tax in side) for side in (own, accounting)
    )


def empty_payment(f: CiiFacts) -> Hits:
    """R008: the writer makes an element of payment instructions, and of an account, that have nothing in them."""
    payment = f.document.payment
    if payment is None or not f.written:
        return
    said = (payment.means_code, payment.means_text, payment.card_account, payment.debited_account)
    if not payment.credit_transfers and not any(said):
        yield "PEPPOL-EN16931-R008", "payment", None, None
    for index, account in enumerate(payment.credit_transfers):
        if not account.account and not account.account_name:
            yield "PEPPOL-EN16931-R008", f"payment.credit_transfers[{index}].account", None, None
