"""Who looks like a record: at the form, after a change, in a scan; and what policy and humans do with it."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.people import (
    changes,
    duplicates,
    duplicates_follow,
    duplicates_live,
    duplicates_models,
    duplicates_policy,
    duplicates_scan,
    merge,
)
from amity.people.models import DuplicatePair, Identifier, Link, MatchDue, MatchKey, MatchModel, MatchPolicy, Person

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM


def person(first: str, last: str, born: str = "", **more: str) -> UUID:
    traits = {"birth_date": born} if born else None
    return changes.create_person(BOSS, {"given_name": first, "family_name": last, **more}, traits)


def base_of_three() -> tuple[UUID, UUID, UUID]:
    anna = person("Anna", "Kowalska", "1980-05-12", email="anna.kowalska@firma.pl", phone="+48601234567", city="Radom")
    jan = person("Jan", "Kowalski", "1950-01-02", phone="+48601234567", city="Radom")
    sasha = person("Александр", "Петров", "1975-03-04", email="petrov@mail.ru", city="Самара")
    duplicates_live.follow()
    return anna, jan, sasha


def test_a_record_typed_in_another_spelling_is_recognised() -> None:
    anna, _jan, sasha = base_of_three()
    found = duplicates.like({"name": "Ania Kowalska", "phone": "601 234 567", "birth_date": "12.05.1980"})
    assert [each.id for each in found] == [anna]
    assert found[0].probability > 0.9
    assert {one.field: one.level for one in found[0].evidence}["birth_date"] == "same"
    found = duplicates.like({"first_name": "Sasha", "last_name": "Petrov", "birth_date": "1975-03-04"})
    assert [each.id for each in found] == [sasha]
    assert duplicates.like({"name": "Somebody Else", "email": "else@nowhere.example"}) == []
    assert duplicates.like({}) == []
    assert duplicates.like({"name": "Anna Kowalska", "phone": "+48601234567"}, exclude={anna}) == []


@pytest.mark.slow
def test_hints_name_only_people_in_sight() -> None:
    base_of_three()
    sam = access.principal_of(hire("Sam", "salesperson", scope="own"))
    record = {"name": "Anna Kowalska", "email": "anna.kowalska@firma.pl"}
    assert duplicates.like(record, principal=sam) == []
    assert len(duplicates.like(record, principal=BOSS)) == 1


def test_a_change_is_matched_whoever_made_it_and_unlike_pairs_go() -> None:
    anna, _jan, _sasha = base_of_three()
    assert not MatchDue.objects.exists() and not DuplicatePair.objects.exists()
    other = person("Anna", "Kowalska", "1980-05-12", email="ania@post.example", phone="+48601234567")
    duplicates_live.follow()
    pair = DuplicatePair.objects.get()
    assert ({pair.left_id, pair.right_id}, pair.state, pair.found_by) == ({anna, other}, "open", "form")
    with connection.cursor() as cursor:  # behind everybody's back
        cursor.execute(
            "UPDATE people_person SET given_name = 'Zofia', family_name = 'Lis', display_name = 'Zofia Lis', "
            "phone = '', traits = jsonb_build_object('birth_date', '1999-09-09') WHERE id = %s",
            [other],
        )
    duplicates_live.follow()
    assert DuplicatePair.objects.get().state == "gone"
    Person.objects.filter(pk=other).update(archived_at=clock.now())
    duplicates_live.follow()
    assert not MatchKey.objects.filter(pk=other).exists()


def test_merges_made_and_taken_back_elsewhere_are_followed() -> None:
    anna, *_ = base_of_three()
    other = person("Anna", "Kowalska", "1980-05-12", phone="+48601234567")
    duplicates_live.follow()
    made = merge.merge(BOSS, anna, other)
    duplicates_live.follow()
    assert DuplicatePair.objects.get().state == "merged"
    merge.unmerge(BOSS, made)
    duplicates_live.follow()
    assert DuplicatePair.objects.get().state == "open"


def test_pairs_go_with_their_people() -> None:
    base_of_three()
    other = person("Anna", "Kowalska", "1980-05-12", phone="+48601234567")
    duplicates_live.follow()
    assert DuplicatePair.objects.count() == 1
    Person.objects.filter(pk=other).delete()
    assert not DuplicatePair.objects.exists() and not MatchKey.objects.filter(pk=other).exists()


def test_the_scan_finds_pairs_keeps_decisions_and_can_be_run_twice() -> None:
    anna, jan, _sasha = base_of_three()
    other = person("Anna", "Kowalska", "1980-05-12", email="anna.kowalska@firma.pl", phone="+48601234567")
    duplicates_scan.scan_all(lambda done, total, stage: None)
    pair = DuplicatePair.objects.get()
    assert ({pair.left_id, pair.right_id}, pair.found_by, pair.band) == ({anna, other}, "scan", "certain")
    assert jan not in {pair.left_id, pair.right_id}
    duplicates.decide(BOSS, pair.pk, "apart")
    duplicates_scan.scan_all(lambda done, total, stage: None)
    assert DuplicatePair.objects.get().state == "apart"
    assert MatchModel.objects.filter(kind="person").count() == 2
    assert duplicates_models.current("person").version == MatchModel.objects.filter(kind="person").first().version  # type: ignore[union-attr]


@pytest.mark.slow
def test_policy_merges_what_is_certain_only_when_allowed_and_never_against_verified_addresses() -> None:
    anna, *_ = base_of_three()
    other = person("Anna", "Kowalska", "1980-05-12", email="anna.kowalska@firma.pl", phone="+48601234567")
    duplicates_scan.scan_all(lambda done, total, stage: None)
    assert Person.objects.get(pk=other).merged_into_id is None
    duplicates_policy.set_merges_certain(BOSS, "person", True)
    for pk, value in ((anna, "a@x.pl"), (other, "b@x.pl")):
        Identifier.objects.create(person_id=pk, kind="email", value=value, verified=True)
    duplicates_scan.scan_all(lambda done, total, stage: None)
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.band) == ("open", "review")
    Identifier.objects.filter(value="b@x.pl").delete()
    duplicates_scan.scan_all(lambda done, total, stage: None)
    pair.refresh_from_db()
    assert pair.state == "merged" and Person.objects.get(pk=other).merged_into_id == anna
    merge.unmerge(BOSS, pair.merge_id)  # type: ignore[arg-type]
    duplicates_live.follow()
    duplicates_scan.scan_all(lambda done, total, stage: None)
    pair.refresh_from_db()
    assert pair.state == "apart" and Person.objects.get(pk=other).merged_into_id is None


def test_companies_are_recognised_without_their_legal_form() -> None:
    alfa = changes.create_company(BOSS, {"name": "Alfa Trade Sp. z o.o.", "domain": "alfatrade.pl", "city": "Łódź"})
    changes.create_company(BOSS, {"name": "Beta Sp. z o.o.", "city": "Łódź"})
    duplicates_live.follow()
    found = duplicates.like({"name": "ALFA TRADE", "website": "https://www.alfatrade.pl/kontakt"}, kind="company")
    assert [each.id for each in found] == [alfa]
    assert duplicates.like({"name": "Gamma GmbH", "email": "jan@gmail.com"}, kind="company") == []


@pytest.mark.slow
def test_decisions_move_the_probability_and_make_certain_stricter_before_looser() -> None:
    for n in range(40):
        left, right = sorted((person(f"A{n}", "B"), person(f"C{n}", "D")))
        state = "apart" if n % 2 else "merged"
        DuplicatePair.objects.create(
            kind="person", left_id=left, right_id=right, probability=0.99, weight=8.0, band="review", found_by="scan",
            state=state, decided_by=left, decided_at=clock.now(),
        )  # fmt: skip
    taught = duplicates_models.learn_from_decisions("person")
    assert taught is not None and taught["n"] == 40
    odds = duplicates_models.np.array([8.0 * 0.693])
    assert float(duplicates_models.probabilities("person", odds)[0]) < 0.75
    assert not duplicates_models.certain(taught, odds)[0]
    assert not duplicates_models.certain({"a": 5.0, "b": 1.0}, duplicates_models.np.array([3.0]))[0]
    assert duplicates_models.learn_from_decisions("person") is None
    assert MatchPolicy.objects.get().calibration["merged"] == 20


def test_where_somebody_works_is_proposed_from_their_mail_domain_but_not_from_public_ones() -> None:
    alfa = changes.create_company(BOSS, {"name": "Alfa", "domain": "alfa.example"})
    changes.create_company(BOSS, {"name": "Mail", "domain": "gmail.com"})
    anna = person("Anna", "Kowalska", email="anna@alfa.example")
    person("Jan", "Nowak", email="jan@gmail.com")
    assert [(one.person_id, one.company_id, one.company) for one in duplicates.workplaces(BOSS)] == [
        (anna, alfa, "Alfa")
    ]
    changes.change_person(BOSS, anna, {"company_id": alfa})
    assert duplicates.workplaces(BOSS) == []


def test_two_user_ids_said_to_be_one_are_proposed_for_review() -> None:
    one, two = person("Ada", "A"), person("Ida", "B")
    Link.objects.create(login_id=one, other_id=two, evidence="alias", at=clock.now())
    duplicates_follow.catch_up()
    pair = duplicates.open_pairs(BOSS)[0]
    assert (pair.found_by, pair.band, pair.evidence[0].field) == ("alias", "review", "alias")
    duplicates_scan.scan_all(lambda done, total, stage: None)
    assert len(duplicates.open_pairs(BOSS)) == 1


def test_the_minute_job_catches_up() -> None:
    person("Anna", "Kowalska")
    assert duplicates_follow.catch_up() == 1
    assert MatchKey.objects.count() == 1
