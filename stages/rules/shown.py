"""Whether what was read of an invoice is all that the rules can see of its file.

The canonical document has no place for an element without content, nor for a line break at the end of a text, and takes
the usual code where none stands. The native rules then judge what the file does not say, so the official ones must.
What a reader does not understand it tells by a warning; that is not asked here.
"""

from __future__ import annotations

from lxml import etree

from schemas.documents import Invoice
from stages.rules.findings import CAC, CBC, RAM

_DELIVERY = f"{{{RAM}}}ApplicableHeaderTradeDelivery"
"""CII's schema wants it with or without content."""
_MEANS = (f"{{{CAC}}}PaymentMeans", f"{{{RAM}}}SpecifiedTradeSettlementPaymentMeans")


def is_whole(root: etree._Element, document: Invoice) -> bool:
    """True where nothing of the file stands outside of the document that was read of it."""
    return not (
        _has_blank(root) or _is_completed(document) or _has_more_means(root, document) or _has_more_creditors(root)
    )


def _has_blank(root: etree._Element) -> bool:
    for element in root.iter(etree.Element):
        if not len(element):
            text = element.text or ""
            if (not text.strip() and element.tag != _DELIVERY) or text.endswith("\n"):
                return True
    return False


def _is_completed(document: Invoice) -> bool:
    """Whether a code was taken because none stands in the file."""
    if "type_code" not in document.model_fields_set:
        return True
    return any(not {"unit", "vat_category"} <= line.model_fields_set for line in document.lines)


def _has_more_means(root: etree._Element, document: Invoice) -> bool:
    """Payment means without an account beside others: one is read of them."""
    accounts = len(document.payment.credit_transfers) if document.payment is not None else 0
    return sum(1 for _ in root.iter(*_MEANS)) > max(accounts, 1)


def _has_more_creditors(root: etree._Element) -> bool:
    """UBL's creditor identifiers (BT-90), of which one is read."""
    path = f"{{{CAC}}}PartyIdentification/{{{CBC}}}ID"
    return sum(1 for each in root.iterfind(f".//{path}") if (each.get("schemeID") or "").upper() == "SEPA") > 1
