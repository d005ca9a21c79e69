"""What a person does about a stop: for each rule that was broken, and at the place where it can be mended."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.plain import reason

MAPPINGS = frozenset({"csv", "xlsx", "fixed"})
"""Formats that say nothing of what their columns mean: what is missing may be the profile's to give."""

_BY_MAPPING = "in the mapping profile (constants, map) or the ERP"
_DROP = "then drop the export again."
ANOTHER_PARTY = "constants-another-party"
_ANOTHER_PARTY = (
    "Where it is the same party, write its name and numbers into the constants of the mapping profile as the export "
    f"has them; where it is another, name a profile of its own (--profile) or give what is missing in the ERP; {_DROP}"
)
_REFERENCE = "give a buyer reference (BT-10) {place}"

BY_RULE: dict[str, str] = {
    "PEPPOL-EN16931-R010": (
        "import the recipient with an endpoint (columns endpoint_scheme and endpoint), or give the document one {place}"
    ),
    "PEPPOL-EN16931-R020": "give the seller an electronic address (BT-34) {place}",
    "PEPPOL-EN16931-R003": f"{_REFERENCE}, or an order's number (BT-13)",
    "BR-DE-15": f"{_REFERENCE}; German authorities call it Leitweg-ID",
    "BR-CL-23": "give units by codes of UN/ECE Recommendation 20 or 21, as H87 for a piece, {place}",
    "BR-IC-11": "give the day of delivery (BT-72) or the period (BG-14) {place}",
    "BR-IC-12": "give the country of delivery (BT-80) {place}",
}
"""Rule -> what to do, where more can be said than that it is to be mended; `{place}` is where."""
_OF_A_SCHEME = "PEPPOL-COMMON-R0"
_NUMBER = (
    "correct the number that was found where it comes from: {place}, or in the directory (entrega recipients import), "
    "which gives a buyer's endpoint where the document has none"
)
"""What to do about a number that is none of its scheme, whichever scheme that is."""
_SHOWN = 5
"""Rules of a group that are named."""


def advice(word: str | None, rules: Iterable[str] = (), format_: str | None = None) -> str:
    """For a stop for this reason, by these rules, of a document that came in an export of this format.

    >>> advice("document-invalid", ["BR-CO-16"])
    'Mend it in the ERP and export it again.'
    >>> advice("document-invalid", ["BR-CL-23", "BR-CO-16", "BR-CL-23"], "edifact").split(". ")[1:]
    ['BR-CO-16: mend what was found in the ERP', 'Then drop the export again.']
    """
    broken = list(dict.fromkeys(rules))
    mapped = format_ in MAPPINGS or any(rule.split("-")[0] in MAPPINGS for rule in broken)
    if word == "export-unreadable" and ANOTHER_PARTY in broken:
        return _ANOTHER_PARTY
    if word == "export-unreadable" and mapped:
        return f"Mend it {_BY_MAPPING}; {_DROP}"
    if word != "document-invalid":
        return reason(word)[1]
    place = _BY_MAPPING if mapped else "in the ERP"
    groups: dict[str, list[str]] = {}
    for rule in broken:
        groups.setdefault((_known(rule) or "mend what was found {place}").format(place=place), []).append(rule)
    if len(groups) > 1:
        told = " ".join(f"{_named(each)}: {what}." for what, each in groups.items())
        return f"{told} {_capital(_DROP)}"
    ((what, each),) = groups.items() or {"": [""]}.items()
    if _known(each[0]):
        return f"{_capital(what)}; {_DROP}"
    return f"Mend it {place}; {_DROP}" if mapped else reason(word)[1]


def _known(rule: str) -> str | None:
    return BY_RULE.get(rule) or (_NUMBER if rule.startswith(_OF_A_SCHEME) else None)


def _named(rules: list[str]) -> str:
    more = len(rules) - _SHOWN
    return ", ".join(rules[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
