"""The payment code: a QR that fills in a credit transfer in the payer's banking app.

Source: EPC069-12 v3.1, "Quick Response Code: guidelines to enable data capture for the initiation of a SEPA credit
transfer". A code that might pay something else than the page says is worse than none, so nothing is cut or guessed:
what does not fit the guideline gets no code.
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Invoice

_CREDIT_TRANSFERS = frozenset({"30", "42", "58"})
"""UNTDID 4461 (BT-81): credit transfer, payment to bank account, SEPA credit transfer."""
_SEPA = frozenset(
    """AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS
    SE SI SK SM VA""".split()
)
"""Countries of the SEPA scheme (EPC409-09): a credit transfer cannot reach an account elsewhere."""
_MASK = 2
_LEAST, _MOST = Decimal("0.01"), Decimal("999999999.99")


Modules = tuple[tuple[bool, ...], ...]
"""Rows of a QR code, dark is true, without the quiet zone of four modules that must stay white around them."""


def payee_name(document: Invoice) -> str:
    """Whom the money goes to: the account's holder, else the payee (BG-10), else the seller."""
    transfers = document.payment.credit_transfers if document.payment else ()
    holder = transfers[0].account_name if transfers else None
    return holder or (document.payee.name if document.payee else document.seller.name)


def payload(document: Invoice) -> bytes | None:
    """What the code says, as EPC069-12 lays it out in version 002, UTF-8; None where no code applies.

    It applies to an invoice (no credit note) in EUR, paid by credit transfer to the valid IBAN of a SEPA country,
    with 0.01 to 999999999.99 due, name, text and payload within their lengths (70 and 140 characters, 331 bytes).
    """
    from stdnum import bic, iban, iso11649

    payment, due = document.payment, document.totals.amount_due
    if document.document_type != "invoice" or document.currency != "EUR" or payment is None or due is None:
        return None
    if payment.means_code not in _CREDIT_TRANSFERS or not payment.credit_transfers:
        return None
    if not _LEAST <= due <= _MOST or due != round(due, 2):
        return None
    transfer = payment.credit_transfers[0]
    account = "".join(transfer.account.split()).upper()
    if not iban.is_valid(account) or account[:2] not in _SEPA:
        return None
    name = " ".join(payee_name(document).split())
    text = " ".join((payment.remittance_information or document.invoice_number).split())
    provider = "".join((transfer.service_provider or "").split()).upper()
    structured = iso11649.is_valid(text)
    if len(name) > 70 or len(text) > 140:
        return None
    lines = (
        "BCD",
        "002",
        "1",  # UTF-8
        "SCT",
        provider if bic.is_valid(provider) else "",
        name,
        account,
        f"EUR{due:.2f}",
        "",  # purpose
        iso11649.compact(text) if structured else "",
        "" if structured else text,
    )
    try:
        content = "\n".join(lines).rstrip("\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return None
    return content if len(content) <= 331 else None


def payment_code(document: Invoice) -> Modules | None:
    """The code for this document, or None where it does not apply. Error correction M, as the guideline wants."""
    import segno

    content = payload(document)
    if content is None:
        return None
    # Every mask can be read; weighing all eight against each other takes five times as long as the rest of the code.
    code = segno.make_qr(content, error="m", boost_error=False, mask=_MASK)
    return tuple(tuple(bool(module & 1) for module in row) for row in code.matrix)
