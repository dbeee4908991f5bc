"""Whatever is merged and taken back in whatever order, of companies and their people: equal to before."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from amity.access import api as access
from amity.people import changes, merge, merge_companies
from amity.people.models import Company, CompanyHolding, CompanyMerge, CompanyOwn, Person
from amity.sales.models import Deal, Order, Task
from amity.sales.tests.test_merge_companies import digest, firm

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM
_CITIES = ("", "Bonn", "Ulm")


def shown() -> dict[str, list[str]]:
    """Every row that anybody sees, whole; without what merges remember for themselves."""
    return {table: rows for table, rows in digest().items() if table not in ("own", "people_companyholding")}


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[Any]:
    """What is otherwise: table, row and value before and after."""
    return [
        (table, row.get("name") or row.get("display_name") or row.get("title"), name, row[name], now[name])
        for table in before
        for row, now in zip(map(json.loads, before[table]), map(json.loads, after[table]), strict=True)
        for name in row
        if row[name] != now[name]
    ]


class Firms(RuleBasedStateMachine):
    """Companies with people, deals, orders, tasks and subsidiaries; merges by hand, taken back in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.merges: list[UUID] = []
        self.people: list[UUID] = []
        self.homes: dict[tuple[str, UUID], UUID | None] = {}
        for at, name in enumerate(("A", "B", "C", "D")):
            firm(name, city=_CITIES[at % 3], traits={"plan": name})
        self._note()

    def _note(self) -> None:
        """Where every row is at home while nothing is merged."""
        for model in (Person, Deal, Order, Task):
            for pk, company in model.objects.values_list("pk", "company_id"):  # type: ignore[attr-defined]
                self.homes.setdefault((model.__name__, pk), company)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        rows = list(Company.objects.filter(merged_into=None).order_by("id").values_list("pk", flat=True))
        a, b = data.draw(st.sampled_from(rows)), data.draw(st.sampled_from(rows))
        if a == b:
            return
        before = shown()
        made = merge_companies.merge(BOSS, a, b)
        with transaction.atomic():
            merge_companies.unmerge(BOSS, made)
            assert changed(before, shown()) == [], "unmerge(merge(a, b)) is not (a, b)"
            transaction.set_rollback(True)
        self.merges.append(made)

    @precondition(lambda self: self.merges)
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        merge_companies.unmerge(BOSS, self.merges.pop(data.draw(st.integers(0, len(self.merges) - 1))))

    @rule(data=st.data(), city=st.sampled_from(_CITIES))
    def change(self, data: st.DataObject, city: str) -> None:
        rows = list(Company.objects.filter(merged_into=None).order_by("id").values_list("pk", flat=True))
        changes.change_company(BOSS, data.draw(st.sampled_from(rows)), {"city": city}, {"seen": city})

    @rule(data=st.data())
    def move_a_person(self, data: st.DataObject) -> None:
        rows = list(Company.objects.filter(merged_into=None).order_by("id").values_list("pk", flat=True))
        person = data.draw(st.sampled_from(sorted(Person.objects.values_list("pk", flat=True))))
        home = data.draw(st.sampled_from(rows))
        if changes.change_person(BOSS, person, {"company_id": home}) is not None:
            self.homes["Person", person] = home

    @invariant()
    def every_row_is_with_the_survivor_of_its_home(self) -> None:
        now = dict(Company.objects.values_list("pk", "merged_into_id"))
        for model in (Person, Deal, Order, Task):
            for pk, company in model.objects.values_list("pk", "company_id"):  # type: ignore[attr-defined]
                home = self.homes[model.__name__, pk]
                assert home is None or company == (now[home] or home)

    @invariant()
    def merged_companies_are_out_of_the_lists_and_point_at_survivors(self) -> None:
        assert not Company.objects.filter(merged_into__isnull=False, archived_at=None).exists()
        assert not Company.objects.filter(merged_into__merged_into__isnull=False).exists()

    def teardown(self) -> None:
        """Without any merge nothing is left of them."""
        for made in self.merges:
            merge_companies.unmerge(BOSS, made)
        assert not Company.objects.exclude(merged_into=None, archived_at=None).exists()
        assert not CompanyHolding.objects.exists() and not CompanyOwn.objects.exists()
        assert not CompanyMerge.objects.filter(revoked_at=None).exists()


@pytest.mark.slow
def test_companies_are_as_before_whatever_was_merged_and_taken_back() -> None:
    class Rolled(Firms):
        def __init__(self) -> None:
            self.frame = transaction.atomic()
            self.frame.__enter__()
            super().__init__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.set_rollback(True)
                self.frame.__exit__(None, None, None)

    run_state_machine_as_test(
        Rolled,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        ),
    )


def test_people_merged_across_merged_companies_come_back_too() -> None:
    a, b = firm("A"), firm("B")
    one, two = (Person.objects.get(display_name=f"Boss of {name}").pk for name in "AB")

    def homes() -> list[Any]:
        rows = list(Person.objects.order_by("pk").values_list("display_name", "company_id", "merged_into_id"))
        return [*rows, *Deal.objects.order_by("pk").values_list("title", "company_id", "person_id")]

    before = homes()
    firms = merge_companies.merge(BOSS, a, b)
    joined = merge.merge(BOSS, one, two)
    assert {deal.company_id for deal in Deal.objects.all()} == {a}
    merge_companies.unmerge(BOSS, firms)
    merge.unmerge(BOSS, joined)
    assert homes() == before


@pytest.mark.slow
@pytest.mark.django_db
def test_what_was_emptied_by_hand_stays_empty_whatever_is_merged_later() -> None:
    pine, oak, elm = firm("Pine", city=""), firm("Oak", city="Ulm"), firm("Elm", city="Bonn")
    merge_companies.merge(BOSS, pine, oak)
    changes.change_company(BOSS, pine, {"city": ""}, {"seen": ""})
    before = shown()
    merge_companies.unmerge(BOSS, merge_companies.merge(BOSS, elm, pine))
    assert changed(before, shown()) == []
    assert Company.objects.get(pk=pine).city == ""
