"""Signature profiles: what a format's law wants, chosen by name in the plan (`Rendition.signature`, `pdf_signature`).

To add one: a row here, its word in `schemas/messages.py`, and a module where the form is a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from schemas.errors import PermanentError
from schemas.messages import ArtefactKind

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps
    from stages.signing.enveloped import Law

XML: Final = "application/xml"
ROOT_BYTES: Final = 64 * 1024
"""Within so many octets the root element of a document begins."""


@dataclass(frozen=True)
class Means:
    """What a signature is made with: the key, the claimed time (aware), an authority for time-stamps, and settings."""

    signer: Signer
    at: datetime
    stamps: TimeStamps | None = None
    facturae_digest: str = "sha256"


@dataclass(frozen=True)
class Made:
    """One file that signing gave, not yet stored."""

    kind: ArtefactKind
    data: bytes
    media_type: str
    name: str


class TimeStampsMissing(PermanentError):
    """Rather none than a signature of a lower level than was asked for."""

    reason = "time-stamps-missing"


Sign = Callable[[str, bytes, Means], tuple[Made, ...]]
"""Name and bytes of the document, and the means. The first file is the one that leaves."""


@dataclass(frozen=True)
class Profile:
    """`level` is how ETSI calls what comes out; `stamped` whether it carries a time-stamp."""

    name: str
    level: str
    sign: Sign
    stamped: bool = False
    for_pdf: bool = False


def sign(profile: str, name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    """`document`, called `name`, signed by a profile of the table.

    Raises CertificateUnfit, NotSignable and TimeStampsMissing (permanent), SignerUnavailable (transient).
    """
    chosen = PROFILES[profile]
    if not chosen.stamped:
        means = Means(means.signer, means.at, None, means.facturae_digest)
    elif means.stamps is None:
        raise TimeStampsMissing(f"the profile {profile} asks for a time-stamp, and tsa_url is not set")
    return chosen.sign(name, document, means)


def _container(name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    from stages.signing import asic, xades

    stem = name.removesuffix(".xml")
    signature = xades.sign({name: document}, means.signer, means.at, means.stamps)
    container = asic.pack({name: document}, signature)
    # the very same signature, for whoever cannot read containers: the key is used once
    return (
        Made(ArtefactKind.SIGNATURE, container, asic.MIME_TYPE, f"{stem}.asice"),
        Made(ArtefactKind.DETACHED_SIGNATURE, xades.stand_alone(signature), XML, f"{stem}.xades.xml"),
    )


def _facturae(name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    from stages.signing import facturae

    return _enveloped(f"{name.removesuffix('.xml')}.xsig", document, facturae.LAW, means, means.facturae_digest)


def _fatturapa(name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    from stages.signing import fatturapa

    return _enveloped(name, document, fatturapa.LAW, means)


def _enveloped(name: str, document: bytes, law: Law, means: Means, digest: str = "sha256") -> tuple[Made, ...]:
    from stages.signing import enveloped

    signed = enveloped.sign(document, law, means.signer, means.at, digest=digest, stamps=means.stamps)
    return (Made(ArtefactKind.SIGNED_DOCUMENT, signed, XML, name),)


def _p7m(name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    from stages.signing import cades

    signed = cades.sign(document, means.signer, means.at, means.stamps)
    return (Made(ArtefactKind.SIGNED_DOCUMENT, signed, cades.MIME_TYPE, f"{name}.p7m"),)


def _pdf(name: str, document: bytes, means: Means) -> tuple[Made, ...]:
    from stages.signing import pades

    signed = pades.sign_pdf(document, means.signer, means.at, stamps=means.stamps)
    return (Made(ArtefactKind.PDF, signed, "application/pdf", name),)


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("xades-b-b-asic-e", "XAdES-B-B", _container),
        Profile("xades-b-t-asic-e", "XAdES-B-T", _container, stamped=True),
        Profile("xades-epes-facturae", "XAdES-EPES", _facturae),
        Profile("xades-enveloped-fatturapa", "XAdES-B-B", _fatturapa),
        Profile("xades-enveloped-fatturapa-t", "XAdES-B-T", _fatturapa, stamped=True),
        Profile("cades-fatturapa", "CAdES-B-B", _p7m),
        Profile("cades-fatturapa-t", "CAdES-B-T", _p7m, stamped=True),
        Profile("pades-b-b", "PAdES-B-B", _pdf, for_pdf=True),
        Profile("pades-b-t", "PAdES-B-T", _pdf, stamped=True, for_pdf=True),
    )
}
NO_SIGNATURE: Final = "none"


BY_ROOT: Final = {
    "Facturae": "xades-epes-facturae",
    "FatturaElettronica": "cades-fatturapa",
    "FatturaElettronicaSemplificata": "cades-fatturapa",
}
"""What the law of a document wants, by the local name of its root element."""


def suitable(document: bytes) -> str:
    """The profile for a document of which nobody says more: by its law, or a container beside it."""
    from xml.parsers import expat

    if document[:5] == b"%PDF-":
        return "pades-b-b"
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: names.append(name)
    with suppress(expat.ExpatError, ValueError, LookupError):  # no XML, or it breaks off behind the root's name
        parser.Parse(document[:ROOT_BYTES], False)
    return BY_ROOT.get(names[0].rpartition(" ")[2] if names else "", "xades-b-b-asic-e")


@dataclass(frozen=True)
class PdfSigning:
    """Signs the PDFs of the rendering stage, which may not import this one."""

    stamps: TimeStamps | None = None

    def __call__(self, profile: str, pdf: bytes, signer: Signer, at: datetime) -> bytes:
        """Raises as `sign` does."""
        return sign(profile, "document.pdf", pdf, Means(signer, at, self.stamps))[0].data
