"""Excel workbooks, led by a mapping profile."""

from __future__ import annotations

from stages.formats.format import Format
from stages.formats.xlsx import reader

FORMAT = Format(
    name="xlsx",
    title="XLSX with a mapping profile",
    fits=reader.fits,
    read=reader.read,
    reads="any workbook, by profile",
)
