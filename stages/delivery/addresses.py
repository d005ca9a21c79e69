"""Addresses: which one a channel uses, whether it can be used at all, and where in the world it is.

Source: RFC 5321 and 6531 (e-mail, by email-validator), ITU-T E.164 (numbers, by phonenumbers)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from schemas.deliveries import Channel

_MAILBOX = re.compile(r"[A-Z0-9]{1,4}:[A-Za-z0-9._-]{1,35}\Z")
"""Qualifier (UNTDID 0007, X12 I05) and identifier."""


@dataclass(frozen=True)
class Usable:
    """An address as it is called: addr-spec or E.164. `problem`: why it cannot be used."""

    address: str | None
    problem: str | None = None


@lru_cache(maxsize=4096)
def usable(channel: Channel, given: str | None) -> Usable:
    """Check the form of an address; nobody is asked whether it exists.

    >>> usable(Channel.SMS, "+351 912 345 678"), usable(Channel.EMAIL, "nobody")
    (Usable(address='+351912345678', problem=None), Usable(address=None, problem='invalid-address'))
    """
    if not given or not given.strip():
        return Usable(None, "no-address")
    form = {Channel.SMS: _number, Channel.EMAIL: _email, Channel.EDI: _mailbox}[channel]
    return form(given.strip())


def suppression_key(address: str) -> str:
    """How an address stands in the suppression list: mailboxes that differ in case only are one."""
    return address.casefold()


def channel_of(address: str) -> Channel:
    """Which channel an address belongs to, where nothing else says so."""
    return Channel.EMAIL if "@" in address else Channel.EDI if ":" in address else Channel.SMS


@lru_cache(maxsize=4096)
def zones(number: str) -> tuple[str, ...]:
    """The time zones (IANA) in which an E.164 number may be; () where nothing is known of it."""
    import phonenumbers
    from phonenumbers import timezone

    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ()
    # Some numbers are of a whole continent; then the supplier's zone is the better guess.
    return tuple(zone for zone in found if zone != timezone.UNKNOWN_TIMEZONE) if len(found) <= 4 else ()


def _mailbox(given: str) -> Usable:
    return Usable(given) if _MAILBOX.match(given) else Usable(None, "invalid-address")


def _email(given: str) -> Usable:
    from email_validator import EmailNotValidError, validate_email

    try:
        # Names of RFC 6761 under `test` are for trying things out, which is what people do first.
        found = validate_email(
            given, check_deliverability=False, globally_deliverable=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        return Usable(None, "invalid-address")
    return Usable(found.normalized)


def _number(given: str) -> Usable:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat, PhoneNumberType

    try:
        number = phonenumbers.parse(given, None)
    except phonenumbers.NumberParseException:
        return Usable(None, "invalid-number")
    if not phonenumbers.is_valid_number(number):
        return Usable(None, "invalid-number")
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        return Usable(None, "landline")
    return Usable(phonenumbers.format_number(number, PhoneNumberFormat.E164))
