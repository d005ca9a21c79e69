"""Codes of lists: what the profile's stylesheet allows where our writer puts them.

Source   Factur-X 1.09 (FNFE-MPE, FeRD), code lists of the profiles
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.documents import AllowanceCharge, Identifier
from stages.rules.native.cii.lists import TO_2475
from stages.rules.native.edition import Hits
from stages.rules.native.factur_x.facts import FacturXFacts

Coded = tuple[str, str | None, str]
"""(key of paths.CODED, code, place)."""


def codes(f: FacturXFacts) -> Hits:
    """Every code that is written."""
    coded = f.tables.coded
    for found in (_head(f), _parties(f), _settlement(f), _lines(f)):
        for key, code, place in found:
            if code and key in coded:
                rule, allowed = coded[key]
                if code not in allowed:
                    yield rule, place, code, None


def _head(f: FacturXFacts) -> Iterator[Coded]:
    d = f.document
    yield "type_code", d.type_code, "type_code"
    for index, note in enumerate(d.notes):
        yield "notes.subject_code", note.subject_code, f"notes[{index}].subject_code"
    if d.object_identifier is not None:
        yield "object_identifier.scheme", d.object_identifier.scheme, "object_identifier.scheme"
    for index, each in enumerate(d.attachments):
        if each.content_base64:
            yield "attachments.media_type", each.media_type, f"attachments[{index}].media_type"


def _parties(f: FacturXFacts) -> Iterator[Coded]:
    d = f.document
    for role, party, most in (("seller", d.seller, None), ("buyer", d.buyer, 1), ("payee", d.payee, 1)):
        if party is None:
            continue
        for index, each in enumerate(party.identifiers[:most]):
            yield from _scheme(f"{role}.identifiers", each, f"{role}.identifiers[{index}]")
        yield from _scheme(f"{role}.legal_registration", party.legal_registration, f"{role}.legal_registration")
        if role != "payee":
            yield from _scheme(f"{role}.endpoint", party.endpoint, f"{role}.endpoint")
    location = d.delivery.location if d.delivery is not None else None
    yield from _scheme("delivery.location", location, "delivery.location")
    for role, address in (
        ("seller", f.seller_address),
        ("buyer", f.buyer_address),
        ("tax_representative", f.representative_address),
        ("delivery", f.delivery_address),
    ):
        if address is not None:
            yield f"{role}.address", address.country, f"{role}.address.country"


def _scheme(key: str, given: Identifier | None, place: str) -> Iterator[Coded]:
    if given is not None and given.value:
        yield key, given.scheme, f"{place}.scheme"


def _settlement(f: FacturXFacts) -> Iterator[Coded]:
    d, given = f.document, f.totals
    yield "currency", d.currency, "currency"
    yield "accounting_currency", d.accounting_currency, "accounting_currency"
    if given.tax_amount is not None:
        yield "totals.tax_amount", d.currency, "currency"
    if given.tax_amount_accounting is not None and d.accounting_currency != d.currency:
        yield "totals.tax_amount_accounting", d.accounting_currency, "accounting_currency"
    for means in f.means:
        yield "payment.means_code", means.code, f"{means.place}.means_code"
    for index, row in enumerate(d.vat_breakdown):
        place = f"vat_breakdown[{index}]"
        yield "vat_breakdown.category", row.category, f"{place}.category"
        yield "vat_breakdown.exemption_reason_code", row.exemption_reason_code, f"{place}.exemption_reason_code"
    if d.vat_breakdown and d.tax_point_code:
        yield "tax_point_code", TO_2475.get(d.tax_point_code, d.tax_point_code), "tax_point_code"
    for each in f.charges:
        kind = "charges" if each.given.charge else "allowances"
        yield f"{kind}.vat_category", each.given.vat_category, f"{each.place}.vat_category"
        yield _reason("", each.given, each.place)


def _reason(around: str, given: AllowanceCharge, place: str) -> Coded:
    kind = "charges" if given.charge else "allowances"
    return f"{around}{kind}.reason_code", given.reason_code, f"{place}.reason_code"


def _lines(f: FacturXFacts) -> Iterator[Coded]:
    for number, line in enumerate(f.document.lines):
        place = f"lines[{number}]"
        yield "lines.unit", line.unit, f"{place}.unit"
        if line.base_quantity is not None:
            yield "lines.net_price", line.base_quantity_unit, f"{place}.base_quantity_unit"
            if line.gross_price is not None:
                yield "lines.gross_price", line.base_quantity_unit, f"{place}.base_quantity_unit"
        yield "lines.vat_category", line.vat_category, f"{place}.vat_category"
        yield "lines.origin_country", line.origin_country, f"{place}.origin_country"
        yield from _scheme("lines.standard_item_id", line.standard_item_id, f"{place}.standard_item_id")
        if line.object_identifier is not None:
            yield "lines.object_identifier.scheme", line.object_identifier.scheme, f"{place}.object_identifier.scheme"
        for index, classed in enumerate(line.classifications):
            yield from _scheme("lines.classifications", classed, f"{place}.classifications[{index}]")
        for index, each in enumerate(line.allowances_charges):
            yield _reason("lines.", each, f"{place}.allowances_charges[{index}]")
