"""What each rule of ours says, and how grave it is: the only list of the rules that the native engine has.

Severity is the official one: a warning does not stop a document.
"""

from __future__ import annotations

from stages.rules.catalogue import RuleSet
from stages.rules.native.german import names
from stages.rules.native.texts.national import GERMAN, NATIONAL
from stages.rules.native.texts.norm import FAMILY, NORM
from stages.rules.native.texts.peppol import PEPPOL
from stages.rules.native.vat import CATEGORIES

_WARNINGS = frozenset(
    f"PEPPOL-COMMON-R0{each}" for each in "44 45 46 47 54 55 56-1 56-2 57".split()
) | frozenset(
    "BR-51 UBL-CR-558 NO-R-002 SE-R-007 SE-R-008 SE-R-009 SE-R-010 SE-R-011 SE-R-012 GR-S-008-1 GR-S-011 IS-R-001 "
    "BR-DE-21 BR-DE-TMP-32".split()
) | frozenset(
    name for number in ("17", "19", "20", "26", "27", "28", "URL") for name in names()[number]
)  # fmt: skip


_GERMAN_WARNINGS = ("PEPPOL-EN16931-R120", "BR-CL-23")


def _families() -> dict[str, str]:
    return {
        f"{category.prefix}-{number}": text.format(code)
        for code, category in CATEGORIES.items()
        for number, text in FAMILY.items()
    }


_NORM = NORM | _families()

_SHARED = (
    "R001 R005 R010 R020 R040 R041 R042 R046 R053 R054 R055 R061 R110 R111 R120 R121 R130".split()
)  # of Peppol's rules, those that XRechnung takes over

_TEXTS: dict[RuleSet, dict[str, str]] = {
    RuleSet.EN16931: _NORM,
    RuleSet.PEPPOL: _NORM
    | PEPPOL
    | {name: text for name, text in NATIONAL.items() if not name.startswith("BR-DE")}
    | {names()[number][1]: text for number, text in GERMAN.items()},
    RuleSet.XRECHNUNG: _NORM
    | {f"PEPPOL-EN16931-{number}": PEPPOL[f"PEPPOL-EN16931-{number}"] for number in _SHARED}
    | {name: text for name, text in NATIONAL.items() if name.startswith("BR-DE")}
    | {names()[number][0]: text for number, text in GERMAN.items()}
    | {"BR-CO-25": "what is to be paid is due on a day (BT-9), or by payment terms (BT-20)"},
}


def texts(rules: RuleSet) -> dict[str, str]:
    """Rule id -> what it says, for every rule that the native engine has of a rule set."""
    return _TEXTS[rules]


def is_warning(rules: RuleSet, rule: str) -> bool:
    """XRechnung asks only by a warning for what Peppol insists on in a line's net amount, and the norm in a unit."""
    return rule in _WARNINGS or (rules is RuleSet.XRECHNUNG and rule in _GERMAN_WARNINGS)
