"""Webhooks about events: what lands in the log is handed on to endpoints that ask for ``event.<name>``.

A consumer of the log: its deliveries and its position commit together, so each event is delivered for once each
endpoint (and sent at least once, under its own ``webhook-id``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from amity.base import clock
from amity.events import webhooks
from amity.events.consuming import Consumer, register_consumer
from amity.events.destination_runs import line
from amity.events.log import Landed
from amity.events.models import WebhookDelivery, WebhookEndpoint

NAME = "webhooks"


def register() -> None:
    """Called once, when Django starts."""
    register_consumer(Consumer(NAME, handle, batch=1_000, start="now", of="log", wanted=wanted))


def wanted() -> bool:
    """Whether anybody asks for events. 1 query."""
    return bool(_asking())


def handle(landed: Sequence[Landed], cursor: Any) -> None:
    """Deliveries for everybody who asked. 1 query when nobody did, else 1 per 500 and one job."""
    asking = _asking()
    if not asking:
        return
    now = clock.now()
    rows = [
        WebhookDelivery(
            endpoint_id=pk, topic=topic[:220], subject_id=each.person_id, payload=payload, next_attempt_at=now
        )
        for each in landed
        for topic, payload in [
            (f"{webhooks.EVENT_TOPIC}{each.fact.name or each.fact.kind}", msgspec.json.decode(line(each)))
        ]
        for pk, patterns in asking
        if webhooks.asks_for(patterns, topic)
    ]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, batch_size=500)
        transaction.on_commit(webhooks.call_worker)


def _asking() -> list[tuple[Any, list[str]]]:
    """Endpoints with the patterns of event names they ask for."""
    return [
        (row.pk, patterns)
        for row in WebhookEndpoint.objects.filter(active=True)
        if (patterns := [topic for topic in row.topics if topic.startswith(webhooks.EVENT_TOPIC)])
    ]
