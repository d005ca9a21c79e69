"""Documents, outcomes, deliveries, the directory: everything that is not the event log.

Every row has a tenant. State that can be derived from events is kept here only for searching; the event is the truth.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE export (
    export_id    uuid PRIMARY KEY,
    tenant       text NOT NULL,
    name         text NOT NULL,
    profile      text,
    source       jsonb NOT NULL,
    received_at  timestamptz NOT NULL,
    received_by  text NOT NULL,
    format       text,
    step         int NOT NULL DEFAULT 0,
    documents    int,
    state        text NOT NULL CHECK (state IN ('moving', 'refused', 'settled')),
    reason       text,
    updated_at   timestamptz NOT NULL
);
COMMENT ON TABLE export IS 'one file, request or message that the door took';
COMMENT ON COLUMN export.documents IS 'how many records it held; null until its last step was read';
CREATE INDEX export_time ON export (tenant, received_at DESC);
CREATE INDEX export_moving ON export (updated_at) WHERE state = 'moving';

CREATE TABLE document (
    document_id   uuid PRIMARY KEY,
    tenant        text NOT NULL,
    export_id     uuid NOT NULL REFERENCES export,
    export_step   int NOT NULL,
    address       text NOT NULL,
    direction     text NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound')),
    document_type text NOT NULL,
    number        text,
    issue_date    date,
    due_date      date,
    currency      text,
    amount_due    numeric,
    seller_key    text,
    seller_name   text,
    buyer_name    text,
    party_id      uuid,
    business_key  text,
    content_hash  text,
    revision      int NOT NULL DEFAULT 1,
    registered    boolean NOT NULL,
    duplicate_of  uuid REFERENCES document,
    state         text NOT NULL CHECK (state IN ('moving', 'waiting', 'parked', 'refused', 'duplicate', 'superseded',
                  'captured', 'accepted', 'delivered', 'undeliverable', 'discarded')),
    stage         text NOT NULL,
    reason        text,
    round         int NOT NULL DEFAULT 1,
    resent        int NOT NULL DEFAULT 0,
    handed_over_at timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
COMMENT ON TABLE document IS 'one business document of an export';
COMMENT ON COLUMN document.registered IS 'true while it holds its business key; a duplicate or refused one does not';
COMMENT ON COLUMN document.address IS 'where in the export it stands';
CREATE UNIQUE INDEX document_key ON document (tenant, business_key, revision) WHERE registered;
CREATE INDEX document_export ON document (export_id, export_step);
CREATE INDEX document_time ON document (tenant, created_at DESC, document_id);
CREATE INDEX document_number ON document (tenant, number);
CREATE INDEX document_state ON document (tenant, state);  -- without updated_at, so that a stage's update stays HOT
CREATE INDEX document_moving ON document (document_id) WHERE state = 'moving';

CREATE TABLE relation (
    document_id uuid NOT NULL REFERENCES document,
    kind        text NOT NULL CHECK (kind IN ('order', 'corrects', 'supersedes', 'settles')),
    tenant      text NOT NULL,
    target      text NOT NULL,
    PRIMARY KEY (document_id, kind, target)
);
COMMENT ON TABLE relation IS 'what a document refers to; target is a document id, or a number where none is known';

CREATE TABLE artefact (
    owner_id   uuid NOT NULL,
    kind       text NOT NULL,
    sha256     text NOT NULL,
    tenant     text NOT NULL,
    key        text NOT NULL,
    size       bigint NOT NULL,
    media_type text NOT NULL,
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, kind, sha256)
);

CREATE TABLE outcome (
    subject_id uuid NOT NULL,
    stage      text NOT NULL,
    round      int NOT NULL,
    step       int NOT NULL DEFAULT 0,
    tenant     text NOT NULL,
    message    jsonb,
    made_at    timestamptz NOT NULL,
    PRIMARY KEY (subject_id, stage, round, step)
);
COMMENT ON TABLE outcome IS 'what a stage made of a document, once for each round: a replay sends this on and makes nothing';

CREATE TABLE parked (
    parked_id    uuid PRIMARY KEY,
    tenant       text NOT NULL,
    document_id  uuid,
    export_id    uuid,
    stage        text NOT NULL,
    round        int NOT NULL,
    reason       text NOT NULL,
    explanation  text NOT NULL,
    detail       jsonb NOT NULL,
    message      jsonb,
    raw          bytea,
    topic        text,
    partition    int,
    "offset"     bigint,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')),
    parked_at    timestamptz NOT NULL,
    closed_at    timestamptz,
    closed_by    text,
    closed_why   text
);
CREATE INDEX parked_open ON parked (tenant, parked_at) WHERE state = 'open';
CREATE INDEX parked_document ON parked (document_id);

CREATE TABLE due (
    due_id   uuid PRIMARY KEY,
    tenant   text NOT NULL,
    kind     text NOT NULL,
    subject_id uuid NOT NULL,
    at       timestamptz NOT NULL,
    tries    int NOT NULL DEFAULT 0,
    payload  jsonb NOT NULL,
    reason   text
);
COMMENT ON TABLE due IS 'what is planned: retries, continuations, reports to relay, deliveries to look at again';
CREATE INDEX due_at ON due (at);
CREATE INDEX due_subject ON due (subject_id);

CREATE TABLE party (
    party_id   uuid PRIMARY KEY,
    tenant     text NOT NULL,
    name       text NOT NULL,
    version    int NOT NULL DEFAULT 1,
    language   text,
    country    text,
    preferences jsonb NOT NULL DEFAULT '{}',
    learnt     boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL
);
CREATE TABLE party_identifier (
    tenant   text NOT NULL,
    scheme   text NOT NULL,
    value    text NOT NULL,
    party_id uuid NOT NULL REFERENCES party,
    PRIMARY KEY (tenant, scheme, value, party_id)
);
COMMENT ON COLUMN party_identifier.scheme IS 'endpoint:<EAS code>, vat, gln or erp; one value may stand at two parties: then nobody is guessed';
CREATE INDEX party_identifier_party ON party_identifier (party_id);

CREATE TABLE contact (
    contact_id uuid PRIMARY KEY,
    tenant     text NOT NULL,
    party_id   uuid NOT NULL REFERENCES party,
    name       text,
    email      text,
    phone      text,
    language   text,
    timezone   text,
    channel    text,
    active     boolean NOT NULL DEFAULT true,
    version    int NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL
);
COMMENT ON COLUMN contact.channel IS 'what this contact asked for: a preference beats rule and default';
CREATE INDEX contact_party ON contact (party_id);

CREATE TABLE suppression (
    tenant     text NOT NULL,
    channel    text NOT NULL,
    address    text NOT NULL,
    reason     text NOT NULL,
    cause      uuid,
    since      timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (tenant, channel, address)
);

CREATE TABLE delivery (
    delivery_id uuid PRIMARY KEY,
    tenant      text NOT NULL,
    document_id uuid NOT NULL REFERENCES document,
    contact_id  uuid NOT NULL REFERENCES contact,
    purpose     text NOT NULL DEFAULT 'notify',
    round       int NOT NULL,
    channels    text[] NOT NULL,
    rule        text NOT NULL,
    policy      jsonb NOT NULL,
    profile     text NOT NULL,
    language    text NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'captured', 'accepted', 'delivered', 'undeliverable', 'cancelled')),
    reason      text,
    handed_over_at timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (document_id, contact_id, purpose, round)
);
COMMENT ON COLUMN delivery.policy IS 'the supplier''s delivery policy as it stood when the delivery was opened';
COMMENT ON COLUMN delivery.profile IS 'the tenant profile that the document was planned with, as name@version';
COMMENT ON COLUMN delivery.language IS 'of the plan; the contact''s own wins';

CREATE TABLE attempt (
    attempt_id  uuid PRIMARY KEY,
    tenant      text NOT NULL,
    delivery_id uuid NOT NULL REFERENCES delivery,
    document_id uuid NOT NULL REFERENCES document,
    ordinal     int NOT NULL,
    channel     text NOT NULL,
    provider    text,
    reports_delivery boolean,
    address     text,
    state       text NOT NULL CHECK (state IN ('planned', 'calling', 'captured', 'accepted', 'refused', 'unknown',
                'deferred', 'delivered', 'bounced', 'complained', 'expired', 'cancelled')),
    due_at      timestamptz NOT NULL,
    leased_until timestamptz,
    tries       int NOT NULL DEFAULT 0,
    unknowns    int NOT NULL DEFAULT 0,
    caused_by   uuid REFERENCES attempt,
    message     jsonb,
    provider_message_id text,
    code        text,
    status      text,
    reason      text,
    called_at   timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (delivery_id, ordinal)
);
COMMENT ON COLUMN attempt.due_at IS 'planned: not called before; unknown: looked at again';
COMMENT ON COLUMN attempt.leased_until IS 'a dispatcher has it until then; past it a call has no known outcome';
COMMENT ON COLUMN attempt.unknowns IS 'calls that ended without a known outcome: after one the next may be a duplicate, and its event says so';
COMMENT ON COLUMN attempt.message IS 'reference of the stored message: every try sends those bytes';
CREATE UNIQUE INDEX attempt_one_sms ON attempt (delivery_id) WHERE channel = 'sms' AND state <> 'cancelled';
CREATE UNIQUE INDEX attempt_one_open_call ON attempt (delivery_id) WHERE state IN ('calling', 'unknown');
CREATE INDEX attempt_due ON attempt (channel, tenant, due_at) WHERE state = 'planned';
CREATE INDEX attempt_uncertain ON attempt (state, attempt_id) WHERE state IN ('calling', 'unknown');
CREATE INDEX attempt_document ON attempt (document_id);
CREATE INDEX attempt_provider_message ON attempt (provider_message_id);

CREATE TABLE inbox (
    inbox_id    uuid PRIMARY KEY,
    tenant      text NOT NULL,
    source      text NOT NULL,
    received_at timestamptz NOT NULL,
    headers     jsonb NOT NULL DEFAULT '{}',
    body        bytea NOT NULL,
    processed_at timestamptz,
    result      text
);
COMMENT ON TABLE inbox IS 'provider reports, bounces and page actions, committed before they are answered';

CREATE TABLE report (
    report_id   uuid PRIMARY KEY,
    attempt_id  uuid REFERENCES attempt,
    key         text NOT NULL,
    tenant      text NOT NULL,
    inbox_id    uuid,
    action      text NOT NULL,
    reported_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    report      jsonb NOT NULL,
    UNIQUE (attempt_id, key)
);
COMMENT ON COLUMN report.attempt_id IS 'null: an orphan, it matches no attempt';

CREATE TABLE link (
    token_hash  bytea PRIMARY KEY,
    link_id     uuid NOT NULL UNIQUE,
    tenant      text NOT NULL,
    document_id uuid NOT NULL REFERENCES document,
    attempt_id  uuid,
    contact_id  uuid,
    channel     text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    revoked_why text
);
COMMENT ON COLUMN link.token_hash IS 'SHA-256 of the token; the token itself stands only in the message that carries it';
CREATE INDEX link_document ON link (document_id);
CREATE INDEX link_attempt ON link (attempt_id);

GRANT SELECT ON schema_version TO entrega_app;
GRANT SELECT, INSERT, UPDATE ON export, document, relation, artefact, outcome, parked, party, contact, delivery, attempt,
    inbox, report, link TO entrega_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON due, suppression, party_identifier TO entrega_app;
GRANT SELECT ON export, document, relation, artefact, outcome, parked, delivery, due TO entrega_auditor;
GRANT SELECT (attempt_id, tenant, delivery_id, document_id, ordinal, channel, provider, reports_delivery, state, due_at, tries,
    unknowns, caused_by, message, provider_message_id, code, status, reason, called_at, created_at, updated_at)
    ON attempt TO entrega_auditor;
GRANT SELECT (report_id, attempt_id, tenant, inbox_id, action, reported_at, received_at) ON report TO entrega_auditor;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise RuntimeError("the store is append-only: a migration is never taken back")
