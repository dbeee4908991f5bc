"""Background work of room `events`: webhooks go out as one job per batch, never one per delivery."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from amity.base import clock
from amity.events import delivery
from amity.events.models import WebhookDelivery

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
    """Nightly: deliveries older than 30 days that no longer wait."""
    WebhookDelivery.objects.filter(created_at__lt=clock.now() - KEPT).exclude(state="waiting").delete()
