"""DESADV: what is on its way, as a tree of packages (CPS): the shipment first, then each package with what is in it.

Source: UN/EDIFACT DESADV D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import DespatchAdvice
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import DESCRIPTION, ITEM, ORIGIN

_LINE = (
    *ITEM,
    Row("QTY+12|46|1:{quantity|number}:{unit|unit}"),
    Row("QTY+21:{ordered|number}:{_unit|unit}"),
    Row("QTY+83:{outstanding|number}:{_unit|unit}"),
    ORIGIN,
    Row("GIN+BX+{batch}"),
    Row("GIN+BN+{value}", into="_serials[]"),
    Row("DTM+361:{best_before|day}"),
    DESCRIPTION,
    Row("FTX+=AAI+++{note|5}"),
    Row("RFF+ON:{order_reference}:{order_line_reference}"),
    Row("PCI+17", rows=(Row("DTM+361:{_best_before|day}"), Row("GIN+BX+{_batch}"))),
)
_PACKAGE = (
    Row(
        "PAC+{quantity|number}++{type_code}", into="packages[]",
        rows=(
            Row("MEA+PD|AAE+AAB|AAD|G+KGM:{gross_weight|number}"),
            Row("PCI+=ZZZ", rows=(Row("GIN+BJ+{identifier}"),)),
        ),
    ),
    Row("LIN+{identifier}++{_item|item}::=?|9", into="lines[]", rows=_LINE),
)  # fmt: skip
ROWS = (
    Row("BGM+{type_code}::=?|9+{number}+{_function=9}"),
    Row("DTM+137:{issue_date|day}"),
    Row("DTM+11:{shipment.despatched|day}"),
    Row("DTM+17|132|2:{shipment.expected|day}"),
    Row("DTM+35:{delivery.date|day}"),
    Row("MEA+PD|AAE|WT+AAD|G+KGM:{shipment.gross_weight|number}"),
    Row("MEA+PD|AAE|WT+AAC|AAL+KGM:{shipment.net_weight|number}"),
    Row("MEA+PD|AAE|VOL+AAW|ABJ+MTQ:{shipment.volume|number}"),
    Row("RFF+ON:{value}", into="_orders[]"),
    Row("RFF+CN|BM|AAS|DQ:{shipment.identifier}"),
    parties.party("SU|SE|SF", "seller"),
    parties.party("BY", "buyer"),
    parties.party("OB", "ordering_party"),
    parties.DELIVERY,
    parties.party("CA", "_carrier"),
    Row("TOD+3|5|6|?++{shipment.delivery_terms}:::{shipment._terms}", only_read=True),
    Row("TOD+3|5|6|?++<terms>{shipment.delivery_terms}"),
    Row("TDT+20+{shipment.tracking}+{shipment.transport_mode}+++++:::{shipment.vehicle}"),
    Row("CPS+{number}+{parent}", into="_levels[]", rows=_PACKAGE),
    Row("CNT+2:{_count}"),
)


def read_shape(data: Data, walk: Any) -> None:
    data.pop("_count", None)
    if (carrier := data.pop("_carrier", None)) is not None:
        data["payee"] = carrier  # for the length of the next line, where parties are put into their form
    parties.read(data, walk)
    items.fallback(data.get("shipment", {}), "delivery_terms", "_terms", walk)
    if (carrier := data.pop("payee", None)) is not None:
        data.setdefault("shipment", {})["carrier"] = carrier
    orders = [each["value"] for each in data.pop("_orders", ()) if each.get("value")]
    if len(orders) > 1:
        data["order_references"] = orders
    if len(orders) == 1:
        data["order_reference"] = orders[0]
    levels = data.pop("_levels", [])
    packages, lines = [], []
    names: dict[str, str] = {}
    for level in levels:
        here = level.get("packages", [])
        parent = names.get(level.get("parent") or "")
        first = next((each["identifier"] for each in here if each.get("identifier")), None)
        if first and level.get("number"):
            names[level["number"]] = first
        for each in here:
            if set(each) == {"quantity"}:
                data.setdefault("shipment", {}).setdefault("packages", each["quantity"])
                if data["shipment"]["packages"] != each["quantity"]:
                    walk.unused(each, "quantity")
                continue
            if parent:
                each["inside"] = parent
            packages.append(each)
        for line in level.get("lines", []):
            if first:
                line["package"] = first
            lines.append(line)
    for index, line in enumerate(lines, start=1):
        _read_line(line, index, walk)
    if packages:
        data["packages"] = packages
    data["lines"] = lines


def _read_line(line: Data, index: int, walk: Any) -> None:
    items.read_line(line, walk)
    items.fallback(line, "unit", "_unit", walk)
    line.setdefault("identifier", str(index))
    items.fallback(line, "batch", "_batch", walk)
    items.fallback(line, "best_before", "_best_before", walk)
    serials = [each["value"] for each in line.pop("_serials", ()) if each.get("value")]
    if serials:
        line["serial_numbers"] = serials


def write_shape(data: Data, release: str) -> None:
    shipment = data.setdefault("shipment", {})
    carrier = shipment.pop("carrier", None)
    if carrier:
        data["payee"] = carrier
    parties.write(data)
    if carrier:
        data["_carrier"] = data.pop("payee")
    orders = data.get("order_references") or [each for each in (data.get("order_reference"),) if each]
    data["_orders"] = [{"value": each} for each in orders]
    lines = data["lines"]
    data["_count"] = str(len(lines))
    for number, line in enumerate(lines, start=1):
        items.write_line(line, number, release)
        line["_serials"] = [{"value": each} for each in line.get("serial_numbers", ())]
    data["_levels"] = _levels(data.get("packages", []), lines, shipment.get("packages"))


def _levels(packages: list[Data], lines: list[Data], count: Any) -> list[Data]:
    """The shipment's level, then one for each package that has a number or stands alone."""
    known = {
        each.get("identifier"): str(place) for place, each in enumerate(packages, start=2) if each.get("identifier")
    }
    whole: Data = {"number": "1", "lines": [each for each in lines if each.get("package") not in known]}
    if count is not None:
        whole["packages"] = [{"quantity": count}]
    levels = [whole]
    for place, each in enumerate(packages, start=2):
        within = [line for line in lines if each.get("identifier") and line.get("package") == each["identifier"]]
        levels.append(
            {"number": str(place), "parent": known.get(each.get("inside"), "1"), "packages": [each], "lines": within}
        )
    return levels


MESSAGE = Message("DESADV", DespatchAdvice, ROWS, read_shape, write_shape, items.WORDS, ("6", *COPIES))
