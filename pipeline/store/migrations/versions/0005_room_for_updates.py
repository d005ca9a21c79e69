"""Pages that have room for the next version of a row: an update beside the old one touches no index.

A stage updates all documents of a batch at once, so a page has to hold two versions of each of its rows.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

ROOM = """
ALTER TABLE document SET (fillfactor = 45);
ALTER TABLE delivery SET (fillfactor = 45);
ALTER TABLE attempt SET (fillfactor = 45);
"""


def upgrade() -> None:
    op.execute(ROOM)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
