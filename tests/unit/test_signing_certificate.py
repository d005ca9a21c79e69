"""An unfit certificate stops a document before the key is used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.keys import Signer
from connectors.keys.memory import Authority, Recording
from schemas.errors import CertificateUnfit
from stages.signing import asic, certificate, pades, xades

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
AUTHORITY = Authority.make(AT)

UNFIT: dict[str, dict[str, Any]] = {
    "expired": {"not_before": AT - YEAR, "not_after": AT - timedelta(seconds=1)},
    "not-yet-valid": {"not_before": AT + timedelta(seconds=1), "not_after": AT + YEAR},
    "authority": {"ca": True, "usage": ("digital_signature", "key_cert_sign")},
    "key-usage": {"usage": ("key_encipherment", "key_agreement")},
    "extended-key-usage": {"purposes": ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.8")},
    "key": {"kind": "p521"},
}
WAYS: dict[str, Callable[[Signer], bytes]] = {
    "container": lambda signer: asic.seal({"a.xml": b"<a/>"}, signer, AT),
    "detached": lambda signer: xades.sign_detached("a.xml", b"<a/>", signer, AT),
    "pdf": lambda signer: pades.sign_pdf(b"%PDF-1.7 never looked at", signer, AT),
}


def issue(**changes: Any) -> Signer:
    return AUTHORITY.issue(**({"not_before": AT - YEAR, "not_after": AT + YEAR, "kind": "p256"} | changes))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", UNFIT)
def test_the_key_of_an_unfit_certificate_is_never_used(way: str, rule: str) -> None:
    """Expired, not yet valid, an authority's, for other uses, of a kind we do not use: refused, and the key unasked."""
    signer = Recording(issue(**UNFIT[rule]))
    with pytest.raises(CertificateUnfit) as refused:
        WAYS[way](signer)
    assert refused.value.detail["rule"] == rule
    assert refused.value.reason == "certificate-unfit"
    assert signer.asked == []


def test_an_rsa_key_shorter_than_2048_bits_is_unfit() -> None:
    """A 1024 bit key is refused with both lengths."""
    with pytest.raises(CertificateUnfit, match="1024 bits, fewer than 2048"):
        certificate.check(issue(kind="rsa1024").certificate, AT)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "rsa2048"},
        {"kind": "p384"},
        {"usage": None},
        {"usage": ("digital_signature",)},
        {"usage": ("content_commitment",)},
        {"purposes": ("1.3.6.1.5.5.7.3.36",)},
        {"purposes": ("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4")},
        {"not_before": AT},
        {"not_after": AT},
    ],
    ids=str,
)
def test_a_fit_certificate_signs_with_one_use_of_the_key(changes: dict[str, Any]) -> None:
    """Whatever was issued for signing is taken, on its first and last second too; the key is asked once."""
    signer = Recording(issue(**changes))
    asic.seal({"a.xml": b"<a/>"}, signer, AT)
    assert len(signer.asked) == 1


def test_validity_is_compared_in_absolute_time() -> None:
    """The same instant in another zone is the same answer; a time without zone is a bug."""
    signer = issue(not_after=AT)
    elsewhere = AT.astimezone(timezone(timedelta(hours=-11)))
    certificate.check(signer.certificate, elsewhere)
    with pytest.raises(CertificateUnfit):
        certificate.check(signer.certificate, elsewhere + timedelta(seconds=1))
    with pytest.raises(ValueError, match="aware"):
        certificate.check(signer.certificate, AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("left", "days"), [(30 * DAY, 30), (30 * DAY - timedelta(seconds=1), 29), (timedelta(0), 0), (-DAY / 2, -1)]
)
def test_days_left_are_whole_days(left: timedelta, days: int) -> None:
    """Rounded down, so that a warning never comes a day late; negative after expiry."""
    assert certificate.days_left(issue(not_after=AT).certificate, AT - left) == days
