"""Write the canonical invoice as CII D16B: plain EN 16931, XRechnung, or a profile of Factur-X.

Bytes are UTF-8, elements stand in the schema's order, and the same document always gives the same bytes.

Source: CEN/TS 16931-3-3; XRechnung 3.0; Factur-X 1.09
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import repeat

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.cii.profile import XRECHNUNG, Profile
from stages.formats.cii.terms import INVOICE
from stages.formats.writing.losses import halves, told, uncarried
from stages.formats.writing.xml_text import checked
from stages.formats.writing.xrechnung import ended, fitted, unpaired

_ROUNDING = "totals.rounding_amount"


def write(document: Invoice, profile: Profile) -> bytes:
    """CII of a completed invoice, bytes, UTF-8 with declaration.

    What was not completed is left out, for the rules to refuse. Raises DocumentInvalid (permanent) for characters that
    XML cannot carry; nothing else.
    """
    own = {
        "specification": profile.specification,
        "preceding_invoices": document.preceding_invoices[: profile.preceding],
        "payment_terms": ended(document.payment_terms),
    }
    fitting = document.model_copy(update=own)
    if profile is XRECHNUNG:
        fitting = fitted(fitting)
    return checked(INVOICE.write(fitting, profile.level), document)


def losses(document: Invoice, profile: Profile) -> tuple[Finding, ...]:
    """Every field with content that `write` leaves out or changes; fatal what no document does without."""
    found = uncarried(document, INVOICE.carried(profile.level), "cii-loss")
    left_out = {each.place.split("[")[0] for each in found if "[" not in each.place}
    more = told(document, (*_conditional(document, profile), *halves(document)), "cii")
    return (*map(_grave, found, repeat(profile)), *(each for each in more if each.place.split("[")[0] not in left_out))


def _grave(finding: Finding, profile: Profile) -> Finding:
    """Without the rounding (BT-114) the amount due is no sum of what stands there (BR-CO-16)."""
    if finding.place != _ROUNDING or not finding.found or not Decimal(finding.found):
        return finding
    name = f"Factur-X {profile.conformance}"
    message = f"{name} has no rounding of the amount due (BT-114): choose the profile en16931 or extended"
    return finding.model_copy(update={"message": message, "severity": "fatal"})


def _conditional(document: Invoice, profile: Profile) -> Iterator[tuple[str, str]]:
    for index in range(len(document.preceding_invoices))[profile.preceding or len(document.preceding_invoices) :]:
        yield f"preceding_invoices[{index}]", "CII D16B takes one"
    for role in ("buyer", "payee"):
        party = getattr(document, role)
        for index in range(1, len(party.identifiers) if party else 0):
            yield f"{role}.identifiers[{index}]", f"the {role} may have one of them"
    for place in unpaired(document) if profile is XRECHNUNG else ():
        yield place, "base amount and percentage are only taken together (R041, R042)"
    for number, line in enumerate(document.lines):
        if line.price_discount is not None and line.gross_price is None:
            yield f"lines[{number}].price_discount", "a discount without the gross price it is taken from"
