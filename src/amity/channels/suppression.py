"""Addresses that get nothing more: dead ones, those of people who complained, those blocked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, paging
from amity.base.errors import NotFound, Refused
from amity.channels.models import Suppression
from amity.people import api as people

PERMISSION = "outgoing.manage"
ORDER = paging.Order("created_at", "created_at", descending=True)
HANDLES = ("telegram", "webhook")  # channels whose addresses mean nothing elsewhere
OWED_TOO = ("bounce", "manual")  # a complaint stops advertising, not the invoice


@dataclass(frozen=True, slots=True)
class SuppressionView:
    id: UUID
    address: str
    reason: str
    reason_label: str
    note: str
    created_by: UUID | None
    created_at: datetime


def suppress(principal: access.Principal, kind: str, address: str, reason: str, note: str = "") -> None:
    """Send nothing to this address any more. Audited; saying it twice adds nothing."""
    if reason == Suppression.Reason.MANUAL:
        access.require(principal, PERMISSION)
    plain = address.strip()[:254] if kind in HANDLES else people.consent.plain_address(kind, address)
    if not plain:
        raise Refused("bad_address", _("“{value}” is no address for this channel.").format(value=address[:100]))
    with transaction.atomic():
        _row, made = Suppression.objects.get_or_create(
            address_key=people.consent.address_key(kind, plain), reason=reason, lifted_at=None,
            defaults={
                "address_kind": kind, "address": plain, "note": note[:1_000], "created_by": principal.staff_id,
            },
        )  # fmt: skip
        if made:
            access.record(principal, "suppressed", "address", str(_row.pk), {"reason": reason})


def lift(principal: access.Principal, suppression_id: UUID) -> None:
    """Allow an address again. Audited."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        changed = Suppression.objects.filter(pk=suppression_id, lifted_at=None).update(
            lifted_at=clock.now(), lifted_by=principal.staff_id
        )
        if not changed:
            raise NotFound(_("This address is not blocked."))
        access.record(principal, "unsuppressed", "address", str(suppression_id))


def why_suppressed(address_key: str, *, owed: bool) -> str:
    """The reason why an address gets nothing, or none. 1 query."""
    rows = Suppression.objects.filter(address_key=address_key, lifted_at=None)
    return (rows.filter(reason__in=OWED_TOO) if owed else rows).values_list("reason", flat=True).first() or ""


def suppressed(principal: access.Principal, at: str = "", limit: int = 50) -> tuple[list[SuppressionView], str]:
    """Blocked addresses, newest first, and the mark of the next page. 1 query."""
    access.require(principal, PERMISSION)
    rows: Any = Suppression.objects.filter(lifted_at=None)
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit))
    shown = found[:limit]
    older = paging.Cursor(ORDER.name, shown[-1].created_at, shown[-1].pk).sealed() if len(found) > limit else ""
    return [
        SuppressionView(
            row.pk, row.address, row.reason, str(row.get_reason_display()), row.note, row.created_by, row.created_at
        )
        for row in shown
    ], older
