"""E-invoices inside a PDF: Factur-X and ZUGFeRD, and any XML invoice that lies in one as an attachment.

In       a PDF with an invoice embedded: under a name of Factur-X, or as an attachment of a format that is read here
Out      what that format's reader makes of it, at `factur-x.xml, invoice[1]`
Refused  encrypted or damaged, with a program in it, without an invoice, with two of different kinds, beyond a cap
Source   Factur-X 1.09, ZUGFeRD 2.4; ISO 19005-3 (associated files)

The XML is what counts; the page is for people. A format that reads printed pages of a PDF asks before this one, for it
has a profile that says so.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from schemas.errors import EntregaError
from schemas.profiles import ExtractionProfile
from stages.formats.format import Format
from stages.formats.pdf.embedded import extract
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, unreadable


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return head.kind == "pdf"


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step over the embedded documents. Raises ExportUnreadable when there is none in it."""
    try:
        found = extract(source.file)
    except Unfit as unfit:
        raise unreadable("the PDF", unfit.findings) from None
    assert found.format.read is not None, "recognised as one that is read"
    place = cursor or {}
    at, inner = int(place.get("f", 0)), place.get("c")
    records: list[Record] = []
    while at < len(found.documents):
        one = found.documents[at]
        file = Source(BytesIO(one.content), one.name)
        try:
            portion, inner = found.format.read(file, profile, inner, budget.rest(len(records)))
        except EntregaError as error:
            if len(found.documents) == 1:
                raise
            portion, inner = [Record("", error=error)], None
        records += [
            replace(
                each, address=f"{one.name}, {each.address}".removesuffix(", "), warnings=(*each.warnings, *found.told)
            )
            for each in portion
        ]
        at += inner is None
        if budget.spent(len(records)):
            break
    return records, {"f": at, "c": inner} if at < len(found.documents) else None


FORMAT = Format(
    name="pdf",
    title="PDF with an e-invoice embedded (Factur-X, ZUGFeRD, others)",
    fits=fits,
    read=read,
    reads="the XML inside: Factur-X MINIMUM to EXTENDED, ZUGFeRD 2, XRechnung; UBL and every other XML that is read",
)
