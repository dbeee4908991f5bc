"""Making two companies one, and taking it back. People, deals and subsidiaries go along and come back.

As with people (`merge`), a merge is an entry in a ledger; who is part of whom follows from the entries that hold, so
merges can be taken back in any order and what was before is there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.events import api as events
from amity.people.merge_company_groups import regroup
from amity.people.models import Company, CompanyMerge
from amity.people.profiles import get_company

MERGE_KIND = "companies.merge"
MANUAL_POLICY = "manual"
LOCK = "SELECT pg_advisory_xact_lock(hashtext('people.companies'))"
_MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class CompanyJoin:
    """A company that was merged into another. ``policy``: manual, or what else decided."""

    id: UUID
    loser_id: UUID
    loser: str
    winner_id: UUID
    policy: str
    evidence: Mapping[str, Any]
    actor_id: UUID | None
    created_at: datetime


def merge(
    principal: access.Principal,
    winner_id: UUID,
    loser_id: UUID,
    evidence: Mapping[str, Any] | None = None,
    *,
    policy: str = MANUAL_POLICY,
) -> UUID:
    """Make ``loser`` part of ``winner``, which survives; returns the merge, for `unmerge`. Audited.

    Raises ``Refused``: ``merge_same``, ``merge_parted`` (a policy never joins what a human parted), `NotFound`.
    """
    access.require(principal, "people.edit")
    get_company(principal, winner_id)
    get_company(principal, loser_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        now = survivors((winner_id, loser_id))
        winner, loser = now[winner_id], now[loser_id]
        if winner == loser:
            raise Refused("merge_same", _("These two are one already."), 409)
        if policy != MANUAL_POLICY and _parted(winner, loser):
            raise Refused(
                "merge_parted", _("Somebody took these two apart; only a human can make them one again."), 409
            )
        made = CompanyMerge.objects.create(
            loser_id=loser, winner_id=winner, policy=policy, actor_id=principal.staff_id, evidence=dict(evidence or {})
        )
        regroup(cursor, {winner, loser})
        detail = {"merged": str(loser), "policy": policy, "merge": str(made.pk)}
        access.record(principal, "merge", "company", winner, detail)
        events.publish("company.updated", winner, {"id": str(winner), "merged": str(loser)})
    return made.pk


def unmerge(principal: access.Principal, merge_id: UUID) -> UUID:
    """Take a merge back; returns the company that stands by itself again. Audited.

    Raises ``Refused("unmerged_already")``, `NotFound`.
    """
    access.require(principal, "people.edit")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        made = CompanyMerge.objects.select_for_update().filter(pk=merge_id).first()
        if made is None:
            raise NotFound(_("This merge is not here."))
        get_company(principal, survivors((made.loser_id,))[made.loser_id])
        if made.revoked_at is not None:
            raise Refused("unmerged_already", _("This merge was taken back already."), 409)
        made.revoked_at, made.revoked_by, made.veto = clock.now(), principal.staff_id, True
        made.save(update_fields=["revoked_at", "revoked_by", "veto"])
        regroup(cursor, {made.winner_id, made.loser_id})
        detail = {"from": str(made.winner_id), "merge": str(made.pk)}
        access.record(principal, "unmerge", "company", made.loser_id, detail)
        events.publish("company.updated", made.winner_id, {"id": str(made.winner_id), "parted": str(made.loser_id)})
    return made.loser_id


def merge_with_undo(principal: access.Principal, winner_id: UUID, loser_id: UUID) -> UUID:
    """`merge` by hand; returns the undo group."""
    return undo.perform(principal, MERGE_KIND, {"ids": [str(winner_id), str(loser_id)]})


def do_merge(principal: access.Principal, args: dict[str, Any]) -> str:
    """`undo` handler: merge ``args["ids"]`` (winner, loser)."""
    winner, loser = (UUID(str(each)) for each in args["ids"])
    return str(merge(principal, winner, loser, args.get("evidence")))


def undo_merge(principal: access.Principal, args: dict[str, Any], before: str) -> None:
    """`undo` handler: take the merge back, unless somebody did."""
    if CompanyMerge.objects.filter(pk=before, revoked_at=None).exists():
        unmerge(principal, UUID(before))


def check_part(principal: access.Principal, company_id: UUID, merge_id: UUID) -> None:
    """Raise `NotFound` unless ``merge_id`` joined something to this company, which the principal must see."""
    access.require(principal, "people.edit")
    get_company(principal, company_id)
    made = CompanyMerge.objects.filter(pk=merge_id).values_list("loser_id", "winner_id").first()
    if made is None or company_id not in {*survivors(made).values(), *made}:
        raise NotFound(_("This merge is not here."))


def survivors(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each id with the company that it is part of now: itself unless merged. Unknown ids stand alone. 1 query."""
    wanted = list(dict.fromkeys(ids))
    rows = Company.objects.filter(pk__in=wanted, merged_into__isnull=False).values_list("pk", "merged_into_id")
    return {each: each for each in wanted} | dict(rows)


def members_of(company_id: UUID) -> list[UUID]:
    """The company with all that were merged into it, itself first. 1 query."""
    rows = Company.objects.filter(merged_into_id=company_id).order_by("pk").values_list("pk", flat=True)
    return [company_id, *rows]


def joins_of(company_id: UUID) -> list[CompanyJoin]:
    """What a company was joined from, newest first (at most 50): merges that hold, of all its members. 1 query."""
    members = Company.objects.filter(Q(pk=company_id) | Q(merged_into_id=company_id)).values("pk")
    rows = (
        CompanyMerge.objects.filter(loser_id__in=members, revoked_at=None)
        .select_related("loser")
        .order_by("-created_at", "-pk")[:_MAX_SHOWN]
    )
    return [
        CompanyJoin(
            row.pk, row.loser_id, row.loser.name, row.winner_id, row.policy, row.evidence, row.actor_id, row.created_at
        )
        for row in rows
    ]


def _parted(winner: UUID, loser: UUID) -> bool:
    ends = Q(loser_id__in=(winner, loser), winner_id__in=(winner, loser))
    return CompanyMerge.objects.filter(ends, veto=True).exists()
