"""Undo: changes to many rows are done in steps that remember what was before, and can be put back as a whole.

A room registers a `Handler` per kind of change. `perform` does one step now; `perform_batches` makes one job per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.base.filters import Reader
from amity.base.ids import new_id
from amity.base.models import UndoStep

KEPT = timedelta(hours=24)
Do = Callable[[Any, dict[str, Any]], Any]
PutBack = Callable[[Any, dict[str, Any], Any], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """``do(actor, args)`` changes and returns what was before (JSON); ``put_back(actor, args, before)`` restores it.

    Both run inside a transaction and write their own audit line. ``put_back`` leaves alone what somebody changed since.
    ``do`` is None for kinds whose changes are made elsewhere and only noted (`note`); `perform` knows no such kind.
    """

    do: Do | None
    put_back: PutBack


_handlers: dict[str, Handler] = {}
_actor_of: list[Callable[[UUID], Any]] = []


def register(kind: str, handler: Handler) -> None:
    """Make ``kind`` known; called from a room's ``apps.py``."""
    _handlers[kind] = handler


def actors_from(lookup: Callable[[UUID], Any]) -> None:
    """Say how a job finds the actor behind a staff id (raises when it may no longer act)."""
    _actor_of[:] = [lookup]


def perform(actor: Reader, kind: str, args: dict[str, Any], group: UUID | None = None) -> UUID:
    """Do one step now; returns the group that `put_back` takes. Raises `LookupError` as `perform_batches` does."""
    do, group = _doing(kind), group or new_id()
    with transaction.atomic():
        before = do(actor, args)
        UndoStep.objects.create(
            group_id=group, kind=kind, staff_id=actor.staff_id, args=args, before=before, state="done"
        )
    return group


def note(actor: Reader, kind: str, args: dict[str, Any], before: Any) -> UUID:
    """Remember a change that was just made in this transaction; returns its group."""
    group = new_id()
    UndoStep.objects.create(group_id=group, kind=kind, staff_id=actor.staff_id, args=args, before=before, state="done")
    return group


def before_of(group: UUID) -> Any:
    """What the newest step of a group remembers. 1 query."""
    return UndoStep.objects.filter(group_id=group).order_by("-id").values_list("before", flat=True).first()


def state_of(row: Any) -> dict[str, Any]:
    """A record's columns by name, as changes are told apart by; without those that nobody edits."""
    unedited = ("id", "key", "search_vector")
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in unedited}


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def perform_batches(actor: Reader, kind: str, batches: Sequence[dict[str, Any]]) -> UUID:
    """One waiting step and one job per batch, deferred in one transaction; returns the group.

    Raises `LookupError` for a kind that is unknown or only noted.
    """
    _doing(kind)
    group = new_id()
    with transaction.atomic():
        for args in batches:
            step = UndoStep.objects.create(group_id=group, kind=kind, staff_id=actor.staff_id, args=args)
            jobs.start(kind, "base.undo.run_step", subject_id=group, started_by=actor.staff_id, step_id=str(step.id))
    return group


def put_back(actor: Reader, group: UUID) -> int:
    """Undo every step of a group, newest first; steps still waiting will not run. Raises `NotFound` or `Refused`."""
    with transaction.atomic():
        steps = list(
            UndoStep.objects.select_for_update().filter(group_id=group, staff_id=actor.staff_id).order_by("-id")
        )
        if not steps or steps[0].created_at < clock.now() - KEPT:
            raise NotFound(
                _("There is nothing to undo here any more. Changes can be undone for 24 hours by whoever made them.")
            )
        if all(step.state == "undone" for step in steps):
            raise Refused("undone_already", _("This was undone already."), 409)
        for step in steps:
            if step.state == "done":
                _handlers[step.kind].put_back(actor, step.args, step.before)
        UndoStep.objects.filter(group_id=group).update(state="undone")
    return len(steps)


def adopt(actor: Reader, group: UUID) -> int:
    """A change that nobody of the staff made (the bot, a job) becomes ``actor``'s, to be undone by them. 1 query."""
    return UndoStep.objects.filter(group_id=group, staff_id=None).update(staff_id=actor.staff_id)


def clear_old() -> int:
    """Delete steps that can no longer be undone; they hold values of people. 1 query."""
    return UndoStep.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


@jobs.app.periodic(cron="20 * * * *")
@jobs.app.task(name="base.undo.clear")
def clear(timestamp: int) -> None:
    """Job, hourly: forget what can no longer be undone. ``timestamp``: when it was due (seconds)."""
    clear_old()


@jobs.app.task(name="base.undo.run_step", retry=jobs.RETRY)
def run_step(job_run_id: str, step_id: str) -> None:
    """Job: do one waiting step; a step that was done or undone meanwhile is left alone."""
    jobs.running(job_run_id, lambda report: _run(step_id, report))


def _doing(kind: str) -> Do:
    do = _handlers[kind].do
    if do is None:
        raise LookupError(f"{kind!r} is only noted: the change is made by its own function.")
    return do


def _run(step_id: str, report: jobs.Report) -> None:
    with transaction.atomic():
        step = UndoStep.objects.select_for_update().filter(pk=step_id, state="waiting").first()
        if step is None:
            raise jobs.Stopped
        step.before = _doing(step.kind)(_actor_of[0](cast(UUID, step.staff_id)), step.args)
        step.state = "done"
        step.save(update_fields=["before", "state"])
    done = len(step.args.get("ids", ()))
    report(done, done, "")
