"""Italian: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="it",
    own_name="Italiano",
    skip="Vai al documento",
    languages="Lingua",
    nothing_due="Nulla da pagare",
    preview_alt="Immagine della prima pagina del documento. Il testo completo si trova nel PDF.",
    view="Visualizza il documento",
    view_hint="Apre il PDF in una nuova scheda",
    files="Scarica",
    pdf="PDF",
    pdf_hint="Da leggere e stampare",
    e_format="Fattura elettronica",
    e_format_hint="XML, per il Suo software di contabilità",
    signature="Contenitore firmato",
    signature_hint="Fattura elettronica con la firma",
    e_document="Documento elettronico",
    e_document_hint="Per il Suo software gestionale",
    signed_document_hint="Documento elettronico con la firma",
    download="Scarica: {name}",
    confirm="Confermo la ricezione",
    confirm_lead="{seller} saprà che il documento Le è pervenuto. Ciò non equivale ad accettarne il contenuto.",
    confirmed="Ricezione confermata",
    confirmed_lead="Ha confermato la ricezione: {time}. Grazie.",
    press_again="Non è stato ancora registrato nulla. Prema di nuovo il pulsante, per favore.",
    superseded="Esiste una versione corretta di questo documento. La preghiamo di usare quella.",
    valid_until="Questa pagina è riservata a Lei e può essere aperta fino al {date}.",
    privacy="Registriamo quando la pagina viene aperta, che cosa viene scaricato e quando conferma la ricezione.",
    expired="Questo link è scaduto",
    expired_lead="Per la Sua sicurezza i link valgono solo per un certo tempo. Ne chieda uno nuovo al mittente.",
    revoked="Questo link è stato revocato",
    revoked_lead="Il mittente ha revocato questo link. Se attende ancora un documento, La preghiamo di contattarlo.",
    unknown="A questo indirizzo non c’è nulla",
    unknown_lead="Il link potrebbe essere stato troncato nel messaggio. Lo apra di nuovo da lì o lo copi per intero.",
    unavailable="Riprovi tra un momento, per favore",
    unavailable_lead="Al momento la pagina non può essere mostrata. Il Suo link resta valido e nulla è andato perso.",
    not_ready="Il documento è ancora in preparazione. La preghiamo di tornare un po’ più tardi.",
)
