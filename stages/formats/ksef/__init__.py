"""KSeF: the Polish structured invoice FA(3), issued by being taken by KSeF. What is mailed beside it is a copy."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.format import Format, Options, Target
from stages.formats.ksef import reader


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.ksef import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.ksef import writer

    return writer.losses(document, options)


OPTIONS = {
    "jst": "1 where the invoice is for a subordinate unit of a local government; 2 where nothing is said",
    "gv": "1 where it is for a member of a VAT group; 2 where nothing is said",
    "split_payment": "1 where the words `mechanizm podzielonej płatności` are due (P_18A); 2 where nothing is said",
    "corrected_ksef_number": "KSeF number of the invoice that is corrected, or `none` where it was issued outside KSeF",
    "correction_reason": "why an invoice is corrected, in words",
    "correction_type": "1, 2 or 3: in which period the correction counts",
    "created": "when the file was made, 2026-11-02T10:00:00Z; the invoice's day where nothing is said",
}

FORMAT = Format(
    name="ksef",
    title="KSeF FA(3)",
    fits=reader.fits,
    read=reader.read,
    reads="FA(3), FA(2), receipts (UPO)",
    targets=(
        Target(
            "ksef-fa3",
            "KSeF FA(3)",
            "1-0E",
            frozenset({"invoice", "credit-note"}),
            _write,
            _losses,
            options=OPTIONS,
            countries=frozenset({"PL"}),
            platform="KSeF",
        ),
    ),
)
