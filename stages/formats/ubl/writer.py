"""Write the canonical document as UBL 2.1: Invoice or CreditNote, for Peppol, XRechnung or plain EN 16931.

Bytes are UTF-8, children stand in the schema's order, and the same document always gives the same bytes.
What a target cannot carry is named by `losses` before anything is written.

Source: EN 16931-3-2 (UBL syntax binding); OASIS UBL 2.1; Peppol BIS Billing 3.0.
"""

from __future__ import annotations

from typing import Any

from schemas.documents import Identifier, Invoice, Line, Note, Party
from stages.formats.ubl.losses import losses
from stages.formats.ubl.profile import Profile, one_note
from stages.formats.ubl.terms import CREDIT_NOTE, INVOICE
from stages.formats.writing import xrechnung
from stages.formats.writing.xml_text import attribute, checked

__all__ = ["Profile", "losses", "write"]

# UBL wants an order's number beside a sales order's (BT-14 without BT-13); Peppol BIS Billing 3 says to write this.
_NO_ORDER = "NA"


def write(document: Invoice, profile: Profile) -> bytes:
    """UBL of a completed document (see totals.complete), bytes, UTF-8 with declaration.

    What was not completed is left out, for the rules to refuse. Raises DocumentInvalid (permanent) for characters that
    XML cannot carry; nothing else.
    """
    table = CREDIT_NOTE if document.document_type == "credit-note" else INVOICE
    fitting = _fitted(document, profile)
    return checked(table.write(fitting, 0, attribute("currencyID", document.currency)), document)


def _fitted(document: Invoice, profile: Profile) -> Invoice:
    """The document as the profile and UBL want it."""
    if profile is Profile.PEPPOL:
        document = xrechnung.paired(document)
    elif profile is Profile.XRECHNUNG:
        document = xrechnung.fitted(document)
    own: dict[str, Any] = {
        "specification": profile.specification,
        "business_process": profile.business_process(document),
        "notes": _notes(document, profile),
        "payment_terms": xrechnung.ended(document.payment_terms),
        **_collector(document),
    }
    if document.sales_order_reference and not document.order_reference:
        own["order_reference"] = _NO_ORDER
    if any(line.gross_price is not None and line.price_discount is None for line in document.lines):
        own["lines"] = tuple(_discounted(line) for line in document.lines)
    return document.model_copy(update=own)


def _notes(document: Invoice, profile: Profile) -> tuple[Note, ...]:
    """Peppol takes one note, except between Germans (PEPPOL-EN16931-R002): several become paragraphs of one, which
    keeps a subject code only if it is that of all."""
    notes = tuple(each for each in document.notes if each.text)
    if len(notes) < 2 or not one_note(document, profile):
        return notes
    codes = {each.subject_code for each in notes}
    together = "\n".join(each.text for each in notes)
    return (Note.model_construct(text=together, subject_code=codes.pop() if len(codes) == 1 else None),)


def _collector(document: Invoice) -> dict[str, Party]:
    """BT-90 stands among the identifiers of the payee, where there is one, else of the seller, with scheme SEPA."""
    role = "payee" if document.payee else "seller"
    party: Party = getattr(document, role)
    identifiers = party.identifiers if role == "seller" else party.identifiers[:1]
    if document.payment and document.payment.creditor_identifier:
        collector = Identifier.model_construct(value=document.payment.creditor_identifier, scheme="SEPA")
        identifiers = (*identifiers, collector)
    return {role: party.model_copy(update={"identifiers": identifiers})}


def _discounted(line: Line) -> Line:
    """UBL has the gross price only as the base of a discount: without one, it is what lies between."""
    if line.gross_price is None or line.price_discount is not None:
        return line
    return line.model_copy(update={"price_discount": line.gross_price - line.net_price})
