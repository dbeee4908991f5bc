"""Proposals: one per person or deal, from the situation of today; every change of mind is a row of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.base.words import number
from amity.intelligence import api as intelligence
from amity.journeys import actions, decide, effects, learning, words
from amity.journeys.decide import Candidate, Inputs, Situation
from amity.journeys.models import Action, Decision
from amity.people import api as people

REST = timedelta(days=3)  # after an acceptance nothing more is proposed
AGAIN = timedelta(days=14)  # the same kind even longer


@dataclass(frozen=True, slots=True)
class Proposal:
    """One card: what, why, expected gain (0–1 in the chance, and in minor units of ``currency``), and the draft."""

    id: UUID
    kind: str
    icon: str
    subject_kind: str
    subject_id: UUID
    person_id: UUID | None
    what: str
    why: tuple[str, ...]
    chance: float
    gain: float
    low: float
    high: float
    gain_minor: int | None
    currency: str
    draft: words.Draft
    others: tuple[tuple[str, str], ...]  # (kind, label) that it may be changed to
    decided_at: datetime

    @property
    def points(self) -> str:
        """The gain in percentage points, as people read it."""
        return number(round(100 * self.gain, 1))

    @property
    def points_low(self) -> str:
        return number(round(100 * self.low, 1))

    @property
    def points_high(self) -> str:
        return number(round(100 * self.high, 1))


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision in the making: what was known, what could be done, what is best."""

    situation: Situation
    inputs: Inputs
    candidates: list[Candidate]
    chosen: str
    effects_id: UUID | None


def propose(principal: access.Principal, kind: str, ids: Iterable[UUID]) -> dict[UUID, Proposal]:
    """The proposal of each open record that ``principal`` sees; nothing where nothing helps.

    A fixed number of queries, two more where something changed since the last look.
    """
    judged = judge(principal, kind, list(dict.fromkeys(ids)))
    if not judged:
        return {}
    rows = keep(kind, judged)
    views = _views(principal, [each.situation.person_id for each in judged.values()])
    return {
        pk: _proposal(rows[pk], each, views) for pk, each in judged.items() if each.chosen and pk in rows
    }  # fmt: skip


def judge(principal: access.Principal, kind: str, ids: Sequence[UUID], answer: bool = False) -> dict[UUID, Judged]:
    """What is best for each record today, without writing anything.

    What is forbidden is asked where something helps; for an ``answer`` always: people may do what helps no more.
    """
    effects_id, table = learning.latest(kind)
    if table is None or not ids:
        return {}
    situations = decide.source_of(kind).situations(principal, ids)
    scores = intelligence.scores_for(kind, situations)
    weights = _weights(kind)
    free = {
        pk: _inputs(kind, each, scores[pk].value if pk in scores else None, weights) for pk, each in situations.items()
    }
    worth = [each for pk, each in situations.items() if answer or decide.choose(free[pk], table)[1]]
    blocked = decide.blocks(worth) if worth else {}
    _rest(kind, worth, blocked)
    inputs = {pk: replace(each, blocked=blocked.get(pk, {})) for pk, each in free.items()}
    return {
        pk: Judged(each, inputs[pk], *decide.choose(inputs[pk], table), effects_id) for pk, each in situations.items()
    }


def _inputs(
    kind: str, situation: Situation, chance: float | None, weights: Mapping[tuple[str, str], float]
) -> Inputs:  # fmt: skip
    known = actions.kinds_for(kind)
    where = effects.situation(situation.silent_days)
    return Inputs(
        chance=None if chance is None else round(chance, 6),
        value_minor=situation.value_minor,
        situation=where,
        kinds=tuple(known),
        blocked={},
        weights={key: weights[key, where] for key in known if (key, where) in weights},
        ours_days=situation.ours_days,
        theirs_days=situation.theirs_days,
    )


def keep(kind: str, judged: Mapping[UUID, Judged]) -> dict[UUID, Decision]:
    """The ledger row of each, a new one where something that matters changed. 1 query, 2 with news."""
    standing = latest(kind, judged)
    fresh = {pk: _row(kind, each) for pk, each in judged.items() if not _same(standing.get(pk), each)}
    Decision.objects.bulk_create(fresh.values())
    return {**standing, **fresh}


def latest(kind: str, ids: Iterable[UUID]) -> dict[UUID, Decision]:
    """The newest ledger row of each record. 1 query."""
    column = "deal_id" if kind == "deal" else "person_id"
    rows = Decision.objects.filter(**{f"{column}__in": list(ids) or [UUID(int=0)]})
    rows = rows if kind == "deal" else rows.filter(deal_id=None)
    return {getattr(row, column): row for row in rows.order_by(column, "-id").distinct(column)}


def replay(decision_id: UUID) -> tuple[str, str]:
    """(kind as stored, kind chosen again from the ledger row alone by the very table of effects). 1 query."""
    row = Decision.objects.select_related("effects").filter(pk=decision_id).first()
    if row is None:
        raise NotFound(missing())
    known = {field.name: row.inputs[field.name] for field in fields(Inputs)}
    table = effects.table_of(row.effects.table) if row.effects else None
    return row.chosen, decide.choose(Inputs(**known | {"kinds": tuple(known["kinds"])}), table)[1]


def missing() -> str:
    """What is said of a proposal that is not there, or not for this reader."""
    return _("There is no such proposal, or it is not among the records that you see.")


def _same(row: Decision | None, each: Judged) -> bool:
    """Whether the row still says it: days that pass alone are no news, nor is a chance that hardly moved."""
    if row is None or row.state != Decision.State.PROPOSED or row.rules != decide.RULES:
        return False
    before, now = row.inputs, asdict(each.inputs)
    loose = ("chance", "ours_days", "theirs_days")
    equal = all(before[name] == _plain(now[name]) for name in now if name not in loose)
    moved = abs((before["chance"] or 0) - (now["chance"] or 0)) >= 0.01
    return equal and not moved and row.chosen == each.chosen and row.effects_id == each.effects_id


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _row(kind: str, each: Judged) -> Decision:
    told = asdict(each.situation) | {"id": None, "person_id": None}
    return Decision(
        person_id=each.situation.person_id,
        deal_id=each.situation.id if kind == "deal" else None,
        effects_id=each.effects_id,
        rules=decide.RULES,
        inputs={**asdict(each.inputs), "told": told},
        candidates=[asdict(c) for c in each.candidates],
        chosen=each.chosen,
        situation=each.inputs.situation,
        created_at=clock.now(),
    )


def _rest(kind: str, situations: Sequence[Situation], blocked: dict[UUID, dict[str, str]]) -> None:
    """Kinds that were refused sleep, also for other deals with that person; after an acceptance there is peace.

    2 queries.
    """
    if not situations:
        return
    now = clock.now()
    people_ids = {each.person_id for each in situations if each.person_id}
    about = Q(person_id__in=people_ids) | Q(deal_id__in=[each.id for each in situations])
    asleep = Decision.objects.filter(about, sleeps_until__gt=now)
    for person_id, deal_id, chosen in asleep.values_list("person_id", "deal_id", "chosen"):
        for each in situations:
            if each.id == deal_id or (person_id and each.person_id == person_id):
                blocked[each.id].setdefault(chosen, "asleep")
    planned = Action.objects.filter(about, created_at__gt=now - AGAIN).exclude(state=Action.State.UNDONE)
    for person_id, deal_id, action, at in planned.values_list("person_id", "deal_id", "kind", "created_at"):
        pk = deal_id if kind == "deal" else person_id
        if pk in blocked:
            resting = actions.kinds_for(kind) if at > now - REST else (action,)
            blocked[pk].update(dict.fromkeys(resting, "planned"))


def _weights(kind: str) -> dict[tuple[str, str], float]:
    """(kind, situation) → how far it is trusted after people's answers. 1 query."""
    rows = Decision.objects.exclude(state=Decision.State.PROPOSED).filter(deal_id__isnull=kind != "deal")
    no = Q(reason__in=words.TEACHES)
    yes = Q(state=Decision.State.ACCEPTED) & ~no
    counted = rows.order_by().values_list("chosen", "situation").annotate(
        yes=Count("pk", filter=yes), no=Count("pk", filter=no)
    )  # fmt: skip
    return {(chosen, where): decide.weight(yes, no) for chosen, where, yes, no in counted}


def _views(principal: access.Principal, ids: Iterable[UUID | None]) -> dict[UUID, people.PersonView]:
    """Contacts by id, to name them; those that the reader sees. 1 query."""
    wanted = {each for each in ids if each}
    rows = people.people_rows(principal).filter(pk__in=wanted or [UUID(int=0)])
    return {view.id: view for view in people.person_views(rows, len(wanted) or 1)}


def contact(principal: access.Principal, person_id: UUID | None) -> people.PersonView | None:
    """Whom an action is about, if the reader sees them. 1 query."""
    return _views(principal, [person_id]).get(person_id) if person_id else None


def _proposal(row: Decision, each: Judged, views: Mapping[UUID, people.PersonView]) -> Proposal:
    situation = each.situation
    view = views.get(situation.person_id) if situation.person_id else None
    name = view.name if view else ""
    best = next(c for c in each.candidates if c.kind == each.chosen)
    known = actions.kinds_for(situation.kind)
    others = tuple((key, str(kind.label)) for key, kind in known.items() if key not in each.inputs.blocked)
    return Proposal(
        row.pk, each.chosen, known[each.chosen].icon, situation.kind, situation.id, situation.person_id,
        words.what(each.chosen, name), tuple(words.why(situation, best)), each.inputs.chance or 0.0,
        best.gain, best.low, best.high, best.gain_minor, situation.currency,
        words.draft(each.chosen, situation, name, view.given_name if view else "", view.language if view else ""),
        others, row.created_at,
    )  # fmt: skip
