"""Facturae: the Spanish invoice, as public bodies take it through FACe. Signed by XAdES-EPES after it is written."""

from __future__ import annotations

from stages.formats.facturae import reader, writer
from stages.formats.facturae.options import OPTIONS
from stages.formats.format import Format, Target

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
            writer.write,
            writer.losses,
            ("facturae",),
            signature="xades-epes-facturae",
            options=OPTIONS,
        ),
    ),
)
