"""Background work of room `access`: what has expired is forgotten."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from amity.access.models import IdempotencyKey, RateCount, SignInLink
from amity.base import clock

_LINK_KEPT = timedelta(days=30)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="access.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Nightly: answers of idempotent requests after 24 hours, rate counts after a day, spent links after 30 days."""
    now = clock.now()
    IdempotencyKey.objects.filter(created_at__lt=now - timedelta(hours=24)).delete()
    RateCount.objects.filter(opened_at__lt=now - timedelta(days=1)).delete()
    SignInLink.objects.filter(expires_at__lt=now - _LINK_KEPT).delete()
