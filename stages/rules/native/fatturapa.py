"""The checks that SdI makes of a FatturaPA beyond its schema, under SdI's own error codes.

Over the XML, as SdI judges it. Those that need SdI's registers or the day of arrival (00002, 00305, 00403, 00404 ...)
are not here: `SDI_ONLY` names them.

Source   Agenzia delle Entrate, Specifiche tecniche 1.8.3, appendix "Elenco controlli"
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext

from lxml import etree

from schemas.errors import Finding
from stages.rules.findings import place

ZERO = Decimal(0)
CENT = Decimal("0.01")
_EXACT = Context(prec=60)
_DOCUMENT = "DatiGenerali/DatiGeneraliDocumento"
_SELF = ("TD01", "TD02", "TD03", "TD06", "TD16", "TD17", "TD18", "TD19", "TD20", "TD24", "TD25", "TD28")
_SAME = ("TD21", "TD27")
_FOREIGN = ("TD17", "TD18", "TD19", "TD28")
_OLD_NATURE = ("N2", "N3", "N6")

SDI_ONLY: dict[str, str] = {
    "00001": "the file's name", "00002": "a name sent before", "00003": "the file's size", "00102": "the signature",
    "00300": "IdTrasmittente in the register", "00301": "the seller's VAT number in the register",
    "00305": "the buyer's VAT number in the register", "00306": "the buyer's codice fiscale in the register",
    "00311": "CodiceDestinatario in SdI's list", "00398": "the office in the IPA", "00403": "a date after arrival",
    "00404": "an invoice sent before",
}  # fmt: skip
"""Codes that only SdI can judge, and by what."""


def check(root: etree._Element) -> tuple[Finding, ...]:
    """Findings of a document that its schema calls valid; amounts that are no numbers count as zero."""
    with localcontext(_EXACT):
        findings = list(_header(root))
        for body in root.iterfind("FatturaElettronicaBody"):
            findings += _general(root, body)
            findings += _goods(body)
            findings += _sums(body)
    return tuple(findings)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _number(text: str | None) -> Decimal:
    try:
        value = Decimal((text or "").strip() or 0)
    except ArithmeticError:
        return ZERO
    return value if value.is_finite() else ZERO


def _at(element: etree._Element, path: str) -> Decimal:
    return _number(element.findtext(path))


def _hit(
    code: str, message: str, element: etree._Element, found: str | None = None, expected: str | None = None
) -> Finding:
    return Finding(rule=code, message=message, place=place(element), found=found or None, expected=expected)


def _header(root: etree._Element) -> Iterator[Finding]:
    sent = root.find("FatturaElettronicaHeader/DatiTrasmissione")
    if sent is not None:
        form, code = _text(sent, "FormatoTrasmissione"), _text(sent, "CodiceDestinatario")
        if form != (root.get("versione") or ""):
            yield _hit("00428", "FormatoTrasmissione is not the file's versione", sent, form, root.get("versione"))
        length = {"FPA12": 6, "FPR12": 7}.get(form, len(code))
        if len(code) != length:
            yield _hit("00427", f"with {form} CodiceDestinatario has {length} characters", sent, code)
        if _text(sent, "PECDestinatario") and code != "0000000":
            yield _hit("00426", "PECDestinatario goes with the code 0000000 only", sent, code)
    buyer = root.find("FatturaElettronicaHeader/CessionarioCommittente/DatiAnagrafici")
    if buyer is not None and buyer.find("IdFiscaleIVA") is None and buyer.find("CodiceFiscale") is None:
        yield _hit("00417", "the buyer has neither IdFiscaleIVA nor CodiceFiscale", buyer)


def _who(root: etree._Element, party: str) -> str:
    path = f"FatturaElettronicaHeader/{party}/DatiAnagrafici/IdFiscaleIVA"
    return _text(root, f"{path}/IdPaese") + _text(root, f"{path}/IdCodice")


def _general(root: etree._Element, body: etree._Element) -> Iterator[Finding]:
    head = body.find(_DOCUMENT)
    if head is None:
        return
    number = _text(head, "Numero")
    if not any(c.isdigit() for c in number):
        yield _hit("00425", "Numero has no digit", head, number)
    kind, issued = _text(head, "TipoDocumento"), _text(head, "Data")
    seller, buyer = _who(root, "CedentePrestatore"), _who(root, "CessionarioCommittente")
    if kind in _SELF and seller and seller == buyer:
        yield _hit("00471", f"seller and buyer are the same, which {kind} does not allow", head, kind)
    if kind in _SAME and seller != buyer:
        yield _hit("00472", f"seller and buyer are not the same, which {kind} wants", head, kind)
    if kind in _FOREIGN and seller.startswith("IT"):
        yield _hit("00473", f"the seller of {kind} is not Italian", head, kind)
    if kind == "TD04":
        for each in body.iterfind("DatiGenerali/DatiFattureCollegate"):
            before = _text(each, "Data")
            if before and before > issued:
                yield _hit("00418", "the credit note is older than the invoice it is of", each, before, issued)
    if head.find("DatiRitenuta") is None:
        for each in body.iterfind("DatiBeniServizi/DettaglioLinee"):
            if _text(each, "Ritenuta") == "SI":
                yield _hit("00411", "a line is subject to withholding, and the document withholds nothing", each)
        for each in head.iterfind("DatiCassaPrevidenziale"):
            if _text(each, "Ritenuta") == "SI":
                yield _hit("00415", "a fund is subject to withholding, and the document withholds nothing", each)
    for each in head.iterfind("ScontoMaggiorazione"):
        if each.find("Percentuale") is None and each.find("Importo") is None:
            yield _hit("00437", "a discount with neither Percentuale nor Importo", each)
    for each in body.iterfind("DatiBeniServizi/DettaglioLinee/ScontoMaggiorazione"):
        if each.find("Percentuale") is None and each.find("Importo") is None:
            yield _hit("00438", "a discount with neither Percentuale nor Importo", each)


def _goods(body: etree._Element) -> Iterator[Finding]:
    """Rate and natura of each line, fund and row of the summary."""
    for path, missing, surplus in (
        ("DatiBeniServizi/DettaglioLinee", "00400", "00401"),
        (f"{_DOCUMENT}/DatiCassaPrevidenziale", "00413", "00414"),
        ("DatiBeniServizi/DatiRiepilogo", "00429", "00430"),
    ):
        for each in body.iterfind(path):
            rate, nature = _at(each, "AliquotaIVA"), _text(each, "Natura")
            if not rate and not nature:
                yield _hit(missing, "AliquotaIVA is zero, and Natura does not say why", each)
            if rate and nature:
                yield _hit(surplus, "Natura stands beside a rate", each, nature)
            if 0 < rate < 1:
                yield _hit("00424", "AliquotaIVA is not in per cent", each, f"{rate:f}")
            if nature in _OLD_NATURE:
                yield _hit("00445", "this natura has parts since 2021", each, nature, f"{nature}.1 and others")
    for row in body.iterfind("DatiBeniServizi/DatiRiepilogo"):
        if _text(row, "Natura").startswith("N6") and _text(row, "EsigibilitaIVA") == "S":
            yield _hit("00420", "reverse charge and split payment exclude each other", row)


def _key(element: etree._Element) -> tuple[Decimal, str]:
    return _at(element, "AliquotaIVA"), _text(element, "Natura")


def _sums(body: etree._Element) -> Iterator[Finding]:
    lines = body.findall("DatiBeniServizi/DettaglioLinee")
    funds = body.findall(f"{_DOCUMENT}/DatiCassaPrevidenziale")
    rows = body.findall("DatiBeniServizi/DatiRiepilogo")
    sold: dict[tuple[Decimal, str], Decimal] = {}
    for line in lines:
        yield from _line(line)
        sold[_key(line)] = sold.get(_key(line), ZERO) + _at(line, "PrezzoTotale")
    for fund in funds:
        sold[_key(fund)] = sold.get(_key(fund), ZERO) + _at(fund, "ImportoContributoCassa")
    rates = {rate for rate, _ in (_key(row) for row in rows)}
    for owner in (*lines, *funds):
        if _at(owner, "AliquotaIVA") not in rates:
            message = "no DatiRiepilogo has this AliquotaIVA"
            yield _hit("00419", message, owner, _text(owner, "AliquotaIVA"))
    natures = {nature for _, nature in sold}
    stated: dict[tuple[Decimal, str], Decimal] = {}
    for row in rows:
        key = _key(row)
        if key[0] not in {rate for rate, _ in sold}:
            yield _hit("00443", "no line or fund has this AliquotaIVA", row, _text(row, "AliquotaIVA"))
        elif key[1] not in natures:
            yield _hit("00444", "no line or fund has this Natura", row, key[1])
        base, tax = _at(row, "ImponibileImporto"), _at(row, "Imposta")
        extra = _at(row, "SpeseAccessorie") + _at(row, "Arrotondamento")
        stated[key] = stated.get(key, ZERO) + base - extra
        expected = base * key[0] / 100
        if abs(tax - expected) > CENT:
            message = "Imposta is not ImponibileImporto x AliquotaIVA"
            yield _hit("00421", message, row, f"{tax:f}", f"{expected.quantize(CENT):f}")
    for row in rows:
        key = _key(row)
        if key in stated and key in sold and abs(stated[key] - sold[key]) > 1:
            message = "ImponibileImporto is not the sum of lines, funds and accessory costs of this rate and natura"
            yield _hit("00422", message, row, f"{stated[key]:f}", f"{sold[key]:f}")
        stated.pop(key, None)


def _line(line: etree._Element) -> Iterator[Finding]:
    """PrezzoTotale = (PrezzoUnitario, less and plus its discounts one upon the other) x Quantita."""
    price = _at(line, "PrezzoUnitario")
    for each in line.iterfind("ScontoMaggiorazione"):
        amount = each.find("Importo")
        change = _number(amount.text) if amount is not None else price * _at(each, "Percentuale") / 100
        price += change if _text(each, "Tipo") == "MG" else -change
    quantity = _number(line.findtext("Quantita")) if line.find("Quantita") is not None else Decimal(1)
    found, expected = _at(line, "PrezzoTotale"), price * quantity
    if abs(found - expected) > CENT:
        message = "PrezzoTotale is not PrezzoUnitario, with its discounts, x Quantita"
        yield _hit("00423", message, line, f"{found:f}", f"{expected.quantize(CENT):f}")
