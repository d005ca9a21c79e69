"""cXML 1.2: what Ariba, Coupa and their kind exchange between buyers and suppliers. Read only."""

from __future__ import annotations

from stages.formats.cxml import reader
from stages.formats.format import Format

FORMAT = Format(
    name="cxml",
    title="cXML InvoiceDetailRequest, OrderRequest and ShipNoticeRequest",
    fits=reader.fits,
    read=reader.read,
    reads="cXML 1.2 InvoiceDetailRequest, OrderRequest, ShipNoticeRequest",
)
