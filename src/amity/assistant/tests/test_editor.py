"""Making flows in the browser: steps, words, order, switching off, trying, tests, undo; and what is refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.assistant import checking, editing, merging, script, versions
from amity.base.errors import Refused
from amity.base.models import UndoStep

EXAMPLES = {"en": ["How long is the guarantee"]}


def made(end: str) -> tuple[dict[str, Any], dict[str, Any]]:
    body = script.body_of_usual()
    flow = editing.new_flow(body, {"en": "Guarantee", "de": ""}, end, EXAMPLES)
    body["flows"].insert(0, flow)
    return body, flow


@pytest.mark.parametrize("end", editing.ENDS)
def test_a_new_flow_of_every_end_is_whole_and_speaks_the_languages_of_its_name(end: str) -> None:
    body, _flow = made(end)
    read = script.read(body)
    assert checking.problems(read.flows[0]) == []
    assert read.flows[0].languages == ("en",)
    begun = read.begun_by("How long is the guarantee?", "en")
    assert begun is not None
    assert begun.key == "guarantee"
    assert read.begun_by("How long is the guarantee?", "de") is None


def test_what_is_wrong_with_a_flow_is_said_where_it_can_be_put_right() -> None:
    def wrong(**changes: Any) -> list[str]:
        flow = {**made("tool:appointment")[1], **changes}
        read = script.read({"flows": [flow], "wording": {}}).flows[0]
        return [each.field for each in checking.problems(read)]

    kept = made("tool:appointment")[1]["wording"]
    assert wrong(slots=[{"name": "date", "kind": "date"}])[0] == "end"
    assert wrong(personal=False) == ["personal"]
    assert wrong(hand_over="flow") == ["end"]
    assert wrong(examples={}) == ["examples"]
    assert wrong(wording={**kept, "done": {"en": ""}}) == ["done__en"]
    assert wrong(wording={**kept, "done": {"en": ""}}, on=False) == []
    assert wrong(wording={**kept, "done": {"en": "On {day}, {date.year}"}}) == ["done__en"]
    assert wrong(wording={**kept, "done": {"en": "On {day}"}}) == ["done__en"]
    assert wrong(wording={**kept, "done": {"en": "On {"}}) == ["done__en"]


def test_one_change_is_taken_back_while_later_ones_stay() -> None:
    usual = script.body_of_usual()
    added, _flow = made("answer")
    later = deepcopy(added)
    later["wording"]["welcome"]["en"] = "Any time."
    found = merging.back(usual, added, later)
    assert found is not None
    assert found["flows"] == usual["flows"]
    assert found["wording"]["welcome"]["en"] == "Any time."
    later["flows"][0]["on"] = False
    assert merging.back(usual, added, later) is None, "somebody has changed the flow that was added"
    gone = {**usual, "flows": usual["flows"][1:]}
    again = merging.back(usual, gone, {**gone, "flows": list(reversed(gone["flows"]))})
    assert again is not None
    assert again["flows"][0] == usual["flows"][0]


def browser() -> Client:
    found = Client()
    found.force_login(hire("Boss", "manager", "all"))
    return found


def flow() -> dict[str, Any]:
    body = versions.draft()
    return dict(body["flows"][editing.place_of(body, "guarantee") or 0])


def newest() -> UUID:
    return UndoStep.objects.latest("id").group_id


def put_back(boss: Client, group: UUID | None = None) -> None:
    assert boss.post(reverse("undo", args=[group or newest()])).status_code == 302


@pytest.mark.django_db
@pytest.mark.slow
def test_a_manager_makes_a_flow_with_steps_tries_it_keeps_a_test_and_undoes() -> None:
    boss, page = browser(), reverse("bot_flow", args=["guarantee"])
    refused = boss.post(reverse("bot_flow_new"), {"end": "hand_over:flow"})
    assert refused.status_code == 422
    assert "name in at least one language" in refused.content.decode()
    told = {"name_en": "Guarantee", "examples_en": "My lamp broke under guarantee", "end": "hand_over:flow"}
    assert boss.post(reverse("bot_flow_new"), told).url == page
    steps = reverse("bot_slot_new", args=["guarantee"])
    assert boss.post(steps, {"name": "Model of it", "kind": "text", "ask_en": "Which model?"}).url == page
    assert boss.post(steps, {"name": "day", "kind": "date"}).status_code == 302
    assert boss.post(steps, {"name": "Day", "kind": "date"}).status_code == 422
    assert boss.post(steps, {"name": "E-mail", "kind": "email"}).status_code == 302
    assert boss.post(steps, {"name": "email", "kind": "email"}).status_code == 422
    assert boss.post(steps, {"name": "x", "kind": "date", "ask_en": "On {nothing}?"}).status_code == 422
    assert [each["name"] for each in flow()["slots"]] == ["model_of_it", "day", "e_mail"]
    assert boss.post(reverse("bot_slot_do", args=["guarantee", "e_mail"]), {"verb": "delete"}).status_code == 302
    assert boss.post(reverse("bot_slot_do", args=["guarantee", "day"]), {"verb": "up"}).status_code == 302
    assert [each["name"] for each in flow()["slots"]] == ["day", "model_of_it"]
    put_back(boss)
    assert [each["name"] for each in flow()["slots"]] == ["model_of_it", "day"]
    change = reverse("bot_slot", args=["guarantee", "day"])
    assert "For which day?" in boss.get(change).content.decode()
    assert boss.post(change, {"name": "bought", "kind": "date", "ask_en": "Bought when?"}).status_code == 302
    assert flow()["wording"]["ask_bought"]["en"] == "Bought when?"
    assert "ask_day" not in flow()["wording"]
    assert "model_of_it" in boss.get(page).content.decode()


@pytest.mark.django_db
@pytest.mark.slow
def test_a_flow_is_tried_and_what_it_does_is_kept_as_a_test() -> None:
    boss, _made = browser(), versions.change_draft(access.SYSTEM, made("hand_over:flow")[0])
    lines = "How long is the guarantee"
    tried = boss.get(reverse("bot_try", args=["guarantee"]), {"lines": lines}).content.decode()
    assert "hand_over.flow" in tried
    assert "Thank you, I have written this down." in tried
    keep = reverse("bot_flow_tests", args=["guarantee"])
    assert boss.post(keep, {"verb": "add", "lines": lines, "language": "en", "name": ""}).status_code == 422
    assert boss.post(keep, {"verb": "add", "lines": lines, "language": "en", "name": "Asks"}).status_code == 302
    assert flow()["tests"][0]["turns"][0]["expected"] == ["greeting", "guarantee.done", "hand_over.flow"]
    assert "245 of 245" in boss.get(reverse("bot_test")).content.decode()
    body = versions.draft()
    body["flows"][0] = editing.with_end(body["flows"][0], "answer")
    versions.change_draft(access.SYSTEM, body)
    assert "Asks" in boss.get(reverse("bot_test")).content.decode(), "the test says that the flow does something else"
    assert boss.post(keep, {"verb": "remove", "name": "Asks"}).status_code == 302
    assert flow()["tests"] == []


@pytest.mark.django_db
@pytest.mark.slow
def test_flows_are_ordered_switched_off_and_deleted_and_each_is_undone() -> None:
    boss = browser()
    before = [each["key"] for each in versions.draft()["flows"]]

    def do(key: str, verb: str) -> list[str]:
        assert boss.post(reverse("bot_flow_do", args=[key]), {"verb": verb}).status_code == 302
        return [each["key"] for each in versions.draft()["flows"]]

    assert do(before[0], "down") == [before[1], before[0], *before[2:]]
    put_back(boss)
    assert not versions.has_draft()
    do(before[0], "off")
    assert script.read(versions.draft()).begun_by("I want to make a complaint", "en") is None
    first = newest()
    assert do(before[1], "delete") == [before[0], *before[2:]]
    put_back(boss, first)
    assert versions.draft()["flows"][0]["on"], "the older change was undone"
    assert [each["key"] for each in versions.draft()["flows"]] == [before[0], *before[2:]], "the newer one stays"
    put_back(boss)
    assert [each["key"] for each in versions.draft()["flows"]] == before
    with pytest.raises(Refused):
        versions.change_draft(access.SYSTEM, {"flows": [], "wording": {"greeting": {"en": "Hi {name}"}}})
