"""CSV and other delimited text, led by a mapping profile."""

from __future__ import annotations

from stages.formats.delimited import reader
from stages.formats.format import Format

FORMAT = Format(
    name="csv",
    title="CSV with a mapping profile",
    fits=reader.fits,
    read=reader.read,
    reads="any delimited text, by profile",
    companion=reader.companion,
)
