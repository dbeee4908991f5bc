
import amity.base.clock
import amity.base.ids
import django.db.models.deletion
from django.db import migrations, models

_TABLES = """
CREATE TABLE people_activity (
    person_id uuid NOT NULL, measure_id integer NOT NULL, n bigint NOT NULL, total numeric NOT NULL,
    decayed double precision NOT NULL, first_us bigint NOT NULL, last_us bigint NOT NULL, top varchar(200),
    PRIMARY KEY (person_id, measure_id)
) WITH (fillfactor = 75);
CREATE INDEX activity_measure ON people_activity (measure_id);
CREATE TABLE people_tally (
    person_id uuid NOT NULL, measure_id integer NOT NULL, value varchar(200) NOT NULL, n bigint NOT NULL,
    PRIMARY KEY (person_id, measure_id, value)
) WITH (fillfactor = 85);
CREATE TABLE people_segment_member (
    person_id uuid NOT NULL, segment_no integer NOT NULL, entered_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, segment_no)
);
CREATE INDEX segment_member_newest ON people_segment_member (segment_no, entered_at DESC, person_id DESC);
CREATE TABLE people_segment_move (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, segment_no integer NOT NULL, person_id uuid NOT NULL,
    entered boolean NOT NULL, at timestamptz NOT NULL, reason varchar(300) NOT NULL
);
CREATE INDEX segment_move_of_segment ON people_segment_move (segment_no, id DESC);
CREATE INDEX segment_move_of_person ON people_segment_move (person_id, id DESC);
CREATE TABLE people_segment_timer (
    person_id uuid PRIMARY KEY, bits bytea, due_at timestamptz
) WITH (fillfactor = 75);
CREATE INDEX segment_timer_due ON people_segment_timer (due_at) WHERE due_at IS NOT NULL;
INSERT INTO people_segment_version (id, version) VALUES (1, 1);
"""
_AWAY = """
DROP TABLE people_activity; DROP TABLE people_tally; DROP TABLE people_segment_member; DROP TABLE people_segment_move;
DROP TABLE people_segment_timer;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0009_listed_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('pk', models.CompositePrimaryKey('person_id', 'measure_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('measure_id', models.IntegerField()),
                ('n', models.BigIntegerField()),
                ('total', models.DecimalField(decimal_places=6, max_digits=60)),
                ('decayed', models.FloatField()),
                ('first_us', models.BigIntegerField()),
                ('last_us', models.BigIntegerField()),
                ('top', models.CharField(max_length=200, null=True)),
            ],
            options={
                'db_table': 'people_activity',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SegmentMember',
            fields=[
                ('pk', models.CompositePrimaryKey('person_id', 'segment_no', blank=True, editable=False, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('segment_no', models.IntegerField()),
                ('entered_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'people_segment_member',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SegmentMove',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('segment_no', models.IntegerField()),
                ('person_id', models.UUIDField()),
                ('entered', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'people_segment_move',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SegmentTimer',
            fields=[
                ('person_id', models.UUIDField(primary_key=True, serialize=False)),
                ('bits', models.BinaryField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'people_segment_timer',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('pk', models.CompositePrimaryKey('person_id', 'measure_id', 'value', blank=True, editable=False, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('measure_id', models.IntegerField()),
                ('value', models.CharField(max_length=200)),
                ('n', models.BigIntegerField()),
            ],
            options={
                'db_table': 'people_tally',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SegmentVersion',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('version', models.BigIntegerField(default=1)),
            ],
            options={
                'db_table': 'people_segment_version',
            },
        ),
        migrations.CreateModel(
            name='Measure',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('event', models.CharField(max_length=200)),
                ('filters', models.JSONField(default=list)),
                ('property', models.CharField(blank=True, max_length=200)),
                ('half_life_days', models.FloatField(null=True)),
                ('tally', models.CharField(blank=True, max_length=200)),
                ('ready', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=amity.base.clock.now)),
            ],
            options={
                'db_table': 'people_measure',
                'indexes': [models.Index(fields=['event'], name='measure_event')],
            },
        ),
        migrations.CreateModel(
            name='Computed',
            fields=[
                ('id', models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('label', models.CharField(max_length=200)),
                ('definition', models.JSONField()),
                ('created_by', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=amity.base.clock.now)),
                ('measure', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.measure')),
            ],
            options={
                'db_table': 'people_computed',
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(unique=True)),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True)),
                ('definition', models.JSONField()),
                ('live', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('filling', 'Being filled'), ('failed', 'Failed')], default='ready', max_length=8)),
                ('members', models.BigIntegerField(default=0)),
                ('checked_at', models.DateTimeField(null=True)),
                ('differences', models.BigIntegerField(default=0)),
                ('took_ms', models.IntegerField(null=True)),
                ('created_by', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=amity.base.clock.now)),
                ('changed_at', models.DateTimeField(default=amity.base.clock.now)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'people_segment',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at__isnull', True)), fields=('name',), name='segment_name_once')],
            },
        ),
        migrations.RunSQL(_TABLES, _AWAY),
    ]
