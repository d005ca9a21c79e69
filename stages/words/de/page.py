"""German: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="de",
    own_name="Deutsch",
    skip="Zum Dokument springen",
    languages="Sprache",
    nothing_due="Nichts zu zahlen",
    preview_alt="Bild der ersten Seite des Dokuments. Der vollständige Text steht im PDF.",
    view="Dokument ansehen",
    view_hint="Öffnet das PDF in einem neuen Tab",
    files="Herunterladen",
    pdf="PDF",
    pdf_hint="Zum Lesen und Drucken",
    e_format="E-Rechnung",
    e_format_hint="XML, für Ihre Buchhaltungssoftware",
    signature="Signierter Container",
    signature_hint="E-Rechnung mit elektronischer Signatur",
    e_document="Elektronisches Dokument",
    e_document_hint="Für Ihre Unternehmenssoftware",
    signed_document_hint="Elektronisches Dokument mit Signatur",
    download="Herunterladen: {name}",
    confirm="Empfang bestätigen",
    confirm_lead="{seller} erfährt, dass Sie das Dokument erhalten haben. Eine Zustimmung zum Inhalt ist das nicht.",
    confirmed="Empfang bestätigt",
    confirmed_lead="Sie haben den Empfang bestätigt: {time}. Vielen Dank.",
    press_again="Es wurde noch nichts erfasst. Bitte drücken Sie die Schaltfläche noch einmal.",
    superseded="Es gibt eine berichtigte Fassung dieses Dokuments. Bitte verwenden Sie diese.",
    valid_until="Diese Seite ist nur für Sie bestimmt und kann bis zum {date} geöffnet werden.",
    privacy="Wir erfassen, wann diese Seite geöffnet, was heruntergeladen und wann der Empfang bestätigt wird.",
    expired="Dieser Link ist abgelaufen",
    expired_lead="Zu Ihrer Sicherheit gelten Links nur begrenzte Zeit. Bitte fordern Sie beim Absender einen neuen an.",
    revoked="Dieser Link wurde zurückgezogen",
    revoked_lead="Der Absender hat den Link zurückgezogen. Erwarten Sie noch ein Dokument, fragen Sie ihn bitte.",
    unknown="Unter dieser Adresse gibt es nichts",
    unknown_lead=(
        "Der Link wurde in der Nachricht möglicherweise abgeschnitten. "
        "Bitte öffnen Sie ihn von dort aus erneut oder kopieren Sie ihn vollständig."
    ),
    unavailable="Bitte versuchen Sie es gleich noch einmal",
    unavailable_lead="Die Seite kann gerade nicht angezeigt werden. Ihr Link bleibt gültig, es ist nichts verloren.",
    not_ready="Das Dokument wird noch vorbereitet. Bitte kommen Sie etwas später wieder.",
)
