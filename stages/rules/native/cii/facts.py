"""A document as CII has it: what our CII writer puts where UBL has it otherwise.

Source   CEN/TS 16931-3-3; `stages/formats/cii/terms.py`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from schemas.documents import Period, PrecedingInvoice
from stages.rules.native.facts import Facts, Means

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z", re.ASCII)
"""What the writer calls an IBAN; any other account is a proprietary one."""


class CiiFacts(Facts):
    """Here `Means.account` is there exactly where PayeePartyCreditorFinancialAccount is, also with nothing in it.

    Rows of the categories `apart` meet a rule of their category first, and so none of those for all rows.
    """

    apart: tuple[str, ...] = ("L", "M", "O")

    @property
    def preceding(self) -> tuple[PrecedingInvoice, ...]:
        """Of BG-3 the schema of D16B takes one."""
        given = self.document.preceding_invoices
        return given[:1] if self.written else given

    @property
    def has_totals(self) -> bool:
        """Whether the sums have an element at all."""
        return any(value is not None for value in self.totals.__dict__.values())

    @property
    def has_payee(self) -> bool:
        """Whether the payee has an element: with a name, its first identifier, or a legal registration."""
        given = self.payee
        if given is None:
            return False
        first, legal = given.identifiers[:1], given.legal_registration
        return bool(given.name or (first and first[0].value) or (legal is not None and legal.value))

    def says_delivery(self) -> bool:
        """Whether anything stands in ApplicableHeaderTradeDelivery."""
        d, delivery = self.document, self.document.delivery
        if d.despatch_advice_reference or d.receiving_advice_reference or self.delivery_address is not None:
            return True
        location = delivery.location if delivery is not None else None
        return delivery is not None and bool(
            delivery.date or delivery.name or (location is not None and location.value)
        )

    def payment_means(self) -> Iterator[Means]:
        """One for each account, and one without any; mandate and creditor stand outside of them, for all."""
        payment = self.document.payment
        if payment is None:
            return
        code, card, payer = payment.means_code or "", payment.card_account or "", payment.debited_account or ""
        outside = payment.mandate or "", payment.creditor_identifier or ""
        accounts = payment.credit_transfers or (None,)
        for index, account in enumerate(accounts):
            place = f"payment.credit_transfers[{index}]" if index else "payment"
            of_first = ("", "") if index else (card, payer)
            yield Means(place, code, "", account, of_first[0], outside[0], of_first[1], outside[1])

    def nearly(self, given: Decimal, computed: Decimal) -> bool:
        """Less than one apart, in binary floating point."""
        return float(given) - 1 < float(computed) < float(given) + 1

    def periods(self) -> list[Period | None]:
        """The document's, and that of each line."""
        return [self.document.period, *(line.period for line in self.document.lines)]

    def iban(self, means: Means) -> str:
        """IBANID of the creditor's account."""
        account = super().iban(means)
        return account if not self.written or _IBAN.match(account.replace(" ", "")) else ""
