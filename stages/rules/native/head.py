"""The document itself: number, type, dates, notes, references, attachments, payment.

Source   EN 16931-1:2017 6.4.2; CEN/TS 16931-3-2
"""

from __future__ import annotations

from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts, plain

TRANSFER = ("30", "58")
"""Credit transfer, and SEPA credit transfer."""
_CARD_DIGITS = 10


def head(f: Facts) -> Hits:
    """What every document says of itself."""
    d = f.document
    if not f.written and not d.specification:
        yield "BR-01", "specification", None, None
    if not d.type_code:
        yield "BR-04", "type_code", None, None
    if d.tax_point_date is not None and d.tax_point_code:
        yield "BR-CO-03", "tax_point_code", d.tax_point_code, None
    period = d.period
    if period is not None and period.start is not None and period.end is not None and period.end < period.start:
        yield "BR-29", "period.end", period.end, f"not before {period.start}"
    if d.accounting_currency:
        there = f.totals.tax_amount_accounting is not None
        same = d.accounting_currency == d.currency and f.totals.tax_amount is not None
        if not there and not same:
            yield "BR-53", "totals.tax_amount_accounting", None, None
    subjects = f.raw_codes("BR-CL-08")
    for index, note in enumerate(f.notes()):
        subject = note.partition("#")[2].partition("#")
        if subject[1] and len(subject[0]) == 3 and subject[0] not in subjects:
            yield "BR-CL-08", f"notes[{index}].subject_code", subject[0], None


def references(f: Facts) -> Hits:
    """Preceding invoices and attachments."""
    for index, each in enumerate(f.preceding):
        if not each.number and each.issue_date is not None:
            yield "BR-55", f"preceding_invoices[{index}].number", None, None
            yield "UBL-SR-07", f"preceding_invoices[{index}].number", None, None
    for index, part in enumerate(f.document.attachments):
        place = f"attachments[{index}]"
        if not part.reference and (part.description or part.content_base64 or part.external_location):
            yield "BR-52", f"{place}.reference", None, None
        if part.content_base64:
            if not part.media_type:
                yield "UBL-DT-06", f"{place}.media_type", None, None
            if not part.file_name:
                yield "UBL-DT-07", f"{place}.file_name", None, None


def payment(f: Facts) -> Hits:
    """How to pay: a code for the means, and the account that a credit transfer goes to."""
    for means in f.means:
        if not means.code:
            yield "BR-49", f"{means.place}.means_code", None, None
        if means.card and len(plain(means.card)) > _CARD_DIGITS:
            yield "BR-51", f"{means.place}.card_account", None, "its last four to six digits"
        if means.code in TRANSFER and (means.account is None or not means.account.account):
            yield "BR-61", f"{means.place}.credit_transfers", None, None
            if means.account is not None:
                yield "BR-50", f"{means.place}.credit_transfers[0].account", None, None
