"""The event log: streams, chained events, data keys, Merkle leaves and checkpoints.

Nothing here is ever updated or deleted (data keys apart, which can be destroyed): by privilege for the application,
by trigger for the owner. `event` is partitioned by the month of its stream's first event, so that the indexes in use
stay small however long the history is kept; a month nobody made in time falls into the default partition.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE stream (
    stream  text PRIMARY KEY,
    tenant  text NOT NULL,
    month   date NOT NULL CHECK (extract(day FROM month) = 1)
);
COMMENT ON TABLE stream IS 'one row for everything that has a history; events of a stream form one chain';
COMMENT ON COLUMN stream.stream IS 'document:<id>, export:<id>, party:<id> or account:<tenant>';
COMMENT ON COLUMN stream.month IS 'first day of the month of its first event; where all its events are kept';

CREATE TABLE event (
    month         date        NOT NULL,
    stream        text        NOT NULL,
    ver           int         NOT NULL CHECK (ver >= 1),
    event_id      uuid        NOT NULL,
    xid           xid8        NOT NULL DEFAULT pg_current_xact_id(),
    tenant        text        NOT NULL,
    type          text        NOT NULL,
    cause         text        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    actor         text        NOT NULL,
    data          jsonb       NOT NULL,
    personal_hash bytea       CHECK (octet_length(personal_hash) = 32),
    personal_ct   bytea,
    key_id        uuid,
    prev_hash     bytea       NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash          bytea       NOT NULL CHECK (octet_length(hash) = 32),
    CHECK ((personal_hash IS NULL) = (personal_ct IS NULL) AND (personal_hash IS NULL) = (key_id IS NULL)),
    PRIMARY KEY (month, stream, ver),
    UNIQUE (month, event_id)
) PARTITION BY RANGE (month);
CREATE INDEX event_xid  ON event (xid, stream, ver);
CREATE INDEX event_time ON event (recorded_at, stream, ver);
CREATE INDEX event_type ON event (type, tenant, recorded_at);
CREATE INDEX event_reason ON event ((data ->> 'reason'), recorded_at) WHERE data ->> 'reason' IS NOT NULL;
COMMENT ON TABLE event IS 'what happened, written by the code that saw it; see events_readable for people';
COMMENT ON COLUMN event.month IS 'of the stream''s first event, not of this one';
COMMENT ON COLUMN event.ver IS '1, 2, 3 ... within the stream, without gaps';
COMMENT ON COLUMN event.event_id IS 'uuid5 of stream, type and cause: the same fact has the same id';
COMMENT ON COLUMN event.xid IS 'the writing transaction; the sealer takes what is older than every running one';
COMMENT ON COLUMN event.cause IS 'what made it: stage and round, attempt, key of a report, or id of a request';
COMMENT ON COLUMN event.occurred_at IS 'when it happened, by the clock of who saw it';
COMMENT ON COLUMN event.recorded_at IS 'when it was written here';
COMMENT ON COLUMN event.actor IS 'who did it: stage:conversion, role:dispatcher, provider:..., operator:..., recipient';
COMMENT ON COLUMN event.data IS 'details; nothing personal';
COMMENT ON COLUMN event.personal_hash IS 'SHA-256 of salt and canonical JSON of the personal details';
COMMENT ON COLUMN event.personal_ct IS 'nonce and AES-256-GCM of salt and personal details, under data_key';
COMMENT ON COLUMN event.prev_hash IS 'hash of the event before it in the stream; 32 zero bytes for the first';
COMMENT ON COLUMN event.hash IS 'SHA-256 of canonical envelope, prev_hash and personal_hash';

CREATE TABLE data_key (
    key_id        uuid        PRIMARY KEY,
    stream        text        NOT NULL,
    tenant        text        NOT NULL,
    kek           text        NOT NULL,
    wrapped       bytea,
    destroyed_at  timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_key_live ON data_key (stream) WHERE destroyed_at IS NULL;
COMMENT ON TABLE data_key IS 'one key a stream for its personal details; without it they cannot be read any more';
COMMENT ON COLUMN data_key.kek IS 'name of the key-encryption key, which is kept outside the database';
COMMENT ON COLUMN data_key.wrapped IS 'the key, encrypted; null once destroyed';

CREATE TABLE log_leaf (
    tree_index bigint PRIMARY KEY CHECK (tree_index >= 0),
    month      date   NOT NULL,
    stream     text   NOT NULL,
    ver        int    NOT NULL,
    leaf_hash  bytea  NOT NULL CHECK (octet_length(leaf_hash) = 32),
    UNIQUE (month, stream, ver)
);
COMMENT ON TABLE log_leaf IS 'the place of every event in one Merkle tree (RFC 6962)';
COMMENT ON COLUMN log_leaf.leaf_hash IS 'SHA-256 of byte 00 and event.hash';

CREATE TABLE checkpoint (
    tree_size  bigint      PRIMARY KEY CHECK (tree_size > 0),
    prev_size  bigint      NOT NULL UNIQUE CHECK (prev_size < tree_size),
    root       bytea       NOT NULL CHECK (octet_length(root) = 32),
    frontier   bytea       NOT NULL,
    made_at    timestamptz NOT NULL,
    key_id     text        NOT NULL,
    signature  bytea       NOT NULL CHECK (octet_length(signature) = 64),
    note       text        NOT NULL,
    timestamp_token bytea
);
COMMENT ON TABLE checkpoint IS 'signed states of the tree: who holds one can prove that no event before it changed';
COMMENT ON COLUMN checkpoint.prev_size IS 'tree size of the checkpoint before it; 0 for the first';
COMMENT ON COLUMN checkpoint.frontier IS 'roots of the perfect subtrees, largest first: enough to grow the tree';
COMMENT ON COLUMN checkpoint.key_id IS 'key name and key hash, as in the signature line of the note';
COMMENT ON COLUMN checkpoint.signature IS 'Ed25519 over the text of the note';
COMMENT ON COLUMN checkpoint.note IS 'the whole signed note, in the form of C2SP tlog-checkpoint';
COMMENT ON COLUMN checkpoint.timestamp_token IS 'RFC 3161 token over the note; null where none was asked for';

CREATE TABLE event_meaning (
    type    text PRIMARY KEY,
    meaning text NOT NULL
);
COMMENT ON TABLE event_meaning IS 'one sentence for every type of event; written by each migration run from the code';

CREATE VIEW events_readable AS
SELECT e.recorded_at AS time,
       e.tenant,
       CASE WHEN e.stream LIKE 'document:%' THEN substr(e.stream, 10)::uuid END AS document_id,
       e.stream,
       e.ver,
       e.type,
       e.actor,
       e.data ->> 'reason' AS reason,
       (SELECT string_agg(d.key || ': ' || d.value, ', ' ORDER BY d.key)
          FROM jsonb_each_text(e.data) d WHERE d.key <> 'reason' AND d.value IS NOT NULL) AS summary,
       m.meaning,
       e.occurred_at,
       e.event_id
  FROM event e LEFT JOIN event_meaning m USING (type);
COMMENT ON VIEW events_readable IS 'the event log for people; one history: WHERE document_id = ... ORDER BY ver';
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: the event log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION guard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION entrega.refuse_change()', target);
END $$;
REVOKE ALL ON FUNCTION guard(regclass) FROM PUBLIC;

CREATE TABLE event_other PARTITION OF event DEFAULT;
SELECT guard(t::regclass) FROM unnest('{event,event_other,stream,log_leaf,checkpoint}'::text[]) t;

-- Statement triggers of a partitioned table do not reach a statement that names a partition: each gets its own.
-- ATTACH locks the parent less than CREATE ... PARTITION OF; who cannot get the lock in two seconds leaves it to the
-- default partition and the next call. SECURITY DEFINER: the sealer calls it, and the application owns no table.
CREATE FUNCTION make_event_months(first date, ahead int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = entrega, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    start date; part text; made int := 0;
BEGIN
    FOR i IN 0 .. least(ahead, 24) LOOP
        start := (date_trunc('month', first) + make_interval(months => i))::date;
        part := 'event_' || to_char(start, 'YYYY_MM');
        CONTINUE WHEN to_regclass('entrega.' || part) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
            PERFORM guard(part::regclass);
            EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           part, start, (start + interval '1 month')::date);
            made := made + 1;
        EXCEPTION WHEN check_violation OR lock_not_available OR duplicate_table OR deadlock_detected THEN
            RAISE NOTICE 'partition % not made: %', part, SQLERRM;
        END;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_event_months(date, int) FROM PUBLIC;
SELECT make_event_months(now()::date, 3);
"""

# Everything but xid: nobody may claim another transaction's place in the order of sealing.
GRANTS = """
GRANT USAGE ON SCHEMA entrega TO entrega_app, entrega_auditor;
GRANT SELECT ON stream, event, data_key, log_leaf, checkpoint, event_meaning, events_readable TO entrega_app;
GRANT INSERT ON stream, data_key, log_leaf, checkpoint TO entrega_app;
GRANT INSERT (month, stream, ver, event_id, tenant, type, cause, occurred_at, recorded_at, actor, data,
              personal_hash, personal_ct, key_id, prev_hash, hash) ON event TO entrega_app;
GRANT UPDATE (wrapped, kek, destroyed_at) ON data_key TO entrega_app;
GRANT EXECUTE ON FUNCTION make_event_months(date, int) TO entrega_app;
GRANT SELECT ON stream, event, log_leaf, checkpoint, event_meaning, events_readable TO entrega_auditor;
GRANT SELECT (key_id, stream, tenant, kek, destroyed_at) ON data_key TO entrega_auditor;
"""


def upgrade() -> None:
    for text in (TABLES, APPEND_ONLY, GRANTS):
        op.execute(text)
