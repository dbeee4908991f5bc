"""The simulator: everything is served once, by who may; more is promised and kept our way; the log can be replayed."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.models import JobRun
from amity.desk import simulator, simulator_figures, simulator_runs, simulator_traffic
from amity.desk.models import Agent, Conversation, RoutingRun

pytestmark = pytest.mark.slow


def test_everything_is_served_once_and_nobody_has_more_than_they_can() -> None:
    traffic = simulator_traffic.made(3, days=3, a_day=120, agents=6)
    assert simulator_traffic.made(3, days=3, a_day=120, agents=6) == traffic
    spoken = {each.key: each for each in traffic.workers}
    for way in (simulator.ours(), simulator.round_robin(), simulator.least_loaded()):
        served = simulator.simulate(traffic.contacts, traffic.workers, way, traffic.hours)
        assert Counter(each.contact.key for each in served) == Counter(each.key for each in traffic.contacts)
        assert all(each.began >= each.contact.at for each in served)
        assert all(each.contact.language in spoken[each.worker].languages for each in served)
        steps = sorted(
            [(each.began, 1, each.worker) for each in served] + [(each.ended, -1, each.worker) for each in served]
        )
        load: Counter[str] = Counter()
        for _at, step, worker in steps:
            load[worker] += step
            assert load[worker] <= 2


def test_our_way_keeps_more_promises_than_taking_turns() -> None:
    traffic = simulator_traffic.made(4, days=6)
    told = [
        simulator_figures.figures(simulator.simulate(traffic.contacts, traffic.workers, way, traffic.hours))
        for way in (simulator.ours(), simulator.round_robin())
    ]
    assert told[0]["breaches"] < told[1]["breaches"]
    assert told[0]["handle"] <= told[1]["handle"]


@pytest.mark.django_db
def test_the_month_in_the_log_is_replayed_by_a_job() -> None:
    boss = access.principal_of(hire("Mara", "manager", "all"))
    for name in ("Ann", "Bob"):
        Agent.objects.create(staff=hire(name, "agent", "all"))
    now = clock.now()
    Conversation.objects.bulk_create(
        Conversation(number=9_000 + n, channel="email", mark=uuid4().hex, started_at=now - timedelta(hours=n * 5),
                     customer_at=now)
        for n in range(60)
    )  # fmt: skip
    pk = simulator_runs.start(boss, "log", {"skill": 5.0}, 0.2)
    run = RoutingRun.objects.get(pk=pk)
    assert JobRun.objects.get(pk=run.job_id).kind == "desk.simulate"
    simulator_runs.run(str(pk), lambda *_progress: None)
    found = simulator_runs.runs(boss)[0].found
    assert found["contacts"] == 60
    assert set(found["ways"]) == set(simulator_runs.WAYS)
    assert found["ways"]["now"]["handle"]["value"] > 0
