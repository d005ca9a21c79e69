"""What Facturae asks of a profile: the offices of a public buyer, why and how an invoice corrects.

Source: Facturae 3.2.2, Facturaev3_2_2.xsd (AdministrativeCentreType, CorrectiveType, LanguageCodeType); DIR3
"""

from __future__ import annotations

from typing import Final

from stages.formats.facturae.codes import LANGUAGES, METHODS, REASONS
from stages.formats.options import Option


def _office(what: str) -> Option:
    return Option(f"DIR3 code of {what}", form="[A-Za-z0-9]{1,10}", told="1 to 10 letters and digits")


OPTIONS: Final = {
    "oficina_contable": _office("the buyer's accounting office (role 01), as FACe wants it"),
    "organo_gestor": _office("the body that manages (role 02)"),
    "unidad_tramitadora": _office("the unit that processes (role 03)"),
    "organo_proponente": _office("the body that proposes (role 04), where it is asked for"),
    "correction_reason": Option("why a credit note corrects", tuple(REASONS)),
    "correction_method": Option(
        "01 whole (a corrected invoice), 02 by differences (a credit note), 03, 04", tuple(METHODS)
    ),
    "language": Option("of the invoice; es where nothing is said", tuple(sorted(LANGUAGES))),
}
