"""Runs one export file through the stages' own handles, in this process, without broker and database.

The directory is a recipients file as an operator imports one, held in memory; profiles, storage, rules, key and fonts
are what the application uses.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from connectors.directory import ContactPoint, Known, Reachable
from connectors.keys import demo
from connectors.keys.source import KeyFile
from connectors.profiles import FolderProfiles
from connectors.storage import get, put
from connectors.storage.folder import FolderStorage
from pipeline import maven
from pipeline.pool import guarded
from pipeline.recipients import identifiers_of, read_recipients
from schemas import ids
from schemas.messages import ArtefactKind, ArtefactRef, ExportReceived, Message
from schemas.outcomes import Done, ExportStep, OpenDelivery, Parked, Refusal
from stages.conversion import Conversion
from stages.delivery import Delivery
from stages.extraction import Extraction
from stages.rendering import Rendering
from stages.resolution import Resolution
from stages.signing import Signing
from stages.signing.profiles import PdfSigning


@dataclass(frozen=True)
class Recipients:
    """The directory port over the rows of a recipients file (CSV text)."""

    text: str

    def _rows(self, tenant: str) -> list[tuple[Known, ContactPoint | None]]:
        found: list[tuple[Known, ContactPoint | None]] = []
        for line in read_recipients(io.StringIO(self.text)):
            assert not line.faults, line
            row = line.row
            pairs = tuple(identifiers_of(row))
            party = ids.derive("party", tenant, *pairs[0])
            known = Known(party, row["name"], 1, row.get("language"), row.get("country"), {}, pairs)
            contact = (
                ContactPoint(
                    ids.derive("contact", party), None, row.get("email"), row.get("phone"), row.get("language"), None,
                    None, 1,
                )
                if row.get("email") or row.get("phone")
                else None
            )  # fmt: skip
            found.append((known, contact))
        return found

    def find(self, tenant: str, identifiers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Known, ...]]:
        parties = [known for known, _ in self._rows(tenant)]
        fitting = {pair: tuple(known for known in parties if pair in known.identifiers) for pair in identifiers}
        return {pair: parties for pair, parties in fitting.items() if parties}

    def reachable(self, tenant: str, parties: Collection[UUID]) -> dict[UUID, Reachable]:
        return {
            known.party_id: Reachable(known, (contact,) if contact else ())
            for known, contact in self._rows(tenant)
            if known.party_id in parties
        }


@dataclass(frozen=True)
class Ended:
    """One document's end: the stage it came to, why it went no further, and the bytes that were made."""

    address: str
    number: str | None
    stage: str
    refusal: Refusal | None
    files: dict[ArtefactKind, bytes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def came_through(self) -> bool:
        return self.refusal is None

    @property
    def rules(self) -> list[str]:
        """Ids of the rules that stopped it, each once; the reason word where no rule did."""
        if self.refusal is None:
            return []
        return list(dict.fromkeys(f.rule for f in self.refusal.findings if f.severity == "fatal")) or [
            self.refusal.reason
        ]


class House:
    """The stages with their ports over one folder: `<folder>/profiles` holds the tenants."""

    def __init__(
        self, folder: Path, recipients: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.storage = FolderStorage(folder / "artefacts")
        self.profiles = FolderProfiles(folder / "profiles")
        self.identity = demo.ensure(folder / "keys", clock())
        keys, directory, storage = KeyFile(self.identity.key_file), Recipients(recipients), self.storage
        self.extraction = Extraction(storage, self.profiles, directory, clock)
        self.stages: dict[str, Any] = {
            "conversion": Conversion(storage, tuple(maven.jars("rules")), clock),
            "signing": Signing(storage, keys, clock),
            "rendering": Rendering(storage, self.profiles, keys, PdfSigning(), clock),
            "resolution": Resolution(directory, self.profiles, clock),
            "delivery": Delivery(self.profiles, clock),
        }

    def run(self, tenant: str, path: Path, profile: str | None = None) -> list[Ended]:
        """Every document of the file to its end; one row without a number where the file as a whole is refused."""
        export = ids.derive("export", tenant, path.name)
        source = put(
            self.storage, tenant, export, ArtefactKind.SOURCE, path.read_bytes(),
            media_type="application/octet-stream", name=path.name,
        )  # fmt: skip
        received = ExportReceived(tenant=tenant, export_id=export, name=path.name, profile=profile, source=source)
        return asyncio.run(self._run(received))

    async def _run(self, message: Message | None) -> list[Ended]:
        ended: list[Ended] = []
        while message is not None:
            result = await guarded(self.extraction, message)
            if isinstance(result, Parked):
                return [Ended("the file", None, "extraction", result.refusal)]
            assert isinstance(result, Done), result
            (step,) = result.effects
            assert isinstance(step, ExportStep)
            for record in step.registrations:
                if record.message is None:
                    ended.append(Ended(record.address, record.number, "extraction", record.refusal))
                else:
                    ended.append(await self._document(record.address, record.number, record.message))
            message = step.continuation
        return ended

    async def _document(self, address: str, number: str | None, message: Message) -> Ended:
        made: list[ArtefactRef] = []
        warnings: list[str] = []
        for name, stage in self.stages.items():
            result = await guarded(stage, message)
            if isinstance(result, Parked):
                return Ended(address, number, name, result.refusal, self._files(made), tuple(warnings))
            assert isinstance(result, Done), result
            made += result.artefacts
            warnings += [rule for fact in result.facts for rule in fact.data.get("warnings", ())]
            if result.message is not None:
                message = result.message
        assert any(isinstance(effect, OpenDelivery) for effect in result.effects)
        return Ended(address, number, "delivery", None, self._files(made), tuple(warnings))

    def _files(self, made: Sequence[ArtefactRef]) -> dict[ArtefactKind, bytes]:
        return {ref.kind: get(self.storage, ref) for ref in made}
