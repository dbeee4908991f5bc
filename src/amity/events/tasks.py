"""Background work of room `events`: webhooks go out as one job per batch, never one per delivery."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from procrastinate.contrib.django import app

from amity.base import clock
from amity.base.jobs import RETRY
from amity.events import connector_runs, delivery, destination_runs, hooks, partitions, quarantine
from amity.events.models import SourceVolume, WebhookDelivery

KEPT = timedelta(days=30)


@app.task(name="events.deliver")
def deliver() -> None:
    """Send what is due."""
    delivery.deliver_due()


@app.periodic(cron="* * * * *")
@app.task(name="events.deliver_again", queueing_lock="events.deliver_again")
def deliver_again(timestamp: int) -> None:
    """Once a minute: send what became due again."""
    delivery.deliver_due()


@app.periodic(cron="27 3 * * *")
@app.task(name="events.forget", queueing_lock="events.forget")
def forget(timestamp: int) -> None:
    """Nightly: deliveries and rejects older than 30 days, and counts that no page shows any more."""
    quarantine.forget(clock.now())
    SourceVolume.objects.filter(minute__lt=clock.now() - KEPT).delete()
    WebhookDelivery.objects.filter(created_at__lt=clock.now() - KEPT).exclude(state="waiting").delete()


@app.task(name="events.pull", retry=RETRY)
def pull(connector_id: str, run_no: int) -> None:
    """One batch of a connector's run."""
    connector_runs.pull(UUID(connector_id), run_no)


@app.periodic(cron="* * * * *")
@app.task(name="events.pull_due", queueing_lock="events.pull_due")
def pull_due(timestamp: int) -> None:
    """Once a minute: start the connectors that are due, and go on where a worker died."""
    connector_runs.tick()


@app.periodic(cron="47 * * * *")
@app.task(name="events.forget_payloads", queueing_lock="events.forget_payloads")
def forget_payloads(timestamp: int) -> None:
    """Hourly: payloads of inbound webhooks beyond what is kept."""
    hooks.forget()


@app.periodic(cron="11 2 * * *")
@app.task(name="events.keep_partitions", queueing_lock="events.keep_partitions")
def keep_partitions(timestamp: int) -> None:
    """Nightly: months ahead are made; what has served its time is dropped or deleted; the planner learns of it."""
    partitions.make_ahead()
    partitions.drop_consumed()
    partitions.retire()
    partitions.analyze()


@app.periodic(cron="* * * * *")
@app.task(name="events.hand_on", queueing_lock="events.hand_on")
def hand_on(timestamp: int) -> None:
    """Once a minute: what landed goes to the destinations that are due."""
    destination_runs.run()
