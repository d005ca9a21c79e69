"""SAP IDoc."""

from __future__ import annotations

from stages.formats.format import Format
from stages.formats.idoc import reader

FORMAT = Format(
    name="idoc",
    title="SAP IDoc INVOIC, ORDERS, ORDRSP and DESADV, as XML and as flat file",
    fits=reader.fits,
    read=reader.read,
    reads="INVOIC01-02, ORDERS05 (ORDERS, ORDRSP), DELVRY03-07 (DESADV)",
)
