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
from functools import lru_cache
from pathlib import Path

from connectors.storage import Storage, get, put
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid, Finding
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, Converted, Extracted, MadeRendition, Rendition
from schemas.outcomes import Done, Fact
from stages.conversion import totals
from stages.formats import registry
from stages.rules.official import RuleEngine, RuleSet


@dataclass(frozen=True)
class Conversion:
    """`rule_jars` are the pinned rule sets; the engine on them is made once in a process."""

    storage: Storage
    rule_jars: tuple[Path, ...]
    clock: Callable[[], datetime]

    async def handle(self, message: Extracted) -> Done:
        """Raises DocumentInvalid (permanent) with every finding; EngineUnavailable (transient): it waits unchecked."""
        given = Invoice.model_validate_json(get(self.storage, message.canonical))
        document, findings = totals.complete(given)
        findings = _binding(findings, message.plan.renditions)
        _stop(findings)
        owner, tenant, name = message.document_id, message.tenant, file_name(document)
        completed = put(
            self.storage, tenant, owner, ArtefactKind.COMPLETED, document.model_dump_json(exclude_none=True).encode(),
            media_type="application/json", name=f"{name}.json",
        )  # fmt: skip
        made: list[MadeRendition] = []
        facts: list[Fact] = []
        for rendition in message.plan.renditions:
            part, fact = self._write(document, rendition, message, name, findings)
            made.append(part)
            facts.append(fact)
        artefacts: tuple[ArtefactRef, ...] = (completed, *(part.document for part in made))
        return Done(
            message=Converted(**message.wire(), completed=completed, renditions=tuple(made)),
            facts=tuple(facts),
            artefacts=artefacts,
            record={"amount_due": document.totals.amount_due},
        )

    def _write(
        self, document: Invoice, rendition: Rendition, message: Extracted, name: str, found: tuple[Finding, ...]
    ) -> tuple[MadeRendition, Fact]:
        target, options = registry.target(rendition.format), rendition.options
        xml = target.write(document, options)
        verdict = engine(self.rule_jars).check(xml, RuleSet(rendition.rules))
        _stop(verdict.findings)
        ref = put(
            self.storage, message.tenant, message.document_id, ArtefactKind.E_FORMAT, xml,
            media_type=target.media_type, name=f"{name}{target.suffix}",
        )  # fmt: skip
        losses = target.losses(document, options)
        warnings = [*found, *verdict.findings]
        data = {
            "format": rendition.format,
            "rule_set": verdict.version,
            "sha256": ref.sha256,
            "warnings": [finding.rule for finding in warnings],
            "not_carried": [loss.place for loss in losses],
        }
        personal = {"warnings": [finding.model_dump(exclude_none=True) for finding in warnings]} if warnings else None
        return (
            MadeRendition(format=rendition.format, document=ref, rule_set=verdict.version),
            Fact(EventType.CONVERTED, data, personal, part=rendition.format),
        )


@lru_cache(maxsize=1)
def engine(jars: tuple[Path, ...]) -> RuleEngine:
    """The process's one engine: it stays, for starting one costs half a second."""
    return RuleEngine(jars)


def file_name(document: Invoice) -> str:
    """What people see in a download folder: `invoice-2026_0042`. Letters, digits, hyphens, dots and underscores."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in document.invoice_number)
    return f"{document.document_type}-{safe.strip('._') or 'document'}"[:100]


def _binding(findings: tuple[Finding, ...], renditions: tuple[Rendition, ...]) -> tuple[Finding, ...]:
    """A rule of Peppol's own stops what goes to Peppol; plain EN 16931 lets the given amount stand, and it is told.

    CEN's own examples have lines whose amount is not quantity by price (PEPPOL-EN16931-R120).
    """
    if any(rendition.rules == RuleSet.PEPPOL for rendition in renditions):
        return findings
    return tuple(
        finding.model_copy(update={"severity": "warning"}) if finding.rule == "PEPPOL-EN16931-R120" else finding
        for finding in findings
    )


def _stop(findings: tuple[Finding, ...]) -> None:
    fatal = tuple(finding for finding in findings if finding.severity == "fatal")
    if fatal:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in fatal))
        raise DocumentInvalid(f"The document breaks {rules}.", findings=fatal)
