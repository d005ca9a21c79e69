"""What a UBL invoice cannot carry of the canonical one, field by field, so that nothing is left out unsaid.

Each loss is a warning with rule `ubl-loss`. What the table has no row for is found by walking the document; here stands
what depends on more than one field, or on the profile.

Source: EN 16931-3-2 (UBL syntax binding); UBL-SR-16, UBL-SR-20; Peppol BIS Billing 3 (R002, R041, R042).
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.ubl.messages.attached import untyped
from stages.formats.ubl.profile import Profile, one_note
from stages.formats.ubl.terms import CREDIT_NOTE, INVOICE
from stages.formats.writing.losses import halves, told, uncarried
from stages.formats.writing.xrechnung import unpaired

_ELSEWHERE = frozenset({"payment.creditor_identifier"})
"""BT-90 stands among a party's identifiers."""
_ALTERED = frozenset({"business_process", "notes"})
_IDENTIFIERS_KEPT = {"buyer": 1, "payee": 1, "tax_representative": 0}


def losses(document: Invoice, profile: Profile) -> tuple[Finding, ...]:
    """Every field with content that `ubl.write` leaves out or changes; empty when all is carried."""
    table = CREDIT_NOTE if document.document_type == "credit-note" else INVOICE
    found = uncarried(document, table.carried() | _ELSEWHERE, "ubl-loss")
    more = told(document, (*_conditional(document, profile), *halves(document)), "ubl", _ALTERED)
    return (*found, *more, *untyped(document.attachments))


def _conditional(document: Invoice, profile: Profile) -> Iterator[tuple[str, str]]:
    for role, kept in _IDENTIFIERS_KEPT.items():
        party = getattr(document, role)
        for index in range(kept, len(party.identifiers) if party else 0):
            yield f"{role}.identifiers[{index}]", f"the {role.replace('_', ' ')} may have {kept} of them"
    process = document.business_process
    if process and process != profile.business_process(document):
        yield "business_process", "Peppol names its own business process"
    if document.type_code and document.document_type == "credit-note" and document.due_date and not document.payment:
        yield "due_date", "a credit note has its due date in the payment instructions"
    if len(document.notes) > 1 and one_note(document, profile):
        yield "notes", "Peppol takes one note: several become paragraphs of one"
        several = len({each.subject_code for each in document.notes}) > 1
        for index, each in enumerate(document.notes):
            if each.subject_code and several:
                yield f"notes[{index}].subject_code", "several notes become one, without a subject"
    for place in unpaired(document) if profile is not Profile.EN16931 else ():
        yield place, "base amount and percentage are only taken together (R041, R042)"
