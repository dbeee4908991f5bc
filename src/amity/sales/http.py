"""Public API of deals, products, orders and tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.people import api as people
from amity.sales import catalogue, deals, lists, orders, todo

router = Router(tags=["deals"])


class DealOut(Schema):
    """A deal. ``value_minor`` is in minor units of ``currency``; ``custom`` are custom fields."""

    id: UUID
    title: str
    person_id: UUID | None
    company_id: UUID | None
    product_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    stage_id: UUID
    stage: str
    status: Literal["open", "won", "lost"]
    value_minor: int | None
    currency: str
    source: str
    lost_reason: str
    opened_at: datetime | None
    closed_at: datetime | None
    expected_close_on: date | None
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class DealIn(Schema, extra="forbid"):
    """What may be set. Left-out fields stay; a custom field set to null is removed. The stage decides the status."""

    title: str = ""
    person_id: UUID | None = None
    company_id: UUID | None = None
    product_id: UUID | None = None
    owner_id: UUID | None = None
    stage_id: UUID | None = None
    value_minor: int | None = None
    currency: str = ""
    source: str = ""
    lost_reason: str = ""
    opened_at: datetime | None = None
    expected_close_on: date | None = None
    custom: dict[str, str | int | float | bool | None] | None = None


class StageOut(Schema):
    id: UUID
    name: str
    pipeline: str
    status: str


class MoveOut(Schema):
    """One step of a deal through the pipeline."""

    before: str
    after: str
    actor_id: UUID | None
    changed_at: datetime


class ProductOut(Schema):
    id: UUID
    name: str
    sku: str
    family: str
    price_minor: int | None
    currency: str


class OrderOut(Schema):
    id: UUID
    number: str
    total_minor: int | None
    currency: str
    status: str
    ordered_at: datetime | None


class TaskOut(Schema):
    id: UUID
    subject: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    owner_id: UUID | None
    due_on: date | None
    done_at: datetime | None
    created_at: datetime


class TaskIn(Schema, extra="forbid"):
    """A task for yourself about one record."""

    about: Literal["person", "company", "deal"]
    about_id: UUID
    subject: str
    due_on: date | None = None


class UndoOut(Schema):
    """The group that POST /undo/{group} takes back."""

    undo: UUID


@router.get("/deals", response=rest.document(rest.PageOf[DealOut]), operation_id="listDeals")
def list_deals(request: access.StaffRequest, asked: Query[rest.Asked]) -> Any:
    """Deals that you see, with the filters of the list page (for example ``status=open``, ``value_min=1000``)."""
    access.require(request.principal, "deals.view")
    fields = (*deals.FIELDS, "stage__name")
    return rest.page_of(lists.DEALS, request.principal, request.GET, fields, _deal)


@router.post("/deals", response={201: DealOut, **rest.problems()}, operation_id="createDeal")
def create_deal(request: access.StaffRequest, body: DealIn) -> Any:
    """A new deal, yours unless ``owner_id`` says otherwise, in the first stage unless ``stage_id`` does."""
    values, custom = rest.split(rest.given(body), "custom")
    _check_references(request.principal, values)
    made = deals.create_deal(request.principal, values, custom)
    return Status(201, deals.get_deal(request.principal, made))


@router.get("/deals/{deal_id}", response=rest.document(DealOut), operation_id="getDeal")
def get_deal(request: access.StaffRequest, deal_id: UUID) -> Any:
    """One deal."""
    return deals.get_deal(request.principal, deal_id)


@router.patch("/deals/{deal_id}", response=rest.document(DealOut), operation_id="changeDeal")
def change_deal(request: access.StaffRequest, deal_id: UUID, body: DealIn, response: HttpResponse) -> Any:
    """Change what the body names; a new ``stage_id`` moves the deal. ``Amity-Undo`` names the undo group."""
    values, custom = rest.split(rest.given(body), "custom")
    _check_references(request.principal, values)
    rest.tell_undo(response, deals.change_deal(request.principal, deal_id, values, custom))
    return deals.get_deal(request.principal, deal_id)


@router.post("/deals/{deal_id}/archival", response=rest.document(DealOut), operation_id="archiveDeal")
def archive_deal(request: access.StaffRequest, deal_id: UUID, response: HttpResponse) -> Any:
    """Take a deal out of the lists."""
    deals.get_deal(request.principal, deal_id)
    rest.tell_undo(response, deals.archive_deal(request.principal, deal_id))
    return deals.get_deal(request.principal, deal_id)


@router.get("/deals/{deal_id}/moves", response=rest.document(list[MoveOut]), operation_id="listDealMoves")
def deal_moves(request: access.StaffRequest, deal_id: UUID) -> Any:
    """Stage history, newest first."""
    deals.get_deal(request.principal, deal_id)
    return deals.moves_of(deal_id)


@router.get("/stages", response=rest.document(list[StageOut]), operation_id="listStages")
def list_stages(request: access.StaffRequest) -> Any:
    """Stages of every pipeline, in order."""
    access.require(request.principal, "deals.view")
    return deals.stage_choices()


@router.get(
    "/products", response=rest.document(rest.PageOf[ProductOut]), operation_id="listProducts", tags=["products"]
)
def list_products(request: access.StaffRequest, asked: Query[rest.Asked]) -> Any:
    """The catalogue, with the filters of the list page."""
    access.require(request.principal, "deals.view")
    return rest.page_of(lists.PRODUCTS, request.principal, request.GET, catalogue.FIELDS, _same)


@router.get("/products/{product_id}", response=rest.document(ProductOut), operation_id="getProduct", tags=["products"])
def get_product(request: access.StaffRequest, product_id: UUID) -> Any:
    """One product."""
    return catalogue.get_product(request.principal, product_id)


@router.get("/people/{person_id}/deals", response=rest.document(list[DealOut]), operation_id="listPersonDeals")
def person_deals(request: access.StaffRequest, person_id: UUID) -> Any:
    """Deals with a person that you see, open ones first, at most 20."""
    access.require(request.principal, "deals.view")
    people.get_person(request.principal, person_id)
    return deals.deals_of(request.principal, person_id=person_id)


@router.get("/companies/{company_id}/deals", response=rest.document(list[DealOut]), operation_id="listCompanyDeals")
def company_deals(request: access.StaffRequest, company_id: UUID) -> Any:
    """Deals with a company that you see, open ones first, at most 20."""
    access.require(request.principal, "deals.view")
    people.get_company(request.principal, company_id)
    return deals.deals_of(request.principal, company_id=company_id)


@router.get(
    "/people/{person_id}/orders",
    response=rest.document(list[OrderOut]),
    operation_id="listPersonOrders",
    tags=["orders"],
)
def person_orders(request: access.StaffRequest, person_id: UUID) -> Any:
    """Orders of a person, newest first, at most 20."""
    access.require(request.principal, "deals.view")
    people.get_person(request.principal, person_id)
    return orders.orders_of(person_id=person_id)


@router.get(
    "/companies/{company_id}/orders",
    response=rest.document(list[OrderOut]),
    operation_id="listCompanyOrders",
    tags=["orders"],
)
def company_orders(request: access.StaffRequest, company_id: UUID) -> Any:
    """Orders of a company, newest first, at most 20."""
    access.require(request.principal, "deals.view")
    people.get_company(request.principal, company_id)
    return orders.orders_of(company_id=company_id)


@router.get("/tasks", response=rest.document(list[TaskOut]), operation_id="listTasks", tags=["tasks"])
def list_tasks(
    request: access.StaffRequest,
    about: Literal["person", "company", "deal"] | None = None,
    about_id: UUID | None = None,
) -> Any:
    """Your own open tasks, or those about one record; the most urgent first, at most 30."""
    if about is None or about_id is None:
        access.require(request.principal, "tasks.edit")
        return todo.my_tasks(request.principal)
    _see(request.principal, about, about_id)
    return todo.open_tasks(about, about_id)


@router.post("/tasks", response={201: UndoOut, **rest.problems()}, operation_id="createTask", tags=["tasks"])
def create_task(request: access.StaffRequest, body: TaskIn) -> Any:
    """A task for yourself about a record that you see."""
    return Status(201, {"undo": todo.add_task(request.principal, body.about, body.about_id, body.subject, body.due_on)})


@router.post(
    "/tasks/{task_id}/completion", response=rest.document(UndoOut), operation_id="completeTask", tags=["tasks"]
)
def complete_task(request: access.StaffRequest, task_id: UUID) -> Any:
    """Tick a task off."""
    return {"undo": todo.finish(request.principal, task_id)}


def _deal(row: dict[str, Any]) -> deals.DealView:
    return deals.DealView(stage=row["stage__name"], **{name: row[name] for name in deals.FIELDS})


def _same(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _see(principal: access.Principal, about: str, about_id: UUID) -> None:
    if about == "person":
        people.get_person(principal, about_id)
    elif about == "company":
        people.get_company(principal, about_id)
    else:
        deals.get_deal(principal, about_id)


def _check_references(principal: access.Principal, values: Mapping[str, Any]) -> None:
    getters: dict[str, Callable[[Any], object]] = {
        "person_id": partial(people.get_person, principal),
        "company_id": partial(people.get_company, principal),
        "product_id": partial(catalogue.get_product, principal),
        "owner_id": access.member,
    }
    rest.check_references(values, getters)
