"""What a person's and a company's profile says, with the source and age of every value. Reading only; see `changes`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.people.golden import MANUAL
from amity.people.models import LISTED, Company, Import, ImportFile, LeadStatus, Person, TraitChange

MAX_HISTORY = 50


@dataclass(frozen=True, slots=True)
class TraitView:
    """One value with where it came from (None: typed in here) and when it was observed."""

    name: str
    value: Any
    origin_id: UUID | None
    manual: bool
    observed_at: datetime | None


@dataclass(frozen=True, slots=True)
class IdentifierView:
    kind: str
    value: str
    origin_id: UUID | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A value that was replaced; ``actor_id`` None: an import did it (``origin_id``)."""

    name: str
    before: Any
    after: Any
    actor_id: UUID | None
    origin_id: UUID | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as pages and the API see them. ``name`` is never empty."""

    id: UUID
    key: str | None  # "<system>:<id there>"
    name: str
    given_name: str
    family_name: str
    middle_name: str
    display_name: str
    email: str
    phone: str
    job_title: str
    company_id: UUID | None
    city: str
    country: str
    language: str
    source: str
    lead_status: str
    lead_created_at: datetime | None
    lead_decided_at: datetime | None
    owner_id: UUID | None
    team_id: UUID | None
    traits: Mapping[str, Any]
    origins: Mapping[str, Any]
    origin_id: UUID | None
    observed_at: datetime
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    grade: str  # record, login, visitor
    merged_into_id: UUID | None

    @property
    def lead_label(self) -> str:
        return str(LeadStatus(self.lead_status).label)


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company as pages and the API see it."""

    id: UUID
    name: str
    domain: str
    industry: str
    city: str
    country: str
    phone: str
    email: str
    employees: int | None
    revenue_minor: int | None
    currency: str
    founded_year: int | None
    parent_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    traits: Mapping[str, Any]
    origins: Mapping[str, Any]
    origin_id: UUID | None
    observed_at: datetime
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    merged_into_id: UUID | None


PERSON_FIELDS = tuple(name for name in PersonView.__dataclass_fields__ if name not in ("id", "name"))
COMPANY_FIELDS = tuple(name for name in CompanyView.__dataclass_fields__ if name != "id")
NAME_FIELDS = ("display_name", "given_name", "family_name", "email", "phone", "key")


def told_name(values: Mapping[str, Any]) -> str:
    """A person's name: as displayed, else first and last name, e-mail, phone, or their number in the old system."""
    name = values["display_name"] or f"{values['given_name']} {values['family_name']}".strip()
    known = name or values["email"] or values["phone"] or (values.get("key") or "").rsplit(":", 1)[-1]
    return known or _("Unnamed person")


def person_view(values: Mapping[str, Any]) -> PersonView:
    return PersonView(id=values["id"], name=told_name(values), **{name: values[name] for name in PERSON_FIELDS})


def company_view(values: Mapping[str, Any]) -> CompanyView:
    return CompanyView(id=values["id"], **{name: values[name] for name in COMPANY_FIELDS})


def person_views(rows: QuerySet[Person], limit: int) -> list[PersonView]:
    """The first ``limit`` of rows that were scoped to the reader already (`lists.people_rows`). 1 query."""
    return [person_view(row) for row in rows.values("id", *PERSON_FIELDS)[:limit]]


def company_views(rows: QuerySet[Company], limit: int) -> list[CompanyView]:
    """The first ``limit`` of rows that were scoped to the reader already (`lists.company_rows`). 1 query."""
    return [company_view(row) for row in rows.values("id", *COMPANY_FIELDS)[:limit]]


def get_person(principal: access.Principal, person_id: UUID) -> PersonView:
    """The person, if ``principal`` may see them; raises `NotFound`. 1 query."""
    access.require(principal, "people.view")
    row = Person.objects.filter(access.rows_of(principal), pk=person_id).values("id", *PERSON_FIELDS).first()
    if row is None:
        raise NotFound(_("This person is not here, or not among the records that you see."))
    return person_view(row)


def get_company(principal: access.Principal, company_id: UUID) -> CompanyView:
    """The company, if ``principal`` may see it; raises `NotFound`. 1 query."""
    access.require(principal, "people.view")
    row = Company.objects.filter(access.rows_of(principal), pk=company_id).values("id", *COMPANY_FIELDS).first()
    if row is None:
        raise NotFound(_("This company is not here, or not among the records that you see."))
    return company_view(row)


def names(ids: Iterable[UUID | None], principal: access.Principal | None = None) -> dict[UUID, str]:
    """Names of people by id, only those that ``principal`` sees (None: all, for jobs). 1 query, always."""
    rows = Person.objects.filter(_visible(principal), pk__in={i for i in ids if i} or [UUID(int=0)])
    return {row["pk"]: told_name(row) for row in rows.values("pk", *NAME_FIELDS)}


def company_names(ids: Iterable[UUID | None], principal: access.Principal | None = None) -> dict[UUID, str]:
    """Names of companies by id, only those that ``principal`` sees (None: all, for jobs). 1 query, always."""
    rows = Company.objects.filter(_visible(principal), pk__in={i for i in ids if i} or [UUID(int=0)])
    return dict(rows.values_list("pk", "name"))


def people_of(principal: access.Principal, company_id: UUID, limit: int = 20) -> list[PersonView]:
    """People of a company, the newest first. 1 query."""
    rows = Person.objects.filter(access.rows_of(principal), LISTED, company_id=company_id).order_by("-updated_at")
    return [person_view(row) for row in rows.values("id", *PERSON_FIELDS)[:limit]]


def subsidiaries_of(principal: access.Principal, company_id: UUID, limit: int = 20) -> list[CompanyView]:
    """Companies that belong to a company. 1 query."""
    rows = Company.objects.filter(access.rows_of(principal), parent_id=company_id, archived_at=None).order_by("name")
    return [company_view(row) for row in rows.values("id", *COMPANY_FIELDS)[:limit]]


def history_of(profile_id: UUID) -> list[ChangeView]:
    """Replaced values of a profile that the caller has already been shown, newest first. 1 query."""
    rows = TraitChange.objects.filter(profile_id=profile_id).order_by("-changed_at", "-id")[:MAX_HISTORY]
    return [ChangeView(r.name, r.before, r.after, r.actor_id, r.origin_id, r.changed_at) for r in rows]


def traits_of(view: PersonView | CompanyView) -> list[TraitView]:
    """Custom fields with source and age, by name. No query."""
    return [_trait(view, name) for name in sorted(view.traits, key=str.casefold)]


def origin_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What to call the sources of values: the import, or its file. 1 query, always."""
    wanted = {i for i in ids if i} or {UUID(int=0)}
    imports = Import.objects.filter(pk__in=wanted).order_by().values_list("pk", "name", Value(""))
    files = ImportFile.objects.filter(pk__in=wanted).order_by().values_list("pk", "run__name", "name")
    return {pk: f"{run}, {name}" if name else run for pk, run, name in imports.union(files, all=True)}


def trait_names(kind: str) -> list[str]:
    """Names of custom fields in use among the newest 500 profiles. 1 query, a few milliseconds."""
    rows = Company.objects.all() if kind == "company" else Person.objects.filter(LISTED)
    newest = rows.order_by("-updated_at", "-pk").values_list("traits", flat=True)[:500]
    return sorted({name for traits in newest for name in traits}, key=str.casefold)


def _trait(view: PersonView | CompanyView, name: str) -> TraitView:
    source = view.origins.get(name)
    if not source:
        return TraitView(name, view.traits[name], view.origin_id, view.origin_id is None, view.observed_at)
    manual = source[0] in (None, MANUAL)
    return TraitView(
        name, view.traits[name], None if manual else UUID(str(source[0])), manual, parse_datetime(source[1])
    )


def _visible(principal: access.Principal | None) -> Q:
    return Q() if principal is None else access.rows_of(principal)
