"""Codes come from their lists: BR-CL of the norm, and Peppol's narrower ones.

A table says where in the document the codes stand; the lists are in `code_lists.json`.

Source   EN 16931 code lists; OpenPeppol BIS Billing 3
"""

from __future__ import annotations

from collections.abc import Iterator

from stages.rules.catalogue import RuleSet
from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts, identifier

Place = tuple[str, str]
"""(place, code)."""


def of_the_norm(f: Facts) -> Hits:
    """BR-CL-01 to BR-CL-26 (BR-CL-08 stands with the notes)."""
    d = f.document
    if d.type_code and d.type_code not in f.codes("BR-CL-01 (2)" if f.credit_note else "BR-CL-01"):
        yield "BR-CL-01", "type_code", d.type_code, None
    yield from unknown(f, "BR-CL-03", _currencies(f))
    yield from unknown(f, "BR-CL-04", [("currency", d.currency)])
    if d.accounting_currency:
        yield from unknown(f, "BR-CL-05", [("accounting_currency", d.accounting_currency)])
    if d.tax_point_code:
        yield from unknown(f, "BR-CL-06", [("tax_point_code", d.tax_point_code)])
    yield from unknown(f, "BR-CL-07", _objects(f))
    yield from unknown(f, "BR-CL-14", _countries(f))
    for place, each in f.identified():
        sepa = each.scheme == "SEPA" and not place.startswith("buyer")
        if each.scheme and not sepa:
            yield from unknown(f, "BR-CL-10", [(f"{place}.scheme", each.scheme)])
    yield from unknown(f, "BR-CL-11", ((f"{place}.scheme", each.scheme or "") for place, each in f.registered()))
    yield from unknown(f, "BR-CL-16", ((f"{means.place}.means_code", means.code) for means in f.means))
    yield from unknown(f, "BR-CL-25", ((f"{place}.scheme", each.scheme or "") for place, each in f.endpoints()))
    location = identifier(d.delivery.location) if d.delivery is not None else None
    if location is not None and location.scheme:
        yield from unknown(f, "BR-CL-26", [("delivery.location.scheme", location.scheme)])
    yield from _of_lines(f)
    yield from _of_taxes(f)
    for rule in ("BR-CL-24", *(("PEPPOL-EN16931-CL001",) if f.rules is RuleSet.PEPPOL else ())):
        for index, part in enumerate(d.attachments):
            if part.content_base64 and part.media_type and part.media_type not in f.codes(rule):
                yield rule, f"attachments[{index}].media_type", part.media_type, None


def of_peppol(f: Facts) -> Hits:
    """PEPPOL-EN16931-CL002 to CL008."""
    d = f.document
    for each in f.all_charges:
        rule = "PEPPOL-EN16931-CL003" if each.given.charge else "PEPPOL-EN16931-CL002"
        yield from unknown(f, rule, [(f"{each.place}.reason_code", each.given.reason_code or "")])
    if d.tax_point_code:
        yield from unknown(f, "PEPPOL-EN16931-CL006", [("tax_point_code", d.tax_point_code)])
    yield from unknown(f, "PEPPOL-EN16931-CL007", _currencies(f))
    yield from unknown(
        f, "PEPPOL-EN16931-CL008", ((f"{place}.scheme", each.scheme or "") for place, each in f.endpoints())
    )


def unknown(f: Facts, rule: str, places: Iterator[Place] | list[Place]) -> Hits:
    known = f.codes(rule)
    for place, code in places:
        if code and code not in known:
            yield rule, place, code, None


def _currencies(f: Facts) -> list[Place]:
    """The currencies that amounts are written in."""
    found = [("currency", f.document.currency)]
    if f.document.accounting_currency and f.totals.tax_amount_accounting is not None:
        found.append(("accounting_currency", f.document.accounting_currency))
    return found


def _countries(f: Facts) -> Iterator[Place]:
    for place, address in (
        ("seller", f.seller_address),
        ("buyer", f.buyer_address),
        ("tax_representative", f.representative_address),
        ("delivery", f.delivery_address),
    ):
        if address is not None and address.country:
            yield f"{place}.address.country", address.country


def _objects(f: Facts) -> Iterator[Place]:
    own = identifier(f.document.object_identifier)
    if own is not None and own.scheme:
        yield "object_identifier.scheme", own.scheme
    for number, line in enumerate(f.document.lines):
        given = line.object_identifier
        if given is not None and given.value and given.scheme:
            yield f"lines[{number}].object_identifier.scheme", given.scheme


def _of_lines(f: Facts) -> Hits:
    units, standards, kinds, countries = (f.codes(f"BR-CL-{number}") for number in ("23", "21", "13", "15"))
    categories = f.codes("BR-CL-18")
    for number, line in enumerate(f.document.lines):
        place = f"lines[{number}]"
        if line.unit and line.unit not in units:
            yield "BR-CL-23", f"{place}.unit", line.unit, None
        if line.base_quantity is not None and line.base_quantity_unit and line.base_quantity_unit not in units:
            yield "BR-CL-23", f"{place}.base_quantity_unit", line.base_quantity_unit, None
        if line.vat_category and line.vat_category not in categories:
            yield "BR-CL-18", f"{place}.vat_category", line.vat_category, None
        standard = line.standard_item_id
        if standard is not None and standard.value and standard.scheme and standard.scheme not in standards:
            yield "BR-CL-21", f"{place}.standard_item_id.scheme", standard.scheme, None
        if line.origin_country and line.origin_country not in countries:
            yield "BR-CL-15", f"{place}.origin_country", line.origin_country, None
        for index, each in enumerate(line.classifications):
            if each.value and each.scheme and each.scheme not in kinds:
                yield "BR-CL-13", f"{place}.classifications[{index}].scheme", each.scheme, None


def _of_taxes(f: Facts) -> Hits:
    """Categories and reasons of allowances, charges and the breakdown."""
    categories, allowances, charges = f.codes("BR-CL-17"), f.codes("BR-CL-19"), f.codes("BR-CL-20")
    for each in f.all_charges:
        given = each.given
        if given.vat_category and given.vat_category not in categories:
            yield "BR-CL-17", f"{each.place}.vat_category", given.vat_category, None
        if given.reason_code and given.reason_code not in (charges if given.charge else allowances):
            yield "BR-CL-20" if given.charge else "BR-CL-19", f"{each.place}.reason_code", given.reason_code, None
    reasons = f.codes("BR-CL-22")
    for index, row in enumerate(f.document.vat_breakdown):
        if row.category and row.category not in categories:
            yield "BR-CL-17", f"vat_breakdown[{index}].category", row.category, None
        reason = row.exemption_reason_code
        if reason and reason.upper() not in reasons:
            yield "BR-CL-22", f"vat_breakdown[{index}].exemption_reason_code", reason, None
