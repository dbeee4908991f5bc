"""Tasks: what a staff member means to do about a person, company or deal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.people import api as people
from amity.sales.deals import get_deal
from amity.sales.hearing import tell_tasks
from amity.sales.models import Deal, Task
from amity.sales.todo_repeat import next_of

TASK_ADD, TASK_DONE = "tasks.add", "tasks.done"
SUBJECTS = ("person", "company", "deal")


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as pages and the API see it."""

    id: UUID
    subject: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    owner_id: UUID | None
    due_on: date | None
    done_at: datetime | None
    created_at: datetime

    @property
    def late(self) -> bool:
        return self.done_at is None and self.due_on is not None and self.due_on < clock.today()


FIELDS = tuple(TaskView.__dataclass_fields__)


def open_tasks(kind: str, subject_id: UUID, limit: int = 30) -> list[TaskView]:
    """Open tasks about a record that the caller has been shown, the most urgent first. 1 query."""
    rows = Task.objects.filter(**{f"{kind}_id": subject_id}, done_at=None)
    return [
        TaskView(**row) for row in rows.order_by(F("due_on").asc(nulls_last=True), "created_at").values(*FIELDS)[:limit]
    ]


def my_tasks(principal: access.Principal, limit: int = 30) -> list[TaskView]:
    """The principal's own open tasks, the most urgent first. 1 query."""
    rows = Task.objects.filter(owner_id=principal.staff_id, done_at=None)
    return [
        TaskView(**row) for row in rows.order_by(F("due_on").asc(nulls_last=True), "created_at").values(*FIELDS)[:limit]
    ]


def tasks_by_id(principal: access.Principal, ids: Iterable[UUID]) -> dict[UUID, TaskView]:
    """Those of ``ids`` that ``principal`` may touch. 1 query, and up to 3 for each of somebody else."""
    rows = [row for row in Task.objects.filter(pk__in=list(ids)) if _may_touch(principal, row)]
    return {row.pk: TaskView(**{name: getattr(row, name) for name in FIELDS}) for row in rows}


def add_task(
    principal: access.Principal, kind: str, subject_id: UUID, subject: str, due_on: date | None = None
) -> UUID:
    """A task for the principal about one record they see; returns the undo group."""
    _check(principal, kind, subject_id)
    args = {"kind": kind, "ids": [str(subject_id)], "subject": subject, "due_on": due_on.isoformat() if due_on else ""}
    return undo.perform(principal, TASK_ADD, args)


def finish(principal: access.Principal, task_id: UUID) -> UUID:
    """Tick a task off; returns the undo group."""
    return undo.perform(principal, TASK_DONE, {"ids": [str(task_id)]})


def add_many(principal: access.Principal, args: dict[str, Any]) -> list[str]:
    """`undo` handler: one task per record in ``args["ids"]`` that the principal sees; returns the new ids."""
    access.require(principal, "tasks.edit")
    subject = str(args["subject"]).strip()[:300]
    if not subject:
        raise Refused("task_empty", _("Say what is to be done."))
    due_on = date.fromisoformat(args["due_on"]) if args.get("due_on") else None
    kind = args["kind"]
    tasks = [
        Task(subject=subject, due_on=due_on, owner_id=principal.staff_id, **{f"{kind}_id": pk})
        for pk in _visible(principal, kind).filter(pk__in=args["ids"]).values_list("pk", flat=True)
    ]
    Task.objects.bulk_create(tasks, batch_size=500)
    tell_tasks(tasks)
    access.record(
        principal, "create", "task", str(tasks[0].pk) if len(tasks) == 1 else f"{len(tasks)} records", {"about": kind}
    )
    return [str(task.pk) for task in tasks]


def remove_many(principal: access.Principal, args: dict[str, Any], before: list[str]) -> None:
    """`undo` handler: take added tasks away again, unless done meanwhile."""
    going = Task.objects.filter(pk__in=before, done_at=None)
    tell_tasks(going)
    going.delete()
    access.record(principal, "undo", "task", before[0] if len(before) == 1 else f"{len(before)} records")


def finish_many(principal: access.Principal, args: dict[str, Any]) -> list[str]:
    """`undo` handler: tick off tasks that the principal may touch; raises `NotFound` when none is open."""
    access.require(principal, "tasks.edit")
    with transaction.atomic():
        rows = Task.objects.select_for_update().filter(pk__in=args["ids"], done_at=None)
        touched = [row for row in rows if _may_touch(principal, row)]
        ids = [row.pk for row in touched]
        if not ids:
            raise NotFound(_("This task is done already, or not among those that you see."))
        Task.objects.filter(pk__in=ids).update(done_at=clock.now())
        again = _repeated(touched)
        tell_tasks([*touched, *again])
        access.record(principal, "finish", "task", ids[0] if len(ids) == 1 else f"{len(ids)} records")
    return [*(str(pk) for pk in ids), *(f"again:{task.pk}" for task in again)]


def reopen_many(principal: access.Principal, args: dict[str, Any], before: list[str]) -> None:
    """`undo` handler: open ticked-off tasks again."""
    Task.objects.filter(pk__in=[pk.removeprefix("again:") for pk in before if pk.startswith("again:")]).delete()
    again = Task.objects.filter(pk__in=[pk for pk in before if not pk.startswith("again:")])
    again.update(done_at=None)
    tell_tasks(again)
    access.record(principal, "undo", "task", before[0] if len(before) == 1 else f"{len(before)} records")


def _repeated(done: list[Task]) -> list[Task]:
    """What comes again after these."""
    return Task.objects.bulk_create([after for task in done if (after := next_of(task))])


def _check(principal: access.Principal, kind: str, subject_id: UUID) -> None:
    if kind == "person":
        people.get_person(principal, subject_id)
    elif kind == "company":
        people.get_company(principal, subject_id)
    else:
        get_deal(principal, subject_id)


def _visible(principal: access.Principal, kind: str) -> Any:
    if kind == "person":
        return people.people_rows(principal)
    if kind == "company":
        return people.company_rows(principal)
    return Deal.objects.filter(access.rows_of(principal), archived_at=None)


def _may_touch(principal: access.Principal, task: Task) -> bool:
    if task.owner_id == principal.staff_id:
        return True
    pairs = (("person", task.person_id), ("company", task.company_id), ("deal", task.deal_id))
    about = [(kind, pk) for kind, pk in pairs if pk]
    if not about:  # nobody else's business, as on the page of tasks
        return task.owner_id is None or principal.scope == "all"
    return any(_visible(principal, kind).filter(pk=pk).exists() for kind, pk in about)
