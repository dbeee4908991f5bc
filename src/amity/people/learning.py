"""Leads as a table to learn from: what was known of each, when it came, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from amity.access import api as access
from amity.people import as_of
from amity.people.models import LISTED, Company, LeadStatus, Person, Restriction

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

_FIELDS = (
    "id", "traits", "email", "phone", "company_id", "lead_status", "lead_created_at", "lead_decided_at",
    *_PLAIN.values(),
)  # fmt: skip
_OF_COMPANY = tuple(path.partition("__")[2] for path in _PLAIN.values() if "__" in path)


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One lead. ``columns`` are plain values; ``won`` is None while open; times are aware UTC."""

    id: UUID
    columns: dict[str, Any]
    won: bool | None
    created_at: datetime | None
    decided_at: datetime | None


def lead_rows(ids: Sequence[UUID] | None = None) -> list[LeadRow]:
    """All leads (or those of ``ids``) that are not archived, traits included, in a stable order.

    Open ones as they are now; decided ones as they were at some moment while they were open, see `as_of`. One query,
    read in chunks, and three per 5,000 decided leads. Not those whose data may only be kept.
    """
    leads = Person.objects.filter(LISTED).exclude(lead_status=LeadStatus.NONE).order_by("id")
    leads = leads.exclude(pk__in=_restricted())
    leads = leads if ids is None else leads.filter(pk__in=ids)
    rows = leads.values(*_FIELDS).iterator(chunk_size=_CHUNK)
    return [_row(values) for part in batched(rows, _CHUNK) for values in _as_they_were(part)]


def profile_rows(ids: Sequence[UUID], at: datetime | None = None) -> list[LeadRow]:
    """The same columns of any listed people, leads or not. 1 query. Not those whose data may only be kept.

    ``at``: as they were then; 3 queries more.
    """
    found = Person.objects.filter(LISTED, pk__in=ids).exclude(pk__in=_restricted()).order_by("id")
    rows = list(found.values(*_FIELDS))
    return [_row(values) for values in (rows if at is None else _as_they_were(rows, at))]


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


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """``rows`` in lists of at most ``size``."""
    source = iter(rows)
    while part := list(islice(source, size)):
        yield part


def _as_they_were(part: list[dict[str, Any]], moment: datetime | None = None) -> list[dict[str, Any]]:
    """Decided leads with what was replaced after their moment put back, their company's values too. 3 queries.

    ``moment``: one for all, whatever they are.
    """
    moments = {row["id"]: moment or _moment(row) for row in part}
    known = {pk: at for pk, at in moments.items() if at is not None}
    persons = as_of.before_changes("person", known)
    for row in part:
        _put_back(row, persons.get(row["id"], {}))
    _fill_companies([row for row in part if "company_id" in persons.get(row["id"], {})])
    since: dict[UUID, datetime] = {}
    for row in part:
        if row["company_id"] and row["id"] in known:
            since[row["company_id"]] = min(known[row["id"]], since.get(row["company_id"], known[row["id"]]))
    changes = as_of.changes("company", since)
    for row in part:
        if row["id"] in known and row["company_id"] in changes:
            mine = as_of.first_after(changes[row["company_id"]], {row["company_id"]: known[row["id"]]})
            for name, value in mine.get(row["company_id"], {}).items():
                row.update({f"company__{name}": value} if name in _OF_COMPANY else {})
    return part


def _moment(row: dict[str, Any]) -> datetime | None:
    decided = row["lead_status"] in (LeadStatus.CONVERTED, LeadStatus.LOST)
    return as_of.moment_of(row["id"], row["lead_created_at"], row["lead_decided_at"]) if decided else None


def _put_back(row: dict[str, Any], was: dict[str, Any]) -> None:
    traits = dict(row["traits"] or {})
    for name, value in was.items():
        if name in ("city", "country", "language", "source", "job_title", "email", "phone"):
            row[name] = value or ""
        elif name == "company_id":
            row[name] = UUID(str(value)) if value else None
        else:
            traits.pop(name, None)
            traits |= {} if value is None else {name: value}
    row["traits"] = traits


def _fill_companies(rows: list[dict[str, Any]]) -> None:
    """Values of the company that somebody belonged to then. 1 query."""
    wanted = {row["company_id"] for row in rows if row["company_id"]}
    found = {c["id"]: c for c in Company.objects.filter(pk__in=wanted).values("id", *_OF_COMPANY)} if wanted else {}
    for row in rows:
        then = found.get(row["company_id"], {})
        row.update({f"company__{name}": then.get(name) for name in _OF_COMPANY})


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
