"""Why a message did not arrive: one list of words, whatever the provider calls it.

Source: RFC 3463 (enhanced mail status codes), the IANA registry of them, RFC 7505 (null MX), RFC 7372 (authentication).
The words are stored, counted and shown; the provider's own words stand beside them as `diagnostic`.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """Each word with its sentence in `SENTENCES`."""

    UNKNOWN_RECIPIENT = "unknown-recipient"
    INVALID_ADDRESS = "invalid-address"
    BAD_DOMAIN = "bad-domain"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_DISABLED = "mailbox-disabled"
    RECIPIENT_MOVED = "recipient-moved"
    TOO_LARGE = "too-large"
    BLOCKED = "blocked"
    SPAM = "spam"
    NOT_AUTHENTICATED = "not-authenticated"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    SYSTEM_FAILURE = "system-failure"
    MALFORMED = "malformed"
    SUPPRESSED = "suppressed"
    COMPLAINED = "complained"
    OPTED_OUT = "opted-out"
    LANDLINE = "landline"
    INVALID_NUMBER = "invalid-number"
    UNKNOWN_NUMBER = "unknown-number"
    REGION_NOT_ALLOWED = "region-not-allowed"
    SENDER_NOT_ALLOWED = "sender-not-allowed"
    SENDER_NOT_REGISTERED = "sender-not-registered"
    FILTERED = "filtered"
    CREDENTIALS = "credentials"
    CANCELLED = "cancelled"
    OTHER = "other"


SENTENCES: dict[Reason, str] = {
    Reason.UNKNOWN_RECIPIENT: "The mailbox does not exist.",
    Reason.INVALID_ADDRESS: "The address is not a valid e-mail address.",
    Reason.BAD_DOMAIN: "The domain of the address does not exist or takes no mail.",
    Reason.MAILBOX_FULL: "The mailbox is full.",
    Reason.MAILBOX_DISABLED: "The mailbox exists, but is switched off.",
    Reason.RECIPIENT_MOVED: "The recipient has another address now.",
    Reason.TOO_LARGE: "The message is larger than the receiving side takes.",
    Reason.BLOCKED: "The receiving server does not take mail from us: policy or reputation.",
    Reason.SPAM: "The receiving side took the message for spam.",
    Reason.NOT_AUTHENTICATED: "SPF, DKIM or DMARC of the sending domain failed.",
    Reason.THROTTLED: "Too much in too short a time.",
    Reason.EXPIRED: "It was tried until the time allowed for it was over.",
    Reason.UNREACHABLE: "The receiving server or the phone could not be reached.",
    Reason.SYSTEM_FAILURE: "The receiving side has a fault of its own.",
    Reason.MALFORMED: "The message breaks a rule of its format.",
    Reason.SUPPRESSED: "The provider's own suppression list: nobody else was asked.",
    Reason.COMPLAINED: "The recipient called an earlier message spam.",
    Reason.OPTED_OUT: "The recipient asked for no more messages.",
    Reason.LANDLINE: "The number is a landline: it takes no text messages.",
    Reason.INVALID_NUMBER: "The number is not a valid phone number.",
    Reason.UNKNOWN_NUMBER: "The number is not, or no longer, in use.",
    Reason.REGION_NOT_ALLOWED: "The account may not send to this country.",
    Reason.SENDER_NOT_ALLOWED: "The sender's address or number may not be used.",
    Reason.SENDER_NOT_REGISTERED: "The sender's number is not registered with the carriers.",
    Reason.FILTERED: "A carrier filtered the text message.",
    Reason.CREDENTIALS: "The provider does not accept our credentials.",
    Reason.CANCELLED: "The message was cancelled before it was sent.",
    Reason.OTHER: "None of the known reasons; see the provider's own words.",
}

_BY_STATUS: dict[str, Reason] = {
    "1.0": Reason.INVALID_ADDRESS,
    "1.1": Reason.UNKNOWN_RECIPIENT,
    "1.2": Reason.BAD_DOMAIN,
    "1.3": Reason.INVALID_ADDRESS,
    "1.4": Reason.INVALID_ADDRESS,
    "1.6": Reason.RECIPIENT_MOVED,
    "1.7": Reason.SENDER_NOT_ALLOWED,
    "1.8": Reason.SENDER_NOT_ALLOWED,
    "1.10": Reason.BAD_DOMAIN,  # null MX, RFC 7505
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.1": Reason.SYSTEM_FAILURE,
    "3.2": Reason.SYSTEM_FAILURE,
    "3.4": Reason.TOO_LARGE,
    "4.1": Reason.UNREACHABLE,
    "4.2": Reason.UNREACHABLE,
    "4.3": Reason.BAD_DOMAIN,
    "4.4": Reason.BAD_DOMAIN,
    "4.5": Reason.THROTTLED,
    "4.7": Reason.EXPIRED,
    "7.0": Reason.BLOCKED,
    "7.1": Reason.BLOCKED,
    "7.20": Reason.NOT_AUTHENTICATED,
    "7.21": Reason.NOT_AUTHENTICATED,
    "7.22": Reason.NOT_AUTHENTICATED,
    "7.23": Reason.NOT_AUTHENTICATED,
    "7.24": Reason.NOT_AUTHENTICATED,
    "7.25": Reason.NOT_AUTHENTICATED,
    "7.26": Reason.NOT_AUTHENTICATED,
    "7.27": Reason.BAD_DOMAIN,
}
"""Subject and detail of an RFC 3463 code, without its class."""

_BY_SUBJECT: dict[str, Reason] = {
    "3": Reason.SYSTEM_FAILURE,
    "4": Reason.UNREACHABLE,
    "6": Reason.MALFORMED,
    "7": Reason.BLOCKED,
}

_BY_WORDS: tuple[tuple[re.Pattern[str], Reason], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"quota|mailbox (is )?full|over ?quota|insufficient (system )?storage", Reason.MAILBOX_FULL),
        (
            r"(user|recipient|mailbox|account|address)[^.;]{0,40}(unknown|n.t (exist|found|known|available))"
            r"|unknown (user|recipient)|no such (user|mailbox|recipient)|nosuchuser|no mailbox|bad destination mailbox",
            Reason.UNKNOWN_RECIPIENT,
        ),
        (r"disabled|inactive|suspended", Reason.MAILBOX_DISABLED),
        (
            r"too (big|large)|size (limit|exceed)|exceed\w* (the )?(maximum|fixed|max)\b.*size|message size",
            Reason.TOO_LARGE,
        ),
        (r"spam|junk|content (rejected|filter)", Reason.SPAM),
        (r"\b(spf|dkim|dmarc)\b", Reason.NOT_AUTHENTICATED),
        (r"\brate\b|throttl|too many|slow down|grey-?list", Reason.THROTTLED),
        (r"block(ed|list)|black-?list|\bdnsbl\b|\brbl\b|reputation|policy|denied", Reason.BLOCKED),
        (r"(host|domain)[^.;]{0,30}(unknown|not found)|no mx|name or service not known", Reason.BAD_DOMAIN),
        (r"expired|timed? ?out|maximum-time|undeliverable for", Reason.EXPIRED),
    )
)

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?![\d.])")

_PASSING = frozenset(
    (
        Reason.MAILBOX_FULL,
        Reason.BLOCKED,
        Reason.SPAM,
        Reason.NOT_AUTHENTICATED,
        Reason.THROTTLED,
        Reason.EXPIRED,
        Reason.UNREACHABLE,
        Reason.SYSTEM_FAILURE,
        Reason.TOO_LARGE,
        Reason.MALFORMED,
        Reason.SENDER_NOT_ALLOWED,
    )
)
"""Reasons that say something of this message or this day, not of the address: soft, even with a code of 5.x.x."""


def status_in(text: str) -> str | None:
    """The first RFC 3463 status in a text.

    >>> status_in("smtp; 550 5.1.1 <x>: unknown")
    '5.1.1'
    """
    found = _ENHANCED.search(text)
    return found.group(0) if found else None


def reply_in(text: str) -> str | None:
    """The first SMTP reply code in a text, with three digits.

    >>> reply_in("smtp; 550 5.1.1 <x>: unknown")
    '550'
    """
    found = _REPLY.search(text)
    return found.group(1) if found else None


def reason_of(status: str | None, text: str = "") -> Reason:
    """Our word for an RFC 3463 status and the words around it.

    The detail of the status decides; where a server sends only a general one (5.0.0, 5.5.0), its words do.

    >>> reason_of("5.2.2"), reason_of("5.0.0", "User unknown"), reason_of(None, "???")
    (<Reason.MAILBOX_FULL: 'mailbox-full'>, <Reason.UNKNOWN_RECIPIENT: 'unknown-recipient'>, <Reason.OTHER: 'other'>)
    """
    parts = status.split(".") if status else []
    if len(parts) == 3:
        exact = _BY_STATUS.get(f"{parts[1]}.{parts[2]}")
        if exact is not None and parts[2] != "0":
            return exact
    for pattern, reason in _BY_WORDS:
        if pattern.search(text):
            return reason
    if len(parts) == 3:
        return _BY_STATUS.get(f"{parts[1]}.{parts[2]}") or _BY_SUBJECT.get(parts[1], Reason.OTHER)
    return Reason.OTHER


def is_permanent(reason: Reason, status: str | None, code: str | None = None) -> bool:
    """Hard: this address will never take a message. Decided by the code's class, then by what the reason speaks of."""
    first = (status or code or "5")[:1]
    return first == "5" and reason not in _PASSING
