"""What can be ordered at which price."""

from __future__ import annotations

from decimal import Decimal

from schemas.orders import Catalogue, CatalogueItem
from stages.rendering.lines import vat_rate
from stages.rendering.messages.contents import Cell, Contents, Head, Table, said, span
from stages.rendering.messages.items import PRICE_WIDE, VAT_WIDE, item_cells, item_heads, price
from stages.rendering.theme import Job
from stages.words.printed import form


def catalogue(document: Catalogue, job: Job) -> Contents:
    words, currency = job.words, job.figures.currency
    return Contents(
        glance=((words.validity, span(document.valid, job)),),
        sides=((words.supplier, document.seller), (words.ordering_buyer, document.buyer)),
        facts=(
            (words.catalogue_name, said(document.name)),
            (words.version, said(document.version)),
            (words.action, words.catalogue_actions[document.action]),
            (words.contract, said(document.contract_reference)),
        ),
        tables=(
            Table(
                (
                    *item_heads(job),
                    Head(words.action, 76, "left"),
                    Head(f"{words.unit_price} {currency}".strip(), PRICE_WIDE + 24),
                    Head(words.vat, VAT_WIDE),
                ),
                [_item(each, job) for each in document.items],
            ),
        ),
        notes=document.notes,
    )


def _item(item: CatalogueItem, job: Job) -> tuple[Cell, ...]:
    words, figures = job.words, job.figures

    def counted(text: str, value: object) -> str:
        return text.format(quantity=value) if value else ""

    unit = words.unit(item.unit, item.base_quantity if item.base_quantity is not None else Decimal(1), figures.locale)
    least, most, packed = (
        figures.number(each) if each is not None else ""
        for each in (item.minimum_quantity, item.maximum_quantity, item.units_in_package)
    )
    gross = item.gross_price
    more = (
        counted(words.least, least),
        counted(words.most, most),
        counted(words.in_package, packed),
        _lead_time(item, job),
        words.labelled(words.validity, span(item.valid, job)),
        words.list_price.format(price=figures.price(gross)) if gross is not None else "",
        "" if item.orderable else words.not_orderable,
    )
    # The catalogue replaces or changes what was there: every item of it is new unless it says otherwise.
    action = "" if item.action == "add" else words.catalogue_actions[item.action]
    # `per 10 boxes` names the unit already.
    plain = item.base_quantity is None or item.base_quantity == 1
    return (
        *item_cells(item.identifier, item, job, *more),
        Cell(action),
        price(item, job, [words.per.format(quantity=unit)] if plain else ()),
        Cell(vat_rate(item.vat_category, item.vat_rate, job)),
    )


def _lead_time(item: CatalogueItem, job: Job) -> str:
    if item.lead_days is None:
        return ""
    days = form(job.words.lead_days, item.lead_days, job.figures.locale)
    return days.format(days=job.figures.number(item.lead_days))
