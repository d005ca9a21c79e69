"""Bounces and complaints: the mails that come back to the return path, and the two ways they take.

A bounce is an RFC 3464 mail, a complaint an RFC 5965 one. Each goes by SMTP to a host, or by HTTP as `message/rfc822`
with the envelope's recipient in X-Envelope-To.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, make_msgid

from aiohttp import ClientError, ClientSession

from connectors.sandbox.journal import Entry

WORDS = {
    "5.1.1": "Recipient address rejected: User unknown",
    "5.1.2": "Host or domain name not found",
    "5.2.2": "The mailbox is full",
    "5.7.1": "Message blocked: poor reputation of the sending host",
}
"""Enhanced status code (RFC 3463) -> what a server says with it."""


def compose(entry: Entry, raw: bytes, dsn: dict[str, str], action: str, status: str, now: datetime) -> bytes:
    """A bounce (`failed`, `delayed`) or a `complaint`, as a mail to the return path: bytes, CR LF."""
    words = WORDS.get(status, "try again later" if action == "delayed" else "not delivered")
    returned = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    if action == "complaint":
        kind, prose = "feedback-report", "This is an email abuse report."
        fields = [
            "Feedback-Type: abuse\r\nUser-Agent: Entrega-sandbox/1\r\nVersion: 1",
            f"Original-Mail-From: <{entry.sender}>\r\nOriginal-Rcpt-To: <{entry.to}>",
            f"Arrival-Date: {format_datetime(now)}",
        ]
        fields = ["\r\n".join(fields)]
    else:
        kind, prose = "delivery-status", f"Your message was not delivered: {words}."
        envelope = f"Original-Envelope-Id: {dsn['ENVID']}\r\n" if "ENVID" in dsn else ""
        original = f"Original-Recipient: {dsn['ORCPT']}\r\n" if "ORCPT" in dsn else ""
        code = f"{'451' if action == 'delayed' else '550'} {status} <{entry.to}>: {words}"
        fields = [
            f"{envelope}Reporting-MTA: dns; sandbox.invalid\r\nArrival-Date: {format_datetime(entry.time)}",
            f"{original}Final-Recipient: rfc822; {entry.to}\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; {code}\r\nLast-Attempt-Date: {format_datetime(now)}",
        ]
    mark = f"=_{entry.provider_id}"
    lines = (
        "From: MAILER-DAEMON@sandbox.invalid",
        f"To: {entry.sender}",
        "Subject: Undelivered Mail Returned to Sender"
        if kind == "delivery-status"
        else f"Subject: FW: {entry.subject}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: {make_msgid(domain='sandbox.invalid')}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="{mark}"',
        "",
        f"--{mark}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{prose}\r\n",
        f"--{mark}\r\nContent-Type: message/{kind}\r\n\r\n" + "\r\n\r\n".join(fields) + "\r\n",
        f"--{mark}\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n",
        f"--{mark}--\r\n",
    )
    return "\r\n".join(lines).encode("utf-8")


async def by_http(session: ClientSession, url: str, recipient: str, mail: bytes) -> bool:
    """Post it. True: it was taken (2xx)."""
    headers = {"Content-Type": "message/rfc822", "X-Envelope-To": recipient}
    try:
        async with session.post(url, data=mail, headers=headers) as answer:
            return 200 <= answer.status < 300
    except (ClientError, TimeoutError, OSError):
        return False


async def by_smtp(host: str, recipient: str, mail: bytes) -> bool:
    """Send it to `host` ("name:port"). The envelope's sender is empty, as RFC 3464 wants it. True: it was taken."""
    import aiosmtplib

    name, _, port = host.rpartition(":")
    try:
        async with aiosmtplib.SMTP(hostname=name, port=int(port), start_tls=False, timeout=10) as smtp:
            await smtp.sendmail("", [recipient], mail)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return False
    return True
