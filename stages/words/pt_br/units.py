"""Brazilian Portuguese, where it differs from the European: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms
from stages.words.pt.units import UNITS as EUROPEAN

UNITS: dict[str, Forms] = {
    **EUROPEAN,
    "NAR": {"one": "item", "other": "itens"},
    "XCT": {"one": "caixa de papelão", "other": "caixas de papelão"},
    "XCR": {"one": "engradado", "other": "engradados"},
}
