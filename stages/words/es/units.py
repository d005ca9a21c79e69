"""Spanish, as it is written in Spain: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "unidad", "other": "unidades"},
    "H87": {"one": "pieza", "other": "piezas"},
    "NAR": {"one": "artículo", "other": "artículos"},
    "NPR": {"one": "par", "other": "pares"},
    "DZN": {"one": "docena", "other": "docenas"},
    "SET": {"one": "juego", "other": "juegos"},
    "E48": {"one": "servicio", "other": "servicios"},
    "LS": {"one": "importe global", "other": "importes globales"},
    "HUR": {"one": "hora", "other": "horas"},
    "LH": {"one": "hora de trabajo", "other": "horas de trabajo"},
    "DAY": {"one": "día", "other": "días"},
    "E49": {"one": "día laborable", "other": "días laborables"},
    "WEE": {"one": "semana", "other": "semanas"},
    "MON": {"one": "mes", "other": "meses"},
    "QAN": {"one": "trimestre", "other": "trimestres"},
    "ANN": {"one": "año", "other": "años"},
    "BX": {"one": "caja", "other": "cajas"},
    "XCT": {"one": "caja de cartón", "other": "cajas de cartón"},
    "XCS": {"one": "caja", "other": "cajas"},
    "XCR": {"one": "jaula", "other": "jaulas"},
    "XPK": {"one": "paquete", "other": "paquetes"},
    "XPA": {"one": "paquete", "other": "paquetes"},
    "XPX": {"one": "palé", "other": "palés"},
    "XBO": {"one": "botella", "other": "botellas"},
    "XBG": {"one": "bolsa", "other": "bolsas"},
    "XCA": {"one": "lata", "other": "latas"},
    "XRO": {"one": "rollo", "other": "rollos"},
}
