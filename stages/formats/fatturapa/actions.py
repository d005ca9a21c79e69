"""What single elements of FatturaPA say, where a row of the table (`terms.py`) is more than a text and its field."""

from __future__ import annotations

from lxml import etree

from stages.formats.fatturapa.codes import (
    BUYER_ITEM,
    CODDEST,
    FISCAL_CODE,
    FOREIGN,
    GTIN,
    IPA,
    NO_CODE,
    PREFIX,
    SELLER_ITEM,
)
from stages.formats.fatturapa.walk import Walk
from stages.formats.reading.xml_actions import aside
from stages.formats.reading.xml_walk import Action, Data, said


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def vat(walk: Walk, target: Data, element: etree._Element) -> None:
    number = said(element, "IdPaese") + said(element, "IdCodice")
    walk.put(target, "vat_identifier", number, element)


def fiscal_code(walk: Walk, target: Data, element: etree._Element) -> None:
    """The seller's is BT-32; a buyer has none, so it is one of its identifiers."""
    code = (element.text or "").strip()
    if code and next(element.iterancestors("CedentePrestatore"), None) is not None:
        walk.put(target, "tax_registration", code, element)
    elif code:
        walk.append(target, "identifiers", {"value": code, "scheme": FISCAL_CODE}, element)


def recipient(walk: Walk, _target: Data, element: etree._Element) -> None:
    """BT-49: a public office's code has six characters, another recipient's seven; two of those say that there is
    none."""
    code = (element.text or "").strip()
    if code in (NO_CODE, FOREIGN):
        walk.extras[f"{PREFIX}CodiceDestinatario"] = code
    elif code:
        walk.endpoint = {"value": code, "scheme": IPA if len(code) == 6 else CODDEST}


def street_number(_walk: Walk, target: Data, element: etree._Element) -> None:
    number = (element.text or "").strip()
    if number:
        target["line_1"] = f"{target.get('line_1', '')} {number}".strip()


def note(walk: Walk, target: Data, element: etree._Element) -> None:
    words = (element.text or "").strip()
    if words:
        walk.append(target, "notes", {"text": words}, element)


def reference(field: str) -> Action:
    """An order, contract or receipt: its number, the lines it is of, and the codes of a public contract."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        number = element.find("IdDocumento")
        if number is not None:
            walk.put(target, field, number.text, number)
        for tag, term in (("CodiceCUP", "project_reference"), ("CodiceCIG", "tender_reference")):
            code = element.find(tag)
            if code is not None:
                walk.put(target, term, code.text, code)
        item = said(element, "NumItem")
        lines = [(each.text or "").strip() for each in element.iterfind("RiferimentoNumeroLinea")]
        if item and lines and field == "order_reference":
            walk.items.update(dict.fromkeys(lines, item))
        elif item:
            walk.extras.setdefault(f"{PREFIX}{element.tag}.NumItem", item)
        for tag in ("Data", "CodiceCommessaConvenzione"):
            if said(element, tag):
                walk.extras.setdefault(f"{PREFIX}{element.tag}.{tag}", said(element, tag))

    return act


def preceding(walk: Walk, target: Data, element: etree._Element) -> None:
    part = {"number": said(element, "IdDocumento"), "issue_date": said(element, "Data") or None}
    walk.append(target, "preceding_invoices", part, element)


def main_invoice(walk: Walk, target: Data, element: etree._Element) -> None:
    part = {"number": said(element, "NumeroFatturaPrincipale"), "issue_date": said(element, "DataFatturaPrincipale")}
    walk.append(target, "preceding_invoices", part, element)


def delivery_note(walk: Walk, target: Data, element: etree._Element) -> None:
    number, issued = said(element, "NumeroDDT"), said(element, "DataDDT")
    if "despatch_advice_reference" in target:
        walk.keep(f"{PREFIX}DatiDDT", element)
    else:
        walk.put(target, "despatch_advice_reference", number, element)
        if issued:
            walk.extras[f"{PREFIX}DataDDT"] = issued


def delivered(walk: Walk, target: Data, element: etree._Element) -> None:
    """xs:dateTime: the day is carried, the hour kept aside."""
    moment = (element.text or "").strip()
    if moment:
        walk.put(target.setdefault("delivery", {}), "date", moment[:10], element)
        if moment[10:19] != "T00:00:00":
            walk.keep(f"{PREFIX}DataOraConsegna", element)


def item_code(walk: Walk, target: Data, element: etree._Element) -> None:
    kind, code = said(element, "CodiceTipo"), said(element, "CodiceValore")
    if kind.upper() in (GTIN, "GTIN") and code.isdigit() and len(code) in (8, 12, 13, 14):
        walk.put_part(target, "standard_item_id", {"value": code, "scheme": "0160"}, element)
    elif kind == BUYER_ITEM and "buyer_item_id" not in target:
        walk.put(target, "buyer_item_id", code, element)
    elif kind == SELLER_ITEM and "seller_item_id" not in target:
        walk.put(target, "seller_item_id", code, element)
    else:
        attribute(walk, target, kind or "CodiceArticolo", code, element)


def attribute(walk: Walk, target: Data, name: str, value: str, element: etree._Element) -> None:
    """BG-32: what a line has beside its terms."""
    if value:
        walk.append(target, "attributes", {"name": name, "value": value}, element)


def attributed(name: str) -> Action:
    return lambda walk, target, element: attribute(walk, target, name, (element.text or "").strip(), element)


def other_data(walk: Walk, target: Data, element: etree._Element) -> None:
    words = [said(element, f"Riferimento{kind}") for kind in ("Testo", "Numero", "Data")]
    attribute(walk, target, said(element, "TipoDato"), " ".join(each for each in words if each), element)


def attachment(walk: Walk, target: Data, element: etree._Element) -> None:
    name, form = said(element, "NomeAttachment"), said(element, "FormatoAttachment").lower()
    packed = said(element, "AlgoritmoCompressione")
    media = {"pdf": "application/pdf", "xml": "text/xml", "csv": "text/csv", "png": "image/png", "txt": "text/plain",
             "jpg": "image/jpeg", "jpeg": "image/jpeg", "zip": "application/zip"}  # fmt: skip
    part: Data = {
        "reference": name[:60] or f"allegato-{len(target.get('attachments', ())) + 1}",
        "file_name": name or None,
        "media_type": f"application/{packed.lower()}" if packed else media.get(form, form or None),
        "description": said(element, "DescrizioneAttachment") or None,
    }
    walk.append(target, "attachments", part, element)
    for content in element.iterfind("Attachment"):
        walk.put(part, "content_base64", content.text, content)
