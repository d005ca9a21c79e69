"""The e-mail contract over SMTP, and what only SMTP has."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as Mail
from pathlib import Path
from typing import Any

import pytest
from email_contract import EmailContract
from messages import an_email
from receiver import Receiver

from connectors.bounces import parse
from connectors.email.smtp import SmtpSender
from connectors.sandbox import Sandbox, Targets
from schemas.deliveries import EmailMessage
from schemas.errors import ConfigurationError, MessageRefused, ProviderUnavailable

SECRET = "p"  # noqa: S105 - of a server that lives for one test


def sender_for(sandbox: Sandbox, **changes: object) -> SmtpSender:
    fields: dict[str, object] = {
        "host": sandbox.host,
        "port": sandbox.smtp_port,
        "return_path": "bounces@example.pt",
        "security": "none",
        **changes,
    }
    return SmtpSender(**fields)  # type: ignore[arg-type]


class TestSmtp(EmailContract):
    provider = "smtp"
    fails_without_taking = ProviderUnavailable

    def sender(self, sandbox: Sandbox) -> SmtpSender:
        return sender_for(sandbox)

    def unreachable(self, port: int) -> SmtpSender:
        return SmtpSender("127.0.0.1", port, "bounces@example.pt", security="none")

    async def test_one_connection_for_many(self, sandbox: Sandbox) -> None:
        """A connection is kept and used again, also after a refusal."""
        sender = sender_for(sandbox, connections=1)
        opened: list[object] = []
        connect = sender._connect

        async def counted() -> object:
            opened.append(1)
            return await connect()

        sender._connect = counted  # type: ignore[method-assign,assignment]
        for to in ("a@example.com", "refuse@example.com", "b@example.com", "c@example.com"):
            try:
                await sender.send(an_email(to))
            except MessageRefused:
                assert to == "refuse@example.com"
        assert len(opened) == 1
        assert [entry.to for entry in sandbox.accepted()] == ["a@example.com", "b@example.com", "c@example.com"]
        await sender.close()

    async def test_reopens_what_the_server_closed(self, sandbox: Sandbox) -> None:
        """A connection that the server closed while idle is replaced, and the message sent once."""
        sender = sender_for(sandbox, connections=1)
        await sender.send(an_email("a@example.com"))
        sandbox.smtp.hang_up_all()
        await sender.send(an_email("b@example.com"))
        assert [entry.to for entry in sandbox.accepted()] == ["a@example.com", "b@example.com"]
        await sender.close()

    async def test_the_bytes(self, tmp_path: Path) -> None:
        """What arrives is what was composed: text and HTML, names beyond ASCII, return path, headers passed through."""
        message = an_email()
        mail, envelope = await arrived(tmp_path, message)
        assert envelope.mail_from == f"bounces+{message.attempt.hex}@example.pt"
        assert mail["From"].addresses[0].display_name == message.sender_name
        assert mail["To"].addresses[0].display_name == message.to_name
        assert (mail["To"].addresses[0].addr_spec, mail["Reply-To"]) == (message.to, message.reply_to)
        assert (mail["Subject"], mail["Message-ID"]) == (message.subject, message.message_id)
        assert mail["List-Unsubscribe"] == "<https://example.pt/u/4fPq>"
        assert (mail["X-Entrega-Attempt"], mail["Auto-Submitted"]) == (str(message.attempt), "auto-generated")
        assert datetime.now(UTC) - mail["Date"].datetime < timedelta(minutes=1)
        plain, html = mail.iter_parts()
        assert plain.get_content().replace("\r\n", "\n") == message.text
        assert html.get_content().replace("\r\n", "\n").strip() == message.html
        assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert mail.defects == []

    async def test_dsn_where_announced(self, tmp_path: Path) -> None:
        """ENVID and NOTIFY go to servers with RFC 3461; servers without it are not bothered."""
        message = an_email("a+b@example.com")
        _, with_dsn = await arrived(tmp_path / "1", message)
        assert with_dsn.dsn == {
            "RET": "HDRS",
            "ENVID": message.attempt.hex,
            "NOTIFY": "FAILURE,DELAY",
            "ORCPT": "rfc822;a+2Bb@example.com",
        }
        _, without = await arrived(tmp_path / "2", message, dsn=False)
        assert without.dsn == {}

    async def test_addresses_beyond_ascii(self, sandbox: Sandbox) -> None:
        """A local part in UTF-8 goes by SMTPUTF8, a domain as IDNA."""
        sender = sender_for(sandbox)
        await sender.send(an_email("żółw@bücher.example"))
        assert [entry.to for entry in sandbox.accepted()] == ["żółw@xn--bcher-kva.example"]
        await sender.close()

    async def test_login(self, tmp_path: Path) -> None:
        """With the right password mail is taken; a wrong or missing one is no verdict on the message: unavailable."""
        async with Sandbox(tmp_path, smtp_username="u", smtp_password=SECRET) as sandbox:
            good = sender_for(sandbox, username="u", password=SECRET)
            await good.send(an_email())
            await good.close()
            for changes in ({"username": "u", "password": "wrong"}, {}):
                bad = sender_for(sandbox, **changes)
                with pytest.raises(ProviderUnavailable) as failure:
                    await bad.send(an_email())
                assert failure.value.detail["reason"] == "credentials"
                await bad.close()
            assert len(sandbox.accepted()) == 1

    async def test_password_needs_tls(self) -> None:
        """A password is not sent in the clear to another machine."""
        with pytest.raises(ConfigurationError):
            SmtpSender("mail.example.com", 25, "b@example.com", security="none", username="u", password=SECRET)

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    async def test_tls(self, tmp_path: Path, security: str) -> None:
        """Both kinds of TLS work, and a certificate that nobody vouches for is refused before anything is sent."""
        server, client = contexts(tmp_path)
        async with Sandbox(tmp_path / "s", smtp_tls=server, smtp_implicit_tls=security == "tls") as sandbox:
            good = sender_for(sandbox, host="localhost", security=security, tls_context=client)
            await good.send(an_email())
            await good.close()
            bad = sender_for(sandbox, host="localhost", security=security)
            with pytest.raises(ProviderUnavailable):
                await bad.send(an_email())
            await bad.close()
            assert len(sandbox.accepted()) == 1

    async def test_starttls_is_not_optional(self, sandbox: Sandbox) -> None:
        """A server without STARTTLS gets no mail where it is set."""
        sender = sender_for(sandbox, security="starttls")
        with pytest.raises(ProviderUnavailable):
            await sender.send(an_email())
        assert sandbox.accepted() == []
        await sender.close()

    @pytest.mark.parametrize(
        ("word", "action", "permanent", "reason"),
        [
            ("bounce-later", "bounced", True, "unknown-recipient"),
            ("mailbox-full", "bounced", False, "mailbox-full"),
            ("block", "bounced", False, "blocked"),
            ("defer", "deferred", False, "system-failure"),
            ("complain", "complained", True, "complained"),
        ],
    )
    async def test_bounce_mails(self, sandbox: Sandbox, word: str, action: str, permanent: bool, reason: str) -> None:
        """What a mail server says later comes back as a mail, and is read as a report on the attempt."""
        async with Receiver() as receiver:
            sandbox.targets = Targets(bounce_url=receiver.url + "/bounces")
            message = an_email(f"{word}+1@example.com")
            sender = sender_for(sandbox)
            await sender.send(message)
            await sender.close()
            (got,) = await receiver.until(lambda all_: len(all_) == 1)
            assert got.headers["X-Envelope-To"] == f"bounces+{message.attempt.hex}@example.pt"
            (report,) = parse(got.body, datetime.now(UTC))
            assert (report.attempt, report.action, report.permanent) == (message.attempt, action, permanent)
            assert (report.reason, report.final_recipient) == (reason, message.to)

    async def test_bounces_by_smtp(self, sandbox: Sandbox) -> None:
        """A bounce can also be sent as mail to a server of ours, from the empty sender."""
        from aiosmtpd.smtp import SMTP

        taken: list[tuple[str, list[str], bytes]] = []

        class Keep:
            async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
                taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
                return "250 Ok"

        class Mailbox(SMTP):
            """aiosmtpd as shipped takes no empty sender."""

            async def smtp_MAIL(self, arg: str | None) -> None:
                assert self.envelope is not None
                self.envelope.mail_from = (arg or "").partition(" ")[0]
                await self.push("250 Ok")

        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Mailbox(Keep(), hostname="ours", loop=loop), "127.0.0.1", 0)
        sandbox.targets = Targets(bounce_smtp=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        message = an_email("bounce-later@example.com")
        sender = sender_for(sandbox)
        await sender.send(message)
        await sender.close()
        assert await sandbox.flush() == 0
        server.close()
        ((mail_from, to, raw),) = taken
        assert (mail_from, to) == ("FROM:<>", [f"bounces+{message.attempt.hex}@example.pt"])
        assert [report.attempt for report in parse(raw, datetime.now(UTC))] == [message.attempt]


class Envelope:
    def __init__(self, mail_from: str, dsn: dict[str, str]) -> None:
        self.mail_from, self.dsn = mail_from, dsn


async def arrived(folder: Path, message: EmailMessage, dsn: bool = True) -> tuple[Mail, Envelope]:
    """The message and its envelope as the server saw them."""
    seen: list[tuple[bytes, str, dict[str, str]]] = []

    class Watching(Sandbox):
        async def __aenter__(self) -> Sandbox:
            await super().__aenter__()
            handle = self.smtp.handle_DATA

            async def watched(server: object, session: object, envelope: object) -> str:
                seen.append(
                    (
                        envelope.original_content,  # type: ignore[attr-defined]
                        envelope.mail_from,  # type: ignore[attr-defined]
                        dict(server.dsn_fields),  # type: ignore[attr-defined]
                    )
                )
                return await handle(server, session, envelope)

            self.smtp.handle_DATA = watched  # type: ignore[method-assign]
            return self

    async with Watching(folder, dsn=dsn) as sandbox:
        sender = sender_for(sandbox)
        await sender.send(message)
        await sender.close()
    raw, mail_from, fields = seen[0]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, Mail)
    return mail, Envelope(mail_from, fields)


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server called localhost, and for a client that knows its certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode("ascii"))
