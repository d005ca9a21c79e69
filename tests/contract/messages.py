"""Messages for the contract suites."""

from __future__ import annotations

from uuid import UUID, uuid4

from schemas.deliveries import EmailMessage, SmsMessage


def an_email(to: str = "anna@example.com", attempt: UUID | None = None, **changes: object) -> EmailMessage:
    attempt = attempt or uuid4()
    fields: dict[str, object] = {
        "attempt": attempt,
        "sender_name": "Padaria Müller, Lda.",
        "sender": "faturas@example.pt",
        "reply_to": "contas@example.pt",
        "to": to,
        "to_name": 'Anna "Ania" Żółć',
        "subject": "Fatura FT 2026/17: 1.234,50 € até 30 de novembro",
        "text": "Olá Anna,\n.com um ponto\nhttps://example.pt/d/4fPq\n",
        "html": "<p>Olá Anna,</p>\n<p><a href='https://example.pt/d/4fPq'>Fatura</a> " + "ç" * 2000 + "</p>",
        "message_id": f"<{attempt.hex}@example.pt>",
        "headers": {
            "List-Unsubscribe": "<https://example.pt/u/4fPq>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "language": "pt",
    }
    return EmailMessage.model_validate({**fields, **changes})


def a_text(to: str = "+351912345678", attempt: UUID | None = None, **changes: object) -> SmsMessage:
    attempt = attempt or uuid4()
    fields: dict[str, object] = {
        "attempt": attempt,
        "sender": "+15005550006",
        "to": to,
        "text": f"Padaria Müller: fatura FT 2026/17 https://example.pt/d/{attempt.hex[:10]}",
        "segments": 1,
        "language": "pt",
    }
    return SmsMessage.model_validate({**fields, **changes})
