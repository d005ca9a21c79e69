"""A print spool as an ERP's printer driver makes it: one page an invoice, 20 rows of a table, and a profile for it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from schemas.documents import Invoice

PROFILE = """
name: bench-spool
constants: {line: {vat_category: S}}
spool:
  decimal: "."
  dates: ["%Y-%m-%d"]
  begins: 'INVOICE No'
  fields:
    number: {pattern: 'INVOICE No (\\S+)'}
    date: {zone: {left: 140, top: 15, right: 200, bottom: 25}}
    currency: {pattern: 'Total ([A-Z]{3})', page: last}
    seller: {zone: {left: 15, top: 25, right: 200, bottom: 35}}
    buyer: {zone: {left: 15, top: 40, right: 100, bottom: 47}}
    total: {pattern: 'Total [A-Z]{3} (\\S+)', page: last}
  document:
    invoice_number: number
    issue_date: date
    currency: currency
    seller.name: seller
    buyer.name: buyer
    totals.amount_due: total
  table:
    begins: '^Item Quantity'
    ends: '^Total'
    columns: {item: [15, 95], quantity: [95, 120], price: [120, 150], rate: [150, 180]}
    first: quantity
  line: {name: item, quantity: quantity, net_price: price, vat_rate: rate}
"""
_TOP, _ROW = 80, 5.5


def drawn(documents: Sequence[Invoice]) -> bytes:
    """The spool, a PDF of as many pages as documents; at most 35 lines of each are printed."""
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(210 * mm, 297 * mm), pageCompression=1)

    def put(left: float, top: float, text: str) -> None:
        canvas.drawString(left * mm, (297 - top) * mm, text)

    for document in documents:
        put(20, 20, f"INVOICE No {document.invoice_number}")
        put(150, 20, document.issue_date.isoformat())
        put(20, 30, document.seller.name)
        put(20, 45, document.buyer.name)
        _rows(document, put)
        put(20, 285, "Please pay within thirty days, naming the number of this invoice. Thank you for your order.")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _rows(document: Invoice, put: Callable[[float, float, str], None]) -> None:
    for left, word in ((20, "Item"), (100, "Quantity"), (130, "Price"), (160, "VAT")):
        put(left, _TOP, word)
    for at, line in enumerate(document.lines[:35], start=1):
        cells = (line.name[:40], f"{line.quantity:f}", f"{line.net_price:f}", f"{line.vat_rate:f}")
        for left, cell in zip((20, 100, 130, 160), cells, strict=True):
            put(left, _TOP + at * _ROW, cell)
    due = document.totals.amount_due
    put(20, _TOP + (len(document.lines[:35]) + 1.5) * _ROW, f"Total {document.currency} {due:f}")
