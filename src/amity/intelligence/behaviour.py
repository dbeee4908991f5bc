"""The lead score as it stands: versions of weights, pins, scores of people now, and how they follow what happens.

A score is worked out from sums that fade in closed form (`people.fading`), so no event is read again. It is stored when
an event arrives (one statement for a whole batch), when fading alone moves somebody, and once a day from the truth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.intelligence import behaviour_columns, behaviour_learning
from amity.intelligence import behaviour_parts as parts
from amity.intelligence.behaviour_models import BehaviourPin, BehaviourWeights, LeadScore, LeadScoreMove
from amity.intelligence.behaviour_parts import Spec
from amity.people import api as people

PIN_KIND = "intelligence.lead_pin"
LIVE = "lead_score"
MOVED = "lead_score:*"  # what segments hear of
MOST_POINTS = 100.0
CHUNK = 2_000
_UPSERT = """
INSERT INTO intelligence_leadscore AS s
  (person_id, version, behaviour, match, quadrant, sums, known, as_of, due_at)
SELECT p, %s, b, m, q, sums::jsonb, known::jsonb, %s, due
FROM unnest(%s::uuid[], %s::float8[], %s::float8[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
  AS v (p, b, m, q, sums, known, due)
ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, behaviour = excluded.behaviour,
  match = excluded.match, quadrant = excluded.quadrant, sums = excluded.sums, known = excluded.known,
  as_of = excluded.as_of, due_at = excluded.due_at"""


Noted = dict[UUID, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a score is worked out from: how often lately (faded to the moment), and what the profile says."""

    sums: dict[str, float]
    known: dict[str, str]


def newest() -> Spec | None:
    """The weights that hold now. 1 query."""
    row = BehaviourWeights.objects.order_by("-number").values_list("number", "spec").first()
    return Spec.of(*row) if row else None


def version(number: int) -> Spec:
    """The weights of one version. 1 query. Raises `NotFound`."""
    told = BehaviourWeights.objects.filter(number=number).values_list("spec", flat=True).first()
    if told is None:
        raise NotFound(_("There is no such version."))
    return Spec.of(number, told)


def made_at(number: int) -> datetime | None:
    """When a version came to be. 1 query."""
    return BehaviourWeights.objects.filter(number=number).values_list("created_at", flat=True).first()


def wanted() -> bool:
    """Whether there are weights to score by. 1 query."""
    return BehaviourWeights.objects.exists()


def relearn(principal: access.Principal, now: datetime | None = None) -> Spec:
    """Learn weights anew from what converted and put them to work; pins stay. Not in a transaction. Audited.

    Scores follow by `rescore`; people's pages show the new weights at once.
    """
    access.require(principal, "models.train")
    spec = parts.pinned(behaviour_learning.learn(now=now), _pins())
    people.fading.keep(spec.halves)
    return _put_to_work(principal, spec, "learned")


def pin(principal: access.Principal, part: str, points: float | None) -> UUID:
    """Hold a part's weight at so many points (None: let it be learned again); returns the undo group. Audited."""
    if points is not None and not -MOST_POINTS <= points <= MOST_POINTS:
        raise Refused("bad_points", _("Give points from -100 to 100."), 400)
    return undo.perform(principal, PIN_KIND, {"part": part, "points": points})


def do_pin(principal: access.Principal, args: Mapping[str, Any]) -> float | None:
    """`undo` handler: a new version with the part pinned or let go; returns what it was pinned to."""
    access.require(principal, "models.decide")
    spec = newest()
    key = str(args["part"])
    if spec is None or key not in {part.key for part in (*spec.behaviour, *spec.match)}:
        raise NotFound(_("The lead score has no such part."))
    before = BehaviourPin.objects.filter(part=key).values_list("points", flat=True).first()
    if args["points"] is None:
        BehaviourPin.objects.filter(part=key).delete()
    else:
        told = {"points": float(args["points"]), "pinned_by": principal.staff_id, "pinned_at": clock.now()}
        BehaviourPin.objects.update_or_create(part=key, defaults=told)
    _put_to_work(principal, parts.pinned(spec, _pins()), "pinned", {"part": key, "points": args["points"]})
    return before


def put_back_pin(principal: access.Principal, args: Mapping[str, Any], before: float | None) -> None:
    """`undo` handler."""
    do_pin(principal, {"part": args["part"], "points": before})


def evidence_of(
    cursor: Any, spec: Spec, known: Mapping[UUID, Mapping[str, str]], now: datetime, carried: Noted | None = None
) -> list[Evidence]:
    """What these people did lately, beside the words known of them. 2 queries.

    ``carried``: sums of what was imported or noted by staff, where they are known already; the log is asked for the
    others (1 query).
    """
    events = {number: event for event, number in people.fading.numbers_of(spec.halves).items()}
    raw: dict[UUID, dict[str, tuple[float, int]]] = {}
    for person, number, value, last in people.fading.sums(cursor, list(known), list(events)):
        raw.setdefault(person, {})[events[number]] = (value, last)
    noted = {**_noted(spec, [pk for pk in known if pk not in (carried or {})], now), **(carried or {})}
    return [
        Evidence(parts.now_sums(raw.get(pk, {}), spec.halves, now) | noted.get(pk, {}), dict(words))
        for pk, words in known.items()
    ]


def _noted(spec: Spec, ids: Sequence[UUID], now: datetime) -> Noted:
    """Fading sums of what was imported or noted, from the log. 1 query."""
    halves = {key: half for key, half in spec.halves.items() if key.startswith(people.fading.KIND)}
    lives = sorted(set(halves.values()))
    told = people.fading.past([(pk, now) for pk in ids], list(halves), lives)
    found: Noted = {}
    for (at, key), sums in told.items():
        found.setdefault(ids[at], {})[key] = sums[lives.index(halves[key])]
    return found


def _carried(spec: Spec, row: LeadScore, now: datetime) -> dict[str, float]:
    """The same from what was stored, faded."""
    halves = {key: half for key, half in spec.halves.items() if key.startswith(people.fading.KIND)}
    return {key: row.sums[key] * _left(now - row.as_of, half) for key, half in halves.items() if key in row.sums}


def _left(age: timedelta, half: float) -> float:
    return float(2.0 ** (-max(age.total_seconds(), 0.0) / 86_400 / half))


def known_of(spec: Spec, ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """Words of the profiles that tell of a match; not of who is merged, archived, restricted or nameless. 1 query."""
    columns = set(spec.columns)
    return {
        row.id: {name: word for name, word in behaviour_columns.words_of(row.columns).items() if name in columns}
        for row in people.profile_rows(ids)
    }


def score(cursor: Any, ids: Iterable[UUID], same: Mapping[UUID, bool] | None = None) -> int:
    """Score these people now and store what came of it; returns how many. 9 queries whatever their number.

    ``same``: those whose profile did not change, and whether something was imported or noted of them just now. Sums of
    that are read from the log then: adding to what is stored would count twice what somebody else has read already.
    Who is merged, archived, restricted or
    unknown by name has no score.
    In the caller's transaction.
    """
    spec = newest()
    asked = sorted(set(ids), key=lambda each: each.int)
    if spec is None or not asked:
        return 0
    before = LeadScore.objects.in_bulk(asked)
    fresh, now = same or {}, clock.now()
    steady = {pk for pk in asked if pk in fresh and pk in before and before[pk].version == spec.number}
    steady -= people.privacy.restricted(steady)
    known = {pk: before[pk].known for pk in asked if pk in steady}
    carried = {pk: _carried(spec, before[pk], now) for pk in steady if not fresh[pk]}
    known |= known_of(spec, [pk for pk in asked if pk not in known])
    found = zip(known, evidence_of(cursor, spec, known, now, carried), strict=True)
    told = sorted(((pk, each) for pk, each in found if each.sums or each.known or pk in before), key=_person)
    gone = before.keys() - known.keys()
    if gone:
        LeadScore.objects.filter(person_id__in=gone).delete()
        people.segments.touched(cursor, {pk: {MOVED} for pk in gone})
    _store(cursor, spec, told, {pk: row.quadrant for pk, row in before.items()}, now)
    live.tell(LIVE, [*gone, *(pk for pk, _each in told)], cursor)
    return len(told)


def _store(
    cursor: Any, spec: Spec, told: Sequence[tuple[UUID, Evidence]], before: Mapping[UUID, str], now: datetime
) -> None:
    if not told:
        return
    sums = parts.sums_array(spec, [each.sums for _pk, each in told])
    scored = parts.score(spec, sums, parts.known_array(spec, [each.known for _pk, each in told]))
    quadrants, due = scored.quadrants(), parts.due_days(spec, sums, scored.match)
    match = [None if np.isnan(m) else float(m) for m in scored.match]
    moments = [None if days is None else now + timedelta(days=days) for days in due]
    texts = [(json.dumps(each.sums), json.dumps(each.known)) for _pk, each in told]
    cursor.execute(
        _UPSERT,
        [spec.number, now, [pk for pk, _each in told], scored.behaviour.tolist(), match, quadrants,
         [each for each, _known in texts], [each for _sums, each in texts], moments],
    )  # fmt: skip
    moved = [at for at, (pk, _each) in enumerate(told) if before.get(pk, parts.COLD) != quadrants[at]]
    LeadScoreMove.objects.bulk_create(
        LeadScoreMove(
            id=new_id(), person_id=told[at][0], version=spec.number, behaviour=float(scored.behaviour[at]),
            match=match[at], quadrant=quadrants[at], before=before.get(told[at][0], ""), sums=told[at][1].sums,
            known=told[at][1].known, at=now,
        )
        for at in moved
    )  # fmt: skip
    people.segments.touched(cursor, {told[at][0]: {MOVED} for at in moved})


def replay(move_id: UUID) -> tuple[tuple[float, float | None], tuple[float, float | None]]:
    """(behaviour, match) of a ledger row as stored, and worked out again from its version and evidence. 2 queries."""
    row = LeadScoreMove.objects.get(pk=move_id)
    spec = version(row.version)
    again = parts.score(spec, parts.sums_array(spec, [row.sums]), parts.known_array(spec, [row.known]))
    match = None if np.isnan(again.match[0]) else float(again.match[0])
    return (row.behaviour, row.match), (float(again.behaviour[0]), match)


def rescore(report: Any = None) -> int:
    """Score everybody anew, in transactions of 2,000; returns how many have a score. Safe to run twice."""
    last, done = UUID(int=0), 0
    while ids := people.fading.listed_after(last, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            done += score(cursor, ids)
        last = ids[-1]
        if report is not None:
            report(done, None, "scoring")
    return done


def refresh(now: datetime | None = None, most: int = 50_000) -> int:
    """Score those anew whom fading alone has moved, and those last looked at yesterday; returns how many."""
    now, done = now or clock.now(), 0
    yesterday = now - timedelta(hours=22)
    while done < most:
        due = list(LeadScore.objects.filter(due_at__lte=now).values_list("person_id", flat=True)[:CHUNK])
        old = LeadScore.objects.filter(behaviour__gt=0, as_of__lt=yesterday).values_list("person_id", flat=True)
        ids = due or list(old[:CHUNK])
        if not ids:
            break
        with transaction.atomic(), connection.cursor() as cursor:
            score(cursor, ids)
        done += len(ids)
    return done


def moved_by(spec: Spec, changed: Spec, most: int = 10_000) -> tuple[int, int]:
    """How many of the latest scores stand in another quadrant by ``changed``, and of how many. 1 query."""
    rows = list(LeadScore.objects.order_by("-as_of").values_list("sums", "known")[:most])
    if not rows:
        return 0, 0
    known = [row[1] for row in rows]
    sums = parts.sums_array(spec, [row[0] for row in rows])
    both = [parts.score(each, sums, parts.known_array(each, known)).quadrants() for each in (spec, changed)]
    return sum(a != b for a, b in zip(*both, strict=True)), len(rows)


def changed_spec(spec: Spec, part: str, points: float | None) -> Spec:
    """The spec as it would be with the part pinned (or let go)."""
    held = {key: value for key, value in _pins().items() if key != part}
    return parts.pinned(spec, held if points is None else {**held, part: points})


def _person(told: tuple[UUID, Evidence]) -> int:
    return told[0].int


def _pins() -> dict[str, float]:
    return dict(BehaviourPin.objects.values_list("part", "points"))


def _put_to_work(principal: access.Principal, spec: Spec, why: str, detail: Mapping[str, Any] | None = None) -> Spec:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('intelligence.lead_score'))")
        number = (BehaviourWeights.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        BehaviourWeights.objects.create(
            number=number, spec=spec.stored(), why=why, rows=spec.rows, converted=spec.converted,
            made_by=principal.staff_id,
        )  # fmt: skip
        access.record(principal, why, "lead_score", str(number), {"rows": spec.rows, **(detail or {})})
        live.tell(LIVE, ["weights"])
    return replace(spec, number=number)
