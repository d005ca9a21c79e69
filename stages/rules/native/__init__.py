"""The semantic rules a second time: plain functions over the canonical document, in the project's own words.

They say the same as the official stylesheets: the same rule ids for the same document, which a differential test holds
over real files and thousands of mutated documents (`tests/conformance/test_native_rules.py`). What a rule of pure
syntax forbids, and what the model makes impossible, is listed with its reason in `guarantees.py`: every id of the
official stylesheets is here or there.

A family of rules is a file; the functions yield (rule, place, found, expected), `texts` says what each rule means.
Places are paths of the canonical document.

Source   EN 16931-1:2017; Peppol BIS Billing 3.0 (2026.5); XRechnung 3.0.2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Context, Decimal, localcontext

from schemas.documents import Invoice
from schemas.errors import ConfigurationError, Finding
from stages.rules.catalogue import Release, RuleSet
from stages.rules.native import codes, german, head, identifiers, lines, nordic, parties, peppol, southern, totals, vat
from stages.rules.native.facts import Facts, Hit, Hits
from stages.rules.native.texts import is_warning, texts
from stages.rules.verdicts import Verdict

_NORM: tuple[Callable[[Facts], Hits], ...] = (
    head.head, parties.parties, parties.payee, parties.representative, head.references, head.payment,
    totals.presence, totals.sums, totals.due_when, totals.rows, vat.categories, lines.lines, lines.charges,
    codes.of_the_norm,
)  # fmt: skip

RULES: dict[RuleSet, tuple[Callable[[Facts], Hits], ...]] = {
    RuleSet.EN16931: _NORM,
    RuleSet.PEPPOL: (
        *_NORM, codes.of_peppol, peppol.shared, peppol.own, identifiers.identifiers, nordic.norwegian, nordic.danish,
        nordic.swedish_rules, nordic.icelandic, southern.italian, southern.greek_rules, southern.dutch, german.german,
    ),
    RuleSet.XRECHNUNG: (*_NORM, peppol.shared, german.german),
}  # fmt: skip

# A quantity and a price have 28 digits each: their product is exact in 56.
_EXACT = Context(prec=100)
_FINDINGS = 200


def check(document: Invoice, release: Release, *, written: bool = True) -> Verdict:
    """Judge a document by the native rules of a release.

    `written`: as our own writer writes it for that rule set, so without what the writer sees to (its specification, one
    note only); else as it was read from somebody else's file. Raises ConfigurationError where the release has no
    native rules.
    """
    if not release.native:
        raise ConfigurationError(f"there are no native rules of {release.label}")
    rules = release.rule_set
    with localcontext(_EXACT):
        hits = list(_hits(Facts(document, rules, written=written), rules))
    return Verdict(rules.value, f"{release.label} (native)", tuple(_findings(hits, rules)))


def _hits(facts: Facts, rules: RuleSet) -> Iterator[Hit]:
    for rule in RULES[rules]:
        yield from rule(facts)


def _findings(hits: list[Hit], rules: RuleSet) -> Iterator[Finding]:
    """Fatal ones first where some must go: a document must not pass because its warnings were many."""
    if len(hits) > _FINDINGS:
        hits.sort(key=lambda hit: is_warning(rules, hit[0]))
    says = texts(rules)
    for rule, place, found, expected in hits[:_FINDINGS]:
        severity = "warning" if is_warning(rules, rule) else "fatal"
        shown = {"found": _shown(found), "expected": _shown(expected)}
        yield Finding(rule=rule, message=says[rule], place=place, severity=severity, **shown)
    rest = hits[_FINDINGS:]
    if rest:
        severity = "warning" if all(is_warning(rules, rule) for rule, *_ in rest) else "fatal"
        yield Finding(rule="more", message=f"{len(rest)} more findings are not listed.", severity=severity)


def _shown(value: object) -> str | None:
    """Numbers without an exponent, days as ISO 8601 writes them, nothing for an empty text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value not in (None, "") else None
