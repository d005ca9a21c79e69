"""What kind of document a file is, by its root: UBL invoice or credit note, CII, Facturae, FatturaPA, FA(3)."""

from __future__ import annotations

from lxml import etree

from stages.rules.findings import CBC, CII, CREDIT_NOTE, INVOICE

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
MESSAGES = {
    "Order": "ubl-order",
    "OrderResponse": "ubl-order-response",
    "DespatchAdvice": "ubl-despatch-advice",
    "Catalogue": "ubl-catalogue",
    "ApplicationResponse": "ubl-application-response",
}
"""UBL's messages around an invoice, by their root."""

KINDS: dict[str, str] = {
    **{f"{{{_OASIS}{root}-2}}{root}": kind for root, kind in MESSAGES.items()},
    f"{{{INVOICE}}}Invoice": "ubl-invoice",
    f"{{{CREDIT_NOTE}}}CreditNote": "ubl-creditnote",
    f"{{{CII}}}CrossIndustryInvoice": "cii",
    "{http://www.facturae.es/Facturae/2009/v3.2/Facturae}Facturae": "facturae-3.2",
    "{http://www.facturae.es/Facturae/2014/v3.2.1/Facturae}Facturae": "facturae-3.2.1",
    "{http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml}Facturae": "facturae-3.2.2",
    "{http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2}FatturaElettronica": "fatturapa",
    "{http://crd.gov.pl/wzor/2025/06/25/13775/}Faktura": "ksef-fa3",
}

# An empty document of each syntax that stylesheets judge: rules that find nothing wrong with it are broken.
EMPTY: dict[str, str] = {
    **{kind: f'<{root} xmlns="{_OASIS}{root}-2"/>' for root, kind in MESSAGES.items()},
    "ubl-invoice": f'<Invoice xmlns="{INVOICE}"/>',
    "ubl-creditnote": f'<Invoice xmlns="{INVOICE}"/>',
    "cii": f'<CrossIndustryInvoice xmlns="{CII}"/>',
}

_SELF_BILLING = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"


def kind_of(document: etree._Element) -> str | None:
    """The kind of a document, or None for a root that no rule set knows."""
    return KINDS.get(str(document.tag))


def is_self_billing(document: etree._Element) -> bool:
    """Whether a UBL document says in its ProfileID that the buyer wrote it."""
    return (document.findtext(f"{{{CBC}}}ProfileID") or "").strip() == _SELF_BILLING
