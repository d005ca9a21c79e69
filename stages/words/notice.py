"""What a mail says beyond what stands in the document, too. All fields are required.

A text message needs no words of its own: who, what, how much, the link.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The texts of one language. Braces name what is filled in."""

    subject: str
    """Also the title of the recipient's page."""
    preheader: str
    greeting: str
    greeting_named: str
    intro: str
    invoice_number: str
    number: str
    button: str
    link_hint: str
    expires: str
    why: str
