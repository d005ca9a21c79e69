"""Reports that name no attempt are looked up by their recipient; who opted out of text messages did so for all tenants."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

CHANGES = """
CREATE INDEX attempt_address ON attempt (lower(address)) WHERE address IS NOT NULL;
CREATE INDEX report_orphan ON report (received_at DESC) WHERE attempt_id IS NULL;

COMMENT ON COLUMN suppression.tenant IS '*: binds every tenant, for it was said to the number that all of them send from';
INSERT INTO suppression (tenant, channel, address, reason, cause, since)
SELECT DISTINCT ON (address) '*', channel, address, reason, cause, since
  FROM suppression WHERE channel = 'sms' AND reason = 'opted-out' ORDER BY address, since;
DELETE FROM suppression WHERE channel = 'sms' AND reason = 'opted-out' AND tenant <> '*';
"""


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
