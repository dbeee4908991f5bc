"""Public API of timelines and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.events import webhooks

router = Router(tags=["webhooks"])
State = Literal["waiting", "delivered", "failed"]


class EndpointOut(Schema):
    """Where facts are handed on to."""

    id: UUID
    url: str
    topics: list[str]
    active: bool
    failures: int
    created_at: datetime


class EndpointMade(EndpointOut):
    """A new endpoint with the secret that signs its deliveries: the only moment it can be read."""

    secret: str


class EndpointIn(Schema, extra="forbid"):
    """Topics as listed by GET /webhooks/topics; an empty list means all."""

    url: str = ""
    topics: list[str] = []
    active: bool = True


class DeliveryOut(Schema):
    """One fact on its way to one endpoint."""

    id: UUID
    endpoint_id: UUID
    topic: str
    subject_id: UUID | None
    state: State
    attempts: int
    last_status: int | None
    last_error: str
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


@router.get("/webhooks/topics", response=rest.document(list[str]), operation_id="listTopics")
def list_topics(request: access.StaffRequest) -> Any:
    """Everything that can be subscribed to."""
    access.require(request.principal, "webhooks.manage")
    return sorted(webhooks.TOPICS)


@router.get("/webhooks", response=rest.document(list[EndpointOut]), operation_id="listWebhooks")
def list_endpoints(request: access.StaffRequest) -> Any:
    """All endpoints, newest first."""
    return webhooks.endpoints(request.principal)


@router.post("/webhooks", response={201: EndpointMade, **rest.problems()}, operation_id="createWebhook")
def create_endpoint(request: access.StaffRequest, body: EndpointIn) -> Any:
    """A new endpoint; its secret is in the answer and nowhere else."""
    made, secret = webhooks.create_endpoint(request.principal, body.url, body.topics)
    return Status(201, {**rest.fields_of(made), "secret": secret})


@router.patch("/webhooks/{endpoint_id}", response=rest.document(EndpointOut), operation_id="changeWebhook")
def change_endpoint(request: access.StaffRequest, endpoint_id: UUID, body: EndpointIn) -> Any:
    """Change what the body names."""
    return webhooks.change_endpoint(request.principal, endpoint_id, **rest.given(body))


@router.delete("/webhooks/{endpoint_id}", response={204: None, **rest.problems()}, operation_id="deleteWebhook")
def delete_endpoint(request: access.StaffRequest, endpoint_id: UUID) -> Any:
    """Remove an endpoint with its deliveries."""
    webhooks.delete_endpoint(request.principal, endpoint_id)
    return Status(204, None)


@router.get(
    "/webhooks/{endpoint_id}/deliveries",
    response=rest.document(rest.PageOf[DeliveryOut]),
    operation_id="listDeliveries",
)
def list_deliveries(
    request: access.StaffRequest,
    endpoint_id: UUID,
    state: State | None = None,
    limit: int = rest.USUAL_LIMIT,
    cursor: str = "",
) -> Any:
    """Deliveries of an endpoint, newest first."""
    limit = rest.limit_of(request.GET)
    found = webhooks.deliveries(request.principal, endpoint_id, state or "", cursor, limit)
    return {"items": found.rows, "next": found.older or None}


@router.post(
    "/webhooks/{endpoint_id}/deliveries/{delivery_id}/replay",
    response={202: DeliveryOut, **rest.problems()},
    operation_id="replayDelivery",
)
def replay(request: access.StaffRequest, endpoint_id: UUID, delivery_id: UUID) -> Any:
    """Send a delivery again."""
    return Status(202, webhooks.replay(request.principal, endpoint_id, delivery_id))
