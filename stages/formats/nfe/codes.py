"""NF-e's code lists beside those of EN 16931: purposes, means of payment, units.

Source: Manual de Orientação do Contribuinte 7.0 (NF-e 4.00), anexo I; UNTDID 1001, 4461; UN/ECE Recommendation 20
"""

from __future__ import annotations

PREFIX = "nfe."
"""Begins the name of what only an NF-e has, among a document's extras."""
NAMESPACE = "http://www.portalfiscal.inf.br/nfe"

TYPES = {"1": "380", "2": "383", "3": "380", "4": "381"}
"""finNFe (normal, complement, adjustment, return) -> UNTDID 1001."""

MEANS: dict[str, tuple[str, str]] = {
    "01": ("10", "Dinheiro"), "02": ("20", "Cheque"), "03": ("54", "Cartão de crédito"),
    "04": ("55", "Cartão de débito"), "05": ("1", "Crédito loja"), "10": ("1", "Vale alimentação"),
    "11": ("1", "Vale refeição"), "12": ("1", "Vale presente"), "13": ("1", "Vale combustível"),
    "14": ("1", "Duplicata mercantil"), "15": ("1", "Boleto bancário"), "16": ("42", "Depósito bancário"),
    "17": ("68", "PIX dinâmico"), "18": ("30", "Transferência bancária"), "19": ("1", "Programa de fidelidade"),
    "20": ("68", "PIX estático"), "99": ("1", "Outros"),
}  # fmt: skip
"""tPag -> UNTDID 4461, and its name. 90 is an invoice without payment."""

UNITS: dict[str, str] = {
    "UN": "C62", "UNID": "C62", "UND": "C62", "UN1": "C62", "PC": "H87", "PÇ": "H87", "KG": "KGM", "G": "GRM",
    "TON": "TNE", "T": "TNE", "L": "LTR", "LT": "LTR", "ML": "MLT", "M": "MTR", "MT": "MTR", "M2": "MTK", "M3": "MTQ",
    "CM": "CMT", "KM": "KMT", "H": "HUR", "HR": "HUR", "DZ": "DZN", "CX": "XBX", "PCT": "XPK", "FD": "XBE", "SC": "XSA",
    "PAR": "PR", "RL": "XRO", "KWH": "KWH", "MWH": "MWH", "GL": "GLL",
}  # fmt: skip
"""uCom (free text) -> Recommendation 20, or 21 with an X; another text stays as it is."""

ADDED: dict[str, str] = {
    "vST": "ICMS ST", "vFCPST": "FCP ST", "vII": "Imposto de importação", "vIPI": "IPI", "vIPIDevol": "IPI devolvido",
}  # fmt: skip
"""Totals of taxes that are added to the prices -> their name. The others (ICMS, PIS, COFINS) are within the prices."""

AUTHORISED = ("100", "150")
"""cStat of an NF-e that the authority let pass, in time or late."""
