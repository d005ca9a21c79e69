"""810: invoice and credit memo."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.documents import Invoice
from stages.formats.x12.codes import INVOICE_TYPES, ITEMS, UNITS
from stages.formats.x12.faults import whole
from stages.formats.x12.meaning import (
    Grammar,
    Products,
    ReadOnly,
    Segment,
    Value,
    Written,
    purpose,
    qualified,
    row,
    shown,
)
from stages.formats.x12.money import Allowance, Taxed, Terms, settle_taxes, settle_terms
from stages.formats.x12.parties import Parties, loop
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.shared import DESCRIPTION, Notes, net_amounts, number_lines
from stages.formats.x12.structure import Node

ROLES = Parties(
    {
        "seller": ("SE", "SU", "VN", "RE"),
        "buyer": ("BT", "BY", "SO"),
        "payee": ("PE", "RI"),
        "delivery": ("ST",),
    }
)


class Currency:
    """CUR*SE: the currency of all amounts."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        node.get(1)
        reading.put(target, "currency", node.get(2), node, 2)
        return target

    def write(self, part: Any, document: Any) -> Written:
        if getattr(part, "currency", None):
            yield ["SE" if document.kind == "invoice" else "BY", part.currency], part


class Basis:
    """IT105, PO105: the price is for one (PE), a hundred (HP) or a thousand (TP)."""

    UNITS = {"HP": "100", "TP": "1000"}  # noqa: RUF012

    @classmethod
    def settle(cls, reading: Reading, line: Data) -> None:
        basis = line.pop("#basis", "")
        if basis in cls.UNITS:
            line["base_quantity"] = cls.UNITS[basis]
        elif basis and basis not in ("PE", "WE", "CT", "CP", "NT", "QT", "PN", "UM", "EA", "TE"):
            reading.say("x12-basis", "the basis of the price is not known; it is read as a price for one", "05", basis)


class Price(Segment):
    """The elements of IT1 and PO1 before the products: what a price is for goes by IT105."""

    def write(self, part: Any, document: Any) -> Written:
        for elements, line in super().write(part, document):
            price, base = line.net_price, line.base_quantity
            if price is not None and base and base != 1:
                code = next((code for code, number in Basis.UNITS.items() if Decimal(number) == base), "")
                texts = [*elements, "", "", "", "", ""][: max(5, len(elements))]
                if code:
                    texts[4] = code
                else:
                    texts[3] = shown((price / base).normalize().quantize(Decimal(10) ** -8).normalize())
                elements = texts
            yield elements, line


def lines(tag: str) -> Products:
    lead = Price(
        {
            1: Value("identifier"),
            2: Value("quantity", "number"),
            3: Value("unit", codes=UNITS, otherwise="ZZ"),
            4: Value("net_price", "number"),
            5: Value("#basis"),
        },
        into="lines",
    )
    return Products(
        6, ITEMS | {"PO": "#order"} if tag == "IT1" else {k: v for k, v in ITEMS.items() if k != "PL"}, lead
    )


class LineTotal:
    """PAM: the amount of a line where quantity and price do not give it."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        if [each.strip() for each in node.elements[4:5]] != ["1"]:
            return None
        node.get(4)
        reading.put(target, "net_amount", node.get(5), node, 5)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        if part.net_amount is not None and part.net_amount != net_amounts(part):
            yield row({4: "1", 5: shown(part.net_amount)}), part


class Total:
    """TDS01: what is to be paid before a discount for early payment, in cents."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        Value("totals.tax_inclusive", "cents").read(reading, target, node, 1)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        total = part.totals.tax_inclusive
        yield [shown(total if total is not None else part.totals.amount_due or Decimal(0), "cents")], part


def finish(reading: Reading) -> None:
    data = reading.data
    if "RE" in reading.parties and not {"SE", "SU", "VN"} & reading.parties.keys():
        if "seller" in reading.constants:
            reading.parties["RI"] = reading.parties.pop("RE")
        else:
            place = reading.parents[id(reading.parties["RE"])].place()
            reading.say("x12-seller", "no seller is named; who is to be paid (RE) is taken for it", place)
    ROLES.settle(reading)
    settle_terms(reading)
    number_lines(reading, "invoice")
    for line in data.get("lines", ()):
        Basis.settle(reading, line)
    _orders(reading)
    _repeated(reading)
    settle_taxes(reading)
    _currency(reading)
    _signs(reading)


def _orders(reading: Reading) -> None:
    """Orders named by the lines are BT-13 where it is always the same one."""
    named = {line.pop("#order", None) for line in reading.data.get("lines", ())} - {None}
    if len(named) == 1:
        reading.data.setdefault("order_reference", named.pop())
    elif named:
        reading.extras["order_references"] = ", ".join(sorted(map(str, named)))[:1000]
        reading.say("x12-order", "the lines are of several orders; they are kept aside", "IT1", str(len(named)))


def _repeated(reading: Reading) -> None:
    """A charge of the summary that is the sum of the lines' charges of its code is said twice, and counted once."""
    sums: dict[tuple[str, ...], int] = {}
    for line in reading.data.get("lines", ()):
        for each in line.get("allowances_charges", ()):
            key, amount = _charge(reading.parents[id(each)])
            sums[key] = sums.get(key, 0) + amount
    kept = []
    for each in reading.data.get("allowances_charges", ()):
        key, amount = _charge(reading.parents[id(each)])
        if amount and sums.get(key) == amount:
            reading.keep(reading.parents[id(each)], "it says the charges of the lines once more; they are counted once")
        else:
            kept.append(each)
    if "allowances_charges" in reading.data:
        reading.data["allowances_charges"] = kept


def _charge(node: Node) -> tuple[tuple[str, ...], int]:
    """Indicator and code of a SAC, and its cents."""
    texts = [text.strip() for text in (*node.elements, "", "", "", "", "")]
    return tuple(texts[1:5]), whole(texts[5]) or 0


def _currency(reading: Reading) -> None:
    """Without a CUR partners in the United States mean their dollars. With a party elsewhere it is nobody's guess."""
    data = reading.data
    if "currency" in data or "currency" in reading.constants:
        return
    parties = (data.get("seller"), data.get("buyer"), data.get("delivery"))
    countries = {party["address"].get("country", "US") for party in parties if party and "address" in party}
    if countries <= {"US"}:
        data["currency"] = "USD"
        reading.say("x12-currency", "no CUR stands in the set; it is taken to be in US dollars", "CUR")


def _signs(reading: Reading) -> None:
    """A credit memo of negative quantities says the same as one of positive ones, which EN 16931 wants."""
    data = reading.data
    given = data.get("lines", ())
    if (
        data.get("type_code") != "381"
        or not given
        or not all(str(line.get("quantity", "")).startswith("-") for line in given)
    ):
        return
    parts = [*given, *data.get("allowances_charges", ()), *data.get("vat_breakdown", ()), data.get("totals", {})]
    parts += [each for line in given for each in line.get("allowances_charges", ())]
    for part in parts:
        for name in part.keys() & _SIGNED:
            text = str(part[name])
            part[name] = text[1:] if text.startswith("-") else text if text.strip("0.") == "" else f"-{text}"
    reading.say("x12-sign", "a credit memo of negative quantities is read as one of positive ones", "IT102")


_SIGNED = frozenset(
    "quantity net_amount amount taxable_amount tax_amount tax_inclusive amount_due line_total paid_amount".split()
)


GRAMMAR = Grammar(
    "810",
    "IN",
    Invoice,
    {
        "BIG": (
            Segment(
                {
                    1: Value("issue_date", "day"),
                    2: Value("invoice_number"),
                    3: Value("extras.order_date", "day"),
                    4: Value("order_reference"),
                    5: Value("extras.release_number"),
                    7: Value("type_code", codes=INVOICE_TYPES, otherwise="DI"),
                    8: purpose("05", "07"),
                }
            ),
        ),
        "NTE": (Notes(),),
        "CUR": (Currency(),),
        "REF": (
            *qualified(
                {
                    "CT": "contract_reference",
                    "VN": "sales_order_reference",
                    "CR": "buyer_reference",
                    "JB": "project_reference",
                    "MA": "despatch_advice_reference",
                    "PK": "despatch_advice_reference",
                    "RV": "receiving_advice_reference",
                    "11": "accounting_reference",
                    "DP": "extras.department",
                    "IA": "extras.vendor_number",
                }
            ),
            ReadOnly({2: "order_reference"}, {1: "PO"}),
            Segment({2: "number"}, {1: "OI"}, into="preceding_invoices"),
        ),
        **loop("N1", ROLES),
        "ITD": (Terms(),),
        "DTM": (
            *qualified(
                {"011": "delivery.date", "035": "delivery.date", "186": "period.start", "187": "period.end"}, "day"
            ),
            ReadOnly({2: Value("issue_date", "day")}, {1: "003"}),
        ),
        "IT1": (lines("IT1"),),
        "IT1/PAM": (LineTotal(),),
        "IT1/TXI": (Taxed(lines=True),),
        "IT1/PID": DESCRIPTION,
        "IT1/REF": (ReadOnly({2: "#line"}, {1: "FJ"}), ReadOnly({2: "#order"}, {1: "PO"})),
        "IT1/DTM": qualified({"150": "period.start", "151": "period.end"}, "day"),
        "IT1/SAC": (Allowance(),),
        "IT1/SAC/TXI": (Taxed(lines=True),),
        "TDS": (Total(),),
        "TXI": (Taxed(lines=False),),
        "AMT": qualified({"1": "totals.line_total", "C4": "totals.paid_amount", "BAP": "totals.amount_due"}, "number"),
        "SAC": (Allowance(),),
        "SAC/TXI": (Taxed(lines=False),),
    },
    finish,
    counted="IT1",
    hashed=("IT1", 2),
    needs=("vat_category", "unit"),
)
