"""A model's life as a manager lives it: trained, watched in shadow, approved, rolled back, found wrong, taken out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Forbidden, Refused
from amity.base.models import JobRun
from amity.intelligence import api, life, registry, tasks, training, watching
from amity.intelligence.models import DriftCheck, ModelVersion, Proof, Score
from amity.intelligence.said import said
from amity.intelligence.tests.test_pages import sign_in
from amity.intelligence.tests.test_scoring import leads, quiet
from amity.people.models import Person

__all__ = ["leads"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def manager() -> access.Principal:
    sign_in("manager")
    return access.principal_by_id(get_user_model().objects.get(role="manager").pk)


def states() -> list[str]:
    return list(ModelVersion.objects.order_by("number").values_list("state", flat=True))


def rescored() -> None:
    """Run the newest waiting job of scoring."""
    run = JobRun.objects.filter(kind="intelligence.score", state="waiting").latest("created_at")
    tasks.score(job_run_id=str(run.id), target="lead")


def test_the_same_records_give_the_same_model_to_the_last_bit(leads) -> None:
    leads()
    first, second = (api.train(access.SYSTEM, "lead", quiet).version for _ in range(2))
    assert first.hash == second.hash
    assert states() == ["retired", "live"]
    assert second.why["code"] == "few_new"


def test_where_people_approve_a_new_version_waits_in_shadow_and_its_scores_are_seen_by_nobody(leads, manager) -> None:
    people = leads()
    api.train(access.SYSTEM, "lead", quiet)
    life.set_policy(manager, "lead", promote="approval")
    new = api.train(access.SYSTEM, "lead", quiet).version
    assert (new.state, states()) == ("shadow", ["live", "shadow"])
    assert Score.objects.filter(shadow=True, model_id=new.id).count() == 50
    shown = api.scores_for("person", [p.id for p in people])
    assert {s.version_id for s in shown.values()} == {registry.live("lead").id}

    group = life.approve(manager, "lead", new.id)
    rescored()
    assert states() == ["retired", "live"]
    assert {s.version_id for s in api.scores_for("person", [p.id for p in people]).values()} == {new.id}
    undo.put_back(manager, group)
    assert states() == ["live", "shadow"]
    verbs = [line.verb for line in access.audit_lines(limit=8)]
    assert {"model.live", "model.shadow", "model.put_back", "model.policy"} <= set(verbs)


def test_rolling_back_puts_the_version_before_to_work(leads, manager) -> None:
    leads()
    first = api.train(access.SYSTEM, "lead", quiet).version
    with pytest.raises(Refused, match="no earlier version"):
        life.roll_back(manager, "lead")
    api.train(access.SYSTEM, "lead", quiet)
    life.roll_back(manager, "lead")
    assert states() == ["live", "retired"]
    rescored()
    assert set(Score.objects.filter(current=True).values_list("model_id", flat=True)) == {first.id}
    with pytest.raises(Refused, match="no earlier version"):
        life.roll_back(manager, "lead")
    with pytest.raises(Forbidden):
        life.roll_back(access.Principal(None, "Sam", "salesperson", "all"), "lead")


def test_a_worse_candidate_scores_in_shadow(leads) -> None:
    leads()
    api.train(access.SYSTEM, "lead", quiet)
    frame = training.with_outcomes(training.source_of("lead").load())
    version, _ = training.learn(access.SYSTEM, "lead", quiet)
    settled = life.settle(access.SYSTEM, version, {"code": "worse", "rows": 80})
    assert (settled.state, len(frame.ids)) == ("shadow", 400)


def decide(people: list[Person], swapped: bool) -> None:
    """A day later every open lead is decided: by its score, or just against it."""
    scores = api.scores_for("person", [p.id for p in people])
    likely = sorted(scores, key=lambda pk: scores[pk].value, reverse=True)
    share = sum(s.value for s in scores.values()) / len(scores)
    won = set(likely[: round(share * len(likely))])
    for pk in likely:
        status = "converted" if (pk in won) != swapped else "lost"
        Person.objects.filter(pk=pk).update(
            lead_status=status, lead_decided_at=clock.now(), traits={**Person.objects.get(pk=pk).traits, "Tags": None}
        )


def test_a_model_that_the_outcomes_contradict_is_taken_out_and_everybody_is_told_why(leads) -> None:
    people = leads(rows=800)
    wrong = api.train(access.SYSTEM, "lead", quiet).version
    decide(people, swapped=True)
    look = watching.watch("lead", quiet)
    assert look is not None
    assert look.breach == "calibration"
    live = registry.live("lead")
    assert (live.rung, live.why["code"], live.why["number"]) == ("base", "stands_in", 1)
    assert registry.version(wrong.id).why["code"] == "demoted"
    assert DriftCheck.objects.get().raised
    assert [line.verb for line in access.audit_lines(limit=5)].count("model.demoted") == 1
    page = sign_in("manager").get("/models/lead/").content.decode()
    assert "The version before was taken out of work" in page
    assert "Outcomes contradict the chances that were said." in page


def test_outcomes_that_agree_raise_nothing_and_the_month_is_proven(leads) -> None:
    people = leads(rows=800)
    api.train(access.SYSTEM, "lead", quiet)
    decide(people, swapped=False)
    look = watching.watch("lead", quiet)
    assert look is not None
    assert (look.breach, registry.live("lead").number) == ("", 1)
    assert not Proof.objects.exists()
    frame = training.with_outcomes(training.source_of("lead").load())
    kept = watching.prove("lead", said("lead", frame), clock.now() + timedelta(days=31))
    assert [(p.rows, p.figures["inside"]) for p in kept] == [(100, True)]
    assert watching.prove("lead", said("lead", frame), clock.now() + timedelta(days=31)) == []
