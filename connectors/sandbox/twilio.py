"""A server that speaks Twilio's Messages resource and its signed status callbacks.

Source: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/security
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import ClientError, ClientSession, web

from connectors.attempts import attempt_of_callback
from connectors.sandbox.journal import Entry, Journal
from connectors.sandbox.reporting import Outgoing, Reporter
from connectors.sandbox.rules import Rule, Rules, Take, Then
from connectors.sandbox.sendgrid import hang_up

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_WORDS = {
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
    21614: "'To' number is not a valid mobile number",
}


@dataclass
class TwilioServer:
    """The routes. Messages taken before a restart are known again from the journal."""

    account_sid: str
    auth_token: str
    journal: Journal
    rules: Rules
    reporter: Reporter
    session: ClientSession
    clock: Callable[[], datetime]
    webhook: Callable[[], str | None]
    deliver_after: float
    bounce_after: float
    _state: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        path = "/2010-04-01/Accounts/{account}/Messages.json"
        return [
            web.post(path, self.create),
            web.get(path, self.list),
            web.get("/2010-04-01/Accounts/{account}/Messages/{sid}.json", self.fetch),
        ]

    async def create(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        form = await request.post()
        to, sender, body = (str(form.get(name, "")) for name in ("To", "From", "Body"))
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not sender and not form.get("MessagingServiceSid"):
            return _error(400, 21603, "A 'From' phone number is required.")
        if not body:
            return _error(400, 21602, "Message body is required.")
        if len(body) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not _E164.fullmatch(to):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        rule, draws = self.rules.decide("twilio", to)
        await asyncio.sleep(rule.wait)
        match rule.take:
            case Take.REFUSE:
                code = rule.code or 21211
                return _error(400, code, f"{_WORDS.get(code, 'The message was refused')}: {to}")
            case Take.THROTTLE:
                return _error(429, 20429, "Too Many Requests", {"Retry-After": "1"})
            case Take.UNAVAILABLE:
                return _error(503, 20503, "Service Unavailable", {"Retry-After": "1"})
            case Take.FAIL:
                return _error(500, 20500, "Internal Server Error")
            case Take.DROP:
                return hang_up(request)
        callback = str(form.get("StatusCallback", "")) or None
        entry = Entry(
            provider="twilio",
            time=self.clock(),
            attempt=attempt_of_callback(callback) if callback else None,
            to=to,
            sender=sender,
            provider_id=f"SM{uuid4().hex}",
            sha256=hashlib.sha256(body.encode("utf-8")).hexdigest(),
            text=body,
            take=rule.take,
            then=rule.then,
            callback=callback,
        )
        await self.journal.append(entry)
        self.reporter.schedule(self._statuses(entry, rule), rule, draws)
        if rule.take is Take.DROP_AFTER:
            return hang_up(request)
        if rule.take is Take.FAIL_AFTER:
            return _error(500, 20500, "Internal Server Error")
        return web.json_response(self._message(entry), status=201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Newest first, filtered by To, From and DateSent (as `DateSent>`, `DateSent<` or the day), in pages."""
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        query = request.query
        after, before, day = (_instant(query.get(name)) for name in ("DateSent>", "DateSent<", "DateSent"))
        found = [
            entry
            for entry in reversed(self.journal.entries)
            if entry.provider == "twilio"
            and query.get("To", entry.to) == entry.to
            and query.get("From", entry.sender) == entry.sender
            and (after is None or entry.time >= after)
            and (before is None or entry.time <= before)
            and (day is None or entry.time.date() == day.date())
        ]
        size = min(max(int(query.get("PageSize", "50")), 1), 1000)
        page = int(query.get("Page", "0"))
        rows = found[page * size : (page + 1) * size]

        def uri(number: int) -> str:
            return f"{request.path}?{urlencode({**query, 'Page': number, 'PageSize': size})}"

        return web.json_response(
            {
                "messages": [self._message(entry) for entry in rows],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(rows) - 1, 0),
                "uri": uri(page),
                "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if (page + 1) * size < len(found) else None,
                "previous_page_uri": uri(page - 1) if page else None,
            }
        )

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        sid = request.match_info["sid"]
        entry = next((e for e in self.journal.entries if e.provider_id == sid), None)
        if entry is None:
            return _error(404, 20404, "The requested resource was not found")
        return web.json_response(self._message(entry))

    def _allowed(self, request: web.Request) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        try:
            pair = b64decode(given).decode("utf-8")
        except ValueError:
            return False
        return (
            kind == "Basic"
            and pair == f"{self.account_sid}:{self.auth_token}"
            and request.match_info["account"] == self.account_sid
        )

    def _statuses(self, entry: Entry, rule: Rule) -> Any:
        soon = self.deliver_after
        late = self.bounce_after if rule.after is None else rule.after
        good = self.deliver_after if rule.after is None else rule.after
        sent, delivered = (0.0, "sent", None), (good, "delivered", None)
        undelivered = (late, "undelivered", rule.code or 30005)
        plans: dict[Then, Any] = {
            Then.DELIVER: [sent, delivered],
            Then.COMPLAIN: [sent, delivered],
            Then.BOUNCE: [sent, undelivered],
            Then.LATE_BOUNCE: [sent, (soon, "delivered", None), undelivered],
            Then.BLOCK: [sent, (late, "undelivered", rule.code or 30007)],
            Then.DROP: [(late, "failed", rule.code or 30008)],
            Then.DEFER: [(0.0, "queued", None), (soon, "sent", None), (late, "delivered", None)],
            Then.NOTHING: [],
        }
        return [Outgoing(after, self._sender(entry, status, code)) for after, status, code in plans[rule.then]]

    def _sender(self, entry: Entry, status: str, code: int | None) -> Callable[[], Any]:
        async def send() -> bool:
            self._state[entry.provider_id] = (status, code)
            url = entry.callback or self.webhook()
            return True if url is None else await self.post(url, self._form(entry, status, code))

        return send

    def _form(self, entry: Entry, status: str, code: int | None) -> dict[str, str]:
        form = {
            "SmsSid": entry.provider_id,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": entry.to,
            "MessageSid": entry.provider_id,
            "AccountSid": self.account_sid,
            "From": entry.sender,
            "ApiVersion": "2010-04-01",
        }
        if code is not None:
            form["ErrorCode"] = str(code)
        return form

    async def post(self, url: str, form: dict[str, str]) -> bool:
        """One signed status callback; whether it was taken. Signed by the SDK's own computation."""
        from twilio.request_validator import RequestValidator

        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        try:
            async with self.session.post(url, data=form, headers={"X-Twilio-Signature": signature}) as answer:
                return 200 <= answer.status < 300
        except (ClientError, TimeoutError, OSError):
            return False

    def _message(self, entry: Entry) -> dict[str, Any]:
        """The Message resource. Times in RFC 2822, as Twilio writes them."""
        status, code = self._state.get(entry.provider_id, ("queued", None))
        when = format_datetime(entry.time)
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": entry.text,
            "date_created": when,
            "date_sent": None if status == "queued" else when,
            "date_updated": when,
            "direction": "outbound-api",
            "error_code": code,
            "error_message": None,
            "from": entry.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": entry.provider_id,
            "status": status,
            "subresource_uris": {},
            "to": entry.to,
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{entry.provider_id}.json",
        }


def _instant(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status, headers=headers)
