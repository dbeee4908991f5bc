"""Tables of duplicates: pairs that look alike, keys to find them by, what the matcher learned; merges of companies."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

_COMPANY = "people.Company"


class Band(models.TextChoices):
    """How sure the matcher is."""

    CERTAIN = "certain", _("Certain")
    REVIEW = "review", _("To be reviewed")


class PairState(models.TextChoices):
    """What became of a pair."""

    OPEN = "open", _("Open")
    MERGED = "merged", _("Merged")
    APART = "apart", _("Not the same")
    GONE = "gone", _("No longer alike")


class DuplicatePair(Record):
    """Two people or companies that look the same, ``left_id < right_id``, and what was decided.

    ``evidence``: ``[{field, level, weight}]``; the values themselves are read from the profiles when shown.
    """

    personal = personal.deleted("left_id", ("evidence",), _("goes with either of its two people"))
    kind = models.CharField(max_length=8)  # person, company
    left_id = models.UUIDField()
    right_id = models.UUIDField()
    probability = models.FloatField()
    weight = models.FloatField()
    evidence = models.JSONField(default=list)
    model_version = models.CharField(max_length=40, blank=True)
    band = models.CharField(max_length=7, choices=Band.choices)
    state = models.CharField(max_length=6, choices=PairState.choices, default=PairState.OPEN)
    found_by = models.CharField(max_length=6)  # scan, live, import, form, alias
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    merge_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_pair"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["left_id", "right_id", "kind"], name="pair_once"),
            models.CheckConstraint(condition=models.Q(left_id__lt=models.F("right_id")), name="pair_ordered"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["right_id"], name="pair_right"),
            models.Index(
                fields=["kind", "-probability", "-id"], name="pair_open", condition=models.Q(state=PairState.OPEN)
            ),
            models.Index(fields=["-decided_at"], name="pair_decided", condition=models.Q(decided_at__isnull=False)),
        ]


class MatchKey(Record):
    """What one person or company is looked up by: hashes of its blocking keys. ``id`` is the profile's."""

    personal = personal.deleted("id", ("keys",))
    kind = models.CharField(max_length=8)
    keys = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "people_matchkey"
        indexes: ClassVar[list[Any]] = [GinIndex(fields=["keys"], name="matchkey_keys")]


class MatchDue(Record):
    """A profile that was made or changed and is still to be matched. Written by triggers, whoever made the change."""

    personal = personal.nothing(_("ids only, for a minute"))
    # Written by triggers, row by row: a number costs a third of a random id.
    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]
    kind = models.CharField(max_length=8)
    profile_id = models.UUIDField()

    class Meta:
        db_table = "people_matchdue"


class MatchModel(Record):
    """What a scan learned of the base; the newest of a kind holds. ``version`` is a hash of ``model``."""

    personal = personal.nothing(_("chances of agreement, and how common values are by hash"))
    kind = models.CharField(max_length=8)
    version = models.CharField(max_length=40)
    model = models.JSONField()
    records = models.BigIntegerField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_matchmodel"
        indexes: ClassVar[list[Any]] = [models.Index(fields=["kind", "-created_at"], name="matchmodel_newest")]


class MatchPolicy(Record):
    """What the administrator allows for a kind, and what reviewers' decisions taught of its probabilities."""

    personal = personal.nothing(_("settings"))
    kind = models.CharField(max_length=8, unique=True)
    merge_certain = models.BooleanField(default=False)
    calibration = models.JSONField(default=dict)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_matchpolicy"


class CompanyMerge(Record):
    """Two companies are one: an edge between them, who said so and why. Revoked, it is as if it had never been."""

    personal = personal.nothing(_("facts about firms"))
    loser = models.ForeignKey(_COMPANY, on_delete=models.CASCADE, related_name="+")
    winner = models.ForeignKey(_COMPANY, on_delete=models.CASCADE, related_name="+")
    policy = models.CharField(max_length=20)  # manual, or the name of a policy
    actor_id = models.UUIDField(null=True)
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    veto = models.BooleanField(default=False)  # a human revoked it: no policy joins these two again


class CompanyOwn(Record):
    """What a company that is part of a merge says by itself, and when it was archived before."""

    personal = personal.nothing(_("facts about a firm"))
    company = models.OneToOneField(_COMPANY, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField()


class CompanyHolding(Record):
    """A row (a person, a deal, a subsidiary) that a merge of companies moved, and the company that it belongs to."""

    personal = personal.nothing(_("ids, and the words that a row is found by are not kept"))
    holder = models.CharField(max_length=40)
    row_id = models.UUIDField()
    home = models.ForeignKey(_COMPANY, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["holder", "row_id"], name="companyholding_once"),
        ]
