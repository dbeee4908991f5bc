"""Pages of tasks."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.sales import todo, todo_pages
from amity.sales.models import Task


class TaskForm(forms.Form):
    """A task: what, who, when, how often."""

    subject = forms.CharField(label=gettext_lazy("What is to be done"), max_length=300)
    owner_id = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    due_on = forms.DateField(
        label=gettext_lazy("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    due_time = forms.TimeField(
        label=gettext_lazy("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    remind_at = forms.DateTimeField(
        label=gettext_lazy("Remind me"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    repeat = forms.ChoiceField(label=gettext_lazy("Repeat"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = [("", _("Nobody")), *((str(pk), name) for pk, name in access.staff_choices())]
        cast(forms.ChoiceField, self.fields["owner_id"]).choices = who
        cast(forms.ChoiceField, self.fields["repeat"]).choices = [("", _("Never")), *Task.Repeat.choices]

    def values(self) -> dict[str, Any]:
        """What to store."""
        data = self.cleaned_data
        return {**data, "owner_id": UUID(data["owner_id"]) if data["owner_id"] else None, "due_at": None}


@require_http_methods(["GET", "POST"])
def index(request: access.StaffRequest) -> HttpResponse:
    """Open tasks by when they are due; a new one is made here. Undo in the toast. 7 queries, however many there are."""
    access.require(request.principal, "tasks.edit")
    form = TaskForm(request.POST or None, initial={"owner_id": str(request.principal.staff_id or "")})
    if request.method == "POST" and form.is_valid():
        group = todo_pages.add(request.principal, form.values())
        toast(request, _("Task added"), undo=reverse("undo", args=[group]))
        return HttpResponseRedirect(reverse("tasks"))
    whose = "team" if request.GET.get("whose") == "team" else "mine"
    found = todo_pages.listed(request.principal, whose)
    groups = [(key, label, found[key]) for key, label in todo_pages.GROUPS if found[key]]
    reminded = list(todo_pages.due_reminders(request.principal)[:5])
    return page(request, "sales/tasks.html", {"groups": groups, "whose": whose, "form": form, "reminded": reminded})


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, task_id: UUID) -> HttpResponse:
    """Change a task. Undo in the toast."""
    access.require(request.principal, "tasks.edit")
    task = todo_pages.get_task(request.principal, task_id)
    initial = {name: getattr(task, name) for name in ("subject", "due_on", "remind_at", "repeat")}
    initial |= {
        "owner_id": str(task.owner_id or ""),
        "due_time": timezone.localtime(task.due_at).time() if task.due_at else None,
    }
    form = TaskForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            group = todo_pages.change(request.principal, task_id, form.values())
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("tasks"))
    return page(request, "sales/task_form.html", {"form": form, "record": task})


@require_POST
def finish(request: access.StaffRequest, task_id: UUID) -> HttpResponse:
    """Tick a task off; a repeated one comes again. Undo in the toast."""
    group = todo.finish(request.principal, task_id)
    toast(request, _("Task done"), undo=reverse("undo", args=[group]))
    back = "?whose=team" if request.POST.get("whose") == "team" else ""
    return HttpResponseRedirect(reverse("tasks") + back)
