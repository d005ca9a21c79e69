"""INVOIC: invoices and credit notes, in the terms of EN 16931.

Whose is what  seller SU (or SE), buyer BY, unless an invoicee (IV) is named, who is then the buyer; delivery DP
Totals         MOA 79 lines, 260 allowances, 259 charges, 176 VAT, 9 due; without and with VAT: 125 and 77 in D.96A,
               389 and 388 in D.01B, which D.96A has not yet
Categories     the directories have no reverse charge (AE) and no intra-community supply (K): AE is written B
               (transferred: the buyer pays it), K is written E (exempt), which is a loss
Source         UN/EDIFACT INVOIC D.96A, D.01B; CEN/TS 16931-3-4 for the terms; EANCOM 1997 and 2002 for the qualifiers
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.documents import Invoice
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import ALC, ALLOWANCE, DESCRIPTION, ITEM, NOTES, ORIGIN, TAX
from stages.formats.reading.completing import NUMBER

_BANK = Row(
    "FII+RB|RH|BF+{account}:{account_name|2}+{service_provider}", into="/payment.credit_transfers[]"
)  # fmt: skip
_PRICE = "::{base_quantity|number}:{base_quantity_unit|unit}"
_LINE = (
    *ITEM,
    Row("QTY+47:{quantity|number}:{unit|unit}"),
    Row("QTY+12|46|1|21:{_quantity|number}:{_unit|unit}"),
    ORIGIN,
    Row("DTM+167:{period.start|day}"),
    Row("DTM+168:{period.end|day}"),
    DESCRIPTION,
    Row("FTX+=AAI+++{note|5}"),
    Row("MOA+203|66|38:{net_amount|number}"),
    Row("PRI+AAA|INV|CAL:{net_price|number}:" + _PRICE),
    Row("PRI+AAB:{gross_price|number}:" + _PRICE.replace("base_", "_base_")),
    Row("RFF+LI:{order_line_reference}"),
    Row("RFF+ON|CO:{_order}:{_order_line}"),
    Row("RFF+ADE:{accounting_reference}"),
    Row(TAX, rows=(Row("MOA+124:{_tax|number}"), Row("MOA+125:{_taxable|number}"))),
    Row(ALC, into="allowances_charges[]", rows=ALLOWANCE),
)
ROWS = (
    Row("BGM+{type_code}::=?|9+{invoice_number}+{_function=9}"),
    Row("DTM+137|3:{issue_date|day}"),
    Row("DTM+131:{tax_point_date|day}"),
    Row("DTM+35:{delivery.date|day}"),
    Row("DTM+167:{period.start|day}"),
    Row("DTM+168:{period.end|day}"),
    Row("DTM+13:{_due|day}"),
    Row("PAI+::{payment.means_code|means}"),
    Row("FTX+AAB+++{payment_terms|5}"),
    Row("FTX+TXD+++{_exemption|5}"),
    NOTES,
    Row("RFF+ON:{order_reference}"),
    Row("RFF+VN:{sales_order_reference}"),
    Row("RFF+CT:{contract_reference}"),
    Row("RFF+AAK|DQ:{despatch_advice_reference}"),
    Row("RFF+ALO:{receiving_advice_reference}"),
    Row("RFF+CR:{buyer_reference}"),
    Row("RFF+AEP:{project_reference}"),
    Row("RFF+ADE:{accounting_reference}"),
    Row("RFF+PQ:{payment.remittance_information}"),
    Row("RFF+IV|OI:{number}", into="preceding_invoices[]", rows=(Row("DTM+171|137:{issue_date|day}"),)),
    parties.party("SU|SE|II", "seller", _BANK),
    parties.party("BY", "buyer"),
    parties.party("IV", "_invoicee"),
    parties.party("PE", "payee"),
    parties.DELIVERY,
    Row(TAX, into="_tax"),
    Row("CUX+2:{currency}:=4"),
    Row("CUX+1:{_currency}"),
    Row("PAT+1|3|?+:::{_term_text|2}", rows=(Row("DTM+13|140:{due_date|day}"),)),
    Row(ALC, into="allowances_charges[]", rows=(*ALLOWANCE, Row(TAX))),
    Row("LIN+{identifier}++{_item|item}::=?|9", into="lines[]", rows=_LINE),
    Row("UNS+S"),
    Row("CNT+2:{_count}"),
    Row("MOA+79:{totals.line_total|number}"),
    Row("MOA+260:{totals.allowance_total|number}"),
    Row("MOA+259:{totals.charge_total|number}"),
    Row("MOA+<exclusive>:{totals.tax_exclusive|number}"),
    Row("MOA+176:{totals.tax_amount|number}"),
    Row("MOA+124:{_tax_total|number}"),
    Row("MOA+<inclusive>:{totals.tax_inclusive|number}"),
    Row("MOA+113:{totals.paid_amount|number}"),
    Row("MOA+<rounding>:{totals.rounding_amount|number}"),
    Row("MOA+9:{totals.amount_due|number}"),
    Row(
        "TAX+7+VAT|GST|?+++:::{rate|number}+{category}", into="vat_breakdown[]",
        rows=(Row("MOA+124:{tax_amount|number}"), Row("MOA+125:{taxable_amount|number}")),
    ),
)  # fmt: skip


_KNOWN = frozenset("S Z E AE K G O L M B".split())


def _category(part: Data | None, walk: Any, category: str = "vat_category", rate: str = "vat_rate") -> None:
    """B with a rate of zero is reverse charge; a rate above zero tells S, with a warning. Zero alone tells nothing: it
    is Z, E, AE, K or G, and nobody guesses which."""
    if not part:
        return
    code, percent = part.get(category), part.get(rate)
    zero = percent is None or not str(percent).strip("0.")
    if code == "B" and zero:
        part[category] = "AE"
    elif code not in _KNOWN and percent is not None:
        part.pop(category, None)
        if not zero:
            part[category] = "S"
            message = "no category of EN 16931: by its rate it is S"
            walk.warnings.add("edifact-tax", message, "TAX", f"{code or ''} {percent}".strip())


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    invoicee = data.pop("_invoicee", None)
    if invoicee:
        buyer = data.get("buyer")
        if buyer and buyer.get("identifiers") == invoicee.get("identifiers"):
            data["buyer"] = {**buyer, **invoicee}
        else:
            if buyer:
                _keep(walk, "NAD+BY", buyer)
            data["buyer"] = invoicee
    items.fallback(data, "currency", "_currency", walk)
    items.fallback(data, "due_date", "_due", walk)
    items.fallback(data, "payment_terms", "_term_text", walk)
    data.pop("_count", None)
    for each in data.get("allowances_charges", ()):
        items.read_allowance(each, walk)
        _category(each, walk)
    rows = data.get("vat_breakdown", [])
    for row in rows:
        _category(row, walk, "category", "rate")
    overall = data.pop("_tax", None)
    _category(overall, walk)
    if overall is None and len({(row.get("category"), row.get("rate")) for row in rows}) == 1:
        overall = {"vat_category": rows[0].get("category"), "vat_rate": rows[0].get("rate")}
    for line in data.get("lines", ()):
        _read_line(line, overall, data.get("order_reference"), walk)
    _breakdown(data, rows, walk)
    if "_tax_total" in data:
        if data.setdefault("totals", {}).setdefault("tax_amount", data["_tax_total"]) == data["_tax_total"]:
            del data["_tax_total"]
        walk.unused(data, "_tax_total")
    _payment(data, walk)


def _payment(data: Data, walk: Any) -> None:
    """An account without its number is none; without PAI the means are a credit transfer, or not defined (1)."""
    payment = data.get("payment")
    if payment is None:
        return
    transfers = payment.pop("credit_transfers", [])
    for each in transfers:
        if not each.get("account"):
            _keep(walk, "NAD/FII", each)
    known = [each for each in transfers if each.get("account")]
    if known:
        payment["credit_transfers"] = known
    elif not payment:
        del data["payment"]
        return
    payment.setdefault("means_code", "30" if known else "1")


def _read_line(line: Data, overall: Data | None, order: str | None, walk: Any) -> None:
    items.read_line(line, walk)
    items.fallback(line, "quantity", "_quantity", walk)
    items.fallback(line, "unit", "_unit", walk)
    items.fallback(line, "order_line_reference", "_order_line", walk)
    if line.get("_order") == order:
        line.pop("_order", None)
    if line.get("_taxable") == line.get("net_amount"):
        line.pop("_taxable", None)
    walk.unused(line, "_order", "_taxable")
    for name in ("base_quantity", "base_quantity_unit"):
        if "gross_price" in line and "net_price" not in line:
            items.fallback(line, name, f"_{name}", walk)
        elif line.get(name) == line.get(f"_{name}"):
            line.pop(f"_{name}", None)
        walk.unused(line, f"_{name}")
    _category(line, walk)
    if overall and "vat_category" not in line and "vat_rate" not in line:
        line.update({name: value for name, value in overall.items() if value is not None})
    if not _is_tax(line):
        walk.unused(line, "_tax")
    line.pop("_tax", None)
    if "gross_price" in line and "net_price" in line:
        discount = Decimal(line["gross_price"]) - Decimal(line["net_price"])
        if discount >= 0:
            line["price_discount"] = f"{discount:f}"
    elif "gross_price" in line:
        line["net_price"] = line.pop("gross_price")
        walk.warnings.add("edifact-price", "only a gross price (AAB) is given; taken as the net one", "PRI")


def _is_tax(line: Data) -> bool:
    """Is the line's VAT (MOA 124), which EN 16931 has not, what its amount and rate give?"""
    said, net, rate = (str(line.get(name, "")) for name in ("_tax", "net_amount", "vat_rate"))
    if not all(NUMBER.match(each) and len(each) <= 40 for each in (said, net, rate)):
        return False
    return abs(Decimal(net) * Decimal(rate) / 100 - Decimal(said)) <= Decimal("0.005")


def _breakdown(data: Data, rows: list[Data], walk: Any) -> None:
    """The summary's TAX without amounts tells nothing more; one row's amounts may stand outside of it."""
    exemption = data.pop("_exemption", None)
    whole = [row for row in rows if "tax_amount" in row and "taxable_amount" in row and row.get("category")]
    for row in rows:
        if row not in whole:
            walk.keep("UNS/TAX", "+".join(f"{name} {value}" for name, value in row.items()))
    if whole:
        data["vat_breakdown"] = whole
    else:
        data.pop("vat_breakdown", None)
    if exemption:
        exempt = [row for row in whole if row["category"] not in ("S", "Z")]
        if len(exempt) == 1:
            exempt[0]["exemption_reason"] = exemption
        else:
            data.setdefault("notes", []).append({"text": exemption, "subject_code": "TXD"})


def _keep(walk: Any, key: str, part: Data) -> None:
    for name, value in part.items():
        if isinstance(value, dict):
            _keep(walk, f"{key}/{name}", value)
        elif isinstance(value, list):
            for each in value:
                _keep(walk, f"{key}/{name}", each)
        elif value:
            walk.keep(f"{key}/{name}", str(value))


_WRITTEN = {"AE": "B", "K": "E"}


def write_shape(data: Data, release: str) -> None:
    parties.write(data)
    data["_count"] = str(len(data["lines"]))
    for number, line in enumerate(data["lines"], start=1):
        items.write_line(line, number, release)
        if "gross_price" in line:
            line["_base_quantity"], line["_base_quantity_unit"] = (
                line.get(f"base_quantity{each}") for each in ("", "_unit")
            )
        line["vat_category"] = _WRITTEN.get(line["vat_category"], line["vat_category"])
    for each in data.get("allowances_charges", ()):
        items.write_allowance(each)
        each["vat_category"] = _WRITTEN.get(each.get("vat_category"), each.get("vat_category"))
    reasons = {row["exemption_reason"] for row in data.get("vat_breakdown", ()) if row.get("exemption_reason")}
    if len(reasons) == 1:
        (data["_exemption"],) = reasons
    for row in data.get("vat_breakdown", ()):
        row["category"] = _WRITTEN.get(row["category"], row["category"])


MESSAGE = Message(
    "INVOIC", Invoice, ROWS, read_shape, write_shape,
    {
        "96A": {**items.WORDS["96A"], "exclusive": "125|389", "inclusive": "77|128|39|86|388"},
        "01B": {**items.WORDS["01B"], "exclusive": "389|125", "inclusive": "388|77|128|39|86", "rounding": "366"},
    },
    ("5", *COPIES),
)  # fmt: skip
