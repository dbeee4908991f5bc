"""The bot's editor."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

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


def test_wordings_are_called_by_names_and_folded_by_topic_and_by_language() -> None:
    boss = browser()
    shown = boss.get(reverse("bot_wording"))
    html = shown.content.decode()
    assert "again_email" not in html.replace("again_email__", "") and "Address asked again · Polski" in html
    groups = shown.context["form"].groups()
    assert [(each.name, each.open) for each in groups] == [
        ("Greeting and courtesy", False), ("Changing the subject", False), ("Not understood, and handing over", False),
        ("Proof of who it is", False), ("Letters, sources and appointments", False),
    ]  # fmt: skip
    keys = [bound.name for each in groups for _name, fields in each.parts for bound in fields]
    assert sorted(keys) == sorted(shown.context["form"].fields), "no wording is left out"
    values = {name: shown.context["form"][name].value() for name in shown.context["form"].fields}
    wrong = boss.post(reverse("bot_wording"), {**values, "proven__de": ""})
    assert wrong.status_code == 422
    assert [each.name for each in wrong.context["form"].groups() if each.open] == ["Proof of who it is"]


def test_a_flow_is_folded_by_language_and_the_readers_stands_open() -> None:
    boss = browser()
    address = reverse("bot_flow", args=["order_status"])
    shown = boss.get(address, HTTP_ACCEPT_LANGUAGE="pl")
    form = shown.context["form"]
    with translation.override("pl"):
        assert [(each.name, each.open) for each in form.groups()] == [
            ("Polski", True), ("English", False), ("Русский", False), ("Deutsch", False)
        ]  # fmt: skip
    asked = {bound.name for bound in form.of_all_languages()}
    folded = {bound.name for each in form.groups() for _name, fields in each.parts for bound in fields}
    assert asked | folded == set(form.fields) and not asked & folded, "every field once"
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (False, None)}
    wrong = boss.post(address, {**values, "on": "on", "done__de": ""})
    assert wrong.status_code == 422
    assert "When it is done (de)" in wrong.content.decode()
    assert [each.name for each in wrong.context["form"].groups() if each.open] == ["English", "Deutsch"]
