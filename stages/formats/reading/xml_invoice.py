"""What the readers of UBL and CII invoices do after their table has been walked.

Source: EN 16931-1 (BT-5, BT-6, BT-110, BT-111)
"""

from __future__ import annotations

from lxml import etree

from schemas.documents import Invoice
from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import complete
from stages.formats.reading.xml_walk import Data, Node, Syntax, Walk

_TRANSFERS = frozenset({"30", "58"})
"""Means of payment (UNTDID 4461): credit transfer, and that of SEPA."""


class InvoiceWalk(Walk):
    """A walk over one invoice. `lineless` are the specifications (BT-24) that have no lines."""

    lineless: frozenset[str] = frozenset()

    def __init__(self, root: etree._Element, line: int, syntax: Syntax) -> None:
        super().__init__(root, line, syntax)
        self.tax_totals: list[etree._Element] = []
        self.other_means: set[str] = set()
        """Codes (BT-81) of the ways to pay that are kept aside."""

    def tax_total(self, element: etree._Element) -> None:
        """BT-110 or BT-111: which, is known when all currencies are."""
        self.tax_totals.append(element)

    def document(self, node: Node, profile: ExtractionProfile | None) -> Invoice:
        """The invoice. Raises Unfit."""
        data = self.data
        self.run(node, data, self.root)
        self.settle(data)
        self._taxes(data)
        self.foreign(data)
        self._names(data)
        if self.extras:
            data["extras"] = self.extras
        return complete(
            data, self.locate, profile.constants if profile else None, ("vat_category", "unit"),
            lineless=data.get("specification") in self.lineless,
        )  # fmt: skip

    def another_payment(self, payment: Data, code: str | None, element: etree._Element) -> bool:
        """Whether this is another way to pay than the one that is held (BG-16): it is kept aside as a whole, for its
        mandate or card would say something else beside the code of the first. Transfers are one way by either code."""
        said, held = (code or "").strip(), payment.get("means_code")
        if not said or not held or said == held or {said, held} <= _TRANSFERS:
            return False
        self.other_means.add(said)
        self.unknown(element, "payment", "a second way to pay; a document holds one (BG-16)")
        return True

    def settle(self, data: Data) -> None:
        """What the syntax wants done before the document is built."""

    def _taxes(self, data: Data) -> None:
        """BT-110 in the invoice's currency, BT-111 in the accounting currency (BT-6)."""
        for element in self.tax_totals:
            code = element.get("currencyID") or data.get("currency")
            accounting = code == data.get("accounting_currency") != data.get("currency")
            field = "tax_amount_accounting" if accounting else "tax_amount"
            if not accounting:
                self.currency(element)
            self.put(data.setdefault("totals", {}), field, element.text, element)

    def _names(self, data: Data) -> None:
        for role in ("seller", "buyer"):
            party = data.get(role)
            if isinstance(party, dict) and "name" not in party and "trading_name" in party:
                party["name"] = party.pop("trading_name")
                element = self.where.pop((id(party), "trading_name"))
                self.where[id(party), "name"] = element
                message = "no registered name is given; the trading name is taken for it"
                self.warnings.add(f"{self.syntax.name}-name", message, self.place(element))
