"""Lines and the summary of a FatturaPA: each amount in the group of its rate and natura.

Discounts and charges of the whole document are lines of their own (SC, AC), for FatturaPA has no others that change a
taxed base; a charge that is a social security fund's stands among the document's data.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2, 2.1.1.7, 2.2.1, 2.2.2; checks 00400 to 00430
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import AllowanceCharge, Invoice, Line
from stages.formats.fatturapa.codes import (
    BUYER_ITEM,
    CASSA,
    CATEGORIES,
    GTIN,
    NATURE,
    PREFIX,
    SELLER_ITEM,
    SPLIT,
    SPLIT_SCHEME,
    UNIT_WORDS,
    UNITS,
    USUAL_NATURE,
    ascii_only,
)
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)
_OWN = (NATURE, "Ritenuta", "TipoCessionePrestazione")
"""Item attributes that have a place of their own in a line."""


class Goods:
    """Section 2.2 of one document; `funds` is 2.1.1.7, which belongs to the same sums."""

    def __init__(self, document: Invoice, options: Options, fit: Fitting) -> None:
        self.document, self.options, self.fit = document, options, fit
        self.groups: dict[tuple[Decimal, str, str], Decimal] = {}
        """(rate, natura, category) -> taxed base."""
        self.split = self._split()
        """Categories whose VAT the buyer pays to the treasury (split payment)."""

    def _split(self) -> frozenset[str]:
        """Those of which all VAT is withheld as split payment: FatturaPA splits a rate's VAT whole or not at all."""
        document = self.document
        places_of = [n for n, each in enumerate(document.withholdings) if each.scheme == SPLIT_SCHEME]
        withheld = sum((document.withholdings[n].amount for n in places_of), ZERO)
        tax = {name: sum((r.tax_amount for r in document.vat_breakdown if r.category == name), ZERO) for name in "BS"}
        split = frozenset({SPLIT})
        if places_of and withheld != tax[SPLIT]:
            split = frozenset({SPLIT, "S"})
            if withheld != tax[SPLIT] + tax["S"]:
                told = "split payment withholds all VAT (EsigibilitaIVA S); what is for a part of it has VAT category B"
                self.fit.fault(f"withholdings[{places_of[0]}].amount", told, f"{withheld:f}", rule="split-payment")
                return frozenset({SPLIT})
        if "S" in split and document.tax_point_code == "432":
            self.fit.lost("tax_point_code", "VAT is split (EsigibilitaIVA S) or due when paid, not both")
        return split

    def split_tax(self) -> Decimal:
        """The VAT that the buyer pays to the treasury."""
        return sum((row.tax_amount for row in self.document.vat_breakdown if row.category in self.split), ZERO)

    def _nature(self, place: str, category: str, given: str | None = None) -> str:
        if category in ("S", SPLIT):
            if category != SPLIT and category in self.split:
                self.fit.changed(f"{place}.vat_category", "written as split payment (EsigibilitaIVA S)")
            return ""
        nature = given or self.options.get(f"natura_{category.lower()}") or USUAL_NATURE.get(category, "")
        if nature not in CATEGORIES or nature in ("N2", "N3", "N6"):
            told = f"VAT category {category} means several in Italy: set the option natura_{category.lower()}, or give "
            self.fit.fault(f"{place}.vat_category", f"{told}the item attribute {NATURE} (N1 to N7)", nature or category)
        elif CATEGORIES[nature] != category:
            self.fit.changed(f"{place}.vat_category", f"written as natura {nature}")
        return nature

    def _taxed(self, rate: Decimal | None, nature: str, category: str, amount: Decimal) -> str:
        rate = rate or ZERO
        key = (rate, nature, category)
        self.groups[key] = self.groups.get(key, ZERO) + amount
        return places(rate, 2, 2)

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
        nature = self._nature(place, each.vat_category or "")
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
            leaf("AliquotaIVA", self._taxed(each.vat_rate, nature, each.vat_category or "", amount)),
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
            nature = self._nature(f"allowances_charges[{index}]", each.vat_category or "", extras.get(f"{aside}Natura"))
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
                    leaf("AliquotaIVA", self._taxed(each.vat_rate, nature, each.vat_category or "", each.amount)),
                    leaf("Ritenuta", extras.get(f"{aside}Ritenuta")),
                    leaf("Natura", nature),
                    leaf("RiferimentoAmministrazione", extras.get(f"{aside}RiferimentoAmministrazione")),
                )
            )
        return "".join(parts)

    def _line(self, index: int, line: Line) -> str:
        fit, place = self.fit, f"lines[{index}]"
        own = {each.name: each.value for each in line.attributes if each.name in _OWN}
        nature = self._nature(place, line.vat_category, own.get(NATURE))
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
        account = fit.text(f"{place}.accounting_reference", line.accounting_reference, 20)
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
            leaf("AliquotaIVA", self._taxed(line.vat_rate, nature, line.vat_category, net)),
            leaf("Ritenuta", "SI" if own.get("Ritenuta") == "SI" else None),
            leaf("Natura", nature),
            leaf("RiferimentoAmministrazione", ascii_only(account)),
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

    def summary(self) -> str:
        """DatiRiepilogo: what the breakdown (BG-23) says, parted by natura."""
        document = self.document
        parts = []
        for index, row in enumerate(document.vat_breakdown):
            if row.exemption_reason and row.exemption_reason_code:
                place = f"vat_breakdown[{index}].exemption_reason_code"
                self.fit.changed(place, "the reason stands in words")
            if row.category == "S" and "S" in self.split:
                self.fit.changed(f"vat_breakdown[{index}].category", "written as split payment (EsigibilitaIVA S)")
            if row.category == "Z":
                self.fit.changed(f"vat_breakdown[{index}]", "Italy has no zero rate: written by its natura")
            mine = [(key, base) for key, base in self.groups.items() if _of(key, row.category, row.rate)]
            for number, ((rate, nature, category), base) in enumerate(mine):
                whole = len(mine) == 1
                off = row.taxable_amount - sum((each for _, each in mine), ZERO) if not number else ZERO
                law = document.extras.get(f"{PREFIX}RiferimentoNormativo.{category}", "")
                reason = row.exemption_reason or row.exemption_reason_code or law
                if not row.exemption_reason and nature:
                    reason = reason or f"Natura {nature}"
                parts.append(
                    branch(
                        "DatiRiepilogo",
                        leaf("AliquotaIVA", places(rate, 2, 2)),
                        leaf("Natura", nature),
                        leaf("ImponibileImporto", places(row.taxable_amount if whole else base + off, 2, 2)),
                        leaf("Imposta", places(row.tax_amount if whole else ZERO, 2, 2)),
                        leaf("EsigibilitaIVA", self._due(category)),
                        leaf("RiferimentoNormativo", self.fit.text("vat_breakdown", reason if nature else law, 100)),
                    )
                )
        return "".join(parts)

    def _due(self, category: str) -> str | None:
        """When the VAT is due: to the treasury by the buyer (split payment), when it is paid, or at once."""
        if category in self.split:
            return "S"
        if category != "S":
            return None
        if self.document.tax_point_code == "432":
            return "D"
        return self.document.extras.get(f"{PREFIX}EsigibilitaIVA") or None


def _fund(each: AllowanceCharge) -> bool:
    kind = (each.reason or "").removeprefix(CASSA)
    return each.charge and len(kind) == 4 and kind[:2] == "TC" and (each.reason or "").startswith(CASSA)


def _of(key: tuple[Decimal, str, str], category: str, rate: Decimal | None) -> bool:
    return key[2] == category and key[0] == (rate or ZERO)


def _discount(kind: str, amount: Decimal, most: int) -> str:
    return branch("ScontoMaggiorazione", leaf("Tipo", kind), leaf("Importo", places(amount, 2, most)))
