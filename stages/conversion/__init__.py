"""Conversion: write the e-formats of the plan, and let nothing pass that breaks a rule.

In       Extracted  (entrega.document.extracted)
Out      Converted  (entrega.document.converted)
Effects  the completed document and each e-format put in the store
Replay   the same bytes; answered by the recorded outcome
Source   UBL 2.1; EN 16931-1; Peppol BIS Billing 3, by their published rules
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.storage import Storage, get, put
from schemas.canonical import Document, from_json
from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, Converted, Extracted, MadeRendition, Rendition
from schemas.outcomes import Done, Fact
from stages.conversion import making
from stages.conversion.checking import Checker
from stages.formats import registry
from stages.rules.judging import EngineChoice


@dataclass(frozen=True)
class Conversion:
    """`rule_jars` are the pinned rule sets; the engine on them is made once in a process."""

    storage: Storage
    rule_jars: tuple[Path, ...]
    clock: Callable[[], datetime]

    async def handle(self, message: Extracted) -> Done:
        """Raises DocumentInvalid (permanent) with every finding; EngineUnavailable (transient): it waits unchecked."""
        document, found = making.completed(from_json(get(self.storage, message.canonical)))
        rules = [
            name
            for each in message.plan.renditions
            for name in registry.target(each.format).under(document, each.options).rules
        ]
        found = making.binding(found, rules)
        making.stop(found)
        name = making.file_name(document)
        completed = put(
            self.storage, message.tenant, message.document_id, ArtefactKind.COMPLETED,
            document.model_dump_json(exclude_none=True).encode(), media_type="application/json", name=f"{name}.json",
        )  # fmt: skip
        made = [
            self._make(document, rendition, message, name if at == 0 else f"{name}-{rendition.format}", found)
            for at, rendition in enumerate(message.plan.renditions)
        ]
        parts = tuple(part for part, _ in made)
        artefacts: tuple[ArtefactRef, ...] = (completed, *(part.document for part in parts))
        return Done(
            message=Converted(**message.wire(), completed=completed, renditions=parts),
            facts=tuple(fact for _, fact in made),
            artefacts=artefacts,
            record={"amount_due": document.totals.amount_due} if isinstance(document, Invoice) else {},
        )

    def _make(
        self, document: Document, rendition: Rendition, message: Extracted, name: str, found: tuple[Finding, ...]
    ) -> tuple[MadeRendition, Fact]:
        target = registry.target(rendition.format)
        name = target.file_name(document, rendition.options) if target.file_name else name
        choice = EngineChoice(rendition.rule_engine, rendition.rule_sample)
        check = Checker(self.rule_jars, self.clock().date(), choice)
        made = making.make(document, target, rendition.options, rendition.losses, check, found)
        ref = put(
            self.storage, message.tenant, message.document_id, ArtefactKind.E_FORMAT, made.content,
            media_type=target.media_type, name=f"{name}{target.suffix}",
        )  # fmt: skip
        data: dict[str, Any] = {
            "format": rendition.format,
            "rule_set": made.rule_set,
            "sha256": ref.sha256,
            "warnings": [finding.rule for finding in made.warnings],
            "not_carried": made.not_carried,
            "altered": made.altered,
        }
        if made.shadow is not None:
            findings = made.shadow.findings
            data["shadow"] = {
                "rule_set": made.shadow.version, "ok": made.shadow.ok, "rules": [finding.rule for finding in findings],
            }  # fmt: skip
        if made.moved:
            data["moved_to_note"] = list(made.moved)
        told = [finding.model_dump(exclude_none=True) for finding in made.warnings]
        part = MadeRendition(
            format=rendition.format, document=ref, rule_set=made.rule_set, platform=target.platform,
            envelope=target.envelope,
            embedded=target.embedded,
        )  # fmt: skip
        return part, Fact(EventType.CONVERTED, data, {"warnings": told} if told else None, part=rendition.format)
