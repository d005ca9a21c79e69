"""Code lists of X12 and what they are in the canonical document. The first code of each meaning is the one written.

Source: ASC X12 data elements 355 (units), 66 (identification code qualifiers), 235 (product identifiers), 1300
(allowances and charges), 640 (invoice types), 91 (transport); UN/ECE Recommendations 19, 20, 21; ISO 6523.
"""

from __future__ import annotations

UNITS: dict[str, str | None] = {
    "EA": "EA", "UN": "C62", "PC": "H87", "CA": "XCS", "CT": "XCT", "BX": "XBX", "PK": "XPK", "PL": "XPX", "RL": "XRO",
    "BG": "XBG", "DR": "XDR", "DZ": "DZN", "PR": "PR", "ST": "SET", "LB": "LBR", "OZ": "ONZ", "KG": "KGM", "GR": "GRM",
    "TN": "STN", "MP": "TNE", "YD": "YRD", "FT": "FOT", "IN": "INH", "MR": "MTR", "CM": "CMT", "SF": "FTK", "SY": "YDK",
    "SM": "MTK", "CR": "MTQ", "CF": "FTQ", "GA": "GLL", "LT": "LTR", "ML": "MLT", "QT": "QT", "PT": "PT", "FO": "OZA",
    "HR": "HUR", "DA": "DAY", "WK": "WEE", "MO": "MON", "YR": "ANN", "MJ": "MIN", "KH": "KWH", "PE": "C62",
    "EV": "XEN", "JR": "XJR", "BO": "XBO", "TH": "MIL", "HU": "CEN", "P1": "P1", "ZZ": "ZZ",
}  # fmt: skip
"""355 -> Recommendation 20 or 21."""

SCHEMES: dict[str, str] = {"UL": "0088", "1": "0060"}
"""66 -> ISO 6523: GLN, DUNS. The other qualifiers (92 assigned by the buyer, 91 by the seller, 9, ZZ) have no number of
their own there: the identifier goes without a scheme."""

ALLOWANCES: dict[str, str] = {
    "C310": "Discount", "D240": "Freight", "G830": "Shipping and handling", "H090": "Special handling",
    "D500": "Handling", "G740": "Service charge", "A260": "Advertising allowance", "F670": "Quantity discount",
    "E170": "Labeling", "G760": "Set-up", "C040": "Delivery", "I530": "Volume discount",
    "B720": "Cooperative advertising",
}  # fmt: skip
"""1300 -> reason, for people."""
TAX_CHARGES = frozenset({"H850", "H750", "H740", "H760", "H770", "H780"})
"""1300: charges that are a tax."""
CHARGE_CODES = {"D240": "FC", "C040": "DL", "H090": "SH", "D500": "HD", "G760": "SU", "E170": "LA"}
ALLOWANCE_CODES = {"C310": "95"}
"""1300 -> UNTDID 7161, 5189, where both name the same thing; ZZZZ (mutually defined) is written for the others."""

TAX_TYPES: dict[str, str] = {
    "ST": "State sales tax", "LS": "State and local sales tax", "LO": "Local tax", "CP": "County or parish sales tax",
    "CS": "City sales tax", "CG": "Federal value-added tax on goods",
    "FD": "Federal tax", "GS": "Goods and services tax",
    "SP": "State or provincial tax", "SU": "Sales and use tax", "TX": "All taxes", "VA": "Value added tax",
    "ZC": "Zip code tax", "CT": "County tax", "UT": "Utility users' tax", "FT": "Federal excise tax",
}  # fmt: skip
"""963, for people."""

INVOICE_TYPES: dict[str, str | None] = {
    "DI": "380", "PR": "380", "CI": "380", "FB": "380", "FD": "380", "RU": "380", "CR": "381", "CN": "381", "DR": "383",
    "PP": "386",
}  # fmt: skip
"""640 -> UNTDID 1001."""

TRANSPORT: dict[str, str | None] = {
    "M": "3", "A": "4", "R": "2", "S": "1", "O": "1", "U": "5", "LT": "3", "J": "3", "AE": "4", "X": "6", "H": "9",
}  # fmt: skip
"""91 -> Recommendation 19. U is private parcel service: by post."""

WEIGHTS = {
    "KG": "1",
    "LB": "0.45359237",
    "01": "0.45359237",
    "GR": "0.001",
    "MP": "1000",
    "TN": "907.18474",
    "OZ": "0.028349523125",
}
"""355 -> kilograms, exactly (international pound)."""

SELLER_ITEMS = {
    "VN": "seller_item_id",
    "VP": "seller_item_id",
    "VC": "seller_item_id",
    "VA": "seller_item_id",
    "MG": "seller_item_id",
}
ITEMS = {
    "UP": "@GTIN", "EN": "@GTIN", "UK": "@GTIN", "EO": "@GTIN", "UA": "@GTIN", "UI": "@GTIN",
    **SELLER_ITEMS, "BP": "buyer_item_id", "IN": "buyer_item_id", "CB": "buyer_item_id", "SK": "buyer_item_id",
    "PI": "buyer_item_id", "CH": "origin_country", "PL": "order_line_reference",
    "PD": "name",
}  # fmt: skip
"""235 -> field of a line."""
