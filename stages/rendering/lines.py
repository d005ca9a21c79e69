"""The table of lines, over any number of pages: its head on each, and the sum carried from page to page."""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import AllowanceCharge, Line
from schemas.orders import CatalogueItem, ItemFields, OrderLine, OrderResponseLine
from stages.rendering.fonts import Style, clean, fit, joined, line, measure, wrap
from stages.rendering.sheet import LEFT, RIGHT, Column, Flow, Row, stack
from stages.rendering.theme import GAP, HAIRLINE, INK, InvoiceJob, Job

_NUMBER = LEFT
_ITEM = LEFT + 26
_ITEM_WIDE = 191.0
_QUANTITY = LEFT + 292
_QUANTITY_WIDE = 72.0
_PRICE = LEFT + 366
_PRICE_WIDE = 66.0
_VAT = LEFT + 412
_VAT_WIDE = 42.0
_NET_WIDE = 76.0
_CARRIED = 20.0
Priced = Line | OrderLine | OrderResponseLine | CatalogueItem


def table(flow: Flow, job: InvoiceJob) -> None:
    """All lines (BG-25), then the document's allowances and charges (BG-20, BG-21)."""
    words, figures, theme = job.words, job.figures, job.theme
    carried = Decimal(0)

    def leave() -> None:
        # Above the foot and not above the table's end: the reserve is there on every page.
        y = flow.bottom - _CARRIED + 4
        flow.page.rule(y - 2, INK, 0.5)
        flow.page.write(_ITEM, y, words.carried_forward, theme.carried)
        flow.page.write(RIGHT, y, figures.amount(carried), theme.carried, "right")

    def enter() -> None:
        _column_heads(flow, job)
        flow.page.write(_ITEM, flow.y, words.brought_forward, theme.carried)
        flow.page.write(RIGHT, flow.y, figures.amount(carried), theme.carried, "right")
        flow.y += theme.carried.leading + 2
        flow.page.rule(flow.y, HAIRLINE)
        flow.y += 4

    flow.need(90)
    _column_heads(flow, job)
    flow.reserved, flow.leaving, flow.entering = _CARRIED, leave, enter
    for at, each in enumerate(job.document.lines):
        rows = _rows(each, job)
        if at:
            flow.need(sum(row.height for row in rows[:6]) + 4)
            if not flow.untouched:
                flow.page.rule(flow.y - 3.5, HAIRLINE)
        # A line's amount stands in its first row, so it is carried from there on, however long its text runs.
        flow.rows(rows[:1])
        carried += each.net_amount or Decimal(0)
        flow.rows(rows[1:])
        flow.y += 7
    flow.reserved, flow.leaving, flow.entering = 0.0, None, None
    flow.page.rule(flow.y - 3.5, INK, 0.8)
    _document_allowances(flow, job)
    flow.space(GAP - 8)


def _column_heads(flow: Flow, job: Job) -> None:
    words, style = job.words, job.theme.column
    net = words.net.format(currency=job.figures.currency)
    columns = (
        Column(_NUMBER, [("#", style)]),
        Column(_ITEM, broken(words.item, style, _ITEM_WIDE)),
        Column(_QUANTITY, broken(words.quantity, style, _QUANTITY_WIDE), "right"),
        Column(_PRICE, broken(words.unit_price, style, _PRICE_WIDE), "right"),
        Column(_VAT, broken(words.vat, style, _VAT_WIDE), "right"),
        Column(RIGHT, broken(net, style, _NET_WIDE), "right"),
    )
    flow.rows(stack(columns))
    flow.y += 2
    flow.page.rule(flow.y, INK, 0.8)
    flow.y += 5


def broken(text: str, style: Style, width: float) -> list[tuple[str, Style]]:
    """A text in lines of a column."""
    return [(part, style) for part in wrap(text, style, width)]


def figure(text: str, style: Style, width: float, smallest: float = 4) -> list[tuple[str, Style]]:
    """A number, small rather than broken: digits on two lines are misread."""
    return broken(text, fit(text, style, width, smallest), width)


def counted(number: str, unit: str, width: float, job: Job) -> list[tuple[str, Style]]:
    """A quantity and its unit, on one line where both fit."""
    theme, both = job.theme, f"{number}\u00a0{unit}"
    if measure(both, theme.body) <= width:
        return [(both, theme.body)]
    return figure(number, theme.body, width) + broken(unit, theme.small, width)


def base_text(item: Priced, job: Job) -> str:
    """`per 100 kg`, where the price is not of one unit."""
    if item.base_quantity is None or item.base_quantity == 1:
        return ""
    unit = getattr(item, "base_quantity_unit", None) or item.unit
    base = line(job.words.unit(unit, item.base_quantity, job.figures.locale))
    return job.words.per.format(quantity=f"{job.figures.number(item.base_quantity)} {base}")


def _rows(item: Line, job: Job) -> list[Row]:
    theme, words, figures = job.theme, job.words, job.figures
    unit = line(words.unit(item.unit, item.quantity, figures.locale))
    price = figure(figures.price(item.net_price), theme.body, _PRICE_WIDE)
    price += broken(base_text(item, job), theme.small, _PRICE_WIDE)
    net = figures.amount(item.net_amount) if item.net_amount is not None else ""
    amount = counted(figures.number(item.quantity), unit, _QUANTITY_WIDE, job)
    details = joined(_details(item, job), theme.small, _ITEM_WIDE)
    small = [part for text in details for part in broken(text, theme.small, _ITEM_WIDE)]
    columns = (
        Column(_NUMBER, figure(line(item.identifier), theme.ordinal, _ITEM - _NUMBER - 4, 5.5)),
        Column(_ITEM, broken(line(item.name), theme.body, _ITEM_WIDE) + small),
        Column(_QUANTITY, amount, "right"),
        Column(_PRICE, price, "right"),
        Column(_VAT, broken(vat_rate(item.vat_category, item.vat_rate, job), theme.body, _VAT_WIDE), "right"),
        Column(RIGHT, figure(net, theme.body, _NET_WIDE), "right"),
    )
    return stack(columns)


def vat_rate(category: str | None, rate: Decimal | None, job: Job) -> str:
    """The rate; beside the standard category's, the category's code, which the VAT breakdown explains."""
    shown = job.figures.percent(rate) if rate is not None else ""
    if category is None or (category == "S" and shown):
        return shown
    return f"{shown} {line(category)}".strip()


def _details(item: Line, job: Job) -> list[str]:
    """What stands small under an item's name."""
    words, figures = job.words, job.figures
    details = item_details(item, job, words.buyer_item, item.note)
    if item.period and (period := figures.period(item.period)):
        details.append(words.labelled(words.period, period))
    if item.order_line_reference:
        details.append(words.order_line.format(number=line(item.order_line_reference)))
    details.append(list_price(item.gross_price, item.price_discount, job))
    details += [words.labelled(allowance_text(each, job), signed(each, job)) for each in item.allowances_charges]
    return [each for each in details if each]


def item_details(item: Line | ItemFields, job: Job, buyers_number: str, note: str | None = None) -> list[str]:
    """Of any document's item: its texts, numbers, attributes, origin. `buyers_number` is the text for the buyer's."""
    words, figures = job.words, job.figures
    details = [clean(text) for text in (item.description, note) if text and text != item.name]
    details += [
        words.seller_item.format(number=line(item.seller_item_id)) if item.seller_item_id else "",
        buyers_number.format(number=line(item.buyer_item_id)) if item.buyer_item_id else "",
        words.standard_item.format(number=line(item.standard_item_id.value)) if item.standard_item_id else "",
    ]
    details += [words.labelled(line(attribute.name), line(attribute.value)) for attribute in item.attributes]
    if item.origin_country:
        details.append(words.origin.format(country=line(figures.country(item.origin_country))))
    return [each for each in details if each]


def list_price(gross: Decimal | None, discount: Decimal | None, job: Job) -> str:
    """The price before its discount, where there is one."""
    if gross is None or not discount:
        return ""
    words, figures = job.words, job.figures
    return (
        f"{words.list_price.format(price=figures.price(gross))}, {words.discount.format(price=figures.price(discount))}"
    )


def allowance_text(each: AllowanceCharge, job: Job) -> str:
    """Why an allowance or charge is there, and how it was reckoned."""
    words, figures = job.words, job.figures
    parts = [line(each.reason) if each.reason else (words.charge if each.charge else words.allowance)]
    if each.percentage is not None:
        share = figures.percent(each.percentage)
        base = each.base_amount
        parts.append(words.share_of.format(percentage=share, base=figures.amount(base)) if base is not None else share)
    return ", ".join(parts)


def signed(each: AllowanceCharge, job: Job) -> str:
    """The amount with the sign that it has in the sum."""
    return job.figures.amount(each.amount if each.charge else -each.amount)


def _document_allowances(flow: Flow, job: InvoiceJob) -> None:
    theme = job.theme
    for each in job.document.allowances_charges:
        columns = (
            Column(_ITEM, broken(allowance_text(each, job), theme.body, _PRICE - _ITEM)),
            Column(_VAT, broken(vat_rate(each.vat_category, each.vat_rate, job), theme.body, _VAT_WIDE), "right"),
            Column(RIGHT, figure(signed(each, job), theme.body, _NET_WIDE), "right"),
        )
        flow.rows(stack(columns))
        flow.y += 3
