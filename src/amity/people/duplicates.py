"""Duplicates as reviewers meet them: the open pairs, what speaks for and against each, and the decision.

Pairs are found by `duplicates_scan` (the whole base) and `duplicates_live` (one record at a time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.people import duplicates_merging
from amity.people.duplicate_models import DuplicatePair, MatchModel
from amity.people.duplicates_evidence import Evidence, told
from amity.people.duplicates_links import Workplace, workplaces
from amity.people.duplicates_live import Likeness, file_all, like
from amity.people.duplicates_scan import SCAN_KIND, scan_person_base, start_scan
from amity.people.models import LISTED, Company, Person
from amity.people.profiles import COMPANY_FIELDS, PERSON_FIELDS, CompanyView, PersonView, company_view, person_view

DECIDE_KIND = "people.pair"
KINDS = ("person", "company")
MAX_PAGE = 100
Verdict = Literal["merge", "apart"]


@dataclass(frozen=True, slots=True)
class PairView:
    """Two profiles that look the same. ``probability`` 0–1; ``weight`` and those in ``evidence`` in bits."""

    id: UUID
    kind: str
    left: PersonView | CompanyView
    right: PersonView | CompanyView
    probability: float
    weight: float
    evidence: tuple[Evidence, ...]
    band: str  # certain, review
    state: str  # open, merged, apart, gone
    found_by: str  # scan, live, import, form, alias
    model_version: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    merge_id: UUID | None

    @property
    def cursor(self) -> str:
        """What `open_pairs` takes as ``after`` to go on behind this pair."""
        return f"{self.probability!r}:{self.id}"


@dataclass(frozen=True, slots=True)
class Counts:
    """Pairs of one kind: open ones by band, decided ones by outcome; when the base was last scanned."""

    certain: int
    review: int
    merged: int
    apart: int
    scanned_at: datetime | None

    @property
    def open(self) -> int:
        return self.certain + self.review


def open_pairs(
    principal: access.Principal, kind: str = "person", after: str = "", limit: int = 20, band: str = ""
) -> list[PairView]:
    """Open pairs of which the principal sees both sides, the most probable first; ``after``: a `PairView.cursor`.

    ``band``: only ``certain`` or ``review``. 2 queries.
    """
    access.require(principal, "people.view")
    rows = both_seen(principal, kind).filter(state="open")
    if band:
        rows = rows.filter(band=band)
    if after:
        rows = rows.filter(_behind(after))
    return views(list(rows.order_by("-probability", "-id")[: min(limit, MAX_PAGE)]), kind)


def get_pair(principal: access.Principal, pair_id: UUID) -> PairView:
    """One pair in whatever state, if the principal sees both sides; raises `NotFound`. 3 queries."""
    access.require(principal, "people.view")
    kind = DuplicatePair.objects.filter(pk=pair_id).values_list("kind", flat=True).first()
    row = both_seen(principal, kind, listed=False).filter(pk=pair_id).first() if kind else None
    if row is None:
        raise NotFound(_("This pair is not here, or not among the records that you see."))
    return views([row], row.kind)[0]


def pairs_of(principal: access.Principal, kind: str, profile_id: UUID, limit: int = 5) -> list[PairView]:
    """Open pairs of one profile, the most probable first. 2 queries."""
    access.require(principal, "people.view")
    rows = both_seen(principal, kind).filter(Q(left_id=profile_id) | Q(right_id=profile_id), state="open")
    return views(list(rows.order_by("-probability", "-id")[: min(limit, MAX_PAGE)]), kind)


def counts() -> dict[str, Counts]:
    """How many pairs of each kind are open and decided. 2 queries."""
    states = DuplicatePair.objects.values_list("kind", "state", "band").annotate(n=Count("pk")).order_by()
    scanned = dict(MatchModel.objects.values_list("kind").annotate(at=Max("created_at")).order_by())
    found = {(kind, state, band): n for kind, state, band, n in states}

    def of(kind: str, state: str) -> int:
        return sum(n for (a, b, _band), n in found.items() if (a, b) == (kind, state))

    return {
        kind: Counts(
            found.get((kind, "open", "certain"), 0),
            found.get((kind, "open", "review"), 0),
            of(kind, "merged"),
            of(kind, "apart"),
            scanned.get(kind),
        )
        for kind in KINDS
    }


def decide(principal: access.Principal, pair_id: UUID, verdict: Verdict, winner_id: UUID | None = None) -> UUID:
    """Merge a pair (``winner_id`` survives, else the older profile) or say that they are two; returns the undo group.

    Audited. Raises `NotFound`, ``Refused``: ``pair_decided``, ``pair_winner``, and what a merge refuses.
    """
    access.require(principal, "people.edit")
    pair = get_pair(principal, pair_id)
    if verdict not in ("merge", "apart"):
        raise Refused("pair_verdict", _("Say “merge” or “apart”."))
    if winner_id not in (None, pair.left.id, pair.right.id):
        raise Refused("pair_winner", _("The one that stays must be one of the two."))
    args = {"pair": str(pair_id), "verdict": verdict, "winner": str(winner_id) if winner_id else None}
    return undo.perform(principal, DECIDE_KIND, args)


def do_decide(principal: access.Principal, args: dict[str, Any]) -> str | None:
    """`undo` handler: write the decision; returns the merge, if one was made."""
    pair = DuplicatePair.objects.select_for_update().filter(pk=args["pair"]).first()
    if pair is None or pair.state != "open":
        raise Refused("pair_decided", _("Somebody decided on these two already."), 409)
    merge_id = None
    if args["verdict"] == "merge":
        winner = UUID(args["winner"]) if args["winner"] else pair.left_id  # ids are in order of time
        loser = pair.right_id if winner == pair.left_id else pair.left_id
        merge_id = duplicates_merging.merge_pair(principal, pair, winner, loser)
    pair.state, pair.merge_id = ("merged" if merge_id else "apart"), merge_id
    pair.decided_by, pair.decided_at = principal.staff_id, clock.now()
    pair.save(update_fields=["state", "merge_id", "decided_by", "decided_at"])
    access.record(principal, "decide", "pair", pair.pk, {"kind": pair.kind, "verdict": args["verdict"]})
    return str(merge_id) if merge_id else None


def undo_decide(principal: access.Principal, args: dict[str, Any], before: str | None) -> None:
    """`undo` handler: the pair is open again, and what was merged is two, unless somebody saw to that."""
    with transaction.atomic():
        pair = DuplicatePair.objects.select_for_update().filter(pk=args["pair"]).first()
        if before:
            duplicates_merging.unmerge_pair(principal, args.get("kind") or (pair.kind if pair else "person"), before)
        if pair is None or pair.state not in ("merged", "apart"):
            return
        pair.state, pair.merge_id, pair.decided_by, pair.decided_at = "open", None, None, None
        pair.save(update_fields=["state", "merge_id", "decided_by", "decided_at"])
        access.record(principal, "reopen", "pair", pair.pk, {"kind": pair.kind})


def both_seen(principal: access.Principal, kind: str, *, listed: bool = True) -> QuerySet[DuplicatePair]:
    """Pairs of which the principal sees both sides; ``listed``: only where both still stand in the lists. No query."""
    rows: Any = Company.objects if kind == "company" else Person.objects
    shown = Q() if not listed else Q(archived_at=None) if kind == "company" else LISTED
    seen = rows.filter(access.rows_of(principal), shown)
    return DuplicatePair.objects.filter(
        Exists(seen.filter(pk=OuterRef("left_id"))), Exists(seen.filter(pk=OuterRef("right_id"))), kind=kind
    )


def _behind(after: str) -> Q:
    probability, _colon, pk = after.partition(":")
    try:
        at, last = float(probability), UUID(pk)
    except ValueError as error:
        raise Refused("bad_cursor", _("Start from the first page again: this place in the list is unknown.")) from error
    return Q(probability__lt=at) | Q(probability=at, id__lt=last)


def views(pairs: Sequence[DuplicatePair], kind: str) -> list[PairView]:
    """Pairs of one kind with their profiles. 1 query."""
    ids = {end for pair in pairs for end in (pair.left_id, pair.right_id)} or {UUID(int=0)}  # always one query
    sides: dict[UUID, Any]
    if kind == "company":
        firms = Company.objects.filter(pk__in=ids).values("id", *COMPANY_FIELDS)
        sides = {row["id"]: company_view(row) for row in firms}
    else:
        sides = {row["id"]: person_view(row) for row in Person.objects.filter(pk__in=ids).values("id", *PERSON_FIELDS)}
    return [_view(pair, sides[pair.left_id], sides[pair.right_id]) for pair in pairs]


def _view(pair: DuplicatePair, left: Any, right: Any) -> PairView:
    return PairView(
        pair.pk, pair.kind, left, right, pair.probability, pair.weight, told(pair.evidence, left, right), pair.band,
        pair.state, pair.found_by, pair.model_version, pair.created_at, pair.decided_at, pair.decided_by,
        pair.merge_id,
    )  # fmt: skip


__all__ = [
    "DECIDE_KIND",
    "KINDS",
    "SCAN_KIND",
    "Counts",
    "Evidence",
    "Likeness",
    "PairView",
    "Workplace",
    "both_seen",
    "counts",
    "decide",
    "do_decide",
    "file_all",
    "get_pair",
    "like",
    "open_pairs",
    "pairs_of",
    "scan_person_base",
    "start_scan",
    "undo_decide",
    "views",
    "workplaces",
]
