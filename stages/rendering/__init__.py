"""Rendering: the PDF a person reads, with the e-format inside, in the recipient's language and the supplier's look.

In       Signed    (entrega.document.signed)
Out      Rendered  (entrega.document.rendered)
Effects  the PDF put in the store; where the plan asks, one signature asked of the key holder
Replay   answered by the recorded outcome; an unsigned PDF would come out the same byte for byte
Source   PDF/A-3b, ISO 19005-3; PAdES-B-B and B-T, ETSI EN 319 142-1; EPC069-12 for the payment code
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.keys import Signer
from connectors.keys.demo import is_demo
from connectors.keys.source import KeySource
from connectors.profiles import Pinned, Profiles
from connectors.storage import Storage, get, put
from schemas.canonical import from_json
from schemas.events import EventType
from schemas.messages import ArtefactKind, MadeRendition, Rendered, Signed
from schemas.outcomes import Done, Fact
from stages.formats import registry


class SignPdf(Protocol):
    """PAdES by a profile: `stages.signing.profiles.PdfSigning`, handed in because no stage imports another."""

    def __call__(self, profile: str, pdf: bytes, signer: Signer, at: datetime) -> bytes: ...


LEVELS = {"none": "none", "pades-b-b": "PAdES-B-B", "pades-b-t": "PAdES-B-T"}
"""How the event names what the plan asked for."""


@dataclass(frozen=True)
class Rendering:
    storage: Storage
    profiles: Profiles
    keys: KeySource
    sign_pdf: SignPdf
    clock: Callable[[], datetime]

    async def handle(self, message: Signed) -> Done:
        """Raises DocumentInvalid (permanent), CertificateUnfit (permanent), StoreUnavailable and
        SignerUnavailable (transient)."""
        from stages.rendering.brand import Brand
        from stages.rendering.layout import render
        from stages.rendering.pdfa import embedded_file

        document = from_json(get(self.storage, message.completed))
        pinned: Pinned = self.profiles.pinned(message.plan.brand)
        look, part, now = pinned.profile.brand, _inside(message.renditions), self.clock()
        copy_of = next((each.platform for each in message.renditions if each.platform), None)
        sealed = any(each.signed for each in message.renditions) or message.plan.pdf_signature != "none"
        demo = sealed and is_demo(self.keys.signer().certificate)
        brand = Brand(
            name=look.name,
            logo=pinned.logo,
            colour=look.colour,
            accent=look.accent,
            footer=look.footer,
            demo_signature=demo,
        )
        options = next((each.options for each in message.plan.renditions if each.format == part.format), {})
        content = get(self.storage, part.document)
        target = registry.target(part.format)
        e_format = embedded_file(target, options, part.document.name, content)
        pdf = render(
            document, brand=brand, language=message.plan.language, attachment=e_format, created=now, copy_of=copy_of
        )
        if message.plan.pdf_signature != "none":
            pdf = self.sign_pdf(message.plan.pdf_signature, pdf, self.keys.signer(), now)
        name = f"{part.document.name.removesuffix(target.suffix)}.pdf"
        ref = put(
            self.storage,
            message.tenant,
            message.document_id,
            ArtefactKind.PDF,
            pdf,
            media_type="application/pdf",
            name=name,
        )
        data = {
            "sha256": ref.sha256,
            "language": message.plan.language,
            "brand": message.plan.brand,
            "template": message.plan.template,
            "embedded": part.document.sha256,
            "signature": LEVELS[message.plan.pdf_signature],
        }
        return Done(
            message=Rendered(**message.wire(), pdf=ref), facts=(Fact(EventType.RENDERED, data),), artefacts=(ref,)
        )


def _inside(renditions: Sequence[MadeRendition]) -> MadeRendition:
    """The e-format that travels in the PDF: the one that is meant to (Factur-X), else the first that is XML, else the
    first. The others lie beside it."""
    embedded = [each for each in renditions if each.embedded]
    xml = [each for each in renditions if each.document.media_type.endswith("xml")]
    return (embedded or xml or list(renditions))[0]
