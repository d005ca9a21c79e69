"""English: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "unit", "other": "units"},
    "H87": {"one": "piece", "other": "pieces"},
    "NAR": {"one": "article", "other": "articles"},
    "NPR": {"one": "pair", "other": "pairs"},
    "DZN": {"other": "dozen"},
    "SET": {"one": "set", "other": "sets"},
    "E48": {"one": "service", "other": "services"},
    "LS": {"one": "lump sum", "other": "lump sums"},
    "HUR": {"one": "hour", "other": "hours"},
    "LH": {"one": "labour hour", "other": "labour hours"},
    "DAY": {"one": "day", "other": "days"},
    "E49": {"one": "working day", "other": "working days"},
    "WEE": {"one": "week", "other": "weeks"},
    "MON": {"one": "month", "other": "months"},
    "QAN": {"one": "quarter", "other": "quarters"},
    "ANN": {"one": "year", "other": "years"},
    "BX": {"one": "box", "other": "boxes"},
    "XCT": {"one": "carton", "other": "cartons"},
    "XCS": {"one": "case", "other": "cases"},
    "XCR": {"one": "crate", "other": "crates"},
    "XPK": {"one": "pack", "other": "packs"},
    "XPA": {"one": "packet", "other": "packets"},
    "XPX": {"one": "pallet", "other": "pallets"},
    "XBO": {"one": "bottle", "other": "bottles"},
    "XBG": {"one": "bag", "other": "bags"},
    "XCA": {"one": "can", "other": "cans"},
    "XRO": {"one": "roll", "other": "rolls"},
}
