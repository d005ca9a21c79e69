"""What providers tell us: kept in the inbox as it came, then answered; read and understood by acknowledgement.

A signature is verified over the raw bytes (SendGrid) or over our public address (Twilio), never over what the request
says of itself. Who gets anything but 2xx comes again, so 503 while the database is away loses nothing.

| address                    | who                            | how it proves itself              | inbox headers |
|----------------------------|--------------------------------|-----------------------------------|---------------|
| /webhooks/sendgrid         | SendGrid's Event Webhook       | ECDSA over time and body          |               |
| /webhooks/twilio/{attempt} | Twilio's status callback       | HMAC over public address and form | attempt       |
| /webhooks/twilio           | a message to our number (STOP) | the same                          |               |
| /webhooks/bounce           | our own mail server, sandbox   | bearer secret `bounce-token`      | recipient     |
"""

from __future__ import annotations

from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pipeline.store import inbox
from portal.desk import Desk, same
from portal.problems import Problem
from schemas.errors import StoreUnavailable


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/webhooks", include_in_schema=False)

    @routes.post("/sendgrid")
    async def sendgrid(request: Request) -> Response:
        from connectors.email.sendgrid_events import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify

        raw = await request.body()
        key = desk.settings.sendgrid_webhook_key
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER))
        if key is None or not verify(key, raw, signature, timestamp):
            raise Problem(403, "signature-wrong", "The signature is not SendGrid's over these bytes.")
        return await _take(desk, "sendgrid", {}, raw)

    async def twilio(request: Request, attempt: UUID | None) -> Response:
        from connectors.sms.twilio_events import SIGNATURE_HEADER, verify

        raw = await request.body()
        token = desk.settings.twilio_token
        address = desk.public_url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            fields = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise Problem(400, "form-unreadable", "The body is no form.") from None
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if token is None or not verify(token.get_secret_value(), address, fields, signature):
            raise Problem(403, "signature-wrong", "The signature is not Twilio's over this address and form.")
        return await _take(desk, "twilio", {"attempt": str(attempt)} if attempt else {}, raw)

    @routes.post("/twilio/{attempt}")
    async def twilio_status(request: Request, attempt: UUID) -> Response:
        return await twilio(request, attempt)

    @routes.post("/twilio")
    async def twilio_message(request: Request) -> Response:
        return await twilio(request, None)

    @routes.post("/bounce")
    async def bounce(request: Request) -> Response:
        if not same(request.headers.get("authorization", ""), f"Bearer {desk.bounce_token}"):
            raise Problem(401, "not-authorised", "The bounce hook takes mail from our own mail server only.")
        raw = await request.body()
        if not raw.strip():
            raise Problem(400, "mail-empty", "The body is the mail as it came, RFC 5322.")
        recipient = request.headers.get("x-envelope-recipient", "")[:320]
        return await _take(desk, "bounce", {"recipient": recipient} if recipient else {}, raw)

    return routes


async def _take(desk: Desk, source: str, headers: dict[str, str], raw: bytes) -> Response:
    try:
        await inbox.receive(desk.store, tenant=desk.settings.default_tenant, source=source, headers=headers, body=raw)
    except StoreUnavailable:
        raise Problem(503, "store-unavailable", "The report could not be kept; please send it again.") from None
    return Response(status_code=204)
