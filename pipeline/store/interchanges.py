"""Control numbers of EDI interchanges: unique and without gaps for each partner, also after a crash.

A number is drawn once for a delivery, in one transaction with the note whose it is; every later try finds it there and
carries the same interchange. So a number that was drawn is never lost, and never stands in two interchanges. One that
nobody can have, for its attempt was taken back before the first call or refused at every call and given up, goes to the
next delivery of its series: such an attempt is never called again (`attempts.BEGIN`). Who draws holds the series, so
that a delivery which a person puts back cannot find its number while another is just given it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipeline.store.database import Connection

LAST = 999_999_999
"""ISA13 has nine digits; UNB 0020 would take fourteen. After the last one comes 1 again (X12.5, 4.2)."""


GIVEN_BACK = """
    UPDATE interchange SET delivery_id = %s, drawn_at = %s
     WHERE delivery_id = (
        SELECT i.delivery_id FROM attempt a JOIN interchange i USING (delivery_id)
         WHERE a.channel = 'edi' AND (a.state = 'cancelled' AND a.tries = 0 OR a.state = 'refused' AND a.unknowns = 0)
           AND (i.tenant, i.envelope, i.sender, i.receiver) = (%s, %s, %s, %s)
           AND NOT EXISTS (SELECT FROM attempt other WHERE other.delivery_id = a.delivery_id AND other.channel = 'edi'
                              AND NOT (other.state = 'cancelled' AND other.tries = 0
                                       OR other.state = 'refused' AND other.unknowns = 0))
         ORDER BY i.drawn_at, i.number LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
    RETURNING number"""


@dataclass(frozen=True)
class Drawing:
    """Which delivery wants a number, in whose series."""

    delivery_id: UUID
    tenant: str
    envelope: str
    sender: str
    receiver: str

    @property
    def series(self) -> tuple[str, str, str, str]:
        return (self.tenant, self.envelope, self.sender, self.receiver)


async def draw(conn: Connection, wanted: Sequence[Drawing], now: datetime) -> dict[UUID, int]:
    """The number of each delivery: the one it has, one of its series that was given back, or the next."""
    if not wanted:
        return {}
    # in one order everywhere: two dispatchers that draw for the same partners never wait for each other in a circle
    for series in sorted({each.series for each in wanted}):
        await conn.execute(
            """SELECT FROM control_number WHERE (tenant, envelope, sender, receiver) = (%s, %s, %s, %s) FOR UPDATE""",
            [*series],
        )
    cursor = await conn.execute(
        "SELECT delivery_id, number FROM interchange WHERE delivery_id = ANY(%s)", [[w.delivery_id for w in wanted]]
    )
    known = {row["delivery_id"]: int(row["number"]) for row in await cursor.fetchall()}
    for one in sorted((w for w in wanted if w.delivery_id not in known), key=lambda w: (w.series, w.delivery_id)):
        cursor = await conn.execute(GIVEN_BACK, [one.delivery_id, now, *one.series])
        if (row := await cursor.fetchone()) is not None:
            known[one.delivery_id] = int(row["number"])
            continue
        cursor = await conn.execute(
            """INSERT INTO control_number AS c (tenant, envelope, sender, receiver, last) VALUES (%s, %s, %s, %s, 1)
               ON CONFLICT (tenant, envelope, sender, receiver)
               DO UPDATE SET last = CASE WHEN c.last >= %s THEN 1 ELSE c.last + 1 END RETURNING last""",
            [*one.series, LAST],
        )
        row = await cursor.fetchone()
        assert row is not None
        number = int(row["last"])
        cursor = await conn.execute(
            """INSERT INTO interchange (delivery_id, tenant, envelope, sender, receiver, number, drawn_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            [one.delivery_id, *one.series, number, now],
        )
        known[one.delivery_id] = number
    return known
