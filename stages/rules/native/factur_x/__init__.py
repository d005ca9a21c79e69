"""The rules of the Factur-X profiles: those of the norm for CII, some asked otherwise and in BASIC under other names,
and what each profile asks of elements and codes of its own, by tables derived from its stylesheet.

Source   Factur-X 1.09, ZUGFeRD 2.4 (FNFE-MPE, FeRD)
"""

from __future__ import annotations

import re
from functools import cache

from stages.rules.catalogue import RuleSet
from stages.rules.native import cii
from stages.rules.native.edition import Edition, Layer, Rule
from stages.rules.native.factur_x import codes, extended, norm, presence
from stages.rules.native.factur_x.facts import FacturXFacts
from stages.rules.native.factur_x.paths import CODED, ONCE, WANTED
from stages.rules.native.factur_x.tables import Tables, of_profile
from stages.rules.native.texts import NEWEST_OF_CII, OF_XRECHNUNG_IN_CII, OLDER

_OWN: tuple[Rule, ...] = (norm.norm, norm.german, norm.empty, presence.presence, codes.codes)
_ASKS = Layer((cii.NORM,), norm.DEVIATIONS, (*_OWN, norm.zero_rated))
_EXTENDED = Layer((cii.NORM,), norm.DEVIATIONS, (*_OWN, extended.breakdown, extended.sums, extended.parts))


VERSION = "1.09.2"
PROFILES: dict[RuleSet, Layer] = {
    RuleSet.FACTUR_X_BASIC_WL: _ASKS,
    RuleSet.FACTUR_X_BASIC: _ASKS,
    RuleSet.FACTUR_X_EN16931: _ASKS,
    RuleSet.FACTUR_X_EXTENDED: _EXTENDED,
}
"""Those that the native rules were proven equal for, and what is asked of them."""

_TEXTS = NEWEST_OF_CII | OF_XRECHNUNG_IN_CII | OLDER | extended.TEXTS | norm.TEXTS
_WARNINGS = extended.WARNINGS | {"PEPPOL-EN16931-R008", "BR-FX-EN-04", "CII-SR-475", "CII-SR-476"}


@cache
def edition(rules: RuleSet) -> Edition:
    """Of one profile."""
    known = of_profile(rules.value)
    names = {rule: ids for rule, ids in known.names.items() if rule in _TEXTS}
    texts = {name: _TEXTS[rule] for rule, ids in names.items() for name in ids} | _own_texts(known)
    warnings = frozenset(name for rule in _WARNINGS for name in names.get(rule, ()))
    return Edition(rules, FacturXFacts, PROFILES[rules], texts, warnings, names=names)


def _own_texts(known: Tables) -> dict[str, str]:
    """In the words of CII: what must be in an element, and where a code of a list stands."""
    texts: dict[str, str] = {}
    for says, paths, rules in (
        ("the code is in the profile's list for {}", CODED, {key: rule for key, (rule, _) in known.coded.items()}),
        ("there is {}", WANTED, known.wanted),
        ("there is one {} at most", ONCE, known.once),
    ):
        places: dict[str, list[str]] = {}
        for key, rule in rules.items():
            places.setdefault(rule, []).append(paths[key])
        texts |= {rule: says.format(_named(where)) for rule, where in places.items()}
    return texts


def _named(paths: list[str]) -> str:
    """The last two steps, `Name in BuyerTradeParty`; of several places that have one rule, the last step only."""
    steps = [re.sub(r"\[[^]]*\]", "", path).replace("|", "/").strip("^/").split("/") for path in paths]
    around = {each[-2] for each in steps if len(each) > 1}
    last = " or ".join(sorted({each[-1] for each in steps}))
    return f"{last} in {around.pop()}" if len(around) == 1 else last
