"""What goes out, addresses that get nothing more, how often and when."""

import amity.base.clock
import amity.base.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FOLLOWS = """
ALTER TABLE channels_outgoing ADD CONSTRAINT channels_outgoing_person FOREIGN KEY (person_id)
  REFERENCES people_person (id) ON DELETE CASCADE;
"""
BACK = "ALTER TABLE channels_outgoing DROP CONSTRAINT channels_outgoing_person;"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0016_consent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SendRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("channel", models.CharField(max_length=20, unique=True)),
                ("most", models.IntegerField(null=True)),
                ("days", models.IntegerField(default=7)),
                ("quiet_from", models.TimeField(null=True)),
                ("quiet_to", models.TimeField(null=True)),
                ("changed_by", models.UUIDField(null=True)),
                ("changed_at", models.DateTimeField(default=amity.base.clock.now)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("address_kind", models.CharField(max_length=10)),
                ("address", models.CharField(blank=True, max_length=254)),
                ("address_key", models.CharField(max_length=32)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bounce", "The address does not exist"),
                            ("complaint", "Reported as spam"),
                            ("manual", "Blocked by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("created_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=amity.base.clock.now)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-created_at", "-id"], name="suppression_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("address_key", "reason"),
                        name="suppression_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Outgoing",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("channel", models.CharField(max_length=20)),
                ("purpose", models.CharField(max_length=60)),
                ("template", models.CharField(blank=True, max_length=60)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("address", models.CharField(blank=True, max_length=254)),
                ("address_key", models.CharField(blank=True, max_length=32)),
                ("subject", models.TextField(blank=True)),
                ("body", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("values", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("held", "Held back"),
                            ("handing", "Being handed over"),
                            ("sent", "Sent"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                            ("unknown", "Not known"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("detail", models.TextField(blank=True)),
                ("attempts", models.IntegerField(default=0)),
                ("due_at", models.DateTimeField(default=amity.base.clock.now)),
                ("handed_at", models.DateTimeField(null=True)),
                ("provider_id", models.CharField(blank=True, max_length=300)),
                ("engine", models.CharField(blank=True, max_length=20)),
                ("created_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=amity.base.clock.now)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "held"))),
                        fields=["due_at", "id"],
                        name="outgoing_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "handing")), fields=["handed_at"], name="outgoing_handing"
                    ),
                    models.Index(fields=["-created_at", "-id"], name="outgoing_newest"),
                    models.Index(fields=["state", "-created_at", "-id"], name="outgoing_state"),
                    models.Index(fields=["person", "-handed_at"], name="outgoing_person"),
                ],
            },
        ),
        migrations.RunSQL(FOLLOWS, BACK),
    ]
