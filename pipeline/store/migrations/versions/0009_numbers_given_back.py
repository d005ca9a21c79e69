"""A control number whose interchange was never handed over goes to the partner's next one."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

GIVEN_BACK = """
GRANT UPDATE (delivery_id, drawn_at) ON interchange TO entrega_app;
CREATE INDEX attempt_edi_not_handed_over ON attempt (delivery_id)
    WHERE channel = 'edi' AND (state = 'cancelled' AND tries = 0 OR state = 'refused' AND unknowns = 0);
"""


def upgrade() -> None:
    op.execute(GIVEN_BACK)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
