"""Which edition of the native rules a release has for which kind of document.

A kind that is not here was not proven equal: the official engine judges it.
"""

from __future__ import annotations

from stages.rules.catalogue import SELF_BILLING, Release, RuleSet
from stages.rules.native import (
    categories,
    cii,
    codes,
    factur_x,
    german,
    head,
    identifiers,
    lines,
    nordic,
    parties,
    peppol,
    peppol_2025,
    processes,
    southern,
    texts,
    totals,
)
from stages.rules.native.cii import german as cii_german
from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.edition import Edition, Layer, Rule
from stages.rules.native.facts import Facts

_NORM = Layer((
    head.head, parties.parties, parties.payee, parties.representative, head.references, head.payment,
    totals.presence, totals.sums, totals.due_when, totals.rows, categories.categories, lines.lines, lines.charges,
    codes.of_the_norm,
))  # fmt: skip
_OF_PEPPOL: tuple[Rule, ...] = (_NORM, codes.of_peppol, peppol.shared, peppol.own, identifiers.identifiers)
_NATIONAL: tuple[Rule, ...] = (
    nordic.norwegian, nordic.danish, nordic.swedish_rules, nordic.icelandic, southern.italian, southern.greek_rules,
    southern.dutch, german.german,
)  # fmt: skip

_EN16931_UBL = Edition(RuleSet.EN16931, Facts, _NORM, texts.OF_UBL, texts.WARNINGS_OF_UBL)
_EN16931_CII = Edition(RuleSet.EN16931, CiiFacts, cii.NORM, texts.NEWEST_OF_CII, texts.WARNINGS_OF_CII, lists="cii")
_PEPPOL = Edition(
    RuleSet.PEPPOL, Facts, Layer((*_OF_PEPPOL, processes.BILLING, *_NATIONAL)), texts.OF_UBL | texts.OF_PEPPOL,
    texts.WARNINGS_OF_UBL | texts.WARNINGS_OF_PEPPOL,
)  # fmt: skip
_PEPPOL_2025 = Edition(
    RuleSet.PEPPOL, Facts,
    Layer((*_OF_PEPPOL, processes.BILLING_2025, *_NATIONAL), peppol_2025.DEVIATIONS, (peppol_2025.german,)),
    texts.OF_PEPPOL_2025, texts.WARNINGS_OF_PEPPOL_2025, lists="2025.11", older=True,
)  # fmt: skip
_SELF_BILLED = Edition(
    RuleSet.PEPPOL, Facts,
    Layer((*_OF_PEPPOL, processes.SELF_BILLING), {"PEPPOL-EN16931-P0112": "is no rule of self-billing"}),
    texts.OF_SELF_BILLING, texts.WARNINGS_OF_UBL | (texts.WARNINGS_OF_PEPPOL & texts.OF_SELF_BILLING.keys()),
    lists="self-billing",
)  # fmt: skip
_XRECHNUNG_UBL = Edition(
    RuleSet.XRECHNUNG, Facts, Layer((_NORM, peppol.shared, german.german)),
    texts.OF_UBL | texts.OF_XRECHNUNG | texts.OLDER, texts.WARNINGS_OF_UBL | texts.WARNINGS_OF_XRECHNUNG,
    lists="1.3.15", older=True,
)  # fmt: skip
_XRECHNUNG_CII = Edition(
    RuleSet.XRECHNUNG, CiiFacts,
    Layer(
        (cii.NORM, peppol.shared, german.german), cii_german.DEVIATIONS, (cii_german.german, cii_german.of_peppol)
    ),
    texts.OF_CII | texts.OF_XRECHNUNG | texts.OF_XRECHNUNG_IN_CII | texts.OLDER,
    texts.WARNINGS_OF_OLDER_CII | texts.WARNINGS_OF_XRECHNUNG, lists="cii 1.3.15", older=True,
)  # fmt: skip


def _of_ubl(edition: Edition) -> dict[str, Edition]:
    return {"ubl-invoice": edition, "ubl-creditnote": edition}


EDITIONS: dict[tuple[RuleSet, str], dict[str, Edition]] = {
    (RuleSet.EN16931, "1.3.16"): _of_ubl(_EN16931_UBL) | {"cii": _EN16931_CII},
    (RuleSet.PEPPOL, "2025.11"): _of_ubl(_PEPPOL_2025),
    (RuleSet.PEPPOL, "2026.5"): _of_ubl(_PEPPOL)
    | {f"{kind}{SELF_BILLING}": each for kind, each in _of_ubl(_SELF_BILLED).items()},
    (RuleSet.XRECHNUNG, "3.0.2"): _of_ubl(_XRECHNUNG_UBL) | {"cii": _XRECHNUNG_CII},
}
"""By rule set and version, then by the kind of document (`kinds.KINDS`, or one with `catalogue.SELF_BILLING`)."""


def edition_of(release: Release, kind: str) -> Edition | None:
    """None where the release was not proven equal for such documents."""
    if kind == "cii" and release.rule_set in factur_x.PROFILES and release.version == factur_x.VERSION:
        return factur_x.edition(release.rule_set)
    return EDITIONS.get((release.rule_set, release.version), {}).get(kind)
