"""The item column, the same in all messages: its name, below it what tells it from others."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.orders import CatalogueItem, ItemFields, OrderLine, OrderResponseLine
from stages.rendering.fonts import clean, line
from stages.rendering.lines import base_text, item_details
from stages.rendering.messages.contents import Cell, Head
from stages.rendering.theme import Job

NUMBER_WIDE = 22.0
QUANTITY_WIDE = 66.0
PRICE_WIDE = 62.0
VAT_WIDE = 38.0
NET_WIDE = 72.0


def item_heads(job: Job) -> tuple[Head, Head]:
    return Head("#", NUMBER_WIDE, "left"), Head(job.words.item, 0, "left")


def item_cells(identifier: str, item: ItemFields, job: Job, *more: str, note: str | None = None) -> tuple[Cell, Cell]:
    """Line number and item; `more` are small texts of the kind's own. A partner may name the item by number only."""
    details = item_details(item, job, job.words.buyers_item, note)
    if item.classifications:
        codes = ", ".join(line(each.value) for each in item.classifications)
        details.append(job.words.classification.format(codes=codes))
    return Cell(line(identifier), figure=True), Cell(clean(item.name or ""), small=[*details, *more])


def price(item: OrderLine | OrderResponseLine | CatalogueItem, job: Job, small: Sequence[str] = ()) -> Cell:
    """The net price, and of how many units it is."""
    if item.net_price is None:
        return Cell()
    return Cell(job.figures.price(item.net_price), small=[base_text(item, job), *small], figure=True)


def net_head(job: Job) -> Head:
    """The lines' amounts, with the currency where the document has one."""
    return Head(job.words.net.format(currency=job.figures.currency).strip(), NET_WIDE)
