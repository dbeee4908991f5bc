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
from amity.people import changes, hints, lists, members, profiles

router = Router(tags=["people"])
LeadState = Literal["none", "open", "converted", "lost"]
OnDuplicate = Literal["create", "return", "refuse"]


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


class SimilarOut(Schema):
    """Somebody who may be the same. ``id`` is null for whom you do not see: ask ``owner``."""

    id: UUID | None
    name: str
    probability: float
    certain: bool
    why: str
    owner: str


class PersonMadeOut(PersonOut):
    """The person, and who looks the same."""

    similar: list[SimilarOut]


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


class CompanyMadeOut(CompanyOut):
    """The company, and those that look the same."""

    similar: list[SimilarOut]


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


@router.post(
    "/people", response={200: PersonMadeOut, 201: PersonMadeOut, **rest.problems()}, operation_id="createPerson"
)
def create_person(request: access.StaffRequest, body: PersonIn, on_duplicate: OnDuplicate = "create") -> Any:
    """A new person, yours unless ``owner_id`` says otherwise; ``similar`` tells who looks the same.

    ``on_duplicate``, where somebody is certainly the same: ``create`` makes a new one all the same, ``return`` answers
    200 with the known one, unchanged, ``refuse`` answers 409 ``duplicate``. Of somebody whom you do not see only the
    owner is told; ``return`` then refuses.
    """
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    found = _similar(request.principal, values, "person")
    if known := hints.settled(found, on_duplicate):
        return Status(200, _made(profiles.get_person(request.principal, known), found))
    made = changes.create_person(request.principal, values, traits)
    return Status(201, _made(profiles.get_person(request.principal, made), found))


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
    return members.identifiers_of(members.whole(person_id))


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
    "/companies",
    response={200: CompanyMadeOut, 201: CompanyMadeOut, **rest.problems()},
    operation_id="createCompany",
    tags=["companies"],
)
def create_company(request: access.StaffRequest, body: CompanyIn, on_duplicate: OnDuplicate = "create") -> Any:
    """A new company, yours unless ``owner_id`` says otherwise. ``similar`` and ``on_duplicate`` as for people."""
    values, traits = rest.split(rest.given(body), "traits")
    _check_references(request.principal, values)
    found = _similar(request.principal, values, "company")
    if known := hints.settled(found, on_duplicate):
        return Status(200, _made(profiles.get_company(request.principal, known), found))
    made = changes.create_company(request.principal, values, traits)
    return Status(201, _made(profiles.get_company(request.principal, made), found))


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


def _similar(principal: access.Principal, values: Mapping[str, Any], kind: str) -> list[hints.Hint]:
    access.require(principal, "people.edit")
    company = values.get("company_id") or UUID(int=0)
    names = profiles.company_names([company], principal)
    return hints.similar(principal, {**values, "company": names.get(company, "")}, kind)


def _made(view: profiles.PersonView | profiles.CompanyView, found: list[hints.Hint]) -> dict[str, Any]:
    return rest.fields_of(view) | {"similar": [rest.fields_of(each) for each in found if each.id != view.id]}


def _check_references(principal: access.Principal, values: Mapping[str, Any]) -> None:
    company = partial(profiles.get_company, principal)
    rest.check_references(values, {"company_id": company, "parent_id": company, "owner_id": access.member})
