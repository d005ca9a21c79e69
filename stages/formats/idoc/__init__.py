"""SAP IDoc."""

from __future__ import annotations

from stages.formats.format import Format
from stages.formats.idoc import invoice

FORMAT = Format(
    name="idoc",
    title="SAP IDoc INVOIC02 and INVOIC01 as XML",
    fits=invoice.fits,
    read=invoice.read,
    reads="INVOIC01, INVOIC02 as XML",
)
