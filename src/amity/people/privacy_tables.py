"""Tables of the privacy desk: what people asked for, what was erased, what is restricted, what may be kept how long."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

# Profiles whose use is restricted, whichever of their members was: the strictest wins in a merge. A function, as a join
# or a subquery here would keep what asks for it from running in parallel.
RESTRICTED_SQL = "SELECT restricted FROM people_restricted() AS restricted"


class PrivacyRequest(Record):
    """What somebody asked for under the GDPR, when it has to be answered, and what was done."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("Access")
        RECTIFY = "rectify", _("Rectification")
        RESTRICT = "restrict", _("Restriction")
        ERASE = "erase", _("Erasure")
        OBJECT = "object", _("Objection")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for its time")
        RUNNING = "running", _("Under way")
        FAILED = "failed", _("Failed")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    personal = personal.blanked(
        "person_id", ("name", "note"), _("proof that a request was answered in time, art. 5(2)")
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    person_id = models.UUIDField(null=True)  # null once erased
    name = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=20, blank=True)  # key of `privacy_words.REASONS`
    note = models.TextField(blank=True)  # what was typed
    received_on = models.DateField()
    due_on = models.DateField()
    extended = models.BooleanField(default=False)  # by two months, art. 12(3)
    opened_by = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    confirmed_by = models.UUIDField(null=True)  # the second pair of eyes
    run_after = models.DateTimeField(null=True)
    job_id = models.UUIDField(null=True)
    report = models.JSONField(default=dict)  # counts
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_privacy_request"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "due_on", "id"], name="privacyrequest_due"),
            models.Index(fields=["person_id"], name="privacyrequest_person"),
        ]


class Erasure(Record):
    """One line of the erase ledger: what was erased, when, why and by whom, without personal data."""

    personal = personal.nothing(_("keyed hashes, whose key is kept elsewhere, and counts"))
    at = models.DateTimeField()
    reason = models.CharField(max_length=20)
    source = models.CharField(max_length=12)  # desk, api, retention
    by = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    counts = models.JSONField(default=dict)  # rows by table
    replayed_at = models.DateTimeField(null=True)  # applied again to a restored backup

    class Meta:
        db_table = "people_erasure"


class ErasedMark(Record):
    """A keyed hash of something that an erased person was known by, so that it is known again."""

    personal = personal.nothing(_("keyed hashes, whose key is kept elsewhere"))
    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=20)  # person, email, phone, user_id, …
    mark = models.CharField(max_length=64, db_index=True)
    returned = models.IntegerField(default=0)  # how often it came in again
    returned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_erased_mark"


class Restriction(Record):
    """Somebody's data is kept, and used for nothing else, art. 18."""

    personal = personal.deleted("person_id", ("note",))
    person_id = models.UUIDField()
    reason = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)
    since = models.DateTimeField(default=clock.now)
    by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)

    class Meta:
        db_table = "people_restriction"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["person_id"], condition=models.Q(lifted_at__isnull=True), name="restriction_once"
            )
        ]


class RetentionRule(Record):
    """How long a kind of thing is kept. ``days`` null: for ever, or as long as the installation's setting says."""

    personal = personal.nothing(_("settings"))
    kind = models.CharField(max_length=20, unique=True)  # key of `privacy_retention.KINDS`
    days = models.IntegerField(null=True)
    active = models.BooleanField(default=False)
    window_days = models.IntegerField(default=30)  # people: announced so long before
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)
    last_run = models.JSONField(default=dict)
    last_run_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_retention_rule"


class RetentionMark(Record):
    """Somebody whom a rule will erase on ``due_on``, unless they are kept or something happens meanwhile."""

    personal = personal.deleted("person_id", ())
    person_id = models.UUIDField(unique=True)
    due_on = models.DateField()
    kept_by = models.UUIDField(null=True)  # a staff member said: keep
    marked_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_retention_mark"
        indexes: ClassVar[list[Any]] = [models.Index(fields=["due_on"], name="retentionmark_due")]


class PrivacySetting(Record):
    """How the privacy desk works here: one row."""

    personal = personal.nothing(_("settings"))
    number = models.SmallIntegerField(unique=True, default=1)
    grace_days = models.IntegerField(default=0)  # an erasure waits so long after it was decided
    second_person = models.BooleanField(default=False)  # somebody else has to confirm an erasure
    returning = models.CharField(max_length=10, default="flag")  # an erased person in an import: flag, refuse
    controller = models.CharField(max_length=300, blank=True)
    contact = models.CharField(max_length=300, blank=True)  # the data protection officer

    class Meta:
        db_table = "people_privacy_setting"
