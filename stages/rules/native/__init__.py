"""The semantic rules a second time: plain functions over the canonical document, in the project's own words.

They say the same as the official stylesheets: the same rule ids for the same document, which a differential test holds
over real files and thousands of mutated documents (`tests/conformance/test_native_rules.py`). What a rule of pure
syntax forbids, and what the model makes impossible, is listed with its reason in `guarantees.py`: every id of the
official stylesheets is here or there.

A family of rules is a file; the functions yield (rule, place, found, expected), `texts` says what each rule means,
`editions` which of them a release asks of a kind of document. Places are paths of the canonical document.

Source   EN 16931-1:2017; Peppol BIS Billing 3.0 (2026.5); XRechnung 3.0.2
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Context, Decimal, localcontext

from schemas.documents import Invoice
from schemas.errors import ConfigurationError, Finding
from stages.rules.catalogue import Release
from stages.rules.native.edition import Edition, Hit
from stages.rules.native.editions import edition_of
from stages.rules.verdicts import Verdict

__all__ = ["check", "edition_of"]

# A quantity and a price have 28 digits each: their product is exact in 56.
_EXACT = Context(prec=100)
_FINDINGS = 200


def check(document: Invoice, release: Release, kind: str = "ubl-invoice", *, written: bool = True) -> Verdict:
    """Judge a document by the native rules that a release has for a kind of document.

    `written`: as our own writer writes it for that rule set, so without what the writer sees to (its specification, one
    note only); else as it was read from somebody else's file. Raises ConfigurationError where the release has no
    native rules for that kind.
    """
    edition = edition_of(release, kind)
    if edition is None:
        raise ConfigurationError(f"there are no native rules of {release.label} for {kind}")
    with localcontext(_EXACT):
        hits = list(edition.hits(document, written=written))
    return Verdict(release.rule_set.value, f"{release.label} (native)", tuple(_findings(hits, edition)))


def _findings(hits: list[Hit], edition: Edition) -> Iterator[Finding]:
    """Fatal ones first where some must go: a document must not pass because its warnings were many."""
    warnings = edition.warnings
    if len(hits) > _FINDINGS:
        hits.sort(key=lambda hit: hit[0] in warnings)
    for rule, place, found, expected in hits[:_FINDINGS]:
        severity = "warning" if rule in warnings else "fatal"
        shown = {"found": _shown(found), "expected": _shown(expected)}
        yield Finding(rule=rule, message=edition.texts[rule], place=place, severity=severity, **shown)
    rest = hits[_FINDINGS:]
    if rest:
        severity = "warning" if all(rule in warnings for rule, *_ in rest) else "fatal"
        yield Finding(rule="more", message=f"{len(rest)} more findings are not listed.", severity=severity)


def _shown(value: object) -> str | None:
    """Numbers without an exponent, days as ISO 8601 writes them, nothing for an empty text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value not in (None, "") else None
