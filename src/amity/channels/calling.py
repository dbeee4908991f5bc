"""Calling the worker that sends, once the transaction commits."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from amity.base import clock, jobs

TASK = "channels.send_due"


def call_worker(due_at: datetime | None = None) -> None:
    """Have what is due sent as soon as this transaction has committed, or then; one waiting job is enough."""
    if due_at is not None and due_at > clock.now():
        transaction.on_commit(lambda: _call_at(due_at))
    else:
        transaction.on_commit(_call)


def _call() -> None:
    with suppress(AlreadyEnqueued):
        jobs.named(TASK, queueing_lock=TASK).defer(timestamp=0)


def _call_at(due_at: datetime) -> None:
    """One job for everything that falls due in that second."""
    with suppress(AlreadyEnqueued):
        jobs.named(TASK, queueing_lock=f"{TASK}:{due_at:%Y%m%d%H%M%S}", schedule_at=due_at).defer(timestamp=0)
