"""French: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "unité", "other": "unités"},
    "H87": {"one": "pièce", "other": "pièces"},
    "NAR": {"one": "article", "other": "articles"},
    "NPR": {"one": "paire", "other": "paires"},
    "DZN": {"one": "douzaine", "other": "douzaines"},
    "SET": {"one": "jeu", "other": "jeux"},
    "E48": {"one": "prestation", "other": "prestations"},
    "LS": {"one": "forfait", "other": "forfaits"},
    "HUR": {"one": "heure", "other": "heures"},
    "LH": {"one": "heure de travail", "other": "heures de travail"},
    "DAY": {"one": "jour", "other": "jours"},
    "E49": {"one": "jour ouvré", "other": "jours ouvrés"},
    "WEE": {"one": "semaine", "other": "semaines"},
    "MON": {"other": "mois"},
    "QAN": {"one": "trimestre", "other": "trimestres"},
    "ANN": {"one": "an", "other": "ans"},
    "BX": {"one": "caisse", "other": "caisses"},
    "XCT": {"one": "carton", "other": "cartons"},
    "XCS": {"one": "caisse", "other": "caisses"},
    "XCR": {"one": "casier", "other": "casiers"},
    "XPK": {"one": "lot", "other": "lots"},
    "XPA": {"one": "paquet", "other": "paquets"},
    "XPX": {"one": "palette", "other": "palettes"},
    "XBO": {"one": "bouteille", "other": "bouteilles"},
    "XBG": {"one": "sac", "other": "sacs"},
    "XCA": {"one": "boîte", "other": "boîtes"},
    "XRO": {"one": "rouleau", "other": "rouleaux"},
}
