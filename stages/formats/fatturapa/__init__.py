"""FatturaPA: the Italian invoice, issued through the exchange system SdI. What is mailed beside it is a copy."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.fatturapa import reader
from stages.formats.fatturapa.options import OPTIONS
from stages.formats.format import Format, Target
from stages.formats.options import Options


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.fatturapa import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.fatturapa import writer

    return writer.losses(document, options)


def _file_name(document: Invoice, options: Options) -> str:
    from stages.formats.fatturapa import writer

    return writer.file_name(document, options)


FORMAT = Format(
    name="fatturapa",
    title="FatturaPA 1.2",
    fits=reader.fits,
    read=reader.read,
    reads="FatturaPA 1.2 (FPR12, FPA12), simplified 1.0 (FSM10), also in .p7m",
    targets=(
        Target(
            "fatturapa",
            "FatturaPA",
            "1.2.2",
            frozenset({"invoice", "credit-note"}),
            _write,
            _losses,
            ("fatturapa",),
            signature="cades-fatturapa",
            file_name=_file_name,
            options=OPTIONS,
            countries=frozenset({"IT"}),
            platform="SdI",
        ),
    ),
)
