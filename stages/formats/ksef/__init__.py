"""KSeF: the Polish structured invoice FA(3), issued by being taken by KSeF. What is mailed beside it is a copy."""

from __future__ import annotations

from stages.formats.format import Format, Target
from stages.formats.ksef import reader, writer
from stages.formats.ksef.options import OPTIONS

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
            writer.write,
            writer.losses,
            ("ksef-fa3", "read-back"),
            options=OPTIONS,
            countries=frozenset({"PL"}),
            platform="KSeF",
        ),
    ),
)
