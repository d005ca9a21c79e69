"""German: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} von {seller}",
    preheader="{amount} – ansehen, herunterladen und den Empfang bestätigen, ganz ohne Benutzerkonto.",
    greeting="Guten Tag,",
    greeting_named="Guten Tag {name},",
    intro="{seller} stellt Ihnen ein Dokument bereit.",
    invoice_number="Rechnungsnummer",
    number="Nummer",
    button="Dokument ansehen",
    link_hint="Falls die Schaltfläche nicht funktioniert, öffnen Sie bitte diese Adresse in Ihrem Browser:",
    expires="Der Link ist nur für Sie bestimmt und bis zum {date} gültig.",
    why="Sie erhalten diese Nachricht, weil {seller} ein Dokument für Sie ausgestellt hat.",
)
