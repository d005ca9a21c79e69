"""The directory in PostgreSQL: looked up by stages, shown to people.

Look-ups are synchronous, with one connection a process: most are made in the pool's children.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from connectors.directory import ContactPoint, Known, Reachable
from pipeline.store.database import Connection
from pipeline.store.tenancy import EVERYBODY, Whose
from schemas.errors import ConfigurationError, StoreUnavailable
from stages.extraction.planning import normal

_SCHEMES = ("erp", "vat", "gln", "endpoint")
_ID = re.compile("[0-9a-f]{8}[0-9a-f-]{0,28}")


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

    def reachable(self, tenant: str, parties: Collection[UUID]) -> dict[UUID, Reachable]:
        wanted = sorted(set(parties))
        rows = self._rows(
            """SELECT p.party_id, p.name, p.version, p.language, p.country, p.preferences, NULL AS identifiers,
                      c.contact_id, c.name AS contact_name, c.email, c.phone, c.language AS contact_language,
                      c.timezone, c.channel, c.version AS contact_version, c.mailbox
                 FROM unnest(%s::uuid[]) AS w(party_id) JOIN party p USING (party_id)
                 LEFT JOIN contact c ON c.party_id = p.party_id AND c.tenant = p.tenant AND c.active
                WHERE p.tenant = %s ORDER BY p.party_id, c.updated_at, c.contact_id""",
            [wanted, tenant],
        )
        return {
            party_id: Reachable(_known(of[0]), tuple(_contact(row) for row in of if row["contact_id"] is not None))
            for party_id, group in groupby(rows, key=itemgetter("party_id"))
            for of in [list(group)]
        }

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


def _contact(row: dict[str, Any]) -> ContactPoint:
    names = ("contact_id", "email", "phone", "timezone", "channel", "mailbox")
    of_contact = {name: row[f"contact_{name}"] for name in ("name", "language", "version")}
    return ContactPoint(**{name: row[name] for name in names}, **of_contact)


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


async def party(conn: Connection, name: str, whose: Whose = EVERYBODY) -> dict[str, Any]:
    """One party with its contacts, by its id (8 digits are enough), its name, or a number it is known by: ERP number,
    VAT number, GLN or endpoint, alone or as the table shows it (`erp 200`). Raises ConfigurationError when none or
    several fit."""
    word, _, rest = name.partition(" ")
    scheme, value = (word, rest) if rest and word.split(":")[0] in _SCHEMES else (None, name)
    cursor = await conn.execute(
        """SELECT p.*, (SELECT string_agg(scheme || ' ' || value, ', ' ORDER BY scheme, value)
                          FROM party_identifier i WHERE i.party_id = p.party_id) AS identifiers
             FROM party p
            WHERE (p.party_id::text LIKE %(id)s AND (%(of_ids)s::text IS NULL OR p.tenant = %(of_ids)s))
               OR ((%(tenant)s::text IS NULL OR p.tenant = %(tenant)s)
                   AND (lower(p.name) = lower(%(name)s)
                        OR EXISTS (SELECT 1 FROM party_identifier i
                                    WHERE i.party_id = p.party_id AND i.value = ANY(%(values)s)
                                      AND (%(scheme)s::text IS NULL OR i.scheme = %(scheme)s))))
            ORDER BY p.name, p.party_id LIMIT 20""",
        {
            "tenant": whose.tenant, "of_ids": whose.of_ids, "name": name, "scheme": scheme,
            "id": f"{name}%" if _ID.fullmatch(name) else name,
            "values": [normal("vat", value), normal("erp", value)],
        },
    )  # fmt: skip
    found = await cursor.fetchall()
    if not found:
        raise ConfigurationError(f"no party{whose} has the name, number or id {name}")
    if len(found) > 1:
        several = ", ".join(
            f"{row['party_id']} ({row['tenant']}, {row['name']}, {row['identifiers']})" for row in found[:5]
        )
        raise ConfigurationError(f"{name} fits {len(found)} parties: {several}")
    cursor = await conn.execute(
        """SELECT contact_id, name, email, phone, mailbox, language, timezone, channel, active,
                  CASE WHEN NOT active THEN updated_at END AS left_at
             FROM contact WHERE party_id = %s ORDER BY active DESC, updated_at, contact_id""",
        [found[0]["party_id"]],
    )
    return {**found[0], "contacts": await cursor.fetchall()}
