"""SendGrid: mail by its v3 API, through its own SDK; what it reports is in connectors/email/sendgrid_events.py.

The SDK is synchronous, has no time limit of its own and raises from status 400 up: it runs in threads of ours, with a
limit, and its errors are sorted here. Click and open tracking are off: the one would rewrite our links, the other adds
a picture that spies on the recipient. The attempt's id comes back with every event; it names nobody.

| answer                                   | what it means            |
|------------------------------------------|--------------------------|
| 202                                      | Accepted, X-Message-Id   |
| 400, 413, 422                            | MessageRefused           |
| 401, 403, 404, 405, 415                  | ProviderUnavailable: our key, rights or address, not the message |
| 429                                      | ProviderThrottled, Retry-After or X-RateLimit-Reset |
| 503 with Retry-After                     | ProviderUnavailable: RFC 9110, 15.6.4, asks to send it again |
| other 5xx, silence or a lost connection after the body | OutcomeUnknown |
| no connection, or lost within the body   | ProviderUnavailable      |

Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.attempts import HEADER
from connectors.email.mime import checked_headers, clean, wire_address
from connectors.email.sendgrid_events import ARGUMENT, PROVIDER
from connectors.reasons import Reason
from connectors.throttling import retry_after
from schemas.deliveries import Accepted, EmailMessage
from schemas.errors import EntregaError, MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable


@dataclass
class SendGridSender:
    """`host`: https://api.sendgrid.com, https://api.eu.sendgrid.com, or the sandbox's. `timeout`: seconds a request."""

    api_key: str
    host: str = "https://api.sendgrid.com"
    timeout: float = 30.0
    threads: int = 20
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    provider: str = PROVIDER
    reports_delivery: bool = True

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="sendgrid")

    async def send(self, message: EmailMessage) -> Accepted:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._post, payload(message))

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _post(self, body: dict[str, Any]) -> Accepted:
        from urllib.error import URLError

        from python_http_client.exceptions import HTTPError
        from sendgrid import SendGridAPIClient

        # At DEBUG the SDK logs whole messages with their addresses.
        logging.getLogger("python_http_client.client").setLevel(logging.INFO)
        client = SendGridAPIClient(self.api_key, host=self.host)
        client.client.timeout = self.timeout
        try:
            answer = client.send(body)
        except HTTPError as error:
            raise self._verdict(int(error.status_code), error.body, error.headers) from None
        except URLError as error:
            # urllib wraps what fails while it connects or writes; then the body did not go out whole.
            raise ProviderUnavailable(
                f"SendGrid cannot be reached: {type(error.reason).__name__}", diagnostic=str(error.reason)
            ) from None
        except Exception as error:
            # What fails later comes bare: RemoteDisconnected, ConnectionResetError, TimeoutError, IncompleteRead.
            raise OutcomeUnknown(
                f"SendGrid did not answer after the body was sent: {type(error).__name__}", diagnostic=str(error)
            ) from None
        headers = answer.headers
        return Accepted(
            provider=self.provider,
            provider_message_id=headers.get("X-Message-Id") if headers else None,
            response=str(answer.status_code),
        )

    def _verdict(self, status: int, body: Any, headers: Any) -> EntregaError:
        words = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
        errors = _errors(words)
        said: dict[str, Any] = {"code": str(status), "diagnostic": words[:2000]}
        wait = retry_after(headers, self.clock())
        if status == 429:
            return ProviderThrottled(
                "SendGrid asks for patience: 429", **said, reason=Reason.THROTTLED, retry_after=wait
            )
        if status in (401, 403):
            return ProviderUnavailable(f"SendGrid refuses our key: {status}", **said, reason=Reason.CREDENTIALS)
        if status in (400, 413, 422):
            reason = Reason.TOO_LARGE if status == 413 else _reason(errors)
            fields = ", ".join(sorted({str(e.get("field") or "") for e in errors} - {""}))
            return MessageRefused(
                f"SendGrid refused the message: {status} {fields}".rstrip(),
                **said,
                reason=reason,
                permanent=reason is Reason.INVALID_ADDRESS,
            )
        if status >= 500 and not (status == 503 and wait is not None):
            return OutcomeUnknown(f"SendGrid failed after the body was sent: {status}", **said)
        return ProviderUnavailable(f"SendGrid does not take the message now: {status}", **said, retry_after=wait)


def payload(message: EmailMessage) -> dict[str, Any]:
    """The request's body, as a dictionary of JSON values. Raises MessageRefused where the message is malformed."""
    headers = checked_headers(message)
    to = {"email": wire_address(message.to)}
    if name := clean(message.to_name or ""):
        to["name"] = name
    body: dict[str, Any] = {
        "personalizations": [{"to": [to], "custom_args": {ARGUMENT: str(message.attempt)}}],
        "from": {"email": wire_address(message.sender), "name": clean(message.sender_name)},
        "subject": clean(message.subject),
        "content": [
            {"type": "text/plain", "value": _utf8(message.text)},
            {"type": "text/html", "value": _utf8(message.html)},
        ],
        "headers": {
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            HEADER: str(message.attempt),
            **headers,
        },
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }
    if message.reply_to:
        body["reply_to"] = {"email": wire_address(message.reply_to)}
    return body


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _errors(words: str) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(words)
    except ValueError:
        return []
    found = parsed.get("errors") if isinstance(parsed, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _reason(errors: list[dict[str, Any]]) -> Reason:
    """Which of our words a 400 means: only a wrong recipient says something of the address."""
    fields = [str(e.get("field") or "") for e in errors]
    if any(f.startswith("personalizations") and f.endswith("email") for f in fields):
        return Reason.INVALID_ADDRESS
    if any(f.startswith("from") for f in fields):
        return Reason.SENDER_NOT_ALLOWED
    return Reason.MALFORMED
