"""SMTP: our own or a hosted mail server, over connections that stay open.

Every answer is sorted by where it came. Before the body's last line nothing can have been taken. After it, a 4yz or 5yz
says no; a lost connection or silence says nothing: OutcomeUnknown. Bounces come later as mail, to a return path that
names the attempt. Plain SMTP never reports that a message arrived.

Source: RFC 5321 (SMTP), RFC 3461 (ENVID, NOTIFY, ORCPT, RET), RFC 2034 and 3463 (enhanced codes), RFC 3207 (STARTTLS),
RFC 6531 (SMTPUTF8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from connectors.attempts import return_path
from connectors.email.mime import build, wire_address
from connectors.reasons import Reason, is_permanent, reason_of, status_in
from schemas.deliveries import Accepted, EmailMessage
from schemas.errors import (
    ConfigurationError,
    EntregaError,
    MessageRefused,
    OutcomeUnknown,
    ProviderThrottled,
    ProviderUnavailable,
)

if TYPE_CHECKING:
    import ssl

    import aiosmtplib

_CREDENTIALS = frozenset((530, 534, 535, 538))


@dataclass
class SmtpSender:
    """Sends through one server; at most `connections` at a time, each used again as long as the server keeps it.

    `security`: `tls` (implicit, port 465), `starttls` (refused where the server has none), `none` (loopback and relays
    in one's own network). `timeout` in seconds, for connecting and for each answer. `return_path` is the mailbox that
    takes bounces; the attempt's id is added to its local part.
    """

    host: str
    port: int
    return_path: str
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: str | None = None
    connections: int = 4
    timeout: float = 30.0
    tls_context: ssl.SSLContext | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    provider: str = "smtp"
    reports_delivery: bool = False

    def __post_init__(self) -> None:
        if self.password is not None and self.security == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ConfigurationError("SMTP: a password is not sent without TLS; set the security to tls or starttls")
        wire_address(self.return_path)
        self._free: list[aiosmtplib.SMTP] = []
        self._slots = asyncio.Semaphore(self.connections)
        self._closed = False

    async def send(self, message: EmailMessage) -> Accepted:
        raw = build(message, self.clock())
        async with self._slots:
            connection, reused = await self._connection()
            try:
                try:
                    response = await self._transfer(connection, message, raw)
                except _GoneBeforeBody as gone:
                    # A server closes idle connections whenever it likes; a fresh one tells whether it works at all.
                    connection.close()
                    if not reused:
                        raise gone.error from None
                    connection = await self._connect()
                    try:
                        response = await self._transfer(connection, message, raw)
                    except _GoneBeforeBody as gone_again:
                        connection.close()
                        raise gone_again.error from None
            except BaseException as error:
                if not isinstance(error, EntregaError) or not await self._reset(connection):
                    connection.close()
                raise
            finally:
                if connection.is_connected and not self._closed:
                    self._free.append(connection)
                else:
                    connection.close()
        return Accepted(provider=self.provider, provider_message_id=message.message_id, response=response)

    async def close(self) -> None:
        self._closed = True
        free, self._free = self._free, []
        for connection in free:
            try:
                await connection.quit(timeout=2)
            except Exception:
                connection.close()

    async def _connection(self) -> tuple[aiosmtplib.SMTP, bool]:
        while self._free:
            connection = self._free.pop()
            if connection.is_connected:
                return connection, True
        return await self._connect(), False

    async def _connect(self) -> aiosmtplib.SMTP:
        import aiosmtplib

        connection = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            local_hostname=self.return_path.rpartition("@")[2],
            timeout=self.timeout,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=self.tls_context,
        )
        try:
            await connection.connect()
            if not connection.supports_esmtp:
                await connection.ehlo()
        except aiosmtplib.SMTPResponseException as error:
            connection.close()
            raise _later(error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            connection.close()
            raise ProviderUnavailable(
                f"the SMTP server cannot be reached: {type(error).__name__}", diagnostic=str(error)
            ) from None
        return connection

    async def _transfer(self, connection: aiosmtplib.SMTP, message: EmailMessage, raw: bytes) -> str:
        """The three commands and the body; the server's last words. See the module's head for what raises what."""
        import aiosmtplib

        try:
            await self._envelope(connection, message, len(raw))
            go_ahead = await connection.execute_command(b"DATA")
            if go_ahead.code != 354:
                raise _verdict(go_ahead.code, go_ahead.message, "the message")
        except aiosmtplib.SMTPSenderRefused as error:
            if error.code == 421:
                raise _GoneBeforeBody(_later(error.code, error.message)) from None
            raise _verdict(error.code, error.message, "the sender", Reason.SENDER_NOT_ALLOWED) from None
        except aiosmtplib.SMTPRecipientRefused as error:
            raise _verdict(error.code, error.message, "the recipient") from None
        except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
            raise _GoneBeforeBody from None
        except (aiosmtplib.SMTPException, TimeoutError) as error:
            connection.close()  # a late answer would be taken for that of the next command
            raise ProviderUnavailable(
                f"the SMTP server did not answer: {type(error).__name__}", diagnostic=str(error)
            ) from None
        protocol = connection.protocol
        if protocol is None or not protocol.is_connected:
            raise _GoneBeforeBody
        try:
            # Not SMTP.data(): it raises the same for a connection lost before the body and after it.
            protocol.write(_stuffed(raw))
            answer = await protocol.read_response(timeout=self.timeout)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            connection.close()
            raise OutcomeUnknown(
                "the SMTP server did not answer after the body was sent",
                diagnostic=f"{type(error).__name__}: {error}",
            ) from None
        if answer.code != 250:
            raise _verdict(answer.code, answer.message, "the message")
        return f"{answer.code} {answer.message}"

    async def _envelope(self, connection: aiosmtplib.SMTP, message: EmailMessage, size: int) -> None:
        recipient = wire_address(message.to)
        options: list[str] = []
        encoding = "ascii"
        if connection.supports_extension("size"):
            options.append(f"SIZE={size}")
        if not all(address.isascii() for address in (recipient, self.return_path, message.sender)):
            if not connection.supports_extension("smtputf8"):
                raise MessageRefused(
                    "the SMTP server does not take addresses beyond ASCII",
                    reason=Reason.INVALID_ADDRESS,
                    permanent=True,
                    status="5.6.7",
                )
            options += ["SMTPUTF8", "BODY=8BITMIME"]
            encoding = "utf-8"
        to_options: list[str] = []
        if connection.supports_extension("dsn"):
            options += ["RET=HDRS", f"ENVID={message.attempt.hex}"]
            to_options = ["NOTIFY=FAILURE,DELAY"]
            if recipient.isascii():
                to_options.append(f"ORCPT=rfc822;{_xtext(recipient)}")
        sender = wire_address(return_path(self.return_path, message.attempt))
        await connection.mail(sender, options=options, encoding=encoding)
        await connection.rcpt(recipient, options=to_options, encoding=encoding)

    async def _reset(self, connection: aiosmtplib.SMTP) -> bool:
        """Forget a refused envelope, so that the connection can be used for the next message."""
        import aiosmtplib

        if not connection.is_connected:
            return False
        try:
            await connection.rset(timeout=5)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return False
        return True


class _GoneBeforeBody(Exception):
    """The connection ended before any of the body was written: surely not taken."""

    def __init__(self, error: EntregaError | None = None) -> None:
        super().__init__()
        self.error = error or ProviderUnavailable("the SMTP server closed the connection")


def _stuffed(raw: bytes) -> bytes:
    """The body as DATA wants it: leading periods doubled (RFC 5321, 4.5.2), ended by a lone one."""
    body = raw.replace(b"\r\n.", b"\r\n..")
    return (b"." if body.startswith(b".") else b"") + body + b".\r\n"


def _xtext(text: str) -> str:
    """RFC 3461, section 4: everything outside ! to ~, and + and =, as +HH."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def _verdict(code: int, words: str, what: str, fallback: Reason = Reason.OTHER) -> EntregaError:
    """An answer that is not yes, as the error it means. Anything but 5yz is 'later' (RFC 5321, 4.2.1)."""
    if not 500 <= code <= 599 or code in _CREDENTIALS:
        return _later(code, words)
    status = status_in(words)
    reason = reason_of(status, words)
    if reason is Reason.OTHER:
        reason = fallback
    return MessageRefused(
        f"the SMTP server refused {what}: {code} {status or ''}".rstrip(),
        code=str(code),
        status=status,
        reason=reason,
        permanent=is_permanent(reason, status, str(code)),
        diagnostic=f"{code} {words}",
    )


def _later(code: int, words: str) -> EntregaError:
    """Not now: 4yz, or credentials that an operator must set right before anything can be sent."""
    status = status_in(words)
    reason = Reason.CREDENTIALS if code in _CREDENTIALS else reason_of(status, words)
    throttled = code < 500 and (reason is Reason.THROTTLED or (status or "").startswith("4.7."))
    kind = ProviderThrottled if throttled else ProviderUnavailable
    return kind(
        f"the SMTP server does not take the message now: {code} {status or ''}".rstrip(),
        code=str(code),
        status=status,
        reason=Reason.THROTTLED if throttled else reason,
        diagnostic=f"{code} {words}",
    )
