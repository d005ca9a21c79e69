"""What the rules ask of one document again and again, worked out once.

Presence goes by what a writer writes: an empty text, an address without a field and an identifier without a value are
not there. `written` means that the document is judged as our own writer writes it for that rule set; otherwise it is
judged as somebody else wrote it. `Facts` are those of UBL; what another syntax shows otherwise a subclass says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from schemas.documents import (
    Address,
    AllowanceCharge,
    Contact,
    CreditTransfer,
    Identifier,
    Invoice,
    PrecedingInvoice,
)
from stages.rules.catalogue import RuleSet
from stages.rules.native.code_lists import codes, raw
from stages.rules.native.edition import Edition

ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_HALF = Decimal("0.5")
_BLANKS = re.compile("[ \t\r\n]+")
_NO_ORDER = "NA"


def whole(value: Decimal) -> Decimal:
    """XPath's round(): half towards positive infinity."""
    return (value + _HALF).to_integral_value(ROUND_FLOOR)


def cents(value: Decimal) -> Decimal:
    """XPath's round() at the second place, as the rules write it: round(x * 100) div 100."""
    return whole(value * _HUNDRED) / _HUNDRED


def is_long(value: Decimal | None) -> bool:
    """More than two decimal places, zeros included."""
    if value is None:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent < -2


def plain(text: str | None) -> str:
    """XPath's normalize-space()."""
    return _BLANKS.sub(" ", text).strip(" ") if text else ""


class Means(NamedTuple):
    """One PaymentMeans: the writer makes one for each account (BG-17)."""

    place: str
    code: str
    reference: str
    account: CreditTransfer | None
    card: str
    mandate: str
    payer: str
    creditor: str = ""

    @property
    def has_mandate(self) -> bool:
        return bool(self.mandate or self.payer or self.creditor)


class Charge(NamedTuple):
    """BG-20, BG-21, BG-27, BG-28 with its place. `base` and `percentage` as they are written."""

    place: str
    given: AllowanceCharge
    of_document: bool
    base: Decimal | None
    percentage: Decimal | None


def _there(part: Address | Contact | None) -> bool:
    return part is not None and any(part.__dict__.values())


def identifier(given: Identifier | None) -> Identifier | None:
    """The identifier where it has a value."""
    return given if given is not None and given.value else None


class Facts:
    """One document, seen by the rules. Everything here is read only."""

    def __init__(self, document: Invoice, edition: Edition, *, written: bool) -> None:
        d = self.document = document
        rules = self.rules = edition.rules
        self.edition, self.written, self.older = edition, written, edition.older
        self.credit_note = d.document_type == "credit-note"
        self.seller, self.buyer, self.payee, self.representative = d.seller, d.buyer, d.payee, d.tax_representative
        self.totals = d.totals
        self.seller_address = d.seller.address if _there(d.seller.address) else None
        self.buyer_address = d.buyer.address if _there(d.buyer.address) else None
        self.seller_contact = d.seller.contact if _there(d.seller.contact) else None
        goes_to = d.delivery.address if d.delivery is not None else None
        self.delivery_address = goes_to if _there(goes_to) else None
        representative = d.tax_representative
        self.representative_address = (
            representative.address if representative is not None and _there(representative.address) else None
        )
        self.seller_vat, self.buyer_vat = d.seller.vat_identifier or "", d.buyer.vat_identifier or ""
        self.representative_vat = (representative.vat_identifier or "") if representative is not None else ""
        self.has_representative = representative is not None and bool(
            representative.name or self.representative_address or self.representative_vat
        )
        self.seller_legal = identifier(d.seller.legal_registration)
        self.buyer_legal = identifier(d.buyer.legal_registration)
        self.seller_country = self.seller_address.country if self.seller_address is not None else None
        self.buyer_country = self.buyer_address.country if self.buyer_address is not None else None
        self.german = self.seller_country == "DE" == self.buyer_country
        self.creditor = (d.payment.creditor_identifier or "") if d.payment is not None else ""
        self.order = d.order_reference or (_NO_ORDER if d.sales_order_reference and written else "")
        pair = written and rules in (RuleSet.PEPPOL, RuleSet.XRECHNUNG)
        self.charges = tuple(
            _charge(f"allowances_charges[{index}]", each, True, pair) for index, each in enumerate(d.allowances_charges)
        )
        self.line_charges = tuple(
            _charge(f"lines[{number}].allowances_charges[{index}]", each, False, pair)
            for number, line in enumerate(d.lines)
            if line.allowances_charges
            for index, each in enumerate(line.allowances_charges)
        )
        self.all_charges = self.charges + self.line_charges
        self.means = tuple(self.payment_means())

    def iban(self, means: Means) -> str:
        """BT-84 where an IBAN is looked for."""
        return means.account.account if means.account is not None else ""

    def codes(self, rule: str) -> frozenset[str]:
        """The codes that a rule allows, in the version of the lists that the rule set stands on."""
        return codes(rule, self.edition.lists)

    def raw_codes(self, rule: str) -> str:
        """The same as the rule has them, between blanks."""
        return raw(rule, self.edition.lists)

    @property
    def preceding(self) -> tuple[PrecedingInvoice, ...]:
        """BG-3 as far as it is written."""
        return self.document.preceding_invoices

    def payment_means(self) -> Iterator[Means]:
        """PaymentMeans as written."""
        return _means(self.document, self.credit_note)

    @property
    def supplier_country(self) -> str:
        """As Peppol finds it: the prefix of the seller's VAT number, else of the representative's, else the address."""
        return self.seller_vat[:2].upper() or self.representative_vat[:2].upper() or self.seller_country or "XX"

    @property
    def customer_country(self) -> str:
        return self.buyer_vat[:2].upper() or self.buyer_country or "XX"

    def identified(self) -> Iterator[tuple[str, Identifier]]:
        """PartyIdentification as written: of buyer and payee the first one, and BT-90 of whoever collects."""
        for index, each in enumerate(self.seller.identifiers):
            if each.value:
                yield f"seller.identifiers[{index}]", each
        if self.creditor and self.payee is None:
            yield "payment.creditor_identifier", Identifier.model_construct(value=self.creditor, scheme="SEPA")
        for role, party in (("buyer", self.buyer), ("payee", self.payee)):
            if party is not None and party.identifiers and party.identifiers[0].value:
                yield f"{role}.identifiers[0]", party.identifiers[0]
        if self.creditor and self.payee is not None:
            yield "payment.creditor_identifier", Identifier.model_construct(value=self.creditor, scheme="SEPA")

    def registered(self) -> Iterator[tuple[str, Identifier]]:
        """Legal registrations: BT-30, BT-47, BT-61."""
        for role, party in (("seller", self.seller), ("buyer", self.buyer), ("payee", self.payee)):
            found = identifier(party.legal_registration) if party is not None else None
            if found is not None:
                yield f"{role}.legal_registration", found

    def endpoints(self) -> Iterator[tuple[str, Identifier]]:
        """Electronic addresses: BT-34, BT-49."""
        for role, party in (("seller", self.seller), ("buyer", self.buyer)):
            found = identifier(party.endpoint)
            if found is not None:
                yield f"{role}.endpoint", found

    def vat_numbers(self) -> Iterator[tuple[str, str]]:
        """BT-31, BT-48, BT-63."""
        if self.seller_vat:
            yield "seller.vat_identifier", self.seller_vat
        if self.buyer_vat:
            yield "buyer.vat_identifier", self.buyer_vat
        if self.representative_vat:
            yield "tax_representative.vat_identifier", self.representative_vat

    def notes(self) -> list[str]:
        """BG-1 as UBL text, `#subject#text`; for Peppol one note, except between Germans."""
        given = [(each.subject_code, each.text) for each in self.document.notes if each.text]
        if len(given) > 1 and self.written and self.rules is RuleSet.PEPPOL and not self.german:
            codes = {code for code, _ in given}
            given = [(given[0][0] if len(codes) == 1 else None, "\n".join(words for _, words in given))]
        return [f"#{code}#{words}" if code else words for code, words in given]


def _charge(place: str, each: AllowanceCharge, of_document: bool, pair: bool) -> Charge:
    base, percentage = each.base_amount, each.percentage
    if pair and (base is None or percentage is None):
        base = percentage = None
    return Charge(place, each, of_document, base, percentage)


def _means(document: Invoice, credit_note: bool) -> Iterator[Means]:
    payment = document.payment
    if payment is None:
        return
    code, reference = payment.means_code or "", payment.remittance_information or ""
    card = payment.card_account or ""
    mandate, payer = payment.mandate or "", payment.debited_account or ""
    accounts = payment.credit_transfers
    first = accounts[0] if accounts else None
    account = first if first is not None and _filled(first) else None
    due = document.due_date if credit_note else None
    if code or reference or card or mandate or payer or account is not None or due is not None:
        yield Means("payment", code, reference, account, card, mandate, payer)
    for index, each in enumerate(accounts[1:], start=1):
        account = each if _filled(each) else None
        if code or reference or account is not None:
            yield Means(f"payment.credit_transfers[{index}]", code, reference, account, "", "", "")


def _filled(account: CreditTransfer) -> bool:
    return bool(account.account or account.account_name or account.service_provider)
