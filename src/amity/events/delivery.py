"""Sending waiting deliveries: claimed in batches, signed, tried again with growing pauses, at least once.

A batch is claimed in a short transaction (SKIP LOCKED) that moves its next attempt a lease ahead; a process that dies
while sending lets the lease run out, and another tries again. The receiver knows a repetition by ``webhook-id``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from amity.base import clock
from amity.base.sealing import unseal
from amity.engines import api as engines
from amity.events.models import WebhookDelivery, WebhookEndpoint
from amity.events.webhooks import SECRET_MARK

BATCH, MAX_BATCHES = 50, 200
LEASE = timedelta(minutes=30)
# Pauses before the second, third, … attempt; after the last one the delivery has failed and waits for a person.
PAUSES = tuple(timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000))
MAX_ATTEMPTS = len(PAUSES) + 1
log = logging.getLogger("amity.webhooks")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with what is needed to send it."""

    id: UUID
    endpoint_id: UUID
    url: str
    secret: str
    topic: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime


def deliver_due() -> int:
    """Send everything that is due, at most 10,000 deliveries; returns how many were tried."""
    tried = 0
    for _n in range(MAX_BATCHES):
        parcels = claim(BATCH)
        for parcel in parcels:
            attempt(parcel)
        tried += len(parcels)
        if len(parcels) < BATCH:
            break
    return tried


def claim(limit: int) -> list[Parcel]:
    """Take up to ``limit`` due deliveries that nobody else is sending. 2 queries."""
    now = clock.now()
    with transaction.atomic():
        due = WebhookDelivery.objects.filter(state="waiting", next_attempt_at__lte=now, endpoint__active=True)
        locked = due.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint")
        rows = list(locked.order_by("next_attempt_at")[:limit])
        ids = [row.pk for row in rows]
        WebhookDelivery.objects.filter(pk__in=ids).update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
    return [
        Parcel(r.pk, r.endpoint_id, r.endpoint.url, r.endpoint.secret, r.topic, r.payload, r.attempts + 1, r.created_at)
        for r in rows
    ]


def attempt(parcel: Parcel) -> None:
    """Send once and write down what came of it."""
    body = message(parcel)
    headers = signed_headers(unseal(parcel.secret), str(parcel.id), clock.now(), body)
    try:
        answer = engines.http_post(parcel.url, body, headers, allow_private=settings.CONFIG.webhook_allow_private)
        status, error = answer.status, "" if answer.status < 300 else answer.text
    except engines.Unreachable as problem:
        status, error = None, str(problem)
    with transaction.atomic():
        _write_down(parcel, status, error)
    log.info(
        "webhook.attempt", extra={"delivery_id": str(parcel.id), "status": status or 0, "attempt": parcel.attempts}
    )


def message(parcel: Parcel) -> bytes:
    """The body: type, time of the fact, data."""
    told = {"type": parcel.topic, "timestamp": parcel.created_at.isoformat(), "data": parcel.payload}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def signed_headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Headers of Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body`` with the secret's bytes."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_MARK))
    signature = hmac.new(key, b".".join([message_id.encode(), stamp.encode(), body]), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Amity-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def _write_down(parcel: Parcel, status: int | None, error: str) -> None:
    rows = WebhookDelivery.objects.filter(pk=parcel.id)
    endpoint = WebhookEndpoint.objects.filter(pk=parcel.endpoint_id)
    now = clock.now()
    if status is not None and status < HTTPStatus.MULTIPLE_CHOICES:
        rows.update(state="delivered", delivered_at=now, last_status=status, last_error="", next_attempt_at=None)
        endpoint.update(failures=0)
        return
    last = parcel.attempts >= MAX_ATTEMPTS or status == HTTPStatus.GONE
    rows.update(
        state="failed" if last else "waiting", last_status=status, last_error=error[:300],
        next_attempt_at=None if last else now + PAUSES[parcel.attempts - 1],
    )  # fmt: skip
    if status == HTTPStatus.GONE:  # the receiver asks to be left alone
        endpoint.update(active=False)
    if last:
        endpoint.update(failures=F("failures") + 1)
