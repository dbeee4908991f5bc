"""Proposals, the correction log and what is stored about the quality of a base."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.base.errors import Forbidden, Refused
from amity.base.ids import new_id
from amity.events.models import Event
from amity.people import (
    changes,
    quality_apply,
    quality_daily,
    quality_decay,
    quality_doubts,
    quality_log,
    quality_numbers,
    quality_scan,
    quality_signature,
    quality_weekly,
)
from amity.people.golden_tables import GoldenMark
from amity.people.models import (
    Company,
    Correction,
    CorrectionRule,
    Identifier,
    Import,
    Person,
    QualityDay,
    QualityWeek,
    TraitChange,
    ValueMark,
)

pytestmark = pytest.mark.django_db
SYSTEM = access.SYSTEM
TABLES = ("people_person", "people_company", "people_identifier", "people_traitchange")


def quiet(done: int, total: int | None = None, stage: str = "") -> None:
    return


def scan() -> None:
    quality_scan.scan(quiet, ["person", "company"])


def rows() -> dict[str, list[str]]:
    """Every column of every row of the tables that repairs touch."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY id")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def person(given: str, family: str, **more: Any) -> Person:
    traits = more.pop("traits", {})
    values = {"given_name": given, "family_name": family} | more
    pk = changes.create_person(SYSTEM, values, traits)
    return Person.objects.get(pk=pk)


def shouting(count: int = 3) -> list[Person]:
    return [person("JAN", f"KOWALSKI{'X' * n}", email=f"jan{n}@firma.test") for n in range(count)]


def open_ids(kind: str) -> list[UUID]:
    return list(Correction.objects.filter(kind=kind, state="proposed").order_by("pk").values_list("pk", flat=True))


def principal(role: str, **more: Any) -> tuple[Staff, access.Principal]:
    staff = hire(role.title() + new_id().hex[:4], role, **more)
    return staff, access.principal_of(staff)


def test_a_problem_is_proposed_once_however_often_one_looks() -> None:
    shouting(2)
    scan()
    first = list(Correction.objects.order_by("pk").values("pk", "state", "created_at"))
    scan()
    assert list(Correction.objects.order_by("pk").values("pk", "state", "created_at")) == first
    assert len(open_ids("name_case")) == 2


def test_repairs_are_applied_and_taken_back_to_the_last_column() -> None:
    one = person("JAN", "KOWALSKI", email="jan@gmial.com", country="PL", traits={"Born": "1900-01-01"})
    mark = Identifier.objects.get(person=one, kind="email")
    Identifier.objects.filter(pk=mark.pk).update(verified=True, origin_id=new_id())
    person("Kowalska", "Anna")
    scan()
    before = rows()
    ids = list(Correction.objects.filter(state="proposed").values_list("pk", flat=True))
    outcome = quality_apply.accept(SYSTEM, ids)
    one.refresh_from_db()
    assert (one.given_name, one.family_name, one.display_name) == ("Jan", "Kowalski", "Jan Kowalski")
    assert one.email == "jan@gmail.com" and "Born" not in one.traits
    assert outcome.done == len(ids) >= 3 and rows() != before

    assert quality_apply.reverse(SYSTEM, ids).done == outcome.done
    assert rows() == before
    assert set(Correction.objects.values_list("state", flat=True)) == {"reversed"}


def test_a_value_that_changed_since_makes_the_proposal_void() -> None:
    (one,) = shouting(1)
    scan()
    (pk,) = open_ids("name_case")
    changes.change_person(SYSTEM, one.pk, {"family_name": "Nowak"})
    outcome = quality_apply.accept(SYSTEM, [pk])
    assert (outcome.done, outcome.void) == (0, 1)
    one.refresh_from_db()
    assert one.family_name == "Nowak" and Correction.objects.get(pk=pk).state == "void"


@pytest.mark.slow
def test_taking_back_leaves_alone_what_somebody_changed_since() -> None:
    one = person("JAN", "KOWALSKI", traits={"Born": "1900-01-01", "Cups": 3})
    scan()
    ids = open_ids("name_case") + open_ids("impossible_date")
    quality_apply.accept(SYSTEM, ids)
    changes.change_person(SYSTEM, one.pk, {"family_name": "Nowak"}, {"Cups": 5})
    quality_apply.reverse(SYSTEM, ids)
    one.refresh_from_db()
    assert one.family_name == "Nowak" and one.given_name == "JAN"
    assert one.traits == {"Born": "1900-01-01", "Cups": 5}


def test_what_was_refused_is_not_proposed_again_but_can_be_taken_up() -> None:
    shouting(1)
    scan()
    ids = open_ids("name_case")
    quality_apply.refuse(SYSTEM, ids)
    scan()
    assert open_ids("name_case") == []
    quality_apply.reverse(SYSTEM, ids)
    assert open_ids("name_case") == ids


def test_a_problem_that_went_away_is_no_longer_proposed() -> None:
    (one,) = shouting(1)
    scan()
    changes.change_person(SYSTEM, one.pk, {"given_name": "Jan", "family_name": "Kowalski"})
    quality_scan.look_again("person", [one.pk])
    assert open_ids("name_case") == []
    changes.change_person(SYSTEM, one.pk, {"given_name": "JAN", "family_name": "KOWALSKI"})
    scan()
    assert len(open_ids("name_case")) == 1
    changes.archive(SYSTEM, changes.PERSON_KIND, one.pk)
    scan()
    assert open_ids("name_case") == []


@pytest.mark.slow
def test_everybody_decides_about_the_records_they_see() -> None:
    staff, own = principal("salesperson", scope="own")
    mine, other = shouting(2)
    Person.objects.filter(pk=mine.pk).update(owner=staff)
    scan()
    ids = open_ids("name_case")
    assert [view.target_id for view in quality_log.proposals(own)] == [mine.pk]
    assert quality_apply.accept(own, ids).done == 1
    other.refresh_from_db()
    assert other.given_name == "JAN"
    assert [view.target_id for view in quality_log.log(own)] == [mine.pk]
    assert quality_apply.reverse(own, ids).done == 1
    with pytest.raises(Refused):
        quality_apply.make_rule(own, "name_case", "")
    _staff, reader = principal("analyst")
    with pytest.raises(Forbidden):
        quality_apply.accept(reader, ids[:1] + open_ids("name_case"))


@pytest.mark.slow
def test_a_rule_repairs_what_is_there_and_what_comes_and_is_taken_back_as_a_whole() -> None:
    _staff, steward = principal("steward")
    shouting(2)
    scan()
    before = rows()
    first = quality_apply.make_rule(steward, "name_case", "manual")
    second = quality_apply.make_rule(steward, "name_case", "manual", 0.8)
    assert (first.version, second.version) == (1, 2)
    assert list(CorrectionRule.objects.filter(active=True)) == [second]
    assert quality_apply.run_rule(second) == 2
    done = Correction.objects.filter(rule=second)
    assert {(c.rule_version, c.state, c.decided_by) for c in done} == {(2, "applied", None)}
    quality_apply.retire_rule(steward, second.pk, reverse_all=True)
    quality_apply.reverse(steward, list(done.values_list("pk", flat=True)))
    assert rows() == before
    assert quality_apply.run_rules(quiet) == 0


def test_a_pinned_or_checked_value_is_never_touched() -> None:
    one = person("Anna", "Nowak", email="anna@gmial.com")
    origins = one.origins | {"email": ["manual", timezone.now().isoformat(), "", {"checked": "x"}]}
    Person.objects.filter(pk=one.pk).update(origins=origins)
    scan()
    assert open_ids("email_malformed") == []


def test_signatures_are_proposed_for_empty_fields_only() -> None:
    firm = Company.objects.get(pk=changes.create_company(SYSTEM, {"name": "Orzeł Hotele sp. z o.o."}))
    one = person("Anna", "Nowak", email="anna@firma.test", job_title="Owner", country="PL")
    mail = "Z poważaniem\nAnna Nowak\nKierownik zakupów\nOrzeł Hotele sp. z o.o.\ntel. 22 620 12 34\n"
    ids = quality_signature.from_signature(SYSTEM, one.pk, mail)
    fields = {c.field: c.after[c.field] for c in Correction.objects.filter(pk__in=ids)}
    assert fields == {"phone": "+48226201234", "company_id": str(firm.pk)}
    scan()
    assert Correction.objects.filter(pk__in=ids, state="proposed").count() == 2
    assert quality_signature.from_signature(SYSTEM, one.pk, mail) == ids


def test_signals_of_events_speak_against_values_until_somebody_confirms_them() -> None:
    one = person("Anna", "Nowak", email="anna@firma.test", phone="+48601200300", job_title="Owner")
    now = timezone.now()
    told = [
        ("mail bounced", "Undeliverable", "550 5.1.1 <anna@firma.test>: user unknown"),
        ("mail bounced", "Undeliverable", "452 4.2.2 <later@firma.test>: mailbox full"),
        ("call", "Anruf", "kein Anschluss unter dieser Nummer"),
        ("mail received", "Automatische Antwort", "Ich bin nicht mehr für Orzeł tätig."),
    ]
    Event.objects.bulk_create(
        Event(
            kind=kind, name=name, summary=text, source="t", message_id=new_id().hex, person_id=one.pk, occurred_at=now
        )
        for kind, name, text in told
    )
    quality_daily.signals()
    quality_daily.signals()
    marks = set(ValueMark.objects.values_list("signal", "field", "value"))
    assert marks == {
        ("bounced", "email", "anna@firma.test"),
        ("dead_phone", "phone", "+48601200300"),
        ("left_company", "email", "anna@firma.test"),
        ("left_company", "job_title", "Owner"),
    }
    doubtful = {each.field for each in quality_decay.of_person(SYSTEM, one.pk) if each.doubtful}
    assert doubtful == {"email", "phone", "job_title"}
    assert [found[0].pk for found in quality_decay.to_verify(SYSTEM)] == [one.pk]
    quality_numbers.measure()
    assert QualityDay.objects.get(noun="person", source="").stale == 1

    group = quality_doubts.confirm(SYSTEM, one.pk, "email")
    assert doubtful_of(one) == {"phone", "job_title"} and golden_row(one, "email").kind == "checked"
    quality_numbers.measure()
    quality_doubts.confirm(SYSTEM, one.pk, "phone")
    quality_doubts.confirm(SYSTEM, one.pk, "job_title")
    quality_numbers.measure()
    assert QualityDay.objects.get(noun="person", source="").stale == 0

    again = quality_doubts.doubt(SYSTEM, one.pk, "bounced", "550 unknown user")
    assert doubtful_of(one) == {"email"} and golden_row(one, "email") is None
    undo.put_back(SYSTEM, again)
    assert doubtful_of(one) == set()
    undo.put_back(SYSTEM, group)
    assert doubtful_of(one) == {"email"}
    assert list(quality_doubts.to_confirm(SYSTEM, [one.pk, None])) == [one.pk]


def doubtful_of(one: Person) -> set[str]:
    return {each.field for each in quality_decay.of_person(SYSTEM, one.pk) if each.doubtful}


def golden_row(one: Person, name: str) -> Any:
    return GoldenMark.objects.filter(profile_id=one.pk, name=name, ended_at=None).first()


@pytest.mark.slow
def test_decay_is_learned_from_replaced_values_and_silent_without_them() -> None:
    people = [person("Anna", f"Nowak{n}", email=f"a{n}@firma.test") for n in range(40)]
    quality_decay.learn()
    assert quality_decay.half_lives()["email"] is None
    TraitChange.objects.bulk_create(
        TraitChange(
            profile_kind="person", profile_id=one.pk, name="email", before="old@x.test", after=one.email,
            changed_at=timezone.now() + timedelta(days=30 + n),
        )
        for n, one in enumerate(people[:25])
    )  # fmt: skip
    quality_decay.learn()
    half = quality_decay.half_lives()["email"]
    assert half is not None and 10 < half < 400
    (standing,) = [s for s in quality_decay.of_person(SYSTEM, people[0].pk) if s.field == "email"]
    assert standing.holds is not None and standing.holds > 0.9


def test_three_numbers_by_source_and_day() -> None:
    run = Import.objects.create(name="Old CRM", system="crm")
    known = {"email": "anna@firma.test", "phone": "+48601200300", "country": "PL"}
    person("Anna", "Nowak", **known)
    second = person("Anna", "Nowak", **known)
    third = person("Jan", "Kowal", email="jan@firma.test")
    Person.objects.filter(pk__in=[second.pk, third.pk]).update(origin_id=run.pk)
    Person.objects.filter(pk=third.pk).update(observed_at=timezone.now() - timedelta(days=3000))
    quality_numbers.measure()
    quality_numbers.measure()
    found = quality_numbers.latest("person")
    assert found is not None and found.total == 3
    assert {each.key: each.count for each in found.numbers} == {"incomplete": 1, "duplicate": 1, "stale": 1}
    by_source = {name: {each.key: each.count for each in numbers} for name, numbers in found.sources}
    assert by_source == {
        "crm": {"incomplete": 1, "duplicate": 1, "stale": 1}, "manual": {"incomplete": 0, "duplicate": 0, "stale": 0},
    }  # fmt: skip
    assert found.gaps["phone"] == 1 == found.gaps["country"]


@pytest.mark.slow
def test_what_is_written_is_followed_and_measured_after_an_import() -> None:
    quality_daily.follow()
    assert not QualityDay.objects.exists()
    (one,) = shouting(1)
    Import.objects.create(name="Old CRM", finished_at=timezone.now(), started_at=timezone.now())
    quality_daily.follow()
    assert len(open_ids("name_case")) == 1
    assert QualityDay.objects.filter(noun="person", source="").count() == 1
    changes.change_person(SYSTEM, one.pk, {"email": "jan@gmial.com"})
    quality_daily.follow()
    assert len(open_ids("email_malformed")) == 1


def test_the_week_on_my_records_is_counted_and_told_until_it_was_seen() -> None:
    staff, own = principal("salesperson")
    (one,) = shouting(1)
    Person.objects.filter(pk=one.pk).update(owner=staff)
    scan()
    quality_apply.accept(SYSTEM, open_ids("name_case"))
    week = quality_weekly.monday(timezone.now().date())
    quality_weekly.write(week)
    QualityWeek.objects.update(week=quality_weekly.last_monday())
    stored = quality_weekly.unseen(own)
    assert stored is not None and stored.counts["corrections"] == stored.counts["changes"] == 2
    assert quality_weekly.unseen(SYSTEM) is None
    quality_weekly.seen(own)
    assert quality_weekly.unseen(own) is None
