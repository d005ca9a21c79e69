"""Signing: seal a converted document so that origin and integrity can be proved later.

In       Converted  (entrega.document.converted)
Out      Signed     (entrega.document.signed)
Effects  one signature asked of the key holder for each e-format, a time-stamp where the profile wants one; files stored
Replay   SigningTime differs, so a replay is answered by the recorded outcome
Source   XAdES ETSI EN 319 132-1; CAdES ETSI EN 319 122-1; ASiC-E ETSI EN 319 162-1; the laws are named in each profile
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.keys import Signer
from connectors.keys.demo import is_demo
from connectors.keys.source import KeySource
from connectors.storage import Storage, get, put
from connectors.timestamp import TimeStamps
from schemas.events import EventType
from schemas.messages import ArtefactKind, Converted, MadeRendition, Signed
from schemas.outcomes import Done, Fact
from stages.signing import certificate
from stages.signing.profiles import NO_SIGNATURE, PROFILES, Means, sign

SKIPPED_BY_PLAN = "the plan asks for no signature"


FIELDS = {
    ArtefactKind.SIGNATURE: "signature",
    ArtefactKind.DETACHED_SIGNATURE: "detached_signature",
    ArtefactKind.SIGNED_DOCUMENT: "signed_document",
}
"""Where a rendition refers to what signing made."""


@dataclass(frozen=True)
class Signing:
    storage: Storage
    keys: KeySource
    clock: Callable[[], datetime]
    stamps: TimeStamps | None = None
    facturae_digest: str = "sha256"

    async def handle(self, message: Converted) -> Done:
        """Raises CertificateUnfit (permanent) before the key is used, NotSignable (permanent) where the document is not
        one that the profile is for, SignerUnavailable (transient) from the key holder or the time-stamping authority.
        """
        wanted = {rendition.format: rendition.signature for rendition in message.plan.renditions}
        done = [
            _skip(part) if wanted[part.format] == NO_SIGNATURE else self._sign(message, part, wanted[part.format])
            for part in message.renditions
        ]
        made = (getattr(part, field) for part, _ in done for field in FIELDS.values())
        signed = Signed(**{**message.wire(), "renditions": tuple(part for part, _ in done)})
        return Done(
            message=signed,
            facts=tuple(fact for _, fact in done),
            artefacts=tuple(ref for ref in made if ref is not None),
        )

    def _sign(self, message: Converted, part: MadeRendition, profile: str) -> tuple[MadeRendition, Fact]:
        means = Means(self.keys.signer(), self.clock(), self.stamps, self.facturae_digest)
        files = sign(profile, part.document.name, get(self.storage, part.document), means)
        refs = [
            put(
                self.storage, message.tenant, message.document_id, file.kind, file.data,
                media_type=file.media_type, name=file.name,
            )
            for file in files
        ]  # fmt: skip
        data = {
            "format": part.format,
            "profile": profile,
            "level": PROFILES[profile].level,
            "sha256": refs[0].sha256,
            **who(means.signer, means.at),
        }
        update = {FIELDS[ref.kind]: ref for ref in refs}
        return part.model_copy(update=update), Fact(EventType.SIGNED, data)


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
