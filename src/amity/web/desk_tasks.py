"""What is handed over to sales is a task of the salesperson: due when the promise is, gone or done with the hand-over.

`desk` tells of hand-overs, `sales` keeps tasks; neither knows the other.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import undo
from amity.base.models import UndoStep
from amity.desk import api as desk
from amity.desk.api import HandingView
from amity.sales import api as sales

AT_DESK = "agent"  # who works in the inbox sees it there


def register() -> None:
    """Called once, from ``apps.py``."""
    desk.handing.on_hand_over("task", begun)
    desk.handing.on_close("task", closed)


def begun(handing: HandingView) -> None:
    """A task for who has it now, on the customer, due on the day of the deadline. Nothing where nobody is known."""
    to = access.principal_by_id(handing.to_staff_id) if handing.to_staff_id else None
    if to is None or handing.person_id is None or to.role == AT_DESK or not to.may("tasks.edit"):
        return
    due = timezone.localtime(handing.due_at).date().isoformat()
    args = {
        "kind": "person", "ids": [str(handing.person_id)], "due_on": due, "handing": str(handing.id),
        "subject": _("Promised: {what}").format(what=" ".join(handing.promise.split()))[:300],
    }  # fmt: skip
    undo.perform(_seeing(to), sales.TASK_ADD, args)  # the customer was shown to them by handing over


def closed(handing: HandingView, state: str) -> None:
    """Kept: the task is ticked off; undone: it is taken away; open again: so is the task. What ran out stays to do."""
    step = _step(sales.TASK_ADD, handing.id)
    to = access.principal_by_id(handing.to_staff_id) if handing.to_staff_id else None
    if step is None or to is None or step.staff_id != to.staff_id:
        return
    if state == "undone" and step.state == "done":
        undo.put_back(_seeing(to), step.group_id)
    elif state == "kept":
        _tick(_seeing(to), step, handing)
    elif state == "open":
        ticked = _step(sales.TASK_DONE, handing.id)
        if ticked is not None and ticked.state == "done":
            undo.put_back(_seeing(to), ticked.group_id)


def _tick(to: access.Principal, step: UndoStep, handing: HandingView) -> None:
    found = sales.tasks_by_id(to, [UUID(each) for each in step.before or ()])
    if any(each.done_at is None for each in found.values()):
        undo.perform(to, sales.TASK_DONE, {"ids": list(map(str, found)), "handing": str(handing.id)})


def _step(kind: str, handing_id: UUID) -> UndoStep | None:
    return UndoStep.objects.filter(kind=kind, args__handing=str(handing_id)).order_by("-id").first()


def _seeing(principal: access.Principal) -> access.Principal:
    return replace(principal, scope="all")
