"""The models' pages, as a manager, an analyst and a salesperson use them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from amity.base.models import JobRun
from amity.intelligence import api, registry, tasks
from amity.intelligence.models import ColumnDecision
from amity.intelligence.tests.test_scoring import leads, quiet

__all__ = ["leads"]
pytestmark = pytest.mark.django_db


def sign_in(role: str) -> Client:
    staff = get_user_model()(name=role, email=f"{role}@example.com", role=role, scope="all")
    staff.set_unusable_password()
    staff.save()
    client = Client()
    client.force_login(staff)
    return client


def test_before_any_training_the_pages_say_what_to_do() -> None:
    manager = sign_in("manager")
    assert b"Nothing learned yet" in manager.get(reverse("models")).content
    page = manager.get(reverse("model", args=["lead"])).content
    assert b"Nothing learned yet" in page
    assert b"Train now" in page


@pytest.mark.slow
def test_the_button_starts_one_job_and_the_job_trains(leads) -> None:
    leads()
    manager = sign_in("manager")
    for _ in range(2):
        assert manager.post(reverse("model_training", args=["lead"])).status_code == 302
    run = JobRun.objects.get(kind="intelligence.train")
    polled = manager.get(reverse("model_training", args=["lead"]), headers={"HX-Request": "true"})
    assert b"Waiting for its turn" in polled.content
    assert "HX-Refresh" not in polled.headers
    tasks.train(job_run_id=str(run.id), target="lead", staff_id=str(run.started_by))
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == ("done", 50, 50)
    assert api.live_model("lead").number == 1
    assert manager.get(reverse("model_training", args=["lead"])).headers["HX-Refresh"] == "true"
    tasks.train(job_run_id=str(run.id), target="lead", staff_id=str(run.started_by))
    assert api.live_model("lead").number == 1


def test_a_failed_training_is_told() -> None:
    manager = sign_in("manager")
    JobRun.objects.create(kind="intelligence.train", subject_id=api.subject_id("lead"), state="failed", error="No disk")
    assert b"No disk" in manager.get(reverse("model", args=["lead"])).content


@pytest.mark.slow
def test_the_model_page_shows_verdict_ladder_evidence_and_chart(leads) -> None:
    leads()
    manager = sign_in("manager")
    api.train(registry.access.SYSTEM, "lead", quiet)
    page = manager.get(reverse("model", args=["lead"])).content.decode()
    assert "The data holds a signal" in page
    assert "Alone it tells won from lost in" in page
    assert "<circle" in page
    assert "style=" not in page.split("<main")[1].split("</main")[0]
    assert manager.get(reverse("model", args=["lead"]) + "?version=9").status_code == 404
    assert b"1 column" in manager.get(reverse("models")).content


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "pl", "de"])
def test_pages_render_in_every_language(leads, language: str) -> None:
    leads()
    manager = sign_in("manager")
    get_user_model().objects.update(language=language)
    api.train(registry.access.SYSTEM, "lead", quiet)
    assert manager.get(reverse("model", args=["lead"])).status_code == 200
    assert manager.get(reverse("models")).status_code == 200


def test_deciding_on_a_column_and_taking_it_back(leads) -> None:
    leads()
    manager = sign_in("manager")
    url = reverse("model_columns", args=["lead"])
    assert manager.post(url, {"column": "Tags", "use": "yes"}).status_code == 302
    assert ColumnDecision.objects.get().use is True
    assert manager.post(url, {"column": "Tags", "use": "no"}).status_code == 302
    assert ColumnDecision.objects.get().use is False
    assert manager.post(url + "?column=Tags&use=").status_code == 302
    assert not ColumnDecision.objects.exists()
    assert manager.post(url, {"column": "Tags", "use": "perhaps"}).status_code == 422


@pytest.mark.parametrize(
    ("role", "page", "train", "decide"),
    [("manager", 200, 302, 302), ("analyst", 200, 302, 403), ("salesperson", 200, 403, 403), ("agent", 403, 403, 403)],
)
@pytest.mark.slow
def test_who_may_do_what(role: str, page: int, train: int, decide: int) -> None:
    client = sign_in(role)
    assert client.get(reverse("models")).status_code == page
    assert client.get(reverse("model", args=["lead"])).status_code == page
    assert client.get(reverse("model_training", args=["lead"])).status_code == page
    assert client.post(reverse("model_training", args=["lead"])).status_code == train
    assert client.post(reverse("model_columns", args=["lead"]), {"column": "x", "use": "no"}).status_code == decide
    assert JobRun.objects.exists() is (train == 302)
    assert ColumnDecision.objects.exists() is (decide == 302)


def test_an_unknown_target_is_not_found() -> None:
    assert sign_in("manager").get(reverse("model", args=["weather"])).status_code == 404


@pytest.mark.slow
def test_the_score_component_shows_number_interval_and_reasons(leads) -> None:
    from django.template import engines

    leads()
    api.train(registry.access.SYSTEM, "lead", quiet)
    view = api.first_of(registry.access.SYSTEM, "lead", 1)[0]
    page = engines["django"].from_string('{% include "intelligence/_score.html" with view=view %}')
    shown = page.render({"view": view})
    assert "Source: " in shown
    assert "<details" in shown
    assert "between " in shown
    assert "Not scored yet" in page.render({"view": None})
