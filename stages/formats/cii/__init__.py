"""CII D16B, the UN/CEFACT Cross Industry Invoice: XRechnung, Factur-X, plain EN 16931."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import ConfigurationError, Finding
from stages.formats.cii import reader, writer
from stages.formats.cii.profile import FACTUR_X, PLAIN, XRECHNUNG, Profile
from stages.formats.format import Format, Options, Target

_INVOICES = frozenset({"invoice", "credit-note"})
_USUAL = "en16931"


def _target(name: str, title: str, version: str, profile: Profile, rules: tuple[str, ...]) -> Target:
    def write(document: Invoice, _options: Options) -> bytes:
        return writer.write(document, profile)

    def losses(document: Invoice, _options: Options) -> tuple[Finding, ...]:
        return writer.losses(document, profile)

    return Target(name, title, version, _INVOICES, write, losses, rules, signature="xades-b-b-asic-e")


def _factur_x(options: Options) -> Profile:
    """Raises ConfigurationError for a profile that there is not."""
    name = options.get("profile", _USUAL)
    if name not in FACTUR_X:
        raise ConfigurationError(f"factur-x: there is no profile {name!r}; there are {', '.join(FACTUR_X)}")
    return FACTUR_X[name]


_FACTUR_X = Target(
    "factur-x", "Factur-X (ZUGFeRD 2)", "1.0.8", _INVOICES,
    write=lambda document, options: writer.write(document, _factur_x(options)),
    losses=lambda document, options: writer.losses(document, _factur_x(options)),
    rules=(f"factur-x-{_USUAL}",),
    rules_by=lambda _document, options: (f"factur-x-{_factur_x(options).name}",),
    options={"profile": f"{', '.join(FACTUR_X)}; {_USUAL} where none is said"},
    embedded=True,
)  # fmt: skip

FORMAT = Format(
    name="cii",
    title="UN/CEFACT CII D16B",
    fits=reader.fits,
    read=reader.read,
    reads="CII D16B CrossIndustryInvoice: EN 16931, XRechnung, Factur-X",
    targets=(
        _target("cii", "CII D16B of plain EN 16931", "D16B", PLAIN, ("en16931",)),
        _target("xrechnung-cii", "XRechnung in CII", "3.0", XRECHNUNG, ("xrechnung",)),
        _FACTUR_X,
    ),
)
