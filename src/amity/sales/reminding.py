"""Reminding staff of tasks: once, by mail; the page of tasks shows it by itself."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.people import api as people
from amity.sales.models import Task

BATCH = 200


def remind() -> int:
    """Mail everybody whose task asks for it now; how many tasks. Each at most once, also when run twice at a time."""
    with transaction.atomic():
        due = Task.objects.select_for_update(skip_locked=True).filter(
            remind_at__lte=clock.now(), reminded_at=None, done_at=None
        )
        tasks = list(due.order_by("remind_at")[:BATCH])
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(reminded_at=clock.now())
        for task in tasks:
            with suppress(Refused), transaction.atomic():  # one that cannot be mailed must not hold up the others
                _tell(task)
    return len(tasks)


def _tell(task: Task) -> None:
    live.tell("task", [task.pk])
    if task.owner_id is None:
        return
    try:
        owner = access.member(task.owner_id)
    except NotFound:
        return
    if not owner.email:
        return
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Reminder: {subject}").format(subject=task.subject)
        body = render_to_string("sales/mail/reminder.txt", {"task": task, "link": people.consent.public_url("/tasks/")})
    message = channels.Message(
        key=f"reminder:{task.pk}:{task.remind_at:%Y%m%d%H%M}", channel="email", purpose=people.consent.SERVICE,
        subject=_literal(subject), body=_literal(body), staff_id=owner.id, address=owner.email, template="reminder",
        language=settings.LANGUAGE_CODE[:2],
    )  # fmt: skip
    channels.send(access.SYSTEM, message)


def _literal(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")
