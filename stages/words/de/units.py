"""German: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "Einheit", "other": "Einheiten"},
    "H87": {"other": "Stück"},
    "NAR": {"other": "Artikel"},
    "NPR": {"other": "Paar"},
    "DZN": {"other": "Dutzend"},
    "SET": {"one": "Satz", "other": "Sätze"},
    "E48": {"one": "Leistung", "other": "Leistungen"},
    "LS": {"one": "Pauschale", "other": "Pauschalen"},
    "HUR": {"one": "Stunde", "other": "Stunden"},
    "LH": {"one": "Arbeitsstunde", "other": "Arbeitsstunden"},
    "DAY": {"one": "Tag", "other": "Tage"},
    "E49": {"one": "Arbeitstag", "other": "Arbeitstage"},
    "WEE": {"one": "Woche", "other": "Wochen"},
    "MON": {"one": "Monat", "other": "Monate"},
    "QAN": {"one": "Quartal", "other": "Quartale"},
    "ANN": {"one": "Jahr", "other": "Jahre"},
    "BX": {"one": "Kiste", "other": "Kisten"},
    "XCT": {"one": "Karton", "other": "Kartons"},
    "XCS": {"one": "Kiste", "other": "Kisten"},
    "XCR": {"one": "Kasten", "other": "Kästen"},
    "XPK": {"one": "Packung", "other": "Packungen"},
    "XPA": {"other": "Päckchen"},
    "XPX": {"one": "Palette", "other": "Paletten"},
    "XBO": {"one": "Flasche", "other": "Flaschen"},
    "XBG": {"other": "Beutel"},
    "XCA": {"one": "Dose", "other": "Dosen"},
    "XRO": {"one": "Rolle", "other": "Rollen"},
}
