"""Tables of room `access`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Role(models.TextChoices):
    """What a staff member is for; permissions hang on it (see `permissions.py`)."""

    ADMINISTRATOR = "administrator", _("Administrator")
    MANAGER = "manager", _("Manager")
    SALESPERSON = "salesperson", _("Salesperson")
    AGENT = "agent", _("Support agent")
    MARKETER = "marketer", _("Marketer")
    STEWARD = "steward", _("Data steward")
    ANALYST = "analyst", _("Analyst")
    PRIVACY = "privacy", _("Data protection officer")


class RowScope(models.TextChoices):
    """Whose rows a staff member sees."""

    OWN = "own", _("Own records")
    TEAM = "team", _("Records of the team")
    ALL = "all", _("All records")


class Team(Record):
    """People who share a pipeline or a queue."""

    personal = personal.nothing(_("names a team, not a person"))
    name = models.CharField(max_length=200, unique=True)
    manager = models.ForeignKey("Staff", null=True, blank=True, on_delete=models.SET_NULL, related_name="managed_teams")
    origin_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)


class StaffManager(BaseUserManager["Staff"]):
    """Lookup by e-mail, as Django's sign-in expects it."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(email__iexact=username)


class Staff(Record, AbstractBaseUser, PermissionsMixin):
    """Somebody who works here. Rows that came from an import cannot sign in until invited."""

    personal = personal.kept("id", ("name", "email"), _("employment records; erased through the staff page on leaving"))
    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.SALESPERSON)
    scope = models.CharField(max_length=8, choices=RowScope.choices, default=RowScope.OWN)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    key = models.CharField(max_length=300, unique=True, null=True, editable=False)
    is_active = models.BooleanField(default=True)
    mfa_due_at = models.DateTimeField(null=True, editable=False)  # until then the second factor may wait
    is_staff = False
    origin_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[StaffManager] = StaffManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def get_full_name(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.email = self.email.lower() if self.email else None


class SignInLink(Record):
    """A one-time link: first-run set-up, invitation, or the demo's way in. Only its hash is stored."""

    personal = personal.deleted("staff_id", (), _("a spent link has no use"))
    purpose = models.CharField(max_length=12)  # setup, invite, demo
    token_hash = models.CharField(max_length=64, unique=True)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class ApiToken(Record):
    """A key for programs: scoped, hashed, revocable. Acts with the rights of its owner, narrowed by its scopes."""

    personal = personal.deleted("staff_id", ("name",), _("a token dies with its owner's account"))
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class AuditEntry(models.Model):
    """One line of the append-only, hash-chained audit log; `seq` has no gaps."""

    personal = personal.kept("actor_id", ("actor_id",), _("proof of processing, GDPR art. 5(2)"))
    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    via = models.CharField(max_length=12)  # session, token, job, cli
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["object_kind", "object_id"], name="audit_object")]


class AuditNote(models.Model):
    """Words of an audit line. The chain holds only their hash with a random ``salt``, so they can be erased."""

    personal = personal.deleted("", ("told",), _("words about a record; the line itself stays, as proof of processing"))
    seq = models.BigIntegerField(primary_key=True)  # of `AuditEntry`
    salt = models.CharField(max_length=32, blank=True)
    told = models.JSONField(null=True)  # null: erased
    erased_at = models.DateTimeField(null=True)


class SavedView(Record):
    """A list's filters and sorting under a name; shared ones are seen by everybody who sees the list."""

    personal = personal.deleted("staff_id", ("name",), _("a personal convenience"))
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.TextField(max_length=2000)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["staff", "page", "name"], name="saved_view_name")
        ]


class IdempotencyKey(Record):
    """The answer given to an API request that carried an Idempotency-Key, kept for 24 hours."""

    personal = personal.deleted("staff_id", ("answer",), _("expires after 24 hours"))
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.IntegerField(null=True)
    answer = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["staff", "key"], name="idempotency_key")]


class RateCount(models.Model):
    """How often something was done in the current window; the bucket is a hash."""

    personal = personal.nothing(_("hashes and counts"))
    bucket = models.CharField(max_length=64, primary_key=True)
    opened_at = models.DateTimeField()
    count = models.IntegerField()
