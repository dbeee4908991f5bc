"""Who leaves: learned only where somebody says who left, from what was known before, shown as a risk with reasons."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from django.test import Client

from amity.access.api import SYSTEM
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.intelligence import training
from amity.intelligence.models import ModelVersion, Score
from amity.intelligence.said import said
from amity.intelligence.tests.test_behaviour import land
from amity.people import api as people
from amity.people import leaving
from amity.people.models import Person, TraitChange

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def quietly(done: int, total: int | None = None, stage: str = "") -> None:
    """Nobody looks at the progress."""


def customer(name: str, days: int, **traits: Any) -> Person:
    made = Person.objects.create(display_name=name, traits=traits, lead_status="none")
    Person.objects.filter(pk=made.pk).update(created_at=clock.now() - timedelta(days=days))
    return made


def happened(who: Person, name: str, days_ago: float) -> events.Landed:
    return land((who.pk, name, days_ago))[0]


@pytest.fixture(autouse=True)
def _measures_of_this_test(monkeypatch) -> None:
    """What a process remembers of measures was rolled back with the test before."""
    monkeypatch.setattr(people.activity, "_names", people.activity.Names())


def column(frame: training.Frame, name: str) -> list[Any]:
    return list(frame.columns[name])


def test_nothing_is_learned_where_nobody_says_who_left() -> None:
    customer("Quiet", 400, plan="team")
    assert "churn" not in [target.key for target in intelligence.targets()]
    customer("Told", 400, **{"Отток": "Нет"})
    assert [row.left for row in people.leaving_rows()] == [False]
    assert "churn" in [target.key for target in intelligence.targets()]


def test_a_look_back_knows_only_what_was_known_then() -> None:
    gone, stays = customer("Gone", 330, plan="free"), customer("Stays", 330)
    happened(gone, "login", 200)
    happened(gone, "subscription_cancelled", 100)
    happened(stays, "login", 10)
    TraitChange.objects.create(
        profile_kind="person", profile_id=gone.pk, name="plan", before="team", changed_at=clock.now() - timedelta(120)
    )
    frame = training.source_of("churn").load()
    mine = [(n, float(frame.outcome[n])) for n, pk in enumerate(frame.ids) if pk == gone.pk]
    assert [outcome for _n, outcome in mine] == [0.0, 1.0]  # two looks: 270 and 180 days ago, none after it left
    at = mine[1][0]
    assert column(frame, "plan")[at] == "team" and column(frame, "events_30")[at] == 1
    theirs = [n for n, pk in enumerate(frame.ids) if pk == stays.pk]
    assert frame.to_score[theirs].tolist() == [False, False, False, True] and np.isnan(frame.outcome[theirs[-1]])
    assert column(frame, "events_30")[theirs[-1]] == 1 and column(frame, "events_30")[theirs[-2]] == 0
    happened(gone, "login", 150)  # after the look: what is known as of it stays as it was
    again = training.source_of("churn").load()
    assert again.columns.row(at) == frame.columns.row(at)
    assert set(training.source_of("churn").load([stays.pk]).ids) == {stays.pk}


def test_outcomes_are_told_when_the_horizon_has_passed_beside_what_was_said_before_it_began() -> None:
    gone, stays = customer("Gone", 330), customer("Stays", 330)
    happened(gone, "subscription_cancelled", 100)
    model = ModelVersion.objects.create(
        target="churn", number=1, rung="base", signal=True, state="live", rows=2, positives=1, artefact={}
    )
    for who in (gone, stays):
        for days, value in ((300, 0.3), (200, 0.2), (120, 0.9), (85, 0.8)):
            Score.objects.create(
                model=model, target="churn", subject_kind="person", subject_id=who.pk, value=value, low=0, high=1,
                current=False, scored_at=clock.now() - timedelta(days=days),
            )  # fmt: skip
    told = said("churn", training.source_of("churn").load())
    ages = [(clock.now() - at).days for at in told.decided_at]
    assert dict(zip(told.ids, zip(told.value, told.outcome, ages, strict=True), strict=True)) == {
        gone.pk: (0.2, 1.0, 90),  # looked at 180 days ago
        stays.pk: (0.9, 0.0, 0),  # looked at 90 days ago
    }


def test_looks_back_take_so_many_customers_and_always_the_same(monkeypatch) -> None:
    made = [customer(f"C{n}", 400) for n in range(6)]
    happened(made[0], "churned", 1)
    monkeypatch.setattr(leaving, "MOST", 2)
    monkeypatch.setattr(leaving, "CHUNK", 2)
    rows = people.leaving_rows()
    assert len(rows) == 4 * 2 + 5
    assert rows[:8] == people.leaving_rows()[:8]


@pytest.mark.slow
def test_an_imported_column_gives_risks_with_reasons_that_no_list_of_whom_to_call_shows() -> None:
    dice = Random(3)
    for n in range(400):
        monthly = n % 2 == 0
        left = dice.random() < (0.6 if monthly else 0.05)
        customer(f"C{n}", 100, contract="monthly" if monthly else "two years", Churn="Yes" if left else "No")
    trained = intelligence.train(SYSTEM, "churn", quietly)
    here = {pk: t for pk, t in Person.objects.values_list("pk", "traits") if t["Churn"] == "No"}
    risks = intelligence.churn_risks(here)
    assert trained.version.signal and set(risks) == set(here)
    side = {
        kind: float(np.mean([risks[pk].value for pk, traits in here.items() if traits["contract"] == kind]))
        for kind in ("monthly", "two years")
    }
    assert side["monthly"] > side["two years"] + 0.2
    assert all("Churn" not in reason.text for risk in risks.values() for reason in risk.reasons)
    assert intelligence.scores_for("person", list(here)) == {} and intelligence.whom_first(SYSTEM) == []
    reader, sure = Client(), next(risk for risk in risks.values() if risk.sure and risk.reasons)
    reader.force_login(hire())
    page = reader.get(f"/people/{sure.subject_id}/").content.decode()
    assert "Churn risk" in page and "Nothing is said here until" not in page
