"""Polish: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "jednostka", "few": "jednostki", "many": "jednostek", "other": "jednostki"},
    "H87": {"other": "szt."},
    "NAR": {"one": "artykuł", "few": "artykuły", "many": "artykułów", "other": "artykułu"},
    "NPR": {"one": "para", "few": "pary", "many": "par", "other": "pary"},
    "DZN": {"one": "tuzin", "few": "tuziny", "many": "tuzinów", "other": "tuzina"},
    "SET": {"one": "zestaw", "few": "zestawy", "many": "zestawów", "other": "zestawu"},
    "E48": {"one": "usługa", "few": "usługi", "many": "usług", "other": "usługi"},
    "LS": {"one": "ryczałt", "few": "ryczałty", "many": "ryczałtów", "other": "ryczałtu"},
    "HUR": {"one": "godzina", "few": "godziny", "many": "godzin", "other": "godziny"},
    "LH": {"one": "roboczogodzina", "few": "roboczogodziny", "many": "roboczogodzin", "other": "roboczogodziny"},
    "DAY": {"one": "dzień", "few": "dni", "many": "dni", "other": "dnia"},
    "E49": {"one": "dzień roboczy", "few": "dni robocze", "many": "dni roboczych", "other": "dnia roboczego"},
    "WEE": {"one": "tydzień", "few": "tygodnie", "many": "tygodni", "other": "tygodnia"},
    "MON": {"one": "miesiąc", "few": "miesiące", "many": "miesięcy", "other": "miesiąca"},
    "QAN": {"one": "kwartał", "few": "kwartały", "many": "kwartałów", "other": "kwartału"},
    "ANN": {"one": "rok", "few": "lata", "many": "lat", "other": "roku"},
    "BX": {"one": "pudełko", "few": "pudełka", "many": "pudełek", "other": "pudełka"},
    "XCT": {"one": "karton", "few": "kartony", "many": "kartonów", "other": "kartonu"},
    "XCS": {"one": "skrzynia", "few": "skrzynie", "many": "skrzyń", "other": "skrzyni"},
    "XCR": {"one": "skrzynka", "few": "skrzynki", "many": "skrzynek", "other": "skrzynki"},
    "XPK": {"other": "opak."},
    "XPA": {"one": "paczka", "few": "paczki", "many": "paczek", "other": "paczki"},
    "XPX": {"one": "paleta", "few": "palety", "many": "palet", "other": "palety"},
    "XBO": {"one": "butelka", "few": "butelki", "many": "butelek", "other": "butelki"},
    "XBG": {"one": "worek", "few": "worki", "many": "worków", "other": "worka"},
    "XCA": {"one": "puszka", "few": "puszki", "many": "puszek", "other": "puszki"},
    "XRO": {"one": "rolka", "few": "rolki", "many": "rolek", "other": "rolki"},
}
