"""The page of tasks: mine or my team's, by when they are due; made, given, changed, finished here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.people import api as people
from amity.sales.hearing import tell_tasks
from amity.sales.models import Task
from amity.sales.notes_subjects import in_sight
from amity.sales.todo import FIELDS, TaskView, _may_touch

SET = "tasks.set"
SHOWN = 300
_SET = ("subject", "owner_id", "due_on", "due_at", "remind_at", "repeat")
GROUPS = (
    ("late", gettext_lazy("Late")),
    ("today", gettext_lazy("Today")),
    ("week", gettext_lazy("Next seven days")),
    ("later", gettext_lazy("Later")),
    ("open", gettext_lazy("Without a day")),
)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task of the list: what it is about in words, and its time."""

    task: TaskView
    owner: str
    about: str
    url: tuple[str, UUID] | None
    due_at: datetime | None
    remind_at: datetime | None
    repeat: str
    reminded: bool

    @property
    def repeat_label(self) -> str:
        return str(Task.Repeat(self.repeat).label) if self.repeat else ""


def listed(principal: access.Principal, whose: str) -> dict[str, list[TaskRow]]:
    """Open tasks by when they are due: ``whose`` is mine, or team (everybody's in sight). 5 queries."""
    access.require(principal, "tasks.edit")
    rows = Task.objects.filter(_theirs(principal, whose), done_at=None)
    seen = When(
        Q(deal__isnull=False) & in_sight(principal), then=F("deal__title")
    )  # who owns a task may have lost its deal
    rows = rows.annotate(deal_called=Case(seen, default=Value("")))
    order = rows.order_by(F("due_on").asc(nulls_last=True), F("due_at").asc(nulls_last=True), "created_at")
    found = list(order.values(*FIELDS, "due_at", "remind_at", "repeat", "reminded_at", "deal_called")[:SHOWN])
    owners = access.staff_names(row["owner_id"] for row in found)
    persons = people.names([row["person_id"] for row in found], principal)
    firms = people.company_names([row["company_id"] for row in found], principal)
    groups: dict[str, list[TaskRow]] = {key: [] for key, _label in GROUPS}
    for row in found:
        groups[_group(row["due_on"])].append(_row(row, owners, persons, firms))
    return groups


def add(principal: access.Principal, values: Mapping[str, Any]) -> UUID:
    """A task about nothing in particular, for oneself or another; returns the undo group."""
    return undo.perform(principal, SET, {"ids": [], "values": _cleaned(principal, values)})


def change(principal: access.Principal, task_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Change a task that the principal may touch: words, owner, times, repetition; returns the undo group."""
    return undo.perform(principal, SET, {"ids": [str(task_id)], "values": _cleaned(principal, values)})


def get_task(principal: access.Principal, task_id: UUID) -> Task:
    """The row of an open task that the principal may touch; raises `NotFound`."""
    task = Task.objects.filter(pk=task_id, done_at=None).first()
    if task is None or not _may_touch(principal, task):
        raise NotFound(_("This task is done already, or not among those that you see."))
    return task


def set_one(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: a new task, or other values of one."""
    access.require(principal, "tasks.edit")
    if not args["ids"]:
        task = Task(owner_id=principal.staff_id)
        _put(task, args["values"])
        task.save(force_insert=True)
        before: dict[str, Any] = {"made": str(task.pk)}
    else:
        task = Task.objects.select_for_update().get(pk=get_task(principal, UUID(args["ids"][0])).pk)
        before = {"was": _state(task)}
        _put(task, args["values"])
        task.save()
        before["now"] = _state(task)
    tell_tasks([task])
    access.record(principal, "create" if "made" in before else "change", "task", task.pk)
    return before


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the task is gone, or as it was, unless it was done or changed since."""
    task = Task.objects.select_for_update().filter(pk=before.get("made") or args["ids"][0], done_at=None).first()
    if task is not None and "made" in before:
        task.delete()
    elif task is not None and _state(task) == before["now"]:
        _put(task, before["was"])
        task.save()
    access.record(principal, "undo", "task", before.get("made") or args["ids"][0])


def _theirs(principal: access.Principal, whose: str) -> Q:
    if whose != "team":
        return Q(owner_id=principal.staff_id)
    if principal.scope == "all":
        return Q()
    persons, firms = (access.rows_of(principal, f"{x}__owner_id", f"{x}__team_id") for x in ("person", "company"))
    about = (~Q(deal=None) | (~Q(person=None) & persons) | (~Q(company=None) & firms)) & in_sight(principal)
    return Q(owner_id=principal.staff_id) | about


def _row(row: dict[str, Any], owners: Any, persons: Any, firms: Any) -> TaskRow:
    about, url = "", None
    names = {"person": persons.get(row["person_id"]), "company": firms.get(row["company_id"])}
    for kind, name in {"deal": row["deal_called"], **names}.items():
        if row[f"{kind}_id"] and name and url is None:
            about, url = name, (kind, row[f"{kind}_id"])
    view = TaskView(**{name: row[name] for name in FIELDS})
    return TaskRow(
        view, owners.get(row["owner_id"], ""), about, url, row["due_at"], row["remind_at"], row["repeat"],
        row["reminded_at"] is not None,
    )  # fmt: skip


def _group(due: date | None) -> str:
    today = timezone.localdate(clock.now())
    if due is None:
        return "open"
    return "late" if due < today else "today" if due == today else "week" if due <= today + timedelta(7) else "later"


def _cleaned(principal: access.Principal, values: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: values[name] for name in _SET if name in values}
    told["subject"] = " ".join(str(told.get("subject", "")).split())[:300]
    if not told["subject"]:
        raise Refused("task_empty", _("Say what is to be done."))
    if told.get("owner_id"):
        access.member(told["owner_id"])
    if told.get("repeat") and told["repeat"] not in Task.Repeat.values:
        raise Refused("task_repeat", _("A task cannot repeat like this."))
    if told.get("due_on") and isinstance(at := told.pop("due_time", values.get("due_time")), time):
        told["due_at"] = timezone.make_aware(datetime.combine(told["due_on"], at))
    return {name: undo.plain(value) for name, value in told.items()}


def _put(task: Task, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in ("due_at", "remind_at") and isinstance(value, str):
            setattr(task, name, parse_datetime(value))
        elif name == "due_on" and isinstance(value, str):
            task.due_on = date.fromisoformat(value)
        elif name == "owner_id":
            task.owner_id = UUID(value) if value else None
        else:
            setattr(task, name, value)
    if "remind_at" in values:
        task.reminded_at = None


def _state(task: Task) -> dict[str, Any]:
    return {name: undo.plain(getattr(task, name)) for name in _SET}


def due_reminders(principal: access.Principal) -> QuerySet[Task]:
    """Own tasks whose reminder came, for the notice on the page."""
    return Task.objects.filter(owner_id=principal.staff_id, done_at=None, remind_at__lte=clock.now())
