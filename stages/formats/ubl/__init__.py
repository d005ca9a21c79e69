"""UBL 2.1: the syntax of Peppol, XRechnung and plain EN 16931."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.format import Format, Options, Target
from stages.formats.ubl import reader, writer
from stages.formats.ubl.profile import Profile

_INVOICES = frozenset({"invoice", "credit-note"})


def _target(name: str, title: str, version: str, profile: Profile, rules: tuple[str, ...]) -> Target:
    def write(document: Invoice, _options: Options) -> bytes:
        return writer.write(document, profile)

    def losses(document: Invoice, _options: Options) -> tuple[Finding, ...]:
        return writer.losses(document, profile)

    return Target(name, title, version, _INVOICES, write, losses, rules, signature="xades-b-b-asic-e")


FORMAT = Format(
    name="ubl",
    title="UBL 2.1 Invoice and CreditNote",
    fits=reader.fits,
    read=reader.read,
    reads="UBL 2.1 Invoice, CreditNote",
    targets=(
        _target("peppol", "Peppol BIS Billing 3", "3.0", Profile.PEPPOL, ("peppol",)),
        _target("xrechnung-ubl", "XRechnung in UBL", "3.0", Profile.XRECHNUNG, ("xrechnung",)),
        _target("ubl", "UBL 2.1 of plain EN 16931", "2.1", Profile.EN16931, ("en16931",)),
    ),
)
