"""Italian: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"other": "unità"},
    "H87": {"one": "pezzo", "other": "pezzi"},
    "NAR": {"one": "articolo", "other": "articoli"},
    "NPR": {"one": "paio", "other": "paia"},
    "DZN": {"one": "dozzina", "other": "dozzine"},
    "SET": {"other": "set"},
    "E48": {"one": "servizio", "other": "servizi"},
    "LS": {"other": "forfait"},
    "HUR": {"one": "ora", "other": "ore"},
    "LH": {"one": "ora di lavoro", "other": "ore di lavoro"},
    "DAY": {"one": "giorno", "other": "giorni"},
    "E49": {"one": "giorno lavorativo", "other": "giorni lavorativi"},
    "WEE": {"one": "settimana", "other": "settimane"},
    "MON": {"one": "mese", "other": "mesi"},
    "QAN": {"one": "trimestre", "other": "trimestri"},
    "ANN": {"one": "anno", "other": "anni"},
    "BX": {"one": "scatola", "other": "scatole"},
    "XCT": {"one": "cartone", "other": "cartoni"},
    "XCS": {"one": "cassa", "other": "casse"},
    "XCR": {"one": "cassetta", "other": "cassette"},
    "XPK": {"one": "confezione", "other": "confezioni"},
    "XPA": {"one": "pacchetto", "other": "pacchetti"},
    "XPX": {"other": "pallet"},
    "XBO": {"one": "bottiglia", "other": "bottiglie"},
    "XBG": {"one": "sacco", "other": "sacchi"},
    "XCA": {"one": "lattina", "other": "lattine"},
    "XRO": {"one": "rotolo", "other": "rotoli"},
}
