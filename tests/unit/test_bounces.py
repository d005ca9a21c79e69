"""Bounce mails: real ones, ours, and rubbish."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.bounces import parse

CORPORA = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "mail"
corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTEMPT = UUID("6f1f2c1e-6c5f-5b0e-9d0b-3c1f0a6d5e11")

REAL = {
    "bounces/dsn_01.txt": ("bounced", False, "5.0.0", "mailbox-full", "userx@sims-ms-daemon"),
    "bounces/dsn_02.txt": ("bounced", False, "4.4.7", "expired", "/S=zzzzz/OU=example/PRMD=UK.AC/ADMD= /C=GB/"),
    "bounces/dsn_03.txt": ("bounced", False, None, "too-large", "userx@example.be"),
    "bounces/dsn_04.txt": ("bounced", True, "5.0.0", "other", "HAASM@yogi.urz.example.ch"),
    "bounces/dsn_05.txt": ("deferred", False, "4.4.1", "unreachable", "userx@example.cz"),
    "bounces/dsn_06.txt": ("deferred", False, "4.4.0", "unreachable", "userx@example.com"),
    "bounces/dsn_07.txt": ("deferred", False, "4.4.1", "unreachable", "userx@example.nz"),
    "bounces/dsn_08.txt": ("deferred", False, "4.0.0", "other", "userx@example.de"),
    "bounces/dsn_09.txt": ("bounced", True, "5.0.0", "other", "/RFC-822=pr(a)allen-heath.com/ADMD= /C=WW/"),
    "bounces/dsn_10.txt": ("bounced", True, "5.0.0", "unknown-recipient", "anne.person@dom.ain"),
    "bounces/dsn_11.txt": ("bounced", True, "5.1.1", "unknown-recipient", "joem@example.com"),
    "bounces/dsn_12.txt": ("bounced", True, "5.1.1", "unknown-recipient", "userx@example.jp"),
    "bounces/dsn_13.txt": ("bounced", True, "5.1.1", "unknown-recipient", "userx@example.com"),
    "bounces/dsn_14.txt": ("bounced", True, "5.1.1", "unknown-recipient", "userx@example.com.dk"),
    "bounces/dsn_15.txt": ("bounced", True, "5.1.1", "unknown-recipient", "userx@example.com"),
    "bounces/dsn_16.txt": ("bounced", True, "5.0.0", "unknown-recipient", "userx@example.com"),
    "bounces/dsn_17.txt": ("deferred", False, "4.3.0", "mailbox-full", "xxx@example.fi"),
    "bounces/dsn_18.txt": ("bounced", True, "5.0.0", "other", "email@replaced.net"),
    "messages/bounce.txt": ("bounced", True, "5.1.1", "unknown-recipient", "netec.test@netecgc.com"),
    "messages/delivery-status.txt": ("bounced", True, None, "unknown-recipient", "newsletter-request@imusic.com"),
    "messages/delivery-status-no-blank-line.txt": (
        "bounced", True, None, "unknown-recipient", "newsletter-request@imusic.com",
    ),
    "messages/delivery-status-multiple-blank-lines.txt": (
        "bounced", True, "5.5.0", "other", "orig_recip@customer.com",
    ),
    "messages/delivery-status2.txt": ("bounced", True, "5.0.0", "other", "source@domain.com"),
    "messages/feedback-report.txt": ("complained", True, None, "complained", "user@example.com"),
}  # fmt: skip


@corpora
@pytest.mark.parametrize("name", REAL)
def test_real_bounces(name: str) -> None:
    """Every status notification and complaint of the corpus is one report with the right action, reason and address."""
    (report,) = parse((CORPORA / name).read_bytes(), NOW)
    assert (report.action, report.permanent, report.status, report.reason, report.final_recipient) == REAL[name]
    assert report.reported_at <= NOW


@corpora
def test_everything_else_is_no_report() -> None:
    """Replies, and bounces written in prose only, give nothing: 36 files of the corpus."""
    others = [p for p in sorted(CORPORA.glob("*/*")) if str(p.relative_to(CORPORA)) not in REAL]
    assert [p.name for p in others if parse(p.read_bytes(), NOW)] == []
    assert len(others) == 36


@corpora
def test_one_report_a_recipient() -> None:
    """A notification that says the same of the same recipient eleven times is one report."""
    raw = (CORPORA / "bounces" / "dsn_11.txt").read_bytes()
    assert raw.count(b"Final-Recipient") == 11
    assert len(parse(raw, NOW)) == 1


def dsn(
    to: str = "postmaster@example.pt",
    envelope: str = "",
    returned: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    extra: str = "",
    recipients: tuple[str, ...] = ("anna@example.com",),
) -> bytes:
    blocks = "\n".join(
        f"Final-Recipient: rfc822; {r}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 {status} x\n"
        for r in recipients
    )
    text = f"""From: MAILER-DAEMON@mx.example
To: {to}
Date: {format_datetime(NOW)}
Content-Type: multipart/report; report-type=delivery-status; boundary=b
{extra}
--b
Content-Type: text/plain

prose
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
{envelope}
{blocks}
--b
Content-Type: text/rfc822-headers

{returned}
--b--
"""
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    "raw",
    [
        dsn(to=f"bounces+{ATTEMPT.hex}@example.pt"),
        dsn(to=f"Bounces <BOUNCES+{ATTEMPT.hex.upper()}@example.pt>"),
        dsn(envelope=f"Original-Envelope-Id: {ATTEMPT.hex}\n"),
        dsn(returned=f"Message-ID: <{ATTEMPT.hex}@example.pt>"),
        dsn(returned=f"X-Entrega-Attempt: {ATTEMPT}"),
        dsn(returned=f"Return-Path: <bounces+{ATTEMPT.hex}@example.pt>"),
        dsn(extra=f"In-Reply-To: <{ATTEMPT.hex}@example.pt>\n"),
    ],
)
def test_attempt_is_found(raw: bytes) -> None:
    """The attempt is found in the return path, the envelope id, the returned headers, or what the mail answers."""
    assert [report.attempt for report in parse(raw, NOW)] == [ATTEMPT]


def test_attempt_from_the_envelope() -> None:
    """The envelope's recipient, where the receiver knows it, comes first."""
    (report,) = parse(dsn(returned=f"Message-ID: <{UUID(int=7).hex}@x>"), NOW, recipient=f"bounces+{ATTEMPT.hex}@x")
    assert report.attempt == ATTEMPT


def test_no_attempt_is_an_orphan() -> None:
    """A bounce that names no attempt is still a report."""
    (report,) = parse(dsn(), NOW)
    assert (report.attempt, report.final_recipient) == (None, "anna@example.com")
    assert report.provider_message_id is None


def test_a_mail_that_came_back_and_is_none_of_ours() -> None:
    """Its Message-ID is told, so that nobody looks for an attempt to the same recipient."""
    (report,) = parse(dsn(returned="Message-ID: <newsletter-7@shop.example>"), NOW)
    assert (report.attempt, report.provider_message_id) == (None, "<newsletter-7@shop.example>")


@pytest.mark.parametrize(
    ("action", "status", "expected", "permanent"),
    [
        ("failed", "5.1.1", "bounced", True),
        ("Failed (no mailbox)", "5.1.1", "bounced", True),
        ("failed", "5.2.2", "bounced", False),
        ("failed", "4.4.7", "bounced", False),
        ("failed", "5.7.26", "bounced", False),
        ("delayed", "4.4.1", "deferred", False),
        ("delivered", "2.1.5", "delivered", None),
        ("relayed", "2.1.9", "accepted", None),
        ("expanded", "2.1.5", "delivered", None),
        ("", "5.1.1", "bounced", True),
        ("", "4.4.1", "deferred", False),
        ("vanished", "5.1.1", "unmapped", None),
    ],
)
def test_actions(action: str, status: str, expected: str, permanent: bool | None) -> None:
    """Each action of RFC 3464 has its own; where it lacks, the status' class decides; an unknown one is kept."""
    (report,) = parse(dsn(action=action, status=status), NOW)
    assert (report.action, report.permanent, report.status) == (expected, permanent, status)


def test_several_recipients() -> None:
    """Each recipient of one notification is a report."""
    read = parse(dsn(recipients=("a@example.com", "b@example.com")), NOW)
    assert [report.final_recipient for report in read] == ["a@example.com", "b@example.com"]


def test_same_mail_same_key() -> None:
    """The same bounce, received twice at different times, is the same fact."""
    assert parse(dsn(), NOW)[0].key == parse(dsn(), NOW.replace(hour=13))[0].key


def test_a_date_from_the_future_is_not_believed() -> None:
    """A mail dated more than a day ahead is reported at the time it was received."""
    raw = dsn().replace(b"Date: Sun, 22 Nov 2026", b"Date: Tue, 22 Nov 2033")
    assert parse(raw, NOW)[0].reported_at == NOW


def test_automatic_answer() -> None:
    """A holiday notice to one of our attempts is an automatic answer; to nobody's, nothing."""
    notice = f"From: Anna <anna@example.com>\nTo: bounces+{ATTEMPT.hex}@x.pt\nAuto-Submitted: auto-replied\n\nAway."
    (report,) = parse(notice.encode(), NOW)
    assert (report.action, report.attempt, report.final_recipient) == ("autoresponded", ATTEMPT, "anna@example.com")
    assert parse(notice.replace(ATTEMPT.hex, "x").encode(), NOW) == []
    assert parse(notice.replace("auto-replied", "no").encode(), NOW) == []


def test_reply_that_quotes_a_bounce_is_none() -> None:
    """A person's answer that quotes the words of a bounce is no bounce."""
    assert (
        parse(b"From: a@b.c\nTo: d@e.f\n\n> Action: failed\n> Final-Recipient: rfc822; x@y.z\n> Status: 5.1.1\n", NOW)
        == []
    )


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=2000))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes are read without an exception, and are no report."""
    assert parse(raw, NOW) == []


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 1200), st.sampled_from(["cut", "flip", "line", "nul"])), max_size=6))
def test_damaged_bounces(damage: list[tuple[int, str]]) -> None:
    """A bounce with bytes changed, cut, doubled or emptied is read without an exception."""
    raw = dsn(to=f"bounces+{ATTEMPT.hex}@example.pt", returned="Message-ID: <1@2>")
    for place, how in damage:
        at = min(place, len(raw))
        raw = {
            "cut": raw[:at],
            "flip": raw[:at] + b"\xff" + raw[at + 1 :],
            "line": raw[:at] + b"\r\n\r\n" + raw[at:],
            "nul": raw[:at] + b"\x00" + raw[at:],
        }[how]
    for report in parse(raw, NOW):
        assert "\x00" not in report.model_dump_json()


def test_deep_and_long_mail() -> None:
    """Parts nested a thousand deep, and ten thousand recipients, are read in bounded time and number."""
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (i, i) for i in range(1000))
    assert parse(deep, NOW) == []
    assert len(parse(dsn(recipients=tuple(f"a{i}@example.com" for i in range(5000))), NOW)) == 100
