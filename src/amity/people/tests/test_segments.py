"""Segments as people use them: refused nonsense, counted, followed, explained, left behind, exported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.errors import Forbidden, NotFound, Refused
from amity.events import webhooks
from amity.events.models import Event, WebhookDelivery
from amity.people import (
    activity,
    changes,
    computed,
    segments,
    segments_check,
    segments_reading,
    segments_refresh,
    segments_world,
)
from amity.people.models import Activity, Person, Segment, SegmentMember, SegmentMove, SegmentTimer
from amity.people.tests import segments_kit as kit

pytestmark = pytest.mark.django_db
ME = access.SYSTEM
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BUYERS = {"all": [{"event": "Order Completed", "times": {"op": "ge", "n": 2}}]}
GERMANS = {"all": [{"trait": "country", "op": "is", "value": "DE"}]}
QUIET = {"all": [{"event": "Order Completed"}, {"event": "Order Completed", "do": False, "within_days": 30}]}


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    """What another test read is gone with its transaction."""
    segments_world._plan, activity._names = None, activity.Names()


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.fixed_at(NOW):
        yield


def live(name: str, definition: dict[str, Any]) -> UUID:
    made = segments.create(ME, name, definition)
    segments.recompute(made.id)
    return made.id


def inside(segment_id: UUID) -> set[UUID]:
    return {row.person_id for row in segments.members(ME, segment_id).rows}


def order(who: UUID, days_ago: float = 0, **properties: Any) -> None:
    kit.land([(who, "Order Completed", clock.now() - days_ago * DAY, properties)])


@pytest.mark.parametrize(
    ("definition", "pointer"),
    [
        ({}, ""),
        ([], ""),
        ({"trait": "country", "op": "known"}, ""),
        ({"all": {}}, "/all"),
        ({"all": [{}]}, "/all/0"),
        ({"all": [{"wish": 1}]}, "/all/0"),
        ({"all": [], "any": []}, "/any"),
        ({"all": [{"trait": "", "op": "known"}]}, "/all/0/trait"),
        ({"all": [{"trait": "x", "op": "like", "value": 1}]}, "/all/0/op"),
        ({"all": [{"trait": "x", "op": "gt", "value": "1"}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "gt", "value": True}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "gt", "value": float("nan")}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "between", "value": [1]}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "one_of", "value": []}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "before", "value": "soon"}]}, "/all/0/value"),
        ({"all": [{"trait": "x", "op": "is", "value": "a\x00"}]}, "/all/0/value"),
        ({"all": [{"trait": "created_at", "op": "is", "value": "x"}]}, "/all/0/op"),
        ({"all": [{"event": "A", "times": {"op": "ge", "n": -1}}]}, "/all/0/times/n"),
        ({"all": [{"event": "A", "within_days": 0}]}, "/all/0/within_days"),
        ({"all": [{"event": "A", "within_days": 1, "between": ["2026-01-01", "2026-01-02"]}]}, "/all/0/between"),
        ({"all": [{"event": "A", "where": [{"property": "p", "op": "within_days", "value": 1}]}]}, "/all/0/where/0/op"),
        ({"all": [{"event": "A", "sum": {"property": "p", "op": "is", "value": 1}}]}, "/all/0/sum/op"),
        ({"all": [{"event": "A", "last": {"op": "is", "value": 1}}]}, "/all/0/last/op"),
        ({"all": [{"event": "A", "followed_by": {"event": 3}}]}, "/all/0/followed_by/event"),
        ({"all": [{"any": [{"segment": "x"}]}]}, "/all/0/any/0/segment"),
        ({"all": [{"consent": {"state": "maybe"}}]}, "/all/0/consent/state"),
        ({"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}, "/all/0/all/0/all/0/all/0/all/0"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(definition: Any, pointer: str) -> None:
    with pytest.raises(segments.BadDefinition) as refused:
        segments.validate(definition)
    assert refused.value.pointer == pointer


def test_a_hundred_conditions_and_no_more() -> None:
    one = {"trait": "x", "op": "known"}
    assert segments.validate({"all": [one] * 99})
    with pytest.raises(segments.BadDefinition):
        segments.validate({"all": [one] * 100})


def test_values_never_become_sql() -> None:
    evil = "x'; DROP TABLE people_person; --"
    who = kit.person(traits={evil: evil})
    definition = {
        "all": [
            {"trait": evil, "op": "is", "value": evil},
            {"trait": evil, "op": "contains", "value": "drop table"},
            {"event": evil, "do": False, "where": [{"property": evil, "op": "is", "value": evil}]},
        ]
    }
    assert segments.count(definition).n == 1
    assert segments.why(definition, who).holds
    assert inside(live("evil", definition)) == {who}


def test_merged_anonymous_and_archived_people_are_in_no_segment() -> None:
    ann = kit.person(country="DE")
    kit.person(country="DE", merged_into_id=ann)
    kit.person(country="DE", anonymous=True)
    kit.person(country="DE", archived_at=NOW)
    assert segments.count(GERMANS).n == 1
    assert inside(live("Germans", GERMANS)) == {ann}


def test_a_count_that_would_take_too_long_is_projected_from_people_chosen_by_chance() -> None:
    for number in range(30):
        kit.person(country="DE" if number % 3 else "PL", merged_into_id=None, anonymous=number == 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person")
    around = segments_world.world()
    tree = segments_world.parse(GERMANS, around)
    assert segments_reading._projected(tree, around, None) == segments.count(GERMANS).n == 19  # so few: all are asked


def test_counting_shows_only_what_the_reader_sees() -> None:
    sal = hire("Sal", "salesperson", "own")
    kit.person(country="DE", owner_id=sal.pk)
    kit.person(country="DE")
    me = access.principal_of(sal)
    view = segments.create(ME, "Germans", GERMANS)
    segments.recompute(view.id)
    assert segments.count(GERMANS, me).n == 1
    assert len(segments.sample(GERMANS, 10, me)) == 1
    assert len(segments.members(me, view.id).rows) == 1
    assert len(segments.history(me, view.id).rows) == 1
    with pytest.raises(Forbidden):
        segments.create(me, "Mine", GERMANS)
    with pytest.raises(Forbidden):
        segments.export(me, view.id)


def test_events_let_people_enter_and_the_log_and_webhooks_hear_of_it() -> None:
    webhooks.create_endpoint(ME, "https://example.com/hook", ["segment.entered", "segment.left"])
    ann = kit.person()
    buyers = live("Buyers", BUYERS)
    order(ann)
    assert inside(buyers) == set()
    order(ann)
    assert inside(buyers) == {ann}
    (move,) = segments.history(ME, buyers).rows
    assert (move.entered, move.reason, move.at) == (True, "Event “Order Completed”", NOW)
    assert [entry.name for entry in segments.entries_of(ann)] == ["Buyers"]
    told = Event.objects.get(name="segment.entered")
    assert (told.person_id, told.data) == (ann, {"segment_id": str(buyers), "segment": "Buyers"})
    delivery = WebhookDelivery.objects.get()
    assert (delivery.topic, delivery.payload) == (
        "segment.entered", {"id": str(ann), "segment_id": str(buyers), "segment": "Buyers"})  # fmt: skip
    assert segments.get(ME, buyers).members == 1


def test_time_alone_lets_people_enter_and_leave() -> None:
    ann = kit.person()
    quiet = live("Quiet", QUIET)
    order(ann)
    assert inside(quiet) == set()
    assert SegmentTimer.objects.get().due_at == NOW + 30 * DAY + timedelta(microseconds=1)
    with clock.fixed_at(NOW + 30 * DAY):
        assert segments.fire_all_due() == 0
    with clock.fixed_at(NOW + 31 * DAY):
        assert segments.fire_all_due() == 1
        assert inside(quiet) == {ann}
        assert segments.history(ME, quiet).rows[0].reason == "Time passed"
        order(ann)
        assert inside(quiet) == set()


def test_a_cart_is_abandoned_when_the_time_to_order_has_passed() -> None:
    wanted = {"all": [{"event": "Cart", "not_followed_by": {"event": "Order Completed", "within_days": 1}}]}
    ann, bob = kit.person(), kit.person()
    abandoned = live("Abandoned", wanted)
    kit.land([(ann, "Cart", NOW, {}), (bob, "Cart", NOW, {})])
    assert inside(abandoned) == set()
    with clock.fixed_at(NOW + DAY / 2):
        order(bob)
    with clock.fixed_at(NOW + 2 * DAY):
        segments.fire_all_due()
        assert inside(abandoned) == {ann}


def test_a_timer_is_set_for_those_who_were_there_before_the_segment() -> None:
    ann = kit.person()
    order(ann, days_ago=29)
    quiet = live("Quiet", QUIET)
    with clock.fixed_at(NOW + 2 * DAY):
        segments.fire_all_due()
        assert inside(quiet) == {ann}


def test_changes_by_hand_and_their_undoing_count_at_once() -> None:
    germans = live("Germans", GERMANS)
    ann = changes.create_person(ME, {"given_name": "Ann", "country": "DE"})
    assert inside(germans) == {ann}
    changes.change_person(ME, ann, {"country": "PL"})
    assert inside(germans) == set()
    changes.change_person(ME, ann, {"country": "DE"})
    changes.archive(ME, changes.PERSON_KIND, ann)
    assert inside(germans) == set()
    assert [move.reason for move in segments.moves_of(ann)] == [
        "Archived or restored", "“country” changed", "“country” changed", "New profile",
    ]  # fmt: skip


def test_custom_fields_by_hand() -> None:
    pros = live("Pros", {"all": [{"trait": "plan", "op": "is", "value": "pro"}]})
    ann = changes.create_person(ME, {"given_name": "Ann"})
    changes.change_person(ME, ann, {}, {"plan": "pro"})
    assert inside(pros) == {ann}
    changes.change_person(ME, ann, {}, {"plan": None})
    assert inside(pros) == set()


def test_segments_of_segments_follow_and_no_circle_is_made() -> None:
    germans = live("Germans", GERMANS)
    both = live("German buyers", {"all": [{"segment": str(germans)}, *BUYERS["all"]]})
    ann = changes.create_person(ME, {"given_name": "Ann", "country": "DE"})
    order(ann)
    order(ann)
    assert inside(both) == {ann}
    with pytest.raises(segments.BadDefinition):
        segments.change(ME, germans, definition={"any": [{"segment": str(both)}]})
    with pytest.raises(segments.BadDefinition):
        segments.validate({"all": [{"segment": str(uuid4())}]})
    with pytest.raises(Refused) as refused:
        segments.archive(ME, germans)
    assert refused.value.code == "segment_in_use"
    segments.change(ME, germans, definition={"all": [{"trait": "country", "op": "is", "value": "PL"}]})
    segments.recompute(germans)
    segments.recompute(both)
    assert inside(both) == set()


def test_why_names_each_condition_and_the_fact_behind_it() -> None:
    ann = kit.person(country="DE")
    order(ann, revenue="12.50")
    told = segments.why({"all": [*GERMANS["all"], *BUYERS["all"]]}, ann)
    assert (told.kind, told.holds, told.sentence) == ("all", False, "All of these")
    country, orders = told.children
    assert (country.sentence, country.holds, country.fact) == ("Country is “DE”", True, "It is “DE”.")
    assert (orders.sentence, orders.holds) == ("Did “Order Completed” at least 2 times", False)
    assert orders.fact.startswith("It happened 1 time, on ")


def test_computed_values_are_conditions_and_stand_on_the_person() -> None:
    ann = kit.person()
    order(ann, 3, revenue=10, category="coffee")
    spent = computed.define(ME, "Revenue", {"event": "Order Completed", "of": "sum", "property": "revenue"})
    computed.define(ME, "Likes", {"event": "Order Completed", "of": "most_frequent", "property": "category"})
    computed.define(ME, "Idle", {"event": "Order Completed", "of": "days_since_last"})
    big = live("Big", {"all": [{"trait": spent.name, "op": "ge", "value": 25}]})
    order(ann, revenue="20.5", category="tea")
    order(ann, revenue=0.1, category="tea")
    assert inside(big) == {ann}
    values = {each.label: each.value for each in computed.values_of([ann])[ann]}
    assert values == {"Revenue": 30.6, "Likes": "tea", "Idle": 0.0}
    with pytest.raises(Refused) as refused:
        computed.remove(ME, spent.id)
    assert refused.value.code == "computed_in_use"


def test_a_changed_computed_value_moves_people() -> None:
    ann = kit.person()
    order(ann, revenue=10, tax=2)
    spent = computed.define(ME, "Spent", {"event": "Order Completed", "of": "sum", "property": "revenue"})
    big = live("Big", {"all": [{"trait": spent.name, "op": "ge", "value": 5}]})
    assert inside(big) == {ann}
    computed.change(ME, spent.id, definition={"event": "Order Completed", "of": "sum", "property": "tax"})
    computed.count_past(spent.id)
    assert inside(big) == set()


def test_merging_adds_up_and_unmerging_takes_apart() -> None:
    buyers = live("Buyers", BUYERS)
    ann, device = kit.person(), kit.person()
    order(ann)
    order(device)
    Person.objects.filter(pk=device).update(merged_into=ann)
    with connection.cursor() as cursor:
        activity.absorb(cursor, {device: ann})
        segments.touched(cursor, {ann: {"person:merged"}, device: {"person:merged"}})
    assert inside(buyers) == {ann}
    order(device)  # its events keep landing on it
    assert Activity.objects.get().n == 3
    Person.objects.filter(pk=device).update(merged_into=None)
    with connection.cursor() as cursor:
        activity.rebuild(cursor, [ann, device])
        segments.touched(cursor, {ann: {"person:merged"}, device: {"person:merged"}})
    assert inside(buyers) == {device}


def test_imported_events_count_and_undone_ones_do_not() -> None:
    ann = kit.person()
    buyers = live("Buyers", BUYERS)
    run = uuid4()
    for n in range(2):
        Event.objects.create(
            kind="order", name="Order Completed", source="x", message_id=str(n), person_id=ann, occurred_at=NOW,
            origin_id=run,
        )  # fmt: skip
    segments_refresh.after_import(run, lambda *_a: None)
    assert inside(buyers) == {ann}
    Event.objects.filter(origin_id=run).delete()
    assert segments_check.mend_sums() == 1
    assert inside(buyers) == set()


def test_the_nightly_check_finds_and_mends_what_differs() -> None:
    ann, bob = kit.person(country="DE"), kit.person(country="DE")
    germans = live("Germans", GERMANS)
    order(bob)
    SegmentMember.objects.filter(person_id=ann).delete()
    Person.objects.filter(pk=bob).update(country="PL")  # behind everybody's back
    assert segments.check_all() == {germans: 2}
    assert inside(germans) == {ann}
    assert segments.get(ME, germans).differences == 2
    assert segments.health().differences == 2
    assert segments.check_all() == {germans: 0}


def test_bits_that_lie_are_forgotten() -> None:
    germans = live("Germans", GERMANS)
    ann = changes.create_person(ME, {"given_name": "Ann", "country": "DE"})
    SegmentTimer.objects.filter(person_id=ann).update(bits=b"")
    assert segments_check.mend_bits() == 1
    changes.change_person(ME, ann, {"country": "PL"})
    assert inside(germans) == set()


def test_only_segments_that_care_are_looked_at() -> None:
    live("Germans", GERMANS)
    ann = changes.create_person(ME, {"given_name": "Ann"})
    Person.objects.filter(pk=ann).update(country="DE")  # unseen
    order(ann)
    assert SegmentMember.objects.count() == 0


def test_a_segment_that_is_switched_off_forgets_its_members() -> None:
    ann = kit.person(country="DE")
    germans = live("Germans", GERMANS)
    number = Segment.objects.get().number
    segments.change(ME, germans, live=False)
    assert SegmentMember.objects.count() == 0
    assert [row.entered_at for row in segments.members(ME, germans).rows] == [None]
    segments.change(ME, germans, live=True)
    segments.recompute(germans)
    assert Segment.objects.get().number == number + 1
    assert inside(germans) == {ann}


def test_members_and_history_come_in_pages_without_gaps() -> None:
    ids = {kit.person(country="DE") for _n in range(5)}
    for germans in (live("Germans", GERMANS), segments.create(ME, "Still", GERMANS, live=False).id):
        seen, cursor = [], ""
        while True:
            page = segments.members(ME, germans, cursor=cursor, limit=2)
            seen += [row.person_id for row in page.rows]
            cursor = page.next
            if not cursor:
                break
        assert (len(seen), set(seen)) == (5, ids)
    moves, cursor = [], ""
    first = segments.segments(ME)[0].id
    while True:
        page = segments.history(ME, first, cursor=cursor, limit=2)
        moves += [row.person_id for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert (len(moves), set(moves)) == (5, ids)


def test_export_writes_what_a_spreadsheet_can_open() -> None:
    kit.person(country="DE", display_name="=1+1", email="ann@example.com")
    lines = b"".join(segments.export(ME, live("Germans", GERMANS))).decode().splitlines()
    assert lines[0] == "\ufeffId,Name,E-mail,Entered"
    assert lines[1].split(",")[1:3] == ["'=1+1", "ann@example.com"]


def test_names_are_taken_once() -> None:
    segments.create(ME, "Germans", GERMANS)
    with pytest.raises(Refused) as refused:
        segments.create(ME, " Germans ", GERMANS)
    assert refused.value.code == "segment_name_taken"
    with pytest.raises(NotFound):
        segments.get(ME, uuid4())


@pytest.mark.slow
def test_following_costs_the_same_number_of_queries_for_one_segment_and_for_fifty(
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(50):
        live(f"S{n}", {"all": [{"event": "Order Completed", "times": {"op": "ge", "n": 100 + n}}]})
    ids = [kit.person() for _n in range(20)]
    with django_assert_max_num_queries(22):
        kit.land((who, "Order Completed", NOW, {}) for who in ids)
    assert SegmentMove.objects.count() == 0


def test_a_broken_transaction_leaves_nothing_behind() -> None:
    ann = kit.person()
    buyers = live("Buyers", BUYERS)
    order(ann)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        order(ann)
        raise ZeroDivisionError
    assert inside(buyers) == set()
    assert Activity.objects.get().n == 1


def test_the_person_page_shows_computed_values_with_their_source(client: Any) -> None:
    client.force_login(hire("Ada"), "django.contrib.auth.backends.ModelBackend")
    ann = kit.person()
    order(ann, revenue=12.5, category="tea")
    for of, prop in (("sum", "revenue"), ("most_frequent", "category"), ("last", "")):
        computed.define(ME, f"My {of}", {"event": "Order Completed", "of": of, "property": prop})
    page = client.get(f"/people/{ann}/").content.decode()
    for told in ("My sum", "12.5", "My most_frequent", "tea", "My last", "computed"):
        assert told in page
