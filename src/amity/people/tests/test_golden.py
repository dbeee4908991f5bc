"""Which of several values holds, and why: in whatever order they come; pinned and verified ones stay, with undo."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.access import api as access
from amity.access.tests.staffing import actor
from amity.base import undo
from amity.base.errors import Refused
from amity.events.api import Fact
from amity.people import changes, golden_apply, golden_ends, golden_marks, golden_policy, golden_reading, merge
from amity.people.golden import RULES, Candidate, Policy, golden
from amity.people.models import Company, GoldenMark, GoldenPolicy, Person, TraitChange
from amity.people.profiles import get_company, get_person
from amity.people.tests.identity_kit import SOURCE, feed, forget, identify, picture
from amity.people.tests.import_files import PEOPLE, landed
from amity.people.tests.test_identity import RANDOM, SETTINGS, STREAMS

OTHER = UUID("00000000-0000-7000-8000-00000000000b")
CANDIDATES = st.builds(
    Candidate,
    value=st.sampled_from(("Berlin", "Łódź", "Москва", None, 7)),
    source=st.sampled_from(("manual", str(SOURCE), str(OTHER))),
    at=st.sampled_from(("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.500000+00:00", "2026-03-01T00:00:00+00:00")),
    message=st.sampled_from(("", "a", "b")),
    proved=st.booleans(),
    checked=st.booleans(),
    pinned=st.booleans(),
    known=st.booleans(),
    row=st.sampled_from(("1", "2")),
)
TRUST = st.dictionaries(st.sampled_from(("manual", str(SOURCE), str(OTHER))), st.integers(0, 100))
POLICIES = st.builds(
    Policy, version=st.just(1), rules=st.dictionaries(st.just("city"), st.sampled_from(RULES)), trust=TRUST
)


@given(st.lists(CANDIDATES, max_size=8), POLICIES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_never_matters(candidates: list[Candidate], policy: Policy, order: random.Random) -> None:
    shuffled = list(candidates)
    order.shuffle(shuffled)
    assert golden(candidates, policy, "city") == golden(shuffled, policy, "city")


@given(st.lists(CANDIDATES, min_size=1, max_size=8), CANDIDATES, POLICIES)
@settings(max_examples=100, deadline=None)
def test_the_best_of_all_is_the_best_of_the_best(candidates: list[Candidate], more: Candidate, policy: Policy) -> None:
    """So values may be judged one by one as they come, which is what the pipeline does."""
    first, whole = golden(candidates, policy, "city"), golden([*candidates, more], policy, "city")
    assert first and whole
    again = golden([first.winner, more], policy, "city")
    assert again and again.winner == whole.winner
    assert len(whole.others) == len(candidates)


@given(st.lists(CANDIDATES, min_size=1, max_size=8), POLICIES)
@settings(max_examples=100, deadline=None)
def test_a_pin_holds_before_a_check_and_a_check_before_all_else(candidates: list[Candidate], policy: Policy) -> None:
    won = golden(candidates, policy, "city")
    assert won
    if any(each.pinned for each in candidates):
        assert won.winner.pinned
    elif any(each.checked for each in candidates):
        assert won.winner.checked


def test_reasons_say_what_set_the_winner_apart() -> None:
    old = Candidate("Berlin", str(SOURCE), "2026-01-01T00:00:00+00:00")
    new = Candidate("Łódź", str(OTHER), "2026-02-01T00:00:00+00:00")
    hand = Candidate("Wrocław", "manual", "2025-01-01T00:00:00+00:00")
    assert [(w.value, w.why) for w in (golden([old, new]), golden([old, new, hand])) if w] == [
        ("Łódź", "latest"),
        ("Wrocław", "trusted"),
    ]
    latest, first = Policy(1, {"city": "latest"}), Policy(1, {"city": "first"})
    assert [(w.value, w.why) for w in (golden([old, new, hand], latest, "city"), golden([old], latest)) if w] == [
        ("Łódź", "latest"),
        ("Berlin", "only"),
    ]
    assert [(w.value, w.why) for w in (golden([old, new, hand], first, "city"),) if w] == [("Wrocław", "first")]
    assert golden([]) is None


@pytest.fixture
def steward(db: None) -> access.Principal:
    forget()
    return actor("Stella", "steward")


def _person() -> Person:
    return Person.objects.get(merged_into=None, anonymous=False)


def test_a_verified_value_is_never_overwritten_and_what_was_said_is_kept(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin", plan="pro")])
    anna = _person()
    group = golden_marks.mark(steward, "person", anna.pk, "city", "checked")
    golden_marks.mark(steward, "person", anna.pk, ":plan", "pin")
    feed([identify(5, "anna", city="Kraków", plan="free")])
    anna.refresh_from_db()
    assert (anna.city, anna.traits) == ("Berlin", {"plan": "pro"})
    assert {(c.name, c.after, c.held) for c in TraitChange.objects.all()} == {
        ("city", "Kraków", True),
        ("plan", "free", True),
    }
    shown = {each.name: each for each in golden_reading.values_of(get_person(steward, anna.pk))}
    assert [shown["city"].why, shown["plan"].why] == ["checked", "pinned"]
    assert [other.value for other in shown["city"].others] == ["Kraków"]
    assert shown["city"].checked and shown["city"].checked[0] == str(steward.staff_id)
    undo.put_back(steward, group)
    golden_marks.mark(steward, "person", anna.pk, ":plan", "pin", on=False)
    feed([identify(6, "anna", city="Gdańsk")])
    anna.refresh_from_db()
    assert anna.city == "Gdańsk"
    assert GoldenMark.objects.filter(ended_at=None).count() == 0


def test_a_mark_is_undone_as_if_it_had_never_been(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin")])
    before = _person()
    for what in ("pin", "checked"):
        group = golden_marks.mark(steward, "person", before.pk, "city", what)
        undo.put_back(steward, group)
        after = _person()
        assert (after.origins, after.city, after.traits) == (before.origins, "Berlin", {})
    assert not GoldenMark.objects.exists()


def test_a_mark_goes_with_the_value_when_profiles_become_one_and_part(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin"), identify(5, "boris", city="Łódź")])
    anna, boris = Person.objects.order_by("pk")
    golden_marks.mark(steward, "person", anna.pk, "city", "pin")
    made = merge.merge(steward, boris.pk, anna.pk)
    boris.refresh_from_db()
    assert boris.city == "Berlin"  # pinned there, though older
    golden_marks.mark(steward, "person", boris.pk, "city", "pin", on=False)
    boris.refresh_from_db()
    assert boris.city == "Łódź"
    group = golden_marks.choose(steward, "person", boris.pk, "city", "Berlin", str(SOURCE), anna.origins["city"][1])
    boris.refresh_from_db()
    assert boris.city == "Berlin"
    undo.put_back(steward, group)
    merge.unmerge(steward, made)
    anna.refresh_from_db()
    boris.refresh_from_db()
    assert (anna.city, boris.city) == ("Berlin", "Łódź")


def test_companies_are_marked_too(steward: access.Principal) -> None:
    firm = Company.objects.create(name="Copperleaf", city="Gdynia", traits={"tier": "A"})
    golden_marks.mark(steward, "company", firm.pk, "city", "checked")
    group = golden_marks.choose(steward, "company", firm.pk, ":tier", "B", "manual", "2026-01-01T00:00:00+00:00")
    view = get_company(steward, firm.pk)
    assert view.traits == {"tier": "B"}
    assert {s.name: s.why for s in golden_reading.values_of(view)}["city"] == "only"
    assert golden_ends.fixed_names(view.origins) == {"city", "tier"}
    undo.put_back(steward, group)
    assert get_company(steward, firm.pk).traits == {"tier": "A"}


def test_what_a_human_types_replaces_a_pinned_value_and_ends_the_pin(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin")])
    anna = _person()
    golden_marks.mark(steward, "person", anna.pk, "city", "pin")
    changes.change_person(steward, anna.pk, {"city": "Opole"})
    anna.refresh_from_db()
    assert (anna.city, golden_ends.fixed_names(anna.origins)) == ("Opole", set())
    assert GoldenMark.objects.get().ended_by == steward.staff_id


def _other(event: Fact) -> Fact:
    event.source_id = OTHER
    return event


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("turned", [False, True])
def test_a_trusted_source_holds_against_a_later_one(steward: access.Principal, size: int, turned: bool) -> None:
    golden_policy.change(steward, {"plan": "latest"}, {str(SOURCE): 80})
    said = [identify(1, "anna", city="Berlin", plan="pro"), _other(identify(5, "anna", city="Kraków", plan="free"))]
    feed(said[::-1] if turned else said, size)
    anna = _person()
    assert (anna.city, anna.traits) == ("Berlin", {"plan": "free"})
    shown = {each.name: each for each in golden_reading.values_of(get_person(steward, anna.pk))}
    assert (shown["city"].why, [other.value for other in shown["city"].others]) == ("trusted", ["Kraków"])
    assert shown["plan"].why == "latest"


@pytest.mark.slow
@SETTINGS
@given(STREAMS, POLICIES, RANDOM)
def test_under_any_policy_the_order_of_arrival_never_matters(
    steward: access.Principal, events: list[Fact], policy: Policy, order: random.Random
) -> None:
    GoldenPolicy.objects.update_or_create(version=1, defaults={"rules": policy.rules, "trust": policy.trust})
    for number, event in enumerate(events):
        event.source_id = OTHER if number % 2 else SOURCE
    pictures = []
    for size in (len(events), 3, 1):
        order.shuffle(events)
        with transaction.atomic():
            forget()
            feed(events, size)
            pictures.append(picture())
            transaction.set_rollback(True)
    forget()
    assert pictures[0] == pictures[1] == pictures[2]


def test_a_new_policy_is_applied_to_what_is_here_and_can_be_taken_back(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin"), _other(identify(5, "anna", city="Kraków"))])
    feed([identify(2, "boris", city="Bonn"), _other(identify(6, "celia", city="Cottbus"))])
    boris, celia = Person.objects.filter(city__in=("Bonn", "Cottbus")).order_by("city")
    made = merge.merge(steward, celia.pk, boris.pk)

    def cities() -> set[str]:
        golden_apply.apply(lambda done, total, stage: None)
        return set(Person.objects.filter(merged_into=None).values_list("city", flat=True))

    assert cities() == {"Kraków", "Cottbus"}
    group = golden_policy.change(steward, {}, {str(SOURCE): 80})
    assert cities() == {"Berlin", "Bonn"}
    undo.put_back(steward, group)
    assert cities() == {"Kraków", "Cottbus"}
    merge.unmerge(steward, made)
    assert set(Person.objects.values_list("city", flat=True)) == {"Kraków", "Cottbus", "Bonn"}


def test_a_file_does_not_replace_what_was_verified_or_pinned(steward: access.Principal, tmp_path: Path) -> None:
    ann = ("1", "Ann", "Kowal", "ann@firm.pl", "+48600100200", "Firm 1", "Kraków", "3")
    landed(tmp_path, ("person", PEOPLE, [ann]))
    person = _person()
    golden_marks.mark(steward, "person", person.pk, "city", "checked")
    golden_marks.mark(steward, "person", person.pk, ":Cups", "pin")
    for _again in range(2):
        landed(tmp_path, ("person", PEOPLE, [(*ann[:2], "Nowak", *ann[3:6], "Opole", "5")]))
    person.refresh_from_db()
    assert (person.family_name, person.city, person.traits) == ("Nowak", "Kraków", {"Cups": 3})
    held = TraitChange.objects.filter(held=True).order_by("name")
    assert [(c.name, c.after) for c in held] == [("Cups", 5), ("city", "Opole")]


def test_a_machine_does_not_replace_what_was_verified(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin", firstName="Anna")])
    anna = _person()
    golden_marks.mark(steward, "person", anna.pk, "city", "checked")
    machine = replace(steward, via="token")
    changes.change_person(machine, anna.pk, {"city": "Opole", "given_name": "Ania"})
    anna.refresh_from_db()
    assert (anna.city, anna.given_name) == ("Berlin", "Ania")
    assert [(c.name, c.after) for c in TraitChange.objects.filter(held=True)] == [("city", "Opole")]


def test_nothing_is_marked_where_nothing_stands(steward: access.Principal) -> None:
    feed([identify(1, "anna", city="Berlin")])
    with pytest.raises(Refused):
        golden_marks.mark(steward, "person", _person().pk, "phone", "pin")
    with pytest.raises(Refused):
        golden_marks.mark(steward, "person", _person().pk, "city", "gold")
