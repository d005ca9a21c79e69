"""What FatturaPA asks of a profile: the seller's regime, the buyer's address at SdI, what codes do not tell.

Source: Agenzia delle Entrate, Specifiche tecniche 1.8.3 (formato 1.2.2): 1.1, 1.2.1.8, 2.1.1.1, 2.2.1.14
"""

from __future__ import annotations

from typing import Final

from stages.formats.fatturapa.codes import CATEGORIES, WRITTEN_TYPES
from stages.formats.options import Option

REGIMES: Final = ("RF01", "RF02", *(f"RF{number:02}" for number in range(4, 20)))
"""RF03 is no longer given."""
_NATURE: Final = tuple(nature for nature in CATEGORIES if nature not in ("N2", "N3", "N6"))


def _nature(what: str) -> Option:
    return Option(what, _NATURE)


OPTIONS: Final = {
    "regime_fiscale": Option("the seller's tax regime; RF01 is the ordinary one", REGIMES),
    "transmission_format": Option(
        "FPR12 to companies and people, FPA12 to public offices; else told by the buyer's endpoint", ("FPR12", "FPA12")
    ),
    "codice_destinatario": Option(
        "the buyer's code at SdI", form="[A-Z0-9]{6,7}", told="six characters of a public office, seven of others"
    ),
    "pec": Option(
        "the buyer's certified mail, where it has no code", form=r"[^@\s]+@[^@\s]+", told="an e-mail address"
    ),
    "id_trasmittente": Option(
        "who hands the file to SdI; the seller where nothing is said",
        form="[A-Z]{2}[A-Za-z0-9]{2,28}", told="a country and a number, IT01234567890",
    ),
    "progressive": Option(
        "of one file: ProgressivoInvio, the end of its name; else made of seller, day and number",
        form="(?=.*[A-Za-z0-9])[ -~]{1,10}", told="1 to 10 characters of ASCII",
    ),
    "tipo_documento": Option("where the type code (BT-3) does not tell it", tuple(sorted(WRITTEN_TYPES))),
    "natura_ae": _nature("natura of reverse charge: N6.1 to N6.9, or N2.1 for services abroad"),
    "natura_e": _nature("natura of what is exempt; N4 where nothing is said"),
    "natura_o": _nature("natura of what is out of scope; N2.2 where nothing is said"),
    "natura_g": _nature("natura of exports; N3.1 where nothing is said"),
    "natura_k": _nature("natura of supplies within the Union; N3.2 where nothing is said"),
    "natura_z": _nature("natura of what is zero rated"),
}  # fmt: skip
