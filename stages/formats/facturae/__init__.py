"""Facturae: the Spanish invoice, as public bodies take it through FACe. Signed by XAdES-EPES after it is written."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.facturae import reader
from stages.formats.facturae.options import OPTIONS
from stages.formats.format import Format, Target
from stages.formats.options import Options


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.facturae import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.facturae import writer

    return writer.losses(document, options)


FORMAT = Format(
    name="facturae",
    title="Facturae 3.2.x",
    fits=reader.fits,
    read=reader.read,
    reads="Facturae 3.2, 3.2.1, 3.2.2",
    targets=(
        Target(
            "facturae",
            "Facturae",
            "3.2.2",
            frozenset({"invoice", "credit-note"}),
            _write,
            _losses,
            ("facturae",),
            signature="xades-epes-facturae",
            options=OPTIONS,
        ),
    ),
)
