"""Write the canonical invoice as FatturaPA 1.2.2, FPR12 or FPA12: one body, not signed.

Bytes are UTF-8 and the same for the same document. `losses` names what stays behind or is changed; what the law wants
and the document has not is refused, with the field or option that would give it.

Source: Agenzia delle Entrate, formato FatturaPA 1.2.2 (Specifiche tecniche 1.8.3), checks of SdI
"""

from __future__ import annotations

import hashlib
import string
from decimal import Decimal

from schemas.documents import Attachment, Invoice
from schemas.errors import Finding
from stages.formats.fatturapa.codes import (
    MEANS,
    MEANS_CODES,
    PREFIX,
    ascii_only,
    latin,
)
from stages.formats.fatturapa.general import General
from stages.formats.fatturapa.goods import Goods
from stages.formats.fatturapa.parties import (
    buyer,
    representative,
    seller,
    sender,
    transmission,
    transmission_format,
)
from stages.formats.fatturapa.taxes import Taxes
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.losses import left_out
from stages.formats.writing.plain_xml import branch, leaf, places
from stages.formats.writing.xml_text import checked

NAMESPACE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
ZERO = Decimal(0)
_PARTY = ("name", "given_name", "family_name", "vat_identifier", "identifiers[].value", "identifiers[].scheme")
_ADDRESS = ("line_1", "line_2", "line_3", "city", "post_code", "subdivision", "country")
_CARRIED = frozenset(
    """invoice_number issue_date type_code currency due_date contract_reference order_reference project_reference
    tender_reference receiving_advice_reference despatch_advice_reference notes[].text preceding_invoices
    tax_point_code payment.means_code payment.remittance_information payment.credit_transfers payment_terms
    delivery.date delivery.address seller.tax_registration buyer.tax_registration seller.contact buyer.endpoint
    tax_representative.name
    tax_representative.vat_identifier tax_representative.address allowances_charges totals.line_total
    totals.allowance_total totals.charge_total totals.tax_exclusive totals.tax_amount totals.tax_inclusive
    totals.paid_amount totals.amount_due totals.rounding_amount vat_breakdown withholdings attachments
    lines[].identifier lines[].note lines[].quantity lines[].unit lines[].net_amount lines[].period
    lines[].allowances_charges lines[].net_price lines[].gross_price lines[].price_discount lines[].base_quantity
    lines[].vat_category lines[].vat_rate lines[].name lines[].description lines[].seller_item_id lines[].buyer_item_id
    lines[].standard_item_id lines[].classifications lines[].accounting_reference lines[].order_line_reference
    lines[].attributes""".split()
) | {f"{role}.{path}" for role in ("seller", "buyer") for path in (*_PARTY, *(f"address.{a}" for a in _ADDRESS))}
_EXTRAS = """CodiceDestinatario RegimeFiscale PECDestinatario TipoDocumento ProgressivoInvio FormatoTrasmissione
    IscrizioneREA. DatiBollo. DataDDT Art73 EsigibilitaIVA RiferimentoNormativo. cassa.
    CondizioniPagamento ModalitaPagamento IdTrasmittente.""".split()
_LETTERS = string.digits + string.ascii_uppercase


def write(document: Invoice, options: Options) -> bytes:
    """FatturaPA of a completed document. Raises DocumentInvalid (permanent) naming every field that is missing."""
    writer = _Writer(document, options)
    text = writer.file()
    writer.fit.stop("FatturaPA 1.2.2")
    return checked(text, document)


def losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    """Every field with content that is left out or changed."""
    writer = _Writer(document, options)
    writer.file()
    return left_out(document, _CARRIED, _EXTRAS, writer.fit)


def progressive(document: Invoice, options: Options) -> str:
    """ProgressivoInvio, unique for a sender: as the options say, else five characters made of seller, date and number.

    The same document has the same, so a file that was sent already is known to SdI by its name (check 00002).
    """
    given = options.get("progressive")
    if given:
        return ascii_only(given)[:10]
    said = f"{document.seller.vat_identifier}|{document.issue_date}|{document.invoice_number}"
    number = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big")
    letters = []
    for _ in range(5):
        number, digit = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[digit])
    return "".join(letters)


def file_name(document: Invoice, options: Options) -> str:
    """`IT01234567890_0001A`, as SdI wants files named: sender, underscore, up to five letters and digits."""
    country, code = sender(document, options)
    mark = "".join(c for c in progressive(document, options) if c.isalnum())[-5:]
    return f"{country}{code}_{mark}"


class _Writer:
    def __init__(self, document: Invoice, options: Options) -> None:
        self.document, self.options = document, options
        self.fit = Fitting("fatturapa", latin)
        self.taxes = Taxes(document, options, self.fit)
        self.goods = Goods(document, self.fit, self.taxes)
        self.general = General(document, options, self.fit, self.goods)

    def kept(self, name: str) -> str:
        return self.document.extras.get(PREFIX + name, "")

    def file(self) -> str:
        document, fit = self.document, self.fit
        form = transmission_format(document, self.options)
        lines = self.goods.lines()
        by_buyer = document.type_code == "389" and self.general.self_billed()
        general = self.general.written()
        goods = branch("DatiBeniServizi", lines, self.taxes.summary())
        return "".join(
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n',
                f'<p:FatturaElettronica xmlns:p="{NAMESPACE}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
                f' versione="{"FPA12" if form == "FPA12" else "FPR12"}">',
                branch(
                    "FatturaElettronicaHeader",
                    transmission(fit, document, self.options, progressive(document, self.options)),
                    seller(fit, document, self.options),
                    representative(fit, document),
                    buyer(fit, document),
                    leaf("SoggettoEmittente", "CC" if by_buyer else None),
                ),
                branch("FatturaElettronicaBody", general, goods, self._payment(), *self._attachments()),
                "</p:FatturaElettronica>\n",
            )
        )

    def _payment(self) -> str:
        document, fit, payment = self.document, self.fit, self.document.payment
        if payment is None:
            for name in ("due_date", "payment_terms"):
                if getattr(document, name):
                    fit.lost(name, "FatturaPA writes it with the means of payment (BT-81), and there is none")
            return ""
        given = self.kept("ModalitaPagamento")
        code = given if MEANS.get(given) == payment.means_code else MEANS_CODES.get(payment.means_code, "")
        if not code:
            told = "no means of payment of FatturaPA stands for this one (BT-81): 10, 20, 30, 48, 58, 59 ... do"
            fit.fault("payment.means_code", told, payment.means_code, rule="means")
        elif MEANS[code] != payment.means_code:
            fit.changed("payment.means_code", f"written as {code}")
        if document.payment_terms:
            fit.lost("payment_terms", "FatturaPA has terms as codes only")
        transfers = payment.credit_transfers
        for index in range(1, len(transfers)):
            fit.lost(f"payment.credit_transfers[{index}]", "a payment has one account")
        account = transfers[0] if transfers else None
        number = "".join(account.account.split()).upper() if account else ""
        iban = number[:2].isalpha() and number[2:4].isdigit() and 15 <= len(number) <= 34
        if account and not iban:
            fit.lost("payment.credit_transfers[0].account", "only an IBAN is written")
        bic = (account.service_provider or "").upper() if account else ""
        if bic and not (len(bic) in (8, 11) and bic.isalnum()):
            fit.lost("payment.credit_transfers[0].service_provider", "a BIC has 8 or 11 letters and digits")
            bic = ""
        terms = self.kept("CondizioniPagamento")
        beneficiary = account.account_name if account else None
        return branch(
            "DatiPagamento",
            leaf("CondizioniPagamento", terms if terms in ("TP01", "TP02", "TP03") else "TP02"),
            branch(
                "DettaglioPagamento",
                leaf("Beneficiario", fit.text("payment.credit_transfers[0].account_name", beneficiary, 200)),
                leaf("ModalitaPagamento", code),
                leaf("DataScadenzaPagamento", document.due_date),
                leaf("ImportoPagamento", places(document.totals.amount_due or ZERO, 2, 2)),
                leaf("IBAN", number if iban else None),
                leaf("BIC", bic),
                leaf(
                    "CodicePagamento",
                    fit.text("payment.remittance_information", payment.remittance_information, 60, letters=ascii_only),
                ),
            ),
        )

    def _attachments(self) -> list[str]:
        return [self._attachment(index, each) for index, each in enumerate(self.document.attachments)]

    def _attachment(self, index: int, each: Attachment) -> str:
        place = f"attachments[{index}]"
        if not each.content_base64:
            self.fit.lost(place, "FatturaPA takes embedded documents only")
            return ""
        named = "file_name" if each.file_name else "reference"
        name = self.fit.text(f"{place}.{named}", getattr(each, named), 60)
        if each.file_name and each.reference != each.file_name:
            self.fit.lost(f"{place}.reference", "an attachment has one name: the file's is written")
        form = (each.media_type or "").rpartition("/")[2].upper()
        return branch(
            "Allegati",
            leaf("NomeAttachment", name),
            leaf("FormatoAttachment", ascii_only({"PLAIN": "TXT"}.get(form, form))[:10]),
            leaf("DescrizioneAttachment", self.fit.text(f"{place}.description", each.description, 100)),
            leaf("Attachment", each.content_base64),
        )
