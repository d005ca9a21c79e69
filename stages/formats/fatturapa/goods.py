"""Lines of a FatturaPA: each amount goes to the group of its rate and natura (`taxes.py`).

Discounts and charges of the whole document are lines of their own (SC, AC), for FatturaPA has no others that change a
taxed base; a charge that is a social security fund's stands among the document's data.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2, 2.1.1.7, 2.2.1; checks 00400 to 00430
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import AllowanceCharge, Invoice, Line
from stages.formats.fatturapa.codes import (
    BUYER_ITEM,
    CASSA,
    GTIN,
    NATURE,
    PREFIX,
    SELLER_ITEM,
    UNIT_WORDS,
    UNITS,
    ascii_only,
)
from stages.formats.fatturapa.taxes import Taxes
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)
_OWN = (NATURE, "Ritenuta", "TipoCessionePrestazione")
"""Item attributes that have a place of their own in a line."""


class Goods:
    """Section 2.2.1 of one document; `funds` is 2.1.1.7, which belongs to the same sums."""

    def __init__(self, document: Invoice, fit: Fitting, taxes: Taxes) -> None:
        self.document, self.fit, self.taxes = document, fit, taxes

    def lines(self) -> str:
        document = self.document
        parts = [self._line(index, line) for index, line in enumerate(document.lines)]
        used = {line.identifier for line in document.lines}
        number = max((int(each) for each in used if each.isascii() and each.isdigit()), default=0)
        number = max(number, len(document.lines))
        for index, each in enumerate(document.allowances_charges):
            if not _fund(each):
                number += 1
                parts.append(self._level(number, index, each))
        if number > 9999:
            self.fit.fault("lines", "FatturaPA has at most 9999 lines", str(number), rule="length")
        return "".join(parts)

    def _level(self, number: int, index: int, each: AllowanceCharge) -> str:
        place = f"allowances_charges[{index}]"
        nature = self.taxes.nature(place, each.vat_category or "")
        amount = each.amount if each.charge else -each.amount
        for name in ("percentage", "base_amount", "reason_code"):
            if getattr(each, name):
                self.fit.changed(f"{place}.{name}", "it is written as a line with its amount and reason")
        reason = self.fit.reason(place, each.reason, "Spesa accessoria" if each.charge else "Sconto")
        return branch(
            "DettaglioLinee",
            leaf("NumeroLinea", str(number)),
            leaf("TipoCessionePrestazione", "AC" if each.charge else "SC"),
            leaf("Descrizione", self.fit.text(f"{place}.reason", reason, 1000)),
            leaf("PrezzoUnitario", places(amount, 2, 2)),
            leaf("PrezzoTotale", places(amount, 2, 2)),
            leaf("AliquotaIVA", self.taxes.taxed(each.vat_rate, nature, each.vat_category or "", amount)),
            leaf("Natura", nature),
        )

    def funds(self) -> str:
        parts = []
        for index, each in enumerate(self.document.allowances_charges):
            if not _fund(each):
                continue
            kind = (each.reason or "").removeprefix(CASSA)
            aside = f"{PREFIX}cassa.{kind}."
            extras = self.document.extras
            nature = self.taxes.nature(
                f"allowances_charges[{index}]", each.vat_category or "", extras.get(f"{aside}Natura")
            )
            if each.percentage is None:
                self.fit.fault(f"allowances_charges[{index}].percentage", "a fund's contribution has its rate")
            base = each.base_amount
            parts.append(
                branch(
                    "DatiCassaPrevidenziale",
                    leaf("TipoCassa", kind),
                    leaf("AlCassa", places(each.percentage or ZERO, 2, 2)),
                    leaf("ImportoContributoCassa", places(each.amount, 2, 2)),
                    leaf("ImponibileCassa", None if base is None else places(base, 2, 2)),
                    leaf("AliquotaIVA", self.taxes.taxed(each.vat_rate, nature, each.vat_category or "", each.amount)),
                    leaf("Ritenuta", extras.get(f"{aside}Ritenuta")),
                    leaf("Natura", nature),
                    leaf("RiferimentoAmministrazione", extras.get(f"{aside}RiferimentoAmministrazione")),
                )
            )
        return "".join(parts)

    def _line(self, index: int, line: Line) -> str:
        fit, place = self.fit, f"lines[{index}]"
        own = {each.name: each.value for each in line.attributes if each.name in _OWN}
        nature = self.taxes.nature(place, line.vat_category, own.get(NATURE))
        net = line.net_amount or ZERO
        quantity, gross, discount = self._price(place, line)
        words = "\n".join(each for each in (line.name, line.description, line.note) if each)
        for name in ("description", "note"):
            if getattr(line, name):
                fit.changed(f"{place}.{name}", "stands with the item's name")
                fit.changed(f"{place}.name", "the item's description and note stand with it")
        number = line.identifier if line.identifier.isascii() and line.identifier.isdigit() else str(index + 1)
        if number != line.identifier:
            fit.changed(f"{place}.identifier", "a line's number is a number; its place is written")
        unit = UNIT_WORDS.get(line.unit, "" if line.unit == "C62" else line.unit)
        if (unit and UNITS.get(unit.upper(), unit) != line.unit) or len(unit) > 10:
            fit.changed(f"{place}.unit", "written in the words of Italian systems")
        period = line.period
        account = fit.text(f"{place}.accounting_reference", line.accounting_reference, 20, letters=ascii_only)
        return branch(
            "DettaglioLinee",
            leaf("NumeroLinea", number),
            leaf("TipoCessionePrestazione", own.get("TipoCessionePrestazione")),
            *self._codes(place, line),
            leaf("Descrizione", fit.text(f"{place}.name", words, 1000)),
            leaf("Quantita", fit.number(f"{place}.quantity", quantity, 2, 8)),
            leaf("UnitaMisura", ascii_only(unit)[:10]),
            leaf("DataInizioPeriodo", period.start if period else None),
            leaf("DataFinePeriodo", period.end if period else None),
            leaf("PrezzoUnitario", fit.number(f"{place}.net_price", gross, 2, 8)),
            discount,
            leaf("PrezzoTotale", places(net, 2, 8)),
            leaf("AliquotaIVA", self.taxes.taxed(line.vat_rate, nature, line.vat_category, net)),
            leaf("Ritenuta", "SI" if own.get("Ritenuta") == "SI" else None),
            leaf("Natura", nature),
            leaf("RiferimentoAmministrazione", account),
            *self._other(place, line),
        )

    def _price(self, place: str, line: Line) -> tuple[Decimal, Decimal, str]:
        """Quantity above zero, unit price, and what is taken off each unit: discounts of the price, and of the line."""
        quantity, price = line.quantity, line.net_price
        if line.base_quantity is not None and line.base_quantity != 1:
            price = price / line.base_quantity
            for name in ("net_price", "gross_price", "price_discount", "base_quantity"):
                self.fit.changed(f"{place}.{name}", "the price is written for one unit")
        off = ZERO
        if (
            line.gross_price is not None
            and line.price_discount
            and line.gross_price - line.price_discount == line.net_price
        ):
            off = line.gross_price - line.net_price
            off = off / (line.base_quantity or 1)
        gross = price + off
        sign = -1 if quantity < 0 else 1
        parts = []
        if off:
            parts.append(_discount("SC", off * sign, 8))
        if line.allowances_charges:
            self.fit.changed(f"{place}.allowances_charges", "written as discounts of the unit price")
            for name in ("net_price", "gross_price", "price_discount"):
                self.fit.changed(f"{place}.{name}", "the line's discounts and charges are of its price")
            for each in line.allowances_charges:
                unit = each.amount / abs(quantity) if quantity else each.amount
                parts.append(_discount("MG" if each.charge else "SC", unit, 8))
        return abs(quantity), gross * sign, "".join(parts)

    def _codes(self, place: str, line: Line) -> list[str]:
        codes = [
            ("seller_item_id", SELLER_ITEM, line.seller_item_id),
            ("buyer_item_id", BUYER_ITEM, line.buyer_item_id),
        ]
        standard = line.standard_item_id
        if standard is not None:
            kind = GTIN if standard.scheme == "0160" else f"ICD {standard.scheme or ''}".strip()
            codes.append(("standard_item_id", kind, standard.value))
            if standard.scheme != "0160":
                self.fit.changed(f"{place}.standard_item_id", "written as a code of its scheme's name")
        for number, each in enumerate(line.classifications):
            self.fit.changed(f"{place}.classifications[{number}]", "written as an item's code")
            codes.append((f"classifications[{number}]", each.scheme or "classificazione", each.value))
        return [
            branch(
                "CodiceArticolo",
                leaf("CodiceTipo", ascii_only(kind)[:35]),
                leaf("CodiceValore", self.fit.text(f"{place}.{field}", code, 35)),
            )
            for field, kind, code in codes
            if code
        ]

    def _other(self, place: str, line: Line) -> list[str]:
        parts = []
        for number, each in enumerate(line.attributes):
            if each.name in _OWN:
                continue
            kind = ascii_only(each.name)
            if len(kind) > 10 or kind != each.name:
                self.fit.changed(f"{place}.attributes[{number}].name", "cut to 10 characters")
            value = self.fit.text(f"{place}.attributes[{number}].value", each.value, 60)
            parts.append(branch("AltriDatiGestionali", leaf("TipoDato", kind[:10]), leaf("RiferimentoTesto", value)))
        return parts


def _fund(each: AllowanceCharge) -> bool:
    kind = (each.reason or "").removeprefix(CASSA)
    return each.charge and len(kind) == 4 and kind[:2] == "TC" and (each.reason or "").startswith(CASSA)


def _discount(kind: str, amount: Decimal, most: int) -> str:
    return branch("ScontoMaggiorazione", leaf("Tipo", kind), leaf("Importo", places(amount, 2, most)))
