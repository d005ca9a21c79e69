"""A document as a profile of Factur-X has it: without what the profile has no element for.

Source   Factur-X 1.09; `stages/formats/cii/terms.py` for the level of each term
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.documents import Invoice, Line, Party, PrecedingInvoice
from stages.rules.catalogue import RuleSet
from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.edition import Edition
from stages.rules.native.factur_x.tables import Tables, of_profile

_OF_EN16931: dict[str, Any] = {
    "sales_order_reference": None, "attachments": (), "tender_reference": None, "object_identifier": None,
    "project_reference": None, "receiving_advice_reference": None, "tax_point_date": None,
}  # fmt: skip
"""What a document has from the profile EN 16931 on; then what parts of it have."""
_OF_A_LINE: dict[str, Any] = {
    "seller_item_id": None, "buyer_item_id": None, "description": None, "attributes": (), "classifications": (),
    "origin_country": None, "order_line_reference": None, "object_identifier": None, "accounting_reference": None,
}  # fmt: skip
_OF_A_LINES_CHARGE: dict[str, Any] = {"base_amount": None, "percentage": None}
_OF_PAYMENT: dict[str, Any] = {"means_text": None, "card_account": None, "card_holder": None}
_OF_AN_ACCOUNT: dict[str, Any] = {"account_name": None, "service_provider": None}


class FacturXFacts(CiiFacts):
    """`tables` are those of the profile's stylesheet.

    No row is `apart`: each pattern of these stylesheets has a mode of its own, so that no rule hides another.
    """

    apart = ()

    def __init__(self, document: Invoice, edition: Edition, *, written: bool) -> None:
        self.tables: Tables = of_profile(edition.rules.value)
        self.profile = edition.rules
        smaller = edition.rules in (RuleSet.FACTUR_X_BASIC, RuleSet.FACTUR_X_BASIC_WL)
        super().__init__(_basic(document, edition.rules) if written and smaller else document, edition, written=written)

    @property
    def preceding(self) -> tuple[PrecedingInvoice, ...]:
        return self.document.preceding_invoices

    def nearly(self, given: Decimal, computed: Decimal) -> bool:
        """A sum that is one less is allowed here, one that is one more is not."""
        return float(given) - 1 <= float(computed) < float(given) + 1


def _basic(document: Invoice, rules: RuleSet) -> Invoice:
    lines = () if rules is RuleSet.FACTUR_X_BASIC_WL else tuple(_line(each) for each in document.lines)
    payment = document.payment
    if payment is not None:
        accounts = tuple(each.model_copy(update=_OF_AN_ACCOUNT) for each in payment.credit_transfers)
        payment = payment.model_copy(update=_OF_PAYMENT | {"credit_transfers": accounts})
    return document.model_copy(
        update=_OF_EN16931
        | {
            "seller": _party(document.seller),
            "buyer": _party(document.buyer, trading_name=None),
            "payment": payment,
            "totals": document.totals.model_copy(update={"rounding_amount": None}),
            "lines": lines,
        }
    )


def _party(party: Party, **update: None) -> Party:
    return party.model_copy(update={"contact": None, "legal_information": None} | update)


def _line(line: Line) -> Line:
    charges = tuple(each.model_copy(update=_OF_A_LINES_CHARGE) for each in line.allowances_charges)
    return line.model_copy(update=_OF_A_LINE | {"allowances_charges": charges})
