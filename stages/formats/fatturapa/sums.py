"""What FatturaPA's taxes, discounts, sums and payments say in the words of EN 16931.

Natura becomes a VAT category, and stays with its line where the category does not tell it. EsigibilitaIVA S (split
payment) is category B, its VAT withheld by the buyer; ritenuta d'acconto is withheld too: both count as paid (BT-113),
so that BT-115 is what the buyer pays. A line's discounts are of its price. A line that is itself a discount (SC, PR,
AB) or an accessory cost (AC), social security funds and SpeseAccessorie are allowances and charges of the document.
ScontoMaggiorazione of the document changes no taxed base in FatturaPA: it is kept aside, and told.

Source: Agenzia delle Entrate, Specifiche tecniche, 2.2.1.9 to 2.2.1.11, 2.2.2, and the checks 00421 to 00423
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lxml import etree

from stages.formats.fatturapa.actions import attribute
from stages.formats.fatturapa.codes import (
    CASSA,
    CATEGORIES,
    MEANS,
    NATURE,
    PREFIX,
    SPLIT,
    SPLIT_SCHEME,
    UNITS,
    USUAL_NATURE,
)
from stages.formats.fatturapa.terms import INSTALMENT_ASIDE
from stages.formats.fatturapa.walk import Walk
from stages.formats.reading.completing import decimal
from stages.formats.reading.xml_walk import Data, said

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_OF_DOCUMENT = {"SC": False, "PR": False, "AB": False, "AC": True}


def settle_sums(walk: Walk, data: Data) -> None:
    summary = walk.waiting(data, "summary")
    split = {decimal(said(row, "AliquotaIVA")) for row in summary if said(row, "EsigibilitaIVA") == "S"}
    for line in data.get("lines", []):
        _line(walk, line, split)
    _document_lines(walk, data)
    _charges(walk, data, summary, split)
    _breakdown(walk, data, summary, split)
    _withheld(walk, data, summary)
    _totals(walk, data)
    _payment(walk, data)


def _category(walk: Walk, rate: str, nature: str, split: set[Decimal], element: etree._Element | None) -> str:
    if nature:
        if nature not in CATEGORIES and element is not None:
            walk.warnings.add("fatturapa-nature", "this natura is not known", walk.place(element), nature)
        return CATEGORIES.get(nature, "E")
    if decimal(rate) in split and decimal(rate):
        return SPLIT
    return "S" if decimal(rate) else "Z"


def _line(walk: Walk, line: Data, split: set[Decimal]) -> None:
    element = walk.parents[id(line)]
    nature = "".join((each.text or "").strip() for each in walk.waiting(line, "nature")[:1])
    line["vat_category"] = _category(walk, line.get("vat_rate", ""), nature, split, element)
    if line["vat_category"] == "O":
        line.pop("vat_rate", None)
    if nature and USUAL_NATURE.get(line["vat_category"]) != nature:
        attribute(walk, line, NATURE, nature, element)
    if line.get("identifier") in walk.items:
        line["order_line_reference"] = walk.items[line["identifier"]]
    unit = line.get("unit")
    line["unit"] = UNITS.get(unit.upper(), unit) if unit else "C62"
    line.setdefault("quantity", "1")  # a line without a quantity is one of it (check 00423)
    _price(walk, line, walk.waiting(line, "discounts"))


def _price(walk: Walk, line: Data, discounts: list[etree._Element]) -> None:
    """BT-146 after the discounts of PrezzoUnitario, one upon the other; a negative price is a negative quantity."""
    gross = decimal(line.get("net_price"))
    net = gross
    for each in discounts:
        amount, percent = said(each, "Importo"), decimal(said(each, "Percentuale"))
        change = decimal(amount) if amount else net * percent / 100
        net += change if said(each, "Tipo") == "MG" else -change
    if discounts and net != gross:
        if 0 <= net < gross:
            line["gross_price"], line["price_discount"] = f"{gross:f}", f"{gross - net:f}"
        line["net_price"] = f"{net:f}"
        told = [f"{said(e, 'Tipo')} {said(e, 'Importo') or said(e, 'Percentuale') + ' %'}" for e in discounts]
        if len(discounts) > 1 or said(discounts[0], "Tipo") == "MG":
            attribute(walk, line, "ScontoMaggiorazione", "; ".join(told), discounts[0])
    if net < 0:
        line["net_price"] = f"{-net:f}"
        quantity = line["quantity"].strip()
        line["quantity"] = quantity[1:] if quantity.startswith("-") else f"-{quantity}"
        line.pop("gross_price", None)
        line.pop("price_discount", None)


def _document_lines(walk: Walk, data: Data) -> None:
    """Lines that only discount or add are allowances and charges of the document, if others are left."""
    kinds = {id(line): walk.waiting(line, "kind") for line in data.get("lines", [])}
    left = [line for line in data.get("lines", []) if not kinds[id(line)]]
    kept: list[Data] = []
    for line in data.get("lines", []):
        kind = "".join((each.text or "").strip() for each in kinds[id(line)][:1])
        amount = decimal(line.get("net_amount"))
        charge = _OF_DOCUMENT.get(kind)
        if charge is None or not left or (amount < 0) is charge or not amount:
            if kind:
                attribute(walk, line, "TipoCessionePrestazione", kind, kinds[id(line)][0])
            kept.append(line)
            continue
        part = {"charge": charge, "amount": f"{abs(amount):f}", "reason": line.get("name")}
        part |= {name: line[name] for name in ("vat_category", "vat_rate") if name in line}
        walk.append(data, "allowances_charges", part, walk.parents[id(line)])
    if "lines" in data:
        data["lines"] = kept


def _charges(walk: Walk, data: Data, summary: list[etree._Element], split: set[Decimal]) -> None:
    for each in walk.waiting(data, "funds"):
        rate, nature = said(each, "AliquotaIVA"), said(each, "Natura")
        part: Data = {
            "charge": True,
            "amount": said(each, "ImportoContributoCassa"),
            "base_amount": said(each, "ImponibileCassa") or None,
            "percentage": said(each, "AlCassa") or None,
            "reason": CASSA + said(each, "TipoCassa"),
            "vat_category": _category(walk, rate, nature, split, each),
        }
        if part["vat_category"] != "O":
            part["vat_rate"] = rate
        if nature and USUAL_NATURE.get(part["vat_category"]) != nature:
            walk.extras[f"{PREFIX}cassa.{said(each, 'TipoCassa')}.Natura"] = nature
        for name in ("Ritenuta", "RiferimentoAmministrazione"):
            if said(each, name):
                walk.extras[f"{PREFIX}cassa.{said(each, 'TipoCassa')}.{name}"] = said(each, name)
        walk.append(data, "allowances_charges", part, each)
    for row in summary:
        costs = said(row, "SpeseAccessorie")
        if decimal(costs):
            part = {"charge": True, "amount": costs, "reason": "Spese accessorie"}
            part["vat_category"] = _category(walk, said(row, "AliquotaIVA"), said(row, "Natura"), split, row)
            if part["vat_category"] != "O":
                part["vat_rate"] = said(row, "AliquotaIVA")
            walk.append(data, "allowances_charges", part, row)
    for each in walk.waiting(data, "document-discounts"):
        message = "a discount of the whole document changes no taxed base in FatturaPA; it is kept aside"
        walk.warnings.add("fatturapa-document-discount", message, walk.place(each))
        walk.keep(f"{PREFIX}ScontoMaggiorazione", each)


def _breakdown(walk: Walk, data: Data, summary: list[etree._Element], split: set[Decimal]) -> None:
    rows: dict[tuple[str, Decimal], dict[str, Any]] = {}
    for element in summary:
        rate, nature = said(element, "AliquotaIVA"), said(element, "Natura")
        category = _category(walk, rate, nature, split, element)
        row = rows.setdefault((category, decimal(rate)), {"category": category, "rate": rate})
        walk.parents.setdefault(id(row), element)
        for name, tag in (("taxable_amount", "ImponibileImporto"), ("tax_amount", "Imposta")):
            given = said(element, tag)
            row[name] = f"{decimal(row.get(name)) + decimal(given):f}" if name in row else given
        reason = said(element, "RiferimentoNormativo")
        if reason.startswith("VATEX-"):
            row["exemption_reason_code"], reason = reason, ""
        if reason and reason not in row.get("exemption_reason", "") and category not in ("S", "Z", SPLIT):
            row["exemption_reason"] = f"{row['exemption_reason']}; {reason}" if "exemption_reason" in row else reason
        elif reason and category in ("S", "Z", SPLIT):
            walk.extras.setdefault(f"{PREFIX}RiferimentoNormativo.{category}", reason)
        when = said(element, "EsigibilitaIVA")
        if when == "D":
            data.setdefault("tax_point_code", "432")
        elif when == "I":
            walk.extras.setdefault(f"{PREFIX}EsigibilitaIVA", when)
        if category == "O":
            row["rate"] = None
    if rows:
        data["vat_breakdown"] = list(rows.values())


def _withheld(walk: Walk, data: Data, summary: list[etree._Element]) -> None:
    for each in walk.waiting(data, "withheld"):
        part = {
            "scheme": said(each, "TipoRitenuta"),
            "rate": said(each, "AliquotaRitenuta") or None,
            "amount": said(each, "ImportoRitenuta"),
            "reason": said(each, "CausalePagamento") or None,
        }
        walk.append(data, "withholdings", part, each)
    tax = sum((decimal(said(r, "Imposta")) for r in summary if said(r, "EsigibilitaIVA") == "S"), ZERO)
    if tax:
        data.setdefault("withholdings", []).append({"scheme": SPLIT_SCHEME, "amount": f"{tax:f}"})


def _totals(walk: Walk, data: Data) -> None:
    """ImportoTotaleDocumento is checked by nobody in Italy: one that differs from the sums is kept aside, and told."""
    totals: Data = {}
    rows = data.get("vat_breakdown", [])
    inclusive = sum((decimal(row["taxable_amount"]) + decimal(row["tax_amount"]) for row in rows), ZERO)
    rounding = walk.waiting(data, "rounding")
    if rounding and decimal(rounding[0].text):
        totals["rounding_amount"] = (rounding[0].text or "").strip()
    for element in walk.waiting(data, "total")[:1]:
        stated = decimal(element.text)
        if stated in (inclusive, inclusive + decimal(totals.get("rounding_amount"))):
            totals["tax_inclusive"] = f"{inclusive:f}"
        else:
            message = f"ImportoTotaleDocumento is not what the summary adds up to, {inclusive:f}"
            walk.warnings.add("fatturapa-total", message, walk.place(element), element.text)
            walk.keep(f"{PREFIX}ImportoTotaleDocumento", element)
    paid = sum((decimal(each["amount"]) for each in data.get("withholdings", [])), ZERO)
    if paid:
        totals["paid_amount"] = f"{paid:f}"
    data["totals"] = totals


def _payment(walk: Walk, data: Data) -> None:
    """One payment; several instalments stand in the payment terms, and the first day is the due date."""
    details: list[tuple[str, str]] = []
    accounts: set[tuple[str, str | None]] = set()
    for block in walk.waiting(data, "payment"):
        if said(block, "CondizioniPagamento"):
            walk.extras.setdefault(f"{PREFIX}CondizioniPagamento", said(block, "CondizioniPagamento"))
        for each in block.iterfind("DettaglioPagamento"):
            payment = data.setdefault("payment", {})
            walk.parents.setdefault(id(payment), each)
            code = said(each, "ModalitaPagamento")
            payment.setdefault("means_code", MEANS.get(code, code or "1"))
            walk.extras.setdefault(f"{PREFIX}ModalitaPagamento", code)
            account = "".join(said(each, "IBAN").split())
            transfer = {"account": account, "service_provider": said(each, "BIC") or None,
                        "account_name": said(each, "Beneficiario") or None}  # fmt: skip
            if account and (account, transfer["service_provider"]) not in accounts:
                accounts.add((account, transfer["service_provider"]))
                payment.setdefault("credit_transfers", []).append(transfer)
            if said(each, "CodicePagamento"):
                payment.setdefault("remittance_information", said(each, "CodicePagamento"))
            for name in INSTALMENT_ASIDE:
                below = each.find(name)
                if below is not None:
                    walk.keep(f"{PREFIX}pagamento.{name}", below)
            details.append((said(each, "DataScadenzaPagamento"), said(each, "ImportoPagamento")))
    days = sorted(day for day, _ in details if day)
    if days:
        data["due_date"] = days[0]
    if len(details) > 1:
        data["payment_terms"] = "\n".join(f"{day}: {amount}" if day else amount for day, amount in details)
    asked = sum((decimal(amount) for _, amount in details), ZERO)
    rows = data.get("vat_breakdown", [])
    due = sum((decimal(row["taxable_amount"]) + decimal(row["tax_amount"]) for row in rows), ZERO)
    due += decimal(data["totals"].get("rounding_amount")) - decimal(data["totals"].get("paid_amount"))
    if details and asked != due:
        message = f"the payments are not what is due by the summary and what is withheld, {due:f}"
        walk.warnings.add("fatturapa-payment", message, found=f"{asked:f}")
        walk.extras[f"{PREFIX}ImportoPagamento"] = f"{asked:f}"


def simplified(walk: Walk, data: Data) -> None:
    """FSM10: amounts with VAT in them, VAT as an amount or as a rate. The net amount is what is left."""
    lines: list[Data] = []
    for number, element in enumerate(walk.waiting(data, "simplified"), start=1):
        gross = decimal(said(element, "Importo"))
        rate, nature = said(element, "DatiIVA/Aliquota"), said(element, "Natura")
        tax = decimal(said(element, "DatiIVA/Imposta"))
        if not rate and tax and gross != tax:
            rate = f"{(tax * 100 / (gross - tax)).quantize(Decimal(1), ROUND_HALF_UP):f}"
        if rate and not tax:
            tax = (gross * decimal(rate) / (100 + decimal(rate))).quantize(_CENT, ROUND_HALF_UP)
        net = f"{gross - tax:f}"
        line: Data = {"identifier": str(number), "quantity": "1", "net_price": net, "net_amount": net, "unit": "C62",
                      "name": said(element, "Descrizione"), "vat_rate": rate or "0"}  # fmt: skip
        walk.parents[id(line)] = element
        line["vat_category"] = _category(walk, line["vat_rate"], nature, set(), element)
        if line["vat_category"] == "O":
            del line["vat_rate"]
        if nature and USUAL_NATURE.get(line["vat_category"]) != nature:
            attribute(walk, line, NATURE, nature, element)
        message = "a simplified invoice has amounts with VAT; the net amount is computed"
        walk.warnings.add("fatturapa-net", message, walk.place(element), said(element, "Importo"))
        lines.append(line)
    data["lines"] = lines
    corrected = walk.waiting(data, "corrected")
    if corrected:
        data["preceding_invoices"] = [{"number": (corrected[0].text or "").strip()}]
