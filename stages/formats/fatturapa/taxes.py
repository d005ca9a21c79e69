"""The VAT of a FatturaPA: natura and split payment of each amount, and the summary by rate and natura.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2, 2.2.2; checks 00400 to 00430; d.P.R. 633/1972, art. 17-ter
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Invoice
from stages.formats.fatturapa.codes import CATEGORIES, NATURE, PREFIX, SPLIT, SPLIT_SCHEME, USUAL_NATURE
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)


class Taxes:
    """Section 2.2.2 of one document: what is `taxed` comes together in its groups."""

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

    def nature(self, place: str, category: str, given: str | None = None) -> str:
        """Why there is no VAT: as the line says, the options, or as is usual in the category; "" where there is."""
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

    def taxed(self, rate: Decimal | None, nature: str, category: str, amount: Decimal) -> str:
        rate = rate or ZERO
        key = (rate, nature, category)
        self.groups[key] = self.groups.get(key, ZERO) + amount
        return places(rate, 2, 2)

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


def _of(key: tuple[Decimal, str, str], category: str, rate: Decimal | None) -> bool:
    return key[2] == category and key[0] == (rate or ZERO)
