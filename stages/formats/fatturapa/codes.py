"""FatturaPA's code lists beside those of EN 16931: natura, documents, means of payment, units; and its letters.

Source: Agenzia delle Entrate, Specifiche tecniche 1.8.3 (formato 1.2.2), tabelle TD, N, MP; UNTDID 1001, 4461, 5305;
AgID, CIUS-IT (which terms of EN 16931 stand for which elements)
"""

from __future__ import annotations

import unicodedata

PREFIX = "fatturapa."
"""Begins the name of what only FatturaPA has, among a document's extras."""

NATURE = "Natura"
"""Item attribute that has a line's natura, where its VAT category alone does not tell it."""

CATEGORIES: dict[str, str] = {
    "N1": "E", "N2": "O", "N2.1": "O", "N2.2": "O", "N3": "E", "N3.1": "G", "N3.2": "K", "N3.3": "G", "N3.4": "G",
    "N3.5": "E", "N3.6": "E", "N4": "E", "N5": "E", "N6": "AE", "N6.1": "AE", "N6.2": "AE", "N6.3": "AE", "N6.4": "AE",
    "N6.5": "AE", "N6.6": "AE", "N6.7": "AE", "N6.8": "AE", "N6.9": "AE", "N7": "O",
}  # fmt: skip
"""Natura -> VAT category. Excluded (N1), not taxable (N3.5, N3.6), margin (N5): exempt in the words of EN 16931."""
USUAL_NATURE = {"E": "N4", "G": "N3.1", "K": "N3.2", "O": "N2.2"}
"""Category -> the natura that it means where nothing else is said. AE and Z mean several."""
SPLIT = "B"
"""VAT category of split payment (EsigibilitaIVA S): the buyer, a public body, pays the VAT to the treasury."""
SPLIT_SCHEME = "split-payment"

TYPES: dict[str, str] = {
    "TD01": "380", "TD02": "386", "TD03": "386", "TD04": "381", "TD05": "383", "TD06": "380", "TD16": "389",
    "TD17": "389", "TD18": "389", "TD19": "389", "TD20": "389", "TD21": "380", "TD22": "389", "TD23": "389",
    "TD24": "380", "TD25": "380", "TD26": "380", "TD27": "380", "TD28": "389", "TD29": "389",
    "TD07": "380", "TD08": "381", "TD09": "383",
}  # fmt: skip
"""TipoDocumento -> UNTDID 1001."""
USUAL_TYPE = {"380": "TD01", "386": "TD02", "381": "TD04", "383": "TD05"}
WRITTEN_TYPES = frozenset(code for code in TYPES if code not in ("TD07", "TD08", "TD09", "TD29"))

MEANS: dict[str, str] = {
    "MP01": "10", "MP02": "20", "MP03": "21", "MP04": "10", "MP05": "30", "MP06": "60", "MP07": "50", "MP08": "48",
    "MP09": "49", "MP10": "49", "MP11": "49", "MP12": "70", "MP13": "70", "MP14": "1", "MP15": "15", "MP16": "49",
    "MP17": "50", "MP18": "50", "MP19": "59", "MP20": "59", "MP21": "59", "MP22": "97", "MP23": "68",
}  # fmt: skip
"""ModalitaPagamento -> UNTDID 4461."""
MEANS_CODES: dict[str, str] = {
    "10": "MP01", "20": "MP02", "21": "MP03", "30": "MP05", "31": "MP05", "42": "MP05", "58": "MP05", "60": "MP06",
    "50": "MP18", "48": "MP08", "54": "MP08", "55": "MP08", "49": "MP16", "59": "MP19", "70": "MP12", "15": "MP15",
    "97": "MP22", "57": "MP05", "68": "MP23",
}  # fmt: skip

UNITS: dict[str, str] = {
    "KG": "KGM", "KGM": "KGM", "G": "GRM", "GR": "GRM", "T": "TNE", "TON": "TNE", "L": "LTR", "LT": "LTR", "M": "MTR",
    "MT": "MTR", "MTR": "MTR", "MQ": "MTK", "M2": "MTK", "MC": "MTQ", "M3": "MTQ", "KM": "KMT", "CM": "CMT",
    "MM": "MMT", "H": "HUR", "ORE": "HUR", "ORA": "HUR", "HH": "HUR", "HUR": "HUR", "GG": "DAY", "GIORNI": "DAY",
    "MESI": "MON", "MESE": "MON", "ANNI": "ANN", "PZ": "H87", "PZ.": "H87", "PEZZI": "H87", "NR": "C62", "N": "C62",
    "N.": "C62", "NUM": "C62", "CF": "XPK", "CONF": "XPK", "KWH": "KWH", "SMC": "SM3", "PA": "PR",
}  # fmt: skip
"""What Italian systems write as UnitaMisura (free text, any case) -> Recommendation 20; another text stays as it is."""
UNIT_WORDS = {
    "KGM": "KG", "GRM": "GR", "TNE": "TON", "LTR": "LT", "MTR": "MT", "MTK": "MQ", "MTQ": "MC", "KMT": "KM",
    "CMT": "CM", "MMT": "MM", "HUR": "ORE", "DAY": "GG", "MON": "MESI", "ANN": "ANNI", "H87": "PZ", "KWH": "KWH",
}  # fmt: skip

IPA, PEC, CODDEST, FISCAL_CODE = "0201", "0202", "0205", "0210"
"""EAS and ICD schemes: public office (6 characters), certified mail, recipient's code (7), codice fiscale."""
NO_CODE, FOREIGN = "0000000", "XXXXXXX"

SELLER_ITEM, BUYER_ITEM, GTIN = "Codice Art. fornitore", "Codice Art. cliente", "EAN"
CASSA = "Cassa previdenziale "
"""Begins the reason of a charge that is DatiCassaPrevidenziale; TipoCassa follows."""

_LETTERS = str.maketrans(
    {"€": "EUR", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"',
     "„": '"', "…": "...", "•": "-", "Œ": "OE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "™": "TM",
     "ħ": "h", "ŧ": "t", "ﬁ": "fi", "ﬂ": "fl"}
)  # fmt: skip


def latin(text: str) -> str:
    """In the letters of ISO 8859-1, which is all that FatturaPA's schema lets pass; what has no likeness becomes `?`.

    >>> latin("Łódź – 5 €")
    'Lódz - 5 EUR'
    """
    if text.isascii():
        return text
    written: list[str] = []
    for letter in text.translate(_LETTERS):
        if ord(letter) < 0x100:
            written.append(letter)
            continue
        plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if ord(c) < 0x100)
        written.append(plain or "?")
    return "".join(written)


def ascii_only(text: str) -> str:
    """In the letters of US-ASCII: where the schema says Basic Latin."""
    plain = unicodedata.normalize("NFKD", latin(text))
    return "".join(c for c in plain if c.isascii() or not unicodedata.combining(c)).encode("ascii", "replace").decode()
