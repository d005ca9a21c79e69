"""Factur-X and ZUGFeRD: CII inside a PDF. The XML is what counts; the page is for people.

In       a PDF with one embedded `factur-x.xml`, `xrechnung.xml` or `zugferd-invoice.xml`
Out      what the CII reader makes of it, at `factur-x.xml, invoice[1]`
Refused  encrypted or damaged, with a program in it, without an invoice, beyond a cap
Source   Factur-X 1.09, ZUGFeRD 2.4; profiles MINIMUM to EXTENDED and XRECHNUNG

A format that reads printed pages of a PDF asks before this one, for it has a profile that says so.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from schemas.errors import ConfigurationError
from schemas.profiles import ExtractionProfile
from stages.formats.cii import reader, writer
from stages.formats.cii.embedded import extract, others_told
from stages.formats.cii.profile import BASIC, FACTUR_X, Profile
from stages.formats.format import Embedding, Format, Options, Target
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, unreadable


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return head.kind == "pdf"


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when there is no invoice in it."""
    try:
        embedded = extract(source.file)
    except Unfit as unfit:
        raise unreadable("the PDF", unfit.findings) from None
    records, after = reader.read(Source(BytesIO(embedded.content), embedded.name), profile, cursor, budget)
    told = others_told(embedded)
    return [
        replace(each, address=f"{embedded.name}, {each.address}", warnings=(*each.warnings, *told)) for each in records
    ], after


_USUAL = "en16931"


def _profile(options: Options) -> Profile:
    """Raises ConfigurationError for a profile that there is not."""
    name = options.get("profile", _USUAL)
    if name not in FACTUR_X:
        raise ConfigurationError(f"factur-x: there is no profile {name!r}; there are {', '.join(FACTUR_X)}")
    return FACTUR_X[name]


def _embedding(options: Options) -> Embedding:
    """Without lines the XML is less than the page (Data); else it says the same (Alternative), as German law wants."""
    profile = _profile(options)
    return Embedding(profile.file_name, "Data" if profile.level < BASIC else "Alternative", profile.conformance)


FORMAT = Format(
    name="factur-x",
    title="Factur-X and ZUGFeRD PDF",
    fits=fits,
    read=read,
    reads="the CII inside: Factur-X MINIMUM to EXTENDED, ZUGFeRD 2, XRechnung",
    targets=(
        Target(
            "factur-x", "Factur-X (ZUGFeRD 2)", "1.09", frozenset({"invoice", "credit-note"}),
            write=lambda document, options: writer.write(document, _profile(options)),
            losses=lambda document, options: writer.losses(document, _profile(options)),
            rules=(FACTUR_X[_USUAL].rules,),
            rules_by=lambda _document, options: (_profile(options).rules,),
            options={"profile": f"{', '.join(FACTUR_X)}; {_USUAL} where none is said"},
            embedding=_embedding,
        ),
    ),
)  # fmt: skip
