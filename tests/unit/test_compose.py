"""What a recipient reads: the right language, the brand, one link, one segment."""

from __future__ import annotations

import email as mail
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from email.policy import default
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.mime import build
from schemas.tenants import BrandProfile
from stages.delivery import compose
from stages.delivery.segments import BASIC, EXTENSION, measure
from stages.rendering.messages import PAGES
from stages.words import LANGUAGES, load_printed

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINK = "https://documents.example.com/d/" + "a2" * 16
BRAND = BrandProfile(name="Água & Sol, Lda", colour="#0f766e", reply_to="contas@agua.example")


def content(language: str = "pt", **more: object) -> compose.Content:
    values: dict[str, object] = {
        "attempt": UUID(int=7),
        "document_type": "invoice",
        "number": "FT 2026/1873",
        "seller": "Água & Sol, Lda",
        "link": LINK,
        "expires_at": datetime(2027, 2, 21, 23, 30, tzinfo=UTC),
        "language": language,
        "issue_date": date(2026, 11, 20),
        "due_date": date(2026, 12, 20),
        "amount": Decimal("1234.50"),
        "currency": "EUR",
        "recipient": "Ana Conceição",
    }
    return compose.Content(**{**values, **more})  # type: ignore[arg-type]


def an_email(language: str = "pt", **more: object) -> compose.EmailMessage:
    return compose.email(content(language, **more), BRAND, sender="docs@agua.example", to="ana@example.com", at=NOON)


class Reader(HTMLParser):
    """What a person sees of HTML, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words: list[str] = []
        self.sources: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("style", "title")
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        self.sources += [value for name, value in attrs if name in ("src", "background") and value]

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize(
    ("language", "subject", "amount", "due"),
    [
        ("pt", "Fatura FT 2026/1873 de Água & Sol, Lda", "1 234,50 €", "20 de dezembro de 2026"),
        ("es", "Factura FT 2026/1873 de Água & Sol, Lda", "1.234,50 €", "20 de diciembre de 2026"),
        ("de", "Rechnung FT 2026/1873 von Água & Sol, Lda", "1.234,50 €", "20. Dezember 2026"),
        ("de-AT", "Rechnung FT 2026/1873 von Água & Sol, Lda", "€ 1.234,50", "20. Dezember 2026"),
        ("fr", "Facture FT 2026/1873 de Água & Sol, Lda", "1 234,50 €", "20 décembre 2026"),
        ("it", "Fattura FT 2026/1873 da Água & Sol, Lda", "1.234,50 €", "20 dicembre 2026"),
        ("pl", "Faktura FT 2026/1873 od Água & Sol, Lda", "1 234,50 €", "20 grudnia 2026"),
        ("en", "Invoice FT 2026/1873 from Água & Sol, Lda", "€1,234.50", "20 December 2026"),
    ],
)
def test_email_in_the_recipients_language(language: str, subject: str, amount: str, due: str) -> None:
    """Subject, text and HTML say number, amount and due date as people of that language write them."""
    message = an_email(language)
    assert message.subject == subject
    assert message.language == language
    html = Reader(message.html)
    for said in (message.text, html.text):
        words = said.replace("\u00a0", " ").replace("\u202f", " ")
        assert "FT 2026/1873" in words
        assert amount in words
        assert due in words
        assert "Ana Conceição" in words
    assert f'lang="{language}"' in message.html


@pytest.mark.parametrize("kind", sorted(PAGES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_around_an_invoice_asks_for_no_money(language: str, kind: str) -> None:
    """An order, an advice, a catalogue: named by its kind in mail and text message, without amount or due day."""
    more = {"document_type": kind, "number": "PO-7", "amount": None, "currency": None, "due_date": None}
    message, short = an_email(language, **more), compose.sms(content(language, **more), sender="Agua", to="+351")
    printed = load_printed(language)
    name = printed.title_of(kind)
    assert message.subject.startswith(f"{name} PO-7 ")
    assert name in message.text
    assert f"{compose.gsm(name)} PO-7. {LINK}" in short.text
    assert short.segments == 1
    for label in (printed.amount_due, printed.amount_credited, printed.due_date):
        assert f"{label}{printed.colon}" not in message.text
        assert f">{label}<" not in message.html


def test_one_address_and_nothing_remote() -> None:
    """Every link is the recipient's own, nothing is loaded from anywhere, and styles are inline."""
    message = an_email()
    found = Reader(message.html)
    assert set(found.links) == {LINK}
    assert found.sources == []
    assert message.text.count(LINK) == 1
    assert set(re.findall(r"https?://[^\s\"'<>]+", message.html)) == {LINK}
    assert 'class="button" href=' in message.html
    assert re.search(r'class="button"[^>]*style="[^"]*background-color: ?#0f766e', message.html)
    assert "prefers-color-scheme" in message.html


def test_fixed_for_the_attempt() -> None:
    """The same attempt is the same bytes: Message-ID, date, and that nobody should answer automatically."""
    message = an_email()
    assert message.message_id == "<00000000-0000-0000-0000-000000000007@agua.example>"
    first, later = build(message, NOON), build(message, NOON.replace(hour=18))
    assert first == later
    parsed = mail.message_from_bytes(first, policy=default)
    assert parsed["Date"].datetime == NOON
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Entrega-Attempt"] == "00000000-0000-0000-0000-000000000007"
    assert parsed["From"].addresses[0].display_name == "Água & Sol, Lda"
    assert parsed["Reply-To"] == "contas@agua.example"
    assert an_email() == message


def test_data_is_never_markup() -> None:
    """What stands in a document is text: neither HTML nor a template."""
    message = an_email(number="<b>1</b>{{ 7*7 }}", recipient="<script>alert(1)</script>")
    assert "<b>1" not in message.html
    assert "<script" not in message.html
    assert "&lt;b&gt;1&lt;/b&gt;{{ 7*7 }}" in message.html
    assert "<b>1</b>{{ 7*7 }}" in message.text


def test_demo_notice() -> None:
    """A document signed with a test certificate says so in the mail; another one does not."""
    assert "certificado de teste" in an_email(is_demo=True).text
    assert "certificado de teste" in Reader(an_email(is_demo=True).html).text
    assert "certificado de teste" not in an_email().html


def test_credit_note_asks_for_no_money() -> None:
    """A credit note is called one, and has no due date."""
    message = an_email("en", document_type="credit-note")
    assert message.subject.startswith("Credit note ")
    assert "Due date" not in message.text
    assert "Amount due" not in message.text


def test_without_an_amount() -> None:
    """A document whose amount is not known says nothing of one, in either channel."""
    message = an_email("en", amount=None)
    assert "Amount" not in message.text
    assert compose.sms(content("en", amount=None), sender="Agua", to="+351912345678").segments == 1


def test_the_links_last_day_is_the_recipients() -> None:
    """The day on which a link ends is told in the recipient's time zone."""
    assert "21 February 2027" in an_email("en", zone="Europe/Lisbon").text
    assert "22 February 2027" in an_email("en", zone="Europe/Warsaw").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("currency", ["EUR", "PLN", "USD", "GBP", "CHF"])
@pytest.mark.parametrize("kind", ["invoice", "credit-note"])
def test_text_message_is_one_segment(language: str, currency: str, kind: str) -> None:
    """In every language the default text message is one segment of the GSM alphabet, with the whole link last."""
    message = compose.sms(
        content(language, currency=currency, document_type=kind, seller="Żółta Łódź Spółka z o.o."),
        sender="Agua",
        to="+351912345678",
    )
    assert message.segments == 1
    assert measure(message.text).alphabet == "gsm-7"
    assert message.text.endswith(" " + LINK)
    assert f"FT 2026/1873, {compose.gsm(content(language, currency=currency).plain_money)}. " in message.text
    assert f" {currency}. " in message.text
    assert "?" not in message.text


@given(st.text(max_size=80), st.text(min_size=1, max_size=60), st.sampled_from(LANGUAGES))
def test_the_link_is_never_split(seller: str, number: str, language: str) -> None:
    """Whatever seller and number are, the text message stays one segment of the GSM alphabet and ends in the link."""
    message = compose.sms(content(language, seller=seller, number=number), sender="Agua", to="+351912345678")
    assert message.text.endswith(LINK)
    assert message.segments == 1
    assert set(message.text) <= BASIC | EXTENSION


def test_sizes_by_the_standard() -> None:
    """160 and 153 septets, 70 and 67 units, two septets for the extension table (3GPP TS 23.038 and 23.040)."""
    assert len(BASIC) == 127  # 128 positions, one of which is the escape to the extension table
    assert len(EXTENSION) == 10
    for words, segments in [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 of two units a segment: the 67th unit stays free
        ("a" * 152 + "€" * 5, 2),
        ("a" * 152 + "€" * 77, 3),  # 152 + 1 free, then 76 escapes fill the second
    ]:
        assert measure(words).segments == segments, words[:3]


def test_letters_that_gsm_lacks() -> None:
    """Accents that the alphabet lacks are dropped, what it has is kept, and nothing vanishes unseen."""
    assert compose.gsm("Ñandú São Łódź ção É à") == "Ñandu Sao Lodz cao É à"
    assert compose.gsm("日本") == "??"


def test_readable_button() -> None:
    """The button's words contrast with the brand's colour."""
    assert compose.readable_on("#ffffff") == "#000000"
    assert compose.readable_on("#0f766e") == "#ffffff"
