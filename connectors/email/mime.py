"""An e-mail as bytes: text and HTML as alternatives, headers that nobody can inject into.

Written out header by header, for the same message must be the same bytes each time: the boundary comes from the attempt
and nothing is drawn. Source: RFC 5322, RFC 2045-2047, RFC 2369 and 8058 (List-Unsubscribe), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from connectors.attempts import HEADER
from connectors.reasons import Reason
from schemas.deliveries import EmailMessage
from schemas.errors import MessageRefused

_TOKEN = re.compile(r"[!-9;-~]+")  # RFC 5322 ftext
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NEVER = r"\s<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f\ud800-\udfff"
_ADDRESS = re.compile(rf"[^{_NEVER}@]+@[^{_NEVER}@]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_OWN = frozenset(
    "from to cc bcc reply-to subject message-id sender return-path mime-version content-type "
    "content-transfer-encoding content-language received".split()
) | {HEADER.lower()}


def build(message: EmailMessage, date: datetime) -> bytes:
    """The message as it goes over the wire: bytes, ASCII unless an address is not, lines of at most 998 with CR LF.

    `date` is used where the message's own headers hold no Date. Control characters in names and the subject become
    spaces; in addresses, header names and header values they are refused.
    Raises MessageRefused (reason malformed or invalid-address).
    """
    extra = checked_headers(message)
    fixed_date = next((value for name, value in extra.items() if name.lower() == "date"), None)
    boundary = f"=_{message.attempt.hex}"
    lines = [
        f"Date: {fixed_date or format_datetime(date)}",
        "From: " + _mailbox("From", message.sender_name, message.sender),
        "To: " + _mailbox("To", message.to_name, message.to),
        "Subject: " + _words("Subject", message.subject),
        "Message-ID: " + _message_id(message.message_id),
    ]
    if message.reply_to:
        lines.append("Reply-To: " + _mailbox("Reply-To", None, message.reply_to))
    lines += [f"{name}: {value}" for name, value in extra.items() if name.lower() != "date"]
    if "auto-submitted" not in {name.lower() for name in extra}:
        lines.append("Auto-Submitted: auto-generated")  # so that no holiday notice answers
    if re.fullmatch(r"[A-Za-z0-9-]{1,35}", message.language):
        lines.append(f"Content-Language: {message.language}")
    lines += [
        f"{HEADER}: {message.attempt}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        "",
    ]
    head = "\r\n".join(lines).encode("utf-8")  # beyond ASCII only where an address is (RFC 6532)
    return b"".join(
        (
            head,
            _part(boundary, "plain", message.text),
            _part(boundary, "html", message.html),
            f"--{boundary}--\r\n".encode("ascii"),
        )
    )


def wire_address(address: str) -> str:
    """An addr-spec as it is sent: no quoting, no controls, the domain in ASCII (IDNA); the local part may be UTF-8.

    Raises MessageRefused (invalid-address).
    """
    try:
        if not _ADDRESS.fullmatch(address) or len(address) > 254:
            raise ValueError(address)
        local, _, domain = address.rpartition("@")
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except ValueError:
        raise MessageRefused(
            "an address is not a valid e-mail address", reason=Reason.INVALID_ADDRESS, permanent=True, found=address
        ) from None


def checked_headers(message: EmailMessage) -> dict[str, str]:
    """The message's own headers, each fit to be written, and its Message-ID seen to be one. Raises MessageRefused."""
    _message_id(message.message_id)
    return {name: _checked_header(name, value) for name, value in message.headers.items()}


def _checked_header(name: str, value: str) -> str:
    if not _TOKEN.fullmatch(name) or name.lower() in _OWN or _CONTROL.search(value) or not value.isascii():
        raise MessageRefused(
            "a header of the message is malformed", reason=Reason.MALFORMED, permanent=False, found=f"{name}: {value}"
        )
    if len(name) + len(value) > 990:
        raise MessageRefused(
            "a header of the message is too long", reason=Reason.MALFORMED, permanent=False, found=name
        )
    return value


def _message_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value) or len(value) > 250:
        raise MessageRefused("the message's id is malformed", reason=Reason.MALFORMED, permanent=False, found=value)
    return value


def clean(text: str) -> str:
    """One line: control characters become spaces, lone surrogates question marks."""
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()


def _words(header: str, text: str) -> str:
    text = clean(text)
    # A long word cannot be folded as it is: only encoded words can.
    ascii_only = text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) < 60
    return Header(text, "us-ascii" if ascii_only else "utf-8", header_name=header).encode(linesep="\r\n")


def _mailbox(header: str, name: str | None, address: str) -> str:
    address = wire_address(address)
    name = clean(name or "")
    if not name:
        return address
    if name.isascii() and "=?" not in name and len(name) < 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return Header(name, "utf-8", header_name=header).encode(linesep="\r\n") + f"\r\n <{address}>"


def _part(boundary: str, subtype: str, text: str) -> bytes:
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    body = binascii.b2a_qp(unix, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head = (
        f"--{boundary}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode("ascii") + body + b"\r\n"
