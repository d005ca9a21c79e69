"""Rules of a profile's stylesheet that no function of ours asks, each with the reason why it cannot be broken.

What the stylesheet asks of elements (present, once, coded) is in its tables; what is not among our `paths` the writer
always gives. The rest it has from the norm, and they are guaranteed there.

Source   Factur-X 1.09 (FNFE-MPE, FeRD)
"""

from __future__ import annotations

import json

from stages.rules.catalogue import RuleSet
from stages.rules.native import guarantees
from stages.rules.native.factur_x.tables import FILE

_OF_TABLES = {
    "wanted": "the writer makes the element only with what must be in it",
    "once": "the model has one value, and the writer one element for it",
    "coded": "the writer has one code for it, which is in the list",
}
_OTHERS = {
    "unnamed": "an element or attribute that the profile does not use is not written",
    "BR-FXEXT-12": "no line stands below another",
}


def reasons(rules: RuleSet) -> dict[str, str]:
    """Rule of the profile -> why it is guaranteed, where it is not native."""
    own = json.loads(FILE.read_text())["profiles"][rules.value]
    found = {"unnamed": _OTHERS["unnamed"]}
    for table, reason in _OF_TABLES.items():
        for told in own[table].values():
            found[told if isinstance(told, str) else told[0]] = reason
    for norm, names in own["names"].items():
        reason = _OTHERS.get(norm) or guarantees.guarantee(norm) or ""
        found |= dict.fromkeys(names, reason)
    return found
