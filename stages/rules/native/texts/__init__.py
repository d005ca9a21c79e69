"""What each rule of ours says, and how grave it is: by the rule set and syntax that has it.

Severity is the official one: a warning does not stop a document.
"""

from __future__ import annotations

from stages.rules.native import peppol_2025
from stages.rules.native.german import names
from stages.rules.native.guarantees import NEVER_IN_CII
from stages.rules.native.texts.cii import CII, CII_NEWEST
from stages.rules.native.texts.national import GERMAN, NATIONAL
from stages.rules.native.texts.norm import FAMILY, NORM, UBL
from stages.rules.native.texts.peppol import PEPPOL
from stages.rules.native.vat import CATEGORIES

_SHARED = (
    "R001 R005 R010 R020 R040 R041 R042 R046 R053 R054 R055 R061 R110 R111 R120 R121 R130".split()
)  # of Peppol's rules, those that XRechnung takes over

OF_THE_NORM: dict[str, str] = NORM | {
    f"{category.prefix}-{number}": text.format(code)
    for code, category in CATEGORIES.items()
    for number, text in FAMILY.items()
}
OLDER = {"BR-CO-25": "what is to be paid is due on a day (BT-9), or by payment terms (BT-20)"}
"""What the norm's rules asked up to 1.3.15."""

OF_UBL = OF_THE_NORM | UBL
OF_CII = {rule: text for rule, text in OF_THE_NORM.items() if rule not in NEVER_IN_CII} | CII
NEWEST_OF_CII = OF_CII | CII_NEWEST
OF_PEPPOL = (
    PEPPOL
    | {name: text for name, text in NATIONAL.items() if not name.startswith("BR-DE")}
    | {names()[number][1]: text for number, text in GERMAN.items()}
)
OF_PEPPOL_2025 = {
    rule: text
    for rule, text in (OF_UBL | OF_PEPPOL | OLDER).items()
    if rule in peppol_2025.ASKED or rule not in peppol_2025.DEVIATIONS
}
_OF_SELF_BILLING = {rule: text for rule, text in PEPPOL.items() if rule != "PEPPOL-EN16931-P0112"}
OF_SELF_BILLING = OF_UBL | _OF_SELF_BILLING
OF_XRECHNUNG = (
    {f"PEPPOL-EN16931-{number}": PEPPOL[f"PEPPOL-EN16931-{number}"] for number in _SHARED}
    | {name: text for name, text in NATIONAL.items() if name.startswith("BR-DE")}
    | {names()[number][0]: text for number, text in GERMAN.items()}
)

OF_XRECHNUNG_IN_CII = {"PEPPOL-EN16931-R008": "no element is empty"}

_GERMAN = ("17", "19", "20", "26", "27", "28", "URL")

WARNINGS_OF_OLDER_CII = frozenset({"CII-SR-454"})
WARNINGS_OF_CII = WARNINGS_OF_OLDER_CII | {"CII-SR-475", "CII-SR-476"}
WARNINGS_OF_UBL = frozenset({"BR-51", "UBL-CR-558"})
WARNINGS_OF_PEPPOL = frozenset(
    [f"PEPPOL-COMMON-R0{each}" for each in "44 45 46 47 54 55 56-1 56-2 57".split()]
    + "NO-R-002 SE-R-007 SE-R-008 SE-R-009 SE-R-010 SE-R-011 SE-R-012 GR-S-008-1 GR-S-011 IS-R-001".split()
    + [names()[number][1] for number in _GERMAN]
)
WARNINGS_OF_PEPPOL_2025 = frozenset(
    (WARNINGS_OF_UBL | WARNINGS_OF_PEPPOL | peppol_2025.ONLY_WARN) & OF_PEPPOL_2025.keys()
)
WARNINGS_OF_XRECHNUNG = frozenset(
    ["BR-DE-21", "BR-DE-TMP-32", "PEPPOL-EN16931-R120", "BR-CL-23"] + [names()[number][0] for number in _GERMAN]
)
"""XRechnung asks only by a warning for what Peppol insists on in a line's net amount, and the norm in a unit."""
