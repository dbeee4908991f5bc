"""Merging companies and taking it back: people, deals and subsidiaries are again where they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from amity.access import api as access
from amity.base.errors import Refused
from amity.people import changes, merge_companies
from amity.people.models import Company, CompanyHolding, CompanyOwn, Person
from amity.sales.holders import deal_words
from amity.sales.models import Deal, Order, Pipeline, Stage, Task

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM
TABLES = (
    "people_company", "people_person", "people_companyholding", "sales_deal", "sales_order", "sales_task",
)  # fmt: skip


def digest() -> dict[str, list[str]]:
    """Every row of every table that a merge of companies may touch, whole."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            order = "row_id" if table == "people_companyholding" else "id"
            cursor.execute(f"SELECT (to_jsonb(t) - 'id')::text FROM {table} t ORDER BY {order}")
            found[table] = [row[0] for row in cursor.fetchall()]
        cursor.execute('SELECT company_id::text || "values"::text FROM people_companyown ORDER BY 1')
        found["own"] = [row[0] for row in cursor.fetchall()]
    return found


def firm(name: str, **more: Any) -> UUID:
    traits = more.pop("traits", None)
    pk = changes.create_company(BOSS, {"name": name, **more}, traits)
    person = changes.create_person(BOSS, {"display_name": f"Boss of {name}", "company_id": pk})
    pipeline, _new = Pipeline.objects.get_or_create(name="P")
    stage, _new = Stage.objects.get_or_create(pipeline=pipeline, name="S", position=1)
    deal = Deal.objects.create(title=f"Deal of {name}", company_id=pk, person_id=person, stage=stage)
    Order.objects.create(number=f"O {name}", company_id=pk)
    Task.objects.create(subject=f"Call {name}", company_id=pk)
    changes.create_company(BOSS, {"name": f"Daughter of {name}", "parent_id": pk})
    with connection.cursor() as cursor:
        deal_words(cursor, [deal.pk])
    return pk


def test_everything_goes_along_and_comes_back() -> None:
    a = firm("Alfa GmbH", city="Ulm", traits={"plan": "a"})
    b = firm("Alfa", domain="alfa.de", employees=9, traits={"plan": "b", "size": 3})
    before = digest()
    made = merge_companies.merge(BOSS, a, b)
    alfa, gone = Company.objects.get(pk=a), Company.objects.get(pk=b)
    assert (alfa.name, alfa.city, alfa.domain, alfa.employees) == ("Alfa GmbH", "Ulm", "alfa.de", 9)
    assert alfa.traits == {"plan": "a", "size": 3}
    assert gone.merged_into_id == a and gone.archived_at is not None
    assert {model.objects.filter(company_id=a).count() for model in (Person, Deal, Order, Task)} == {2}
    assert Company.objects.filter(parent_id=a).count() == 2
    assert "gmbh" in Person.objects.get(display_name="Boss of Alfa").search
    assert [join.loser for join in merge_companies.joins_of(a)] == ["Alfa"]
    merge_companies.unmerge(BOSS, made)
    assert digest() == before
    with pytest.raises(Refused):
        merge_companies.unmerge(BOSS, made)


def test_chains_are_taken_back_in_any_order() -> None:
    a, b, c, d = (firm(name, city=city) for name, city in (("A", ""), ("B", "Bonn"), ("C", ""), ("D", "Dresden")))
    changes.change_company(BOSS, a, {"parent_id": b})
    before = digest()
    first = merge_companies.merge(BOSS, a, b)
    then = digest()
    second = merge_companies.merge(BOSS, c, a)
    third = merge_companies.merge(BOSS, d, c)
    assert set(Company.objects.filter(pk__in=[a, b, c]).values_list("merged_into_id", flat=True)) == {d}
    assert Deal.objects.filter(company_id=d).count() == 4
    merge_companies.unmerge(BOSS, second)
    assert dict(Company.objects.filter(pk__in=[a, b, c, d]).values_list("pk", "merged_into_id")) == {
        a: None, b: a, c: d, d: None,
    }  # fmt: skip
    merge_companies.unmerge(BOSS, third)
    assert digest() == then
    merge_companies.unmerge(BOSS, first)
    assert digest() == before
    assert not CompanyHolding.objects.exists() and not CompanyOwn.objects.exists()


def test_what_changed_meanwhile_stays_where_it_belongs() -> None:
    a, b, other = firm("A"), firm("B", city="Bonn"), firm("Other")
    made = merge_companies.merge(BOSS, a, b)
    changes.change_company(BOSS, a, {"domain": "a.de", "city": "Ulm"}, {"tier": 1})
    moved = Person.objects.get(display_name="Boss of B")
    changes.change_person(BOSS, moved.pk, {"company_id": other})
    new = changes.create_person(BOSS, {"display_name": "Newcomer", "company_id": a})
    merge_companies.unmerge(BOSS, made)
    one, two = Company.objects.get(pk=a), Company.objects.get(pk=b)
    assert (one.domain, one.city, one.traits) == ("a.de", "Ulm", {"tier": 1})
    assert (two.domain, two.city, two.archived_at, two.merged_into_id) == ("", "Bonn", None, None)
    assert Person.objects.get(pk=moved.pk).company_id == other
    assert Person.objects.get(pk=new).company_id == a


def test_a_policy_heeds_what_a_human_parted() -> None:
    a, b = firm("A"), firm("B")
    merge_companies.unmerge(BOSS, merge_companies.merge(BOSS, a, b, policy="certain"))
    with pytest.raises(Refused):
        merge_companies.merge(BOSS, b, a, policy="certain")
    merge_companies.merge(BOSS, b, a)
    assert merge_companies.survivors([a, b]) == {a: b, b: b}
    assert merge_companies.members_of(b) == [b, a]
