"""Rules of the official stylesheets that no function of ours asks, each with the reason why it cannot be broken.

MODEL: the canonical document cannot be made so, or the published rule never fails. WRITER: rules of pure syntax, or of
extensions that we do not write; our writers see to them, and no document that they write breaks one (proven with
thousands of mutants). A document that somebody else wrote may break them: only the official engine tells.

Every id of the official stylesheets is native for its kind of document (`texts`), or here: a test holds that. One that
is here may be native in another syntax, where it can be broken.
"""

from __future__ import annotations

_REQUIRED = "the model has no {} without it"
_ALWAYS = "the published rule never fails: its test is always true"
_NO_RATE = "CII's published rule never fails: it looks for the rate beside the breakdown's row"
_NO_TERM = "the writer has no element or attribute without a term of EN 16931"
_ONCE = "the model has one value, and the writer one element for it"
_EXTENSION = "an extension of XRechnung that is not written"

MODEL: dict[str, str] = {
    "BR-02": _REQUIRED.format("document"),
    "BR-03": _REQUIRED.format("document"),
    "BR-05": _REQUIRED.format("document"),
    "BR-16": _REQUIRED.format("document"),
    "BR-22": _REQUIRED.format("line"),
    "BR-26": _REQUIRED.format("line"),
    "BR-31": _REQUIRED.format("allowance"),
    "BR-36": _REQUIRED.format("charge"),
    "BR-41": _REQUIRED.format("allowance"),
    "BR-43": _REQUIRED.format("charge"),
    "BR-45": _REQUIRED.format("row of the VAT breakdown"),
    "BR-46": _REQUIRED.format("row of the VAT breakdown"),
    "BR-CO-05": _ALWAYS,
    "BR-CO-06": _ALWAYS,
    "BR-CO-07": _ALWAYS,
    "BR-CO-08": _ALWAYS,
    "BR-DEC-13": "the published rule never fails: it looks for the currency below the amount; UBL-DT-01 sees it",
    "BR-DEC-15": "the published rule never fails: it looks for the currency below the amount; UBL-DT-01 sees it",
}

WRITER: dict[str, str] = {
    "BR-CO-19": "a period without a date is not written",
    "BR-CO-20": "a period without a date is not written",
    "PEPPOL-EN16931-F001": "dates are written as YYYY-MM-DD, without a zone",
    "PEPPOL-EN16931-R008": "an element without content is not written",
    "PEPPOL-EN16931-R043": "an indicator is written as true or false",
    "PEPPOL-EN16931-R043-1": "an indicator is written as true or false",
    "PEPPOL-EN16931-R043-2": "an indicator is written as true or false",
    "PEPPOL-EN16931-R044": "a price has no charge in the model",
    "PEPPOL-EN16931-R051": "all amounts are written in the document's currency",
    "PEPPOL-EN16931-R080": _ONCE,
    "PEPPOL-EN16931-R100": _ONCE,
    "PEPPOL-EN16931-R101": "a line's object is written with its type, 130",
    "BR-TMP-3": "the gross price is written with the net price's base quantity",
}

NEVER_IN_CII: dict[str, str] = {
    "BR-AF-08": _NO_RATE,
    "BR-AF-09": _ALWAYS,
    "BR-AG-08": _NO_RATE,
    "BR-AG-09": _ALWAYS,
}
"""Native for UBL."""

# Whole families, by the beginning of their ids.
FAMILIES: dict[str, str] = {
    "UBL-CR-": _NO_TERM,
    "UBL-DT-": _NO_TERM,
    "UBL-SR-": _ONCE,
    "CII-DT-": _NO_TERM,
    "CII-SR-": "the writer has no element without a term of EN 16931, and one element for one value",
    "BR-DEX-": _EXTENSION,
    "BR-DE-CVD-": _EXTENSION,
    "BR-TMP-CVD-": _EXTENSION,
}


EVERY = frozenset(MODEL) | frozenset(NEVER_IN_CII) | frozenset(WRITER)


def guarantee(rule: str) -> str | None:
    """Why a rule that is not native cannot be broken; None where that is not claimed."""
    told = MODEL.get(rule) or NEVER_IN_CII.get(rule) or WRITER.get(rule)
    return told or next((reason for family, reason in FAMILIES.items() if rule.startswith(family)), None)
