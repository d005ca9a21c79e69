"""FA(3)'s code lists beside those of EN 16931: VAT rates, sums by rate, means of payment, units.

Source: Ministerstwo Finansów, struktura logiczna FA(3) 1-0E, schemat_FA(3)_v1-0E.xsd; UNTDID 4461, 5305
"""

from __future__ import annotations

PREFIX = "ksef."
"""Begins the name of what only FA has, among a document's extras."""
FA3 = "http://crd.gov.pl/wzor/2025/06/25/13775/"
FA2 = "http://crd.gov.pl/wzor/2023/06/29/12648/"

TAXED = frozenset({"23", "22", "8", "7", "5", "4", "3"})
"""P_12: the rates that are a number."""
CATEGORIES: dict[str, str] = {
    "0 KR": "Z", "0": "Z", "0 WDT": "K", "0 EX": "G", "zw": "E", "oo": "AE", "np II": "AE", "np I": "O", "np": "O",
}  # fmt: skip
"""P_12 without tax (FA(2) has `0` and `np`) -> VAT category."""
RATE_CODES = {"Z": "0 KR", "K": "0 WDT", "G": "0 EX", "E": "zw", "O": "np I"}
"""VAT category -> P_12; reverse charge is `oo` to a Polish buyer, `np II` to one in another state."""
RATE_NAME = "P_12"
"""Item attribute that has a line's P_12, where its category does not tell it."""

SUMS: dict[str, tuple[str, frozenset[str]]] = {
    "1": ("S", frozenset({"23", "22"})),
    "2": ("S", frozenset({"8", "7"})),
    "3": ("S", frozenset({"5"})),
    "4": ("S", frozenset({"4", "3"})),
    "5": ("S", frozenset()),
    "6_1": ("Z", frozenset({"0 KR"})),
    "6_2": ("K", frozenset({"0 WDT"})),
    "6_3": ("G", frozenset({"0 EX"})),
    "7": ("E", frozenset({"zw"})),
    "8": ("O", frozenset({"np I"})),
    "9": ("AE", frozenset({"np II"})),
    "10": ("AE", frozenset({"oo"})),
    "11": ("E", frozenset()),
}
"""What stands behind `P_13_`, in the schema's order -> VAT category, and the values of P_12 that are summed there. 5 is
the special procedure (OSS), 11 the margin scheme."""

MEANS = {"1": "10", "2": "48", "3": "1", "4": "20", "5": "1", "6": "30", "7": "68"}
"""FormaPlatnosci -> UNTDID 4461."""
MEANS_CODES = {"10": "1", "48": "2", "54": "2", "55": "2", "20": "4", "30": "6", "31": "6", "42": "6", "58": "6",
               "68": "7"}  # fmt: skip

UNITS: dict[str, str] = {
    "szt.": "H87", "szt": "H87", "sztuk": "H87", "sztuka": "H87", "kg": "KGM", "g": "GRM", "t": "TNE", "l": "LTR",
    "m": "MTR", "mb": "MTR", "m2": "MTK", "m²": "MTK", "m3": "MTQ", "m³": "MTQ", "km": "KMT", "cm": "CMT", "mm": "MMT",
    "godz.": "HUR", "godz": "HUR", "h": "HUR", "dzień": "DAY", "dni": "DAY", "mies.": "MON", "miesiąc": "MON",
    "rok": "ANN", "kpl.": "SET", "kpl": "SET", "opak.": "XPK", "opak": "XPK", "kwh": "KWH", "mwh": "MWH", "para": "PR",
    "usł.": "C62", "usługa": "C62",
}  # fmt: skip
"""What Polish systems write as P_8A (free text, any case) -> Recommendation 20; another text stays as it is."""
UNIT_WORDS = {"H87": "szt.", "KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "l", "MTR": "m", "MTK": "m2", "MTQ": "m3",
              "KMT": "km", "CMT": "cm", "MMT": "mm", "HUR": "godz.", "DAY": "dzień", "MON": "mies.", "ANN": "rok",
              "SET": "kpl.", "XPK": "opak.", "KWH": "kWh", "MWH": "MWh", "PR": "para"}  # fmt: skip
