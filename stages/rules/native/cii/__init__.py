"""The rules of EN 16931 for CII: most are those of UBL, word for word; `DEVIATIONS` names the others, each with what is
different, and functions of this folder ask them.

The VAT categories are all asked here (`categories.py`), for the stylesheet differs in some number of every family.

Source   EN 16931 validation artefacts for CII (CEN/TC 434), 1.3.16 and 1.3.15
"""

from __future__ import annotations

from stages.rules.native import codes, head, lines, parties, totals
from stages.rules.native.cii import categories, lists, parts, sums
from stages.rules.native.cii.deviations import DEVIATIONS
from stages.rules.native.edition import Layer, Rule

__all__ = ["DEVIATIONS", "NORM"]

_SHARED: tuple[Rule, ...] = (
    head.head, parties.parties, parties.representative, head.references, head.payment, totals.presence, lines.lines,
    lines.charges, codes.of_the_norm,
)  # fmt: skip
_OWN: tuple[Rule, ...] = (
    parts.head, parts.parties, parts.payee, parts.payment, parts.lines, sums.sums, sums.due_when, sums.rows,
    categories.categories, lists.codes,
)  # fmt: skip
NORM = Layer(_SHARED, DEVIATIONS, _OWN)
