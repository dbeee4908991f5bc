from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# People whose segments are to be looked at, noted in the transaction of the change and followed under the cursor rule.
_TABLE = """
CREATE TABLE people_segment_work (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(), id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(), people uuid[] NOT NULL, names text NOT NULL, PRIMARY KEY (xid, id)
);
ALTER TABLE people_segment_work ALTER people SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0019_backups_by_rule"),
    ]

    operations = [
        migrations.RunSQL(_TABLE, "DROP TABLE people_segment_work;"),
        migrations.CreateModel(
            name="SegmentWork",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("people", ArrayField(base_field=models.UUIDField(), size=None)),
                ("names", models.TextField()),
            ],
            options={"db_table": "people_segment_work", "managed": False},
        ),
    ]
