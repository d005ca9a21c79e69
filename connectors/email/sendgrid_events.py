"""What SendGrid reports: its Event Webhook, as reports of ours; and whether it was SendGrid that sent them.

| event             | action       | remark                                                                         |
|-------------------|--------------|--------------------------------------------------------------------------------|
| processed         | accepted     | taken; will be handed on                                                       |
| deferred          | deferred     | goes on for 72 hours                                                           |
| delivered         | delivered    | the receiving server took it; a bounce can still follow                        |
| bounce            | bounced      | type bounce: hard, type blocked: soft; both end this message                   |
| dropped           | dropped      | SendGrid's own suppression list, or spam check: no mail server was asked       |
| spamreport        | complained   |                                                                                |
| unsubscribe, group_unsubscribe | unsubscribed |                                                                   |
| open, click       | opened, clicked | machines open and click everything: never taken for a person                |
| group_resubscribe | resubscribed |                                                                                |
| anything new      | unmapped     | kept, and does nothing                                                         |

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
and https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connectors.attempts import attempt_in
from connectors.payloads import storable, text
from connectors.reasons import Reason, is_permanent, reason_of, reply_in, status_in
from schemas.deliveries import Report, ReportAction

PROVIDER = "sendgrid"

ARGUMENT = "entrega_attempt"
"""Our custom argument. Not `attempt`: a `deferred` event has a field of that name, a count, and arguments stand beside
the event's own fields."""

ACTIONS: dict[str, ReportAction] = {
    "processed": ReportAction.ACCEPTED,
    "deferred": ReportAction.DEFERRED,
    "delivered": ReportAction.DELIVERED,
    "bounce": ReportAction.BOUNCED,
    "blocked": ReportAction.BOUNCED,
    "dropped": ReportAction.DROPPED,
    "spamreport": ReportAction.COMPLAINED,
    "unsubscribe": ReportAction.UNSUBSCRIBED,
    "group_unsubscribe": ReportAction.UNSUBSCRIBED,
    "group_resubscribe": ReportAction.RESUBSCRIBED,
    "open": ReportAction.OPENED,
    "click": ReportAction.CLICKED,
}

DROPS: dict[str, tuple[Reason, bool]] = {
    "bounced address": (Reason.SUPPRESSED, True),
    "invalid": (Reason.INVALID_ADDRESS, True),
    "invalid smtpapi header": (Reason.MALFORMED, False),
    "recipient list over package quota": (Reason.THROTTLED, False),
    "spam content": (Reason.SPAM, False),
    "spam reporting address": (Reason.COMPLAINED, True),
    "unsubscribed address": (Reason.OPTED_OUT, True),
    "group unsubscribed address": (Reason.OPTED_OUT, True),
}
"""The reason of a `dropped` event, in SendGrid's words: ours, and whether the address will never work."""

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"


def reports(payload: bytes, received_at: datetime) -> list[Report]:
    """The events of one request; never raises: what is no list of events becomes one unmapped report."""
    try:
        events = json.loads(payload)
    except (ValueError, RecursionError):
        return [_unmapped({"unreadable": payload[:1000].decode("utf-8", "replace")}, received_at)]
    if not isinstance(events, list):
        events = [events]
    return [_report(e, received_at) if isinstance(e, dict) else _unmapped({"event": e}, received_at) for e in events]


def verify(public_key: str, raw: bytes, signature: str, timestamp: str) -> bool:
    """Whether SendGrid signed these bytes with the key it shows in its settings (base64 of DER). Never raises.

    Over the SDK's own check, for that raises on a bad key, on bad base64 and on text that is not ASCII, takes base64
    with rubbish in it, and joins time and body without a mark between: a digit could move from one to the other.
    """
    from sendgrid.helpers.eventwebhook import EventWebhook

    if not re.fullmatch(r"[0-9]{9,12}", timestamp, re.ASCII) or raw[:1] not in (b"[", b"{"):
        return False
    try:
        if base64.b64encode(base64.b64decode(signature, validate=True)) != signature.encode("ascii"):
            return False
        return bool(EventWebhook(public_key).verify_signature(raw.decode("utf-8"), signature, timestamp))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return False
    except Exception:  # cryptography's own: an unsupported curve or key is a setting, and never a yes
        return False


def _report(event: dict[str, Any], received_at: datetime) -> Report:
    name = text(event.get("event"))
    action = ACTIONS.get(name or "", ReportAction.UNMAPPED)
    words = text(event.get("reason")) or text(event.get("response"))
    status = status_in(text(event.get("status")) or "") or status_in(words or "")
    code = reply_in(words or "")
    reason: Reason | None = None
    permanent: bool | None = None
    if action is ReportAction.DROPPED:
        reason, permanent = DROPS.get((words or "").strip().lower(), (Reason.OTHER, False))
    elif action is ReportAction.BOUNCED:
        blocked = name == "blocked" or event.get("type") == "blocked"
        reason = reason_of(status, words or "")
        permanent = not blocked and is_permanent(reason, status, code)
        if blocked and reason is Reason.OTHER:
            reason = Reason.BLOCKED
    elif action is ReportAction.DEFERRED:
        reason, permanent = reason_of(status, words or ""), False
    elif action is ReportAction.COMPLAINED:
        reason, permanent = Reason.COMPLAINED, True
    elif action is ReportAction.UNSUBSCRIBED:
        reason, permanent = Reason.OPTED_OUT, True
    message_id = text(event.get("sg_message_id"))
    return Report(
        provider=PROVIDER,
        action=action,
        attempt=_attempt(event),
        provider_message_id=re.split(r"\.(?:filter|recv)", message_id)[0] if message_id else None,
        reported_at=_time(event.get("timestamp")) or received_at,
        final_recipient=text(event.get("email")),
        permanent=permanent,
        status=status,
        code=code,
        reason=reason,
        diagnostic=words,
        raw=storable(event),
    )


def _attempt(event: dict[str, Any]) -> UUID | None:
    """Our custom argument, else our Message-ID: asynchronous bounces come without the arguments."""
    return attempt_in(text(event.get(ARGUMENT))) or attempt_in(text(event.get("smtp-id")))


def _unmapped(raw: dict[str, Any], received_at: datetime) -> Report:
    return Report(
        provider=PROVIDER, action=ReportAction.UNMAPPED, attempt=None, reported_at=received_at, raw=storable(raw)
    )


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
