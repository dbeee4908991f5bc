"""Proposals and the correction log as people read them: names instead of ids, what differs marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.ids import read_id
from amity.people.called import Asking, Wanted
from amity.people.models import Correction, CorrectionRule
from amity.people.quality_apply import visible
from amity.people.quality_kinds import TRAITS, Kind, field_label, kind_label, noun, reason, seen_nouns

PAGE = 25
State = Correction.State
LOGGED = (State.APPLIED, State.REVERSED, State.REFUSED)
Piece = tuple[str, bool]  # a text, and whether it is what differs


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a repair."""

    label: str
    before: Sequence[Piece]
    after: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A proposal or an entry of the log."""

    id: UUID
    kind: str
    kind_label: str
    noun: str
    target_id: UUID
    name: str
    url_name: str
    changes: Sequence[Change]
    repairable: bool
    reason: str
    confidence: float
    source: str
    state: str
    state_label: str
    by: str
    decided_at: datetime | None
    reversed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OpenFix:
    """A proposal as the page of its record shows it."""

    id: UUID
    changes: Sequence[Change]
    repairable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class KindCount:
    """A kind with its open proposals; ``ready``: those with a repair."""

    kind: Kind
    noun_label: str
    open: int
    ready: int
    applied: int


def by_kind(principal: access.Principal, group: str = "problem") -> list[KindCount]:
    """All kinds of the nouns in sight with their counts. 1 query."""
    rows = visible(principal).values("kind").annotate(
        open=Count("pk", filter=Q(state=State.PROPOSED)),
        ready=Count("pk", filter=Q(state=State.PROPOSED) & ~Q(after={})),
        applied=Count("pk", filter=Q(state=State.APPLIED)),
    )  # fmt: skip
    counts = {row["kind"]: row for row in rows.order_by()}
    none = {"open": 0, "ready": 0, "applied": 0}
    return [
        KindCount(kind, str(each.label), *(counts.get(kind.key, none)[name] for name in ("open", "ready", "applied")))
        for each in seen_nouns(principal)
        for kind in each.kinds
        if kind.group == group
    ]


def proposals(
    principal: access.Principal, kind: str = "", source: str = "", after: UUID | None = None, limit: int = PAGE
) -> list[CorrectionView]:
    """Open proposals, the oldest first. A fixed number of queries per noun."""
    rows = visible(principal).filter(state=State.PROPOSED)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(source=source) if source else rows
    rows = rows.filter(pk__gt=after) if after else rows
    return views(principal, list(rows.order_by("pk")[:limit]))


def sources_of(principal: access.Principal, kind: str) -> list[tuple[str, int]]:
    """Sources of the open proposals of a kind, with how many. 1 query."""
    rows = visible(principal).filter(state=State.PROPOSED, kind=kind).order_by()
    return sorted(rows.values_list("source").annotate(n=Count("pk")), key=lambda row: -row[1])


def log(
    principal: access.Principal,
    *,
    kind: str = "",
    state: str = "",
    target_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> list[CorrectionView]:
    """What was decided, the newest first."""
    rows = visible(principal).filter(decided_at__isnull=False)
    rows = rows.filter(state=state) if state in LOGGED else rows.filter(state__in=LOGGED)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(target_id=target_id) if target_id else rows
    if before:
        rows = rows.filter(Q(decided_at__lt=before[0]) | Q(decided_at=before[0], pk__lt=before[1]))
    return views(principal, list(rows.order_by("-decided_at", "-pk")[:limit]))


def rules(principal: access.Principal) -> list[tuple[CorrectionRule, str, int]]:
    """Active rules with the label of their kind and how many repairs they did. 1 query."""
    done = Count("pk", filter=Q(state=State.APPLIED))
    counts = dict(Correction.objects.filter(rule__isnull=False).order_by().values_list("rule_id").annotate(n=done))
    rows = CorrectionRule.objects.filter(Q(active=True) | Q(pk__in=[pk for pk, n in counts.items() if n]))
    return [(rule, kind_label(rule.kind), counts.get(rule.pk, 0)) for rule in rows.order_by("-active", "-pk")]


def open_about(person_id: UUID, limit: int = 5) -> Asking[list[OpenFix]]:
    """Open proposals about a person that the caller has been shown, the oldest first. 1 query."""
    found = Correction.objects.filter(target_id=person_id, target_kind="person", state=State.PROPOSED)
    rows = list(found.order_by("pk")[:limit])
    names = yield Wanted(companies=[
        read_id(side["company_id"]) for row in rows for side in (row.before, row.after) if "company_id" in side
    ])  # fmt: skip
    ids = {str(pk): name for pk, name in names.companies.items()}
    return [OpenFix(row.pk, _changes(row, ids), bool(row.after), reason("person", row.reason)) for row in rows]


def views(principal: access.Principal, rows: Sequence[Correction]) -> list[CorrectionView]:
    """Corrections in words. 2 queries per noun among them, and 1."""
    names: dict[UUID, str] = {}
    ids: dict[str, str] = {}
    for key in {row.target_kind for row in rows}:
        mine, each = [row for row in rows if row.target_kind == key], noun(key)
        names |= each.names([row.target_id for row in mine], principal)
        values = [(name, value) for row in mine for side in (row.before, row.after) for name, value in side.items()]
        ids |= each.told_ids(values, principal)
    staff = access.staff_names([*(pk for row in rows for pk in (row.decided_by, row.reversed_by)), UUID(int=0)])
    return [_view(row, names, ids, staff) for row in rows]


def get(principal: access.Principal, correction_id: UUID) -> CorrectionView | None:
    """One correction, if its row is in sight."""
    return next(iter(views(principal, list(visible(principal).filter(pk=correction_id)))), None)


def _view(
    row: Correction, names: Mapping[UUID, str], ids: Mapping[str, str], staff: Mapping[UUID, str]
) -> CorrectionView:
    changes = _changes(row, ids)
    actor = staff.get(row.decided_by, _("somebody who has left")) if row.decided_by else ""
    by_rule = _("Rule, version {number}").format(number=row.rule_version) if row.rule_version else ""
    return CorrectionView(
        id=row.pk, kind=row.kind, kind_label=kind_label(row.kind), noun=row.target_kind, target_id=row.target_id,
        name=names.get(row.target_id, ""), url_name=noun(row.target_kind).url_name, changes=changes,
        repairable=bool(row.after), reason=reason(row.target_kind, row.reason), confidence=row.confidence,
        source=row.source, state=row.state, state_label=str(State(row.state).label),
        by=by_rule or actor or (_("Amity") if row.decided_at else ""), decided_at=row.decided_at,
        reversed_at=row.reversed_at, created_at=row.created_at,
    )  # fmt: skip


def _changes(row: Correction, ids: Mapping[str, str]) -> list[Change]:
    """What a repair changes; of a problem without one what is wrong."""
    if not row.after:
        wrong = {name: _told(value, ids) for name, value in row.before.items()}
        return [Change(field_label(row.target_kind, name), [(text, True)], ()) for name, text in wrong.items()]
    pairs = {name: (_told(row.before.get(name), ids), _told(value, ids)) for name, value in row.after.items()}
    left = [name for name, (was, now) in pairs.items() if name.startswith(TRAITS) and was and not now]
    filled = [name for name, (was, now) in pairs.items() if not name.startswith(TRAITS) and now and not was]
    if len(pairs) == 2 and left and filled:  # a cell that could not be read when it came in
        pairs = {filled[0]: (pairs[left[0]][0], pairs[filled[0]][1])}
    return [Change(field_label(row.target_kind, name), *marked(*texts)) for name, texts in pairs.items()]


def marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, those marked in which they differ."""
    if not before or not after or len(before) > 200 or len(after) > 200:
        return [(before, True)] if before else [], [(after, True)] if after else []
    left: list[Piece] = []
    right: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if before[a:b]:
            left.append((before[a:b], what != "equal"))
        if after[c:d]:
            right.append((after[c:d], what != "equal"))
    return left, right


def _told(value: Any, ids: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    text = str(value)
    return ids.get(text, text) if read_id(text) else text
