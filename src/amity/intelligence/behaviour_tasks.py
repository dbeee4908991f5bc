"""Jobs of the lead score: learn once a month, or as soon as there is something to learn; follow the passing of time."""

from __future__ import annotations

from uuid import UUID

from amity.access import api as access
from amity.base import clock, jobs
from amity.intelligence import behaviour, reach
from amity.intelligence.behaviour_models import BehaviourWeights
from amity.people import api as people

LEARN = "intelligence.lead_score_learn"
SCORE = "intelligence.lead_score_everybody"


@jobs.app.task(name=LEARN, lock=LEARN, retry=jobs.RETRY)
def learn(job_run_id: str, staff_id: str | None = None) -> None:
    """Learn the weights anew and score everybody by them."""

    def work(report: jobs.Report) -> None:
        principal = access.principal_by_id(UUID(staff_id)) if staff_id else access.SYSTEM
        report(0, None, "fitting")
        behaviour.relearn(principal)
        reach.remake()
        behaviour.rescore(report)

    jobs.running(job_run_id, work)


@jobs.app.task(name=SCORE, lock=LEARN, retry=jobs.RETRY)
def score_everybody(job_run_id: str) -> None:
    """Score everybody by the weights that hold now, after somebody changed one."""
    jobs.running(job_run_id, _scored)


def _scored(report: jobs.Report) -> None:
    behaviour.rescore(report)


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="intelligence.lead_score_refresh", lock=LEARN, queueing_lock="intelligence.lead_score_refresh")
def refresh(timestamp: int) -> None:
    """Job, every ten minutes: those whom time alone has moved. ``timestamp``: when it was due (seconds)."""
    behaviour.refresh()


@jobs.app.periodic(cron="40 2 * * *")
@jobs.app.task(name="intelligence.lead_score_daily")
def daily(timestamp: int) -> None:
    """Job, nightly: the company's hours anew; the weights once a month, or where nothing was learned yet."""
    reach.remake()
    latest = BehaviourWeights.objects.filter(why="learned").order_by("-number").first()
    now = clock.now()
    learned_now = latest is not None and latest.created_at.strftime("%Y-%m") == now.strftime("%Y-%m")
    if not learned_now and people.any_profile():
        jobs.start(LEARN, LEARN)
