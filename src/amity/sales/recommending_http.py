"""Public API of recommendations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema
from pydantic import Field

from amity.access import api as access
from amity.base import rest
from amity.people import api as people
from amity.sales import catalogue, recommending

router = Router(tags=["recommendations"])


class RecommendIn(Schema, extra="forbid"):
    """For whom: a person, a basket of product ids or article numbers (oldest first), or both."""

    person_id: UUID | None = None
    basket: list[str] = Field(default_factory=list, max_length=200)
    limit: int = Field(5, ge=1, le=recommending.MOST)


class OfferOut(Schema):
    """A product, and why: ``people`` have it together with ``because_id``, or it alone."""

    product_id: UUID
    name: str
    price_minor: int | None
    currency: str
    score: float
    because_id: UUID | None
    people: int
    reason: str


class OffersOut(Schema):
    """Best first. ``silent``: why nothing is offered (not_learned, complaint), else empty."""

    offers: list[OfferOut]
    silent: Literal["", "not_learned", "complaint"]
    as_of: datetime | None
    version: int | None


@router.post("/recommendations", response=rest.document(OffersOut), operation_id="recommend")
def recommend(request: access.StaffRequest, body: RecommendIn) -> Any:
    """Next products for a person or a basket; what was just bought, looked at or put into the basket counts at once."""
    access.require(request.principal, "models.view")
    if body.person_id is None:
        return recommending.for_basket(body.basket, body.limit)
    people.get_person(request.principal, body.person_id)
    return recommending.for_person(body.person_id, body.limit, body.basket)


@router.get("/products/{product_id}/similar", response=rest.document(OffersOut), operation_id="listSimilarProducts")
def similar(request: access.StaffRequest, product_id: UUID, limit: int = 5) -> Any:
    """What goes with a product."""
    access.require(request.principal, "models.view")
    catalogue.get_product(request.principal, product_id)
    return recommending.similar(product_id, limit)
