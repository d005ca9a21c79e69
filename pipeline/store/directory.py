"""The directory in PostgreSQL: looked up by stages, imported and shown by people.

Look-ups are synchronous, with one connection a process: they are made in the pool's children.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TextIO
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from connectors.directory import ContactPoint, Known
from pipeline.store import events
from pipeline.store.database import Connection, Store
from schemas import ids
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError, ExportUnreadable, Finding, StoreUnavailable
from schemas.events import Event, EventType
from stages.delivery import addresses
from stages.extraction.planning import normal
from stages.words import LANGUAGES
from stages.words import known as known_language


@dataclass(frozen=True)
class PostgresDirectory:
    """`url` is the application's; the connection is opened at the first look-up and again when it was lost."""

    url: str = field(repr=False)

    def find(self, tenant: str, identifiers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Known, ...]]:
        wanted = sorted(set(identifiers))
        if not wanted:
            return {}
        rows = self._rows(
            """SELECT i.scheme, i.value, p.party_id, p.name, p.version, p.language, p.country, p.preferences,
                      (SELECT json_agg(json_build_array(o.scheme, o.value) ORDER BY o.scheme, o.value)
                         FROM party_identifier o WHERE o.party_id = p.party_id) AS identifiers
                 FROM party_identifier i JOIN unnest(%s::text[], %s::text[]) AS w(scheme, value) USING (scheme, value)
                 JOIN party p USING (party_id) WHERE i.tenant = %s ORDER BY p.party_id""",
            [[scheme for scheme, _ in wanted], [value for _, value in wanted], tenant],
        )
        found: dict[tuple[str, str], tuple[Known, ...]] = {}
        for row in rows:
            key = (row["scheme"], row["value"])
            found[key] = (*found.get(key, ()), _known(row))
        return found

    def party(self, tenant: str, party: UUID) -> Known | None:
        rows = self._rows(
            """SELECT p.*, NULL AS identifiers FROM party p WHERE tenant = %s AND party_id = %s""", [tenant, party]
        )
        return _known(rows[0]) if rows else None

    def contacts(self, tenant: str, party: UUID) -> tuple[ContactPoint, ...]:
        rows = self._rows(
            """SELECT contact_id, name, email, phone, language, timezone, channel, version, mailbox FROM contact
                WHERE tenant = %s AND party_id = %s AND active ORDER BY updated_at, contact_id""",
            [tenant, party],
        )
        return tuple(ContactPoint(**row) for row in rows)

    def _rows(self, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
        """A connection that was kept may have died with the database it led to: a new one is tried before giving up."""
        kept = _connection.cache_info().currsize > 0
        try:
            return self._ask(query, parameters)
        except StoreUnavailable:
            if not kept:
                raise
            return self._ask(query, parameters)

    def _ask(self, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
        try:
            return _connection(self.url).execute(query, parameters).fetchall()
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            _connection.cache_clear()
            raise StoreUnavailable(f"the directory does not answer: {type(error).__name__}", retry_after=5) from error


@lru_cache(maxsize=2)
def _connection(url: str) -> psycopg.Connection[dict[str, Any]]:
    return psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=5)


def _known(row: dict[str, Any]) -> Known:
    identifiers = tuple((scheme, value) for scheme, value in row["identifiers"] or ())
    names = ("party_id", "name", "version", "language", "country", "preferences")
    return Known(**{name: row[name] for name in names}, identifiers=identifiers)


COLUMNS = (
    "erp_id name vat gln endpoint_scheme endpoint country language segment email phone channel timezone contact"
    " formats format_options mailbox"
).split()
"""Columns of a recipients file; only `name` and one identifier (erp_id, vat, gln or endpoint) must be filled.

`formats` are names of `entrega formats` with blanks between: the recipient's own wish. `format_options` are
`name=value` pairs with blanks between, in quotes where a value has a blank.
"""


@dataclass(frozen=True)
class Imported:
    """What an import did: how many parties were new, changed and unchanged; what stood in lines that were left out."""

    new: int
    changed: int
    unchanged: int
    refused: tuple[Finding, ...]


def read_recipients(file: TextIO) -> Iterator[tuple[int, dict[str, str] | Finding]]:
    """Rows of a recipients file (CSV, comma or semicolon, header line): the row, or why it is left out."""
    sample = file.read(4096)
    file.seek(0)
    header_line = sample.splitlines()[0] if sample else ""
    reader = csv.DictReader(file, delimiter=";" if header_line.count(";") > header_line.count(",") else ",")
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if unknown or "name" not in (reader.fieldnames or ()):
        wanted = ", ".join(COLUMNS)
        raise ExportUnreadable(
            f"the recipients file has the wrong header; it may have: {wanted}",
            findings=(
                Finding(rule="recipients-header", message="not a column", place="line 1", found=", ".join(unknown)),
            ),
        )
    rows = [(reader.line_num, _clean(row)) for row in reader]
    with_mailbox = frozenset(_anchor(row) for _, row in rows if row.get("mailbox"))
    for number, clean in rows:
        problem = _problem(clean, with_mailbox)
        place = f"line {number}"
        if problem:
            rule, found, *expected = problem
            right = expected[0] if expected else None
            message = rule.replace("-", " ")
            yield number, Finding(rule=rule, message=message, place=place, found=found, expected=right)
        else:
            if language := known_language(clean.get("language")):
                clean["language"] = language
            yield number, clean


def _clean(row: dict[str, Any]) -> dict[str, str]:
    return {key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()}


def _anchor(row: dict[str, str]) -> str:
    """The identifier of which the party's id comes: lines with the same are contacts of one party."""
    if row.get("erp_id"):
        return f"erp:{row['erp_id']}"
    scheme, value = next(iter(identifiers_of(row)), ("", ""))
    return f"{scheme}:{value}"


Problem = tuple[str, str | None] | tuple[str, str | None, str]
"""Rule, what was found, and what would be right."""


def _problem(row: dict[str, str], with_mailbox: frozenset[str]) -> Problem | None:
    if not row.get("name"):
        return "name-missing", None
    if not any(row.get(key) for key in ("erp_id", "vat", "gln", "endpoint")):
        return "identifier-missing", row["name"]
    if row.get("endpoint") and not row.get("endpoint_scheme"):
        return "endpoint-scheme-missing", row["endpoint"]
    if known_language(row.get("language", "en")) is None:
        return "language-unknown", row["language"], " ".join(LANGUAGES) + ", with a region or without: de-AT"
    if row.get("channel", "email") not in ("email", "sms", "edi"):
        return "channel-unknown", row["channel"], "email sms edi"
    if row.get("mailbox") and addresses.usable(Channel.EDI, row["mailbox"]).address is None:
        return "mailbox-malformed", row["mailbox"], "qualifier:identifier, 14:5609999200054 or ZZ:PARTNER"
    if row.get("channel") == "edi" and not row.get("mailbox"):
        return "mailbox-missing", "channel edi", "the partner's mailbox: 14:5609999200054"
    return _bad_format(row, with_mailbox) or _bad_address(row)


def _bad_format(row: dict[str, str], with_mailbox: frozenset[str]) -> Problem | None:
    if not (row.get("formats") or row.get("format_options")):
        return None
    from stages.formats import registry
    from stages.formats.options import fault

    known = registry.targets()
    for name in row.get("formats", "").split():
        if name not in known:
            return "format-unknown", name, "with blanks between: " + " ".join(sorted(known))
    try:
        options = format_options(row)
    except ValueError:
        return "format-option-malformed", row["format_options"], "name=value, with blanks between"
    wished = [known[name] for name in row.get("formats", "").split()]
    taken = {name: option for target in wished for name, option in target.options.items()}
    if wrong := fault(taken, options):
        rule = "format-option-unknown" if wrong.unknown else "format-option-wrong"
        return rule, f"{wrong.option}={wrong.value}", wrong.right
    travelling = [target.name for target in wished if target.envelope]
    if travelling and not (row.get("mailbox") or _anchor(row) in with_mailbox):
        return "mailbox-missing", ", ".join(travelling), "the partner's mailbox, on one of its lines: 14:5609999200054"
    return None


def format_options(row: dict[str, str]) -> dict[str, str]:
    """Raises ValueError for what are no pairs."""
    import shlex

    pairs = [pair.partition("=") for pair in shlex.split(row.get("format_options", ""))]
    if any(not sign or not name for name, sign, _ in pairs):
        raise ValueError("not name=value")
    return {name: value for name, _, value in pairs}


def _bad_address(row: dict[str, str]) -> Problem | None:
    if "email" in row:
        from email_validator import EmailNotValidError, validate_email

        try:
            row["email"] = validate_email(row["email"], check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            return "email-invalid", row["email"]
    if "phone" in row:
        import phonenumbers

        try:
            number = phonenumbers.parse(row["phone"], row.get("country"))
        except phonenumbers.NumberParseException:
            return "phone-invalid", row["phone"]
        if not phonenumbers.is_possible_number(number):
            return "phone-invalid", row["phone"]
        row["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def identifiers_of(row: dict[str, str]) -> list[tuple[str, str]]:
    """The (scheme, value) pairs of a recipients row."""
    pairs = [("vat", row.get("vat")), ("gln", row.get("gln")), ("erp", row.get("erp_id"))]
    if row.get("endpoint"):
        pairs.append((f"endpoint:{row['endpoint_scheme']}", row["endpoint"]))
    return [(scheme, normal(scheme, value)) for scheme, value in pairs if value]


async def import_recipients(
    store: Store, tenant: str, rows: Iterable[tuple[int, dict[str, str] | Finding]], by: str
) -> Imported:
    """Write parties and contacts; the same file again changes nothing. The party's id comes of its first identifier."""
    new = changed = unchanged = 0
    refused: list[Finding] = []
    for _, row in rows:
        if isinstance(row, Finding):
            refused.append(row)
            continue
        async with store.transaction() as conn:
            outcome = await _import_one(conn, store, tenant, row, by)
        new, changed, unchanged = (
            new + (outcome == "new"), changed + (outcome == "changed"), unchanged + (outcome == "unchanged"),
        )  # fmt: skip
    return Imported(new, changed, unchanged, tuple(refused))


async def _import_one(conn: Connection, store: Store, tenant: str, row: dict[str, str], by: str) -> str:
    now = store.clock()
    identifiers = identifiers_of(row)
    party = ids.derive("party", tenant, _anchor(row))
    preferences: dict[str, Any] = {"segment": row["segment"]} if row.get("segment") else {}
    if row.get("formats"):
        preferences |= {"formats": row["formats"].split(), "format_options": format_options(row)}
    cursor = await conn.execute(
        """INSERT INTO party AS p (party_id, tenant, name, language, country, preferences, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (party_id) DO UPDATE SET name = excluded.name, language = excluded.language,
                country = excluded.country, preferences = excluded.preferences, version = p.version + 1,
                updated_at = excluded.updated_at
             WHERE (p.name, p.language, p.country, p.preferences)
                   IS DISTINCT FROM (excluded.name, excluded.language, excluded.country, excluded.preferences)
           RETURNING version""",
        [party, tenant, row["name"], row.get("language"), row.get("country"), Jsonb(preferences), now],
    )
    party_row = await cursor.fetchone()
    await conn.execute("DELETE FROM party_identifier WHERE party_id = %s", [party])
    for scheme, value in identifiers:
        await conn.execute(
            """INSERT INTO party_identifier (tenant, scheme, value, party_id) VALUES (%s, %s, %s, %s)
               ON CONFLICT DO NOTHING""",
            [tenant, scheme, value, party],
        )
    contact_changed = await _import_contact(conn, tenant, party, row, now)
    if party_row is None and not contact_changed:
        return "unchanged"
    await _event(conn, store, tenant, party, row, by, now)
    return "new" if party_row and party_row["version"] == 1 else "changed"


async def _import_contact(conn: Connection, tenant: str, party: UUID, row: dict[str, str], now: datetime) -> bool:
    if not (row.get("email") or row.get("phone") or row.get("mailbox")):
        return False
    values = [row.get(name) for name in ("contact", "email", "phone", "language", "timezone", "channel", "mailbox")]
    cursor = await conn.execute(
        """INSERT INTO contact AS c (contact_id, tenant, party_id, name, email, phone, language, timezone, channel,
                                     mailbox, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (contact_id) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone,
                language = excluded.language, timezone = excluded.timezone, channel = excluded.channel,
                mailbox = excluded.mailbox, version = c.version + 1, updated_at = excluded.updated_at
             WHERE (c.name, c.email, c.phone, c.language, c.timezone, c.channel, c.mailbox)
                   IS DISTINCT FROM (excluded.name, excluded.email, excluded.phone, excluded.language,
                                     excluded.timezone, excluded.channel, excluded.mailbox)
           RETURNING version""",
        [ids.derive("contact", party, row.get("contact") or "main"), tenant, party, *values, now],
    )
    return await cursor.fetchone() is not None


async def _event(
    conn: Connection, store: Store, tenant: str, party: UUID, row: dict[str, str], by: str, now: datetime
) -> None:
    event = Event(
        tenant=tenant,
        stream=f"party:{party}",
        type=EventType.PARTY_IMPORTED,
        cause=f"import/{now.isoformat()}",
        occurred_at=now,
        actor=by,
        data={"identifiers": [scheme for scheme, _ in identifiers_of(row)]},
        personal=dict(row),
    )
    await events.append(conn, [event], recorded_at=now, keys=store.keys)


async def parties(conn: Connection, *, tenant: str | None = None) -> list[dict[str, Any]]:
    """All parties with their identifiers and how many contacts they have."""
    cursor = await conn.execute(
        """SELECT p.party_id, p.tenant, p.name, p.country, p.language, p.version, p.learnt,
                  (SELECT string_agg(scheme || ' ' || value, ', ' ORDER BY scheme, value)
                     FROM party_identifier i WHERE i.party_id = p.party_id) AS identifiers,
                  (SELECT count(*) FROM contact c WHERE c.party_id = p.party_id AND active) AS contacts
             FROM party p WHERE %s::text IS NULL OR p.tenant = %s ORDER BY p.name, p.party_id""",
        [tenant, tenant],
    )
    return await cursor.fetchall()


async def party(conn: Connection, name: str, *, tenant: str | None = None) -> dict[str, Any]:
    """One party by id, identifier or name. Raises ConfigurationError when none or several fit."""
    cursor = await conn.execute(
        """SELECT p.*, (SELECT string_agg(scheme || ' ' || value, ', ' ORDER BY scheme, value)
                          FROM party_identifier i WHERE i.party_id = p.party_id) AS identifiers
             FROM party p
            WHERE (%s::text IS NULL OR p.tenant = %s)
              AND (p.party_id::text LIKE %s OR lower(p.name) = lower(%s)
                   OR EXISTS (SELECT 1 FROM party_identifier i WHERE i.party_id = p.party_id AND i.value = ANY(%s)))""",
        [tenant, tenant, f"{name}%" if len(name) >= 8 else name, name, [normal("vat", name), normal("erp", name)]],
    )
    found = await cursor.fetchall()
    if len(found) != 1:
        raise ConfigurationError(f"{len(found) or 'no'} parties fit {name}")
    cursor = await conn.execute(
        """SELECT contact_id, name, email, phone, language, timezone, channel, active FROM contact
            WHERE party_id = %s ORDER BY updated_at""",
        [found[0]["party_id"]],
    )
    return {**found[0], "contacts": await cursor.fetchall()}
