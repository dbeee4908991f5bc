"""The log: raw events, keys seen, cursors, and events by month. Facts of the old table are carried over."""

import hashlib
import uuid

import amity.base.clock
from django.db import migrations, models

_NAMESPACE = uuid.UUID("6f1d9a0e-3c52-5d0b-9a55-0d4b7c1f2a10")  # of base.ids.stable_id
_BATCH = 50_000
_TABLES = """
CREATE SEQUENCE events_raw_id AS bigint CACHE 1000;
CREATE TABLE events_raw (
    id bigint NOT NULL DEFAULT nextval('events_raw_id'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    source_id uuid NOT NULL,
    kind text NOT NULL,
    message_id text NOT NULL,
    lane smallint NOT NULL,
    received_at timestamptz NOT NULL,
    sent_at timestamptz,
    body bytea NOT NULL,
    shared bytea
) PARTITION BY RANGE (received_at);
ALTER SEQUENCE events_raw_id OWNED BY events_raw.id;
CREATE INDEX events_raw_position ON events_raw (xid, id);
CREATE TABLE events_seen (key uuid PRIMARY KEY);
CREATE TABLE events_cursor (
    name varchar(200) PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT '0',
    id bigint NOT NULL DEFAULT 0,
    at timestamptz,
    handled bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    error varchar(300) NOT NULL DEFAULT '',
    moved_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE events_event RENAME TO events_event_old;
ALTER TABLE events_event_old DROP CONSTRAINT event_once;
ALTER TABLE events_event_old DROP CONSTRAINT events_event_pkey;
DROP INDEX event_person, event_company, event_deal;
CREATE SEQUENCE events_event_seq AS bigint CACHE 1000;
CREATE TABLE events_event (
    id uuid NOT NULL,
    kind varchar(40) NOT NULL,
    name varchar(200) NOT NULL,
    summary text NOT NULL,
    source varchar(120) NOT NULL,
    message_id varchar(200) NOT NULL,
    person_id uuid,
    company_id uuid,
    deal_id uuid,
    actor_id uuid,
    data jsonb NOT NULL,
    origin_id uuid,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    source_id uuid,
    anonymous_id text,
    user_id text,
    context jsonb,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint NOT NULL DEFAULT nextval('events_event_seq'),
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
ALTER SEQUENCE events_event_seq OWNED BY events_event.seq;
"""
# The first partition is open to the past, the last one to the future: every time has its place. Few of them, because
# each costs every query some planning; coming months are cut from the last one in time (events.partitions).
_PARTITIONS = """
DO $$
DECLARE
    this_month timestamptz := date_trunc('month', now(), 'UTC');
    this_year int := extract(year FROM now() AT TIME ZONE 'UTC')::int;
    low timestamptz;
    high timestamptz;
    target text;
BEGIN
    FOREACH target IN ARRAY ARRAY['events_raw', 'events_event'] LOOP
        low := CASE target WHEN 'events_raw' THEN this_month ELSE make_timestamptz(this_year - 4, 1, 1, 0, 0, 0, 'UTC') END;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (MINVALUE) TO (%L)', target || '_early', target, low);
        WHILE low < (this_month AT TIME ZONE 'UTC' + interval '5 months') AT TIME ZONE 'UTC' LOOP
            IF extract(year FROM low AT TIME ZONE 'UTC') < this_year THEN
                high := (low AT TIME ZONE 'UTC' + interval '1 year') AT TIME ZONE 'UTC';
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    target || to_char(low AT TIME ZONE 'UTC', '_YYYY'), target, low, high);
            ELSE
                high := (low AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    target || to_char(low AT TIME ZONE 'UTC', '_YYYY_MM'), target, low, high);
            END IF;
            low := high;
        END LOOP;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (MAXVALUE)', target || '_late', target, low);
    END LOOP;
END $$;
"""
_CARRY = """
INSERT INTO events_event (id, kind, name, summary, source, message_id, person_id, company_id, deal_id, actor_id, data,
                          origin_id, occurred_at, received_at)
SELECT id, kind, name, summary, source, message_id, person_id, company_id, deal_id, actor_id, data,
       origin_id, occurred_at, received_at
FROM events_event_old ORDER BY id;
"""
_INDEXES = """
CREATE INDEX event_person ON events_event (person_id, occurred_at DESC, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX event_company ON events_event (company_id, occurred_at DESC, id DESC) WHERE company_id IS NOT NULL;
CREATE INDEX event_deal ON events_event (deal_id, occurred_at DESC, id DESC) WHERE deal_id IS NOT NULL;
CREATE INDEX event_position ON events_event (xid, seq);
DROP TABLE events_event_old;
ANALYZE events_event;
"""


def _seen_key(source, message_id):
    source_id = uuid.uuid5(_NAMESPACE, "\x1f".join(("events.source", source)))
    return uuid.UUID(bytes=hashlib.blake2b(source_id.bytes + message_id.encode(), digest_size=16).digest())


def _remember(apps, schema_editor):
    """The keys of the facts that are there, so that an import repeated after the migration finds them."""
    last = uuid.UUID(int=0)
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id, source, message_id FROM events_event WHERE id > %s ORDER BY id LIMIT %s", [last, _BATCH]
            )
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            keys = sorted({_seen_key(source, message_id) for _id, source, message_id in rows})
            cursor.execute("INSERT INTO events_seen SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING", [keys])


def _sql(text):
    return migrations.RunSQL(text, migrations.RunSQL.noop)


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0004_doors"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                _sql(_TABLES),
                _sql(_PARTITIONS),
                _sql(_CARRY),
                migrations.RunPython(_remember, migrations.RunPython.noop),
                _sql(_INDEXES),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="event", name="event_once"),
                migrations.AddField("event", "source_id", models.UUIDField(null=True)),
                migrations.AddField("event", "anonymous_id", models.TextField(null=True)),
                migrations.AddField("event", "user_id", models.TextField(null=True)),
                migrations.AddField("event", "context", models.JSONField(null=True)),
                migrations.CreateModel(
                    name="RawEvent",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("source_id", models.UUIDField()),
                        ("kind", models.CharField(max_length=20)),
                        ("message_id", models.CharField(max_length=200)),
                        ("lane", models.SmallIntegerField()),
                        ("received_at", models.DateTimeField(default=amity.base.clock.now)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("body", models.BinaryField()),
                        ("shared", models.BinaryField(null=True)),
                    ],
                    options={"db_table": "events_raw"},
                ),
                migrations.CreateModel(
                    name="SeenKey",
                    fields=[("key", models.UUIDField(primary_key=True, serialize=False))],
                    options={"db_table": "events_seen"},
                ),
                migrations.CreateModel(
                    name="LogCursor",
                    fields=[
                        ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ("id", models.BigIntegerField(default=0)),
                        ("at", models.DateTimeField(null=True)),
                        ("handled", models.BigIntegerField(default=0)),
                        ("quarantined", models.BigIntegerField(default=0)),
                        ("failures", models.IntegerField(default=0)),
                        ("error", models.CharField(blank=True, max_length=300)),
                        ("moved_at", models.DateTimeField(default=amity.base.clock.now)),
                    ],
                    options={"db_table": "events_cursor"},
                ),
            ],
        ),
    ]
