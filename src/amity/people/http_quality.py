"""Public API of data quality."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.dateparse import parse_datetime
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from amity.access import api as access
from amity.base import rest
from amity.base.errors import Refused
from amity.people import (
    quality_apply,
    quality_decay,
    quality_doubts,
    quality_log,
    quality_numbers,
    quality_signature,
    quality_weekly,
)
from amity.people.profiles import get_person

router = Router(tags=["quality"])


class QualityNumberOut(Schema):
    """One of the three numbers: records, of how many."""

    key: str
    count: int
    total: int
    share: float


class SourceNumbers(Schema):
    source: str
    numbers: list[QualityNumberOut]


class QualityNumbersOut(Schema):
    """The three numbers of people or companies on the last day they were measured; ``gaps``: empty fields."""

    noun: str
    day: date
    total: int
    numbers: list[QualityNumberOut]
    gaps: dict[str, int]
    sources: list[SourceNumbers]


class QualityKindOut(Schema):
    """A kind of problem (or of gap) with its open proposals; ``ready``: those with a repair."""

    key: str
    label: str
    noun: str
    group: str
    open: int
    ready: int
    applied: int


class CorrectionOut(Schema):
    """A proposal or an entry of the correction log. An empty ``after`` is a problem without a known repair."""

    id: UUID
    kind: str
    noun: str
    target_id: UUID
    name: str
    changes: list[dict[str, str]]
    repairable: bool
    reason: str
    confidence: float
    source: str
    state: str
    by: str
    created_at: datetime
    decided_at: datetime | None
    reversed_at: datetime | None


class CorrectionPage(Schema):
    items: list[CorrectionOut]
    next: str | None


class QualityDecisionIn(Schema, extra="forbid"):
    """What becomes of proposals, or (``reverse``) of repairs that were made."""

    verb: Literal["accept", "refuse", "reverse"]
    ids: list[UUID]


class QualityDecisionOut(Schema):
    """How many were done; ``void`` no longer fitted, ``refused`` could not be done."""

    batch_id: UUID
    done: int
    void: int
    refused: int


class QualityRuleIn(Schema, extra="forbid"):
    """Always repair this kind for this source (empty: every source)."""

    kind: str
    source: str = ""
    min_confidence: float = quality_apply.SURE


class QualityRuleOut(Schema):
    id: UUID
    kind: str
    source: str
    version: int
    min_confidence: float
    active: bool
    repairs: int


class SignatureTextIn(Schema, extra="forbid"):
    """A mail, or its end."""

    text: str


class ProposedIdsOut(Schema):
    ids: list[UUID]


class ValueStandingOut(Schema):
    """How likely a value still holds (null: too little is known), and what speaks against it."""

    field: str
    value: str
    since: datetime
    holds: float | None
    signal: str
    evidence: str


class ConfirmValueIn(Schema, extra="forbid"):
    field: str


class ValueSignalIn(Schema, extra="forbid"):
    """What was seen, when (else now), and in which words (a delivery report, an automatic answer)."""

    signal: Literal["bounced", "dead_phone", "left_company"]
    evidence: str = ""
    at: AwareDatetime | None = None


class QualityWeekOut(Schema):
    """What changed on the caller's own records in the week from that Monday; counts by who changed it."""

    week: date
    counts: dict[str, int]
    seen_at: datetime | None


@router.get("/quality/numbers", response=rest.document(list[QualityNumbersOut]), operation_id="getQualityNumbers")
def numbers(request: access.StaffRequest) -> Any:
    """The three numbers as last measured."""
    access.require(request.principal, "people.view")
    found = [quality_numbers.latest(noun) for noun in ("person", "company")]
    return [_numbers(each) for each in found if each]


@router.get("/quality/kinds", response=rest.document(list[QualityKindOut]), operation_id="listQualityKinds")
def kinds(request: access.StaffRequest) -> Any:
    """Problems and gaps by kind."""
    access.require(request.principal, "people.view")
    rows = [*quality_log.by_kind(request.principal), *quality_log.by_kind(request.principal, "gap")]
    return [
        {"key": each.kind.key, "label": str(each.kind.label), "noun": each.kind.noun, "group": each.kind.group,
         "open": each.open, "ready": each.ready, "applied": each.applied}
        for each in rows
    ]  # fmt: skip


@router.get("/quality/proposals", response=rest.document(CorrectionPage), operation_id="listQualityProposals")
def proposals(
    request: access.StaffRequest, kind: str = "", source: str = "", limit: int = rest.USUAL_LIMIT, cursor: str = ""
) -> Any:
    """Open proposals about records that you see, the oldest first."""
    access.require(request.principal, "people.view")
    size = rest.limit_of(request.GET)
    after = rest.uuid_of(cursor) if cursor else None
    rows = quality_log.proposals(request.principal, kind, source, after, size + 1)
    following = str(rows[size - 1].id) if len(rows) > size else None
    return {"items": [_correction(row) for row in rows[:size]], "next": following}


@router.get("/quality/corrections", response=rest.document(CorrectionPage), operation_id="listCorrections")
def corrections(
    request: access.StaffRequest,
    kind: str = "",
    state: str = "",
    target_id: UUID | None = None,
    limit: int = rest.USUAL_LIMIT,
    cursor: str = "",
) -> Any:
    """The correction log of records that you see, the newest first."""
    access.require(request.principal, "people.view")
    size = rest.limit_of(request.GET)
    rows = quality_log.log(
        request.principal, kind=kind, state=state, target_id=target_id, before=_before(cursor), limit=size + 1
    )
    last = rows[size - 1] if len(rows) > size else None
    following = f"{last.decided_at.isoformat()},{last.id}" if last and last.decided_at else None
    return {"items": [_correction(row) for row in rows[:size]], "next": following}


@router.post(
    "/quality/decisions", response={200: QualityDecisionOut, **rest.problems()}, operation_id="decideQualityProposals"
)
def decide(request: access.StaffRequest, body: QualityDecisionIn) -> Any:
    """Accept or refuse proposals, or take repairs back; at most 500 at a time."""
    access.require(request.principal, "people.edit")
    if len(body.ids) > 500:
        raise Refused("too_many_ids", "At most 500 ids at a time.")
    if len(body.ids) > 1:
        access.require(request.principal, "people.bulk")
    return quality_apply.ACTS[body.verb](request.principal, body.ids, None)


@router.get("/quality/rules", response=rest.document(list[QualityRuleOut]), operation_id="listQualityRules")
def rules(request: access.StaffRequest) -> Any:
    """Rules that repair by themselves, and those that did."""
    access.require(request.principal, "people.view")
    return [_rule(rule, done) for rule, _label, done in quality_log.rules(request.principal)]


@router.post("/quality/rules", response={201: QualityRuleOut, **rest.problems()}, operation_id="createQualityRule")
def make_rule(request: access.StaffRequest, body: QualityRuleIn) -> Any:
    """From now on repair a kind by itself; open proposals are carried out at once, by a job."""
    rule = quality_apply.make_rule(request.principal, body.kind, body.source, body.min_confidence)
    return Status(201, _rule(rule, 0))


@router.post("/quality/rules/{rule_id}/end", response={204: None, **rest.problems()}, operation_id="endQualityRule")
def end_rule(request: access.StaffRequest, rule_id: UUID, reverse: bool = False) -> Any:
    """End a rule; with ``reverse`` everything that it did is taken back, by a job."""
    quality_apply.retire_rule(request.principal, rule_id, reverse_all=reverse)
    return Status(204, None)


@router.get("/quality/weeks", response=rest.document(list[QualityWeekOut]), operation_id="listQualityWeeks")
def weeks(request: access.StaffRequest) -> Any:
    """What changed on my records, week by week, the newest first."""
    access.require(request.principal, "people.view")
    return [{"week": each.week, "counts": each.counts, "seen_at": each.seen_at}
            for each in quality_weekly.weeks_of(request.principal)]  # fmt: skip


@router.post(
    "/people/{person_id}/signature",
    response={200: ProposedIdsOut, **rest.problems()},
    operation_id="proposeFromSignature",
)
def signature(request: access.StaffRequest, person_id: UUID, body: SignatureTextIn) -> Any:
    """Propose for the person's empty fields what the signature of a mail says."""
    return {"ids": quality_signature.from_signature(request.principal, person_id, body.text)}


@router.get(
    "/people/{person_id}/standing", response=rest.document(list[ValueStandingOut]), operation_id="listPersonStanding"
)
def standing(request: access.StaffRequest, person_id: UUID) -> Any:
    """How likely somebody's values still hold."""
    get_person(request.principal, person_id)
    return quality_decay.of_person(request.principal, person_id)


@router.post(
    "/people/{person_id}/confirmations", response={204: None, **rest.problems()}, operation_id="confirmPersonValue"
)
def confirm(request: access.StaffRequest, person_id: UUID, body: ConfirmValueIn) -> Any:
    """Somebody made sure that a value still holds: it is verified, and only a human changes it."""
    quality_doubts.confirm(request.principal, person_id, body.field)
    return Status(204, None)


@router.post("/people/{person_id}/signals", response={204: None, **rest.problems()}, operation_id="signalPersonValue")
def signal(request: access.StaffRequest, person_id: UUID, body: ValueSignalIn) -> Any:
    """Something speaks against somebody's values: a mail came back, a number is dead, they left the company."""
    quality_doubts.doubt(request.principal, person_id, body.signal, body.evidence, body.at)
    return Status(204, None)


def _numbers(found: quality_numbers.Measured) -> dict[str, Any]:
    sources = [{"source": name, "numbers": [_number(each) for each in values]} for name, values in found.sources]
    return {"noun": found.noun, "day": found.day, "total": found.total, "gaps": dict(found.gaps),
            "numbers": [_number(each) for each in found.numbers], "sources": sources}  # fmt: skip


def _number(each: quality_numbers.Number) -> dict[str, Any]:
    return {"key": each.key, "count": each.count, "total": each.total, "share": each.share}


def _correction(view: quality_log.CorrectionView) -> dict[str, Any]:
    changes = [
        {"field": each.label, "before": "".join(text for text, _differs in each.before),
         "after": "".join(text for text, _differs in each.after)}
        for each in view.changes
    ]  # fmt: skip
    names = ("id", "kind", "noun", "target_id", "name", "repairable", "reason", "confidence", "source", "state", "by",
             "created_at", "decided_at", "reversed_at")  # fmt: skip
    return {name: getattr(view, name) for name in names} | {"changes": changes}


def _rule(rule: Any, done: int) -> dict[str, Any]:
    return {"id": rule.pk, "kind": rule.kind, "source": rule.source, "version": rule.version,
            "min_confidence": rule.min_confidence, "active": rule.active, "repairs": done}  # fmt: skip


def _before(cursor: str) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    at, _comma, pk = cursor.partition(",")
    moment = parse_datetime(at)
    if moment is None:
        raise Refused("bad_cursor", "This cursor is damaged. Start from the first page.", 400)
    return moment, rest.uuid_of(pk)
