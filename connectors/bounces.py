"""Bounce mails: what a mail server says later, as reports.

Reads delivery status notifications (RFC 3464, in multipart/report of RFC 6522), also those that call their envelope
multipart/mixed or lack a blank line, complaints in the Abuse Reporting Format (RFC 5965), and automatic answers
(RFC 3834). Bounces written in prose only (qmail, old Exchange) are not guessed at.

The attempt is found, in this order: in the address the mail came to (VERP), in the envelope's id (RFC 3461), in the
returned headers (X-Entrega-Attempt, Message-ID, Return-Path), in In-Reply-To. Anybody can write such a mail, but only
the recipient and the servers on the way know an attempt's id. Where a mail came back that is none of ours, its
Message-ID is told as `provider_message_id`.
"""

from __future__ import annotations

import email
import email.parser
import email.policy
import email.utils
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from uuid import UUID

from connectors.attempts import HEADER, attempt_in
from connectors.payloads import storable, text
from connectors.reasons import Reason, is_permanent, reason_of, reply_in, status_in
from schemas.deliveries import Report, ReportAction

PROVIDER = "bounce"

ACTIONS: dict[str, ReportAction] = {
    "failed": ReportAction.BOUNCED,
    "failure": ReportAction.BOUNCED,  # not in RFC 3464, but sent
    "error": ReportAction.BOUNCED,  # the same
    "delayed": ReportAction.DEFERRED,
    "delivered": ReportAction.DELIVERED,
    "expanded": ReportAction.DELIVERED,
    "relayed": ReportAction.ACCEPTED,  # went on to a system that reports nothing
}
"""The Action field of RFC 3464, 2.3.3."""

FEEDBACK: dict[str, ReportAction] = {
    "abuse": ReportAction.COMPLAINED,
    "fraud": ReportAction.COMPLAINED,
    "virus": ReportAction.COMPLAINED,
    "other": ReportAction.COMPLAINED,
    "opt-out": ReportAction.UNSUBSCRIBED,
    "opt-out-list": ReportAction.UNSUBSCRIBED,
}
"""Feedback-Type of RFC 5965; not-spam and authentication failures say nothing of a delivery and are unmapped."""

_CLASSES = {"2": ReportAction.DELIVERED, "4": ReportAction.DEFERRED, "5": ReportAction.BOUNCED}
_SIZE = 1_000_000
_DEPTH = 5
_REPORTS = 100
_ARRIVED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_VERP = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
_RETURNED = re.compile(rb"^" + HEADER.encode() + rb":[ \t]*([0-9a-f-]{32,36})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def parse(raw: bytes, received_at: datetime, recipient: str = "") -> list[Report]:
    """The reports in one mail: bytes as received, the first megabyte is read. No report: []. Never raises.

    `recipient` is the envelope's, where the receiver knows it. `reported_at` is the last attempt's date, else the
    mail's, else `received_at`.
    """
    try:
        return _parse(raw[:_SIZE].removeprefix(b"\xef\xbb\xbf"), received_at, recipient)
    except Exception:
        # The standard library's parser raises what it likes on mail that is broken on purpose (LookupError,
        # AssertionError, RecursionError ...). Such a mail is no report; whoever calls keeps its bytes.
        return []


def _parse(raw: bytes, received_at: datetime, recipient: str) -> list[Report]:
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    found = _find(mail, 0)
    if found is None:
        return _automatic(mail, received_at, recipient)
    part, siblings = found
    blocks = [_fields(block) for block in _blocks(part)]
    returned = next((h for h in map(_returned, siblings) if h is not None), None)
    attempt = _attempt(mail, blocks, returned, raw, recipient)
    theirs = None if attempt else text(_header(returned, "Message-ID")) or None
    date = _date(_header(mail, "Date"), received_at)
    if part.get_content_type() == "message/feedback-report":
        return [_complaint(blocks[0] if blocks else {}, attempt, returned, date, received_at, theirs)]
    general = next((b for b in blocks if "reporting-mta" in b or "original-envelope-id" in b), {})
    result: dict[tuple[object, ...], Report] = {}
    for block in blocks:
        if block.keys() & {"final-recipient", "original-recipient", "action", "status"}:
            report = _recipient(block, general, attempt, date, received_at, theirs)
            result.setdefault((report.action, report.final_recipient, report.status), report)
    return list(result.values())[:_REPORTS]


def _find(mail: Message, depth: int) -> tuple[Message, list[Message]] | None:
    """The machine's part of a report and the parts beside it; also inside a forwarded one."""
    if depth > _DEPTH or not mail.is_multipart():
        return None
    parts = [part for part in mail.get_payload() if isinstance(part, Message)]
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/feedback-report"):
            return part, [p for p in parts if p is not part]
    for part in parts:
        found = _find(part, depth + 1)
        if found is not None:
            return found
    return None


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        encoding = ""
        for block in (block for block in payload if isinstance(block, Message)):
            if encoding and not block.keys():
                # A gateway encoded the recipients' fields and wrote so into the message's own (seen: Proofpoint).
                block["Content-Transfer-Encoding"] = encoding
                yield from _blocks(block)
            else:
                yield block
            encoding = _header(block, "Content-Transfer-Encoding")
    elif isinstance(payload, str):  # sent base64 or quoted-printable, against RFC 3464
        decoded = part.get_payload(decode=True)
        source = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else payload
        for chunk in re.split(r"(?:\r?\n){2,}", source.strip()):
            yield email.message_from_string(chunk, policy=email.policy.compat32)


def _fields(block: Message) -> dict[str, str]:
    """Names in lower case, values unfolded; of a name that stands twice, the first."""
    fields: dict[str, str] = {}
    for name, value in block.items():
        fields.setdefault(name.lower(), " ".join(str(value).split())[:1000])
    return fields


def _returned(part: Message) -> Message | None:
    """The headers of our own mail, in the part that brings it back."""
    kind = part.get_content_type()
    payload = part.get_payload()
    if kind in ("message/rfc822", "message/rfc822-headers", "message/global") and isinstance(payload, list) and payload:
        return payload[0] if isinstance(payload[0], Message) else None
    if kind in ("text/rfc822-headers", "message/global-headers"):
        decoded = part.get_payload(decode=True)
        source = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else str(payload)
        return email.parser.HeaderParser(policy=email.policy.compat32).parsestr(source.lstrip())
    return None


def _attempt(
    mail: Message, blocks: list[dict[str, str]], returned: Message | None, raw: bytes, recipient: str
) -> UUID | None:
    for address in (recipient, *(_header(mail, name) for name in _ARRIVED_AT)):
        verp = _VERP.search(address)
        if verp:
            return UUID(verp.group(1))
    for block in blocks:
        envelope = attempt_in(block.get("original-envelope-id"))
        if envelope is not None:
            return envelope
    if returned is not None:
        for name in (HEADER, "Message-ID", "Return-Path"):
            known = attempt_in(_header(returned, name))
            if known is not None:
                return known
    for name in ("In-Reply-To", "References"):
        known = attempt_in(_header(mail, name))
        if known is not None:
            return known
    quoted = _RETURNED.search(raw)
    return attempt_in(quoted.group(1).decode("ascii")) if quoted else None


def _recipient(
    block: dict[str, str], general: dict[str, str], attempt: UUID | None, date: datetime, received_at: datetime,
    message_id: str | None,
) -> Report:  # fmt: skip
    diagnostic = block.get("diagnostic-code", "")
    stated = block.get("status", "")
    status = status_in(stated) or status_in(diagnostic)
    code = reply_in(diagnostic) or reply_in(stated)
    words = block.get("action", "").lower().split(maxsplit=1)
    action = ACTIONS.get(words[0]) if words else _CLASSES.get((status or code or "")[:1])
    reason: Reason | None = None
    permanent: bool | None = None
    if action in (ReportAction.BOUNCED, ReportAction.DEFERRED):
        reason = reason_of(status, " ".join((stated, diagnostic, block.get("action", ""))))
        permanent = action is ReportAction.BOUNCED and is_permanent(reason, status, code)
    return Report(
        provider=PROVIDER,
        action=action or ReportAction.UNMAPPED,
        attempt=attempt,
        provider_message_id=message_id,
        reported_at=_date(block.get("last-attempt-date", ""), date),
        final_recipient=_typed(block.get("final-recipient") or block.get("original-recipient") or ""),
        permanent=permanent,
        status=status,
        code=code,
        reason=reason,
        diagnostic=text(diagnostic or stated) or None,
        raw=storable({"message": general, "recipient": block, "received_at": received_at.isoformat()}),
    )


def _complaint(
    fields: dict[str, str], attempt: UUID | None, returned: Message | None, date: datetime, received_at: datetime,
    message_id: str | None,
) -> Report:  # fmt: skip
    action = FEEDBACK.get(fields.get("feedback-type", "").lower(), ReportAction.UNMAPPED)
    address = fields.get("original-rcpt-to") or fields.get("removal-recipient") or _header(returned, "To")
    return Report(
        provider=PROVIDER,
        action=action,
        attempt=attempt,
        provider_message_id=message_id,
        reported_at=_date(fields.get("arrival-date") or fields.get("received-date") or "", date),
        final_recipient=text(address.strip("<> ")) or None,
        permanent=True if action in (ReportAction.COMPLAINED, ReportAction.UNSUBSCRIBED) else None,
        reason={ReportAction.COMPLAINED: Reason.COMPLAINED, ReportAction.UNSUBSCRIBED: Reason.OPTED_OUT}.get(action),
        raw=storable({"feedback": fields, "received_at": received_at.isoformat()}),
    )


def _automatic(mail: Message, received_at: datetime, recipient: str) -> list[Report]:
    """A holiday notice to one of our attempts: recorded, and no reason to do anything."""
    if not _header(mail, "Auto-Submitted").lower().startswith("auto-replied"):
        return []
    attempt = _attempt(mail, [], None, b"", recipient)
    if attempt is None:
        return []
    return [
        Report(
            provider=PROVIDER,
            action=ReportAction.AUTORESPONDED,
            attempt=attempt,
            reported_at=_date(_header(mail, "Date"), received_at),
            final_recipient=text(email.utils.parseaddr(_header(mail, "From"))[1]) or None,
        )
    ]


def _header(mail: Message | None, name: str) -> str:
    value = mail.get(name) if mail is not None else None
    return "" if value is None else " ".join(str(value).split())


def _typed(value: str) -> str | None:
    """The address of an address-type pair.

    >>> _typed("RFC822; <joe@example.com>")
    'joe@example.com'
    """
    return text(value.rpartition(";")[2].strip().strip("<>")) or None


def _date(value: str, default: datetime) -> datetime:
    """An RFC 5322 date in UTC; the default where there is none, or one from the future."""
    try:
        parsed = email.utils.parsedate_to_datetime(value)
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        return parsed if parsed <= default + timedelta(days=1) else default
    except (ValueError, TypeError, OverflowError, IndexError):
        return default
