"""Jobs of data quality; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from django.db import close_old_connections

from amity.access import api as access
from amity.base import clock, jobs

SCAN, CHANGED, DAILY = "people.quality_scan", "people.quality_changed", "people.quality_daily"
_LOCK = "people.quality"


@jobs.app.task(name=SCAN, retry=jobs.RETRY, lock=_LOCK)
def scan_all(job_run_id: str) -> None:
    """Look through every record, carry out the rules, and measure."""
    from amity.people import quality_apply, quality_daily, quality_scan

    close_old_connections()

    def work(report: jobs.Report) -> None:
        quality_daily.signals()
        quality_scan.scan(report)
        quality_apply.run_rules(report)
        quality_daily.measure(clock.today())

    jobs.running(job_run_id, work)


@jobs.app.task(name="people.quality_many", retry=jobs.RETRY, lock=_LOCK)
def decide_many(job_run_id: str, verb: str, what: str, source: str, least: float, staff_id: str, rule_id: str) -> None:
    """Accept, refuse or take back everything of a kind, or what a rule is for or did."""
    from amity.people import quality_apply
    from amity.people.models import CorrectionRule

    close_old_connections()

    def work(report: jobs.Report) -> None:
        principal = access.principal_by_id(UUID(staff_id)) if staff_id else access.SYSTEM
        if verb == "rule":
            rule = CorrectionRule.objects.filter(pk=UUID(rule_id), active=True).first()
            done = quality_apply.run_rule(rule, lambda n, total: report(n, total, "accept")) if rule else 0
            report(done, done, "accept")
            return
        ids = quality_apply.ids_for(principal, verb, what, source, least, rule_id)
        report(0, len(ids), verb)
        outcome = quality_apply.ACTS[verb](principal, ids, lambda n: report(n, len(ids), verb))
        report(outcome.done, outcome.done + outcome.void + outcome.refused, verb)

    jobs.running(job_run_id, work)


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name=CHANGED, queueing_lock=CHANGED, lock=_LOCK)
def scan_changed(timestamp: int) -> None:
    """Look through what was written since the last look."""
    from amity.people import quality_daily

    close_old_connections()

    quality_daily.follow()


@jobs.app.periodic(cron="15 3 * * *")
@jobs.app.task(name=DAILY, queueing_lock=DAILY, lock=_LOCK)
def daily(timestamp: int) -> None:
    """The numbers of the day, how fast values decay, and on Mondays what changed in the week."""
    from amity.people import quality_daily

    close_old_connections()

    quality_daily.every_day()
