"""The rule sets that UBL is written for, and what they ask of the writer.

Source: EN 16931-1:2017; Peppol BIS Billing 3.0; XRechnung 3.0.
"""

from __future__ import annotations

from enum import Enum

from schemas.documents import Invoice
from stages.formats.writing import xrechnung


class Profile(Enum):
    """The rule set that a document is written for."""

    PEPPOL = "peppol-bis-billing-3"
    XRECHNUNG = "xrechnung-3.0"
    EN16931 = "en16931"

    @property
    def specification(self) -> str:
        """BT-24."""
        core = "urn:cen.eu:en16931:2017"
        if self is Profile.XRECHNUNG:
            return xrechnung.SPECIFICATION
        return core if self is Profile.EN16931 else f"{core}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"

    def business_process(self, document: Invoice) -> str | None:
        """BT-23: Peppol names its own, the plain standard leaves it to the parties."""
        if self is Profile.PEPPOL:
            return "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
        return document.business_process


def one_note(document: Invoice, profile: Profile) -> bool:
    """Whether the target takes one note at most."""
    german = all(
        party.address is not None and party.address.country == "DE" for party in (document.seller, document.buyer)
    )
    return profile is Profile.PEPPOL and not german
