"""Where each business term stands in FatturaPA 1.2: header, body, line, summary.

What EN 16931 has no term for goes to the extras under `fatturapa.`; taxes, sums and payments wait until all is read
(`Walk.waiting`).

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2; AgID, CIUS-IT
"""

from __future__ import annotations

from stages.formats.fatturapa.actions import (
    attachment,
    attributed,
    delivered,
    delivery_note,
    fiscal_code,
    item_code,
    kept,
    main_invoice,
    note,
    other_data,
    preceding,
    recipient,
    reference,
    street_number,
    vat,
)
from stages.formats.reading.xml_actions import day, group, groups, later, text, within
from stages.formats.reading.xml_walk import Node

_NAME: Node = {
    "Denominazione": text("name"),
    "Nome": text("given_name"),
    "Cognome": text("family_name"),
    "Titolo": kept("Titolo"),
    "CodEORI": kept("CodEORI"),
}
_ADDRESS: Node = {
    "Indirizzo": text("line_1"),
    "NumeroCivico": street_number,
    "CAP": text("post_code"),
    "Comune": text("city"),
    "Provincia": text("subdivision"),
    "Nazione": text("country"),
}
_REGISTER = ("AlboProfessionale", "ProvinciaAlbo", "NumeroIscrizioneAlbo", "DataIscrizioneAlbo")
_PARTY: Node = {
    "DatiAnagrafici": within(
        {
            "IdFiscaleIVA": vat,
            "CodiceFiscale": fiscal_code,
            "Anagrafica": within(_NAME),
            "RegimeFiscale": kept("RegimeFiscale"),
            **{name: kept(name) for name in _REGISTER},
        }
    ),
    # the simplified format has these without a group
    "IdFiscaleIVA": vat,
    "CodiceFiscale": fiscal_code,
    "IdentificativiFiscali": within({"IdFiscaleIVA": vat, "CodiceFiscale": fiscal_code}),
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
            "CodiceDestinatario": recipient,
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
    "CodiceArticolo": item_code,
    "Descrizione": text("name"),
    "Quantita": text("quantity"),
    "UnitaMisura": text("unit"),
    "DataInizioPeriodo": lambda w, t, e: day("start")(w, t.setdefault("period", {}), e),
    "DataFinePeriodo": lambda w, t, e: day("end")(w, t.setdefault("period", {}), e),
    "PrezzoUnitario": text("net_price"),
    "ScontoMaggiorazione": later("discounts"),
    "PrezzoTotale": text("net_amount"),
    "AliquotaIVA": text("vat_rate"),
    "Ritenuta": attributed("Ritenuta"),
    "Natura": later("nature"),
    "RiferimentoAmministrazione": text("accounting_reference"),
    "AltriDatiGestionali": other_data,
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
                    "Causale": note,
                    "Art73": kept("Art73"),
                }
            ),
            "DatiFatturaRettificata": within(
                {"NumeroFR": later("corrected"), "DataFR": kept("DataFR"), "ElementiRettificati": kept("Rettificati")}
            ),
            "DatiOrdineAcquisto": reference("order_reference"),
            "DatiContratto": reference("contract_reference"),
            "DatiConvenzione": kept("DatiConvenzione"),
            "DatiRicezione": reference("receiving_advice_reference"),
            "DatiFattureCollegate": preceding,
            "DatiSAL": kept("DatiSAL"),
            "DatiDDT": delivery_note,
            "DatiTrasporto": within(
                {
                    "DataOraConsegna": delivered,
                    "IndirizzoResa": lambda w, t, e: group("address", _ADDRESS)(w, t.setdefault("delivery", {}), e),
                    **{name: kept(f"DatiTrasporto.{name}") for name in _CARRIER},
                }
            ),
            "FatturaPrincipale": main_invoice,
        }
    ),
    "DatiBeniServizi": within({"DettaglioLinee": groups("lines", _LINE), "DatiRiepilogo": later("summary")}),
    "DatiVeicoli": kept("DatiVeicoli"),
    "DatiPagamento": later("payment"),
    "Allegati": attachment,
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
