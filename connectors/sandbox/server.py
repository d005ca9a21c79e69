"""The sandbox as a whole: one HTTP server (SendGrid, Twilio, its own settings), one SMTP server, one journal."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from connectors.sandbox.journal import Entry, Journal
from connectors.sandbox.reporting import Reporter
from connectors.sandbox.rules import Rule, Rules
from connectors.sandbox.sendgrid import SendGridServer, load_key, public_key
from connectors.sandbox.smtp import SmtpServer
from connectors.sandbox.twilio import TwilioServer
from schemas.errors import ConfigurationError

_RULES = TypeAdapter(list[Rule])


class Targets(BaseModel):
    """Where reports go. Twilio's go to the message's own StatusCallback, and here only where it has none."""

    model_config = ConfigDict(extra="forbid")

    sendgrid_webhook: str | None = None
    twilio_webhook: str | None = None
    bounce_url: str | None = None
    bounce_smtp: str | None = None


@dataclass
class Sandbox:
    """An asynchronous context: started inside it, on free ports of loopback unless ports are given.

    `deliver_after` and `bounce_after`: seconds from taking a message to reporting it delivered or bounced. `seed` makes
    draws repeatable. `dsn=False`: an SMTP server without RFC 3461.
    """

    folder: Path
    host: str = "127.0.0.1"
    http_port: int = 0
    smtp_port: int = 0
    api_key: str = "SG.sandbox"
    account_sid: str = "AC" + "5a" * 16
    auth_token: str = "sandbox"  # noqa: S105 - guards nothing: loopback, and nobody's messages
    smtp_username: str | None = None
    smtp_password: str | None = None
    smtp_tls: ssl.SSLContext | None = None
    smtp_implicit_tls: bool = False
    dsn: bool = True
    rules: Sequence[Rule] = ()
    seed: int = 0
    targets: Targets = field(default_factory=Targets)
    deliver_after: float = 0.2
    bounce_after: float = 3.0
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    async def __aenter__(self) -> Sandbox:
        self.journal = Journal(self.folder / "accepted.jsonl")
        await self.journal.open()
        self.reporter = Reporter()
        self._decisions = Rules(self.rules, self.seed)
        self._session = ClientSession(timeout=ClientTimeout(total=10))
        key = load_key(self.folder / "sendgrid-key.pem")
        self.sendgrid_public_key = public_key(key)
        shared: dict[str, Any] = {
            "journal": self.journal,
            "rules": self._decisions,
            "reporter": self.reporter,
            "session": self._session,
            "clock": self.clock,
            "deliver_after": self.deliver_after,
            "bounce_after": self.bounce_after,
        }
        self.sendgrid = SendGridServer(
            api_key=self.api_key, key=key, webhook=lambda: self.targets.sendgrid_webhook, **shared
        )
        self.twilio = TwilioServer(
            account_sid=self.account_sid,
            auth_token=self.auth_token,
            webhook=lambda: self.targets.twilio_webhook,
            **shared,
        )
        self.smtp = SmtpServer(
            bounce_url=lambda: self.targets.bounce_url,
            bounce_smtp=lambda: self.targets.bounce_smtp,
            username=self.smtp_username,
            password=self.smtp_password,
            tls=self.smtp_tls,
            implicit_tls=self.smtp_implicit_tls,
            dsn=self.dsn,
            **shared,
        )
        application = web.Application(client_max_size=30_000_000)
        application.add_routes([*self.sendgrid.routes(), *self.twilio.routes(), *self._own_routes()])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self.host, self.http_port)
            await site.start()
            self.http_port = int(self._runner.addresses[0][1])
            await self.smtp.start(self.host, self.smtp_port)
            self.smtp_port = self.smtp.port
        except OSError as error:
            await self.__aexit__(None, None, None)
            raise ConfigurationError(f"sandbox: a port cannot be opened: {error.strerror}") from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.reporter.close()
        await self.smtp.close()
        await self._runner.cleanup()
        await self._session.close()
        await self.journal.close()

    @property
    def http_url(self) -> str:
        return f"http://{self.host}:{self.http_port}"

    def accepted(self, provider: str | None = None) -> list[Entry]:
        """What was taken, in order."""
        return [entry for entry in self.journal.entries if provider in (None, entry.provider)]

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """Replace the rules; how often a recipient was written to stays counted."""
        self._decisions.rules = tuple(rules)

    async def flush(self, within: float = 10.0) -> int:
        """Send every waiting report now; how many are left unsent after `within` seconds."""
        return await self.reporter.flush(within)

    def about(self) -> dict[str, Any]:
        """Everything a client has to know, as plain JSON."""
        return {
            "http_url": self.http_url,
            "smtp_host": self.host,
            "smtp_port": self.smtp_port,
            "api_key": self.api_key,
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "sendgrid_public_key": self.sendgrid_public_key,
            "journal": str(self.journal.path),
            "targets": self.targets.model_dump(),
        }

    def _own_routes(self) -> list[web.RouteDef]:
        """GET /, /rules, /log?provider=&after=, /pending; PUT /rules, /targets; POST /flush?within=."""

        async def about(request: web.Request) -> web.Response:
            return web.json_response(self.about())

        async def get_rules(request: web.Request) -> web.Response:
            return web.json_response([rule.model_dump(exclude_defaults=True) for rule in self._decisions.rules])

        async def put_rules(request: web.Request) -> web.Response:
            try:
                self.set_rules(_RULES.validate_json(await request.read()))
            except ValidationError as error:
                return web.json_response({"error": str(error)}, status=422)
            return await get_rules(request)

        async def put_targets(request: web.Request) -> web.Response:
            try:
                self.targets = Targets.model_validate_json(await request.read())
            except ValidationError as error:
                return web.json_response({"error": str(error)}, status=422)
            return web.json_response(self.targets.model_dump())

        async def log(request: web.Request) -> web.Response:
            after = int(request.query.get("after", "0"))
            entries = self.accepted(request.query.get("provider"))[after:]
            return web.json_response([entry.model_dump(mode="json") for entry in entries])

        async def pending(request: web.Request) -> web.Response:
            return web.json_response({"pending": self.reporter.pending})

        async def flush(request: web.Request) -> web.Response:
            return web.json_response({"pending": await self.flush(float(request.query.get("within", "10")))})

        return [
            web.get("/", about),
            web.get("/rules", get_rules),
            web.put("/rules", put_rules),
            web.put("/targets", put_targets),
            web.get("/log", log),
            web.get("/pending", pending),
            web.post("/flush", flush),
        ]


async def serve(sandbox: Sandbox, announce: Callable[[dict[str, Any]], None], stop: asyncio.Event) -> None:
    """Run until `stop` is set; `announce` gets what `about` says as soon as everything listens."""
    async with sandbox:
        announce(sandbox.about())
        await stop.wait()
