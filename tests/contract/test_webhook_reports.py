"""What SendGrid's events and Twilio's callbacks are read as, from real payloads and from rubbish."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email import sendgrid_events
from connectors.sms import twilio_events
from schemas.deliveries import Report, ReportAction

CORPORA = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "webhooks"
corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTEMPT = UUID("6f1f2c1e-6c5f-5b0e-9d0b-3c1f0a6d5e11")


def sendgrid(**event: Any) -> Report:
    (report,) = sendgrid_events.reports(json.dumps([{"entrega_attempt": str(ATTEMPT), **event}]).encode(), NOW)
    return report


@corpora
@pytest.mark.parametrize(
    ("name", "action", "permanent", "reason", "status"),
    [
        ("bounce_event", "bounced", True, "unknown-recipient", "5.1.1"),
        ("click_event", "clicked", None, None, None),
        ("compatibility_message_id_from_smtp_id", "delivered", None, None, "2.0.0"),
        ("deferred_event", "deferred", False, "throttled", None),
        ("delivered_event", "delivered", None, None, "2.0.0"),
        ("dropped_bounced", "dropped", True, "suppressed", "5.0.0"),
        ("dropped_invalid_event", "dropped", True, "invalid-address", None),
        ("dropped_unsubscribed_event", "dropped", True, "opted-out", None),
        ("open_event", "opened", None, None, None),
        ("processed_event", "accepted", None, None, None),
    ],
)
def test_real_sendgrid_events(
    name: str, action: str, permanent: bool | None, reason: str | None, status: str | None
) -> None:
    """Each event SendGrid was seen to send is read as what it is, at its own time, with its own payload kept."""
    payload = (CORPORA / "sendgrid" / f"anymail-{name}.json").read_bytes()
    (report,) = sendgrid_events.reports(payload, NOW)
    (event,) = json.loads(payload)
    assert (report.action, report.permanent, report.reason) == (action, permanent, reason)
    assert report.status in (status, None if status == "2.0.0" else status)
    assert report.reported_at == datetime.fromtimestamp(event["timestamp"], UTC)
    assert (report.final_recipient, report.raw, report.attempt) == (event["email"], event, None)


@pytest.mark.parametrize(
    ("event", "action", "permanent", "reason"),
    [
        ({"event": "processed"}, "accepted", None, None),
        (
            {"event": "bounce", "type": "bounce", "status": "5.2.2", "reason": "552 full"},
            "bounced",
            False,
            "mailbox-full",
        ),
        ({"event": "bounce", "type": "bounce", "reason": "550 no such user"}, "bounced", True, "unknown-recipient"),
        ({"event": "bounce", "type": "blocked", "reason": "421 nope"}, "bounced", False, "blocked"),
        ({"event": "blocked", "reason": "550 5.7.1 policy"}, "bounced", False, "blocked"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "dropped", True, "complained"),
        ({"event": "dropped", "reason": "Something new"}, "dropped", False, "other"),
        ({"event": "spamreport"}, "complained", True, "complained"),
        ({"event": "unsubscribe"}, "unsubscribed", True, "opted-out"),
        ({"event": "group_unsubscribe"}, "unsubscribed", True, "opted-out"),
        ({"event": "group_resubscribe"}, "resubscribed", None, None),
        ({"event": "account_status_change"}, "unmapped", None, None),
        ({}, "unmapped", None, None),
    ],
)
def test_sendgrid_mapping(event: dict[str, Any], action: str, permanent: bool | None, reason: str | None) -> None:
    """Every event of SendGrid's list has its place, an unknown one is kept as unmapped; all name our attempt."""
    report = sendgrid(timestamp=1_790_000_000, **event)
    assert (report.action, report.permanent, report.reason) == (action, permanent, reason)
    assert report.attempt == ATTEMPT


def test_sendgrids_own_attempt_is_a_count() -> None:
    """A deferred event's field `attempt` is SendGrid's count, not ours."""
    assert sendgrid(event="deferred", attempt="3", response="451 4.7.1 slow down").attempt == ATTEMPT


def test_attempt_from_our_message_id() -> None:
    """An asynchronous bounce comes without arguments: our Message-ID names the attempt."""
    payload = json.dumps([{"event": "bounce", "smtp-id": f"<{ATTEMPT.hex}@example.pt>"}]).encode()
    assert sendgrid_events.reports(payload, NOW)[0].attempt == ATTEMPT


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_sendgrid_bytes(payload: bytes) -> None:
    """Any bytes are read without an exception."""
    for report in sendgrid_events.reports(payload, NOW):
        assert report.action is ReportAction.UNMAPPED


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["event", "timestamp", "reason", "status", "email", "smtp-id", "sg_message_id", "type", "response"]
)


@settings(deadline=None)
@given(st.lists(JSON | st.dictionaries(NAMES, JSON | st.sampled_from([*sendgrid_events.ACTIONS])), max_size=5))
def test_sendgrid_json(events: list[Any]) -> None:
    """Any JSON is read without an exception, as many reports as events, and what is kept is good for a database."""
    read = sendgrid_events.reports(json.dumps(events).encode(), NOW)
    assert len(read) == len(events)
    for report in read:
        kept = report.model_dump_json()
        assert "\\u0000" not in kept
        json.dumps(report.raw, allow_nan=False)


@corpora
def test_real_twilio_callback() -> None:
    """The callback Twilio was seen to send is read as delivered."""
    form = dict(parse_qsl((CORPORA / "twilio" / "delivered.txt").read_text().strip()))
    (report,) = twilio_events.reports(form, NOW, ATTEMPT)
    assert (report.action, report.attempt) == ("delivered", ATTEMPT)
    assert (report.final_recipient, report.provider_message_id) == (
        "+15622089096",
        "SM4262411b90e5464b98a4f66a49c57a97",
    )


@pytest.mark.parametrize(
    ("status", "code", "action", "permanent", "reason"),
    [
        ("accepted", None, "accepted", None, None),
        ("scheduled", None, "accepted", None, None),
        ("queued", None, "accepted", None, None),
        ("sending", None, "accepted", None, None),
        ("sent", None, "accepted", None, None),
        ("delivered", None, "delivered", None, None),
        ("read", None, "opened", None, None),
        ("undelivered", "30003", "bounced", False, "unreachable"),
        ("undelivered", "30004", "bounced", False, "blocked"),
        ("undelivered", "30005", "bounced", True, "unknown-number"),
        ("undelivered", "30006", "bounced", True, "landline"),
        ("undelivered", "30007", "bounced", False, "filtered"),
        ("undelivered", "30008", "bounced", False, "other"),
        ("undelivered", "30036", "expired", False, "expired"),
        ("undelivered", None, "bounced", False, "other"),
        ("undelivered", "٣٠٠٠٥", "bounced", False, "other"),
        ("failed", "30034", "dropped", False, "sender-not-registered"),
        ("canceled", None, "dropped", False, "cancelled"),
        ("receiving", None, "unmapped", None, None),
        ("", None, "unmapped", None, None),
    ],
)
def test_twilio_mapping(status: str, code: str | None, action: str, permanent: bool | None, reason: str | None) -> None:
    """Every status and code of Twilio's has its place; an unknown one is kept."""
    form = {"MessageStatus": status, "To": "+351912345678", **({"ErrorCode": code} if code else {})}
    (report,) = twilio_events.reports(form, NOW, ATTEMPT)
    assert (report.action, report.permanent, report.reason, report.code) == (action, permanent, reason, code)


def test_twilio_stop() -> None:
    """STOP, answered by the recipient, is unsubscribed, and names the one who answered."""
    form = {
        "SmsStatus": "received",
        "OptOutType": "STOP",
        "From": "+351912345678",
        "To": "+15005550006",
        "Body": "STOP",
    }
    (report,) = twilio_events.reports(form, NOW, None)
    assert (report.action, report.reason, report.final_recipient) == ("unsubscribed", "opted-out", "+351912345678")


def test_twilio_carriers_time() -> None:
    """Where the carrier's time is given it is the report's, in UTC."""
    (report,) = twilio_events.reports({"MessageStatus": "delivered", "RawDlrDoneDate": "2611221158"}, NOW, ATTEMPT)
    assert report.reported_at == datetime(2026, 11, 22, 11, 58, tzinfo=UTC)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["MessageStatus", "ErrorCode", "To", "RawDlrDoneDate", "X"]), st.text()))
def test_twilio_rubbish(form: dict[str, str]) -> None:
    """Any form is one report, without an exception."""
    assert len(twilio_events.reports(form, NOW, ATTEMPT)) == 1
