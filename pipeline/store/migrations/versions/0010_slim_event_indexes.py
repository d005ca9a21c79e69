"""Indexes on the event log that hold no stream: nine in ten of their bytes were its name, written for every event.

The events of a batch share their time and their transaction, so an entry names many of them (B-tree deduplication),
and what is written comes last. Who reads in order of (time, stream, ver) or (xid, stream, ver) sorts within a batch.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

SLIM = """
CREATE INDEX event_by_xid ON event (xid);
DROP INDEX event_xid;
ALTER INDEX event_by_xid RENAME TO event_xid;
CREATE INDEX event_by_time ON event (recorded_at);
DROP INDEX event_time;
ALTER INDEX event_by_time RENAME TO event_time;
"""


def upgrade() -> None:
    op.execute(SLIM)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
