"""From leads in the database to scores with reasons, and back again by replay."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Forbidden, Refused
from amity.intelligence import api, training
from amity.intelligence.leads import times
from amity.intelligence.models import ModelVersion, Score
from amity.intelligence.tests.worlds import START, world
from amity.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def quiet(done: int, total: int | None, stage: str) -> None:
    """Nobody watches."""


@pytest.fixture
def leads() -> Callable[..., list[Person]]:
    def make(rows: int = 400, seed: int = 1, strength: float = 1.5, open_every: int = 8, **more: Any) -> list[Person]:
        seen = world(rows, seed, strength)
        people = []
        for i, values in enumerate(seen.table.iter_rows(named=True)):
            traits = {k: v for k, v in values.items() if k not in ("source", "city") and v is not None}
            won = seen.outcome[i] == 1
            status = "open" if i % open_every == 0 else ("converted" if won else "lost")
            traits["Tags"] = None if status == "open" else ("Welcome call" if won else "Wrong number")
            people.append(
                Person(source=values["source"], city=values["city"], traits=traits, lead_status=status,
                       lead_created_at=seen.opened[i].replace(tzinfo=UTC), display_name=f"Lead {i}", **more)
            )  # fmt: skip
        return Person.objects.bulk_create(people)

    return make


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def test_training_scores_every_open_lead_with_reasons_that_add_up(leads: Callable[..., list[Person]]) -> None:
    people = leads()
    result = api.train(access.SYSTEM, "lead", quiet)
    assert (result.scored, result.version.signal, result.version.rows) == (50, True, 350)
    assert result.version.card["held"] == ["Tags"]
    scores = api.scores_for("person", [p.id for p in people])
    assert set(scores) == {p.id for p in people if p.lead_status == "open"}
    for score in scores.values():
        assert probability(sum(r.effect for r in score.reasons)) == pytest.approx(score.value, abs=1e-6)
        assert 0 < score.low <= score.value <= score.high < 1
    texts = [r.text for s in scores.values() for r in s.reasons]
    assert any(t == "Source: referral" for t in texts)
    assert all(s.reasons[0].text.startswith("Starting point: ") for s in scores.values())


def test_every_ledger_row_can_be_replayed_even_after_a_new_training(leads: Callable[..., list[Person]]) -> None:
    leads()
    api.train(access.SYSTEM, "lead", quiet)
    api.train(access.SYSTEM, "lead", quiet)
    assert list(ModelVersion.objects.order_by("number").values_list("number", "state")) == [(1, "retired"), (2, "live")]
    assert Score.objects.filter(current=True).count() == 50
    for score_id in Score.objects.values_list("id", flat=True):
        stored, again = api.replay(score_id)
        assert again == pytest.approx(stored, abs=1e-9)


def test_a_column_that_a_person_wants_is_used_and_the_word_is_on_record(leads: Callable[..., list[Person]]) -> None:
    leads()
    api.decide_column(access.SYSTEM, "lead", "Tags", True)
    api.decide_column(access.SYSTEM, "lead", "city", False)
    version = api.train(access.SYSTEM, "lead", quiet).version
    assert version.card["held"] == ["city"]
    assert "Tags" in version.card["columns"]
    assert [line.verb for line in access.audit_lines(limit=4)].count("model.column_decided") == 2


def test_no_signal_means_the_average_for_everybody(leads: Callable[..., list[Person]]) -> None:
    people = leads(rows=600, strength=0.0)
    result = api.train(access.SYSTEM, "lead", quiet)
    values = {s.value for s in api.scores_for("person", [p.id for p in people]).values()}
    assert (result.version.signal, result.version.card["verdict"]) == (False, "no_signal")
    assert list(values) == [pytest.approx(result.version.base_rate)]


def test_whom_first_goes_by_chance_and_stays_within_the_callers_rows(leads: Callable[..., list[Person]]) -> None:
    leads()
    api.train(access.SYSTEM, "lead", quiet)
    first = api.first_of(access.SYSTEM, "lead", 10)
    assert [s.value for s in first] == sorted(Score.objects.values_list("value", flat=True), reverse=True)[:10]
    stranger = access.Principal(uuid4(), "Sam", "salesperson", "own")
    assert api.first_of(stranger, "lead", 10) == []


def test_a_lead_that_is_decided_leaves_the_list_but_keeps_its_ledger(leads: Callable[..., list[Person]]) -> None:
    leads()
    api.train(access.SYSTEM, "lead", quiet)
    top = api.first_of(access.SYSTEM, "lead", 1)[0]
    Person.objects.filter(pk=top.subject_id).update(lead_status="converted")
    assert api.score_open("lead", quiet) == 49
    assert top.subject_id not in {s.subject_id for s in api.first_of(access.SYSTEM, "lead", 100)}
    assert Score.objects.filter(subject_id=top.subject_id).count() == 1


def test_the_trend_is_the_change_since_the_score_before(leads: Callable[..., list[Person]]) -> None:
    leads()
    api.train(access.SYSTEM, "lead", quiet)
    weak = api.first_of(access.SYSTEM, "lead", 50)[-1]
    Person.objects.filter(pk=weak.subject_id).update(source="referral")
    api.score_open("lead", quiet)
    now = api.scores_for("person", [weak.subject_id])[weak.subject_id]
    assert now.trend == pytest.approx(now.value - weak.value)
    assert now.value > weak.value


def test_reading_scores_costs_one_query_however_many(leads: Callable[..., list[Person]]) -> None:
    people = leads()
    api.train(access.SYSTEM, "lead", quiet)
    for count in (1, 200):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            api.scores_for("person", [p.id for p in people[:count]])
        assert len(queries) == 1


def test_training_needs_the_permission_and_a_known_target() -> None:
    nobody = access.Principal(None, "Sam", "salesperson", "all")
    with pytest.raises(Forbidden):
        api.train(nobody, "lead", quiet)
    with pytest.raises(Refused, match="nothing called") as refused:
        api.train(access.SYSTEM, "weather", quiet)
    assert refused.value.code == "no_target"
    assert not ModelVersion.objects.exists()


def test_without_any_leads_training_says_too_few() -> None:
    result = api.train(access.SYSTEM, "lead", quiet)
    assert (result.version.rung, result.version.card["verdict"], result.scored) == ("base", "too_few", 0)


def frame(outcome: list[float], opened: list[int | None], decided: list[int | None]) -> training.Frame:
    """A frame with days since the start for times."""
    moments = [
        [None if d is None else START.replace(tzinfo=UTC) + timedelta(days=d) for d in days]
        for days in (opened, decided)
    ]
    known = np.array(outcome, dtype=np.float64)
    return training.Frame(
        ids=[UUID(int=i) for i in range(len(outcome))],
        columns=training.table_of({"n": i} for i in range(len(outcome))),
        outcome=known,
        to_score=np.isnan(known),
        opened_at=times("opened", moments[0]),
        decided_at=times("decided", moments[1]),
    )


def test_where_only_wins_are_recorded_old_leads_count_as_lost_and_young_ones_stay_open() -> None:
    nan = float("nan")
    wins = [(1.0, day, day + 10) for day in range(30)]
    never = [(nan, 5, None), (nan, 60, None), (nan, 95, None), (nan, None, None)]
    last = [(1.0, 90, 100)]
    rows = [*wins, *never, *last]
    seen = training.with_outcomes(frame([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]))
    assert seen.note == "look_alike"
    assert seen.outcome[30:32].tolist() == [0.0, 0.0]
    assert np.isnan(seen.outcome[32:34]).all()
    assert seen.to_score[30:34].all()


def test_recorded_losses_are_taken_as_they_are() -> None:
    seen = frame([1.0, 0.0, float("nan")], [1, 2, 3], [4, 5, None])
    assert training.with_outcomes(seen) is seen


def test_loose_values_become_a_table() -> None:
    rows = [{"a": 1, "b": True, "c": "x", "d": clock.now()}, {"a": 2.5, "c": 7, "e": ["p", "q"]}, {}]
    table = training.table_of(rows)
    assert table["a"].to_list() == [1.0, 2.5, None]
    assert table["b"].to_list() == [True, None, None]
    assert table["c"].to_list() == ["x", "7", None]
    assert table["d"].dtype.is_temporal()
    assert table["e"].to_list() == [None, "p, q", None]
