"""Signing: seal a converted document so that origin and integrity can be proved later.

In       Converted  (entrega.document.converted)
Out      Signed     (entrega.document.signed)
Effects  one signature asked of the key holder for each e-format; container and detached signature stored
Replay   SigningTime differs, so a replay is answered by the recorded outcome
Source   XAdES-B-B, ETSI EN 319 132-1; ASiC-E, ETSI EN 319 162-1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.keys import Signer
from connectors.keys.demo import is_demo
from connectors.keys.source import KeySource
from connectors.storage import Storage, get, put
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, Converted, MadeRendition, Signed
from schemas.outcomes import Done, Fact
from stages.signing import asic, certificate

SKIPPED_BY_PLAN = "the plan asks for no signature"


@dataclass(frozen=True)
class Signing:
    storage: Storage
    keys: KeySource
    clock: Callable[[], datetime]

    async def handle(self, message: Converted) -> Done:
        """Raises CertificateUnfit (permanent) before the key is used, SignerUnavailable (transient)."""
        wanted = {rendition.format: rendition.signature for rendition in message.plan.renditions}
        done = [
            self._sign(message, part) if wanted[part.format] != "none" else _skip(part) for part in message.renditions
        ]
        artefacts = tuple(
            ref for part, _ in done for ref in (part.signature, part.detached_signature) if ref is not None
        )
        signed = Signed(**{**message.wire(), "renditions": tuple(part for part, _ in done)})
        return Done(message=signed, facts=tuple(fact for _, fact in done), artefacts=artefacts)

    def _sign(self, message: Converted, part: MadeRendition) -> tuple[MadeRendition, Fact]:
        signer, at, name = self.keys.signer(), self.clock(), part.document.name
        container = asic.seal({name: get(self.storage, part.document)}, signer, at)
        stem = name.removesuffix(".xml")

        def store(kind: ArtefactKind, data: bytes, media_type: str, file: str) -> ArtefactRef:
            return put(self.storage, message.tenant, message.document_id, kind, data, media_type=media_type, name=file)

        signature = store(ArtefactKind.SIGNATURE, container, asic.MIME_TYPE, f"{stem}.asice")
        detached = store(
            ArtefactKind.DETACHED_SIGNATURE, asic.detached_signature(container), "application/xml", f"{stem}.xades.xml"
        )
        data = {"format": part.format, "level": "XAdES-B-B", "sha256": signature.sha256, **who(signer, at)}
        return part.model_copy(update={"signature": signature, "detached_signature": detached}), Fact(
            EventType.SIGNED, data
        )


def _skip(part: MadeRendition) -> tuple[MadeRendition, Fact]:
    fact = Fact(EventType.SIGNING_SKIPPED, {"format": part.format, "reason": SKIPPED_BY_PLAN}, part=part.format)
    return part.model_copy(update={"signature_skipped": SKIPPED_BY_PLAN}), fact


def who(signer: Signer, at: datetime) -> dict[str, object]:
    """The certificate that signed, as an event names it."""
    return {
        "key_id": signer.key_id,
        "certificate": signer.certificate.subject.rfc4514_string(),
        "serial": f"{signer.certificate.serial_number:x}",
        "days_left": certificate.days_left(signer.certificate, at),
        "demonstration": is_demo(signer.certificate),
        "signing_time": at.isoformat(),
    }
