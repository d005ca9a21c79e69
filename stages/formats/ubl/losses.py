"""What a UBL document cannot carry of the canonical one, field by field, so that nothing is left out unsaid.

Each loss is a warning with rule `ubl-loss`: the field, what stood there, and why it stays behind. Contents of contacts
are not repeated, for a finding may be shown where personal data may not.

Source: EN 16931-3-2 (UBL syntax binding); UBL-SR-16, UBL-SR-20; Peppol BIS Billing 3 (R002, R041, R042).
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.documents import AllowanceCharge, Invoice, Party
from schemas.errors import Finding
from stages.formats.ubl.profile import Profile, one_note
from stages.formats.writing.xml_text import plain

_NOT_OF_STANDARD = "not a business term of EN 16931"

# Fields of a party that its role has no business term for (BG-7, BG-10, BG-11 against BG-4).
_ROLE_LACKS: dict[str, tuple[str, ...]] = {
    "seller": (),
    "buyer": ("tax_registration", "legal_information"),
    "payee": (
        "trading_name",
        "vat_identifier",
        "tax_registration",
        "legal_information",
        "endpoint",
        "address",
        "contact",
    ),
    "tax_representative": (
        "trading_name",
        "legal_registration",
        "tax_registration",
        "legal_information",
        "endpoint",
        "contact",
    ),
}
_IDENTIFIERS_KEPT = {"buyer": 1, "payee": 1, "tax_representative": 0}


def losses(document: Invoice, profile: Profile) -> tuple[Finding, ...]:
    """Every field with content that `ubl.write` leaves out or changes; empty when all is carried."""
    return tuple(
        Finding(rule="ubl-loss", message=why, place=place, found=found, severity="warning")
        for place, found, why in _losses(document, profile)
    )


def _losses(document: Invoice, profile: Profile) -> Iterator[tuple[str, str | None, str]]:
    for name, value in document.extras.items():
        yield f"extras.{name}", value, _NOT_OF_STANDARD
    for name, value in document.hints.__dict__.items():
        if value:
            yield f"hints.{name}", None, _NOT_OF_STANDARD
    for role in _ROLE_LACKS:
        party = getattr(document, role)
        if party is not None:
            yield from _of_party(role, party)
    yield from _of_document(document, profile)
    for index, each in enumerate(document.allowances_charges):
        yield from _of_allowance(f"allowances_charges[{index}]", each, profile)
    for number, line in enumerate(document.lines):
        if line.base_quantity_unit and line.base_quantity is None:
            yield f"lines[{number}].base_quantity_unit", line.base_quantity_unit, "a unit without its base quantity"
        for index, each in enumerate(line.allowances_charges):
            yield from _of_allowance(f"lines[{number}].allowances_charges[{index}]", each, profile)


def _of_party(role: str, party: Party) -> Iterator[tuple[str, str | None, str]]:
    if party.erp_id:
        yield f"{role}.erp_id", party.erp_id, _NOT_OF_STANDARD
    for name in ("given_name", "family_name"):
        if getattr(party, name):
            yield f"{role}.{name}", None, "EN 16931 has one name, which holds both"
    for name in _ROLE_LACKS[role]:
        if getattr(party, name):
            yield f"{role}.{name}", None, f"EN 16931 knows none for the {role.replace('_', ' ')}"
    kept = _IDENTIFIERS_KEPT.get(role)
    if kept is not None:
        for index, each in enumerate(party.identifiers[kept:], start=kept):
            yield f"{role}.identifiers[{index}]", each.value, f"the {role.replace('_', ' ')} may have {kept} of them"


def _of_document(document: Invoice, profile: Profile) -> Iterator[tuple[str, str | None, str]]:
    process = document.business_process
    if process and process != profile.business_process(document):
        yield "business_process", process, "Peppol names its own business process"
    if document.type_code and document.document_type == "credit-note" and document.due_date and not document.payment:
        yield "due_date", document.due_date.isoformat(), "a credit note has its due date in the payment instructions"
    if document.payment and document.payment.card_holder and not document.payment.card_account:
        yield "payment.card_holder", None, "a card holder without the card's number"
    if document.totals.tax_amount_accounting is not None and not document.accounting_currency:
        found = plain(document.totals.tax_amount_accounting)
        yield "totals.tax_amount_accounting", found, "an amount in an accounting currency that is not given"
    if len(document.notes) > 1 and one_note(document, profile):
        codes = {each.subject_code for each in document.notes}
        for index, each in enumerate(document.notes):
            if each.subject_code and len(codes) > 1:
                yield f"notes[{index}].subject_code", each.subject_code, "several notes become one, without a subject"
    for index, kept_back in enumerate(document.withholdings):
        yield (
            f"withholdings[{index}]",
            kept_back.scheme,
            "tax that the buyer keeps back stands in the paid amount alone",
        )
    for index, attachment in enumerate(document.attachments):
        for name in ("media_type", "file_name"):
            value = getattr(attachment, name)
            if value and not attachment.content_base64:
                yield f"attachments[{index}].{name}", value, "only an embedded document has it"


def _of_allowance(place: str, each: AllowanceCharge, profile: Profile) -> Iterator[tuple[str, str | None, str]]:
    if profile is not Profile.EN16931 and (each.percentage is None) != (each.base_amount is None):
        name = "percentage" if each.base_amount is None else "base_amount"
        found = plain(getattr(each, name))
        yield f"{place}.{name}", found, "base amount and percentage are only taken together (R041, R042)"
