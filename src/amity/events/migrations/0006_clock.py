"""The clock of the log: transaction numbers that go on where another cluster's ended (see events.clock_of_log)."""

from django.db import migrations

_SQL = """
CREATE OR REPLACE FUNCTION events_xid() RETURNS xid8 LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.pg_current_xact_id()';
CREATE OR REPLACE FUNCTION events_horizon() RETURNS xid8 LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())';
ALTER TABLE events_raw ALTER COLUMN xid SET DEFAULT events_xid();
ALTER TABLE events_event ALTER COLUMN xid SET DEFAULT events_xid();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0005_log"),
    ]

    operations = [
        migrations.RunSQL(_SQL, migrations.RunSQL.noop),
    ]
