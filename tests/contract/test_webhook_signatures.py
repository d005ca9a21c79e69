"""Who signed a webhook: good signatures pass, anything changed is refused, nothing raises."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from connectors.email import sendgrid_events
from connectors.sandbox.sendgrid import public_key, sign
from connectors.sms import twilio_events

CORPORA = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "webhooks"
corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
TIMES = 400


@corpora
def test_sendgrids_own_vector() -> None:
    """The request that SendGrid publishes verifies; with the wrong key or signature it does not."""
    vector = json.loads((CORPORA / "sendgrid" / "signed-event-vector.json").read_text())
    raw, stamp = vector["raw_body"].encode(), vector["timestamp"]
    key, signature = vector["public_key_spki_base64"], vector["signature_base64_der"]
    assert sendgrid_events.verify(key, raw, signature, stamp)
    assert not sendgrid_events.verify(vector["wrong_key_base64"], raw, signature, stamp)
    assert not sendgrid_events.verify(key, raw, vector["wrong_signature_base64"], stamp)
    assert not sendgrid_events.verify(key, raw.rstrip(), signature, stamp)


@corpora
def test_twilios_own_vectors() -> None:
    """The requests that Twilio publishes verify, also those whose fields stand twice."""
    published = json.loads((CORPORA / "twilio" / "request-signature-vectors.json").read_text())
    for vector in published["vectors"]:
        form = vector.get("params") or [tuple(pair) for pair in vector["params_list"]]
        assert twilio_events.verify(published["auth_token"], vector["url"], form, vector["x_twilio_signature"])
        assert not twilio_events.verify("54321", vector["url"], form, vector["x_twilio_signature"])


def test_sendgrid_mutations() -> None:
    """Hundreds of good requests pass; each with one thing changed (body, order, time, signature, key) is refused."""
    draws = random.Random(3)  # noqa: S311 - repeatable on purpose
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public, wrong = public_key(key), public_key(other)
    for number in range(TIMES):
        event = {"event": "bounce", "email": f"ź{number}@example.com", "timestamp": 1_790_000_000 + number}
        raw = json.dumps([event], ensure_ascii=False).encode() + b"\r\n"
        stamp = str(1_790_000_000 + number)
        good = sign(key, raw, stamp)
        assert sendgrid_events.verify(public, raw, good, stamp)
        place = draws.randrange(len(raw))
        changed = raw[:place] + bytes([raw[place] ^ (1 << draws.randrange(8))]) + raw[place + 1 :]
        spot = draws.randrange(len(good) - 2)
        letter = draws.choice([c for c in "ABCabc019+/" if c != good[spot]])
        for body, signature, time, by in (
            (changed, good, stamp, public),
            (json.dumps([event]).encode(), good, stamp, public),
            (raw[:-2], good, stamp, public),
            (raw, good, str(int(stamp) + 1), public),
            (stamp[-1:].encode() + raw, good, stamp[:-1], public),
            (raw, good[:spot] + letter + good[spot + 1 :], stamp, public),
            (raw, good[:spot] + "!" + good[spot:], stamp, public),
            (raw, good + "\n", stamp, public),
            (raw, sign(other, raw, stamp), stamp, public),
            (raw, good, stamp, wrong),
        ):
            assert not sendgrid_events.verify(by, body, signature, time), (body, signature, time)


@pytest.mark.parametrize(
    "signature", ["", "!", "AAAA", "ą", "=" * 80, base64.b64encode(b"\x30\x06\x02\x01\x00\x02\x01\x00").decode()]
)
@pytest.mark.parametrize("stamp", ["1790000000", "", "now", "١٧٩٠٠٠٠٠٠٠"])
@pytest.mark.parametrize("raw", [b"[]", b"\xff\xfe", b"", b"[\xff]"])
def test_sendgrid_rubbish(signature: str, stamp: str, raw: bytes) -> None:
    """Rubbish in any place is a no, and no exception."""
    good = public_key(ec.generate_private_key(ec.SECP256R1()))
    for key in (good, "", "AAAA", "not base64 ą"):
        assert sendgrid_events.verify(key, raw, signature, stamp) is False


def test_twilio_mutations() -> None:
    """The same for Twilio: fields, address, signature and token."""
    draws = random.Random(3)  # noqa: S311 - repeatable on purpose
    token = "a" * 32
    for number in range(TIMES):
        form = {
            "MessageSid": f"SM{number:032x}",
            "MessageStatus": "delivered",
            "To": f"+3519{number:08d}",
            "Note": "ź é",
        }
        url = "https://entrega.example/hooks/twilio?" + urlencode({"attempt": f"{number:032x}"})
        good = RequestValidator(token).compute_signature(url, form)
        assert twilio_events.verify(token, url, form, good)
        name = draws.choice(list(form))
        spot = draws.randrange(len(good) - 1)
        letter = draws.choice([c for c in "ABCabc019+/" if c != good[spot]])
        for params, address, signature, by in (
            ({**form, name: form[name] + "0"}, url, good, token),
            ({**form, "ErrorCode": "30005"}, url, good, token),
            ({key: value for key, value in form.items() if key != name}, url, good, token),
            (form, url.replace("https", "http"), good, token),
            (form, url + "0", good, token),
            (form, url.replace("entrega", "evil"), good, token),
            (form, url, good[:spot] + letter + good[spot + 1 :], token),
            (form, url, good[:-1], token),
            (form, url, "", token),
            (form, url, "ą" * len(good), token),
            (form, url, good, "b" * 32),
        ):
            assert not twilio_events.verify(by, address, params, signature), (params, address, signature)
