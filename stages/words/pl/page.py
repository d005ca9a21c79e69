"""Polish: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="pl",
    own_name="Polski",
    skip="Przejdź do dokumentu",
    languages="Język",
    nothing_due="Nic do zapłaty",
    preview_alt="Obraz pierwszej strony dokumentu. Pełny tekst jest w pliku PDF.",
    view="Zobacz dokument",
    view_hint="Otwiera PDF w nowej karcie",
    files="Pobierz",
    pdf="PDF",
    pdf_hint="Do czytania i drukowania",
    e_format="E-faktura",
    e_format_hint="XML, do programu księgowego",
    signature="Podpisany kontener",
    signature_hint="E-faktura z podpisem elektronicznym",
    e_document="Dokument elektroniczny",
    e_document_hint="Do Państwa systemu",
    signed_document_hint="Dokument elektroniczny z podpisem",
    download="Pobierz: {name}",
    confirm="Potwierdzam odbiór",
    confirm_lead="Nadawca ({seller}) dowie się, że dokument dotarł. Nie oznacza to zgody na jego treść.",
    confirmed="Odbiór potwierdzony",
    confirmed_lead="Odbiór potwierdzono: {time}. Dziękujemy.",
    press_again="Nic jeszcze nie zapisano. Proszę nacisnąć przycisk jeszcze raz.",
    superseded="Istnieje poprawiona wersja tego dokumentu. Prosimy korzystać z niej.",
    valid_until="Ta strona jest przeznaczona tylko dla Państwa i można ją otwierać do {date}.",
    privacy="Zapisujemy, kiedy otwarto tę stronę, co pobrano i kiedy potwierdzono odbiór.",
    expired="Ten link wygasł",
    expired_lead="Ze względów bezpieczeństwa linki działają przez ograniczony czas. Proszę poprosić nadawcę o nowy.",
    revoked="Ten link został wycofany",
    revoked_lead="Nadawca wycofał ten link. Jeśli oczekują Państwo dokumentu, prosimy o kontakt z nadawcą.",
    unknown="Pod tym adresem nic nie ma",
    unknown_lead="Link mógł zostać ucięty w wiadomości. Proszę otworzyć go stamtąd ponownie lub skopiować w całości.",
    unavailable="Proszę spróbować za chwilę",
    unavailable_lead="Strony nie można teraz wyświetlić. Link pozostaje ważny i nic nie zginęło.",
    not_ready="Dokument jest jeszcze przygotowywany. Prosimy wrócić nieco później.",
)
