"""A server that speaks SendGrid's v3 Mail Send and its signed Event Webhook.

Checks what SendGrid checks and answers errors in its shape. Source:
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, web

from connectors.attempts import attempt_in
from connectors.sandbox.journal import Entry, Journal
from connectors.sandbox.reporting import Outgoing, Reporter
from connectors.sandbox.rules import Rule, Rules, Take, Then

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+|[^\s@<>,;]+@localhost")
_RESERVED = frozenset(
    "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding "
    "to from subject reply-to cc bcc".split()
)


@dataclass
class SendGridServer:
    """The routes; `webhook` gives the address to which events go at the moment, or None."""

    api_key: str
    key: EllipticCurvePrivateKey
    journal: Journal
    rules: Rules
    reporter: Reporter
    session: ClientSession
    clock: Callable[[], datetime]
    webhook: Callable[[], str | None]
    deliver_after: float
    bounce_after: float

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v3/mail/send", self.send)]

    async def send(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _error(401, "The provided authorization grant is invalid, expired, or revoked")
        if request.content_type != "application/json":
            return _error(415, "Content-Type should be application/json.")
        try:
            body = json.loads(raw)
        except ValueError:
            return _error(400, "Bad Request")
        problem = validate(body)
        if problem is not None:
            return _error(400, *problem)
        to = body["personalizations"][0]["to"][0]["email"]
        rule, draws = self.rules.decide("sendgrid", to)
        await asyncio.sleep(rule.wait)
        match rule.take:
            case Take.REFUSE:
                return _error(rule.code or 400, "Does not contain a valid address.", "personalizations.0.to.0.email")
            case Take.THROTTLE:
                reset = str(int(self.clock().timestamp()) + 1)
                headers = {"Retry-After": "1", "X-RateLimit-Reset": reset, "X-RateLimit-Remaining": "0"}
                return _error(429, "too many requests", headers=headers)
            case Take.UNAVAILABLE:
                return _error(503, "service unavailable", headers={"Retry-After": "1"})
            case Take.FAIL:
                return _error(rule.code or 500, "internal server error")
            case Take.DROP:
                return hang_up(request)
        entry = self._entry(body, raw, to, rule)
        await self.journal.append(entry)
        self.reporter.schedule(self._events(entry, body, rule), rule, draws)
        if rule.take is Take.DROP_AFTER:
            return hang_up(request)
        if rule.take is Take.FAIL_AFTER:
            return _error(rule.code or 500, "internal server error")
        return web.Response(status=202, headers={"X-Message-Id": entry.provider_id})

    def _entry(self, body: dict[str, Any], raw: bytes, to: str, rule: Rule) -> Entry:
        message_id = next((v for k, v in _headers(body).items() if k.lower() == "message-id"), None)
        attempt = next(filter(None, (attempt_in(str(v)) for v in _arguments(body).values())), None)
        return Entry(
            provider="sendgrid",
            time=self.clock(),
            attempt=attempt or attempt_in(message_id),
            to=to,
            sender=body["from"]["email"],
            provider_id=base64.urlsafe_b64encode(uuid4().bytes).decode("ascii").rstrip("="),
            message_id=message_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            subject=body["personalizations"][0].get("subject", body.get("subject")),
            text=body["content"][0]["value"],
            take=rule.take,
            then=rule.then,
        )

    def _events(self, entry: Entry, body: dict[str, Any], rule: Rule) -> list[Outgoing]:
        """What SendGrid tells of one message, by what becomes of it."""
        soon, late = self.deliver_after, self.bounce_after if rule.after is None else rule.after
        good = self.deliver_after if rule.after is None else rule.after
        status = rule.status or "5.1.1"
        bounce = {
            "event": "bounce",
            "type": "bounce",
            "status": status,
            "reason": f"550 {status} {_WORDS.get(status, 'The e-mail account does not exist.')}",
        }
        delivered = {"event": "delivered", "response": "250 2.0.0 OK"}
        deferred = {"event": "deferred", "attempt": "1", "response": "451 4.3.0 try again later"}
        blocked = {
            "event": "bounce",
            "type": "blocked",
            "status": rule.status or "5.7.1",
            "reason": f"550 {rule.status or '5.7.1'} Blocked: poor reputation",
        }
        plans: dict[Then, list[tuple[float, dict[str, Any]]]] = {
            Then.DELIVER: [(good, delivered)],
            Then.BOUNCE: [(late, bounce)],
            Then.LATE_BOUNCE: [(soon, delivered), (late, bounce)],
            Then.BLOCK: [(late, blocked)],
            Then.DROP: [(late, {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"})],
            Then.DEFER: [(soon, deferred), (late, delivered)],
            Then.COMPLAIN: [(soon, delivered), (late, {"event": "spamreport"})],
            Then.NOTHING: [],
        }
        plan = plans[rule.then]
        if rule.then not in (Then.NOTHING, Then.DROP):
            plan = [(0.0, {"event": "processed"}), *plan]
        return [Outgoing(after, self._sender(entry, body, event)) for after, event in plan]

    def _sender(self, entry: Entry, body: dict[str, Any], event: dict[str, Any]) -> Callable[[], Any]:
        event = {
            "email": entry.to,
            "smtp-id": entry.message_id or f"<{entry.provider_id}@sandbox.invalid>",
            "sg_message_id": f"{entry.provider_id}.recvd-sandbox-0.0",
            **_arguments(body),
            **event,
        }

        async def send() -> bool:
            url = self.webhook()
            if url is None:
                return True  # switched off in the settings, as at SendGrid: events of that time are never sent
            event.setdefault("timestamp", int(self.clock().timestamp()))
            # Seen at SendGrid: a repeated event has the same content and another sg_event_id.
            return await self.post(url, [{**event, "sg_event_id": uuid4().hex}])

        return send

    async def post(self, url: str, events: list[dict[str, Any]]) -> bool:
        """One signed request of the Event Webhook; whether it was taken."""
        raw = json.dumps(events).encode("utf-8") + b"\r\n"
        stamp = str(int(self.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
            "X-Twilio-Email-Event-Webhook-Signature": sign(self.key, raw, stamp),
        }
        try:
            async with self.session.post(url, data=raw, headers=headers) as answer:
                return 200 <= answer.status < 300
        except (ClientError, TimeoutError, OSError):
            return False


_WORDS = {"5.2.2": "The recipient's mailbox is full.", "5.1.2": "Host not found."}


def validate(body: Any) -> tuple[str, str] | None:
    """The first thing SendGrid would find wrong, as message and field; None for a good one."""
    if not isinstance(body, dict):
        return "Bad Request", ""
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        return "The personalizations field is required and must have at least one personalization.", "personalizations"
    for i, person in enumerate(people):
        place = f"personalizations.{i}"
        to = person.get("to") if isinstance(person, dict) else None
        if not isinstance(to, list) or not to:
            return "The to array is required for all personalization objects, and must have at least one email.", place
        for j, one in enumerate(to):
            if not isinstance(one, dict) or not _ADDRESS.fullmatch(str(one.get("email", ""))):
                return "Does not contain a valid address.", f"{place}.to.{j}.email"
        arguments = person.get("custom_args", {})
        if not isinstance(arguments, dict) or not all(isinstance(v, str) for v in arguments.values()):
            return "Custom args must be strings.", f"{place}.custom_args"
        if len(json.dumps(arguments)) > 10_000:
            return "Custom args must be less than 10,000 bytes.", f"{place}.custom_args"
    sender = body.get("from")
    if not isinstance(sender, dict) or not _ADDRESS.fullmatch(str(sender.get("email", ""))):
        return (
            "The from object must be provided for every email send. It is an object that requires the email parameter.",
            ("from.email"),
        )
    if not body.get("subject") and not all(person.get("subject") for person in people):
        return "The subject is required. You can get around this requirement if you use a template.", "subject"
    content = body.get("content")
    if not isinstance(content, list) or not content:
        return "Unless a valid template_id is provided, the content parameter is required.", "content"
    for i, part in enumerate(content):
        if not isinstance(part, dict) or not part.get("type") or not part.get("value"):
            return "The content value must be a string at least one character in length.", f"content.{i}.value"
    types = [part["type"] for part in content]
    if len(set(types)) < len(types) or ("text/plain" in types and types[0] != "text/plain"):
        return "If present, text/plain and text/html may only be provided once, text/plain first.", "content"
    for name, value in _headers(body).items():
        if name.lower() in _RESERVED or not isinstance(value, str):
            return f"The header {name} is reserved or no string.", "headers"
    return None


def sign(key: EllipticCurvePrivateKey, raw: bytes, timestamp: str) -> str:
    """SendGrid's signature: ECDSA over P-256 and SHA-256, of the time and the bytes; base64 of DER."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return base64.b64encode(key.sign(timestamp.encode("ascii") + raw, ec.ECDSA(hashes.SHA256()))).decode("ascii")


def load_key(path: Path) -> EllipticCurvePrivateKey:
    """The sandbox's signing key, made where there is none: PEM, PKCS#8, readable by its owner only."""
    import os

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return key


def public_key(key: EllipticCurvePrivateKey) -> str:
    """As SendGrid shows it: base64 of the DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives import serialization

    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def hang_up(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _headers(body: dict[str, Any]) -> dict[str, Any]:
    return {**(body.get("headers") or {}), **(body["personalizations"][0].get("headers") or {})}


def _arguments(body: dict[str, Any]) -> dict[str, Any]:
    return {**(body.get("custom_args") or {}), **(body["personalizations"][0].get("custom_args") or {})}


def _error(status: int, message: str, field: str | None = None, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(
        {"errors": [{"message": message, "field": field or None, "help": None}]}, status=status, headers=headers
    )
