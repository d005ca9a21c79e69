"""Reports: which attempt each is of, and each kept once.

An attempt is named by the id that we gave away, or by the provider's own. A report that names neither (a bounce in
which all of ours was lost on the way) is of the one attempt that went to its recipient at about that time; where
several did, or none, nobody is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store.database import Connection
from schemas import ids
from schemas.deliveries import Report

WINDOW = timedelta(days=5)
"""How long after a call a report can still come. Source: RFC 5321, 4.5.4.1 (a server gives up after 4 to 5 days)"""

SKEW = timedelta(minutes=10)
"""So much a reporter's clock may be behind ours."""

SENDER_OF = {"bounce": "smtp"}
"""Reporter -> whose calls it reports on, where that is somebody else: a mail server of whomever."""


@dataclass(frozen=True)
class Match:
    """The attempt of a report, with its delivery. `fitting`: how many attempts fit, where none is named."""

    attempt_id: UUID | None = None
    delivery_id: UUID | None = None
    fitting: int | None = None

    def hearsay(self, report: Report) -> bool:
        """Whether anybody could have told this: a mail that names no attempt, and that no provider signed. It starts
        another channel at most, and ends no address."""
        return self.fitting is not None and report.provider in SENDER_OF


async def match(conn: Connection, reports: Sequence[Report]) -> list[Match]:
    """One for each report, in their order."""
    if not reports:
        return []
    named = [report.attempt for report in reports if report.attempt]
    numbers = [report.provider_message_id for report in reports if not report.attempt and report.provider_message_id]
    cursor = await conn.execute(
        """SELECT attempt_id, delivery_id, provider, provider_message_id FROM attempt
            WHERE attempt_id = ANY(%s) OR provider_message_id = ANY(%s)""",
        [named, numbers],
    )
    rows = await cursor.fetchall()
    by_id = {row["attempt_id"]: row for row in rows}
    by_number = {(row["provider"], row["provider_message_id"]): row for row in rows}
    found: list[Match] = []
    for report in reports:
        if report.attempt is None and report.provider_message_id is None and report.final_recipient:
            found.append(await _by_recipient(conn, report, report.final_recipient))
            continue
        number = (report.provider, report.provider_message_id)
        row = by_id.get(report.attempt) if report.attempt else by_number.get(number)
        found.append(Match(row["attempt_id"], row["delivery_id"]) if row else Match())
    return found


async def _by_recipient(conn: Connection, report: Report, recipient: str) -> Match:
    """Attempts that have their report already count, too: this one may be a second of theirs."""
    cursor = await conn.execute(
        """SELECT attempt_id, delivery_id FROM attempt
            WHERE lower(address) = lower(%s) AND provider = %s AND called_at BETWEEN %s AND %s
              AND state NOT IN ('planned', 'captured', 'refused', 'cancelled') LIMIT 100""",
        [
            recipient, SENDER_OF.get(report.provider, report.provider),
            report.reported_at - WINDOW, report.reported_at + SKEW,
        ],
    )  # fmt: skip
    rows = await cursor.fetchall()
    return Match(rows[0]["attempt_id"], rows[0]["delivery_id"], 1) if len(rows) == 1 else Match(fitting=len(rows))


async def keep(conn: Connection, inbox: UUID, report: Report, attempt_id: UUID | None, now: datetime) -> bool:
    """Store a report; False where it is there already."""
    owner = attempt_id or report.provider_message_id or report.attempt
    cursor = await conn.execute(
        """INSERT INTO report (report_id, attempt_id, key, tenant, inbox_id, action, reported_at, received_at, report)
           SELECT %s, %s, %s, tenant, inbox_id, %s, %s, %s, %s FROM inbox WHERE inbox_id = %s
           ON CONFLICT DO NOTHING RETURNING report_id""",
        [
            ids.derive("report", report.provider, owner or inbox, report.key),
            attempt_id,
            report.key,
            report.action.value,
            report.reported_at,
            now,
            Jsonb(report.model_dump(mode="json")),
            inbox,
        ],
    )
    return await cursor.fetchone() is not None
