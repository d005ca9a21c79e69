"""Peppol's release 2025.11, as far as it is another than 2026.5.

Source   OpenPeppol BIS Billing 3, release 2025.11
"""

from __future__ import annotations

import re

from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts, plain
from stages.rules.native.german import cash_discount, terms_of

_LATER = "came with 2026.5"

DEVIATIONS: dict[str, str] = {
    "PEPPOL-COMMON-R054": _LATER,
    "PEPPOL-COMMON-R055": _LATER,
    "PEPPOL-COMMON-R056-1": _LATER,
    "PEPPOL-COMMON-R056-2": _LATER,
    "PEPPOL-COMMON-R057": _LATER,
    "DE-R-T02": _LATER,
    "DE-R-018": "lets anything stand before a cash discount on its line",
    "DE-R-028": "allows only the letters of an older expression in an e-mail address",
}
ASKED = frozenset({"DE-R-018", "DE-R-028"})
"""Those that it has, in other words."""
ONLY_WARN = frozenset({"PEPPOL-COMMON-R052", "PEPPOL-COMMON-R053", "DK-R-003", "DK-R-017"})
"""Fatal since 2026.5."""

_CASH_DISCOUNT = re.compile(
    r".*#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(?:#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#\Z", re.DOTALL
)
_ATOM = r"[a-zA-Z0-9!#$%&\"*+/=?^_`{|}~-]+"
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+{_LABEL}\Z")


def german(f: Facts) -> Hits:
    """DE-R-018 and DE-R-028 by their older expressions."""
    if not f.german:
        return
    terms, contact = f.document.payment_terms, f.seller_contact
    if terms and not cash_discount(terms_of(f), _CASH_DISCOUNT):
        yield "DE-R-018", "payment_terms", terms, "#SKONTO#TAGE=14#PROZENT=2.25#"
    if contact is not None and _EMAIL.match(plain(contact.email)) is None:
        yield "DE-R-028", "seller.contact.email", contact.email, None
