"""Conversations that were put off wake when their time has come."""

from __future__ import annotations

from django.db import transaction

from amity.access import api as access
from amity.base import clock
from amity.desk.conversations_changes import do
from amity.desk.models import Conversation, State

BATCH = 200


def wake_due() -> int:
    """Open what was snoozed until now or earlier, at most 200 at once; returns how many."""
    due = Conversation.objects.filter(state=State.SNOOZED, snoozed_until__lte=clock.now(), merged_into=None)
    with transaction.atomic():
        ids = list(due.order_by("snoozed_until").values_list("pk", flat=True)[:BATCH])
        if ids:
            do(access.SYSTEM, {"ids": [str(pk) for pk in ids], "values": {"state": "open"}})
    return len(ids)
