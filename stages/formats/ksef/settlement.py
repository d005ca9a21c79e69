"""What of an FA(3) is left to be paid, and how.

Source: Ministerstwo Finansów, FA(3) 1-0E, Rozliczenie, Platnosc
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from schemas.documents import Invoice
from stages.formats.ksef.codes import MEANS, MEANS_CODES, PREFIX
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)


class Settlement:
    """`money` writes an amount in the document's sign; `turned`: a credit note's is."""

    def __init__(self, document: Invoice, fit: Fitting, money: Callable[[Decimal], str], *, turned: bool) -> None:
        self.document, self.fit, self.money, self.turned = document, fit, money, turned

    def due(self) -> str:
        """Rozliczenie: from the whole amount to what is to be paid."""
        document, totals = self.document, self.document.totals
        whole, due = totals.tax_inclusive or ZERO, totals.amount_due or ZERO
        if whole == due or self._paid_on():
            return ""
        paid, rounding = totals.paid_amount or ZERO, totals.rounding_amount or ZERO
        added = [(rounding, "Zaokrąglenie")] if rounding > 0 else []
        taken = [(-rounding, "Zaokrąglenie")] if rounding < 0 else []
        (taken if paid > 0 else added).append((abs(paid), "Kwota zapłacona" if paid > 0 else "Kwota doliczona"))
        if rounding:
            self.fit.changed("totals.rounding_amount", "it is one of the amounts between the whole and what is due")
            self.fit.changed("totals.paid_amount", "it is one of the amounts between the whole and what is due")
        if document.withholdings:
            self.fit.changed("withholdings", "it is one of the amounts between the whole and what is due")
        parts = []
        for item, total, rows in (("Obciazenia", "SumaObciazen", added), ("Odliczenia", "SumaOdliczen", taken)):
            rows = [(amount, why) for amount, why in rows if amount]
            parts += [branch(item, leaf("Kwota", self.money(amount)), leaf("Powod", why)) for amount, why in rows]
            parts.append(leaf(total, self.money(sum((a for a, _ in rows), ZERO)) if rows else None))
        sign = due if not self.turned else -due
        # what is negative is settled, not paid
        return branch(
            "Rozliczenie", *parts, leaf("DoZaplaty" if sign >= 0 else "DoRozliczenia", places(abs(sign), 2, 2))
        )

    def _paid_on(self) -> str:
        """The day on which all was paid, where that is known."""
        totals = self.document.totals
        whole = totals.paid_amount is not None and totals.paid_amount == totals.tax_inclusive
        return self.document.extras.get(f"{PREFIX}DataZaplaty", "") if whole else ""

    def payment(self) -> str:
        document, fit, payment = self.document, self.fit, self.document.payment
        paid = self._paid_on()
        parts = [leaf("Zaplacono", "1") + leaf("DataZaplaty", paid)] if paid else []
        parts.append(branch("TerminPlatnosci", leaf("Termin", document.due_date)))
        if payment is not None:
            code = MEANS_CODES.get(payment.means_code)
            if code and not (payment.means_text and payment.means_code == "1"):
                if MEANS[code] != payment.means_code:
                    fit.changed("payment.means_code", f"written as FormaPlatnosci {code}")
                if payment.means_text:
                    fit.lost("payment.means_text", "FormaPlatnosci has no text")
                parts.append(leaf("FormaPlatnosci", code))
            else:
                words = payment.means_text or f"UNTDID 4461: {payment.means_code}"
                if payment.means_code != "1" or not payment.means_text:
                    fit.changed("payment.means_code", "written in words")
                    fit.changed("payment.means_text", "written in words")
                described = fit.text("payment.means_text", words, 256)
                parts.append(leaf("PlatnoscInna", "1") + leaf("OpisPlatnosci", described))
            parts += [self._account(index) for index in range(len(payment.credit_transfers))]
        return branch("Platnosc", *parts)

    def _account(self, index: int) -> str:
        assert self.document.payment is not None
        each = self.document.payment.credit_transfers[index]
        place = f"payment.credit_transfers[{index}]"
        number = "".join(each.account.split()).upper()
        if number.startswith("PL") and len(number) == 28:
            number = number[2:]
        if not 10 <= len(number) <= 34:
            self.fit.lost(place, "an account has 10 to 34 characters")
            return ""
        code = (each.service_provider or "").upper()
        swift = code if re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", code) else ""
        if code and not swift:
            self.fit.lost(f"{place}.service_provider", "no SWIFT code")
        name = self.fit.text(f"{place}.account_name", each.account_name, 256)
        return branch("RachunekBankowy", leaf("NrRB", number), leaf("SWIFT", swift), leaf("OpisRachunku", name))
