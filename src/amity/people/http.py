"""Public API of people and companies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.people import changes, lists, members, profiles

router = Router(tags=["people"])
LeadState = Literal["none", "open", "converted", "lost"]


class PersonOut(Schema):
    """A person. ``name`` is never empty; ``traits`` are custom fields."""

    id: UUID
    name: str
    given_name: str
    family_name: str
    middle_name: str
    email: str
    phone: str
    job_title: str
    company_id: UUID | None
    city: str
    country: str
    language: str
    source: str
    lead_status: LeadState
    lead_created_at: datetime | None
    lead_decided_at: datetime | None
    owner_id: UUID | None
    team_id: UUID | None
    traits: dict[str, Any]
    observed_at: datetime
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    merged_into_id: UUID | None  # the person that this one is now part of


class PersonIn(Schema, extra="forbid"):
    """What may be set. Left-out fields stay; a trait set to null is removed."""

    given_name: str = ""
    family_name: str = ""
    middle_name: str = ""
    display_name: str = ""
    email: str = ""
    phone: str = ""
    job_title: str = ""
    company_id: UUID | None = None
    city: str = ""
    country: str = ""
    language: str = ""
    source: str = ""
    lead_status: LeadState = "none"
    owner_id: UUID | None = None
    traits: dict[str, str | int | float | bool | None] | None = None


class CompanyOut(Schema):
    """A company. Money is in minor units of ``currency``."""

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
    traits: dict[str, Any]
    observed_at: datetime
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class CompanyIn(Schema, extra="forbid"):
    """What may be set. Left-out fields stay; a trait set to null is removed."""

    name: str = ""
    domain: str = ""
    industry: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    employees: int | None = None
    revenue_minor: int | None = None
    currency: str = ""
    founded_year: int | None = None
    parent_id: UUID | None = None
    owner_id: UUID | None = None
    traits: dict[str, str | int | float | bool | None] | None = None


class TraitOut(Schema):
    """A custom field with its source (``manual``, or the import ``origin_id``) and age."""

    name: str
    value: Any
    origin_id: UUID | None
    manual: bool
    observed_at: datetime | None


class IdentifierOut(Schema):
    kind: str
    value: str
    origin_id: UUID | None
    observed_at: datetime


class ChangeOut(Schema):
    """A value that was replaced."""

    name: str
    before: Any
    after: Any
    actor_id: UUID | None
    origin_id: UUID | None
    changed_at: datetime


PAGE_OF_PEOPLE = rest.document(rest.PageOf[PersonOut])
PAGE_OF_COMPANIES = rest.document(rest.PageOf[CompanyOut])


@router.get("/people", response=PAGE_OF_PEOPLE, operation_id="listPeople")
def list_people(request: access.StaffRequest, asked: Query[rest.Asked]) -> Any:
    """People that you see, with the filters of the list page (for example ``owner=me``, ``lead=open``)."""
    access.require(request.principal, "people.view")
    return rest.page_of(
        lists.PEOPLE, request.principal, request.GET, ("id", *profiles.PERSON_FIELDS), profiles.person_view
    )


@router.post("/people", response={201: PersonOut, **rest.problems()}, operation_id="createPerson")
def create_person(request: access.StaffRequest, body: PersonIn) -> Any:
    """A new person, yours unless ``owner_id`` says otherwise."""
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    made = changes.create_person(request.principal, values, traits)
    return Status(201, profiles.get_person(request.principal, made))


@router.get("/people/{person_id}", response=rest.document(PersonOut), operation_id="getPerson")
def get_person(request: access.StaffRequest, person_id: UUID) -> Any:
    """One person."""
    return profiles.get_person(request.principal, person_id)


@router.patch("/people/{person_id}", response=rest.document(PersonOut), operation_id="changePerson")
def change_person(request: access.StaffRequest, person_id: UUID, body: PersonIn, response: HttpResponse) -> Any:
    """Change what the body names. The header ``Amity-Undo`` names the group that POST /undo/{group} puts back."""
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    rest.tell_undo(response, changes.change_person(request.principal, person_id, values, traits))
    return profiles.get_person(request.principal, person_id)


@router.post("/people/{person_id}/archival", response=rest.document(PersonOut), operation_id="archivePerson")
def archive_person(request: access.StaffRequest, person_id: UUID, response: HttpResponse) -> Any:
    """Take a person out of the lists."""
    rest.tell_undo(response, changes.archive(request.principal, changes.PERSON_KIND, person_id))
    return profiles.get_person(request.principal, person_id)


@router.get("/people/{person_id}/traits", response=rest.document(list[TraitOut]), operation_id="listPersonTraits")
def person_traits(request: access.StaffRequest, person_id: UUID) -> Any:
    """Custom fields with source and age."""
    return profiles.traits_of(profiles.get_person(request.principal, person_id))


@router.get(
    "/people/{person_id}/identifiers", response=rest.document(list[IdentifierOut]), operation_id="listIdentifiers"
)
def person_identifiers(request: access.StaffRequest, person_id: UUID) -> Any:
    """E-mail addresses, phone numbers and other ways to recognise this person."""
    profiles.get_person(request.principal, person_id)
    return members.identifiers_of(person_id)


@router.get("/people/{person_id}/history", response=rest.document(list[ChangeOut]), operation_id="listPersonHistory")
def person_history(request: access.StaffRequest, person_id: UUID) -> Any:
    """Replaced values, newest first."""
    profiles.get_person(request.principal, person_id)
    return profiles.history_of(person_id)


@router.get("/companies", response=PAGE_OF_COMPANIES, operation_id="listCompanies", tags=["companies"])
def list_companies(request: access.StaffRequest, asked: Query[rest.Asked]) -> Any:
    """Companies that you see, with the filters of the list page."""
    access.require(request.principal, "people.view")
    fields = ("id", *profiles.COMPANY_FIELDS)
    return rest.page_of(lists.COMPANIES, request.principal, request.GET, fields, profiles.company_view)


@router.post(
    "/companies", response={201: CompanyOut, **rest.problems()}, operation_id="createCompany", tags=["companies"]
)
def create_company(request: access.StaffRequest, body: CompanyIn) -> Any:
    """A new company, yours unless ``owner_id`` says otherwise."""
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    made = changes.create_company(request.principal, values, traits)
    return Status(201, profiles.get_company(request.principal, made))


@router.get(
    "/companies/{company_id}", response=rest.document(CompanyOut), operation_id="getCompany", tags=["companies"]
)
def get_company(request: access.StaffRequest, company_id: UUID) -> Any:
    """One company."""
    return profiles.get_company(request.principal, company_id)


@router.patch(
    "/companies/{company_id}", response=rest.document(CompanyOut), operation_id="changeCompany", tags=["companies"]
)
def change_company(request: access.StaffRequest, company_id: UUID, body: CompanyIn, response: HttpResponse) -> Any:
    """Change what the body names."""
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    rest.tell_undo(response, changes.change_company(request.principal, company_id, values, traits))
    return profiles.get_company(request.principal, company_id)


@router.post(
    "/companies/{company_id}/archival",
    response=rest.document(CompanyOut),
    operation_id="archiveCompany",
    tags=["companies"],
)
def archive_company(request: access.StaffRequest, company_id: UUID, response: HttpResponse) -> Any:
    """Take a company out of the lists."""
    rest.tell_undo(response, changes.archive(request.principal, changes.COMPANY_KIND, company_id))
    return profiles.get_company(request.principal, company_id)


@router.get(
    "/companies/{company_id}/traits",
    response=rest.document(list[TraitOut]),
    operation_id="listCompanyTraits",
    tags=["companies"],
)
def company_traits(request: access.StaffRequest, company_id: UUID) -> Any:
    """Custom fields with source and age."""
    return profiles.traits_of(profiles.get_company(request.principal, company_id))


@router.get(
    "/companies/{company_id}/people",
    response=rest.document(list[PersonOut]),
    operation_id="listCompanyPeople",
    tags=["companies"],
)
def company_people(request: access.StaffRequest, company_id: UUID) -> Any:
    """People of a company that you see, the newest 20."""
    profiles.get_company(request.principal, company_id)
    return profiles.people_of(request.principal, company_id)


@router.get(
    "/companies/{company_id}/history",
    response=rest.document(list[ChangeOut]),
    operation_id="listCompanyHistory",
    tags=["companies"],
)
def company_history(request: access.StaffRequest, company_id: UUID) -> Any:
    """Replaced values, newest first."""
    profiles.get_company(request.principal, company_id)
    return profiles.history_of(company_id)


def _check_references(principal: access.Principal, values: Mapping[str, Any]) -> None:
    company = partial(profiles.get_company, principal)
    rest.check_references(values, {"company_id": company, "parent_id": company, "owner_id": access.member})
