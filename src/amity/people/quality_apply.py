"""Carrying proposals out, refusing them, taking them back; one, many, or by a rule. Each decision is in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.people.models import Correction, CorrectionRule
from amity.people.quality_kinds import Noun, Row, kinds, noun, nouns

MANY = "people.quality_many"
CHUNK = 100
SURE = 0.9  # what rules ask for unless told otherwise
State = Correction.State
Tell = Callable[[int], None]  # how many of the ids were looked at


@dataclass(slots=True)
class Outcome:
    """What became of the proposals: ``void`` no longer fitted, ``refused`` could not be done."""

    batch_id: UUID
    done: int = 0
    void: int = 0
    refused: int = 0


def accept(
    principal: access.Principal, ids: Sequence[UUID], tell: Tell | None = None, rule: CorrectionRule | None = None
) -> Outcome:
    """Carry proposals out as ``principal`` (or a rule). Those whose value changed since are void, not done.

    Commits after each 100; about 25 ms for each.
    """
    outcome = Outcome(new_id())
    for part in _parts(ids, tell):
        with transaction.atomic():
            rows = _locked(principal, part, State.PROPOSED)
            now = _now(rows)
            for row in rows:
                _carry_out(principal, row, rule, outcome, now)
    return outcome


def refuse(principal: access.Principal, ids: Sequence[UUID], tell: Tell | None = None) -> Outcome:
    """Never propose these again; the values stay as they are."""
    outcome = Outcome(new_id())
    for part in _parts(ids, tell):
        with transaction.atomic():
            rows = _locked(principal, part, State.PROPOSED)
            for row in rows:
                access.require(principal, noun(row.target_kind).edit_permission)
                _decide(row, State.REFUSED, principal, outcome.batch_id)
            if rows:
                access.record(principal, "refuse", "correction", str(outcome.batch_id), {"n": len(rows)})
        outcome.done += len(rows)
    return outcome


def reverse(principal: access.Principal, ids: Sequence[UUID], tell: Tell | None = None) -> Outcome:
    """Take applied repairs back, the newest first; refused ones are proposed again."""
    outcome = Outcome(new_id())
    found = Correction.objects.filter(pk__in=ids).order_by("-decided_at", "-pk").values_list("pk", flat=True)
    for part in _parts(list(found), tell):
        with transaction.atomic():
            rows = {row.pk: row for row in _locked(principal, part, State.APPLIED, State.REFUSED)}
            for row in (rows[pk] for pk in part if pk in rows):
                _take_back(principal, row, outcome)
    return outcome


ACTS: Mapping[str, Callable[[access.Principal, Sequence[UUID], Tell | None], Outcome]] = {
    "accept": accept, "refuse": refuse, "reverse": reverse,
}  # fmt: skip


def _parts(ids: Sequence[UUID], tell: Tell | None) -> Iterator[Sequence[UUID]]:
    """``ids`` in parts; progress is told when the caller has done (and committed) one and asks for the next."""
    for begin in range(0, len(ids), CHUNK):
        yield ids[begin : begin + CHUNK]
        if tell is not None:
            tell(min(begin + CHUNK, len(ids)))


def _now(rows: Sequence[Correction]) -> dict[UUID, Row]:
    """The records that these are about as they are now, locked. 2–4 queries per noun."""
    found: dict[UUID, Row] = {}
    for key in sorted({row.target_kind for row in rows}):
        found |= noun(key).current([row.target_id for row in rows if row.target_kind == key], lock=True)
    return found


def many(principal: access.Principal, verb: str, kind: str, source: str, *, least: float = 0.0) -> UUID:
    """Accept, refuse or reverse everything of a kind (and source) that ``principal`` sees: a job; its id."""
    access.require(principal, "people.bulk")
    if verb not in ACTS:
        raise Refused("correction_verb", _("Proposals are accepted, refused or taken back."))
    return jobs.start(
        MANY, MANY, started_by=principal.staff_id, verb=verb, what=kind, source=source, least=least,
        staff_id=str(access.own_id(principal)), rule_id="",
    )  # fmt: skip


def make_rule(principal: access.Principal, kind: str, source: str, least: float = SURE) -> CorrectionRule:
    """From now on repair this kind for this source (empty: every source) by itself; carried out at once, by a job."""
    _may_rule(principal)
    known = kinds().get(kind)
    if known is None:
        raise Refused("correction_kind", _("There is no such kind of problem."))
    if not 0.5 <= least <= 1:
        raise Refused("correction_least", _("A rule needs a confidence from 0.5 to 1."))
    with transaction.atomic():
        before = CorrectionRule.objects.filter(kind=kind, source=source).order_by("-version").first()
        CorrectionRule.objects.filter(kind=kind, source=source, active=True).update(
            active=False, retired_by=principal.staff_id, retired_at=clock.now()
        )
        rule = CorrectionRule.objects.create(
            kind=kind, source=source, version=before.version + 1 if before else 1, detector_version=known.version,
            min_confidence=least, created_by=principal.staff_id,
        )  # fmt: skip
        detail = {"kind": kind, "source": source, "version": rule.version, "least": least}
        access.record(principal, "create", "correction_rule", rule.pk, detail)
        _start_rule(principal, rule, "rule")
    return rule


def retire_rule(principal: access.Principal, rule_id: UUID, *, reverse_all: bool = False) -> None:
    """Stop a rule; with ``reverse_all`` everything it did is taken back, by a job."""
    _may_rule(principal)
    with transaction.atomic():
        rule = CorrectionRule.objects.select_for_update().filter(pk=rule_id).first()
        if rule is None:
            raise NotFound(_("There is no such rule."))
        rule.active, rule.retired_by, rule.retired_at = False, principal.staff_id, rule.retired_at or clock.now()
        rule.save(update_fields=["active", "retired_by", "retired_at"])
        access.record(principal, "retire", "correction_rule", rule.pk, {"reverse_all": reverse_all})
        if reverse_all:
            _start_rule(principal, rule, "reverse")


def run_rules(report: jobs.Report) -> int:
    """Carry out what active rules are for; how many repairs."""
    done = 0
    for rule in CorrectionRule.objects.filter(active=True).order_by("pk"):
        done += run_rule(rule)
        report(done, None, "rules")
    return done


def run_rule(rule: CorrectionRule, tell: Callable[[int, int], None] | None = None) -> int:
    """Carry out the open proposals of one rule, as Amity itself; ``tell(done, of how many)``."""
    rows = Correction.objects.filter(state=State.PROPOSED, kind=rule.kind, confidence__gte=rule.min_confidence)
    rows = rows.exclude(after={}).order_by("pk")
    if rule.source:
        rows = rows.filter(source=rule.source)
    ids = list(rows.values_list("pk", flat=True))
    return accept(access.SYSTEM, ids, (lambda done: tell(done, len(ids))) if tell else None, rule).done


def ids_for(
    principal: access.Principal, verb: str, kind: str, source: str, least: float = 0.0, rule_id: str = ""
) -> list[UUID]:
    """Ids of what a job is to decide: open proposals, or (``reverse``) repairs of the kind or of the rule. 1 query."""
    if verb != "reverse":
        return open_of(principal, kind, source, least)
    rows = visible(principal).filter(state=State.APPLIED)
    if rule_id:
        return list(rows.filter(rule_id=UUID(rule_id)).values_list("pk", flat=True))
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(source=source) if source else rows
    return list(rows.values_list("pk", flat=True))


def open_of(principal: access.Principal, kind: str, source: str, least: float = 0.0) -> list[UUID]:
    """Ids of proposals with a repair that ``principal`` sees. 1 query."""
    rows = visible(principal).filter(state=State.PROPOSED, confidence__gte=least).exclude(after={})
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(source=source) if source else rows
    return list(rows.order_by("pk").values_list("pk", flat=True))


def visible(principal: access.Principal) -> QuerySet[Correction]:
    """Corrections of rows that ``principal`` sees."""
    rows = Correction.objects.all()
    seen = [each for each in nouns() if principal.may(each.view_permission)]
    if principal.scope == "all":
        return rows.filter(target_kind__in=[each.key for each in seen])
    found = rows.none()
    for each in seen:
        found = found | rows.filter(target_kind=each.key, target_id__in=each.visible(principal))
    return found


def _locked(principal: access.Principal, ids: Iterable[UUID], *states: str) -> list[Correction]:
    """Those of ``ids`` in one of the states that ``principal`` sees, locked, in order."""
    wanted = list(ids)
    seen = set(visible(principal).filter(pk__in=wanted).values_list("pk", flat=True))
    rows = Correction.objects.select_for_update().filter(pk__in=seen, state__in=states)
    return list(rows.order_by("pk"))


def _carry_out(
    principal: access.Principal, row: Correction, rule: CorrectionRule | None, outcome: Outcome, now: dict[UUID, Row]
) -> None:
    each = noun(row.target_kind)
    access.require(principal, each.edit_permission)
    if not row.after or not _still(each, row, now):
        if row.after:
            Correction.objects.filter(pk=row.pk).update(state=State.VOID)
        outcome.void += 1
        return
    try:
        with transaction.atomic():
            undo = each.change(principal, row.target_id, row.after)
    except (Refused, NotFound):
        outcome.refused += 1
        return
    if undo is None:
        Correction.objects.filter(pk=row.pk).update(state=State.VOID)
        outcome.void += 1
        return
    row.undo = undo
    if rule is not None:
        row.rule, row.rule_version = rule, rule.version
    _decide(row, State.APPLIED, principal, outcome.batch_id)
    outcome.done += 1


def _still(each: Noun, row: Correction, known: dict[UUID, Row]) -> bool:
    """Whether the values are what they were when the repair was proposed; a record repaired before is read again."""
    now = known.pop(row.target_id, None) or each.current([row.target_id], lock=True).get(row.target_id)
    return now is not None and all(each.value(now, name) == value for name, value in row.before.items())


def _take_back(principal: access.Principal, row: Correction, outcome: Outcome) -> None:
    each = noun(row.target_kind)
    access.require(principal, each.edit_permission)
    if row.state == State.REFUSED:
        row.state, row.decided_by, row.decided_at, row.batch_id = State.PROPOSED, None, None, None
        row.save(update_fields=["state", "decided_by", "decided_at", "batch_id"])
    else:
        each.take_back(principal, row.target_id, row.undo)
        row.state, row.reversed_by, row.reversed_at = State.REVERSED, principal.staff_id, clock.now()
        row.save(update_fields=["state", "reversed_by", "reversed_at"])
    outcome.done += 1


def _decide(row: Correction, state: str, principal: access.Principal, batch_id: UUID) -> None:
    row.state, row.decided_by, row.decided_at, row.batch_id = state, principal.staff_id, clock.now(), batch_id
    row.save(update_fields=["state", "decided_by", "decided_at", "batch_id", "undo", "rule", "rule_version"])


def _may_rule(principal: access.Principal) -> None:
    access.require(principal, "people.bulk")
    if principal.scope != "all":
        raise Refused(
            "rule_scope", _("A rule concerns every record: only somebody who sees them all can make one."), 403
        )


def _start_rule(principal: access.Principal, rule: CorrectionRule, verb: str) -> None:
    jobs.start(
        MANY, MANY, subject_id=rule.pk, started_by=principal.staff_id, verb=verb, what=rule.kind, source=rule.source,
        least=rule.min_confidence, staff_id=str(principal.staff_id or ""), rule_id=str(rule.pk),
    )  # fmt: skip
