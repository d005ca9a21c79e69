"""Facturae: the Spanish invoice, as public bodies take it through FACe. Signed by XAdES-EPES after it is written."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.facturae import reader
from stages.formats.format import Format, Options, Target


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.facturae import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.facturae import writer

    return writer.losses(document, options)


OPTIONS = {
    "oficina_contable": "DIR3 code of the buyer's accounting office (role 01), as FACe wants it",
    "organo_gestor": "DIR3 code of the body that manages (role 02)",
    "unidad_tramitadora": "DIR3 code of the unit that processes (role 03)",
    "organo_proponente": "DIR3 code of the body that proposes (role 04), where it is asked for",
    "correction_reason": "why a credit note corrects: code 01 to 16 or 80 to 85",
    "correction_method": "01 whole (a corrected invoice), 02 by differences (a credit note), 03, 04",
    "language": "code of the language, es where nothing is said",
}

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
