"""Addresses: what can be called is called in one form, what cannot is never called; and nobody at night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deliveries import Channel
from schemas.tenants import DeliveryPolicy
from stages.delivery.addresses import channel_of, suppression_key, usable, zones
from stages.delivery.policy import not_before

CLOCK_CHANGES = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 28), (4, 4), (10, 24))]
"""The days before them: Europe's in spring and autumn, Australia's."""


def test_mobile_numbers_of_every_region() -> None:
    """The example mobile number of each region of the world is callable, in E.164, however it was written."""
    seen = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if number is None or not phonenumbers.is_valid_number(number):
            continue
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for style in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
            found = usable(Channel.SMS, phonenumbers.format_number(number, style))
            assert (found.address, found.problem) == (e164, None), region
        seen += 1
    assert seen > 200


@given(st.text(max_size=30))
def test_rubbish_is_no_number(given_text: str) -> None:
    """Whatever does not parse to a valid number is not called."""
    found = usable(Channel.SMS, given_text)
    if found.address is None:
        assert found.problem in ("no-address", "invalid-number", "landline")
    else:
        assert phonenumbers.is_valid_number(phonenumbers.parse(found.address, None))


@pytest.mark.parametrize(
    ("given_text", "problem"),
    [
        (None, "no-address"),
        ("  ", "no-address"),
        ("912345678", "invalid-number"),
        ("+35191234567", "invalid-number"),
        ("+351212345678", "landline"),
        ("+999123456789", "invalid-number"),
        ("call me", "invalid-number"),
    ],
)
def test_numbers_that_are_not_called(given_text: str | None, problem: str) -> None:
    """A missing, incomplete, national or landline number is not called, and the reason says which."""
    assert usable(Channel.SMS, given_text).problem == problem


@pytest.mark.parametrize(
    "good", ["ana@example.com", "ana+fatura@sub.example.pt", "josé@exemplo.pt", "a@b.example", "a@b.test"]
)
def test_mailboxes(good: str) -> None:
    """An address of the usual forms is used as it is."""
    assert usable(Channel.EMAIL, f" {good} ").address == good


@pytest.mark.parametrize(
    "bad",
    ["ana", "ana@", "@example.com", "a b@example.com", "a@b@c.com", "a\n@example.com", "a@-x.com", "a" * 65 + "@b.pt"],
)
def test_no_mailboxes(bad: str) -> None:
    """What is no address is not given to a server."""
    assert usable(Channel.EMAIL, bad).problem == "invalid-address"


def test_keys() -> None:
    """Mailboxes that differ in case only are one; an address tells its channel."""
    assert suppression_key("Ana@Example.COM") == suppression_key("ana@example.com")
    assert (channel_of("ana@example.com"), channel_of("+351912345678")) == (Channel.EMAIL, Channel.SMS)


def test_zones() -> None:
    """A number is in the zones of its area; one that may be anywhere is in none."""
    assert zones("+48500000001") == ("Europe/Warsaw",)
    assert "Europe/Lisbon" in zones("+351912345678")
    assert zones("+15005550006") == ()
    assert zones("rubbish") == ()


@given(
    st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(0, 72 * 60),
)
def test_never_at_night(zone: str, day: datetime, minutes: int) -> None:
    """In every zone, around the changes of the clocks, a text message goes out by day, within fourteen hours."""
    now = day + timedelta(minutes=minutes)
    at = not_before(Channel.SMS, now, DeliveryPolicy(), [zone])
    local = at.astimezone(ZoneInfo(zone)).time()
    assert time(8, 0) <= local < time(21, 0)
    assert now <= at <= now + timedelta(hours=14)
