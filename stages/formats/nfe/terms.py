"""Where each business term stands in an NF-e 4.00, names without their namespace.

What EN 16931 has no term for goes to the extras under `nfe.`, a line's to its attributes; totals and payments wait in
`Walk.waiting` until all is read.

Source: Manual de Orientação do Contribuinte 7.0 (NF-e 4.00), anexo I
"""

from __future__ import annotations

from lxml import etree

from stages.formats.nfe.codes import PREFIX, UNITS
from stages.formats.nfe.walk import Walk
from stages.formats.reading.completing import decimal
from stages.formats.reading.xml_actions import aside, group, ignored, later, text, within
from stages.formats.reading.xml_walk import Action, Data, Node, said

_BRAZIL = "1058"
"""BACEN's number of Brazil."""


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def _moment(field: str) -> Action:
    """A moment with its zone; the day there is what counts."""
    return lambda walk, target, element: walk.put(target, field, (element.text or "").strip()[:10], element)


def _registered(walk: Walk, target: Data, element: etree._Element) -> None:
    """CNPJ, CPF, or a foreigner's number: Brazil has no VAT numbers."""
    number = (element.text or "").strip()
    if number:
        walk.put_part(target, "legal_registration", {"value": number}, element)


def _address(walk: Walk, target: Data, element: etree._Element) -> None:
    part: Data = {}
    street = [said(element, name) for name in ("xLgr", "nro")]
    walk.put(part, "line_1", ", ".join(each for each in street if each), element)
    for field, name in (("line_2", "xCpl"), ("line_3", "xBairro"), ("city", "xMun"), ("post_code", "CEP"),
                        ("subdivision", "UF")):  # fmt: skip
        walk.put(part, field, said(element, name), element)
    number = said(element, "cPais")
    if number in (_BRAZIL, "") and said(element, "UF") != "EX":
        part["country"] = "BR"
    elif number:
        walk.warnings.add("nfe-country", "a country by BACEN's number; it is kept aside", walk.place(element), number)
        for name in ("cPais", "xPais"):
            walk.extras[f"{PREFIX}{element.tag}.{name}"] = said(element, name)
    walk.put_part(target, "address", part, element)
    for field, name in (("telephone", "fone"), ("email", "email")):
        if said(element, name):
            target.setdefault("contact", {})[field] = said(element, name)


def _delivered(walk: Walk, target: Data, element: etree._Element) -> None:
    part: Data = {}
    _address(walk, part, element)
    delivery = {"name": said(element, "xNome") or None, "address": part["address"]}
    walk.put_part(target, "delivery", delivery, element)


def _email(walk: Walk, target: Data, element: etree._Element) -> None:
    if (element.text or "").strip():
        walk.put(target.setdefault("contact", {}), "email", element.text, element)


def _referred(walk: Walk, target: Data, element: etree._Element) -> None:
    key = element.find("refNFe")
    if key is not None and (key.text or "").strip():
        walk.append(target, "preceding_invoices", {"number": (key.text or "").strip()}, element)
    else:
        walk.keep(f"{PREFIX}NFref", element)


def _note(walk: Walk, target: Data, element: etree._Element) -> None:
    words = (element.text or "").strip()
    if words:
        walk.append(target, "notes", {"text": words}, element)


def _attribute(walk: Walk, target: Data, name: str, value: str, element: etree._Element) -> None:
    """BG-32: what a line has beside its terms."""
    if value:
        walk.append(target, "attributes", {"name": name, "value": value[:5000]}, element)


def _attributed(walk: Walk, target: Data, element: etree._Element) -> None:
    _attribute(walk, target, str(element.tag), (element.text or "").strip(), element)


def _texts(element: etree._Element) -> str:
    """`CST 10; vBC 100.00; pICMS 12.0000`: every text below, with its name."""
    leaves = [e for e in element.iter(etree.Element) if not len(e) and (e.text or "").strip()]
    return "; ".join(f"{e.tag} {(e.text or '').strip()}" for e in leaves)


def _taxes(walk: Walk, target: Data, element: etree._Element) -> None:
    for tax in element:
        if isinstance(tax.tag, str):
            words = _texts(tax) if len(tax) else (tax.text or "").strip()
            _attribute(walk, target, str(tax.tag), words, tax)


def _gtin(walk: Walk, target: Data, element: etree._Element) -> None:
    code = (element.text or "").strip()
    if code.isdigit():
        walk.put_part(target, "standard_item_id", {"value": code, "scheme": "0160"}, element)


def _unit(walk: Walk, target: Data, element: etree._Element) -> None:
    unit = (element.text or "").strip()
    walk.put(target, "unit", UNITS.get(unit.upper(), unit), element)


def _level(charge: bool, reason: str) -> Action:
    """What a line adds or takes off beside its price; nothing where it is zero."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        amount = (element.text or "").strip()
        if amount.strip("0."):
            part = {"charge": charge, "amount": amount, "reason": reason}
            walk.append(target, "allowances_charges", part, element)

    return act


def _order(_walk: Walk, target: Data, element: etree._Element) -> None:
    target["_order"] = (element.text or "").strip()


def _product(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.run(_PRODUCT, target, element)
    net = decimal(target.get("net_amount"))
    for each in target.get("allowances_charges", []):
        net += decimal(each["amount"]) * (1 if each["charge"] else -1)
    if said(element, "indTot") == "0":  # it is told, and no part of the total
        _attribute(walk, target, "vProd", said(element, "vProd"), element)
        target["net_price"], target["net_amount"] = "0", "0"
        target.pop("allowances_charges", None)
    elif target.get("allowances_charges"):
        target["net_amount"] = f"{net:f}"
    same = ("uCom", "uTrib"), ("qCom", "qTrib"), ("vUnCom", "vUnTrib")
    if any(said(element, one) != said(element, other) for one, other in same):
        for _, name in same:
            _attribute(walk, target, name, said(element, name), element)


def _line(walk: Walk, target: Data, element: etree._Element) -> None:
    line: Data = {"identifier": element.get("nItem"), "vat_category": "O"}
    walk.run({"prod": _product, "imposto": _taxes, "infAdProd": text("note"), **_LINE_ASIDE}, line, element)
    line.setdefault("unit", "C62")
    walk.append(target, "lines", line, element)


def _impost(name: str) -> Action:
    return lambda walk, target, element: _attribute(walk, target, name, _texts(element), element)


_LINE_ASIDE: Node = {name: _impost(name) for name in ("impostoDevol", "obsItem", "vItem", "DFeReferenciado")}
_PRODUCT: Node = {
    "cProd": text("seller_item_id"),
    "cEAN": _gtin,
    "xProd": text("name"),
    **{
        name: _attributed
        for name in ("NCM", "NVE", "CEST", "indEscala", "CNPJFab", "cBenef", "EXTIPI", "CFOP", "nFCI", "cBarra",
                     "cBarraTrib")
    },
    "uCom": _unit,
    "qCom": text("quantity"),
    "vUnCom": text("net_price"),
    "vProd": text("net_amount"),
    "cEANTrib": ignored,
    "uTrib": ignored,  # an attribute where it is another than uCom
    "qTrib": ignored,
    "vUnTrib": ignored,
    "vFrete": _level(True, "Frete"),
    "vSeg": _level(True, "Seguro"),
    "vDesc": _level(False, "Desconto"),
    "vOutro": _level(True, "Outras despesas"),
    "indTot": ignored,
    "xPed": _order,
    "nItemPed": text("order_line_reference"),
    **{
        name: _impost(name)
        for name in ("DI", "detExport", "rastro", "veicProd", "med", "arma", "comb", "nRECOPI", "gCred", "infProdNFF",
                     "infProdEmb", "indBemMovelUsado")
    },
}  # fmt: skip
_ISSUER: Node = {
    "CNPJ": _registered,
    "CPF": _registered,
    "xNome": text("name"),
    "xFant": text("trading_name"),
    "enderEmit": _address,
    "IE": text("tax_registration"),
    **{name: kept(f"emit.{name}") for name in ("IEST", "IM", "CNAE", "CRT")},
}
_RECIPIENT: Node = {
    "CNPJ": _registered,
    "CPF": _registered,
    "idEstrangeiro": _registered,
    "xNome": text("name"),
    "enderDest": _address,
    "email": _email,
    **{name: kept(f"dest.{name}") for name in ("indIEDest", "IE", "ISUF", "IM")},
}
_IDE = (
    "cUF", "cNF", "natOp", "indPag", "mod", "serie", "dhSaiEnt", "dPrevEntrega", "tpNF", "idDest", "cMunFG",
    "cMunFGIBS", "tpImp", "tpEmis", "cDV", "tpAmb", "finNFe", "tpNFDebito", "tpNFCredito", "indFinal", "indPres",
    "indIntermed", "procEmi", "verProc", "dhCont", "xJust", "gCompraGov", "gPagAntecipado",
)  # fmt: skip
INVOICE: Node = {
    "ide": within(
        {
            "nNF": text("invoice_number"),
            "dhEmi": _moment("issue_date"),
            "NFref": _referred,
            **{name: kept(f"ide.{name}") for name in _IDE},
        }
    ),
    "emit": group("seller", _ISSUER),
    "avulsa": kept("avulsa"),
    "dest": group("buyer", _RECIPIENT),
    "retirada": kept("retirada"),
    "entrega": _delivered,
    "autXML": kept("autXML"),
    "det": _line,
    "total": within(
        {
            "ICMSTot": later("ICMSTot"),
            "ISSQNtot": kept("ISSQNtot"),
            "retTrib": kept("retTrib"),
            "ISTot": kept("ISTot"),
            "IBSCBSTot": kept("IBSCBSTot"),
            "vNFTot": kept("vNFTot"),
        }
    ),
    "transp": kept("transp"),
    "cobr": within({"fat": kept("fat"), "dup": later("dup")}),
    "pag": within({"detPag": later("detPag"), "vTroco": kept("vTroco")}),
    "infIntermed": kept("infIntermed"),
    "infAdic": within(
        {
            "infAdFisco": _note,
            "infCpl": _note,
            "obsCont": kept("obsCont"),
            "obsFisco": kept("obsFisco"),
            "procRef": kept("procRef"),
        }
    ),
    "exporta": kept("exporta"),
    "compra": within({"xNEmp": kept("xNEmp"), "xPed": text("order_reference"), "xCont": text("contract_reference")}),
    "cana": kept("cana"),
    "infRespTec": kept("infRespTec"),
    "infSolicNFF": kept("infSolicNFF"),
    "agropecuario": kept("agropecuario"),
}
