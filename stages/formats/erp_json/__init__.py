"""What S/4HANA, Business Central and Odoo give as JSON."""

from __future__ import annotations

from stages.formats.erp_json import reader
from stages.formats.format import Format

FORMAT = Format(
    name="erp-json",
    title="JSON of S/4HANA, Business Central and Odoo",
    fits=reader.fits,
    read=reader.read,
    reads="A_BillingDocument (OData V2, V4), salesInvoice, salesCreditMemo, salesOrder (v2.0), account.move",
)
