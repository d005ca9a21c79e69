"""Contacts of a party as a recipients file has them: written, used again, or retired.

The file is the truth for the parties that it names: a contact that it no longer has gets nothing more, for nobody
else would ever take out who has left the company. What was sent to them stays in the history. Nobody is retired where
the file may not mean it: where it has no other contact of the party with an address, where a line of the party was
left out, and where it lacks a column in which the contact has an address. Then those whom it does not name are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.recipients import ADDRESSES, CONTACT, Fault, Line
from pipeline.store.database import Connection
from schemas import ids

RETIRED = "contact-retired"
KEPT = "contacts-kept"


def of(party: UUID, lines: Sequence[Line]) -> dict[UUID, Line]:
    """The contacts that a party's lines are of. A line without an address says nothing of a contact; of several with
    one name, or with none, each with an address of its own is one."""
    found: dict[UUID, Line] = {}
    has: dict[UUID, list[str]] = {}
    for line in lines:
        given = [line.row[name] for name in ADDRESSES if name in line.row]
        if not given:
            continue
        name = line.row.get("contact") or "main"
        contact = ids.derive("contact", party, name)
        if has.get(contact, given) != given:
            contact = ids.derive("contact", party, "/".join((name, *given)))
        found[contact], has[contact] = line, given
    return found


async def write(conn: Connection, tenant: str, party: UUID, contact: UUID, line: Line, now: datetime) -> bool:
    """Whether the contact is another than before."""
    cursor = await conn.execute("SELECT * FROM contact WHERE contact_id = %s FOR UPDATE", [contact])
    before = await cursor.fetchone()
    values = {name: line.row.get(name) if name in line.columns or before is None else before[name] for name in CONTACT}
    if before and before["active"] and all(before[name] == value for name, value in values.items()):
        return False
    await conn.execute(
        """INSERT INTO contact AS c (contact_id, tenant, party_id, name, email, phone, language, timezone, channel,
                                     mailbox, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (contact_id) DO UPDATE SET email = excluded.email, phone = excluded.phone,
                language = excluded.language, timezone = excluded.timezone, channel = excluded.channel,
                mailbox = excluded.mailbox, active = true, version = c.version + 1, updated_at = excluded.updated_at""",
        [contact, tenant, party, line.row.get("contact"), *values.values(), now],
    )
    return True


async def retire(
    conn: Connection, party: UUID, named: Mapping[UUID, Line], columns: frozenset[str], now: datetime, *, whole: bool
) -> tuple[list[str], list[Fault]]:
    """Contacts of a party who are not named: those who go, by name and addresses, and what to tell of all of them.

    `columns` are the file's; `whole`: no line of the party was left out.
    """
    if columns.isdisjoint(ADDRESSES):
        return [], []
    cursor = await conn.execute(
        """SELECT contact_id, name, email, phone, mailbox FROM contact
            WHERE party_id = %s AND active AND contact_id <> ALL(%s) ORDER BY updated_at, contact_id FOR UPDATE""",
        [party, list(named)],
    )
    leaving, told = [], []
    for row in await cursor.fetchall():
        spoken_of = {name for name in ADDRESSES if row[name]} <= columns
        goes = bool(named) and whole and spoken_of
        if goes:
            leaving.append(row)
        right = None if goes else _why(bool(named), whole)
        told.append(Fault("contact", RETIRED if goes else KEPT, _shown(row), right, fatal=False))
    await conn.execute(
        "UPDATE contact SET active = false, version = version + 1, updated_at = %s WHERE contact_id = ANY(%s)",
        [now, [row["contact_id"] for row in leaving]],
    )
    return [_shown(row) for row in leaving], told


def _why(named: bool, whole: bool) -> str:
    if not whole:
        return "all lines of the party right: then those not named are retired"
    if not named:
        return "another contact of the party with an address: then those not named are retired"
    return "the columns in which they have addresses: then those not named are retired"


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(filter(None, (row["name"], *(row[name] for name in ADDRESSES))))
