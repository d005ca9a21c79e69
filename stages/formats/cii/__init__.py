"""CII D16B, the UN/CEFACT Cross Industry Invoice: XRechnung, Factur-X, plain EN 16931."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.cii import reader, writer
from stages.formats.cii.factur_x import TARGET as FACTUR_X
from stages.formats.cii.profile import PLAIN, XRECHNUNG, Profile
from stages.formats.format import Format, Target
from stages.formats.options import Options

_INVOICES = frozenset({"invoice", "credit-note"})


def _target(name: str, title: str, version: str, profile: Profile) -> Target:
    def write(document: Invoice, _options: Options) -> bytes:
        return writer.write(document, profile)

    def losses(document: Invoice, _options: Options) -> tuple[Finding, ...]:
        return writer.losses(document, profile)

    return Target(name, title, version, _INVOICES, write, losses, (profile.rules,), signature="xades-b-b-asic-e")


FORMAT = Format(
    name="cii",
    title="UN/CEFACT CII D16B",
    fits=reader.fits,
    read=reader.read,
    reads="CII D16B CrossIndustryInvoice: EN 16931, XRechnung, Factur-X",
    targets=(
        _target("cii", "CII D16B of plain EN 16931", "D16B", PLAIN),
        _target("xrechnung-cii", "XRechnung in CII", "3.0", XRECHNUNG),
        FACTUR_X,
    ),
)
