"""What FA(3) asks of a profile: flags of Polish law, and the number in KSeF of what is corrected.

Source: schemat FA(3) v1-0E: Podmiot2 (JST, GV), Adnotacje (P_18A), DaneFaKorygowanej, TypKorekty
"""

from __future__ import annotations

from typing import Final

from stages.formats.options import Option

NUMBER: Final = "[0-9A-Z]{10}-[0-9]{8}-[0-9A-F]{6}-?[0-9A-F]{6}-[0-9A-F]{2}"
"""Of an invoice in KSeF."""
_FLAG: Final = ("1", "2")

OPTIONS: Final = {
    "jst": Option("1 where it is for a subordinate unit of a local government; 2 where nothing is said", _FLAG),
    "gv": Option("1 where it is for a member of a VAT group; 2 where nothing is said", _FLAG),
    "split_payment": Option(
        "1 where the words `mechanizm podzielonej płatności` are due (P_18A); 2 where nothing is said", _FLAG
    ),
    "corrected_ksef_number": Option(
        "KSeF number of the invoice that is corrected, or `none` where it was issued outside KSeF",
        form=f"none|{NUMBER}", told="none, or a number such as 5265877635-20250916-010040741B3E-46",
    ),
    "correction_reason": Option(
        "why an invoice is corrected, in words", form=".{1,256}", told="1 to 256 characters"
    ),
    "correction_type": Option("in which period the correction counts", ("1", "2", "3")),
    "created": Option(
        "when the file was made; the invoice's day where nothing is said",
        form=r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ",
        told="a time such as 2026-11-02T10:00:00Z",
    ),
}  # fmt: skip
