"""KSeF: the Polish structured invoice FA(3), issued by being taken by KSeF. What is mailed beside it is a copy."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.format import Format, Target
from stages.formats.ksef import reader
from stages.formats.ksef.options import OPTIONS
from stages.formats.options import Options


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.ksef import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.ksef import writer

    return writer.losses(document, options)


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
