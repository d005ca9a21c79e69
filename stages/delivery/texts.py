"""What messages say, in every language that is shipped: plain words, one table a language.

A text that a language lacks is an error, never English by accident. `sms` stays within the GSM alphabet of 3GPP TS
23.038, so that a message is one segment: letters that it lacks are written without their accents there.
"""

from __future__ import annotations

from collections.abc import Mapping

KEYS = (
    "subject",
    "preheader",
    "greeting",
    "greeting_named",
    "intro",
    "number",
    "issued",
    "amount",
    "amount_credit",
    "due",
    "button",
    "link_hint",
    "expires",
    "why",
    "demo",
    "copy",
    "sms",
    "sms_plain",
)
"""Every table holds exactly these, and a name for each of `KINDS`."""

KINDS = (
    "invoice",
    "credit-note",
    "order",
    "order-response",
    "despatch-advice",
    "receiving-advice",
    "catalogue",
    "remittance-advice",
    "open-items",
    "business-response",
)
"""What is delivered: the document's own word for what it is."""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "invoice": "Invoice",
        "credit-note": "Credit note",
        "order": "Order",
        "order-response": "Order response",
        "despatch-advice": "Despatch advice",
        "receiving-advice": "Receiving advice",
        "catalogue": "Catalogue",
        "remittance-advice": "Remittance advice",
        "open-items": "Statement of open items",
        "business-response": "Response to a document",
        "subject": "{kind} {number} from {seller}",
        "preheader": "{amount} – view, download and confirm receipt, no account needed.",
        "greeting": "Hello,",
        "greeting_named": "Hello {name},",
        "intro": "{seller} has a document for you.",
        "number": "Number",
        "issued": "Date",
        "amount": "Amount due",
        "amount_credit": "Amount",
        "due": "Due date",
        "button": "View document",
        "link_hint": "If the button does not work, open this address in your browser:",
        "expires": "The link is for you alone and works until {date}.",
        "why": "You receive this message because {seller} has issued a document to you.",
        "demo": "Demonstration: the document was signed with a test certificate and has no legal effect.",
        "copy": "Copy: the original with legal effect is issued through {platform}.",
        "sms": "{seller}: {kind} {number}, {amount}. {link}",
        "sms_plain": "{seller}: {kind} {number}. {link}",
    },
    "pt": {
        "invoice": "Fatura",
        "credit-note": "Nota de crédito",
        "order": "Encomenda",
        "order-response": "Resposta à encomenda",
        "despatch-advice": "Aviso de expedição",
        "receiving-advice": "Aviso de receção",
        "catalogue": "Catálogo",
        "remittance-advice": "Aviso de pagamento",
        "open-items": "Extrato de documentos em aberto",
        "business-response": "Resposta a um documento",
        "subject": "{kind} {number} de {seller}",
        "preheader": "{amount} – consulte, descarregue e confirme a receção, sem conta.",
        "greeting": "Olá,",
        "greeting_named": "Olá {name},",
        "intro": "{seller} tem um documento para si.",
        "number": "Número",
        "issued": "Data",
        "amount": "Valor a pagar",
        "amount_credit": "Valor",
        "due": "Data de vencimento",
        "button": "Ver documento",
        "link_hint": "Se o botão não funcionar, abra este endereço no seu navegador:",
        "expires": "A ligação é só para si e é válida até {date}.",
        "why": "Recebe esta mensagem porque {seller} emitiu um documento para si.",
        "demo": "Demonstração: o documento foi assinado com um certificado de teste e não tem efeito legal.",
        "copy": "Cópia: o original com efeito legal é emitido através da plataforma {platform}.",
        "sms": "{seller}: {kind} {number}, {amount}. {link}",
        "sms_plain": "{seller}: {kind} {number}. {link}",
    },
    "es": {
        "invoice": "Factura",
        "credit-note": "Nota de crédito",
        "order": "Pedido",
        "order-response": "Respuesta al pedido",
        "despatch-advice": "Aviso de expedición",
        "receiving-advice": "Aviso de recepción",
        "catalogue": "Catálogo",
        "remittance-advice": "Aviso de pago",
        "open-items": "Estado de partidas abiertas",
        "business-response": "Respuesta a un documento",
        "subject": "{kind} {number} de {seller}",
        "preheader": "{amount} – consulte, descargue y confirme la recepción, sin cuenta.",
        "greeting": "Hola:",
        "greeting_named": "Hola, {name}:",
        "intro": "{seller} tiene un documento para usted.",
        "number": "Número",
        "issued": "Fecha",
        "amount": "Importe a pagar",
        "amount_credit": "Importe",
        "due": "Fecha de vencimiento",
        "button": "Ver documento",
        "link_hint": "Si el botón no funciona, abra esta dirección en su navegador:",
        "expires": "El enlace es solo para usted y funciona hasta el {date}.",
        "why": "Recibe este mensaje porque {seller} ha emitido un documento a su nombre.",
        "demo": "Demostración: el documento se firmó con un certificado de prueba y no tiene efecto legal.",
        "copy": "Copia: el original con efecto legal se emite a través de la plataforma {platform}.",
        "sms": "{seller}: {kind} {number}, {amount}. {link}",
        "sms_plain": "{seller}: {kind} {number}. {link}",
    },
    "pl": {
        "invoice": "Faktura",
        "credit-note": "Faktura korygująca",
        "order": "Zamówienie",
        "order-response": "Odpowiedź na zamówienie",
        "despatch-advice": "Awizo wysyłki",
        "receiving-advice": "Potwierdzenie przyjęcia dostawy",
        "catalogue": "Katalog",
        "remittance-advice": "Awizo płatności",
        "open-items": "Zestawienie otwartych pozycji",
        "business-response": "Odpowiedź na dokument",
        "subject": "{kind} {number} od {seller}",
        "preheader": "{amount} – zobacz, pobierz i potwierdź odbiór, bez zakładania konta.",
        "greeting": "Dzień dobry,",
        "greeting_named": "Dzień dobry, {name},",
        "intro": "{seller} przesyła dokument dla Państwa.",
        "number": "Numer",
        "issued": "Data",
        "amount": "Do zapłaty",
        "amount_credit": "Kwota",
        "due": "Termin płatności",
        "button": "Zobacz dokument",
        "link_hint": "Jeśli przycisk nie działa, proszę otworzyć ten adres w przeglądarce:",
        "expires": "Link jest przeznaczony tylko dla Państwa i działa do {date}.",
        "why": "Otrzymują Państwo tę wiadomość, ponieważ wystawiono dla Państwa dokument ({seller}).",
        "demo": "Demonstracja: dokument podpisano certyfikatem testowym i nie ma on skutków prawnych.",
        "copy": "Kopia: oryginał ze skutkami prawnymi jest wystawiany za pośrednictwem systemu {platform}.",
        "sms": "{seller}: {kind} {number}, {amount}. {link}",
        "sms_plain": "{seller}: {kind} {number}. {link}",
    },
}


class TextMissing(KeyError):
    """A language lacks a text: a fault of this program, found by its tests."""


def text(language: str, key: str) -> str:
    """One text. `language` is one of TEXTS. Raises TextMissing."""
    try:
        return TEXTS[language][key]
    except KeyError:
        raise TextMissing(f"{language}: {key}") from None


def language_of(*wanted: str | None) -> str:
    """The first of these languages that is shipped, region left aside; English where none is.

    >>> language_of(None, "pt-BR", "en")
    'pt'
    """
    for tag in wanted:
        language = (tag or "").replace("_", "-").split("-")[0].lower()
        if language in TEXTS:
            return language
    return "en"
