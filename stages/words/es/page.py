"""Spanish, as it is written in Spain: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="es",
    own_name="Español",
    skip="Ir al documento",
    languages="Idioma",
    nothing_due="Nada que pagar",
    preview_alt="Imagen de la primera página del documento. El texto completo está en el PDF.",
    view="Ver el documento",
    view_hint="Abre el PDF en una pestaña nueva",
    files="Descargar",
    pdf="PDF",
    pdf_hint="Para leer e imprimir",
    e_format="Factura electrónica",
    e_format_hint="XML, para su programa de contabilidad",
    signature="Contenedor firmado",
    signature_hint="Factura electrónica con su firma",
    e_document="Documento electrónico",
    e_document_hint="Para su programa de gestión",
    signed_document_hint="Documento electrónico con su firma",
    download="Descargar: {name}",
    confirm="Confirmo la recepción",
    confirm_lead="Haga saber a {seller} que ha recibido el documento. No significa que esté conforme con él.",
    confirmed="Recepción confirmada",
    confirmed_lead="Confirmó la recepción el {time}. Gracias.",
    press_again="Todavía no se ha registrado nada. Pulse el botón una vez más, por favor.",
    superseded="Existe una versión corregida de este documento. Utilice esa, por favor.",
    valid_until="Esta página es solo para usted y puede abrirse hasta el {date}.",
    privacy="Registramos cuándo se abre esta página, qué se descarga y cuándo confirma la recepción.",
    expired="Este enlace ha caducado",
    expired_lead="Por su seguridad, los enlaces funcionan solo durante un tiempo. Pida uno nuevo al remitente.",
    revoked="Este enlace ha sido retirado",
    revoked_lead="El remitente ha retirado este enlace. Si aún espera un documento, consulte al remitente.",
    unknown="No hay nada en esta dirección",
    unknown_lead="Puede que el enlace se haya cortado en el mensaje. Ábralo de nuevo desde allí o cópielo entero.",
    unavailable="Inténtelo de nuevo en un momento",
    unavailable_lead="La página no puede mostrarse ahora mismo. Su enlace sigue siendo válido y no se ha perdido nada.",
    not_ready="El documento se está preparando todavía. Vuelva un poco más tarde, por favor.",
)
