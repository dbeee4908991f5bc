"""The one base class of every table in the house."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.base import ModelBase
from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.base.ids import new_id
from amity.base.personal import Personal, deleted, nothing


class _Declared(ModelBase):
    """Refuses a concrete model without a ``personal`` declaration, when the class is created."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any) -> Any:
        meta = attrs.get("Meta")
        # Historical models in migrations are rebuilt by Django without class attributes.
        concrete = not getattr(meta, "abstract", False) and attrs.get("__module__") != "__fake__"
        if concrete and not isinstance(attrs.get("personal"), Personal):
            raise TypeError(
                f"{name} does not declare its personal data: set `personal = personal.nothing(…)`, "
                "`deleted(…)`, `blanked(…)` or `kept(…)` (amity.base.personal)."
            )
        created = super().__new__(mcs, name, bases, attrs, **kwargs)
        if concrete:
            _check_fields(created, attrs["personal"])
        return created


def _check_fields(model: Any, declared: Personal) -> None:
    known = {f.attname for f in model._meta.fields} | {f.name for f in model._meta.fields}
    unknown = [f for f in declared.fields if f not in known]
    if unknown:
        raise TypeError(f"{model.__name__} declares personal fields it does not have: {', '.join(unknown)}")


class Record(models.Model, metaclass=_Declared):
    """A row with a time-ordered id and a personal-data declaration."""

    personal: ClassVar[Personal]
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class JobRun(Record):
    """Progress of one piece of background work, as the jobs page shows it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")

    personal = nothing(_("holds counts and ids only"))
    kind = models.CharField(max_length=60)  # e.g. people.import
    subject_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    stage = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    queue_id = models.BigIntegerField(null=True)  # procrastinate's job id
    started_by = models.UUIDField(null=True)
    language = models.CharField(max_length=12, default="en")  # of who started it: failures are told in it
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["-created_at", "-id"], name="jobrun_newest")]


class UndoStep(Record):
    """One batch of a change that its maker can put back for 24 hours; see `undo`."""

    personal = deleted("", ("before", "args"), _("values before a change; cleared after 24 hours"))
    group_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    staff_id = models.UUIDField(null=True)
    args = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    state = models.CharField(max_length=8, default="waiting")  # waiting, done, undone
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["group_id"], name="undostep_group"),
            models.Index(fields=["created_at"], name="undostep_age"),
        ]
