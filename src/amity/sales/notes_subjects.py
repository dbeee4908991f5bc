"""The record that a note, a task or a meeting is about, and who sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.people import api as people
from amity.sales.deals import get_deal

KINDS = ("person", "company", "deal")


@dataclass(frozen=True, slots=True)
class About:
    """What something is about: the ids to store, and what the record is called."""

    kind: str
    id: UUID
    name: str
    person_id: UUID | None = None
    company_id: UUID | None = None
    deal_id: UUID | None = None

    @property
    def ids(self) -> dict[str, UUID | None]:
        return {"person_id": self.person_id, "company_id": self.company_id, "deal_id": self.deal_id}


def about(principal: access.Principal, kind: str, record_id: UUID) -> About:
    """The record, if ``principal`` sees it; raises `NotFound`. 1 query."""
    if kind == "person":
        return About(kind, record_id, people.get_person(principal, record_id).name, person_id=record_id)
    if kind == "company":
        return About(kind, record_id, people.get_company(principal, record_id).name, company_id=record_id)
    deal = get_deal(principal, record_id)
    return About(kind, record_id, deal.name, deal.person_id, deal.company_id, record_id)


def check(principal: access.Principal, row: Any) -> About:
    """The record that ``row`` (with ``person_id``, ``company_id``, ``deal_id``) is about, the deal before the others.

    Raises `NotFound` where ``principal`` does not see it.
    """
    for kind in ("deal", "person", "company"):
        if record_id := getattr(row, f"{kind}_id"):
            return about(principal, kind, record_id)
    raise NotFound(_("The record that this belongs to is gone."))


def in_sight(principal: access.Principal) -> Q:
    """Rows of a record that the reader was shown, without those about deals out of their sight."""
    if principal.scope == "all":
        return Q()
    return Q(deal=None) | access.rows_of(principal, "deal__owner_id", "deal__team_id")
