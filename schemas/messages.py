"""What travels on the topics: one pydantic model a topic, each holding what the one before it held.

Bytes travel as references (claim check). No personal data: contacts are ids of the directory.
Wire form: JSON of the model as the value, CloudEvents 1.0 binary mode in the headers, the document id as the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

Envelope = Literal["edifact", "x12"]
"""Kinds of interchanges that messages travel in."""
SignatureProfile = Literal[
    "xades-b-b-asic-e",
    "xades-b-t-asic-e",
    "xades-epes-facturae",
    "xades-enveloped-fatturapa",
    "xades-enveloped-fatturapa-t",
    "cades-fatturapa",
    "cades-fatturapa-t",
    "none",
]
PdfSignatureProfile = Literal["pades-b-b", "pades-b-t", "none"]

SCHEMA_VERSION = 1
"""Raised with any change that an older reader cannot take; a message of a newer one is retried, not parked."""


class Frozen(BaseModel):
    """A value that travels: unknown keys of a newer release are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def wire(self) -> dict[str, Any]:
        """As JSON types, without what is not set: the form that is recorded and produced."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class Written:
    """A message whose JSON was written where it was made: whoever sends it on need not know what it says."""

    json: bytes

    def wire(self) -> dict[str, Any]:
        loaded: dict[str, Any] = orjson.loads(self.json)
        return loaded


class ArtefactKind(StrEnum):
    """What stored bytes are of their document, or of the export that it came with."""

    SOURCE = "source"
    CANONICAL = "canonical"
    COMPLETED = "completed"
    E_FORMAT = "e-format"
    SIGNATURE = "signature"  # the ASiC-E container, e-format inside
    DETACHED_SIGNATURE = "detached-signature"  # the same ds:Signature alone, to lie beside the e-format
    SIGNED_DOCUMENT = "signed-document"  # the e-format with its signature in it (.xsig, .xml) or around it (.p7m)
    PDF = "pdf"
    MESSAGE = "message"


class ArtefactRef(Frozen):
    """Where bytes stand, and their digest, which every read verifies."""

    kind: ArtefactKind
    key: str = Field(description="tenant/owner/kind/sha256, below the store's root")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int
    media_type: str
    name: str = Field(description="a file name for people")


class Rendition(Frozen):
    """One e-format that the plan asks for, with everything that decides its bytes pinned."""

    format: str = Field(description="peppol, ubl")
    rules: str = Field(description="rule set: peppol, en16931")
    options: dict[str, str] = Field(default_factory=dict, description="what the target is told besides the document")
    losses: Literal["report", "refuse", "note"] = Field("report", description="for what the target cannot carry")
    rule_engine: Literal["official", "native"] = Field("official", description="who asks the rules")
    rule_sample: Decimal = Field(Decimal(0), ge=0, le=1, description="share of documents that both judge")
    chosen_by: str = Field("tenant", description="recipient, country or tenant: whose profile asks for it")
    signature: SignatureProfile = "xades-b-b-asic-e"


class Plan(Frozen):
    """What will be made for whom, fixed at the end of extraction."""

    party: UUID
    party_rule: str = Field(description="what recognised the party: endpoint, vat, gln, erp, learnt; vat+gln: together")
    renditions: tuple[Rendition, ...]
    language: str
    pdf_signature: PdfSignatureProfile = "none"
    brand: str = Field(description="the tenant profile's brand, as name@version")
    profile: str = Field(description="tenant profile, as name@version")
    template: str = "invoice@1"


class Message(Frozen):
    """What every message carries."""

    schema_version: int = SCHEMA_VERSION
    tenant: str
    export_id: UUID
    round: int = 1


class ExportReceived(Message):
    """entrega.export.received: an export stands in the store, or a step of it is to be continued."""

    name: str = Field(description="file name as the operator gave it, for recognising and for people")
    profile: str | None = Field(None, description="name of a CSV mapping")
    source: ArtefactRef
    cursor: str | None = None
    step: int = 0


class DocumentMessage(Message):
    """A message about one document."""

    document_id: UUID


class Extracted(DocumentMessage):
    """entrega.document.extracted"""

    canonical: ArtefactRef
    plan: Plan


class PlanRequested(DocumentMessage):
    """entrega.export.received as well: a parked document asks for its plan again (a party was imported meanwhile)."""

    canonical: ArtefactRef


class MadeRendition(Frozen):
    """An e-format that stands in the store, and what was checked."""

    format: str
    document: ArtefactRef
    rule_set: str = Field(description="name and version of the rules that were run")
    platform: str | None = Field(None, description="the authority's platform that issues the original: this is a copy")
    envelope: Envelope | None = Field(None, description="delivery puts it in an interchange")
    embedded: bool = Field(False, description="travels inside the PDF (Factur-X), not beside it")
    signature: ArtefactRef | None = None
    detached_signature: ArtefactRef | None = None
    signed_document: ArtefactRef | None = Field(None, description="where the signature is in the e-format or around it")
    signature_skipped: str | None = Field(None, description="why there is none")

    @property
    def leaving(self) -> ArtefactRef:
        """The e-format as it goes to the recipient: with its signature where the law wants both in one file."""
        return self.signed_document or self.document

    @property
    def signed(self) -> bool:
        return self.signature is not None or self.signed_document is not None


class Converted(Extracted):
    """entrega.document.converted"""

    completed: ArtefactRef = Field(description="the canonical document with its totals completed")
    renditions: tuple[MadeRendition, ...]


class Signed(Converted):
    """entrega.document.signed"""


class Rendered(Signed):
    """entrega.document.rendered"""

    pdf: ArtefactRef


class ResolvedContact(Frozen):
    """One delivery to open: to which contact, by which channels in which order, and not before when."""

    contact: UUID
    channels: tuple[str, ...]
    not_before: datetime
    rule: str = Field(description="preference, rule or default: which decided")


class Resolved(Rendered):
    """entrega.document.resolved"""

    contacts: tuple[ResolvedContact, ...]


class ReportReceived(Frozen):
    """entrega.report.received: a report was committed to the inbox; this names the row."""

    schema_version: int = SCHEMA_VERSION
    tenant: str
    inbox_id: UUID
    round: int = 1
