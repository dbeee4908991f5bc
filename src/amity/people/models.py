"""Tables of room `people`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.base.searching import words_vector
from amity.people.consent_tables import Basis, Consent, ConsentPurpose, ConsentState, ConsentText
from amity.people.duplicate_models import (
    Band,
    CompanyHolding,
    CompanyMerge,
    CompanyOwn,
    DuplicatePair,
    MatchDue,
    MatchKey,
    MatchModel,
    MatchPolicy,
    PairState,
)
from amity.people.golden_tables import GoldenMark, GoldenPolicy
from amity.people.identity_models import Device, Grade, Holding, Link, Membership, Merge, Own, Slot
from amity.people.privacy_tables import (
    ErasedMark,
    Erasure,
    PrivacyRequest,
    PrivacySetting,
    Restriction,
    RetentionMark,
    RetentionRule,
)
from amity.people.quality_tables import (
    Correction,
    CorrectionRule,
    Decay,
    QualityDay,
    QualityNote,
    QualityWeek,
    ValueMark,
)
from amity.people.segment_tables import (
    Activity,
    Computed,
    Measure,
    Segment,
    SegmentMember,
    SegmentMove,
    SegmentTimer,
    SegmentVersion,
    SegmentWork,
    Tally,
)


class LeadStatus(models.TextChoices):
    """Where a possible customer stands."""

    NONE = "none", _("Not a lead")
    OPEN = "open", _("Open lead")
    CONVERTED = "converted", _("Converted")
    LOST = "lost", _("Lost")


class Profile(Record):
    """What a person's and a company's profile have in common.

    ``traits`` holds values by name; ``origin_id`` and ``observed_at`` tell source and age of the row as a whole;
    ``origins`` holds ``{name: [origin id, ISO time]}`` only for values whose source or age differ from the row's.
    """

    key = models.CharField(max_length=300, unique=True, null=True, editable=False)  # "<system>:<id there>"
    # No index of its own where a named one below starts with the column.
    owner = models.ForeignKey(
        "access.Staff", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    team = models.ForeignKey("access.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    traits = models.JSONField(default=dict)
    origins = models.JSONField(default=dict)
    origin_id = models.UUIDField(null=True, editable=False)
    observed_at = models.DateTimeField(default=clock.now)
    search = models.TextField(blank=True, default="")
    search_vector = models.GeneratedField(
        expression=words_vector("search"), output_field=SearchVectorField(), db_persist=True
    )
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Company(Profile):
    """A firm we know."""

    personal = personal.nothing(_("facts about a firm; sole traders are kept as people"))
    name = models.CharField(max_length=300)
    domain = models.CharField(max_length=253, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=254, blank=True)
    employees = models.IntegerField(null=True, blank=True)
    revenue_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    founded_year = models.IntegerField(null=True, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="subsidiaries")
    # The company that this one is now part of: always the one that survives. Such a company is archived too.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="+", db_index=False, editable=False
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["search_vector"], name="company_search"),
            models.Index(fields=["name", "id"], name="company_name"),
            models.Index(fields=["-updated_at", "-id"], name="company_newest"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="company_owned"),
            GinIndex(fields=["traits"], name="company_traits", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["domain"], name="company_domain"),
            models.Index(fields=["merged_into"], name="company_merged", condition=models.Q(merged_into__isnull=False)),
        ]


_IN_LISTS = models.Q(merged_into__isnull=True, anonymous=False)
LISTED = _IN_LISTS & models.Q(archived_at__isnull=True)  # people that lists, search and counts show


class Person(Profile):
    """A human we know."""

    personal = personal.deleted(
        "id",
        ("display_name", "given_name", "family_name", "middle_name", "email", "phone", "job_title", "traits", "search"),
    )
    display_name = models.CharField(max_length=300, blank=True)
    given_name = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=160, blank=True)
    middle_name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    job_title = models.CharField(max_length=160, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="people", db_index=False
    )
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=8, blank=True)
    source = models.CharField(max_length=120, blank=True)
    lead_status = models.CharField(max_length=10, choices=LeadStatus.choices, default=LeadStatus.NONE)
    lead_created_at = models.DateTimeField(null=True, blank=True)
    lead_decided_at = models.DateTimeField(null=True, blank=True)
    grade = models.CharField(
        max_length=7, choices=Grade.choices, default=Grade.RECORD, db_default=Grade.RECORD, editable=False
    )
    # A visitor of whom neither name nor address is known: no row of the lists.
    anonymous = models.BooleanField(default=False, db_default=False, editable=False)
    # The profile that this one is now part of: always the one that survives, never a step on the way.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="+", db_index=False, editable=False
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merged_into"], name="person_merged", condition=models.Q(merged_into__isnull=False)),
            GinIndex(fields=["search_vector"], name="person_search"),
            models.Index(fields=["display_name", "id"], name="person_by_name", condition=_IN_LISTS),
            models.Index(fields=["-updated_at", "-id"], name="person_latest", condition=_IN_LISTS),
            models.Index(fields=["company"], name="person_company"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="person_of_owner", condition=_IN_LISTS),
            GinIndex(fields=["traits"], name="person_traits", opclasses=["jsonb_path_ops"]),
            models.Index(
                fields=["-updated_at", "-id"], name="person_no_mail", condition=_IN_LISTS & models.Q(email="")
            ),
            models.Index(
                fields=["-updated_at", "-id"], name="person_no_phone", condition=_IN_LISTS & models.Q(phone="")
            ),
            models.Index(
                fields=["lead_created_at"], name="person_lead_since", condition=models.Q(lead_created_at__isnull=False)
            ),
            models.Index(
                fields=["lead_status", "-updated_at", "-id"],
                name="person_lead",
                condition=~models.Q(lead_status="none"),
            ),
        ]


class Identifier(Record):
    """A way to recognise a person: e-mail, phone, user id, cookie, card, device. Values are normalised."""

    personal = personal.deleted("person_id", ("value",))
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=254)
    origin_id = models.UUIDField(null=True, editable=False)
    observed_at = models.DateTimeField(default=clock.now)
    verified = models.BooleanField(default=False, db_default=False)  # the sender has checked the address

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["value", "kind", "person"], name="identifier_once"),
            models.UniqueConstraint(fields=["value"], name="identifier_login", condition=models.Q(kind="user_id")),
        ]


class TraitChange(Record):
    """A value that was replaced: what it was, what it became, and who says so."""

    personal = personal.deleted("profile_id", ("before", "after"))
    profile_kind = models.CharField(max_length=8)  # person, company
    profile_id = models.UUIDField()
    name = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    origin_id = models.UUIDField(null=True, editable=False)
    actor_id = models.UUIDField(null=True)
    held = models.BooleanField(default=False, db_default=False)  # an event said ``after``; the typed value stays
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["profile_id", "-changed_at"], name="traitchange_profile")]


class Import(Record):
    """One drop of files from elsewhere: proposed, checked, run, maybe undone."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for your go")
        CHECKING = "checking", _("Dry run")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    personal = personal.nothing(_("counts and settings of an import; its rows are declared where they land"))
    name = models.CharField(max_length=200)
    system = models.CharField(max_length=60, default="import")  # name space of foreign keys
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    stop_requested = models.BooleanField(default=False)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    report = models.JSONField(default=dict)
    shelved = models.JSONField(default=list)  # indexes set aside for a first big load: [[how to drop, how to make]]
    undo_done = models.JSONField(default=dict)  # rows put back so far, by table
    started_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)  # also `updated_at` of every row that this import wrote
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)


class ImportFile(Record):
    """One file of an import, what it was taken for, and how far it got."""

    personal = personal.nothing(_("names of files and counts; the upload itself is deleted with the import"))
    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    position = models.IntegerField(default=0)
    name = models.CharField(max_length=300)
    path = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    source = models.JSONField(default=dict)  # format, encoding, separator, columns
    noun = models.CharField(max_length=30, blank=True)  # empty: not understood
    mapping = models.JSONField(default=dict)
    rows = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    notes = models.JSONField(default=dict)  # how often something had to be helped along, by code
    fresh = models.BooleanField(default=False)  # its table was empty when it began: nothing to compare with

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "position"], name="importfile_position"),
        ]


class ImportReject(Record):
    """A row that found no home, and why."""

    personal = personal.deleted("", ("row",), _("deleted with the import; searched by value on erasure"))
    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="rejects")
    row_number = models.BigIntegerField()
    code = models.CharField(max_length=60)
    reason = models.TextField()
    row = models.JSONField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["file", "row_number"], name="importreject_row"),
        ]


class ImportChange(Record):
    """The state of a row before an import changed it; undo puts it back."""

    personal = personal.deleted("object_id", ("before",), _("needed only to undo the import"))
    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=60)
    object_id = models.UUIDField()
    before = models.JSONField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "table", "object_id"], name="importchange_once"),
        ]


__all__ = [
    "LISTED",
    "Activity",
    "Band",
    "Basis",
    "Company",
    "CompanyHolding",
    "CompanyMerge",
    "CompanyOwn",
    "Computed",
    "Consent",
    "ConsentPurpose",
    "ConsentState",
    "ConsentText",
    "Correction",
    "CorrectionRule",
    "Decay",
    "Device",
    "DuplicatePair",
    "ErasedMark",
    "Erasure",
    "GoldenMark",
    "GoldenPolicy",
    "Grade",
    "Holding",
    "Identifier",
    "Import",
    "ImportChange",
    "ImportFile",
    "ImportReject",
    "LeadStatus",
    "Link",
    "MatchDue",
    "MatchKey",
    "MatchModel",
    "MatchPolicy",
    "Measure",
    "Membership",
    "Merge",
    "Own",
    "PairState",
    "Person",
    "PrivacyRequest",
    "PrivacySetting",
    "Profile",
    "QualityDay",
    "QualityNote",
    "QualityWeek",
    "Restriction",
    "RetentionMark",
    "RetentionRule",
    "Segment",
    "SegmentMember",
    "SegmentMove",
    "SegmentTimer",
    "SegmentVersion",
    "SegmentWork",
    "Slot",
    "Tally",
    "TraitChange",
    "ValueMark",
]
