"""What must be in an element that our writer makes: a name in a party, a category in a tax, a list beside a code.

The writer leaves out what a document has not; the stylesheet of each profile asks for it once more than the norm does.

Source   Factur-X 1.09 (FNFE-MPE, FeRD), Schematron of the profiles
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.documents import Line
from stages.rules.native.cii.sums import tax_totals
from stages.rules.native.edition import Hits
from stages.rules.native.factur_x.facts import FacturXFacts

Wanted = tuple[str, object, str]
"""(key of paths.WANTED, whether it is there, place)."""


def presence(f: FacturXFacts) -> Hits:
    """Each thing that is not there where its element is, and a VAT total that is there twice."""
    wanted = f.tables.wanted
    for found in (_head(f), _parties(f), _settlement(f), _lines(f)):
        for key, there, place in found:
            if not there and key in wanted:
                yield wanted[key], place, None, None
    own, other = tax_totals(f)
    same = f.document.accounting_currency == f.document.currency
    for key, count in (("currency", len(own)), ("accounting_currency", len(own if same else other))):
        if count > 1 and key in f.tables.once:
            yield f.tables.once[key], "totals.tax_amount_accounting", count, "one"


def _head(f: FacturXFacts) -> Iterator[Wanted]:
    d = f.document
    yield "type_code", d.type_code, "type_code"
    yield "lines", d.lines, "lines"
    for index, note in enumerate(d.notes):
        if note.subject_code:
            yield "notes.text", note.text, f"notes[{index}].text"
    for index, each in enumerate(f.preceding):
        if each.issue_date is not None:
            yield "preceding_invoices.number", each.number, f"preceding_invoices[{index}].number"
    if d.object_identifier is not None and d.object_identifier.scheme:
        yield "object_identifier", d.object_identifier.value, "object_identifier"
    for index, part in enumerate(d.attachments):
        place = f"attachments[{index}]"
        if part.description or part.content_base64 or part.external_location:
            yield "attachments.reference", part.reference, f"{place}.reference"
        if part.content_base64:
            yield "attachments.media_type", part.media_type, f"{place}.media_type"
            yield "attachments.file_name", part.file_name, f"{place}.file_name"


def _parties(f: FacturXFacts) -> Iterator[Wanted]:
    for role, party, address in (
        ("seller", f.seller, f.seller_address),
        ("buyer", f.buyer, f.buyer_address),
        ("tax_representative", f.representative if f.has_representative else None, f.representative_address),
    ):
        if party is None:
            continue
        yield f"{role}.name", party.name, f"{role}.name"
        yield f"{role}.address", address is not None, f"{role}.address"
        if address is not None:
            yield f"{role}.address.country", address.country, f"{role}.address.country"
        if role == "tax_representative":
            yield "tax_representative.vat_identifier", party.vat_identifier, "tax_representative.vat_identifier"
        elif party.endpoint is not None and party.endpoint.value:
            yield f"{role}.endpoint", party.endpoint.scheme, f"{role}.endpoint.scheme"
    if f.delivery_address is not None:
        yield "delivery.address.country", f.delivery_address.country, "delivery.address.country"
    if f.payee is not None and f.has_payee:
        yield "payee.name", f.payee.name, "payee.name"


def _settlement(f: FacturXFacts) -> Iterator[Wanted]:
    d = f.document
    yield "vat_breakdown", d.vat_breakdown, "vat_breakdown"
    for index, row in enumerate(d.vat_breakdown):
        yield "vat_breakdown.category", row.category, f"vat_breakdown[{index}].category"
    for each in f.charges:
        kind = "charges" if each.given.charge else "allowances"
        yield f"{kind}.vat_category", each.given.vat_category, f"{each.place}.vat_category"
    for means in f.means:
        yield "payment.means_code", means.code, f"{means.place}.means_code"
    yield "totals", f.has_totals, "totals"
    if f.has_totals:
        for field in ("line_total", "tax_exclusive", "tax_inclusive", "amount_due"):
            yield f"totals.{field}", getattr(f.totals, field) is not None, f"totals.{field}"


def _lines(f: FacturXFacts) -> Iterator[Wanted]:
    for number, line in enumerate(f.document.lines):
        place = f"lines[{number}]"
        yield "lines.identifier", line.identifier or line.note, f"{place}.identifier"
        if line.note:
            yield "lines.note", line.identifier, f"{place}.identifier"
        taxed = line.vat_category or line.vat_rate is not None
        yield "lines.tax", taxed, f"{place}.vat_category"
        if taxed:
            yield "lines.vat_category", line.vat_category, f"{place}.vat_category"
        yield "lines.net_amount", line.net_amount is not None, f"{place}.net_amount"
        if line.object_identifier is not None and line.object_identifier.scheme:
            yield "lines.object_identifier", line.object_identifier.value, f"{place}.object_identifier"
        yield from _product(line, place)


def _product(line: Line, place: str) -> Iterator[Wanted]:
    standard = line.standard_item_id
    identified = standard is not None and standard.value
    classed = [each.value for each in line.classifications]
    described = [each.name or each.value for each in line.attributes]
    items = (line.seller_item_id, line.buyer_item_id, line.description, line.origin_country)
    there = line.name or identified or any(items) or any(classed) or any(described)
    yield "lines.product", there, f"{place}.name"
    if there:
        yield "lines.name", line.name, f"{place}.name"
    if standard is not None and identified:
        yield "lines.standard_item_id", standard.scheme, f"{place}.standard_item_id.scheme"
    for index, each in enumerate(line.classifications):
        if each.value:
            yield "lines.classifications", each.scheme, f"{place}.classifications[{index}].scheme"
    for index, attribute in enumerate(line.attributes):
        if attribute.name or attribute.value:
            yield "lines.attributes.name", attribute.name, f"{place}.attributes[{index}].name"
            yield "lines.attributes.value", attribute.value, f"{place}.attributes[{index}].value"
