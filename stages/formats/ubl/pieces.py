"""What the tables of UBL documents share: parties, items, prices, periods, notes.

Children stand in the order of UBL-CommonAggregateComponents-2.1.xsd.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from stages.formats.binding.attributed import classifications, identifier, identifiers, quantity
from stages.formats.binding.elements import (
    READ_ONLY,
    Element,
    amount,
    day,
    fixed,
    flag,
    ignored,
    number,
    special,
    stated,
    text,
)
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.reading.xml_walk import Data, Walk
from stages.formats.writing.xml_text import escaped

VAT = fixed("cac:TaxScheme/cbc:ID", "VAT")
_OTHER_TAX = stated("cac:TaxScheme/cbc:ID", "TAX")

ADDRESS: tuple[Element, ...] = (
    text("cbc:StreetName", "line_1"),
    text("cbc:AdditionalStreetName", "line_2"),
    text("cbc:CityName", "city"),
    text("cbc:PostalZone", "post_code"),
    text("cbc:CountrySubentity", "subdivision"),
    text("cac:AddressLine/cbc:Line", "line_3"),
    wrap("cac:Country", text("cbc:IdentificationCode", "country"), ignored("cbc:Name")),
)
CONTACT: tuple[Element, ...] = (
    text("cbc:Name", "name"),
    text("cbc:Telephone", "telephone"),
    text("cbc:ElectronicMail", "email"),
)


def party(*has: str, most: int | None = 1) -> tuple[Element, ...]:
    """A party's children. `has` are the fields that the role carries, besides name and identifiers (`most` of them);
    others are only read. With `legal` its name is that of the legal entity, else the PartyName is all there is.

    BT-32 stands under any scheme that is not VAT; Peppol's own examples say TAX.
    """

    def at(field: str) -> int:
        return 0 if field in has else READ_ONLY

    legal = "legal" in has
    return (
        identifier("cbc:EndpointID", "endpoint", at("endpoint")),
        identifiers("cac:PartyIdentification/cbc:ID", "identifiers", most=most),
        text("cac:PartyName/cbc:Name", *(("trading_name", at("trading_name")) if legal else ("name", 0))),
        part("cac:PostalAddress", "address", *ADDRESS, level=at("address")),
        wrap("cac:PartyTaxScheme", text("cbc:CompanyID", "vat_identifier", at("vat_identifier")), VAT),
        wrap("cac:PartyTaxScheme", text("cbc:CompanyID", "tax_registration", at("tax_registration")), _OTHER_TAX),
        wrap(
            "cac:PartyLegalEntity",
            text("cbc:RegistrationName", "name", 0 if legal else READ_ONLY),
            identifier("cbc:CompanyID", "legal_registration", at("legal_registration")),
            text("cbc:CompanyLegalForm", "legal_information", at("legal_information")),
        ),
        part("cac:Contact", "contact", *CONTACT, level=at("contact")),
    )


def supplier(tag: str, field: str, *has: str, more: tuple[Element, ...] = ()) -> Element:
    """A party in the wrapper of its role (BuyerCustomerParty, SellerSupplierParty ...)."""
    return part(tag, field, wrap("cac:Party", *party(*has)), *more)


def _read_note(walk: Walk, target: Data, element: etree._Element) -> None:
    said = (element.text or "").strip()
    if said:
        walk.append(target, "notes", {"text": said}, element)


def _write_note(document: Any, _currency: str) -> str:
    said = "\n".join(each.text for each in document.notes)
    return f"<cbc:Note>{escaped(said)}</cbc:Note>" if said else ""


NOTE = special("cbc:Note", _read_note, _write_note, "notes[].text")
"""Peppol takes one."""

PERIOD: tuple[Element, ...] = (day("cbc:StartDate", "start"), day("cbc:EndDate", "end"))


def category(tag: str) -> Element:
    """VAT of an item, an allowance or a charge."""
    return wrap(tag, text("cbc:ID", "vat_category"), number("cbc:Percent", "vat_rate"), VAT, needs="vat_category")


def item(*has: str, more: tuple[Element, ...] = ()) -> Element:
    """The item of a line. `has` are the fields that the message carries beside name and numbers."""

    def at(field: str) -> int:
        return 0 if field in has else READ_ONLY

    tax = (category("cac:ClassifiedTaxCategory"),) if "vat" in has else ()
    return wrap(
        "cac:Item",
        text("cbc:Description", "description", at("description")),
        text("cbc:Name", "name"),
        text("cac:BuyersItemIdentification/cbc:ID", "buyer_item_id"),
        text("cac:SellersItemIdentification/cbc:ID", "seller_item_id"),
        identifier("cac:StandardItemIdentification/cbc:ID", "standard_item_id"),
        text("cac:OriginCountry/cbc:IdentificationCode", "origin_country", at("origin_country")),
        classifications("cac:CommodityClassification/cbc:ItemClassificationCode", at("classifications")),
        *tax,
        parts(
            "cac:AdditionalItemProperty",
            "attributes",
            text("cbc:Name", "name"),
            text("cbc:Value", "value"),
            level=at("attributes"),
        ),
        *more,
    )  # fmt: skip


def price(base_unit: str, *, discount: bool) -> Element:
    """The price of an item. UBL has the gross price only as the base of a discount."""
    reduction = wrap(
        "cac:AllowanceCharge",
        fixed("cbc:ChargeIndicator", "false"),
        number("cbc:Amount", "price_discount", currency=True),
        number("cbc:BaseAmount", "gross_price", currency=True),
        needs="price_discount",
    )
    return wrap(
        "cac:Price",
        number("cbc:PriceAmount", "net_price", currency=True),
        quantity("cbc:BaseQuantity", "base_quantity", base_unit),
        *((reduction,) if discount else ()),
        needs="net_price",
    )


def allowance(*tax: Element) -> Element:
    return parts(
        "cac:AllowanceCharge",
        "allowances_charges",
        flag("cbc:ChargeIndicator", "charge"),
        text("cbc:AllowanceChargeReasonCode", "reason_code"),
        text("cbc:AllowanceChargeReason", "reason"),
        number("cbc:MultiplierFactorNumeric", "percentage"),
        amount("cbc:Amount", "amount", currency=True),
        amount("cbc:BaseAmount", "base_amount", currency=True),
        *tax,
    )
