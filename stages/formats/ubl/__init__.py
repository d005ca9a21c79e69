"""UBL 2.1: the syntax of Peppol, XRechnung and plain EN 16931."""

from __future__ import annotations

from typing import Any

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.format import Format, Target
from stages.formats.options import Options
from stages.formats.ubl import reader, writer
from stages.formats.ubl.messages import BY_KIND, WRITTEN
from stages.formats.ubl.profile import Profile

_INVOICES = frozenset({"invoice", "credit-note"})


def _target(name: str, title: str, version: str, profile: Profile, rules: tuple[str, ...]) -> Target:
    def write(document: Invoice, _options: Options) -> bytes:
        return writer.write(document, profile)

    def losses(document: Invoice, _options: Options) -> tuple[Finding, ...]:
        return writer.losses(document, profile)

    return Target(name, title, version, _INVOICES, write, losses, rules, signature="xades-b-b-asic-e")


def _write(document: Any, _options: Options) -> bytes:
    message = BY_KIND.get(document.kind)
    return message.write(document) if message else writer.write(document, Profile.PEPPOL)


def _losses(document: Any, _options: Options) -> tuple[Finding, ...]:
    message = BY_KIND.get(document.kind)
    return message.losses(document) if message else writer.losses(document, Profile.PEPPOL)


_PEPPOL = Target(
    "peppol", "Peppol BIS 3", "3.0", _INVOICES | WRITTEN, _write, _losses, ("peppol",), signature="xades-b-b-asic-e"
)

FORMAT = Format(
    name="ubl",
    title="UBL 2.1",
    fits=reader.fits,
    read=reader.read,
    reads="UBL 2.1 Invoice, CreditNote, Order, OrderResponse, DespatchAdvice, ReceiptAdvice, Catalogue, "
    "ApplicationResponse",
    targets=(
        _PEPPOL,
        _target("xrechnung-ubl", "XRechnung in UBL", "3.0", Profile.XRECHNUNG, ("xrechnung",)),
        _target("ubl", "UBL 2.1 of plain EN 16931", "2.1", Profile.EN16931, ("en16931",)),
    ),
)
