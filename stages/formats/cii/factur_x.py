"""Factur-X and ZUGFeRD as a target: CII that travels inside the PDF.

Source: Factur-X 1.09, ZUGFeRD 2.4; profiles MINIMUM to EXTENDED and XRECHNUNG
"""

from __future__ import annotations

from stages.formats.cii import writer
from stages.formats.cii.profile import BASIC, FACTUR_X, Profile
from stages.formats.format import Embedding, Target
from stages.formats.options import Option, Options, check

_USUAL = "en16931"
OPTIONS = {"profile": Option(f"of Factur-X; {_USUAL} where none is said", tuple(FACTUR_X))}


def _profile(options: Options) -> Profile:
    """Raises ConfigurationError for a profile that there is not."""
    check("factur-x", OPTIONS, options)
    return FACTUR_X[options.get("profile", _USUAL)]


def _embedding(options: Options) -> Embedding:
    """Without lines the XML is less than the page (Data); else it says the same (Alternative), as German law wants."""
    profile = _profile(options)
    return Embedding(profile.file_name, "Data" if profile.level < BASIC else "Alternative", profile.conformance)


TARGET = Target(
    "factur-x", "Factur-X (ZUGFeRD 2)", "1.09", frozenset({"invoice", "credit-note"}),
    write=lambda document, options: writer.write(document, _profile(options)),
    losses=lambda document, options: writer.losses(document, _profile(options)),
    rules=(FACTUR_X[_USUAL].rules,),
    rules_by=lambda _document, options: (_profile(options).rules,),
    options=OPTIONS,
    embedding=_embedding,
)  # fmt: skip
