"""A stop can be closed by a later export of its number: nobody replayed or discarded it."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

STATES = """
ALTER TABLE parked DROP CONSTRAINT parked_state_check;
ALTER TABLE parked ADD CONSTRAINT parked_state_check CHECK (state IN ('open', 'replayed', 'discarded', 'superseded'));
"""


def upgrade() -> None:
    op.execute(STATES)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
