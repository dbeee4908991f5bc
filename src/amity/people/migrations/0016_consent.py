"""Consent: purposes, texts and the ledger, which takes new rows only (a person and an address may be emptied)."""

import django.db.models.deletion
from django.db import migrations, models

import amity.base.clock
import amity.base.ids

APPEND_ONLY = """
CREATE FUNCTION people_consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the consent ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_no_change
  BEFORE DELETE OR UPDATE OF id, address_key, purpose, channel, state, text_version, how, at, created_at
  ON people_consent FOR EACH ROW EXECUTE FUNCTION people_consent_append_only();
CREATE TRIGGER consent_text_no_change BEFORE UPDATE ON people_consent_text
  FOR EACH ROW EXECUTE FUNCTION people_consent_append_only();
ALTER TABLE people_consent ADD CONSTRAINT people_consent_person FOREIGN KEY (person_id)
  REFERENCES people_person (id) ON DELETE SET NULL;
"""
BACK = """
ALTER TABLE people_consent DROP CONSTRAINT people_consent_person;
DROP TRIGGER consent_text_no_change ON people_consent_text;
DROP TRIGGER consent_no_change ON people_consent;
DROP FUNCTION people_consent_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0015_golden_record"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentPurpose",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.SlugField(max_length=60, unique=True)),
                ("names", models.JSONField(default=dict)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("consent", "Consent"),
                            ("contract", "Contract"),
                            ("legal", "Legal obligation"),
                            ("interest", "Legitimate interest"),
                        ],
                        default="consent",
                        max_length=10,
                    ),
                ),
                ("channels", models.JSONField(default=list)),
                ("double_opt_in", models.BooleanField(default=True)),
                ("position", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField(default=amity.base.clock.now)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "people_consent_purpose",
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("address_kind", models.CharField(blank=True, max_length=10)),
                ("address", models.CharField(blank=True, max_length=254)),
                ("address_key", models.CharField(blank=True, max_length=32)),
                ("purpose", models.CharField(max_length=60)),
                ("channel", models.CharField(max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("given", "Given"),
                            ("pending", "Waiting to be confirmed"),
                            ("withdrawn", "Withdrawn"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text_version", models.IntegerField(null=True)),
                ("how", models.CharField(max_length=20)),
                ("evidence", models.JSONField(default=dict)),
                ("origin_id", models.UUIDField(null=True)),
                ("actor_id", models.UUIDField(null=True)),
                ("reverts", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                ("created_at", models.DateTimeField(default=amity.base.clock.now)),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "db_table": "people_consent",
                "indexes": [
                    models.Index(fields=["person", "purpose", "channel", "-at"], name="consent_person"),
                    models.Index(
                        condition=models.Q(("address_key", ""), _negated=True),
                        fields=["address_key", "purpose", "channel", "-at"],
                        name="consent_address",
                    ),
                    models.Index(fields=["purpose", "channel", "person", "-at"], name="consent_purpose"),
                    models.Index(fields=["-created_at", "-id"], name="consent_newest"),
                    models.Index(
                        condition=models.Q(("origin_id__isnull", False)), fields=["origin_id"], name="consent_origin"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                (
                    "id",
                    models.UUIDField(default=amity.base.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.IntegerField()),
                ("words", models.JSONField(default=dict)),
                ("created_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=amity.base.clock.now)),
                (
                    "purpose",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="people.consentpurpose",
                    ),
                ),
            ],
            options={
                "db_table": "people_consent_text",
                "constraints": [models.UniqueConstraint(fields=("purpose", "version"), name="consenttext_once")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, BACK),
    ]
