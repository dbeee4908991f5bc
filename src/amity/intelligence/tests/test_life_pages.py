"""The page of a model: what it admits, and the buttons that move its versions; the ledger's rows computed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from amity.access import api as access
from amity.base import clock
from amity.intelligence import api, life, registry, watching
from amity.intelligence.models import ColumnDecision, ModelVersion, Proof, Score, TargetPolicy
from amity.intelligence.tests.test_life import decide, rescored
from amity.intelligence.tests.test_pages import sign_in
from amity.intelligence.tests.test_scoring import leads, quiet
from amity.people.models import Person

__all__ = ["leads"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_page_admits_misses_groups_drift_and_proofs(leads) -> None:
    people = leads(rows=800, language="pl")
    for i, person in enumerate(people):
        language, sex = ("de", "f") if i % 3 == 0 else ("pl", "m")
        Person.objects.filter(pk=person.pk).update(language=language, traits={**person.traits, "Gender": sex})
    life.set_policy(access.SYSTEM, "lead", fairness=True)
    api.train(access.SYSTEM, "lead", quiet)
    decide(people, swapped=True)
    with clock.fixed_at(datetime.now(UTC) + timedelta(hours=1)):
        watching.watch("lead", quiet)
    Proof.objects.create(
        model_id=registry.history("lead")[-1].id, target="lead", month=clock.today().replace(day=1), rows=7,
        figures={"said": 0.4, "won": 0.5, "auc": 0.7, "log_loss": 0.6, "base_log_loss": 0.65, "ece": 0.1},
    )  # fmt: skip
    manager = sign_in("manager")
    page = manager.get(reverse("model", args=["lead"])).content.decode()
    assert "The last misses" in page
    assert "What misled" in page
    assert "Outcomes contradict the chances that were said." in page
    assert "0.6500" in page
    old = manager.get(reverse("model", args=["lead"]) + "?version=1").content.decode()
    assert "Gender" in old
    assert "… of the lost ones" in old
    assert "By group" in old
    assert "style=" not in old.split("<main")[1].split("</main")[0]
    row = Score.objects.filter(shadow=False).first()
    replayed = manager.get(reverse("score_replay", args=[row.pk])).content.decode()
    assert "the same number" in replayed
    assert manager.get(reverse("score_replay", args=[people[0].pk])).status_code == 404


def test_versions_are_moved_and_rolled_back_from_the_page(leads) -> None:
    leads()
    manager = sign_in("manager")
    assert manager.post(reverse("model_policy", args=["lead"]), {"promotion": "approval"}).status_code == 302
    assert TargetPolicy.objects.get().promotion == "approval"
    for _ in range(2):
        api.train(access.SYSTEM, "lead", quiet)
    page = manager.get(reverse("model", args=["lead"])).content.decode()
    assert "In shadow" in page
    second = ModelVersion.objects.get(number=2)
    url = reverse("model_version", args=["lead", second.pk])
    assert manager.post(url, {"state": "sideways"}).status_code == 422
    assert manager.post(url, {"state": "live"}).status_code == 302
    assert registry.live("lead").number == 2
    assert manager.post(reverse("model_rollback", args=["lead"])).status_code == 302
    rescored()
    assert registry.live("lead").number == 1
    assert set(Score.objects.filter(current=True).values_list("model__number", flat=True)) == {1}
    assert api.replay_some(20) == (20, [])


def test_a_sensitive_column_needs_a_lawful_ground(leads) -> None:
    leads()
    manager = sign_in("manager")
    url = reverse("model_columns", args=["lead"])
    assert manager.post(url, {"column": "Gender", "use": "yes"}).status_code == 422
    assert manager.post(url, {"column": "Gender", "use": "yes", "basis": "Art. 6 (1) a"}).status_code == 302
    assert ColumnDecision.objects.get().basis == "Art. 6 (1) a"
