"""Webhooks: which facts are handed on to which machines, as signed messages (standardwebhooks.com, v1)."""

from __future__ import annotations

import base64
import fnmatch
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.exceptions import AlreadyEnqueued

from amity.access import api as access
from amity.base import clock, jobs, paging
from amity.base.errors import NotFound, Refused
from amity.base.sealing import seal
from amity.engines import api as engines
from amity.events.models import WebhookDelivery, WebhookEndpoint

TOPICS = frozenset(
    {
        "person.created", "person.updated", "company.created", "company.updated", "deal.created", "deal.updated",
        "deal.stage_changed", "import.finished", "score.changed", "segment.entered", "segment.left",
        "consent.given", "consent.withdrawn", "person.erased",
        "webhook.test",
    }
)  # fmt: skip
SECRET_MARK = "whsec_"  # noqa: S105 (the mark that Standard Webhooks puts before a key)
ONE_SEGMENT = re.compile(r"segment\.(?:entered|left):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_TOPIC = "event."  # event.Order Completed, event.Order*, event.*: events that landed in the log
MAX_ENDPOINTS, MAX_TOPICS = 20, 100
ORDER = paging.Order("created_at", "created_at", descending=True)


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint without its secret. ``topics`` empty: all."""

    id: UUID
    url: str
    topics: tuple[str, ...]
    active: bool
    failures: int
    created_at: datetime

    @property
    def told(self) -> list[str]:
        """The topics as pages show them: of one segment without its id."""
        names = [each.partition(":")[0] if ONE_SEGMENT.fullmatch(each) else "" for each in self.topics]
        one = [_("{topic} of one segment").format(topic=name) for name in names if name]
        return [each for each, name in zip(self.topics, names, strict=True) if not name] + sorted(one)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: UUID
    endpoint_id: UUID
    topic: str
    subject_id: UUID | None
    state: str
    attempts: int
    last_status: int | None
    last_error: str
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A page, newest first; ``older`` marks the next one."""

    rows: list[DeliveryView]
    older: str


_FIELDS = tuple(DeliveryView.__dataclass_fields__)


def publish(topic: str, subject_id: UUID | None, payload: dict[str, Any]) -> None:
    """Hand a fact on to every endpoint that wants it, in the transaction of the change. 1 query when nobody does.

    ``payload`` holds ids and names of fields, no personal data: the receiver reads the record with its own token.
    """
    publish_many(topic, [(subject_id, payload)])


def publish_many(topic: str, facts: Iterable[tuple[UUID | None, dict[str, Any]]]) -> None:
    """`publish` for many facts of one topic. 1 query when nobody wants them, else 1 per 500 and one job."""
    if topic not in TOPICS:
        raise ValueError(f"unknown topic {topic!r}: add it to TOPICS")
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("publish must share the transaction of the change it tells of")
    wanting = [(each.pk, each.topics) for each in WebhookEndpoint.objects.filter(active=True)]
    wanting = [(pk, topics) for pk, topics in wanting if not topics or any(_about(each, topic) for each in topics)]
    if not wanting:
        return
    now = clock.now()
    rows = [
        WebhookDelivery(endpoint_id=pk, topic=topic, subject_id=subject_id, payload=payload, next_attempt_at=now)
        for subject_id, payload in facts
        for pk, topics in wanting
        if not topics or topic in topics or f"{topic}:{payload.get('segment_id')}" in topics
    ]
    WebhookDelivery.objects.bulk_create(rows, batch_size=500)
    if rows:
        _call_worker()


def endpoints(principal: access.Principal) -> list[EndpointView]:
    """All endpoints, newest first. 1 query."""
    access.require(principal, "webhooks.manage")
    return [_endpoint(row) for row in WebhookEndpoint.objects.order_by("-created_at")[:MAX_ENDPOINTS]]


def get_endpoint(principal: access.Principal, endpoint_id: UUID) -> EndpointView:
    """One endpoint; raises ``NotFound``."""
    access.require(principal, "webhooks.manage")
    return _endpoint(_found(endpoint_id))


def create_endpoint(principal: access.Principal, url: str, topics: Iterable[str] = ()) -> tuple[EndpointView, str]:
    """A new endpoint and its secret: the only moment the secret can be read."""
    access.require(principal, "webhooks.manage")
    wanted = _checked(url, topics)
    secret = SECRET_MARK + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction.atomic():
        if WebhookEndpoint.objects.count() >= MAX_ENDPOINTS:
            raise Refused(
                "too_many_webhooks", _("There can be at most {most} webhooks.").format(most=MAX_ENDPOINTS), 409
            )
        row = WebhookEndpoint.objects.create(url=url, topics=wanted, secret=seal(secret), created_by=principal.staff_id)
        access.record(principal, "created", "webhook", row.id, {"topics": wanted})
    return _endpoint(row), secret


def change_endpoint(
    principal: access.Principal,
    endpoint_id: UUID,
    url: str | None = None,
    topics: Iterable[str] | None = None,
    active: bool | None = None,
) -> EndpointView:
    """Change what is given; switching on again forgets failures."""
    access.require(principal, "webhooks.manage")
    with transaction.atomic():
        row = _found(endpoint_id, lock=True)
        wanted = _checked(row.url if url is None else url, row.topics if topics is None else topics)
        row.url, row.topics = url or row.url, wanted
        if active is not None:
            row.active, row.failures = active, 0 if active else row.failures
        row.save()
        access.record(principal, "changed", "webhook", row.id, {"topics": row.topics, "active": row.active})
    return _endpoint(row)


def delete_endpoint(principal: access.Principal, endpoint_id: UUID) -> None:
    """Remove an endpoint with its deliveries."""
    access.require(principal, "webhooks.manage")
    with transaction.atomic():
        _found(endpoint_id, lock=True).delete()
        access.record(principal, "deleted", "webhook", endpoint_id)


def deliveries(
    principal: access.Principal, endpoint_id: UUID, state: str = "", at: str = "", limit: int = 50
) -> Deliveries:
    """What was sent to an endpoint, newest first. 2 queries."""
    access.require(principal, "webhooks.manage")
    _found(endpoint_id)
    rows = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    if state:
        rows = rows.filter(state=state)
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit).values(*_FIELDS))
    shown = found[:limit]
    older = paging.Cursor(ORDER.name, shown[-1]["created_at"], shown[-1]["id"]).sealed() if len(found) > limit else ""
    return Deliveries([DeliveryView(**row) for row in shown], older)


def replay(principal: access.Principal, endpoint_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Send a delivery again, under its first id, so that the receiver can tell it is the same."""
    access.require(principal, "webhooks.manage")
    with transaction.atomic():
        row = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id, endpoint_id=endpoint_id).first()
        if row is None:
            raise NotFound(_("There is no such delivery."))
        row.state, row.attempts, row.next_attempt_at = "waiting", 0, clock.now()
        row.save(update_fields=["state", "attempts", "next_attempt_at"])
        access.record(principal, "replayed", "webhook_delivery", row.id)
        _call_worker()
    return DeliveryView(**{name: getattr(row, name) for name in _FIELDS})


def send_test(principal: access.Principal, endpoint_id: UUID) -> None:
    """Send a test message to one endpoint, whatever its topics."""
    access.require(principal, "webhooks.manage")
    with transaction.atomic():
        row = _found(endpoint_id)
        WebhookDelivery.objects.create(endpoint=row, topic="webhook.test", payload={}, next_attempt_at=clock.now())
        access.record(principal, "tested", "webhook", row.id)
        _call_worker()


def asks_for(patterns: Iterable[str], topic: str) -> bool:
    """Whether one of ``patterns`` (``event.Order*``) means ``topic``; case does not count."""
    return any(fnmatch.fnmatchcase(topic.casefold(), pattern.casefold()) for pattern in patterns)


def _about(asked: str, topic: str) -> bool:
    """Whether what an endpoint asks for is a topic, or a part of it (``segment.entered:<id>``)."""
    return asked.partition(":")[0] == topic and not asked.startswith(EVENT_TOPIC)


def _call_worker() -> None:
    """Ask for a delivery run once the caller's transaction has committed; one that waits already will do.

    Not inside the transaction: the queue's lock would make writers wait for each other. Should the process die between
    the two, the run of the next minute finds the deliveries.
    """
    transaction.on_commit(call_worker)


def call_worker() -> None:
    """Ask for a delivery run now; one that waits already will do."""
    with suppress(AlreadyEnqueued):
        jobs.named("events.deliver", queueing_lock="events.deliver").defer()


def _found(endpoint_id: UUID, lock: bool = False) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update() if lock else WebhookEndpoint.objects.all()
    row = rows.filter(pk=endpoint_id).first()
    if row is None:
        raise NotFound(_("There is no such webhook."))
    return row


def _checked(url: str, topics: Iterable[str]) -> list[str]:
    wanted = sorted(set(topics))
    named = {topic for topic in wanted if topic.startswith(EVENT_TOPIC) and len(EVENT_TOPIC) < len(topic) <= 200}
    named |= {topic for topic in wanted if ONE_SEGMENT.fullmatch(topic)}
    if not set(wanted) - named <= TOPICS or len(wanted) > MAX_TOPICS:
        raise Refused("unknown_topic", _("Choose topics from the list."))
    if len(url) > 500 or engines.check_url(url, settings.CONFIG.webhook_allow_private):
        raise Refused("bad_webhook_url", _("Give a full https:// address without user name and password."))
    return wanted


def _endpoint(row: WebhookEndpoint) -> EndpointView:
    return EndpointView(row.pk, row.url, tuple(row.topics), row.active, row.failures, row.created_at)
