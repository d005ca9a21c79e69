"""FatturaPA: the Italian invoice, issued through the exchange system SdI. What is mailed beside it is a copy."""

from __future__ import annotations

from stages.formats.fatturapa import reader, writer
from stages.formats.fatturapa.options import OPTIONS
from stages.formats.format import Format, Target

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
            writer.write,
            writer.losses,
            ("fatturapa",),
            signature="cades-fatturapa",
            file_name=writer.file_name,
            options=OPTIONS,
            countries=frozenset({"IT"}),
            platform="SdI",
        ),
    ),
)
