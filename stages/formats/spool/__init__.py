"""Print spools, led by a layout profile."""

from __future__ import annotations

from stages.formats.format import Format
from stages.formats.spool import reader

FORMAT = Format(
    name="spool",
    title="print spools (PDF or text) with a layout profile",
    fits=reader.fits,
    read=reader.read,
    reads="pages of many documents, by profile",
)
