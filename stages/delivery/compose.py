"""Composing: what a recipient reads, in their language and the supplier's brand.

A message tells whose document waits, for how much and until when, and carries one link. What is composed is stored and
sent as it is on every try: so the date and the Message-ID are of the attempt, and nothing here reads a clock.

Source: RFC 5322 (Date, Message-ID), RFC 3834 (Auto-Submitted), CLDR by Babel (amounts, dates), 3GPP TS 23.038 (SMS)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.utils import format_datetime
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any
from uuid import UUID

from schemas.deliveries import EmailMessage, SmsMessage
from schemas.errors import Finding, NotComposable
from schemas.tenants import BrandProfile, zone_named
from stages.delivery.segments import BASIC, EXTENSION, measure
from stages.words import days, load_notice, load_printed, locale

TEMPLATES = Path(__file__).with_name("templates")
OPTIONAL = frozenset(("amount", "copy", "demo", "footer"))
"""Words without which a part of the page is not there."""
BRANDED = frozenset(("colour", "on_colour", "rows"))
OPENING, CLOSING = "\ue000", "\ue001"
"""Around the name of words that are still to be put in: characters that mean nothing to HTML."""
NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2013": "-", "\u2212": "-"})


@dataclass(frozen=True)
class Content:
    """What a message is about. `document_type`: the document's own word (`credit-note`, `order`), not its code (BT-3).

    `language` is the recipient's (BCP 47), one that there are words for;
    `seller` is the brand's name; `expires_at` of the link; `zone` the recipient's;
    `copy_of` the authority's platform that issues the original.
    """

    attempt: UUID
    document_type: str
    number: str
    seller: str
    link: str
    expires_at: datetime
    language: str
    issue_date: date | None = None
    due_date: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    recipient: str | None = None
    zone: str = "Europe/Lisbon"
    is_demo: bool = False
    copy_of: str | None = None

    @property
    def credit(self) -> bool:
        return self.document_type == "credit-note"

    @property
    def kind(self) -> str:
        return load_printed(self.language).title_of(self.document_type)

    @cached_property
    def money(self) -> str:
        """The amount as people write it in this language; "" where it is not known."""
        return self._money(None)

    @property
    def plain_money(self) -> str:
        """The same with the currency's code for its sign: a text message has no room for most signs."""
        return self._money("#,##0.00 ¤¤")

    def _money(self, pattern: str | None) -> str:
        from babel.numbers import format_currency

        if self.amount is None or self.currency is None:
            return ""
        return str(format_currency(self.amount, self.currency, pattern, locale=locale(self.language)))


def email(content: Content, brand: BrandProfile, *, sender: str, to: str, at: datetime) -> EmailMessage:
    """The e-mail: subject, text and HTML. `sender`: addr-spec of From; `at`: the Date, fixed for every try."""
    values = _values(content, brand)
    plain = str(_environment().get_template("notice.txt").render(values))
    return EmailMessage(
        attempt=content.attempt,
        sender_name=brand.name,
        sender=sender,
        reply_to=brand.reply_to,
        to=to,
        to_name=content.recipient,
        subject=values["subject"],
        text=plain,
        html=_html(values),
        message_id=f"<{content.attempt}@{sender.rpartition('@')[2]}>",
        headers={"Date": format_datetime(at), "Auto-Submitted": "auto-generated"},
        language=content.language,
    )


def sms(content: Content, *, sender: str, to: str) -> SmsMessage:
    """The text message: one segment wherever the link leaves room; the link stands last and whole.

    What the GSM alphabet lacks is written without its accent, for one such letter would halve the room. Seller and
    number are shortened, seller first, before a second segment is paid for.
    """
    money = gsm(content.plain_money)
    seller, number = gsm(content.seller), gsm(content.number)
    kind = gsm(content.kind)

    def written() -> str:
        return (
            f"{seller}: {kind} {number}, {money}. {content.link}"
            if money
            else f"{seller}: {kind} {number}. {content.link}"
        )

    over = _over(written())
    if over:
        seller = _shortened(seller, over, 8)
    over = _over(written())
    if over:
        number = _shortened(number, over, 6)
    if _over(written()):
        money = ""
    body = written()
    return SmsMessage(
        attempt=content.attempt,
        sender=sender,
        to=to,
        text=body,
        segments=measure(body).segments,
        language=content.language,
    )


def gsm(words: str) -> str:
    """Words within the GSM alphabet: letters that it lacks lose their accent, what is left becomes a question mark.

    >>> gsm("Łódź, 1 234,50 zł – „ok”")
    'Lodz, 1 234,50 zl - "ok"'
    """
    result = []
    for character in words.translate(NO_BREAK).translate(_LETTERS):
        if character in BASIC or character in EXTENSION:
            result.append(character)
            continue
        bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
        result.append(bare if bare and all(c in BASIC or c in EXTENSION for c in bare) else "?")
    return "".join(result)


_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "„": '"', "”": '"', "“": '"', "’": "'", "‘": "'", "«": '"', "»": '"', "…": "...", "đ": "d"}
    | {"ı": "i", "œ": "oe", "Œ": "OE", "º": "o", "ª": "a", "—": "-", "\t": " "}
)


def _over(body: str) -> int:
    size = measure(body)
    return max(0, size.units - (160 if size.alphabet == "gsm-7" else 70))


def _shortened(words: str, by: int, least: int) -> str:
    keep = max(least, len(words) - by - 1)
    return words if keep >= len(words) else words[:keep].rstrip() + "."


def _values(content: Content, brand: BrandProfile) -> dict[str, Any]:
    language = content.language
    words, printed, local = load_notice(language), load_printed(language), locale(language)
    zone = zone_named(content.zone)
    if zone is None:
        wrong = Finding(
            rule="timezone-unknown", message="timezone unknown", place="time zone of the contact or of the profile",
            found=content.zone, expected="a name of the IANA data: Europe/Lisbon",
        )  # fmt: skip
        raise NotComposable("Until when the link works cannot be said: there is no such time zone.", findings=(wrong,))
    given = {
        "kind": content.kind,
        "number": content.number,
        "seller": content.seller,
        "amount": content.money or content.number,
        "name": content.recipient or "",
        "platform": content.copy_of or "",
        "date": days.long(content.expires_at.astimezone(zone).date(), local),
    }

    def say(text: str) -> str:
        return text.format(**given)

    rows = [(words.invoice_number if content.document_type == "invoice" else words.number, content.number)]
    if content.issue_date:
        rows.append((printed.issue_date, _unbroken(days.long(content.issue_date, local))))
    if content.due_date and not content.credit:
        rows.append((printed.due_date, _unbroken(days.long(content.due_date, local))))
    return {
        "language": language,
        "subject": say(words.subject),
        "preheader": say(words.preheader),
        "seller": content.seller,
        "colour": brand.colour,
        "on_colour": readable_on(brand.colour),
        "footer": brand.footer,
        "greeting": say(words.greeting_named if content.recipient else words.greeting),
        "intro": say(words.intro),
        "kind": content.kind,
        "colon": printed.colon,
        "amount_label": printed.amount_credited if content.credit else printed.amount_due,
        "amount": content.money,
        "rows": rows,
        "button": say(words.button),
        "link": content.link,
        "link_hint": say(words.link_hint),
        "expires": say(words.expires),
        "why": say(words.why),
        "demo": printed.demonstration if content.is_demo else None,
        "copy": say(printed.copy) if content.copy_of else None,
    }


def _unbroken(day: str) -> str:
    """On one line also on a phone: the label gives way."""
    return day.replace(" ", "\u00a0")


def readable_on(colour: str) -> str:
    """Black or white, whichever contrasts more with a colour of the form #rrggbb. Source: WCAG 2.2, 1.4.3.

    >>> readable_on("#1d4ed8"), readable_on("#ffd400")
    ('#ffffff', '#000000')
    """
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _html(values: Mapping[str, Any]) -> str:
    """The HTML. Putting styles into elements costs far more than the words: it is done once for a brand and a shape."""
    words = {name: values[name] for name in values.keys() - BRANDED if values[name] or name not in OPTIONAL}
    for number, (label, value) in enumerate(values["rows"]):
        words |= {f"label{number}": label, f"value{number}": value}
    layout = _layout(values["colour"], values["on_colour"], len(values["rows"]), frozenset(words))
    return "".join(escape(words[part]) if is_name else part for is_name, part in layout)


@lru_cache(maxsize=256)
def _layout(colour: str, on_colour: str, rows: int, names: frozenset[str]) -> tuple[tuple[bool, str], ...]:
    """The parts of the page in their order, each as it stands, or (with True) the name of the words to put there."""
    import css_inline

    blanks = {name: f"{OPENING}{name}{CLOSING}" for name in names}
    figures = [(blanks[f"label{number}"], blanks[f"value{number}"]) for number in range(rows)]
    branded = {"colour": colour, "on_colour": on_colour, "rows": figures}
    page = _environment().get_template("notice.html").render({**dict.fromkeys(OPTIONAL), **blanks, **branded})
    # Rules that cannot be inlined (dark mode, narrow screens) stay in the head; nothing is ever fetched.
    inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
    pieces = re.split(f"{OPENING}([a-z_0-9]+){CLOSING}", inliner.inline(page))
    return tuple((number % 2 == 1, piece) for number, piece in enumerate(pieces))


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
