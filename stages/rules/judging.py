"""Which engine judges a document: the official one, the native one, or the native one with the official on a sample.

Where both run, their verdicts must name the same rules; a difference is a fatal finding of its own, `engines-differ`,
for then one of the two is wrong and nobody knows which. The native engine judges what our own UBL writer wrote, after
the schema of its syntax; everything else goes to the official one, and the verdict's version says who judged.

A newer release that stands in shadow judges, too; what it finds is recorded and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Literal

from schemas.documents import Invoice
from schemas.errors import EntregaError, Finding
from stages.rules.catalogue import SELF_BILLING, Applicable, Release
from stages.rules.kinds import NATIVE, is_self_billing, kind_of
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
    content: bytes, applicable: Applicable, document: object, official: Official, choice: EngineChoice
) -> Verdict:
    """Hold what was written of `document` against the release that binds, and the one in shadow.

    Raises EngineUnavailable (transient) where the binding rules cannot be had or run.
    """
    verdict = _judge(content, applicable.binding, document, official, choice)
    if applicable.shadow is None:
        return verdict
    try:
        return replace(verdict, shadow=_judge(content, applicable.shadow, document, official, choice))
    except EntregaError as error:  # what only looks on stops nothing, not even by its absence
        told = Finding(rule="shadow-not-judged", message=error.text, severity="warning")
        missing = Verdict(applicable.shadow.rule_set.value, applicable.shadow.label, (told,))
        return replace(verdict, shadow=missing)


def _judge(content: bytes, release: Release, document: object, official: Official, choice: EngineChoice) -> Verdict:
    schema_verdict = None
    if choice.engine == "native" and isinstance(document, Invoice):
        schema_verdict = natively_judged(content, release)
    if schema_verdict is None:
        return official(content, release)
    if schema_verdict.findings:
        return schema_verdict
    from stages.rules import native

    assert isinstance(document, Invoice)
    mine = native.check(document, release)
    return compared(mine, official(content, release)) if choice.takes(content) else mine


def natively_judged(content: bytes, release: Release, jars: Sequence[Path] = ()) -> Verdict | None:
    """What the schema says of a document that the native rules may judge; None for one that is the official engine's:
    a release without native rules, a syntax for which they were not proven, a self-billed document."""
    root = parsed(content) if release.native else None
    kind = None if root is None or isinstance(root, Finding) else kind_of(root)
    if root is None or isinstance(root, Finding) or kind not in NATIVE or kind not in release.by_root:
        return None
    if kind + SELF_BILLING in release.by_root and is_self_billing(root):
        return None
    broken = against(root, schema(release.by_root[kind].schema, tuple(jars)))
    return Verdict(release.rule_set.value, f"{release.label} (schema)", broken)


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
