"""Making two profiles one, and taking it back: by hand, or by a policy that says why.

Events are not rewritten. A merge is an entry in the ledger; what follows from all entries that hold is worked out by
`merge_groups`, so merges can be taken back in any order and what was before is there again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.events import api as events
from amity.people import pipeline
from amity.people.members import survivors
from amity.people.merge_groups import BY_ITSELF, bump, lock, regroup
from amity.people.models import Merge, Person
from amity.people.profiles import get_person

MERGE_KIND = "people.merge"
MANUAL_POLICY = "manual"
_PLAIN_BACK = "UPDATE people_person SET merged_into_id = NULL WHERE id = %s"


def merge(
    principal: access.Principal,
    winner_id: UUID,
    loser_id: UUID,
    evidence: Mapping[str, Any] | None = None,
    *,
    policy: str = MANUAL_POLICY,
) -> UUID:
    """Make ``loser`` part of ``winner``, which survives; returns the merge, for `unmerge`. Audited.

    ``policy`` names what decided where no human did; it respects what humans parted. Raises ``Refused``:
    ``merge_same``, ``merge_parted``, `NotFound` for somebody that the principal does not see.
    """
    access.require(principal, "people.edit")
    get_person(principal, winner_id)
    get_person(principal, loser_id)
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        now = survivors((winner_id, loser_id), cursor)
        winner, loser = now[winner_id], now[loser_id]
        if winner == loser:
            raise Refused("merge_same", _("These two are one already."), 409)
        if policy != MANUAL_POLICY:
            _heed(policy, winner, loser)
        made = Merge.objects.create(
            loser_id=loser, winner_id=winner, policy=policy, actor_id=principal.staff_id, evidence=dict(evidence or {})
        )
        settle(cursor, {winner, loser})
        detail = {"merged": str(loser), "policy": policy, "merge": str(made.pk)}
        access.record(principal, "merge", "person", winner, detail)
        events.publish("person.updated", winner, {"id": str(winner), "merged": str(loser)})
    return made.pk


def unmerge(principal: access.Principal, merge_id: UUID) -> UUID:
    """Take a merge back, whoever made it; returns the profile that stands by itself again. Audited.

    Policies and automatic joins do not make these two one again; a human may. Raises ``Refused("unmerged_already")``,
    `NotFound`.
    """
    access.require(principal, "people.edit")
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        made = Merge.objects.select_for_update().filter(pk=merge_id).first()
        if made is None:
            raise NotFound(_("This merge is not here."))
        get_person(principal, survivors((made.loser_id,), cursor)[made.loser_id])
        if made.revoked_at is not None:
            raise Refused("unmerged_already", _("This merge was taken back already."), 409)
        made.revoked_at, made.revoked_by, made.veto = clock.now(), principal.staff_id, True
        made.save(update_fields=["revoked_at", "revoked_by", "veto"])
        _revoke_likewise(made)
        if made.plain:
            whole = survivors((made.winner_id,), cursor)[made.winner_id]
            cursor.execute(_PLAIN_BACK, [made.loser_id])
            pipeline.count_again(cursor, {made.loser_id: (whole, made.loser_id), whole: (whole, whole)})
        settle(cursor, {made.winner_id, made.loser_id})
        detail = {"from": str(made.winner_id), "merge": str(made.pk)}
        access.record(principal, "unmerge", "person", made.loser_id, detail)
        events.publish("person.updated", made.winner_id, {"id": str(made.winner_id), "parted": str(made.loser_id)})
    return made.loser_id


def check_part(principal: access.Principal, person_id: UUID, merge_id: UUID) -> None:
    """Raise `NotFound` unless ``merge_id`` joined something to this person, whom the principal must see."""
    access.require(principal, "people.edit")
    get_person(principal, person_id)
    made = Merge.objects.filter(pk=merge_id).values_list("loser_id", "winner_id").first()
    if made is None or person_id not in {*survivors(made).values(), *made}:
        raise NotFound(_("This merge is not here."))


def do_merge(principal: access.Principal, args: dict[str, Any]) -> str:
    """`undo` handler: merge ``args["ids"]`` (winner, loser)."""
    winner, loser = (UUID(str(each)) for each in args["ids"])
    return str(merge(principal, winner, loser, args.get("evidence")))


def undo_merge(principal: access.Principal, args: dict[str, Any], before: str) -> None:
    """`undo` handler: take the merge back, unless somebody did."""
    if Merge.objects.filter(pk=before, revoked_at=None).exists():
        unmerge(principal, UUID(before))


def merge_with_undo(principal: access.Principal, winner_id: UUID, loser_id: UUID) -> UUID:
    """`merge` by hand; returns the undo group."""
    return undo.perform(principal, MERGE_KIND, {"ids": [str(winner_id), str(loser_id)]})


def merges_between(ids: set[UUID]) -> list[UUID]:
    """Merges that hold with one of these rows on either side. 1 query."""
    rows = Merge.objects.filter(Q(loser_id__in=ids) | Q(winner_id__in=ids), revoked_at=None)
    return list(rows.order_by("created_at", "id").values_list("pk", flat=True))


def _revoke_likewise(made: Merge) -> None:
    """Where a human parts two, what joins these two by itself goes too."""
    ends = (made.loser_id, made.winner_id)
    same = Merge.objects.filter(policy__in=BY_ITSELF, plain=False, loser_id__in=ends, winner_id__in=ends)
    same.filter(revoked_at=None).update(revoked_at=made.revoked_at)


def settle(cursor: Any, ends: set[UUID]) -> None:
    """Bring profiles in line with the ledger after entries about these ``ends`` were made or revoked."""
    moves = regroup(cursor, ends)
    bump(cursor)
    pipeline.touch(cursor, {pk for pair in moves.values() for pk in pair} | ends)


def _heed(policy: str, winner: UUID, loser: UUID) -> None:
    """A policy never joins what a human parted, nor two user ids or two recorded people."""
    if policy in BY_ITSELF:
        raise ValueError(f"{policy} joins belong to the pipeline")
    if Merge.objects.filter(veto=True, loser_id__in=(winner, loser), winner_id__in=(winner, loser)).exists():
        raise Refused("merge_parted", _("Somebody took these two apart; only a human can make them one again."), 409)
    grades = list(Person.objects.filter(pk__in=(winner, loser)).values_list("grade", flat=True))
    if grades == ["login", "login"]:
        raise Refused("merge_logins", _("Two user ids are made one only by a human."), 409)
