"""A mail server that takes mail and, when told so, sends bounces and complaints back (returned.py).

aiosmtpd with the DSN extension (RFC 3461: RET, ENVID, NOTIFY, ORCPT), SIZE, SMTPUTF8 and optional AUTH.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import logging
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from connectors.attempts import HEADER, attempt_in
from connectors.sandbox import returned
from connectors.sandbox.journal import Entry, Journal
from connectors.sandbox.reporting import Outgoing, Reporter
from connectors.sandbox.rules import Rule, Rules, Take, Then

_DSN = re.compile(r"(?:^|\s)(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_SIZE_LIMIT = 10_000_000


@dataclass
class SmtpServer:
    """The server. `bounce_url` and `bounce_smtp` ("host:port") say where bounces go at the moment; one is enough."""

    journal: Journal
    rules: Rules
    reporter: Reporter
    session: ClientSession
    clock: Callable[[], datetime]
    bounce_url: Callable[[], str | None]
    bounce_smtp: Callable[[], str | None]
    deliver_after: float
    bounce_after: float
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    dsn: bool = True
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[_Connection] = field(default_factory=set)

    async def start(self, host: str, port: int) -> None:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # it would log every command, addresses included
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), host, port, ssl=self.tls if self.implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        for _ in range(100):
            if not self._open:
                break
            await asyncio.sleep(0.01)

    def hang_up_all(self) -> None:
        """Close every connection as a server does that has waited long enough."""
        for connection in list(self._open):
            if connection.transport is not None:
                connection.transport.close()

    # The hooks of aiosmtpd, by its names.

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, answers: list[str]) -> list[str]:
        session.host_name = host
        return [*answers[:-1], "250-DSN", answers[-1]] if self.dsn else answers

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.username is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            return "501 5.1.3 Bad recipient address syntax"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient a message, so that each has its own line in the journal"
        rule, draws = self.rules.decide("smtp", address)
        envelope.rule, envelope.draws = rule, draws
        match rule.take:
            case Take.REFUSE:
                status = rule.status or "5.1.1"
                words = returned.WORDS.get(status, "Recipient address rejected")
                return f"{rule.code or 550} {status} <{address}>: {words}"
            case Take.THROTTLE:
                return "450 4.7.1 Too many messages, slow down"
            case Take.UNAVAILABLE:
                await server.push("421 4.3.2 Service shutting down")
                server.transport.close()
                raise asyncio.CancelledError
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        rule: Rule = envelope.rule
        await asyncio.sleep(rule.wait)
        if rule.take is Take.FAIL:
            return "451 4.3.0 Local error in processing"
        if rule.take is Take.DROP:
            server.transport.abort()
            raise asyncio.CancelledError
        raw: bytes = envelope.original_content
        to = envelope.rcpt_tos[0]
        entry = self._entry(raw, envelope.mail_from, to, rule)
        await self.journal.append(entry)
        notify = server.dsn_fields.get("NOTIFY", "FAILURE").upper()
        self.reporter.schedule(self._mails(entry, raw, rule, server.dsn_fields, notify), rule, envelope.draws)
        if rule.take in (Take.DROP_AFTER, Take.FAIL_AFTER):
            server.transport.abort()
            raise asyncio.CancelledError
        return f"250 2.0.0 Ok: queued as {entry.provider_id}"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        given = (data.login, data.password) if isinstance(data, LoginPassword) else (b"", b"")
        good = ((self.username or "").encode(), (self.password or "").encode())
        return AuthResult(success=given == good, handled=False, auth_data=data)

    def _entry(self, raw: bytes, sender: str, to: str, rule: Rule) -> Entry:
        mail = email.message_from_bytes(raw, policy=email.policy.compat32)  # the newer policy takes five times as long
        message_id = str(mail.get("Message-ID", "")) or None
        return Entry(
            provider="smtp",
            time=self.clock(),
            attempt=attempt_in(sender) or attempt_in(mail.get(HEADER)) or attempt_in(message_id),
            to=to,
            sender=sender,
            provider_id=uuid4().hex[:12].upper(),
            message_id=message_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            subject=_subject(mail),
            text=_text(mail),
            take=rule.take,
            then=rule.then,
        )

    def _mails(self, entry: Entry, raw: bytes, rule: Rule, dsn: dict[str, str], notify: str) -> list[Outgoing]:
        """Plain SMTP tells only what went wrong, and that only where NOTIFY wants it."""
        late = self.bounce_after if rule.after is None else rule.after
        failed = Outgoing(late, self._sender(entry, raw, dsn, "failed", rule.status or "5.1.1"))
        blocked = Outgoing(late, self._sender(entry, raw, dsn, "failed", rule.status or "5.7.1"))
        delayed = Outgoing(self.deliver_after, self._sender(entry, raw, dsn, "delayed", rule.status or "4.3.0"))
        complaint = Outgoing(late, self._sender(entry, raw, dsn, "complaint", ""))
        match rule.then:
            case Then.BOUNCE | Then.LATE_BOUNCE | Then.DROP:
                return [failed] if "FAILURE" in notify else []
            case Then.BLOCK:
                return [blocked] if "FAILURE" in notify else []
            case Then.DEFER:
                return [delayed] if "DELAY" in notify else []
            case Then.COMPLAIN:
                return [complaint]
        return []

    def _sender(self, entry: Entry, raw: bytes, dsn: dict[str, str], action: str, status: str) -> Callable[[], Any]:
        async def send() -> bool:
            mail = returned.compose(entry, raw, dsn, action, status, self.clock())
            url, host = self.bounce_url(), self.bounce_smtp()
            if url is not None:
                return await returned.by_http(self.session, url, entry.sender, mail)
            return await returned.by_smtp(host, entry.sender, mail) if host is not None else True

        return send


def _subject(mail: Message) -> str:
    written = str(mail.get("Subject", ""))
    try:
        return str(make_header(decode_header(written)))
    except (LookupError, ValueError):  # another client's charset
        return written


def _text(mail: Message) -> str:
    """The first text/plain part."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            return content.decode(part.get_content_charset("utf-8"), "replace") if isinstance(content, bytes) else ""
    return ""


class _Connection(SMTP):
    """One connection. aiosmtpd refuses parameters it does not know: those of RFC 3461 are taken out before it looks."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server
        self.dsn_fields: dict[str, str] = {}
        super().__init__(
            server,
            hostname="sandbox.invalid",
            ident="Entrega sandbox",
            data_size_limit=_SIZE_LIMIT,
            enable_SMTPUTF8=True,
            tls_context=None if server.implicit_tls else server.tls,
            require_starttls=server.tls is not None and not server.implicit_tls,
            authenticator=server.login,
            auth_require_tls=False,
            auth_exclude_mechanism=None if server.username is not None else ["PLAIN", "LOGIN"],
            loop=asyncio.get_running_loop(),
        )
        self.command_size_limits["MAIL"] = self.command_size_limits["RCPT"] = 2048

    def connection_made(self, transport: Any) -> None:
        self.server._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.server._open.discard(self)
        super().connection_lost(error)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.dsn_fields = {}
        await super().smtp_MAIL(self._without_dsn(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(self._without_dsn(arg))

    def _without_dsn(self, arg: str | None) -> str | None:
        if arg is None or not self.server.dsn:
            return arg
        self.dsn_fields.update({name.upper(): value for name, value in _DSN.findall(arg)})
        return _DSN.sub("", arg)
