"""What the recipient's page says beyond what stands in the document, too. All fields are required."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Page:
    """The texts of one language. Braces name what is filled in."""

    language: str
    own_name: str
    skip: str
    languages: str
    nothing_due: str
    # the picture
    preview_alt: str
    view: str
    view_hint: str
    # the files
    files: str
    pdf: str
    pdf_hint: str
    e_format: str
    e_format_hint: str
    signature: str
    signature_hint: str
    e_document: str
    e_document_hint: str
    signed_document_hint: str
    download: str
    # confirming
    confirm: str
    confirm_lead: str
    confirmed: str
    confirmed_lead: str
    press_again: str
    # notices
    superseded: str
    valid_until: str
    privacy: str
    # pages that offer nothing
    expired: str
    expired_lead: str
    revoked: str
    revoked_lead: str
    unknown: str
    unknown_lead: str
    unavailable: str
    unavailable_lead: str
    not_ready: str
