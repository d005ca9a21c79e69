"""Goods on their way, and what arrived of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from schemas.orders import DespatchAdvice, DespatchLine, Package, ReceivingAdvice, ReceivingLine, Shipment
from stages.rendering.fonts import line
from stages.rendering.head import Fact
from stages.rendering.messages.contents import (
    Cell,
    Contents,
    Head,
    Table,
    day,
    long_day,
    measured,
    quantity,
    said,
)  # fmt: skip
from stages.rendering.messages.items import QUANTITY_WIDE, item_cells, item_heads
from stages.rendering.theme import Job

_ORDER_WIDE = 84.0
_SSCC_WIDE = 94.0
"""What its 18 digits need."""


def despatch_advice(document: DespatchAdvice, job: Job) -> Contents:
    words, goods = job.words, document.shipment
    orders = dict.fromkeys(line(each) for each in (document.order_reference, *document.order_references) if each)
    return Contents(
        glance=(
            (words.expected, long_day(goods.expected, job)),
            (words.despatched, long_day(goods.despatched, job)),
            (words.packages, job.figures.number(goods.packages) if goods.packages is not None else ""),
        ),
        sides=(
            (words.ship_from, document.seller),
            (words.ship_to, document.buyer),
            (words.delivered_to, document.delivery),
            (words.ordered_by, document.ordering_party),
            (words.carrier, goods.carrier),
        ),
        facts=(
            (words.order, ", ".join(orders)),
            (words.delivery_date, day(document.delivery.date, job) if document.delivery else ""),
            *_shipment(goods, job),
        ),
        tables=(
            Table(
                (
                    *item_heads(job),
                    Head(words.order, _ORDER_WIDE, "left"),
                    Head(words.package_and_batch, _SSCC_WIDE, "left"),
                    Head(words.quantity, QUANTITY_WIDE + 10),
                ),
                [_despatched_line(each, job) for each in document.lines],
            ),
            Table(
                (
                    Head(words.package, 140, "left"),
                    Head(words.kind, 90, "left"),
                    Head(words.inside, 140, "left"),
                    Head(words.gross_weight, 70),
                ),
                [_package(each, job) for each in document.packages],
                title=words.packages,
            ),
        ),
        notes=document.notes,
    )


def _shipment(goods: Shipment, job: Job) -> Sequence[Fact]:
    words = job.words
    mode = goods.transport_mode or ""
    return (
        (words.consignment, said(goods.identifier)),
        (words.transport_mode, words.transport_modes.get(mode) or line(mode)),
        (words.vehicle, said(goods.vehicle)),
        (words.tracking, said(goods.tracking)),
        (words.gross_weight, measured(goods.gross_weight, "kg", job)),
        (words.net_weight, measured(goods.net_weight, "kg", job)),
        (words.volume, measured(goods.volume, "m³", job)),
        (words.delivery_terms, said(goods.delivery_terms)),
    )


def _despatched_line(item: DespatchLine, job: Job) -> tuple[Cell, ...]:
    words, figures = job.words, job.figures
    numbers = ", ".join(line(each) for each in item.serial_numbers)
    more = (
        words.serial_numbers.format(numbers=numbers) if numbers else "",
        words.best_before.format(date=figures.day(item.best_before)) if item.best_before else "",
        words.labelled(words.reason, said(item.outstanding_reason)),
    )
    counts = ((words.ordered, item.ordered), (words.outstanding, item.outstanding))
    small = [words.labelled(label, figures.number(value)) for label, value in counts if value is not None]
    return (
        *item_cells(item.identifier, item, job, *more, note=item.note),
        _ordered(item, job),
        Cell(said(item.package), small=[words.labelled(words.batch, said(item.batch))], figure=True),
        quantity(item.quantity, item.unit, job, small),
    )


def _ordered(item: DespatchLine | ReceivingLine, job: Job) -> Cell:
    """The order and its line."""
    part = item.order_line_reference
    small = [job.words.order_line.format(number=line(part))] if part else ()
    return Cell(said(item.order_reference), small=small, figure=True)


def _package(each: Package, job: Job) -> tuple[Cell, ...]:
    code = said(each.type_code)
    # UN/ECE Recommendation 20 has the packages of Recommendation 21 with an X before their codes.
    kind = job.words.unit(f"X{code}", each.quantity if each.quantity is not None else Decimal(1), job.figures.locale)
    name = code if kind == f"X{code}" else kind
    count = f"{job.figures.number(each.quantity)} " if each.quantity is not None else ""
    return (
        Cell(said(each.identifier), figure=True),
        Cell(f"{count}{name}".strip()),
        Cell(said(each.inside), figure=True),
        Cell(measured(each.gross_weight, "kg", job), figure=True),
    )


def receiving_advice(document: ReceivingAdvice, job: Job) -> Contents:
    words = job.words
    return Contents(
        glance=((words.received_on, long_day(document.received, job)),),
        sides=((words.ordering_buyer, document.buyer), (words.ship_from, document.seller)),
        facts=(
            (words.despatch_advice, said(document.despatch_advice_reference)),
            (words.order, said(document.order_reference)),
        ),
        tables=(
            Table(
                (
                    *item_heads(job),
                    Head(words.order, _ORDER_WIDE, "left"),
                    *(
                        Head(label, QUANTITY_WIDE - 6)
                        for label in (words.received, words.accepted, words.rejected, words.short)
                    ),
                ),
                [_received_line(each, job) for each in document.lines],
            ),
        ),
        notes=document.notes,
    )


def _received_line(item: ReceivingLine, job: Job) -> tuple[Cell, ...]:
    reason = " ".join(part for part in (said(item.reason_code), said(item.reason)) if part)
    return (
        *item_cells(item.identifier, item, job, job.words.labelled(job.words.reason, reason)),
        _ordered(item, job),
        *(quantity(each, item.unit, job) for each in (item.received, item.accepted, item.rejected, item.short)),
    )
