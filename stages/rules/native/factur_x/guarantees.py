"""Rules of a profile's stylesheet that no function of ours asks, each with the reason why it cannot be broken.

What the stylesheet asks of elements (present, once, coded) is in its tables; what is not among our `paths` the writer
always gives. The rest it has from the norm, and they are guaranteed there.

Source   Factur-X 1.09 (FNFE-MPE, FeRD)
"""

from __future__ import annotations

from stages.rules.catalogue import RuleSet
from stages.rules.native import guarantees
from stages.rules.native.factur_x.tables import of_profile

_OF_TABLES = {
    "wanted": "the writer makes the element only with what must be in it",
    "once": "the model has one value, and the writer one element for it",
    "coded": "the writer has one code for it, which is in the list",
}
_OTHERS = {
    "unnamed": "an element or attribute that the profile does not use is not written",
    **dict.fromkeys(("BR-FXEXT-06", "BR-FXEXT-08", "BR-FXEXT-11", "BR-FXEXT-12"), "no line stands below another"),
    "BR-FXEXT-02": "a line's note has no subject",
    "BR-FXEXT-03": "a tax number that is no VAT number is the seller's",
    "BR-FXEXT-04": "an attribute has no code",
    "BR-FXEXT-BR-22": "the model has no line without it",
    "BR-FXEXT-BR-26": "the model has no line without it",
    "BR-FXEXT-CII-DT-097a": "a date is written without a time",
}


def reasons(rules: RuleSet) -> dict[str, str]:
    """Rule of the profile -> why it is guaranteed, where it is not native."""
    known = of_profile(rules.value)
    found = {"unnamed": _OTHERS["unnamed"]}
    for kind, given in known.given.items():
        found |= dict.fromkeys(given, _OF_TABLES[kind])
    for norm, names in known.names.items():
        reason = _OTHERS.get(norm) or guarantees.guarantee(norm) or ""
        found |= dict.fromkeys(names, reason)
    return found
