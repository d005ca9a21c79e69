"""A recipients file: who the customers are, how they want documents. Each line is a row, or all that is wrong with it.

A CSV (UTF-8, comma or semicolon) with a header of `COLUMNS`; only `name` and one of erp_id, vat, gln and endpoint must
be filled. Lines with the same first identifier are contacts of one party. `formats` are names of `entrega formats` with
blanks between: the recipient's own wish. `format_options` are `name=value` pairs with blanks between, in quotes where a
value has a blank.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TextIO

from schemas.deliveries import Channel
from schemas.errors import ConfigurationError, Finding
from stages.delivery import addresses
from stages.extraction.planning import normal
from stages.words import LANGUAGES, known

COLUMNS = (
    "erp_id name vat gln endpoint_scheme endpoint country language segment email phone channel timezone contact"
    " formats format_options mailbox"
).split()
MAILBOX = "qualifier:identifier, 14:5609999200054 or ZZ:PARTNER"


@dataclass(frozen=True)
class Line:
    """A line of the file: its row, tidied, where there are no faults."""

    number: int
    row: dict[str, str]
    faults: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What is wrong in a column: the rule, what was found, and what would be right."""

    column: str
    rule: str
    found: str | None = None
    right: str | None = None


def read_recipients(file: TextIO) -> list[Line]:
    """Raises ConfigurationError where it is no such file: a wrong header, or not UTF-8."""
    try:
        sample = file.read(4096)
        file.seek(0)
        header_line = sample.splitlines()[0] if sample else ""
        reader = csv.DictReader(file, delimiter=";" if header_line.count(";") > header_line.count(",") else ",")
        _check_header(list(reader.fieldnames or ()))
        rows = [(reader.line_num, _clean(row)) for row in reader]
    except UnicodeDecodeError as error:
        told = f"the recipients file is not UTF-8: {error.reason} at byte {error.start}"
        raise ConfigurationError(f"{told}; save it as CSV UTF-8 in the spreadsheet") from error
    except csv.Error as error:
        raise ConfigurationError(f"the recipients file is no CSV: {error}") from error
    with_mailbox = frozenset(anchor(row) for _, row in rows if row.get("mailbox"))
    return [_line(number, row, with_mailbox) for number, row in rows]


def _check_header(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    missing = [] if "name" in names else ["name"]
    twice = [name for name in COLUMNS if names.count(name) > 1]
    told = {"not a column": unknown, "must be there": missing, "stands twice": twice}
    findings = tuple(
        Finding(rule="recipients-header", message=message, place=f"line 1, column {name}")
        for message, wrong in told.items()
        for name in wrong
    )
    if findings:
        wanted = ", ".join(COLUMNS)
        raise ConfigurationError(f"the recipients file has the wrong header; it may have: {wanted}", findings=findings)


def _clean(row: dict[str, Any]) -> dict[str, str]:
    return {key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()}


def _line(number: int, row: dict[str, str], with_mailbox: frozenset[str]) -> Line:
    faults = tuple(
        Finding(
            rule=fault.rule, message=fault.rule.replace("-", " "), place=f"line {number}, column {fault.column}",
            found=fault.found, expected=fault.right,
        )
        for fault in _faults(row, with_mailbox)
    )  # fmt: skip
    return Line(number, row, faults)


def anchor(row: dict[str, str]) -> str:
    """The identifier of which the party's id comes: lines with the same are contacts of one party."""
    if row.get("erp_id"):
        return f"erp:{row['erp_id']}"
    scheme, value = next(iter(identifiers_of(row)), ("", ""))
    return f"{scheme}:{value}"


def identifiers_of(row: dict[str, str]) -> list[tuple[str, str]]:
    """The (scheme, value) pairs of a row, as the directory compares them."""
    pairs = [("vat", row.get("vat")), ("gln", row.get("gln")), ("erp", row.get("erp_id"))]
    if row.get("endpoint"):
        pairs.append((f"endpoint:{row.get('endpoint_scheme', '')}", row["endpoint"]))
    return [(scheme, normal(scheme, value)) for scheme, value in pairs if value]


def format_options(row: dict[str, str]) -> dict[str, str]:
    """Raises ValueError for what are no pairs."""
    import shlex

    pairs = [pair.partition("=") for pair in shlex.split(row.get("format_options", ""))]
    if any(not sign or not name for name, sign, _ in pairs):
        raise ValueError("not name=value")
    return {name: value for name, _, value in pairs}


def _faults(row: dict[str, str], with_mailbox: frozenset[str]) -> Iterator[Fault]:
    """Everything that is wrong with a line. Language, e-mail and phone of the row are tidied on the way."""
    if not row.get("name"):
        yield Fault("name", "name-missing")
    if not any(row.get(key) for key in ("erp_id", "vat", "gln", "endpoint")):
        yield Fault("erp_id", "identifier-missing", row.get("name"), "erp_id, vat, gln or endpoint")
    if row.get("endpoint") and not row.get("endpoint_scheme"):
        yield Fault("endpoint_scheme", "endpoint-scheme-missing", row["endpoint"], "an EAS code: 0088, 9946")
    if row.get("language") and (tag := known(row["language"])):
        row["language"] = tag
    elif row.get("language"):
        right = " ".join(LANGUAGES) + ", with a region or without: de-AT"
        yield Fault("language", "language-unknown", row["language"], right)
    if row.get("timezone") and row["timezone"] not in _zones():
        yield Fault("timezone", "timezone-unknown", row["timezone"], _like(row["timezone"]))
    if row.get("channel", "email") not in list(Channel):
        yield Fault("channel", "channel-unknown", row["channel"], " ".join(Channel))
    if row.get("mailbox") and addresses.usable(Channel.EDI, row["mailbox"]).address is None:
        yield Fault("mailbox", "mailbox-malformed", row["mailbox"], MAILBOX)
    if row.get("channel") == Channel.EDI and not row.get("mailbox"):
        yield Fault("mailbox", "mailbox-missing", "channel edi", "the partner's mailbox: 14:5609999200054")
    yield from _format_faults(row, with_mailbox)
    yield from _address_faults(row)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _like(zone: str) -> str:
    """What such a name looks like, and what may have been meant."""
    from difflib import get_close_matches

    near = get_close_matches(zone, _zones(), 2)
    return "a name of the IANA data: Europe/Lisbon" + (f"; perhaps {' or '.join(near)}" if near else "")


def _format_faults(row: dict[str, str], with_mailbox: frozenset[str]) -> Iterator[Fault]:
    if not (row.get("formats") or row.get("format_options")):
        return
    from stages.formats import registry
    from stages.formats.options import fault

    targets = registry.targets()
    wished = row.get("formats", "").split()
    for name in wished:
        if name not in targets:
            yield Fault("formats", "format-unknown", name, "with blanks between: " + " ".join(sorted(targets)))
    named = [targets[name] for name in wished if name in targets]
    try:
        options = format_options(row)
    except ValueError:
        right = "name=value, with blanks between"
        yield Fault("format_options", "format-option-malformed", row["format_options"], right)
        options = {}
    taken = {name: option for target in named for name, option in target.options.items()}
    for name, value in options.items():
        if wrong := fault(taken, {name: value}):
            rule = "format-option-unknown" if wrong.unknown else "format-option-wrong"
            yield Fault("format_options", rule, f"{name}={value}", wrong.right)
    travelling = [target.name for target in named if target.envelope]
    if travelling and not (row.get("mailbox") or row.get("channel") == Channel.EDI or anchor(row) in with_mailbox):
        right = "the partner's mailbox, on one of its lines: 14:5609999200054"
        yield Fault("mailbox", "mailbox-missing", ", ".join(travelling), right)


def _address_faults(row: dict[str, str]) -> Iterator[Fault]:
    if "email" in row:
        from email_validator import EmailNotValidError, validate_email

        try:
            row["email"] = validate_email(row["email"], check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            yield Fault("email", "email-invalid", row["email"])
    if "phone" in row:
        import phonenumbers

        try:
            number = phonenumbers.parse(row["phone"], row.get("country"))
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            yield Fault("phone", "phone-invalid", row["phone"], "+351912345678; without + the column country tells it")
            return
        row["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
