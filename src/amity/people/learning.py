"""Leads as a table to learn from: what was known of each, when it came, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from amity.access import api as access
from amity.people.models import LISTED, LeadStatus, Person, Restriction

_CHUNK = 5_000
_PLAIN = {
    "source": "source",
    "city": "city",
    "country": "country",
    "language": "language",
    "job_title": "job_title",
    "company_industry": "company__industry",
    "company_country": "company__country",
    "company_employees": "company__employees",
    "company_revenue": "company__revenue_minor",
    "company_founded": "company__founded_year",
}

_FIELDS = ("id", "traits", "email", "phone", "lead_status", "lead_created_at", "lead_decided_at", *_PLAIN.values())


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One lead. ``columns`` are plain values; ``won`` is None while open; times are aware UTC."""

    id: UUID
    columns: dict[str, Any]
    won: bool | None
    created_at: datetime | None
    decided_at: datetime | None


def lead_rows() -> list[LeadRow]:
    """All leads that are not archived, traits included, in a stable order. 1 query, read in chunks.

    Not those whose data may only be kept.
    """
    leads = Person.objects.filter(LISTED).exclude(lead_status=LeadStatus.NONE).order_by("id")
    leads = leads.exclude(pk__in=_restricted())
    return [_row(values) for values in leads.values(*_FIELDS).iterator(chunk_size=_CHUNK)]


def profile_rows(ids: Sequence[UUID]) -> list[LeadRow]:
    """The same columns of any listed people, leads or not. 1 query. Not those whose data may only be kept."""
    found = Person.objects.filter(LISTED, pk__in=ids).exclude(pk__in=_restricted()).order_by("id")
    return [_row(values) for values in found.values(*_FIELDS)]


def lately_decided(limit: int) -> list[tuple[UUID, bool, datetime]]:
    """Leads by their decision, the latest first: who, whether won, when. 1 query."""
    leads = Person.objects.filter(LISTED, lead_status__in=(LeadStatus.CONVERTED, LeadStatus.LOST))
    leads = leads.exclude(lead_decided_at=None).exclude(pk__in=_restricted()).order_by("-lead_decided_at", "-id")
    rows = leads.values_list("id", "lead_status", "lead_decided_at")[:limit]
    return [(pk, status == LeadStatus.CONVERTED, at) for pk, status, at in rows if at is not None]


def visible_people(principal: access.Principal, ids: Sequence[UUID]) -> set[UUID]:
    """Those of ``ids`` that ``principal`` may see. 1 query."""
    rows = Person.objects.filter(access.rows_of(principal), LISTED, pk__in=ids)
    rows = rows.exclude(pk__in=_restricted())
    return set(rows.values_list("id", flat=True))


def _restricted() -> QuerySet[Person, Any]:
    """Profiles whose data may only be kept, as a subquery."""
    named = Restriction.objects.filter(lifted_at=None).values("person_id")
    return Person.objects.filter(pk__in=named).values(root=Coalesce("merged_into_id", "id"))


def _row(values: dict[str, Any]) -> LeadRow:
    known = {name: values[path] or None for name, path in _PLAIN.items()}
    status = values["lead_status"]
    columns = {
        **{name: value for name, value in (values["traits"] or {}).items() if name not in known},
        **known,
        "email_domain": values["email"].rpartition("@")[2].lower() or None,
        "has_phone": bool(values["phone"]),
        "created_at": values["lead_created_at"],
    }
    decided = status in (LeadStatus.CONVERTED, LeadStatus.LOST)
    won = status == LeadStatus.CONVERTED if decided else None
    return LeadRow(values["id"], columns, won, values["lead_created_at"], values["lead_decided_at"])
