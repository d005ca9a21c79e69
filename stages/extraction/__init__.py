"""Extraction: read an export in steps, register its documents, and fix for each what will be made.

In       ExportReceived, PlanRequested  (entrega.export.received)
Out      Extracted  (entrega.document.extracted), one a document; ExportReceived, the next step
Effects  the canonical document put in the store; documents registered, parties learnt, by the runner's transaction
Replay   the same ids from the same receipt and address; answered by the recorded outcome of the step
Source   SAP IDoc INVOIC02; UBL 2.1; CSV by mapping; canonical JSON in the terms of EN 16931-1
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from connectors.directory import Directory
from connectors.profiles import Pinned, Profiles
from connectors.storage import Storage, get, put
from schemas import ids
from schemas.canonical import Document, from_json, to_json
from schemas.documents import Invoice, Party
from schemas.errors import PermanentError
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, ExportReceived, Extracted, PlanRequested
from schemas.outcomes import Done, ExportStep, Fact, Parked, Refusal, Registration
from schemas.profiles import ExtractionProfile, named
from stages.extraction import planning
from stages.formats.reading import step as reading
from stages.formats.reading.head import HEAD_BYTES, Head
from stages.formats.reading.step import Record

LIMIT = 500
SECONDS = 5.0


@dataclass(frozen=True)
class Extraction:
    storage: Storage
    profiles: Profiles
    directory: Directory
    clock: Callable[[], datetime]
    limit: int = LIMIT
    """Documents that one step reads at most."""

    async def handle(self, message: ExportReceived | PlanRequested) -> Done | Parked:
        """Raises ExportUnreadable, LimitExceeded (permanent): the export as a whole; StoreUnavailable (transient)."""
        if isinstance(message, PlanRequested):
            return self._plan_again(message)
        pinned = self.profiles.current(message.tenant)
        with self.storage.open(message.source.key) as file:
            file.seek(0)
            head = Head(file.read(HEAD_BYTES), message.name)
            profile = _profile(pinned.extraction, message.profile, head)
            step = reading.read(file, message.name, profile, message.cursor, limit=self.limit, seconds=SECONDS)
        documents = [record.document for record in step.records if record.document is not None]
        wanted = [pair for document in documents for pair in planning.identifiers(document.receiver)]
        found = self.directory.find(message.tenant, wanted)
        registrations = tuple(self._register(message, record, found, pinned) for record in step.records)
        more = step.cursor is not None
        following = message.model_copy(update={"cursor": step.cursor, "step": message.step + 1}) if more else None
        return Done(effects=(ExportStep(_format(head, profile), registrations, following),))

    def _register(self, message: ExportReceived, record: Record, found: planning.Found, pinned: Pinned) -> Registration:
        owner = ids.document_id(message.tenant, message.export_id, record.address)
        if record.document is None:
            return Registration(owner, record.address, "unknown", number=record.number, refusal=_refusal(record.error))
        document = record.document
        recognised = planning.recognise(document, message.tenant, found, pinned)
        filled: list[str] = []
        if isinstance(recognised, planning.Recognised):
            document, filled = planning.complete_receiver(document, recognised.party)
        canonical = self._canonical(message.tenant, owner, document)
        known = {
            "document_type": document.document_type,
            "number": document.number,
            "issue_date": document.issue_date,
            "due_date": getattr(document, "due_date", None),
            "currency": getattr(document, "currency", None),
            "amount_due": document.totals.amount_due if isinstance(document, Invoice) else None,
            "seller_key": seller_key(document.sender),
            "seller_name": document.sender.name,
            "buyer_name": document.receiver.name,
            "business_key": business_key(document),
            "content_hash": content_hash(document),
            "relations": _relations(document),
            "artefacts": (canonical,),
            "on_conflict": pinned.profile.on_conflict,
            "party_id": recognised.party.party_id if isinstance(recognised, planning.Recognised) else None,
            "learnt": recognised.learnt if isinstance(recognised, planning.Recognised) else None,
        }
        warnings = [finding.rule for finding in record.warnings]
        read = Fact(
            EventType.EXTRACTED,
            {
                "address": record.address,
                "export": str(message.export_id),
                "sha256": canonical.sha256,
                "warnings": warnings,
            },
            {"warnings": [f.model_dump(exclude_none=True) for f in record.warnings]} if warnings else None,
        )
        resume = PlanRequested(
            tenant=message.tenant, export_id=message.export_id, document_id=owner, canonical=canonical
        )
        planned: tuple[Extracted, Fact] | Refusal = (
            recognised
            if isinstance(recognised, Refusal)
            else self._extracted(message, owner, document, canonical, recognised, filled, pinned, round_=1)
        )
        if isinstance(planned, Refusal):
            return Registration(owner, record.address, facts=(read,), refusal=planned, resume=resume, **known)  # type: ignore[arg-type]
        return Registration(owner, record.address, facts=(read, planned[1]), message=planned[0], **known)  # type: ignore[arg-type]

    def _plan_again(self, message: PlanRequested) -> Done | Parked:
        """A parked document, after somebody imported its recipient: only the plan is made again."""
        document = from_json(get(self.storage, message.canonical))
        pinned = self.profiles.current(message.tenant)
        found = self.directory.find(message.tenant, planning.identifiers(document.receiver))
        recognised = planning.recognise(document, message.tenant, found, pinned)
        if isinstance(recognised, Refusal):
            return Parked(recognised)
        document, filled = planning.complete_receiver(document, recognised.party)
        canonical = self._canonical(message.tenant, message.document_id, document)
        extracted = self._extracted(
            message, message.document_id, document, canonical, recognised, filled, pinned, round_=message.round
        )
        if isinstance(extracted, Refusal):
            return Parked(extracted)
        following, fact = extracted
        return Done(
            message=following,
            facts=(fact,),
            artefacts=(canonical,),
            effects=(recognised.learnt,) if recognised.learnt else (),
            record={"party_id": recognised.party.party_id},
        )

    def _extracted(
        self, message: ExportReceived | PlanRequested, owner: UUID, document: Document, canonical: ArtefactRef,
        recognised: planning.Recognised, filled: list[str], pinned: Pinned, *, round_: int,
    ) -> tuple[Extracted, Fact] | Refusal:  # fmt: skip
        plan = planning.plan(document, recognised, pinned)
        if isinstance(plan, Refusal):
            return plan
        following = Extracted(
            tenant=message.tenant,
            export_id=message.export_id,
            round=round_,
            document_id=owner,
            canonical=canonical,
            plan=plan,
        )
        data = {**plan.model_dump(mode="json"), "filled_from_directory": filled}
        return following, Fact(EventType.PLANNED, data)

    def _canonical(self, tenant: str, owner: UUID, document: Document) -> ArtefactRef:
        data = to_json(document)
        return put(
            self.storage,
            tenant,
            owner,
            ArtefactKind.CANONICAL,
            data,
            media_type="application/json",
            name="canonical.json",
        )


def seller_key(seller: Party) -> str:
    """What tells one supplier from another: VAT number, endpoint, registration, or the name."""
    if seller.vat_identifier:
        return planning.normal("vat", seller.vat_identifier)
    for identifier in (seller.endpoint, seller.legal_registration):
        if identifier:
            return f"{identifier.scheme or ''}:{identifier.value}"
    return seller.name.casefold()


def business_key(document: Document) -> str:
    """Who made it, type, number and issue date: what makes an invoice that invoice and no other."""
    parts = (
        seller_key(document.sender),
        document.document_type,
        document.number,
        document.issue_date.isoformat(),
    )
    return "|".join(parts)


def content_hash(document: Document) -> str:
    """SHA-256 of the canonical document as the export gave it: a later change of the directory makes no new content."""
    without = planning.with_receiver(document, document.receiver.model_copy(update={"endpoint": None}))
    return hashlib.sha256(to_json(without)).hexdigest()


def _relations(document: Document) -> tuple[tuple[str, str], ...]:
    reference = getattr(document, "order_reference", None)
    order = [("order", reference)] if reference else []
    return (*order, *(("corrects", each.number) for each in getattr(document, "preceding_invoices", ())))


def _refusal(error: Exception | None) -> Refusal:
    if isinstance(error, PermanentError):
        return Refusal(error.reason, error.text, error.findings, error.detail)
    raise TypeError(f"a record is refused by a permanent error, not by {type(error).__name__}")


def _format(head: Head, profile: ExtractionProfile | None) -> str:
    return head.kind if reading.is_archive(head, profile) else reading.recognise(head, profile).name


def _profile(known: Sequence[ExtractionProfile], asked: str | None, head: Head) -> ExtractionProfile | None:
    """The one that was asked for; else the one CSV mapping whose columns the file has, or the only one for workbooks;
    else the one named `default`.
    """
    if asked is not None:
        return named(known, asked)
    profiles = {profile.name: profile for profile in known}
    if head.kind not in ("zip", "gzip", "xml", "json"):
        text = head.text
        fitting = [profile for profile in profiles.values() if profile.csv and _has_columns(profile, text)]
        if len(fitting) == 1:
            return fitting[0]
    elif head.kind == "zip" and not reading.is_archive(head, None):
        fitting = [profile for profile in profiles.values() if profile.xlsx]
        if len(fitting) == 1:
            return fitting[0]
    return profiles.get("default")


def _has_columns(profile: ExtractionProfile, text: str) -> bool:
    assert profile.csv is not None
    mapping = profile.csv
    if mapping.columns or mapping.records:
        return False  # no header to tell by: such a file is asked for by name
    columns = [column.column for column in mapping.document.values()]
    if mapping.layout == "rows":
        columns += [column.column for column in mapping.line.values()]
    return all(column in text for column in columns)


def read_all(
    file: BinaryIO, name: str, profiles: Sequence[ExtractionProfile] = (), asked: str | None = None
) -> Iterator[Record]:
    """Read a whole export as `handle` would, and register nothing. Raises ExportUnreadable, LimitExceeded."""
    head = Head(file.read(HEAD_BYTES), name)
    profile = _profile(profiles, asked, head)
    cursor: str | None = None
    while True:
        step = reading.read(file, name, profile, cursor)
        yield from step.records
        cursor = step.cursor
        if cursor is None:
            return
