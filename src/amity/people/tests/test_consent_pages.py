"""Pages of consent: for people behind their links, and for staff."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.people import changes, consent, consent_purposes, consent_tokens
from amity.people.consent import Said
from amity.people.consent_reading import state
from amity.people.consent_tables import Consent

pytestmark = pytest.mark.django_db
WHO = access.SYSTEM
ADDRESS = "anna.kowalska@example.com"


@pytest.fixture
def anna() -> UUID:
    pk = changes.create_person(WHO, {"given_name": "Anna", "family_name": "Kowalska", "email": ADDRESS})
    consent.give(WHO, pk, "newsletter", "email", Said(confirmed=True))
    return pk


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(hire("Ada"))
    return client


def held(pk: UUID, purpose: str = "newsletter", channel: str = "email") -> str:
    return state([pk], purpose, channel)[pk]


def token(pk: UUID) -> str:
    return consent_tokens.preferences_token(pk, "email", ADDRESS)


def test_preferences_need_no_account_and_tell_nothing(anna: UUID) -> None:
    hire("Ada")
    stranger = Client(enforce_csrf_checks=True)
    url = reverse("preferences", args=[token(anna)])
    answer = stranger.get(url)
    shown = answer.content.decode()
    assert (
        "a•••@e•••.com" in shown and "Kowalska" not in shown and ADDRESS not in shown and "<script" not in _body(shown)
    )
    assert answer["X-Robots-Tag"] == "noindex" and "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert stranger.post(url, {"choice": ["newsletter:email"]}).status_code == 403  # only by its own form
    form = {"csrfmiddlewaretoken": re.findall(r'csrfmiddlewaretoken" value="(\w+)"', _body(shown))[-1]}
    assert stranger.post(url, form | {"choice": ["marketing:email"]}).status_code == 302
    assert (held(anna), held(anna, "marketing")) == ("withdrawn", "given")
    assert "Saved." in stranger.get(url + "?saved=1").content.decode()
    stranger.post(url, form | {"choice": ["marketing:email"], "nothing": "1"})
    assert held(anna, "marketing") == "withdrawn"


@pytest.mark.parametrize(("language", "name"), [("de", "Newsletter"), ("ru", "Рассылка новостей"), ("pl", "Oferty")])
def test_preferences_in_the_readers_language(anna: UUID, language: str, name: str) -> None:
    shown = Client().get(reverse("preferences", args=[token(anna)]), headers={"Accept-Language": language})
    assert name in shown.content.decode() and f'lang="{language}"' in shown.content.decode()


def test_one_click_is_a_post_without_cookies(anna: UUID) -> None:
    hire("Ada")
    robot = Client(enforce_csrf_checks=True)
    url = reverse("unsubscribe", args=[token(anna), "newsletter"])
    assert "No more" in robot.get(url).content.decode()
    assert held(anna) == "given"  # looking changes nothing
    answer = robot.post(url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200 and "You are unsubscribed" in answer.content.decode()
    assert held(anna) == "withdrawn"
    for bad in (
        reverse("unsubscribe", args=["x", "newsletter"]),
        reverse("unsubscribe", args=[token(anna), "nothing"]),
    ):
        assert robot.post(bad).status_code == 404


def test_the_link_that_confirms(anna: UUID) -> None:
    hire("Ada")
    consent.give(WHO, anna, "marketing", "email")
    url = reverse("consent_confirm", args=[consent_tokens.confirm_token(Consent.objects.get(state="pending").pk)])
    assert "May we send" in Client().get(url).content.decode() and held(anna, "marketing") == "pending"
    assert "is confirmed" in Client().post(url).content.decode() and held(anna, "marketing") == "given"
    assert Client().get(url[:-1]).status_code in (404, 410)


def test_staff_write_down_and_undo(admin: Client, anna: UUID) -> None:
    url = reverse("person_consent", args=[anna])
    shown = admin.get(reverse("person", args=[anna])).content.decode()
    assert "Write down what they said" in shown and "1 entry in the history" in shown
    answer = admin.post(url, {"what": "newsletter:email", "state": "withdrawn"}, follow=True)
    assert held(anna) == "withdrawn"
    undo = re.search(r"/undo/[0-9a-f-]{36}", answer.content.decode())
    assert undo is not None and admin.post(undo.group()).status_code in (200, 302)
    assert held(anna) == "given"
    for bad in ({"what": "newsletter:email", "state": "given"}, {"what": "x", "state": "given"}):
        assert admin.post(url, bad).status_code == 422


def test_many_at_once(admin: Client, anna: UUID) -> None:
    assert "Write down consent" in admin.get("/people/").content.decode()
    posted = {"action": "consent", "ids": [str(anna)], "id": [str(anna)], "what": "marketing:sms", "state": "withdrawn"}
    assert admin.post(reverse("people_bulk"), posted).status_code in (200, 302)
    assert held(anna, "marketing", "sms") == "withdrawn"


def test_purposes_are_listed_made_and_archived(admin: Client, anna: UUID) -> None:
    shown = admin.get("/consent/").content.decode()
    assert "Newsletter" in shown and "not asked: people are owed this" in shown
    told = {
        "key": "surveys",
        "basis": "interest",
        "channels": ["email"],
        "name_en": "Surveys",
        "words_en": "May we ask?",
    }
    assert "Name · Polski" in admin.get("/consent/purposes/new").content.decode()
    assert admin.post("/consent/purposes/new", told).status_code == 302
    assert "already" in admin.post("/consent/purposes/new", told).content.decode()
    assert admin.post("/consent/purposes/surveys", told | {"words_en": "May we ask you?"}).status_code == 302
    assert "Text 2" in admin.get("/consent/purposes/surveys").content.decode()
    assert admin.post("/consent/purposes/surveys/archive").status_code == 302
    assert "surveys" not in [each.key for each in consent_purposes.purposes()]
    assert admin.post("/consent/purposes/surveys/archive", {"restore": "1"}).status_code == 302
    assert admin.get("/consent/purposes/nothing").status_code == 404


def test_the_api_reads_and_writes(anna: UUID) -> None:
    ada = access.principal_of(hire("Ada"))
    _id, secret = access.create_token(ada, "t", ["people:write"])
    asked = Client(headers={"Authorization": f"Bearer {secret}"})
    url = f"/v1/people/{anna}/consent"
    assert asked.get(url).json()["standing"] == [{"purpose": "newsletter", "channel": "email", "state": "given"}]
    body = {"purpose": "newsletter", "channel": "email", "state": "withdrawn", "evidence": {"form": "42"}}
    told = asked.post(url, body, content_type="application/json").json()
    assert told["standing"][0]["state"] == "withdrawn" and told["history"][0]["how"] == "api"
    assert asked.post(url, body | {"channel": "sms"}, content_type="application/json").status_code == 422
    assert [each["key"] for each in asked.get("/v1/consent/purposes").json()][:2] == ["newsletter", "marketing"]


def _body(shown: str) -> str:
    return shown[shown.index("<main") :]
