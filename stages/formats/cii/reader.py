"""CII D16B CrossIndustryInvoice, one or any number below any wrapper: every profile of Factur-X, XRechnung, EN 16931.

In       XML, UTF-8, UTF-16 or a single-byte encoding that it declares
Out      one record for each CrossIndustryInvoice: `invoice[n]`, counted over the export
Refused  what the canonical document cannot hold, that record only; ZUGFeRD 1.0, by its name
Source   UN/CEFACT CII D16B; CEN/TS 16931-3-3 for where each business term stands (`terms.py`); Factur-X 1.09

What EXTENDED has and EN 16931 does not know is a warning, and its text goes to `extras` under its path.
"""

from __future__ import annotations

from functools import partial

from schemas.profiles import ExtractionProfile
from stages.formats.cii.profile import LINELESS
from stages.formats.cii.spaces import NAMESPACES, name
from stages.formats.cii.terms import INVOICE
from stages.formats.reading.completing import Unfit, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused
from stages.formats.reading.xml import Piece, parse
from stages.formats.reading.xml_batches import one_each
from stages.formats.reading.xml_invoice import InvoiceWalk
from stages.formats.reading.xml_walk import Data, Syntax

_ROOT = (NAMESPACES["rsm"], "CrossIndustryInvoice")
_ZUGFERD_1 = ("urn:ferd:CrossIndustryDocument:invoice:1p0", "CrossIndustryDocument")
_ROOTS = {_ROOT, _ZUGFERD_1}
_SYNTAX = Syntax("cii", {f"{{{uri}}}": f"{prefix}:" for prefix, uri in NAMESPACES.items()})
_NUMBER = f"{name('rsm:ExchangedDocument')}/{name('ram:ID')}"


_DEBITS = {"49", "59"}
"""Direct debit, and that of SEPA (UNTDID 4461)."""


class _Walk(InvoiceWalk):
    lineless = LINELESS

    def settle(self, data: Data) -> None:
        """A mandate (BT-89) stands apart from its direct debit; where that is kept aside, the mandate is, too."""
        payment = data.get("payment", {})
        if "mandate" in payment and payment.get("means_code") not in _DEBITS and self.other_means & _DEBITS:
            del payment["mandate"]
            self.unknown(self.where.pop((id(payment), "mandate")), "payment", "the mandate of a second way to pay")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(element in _ROOTS for element in head.elements)


def _wanted(namespace: str, local: str) -> bool:
    return (namespace, local) in _ROOTS


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    return one_each(source.file, _wanted, partial(_record, profile), cursor, budget, "CrossIndustryInvoice")


def _record(profile: ExtractionProfile | None, piece: Piece) -> Record:
    address, named = f"invoice[{piece.ordinal}]", None
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        root = parse(piece)
        if root.tag != name("rsm:CrossIndustryInvoice"):
            message = "ZUGFeRD 1.0 is not read; CII D16B (ZUGFeRD 2, Factur-X, XRechnung) is"
            place = f"line {piece.line}"
            raise Unfit(refuse("zugferd-1-0", message, place, "CrossIndustryDocument", "CrossIndustryInvoice"))
        named = number_of({"invoice_number": root.findtext(_NUMBER)})
        walk = _Walk(root, piece.line, _SYNTAX)
        return Record(address, walk.document(INVOICE.node, profile), None, walk.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or named)
