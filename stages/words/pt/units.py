"""Portuguese, as it is written in Portugal: units after a number."""

from __future__ import annotations

from stages.words.printed import Forms

UNITS: dict[str, Forms] = {
    "C62": {"one": "unidade", "other": "unidades"},
    "H87": {"one": "peça", "other": "peças"},
    "NAR": {"one": "artigo", "other": "artigos"},
    "NPR": {"one": "par", "other": "pares"},
    "DZN": {"one": "dúzia", "other": "dúzias"},
    "SET": {"one": "conjunto", "other": "conjuntos"},
    "E48": {"one": "serviço", "other": "serviços"},
    "LS": {"one": "valor global", "other": "valores globais"},
    "HUR": {"one": "hora", "other": "horas"},
    "LH": {"one": "hora de mão de obra", "other": "horas de mão de obra"},
    "DAY": {"one": "dia", "other": "dias"},
    "E49": {"one": "dia útil", "other": "dias úteis"},
    "WEE": {"one": "semana", "other": "semanas"},
    "MON": {"one": "mês", "other": "meses"},
    "QAN": {"one": "trimestre", "other": "trimestres"},
    "ANN": {"one": "ano", "other": "anos"},
    "BX": {"one": "caixa", "other": "caixas"},
    "XCT": {"one": "caixa de cartão", "other": "caixas de cartão"},
    "XCS": {"one": "caixa", "other": "caixas"},
    "XCR": {"one": "grade", "other": "grades"},
    "XPK": {"one": "embalagem", "other": "embalagens"},
    "XPA": {"one": "pacote", "other": "pacotes"},
    "XPX": {"one": "palete", "other": "paletes"},
    "XBO": {"one": "garrafa", "other": "garrafas"},
    "XBG": {"one": "saco", "other": "sacos"},
    "XCA": {"one": "lata", "other": "latas"},
    "XRO": {"one": "rolo", "other": "rolos"},
}
