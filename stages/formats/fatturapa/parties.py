"""Who sends, sells and buys, as FatturaPA writes it.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2, sections 1.1 to 1.4
"""

from __future__ import annotations

import re

from schemas.documents import Address, Invoice, Party
from stages.formats.fatturapa.codes import CODDEST, FISCAL_CODE, FOREIGN, IPA, NO_CODE, PEC, PREFIX, ascii_only
from stages.formats.fatturapa.options import REGIMES
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf

_REA = ("Ufficio", "NumeroREA", "CapitaleSociale", "SocioUnico", "StatoLiquidazione")
REGIME_TOLD = "FatturaPA names the seller's tax regime: set the option regime_fiscale (RF01 is the ordinary one)"


def transmission_format(document: Invoice, options: Options) -> str:
    """FPA12 to a public office, which has a code of six characters; else FPR12."""
    endpoint = document.buyer.endpoint
    office = endpoint is not None and endpoint.scheme == IPA
    return options.get("transmission_format") or ("FPA12" if office else "FPR12")


def vat(value: str | None) -> tuple[str, str]:
    """Country and number of a VAT identifier; ("", "") where it does not begin with a country."""
    number = "".join((value or "").split()).upper()
    if len(number) < 4 or not number[:2].isalpha():
        return "", ""
    country = {"EL": "GR", "XI": "GB"}.get(number[:2], number[:2])
    return country, number[2:]


def sender(document: Invoice, options: Options) -> tuple[str, str]:
    """IdTrasmittente: who hands the file over, the seller where the options name nobody else."""
    return vat(options.get("id_trasmittente") or document.seller.vat_identifier)


def transmission(fit: Fitting, document: Invoice, options: Options, progressive: str) -> str:
    country, code = sender(document, options)
    form = transmission_format(document, options)
    if form not in ("FPR12", "FPA12"):
        fit.fault("options.transmission_format", "FPR12 (companies, people) or FPA12 (public offices)", form)
    endpoint = document.buyer.endpoint
    scheme, value = (endpoint.scheme, endpoint.value) if endpoint else (None, "")
    abroad = document.buyer.address is not None and document.buyer.address.country not in (None, "IT")
    recipient = options.get("codice_destinatario") or (value if scheme in (IPA, CODDEST) else "")
    if not recipient:
        recipient = document.extras.get(f"{PREFIX}CodiceDestinatario") or (FOREIGN if abroad else NO_CODE)
    if form == "FPA12" and not re.fullmatch("[A-Z0-9]{6}", recipient):
        told = (
            "a public office has a code of six characters (IPA): give it as the buyer's endpoint, scheme 0201, or as "
        )
        fit.fault("buyer.endpoint", told + "the option codice_destinatario", recipient)
    elif form == "FPR12" and not re.fullmatch("[A-Z0-9]{7}", recipient):
        told = "a recipient's code has seven characters: the buyer's endpoint, scheme 0205, or codice_destinatario"
        fit.fault("buyer.endpoint", told, recipient)
    mail = options.get("pec") or (value if scheme == PEC else "") or document.extras.get(f"{PREFIX}PECDestinatario", "")
    if mail and recipient != NO_CODE:
        fit.lost("buyer.endpoint", "certified mail is written where there is no recipient's code (check 00426)")
        mail = ""
    if endpoint and scheme not in (IPA, CODDEST, PEC):
        fit.lost("buyer.endpoint", "an address of another network than SdI")
    return branch(
        "DatiTrasmissione",
        branch("IdTrasmittente", leaf("IdPaese", country), leaf("IdCodice", code)),
        leaf("ProgressivoInvio", progressive),
        leaf("FormatoTrasmissione", form),
        leaf("CodiceDestinatario", recipient),
        leaf("PECDestinatario", mail),
    )


def _fiscal_code(party: Party) -> str:
    known = [each.value for each in party.identifiers if each.scheme == FISCAL_CODE]
    if not known and party.legal_registration and party.legal_registration.scheme == FISCAL_CODE:
        known = [party.legal_registration.value]
    code = (known[0] if known else party.tax_registration or "").upper()
    return code if re.fullmatch("[A-Z0-9]{11,16}", code) else ""


def _identity(fit: Fitting, role: str, party: Party, *, must: bool) -> str:
    country, number = vat(party.vat_identifier)
    code = _fiscal_code(party)
    if party.tax_registration and party.tax_registration.upper() != code:
        fit.lost(f"{role}.tax_registration", "not a codice fiscale, of 11 or 16 characters")
    for index, each in enumerate(party.identifiers):
        if each.scheme != FISCAL_CODE or each.value != code:
            fit.lost(f"{role}.identifiers[{index}]", "FatturaPA has the codice fiscale alone (scheme 0210)")
    if party.vat_identifier and not country:
        told = f"the {role}'s VAT number begins with its country: IT01234567890"
        fit.fault(f"{role}.vat_identifier", told, rule="vat")
    elif must and not country:
        fit.fault(f"{role}.vat_identifier", f"FatturaPA wants the {role}'s VAT number with its country")
    elif not country and not code:
        told = f"give the {role}'s VAT number, or its codice fiscale as an identifier with scheme 0210 (check 00417)"
        fit.fault(f"{role}.vat_identifier", told)
    tax = branch("IdFiscaleIVA", leaf("IdPaese", country), leaf("IdCodice", number[:28])) if country else ""
    return tax + leaf("CodiceFiscale", code)


def _name(fit: Fitting, role: str, party: Party) -> str:
    if party.family_name and party.given_name:
        name = leaf("Nome", fit.text(f"{role}.given_name", party.given_name, 60))
        name += leaf("Cognome", fit.text(f"{role}.family_name", party.family_name, 60))
    else:
        name = leaf("Denominazione", fit.text(f"{role}.name", party.name, 80))
    return branch("Anagrafica", name)


def address(fit: Fitting, role: str, value: Address | None, tag: str = "Sede") -> str:
    value = value or Address()
    place = f"{role}.address"
    for name, term in (("line_1", "street"), ("city", "town"), ("country", "country")):
        if not getattr(value, name):
            fit.fault(f"{place}.{name}", f"FatturaPA wants the {role}'s {term}")
    street = ", ".join(each for each in (value.line_1, value.line_2, value.line_3) if each)
    if value.line_2 or value.line_3:
        for name in ("line_1", "line_2", "line_3"):
            fit.changed(f"{place}.{name}", "the lines of the address stand in one")
    code = (value.post_code or "").strip()
    if value.country == "IT":
        if not re.fullmatch(r"\d{5}", code):
            fit.fault(f"{place}.post_code", "an Italian postal code has five digits", code or None)
    elif code:
        fit.changed(f"{place}.post_code", "abroad FatturaPA writes 00000; the code stands before the town")
        fit.changed(f"{place}.city", "the postal code stands before the town")
    town = value.city if value.country == "IT" else " ".join(each for each in (code, value.city) if each)
    province = (value.subdivision or "").upper().removeprefix("IT-")
    if value.subdivision and (value.country != "IT" or not re.fullmatch("[A-Z]{2}", province)):
        fit.lost(f"{place}.subdivision", "only the two letters of an Italian province are written")
        province = ""
    return branch(
        tag,
        leaf("Indirizzo", fit.text(f"{place}.line_1", street, 60)),
        leaf("CAP", code if value.country == "IT" else "00000"),
        leaf("Comune", fit.text(f"{place}.city", town, 60)),
        leaf("Provincia", province),
        leaf("Nazione", "GB" if value.country == "XI" else value.country),
    )


def seller(fit: Fitting, document: Invoice, options: Options) -> str:
    party, extras = document.seller, document.extras
    regime = options.get("regime_fiscale") or extras.get(f"{PREFIX}RegimeFiscale", "")
    if regime not in REGIMES:
        fit.fault("options.regime_fiscale", REGIME_TOLD, regime or None)
    rea = {name: extras.get(f"{PREFIX}IscrizioneREA.{name}", "") for name in _REA}
    whole = rea["Ufficio"] and rea["NumeroREA"] and rea["StatoLiquidazione"]
    contact = party.contact
    phone = "".join(c for c in (contact.telephone or "") if c not in " -/().") if contact else ""
    if (contact and phone != (contact.telephone or "")) or not 5 <= len(phone) <= 12:
        if contact and contact.telephone:
            tell = fit.changed if len(phone) >= 5 else fit.lost
            tell("seller.contact.telephone", "5 to 12 digits are written")
        phone = phone[:12] if len(phone) >= 5 else ""
    if contact and contact.name:
        fit.lost("seller.contact.name", "FatturaPA names nobody there")
    return branch(
        "CedentePrestatore",
        branch(
            "DatiAnagrafici",
            _identity(fit, "seller", party, must=True),
            _name(fit, "seller", party),
            leaf("RegimeFiscale", regime),
        ),
        address(fit, "seller", party.address),
        branch("IscrizioneREA", *(leaf(name, rea[name]) for name in _REA)) if whole else "",
        branch(
            "Contatti",
            leaf("Telefono", ascii_only(phone)),
            leaf("Email", contact.email if contact and contact.email and len(contact.email) >= 7 else None),
        ),
    )


def representative(fit: Fitting, document: Invoice) -> str:
    party = document.tax_representative
    if party is None:
        return ""
    if party.address is not None:
        fit.lost("tax_representative.address", "FatturaPA has none for the representative")
    data = _identity(fit, "tax_representative", party, must=True) + _name(fit, "tax_representative", party)
    return branch("RappresentanteFiscale", branch("DatiAnagrafici", data))


def buyer(fit: Fitting, document: Invoice) -> str:
    party = document.buyer
    return branch(
        "CessionarioCommittente",
        branch("DatiAnagrafici", _identity(fit, "buyer", party, must=False), _name(fit, "buyer", party)),
        address(fit, "buyer", party.address),
    )
