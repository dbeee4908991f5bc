"""Merging and taking back: everything is again as it was, in whatever order merges are taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from amity.access import api as access
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.people import changes, merge, merge_many
from amity.people.identity_junk import links, plain_id
from amity.people.models import Holding, Identifier, Merge, Own, Person
from amity.people.tests.identity_kit import (
    counted,
    fact,
    feed,
    forget,
    identify,
    misremembered,
    of_log,
    picture,
    track,
)
from amity.sales.models import Deal, Order, Pipeline, Stage, Task

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM
TABLES = (
    "people_person", "people_identifier", "people_own", "people_holding", "people_activity", "people_slot",
    "people_device", "sales_deal", "sales_order", "sales_task", "sales_note", "sales_meeting", "sales_guest",
    "sales_quote", "events_event",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _forget() -> None:
    forget()


def digest() -> dict[str, list[str]]:
    """Every row of every table that a merge may touch, whole."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def _person(name: str, **more: Any) -> Person:
    email = more.pop("email", f"{name.lower()}@nowak.pl")
    pk = changes.create_person(BOSS, {"display_name": name, "email": email}, more)
    return Person.objects.get(pk=pk)


def _belongings(person: Person) -> None:
    pipeline, _new = Pipeline.objects.get_or_create(name="P")
    stage, _new = Stage.objects.get_or_create(pipeline=pipeline, name="S", position=1)
    Deal.objects.create(
        title=f"Deal of {person.display_name}", person=person, stage=stage, search=f"own words {person.pk}"
    )
    Order.objects.create(number=f"O {person.display_name}", person=person)
    Task.objects.create(subject=f"Call {person.display_name}", person=person)


def test_a_merge_brings_everything_along_and_unmerge_brings_it_back() -> None:
    ola, olga = _person("Ola", plan="a", size=1), _person("Olga", plan="b", shoes=39)
    _belongings(ola)
    _belongings(olga)
    feed(
        [
            identify(1, "u1", email="olga@nowak.pl", city="Gdańsk"),
            track(2, "u1"),
            track(3, device="d"),
            track(4, "u1", "d"),
        ]
    )
    before = digest()

    made = merge.merge(BOSS, ola.pk, olga.pk, {"said": "they called"})

    ola.refresh_from_db()
    olga.refresh_from_db()
    assert olga.merged_into_id == ola.pk
    assert (ola.traits["size"], ola.traits["shoes"], ola.city) == (1, 39, "Gdańsk")
    assert {model.objects.filter(person=ola).count() for model in (Deal, Order, Task)} == {2}
    assert counted() == of_log() == {ola.pk: 4}
    assert digest() != before

    assert merge.unmerge(BOSS, made) == olga.pk
    assert digest() == before
    with pytest.raises(Refused):
        merge.unmerge(BOSS, made)


def test_chains_are_taken_back_in_any_order() -> None:
    people = [_person(name, **{name: 1}) for name in ("Ada", "Bea", "Cyd", "Dot")]
    for person in people:
        _belongings(person)
    a, b, c, d = (person.pk for person in people)
    stages = [digest()]
    first = merge.merge(BOSS, a, b)
    stages.append(digest())
    second = merge.merge(BOSS, c, a)
    third = merge.merge(BOSS, d, c)
    merge.unmerge(BOSS, second)  # the middle link: {d c} and {a b}
    assert {p.pk: p.merged_into_id for p in Person.objects.all()} == {a: None, b: a, c: d, d: None}
    assert {deal.person_id for deal in Deal.objects.filter(title__in=["Deal of Ada", "Deal of Bea"])} == {a}
    merge.unmerge(BOSS, third)
    assert digest() == stages[1]
    merge.unmerge(BOSS, first)
    assert digest() == stages[0]
    assert not Holding.objects.exists() and not Own.objects.exists()


def test_what_was_typed_and_what_happened_meanwhile_stays_where_it_belongs() -> None:
    feed([identify(1, "u1", plan="free"), identify(1, "u2", plan="free")])
    one, two = (Identifier.objects.get(value=user).person_id for user in ("u1", "u2"))
    made = merge.merge(BOSS, one, two)
    changes.change_person(BOSS, one, {"city": "Toruń"}, None)
    feed([identify(5, "u2", plan="gold", seats=4), track(6, "u2")])
    shown = Person.objects.get(pk=one)
    assert (shown.city, shown.traits) == ("Toruń", {"plan": "gold", "seats": 4})
    merge.unmerge(BOSS, made)
    one_now, two_now = Person.objects.get(pk=one), Person.objects.get(pk=two)
    assert (one_now.city, one_now.traits) == ("Toruń", {"plan": "free"})
    assert (two_now.city, two_now.traits) == ("", {"plan": "gold", "seats": 4})
    assert counted() == of_log() == {one: 1, two: 3}


def test_a_wrong_join_of_a_device_can_be_undone_and_stays_undone() -> None:
    feed([track(1, device="d"), track(2, "anna", "d")])
    joined = Merge.objects.get()
    merge.unmerge(BOSS, joined.pk)
    feed([track(3, device="d"), track(4, "anna", "d")])
    assert {events for events, _k, _v in picture()} == {
        frozenset({"track-1--d", "track-3--d"}), frozenset({"track-2-anna-d", "track-4-anna-d"}),
    }  # fmt: skip
    assert counted() == of_log()


@pytest.mark.slow
@pytest.mark.parametrize("visitor_wins", (False, True))
def test_a_device_joins_nobody_whom_a_human_took_apart_whoever_had_survived(visitor_wins: bool) -> None:
    feed([track(1, device="d"), track(2, "anna")])
    visitor, anna = Person.objects.get(grade="visitor").pk, Person.objects.get(grade="login").pk
    merge.unmerge(BOSS, merge.merge(BOSS, *((visitor, anna) if visitor_wins else (anna, visitor))))
    feed([track(3, "anna", "d"), track(4, device="d")])
    assert counted() == of_log() == {visitor: 2, anna: 2}


def test_a_join_by_hand_that_its_device_confirms_since_is_taken_back_all_the_same() -> None:
    feed([track(1, device="till"), track(1, "anna")])
    visitor, anna = Person.objects.get(grade="visitor").pk, Person.objects.get(grade="login").pk
    made = merge.merge(BOSS, anna, visitor)
    feed([track(2, "anna", "till")])
    merge.unmerge(BOSS, made)
    before = digest()
    assert counted() == of_log() == {visitor: 1, anna: 2}
    merge.unmerge(BOSS, merge.merge(BOSS, visitor, anna))
    assert digest() == before


def _waiting_on_a_till() -> tuple[UUID, UUID]:
    """A device that two users signed in on, and who has been there since the last; the first user, that visitor."""
    feed([track(1, "anna", "till"), track(2, "ben", "till")])
    feed([identify(3, device="till", plan="gold"), track(8, device="till")])
    anna = Identifier.objects.get(value="anna").person_id
    return anna, Person.objects.get(grade="visitor", merged_into=None).pk


@pytest.mark.slow
def test_who_signs_in_where_a_visitor_waits_that_a_human_made_part_of_somebody_is_counted_there_at_once() -> None:
    anna, visitor = _waiting_on_a_till()
    merge.merge(BOSS, anna, visitor)
    feed([track(9, "cleo", "till"), track(9, "cleo", "phone"), track(10, device="phone")])
    cleo = Identifier.objects.get(value="cleo").person_id
    assert Person.objects.get(pk=cleo).merged_into_id == anna
    assert misremembered() == {}
    feed([track(11, "cleo")])
    assert counted() == of_log() == {anna: 7, Identifier.objects.get(value="ben").person_id: 1}


@pytest.mark.slow
def test_what_a_visitor_that_survives_said_goes_along_when_a_late_sign_in_takes_it() -> None:
    anna, visitor = _waiting_on_a_till()
    made = merge.merge(BOSS, visitor, anna)
    assert Person.objects.get(pk=visitor).traits == {"plan": "gold"}
    feed([track(5, "cleo", "till")])
    assert Person.objects.get(pk=visitor).traits == {}
    assert ":plan" not in Own.objects.get(person_id=visitor).values["values"]
    merge.unmerge(BOSS, made)
    assert Person.objects.get(pk=visitor).traits == {}
    assert Person.objects.get(pk=Identifier.objects.get(value="cleo").person_id).traits == {"plan": "gold"}
    assert counted() == of_log()


def test_a_policy_heeds_what_a_human_parted() -> None:
    a, b = _person("Ada").pk, _person("Bea").pk
    merge.unmerge(BOSS, merge.merge(BOSS, a, b))
    with pytest.raises(Refused):
        merge.merge(BOSS, a, b, {"probability": 0.99}, policy="duplicates")
    merge.merge(BOSS, a, b)
    with pytest.raises(Refused):
        merge.merge(BOSS, b, a)


def test_many_merges_of_a_policy_heed_what_each_one_heeds_and_are_taken_back() -> None:
    ada, bea, cyd, dot = (_person(name).pk for name in ("Ada", "Bea", "Cyd", "Dot"))
    Identifier.objects.filter(person_id__in=(ada, cyd)).update(verified=True)
    merge.unmerge(BOSS, merge.merge(BOSS, bea, dot))
    before = digest()
    wanted = [
        merge_many.Wanted(*ends, {}) for ends in ((ada, bea), (bea, cyd), (dot, bea), (bea, ada), (new_id(), ada))
    ]
    made, *refused = merge_many.merge_many("person", wanted, "duplicates")
    assert refused == [merge_many.VERIFIED, merge_many.PARTED, merge_many.SAME, merge_many.GONE]
    assert Person.objects.get(pk=bea).merged_into_id == ada
    more = merge_many.merge_many("person", [merge_many.Wanted(dot, cyd, {"p": 1})], "duplicates")
    assert merge.unmerge(BOSS, made) == bea and merge.unmerge(BOSS, more[0]) == cyd
    assert digest() == before


def test_nobody_merges_whom_they_do_not_see() -> None:
    a, b = _person("Ada").pk, _person("Bea").pk

    stranger = access.Principal(
        new_id(), "S", "salesperson", "own", permissions=frozenset({"people.edit", "people.view"})
    )
    with pytest.raises(NotFound):
        merge.merge(stranger, a, b)
    assert not Merge.objects.exists()


USERS = ("u1", "u2", "u3", "null")
DEVICES = ("d1", "d2", "till", "undefined")
MAILS = ("a@home.pl", "b@home.pl", "info@home.pl")


class Identity(RuleBasedStateMachine):
    """The pipeline and merges by hand against the plainest oracle: all events again, from nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0
        self.events: list[Any] = []
        self.merges: list[UUID] = []  # entries of the ledger made by hand

    @rule(user=st.sampled_from((*USERS, "")), device=st.sampled_from((*DEVICES, "")), back=st.integers(0, 6))
    def track(self, user: str, device: str, back: int) -> None:
        self._take(track(self._time(back), user, device))

    @rule(
        user=st.sampled_from((*USERS, "")), device=st.sampled_from((*DEVICES, "")), back=st.integers(0, 6),
        mail=st.sampled_from((*MAILS, None)), plan=st.sampled_from(("a", "b")),
    )  # fmt: skip
    def identify(self, user: str, device: str, back: int, mail: str | None, plan: str) -> None:
        self._take(identify(self._time(back), user, device, plan=plan, **({"email": mail} if mail else {})))

    @rule(user=st.sampled_from(USERS), before=st.sampled_from((*DEVICES, "u1")))
    def alias(self, user: str, before: str) -> None:
        self._take(fact("alias", self._time(0), user, previous_id=before))

    @precondition(lambda self: Person.objects.filter(merged_into=None).count() > 1)
    @rule(winner=st.integers(0, 11), loser=st.integers(0, 11))
    def merge(self, winner: int, loser: int) -> None:
        """Of the profiles there are, in the order in which they were made: so printed steps can be run again."""
        rows = list(Person.objects.filter(merged_into=None).order_by("id").values_list("pk", flat=True))
        a, b = rows[winner % len(rows)], rows[loser % len(rows)]
        if a == b:
            return
        before = digest()
        made = merge.merge(BOSS, a, b)
        with transaction.atomic():
            merge.unmerge(BOSS, made)
            assert digest() == before, "unmerge(merge(a, b)) is not (a, b)"
            transaction.set_rollback(True)
        self.merges.append(made)

    @precondition(lambda self: self.merges)
    @rule(which=st.integers(0, 5))
    def unmerge(self, which: int) -> None:
        merge.unmerge(BOSS, self.merges.pop(which % len(self.merges)))

    @invariant()
    def sums_are_those_of_the_log(self) -> None:
        assert counted() == of_log()

    @invariant()
    def what_is_remembered_is_so(self) -> None:
        assert misremembered() == {}

    @invariant()
    def merged_rows_point_at_survivors(self) -> None:
        assert not Person.objects.filter(merged_into__merged_into__isnull=False).exists()

    @invariant()
    def two_users_are_one_only_where_a_human_said_so(self) -> None:
        if self.merges:
            return
        for _events, keys, _values in picture():
            assert sum(kind == "user_id" for kind, _value in keys) <= 1
            assert all(plain_id(value) for kind, value in keys if kind == "user_id")
            assert all(links(kind, value) for kind, value in keys if kind != "user_id")

    def teardown(self) -> None:
        """Without the merges by hand, and where none was taken back, all events again give the same profiles."""
        for made in self.merges:
            merge.unmerge(BOSS, made)
        if self.events and not Merge.objects.filter(veto=True).exists():
            have = picture()
            _clear()
            feed(sorted(self.events, key=lambda each: each.message_id))
            assert picture() == have

    def _time(self, back: int) -> int:
        self.minute += 1
        return max(0, self.minute - back)

    def _take(self, event: Any) -> None:
        event.message_id = f"{len(self.events) * 7919 % 1000:03d}-{event.message_id}"
        self.events.append(event)
        feed([event])


def _clear() -> None:
    forget()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_event, events_seen, people_activity, people_tally")
        for table in ("slot", "link", "merge", "own", "holding", "membership", "device", "identifier", "person"):
            cursor.execute(f"DELETE FROM people_{table}")


def _roll(examples: int, steps: int) -> None:
    class Rolled(Identity):
        def __init__(self) -> None:
            self.frame = transaction.atomic()
            self.frame.__enter__()
            forget()
            super().__init__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.set_rollback(True)
                self.frame.__exit__(None, None, None)
                forget()

    run_state_machine_as_test(
        Rolled,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )


@pytest.mark.slow
def test_identity_against_the_oracle() -> None:
    _roll(100, 20)


def test_contacts_of_a_till_that_a_second_user_signs_in_on_late() -> None:
    """Found by the state machine: steps as it printed them (user, device, minutes back, e-mail, plan)."""
    steps: tuple[tuple[str, str, int, str | None, str], ...] = (
        ("u2", "d2", 0, "a@home.pl", "b"), ("u1", "", 2, "b@home.pl", "b"), ("u2", "undefined", 0, "info@home.pl", "a"),
        ("u3", "till", 5, None, "a"), ("u1", "d2", 5, "info@home.pl", "a"), ("", "till", 0, "a@home.pl", "a"),
        ("", "till", 4, "info@home.pl", "b"), ("u2", "d2", 0, None, "a"), ("null", "till", 0, "b@home.pl", "b"),
        ("", "undefined", 5, "b@home.pl", "a"), ("null", "till", 3, None, "b"), ("u2", "d1", 5, "info@home.pl", "b"),
        ("u1", "d1", 4, "b@home.pl", "a"), ("u1", "till", 6, None, "b"),
    )  # fmt: skip
    state = Identity()
    for user, device, back, mail, plan in steps:
        Identity.identify(state, user=user, device=device, back=back, mail=mail, plan=plan)
    state.teardown()
