"""A hand-over to sales is a task of the salesperson until it is kept or taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.desk import api as desk
from amity.desk.tests.talking import customer, heard
from amity.sales.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def handed(role: str) -> tuple[access.Principal, UUID, UUID, UUID]:
    """Who handed over, the conversation, whom it went to, and the undo group."""
    ann, to = access.principal_of(hire("Ann", "agent", "all")), hire("Sam", role, "own")
    talk = heard("c@x", text="How much for ten?", person_id=customer()).conversation_id
    due = clock.now() + timedelta(days=2)
    return ann, talk, to.pk, desk.handing.hand_to(ann, talk, to.pk, "Ten lamps", "A quote by mail", due)


def test_the_salesperson_gets_a_task_due_with_the_promise_and_keeping_it_ticks_it_off() -> None:
    ann, talk, sam, _group = handed("salesperson")
    task = Task.objects.get()
    assert (task.owner_id, task.subject, task.done_at) == (sam, "Promised: A quote by mail", None)
    assert task.due_on == timezone.localdate() + timedelta(days=2)
    kept = desk.handing.keep(ann, talk)
    assert Task.objects.get().done_at is not None
    undo.put_back(ann, kept)
    assert Task.objects.get().done_at is None


def test_undoing_the_hand_over_takes_the_task_away() -> None:
    ann, _talk, _sam, group = handed("salesperson")
    undo.put_back(ann, group)
    assert not Task.objects.exists()


def test_a_colleague_in_the_inbox_gets_no_task() -> None:
    handed("agent")
    assert not Task.objects.exists()
