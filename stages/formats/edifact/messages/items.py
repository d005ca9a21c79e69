"""What every message says of an item, an allowance and a note: LIN, PIA, IMD, FTX, ALC.

LIN carries one number of the item, of any kind (7143); PIA carries the others.
"""

from __future__ import annotations

from typing import Any

from stages.formats.edifact.grammar import Data, Row

GTIN = {"EN", "SRV", "UP", "UPC", "EAN", "GT"}
_BUYERS = {"IN", "BP"}
_SELLERS = {"SA", "VN", "VP"}
WORDS: dict[str, dict[str, str]] = {
    "96A": {"gtin": "EN", "terms": "", "more": "IA|API"},
    "01B": {"gtin": "SRV", "terms": ":::", "more": "API|IA"},
}
"""By directory: GS1's trade item number; terms of delivery, whose codes D.01B leaves to a text; further numbers of a
party."""

NOTES = Row("FTX+{subject_code=ZZZ}+++{text|5}", into="notes[]")
"""A note without a subject (BT-21) says that it has none: ZZZ, mutually defined."""
ITEM = (
    Row("PIA+1|5+{seller_item_id}:SA|VN|VP::=?|91|9"),
    Row("PIA+1|5+{buyer_item_id}:IN|BP::=?|92|9"),
    Row("PIA+1|5+{value}:{scheme}", into="_numbers[]"),
    Row("IMD+F|A|E|B|?++:::{name|2}", more=True),
)
DESCRIPTION = Row("FTX+PRD+++{description|5}")
ORIGIN = Row("ALI+{origin_country}")
TAX = "TAX+7+VAT|GST|?+++:::{vat_rate|number}+{vat_category}"
ALLOWANCE = (
    Row("PCD+3|1|2|12|13:{percentage|number}:=?|13"),
    Row("MOA+8|23|204:{amount|number}"),
    Row("MOA+25:{base_amount|number}"),
)
ALC = "ALC+{charge|charge}+:{_allowance_code}++=?|1+{_charge_code}::=?|9|28:{reason|2}"
_CLASSES = {"CC", "CG", "GN", "HS", "TSN", "STI"}


def read_line(line: Data, walk: Any) -> None:
    item = line.get("_item")
    numbers = line.pop("_numbers", [])
    if item:
        kind, value = item["type"], item["value"]
        if kind in _BUYERS or kind in _SELLERS:
            known = line.setdefault("buyer_item_id" if kind in _BUYERS else "seller_item_id", value)
            if known != value:
                walk.unused(line, "_item")
        else:
            line["standard_item_id"] = {"value": value, "scheme": "0160" if kind in GTIN else kind or None}
    line.pop("_item", None)
    classes = []
    for each in numbers:
        kind = each.get("scheme") or ""
        if kind in GTIN and "standard_item_id" not in line:
            line["standard_item_id"] = {"value": each.get("value"), "scheme": "0160"}
        elif each.get("value"):
            classes.append({"value": each["value"], "scheme": kind or None})
    if classes:
        line["classifications"] = classes
    for each in line.get("allowances_charges", ()):
        read_allowance(each, walk)


def write_line(line: Data, number: int, release: str) -> None:
    """A line's number has six digits in D.96A, six signs in D.01B: another one is numbered by its place."""
    said = str(line.get("identifier") or "")
    if len(said) > 6 or (release == "96A" and not said.isdigit()):
        line["identifier"] = str(number)
    if item := line.get("standard_item_id"):
        scheme = item.get("scheme") or ""
        kind = WORDS[release]["gtin"] if scheme == "0160" else scheme if len(scheme) <= 3 else "ZZZ"
        line["_item"] = {"value": item["value"], "type": kind}
    line["_numbers"] = [each for each in line.get("classifications", ()) if len(each.get("scheme") or "") <= 3]
    for each in line.get("allowances_charges", ()):
        write_allowance(each)


def read_allowance(each: Data, walk: Any) -> None:
    fallback(each, "reason_code", "_allowance_code", walk)
    fallback(each, "reason_code", "_charge_code", walk)


def write_allowance(each: Data) -> None:
    each["_charge_code" if each["charge"] else "_allowance_code"] = each.get("reason_code")


def fallback(data: Data, name: str, other: str, walk: Any) -> None:
    """`other` stands for `name` where there is none; where it says something else, it is kept aside."""
    if name not in data and other in data:
        walk.rename(data, other, name)
    elif data.get(name) == data.get(other):
        data.pop(other, None)
    else:
        walk.unused(data, other)
