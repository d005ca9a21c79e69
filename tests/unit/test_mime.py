"""E-mails as bytes: what was composed comes back out of them, and nothing else goes in."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage as Mail
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.mime import build
from schemas.deliveries import EmailMessage
from schemas.errors import MessageRefused

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTEMPT = UUID("6f1f2c1e-6c5f-5b0e-9d0b-3c1f0a6d5e11")


def message(**changes: object) -> EmailMessage:
    fields: dict[str, object] = {
        "attempt": ATTEMPT,
        "sender_name": "Padaria",
        "sender": "faturas@example.pt",
        "to": "anna@example.com",
        "subject": "Fatura",
        "text": "Olá\n",
        "html": "<p>Olá</p>\n",
        "message_id": f"<{ATTEMPT.hex}@example.pt>",
    }
    return EmailMessage.model_validate({**fields, **changes})


def read(raw: bytes) -> Mail:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, Mail)
    return mail


def test_same_message_same_bytes() -> None:
    """One message at one time is the same bytes every time; a Date of its own wins."""
    assert build(message(), NOW) == build(message(), NOW)
    dated = message(headers={"Date": "Sun, 22 Nov 2026 12:00:00 +0000"})
    assert build(dated, NOW) == build(dated, NOW.replace(year=2030))


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300)


@settings(deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
def test_everything_comes_back(subject: str, name: str, text: str, html: str) -> None:
    """Whatever subject, name and bodies hold: no header is added, no line is too long, and all is ASCII with CR LF."""
    raw = build(message(subject=subject, to_name=name, sender_name=name, text=text, html=html), NOW)
    raw.decode("ascii")
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = read(raw)
    assert sorted(set(mail.keys())) == sorted(
        "Date From To Subject Message-ID Auto-Submitted Content-Language X-Entrega-Attempt "
        "MIME-Version Content-Type".split()
    )
    assert [a.addr_spec for a in mail["To"].addresses] == ["anna@example.com"]
    assert [a.addr_spec for a in mail["From"].addresses] == ["faturas@example.pt"]
    plain, rich = mail.iter_parts()
    for part, given_ in ((plain, text), (rich, html)):
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        lines = given_.replace("\r\n", "\n").replace("\r", "\n")
        assert content.decode("utf-8").replace("\r\n", "\n").removesuffix("\n") == lines.removesuffix("\n")


@pytest.mark.parametrize(
    "subject", ["Fatura FT 2026/17: 1.234,50 €", "=?utf-8?q?x?=", "a" * 200, "ż" * 200, "Ação, já"]
)
def test_subjects(subject: str) -> None:
    """Subjects of every kind are read as they were written."""
    assert read(build(message(subject=subject), NOW))["Subject"] == subject


@pytest.mark.parametrize(
    "name", ["Müller, Söhne & Co", 'A "B" C', "=?utf-8?q?x?=", "Ż" * 20, "a\\b", "Dr. X (Y) <z@z>"]
)
def test_names(name: str) -> None:
    """Names with quotes, commas, brackets or letters beyond ASCII stay one name of one address."""
    mail = read(build(message(to_name=name, sender_name=name), NOW))
    for field in ("To", "From"):
        (address,) = mail[field].addresses
        assert address.display_name == name


def test_long_names() -> None:
    """A long name is folded into encoded words that make one name again (RFC 2047, 6.2)."""
    mail = email.message_from_bytes(build(message(to_name="Ż" * 100), NOW), policy=email.policy.compat32)
    words = str(mail["To"]).rpartition("<")[0]
    assert str(make_header(decode_header(words.strip()))) == "Ż" * 100


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "@example.com",
        "a b@example.com",
        "a@b@c",
        "a,b@c.d",
        "<a@b.c>",
        "a@b.c\n",
        "a@\ud800",
        "a@" + "b" * 300,
    ],
)
def test_bad_addresses(address: str) -> None:
    """What is no address is refused, whichever field it stands in."""
    for field in ("to", "sender"):
        with pytest.raises(MessageRefused):
            build(EmailMessage.model_construct(**{**message().model_dump(), field: address}), NOW)
