"""Learning from purchases as one job: what customers are worth, and what goes with what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from amity.access import api as access
from amity.base import jobs
from amity.base.ids import stable_id
from amity.base.models import JobRun
from amity.intelligence import customers_source

KIND = "intelligence.customers"
SUBJECT = stable_id("intelligence.target", "customers")


def learn(principal: access.Principal, report: Any) -> None:
    """Everything that is learned from purchases, one after the other. Not inside a transaction."""
    from amity.intelligence import customers, customers_goods

    customers.train_value(principal, report)
    customers_goods.train_products(principal, report)


def start(principal: access.Principal) -> UUID:
    """Learn in the background; returns the id of the progress row. One under way is not started twice."""
    access.require(principal, "models.train")
    with transaction.atomic():
        waiting = under_way()
        if waiting is not None:
            return waiting
        staff_id = str(principal.staff_id) if principal.staff_id else None
        return jobs.start(KIND, KIND, subject_id=SUBJECT, started_by=principal.staff_id, staff_id=staff_id)


def start_nightly() -> None:
    """The same by night, where anything was ever bought."""
    if customers_source.any_purchases():
        start(access.SYSTEM)


def under_way() -> UUID | None:
    """The progress row of a learning that waits or runs. 1 query."""
    states = (JobRun.State.WAITING, JobRun.State.RUNNING)
    rows = JobRun.objects.filter(kind=KIND, subject_id=SUBJECT, state__in=states)
    return rows.values_list("id", flat=True).first()
