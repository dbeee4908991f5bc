"""Deals on a board: columns, moves through gates, pipelines, people of a deal; and everything undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.api import principal_of
from amity.access.models import AuditEntry
from amity.base import undo
from amity.base.errors import Refused
from amity.events import api as events
from amity.people import api as people
from amity.sales import gates, pipelines, relations
from amity.sales import pipelines_changes as changes
from amity.sales.models import Deal, DealContact, Pipeline, Stage, StageChange, StageGap, Task, TieEnd
from amity.web.tests.records import browser_of, deal, happened, manager, person, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def _steps() -> tuple[pipelines.Step, ...]:
    return pipelines.pipelines()[0].steps


@pytest.mark.slow
def test_a_board_shows_the_deals_of_each_stage_at_a_fixed_cost() -> None:
    mia = manager()
    client, steps = browser_of(mia), _steps()
    deal(mia, "First", value_minor=120_000, currency="EUR", stage_id=str(steps[0].id))
    few = queries_of(client, "/deals/board/")
    for n in range(34):
        anna = person(f"Anna {n}", mia)
        made = deal(mia, f"Deal {n}", value_minor=1_000, currency="EUR", person_id=anna.pk, stage_id=str(steps[0].id))
        Task.objects.create(subject="Call", deal=made, owner=mia)
    assert queries_of(client, "/deals/board/") == few
    page = client.get("/deals/board/").content.decode()
    assert page.count("data-deal=") == 30
    assert "€1,540" in page
    assert page.count('hx-get="/deals/board/') == 1 + 1  # the filters, and the one column with more
    more = page.partition(f"/deals/board/{steps[0].id}/cards")[2].partition('"')[0].replace("&amp;", "&")
    rest = client.get(f"/deals/board/{steps[0].id}/cards{more}").content.decode()
    assert rest.count("data-deal=") == 5
    narrowed = client.get("/deals/board/?q=First", headers={"HX-Request": "true"}).content.decode()
    assert narrowed.count("data-deal=") == 1
    assert "<html" not in narrowed


def test_the_board_is_remembered_until_the_table_is_asked_for() -> None:
    client = browser_of(manager())
    client.get("/deals/board/")
    assert client.get("/deals/").headers["Location"] == "/deals/board/"
    client.get("/deals/?as=table")
    assert client.get("/deals/").status_code == 200


def test_a_card_that_is_dropped_moves_and_the_move_is_undone() -> None:
    mia = manager()
    client, steps = browser_of(mia), _steps()
    made = deal(mia)
    answer = client.post(reverse("deal_place", args=[made.pk]), {"stage": str(steps[1].id)}).json()
    assert Deal.objects.get(pk=made.pk).stage_id == steps[1].id
    assert "Coffee for the office" in answer["text"]
    client.post(answer["undo"])
    assert Deal.objects.get(pk=made.pk).stage_id == steps[0].id
    assert StageChange.objects.filter(deal=made).count() == 1


@pytest.mark.slow
def test_a_stage_asks_gently_and_what_is_skipped_stays_as_a_gap() -> None:
    mia = manager()
    client, principal = browser_of(mia), principal_of(mia)
    second = _steps()[1]
    changes.change(principal, "change_stage", stage=second.id, gate=["value", "task", "custom:Budget", "nonsense"])
    made = deal(mia)
    asks = client.post(reverse("deal_place", args=[made.pk]), {"stage": str(second.id)}).json()["asks"]
    assert Deal.objects.get(pk=made.pk).stage_id != second.id
    form = client.get(asks).content.decode()
    assert 'name="value"' in form and 'name="task"' in form and 'name="custom:Budget"' in form
    assert "nonsense" not in form
    fetched = {"X-Requested-With": "fetch", "HX-Request": "true"}
    refused = client.post(asks, {"value": "100"}, headers=fetched)
    assert refused.status_code == 422
    assert not Task.objects.exists() and Deal.objects.get(pk=made.pk).value_minor is None
    told = client.post(
        asks, {"value": "100", "task": "Call them", "reason": "They decide in May"}, headers=fetched
    ).json()
    now = Deal.objects.get(pk=made.pk)
    assert (now.stage_id, now.value_minor, Task.objects.get().subject) == (second.id, 10_000, "Call them")
    assert StageGap.objects.get().missing == ["custom:Budget"]
    page = client.get(reverse("deal", args=[made.pk])).content.decode()
    assert "They decide in May" in page and "Budget" in page
    client.post(told["undo"])
    back = Deal.objects.get(pk=made.pk)
    assert (back.stage_id != second.id, back.value_minor) == (True, None)
    assert not Task.objects.exists() and not StageGap.objects.exists()


def test_a_lost_deal_is_asked_why() -> None:
    mia = manager()
    client, lost = browser_of(mia), _steps()[-1]
    made = deal(mia)
    moved = client.post(reverse("deal_stage", args=[made.pk]), {"stage": str(lost.id)})
    gate = reverse("deal_gate", args=[made.pk, lost.id])
    assert moved.headers["Location"] == gate
    client.post(gate, {"lost_choice": "No budget", "lost_words": "till autumn"})
    now = Deal.objects.get(pk=made.pk)
    assert (now.status, now.lost_reason) == ("lost", "No budget – till autumn")


def test_a_stage_that_goes_hands_its_deals_on_and_comes_back_with_them() -> None:
    mia = manager()
    principal, steps = principal_of(mia), _steps()
    made = deal(mia, stage_id=str(steps[1].id))
    with pytest.raises(Refused, match="Choose where they go"):
        changes.change(principal, "delete_stage", stage=steps[1].id)
    group = changes.change(principal, "delete_stage", stage=steps[1].id, to=steps[2].id)
    assert Deal.objects.get(pk=made.pk).stage_id == steps[2].id
    assert steps[1].id not in {each.id for each in _steps()}
    undo.put_back(principal, group)
    assert Deal.objects.get(pk=made.pk).stage_id == steps[1].id
    assert _steps() == steps
    assert AuditEntry.objects.filter(object_kind="pipeline").count() == 2


@pytest.mark.slow
def test_pipelines_are_set_up_on_their_page() -> None:
    mia = manager()
    client, first = browser_of(mia), pipelines.pipelines()[0]
    client.post(reverse("pipeline_new"), {"name": "Partners"})
    made = Pipeline.objects.get(name="Partners")
    client.post(reverse("pipeline_stages", args=[made.pk]), {"name": "Pilot", "status": "open"})
    pilot = Stage.objects.get(pipeline=made, name="Pilot")
    client.post(reverse("stage_change", args=[pilot.pk]), {"verb": "up"})
    client.post(reverse("stage_change", args=[pilot.pk]), {"name": "Trial", "gate": ["value"]})
    client.post(reverse("pipeline_change", args=[made.pk]), {"verb": "up"})
    shown = pipelines.pipelines()
    assert [each.name for each in shown] == ["Partners", first.name]
    assert [(each.name, each.gate) for each in shown[0].steps] == [
        ("Trial", ("value",)),
        ("New", ()),
        ("Won", ()),
        ("Lost", ()),
    ]
    page = client.get(reverse("pipelines")).content.decode()
    assert "Trial" in page and "asks for:" in page
    client.post(reverse("pipeline_change", args=[made.pk]), {"verb": "archive"})
    assert [each.name for each in pipelines.pipelines()] == [first.name]


def _group(client: Client, url: str, **posted: Any) -> UUID:
    client.post(url, posted)
    group: UUID = undo.UndoStep.objects.latest("id").group_id
    return group


@pytest.mark.slow
def test_people_of_a_deal_and_who_knows_whom_follow_a_merge_and_its_undo() -> None:
    mia = manager()
    client, principal = browser_of(mia), principal_of(mia)
    ola, olga, jan = (person(name, mia, email=f"{name.lower()}@kowal.test") for name in ("Ola", "Olga", "Jan"))
    made = deal(mia)
    _group(
        client, reverse("deal_contacts", args=[made.pk]), contact="olga@kowal.test", role="champion", note="met in May"
    )
    _group(client, reverse("person_ties", args=[olga.pk]), contact="jan@kowal.test", kind="introduced:by")
    page = client.get(reverse("deal", args=[made.pk])).content.decode()
    assert "Champion" in page and "introduced" in page
    assert "Jan" in client.get(reverse("person", args=[olga.pk])).content.decode()
    before = [(tie.first, tie.second) for tie in relations.ties_of([jan.pk])]
    assert before == [(jan.pk, olga.pk)]
    joined = people.merge(access.SYSTEM, ola.pk, olga.pk)
    assert [(tie.first, tie.second) for tie in relations.ties_of([jan.pk])] == [(jan.pk, ola.pk)]
    assert DealContact.objects.get().person_id == ola.pk
    people.unmerge(access.SYSTEM, joined)
    assert [(tie.first, tie.second) for tie in relations.ties_of([jan.pk])] == before
    tie = relations.ties_of([jan.pk])[0]
    removal = reverse("person_tie_removal", args=[jan.pk, tie.id])
    group = _group(client, removal)
    assert not TieEnd.objects.exists()
    undo.put_back(principal, group)
    assert [(each.first, each.second) for each in relations.ties_of([jan.pk])] == before
    group = _group(client, reverse("deal_contact_removal", args=[made.pk, DealContact.objects.get().pk]))
    assert not DealContact.objects.exists()
    undo.put_back(principal, group)
    assert DealContact.objects.get().note == "met in May"


def test_whoever_was_written_to_in_vain_is_told_of() -> None:
    mia = manager()
    jan = person("Jan", mia)
    happened(jan, 3, "mail sent")
    assert events.heard([jan.pk])[jan.pk].unanswered == 3
    assert events.heard([jan.pk])[jan.pk].last_in is None


def test_many_deals_change_stage_and_day_at_once() -> None:
    mia = manager()
    client, steps = browser_of(mia), _steps()
    ids = [deal(mia, f"Deal {n}").pk for n in range(3)]
    client.post("/deals/changes", {"action": "stage", "new_stage": str(steps[1].id), "ids": ids})
    client.post("/deals/changes", {"action": "expected", "new_expected": "2027-03-01", "ids": ids})
    assert set(Deal.objects.values_list("stage_id", "expected_close_on__year")) == {(steps[1].id, 2027)}
    undo.put_back(principal_of(mia), undo.UndoStep.objects.latest("id").group_id)
    assert set(Deal.objects.values_list("stage_id", "expected_close_on")) == {(steps[1].id, None)}


def test_gates_keep_only_what_they_know() -> None:
    assert gates.cleaned(["value", "value", "nonsense", "custom:", "custom:Budget"]) == ["value", "custom:Budget"]


def test_a_new_stage_that_deals_went_through_goes_out_of_use_with_the_undo() -> None:
    mia = manager()
    principal, steps = principal_of(mia), _steps()
    group = changes.change(principal, "add_stage", pipeline=steps[0].pipeline_id, name="Trial", status="open")
    trial, made = pipelines.step_called(Stage.objects.get(name="Trial").pk), deal(mia, stage_id=str(steps[0].id))
    for step in (trial, steps[0]):
        gates.move(principal, made.pk, step)
    undo.put_back(principal, group)
    assert Stage.objects.get(pk=trial.id).archived_at
    assert _steps() == steps
