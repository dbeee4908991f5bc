"""The door of room `intelligence`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import jobs, words
from amity.base.errors import Refused
from amity.base.models import JobRun
from amity.base.templatetags.amity_ui import unsure
from amity.intelligence import churn, pipeline_forecast, registry, scoring, sensitive, survival, training
from amity.intelligence import lead_score_door as lead_scores
from amity.intelligence import reasons as wording
from amity.intelligence.chances import Lift, beside, knows, lifts
from amity.intelligence.customers_jobs import learn as learn_customers
from amity.intelligence.customers_jobs import start as start_customers
from amity.intelligence.customers_source import PurchaseSource, register_purchases
from amity.intelligence.customers_words import CustomerView, customers_for
from amity.intelligence.fitted import RUNGS
from amity.intelligence.language import door as language
from amity.intelligence.life import roll_back
from amity.intelligence.parity import served_alike
from amity.intelligence.reasons import Reason
from amity.intelligence.registry import Version
from amity.intelligence.scoring import replay, replay_some, score_open
from amity.intelligence.training import Frame, LabelSource, Report, register, table_of
from amity.intelligence.words import next_words, rung_words, verdict_words

if TYPE_CHECKING:  # their libraries take long to import: only where they are used
    from numpy.typing import NDArray

    from amity.intelligence.customers_goods import Goods
    from amity.intelligence.customers_store import CustomerVersion
    from amity.intelligence.forecast import Forecaster
    from amity.intelligence.recommend import Recommender
    from amity.intelligence.value import Purchases, Value

_PEEK = 200
_PEEKS = 25


@dataclass(frozen=True, slots=True)
class Target:
    """Something learnable."""

    key: str
    label: str
    subject_kind: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """The latest score of one subject, ready for the score component: everything 0–1, reasons in log-odds.

    ``signal`` False: the data did not let the model tell records apart, all get the base rate.
    """

    id: UUID
    target: str
    subject_kind: str
    subject_id: UUID
    value: float
    low: float
    high: float
    base: float
    trend: float | None
    gain_minor: int | None
    signal: bool
    reasons: tuple[Reason, ...]
    scored_at: datetime
    data_until: datetime | None
    rung: str
    version_id: UUID
    note: str

    @property
    def sure(self) -> bool:
        """Whether the interval is narrow enough to name one number and to rank by it."""
        return not unsure(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Training:
    """Outcome of a training for scripts and jobs."""

    target: str
    label: str
    version: Version
    scored: int
    verdict: str
    rung: str
    next_rung: str


def targets() -> list[Target]:
    """Everything that can be learned here."""
    return [Target(s.key, s.label(), s.subject_kind) for s in training.there()]


def live_model(key: str) -> Version | None:
    """The version that scores now, or None. 1 query."""
    return registry.live(key)


def live_models() -> dict[str, Version]:
    """The versions that score now, by what they learn. 1 query."""
    return registry.all_live()


def train(principal: access.Principal, key: str, report: Report) -> Training:
    """Learn from everything decided, put the result to work and score every open record. Raises ``Forbidden``.

    Not inside a transaction; about 20 s for 10,000 records on two cores.
    """
    version, scored = scoring.train_and_score(principal, key, report)
    label = training.source_of(key).label()
    card = version.card
    return Training(
        key, label, version, scored, verdict_words(card), rung_words(version.rung), next_words(card["next"])
    )


def start_training(principal: access.Principal, key: str) -> UUID:
    """Train in the background; returns the id of the progress row. A training under way is not started twice."""
    access.require(principal, "models.train")
    training.source_of(key)
    with transaction.atomic():
        under_way = training_under_way(key)
        if under_way is not None:
            return under_way
        staff_id = str(principal.staff_id) if principal.staff_id else None
        return jobs.start(
            "intelligence.train", "intelligence.train", subject_id=subject_id(key), started_by=principal.staff_id,
            target=key, staff_id=staff_id,
        )  # fmt: skip


def training_under_way(key: str) -> UUID | None:
    """The progress row of a training that waits or runs. 1 query."""
    open_states = (JobRun.State.WAITING, JobRun.State.RUNNING)
    rows = JobRun.objects.filter(kind="intelligence.train", subject_id=subject_id(key), state__in=open_states)
    return rows.values_list("id", flat=True).first()


def scores_for(kind: str, ids: Iterable[UUID]) -> dict[UUID, ScoreView]:
    """Latest scores of up to 1,000 people or deals (``kind`` person, deal) the caller may see. 1 query."""
    keys = [s.key for s in training.to_win() if s.subject_kind == kind]
    found = scoring.latest(keys, ids)
    return {subject_id: _view(kind, row) for subject_id, row in found.items()}


def churn_risks(ids: Iterable[UUID]) -> dict[UUID, ScoreView]:
    """The risk that customers under contract leave within 90 days, of up to 1,000 the caller may see. 1 query."""
    return {pk: _view("person", row) for pk, row in scoring.latest([churn.KEY], ids).items()}


def whom_first(principal: access.Principal, limit: int = 10) -> list[ScoreView]:
    """Open records most worth a call, within the caller's row scope.

    Each kind is ranked by expected gain (chance × value), by chance where no value is known; kinds take turns, because
    a lead's chance and a deal's money share no scale. A few queries per kind, bounded.
    """
    lists = [_first_of(principal, source, limit) for source in training.to_win()]
    turns = [view for rank in range(limit) for views in lists for view in views[rank : rank + 1]]
    return turns[:limit]


def first_of(principal: access.Principal, key: str, limit: int = 10) -> list[ScoreView]:
    """The same for one kind."""
    return _first_of(principal, training.source_of(key), limit)


def decide_column(principal: access.Principal, key: str, column: str, use: bool | None, basis: str = "") -> None:
    """Say whether a suspicious or sensitive column may be learned from (None: leave it to Amity), from the next
    training on. A column about who a person is needs a lawful ground (``basis``): ``Refused("no_basis")``."""
    access.require(principal, "models.decide")
    training.source_of(key)
    if use and sensitive.by_heading(column) and not basis.strip():
        raise Refused("no_basis", _("Say on what lawful ground this column may be used."))
    registry.decide(principal, key, column, use, basis.strip())


def learn_value(
    customer: NDArray[Any], when: NDArray[Any], amount: NDArray[Any], until: float, horizon: float
) -> tuple[Value, Purchases, NDArray[Any]]:
    """What customers will buy within ``horizon`` after ``until``: the model, each one's history, their numbers.

    One row per purchase, times in one unit (weeks); ``value.purchases(seen, horizon)`` and ``value.revenue`` answer.
    About 5 s for 25,000 customers.
    """
    from amity.intelligence import value

    seen, people = value.summary(customer, when, amount, until)
    return value.fit(customer, when, amount, until, horizon), seen, people


def learn_recommendations(person: NDArray[Any], item: NDArray[Any], when: NDArray[Any], items: int) -> Recommender:
    """A recommender from one row per choice, numbers from 0; ``recommend(basket, limit, without)`` takes under 1 ms.

    About 10 s for 100,000 choices of 2,000 items.
    """
    from amity.intelligence import recommend

    return recommend.choose(recommend.Choices(person, item, when), items)


def learn_forecast(family: Sequence[NDArray[Any]], horizon: int, period: int) -> Forecaster:
    """A forecaster for like series (queues, teams): ``forecast(series)`` gives values with an 80 % interval."""
    from amity.intelligence import forecast

    return forecast.choose(family, horizon, period)


def live_goods() -> tuple[CustomerVersion, Goods] | None:
    """What goes with what, as learned last, or None: ``goods.suggest(basket, limit, without)``. 1 query."""
    from amity.intelligence import customers_goods

    return customers_goods.live_goods()


def refresh_customers(ids: Iterable[UUID]) -> int:
    """Compute what these people and companies will buy anew, with what was learned; returns how many. 6 queries."""
    from amity.intelligence import customers

    return customers.refresh(ids)


def _first_of(principal: access.Principal, source: LabelSource, limit: int) -> list[ScoreView]:
    chosen: list[UUID] = []
    for start in range(0, _PEEK * _PEEKS, _PEEK):
        ids = scoring.ranked(source.key, start, _PEEK)
        seen = source.visible(principal, ids) if ids else set()
        chosen += [i for i in ids if i in seen]
        if len(chosen) >= limit or len(ids) < _PEEK:
            break
    found = scoring.latest([source.key], chosen[:limit])
    return [_view(source.subject_kind, found[i]) for i in chosen[:limit] if i in found]


def _view(kind: str, row: scoring.Ledger) -> ScoreView:
    source = training.source_of(row.target)
    version = row.version
    return ScoreView(
        id=row.id,
        target=row.target,
        subject_kind=kind,
        subject_id=row.subject_id,
        value=row.value,
        low=row.low,
        high=row.high,
        base=version.base_rate,
        trend=row.trend if row.trend is not None and abs(row.trend) >= 0.005 else None,
        gain_minor=row.gain_minor,
        signal=version.signal,
        reasons=tuple(wording.worded(row.reasons, source.column_label)),
        scored_at=row.scored_at,
        data_until=version.data_until,
        rung=version.rung,
        version_id=version.id,
        note=_unsure_words(row) if unsure(row.low, row.high) else rung_words(version.rung),
    )


def _unsure_words(row: scoring.Ledger) -> str:
    """How wide the interval is, and what would narrow it."""
    text = _("Not sure enough yet: the chance lies between %(low)s and %(high)s.")
    told = text % {"low": words.percent(row.low), "high": words.percent(row.high)}
    following = row.version.card.get("next")
    return f"{told} {next_words(following)}" if following else told


def subject_id(key: str) -> UUID:
    """Under which id the progress rows of a target are found."""
    from amity.base.ids import stable_id

    return stable_id("intelligence.target", key)


__all__ = [
    "RUNGS", "CustomerView", "Frame", "LabelSource", "Lift", "PurchaseSource", "Reason", "Report", "ScoreView",
    "Target", "Training", "Version", "beside", "churn_risks", "customers_for", "decide_column", "first_of", "knows",
    "language", "lead_scores",
    "learn_customers", "learn_forecast", "learn_recommendations", "learn_value", "lifts", "live_model", "live_models",
    "pipeline_forecast", "refresh_customers", "register", "register_purchases", "replay", "replay_some",
    "roll_back", "score_open", "scores_for", "served_alike",
    "start_customers", "start_training", "subject_id", "survival", "table_of", "targets", "train",
    "training_under_way", "whom_first",
]  # fmt: skip
