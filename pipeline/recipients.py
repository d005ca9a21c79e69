"""A recipients file: who the customers are, how they want documents. Each line is a row, or all that is wrong with it.

A CSV (UTF-8, comma or semicolon) with a header of `COLUMNS`; only `name` and one of erp_id, vat, gln and endpoint must
be filled. Lines with the same first identifier are contacts of one party: what they say of the party must agree, and
may stand on one of them. A column that the file does not have leaves what the directory knows; where all lines of a
party have an empty cell, that is cleared. `formats` are names of `entrega formats` with blanks between: the recipient's
own wish. `format_options` are `name=value` pairs with blanks between, in quotes where a value has a blank. A contact
whom no line of its party has any more is retired (`store/contacts.py`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TextIO

from pipeline import zones
from schemas.codes import COUNTRIES
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError, Finding
from schemas.values import ONE_LINE
from stages.delivery import addresses
from stages.extraction.planning import normal
from stages.words import LANGUAGES, known

COLUMNS = (
    "erp_id name vat gln endpoint_scheme endpoint country language segment email phone channel timezone contact"
    " formats format_options mailbox"
).split()
OF_THE_PARTY = ("name", "country", "segment", "formats", "format_options")
"""Columns of which a party has one value; of identifiers it may have many, and a language may be a contact's own."""
COLUMN = {"vat": "vat", "gln": "gln", "erp": "erp_id", "endpoint": "endpoint"}
"""Scheme of an identifier, without what follows the colon, and its column."""
CONTACT = ("email", "phone", "language", "timezone", "channel", "mailbox")
"""Columns of a contact, beside its name."""
ADDRESSES = ("email", "phone", "mailbox")
MAILBOX = "qualifier:identifier, 14:5609999200054 or ZZ:PARTNER"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a column: the rule, what was found, and what would be right. The line is left out where it is
    fatal."""

    column: str
    rule: str
    found: str | None = None
    right: str | None = None
    fatal: bool = True


@dataclass(frozen=True)
class Line:
    """A line of the file: its row, tidied, where there are no faults; without what is empty. `columns` are the file's,
    `party` the first identifier of its party: that of an earlier line where this one names the same party. `remarks`
    are what people should know of a line that is taken."""

    number: int
    row: dict[str, str]
    columns: frozenset[str]
    party: str
    faults: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()

    def with_(self, *found: Fault) -> Line:
        """The line with these beside what it has."""
        fatal, other = ([each for each in found if each.fatal is kind] for kind in (True, False))
        return replace(
            self, faults=(*self.faults, *self.fault(*fatal)), remarks=(*self.remarks, *self.fault(*other))
        )  # fmt: skip

    def fault(self, *found: Fault) -> tuple[Finding, ...]:
        """Findings of this line."""
        return tuple(
            Finding(
                rule=each.rule, message=each.rule.replace("-", " "), place=f"line {self.number}, column {each.column}",
                found=each.found, expected=each.right, severity="fatal" if each.fatal else "warning",
            )
            for each in found
        )  # fmt: skip


def read_recipients(file: TextIO) -> list[Line]:
    """Raises ConfigurationError where it is no such file: a wrong header, or not UTF-8."""
    try:
        sample = file.read(4096)
        file.seek(0)
        header_line = sample.splitlines()[0] if sample else ""
        reader = csv.DictReader(file, delimiter=";" if header_line.count(";") > header_line.count(",") else ",")
        _check_header(list(reader.fieldnames or ()))
        columns = frozenset(reader.fieldnames or ())
        rows = [(reader.line_num, _clean(row)) for row in reader]
    except UnicodeDecodeError as error:
        told = f"the recipients file is not UTF-8: {error.reason} at byte {error.start}"
        raise ConfigurationError(f"{told}; save it as CSV UTF-8 in the spreadsheet") from error
    except csv.Error as error:
        raise ConfigurationError(f"the recipients file is no CSV: {error}") from error
    with_mailbox = frozenset(anchor(row) for _, row in rows if row.get("mailbox"))
    lines = [Line(number, row, columns, anchor(row)) for number, row in rows]
    return _together([line.with_(*_faults(line.row, with_mailbox)) for line in lines])


def _together(lines: list[Line]) -> list[Line]:
    """The lines with their parties, and the faults that are seen only beside other lines."""
    owner: dict[tuple[str, str], Line] = {}
    said: dict[tuple[str, str], Line] = {}
    found: list[Line] = []
    for line in lines:
        if line.faults:
            found.append(line)
            continue
        pairs = identifiers_of(line.row)
        line = replace(line, party=owner.get(first_identifier(line.row), line).party)
        line = line.with_(*_beside(line, pairs, owner, said))
        if not line.faults:
            for pair in pairs:
                owner.setdefault(pair, line)
            for column in line.row:
                said.setdefault((line.party, column), line)
        found.append(line)
    return found


def _beside(
    line: Line, pairs: list[tuple[str, str]], owner: dict[tuple[str, str], Line], said: dict[tuple[str, str], Line]
) -> Iterator[Fault]:
    """What a line has of another party's, and where it contradicts its own party's."""
    for scheme, value in pairs:
        other = owner.get((scheme, value), line)
        if other.party != line.party:
            yield of_another(scheme, line.row, f"the party of line {other.number}")
    for column in OF_THE_PARTY:
        before = said.get((line.party, column), line)
        if column in line.row and line.row[column] != before.row[column]:
            right = f"{before.row[column]!r}, as on line {before.number}"
            yield Fault(column, "party-contradicted", line.row[column], right)


def of_another(scheme: str, row: dict[str, str], whose: str) -> Fault:
    """An identifier that another party has: documents with it alone would be nobody's.

    Branches have their company's VAT number, and often its endpoint; a document that names the ERP number as well is of
    that branch. So it is taken where the line has one, and told.
    """
    column = COLUMN[scheme.partition(":")[0]]
    if column in ("vat", "endpoint") and row.get("erp_id"):
        right = f"{whose} has it too: a document must name the customer number (erp_id) as well"
        return Fault(column, "identifier-shared", row[column], right, fatal=False)
    return Fault(column, "identifier-of-another-party", row[column], f"one of its own, or none: {whose} has it")


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


def anchor(row: dict[str, str]) -> str:
    """The identifier of which the party's id comes: lines with the same are contacts of one party."""
    if row.get("erp_id"):
        return f"erp:{row['erp_id']}"
    scheme, value = next(iter(identifiers_of(row)), ("", ""))
    return f"{scheme}:{value}"


def first_identifier(row: dict[str, str]) -> tuple[str, str]:
    """The same, as the directory compares it. The row has one."""
    pairs = identifiers_of(row)
    return next((pair for pair in pairs if pair[0] == "erp"), pairs[0])


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
    """Everything that is wrong with a line. Country, language, e-mail and phone of the row are tidied on the
    way."""
    for column, value in row.items():
        if not re.fullmatch(ONE_LINE, value):
            yield Fault(column, "control-character", value, "one line, without control characters")
    if not row.get("name"):
        yield Fault("name", "name-missing")
    if not any(row.get(key) for key in ("erp_id", "vat", "gln", "endpoint")):
        yield Fault("erp_id", "identifier-missing", row.get("name"), "erp_id, vat, gln or endpoint")
    if row.get("endpoint") and not row.get("endpoint_scheme"):
        yield Fault("endpoint_scheme", "endpoint-scheme-missing", row["endpoint"], "an EAS code: 0088, 9946")
    yield from _number_faults(row)
    if "country" in row:
        row["country"] = row["country"].upper()
    if row.get("country", "PT") not in COUNTRIES:
        yield Fault("country", "country-unknown", row["country"], "two letters of ISO 3166-1: PT, DE; Greece is GR")
    if row.get("language") and (tag := known(row["language"])):
        row["language"] = tag
    elif row.get("language"):
        right = " ".join(LANGUAGES) + ", with a region or without: de-AT"
        yield Fault("language", "language-unknown", row["language"], right)
    if row.get("timezone") and (zone := zones.wanted(row["timezone"])):
        yield Fault("timezone", "timezone-unknown", row["timezone"], zone)
    if row.get("channel", "email") not in list(Channel):
        yield Fault("channel", "channel-unknown", row["channel"], " ".join(Channel))
    if row.get("mailbox") and addresses.usable(Channel.EDI, row["mailbox"]).address is None:
        yield Fault("mailbox", "mailbox-malformed", row["mailbox"], MAILBOX)
    if row.get("channel") == Channel.EDI and not row.get("mailbox"):
        yield Fault("mailbox", "mailbox-missing", "channel edi", "the partner's mailbox: 14:5609999200054")
    yield from _format_faults(row, with_mailbox)
    yield from _address_faults(row)


def _number_faults(row: dict[str, str]) -> Iterator[Fault]:
    """Numbers that no rule set lets pass. The line is taken: its party is known by what it says; but it is told, for a
    document that has such a number of the directory is refused."""
    from stages.rules.native.identifiers import wrong

    numbers = [("gln", "0088"), *([("endpoint", row["endpoint_scheme"])] if row.get("endpoint_scheme") else [])]
    for column, scheme in numbers:
        if column in row and (rule := wrong(scheme, row[column])):
            right = f"a number as {rule} asks of scheme {scheme}: documents that get this one are refused"
            yield Fault(column, "identifier-malformed", row[column], right, fatal=False)


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
        if address := addresses.usable(Channel.EMAIL, row["email"]).address:
            row["email"] = address
        else:
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
