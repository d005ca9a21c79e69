"""What was produced from a due row keeps it until its reader has an outcome: so one that is lost is known, with its try."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

COLUMN = """
ALTER TABLE due ADD COLUMN fired_at timestamptz;
COMMENT ON COLUMN due.fired_at IS 'when it was produced; null while it waits. The row goes when that has an outcome';
DROP INDEX due_at;
CREATE INDEX due_at ON due (at) WHERE fired_at IS NULL;
CREATE INDEX due_fired ON due (fired_at) WHERE fired_at IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(COLUMN)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
