"""EDI: a partner's mailbox, the message that goes there, and the control numbers of its interchanges."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
ALTER TABLE contact ADD COLUMN mailbox text;
COMMENT ON COLUMN contact.mailbox IS 'EDI address as qualifier:identifier, 14:5609999200054 (14: a GLN)';

ALTER TABLE delivery ADD COLUMN interchange jsonb, ADD COLUMN copy_of text;
COMMENT ON COLUMN delivery.interchange IS 'the EDI message that the channel edi carries: its reference, format, options';
COMMENT ON COLUMN delivery.copy_of IS 'the authority''s platform that issues the original: what is told here is a copy';

CREATE TABLE control_number (
    tenant   text NOT NULL,
    envelope text NOT NULL CHECK (envelope IN ('edifact', 'x12')),
    sender   text NOT NULL,
    receiver text NOT NULL,
    last     bigint NOT NULL CHECK (last BETWEEN 0 AND 999999999),
    PRIMARY KEY (tenant, envelope, sender, receiver)
);
COMMENT ON TABLE control_number IS 'the last number of each partner: the next one is drawn in the transaction that notes whose it is, so none is skipped';

CREATE TABLE interchange (
    delivery_id uuid PRIMARY KEY REFERENCES delivery,
    tenant      text NOT NULL,
    envelope    text NOT NULL,
    sender      text NOT NULL,
    receiver    text NOT NULL,
    number      bigint NOT NULL,
    drawn_at    timestamptz NOT NULL,
    UNIQUE (tenant, envelope, sender, receiver, number)
);
COMMENT ON TABLE interchange IS 'which delivery has which control number: every try of it carries the same one';
GRANT SELECT, INSERT, UPDATE ON control_number TO entrega_app;
GRANT SELECT, INSERT ON interchange TO entrega_app;
GRANT SELECT ON control_number, interchange TO entrega_auditor;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
