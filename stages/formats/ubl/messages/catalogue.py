"""UBL Catalogue: Peppol BIS Catalogue 3, transaction T19."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from schemas.orders import Catalogue
from stages.formats.binding.attributed import measure, quantity
from stages.formats.binding.elements import Element, Leaf, day, flag, text
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.pieces import PERIOD, item, party, price
from stages.formats.writing.xml_text import escaped


def _lower(field: str) -> Action:
    return lambda walk, target, element: walk.put(target, field, (element.text or "").lower(), element)


def _action(field: str) -> Element:
    """Add, Update ...: the model has them in small letters."""
    return Leaf("cbc:ActionCode", field, take=_lower, show=lambda value: escaped(str(value).capitalize()))


_LINE = parts(
    "cac:CatalogueLine",
    "items",
    text("cbc:ID", "identifier"),
    _action("action"),
    flag("cbc:OrderableIndicator", "orderable"),
    text("cbc:OrderableUnit", "unit"),
    measure("cbc:ContentUnitQuantity", "units_in_package", "C62"),
    quantity("cbc:MinimumOrderQuantity", "minimum_quantity", "unit"),
    quantity("cbc:MaximumOrderQuantity", "maximum_quantity", "unit"),
    part("cac:LineValidityPeriod", "valid", *PERIOD),
    wrap(
        "cac:RequiredItemLocationQuantity",
        measure("cbc:LeadTimeMeasure", "lead_days", "DAY"),
        price("unit", discount=False),
    ),
    item("description", "origin_country", "classifications", "vat", "attributes"),
)

TABLE = table(
    "Catalogue",
    says("cbc:CustomizationID", "urn:fdc:peppol.eu:poacc:trns:catalogue:3"),
    says("cbc:ProfileID", "urn:fdc:peppol.eu:poacc:bis:catalogue_wo_response:3"),
    text("cbc:ID", "number"),
    _action("action"),
    text("cbc:Name", "name"),
    day("cbc:IssueDate", "issue_date"),
    text("cbc:VersionID", "version"),
    part("cac:ValidityPeriod", "valid", *PERIOD),
    text("cac:ReferencedContract/cbc:ID", "contract_reference"),
    part("cac:ProviderParty", "seller", *party("endpoint", "legal", "address", "legal_registration")),
    part("cac:ReceiverParty", "buyer", *party("endpoint", "legal", "address", "legal_registration")),
    _LINE,
)


def _settle(walk: Walk, data: Data) -> None:
    """The currency is that of the prices. Raises Unfit where there are several."""
    codes: dict[str, etree._Element] = walk.currencies
    if len(codes) > 1:
        second = list(codes)[1]
        message = "prices in several currencies"
        raise Unfit(refuse("ubl-currency", message, walk.place(codes[second]), second, next(iter(codes))))
    if codes:
        data.setdefault("currency", next(iter(codes)))


def _conditional(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if catalogue.currency and all(each.net_price is None for each in catalogue.items):
        yield "currency", "it stands at prices only, and there are none"


MESSAGE = Message(
    "Catalogue",
    Catalogue,
    TABLE,
    ("seller", "buyer"),
    settle=_settle,
    conditional=_conditional,
    also=frozenset({"currency"}),
)
