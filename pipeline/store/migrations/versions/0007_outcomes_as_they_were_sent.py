"""A recorded message stays the text that was produced, in the row itself.

Nobody searches within it: taken apart, compressed and put together again it cost as much as all events of its document.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

TEXT = """
ALTER TABLE outcome SET (toast_tuple_target = 8160);
ALTER TABLE outcome ALTER COLUMN message TYPE json;
"""


def upgrade() -> None:
    op.execute(TEXT)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
