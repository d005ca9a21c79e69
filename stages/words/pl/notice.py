"""Polish: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} od {seller}",
    preheader="{amount} – dokument można obejrzeć, pobrać i potwierdzić jego odbiór bez zakładania konta.",
    greeting="Dzień dobry,",
    greeting_named="Dzień dobry, {name},",
    intro="{seller} przesyła dokument dla Państwa.",
    invoice_number="Numer faktury",
    number="Numer",
    button="Zobacz dokument",
    link_hint="Jeśli przycisk nie działa, proszę otworzyć ten adres w przeglądarce:",
    expires="Link jest przeznaczony tylko dla Państwa i działa do {date}.",
    why="Otrzymują Państwo tę wiadomość, ponieważ wystawiono dla Państwa dokument ({seller}).",
)
