"""Next best action from history to answer: proposed, accepted once, taken back, refused, forbidden, replayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.events.models import Event
from amity.intelligence.features import FeatureSpec
from amity.intelligence.fitted import Model, dump
from amity.intelligence.models import ModelVersion, Score
from amity.journeys import api as journeys
from amity.journeys.models import Action, Decision
from amity.people import api as people
from amity.people.models import Person
from amity.sales import api as sales
from amity.sales.models import Deal, Stage, Task

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def touch(deal: Deal, at: Any, kind: str) -> Event:
    return Event(kind=kind, name=kind, source="t", message_id=f"{deal.pk}{at}{kind}", deal_id=deal.pk,
                 person_id=deal.person_id, occurred_at=at)  # fmt: skip


@pytest.fixture
def history() -> None:
    """200 closed deals: those that were called were mostly won."""
    sales.stage_choices()
    stage = {s.status: s for s in Stage.objects.order_by("-position")}
    rng, start, made, facts = Random(7), clock.now() - timedelta(days=300), [], []
    for number in range(200):
        called = number % 2 == 0
        status = "won" if rng.random() < (0.75 if called else 0.25) else "lost"
        made.append(Deal(title=f"Old {number}", stage=stage[status], status=status, opened_at=start,
                         closed_at=start + timedelta(days=40)))  # fmt: skip
        facts += [touch(made[-1], start + timedelta(days=day), "call") for day in (5, 20, 30) if called]
    Deal.objects.bulk_create(made)
    Event.objects.bulk_create(facts)
    journeys.learn("deal")


@pytest.fixture
def mia() -> access.Principal:
    return access.principal_of(hire("Mia", "salesperson", "all"))


@pytest.fixture
def model() -> ModelVersion:
    text, digest = dump(Model("base", FeatureSpec.fit(pl.DataFrame({"x": [1.0, 2.0, 3.0]})), 100, 100))
    return ModelVersion.objects.create(target="deal", number=1, rung="base", signal=True, state="live", rows=200,
                                       positives=100, artefact=json.loads(text), artefact_hash=digest)  # fmt: skip


@pytest.fixture
def offer(history: None, mia: access.Principal, model: ModelVersion) -> Callable[..., Deal]:
    """An open deal with a contact who can be called, scored at 50 %."""

    def make(title: str = "Ovens", **person: Any) -> Deal:
        known = {"given_name": "Anna", "family_name": "Kowalska", "phone": "+48600100200", "email": "a@k.example"}
        who = Person.objects.create(display_name="Anna Kowalska", **{**known, **person})
        pk = sales.create_deal(mia, {"title": title, "person_id": who.pk, "value_minor": 100_000, "currency": "EUR"})
        Score.objects.create(model=model, target="deal", subject_kind="deal", subject_id=pk, value=0.5, low=0.4,
                             high=0.6, reasons=[["base", "", None, 0.0]])  # fmt: skip
        return Deal.objects.get(pk=pk)

    return make


def proposal(principal: access.Principal, deal: Deal) -> journeys.Proposal:
    return journeys.propose(principal, "deal", [deal.pk])[deal.pk]


def test_a_call_is_proposed_with_its_gain_its_reasons_and_a_draft_by_name(
    offer: Callable[..., Deal], mia: access.Principal
) -> None:
    found = proposal(mia, offer())
    assert (found.kind, found.what) == ("call", "Call Anna Kowalska")
    assert 0 < found.low < found.gain < found.high
    assert found.gain_minor == round(found.gain * 100_000)
    assert "more often (" in found.why[0]
    assert "No contact yet" in found.why
    assert found.draft.subject == "Call Anna Kowalska: Ovens"


def test_accepting_makes_one_task_and_undo_takes_it_away(offer: Callable[..., Deal], mia: access.Principal) -> None:
    deal = offer()
    found = proposal(mia, deal)
    done = journeys.accept(mia, found.id)
    task = Task.objects.get(deal=deal)
    assert (task.subject, task.owner_id) == ("Call Anna Kowalska: Ovens", mia.staff_id)
    with pytest.raises(Refused, match="already"):
        journeys.accept(mia, found.id)
    assert journeys.propose(mia, "deal", [deal.pk]) == {}  # peace after an answer
    undo.put_back(mia, done.group)
    assert not Task.objects.filter(deal=deal).exists()
    assert Action.objects.get().state == "undone"
    again = proposal(mia, deal)
    assert again.kind == "call"
    journeys.accept(mia, again.id, journeys.Changes(kind="meeting", subject="Meet at the fair"))
    assert Task.objects.get(deal=deal).subject == "Meet at the fair"
    assert Action.objects.exclude(state="undone").get().kind == "meeting"


def test_a_refused_kind_sleeps_for_that_person_and_weighs_less_elsewhere(
    offer: Callable[..., Deal], mia: access.Principal
) -> None:
    first, other = offer("Ovens"), offer("Grills")
    before = proposal(mia, other).gain
    done = journeys.refuse(mia, proposal(mia, first).id, "no_help", "She hates the phone")
    row = Decision.objects.get(state="refused")
    assert (row.reason, row.note, row.chosen) == ("no_help", "She hates the phone", "call")
    found = journeys.propose(mia, "deal", [first.pk, other.pk])
    assert first.pk not in found
    assert found[other.pk].gain < 0.9 * before
    undo.put_back(mia, done.group)
    assert proposal(mia, first).gain == before
    with pytest.raises(Refused, match="reason"):
        journeys.refuse(mia, proposal(mia, first).id, "because")


def test_nothing_is_proposed_that_is_forbidden(offer: Callable[..., Deal], mia: access.Principal) -> None:
    assert journeys.propose(mia, "deal", [offer(phone="").pk]) == {}
    deal = offer("Grills")
    complaining = [touch(deal, clock.now() - timedelta(days=2), "complaint opened")]
    Event.objects.bulk_create(complaining)
    found = proposal(mia, deal)
    assert "offer" not in dict(found.others)
    with pytest.raises(Refused, match="complaint"):
        journeys.accept(mia, found.id, journeys.Changes(kind="offer"))
    Score.objects.filter(subject_id=deal.pk).update(current=False)  # nothing helps any more: forbidden all the same
    with pytest.raises(Refused, match="complaint"):
        journeys.accept(mia, found.id, journeys.Changes(kind="offer"))
    assert not Action.objects.exists()
    Score.objects.filter(subject_id=deal.pk).update(current=True)
    Event.objects.bulk_create([touch(deal, clock.now() - timedelta(days=1), "complaint closed")])
    assert "offer" in dict(proposal(mia, deal).others)
    won = Deal.objects.create(title="New", person=deal.person, stage=deal.stage, status="won", closed_at=clock.now())
    assert "offer" not in dict(proposal(mia, deal).others)
    won.delete()


def test_a_mail_stays_a_draft_until_somebody_sends_it_through_the_gate(
    offer: Callable[..., Deal], mia: access.Principal
) -> None:
    deal = offer()
    done = journeys.accept(mia, proposal(mia, deal).id, journeys.Changes(kind="mail"))
    assert done.action_id is not None
    draft = Action.objects.get(pk=done.action_id)
    assert draft.state == "draft"
    assert draft.details["text"].startswith("Hello Anna,")
    assert [each.pk for each in journeys.drafts_of("deal", deal.pk)] == [draft.pk]
    assert journeys.send(mia, draft.pk).state in ("queued", "held")
    with pytest.raises(NotFound):
        journeys.send(mia, draft.pk)
    with pytest.raises(Refused, match="on its way"):
        undo.put_back(mia, done.group)


def test_every_decision_replays_to_the_same_choice_and_days_alone_write_nothing(
    offer: Callable[..., Deal], mia: access.Principal
) -> None:
    deals = [offer(f"Deal {n}") for n in range(6)]
    ids = [deal.pk for deal in deals]
    journeys.propose(mia, "deal", ids)
    Event.objects.bulk_create([touch(deals[0], clock.now(), "call"), touch(deals[1], clock.now(), "mail received")])
    assert journeys.propose(mia, "deal", ids)[deals[0].pk].kind == "wait"
    count = Decision.objects.count()
    with CaptureQueriesContext(connection) as several:
        journeys.propose(mia, "deal", ids)
    assert Decision.objects.count() == count
    with CaptureQueriesContext(connection) as one:
        journeys.propose(mia, "deal", ids[:1])
    assert len(one) == len(several)
    chosen = [journeys.replay(pk) for pk in Decision.objects.values_list("pk", flat=True)]
    assert all(stored == again for stored, again in chosen)
    assert {stored for stored, _again in chosen} == {"call", "wait"}


def test_a_table_as_of_then_is_blind_to_what_came_later(offer: Callable[..., Deal]) -> None:
    then = clock.now() - timedelta(days=100)
    before = journeys.learn("deal", then).hash
    old = Deal.objects.filter(status="lost").first()
    assert old is not None
    Event.objects.bulk_create([touch(old, then + timedelta(days=day), "call") for day in range(1, 40)])
    Deal.objects.create(title="Late", stage=old.stage, status="won", opened_at=then - timedelta(days=50),
                        closed_at=then + timedelta(days=50))  # fmt: skip
    assert journeys.learn("deal", then).hash == before


def test_who_does_not_see_a_deal_neither_sees_nor_answers_its_proposal(
    offer: Callable[..., Deal], mia: access.Principal
) -> None:
    deal = offer()
    row = proposal(mia, deal).id
    stranger = access.principal_of(hire("Stan", "salesperson", "own"))
    assert journeys.propose(stranger, "deal", [deal.pk]) == {}
    with pytest.raises(NotFound):
        journeys.accept(stranger, row)
    with pytest.raises(NotFound):
        journeys.refuse(stranger, row, "not_now")
    assert Decision.objects.get(pk=row).state == "proposed"


def test_proposals_follow_a_merge_and_come_back(offer: Callable[..., Deal], mia: access.Principal) -> None:
    deal = offer()
    row = Decision.objects.get(pk=proposal(mia, deal).id)
    twin = Person.objects.create(display_name="Anna K.", email="other@k.example")
    merged = people.merge_with_undo(access.SYSTEM, twin.pk, deal.person_id) if deal.person_id else None
    assert Decision.objects.get(pk=row.pk).person_id == twin.pk
    undo.put_back(access.SYSTEM, merged)
    assert Decision.objects.get(pk=row.pk).person_id == deal.person_id
