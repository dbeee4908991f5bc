"""The lead score: parts that add up, weights learned from what converted, and a score that follows what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from amity.access import api as access
from amity.base import clock, undo
from amity.base.ids import new_id
from amity.events import api as events
from amity.intelligence import behaviour, behaviour_following, behaviour_learning, registry
from amity.intelligence import behaviour_parts as parts
from amity.intelligence.behaviour_models import BehaviourPin, BehaviourWeights, LeadScore, LeadScoreMove
from amity.people import api as people
from amity.people.models import Person

SOURCE = new_id()


def land(*told: tuple[UUID, str, float]) -> list[events.Landed]:
    """Events (person, name, days ago) in the log and in the sums, as the pipeline lands them."""
    now = clock.now()
    rows = [
        events.Landed(
            events.Fact(
                source_id=SOURCE, kind="track", name=name, user_id="", anonymous_id="", previous_id="", group_id="",
                message_id=str(new_id()), traits={}, properties={}, context={}, occurred_at=now - timedelta(days=ago),
                received_at=now, position=(0, 0),
            ),
            person, None, new_id(), "test",
        )
        for person, name, ago in told
    ]  # fmt: skip
    with connection.cursor() as cursor:
        people.activity.record(cursor, rows)
        events.append_facts(cursor, rows)
    return rows


def follow(rows: list[events.Landed]) -> None:
    with connection.cursor() as cursor:
        behaviour_following.follow(rows, cursor)


def lead(status: str, source: str, decided: float | None = None) -> Person:
    now = clock.now()
    return Person.objects.create(
        display_name="Ann", lead_status=status, source=source, lead_created_at=now - timedelta(days=200),
        lead_decided_at=None if decided is None else now - timedelta(days=decided),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _measures_of_this_test(monkeypatch) -> None:
    """What a process remembers of measures was rolled back with the test before."""
    monkeypatch.setattr(people.activity, "_names", people.activity.Names())


@pytest.fixture
def company(db) -> list[Person]:
    """Leads from fairs who saw a webinar convert, those from lists who did not are lost; mostly. Some are open."""
    dice = Random(3)
    told, made = [], []
    for n in range(120):
        won = n % 2 == 0
        likely = dice.random() < 0.85
        person = lead("converted" if won else "lost", "fair" if won == likely else "list", 1 + n / 2)
        for name, chance in (("Webinar attended", 0.8 if won else 0.1), ("Page Viewed", 0.6)):
            told += [(person.pk, name, 2 + n / 2)] * (dice.random() < chance)
        told.append((person.pk, "Welcome seen", n / 2))  # after the decision
        made.append(person)
    land(*told)
    made += [lead("open", "fair"), lead("open", "list")]
    return made


def part(spec: parts.Spec, key: str) -> parts.Part:
    return next(each for each in (*spec.behaviour, *spec.match) if each.key == key)


def test_what_converted_gives_the_weights_and_only_what_was_before_the_decision(company) -> None:
    spec = behaviour.relearn(access.SYSTEM)
    webinar, after = part(spec, "Webinar attended"), part(spec, "Welcome seen")
    assert webinar.weight > webinar.prior + 0.2 > 1
    assert (after.converted, after.weight) == (0, after.prior)
    assert part(spec, "source=fair").weight > 0.3 > -0.3 > part(spec, "source=list").weight
    assert (spec.converted, webinar.sd < 0.8, len(webinar.trend)) == (60, True, 6)


@pytest.mark.slow
def test_who_somebody_is_counts_in_no_match_unless_somebody_says_so(company) -> None:
    for person in company:
        person.traits = {"Gender": "male" if person.source == "fair" else "female", "Plan": person.source}
        person.save(update_fields=["traits"])
    assert {each.key.partition("=")[0] for each in behaviour_learning.learn().match} == {"Plan", "source"}
    registry.decide(access.SYSTEM, "lead", "Gender", True, "equal pay audit")
    assert "Gender" in {each.key.partition("=")[0] for each in behaviour_learning.learn().match}


def test_without_decisions_first_beliefs_hold_and_the_match_is_silent(db) -> None:
    person = Person.objects.create(display_name="Ann", source="fair")
    land((person.pk, "Demo requested", 0), (person.pk, "Page Viewed", 0))
    spec = behaviour.relearn(access.SYSTEM)
    assert {each.key: each.weight for each in spec.behaviour} == {"Demo requested": 1.2, "Page Viewed": 0.4}
    assert (spec.match, spec.rows) == ((), 0)
    assert behaviour.rescore() == 1
    assert LeadScore.objects.get().match is None


@pytest.mark.slow
def test_a_score_follows_an_event_and_is_the_sum_of_its_parts(company, django_assert_num_queries) -> None:
    spec = behaviour.relearn(access.SYSTEM)
    behaviour.rescore()
    person = company[-2]
    before = LeadScore.objects.get(pk=person.pk)
    rows = land((person.pk, "Webinar attended", 0), (person.pk, "Webinar attended", 30))
    with django_assert_num_queries(11):
        follow(rows)
    after = LeadScore.objects.get(pk=person.pk)
    assert (before.behaviour, before.quadrant, before.match) == (0, "nurture", after.match)
    lately = after.sums["Webinar attended"]
    assert lately == pytest.approx(1 + 2 ** (-30 / part(spec, "Webinar attended").half), abs=1e-3)
    assert after.behaviour == pytest.approx(spec.points(part(spec, "Webinar attended")) * (1 - 2**-lately), abs=1e-6)
    follow(rows)  # twice: the same
    assert LeadScore.objects.get(pk=person.pk).sums["Webinar attended"] == pytest.approx(lately, abs=1e-6)


def test_late_events_merges_and_partings_leave_what_counting_again_would(company) -> None:
    spec = behaviour.relearn(access.SYSTEM)
    ann, bob = company[-2:]
    follow(land((ann.pk, "Webinar attended", 1)))
    follow(land((bob.pk, "Webinar attended", 0), (ann.pk, "Webinar attended", 40)))

    def lately() -> dict[UUID, float]:
        told = LeadScore.objects.filter(pk__in=[ann.pk, bob.pk]).values_list("person_id", "sums")
        return {pk: sums.get("Webinar attended", 0.0) for pk, sums in told}

    half = part(spec, "Webinar attended").half
    apart = {ann.pk: 2 ** (-1 / half) + 2 ** (-40 / half), bob.pk: 1.0}
    assert lately() == pytest.approx(apart, abs=1e-3)
    merge = people.merge(access.SYSTEM, ann.pk, bob.pk)
    behaviour_following._score_now({ann.pk, bob.pk})
    assert lately() == pytest.approx({ann.pk: sum(apart.values())}, abs=1e-3)
    people.unmerge(access.SYSTEM, merge)
    behaviour_following._score_now({ann.pk, bob.pk})
    assert lately() == pytest.approx(apart, abs=1e-3)


def test_time_alone_cools_and_the_ledger_gives_the_same_numbers_again(company, monkeypatch) -> None:
    behaviour.relearn(access.SYSTEM)
    person = company[-2]
    follow(land(*[(person.pk, name, 0) for name in ("Webinar attended", "Page Viewed")] * 6))
    hot = LeadScore.objects.get(pk=person.pk)
    assert (hot.quadrant, hot.due_at is not None) == ("hot", True)
    later = hot.due_at + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert behaviour.refresh() == 1
    assert LeadScore.objects.get(pk=person.pk).quadrant == "nurture"
    moves = list(LeadScoreMove.objects.filter(person_id=person.pk).order_by("at"))
    assert [each.quadrant for each in moves] == ["hot", "nurture"]
    for each in moves:
        stored, again = behaviour.replay(each.pk)
        assert stored == again


@pytest.mark.slow
def test_a_pin_holds_what_is_learned_may_be_undone_and_says_how_many_move(company) -> None:
    learned = behaviour.relearn(access.SYSTEM)
    follow(land(*[(company[-2].pk, "Webinar attended", 0)] * 6))
    key = "Webinar attended"
    assert behaviour.moved_by(learned, behaviour.changed_spec(learned, key, 0)) == (1, 1)
    staff = access.SYSTEM
    group = behaviour.pin(staff, key, 0)
    held = behaviour.newest()
    assert (part(held, key).weight, part(held, key).pinned, held.number) == (0, True, learned.number + 1)
    assert part(behaviour.relearn(staff), key).weight == 0
    undo.put_back(staff, group)
    assert (part(behaviour.newest(), key).weight, BehaviourPin.objects.count()) == (part(learned, key).weight, 0)
    assert BehaviourWeights.objects.count() == 4


def test_shifting_what_comes_after_decisions_changes_no_weight(company) -> None:
    before = behaviour_learning.learn()
    now = clock.now()
    land(*[(each.pk, "Webinar attended", -0.001) for each in company[:50]])
    after = behaviour_learning.learn(now=now)
    told = [{each.key: each.weight for each in spec.behaviour} for spec in (after, before)]
    assert told[0] == pytest.approx(told[1], abs=1e-3)


def test_whoever_may_only_be_kept_is_not_scored(company) -> None:
    behaviour.relearn(access.SYSTEM)
    person = company[-2]
    rows = land((person.pk, "Webinar attended", 0))
    follow(rows)
    assert LeadScore.objects.filter(pk=person.pk).exists()
    Person.objects.filter(pk=person.pk).update(archived_at=clock.now())
    with connection.cursor() as cursor:
        behaviour.score(cursor, [person.pk])
    assert not LeadScore.objects.filter(pk=person.pk).exists()


def test_pure_parts() -> None:
    spec = parts.Spec(
        1, (parts.Part("Call", 1.0, 1.0, 0.5, half=7.0),), (parts.Part("source=fair", 1.0, 0.0, 0.5, share=0.4),), 2.0
    )
    told = parts.score(spec, np.array([[1.0], [2.0]]), parts.known_array(spec, [{"source": "fair"}, {}]))
    assert told.behaviour.tolist() == [25.0, 37.5]
    assert told.match[0] == pytest.approx(50 + 0.6 * 25)
    assert np.isnan(told.match[1])
    assert parts.faded(spec, np.array([[4.0]]), 14.0).tolist() == [[1.0]]
    assert (parts.grade(80, 60), parts.grade(10, None), parts.quadrant(60, None)) == ("B1", "–4", "active")
    assert parts.Spec.of(1, replace(spec, number=5).stored()) == spec


@pytest.mark.slow
def test_what_staff_noted_counts_by_its_kind_and_adds_up_as_reading_it_again_would(company) -> None:
    now = clock.now()

    def noted(person: Person, kind: str, ago: float) -> list[events.Landed]:
        rows = land((person.pk, f"Spoke about {ago}", ago))
        rows[0].fact.kind = kind
        with connection.cursor() as cursor:
            cursor.execute("UPDATE events_event SET kind = %s WHERE id = %s", [kind, rows[0].id])
        return rows

    won = [each for each in company if each.lead_status == "converted"]
    for n, person in enumerate(won[:20]):
        noted(person, "call", 1.5 + n)
    spec = behaviour.relearn(access.SYSTEM)
    call = part(spec, "kind:call")
    assert (call.converted, call.weight > call.prior) == (20, True)
    ann = company[-2]
    follow(noted(ann, "call", 3))
    rows = noted(ann, "call", 20)
    with connection.cursor() as cursor:
        behaviour.score(cursor, [ann.pk])  # the daily look comes between event and consumer
    follow(rows)
    follow(rows)  # twice: the same
    lately = LeadScore.objects.get(pk=ann.pk).sums["kind:call"]
    assert lately == pytest.approx(2 ** (-3 / call.half) + 2 ** (-20 / call.half), abs=1e-3)
    with connection.cursor() as cursor:
        behaviour.score(cursor, [ann.pk])
    assert LeadScore.objects.get(pk=ann.pk).sums["kind:call"] == pytest.approx(lately, abs=1e-3)
    assert LeadScore.objects.get(pk=ann.pk).as_of >= now


@pytest.mark.slow
def test_a_segment_follows_the_quadrant(company) -> None:
    behaviour.relearn(access.SYSTEM)
    definition = {"all": [{"lead_score": {"quadrant": ["hot"]}}]}
    people.segments.create(access.SYSTEM, "Call today", definition, live=True)
    ann = company[-2]
    assert people.segments.count(definition).n == 0
    follow(land(*[(ann.pk, "Webinar attended", 0)] * 6))
    assert people.segments.count(definition).n == 1
    assert [entry.name for entry in people.segments.entries_of(ann.pk)] == ["Call today"]
    with pytest.raises(people.segments.BadDefinition):
        people.segments.validate({"all": [{"lead_score": {"quadrant": ["lukewarm"]}}]})
