"""The privacy desk as the data protection officer uses it, and its API."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.people import api as people
from amity.people import privacy_desk
from amity.people.models import Person, PrivacyRequest, PrivacySetting, RetentionMark

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(hire("Olga"))
    return client


@pytest.fixture
def anna() -> UUID:
    return people.create_person(
        access.SYSTEM, {"given_name": "Anna", "family_name": "Nowakowska", "email": "anna.q@example.org"}
    )


@pytest.mark.slow
def test_from_the_search_to_the_erasure(desk: Client, anna: UUID) -> None:
    empty = desk.get(reverse("privacy")).content.decode()
    assert "No requests" in empty
    found = desk.get(reverse("privacy"), {"q": "nowakow"}).content.decode()
    assert reverse("privacy_person", args=[anna]) in found
    assert "Nobody here" in desk.get(reverse("privacy"), {"q": "nobody@example.org"}).content.decode()
    page = desk.get(reverse("privacy_person", args=[anna])).content.decode()
    assert "An erasure takes away" in page
    assert "Erase ledger" in page
    opened = desk.post(reverse("privacy_opening", args=[anna]), {"kind": "erase", "note": "A letter"})
    request_id = PrivacyRequest.objects.get().pk
    assert opened["Location"] == reverse("privacy_request", args=[request_id])
    assert "Type the person" in desk.get(opened["Location"]).content.decode()
    wrong = desk.post(
        reverse("privacy_decision", args=[request_id]), {"action": "erase", "reason": "asked", "typed": "x"}
    )
    assert wrong.status_code == 422
    told = {"action": "erase", "reason": "asked", "typed": "Anna Nowakowska"}
    assert desk.post(reverse("privacy_decision", args=[request_id]), told).status_code == 302
    privacy_desk.run(request_id, lambda done, total, stage: None)
    done = desk.get(reverse("privacy_request", args=[request_id])).content.decode()
    assert "What was done" in done
    assert "Nowakowska" not in done
    assert not Person.objects.filter(pk=anna).exists()
    answered = desk.get(reverse("privacy"), {"show": "closed"}).content.decode()
    assert "Erased person" in answered
    assert "Asked for it" in desk.get(reverse("privacy_settings")).content.decode()
    assert desk.get(reverse("privacy_person", args=[anna])).status_code == 404


@pytest.mark.slow
def test_what_is_held_can_be_read_and_taken_along(desk: Client, anna: UUID) -> None:
    page = desk.get(reverse("privacy_copy", args=[anna])).content.decode()
    assert "anna.q@example.org" in page
    assert "Your rights" in page
    packed = desk.get(reverse("privacy_export", args=[anna]))
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        data = json.loads(archive.read("data.json"))
        assert "anna.q@example.org" in archive.read("page.html").decode()
    assert data["format"] == "amity.subject-access/1"
    assert "attachment" in packed["Content-Disposition"]
    alone = desk.get(reverse("privacy_export", args=[anna]), {"format": "json"})
    assert alone.json()["person"]["id"] == str(anna)


@pytest.mark.slow
def test_restricting_answering_refusing_and_extending(desk: Client, anna: UUID) -> None:
    url = reverse("privacy_restriction", args=[anna])
    assert desk.post(url, {"action": "restrict", "reason": "contested"}).status_code == 302
    assert "Lift the restriction" in desk.get(reverse("privacy_person", args=[anna])).content.decode()
    assert desk.post(url, {"action": "lift"}).status_code == 302
    desk.post(reverse("privacy_opening", args=[anna]), {"kind": "restrict"})
    decide = reverse("privacy_decision", args=[PrivacyRequest.objects.get().pk])
    desk.post(decide, {"action": "extend"})
    row = PrivacyRequest.objects.get()
    assert row.due_on == privacy_desk.month_after(row.received_on, 3)
    assert desk.post(decide, {"action": "refuse"}).status_code == 422
    desk.post(decide, {"action": "restrict", "reason": "claims"})
    assert PrivacyRequest.objects.get().state == "done"
    assert desk.post(decide, {"action": "answer"}).status_code == 409
    assert "Restricted" in desk.get(reverse("privacy_person", args=[anna])).content.decode()


def test_who_decided_cannot_confirm_and_can_take_back(desk: Client, anna: UUID) -> None:
    PrivacySetting.objects.create(second_person=True, grace_days=2)
    desk.post(reverse("privacy_opening", args=[anna]), {"kind": "erase"})
    pk = PrivacyRequest.objects.get().pk
    decide = reverse("privacy_decision", args=[pk])
    desk.post(decide, {"action": "erase", "reason": "asked", "typed": "Anna Nowakowska"})
    assert desk.post(decide, {"action": "confirm"}).status_code == 409
    page = desk.get(reverse("privacy_request", args=[pk])).content.decode()
    assert "once somebody else has confirmed it" in page
    assert "Confirm the erasure" not in page
    other = Client()
    other.force_login(hire("Otto"))
    assert "Confirm the erasure" in other.get(reverse("privacy_request", args=[pk])).content.decode()
    desk.post(decide, {"action": "take_back"})
    assert PrivacyRequest.objects.get().state == "open"


@pytest.mark.slow
def test_rules_register_assessment_copies_and_settings(desk: Client, anna: UUID) -> None:
    assert "People without activity" in desk.get(reverse("privacy_retention")).content.decode()
    rule = {"kind": "people", "days": "365", "active": "on", "window_days": "14"}
    assert desk.post(reverse("privacy_retention"), rule).status_code == 302
    mark = RetentionMark.objects.create(person_id=anna, due_on=clock.today() + timedelta(days=3))
    assert "Anna Nowakowska" in desk.get(reverse("privacy_retention")).content.decode()
    desk.post(reverse("privacy_keep", args=[mark.pk]), {"kept": "on"})
    mark.refresh_from_db()
    assert mark.kept_by is not None
    assert "Let the rule go on" in desk.get(reverse("privacy_retention")).content.decode()
    assert "people_person" in desk.get(reverse("privacy_register")).content.decode()
    assert "art. 35" in desk.get(reverse("privacy_assessment")).content.decode()
    assert "Make a copy" in desk.get(reverse("privacy_copies")).content.decode()
    copy = desk.post(reverse("privacy_copies"), {"purpose": "churn", "k": "2"})
    assert zipfile.ZipFile(io.BytesIO(copy.content)).namelist() == ["people.csv", "about.json"]
    told = {"controller": "Copperleaf", "contact": "dpo@copperleaf.example", "grace_days": "3", "returning": "refuse"}
    assert desk.post(reverse("privacy_settings"), told).status_code == 302
    assert privacy_desk.settings().grace_days == 3
    assert "Copperleaf" in desk.get(reverse("privacy_register")).content.decode()


@pytest.mark.parametrize(
    ("language", "reason"),
    [("en", "proof of processing, GDPR art. 5(2)"), ("de", "Nachweis der Verarbeitung, Art. 5 Abs. 2 DSGVO")],
)
def test_the_register_gives_its_reasons_in_the_language_of_the_reader(language: str, reason: str) -> None:
    reader = Client()
    reader.force_login(hire("Olga", language=language))
    assert reason in reader.get(reverse("privacy_register")).content.decode()


@pytest.mark.slow
def test_the_api_exports_restricts_and_erases(anna: UUID) -> None:
    staff = hire("Olga")
    _id, token = access.create_token(access.principal_of(staff), "dpo", ["privacy:manage"])
    call = {"headers": {"Authorization": f"Bearer {token}"}, "content_type": "application/json"}
    client = Client()
    assert client.get(f"/v1/people/{anna}/export", **call).json()["person"]["name"] == "Anna Nowakowska"
    held = client.put(f"/v1/people/{anna}/restriction", json.dumps({"restricted": True}), **call)
    assert held.json() == {"restricted": True}
    asked = client.post("/v1/privacy/requests", json.dumps({"person_id": str(anna), "kind": "access"}), **call)
    assert asked.status_code == 201
    made = client.post(f"/v1/people/{anna}/erasure", json.dumps({"reason": "objected"}), **call)
    assert made.status_code == 202
    privacy_desk.run(UUID(made.json()["id"]), lambda done, total, stage: None)
    assert client.get(f"/v1/privacy/requests/{made.json()['id']}", **call).json()["state"] == "done"
    assert client.get("/v1/privacy/requests", **call).json() == []
    assert client.get("/v1/privacy/erasures", **call).json()[0]["reason"] == "objected"
    assert client.get(f"/v1/people/{anna}/export", **call).status_code == 404
