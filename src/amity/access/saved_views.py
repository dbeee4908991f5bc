"""Saved views: a list's filters, sorting and columns under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access.audit import record
from amity.access.models import SavedView, Staff
from amity.access.permissions import Principal, own_id, require
from amity.base.errors import NotFound, Refused

MAX_VIEWS = 50
VIEW_KIND = "views.delete"


@dataclass(frozen=True, slots=True)
class ViewOfList:
    """One saved view; ``mine`` may be deleted by the reader."""

    id: UUID
    name: str
    query: str
    shared: bool
    mine: bool


def saved_views(principal: Principal, page: str) -> list[ViewOfList]:
    """The reader's own views of a list and those shared with everybody, by name. 1 query."""
    rows = SavedView.objects.filter(Q(staff_id=own_id(principal)) | Q(shared=True), page=page).order_by("name")
    return [
        ViewOfList(row.id, row.name, row.query, row.shared, row.staff_id == principal.staff_id)
        for row in rows[:MAX_VIEWS]
    ]


def save_view(principal: Principal, page: str, name: str, query: str, shared: bool = False) -> UUID:
    """Save or overwrite the reader's view of this name; sharing needs the permission views.share."""
    name = name.strip()[:80]
    if not name or principal.staff_id is None:
        raise Refused("view_nameless", _("Give the view a name."))
    if len(query) > 2000:
        raise Refused("view_too_long", _("These filters are too many to be saved. Remove some."))
    if shared:
        require(principal, "views.share")
    values = {"query": query, "shared": shared}
    with transaction.atomic():
        row, _created = SavedView.objects.update_or_create(
            staff_id=own_id(principal), page=page, name=name, defaults=values
        )
        record(principal, "save", "saved_view", row.id, {"shared": shared})
    return row.id


def delete_views(principal: Principal, args: dict[str, Any]) -> list[dict[str, Any]]:
    """`undo` handler: delete the reader's own views in ``args["ids"]``; returns them for `restore_views`."""
    rows = SavedView.objects.filter(pk__in=args["ids"], staff_id=own_id(principal))
    before = [{"page": row.page, "name": row.name, "query": row.query, "shared": row.shared} for row in rows]
    if not before:
        raise NotFound(_("This view is gone already, or belongs to somebody else."))
    rows.delete()
    record(principal, "delete", "saved_view", args["ids"][0])
    return before


def restore_views(principal: Principal, args: dict[str, Any], before: list[dict[str, Any]]) -> None:
    """`undo` handler: put deleted views back."""
    for values in before:
        SavedView.objects.get_or_create(
            staff_id=own_id(principal), page=values["page"], name=values["name"], defaults=values
        )
    record(principal, "undo", "saved_view", args["ids"][0])


def team_of(staff_id: UUID | None) -> UUID | None:
    """The team of a staff member, None without one. 1 query."""
    return Staff.objects.filter(pk=staff_id).values_list("team_id", flat=True).first() if staff_id else None
