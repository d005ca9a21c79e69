"""The upper part of the first page: whose document this is, what is due and when, between whom, about what."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.documents import Address, Delivery, Identifier, Party
from stages.rendering.fonts import Style, fit, joined, line, measure, wrap
from stages.rendering.sheet import INNER, LEFT, RIGHT, TOP, Column, Flow, Logo, Page, Shape, beside
from stages.rendering.theme import GAP, HAIRLINE, MUTED, InvoiceJob, Job

_LOGO_HIGH, _LOGO_WIDE = 46.0, 170.0
_SCHEMES = {"0002": "SIREN", "0009": "SIRET", "0060": "D-U-N-S", "0088": "GLN", "0204": "Leitweg-ID"}
"""ISO/IEC 6523 -> the identifier's own name, which is the same in every language."""

Fact = tuple[str, str]
"""A label and what stands under it; nothing is printed of an empty one."""
Side = tuple[str, Party | Delivery | None]
"""A role and who has it."""


def letterhead(flow: Flow, job: Job) -> None:
    """Logo at the left; at the right the title, the number and the date of issue."""
    page, theme, words = flow.page, job.theme, job.words
    logo_bottom = _logo(page, job)
    width = INNER - _LOGO_WIDE - 40
    y = TOP
    title = line(words.title(job.document))
    style = fit(title, theme.title, width, 15)
    for part in wrap(title, style, width):
        page.write(RIGHT, y, part, style, "right")
        y += style.leading
    y += 1
    number = theme.strong._replace(size=11.5, leading=15)
    for part in wrap(line(job.document.number), number, width):
        page.write(RIGHT, y, part, number, "right")
        y += number.leading
    issued = f"{words.issue_date} {job.figures.long_day(job.document.issue_date)}"
    page.write(RIGHT, y + 1, issued, theme.body._replace(colour=MUTED), "right")
    flow.y = max(y + theme.body.leading + 1, logo_bottom)
    flow.space(GAP)


def _logo(page: Page, job: Job) -> float:
    """Draw the logo, or the initials with the name beside them; gives its lower end."""
    brand, theme = job.theme.brand, job.theme
    if brand.logo is not None:
        from stages.rendering.brand import logo_image

        wide, high = logo_image(brand.logo).size
        scale = min(_LOGO_WIDE / wide, _LOGO_HIGH / high)
        page.logos.append(Logo(LEFT, TOP, wide * scale, high * scale))
        return TOP + high * scale
    side = 40.0
    page.shapes.append(Shape(LEFT, TOP, side, side, fill=theme.colour, radius=9))
    initials = Style(theme.name.font, 17, "#ffffff", side)
    page.write(LEFT + side / 2, TOP, line(brand.initials), initials, "center")
    name = theme.name._replace(size=12.5, leading=16)
    lines = wrap(line(brand.name), name, _LOGO_WIDE - side)[:4]
    top = TOP + max(0.0, (side - len(lines) * name.leading) / 2)
    for at, part in enumerate(lines):
        page.write(LEFT + side + 11, top + at * name.leading, part, name)
    return max(TOP + side, top + len(lines) * name.leading)


def first_glance(flow: Flow, job: InvoiceJob) -> None:
    """What a payer looks for: how much, until when, under which reference."""
    band(flow, job, _glance_facts(job))


def band(flow: Flow, job: Job, facts: Sequence[Fact]) -> None:
    """The band with what a reader looks for first: at most three facts, the first one largest."""
    page, theme = flow.page, job.theme
    high, pad = 60.0, 18.0
    page.shapes.append(Shape(LEFT, flow.y, INNER, high, fill=theme.tint, stroke=HAIRLINE, radius=6))
    page.shapes.append(Shape(LEFT, flow.y + 12, 3.5, high - 24, fill=theme.brand.accent or theme.brand.colour))
    widths = (190.0, 160.0, INNER - 2 * pad - 350)
    x = LEFT + pad
    for at, (label, value) in enumerate(facts):
        width, style = widths[at], theme.hero_side if at else theme.hero
        fitted = fit(value, style, width - 12, 5)
        # A reference cut short is a wrong one; whole it stands further down.
        if at and measure(value, fitted) > width:
            continue
        page.write(x, flow.y + 8.5, label, theme.label._replace(size=8))
        # The side facts stand on the amount's baseline: one line to read.
        shift = 0.357 * (theme.hero.size - fitted.size)
        page.write(x, flow.y + 20 + shift, value, fitted)
        x += width
    flow.y += high
    flow.space(GAP)


def _glance_facts(job: InvoiceJob) -> list[Fact]:
    document, words, figures = job.document, job.words, job.figures
    issued = (words.issue_date, figures.long_day(document.issue_date))
    if document.document_type == "credit-note":
        total = document.totals.tax_inclusive
        facts = [(words.amount_credited, figures.money(total) if total is not None else ""), issued]
        if document.preceding_invoices:
            facts.append((words.preceding_invoice, line(document.preceding_invoices[0].number)))
        return facts
    due = document.totals.amount_due
    assert due is not None
    label = words.amount_due if due >= 0 else words.balance_in_favour
    until = (words.due_date, figures.long_day(document.due_date)) if document.due_date and due > 0 else issued
    facts = [(label, figures.money(abs(due))), until]
    if due > 0:
        remittance = document.payment.remittance_information if document.payment else None
        facts.append((words.payment_reference, line(remittance or document.invoice_number)))
    return facts


def parties(flow: Flow, job: InvoiceJob) -> None:
    """Seller, buyer and whoever else takes part."""
    document, words = job.document, job.words
    sides: Sequence[Side] = (
        (words.seller, document.seller),
        (words.buyer, document.buyer),
        (words.delivered_to, None if _country_alone(document.delivery) else document.delivery),
        (words.payee, document.payee),
        (words.tax_representative, document.tax_representative),
    )
    side_by_side(flow, job, sides)


def side_by_side(flow: Flow, job: Job, sides: Sequence[Side]) -> None:
    """Those who take part, each under its role, three at most in a row; who is not there leaves no gap."""
    blocks = [(label, lines) for label, who in sides if who and (lines := _who(who, job))]
    across = 3 if len(blocks) > 2 else 2
    width = (INNER - (across - 1) * 20) / across
    for start in range(0, len(blocks), across):
        columns = []
        for at, (label, lines) in enumerate(blocks[start : start + across]):
            broken = [(part, style) for text, style in lines for part in wrap(text, style, width) or [""]]
            columns.append(Column(LEFT + at * (width + 20), [(label, job.theme.heading), *broken]))
        flow.rows(beside(columns))
        flow.space(GAP - 4)


def _who(who: Party | Delivery, job: Job) -> list[tuple[str, Style]]:
    return _party(who, job) if isinstance(who, Party) else _delivery(who, job)


def _party(party: Party, job: Job) -> list[tuple[str, Style]]:
    theme, words = job.theme, job.words
    lines = [(line(party.name), theme.name)]
    if party.trading_name and party.trading_name != party.name:
        lines.append((line(party.trading_name), theme.body))
    lines += [(line(each), theme.body) for each in job.figures.address(party.address)]
    facts = [
        (words.vat_number, party.vat_identifier),
        (words.tax_number, party.tax_registration),
        *((_named(each, words.registration), each.value) for each in (party.legal_registration,) if each),
        *((_named(each, words.identifier), each.value) for each in party.identifiers),
    ]
    small = [f"{label} {line(value)}" for label, value in facts if value]
    if party.contact:
        reach = (party.contact.name, party.contact.telephone, party.contact.email)
        small += joined([line(each) for each in reach if each], theme.small, 2 * INNER / 7)
    if party.legal_information:
        small.append(line(party.legal_information))
    if small:
        lines.append(("", theme.small._replace(leading=3.5)))
    return lines + [(each, theme.small) for each in small]


def _named(identifier: Identifier, otherwise: str) -> str:
    return _SCHEMES.get(identifier.scheme or "", otherwise)


def _delivery(delivery: Delivery, job: Job) -> list[tuple[str, Style]]:
    theme = job.theme
    lines = [(line(delivery.name), theme.name)] if delivery.name else []
    lines += [(line(each), theme.body) for each in job.figures.address(delivery.address)]
    if delivery.location:
        label = _named(delivery.location, job.words.identifier)
        lines.append((f"{label} {line(delivery.location.value)}", theme.small))
    return lines


def _country_alone(delivery: Delivery | None) -> str | None:
    """The country where nothing else tells the place: nobody delivers to that, and it is no address."""
    if delivery is None or delivery.address is None or delivery.name or delivery.location:
        return None
    country = delivery.address.country
    return country if country and delivery.address == Address(country=country) else None


def references(flow: Flow, job: InvoiceJob) -> None:
    """Numbers and dates by which the reader files this invoice."""
    fact_rows(flow, job, _reference_facts(job))


def fact_rows(flow: Flow, job: Job, given: Sequence[Fact]) -> None:
    """Facts, four in a row, between hairlines; those without a value are left out."""
    facts = [(label, value) for label, value in given if value]
    if not facts:
        flow.space(6)
        return
    theme, across = job.theme, 4
    width = (INNER - (across - 1) * 14) / across
    flow.need(40)
    flow.page.rule(flow.y, HAIRLINE)
    flow.space(7)
    for start in range(0, len(facts), across):
        columns = []
        for at, (label, value) in enumerate(facts[start : start + across]):
            lines = [(part, theme.body) for part in wrap(value, theme.body, width)]
            columns.append(Column(LEFT + at * (width + 14), [(label, theme.label), *lines]))
        flow.rows(beside(columns))
        flow.space(6)
    flow.page.rule(flow.y, HAIRLINE)
    flow.space(GAP - 3)


def _reference_facts(job: InvoiceJob) -> Sequence[Fact]:
    document, words, figures = job.document, job.words, job.figures
    delivered = document.delivery.date if document.delivery else None
    country = _country_alone(document.delivery)
    earlier = [
        line(each.number) + (f" ({figures.day(each.issue_date)})" if each.issue_date else "")
        for each in document.preceding_invoices
    ]
    return (
        (words.preceding_invoice, ", ".join(earlier)),
        (_reference_label(document.buyer_reference, job), line(document.buyer_reference or "")),
        (words.order, line(document.order_reference or "")),
        (words.delivery_date, figures.day(delivered) if delivered else ""),
        (words.delivered_to, figures.country(country) if country else ""),
        (words.period, figures.period(document.period) if document.period else ""),
        (words.tax_point_date, figures.day(document.tax_point_date) if document.tax_point_date else ""),
        (words.contract, line(document.contract_reference or "")),
        (words.project, line(document.project_reference or "")),
        (words.sales_order, line(document.sales_order_reference or "")),
        (words.despatch_advice, line(document.despatch_advice_reference or "")),
        (words.receiving_advice, line(document.receiving_advice_reference or "")),
        (words.tender, line(document.tender_reference or "")),
        (words.object, line(document.object_identifier.value) if document.object_identifier else ""),
        (words.accounting_reference, line(document.accounting_reference or "")),
    )


def _reference_label(reference: str | None, job: Job) -> str:
    """BT-10 of a German authority is the route to its desk, and is called so."""
    from stdnum.de import leitweg

    return _SCHEMES["0204"] if reference and leitweg.is_valid(reference) else job.words.buyer_reference


def running_head(page: Page, job: Job) -> float:
    """The head of every page but the first: which document this is. Gives where the text begins."""
    theme = job.theme
    name = wrap(line(job.theme.brand.name), theme.strong, INNER / 2 - 10)[:1]
    title = f"{job.words.title(job.document)} {line(job.document.number)}"
    for part in name:
        page.write(LEFT, TOP - 8, part, theme.strong)
    room = INNER - (measure(name[0], theme.strong) if name else 0) - 16
    style = fit(title, theme.body._replace(colour=MUTED), room, 6)
    for part in wrap(title, style, room)[:1]:
        page.write(RIGHT, TOP - 8, part, style, "right")
    page.rule(TOP + 9, HAIRLINE)
    return TOP + 26
