"""Simulations that somebody asks for on the page: started as a job, kept, shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import Refused
from amity.desk import routing
from amity.desk.models import RoutingRun

RIGHT = "desk.manage"
SOURCES = ("log", "made")
WAYS = ("now", "changed", "round_robin", "least_loaded")
SEEDS = (1, 2, 3)
_WEEK = 7 * 86_400
SHOWN = 10


@dataclass(frozen=True, slots=True)
class RunView:
    """A simulation; ``found`` is empty while it runs or when it failed."""

    id: UUID
    at: datetime
    source: str
    weights: Mapping[str, float]
    found: Mapping[str, Any]
    staff_id: UUID | None


def start(principal: access.Principal, source: str, weights: Mapping[str, float], hold: float) -> UUID:
    """Simulate the present weights, these, round robin and least-loaded; returns the run. Raises `Refused`."""
    access.require(principal, RIGHT)
    if source not in SOURCES:
        raise Refused("bad_source", _("Choose one of: {ops}.").format(ops=", ".join(SOURCES)))
    with transaction.atomic():
        asked = {"source": source, "weights": dict(weights), "hold": hold}
        run = RoutingRun.objects.create(asked=asked, staff_id=principal.staff_id)
        run.job_id = jobs.start(
            "desk.simulate", "desk.simulate", subject_id=run.pk, started_by=principal.staff_id, run_id=str(run.pk)
        )
        run.save(update_fields=["job_id"])
        access.record(principal, "simulate", "routing", run.pk)
    return run.pk


def runs(principal: access.Principal) -> list[RunView]:
    """The newest ten. 1 query."""
    access.require(principal, RIGHT)
    rows = RoutingRun.objects.order_by("-at")[:SHOWN]
    return [RunView(r.pk, r.at, r.asked["source"], r.asked["weights"], r.found, r.staff_id) for r in rows]


def run(run_id: str, report: jobs.Report) -> None:
    """Do one: about 20 s a seed of made-up traffic, as long as the month is for the log."""
    row = RoutingRun.objects.filter(pk=run_id).first()
    if row is None or row.found:
        return
    row.found = (_replayed if row.asked["source"] == "log" else _made)(row.asked, report)
    row.save(update_fields=["found"])


def _made(asked: Mapping[str, Any], report: jobs.Report) -> dict[str, Any]:
    from amity.desk import simulator, simulator_traffic

    rows: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    contacts, done = 0, 0
    for seed in SEEDS:
        traffic = simulator_traffic.made(seed)
        contacts += len(traffic.contacts)
        for name, way in _ways(asked).items():
            served = simulator.simulate(traffic.contacts, traffic.workers, way, traffic.hours)
            rows[name].append(_figures(served))
            done += 1
            report(done, len(SEEDS) * len(WAYS), "")
    return {"contacts": contacts, "ways": {name: _plain(each) for name, each in rows.items()}}


def _replayed(asked: Mapping[str, Any], report: jobs.Report) -> dict[str, Any]:
    """The log's month; intervals over its weeks."""
    from amity.desk import simulator, simulator_log

    month = simulator_log.month()
    if len(month.contacts) < simulator_log.LEAST or not month.workers:
        raise Refused("too_little", _("Too little to replay: it needs 50 conversations in 30 days, and agents."))
    found = {}
    for number, (name, way) in enumerate(_ways(asked).items(), 1):
        served = simulator.simulate(month.contacts, month.workers, way, month.hours, month.effects)
        weeks: dict[int, list[Any]] = {}
        for each in served:
            weeks.setdefault(int((each.contact.at - month.contacts[0].at) // _WEEK), []).append(each)
        found[name] = _plain([_figures(rows) for rows in weeks.values() if len(rows) >= SHOWN])
        report(number, len(WAYS), "")
    return {"contacts": len(month.contacts), "ways": found}


def _ways(asked: Mapping[str, Any]) -> dict[str, Any]:
    from amity.desk import simulator

    now = routing.settings()
    return {
        "now": simulator.ours(now.weights, now.hold),
        "changed": simulator.ours({**now.weights, **asked["weights"]}, asked["hold"]),
        "round_robin": simulator.round_robin(),
        "least_loaded": simulator.least_loaded(),
    }


def _figures(served: Sequence[Any]) -> dict[str, float]:
    from amity.desk import simulator_figures

    return simulator_figures.figures(served)


def _plain(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    from amity.desk import simulator_figures

    over: Callable[..., Any] = simulator_figures.over_runs
    return {name: asdict(figure) for name, figure in over(rows).items()} if rows else {}
