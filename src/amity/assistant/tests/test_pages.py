"""The bot's editor."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.tests.staffing import hire
from amity.assistant import versions

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def browser() -> Client:
    found = Client()
    found.force_login(hire("Boss", "manager", "all"))
    return found


def test_flows_are_listed_changed_tested_published_and_thrown_away() -> None:
    boss = browser()
    assert "order_status" in boss.get(reverse("bot")).content.decode()
    assert "244" in boss.get(reverse("bot_test")).content.decode()
    address = reverse("bot_flow", args=["order_status"])
    page = boss.get(address)
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (False, None)}
    values["order_status.x"] = ""
    assert boss.post(address, {**values, "keywords_en": "quux zork"}).status_code == 302
    assert versions.has_draft()
    assert "order: number first" in boss.get(reverse("bot_test")).content.decode(), "what no longer goes as written"
    assert boss.post(address, {**values, "done__pl": ""}).status_code == 422
    assert boss.post(reverse("bot_publish")).status_code == 302
    assert versions.versions()[0].version == 1
    assert boss.get(reverse("bot")).status_code == 200
    assert boss.post(reverse("bot_restore", args=[1])).status_code == 302
    assert boss.post(reverse("bot_discard")).status_code == 302
    assert not versions.has_draft()


def test_wordings_of_all_flows_are_changed() -> None:
    boss = browser()
    page = boss.get(reverse("bot_wording"))
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    assert boss.post(reverse("bot_wording"), {**values, "welcome__en": "Any time."}).status_code == 302
    assert versions.draft()["wording"]["welcome"]["en"] == "Any time."
