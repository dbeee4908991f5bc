"""Tasks: by when they are due, given to others, repeated, reminded of once, undone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from amity.access.api import principal_of
from amity.base import clock, undo
from amity.base.errors import NotFound
from amity.channels.models import Outgoing
from amity.sales import reminding, todo, todo_pages, todo_repeat
from amity.sales.models import Task
from amity.web.tests.records import browser_of, deal, manager


def test_a_month_later_is_the_last_day_of_a_shorter_month() -> None:
    assert todo_repeat.moved(date(2024, 1, 31), "month") == date(2024, 2, 29)
    assert todo_repeat.moved(date(2025, 11, 30), "quarter") == date(2026, 2, 28)
    assert todo_repeat.moved(date(2024, 2, 29), "year") == date(2025, 2, 28)
    assert todo_repeat.moved(date(2025, 12, 31), "day") == date(2026, 1, 1)


@pytest.mark.slow
@pytest.mark.django_db
def test_tasks_stand_by_day_are_made_changed_and_finished_here_and_taken_back() -> None:
    mia, eve = manager(), manager("Eve", scope="own")
    me, desk, today = principal_of(mia), browser_of(mia), clock.today()
    todo.add_task(me, "deal", deal(mia, "Office").pk, "Call back", today - timedelta(days=2))
    form = {"subject": "Report", "owner_id": str(mia.pk), "due_on": today.isoformat(), "due_time": "14:30",
            "repeat": "week"}  # fmt: skip
    assert desk.post("/tasks/", form).status_code == 302
    shown = todo_pages.listed(me, "mine")
    assert [(key, [row.task.subject for row in rows]) for key, rows in shown.items() if rows] == [
        ("late", ["Call back"]), ("today", ["Report"])
    ]  # fmt: skip
    assert "Office" in desk.get("/tasks/?whose=team").content.decode()
    assert "Call back" not in browser_of(eve).get("/tasks/?whose=team").content.decode()
    task = Task.objects.get(subject="Report")
    assert desk.get(f"/tasks/{task.pk}/").status_code == 200
    desk.post(f"/tasks/{task.pk}/", form | {"owner_id": str(eve.pk), "subject": "Weekly report"})
    task.refresh_from_db()
    assert (task.owner_id, task.subject) == (eve.pk, "Weekly report")
    undo.put_back(me, undo.UndoStep.objects.order_by("-id")[0].group_id)
    desk.post(f"/tasks/{task.pk}/completion")
    again = Task.objects.get(subject="Report", done_at=None)
    assert (again.due_on, again.repeat) == (today + timedelta(days=7), "week")
    assert again.due_at and task.due_at
    assert again.due_at - task.due_at == timedelta(days=7)
    undo.put_back(me, undo.UndoStep.objects.order_by("-id")[0].group_id)
    assert Task.objects.get(subject="Report").done_at is None


@pytest.mark.slow
@pytest.mark.django_db
def test_a_reminder_comes_once_by_mail_and_stands_on_the_page() -> None:
    mia = manager()
    me = principal_of(mia)
    todo_pages.add(me, {"subject": "Offer {x}", "owner_id": mia.pk, "remind_at": clock.now() - timedelta(minutes=1)})
    assert [reminding.remind(), reminding.remind()] == [1, 0]
    assert Outgoing.objects.get().state == "queued"
    assert "notice-warn" in browser_of(mia).get("/tasks/").content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_time_stays_what_it_is_on_the_wall_and_a_task_of_somebody_else_out_of_reach() -> None:
    mia, eve = manager(time_zone="Europe/Warsaw"), manager("Eve", scope="own")
    me, desk = principal_of(mia), browser_of(mia)
    desk.post("/tasks/", {"subject": "Call", "owner_id": str(mia.pk), "due_on": "2030-03-29", "due_time": "10:00"})
    task = Task.objects.get()
    assert 'value="10:00"' in desk.get(f"/tasks/{task.pk}/").content.decode()
    with pytest.raises(NotFound):
        todo_pages.get_task(principal_of(eve), task.pk)
    task.repeat = "week"
    with timezone.override("Europe/Warsaw"):
        again = todo_repeat.next_of(task)
        assert again and again.due_at
        assert timezone.localtime(again.due_at).hour == 10
    assert todo_repeat.next_of(Task(subject="x", due_on=date(9999, 12, 31), repeat="day")) is None
    todo.add_task(me, "deal", deal(mia, "Secret").pk, "Look")
    Task.objects.filter(subject="Look").update(owner=eve)
    assert "Secret" not in browser_of(eve).get("/tasks/").content.decode()
