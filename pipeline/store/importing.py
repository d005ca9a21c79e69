"""Recipients written into the directory: parties, the numbers they are known by, contacts; each change an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.recipients import COLUMN, Fault, Line, first_identifier, format_options, identifiers_of, of_another
from pipeline.store import contacts, events
from pipeline.store.database import Connection, Store
from schemas import ids
from schemas.errors import Finding
from schemas.events import Event, EventType

Pair = tuple[str, str]


@dataclass(frozen=True)
class Imported:
    """What an import did: how many parties were new, changed and unchanged; how many contacts were retired; how many
    lines were left out, and all that is wrong with them; what should be known of lines that were taken."""

    new: int
    changed: int
    unchanged: int
    retired: int
    left_out: int
    refused: tuple[Finding, ...]
    remarks: tuple[Finding, ...]


async def import_recipients(
    store: Store,
    tenant: str,
    lines: Iterable[Line],
    by: str,
    done: Callable[[int], None] = lambda lines: None,
    *,
    keep_contacts: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Write parties and contacts; the same file again changes nothing. `done` hears of each party's lines.

    A new party's id comes of its first identifier. What an invoice taught of a party gives way to the file, and a
    contact whom it does not name any more is retired, unless the file only adds (`keep_contacts`). `dry_run`: nothing
    is written, only told.
    """
    outcomes = {"new": 0, "changed": 0, "unchanged": 0}
    left_out: list[Line] = []
    taken: list[Line] = []
    parties: dict[str, list[Line]] = {}
    for line in lines:
        (left_out if line.faults else parties.setdefault(line.party, [])).append(line)
    left: set[str] = {name for line in left_out for name in _names(line)}
    retired = 0
    for each in parties.values():
        whole = left.isdisjoint(name for line in each for name in _names(line))
        async with store.transaction() as conn:
            one = _Import(conn, store, tenant, by, store.clock(), None if keep_contacts else whole)
            outcome, good, faulty, gone = await one.party(each)
            if dry_run:
                await conn.rollback()
        retired += gone
        if outcome:
            outcomes[outcome] += 1
        left_out += faulty
        taken += good
        done(len(each))
    left_out.sort(key=lambda line: line.number)
    return Imported(
        **outcomes,
        retired=retired,
        left_out=len(left_out),
        refused=tuple(each for line in left_out for each in line.faults),
        remarks=tuple(each for line in sorted(taken, key=lambda line: line.number) for each in line.remarks),
    )


@dataclass(frozen=True)
class _Import:
    """One party, in one transaction. `whole`: no line that may be the party's was left out; None: nobody is retired."""

    conn: Connection
    store: Store
    tenant: str
    by: str
    now: datetime
    whole: bool | None

    async def party(self, lines: Sequence[Line]) -> tuple[str | None, list[Line], list[Line], int]:
        """(new, changed, unchanged, or None where no line is left; lines that are taken; lines that are left out; how
        many contacts were retired)."""
        holders = await self._holders({pair for line in lines for pair in identifiers_of(line.row)})
        party = self._which(lines[0], holders)
        held = [_with_faults(line, party, holders) for line in lines]
        good, faulty = ([line for line in held if bool(line.faults) is wrong] for wrong in (False, True))
        if not good:
            return None, good, faulty, 0
        await self._take_over(party, good, holders)
        outcome = await self._write(party, good)
        named = contacts.of(party, good)
        written = [await contacts.write(self.conn, self.tenant, party, *each, self.now) for each in named.items()]
        gone: list[str] = []
        if self.whole is not None:
            whole = self.whole and not faulty
            gone, told = await contacts.retire(self.conn, party, named, good[0].columns, self.now, whole=whole)
            good[0] = good[0].with_(*told)
        if outcome == "unchanged" and (gone or any(written)):
            outcome = "changed"
        if outcome != "unchanged":
            await self._event(party, good, gone)
        return outcome, good, faulty, len(gone)

    async def _holders(self, pairs: set[Pair]) -> dict[Pair, list[dict[str, Any]]]:
        """Who has the identifiers now."""
        cursor = await self.conn.execute(
            """SELECT scheme, value, party_id, name, learnt FROM party_identifier
                 JOIN unnest(%s::text[], %s::text[]) AS w(scheme, value) USING (scheme, value)
                 JOIN party USING (party_id) WHERE party_identifier.tenant = %s""",
            [[scheme for scheme, _ in pairs], [value for _, value in pairs], self.tenant],
        )
        found: dict[Pair, list[dict[str, Any]]] = {pair: [] for pair in pairs}
        for row in await cursor.fetchall():
            found[row["scheme"], row["value"]].append(row)
        return found

    def _which(self, line: Line, holders: dict[Pair, list[dict[str, Any]]]) -> UUID:
        """The party that has the first identifier; else, and where several have it, the one that is made of it."""
        having = [row["party_id"] for row in holders[first_identifier(line.row)] if not row["learnt"]]
        return having[0] if len(having) == 1 else ids.derive("party", self.tenant, line.party)

    async def _take_over(self, party: UUID, lines: Sequence[Line], holders: dict[Pair, list[dict[str, Any]]]) -> None:
        """The numbers of parties that invoices taught, where the file says whose they are."""
        named = {pair for line in lines for pair in identifiers_of(line.row)}
        learnt = {row["party_id"] for pair in named for row in holders[pair] if row["learnt"]} - {party}
        await self.conn.execute("DELETE FROM party_identifier WHERE party_id = ANY(%s)", [list(learnt)])

    async def _write(self, party: UUID, lines: Sequence[Line]) -> str:
        cursor = await self.conn.execute("SELECT * FROM party WHERE party_id = %s FOR UPDATE", [party])
        before = await cursor.fetchone()
        known: set[Pair] = {(row["scheme"], row["value"]) for row in await self._numbers(party)}
        schemes = {scheme for scheme, column in COLUMN.items() if column in lines[0].columns}
        kept = {pair for pair in known if pair[0].partition(":")[0] not in schemes}
        numbers = kept | {pair for line in lines for pair in identifiers_of(line.row)}
        columns, said = lines[0].columns, _said(lines)
        values = {
            name: said.get(name) if name in columns or before is None else before[name]
            for name in ("name", "language", "country")
        }
        values["preferences"] = _preferences(said, columns, before["preferences"] if before else {})
        if before and not before["learnt"] and numbers == known and all(before[n] == v for n, v in values.items()):
            return "unchanged"
        await self.conn.execute(
            """INSERT INTO party AS p (party_id, tenant, name, language, country, preferences, updated_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (party_id) DO UPDATE SET name = excluded.name, language = excluded.language,
                    country = excluded.country, preferences = excluded.preferences, version = p.version + 1,
                    learnt = false, updated_at = excluded.updated_at""",
            [party, self.tenant, *(values[n] for n in ("name", "language", "country")),
             Jsonb(values["preferences"]), self.now],
        )  # fmt: skip
        await self.conn.execute("DELETE FROM party_identifier WHERE party_id = %s", [party])
        for scheme, value in sorted(numbers):
            await self.conn.execute(
                """INSERT INTO party_identifier (tenant, scheme, value, party_id) VALUES (%s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [self.tenant, scheme, value, party],
            )
        return "changed" if before else "new"

    async def _numbers(self, party: UUID) -> list[dict[str, Any]]:
        query = "SELECT scheme, value FROM party_identifier WHERE party_id = %s"
        return await (await self.conn.execute(query, [party])).fetchall()

    async def _event(self, party: UUID, lines: Sequence[Line], gone: Sequence[str]) -> None:
        event = Event(
            tenant=self.tenant,
            stream=f"party:{party}",
            type=EventType.PARTY_IMPORTED,
            cause=f"import/{self.now.isoformat()}",
            occurred_at=self.now,
            actor=self.by,
            data={"identifiers": sorted({scheme for line in lines for scheme, _ in identifiers_of(line.row)})}
            | ({"retired": len(gone)} if gone else {}),
            personal={"lines": [line.row for line in lines]} | ({"retired": list(gone)} if gone else {}),
        )
        await events.append(self.conn, [event], recorded_at=self.now, keys=self.store.keys)


def _with_faults(line: Line, party: UUID, holders: dict[Pair, list[dict[str, Any]]]) -> Line:
    """The line with each identifier that stands at another party; what an invoice taught gives way."""
    faults: list[Fault] = []
    for scheme, value in identifiers_of(line.row):
        others = [row for row in holders[scheme, value] if row["party_id"] != party and not row["learnt"]]
        faults += [of_another(scheme, line.row, f"{row['name']} ({str(row['party_id'])[:8]})") for row in others[:1]]
    known = {each.place for each in line.remarks}
    found = line.with_(*faults)
    told = tuple(each for each in found.remarks[len(line.remarks) :] if each.place not in known)
    return replace(found, remarks=(*line.remarks, *told))


def _names(line: Line) -> Iterator[str]:
    """By what a line that was left out may be of the same party as another: any of its numbers, or its name."""
    yield f"name {line.row.get('name', '').casefold()}"
    for scheme, value in identifiers_of(line.row):
        yield f"{scheme} {value}"


def _said(lines: Sequence[Line]) -> dict[str, str]:
    """What the lines say of their party: each column by the first that fills it."""
    return {column: value for line in reversed(lines) for column, value in line.row.items()}


def _preferences(said: dict[str, str], columns: frozenset[str], before: dict[str, Any]) -> dict[str, Any]:
    found = dict(before)
    if "segment" in columns:
        found["segment"] = said.get("segment")
    if "formats" in columns:
        found["formats"] = said["formats"].split() if "formats" in said else None
    if "format_options" in columns:
        found["format_options"] = format_options(said)
    if not found.get("formats"):
        found.pop("format_options", None)
    return {name: value for name, value in found.items() if value is not None}
