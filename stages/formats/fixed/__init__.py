"""Fixed-width records, led by a mapping profile."""

from __future__ import annotations

from stages.formats.fixed import reader
from stages.formats.format import Format

FORMAT = Format(
    name="fixed",
    title="fixed-width records with a mapping profile",
    fits=reader.fits,
    read=reader.read,
    reads="any fixed-width text, by profile",
)
