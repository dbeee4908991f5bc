"""The register of what was learned from purchases: versions with card, window, artefact and hash; one live per kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from amity.access import api as access
from amity.base import clock
from amity.intelligence.models import CustomerModel

VALUE, PRODUCTS = CustomerModel.Kind.VALUE, CustomerModel.Kind.PRODUCTS


@dataclass(frozen=True, slots=True)
class CustomerVersion:
    """A learning without its artefact. ``signal`` False: it did not beat the naive rule and keeps silent."""

    id: UUID
    kind: str
    number: int
    live: bool
    signal: bool
    rows: int
    subjects: int
    data_from: datetime | None
    data_until: datetime | None
    card: Mapping[str, Any]
    artefact_hash: str
    created_at: datetime


_FIELDS = tuple(CustomerVersion.__dataclass_fields__)


def keep(
    principal: access.Principal, kind: str, *, signal: bool, rows: int, subjects: int,
    window: tuple[datetime, datetime] | None, card: Mapping[str, Any], artefact: Mapping[str, Any],
) -> CustomerVersion:  # fmt: skip
    """Store the next version and make it live; audited. One transaction."""
    with transaction.atomic():
        versions = CustomerModel.objects.select_for_update().filter(kind=kind)
        versions.filter(live=True).update(live=False)
        number = (versions.aggregate(top=Max("number"))["top"] or 0) + 1
        row = CustomerModel.objects.create(
            kind=kind, number=number, live=True, signal=signal, rows=rows, subjects=subjects,
            data_from=window[0] if window else None, data_until=window[1] if window else None,
            card=dict(card), artefact=dict(artefact), artefact_hash=digest(artefact), trained_by=principal.staff_id,
        )  # fmt: skip
        detail = {"target": kind, "number": number, "rows": rows, "hash": row.artefact_hash}
        access.record(principal, "model.trained", "model", row.id, detail)
    return CustomerVersion(**{name: getattr(row, name) for name in _FIELDS})


def live(kind: str) -> CustomerVersion | None:
    """The version that answers now. 1 query."""
    row = CustomerModel.objects.filter(kind=kind, live=True).values(*_FIELDS).first()
    return CustomerVersion(**row) if row else None


def history(kind: str, limit: int = 20) -> list[CustomerVersion]:
    """Versions, newest first. 1 query."""
    rows = CustomerModel.objects.filter(kind=kind).order_by("-number").values(*_FIELDS)[:limit]
    return [CustomerVersion(**row) for row in rows]


def artefact_of(version_id: UUID) -> dict[str, Any]:
    """What was learned, checked against its hash; raises ``ValueError`` where it was tampered with. 1 query."""
    row = CustomerModel.objects.filter(pk=version_id).values("artefact", "artefact_hash").get()
    if digest(row["artefact"]) != row["artefact_hash"]:
        raise ValueError("The artefact does not match its hash.")
    return dict(row["artefact"])


def clear(kind: str, keep_last: int = 10) -> None:
    """Forget versions that nothing refers to, but for the newest. 2 queries."""
    kept = list(CustomerModel.objects.filter(kind=kind).order_by("-number").values_list("pk", flat=True)[:keep_last])
    CustomerModel.objects.filter(kind=kind, live=False, values__isnull=True).exclude(pk__in=kept).delete()


def digest(artefact: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    text = json.dumps(artefact, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def now_window(first: float, last: float) -> tuple[datetime, datetime]:
    """Days since 1970 as moments."""
    from datetime import UTC, timedelta

    start = datetime(1970, 1, 1, tzinfo=UTC)
    return start + timedelta(days=first), start + timedelta(days=last)


def today() -> float:
    """Days since 1970, now."""
    return clock.now().timestamp() / 86_400


__all__ = ["PRODUCTS", "VALUE", "CustomerVersion", "artefact_of", "clear", "history", "keep", "live"]
