"""Calling the worker that sends, once the transaction commits."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from amity.base import jobs

TASK = "channels.send_due"


def call_worker() -> None:
    """Have what is due sent as soon as this transaction has committed; one waiting job is enough."""
    transaction.on_commit(_call)


def _call() -> None:
    with suppress(AlreadyEnqueued):
        jobs.named(TASK, queueing_lock=TASK).defer(timestamp=0)
