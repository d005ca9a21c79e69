"""Which engine judges a document: the official one, the native one, or the native one with the official on a sample.

Where both run, their verdicts must name the same rules; a difference is a fatal finding of its own, `engines-differ`,
for then one of the two is wrong and nobody knows which. The native engine judges, after the schema of its syntax, the
kinds of documents for which a release has an edition of it; all others go to the official one, and the verdict's
version says who judged.

A newer release that stands in shadow judges, too; what it finds is recorded and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Literal

from lxml import etree

from schemas.documents import Invoice
from schemas.errors import EntregaError, Finding
from stages.rules.catalogue import SELF_BILLING, Applicable, Release
from stages.rules.kinds import is_self_billing, kind_of
from stages.rules.schemata import against, parsed, schema
from stages.rules.verdicts import Verdict

EngineName = Literal["official", "native"]
Official = Callable[[bytes, Release], Verdict]


@dataclass(frozen=True)
class EngineChoice:
    """What a tenant's profile says: the engine, and with the native one the share (0 to 1) that both judge."""

    engine: EngineName = "official"
    sample: Decimal = Decimal(0)

    def takes(self, content: bytes) -> bool:
        """Whether a document belongs to the sample: by its bytes, so that a replay says the same."""
        return int.from_bytes(sha256(content).digest()[:8]) < self.sample * 2**64


def judge(
    content: bytes,
    applicable: Applicable,
    document: object,
    official: Official,
    choice: EngineChoice,
    jars: Sequence[Path] = (),
) -> Verdict:
    """Hold what was written of `document` against the release that binds, and the one in shadow.

    `jars` (`maven.jars("rules")`) have the schemas for the native engine. Raises EngineUnavailable (transient) where
    the binding rules cannot be had or run.
    """
    verdict = _judge(content, applicable.binding, document, official, choice, jars)
    if applicable.shadow is None:
        return verdict
    try:
        return replace(verdict, shadow=_judge(content, applicable.shadow, document, official, choice, jars))
    except EntregaError as error:  # what only looks on stops nothing, not even by its absence
        told = Finding(rule="shadow-not-judged", message=error.text, severity="warning")
        missing = Verdict(applicable.shadow.rule_set.value, applicable.shadow.label, (told,))
        return replace(verdict, shadow=missing)


def _judge(
    content: bytes, release: Release, document: object, official: Official, choice: EngineChoice, jars: Sequence[Path]
) -> Verdict:
    by_schema = None
    if choice.engine == "native" and isinstance(document, Invoice):
        by_schema = natively_judged(content, release, jars)
    if by_schema is None:
        return official(content, release)
    if by_schema.verdict.findings:
        return by_schema.verdict
    from stages.rules import native

    assert isinstance(document, Invoice)
    mine = native.check(document, release, by_schema.kind)
    return compared(mine, official(content, release)) if choice.takes(content) else mine


@dataclass(frozen=True)
class BySchema:
    """A document that the native rules may judge: its kind (a key of the release's `by_root`), its root, and what the
    schema of its syntax says of it."""

    kind: str
    root: etree._Element
    verdict: Verdict


def natively_judged(content: bytes, release: Release, jars: Sequence[Path] = ()) -> BySchema | None:
    """None for a document that is the official engine's: of a kind for which the release has no native edition."""
    from stages.rules.native import edition_of

    root = parsed(content)
    if isinstance(root, Finding):
        return None
    kind = kind_of(root) or ""
    if kind + SELF_BILLING in release.by_root and is_self_billing(root):
        kind += SELF_BILLING
    if edition_of(release, kind) is None:
        return None
    broken = against(root, schema(release.by_root[kind].schema, tuple(jars)))
    return BySchema(kind, root, Verdict(release.rule_set.value, f"{release.label} (schema)", broken))


def compared(mine: Verdict, theirs: Verdict) -> Verdict:
    """The native verdict where the official one names the same rules; else with a fatal finding that says what differs.

    What the official rules could not be evaluated on is theirs to refuse.
    """
    if any(finding.rule == "rules-not-evaluated" for finding in theirs.findings):
        return theirs
    ours, official = rules_of(mine), rules_of(theirs)
    if ours == official:
        return replace(mine, version=mine.version.replace("(native)", "(native, as official)"))
    differing = Finding(
        rule="engines-differ",
        message="native and official rules disagree about this document: a defect of ours, please report it",
        found=f"only native: {', '.join(sorted(ours - official)) or 'none'}",
        expected=f"only official: {', '.join(sorted(official - ours)) or 'none'}",
    )
    return replace(mine, findings=(differing, *mine.findings))


def rules_of(verdict: Verdict) -> set[str]:
    """The ids of the rules that a verdict names."""
    return {finding.rule for finding in verdict.findings} - {"more"}
