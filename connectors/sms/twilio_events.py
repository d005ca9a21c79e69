"""What Twilio reports of a text message: its codes and status callbacks, as ours; and whether Twilio sent them.

| MessageStatus                        | action    | remark                                                       |
|--------------------------------------|-----------|--------------------------------------------------------------|
| accepted, scheduled, queued, sending | accepted  | in Twilio's hands                                            |
| sent                                 | accepted  | a carrier took it; many never tell more                      |
| delivered                            | delivered | the phone confirmed it                                       |
| read                                 | opened    |                                                              |
| undelivered                          | bounced, or expired for 30036 | the carrier gave it back                 |
| failed, canceled                     | dropped   | Twilio did not send it; for 30036: expired                   |
| a message of theirs that says STOP   | unsubscribed | OptOutType, or one of the words that Twilio obeys by itself |
| a message of theirs that says START  | resubscribed | the same                                                  |
| anything else                        | unmapped  | kept, and does nothing                                       |

Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks,
https://www.twilio.com/docs/api/errors, https://www.twilio.com/docs/usage/security#validating-requests,
https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, and of the words
https://help.twilio.com/articles/223134027-Twilio-support-for-opt-out-keywords-SMS-STOP-filtering-
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connectors.payloads import storable, text
from connectors.reasons import Reason
from schemas.deliveries import Report, ReportAction

PROVIDER = "twilio"
SIGNATURE_HEADER = "X-Twilio-Signature"


@dataclass(frozen=True)
class Code:
    """One of Twilio's error codes. `final`: this message never goes. `permanent`: this number never works."""

    reason: Reason
    final: bool = True
    permanent: bool = False


CODES: dict[int, Code] = {
    # said at once, by the API
    20003: Code(Reason.CREDENTIALS, final=False),
    20005: Code(Reason.CREDENTIALS, final=False),
    20429: Code(Reason.THROTTLED, final=False),
    20503: Code(Reason.SYSTEM_FAILURE, final=False),
    21211: Code(Reason.INVALID_NUMBER, permanent=True),
    21212: Code(Reason.SENDER_NOT_ALLOWED),
    21217: Code(Reason.INVALID_NUMBER, permanent=True),
    21219: Code(Reason.SENDER_NOT_ALLOWED),
    21265: Code(Reason.INVALID_NUMBER, permanent=True),
    21408: Code(Reason.REGION_NOT_ALLOWED),
    21601: Code(Reason.SENDER_NOT_ALLOWED),
    21602: Code(Reason.MALFORMED),
    21603: Code(Reason.MALFORMED),
    21604: Code(Reason.MALFORMED),
    21606: Code(Reason.SENDER_NOT_ALLOWED),
    21608: Code(Reason.SENDER_NOT_ALLOWED),
    21610: Code(Reason.OPTED_OUT, permanent=True),
    21611: Code(Reason.THROTTLED, final=False),  # the sender's queue is full
    21612: Code(Reason.UNREACHABLE),
    21614: Code(Reason.LANDLINE, permanent=True),
    21617: Code(Reason.TOO_LARGE),
    21635: Code(Reason.LANDLINE, permanent=True),
    21703: Code(Reason.SENDER_NOT_ALLOWED),
    # said later, in a status callback
    30001: Code(Reason.THROTTLED),  # queue overflow
    30002: Code(Reason.CREDENTIALS),  # account suspended
    30003: Code(Reason.UNREACHABLE),  # switched off or without a network: the number may work tomorrow
    30004: Code(Reason.BLOCKED),
    30005: Code(Reason.UNKNOWN_NUMBER, permanent=True),
    30006: Code(Reason.LANDLINE, permanent=True),
    30007: Code(Reason.FILTERED),
    30008: Code(Reason.OTHER),
    30010: Code(Reason.OTHER),  # the price is over our limit
    30022: Code(Reason.THROTTLED),
    30023: Code(Reason.THROTTLED),
    30024: Code(Reason.SENDER_NOT_REGISTERED),
    30032: Code(Reason.SENDER_NOT_REGISTERED),
    30034: Code(Reason.SENDER_NOT_REGISTERED),
    30035: Code(Reason.SENDER_NOT_REGISTERED),
    30036: Code(Reason.EXPIRED),
    30038: Code(Reason.FILTERED),
    30410: Code(Reason.SYSTEM_FAILURE),
    30450: Code(Reason.FILTERED),
    30500: Code(Reason.SYSTEM_FAILURE),
    30501: Code(Reason.SYSTEM_FAILURE),
}

ACTIONS: dict[str, ReportAction] = {
    "accepted": ReportAction.ACCEPTED,
    "scheduled": ReportAction.ACCEPTED,
    "queued": ReportAction.ACCEPTED,
    "sending": ReportAction.ACCEPTED,
    "sent": ReportAction.ACCEPTED,
    "delivered": ReportAction.DELIVERED,
    "read": ReportAction.OPENED,
    "undelivered": ReportAction.BOUNCED,
    "failed": ReportAction.DROPPED,
    "canceled": ReportAction.DROPPED,
}


WORDS: dict[str, ReportAction] = {
    **dict.fromkeys("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split(), ReportAction.UNSUBSCRIBED),
    **dict.fromkeys("START YES UNSTOP".split(), ReportAction.RESUBSCRIBED),
}
"""What Twilio stops and starts a number by, where no OptOutType says so: the message is this one word, in any case."""


def reports(form: Mapping[str, str], received_at: datetime, attempt: UUID | None) -> list[Report]:
    """The report in one callback's form; `attempt` is the one named in the address it came to. Never raises.

    Twilio's callbacks carry no time, but for RawDlrDoneDate (the carrier's, YYMMDDhhmm) in some: else `received_at`.
    """
    status = (form.get("MessageStatus") or form.get("SmsStatus") or "").lower()
    wish = WORDS.get(_said(form)) if status in ("", "received") else None
    action = wish or ACTIONS.get(status, ReportAction.UNMAPPED)
    reason: Reason | None = None
    permanent: bool | None = None
    code = text(form.get("ErrorCode")) or None
    if action in (ReportAction.BOUNCED, ReportAction.DROPPED):
        known = CODES.get(int(code)) if code and code.isascii() and code.isdigit() else None
        reason = known.reason if known else Reason.OTHER
        permanent = known.permanent if known else False
        if status == "canceled":
            reason = Reason.CANCELLED
        if reason is Reason.EXPIRED:
            action = ReportAction.EXPIRED
    elif action is ReportAction.UNSUBSCRIBED:
        reason, permanent = Reason.OPTED_OUT, True
    return [
        Report(
            provider=PROVIDER,
            action=action,
            attempt=attempt,
            provider_message_id=text(form.get("MessageSid")) or text(form.get("SmsSid")),
            reported_at=_done(form.get("RawDlrDoneDate")) or received_at,
            timed=_done(form.get("RawDlrDoneDate")) is not None,
            final_recipient=text(form.get("From" if wish else "To")),
            permanent=permanent,
            code=code,
            reason=reason,
            diagnostic=text(form.get("ErrorMessage")) or None,
            raw=storable(dict(form)),
        )
    ]


def _said(form: Mapping[str, str]) -> str:
    """What Twilio took a message of theirs for; the message, where Twilio says nothing of it."""
    return (form.get("OptOutType") or form.get("Body") or "").strip().upper()


def verify(
    auth_token: str, public_url: str, params: Mapping[str, str] | Iterable[tuple[str, str]], signature: str
) -> bool:
    """Whether Twilio signed this form for this address: the public one, with its query, as Twilio was told it.

    Never raises. `params` are the form's fields; pairs where a name can stand twice.
    """
    from twilio.request_validator import RequestValidator

    try:
        pairs = list(params.items() if isinstance(params, Mapping) else params)
        return bool(RequestValidator(auth_token).validate(public_url, _Fields(pairs), signature))
    except (ValueError, TypeError, AttributeError):
        return False


class _Fields(dict[str, Any]):
    """A form in the shape the SDK asks for values that stand more than once."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


def _done(value: str | None) -> datetime | None:
    if not value or not value.isascii() or not value.isdigit() or len(value) != 10:
        return None
    try:
        return datetime.strptime(value, "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
