"""Job entry points of what customers buy: parse, call, done; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from django.db import close_old_connections

from amity.access import api as access
from amity.base import jobs
from amity.intelligence import customers_jobs


@jobs.app.task(name="intelligence.customers", lock="intelligence.train", retry=jobs.RETRY)
def learn_customers(job_run_id: str, staff_id: str | None) -> None:
    """Learn from purchases and compute every customer, in the name of a staff member."""

    def work(report: jobs.Report) -> None:
        principal = access.principal_by_id(UUID(staff_id)) if staff_id else access.SYSTEM
        customers_jobs.learn(principal, report)

    jobs.running(job_run_id, work)


@jobs.app.periodic(cron="25 4 * * *")
@jobs.app.task(name="intelligence.customers_nightly", queueing_lock="intelligence.customers_nightly")
def nightly(timestamp: int) -> None:
    """Every night, where there are purchases."""
    close_old_connections()
    customers_jobs.start_nightly()
