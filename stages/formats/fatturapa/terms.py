"""Where each business term stands in FatturaPA 1.2: header, body, line, summary.

What EN 16931 has no term for goes to the extras under `fatturapa.`; taxes, sums and payments wait in `Walk.later` until
all is read.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2; AgID, CIUS-IT
"""

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
from stages.formats.reading.xml_actions import aside, day, group, groups, text, within
from stages.formats.reading.xml_walk import Action, Data, Node, said


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def later(key: str) -> Action:
    """An element that is understood when all is read."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        walk.later.setdefault((id(target), key), []).append(element)

    return act


def _vat(walk: Walk, target: Data, element: etree._Element) -> None:
    number = said(element, "IdPaese") + said(element, "IdCodice")
    walk.put(target, "vat_identifier", number, element)


def _fiscal_code(walk: Walk, target: Data, element: etree._Element) -> None:
    """The seller's is BT-32; a buyer has none, so it is one of its identifiers."""
    code = (element.text or "").strip()
    if code and next(element.iterancestors("CedentePrestatore"), None) is not None:
        walk.put(target, "tax_registration", code, element)
    elif code:
        walk.append(target, "identifiers", {"value": code, "scheme": FISCAL_CODE}, element)


def _recipient(walk: Walk, _target: Data, element: etree._Element) -> None:
    """BT-49: a public office's code has six characters, another recipient's seven; two of those say that there is
    none."""
    code = (element.text or "").strip()
    if code in (NO_CODE, FOREIGN):
        walk.extras[f"{PREFIX}CodiceDestinatario"] = code
    elif code:
        walk.endpoint = {"value": code, "scheme": IPA if len(code) == 6 else CODDEST}


def _street_number(_walk: Walk, target: Data, element: etree._Element) -> None:
    number = (element.text or "").strip()
    if number:
        target["line_1"] = f"{target.get('line_1', '')} {number}".strip()


def _note(walk: Walk, target: Data, element: etree._Element) -> None:
    words = (element.text or "").strip()
    if words:
        walk.append(target, "notes", {"text": words}, element)


def _reference(field: str) -> Action:
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


def _preceding(walk: Walk, target: Data, element: etree._Element) -> None:
    part = {"number": said(element, "IdDocumento"), "issue_date": said(element, "Data") or None}
    walk.append(target, "preceding_invoices", part, element)


def _main_invoice(walk: Walk, target: Data, element: etree._Element) -> None:
    part = {"number": said(element, "NumeroFatturaPrincipale"), "issue_date": said(element, "DataFatturaPrincipale")}
    walk.append(target, "preceding_invoices", part, element)


def _delivery_note(walk: Walk, target: Data, element: etree._Element) -> None:
    number, issued = said(element, "NumeroDDT"), said(element, "DataDDT")
    if "despatch_advice_reference" in target:
        walk.keep(f"{PREFIX}DatiDDT", element)
    else:
        walk.put(target, "despatch_advice_reference", number, element)
        if issued:
            walk.extras[f"{PREFIX}DataDDT"] = issued


def _delivered(walk: Walk, target: Data, element: etree._Element) -> None:
    """xs:dateTime: the day is carried, the hour kept aside."""
    moment = (element.text or "").strip()
    if moment:
        walk.put(target.setdefault("delivery", {}), "date", moment[:10], element)
        if moment[10:19] != "T00:00:00":
            walk.keep(f"{PREFIX}DataOraConsegna", element)


def _item_code(walk: Walk, target: Data, element: etree._Element) -> None:
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


def _attributed(name: str) -> Action:
    return lambda walk, target, element: attribute(walk, target, name, (element.text or "").strip(), element)


def _other_data(walk: Walk, target: Data, element: etree._Element) -> None:
    words = [said(element, f"Riferimento{kind}") for kind in ("Testo", "Numero", "Data")]
    attribute(walk, target, said(element, "TipoDato"), " ".join(each for each in words if each), element)


def _attachment(walk: Walk, target: Data, element: etree._Element) -> None:
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


_NAME: Node = {
    "Denominazione": text("name"),
    "Nome": text("given_name"),
    "Cognome": text("family_name"),
    "Titolo": kept("Titolo"),
    "CodEORI": kept("CodEORI"),
}
_ADDRESS: Node = {
    "Indirizzo": text("line_1"),
    "NumeroCivico": _street_number,
    "CAP": text("post_code"),
    "Comune": text("city"),
    "Provincia": text("subdivision"),
    "Nazione": text("country"),
}
_REGISTER = ("AlboProfessionale", "ProvinciaAlbo", "NumeroIscrizioneAlbo", "DataIscrizioneAlbo")
_PARTY: Node = {
    "DatiAnagrafici": within(
        {
            "IdFiscaleIVA": _vat,
            "CodiceFiscale": _fiscal_code,
            "Anagrafica": within(_NAME),
            "RegimeFiscale": kept("RegimeFiscale"),
            **{name: kept(name) for name in _REGISTER},
        }
    ),
    # the simplified format has these without a group
    "IdFiscaleIVA": _vat,
    "CodiceFiscale": _fiscal_code,
    "IdentificativiFiscali": within({"IdFiscaleIVA": _vat, "CodiceFiscale": _fiscal_code}),
    "AltriDatiIdentificativi": within(
        {**_NAME, "Sede": group("address", _ADDRESS), "StabileOrganizzazione": kept("StabileOrganizzazione")}
    ),
    **_NAME,
    "RegimeFiscale": kept("RegimeFiscale"),
    "Sede": group("address", _ADDRESS),
    "StabileOrganizzazione": kept("StabileOrganizzazione"),
    "IscrizioneREA": kept("IscrizioneREA"),
    "Contatti": within(
        {
            "Telefono": lambda w, t, e: w.put(t.setdefault("contact", {}), "telephone", e.text, e),
            "Email": lambda w, t, e: w.put(t.setdefault("contact", {}), "email", e.text, e),
            "Fax": kept("Fax"),
        }
    ),
    "RiferimentoAmministrazione": kept("RiferimentoAmministrazione"),
    "RappresentanteFiscale": kept("RappresentanteFiscale"),
}
HEADER: Node = {
    "DatiTrasmissione": within(
        {
            "IdTrasmittente": kept("IdTrasmittente"),
            "ProgressivoInvio": kept("ProgressivoInvio"),
            "FormatoTrasmissione": kept("FormatoTrasmissione"),
            "CodiceDestinatario": _recipient,
            "ContattiTrasmittente": kept("ContattiTrasmittente"),
            "PECDestinatario": kept("PECDestinatario"),  # EAS has no code for certified mail
        }
    ),
    "CedentePrestatore": group("seller", _PARTY),
    "RappresentanteFiscale": group("tax_representative", _PARTY),
    "CessionarioCommittente": group("buyer", _PARTY),
    "TerzoIntermediarioOSoggettoEmittente": kept("TerzoIntermediario"),
    "SoggettoEmittente": kept("SoggettoEmittente"),
}
_CARRIER = (
    "DatiAnagraficiVettore", "MezzoTrasporto", "CausaleTrasporto", "NumeroColli", "Descrizione",
    "UnitaMisuraPeso", "PesoLordo", "PesoNetto", "DataOraRitiro", "DataInizioTrasporto", "TipoResa",
)  # fmt: skip
_LINE: Node = {
    "NumeroLinea": text("identifier"),
    "TipoCessionePrestazione": later("kind"),
    "CodiceArticolo": _item_code,
    "Descrizione": text("name"),
    "Quantita": text("quantity"),
    "UnitaMisura": text("unit"),
    "DataInizioPeriodo": lambda w, t, e: day("start")(w, t.setdefault("period", {}), e),
    "DataFinePeriodo": lambda w, t, e: day("end")(w, t.setdefault("period", {}), e),
    "PrezzoUnitario": text("net_price"),
    "ScontoMaggiorazione": later("discounts"),
    "PrezzoTotale": text("net_amount"),
    "AliquotaIVA": text("vat_rate"),
    "Ritenuta": _attributed("Ritenuta"),
    "Natura": later("nature"),
    "RiferimentoAmministrazione": text("accounting_reference"),
    "AltriDatiGestionali": _other_data,
}
BODY: Node = {
    "DatiGenerali": within(
        {
            "DatiGeneraliDocumento": within(
                {
                    "TipoDocumento": kept("TipoDocumento"),
                    "Divisa": text("currency"),
                    "Data": day("issue_date"),
                    "Numero": text("invoice_number"),
                    "DatiRitenuta": later("withheld"),
                    "DatiBollo": kept("DatiBollo"),
                    "BolloVirtuale": kept("DatiBollo.BolloVirtuale"),
                    "DatiCassaPrevidenziale": later("funds"),
                    "ScontoMaggiorazione": later("document-discounts"),
                    "ImportoTotaleDocumento": later("total"),
                    "Arrotondamento": later("rounding"),
                    "Causale": _note,
                    "Art73": kept("Art73"),
                }
            ),
            "DatiFatturaRettificata": within(
                {"NumeroFR": later("corrected"), "DataFR": kept("DataFR"), "ElementiRettificati": kept("Rettificati")}
            ),
            "DatiOrdineAcquisto": _reference("order_reference"),
            "DatiContratto": _reference("contract_reference"),
            "DatiConvenzione": kept("DatiConvenzione"),
            "DatiRicezione": _reference("receiving_advice_reference"),
            "DatiFattureCollegate": _preceding,
            "DatiSAL": kept("DatiSAL"),
            "DatiDDT": _delivery_note,
            "DatiTrasporto": within(
                {
                    "DataOraConsegna": _delivered,
                    "IndirizzoResa": lambda w, t, e: group("address", _ADDRESS)(w, t.setdefault("delivery", {}), e),
                    **{name: kept(f"DatiTrasporto.{name}") for name in _CARRIER},
                }
            ),
            "FatturaPrincipale": _main_invoice,
        }
    ),
    "DatiBeniServizi": within({"DettaglioLinee": groups("lines", _LINE), "DatiRiepilogo": later("summary")}),
    "DatiVeicoli": kept("DatiVeicoli"),
    "DatiPagamento": later("payment"),
    "Allegati": _attachment,
}
SIMPLIFIED_BODY: Node = {
    **BODY,
    "DatiBeniServizi": later("simplified"),
}
INSTALMENT_ASIDE = (
    "DataRiferimentoTerminiPagamento", "GiorniTerminiPagamento", "CodUfficioPostale", "CognomeQuietanzante",
    "NomeQuietanzante", "CFQuietanzante", "TitoloQuietanzante", "IstitutoFinanziario", "ABI", "CAB",
    "ScontoPagamentoAnticipato", "DataLimitePagamentoAnticipato", "PenalitaPagamentiRitardati", "DataDecorrenzaPenale",
)  # fmt: skip
