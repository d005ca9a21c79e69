"""Webhooks and the programming interface: who is believed, what is kept, what is answered."""

from __future__ import annotations

import base64
import io
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from portal_house import OPERATOR, House, open_house
from portal_visit import Visit, served
from twilio.request_validator import RequestValidator

from pipeline.store import orphans
from schemas.errors import Finding
from schemas.outcomes import Refusal

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
TOKEN = "twilio-token"  # noqa: S105
BEARER = {"Authorization": f"Bearer {OPERATOR}"}


@pytest.fixture
async def visit(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[Visit]:
    settings = {"sendgrid_webhook_key": PUBLIC, "twilio_token": TOKEN}
    async with open_house(postgres(), tmp_path, **settings) as house, served(house) as client:
        yield house, client


def signed(body: bytes, at: str = "1795348800") -> dict[str, str]:
    signature = KEY.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
        "Content-Type": "application/json",
    }


async def post(client: aiohttp.ClientSession, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    async with client.post(path, data=body, headers=headers) as answer:
        text = await answer.text()
        if answer.status >= 400:
            assert answer.headers["Content-Type"] in ("application/problem+json", "text/plain; charset=utf-8")
        return answer.status, json.loads(text) if text.startswith("{") else text


async def kept(house: House) -> list[dict[str, Any]]:
    return await house.ask("SELECT source, tenant, headers, body FROM inbox ORDER BY received_at, inbox_id")


async def test_sendgrid(visit: Visit) -> None:
    """SendGrid's report is kept byte for byte and answered within 100 ms; other bytes or signatures are refused."""
    house, client = visit
    body = b'[{"event":"delivered", "sg_event_id":"x","timestamp":1795348800,"email":"a@b.example"}]\r\n'
    status, _ = await post(client, "/webhooks/sendgrid", body, signed(body))
    assert status == 204
    assert [(row["source"], bytes(row["body"])) for row in await kept(house)] == [("sendgrid", body)]
    taken = []
    for number in range(20):
        body = json.dumps([{"event": "open", "n": number}]).encode()
        headers = signed(body)
        started = time.perf_counter()
        assert (await post(client, "/webhooks/sendgrid", body, headers))[0] == 204
        taken.append(time.perf_counter() - started)
    assert sorted(taken)[10] < 0.1
    other = signed(body, "1795348801")
    for wrong in ({}, {**signed(body), "X-Twilio-Email-Event-Webhook-Timestamp": "1795348801"}, signed(b"[]"),
                  {**other, "X-Twilio-Email-Event-Webhook-Signature": "AAAA"}):  # fmt: skip
        status, problem = await post(client, "/webhooks/sendgrid", body, wrong)
        assert (status, problem["type"]) == (403, "urn:entrega:problem:signature-wrong")
    assert len(await kept(house)) == 21


async def test_too_large(visit: Visit) -> None:
    """A report of more than 1 MB is stopped, announced or not, and nothing of it is kept."""
    house, client = visit
    body = b"[" + b" " * 1024 * 1024 + b"]"
    async with client.post("/webhooks/sendgrid", data=io.BytesIO(body), headers=signed(body)) as answer:
        assert answer.status == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    async with client.post("/webhooks/bounce", data=pieces(), headers=BEARER) as answer:
        assert answer.status in (401, 413)
    bounce = (house.settings.secrets / "bounce-token").read_text()
    async with client.post("/webhooks/bounce", data=pieces(), headers={"Authorization": f"Bearer {bounce}"}) as answer:
        assert answer.status == 413
    assert await kept(house) == []


async def test_twilio(visit: Visit) -> None:
    """Twilio's callback is checked over our public address, whatever Host says; the attempt goes with it."""
    house, client = visit
    attempt = uuid4()
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+48512345678", "Empty": ""}
    address = f"https://docs.example.com/webhooks/twilio/{attempt}"
    signature = RequestValidator(TOKEN).compute_signature(address, fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode()
    path = f"/webhooks/twilio/{attempt}"
    assert (await post(client, path, body, {**headers, "Host": "evil.example"}))[0] == 204
    (row,) = await kept(house)
    assert (row["source"], row["headers"], bytes(row["body"])) == ("twilio", {"attempt": str(attempt)}, body)
    assert await house.acknowledge() == 1
    forged = RequestValidator(TOKEN).compute_signature(f"http://evil.example{path}", fields)
    for bad_path, bad_body, bad_headers in (
        (f"/webhooks/twilio/{uuid4()}", body, headers),
        (path, body + b"&More=1", headers),
        (path, body, {**headers, "X-Twilio-Signature": forged, "Host": "evil.example"}),
        (path + "?x=1", body, headers),
    ):
        assert (await post(client, bad_path, bad_body, bad_headers))[0] == 403
    assert len(await kept(house)) == 1


async def test_stop_and_start_to_our_number(postgres: Callable[[], str], tmp_path: Path) -> None:
    """Signed by Twilio and posted to the house's address: a tenant that is not the default one is bound, and freed."""
    settings = {"twilio_token": TOKEN, "default_tenant": "house"}
    async with open_house(postgres(), tmp_path, **settings) as house, served(house) as client:
        states = []
        for number, word in enumerate(("STOP", "START", "Obrigado")):
            fields = {"MessageSid": f"SM{number}", "SmsStatus": "received", "Body": word, "From": "+48512345678"}
            signature = RequestValidator(TOKEN).compute_signature("https://docs.example.com/webhooks/twilio", fields)
            headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
            assert (await post(client, "/webhooks/twilio", urlencode(fields).encode(), headers))[0] == 204
            assert await house.acknowledge() == 1
            record = house.record(await house.receive(), f"FT 2026/{number}")
            await house.register(house.exports[-1], record)
            await house.make(record)
            await house.open(record, email=None, phone="+48512345678")
            await house.dispatch()
            states += await house.ask("SELECT state FROM document WHERE document_id = %s", record.document_id)
        assert [row["state"] for row in states] == ["undeliverable", "captured", "captured"]


async def test_a_bounce_that_fits_no_delivery_is_seen(visit: Visit) -> None:
    """SendGrid's signed bounce of somebody nobody wrote to: counted on the first page, listed with its reason, masked;
    the command's question gives the whole of it."""
    house, client = visit
    event = {"event": "bounce", "type": "bounce", "email": "maria.silva@casa.example", "status": "5.1.1",
             "reason": "550 5.1.1 no such user", "timestamp": int(house.now.timestamp())}  # fmt: skip
    body = json.dumps([event]).encode()
    assert (await post(client, "/webhooks/sendgrid", body, signed(body)))[0] == 204
    assert await house.acknowledge() == 1
    async with client.get(f"/operator/login?token={OPERATOR}", allow_redirects=False) as answer:
        client.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
    pages = []
    for path in ("/operator", "/operator/undelivered"):
        async with client.get(path) as answer:
            pages.append(await answer.text())
    assert "1 report of providers and mail servers fits no delivery" in pages[0]
    assert "m…@casa.example" in pages[1]
    assert "The mailbox does not exist." in pages[1]
    assert "maria.silva" not in "".join(pages)
    async with house.store.transaction() as conn:
        (row,) = await orphans.listed(conn)
    assert (row["recipient"], row["status"], row["code"]) == ("maria.silva@casa.example", "5.1.1", "550")


async def test_bounce(visit: Visit) -> None:
    """A bounce mail is taken from who has the secret, with the address it came to; from nobody else."""
    house, client = visit
    mail = b"Return-Path: <>\r\nTo: bounces+0123456789abcdef0123456789abcdef@example.com\r\n\r\nNo such user\xff\r\n"
    secret = (house.settings.secrets / "bounce-token").read_text()
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": secret}, BEARER):
        assert (await post(client, "/webhooks/bounce", mail, wrong))[0] == 401
    headers = {"Authorization": f"Bearer {secret}", "X-Envelope-Recipient": "bounces+0123@example.com"}
    assert (await post(client, "/webhooks/bounce", mail, headers))[0] == 204
    (row,) = await kept(house)
    assert (row["source"], row["headers"]) == ("bounce", {"recipient": "bounces+0123@example.com"})
    assert bytes(row["body"]) == mail
    assert await house.acknowledge() == 1


async def test_no_database(visit: Visit) -> None:
    """While the database is away a report is answered 503, so that it comes again; readyz says so, healthz lives."""
    house, client = visit
    await house.store.pool.close()
    body = b"[]"
    status, problem = await post(client, "/webhooks/sendgrid", body, signed(body))
    assert (status, problem["title"]) == (503, "Store unavailable")
    for path, expected in (("/healthz", 200), ("/readyz", 503)):
        async with client.get(path) as answer:
            assert answer.status == expected


async def test_ingest(visit: Visit) -> None:
    """An export dropped over HTTP is in the store and at the door when its receipt comes; a repeated key is one."""
    house, client = visit
    assert (await post(client, "/v1/exports", b"<Invoice/>", {}))[0] == 401
    headers = {**BEARER, "Idempotency-Key": "k1", "X-Filename": "a.xml"}
    status, told = await post(client, "/v1/exports", b"<Invoice/>", headers)
    assert status == 202
    (receipt,) = told["receipts"]
    assert (receipt["name"], receipt["size"], receipt["tenant"]) == ("a.xml", 10, "vinhos")
    (row,) = await house.ask("SELECT source, received_by FROM export")
    assert house.storage.read(row["source"]["key"]) == b"<Invoice/>"
    assert await post(client, "/v1/exports", b"<Invoice/>", headers) == (202, told)
    status, problem = await post(client, "/v1/exports", b"<Other/>", headers)
    assert (status, problem["type"]) == (422, "urn:entrega:problem:idempotency-key-reused")
    assert len(await house.ask("SELECT 1 FROM export")) == 1
    form = aiohttp.FormData()
    form.add_field("one", b"1", filename="one.csv")
    form.add_field("two", b"2", filename="two.csv")
    async with client.post("/v1/exports", data=form, headers=BEARER) as answer:
        assert [each["name"] for each in (await answer.json())["receipts"]] == ["one.csv", "two.csv"]
    assert (await post(client, "/v1/exports", b"", BEARER))[0] == 400
    status, problem = await post(client, "/v1/exports?profile=nope", b"x", BEARER)
    assert (status, problem["type"]) == (422, "urn:entrega:problem:export-unreadable")
    assert problem["detail"] == "the tenant has no extraction profile 'nope'; there are: none"
    (house.settings.profile_folder / "vinhos.yaml").unlink()
    status, problem = await post(client, "/v1/exports", b"x", BEARER)
    assert (status, problem["type"]) == (422, "urn:entrega:problem:tenant-unknown")
    async with client.get(receipt["status"], headers=BEARER) as answer:
        told = await answer.json()
    assert (told["name"], told["state"], told["found"]) == ("a.xml", "moving", [])


async def test_an_upload_that_finds_no_room_is_told_so(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a form is set aside while it comes in: on a full disk the answer is 503, and nothing was taken."""
    house, client = visit
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "w+b"))  # noqa: SIM115
    form = aiohttp.FormData()
    form.add_field("one", io.BytesIO(bytes(3_000_000)), filename="one.csv")
    async with client.post("/v1/exports", data=form, headers=BEARER) as answer:
        assert answer.status == 503
        assert (await answer.json())["detail"] == "The disk is full; nothing was taken."
    assert await house.ask("SELECT 1 FROM export") == []


async def test_asking_for_a_document(visit: Visit) -> None:
    """A document is told with its state, attempts and events, without anything personal; others are problems."""
    house, client = visit
    document, token = await house.sent()
    async with client.get(f"/v1/documents/{document}", headers=BEARER) as answer:
        raw = await answer.text()
    told = json.loads(raw)
    assert (told["number"], told["state"], told["amount_due"]) == ("FT 2026/117", "captured", "1234.50")
    assert [each["type"] for each in told["events"]][-1] == "captured"
    assert [each["state"] for each in told["attempts"]] == ["captured"]
    assert told["stopped"] == []
    assert "anna@" not in raw
    assert token not in raw
    export = await house.receive()
    record = house.record(export, "FT 8")
    await house.register(export, record)
    finding = Finding(rule="R1", message="It is over.", place="/certificate")
    await house.park(
        "signing", record.document_id, Refusal("certificate-unfit", "The certificate is over.", (finding,))
    )
    async with client.get(f"/v1/documents/{record.document_id}", headers=BEARER) as answer:
        (stop,) = (await answer.json())["stopped"]
    assert (stop["reason"], stop["explanation"], stop["findings"][0]["rule"]) == (
        "certificate-unfit", "The certificate is over.", "R1",
    )  # fmt: skip
    assert (stop["state"], stop["command"]) == ("open", f"parked replay {stop['parked_id'][:8]}")
    for path, headers, expected in (
        (f"/v1/documents/{uuid4()}", BEARER, 404), ("/v1/documents/x", BEARER, 400),
        (f"/v1/documents/{document}", {}, 401), ("/v1/nothing", BEARER, 404),
    ):  # fmt: skip
        async with client.get(path, headers=headers) as answer:
            assert answer.status == expected
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (await answer.json(content_type=None))["status"] == expected
