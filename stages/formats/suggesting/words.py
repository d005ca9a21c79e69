"""What columns are called in exports: for each canonical field its names in English, Portuguese, Spanish, Polish,
German, French and Italian, without accents, in small letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

DOCUMENT: dict[str, str] = {
    "invoice_number": """
        invoice number, invoice no, invoice nr, invoice, document number, doc number, doc no, bill number,
        numero da fatura, numero fatura, fatura, n fatura, numero da nota, nota fiscal, numero do documento,
        numero de factura, numero factura, factura, n factura, num factura, nr faktury, numer faktury, faktura,
        rechnungsnummer, rechnungsnr, rechnung nr, rechnung, belegnummer, belegnr, beleg nr, numero de facture,
        facture, n facture, no facture, num facture, numero fattura, fattura, n fattura, num fattura""",
    "issue_date": """
        invoice date, issue date, document date, bill date, date, data da fatura, data fatura, data de emissao,
        data emissao, emissao, fecha de factura, fecha factura, fecha de emision, fecha emision, fecha, data
        wystawienia, data faktury, rechnungsdatum, belegdatum, datum, date de facture, date facture, date d
        emission, date emission, data fattura, data emissione, data documento, data""",
    "due_date": """
        due date, payment due, due, vencimento, data de vencimento, data vencimento, fecha de vencimiento, fecha
        vencimiento, vencimiento, termin platnosci, data platnosci, faelligkeit, faellig am, faelligkeitsdatum,
        falligkeit, falligkeitsdatum, zahlbar bis, echeance, date d echeance, date echeance, scadenza, data
        scadenza""",
    "currency": """
        currency, currency code, cur, moeda, moneda, divisa, waluta, waehrung, wahrung, wkz, devise, monnaie,
        valuta""",
    "order_reference": """
        order number, order no, purchase order, po number, po, customer order, numero do pedido, pedido,
        encomenda, numero de pedido, orden de compra, numer zamowienia, nr zamowienia, zamowienie,
        bestellnummer, bestellnr, auftragsnummer, numero de commande, commande, bon de commande, numero ordine,
        ordine, ordine acquisto""",
    "buyer_reference": """
        buyer reference, your reference, customer reference, referencia do cliente, sua referencia, referencia
        cliente, su referencia, referencja, ihre referenz, kundenreferenz, leitweg id, leitwegid, reference
        client, votre reference, riferimento cliente, vostro riferimento""",
    "buyer.name": """
        customer name, customer, client name, client, buyer, buyer name, bill to name, sold to name, company,
        nome do cliente, nome cliente, cliente, comprador, nombre del cliente, nombre cliente, razon social,
        nabywca, nazwa nabywcy, klient, nazwa klienta, kontrahent, kunde, kundenname, name kunde, kaeufer,
        kaufer, empfaenger, nom du client, nom client, acheteur, raison sociale, nome del cliente, ragione
        sociale, acquirente""",
    "buyer.erp_id": """
        customer id, customer number, customer no, customer code, client id, account, account number, codigo do
        cliente, codigo cliente, id cliente, numero de cliente, cod cliente, kod klienta, numer klienta, nr
        klienta, id klienta, kundennummer, kundennr, kunden nr, debitor, debitorennummer, numero client, code
        client, n client, codice cliente, numero cliente, customerid""",
    "buyer.vat_identifier": """
        vat number, vat id, vat no, customer vat, tax id, nif, nif do cliente, contribuinte, cif, nif cif, nif
        cliente, nip, nip nabywcy, ust idnr, ustidnr, ust id, ustid, eu ust idnr, numero de tva, n tva, tva
        intracom, tva intracommunautaire, partita iva, p iva, piva""",
    "buyer.address.line_1": """
        address, street, address line 1, bill to address, morada, endereco, rua, direccion, calle, domicilio,
        ulica, adres, strasse, anschrift, adresse, rue, indirizzo, via""",
    "buyer.address.city": """
        city, town, localidade, cidade, ciudad, poblacion, localidad, miasto, miejscowosc, ort, stadt, ville,
        citta, comune""",
    "buyer.address.post_code": """
        postal code, postcode, post code, zip, zip code, codigo postal, cep, cp, kod pocztowy, plz,
        postleitzahl, code postal, cap""",
    "buyer.address.country": """
        country, country code, pais, codigo pais, kraj, kod kraju, land, laendercode, eu land, pays, code pays,
        paese, nazione""",
    "hints.email": """
        email, e mail, mail, customer email, correo, correo electronico, adres email, courriel, posta
        elettronica""",
    "hints.phone": """
        phone, telephone, mobile, telefone, telemovel, celular, telefono, movil, telefon, tel, numer telefonu,
        telefonnummer, telephone portable, cellulare""",
    "payment_terms": """
        payment terms, terms, condicoes de pagamento, condiciones de pago, forma de pago, warunki platnosci,
        zahlungsbedingungen, zahlungsbedingung, conditions de paiement, condizioni di pagamento""",
    "totals.tax_inclusive": """
        total, grand total, total amount, invoice total, amount due, gross amount, gross total, total fatura,
        valor total, total com iva, importe total, total factura, total con iva, kwota brutto, wartosc brutto,
        brutto, razem brutto, gesamtbetrag, bruttobetrag, rechnungsbetrag, total ttc, montant ttc, totale,
        totale fattura, totale documento, importo totale""",
    "totals.tax_exclusive": """
        net total, total net, subtotal, total sem iva, base tributavel, base imponible, total sin iva, razem
        netto, gesamt netto, nettogesamt, total ht, totale netto, totale imponibile""",
    "totals.tax_amount": """
        total vat, vat total, total tax, total iva, iva total, cuota iva, razem vat, gesamt mwst, steuerbetrag,
        total tva, totale iva""",
}  # fmt: skip
"""Field of a document -> what its column is called."""

LINE: dict[str, str] = {
    "name": """
        description, item description, item, item name, product, product name, article, descricao, designacao,
        produto, artigo, descripcion, concepto, articulo, producto, nazwa, nazwa towaru, opis, towar, towar
        usluga, produkt, bezeichnung, artikelbezeichnung, beschreibung, artikel, designation, libelle, produit,
        descrizione, prodotto, articolo""",
    "seller_item_id": """
        item, article, artigo, articulo, artikel, articolo, produkt, item id, item number, item no, item code, sku,
        stock code, stockcode, product code, product id, article number,
        referencia, codigo, codigo do artigo, codigo do produto, ref, cod articulo, codigo articulo, indeks, kod
        towaru, kod produktu, artikelnummer, artikelnr, art nr, artnr, materialnummer, code article, reference,
        ref article, codice articolo, codice prodotto, codice""",
    "standard_item_id.value": """
        gtin, ean, ean13, barcode, upc, codigo de barras, kod kreskowy, kod ean, code barres, codice a barre""",
    "quantity": """
        quantity, qty, quantidade, qtd, qtde, cantidad, cant, uds, unidades, ilosc, menge, anzahl, stueck,
        quantite, qte, quantita, qta""",
    "unit": """
        unit, uom, unit of measure, unidade, un, unidad, jednostka, jm, j m, einheit, me, mengeneinheit, unite,
        unita, um, unita di misura""",
    "net_price": """
        unit price, unitprice, price, net price, preco unitario, preco, precio unitario, precio, cena
        jednostkowa, cena netto, cena, einzelpreis, stueckpreis, stuckpreis, preis, nettopreis, prix unitaire,
        pu, pu ht, prix, prezzo unitario, prezzo""",
    "net_amount": """
        line total, net amount, line amount, amount, net, valor liquido, total liquido, valor, importe, importe
        neto, neto, wartosc netto, kwota netto, netto, betrag, nettobetrag, gesamtpreis, zeilenbetrag, montant
        ht, montant, total ligne, importo, importo netto, totale riga, imponibile""",
    "vat_rate": """
        vat rate, vat, tax rate, vat percent, taxa iva, iva, taxa de iva, tipo iva, porcentaje iva, stawka vat,
        vat stawka, mwst, mwst satz, ust satz, steuersatz, ust, taux tva, tva, aliquota, aliquota iva""",
    "identifier": """
        line, line number, line no, position, pos, linha, linea, n linea, lp, l p, pozycja, zeile, posnr, ligne,
        riga""",
}  # fmt: skip
"""Field of a line -> what its column is called."""

NUMBERS = frozenset({"quantity", "net_price", "net_amount", "vat_rate", "totals.tax_inclusive", "totals.tax_exclusive",
                     "totals.tax_amount"})  # fmt: skip
IDENTIFIERS = frozenset({"invoice_number", "order_reference", "buyer_reference", "buyer.erp_id", "seller_item_id",
                         "buyer.address.post_code", "standard_item_id.value", "identifier"})  # fmt: skip
"""Words made of digits: a number only by its looks."""
DATES = frozenset({"issue_date", "due_date"})


@dataclass(frozen=True)
class Match:
    """A field that a header may mean. `sure` where the header is exactly one of its names."""

    field: str
    score: int
    line: bool


def plain(header: str) -> str:
    """`Rechnungs-Nr.` -> `rechnungs nr`: small letters without accents and signs; `InvoiceNo` is two words."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    letters = unicodedata.normalize("NFKD", parted.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.lower().split())


def _phrases(table: dict[str, str]) -> dict[str, list[str]]:
    return {field: [" ".join(p.split()) for p in said.split(",")] for field, said in table.items()}


_ALL = [(field, phrases, False) for field, phrases in _phrases(DOCUMENT).items()] + [
    (field, phrases, True) for field, phrases in _phrases(LINE).items()
]


def matches(header: str) -> list[Match]:
    """What a header may mean, best first. 100 and more: it is exactly one of the field's names."""
    said = plain(header)
    joined = said.replace(" ", "")
    words = set(said.split())
    found = []
    for field, phrases, line in _ALL:
        best = 0
        for phrase in phrases:
            if said == phrase or joined == phrase.replace(" ", ""):
                best = max(best, 100 + len(phrase))
            elif len(phrase) > 2 and set(phrase.split()) <= words:
                best = max(best, 40 + len(phrase))
        if best:
            found.append(Match(field, best, line))
    return sorted(found, key=lambda m: -m.score)
