"""The profiles for which CII is written: what each carries, and what it says of itself.

Source: EN 16931-1 (BT-24); Factur-X 1.09, ZUGFeRD 2.4 (reference profile XRECHNUNG); UN/CEFACT CII D16B, whose schema
takes one preceding invoice (BG-3), while that of Factur-X takes any number
"""

from __future__ import annotations

from dataclasses import dataclass

from stages.formats.writing.xrechnung import SPECIFICATION

BASIC_WL, BASIC, EN16931, EXTENDED = 1, 2, 3, 4
"""Levels of the table."""

_CORE = "urn:cen.eu:en16931:2017"


@dataclass(frozen=True)
class Profile:
    """`specification` is BT-24; `rules` the rule set; `preceding` how many of BG-3 are written; `conformance` what a
    hybrid PDF calls it, and `file_name` its invoice."""

    name: str
    level: int
    specification: str
    rules: str
    conformance: str = ""
    preceding: int | None = None
    file_name: str = "factur-x.xml"


PLAIN = Profile("cii", EN16931, _CORE, "en16931", preceding=1)
XRECHNUNG = Profile("xrechnung", EN16931, SPECIFICATION, "xrechnung", "XRECHNUNG", 1, "xrechnung.xml")
FACTUR_X: dict[str, Profile] = {
    each.name: each
    for each in (
        Profile("basic-wl", BASIC_WL, "urn:factur-x.eu:1p0:basicwl", "factur-x-basic-wl", "BASIC WL"),
        Profile("basic", BASIC, f"{_CORE}#compliant#urn:factur-x.eu:1p0:basic", "factur-x-basic", "BASIC"),
        Profile("en16931", EN16931, _CORE, "factur-x-en16931", "EN 16931"),
        Profile(
            "extended", EXTENDED, f"{_CORE}#conformant#urn:factur-x.eu:1p0:extended", "factur-x-extended", "EXTENDED"
        ),
        XRECHNUNG,
    )
}
"""What a hybrid may hold, by the value of the option `profile`."""
LINELESS = frozenset({"urn:factur-x.eu:1p0:minimum", FACTUR_X["basic-wl"].specification})
"""MINIMUM, which is only read, and BASIC WL: totals without lines."""
