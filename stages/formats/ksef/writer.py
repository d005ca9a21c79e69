"""Write the canonical invoice as FA(3), the structured invoice that KSeF takes.

Bytes are UTF-8 and the same for the same document: DataWytworzeniaFa is the invoice's own day unless the options say
when it was made. `losses` names what stays behind or is changed; what the law wants and the document lacks is refused.

Source: Ministerstwo Finansów, FA(3) 1-0E, schemat_FA(3)_v1-0E.xsd; ustawa o VAT, art. 106e, 106j
"""

from __future__ import annotations

import re
from decimal import Decimal

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.ksef.codes import FA3, PREFIX
from stages.formats.ksef.goods import Goods
from stages.formats.ksef.options import NUMBER
from stages.formats.ksef.parties import buyer, seller
from stages.formats.ksef.settlement import Settlement
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.losses import left_out
from stages.formats.writing.plain_xml import branch, leaf
from stages.formats.writing.xml_text import checked

ZERO = Decimal(0)
_FIRST_DAY = "2025-09-01"
"""The first DataWytworzeniaFa that the schema takes."""
_DESCRIBED = re.compile(r"([^:\n]{1,100}): ([^\n]{1,256})\Z")
_PARTY = ("name", "vat_identifier", "address.line_1", "address.line_2", "address.line_3", "address.city",
          "address.post_code", "address.subdivision", "address.country", "contact")  # fmt: skip
_CARRIED = frozenset(
    """invoice_number issue_date type_code currency accounting_currency tax_point_code due_date contract_reference
    order_reference despatch_advice_reference notes[].text preceding_invoices[].number preceding_invoices[].issue_date
    period delivery.date payment.means_code payment.means_text payment.credit_transfers payment_terms
    allowances_charges totals.line_total totals.allowance_total totals.charge_total totals.tax_exclusive
    totals.tax_amount totals.tax_amount_accounting totals.tax_inclusive totals.paid_amount totals.rounding_amount
    totals.amount_due vat_breakdown buyer.erp_id lines[].identifier lines[].quantity lines[].unit lines[].net_amount
    lines[].allowances_charges lines[].net_price lines[].base_quantity lines[].vat_category lines[].vat_rate
    lines[].name lines[].description lines[].note lines[].seller_item_id lines[].standard_item_id
    lines[].attributes""".split()
) | {f"{role}.{path}" for role in ("seller", "buyer") for path in _PARTY}
_EXTRAS = """RodzajFaktury JST GV P_1M P_18A P_19A P_19B P_19C P_23 PrzyczynaKorekty TypKorekty
    NrKSeFFaKorygowanej DataZaplaty KRS REGON BDO DataWytworzeniaFa SystemInfo Odliczenia Obciazenia
    TP FP""".split()


def write(document: Invoice, options: Options) -> bytes:
    """FA(3) of a completed document. Raises DocumentInvalid (permanent) naming every field that is missing."""
    writer = _Writer(document, options)
    text = writer.invoice()
    writer.fit.stop("FA(3)")
    return checked(text, document)


def losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    """Every field with content that is left out or changed."""
    writer = _Writer(document, options)
    writer.invoice()
    return left_out(document, _CARRIED, _EXTRAS, writer.fit)


class _Writer:
    def __init__(self, document: Invoice, options: Options) -> None:
        self.document, self.options = document, options
        self.fit = Fitting("ksef")
        self.credit = document.document_type == "credit-note"
        self.correction = self.credit or document.type_code in ("383", "384")
        self.goods = Goods(document, self.fit, sign=-1 if self.credit else 1)
        self.settlement = Settlement(document, self.fit, self.goods.money, turned=self.credit)

    def kept(self, name: str) -> str:
        return self.document.extras.get(PREFIX + name, "")

    def invoice(self) -> str:
        document, fit = self.document, self.fit
        made = self.options.get("created") or f"{max(document.issue_date.isoformat(), _FIRST_DAY)}T00:00:00Z"
        lines = self.goods.lines()
        return "".join(
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n',
                f'<Faktura xmlns="{FA3}"><Naglowek>',
                '<KodFormularza kodSystemowy="FA (3)" wersjaSchemy="1-0E">FA</KodFormularza>',
                leaf("WariantFormularza", "3"),
                leaf("DataWytworzeniaFa", made),
                leaf("SystemInfo", "Entrega"),
                "</Naglowek>",
                seller(fit, document),
                buyer(fit, document, self.options),
                branch("Fa", self._head(), self._annotations(), self._kind(), self._described(), lines,
                       self.settlement.due(), self.settlement.payment(), self._terms()),
                self._foot(),
                "</Faktura>\n",
            )
        )  # fmt: skip

    def _head(self) -> str:
        document, fit = self.document, self.fit
        number = fit.whole("invoice_number", document.invoice_number, 256, "the number (BT-1) is missing")
        period, when = document.period, ""
        if period is not None and period.start and period.end:
            when = branch("OkresFa", leaf("P_6_Od", period.start), leaf("P_6_Do", period.end))
            if document.delivery is not None and document.delivery.date:
                fit.lost("delivery.date", "FA(3) has a day or a period, not both")
        elif document.delivery is not None and document.delivery.date:
            when = leaf("P_6", document.delivery.date)
        if period is not None and not (period.start and period.end):
            fit.lost("period", "a period with one end only")
        return "".join(
            (
                leaf("KodWaluty", document.currency),
                leaf("P_1", document.issue_date),
                leaf("P_1M", fit.text("extras.ksef.P_1M", self.kept("P_1M"), 256)),
                leaf("P_2", number),
                leaf("WZ", fit.text("despatch_advice_reference", document.despatch_advice_reference, 256)),
                when,
                self.goods.sums(),
                leaf("P_15", self.goods.money(document.totals.tax_inclusive or ZERO)),
            )
        )

    def _annotations(self) -> str:
        document = self.document
        if document.tax_point_code not in (None, "432"):
            self.fit.lost("tax_point_code", "FA(3) tells only VAT that is due when paid (432, cash method)")
        reverse = any(row.category == "AE" for row in document.vat_breakdown)
        split = self.options.get("split_payment") or self.kept("P_18A") or "2"
        return branch(
            "Adnotacje",
            leaf("P_16", "1" if document.tax_point_code == "432" else "2"),
            leaf("P_17", "1" if document.type_code == "389" else "2"),
            leaf("P_18", "1" if reverse else "2"),
            leaf("P_18A", split),
            branch("Zwolnienie", self._exemption()),
            branch("NoweSrodkiTransportu", leaf("P_22N", "1")),
            leaf("P_23", self.kept("P_23") or "2"),
            branch("PMarzy", leaf("P_PMarzyN", "1")),
        )

    def _exemption(self) -> str:
        """P_19 and by which law: the Polish one (A), the directive (B), another (C)."""
        exempt = next(((n, row) for n, row in enumerate(self.document.vat_breakdown) if row.category == "E"), None)
        if exempt is None:
            return leaf("P_19N", "1")
        index, row = exempt
        reason = row.exemption_reason or row.exemption_reason_code or ""
        if not reason:
            told = "FA(3) says by which law there is no VAT: give the exemption reason (BT-120)"
            self.fit.fault(f"vat_breakdown[{index}].exemption_reason", told)
        if row.exemption_reason and row.exemption_reason_code:
            place = f"vat_breakdown[{index}].exemption_reason_code"
            self.fit.changed(place, "the reason stands in words")
        kept = next((part for part in "ABC" if self.kept(f"P_19{part}")), "")
        low = reason.lower()
        directive = "2006/112" in low or "dyrektyw" in low or low.startswith("vatex-eu")
        part = kept or ("B" if directive else "A" if "ustaw" in low else "C")
        return leaf("P_19", "1") + leaf(f"P_19{part}", self.fit.text("vat_breakdown", reason, 256))

    def _kind(self) -> str:
        document, fit = self.document, self.fit
        given = self.kept("RodzajFaktury")
        if not self.correction:
            for index in range(len(document.preceding_invoices)):
                fit.lost(f"preceding_invoices[{index}]", "FA(3) names other invoices in corrections alone")
            usual = "ZAL" if document.type_code == "386" else given if given in ("ROZ", "UPR") else "VAT"
            if document.type_code not in ("380", "386", "389"):
                fit.changed("type_code", f"written as {usual}")
            return leaf("RodzajFaktury", usual)
        if document.type_code not in ("381", "384"):
            fit.changed("type_code", "written as a correction (KOR)")
        elif (document.totals.tax_inclusive or ZERO) < 0:
            told = "FA(3) tells a credit note from another correction by the sign of its amounts"
            fit.changed("type_code", told)
        kind = given if given in ("KOR", "KOR_ZAL", "KOR_ROZ") else "KOR"
        number = self.options.get("corrected_ksef_number") or self.kept("NrKSeFFaKorygowanej")
        if not document.preceding_invoices:
            fit.fault("preceding_invoices", "a correction names what it corrects: number and date (BT-25, BT-26)")
        if number != "none" and not re.fullmatch(NUMBER, number):
            told = "a correction names the KSeF number of what it corrects: set the option corrected_ksef_number, or "
            fit.fault(
                "options.corrected_ksef_number", f"{told}`none` where that was issued outside KSeF", number or None
            )
        parts = []
        for index, each in enumerate(document.preceding_invoices):
            if each.issue_date is None:
                told = "a correction names the date of what it corrects (BT-26)"
                fit.fault(f"preceding_invoices[{index}].issue_date", told)
            known = leaf("NrKSeF", "1") + leaf("NrKSeFFaKorygowanej", number)
            parts.append(
                branch(
                    "DaneFaKorygowanej",
                    leaf("DataWystFaKorygowanej", each.issue_date),
                    leaf("NrFaKorygowanej", fit.text(f"preceding_invoices[{index}].number", each.number, 256)),
                    known if number != "none" else leaf("NrKSeFN", "1"),
                )
            )
        reason = self.options.get("correction_reason") or self.kept("PrzyczynaKorekty")
        effect = self.options.get("correction_type") or self.kept("TypKorekty")
        return "".join(
            (
                leaf("RodzajFaktury", kind),
                leaf("PrzyczynaKorekty", fit.text("options.correction_reason", reason, 256)),
                leaf("TypKorekty", effect if effect in ("1", "2", "3") else None),
                *parts,
            )
        )

    def _described(self) -> str:
        """FP and TP, and notes of the form `key: value`, as KSeF has them."""
        parts = [leaf(name, "1" if self.kept(name) == "1" else None) for name in ("FP", "TP")]
        for each in self.document.notes:
            found = _DESCRIBED.match(each.text)
            if found:
                parts.append(branch("DodatkowyOpis", leaf("Klucz", found[1]), leaf("Wartosc", found[2])))
        return "".join(parts)

    def _terms(self) -> str:
        document, fit = self.document, self.fit
        if document.payment_terms:
            fit.changed("payment_terms", "FA(3) has terms as counted days only; they stand in the footer")
        contract = leaf("NrUmowy", fit.text("contract_reference", document.contract_reference, 256))
        order = leaf("NrZamowienia", fit.text("order_reference", document.order_reference, 256))
        return branch("WarunkiTransakcji", branch("Umowy", contract), branch("Zamowienia", order))

    def _foot(self) -> str:
        document, fit = self.document, self.fit
        words = []
        for index, each in enumerate(document.notes):
            if each.subject_code:
                fit.lost(f"notes[{index}].subject_code", "a note without its subject")
            if not _DESCRIBED.match(each.text):
                words.append((f"notes[{index}].text", each.text))
        words += [("payment_terms", document.payment_terms)] if document.payment_terms else []
        if len(words) > 3:
            fit.changed("notes", "FA(3) has three texts in its footer: they stand in one")
            words = [("notes", "\n".join(text for _, text in words))]
        texts = [leaf("StopkaFaktury", fit.text(place, text, 3500, lines=True)) for place, text in words]
        known = [leaf(name, self.kept(name)) for name in ("KRS", "REGON", "BDO")]
        return branch("Stopka", *(branch("Informacje", each) for each in texts), branch("Rejestry", *known))
