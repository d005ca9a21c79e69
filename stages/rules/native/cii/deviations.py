"""Where the CII stylesheet of EN 16931 asks otherwise than UBL's: rule -> how, in one sentence.

Source   EN 16931 validation artefacts (CEN/TC 434), 1.3.16 for CII compared with UBL, rule by rule
"""

from __future__ import annotations

from stages.rules.native.vat import CATEGORIES

_FLOATING = "sums and compares in binary floating point"
_COUNTRY = "fires without an address, too"
_ELEMENT = "asks only where the element for the account is there"
_UBL = "a rule of UBL's syntax"
_LINE_TOO = "asks the breakdown's rows, too, and leaves line allowances out, which have no category here"

DEVIATIONS: dict[str, str] = {
    "BR-09": _COUNTRY,
    "BR-11": _COUNTRY,
    "BR-20": _COUNTRY,
    "BR-17": "compares names, identifiers without scheme and legal registrations, not trading names",
    "BR-47": "does not ask rows of L, M and O, which meet a rule of their category first",
    "BR-48": "does not ask rows of L, M and O, which meet a rule of their category first",
    "BR-50": _ELEMENT,
    "BR-52": "asks invoiced objects, too",
    "BR-53": "fires for an accounting currency that is the document's own",
    "BR-61": _ELEMENT,
    "BR-CO-03": "asks the rows of the breakdown, but for those of L, M and O",
    "BR-CO-09": "asks for a whole code of the list, not for two letters anywhere in it",
    "BR-CO-10": _FLOATING,
    "BR-CO-11": _FLOATING,
    "BR-CO-12": _FLOATING,
    "BR-CO-13": "rounds also where nothing is added or subtracted",
    "BR-CO-14": _FLOATING + ", and asks every VAT total in the document's currency, also without a breakdown",
    "BR-CO-15": "is content with a total that has no tax in it",
    "BR-CO-16": "rounds nothing",
    "BR-CO-17": "takes a tax that is exactly one off; does not ask rows of L, M and O",
    "BR-CO-18": "is asked by every line, so not without lines",
    "BR-CO-26": "takes every identifier, and never the creditor's",
    "BR-DEC-19": "does not ask rows of L, M and O, which meet a rule of their category first",
    "BR-DEC-20": "does not ask rows of L, M and O, which meet a rule of their category first",
    "BR-CL-01": "has one list for invoices and credit notes",
    "BR-CL-03": "asks the currencies of the VAT totals only",
    "BR-CL-06": "has the codes of UNTDID 2475",
    "BR-CL-07": "asks the scheme of an object without a value, too",
    "BR-CL-08": "asks a code of any length, and no text",
    "BR-CL-10": "does not ask the creditor's identifier, and has no exception for SEPA",
    "BR-CL-17": "does not ask the breakdown",
    "BR-CL-18": _LINE_TOO,
    "BR-B-01": "does not look at an item's origin",
    "BR-B-02": "looks for the standard rate on lines, allowances, charges and rows alike",
    "UBL-CR-558": _UBL,
    "UBL-DT-01": _UBL,
    "UBL-DT-06": _UBL,
    "UBL-DT-07": _UBL,
    "UBL-SR-07": _UBL,
    "UBL-SR-19": _UBL,
    "UBL-SR-20": _UBL,
    "UBL-SR-21": _UBL,
    "UBL-SR-29": _UBL,
    "UBL-SR-48": _UBL,
}

_SEVERAL = ("S", "L", "M")  # categories with several rows in the breakdown
_ONE = tuple(code for code in CATEGORIES if code not in _SEVERAL)
_NO_LINES = "asks allowances and charges of the document only"

# The families of VAT categories: (number, categories) -> how.
FAMILIES: dict[tuple[str, tuple[str, ...]], str] = {
    ("01", _SEVERAL): "counts lines and rows together, so that two lines need no row",
    ("01", _ONE): "fires for a row of a category that nothing has; of O only where there is a row",
    ("03", tuple(CATEGORIES)): _NO_LINES,
    ("04", tuple(CATEGORIES)): _NO_LINES,
    ("05", ("L",)): "wants a rate above zero",
    ("06", tuple(CATEGORIES)): _NO_LINES + "; of L with a rate above zero",
    ("07", tuple(CATEGORIES)): _NO_LINES + "; of L with a rate above zero",
    ("08", ("S", "O")): "rounds each sum by itself, and allows no difference",
    ("08", ("Z", "E", "AE", "K", "G")): "rounds each sum by itself, and allows a difference of less than one",
    ("08", ("L", "M")): "never fails",
    ("09", ("S",)): _FLOATING,
    ("09", ("L", "M")): "never fails",
    ("11", ("O",)): "looks at lines and rows alike",
    ("12", ("O",)): "looks at lines and rows alike",
    ("13", ("O",)): "looks at allowances and charges alike",
    ("14", ("O",)): "looks at allowances and charges alike",
    ("11", ("K",)): "takes no code for the tax point",
}
DEVIATIONS |= {
    f"{CATEGORIES[code].prefix}-{number}": how for (number, codes), how in FAMILIES.items() for code in codes
}
