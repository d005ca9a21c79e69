"""Section 2.1 of a FatturaPA: what the document is, what is withheld, and what it refers to.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2, DatiGenerali; check 00425
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Invoice
from stages.formats.fatturapa.codes import PREFIX, SPLIT_SCHEME, TYPES, USUAL_TYPE, WRITTEN_TYPES, ascii_only
from stages.formats.fatturapa.goods import Goods
from stages.formats.fatturapa.parties import address
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)


class General:
    """Section 2.1 of one document; `goods` has the funds, which stand here and belong to its sums."""

    def __init__(self, document: Invoice, options: Options, fit: Fitting, goods: Goods) -> None:
        self.document, self.options, self.fit, self.goods = document, options, fit, goods

    def kept(self, name: str) -> str:
        return self.document.extras.get(PREFIX + name, "")

    def self_billed(self) -> bool:
        """The buyer wrote it for the seller (TD01 by CC); an integration (TD16 and later) is the buyer's own."""
        return self._type() == "TD01"

    def _type(self) -> str:
        document = self.document
        given = self.options.get("tipo_documento") or self.kept("TipoDocumento")
        if given in WRITTEN_TYPES and (TYPES[given] == document.type_code or self.options.get("tipo_documento")):
            return given
        return USUAL_TYPE.get(document.type_code) or ("TD04" if document.document_type == "credit-note" else "TD01")

    def written(self) -> str:
        document, fit = self.document, self.fit
        number = fit.whole("invoice_number", document.invoice_number, 20, "the number (BT-1) is missing")
        if number and not any(c.isdigit() for c in number):
            fit.fault("invoice_number", "a number has at least one digit (check 00425)", number, rule="00425")
        kind = self._type()
        if TYPES.get(kind) != document.type_code:
            fit.changed("type_code", f"written as {kind}")
        totals = document.totals
        self._paid()
        if document.tax_point_code not in (None, "432"):
            fit.lost("tax_point_code", "FatturaPA tells VAT due at once from VAT due when paid (432)")
        rounding = totals.rounding_amount or ZERO
        total = (totals.tax_inclusive or ZERO) + rounding
        return branch(
            "DatiGenerali",
            branch(
                "DatiGeneraliDocumento",
                leaf("TipoDocumento", kind),
                leaf("Divisa", document.currency),
                leaf("Data", document.issue_date),
                leaf("Numero", number),
                *self._withheld(),
                self._stamp(),
                self.goods.funds(),
                leaf("ImportoTotaleDocumento", places(total, 2, 2)),
                leaf("Arrotondamento", places(rounding, 2, 2) if rounding else None),
                *self._notes(),
                leaf("Art73", "SI" if self.kept("Art73") else None),
            ),
            *self._references(),
        )

    def _paid(self) -> None:
        """BT-113 has what the buyer pays to others than the seller: tax withheld, and all VAT of a split payment."""
        fit, paid = self.fit, self.document.totals.paid_amount or ZERO
        taxes = [each.amount for each in self.document.withholdings if each.scheme != SPLIT_SCHEME]
        kept = sum(taxes, self.goods.taxes.split_tax())
        if (paid - kept) * kept < 0:
            told = "the buyer pays tax withheld and split VAT to the treasury: BT-113 includes it, BT-115 does not"
            fit.fault("totals.paid_amount", f"{told}; at least {kept:f}", f"{paid:f}", rule="paid")
        elif paid != kept:
            fit.lost("totals.paid_amount", "FatturaPA says what is to be paid, not what was")
            fit.changed("totals.amount_due", "it stands as the payment's amount alone")

    def _withheld(self) -> list[str]:
        parts = []
        for index, each in enumerate(self.document.withholdings):
            if each.scheme == SPLIT_SCHEME:
                continue
            place = f"withholdings[{index}]"
            if each.scheme[:2] != "RT":
                fit = "FatturaPA knows what is withheld as RT01 to RT06"
                self.fit.fault(f"{place}.scheme", fit, each.scheme, rule="withholding")
            if each.rate is None or not each.reason:
                told = "FatturaPA writes what is withheld with its rate and the code of its reason (CausalePagamento)"
                self.fit.fault(f"{place}.{'rate' if each.rate is None else 'reason'}", told)
            if each.base_amount is not None:
                self.fit.lost(f"{place}.base_amount", "FatturaPA has no base of what is withheld")
            parts.append(
                branch(
                    "DatiRitenuta",
                    leaf("TipoRitenuta", each.scheme),
                    leaf("ImportoRitenuta", places(each.amount, 2, 2)),
                    leaf("AliquotaRitenuta", places(each.rate or ZERO, 2, 2)),
                    leaf("CausalePagamento", each.reason),
                )
            )
        return parts

    def _stamp(self) -> str:
        virtual, amount = self.kept("DatiBollo.BolloVirtuale"), self.kept("DatiBollo.ImportoBollo")
        return branch("DatiBollo", leaf("BolloVirtuale", virtual and "SI"), leaf("ImportoBollo", amount))

    def _notes(self) -> list[str]:
        parts = []
        for index, note in enumerate(self.document.notes):
            words = self.fit.text(f"notes[{index}].text", note.text, 5000)
            if note.subject_code:
                self.fit.lost(f"notes[{index}].subject_code", "a note without its subject")
            if len(words) > 200 or "\n" in note.text:
                self.fit.changed(f"notes[{index}].text", "parted into Causale of 200 characters")
            parts += [leaf("Causale", words[at : at + 200].strip()) for at in range(0, len(words), 200)]
        return parts

    def _references(self) -> list[str]:
        document, fit = self.document, self.fit
        public = ""
        for tag, field in (("CodiceCUP", "project_reference"), ("CodiceCIG", "tender_reference")):
            public += leaf(tag, fit.text(field, getattr(document, field), 15, letters=ascii_only))
        parts: list[str] = []
        for tag, field in (("DatiOrdineAcquisto", "order_reference"), ("DatiContratto", "contract_reference"),
                           ("DatiRicezione", "receiving_advice_reference")):  # fmt: skip
            number = fit.text(field, getattr(document, field), 20, letters=ascii_only)
            if number:
                items = self._items(number) if field == "order_reference" else []
                parts += items or [branch(tag, leaf("IdDocumento", number), public)]
                if items and public:
                    parts.append(branch(tag, leaf("IdDocumento", number), public))
                public = ""
        if not document.order_reference:
            for index, line in enumerate(document.lines):
                if line.order_line_reference:
                    fit.lost(f"lines[{index}].order_line_reference", "an order's line without its order (BT-13)")
        if public:
            for field in ("project_reference", "tender_reference"):
                if getattr(document, field):
                    fit.lost(field, "FatturaPA writes CUP and CIG with an order or contract (BT-13, BT-12)")
        for index, each in enumerate(document.preceding_invoices):
            number = fit.text(f"preceding_invoices[{index}].number", each.number, 20, letters=ascii_only)
            parts.append(branch("DatiFattureCollegate", leaf("IdDocumento", number), leaf("Data", each.issue_date)))
        return [*parts, self._delivery_note(), self._transport()]

    def _items(self, number: str) -> list[str]:
        parts = []
        for index, line in enumerate(self.document.lines):
            if line.order_line_reference:
                own = line.identifier if line.identifier.isascii() and line.identifier.isdigit() else str(index + 1)
                item = self.fit.text(
                    f"lines[{index}].order_line_reference", line.order_line_reference, 20, letters=ascii_only
                )
                reference = leaf("RiferimentoNumeroLinea", own) + leaf("IdDocumento", number) + leaf("NumItem", item)
                parts.append(branch("DatiOrdineAcquisto", reference))
        return parts

    def _delivery_note(self) -> str:
        document = self.document
        issued = self.kept("DataDDT")
        if document.despatch_advice_reference and not issued:
            if document.delivery is None or document.delivery.date is None:
                self.fit.lost("despatch_advice_reference", "FatturaPA wants a delivery note's date (BT-72)")
                return ""
            issued = document.delivery.date.isoformat()
            told = "the delivery note is given the day of delivery (DataDDT), for FatturaPA wants one"
            self.fit.changed("despatch_advice_reference", told)
        if not document.despatch_advice_reference:
            return ""
        number = self.fit.text("despatch_advice_reference", document.despatch_advice_reference, 20, letters=ascii_only)
        return branch("DatiDDT", leaf("NumeroDDT", number), leaf("DataDDT", issued))

    def _transport(self) -> str:
        delivery = self.document.delivery
        if delivery is None:
            return ""
        where = ""
        if delivery.address is not None:
            given = delivery.address
            if given.line_1 and given.city and given.country and (given.country != "IT" or given.post_code):
                where = address(self.fit, "delivery", given, "IndirizzoResa")
            else:
                self.fit.lost("delivery.address", "FatturaPA wants street, town and postal code")
        when = f"{delivery.date.isoformat()}T00:00:00" if delivery.date else None
        return branch("DatiTrasporto", where, leaf("DataOraConsegna", when))
