"""Job entry points of routing and promises; each is safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.task(name="desk.route")
def route(timestamp: int = 0) -> None:
    """Give out what waits."""
    from amity.desk import routing

    close_old_connections()
    routing.route_waiting()


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="desk.tend", queueing_lock="desk.tend")
def tend(timestamp: int) -> None:
    """Once a minute: write down broken promises, take from who is gone, give out what waits, look ahead."""
    from amity.desk import routing, sla_history, sla_keeping

    close_old_connections()
    while sla_keeping.breach_due() >= sla_keeping.BATCH:
        pass
    routing.take_from_absent()
    routing.route_waiting()
    sla_history.foresee()


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="desk.mend_clocks", queueing_lock="desk.mend_clocks")
def mend(timestamp: int) -> None:
    """Every ten minutes: deadlines follow changed policies, hours and holidays."""
    from amity.desk import sla_keeping

    close_old_connections()
    sla_keeping.mend()


@jobs.app.periodic(cron="41 3 * * *")
@jobs.app.task(name="desk.learn_waits", queueing_lock="desk.learn_waits")
def learn_waits(timestamp: int) -> None:
    """Nightly: how long replies took lately."""
    from amity.desk import sla_history

    close_old_connections()
    sla_history.learn()


@jobs.app.task(name="desk.simulate", retry=jobs.RETRY)
def simulate(job_run_id: str, run_id: str) -> None:
    """One simulation that somebody asked for."""
    from amity.desk.simulator_runs import run

    jobs.running(job_run_id, lambda report: run(run_id, report))
