"""“This looks like …” before anything is saved: at forms, API and imports; what is hidden stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.people.duplicate_models import DuplicatePair
from amity.people.imports import check
from amity.people.models import Company, Import, Person
from amity.people.tests.import_files import PEOPLE, planned
from amity.web.tests.records import browser_of, company, person
from amity.web.tests.test_api import Program, is_problem

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def sam() -> Staff:
    return hire("Sam", "salesperson", scope="own")


def test_the_form_says_who_looks_the_same_while_one_types(sam: Staff) -> None:
    person("Anna Kowalska", sam, email="anna@k.test")
    hint = browser_of(sam).get("/people/lookalikes?email=Anna@K.test", headers=HTMX).content.decode()
    assert "Anna Kowalska" in hint and "This looks like somebody you know already" in hint


def test_of_somebody_out_of_sight_only_the_owner_is_told(sam: Staff) -> None:
    vera = hire("Vera", "salesperson")
    person("Secret Name", vera, email="secret@k.test", phone="+48600100200")
    hint = browser_of(sam).get("/people/lookalikes?phone=%2B48600100200", headers=HTMX).content.decode()
    assert "ask Vera" in hint
    for hidden in ("Secret", "secret@k.test", "/people/"):
        assert hidden not in hint
    answer = Program(sam).post("/people", {"given_name": "A", "phone": "+48600100200"}).json()
    assert [(one["id"], one["owner"], one["why"]) for one in answer["similar"]] == [(None, "Vera", "")]
    assert "Secret" not in str(answer)


def test_a_company_that_looks_the_same_is_asked_about(sam: Staff) -> None:
    company("Copperleaf", sam, email="hello@copper.test")
    desk = browser_of(sam)
    assert "Copperleaf" in desk.get("/companies/lookalikes?email=hello@copper.test", headers=HTMX).content.decode()
    Company.objects.update(search="copperleaf")
    assert "Name the same" in desk.get("/companies/lookalikes?name=COPPERLEAF+Ltd", headers=HTMX).content.decode()
    body = {"name": "Copper Leaf", "email": "hello@copper.test", "owner": ""}
    assert "a company you know already" in desk.post("/companies/new", body).content.decode()
    assert Company.objects.count() == 1
    assert desk.post("/companies/new", body | {"anyway": "on"}).status_code == 302


def test_programs_choose_what_happens_to_duplicates(sam: Staff) -> None:
    program, anna = Program(sam), person("Anna Kowalska", sam, email="anna@k.test")
    body = {"given_name": "Ania", "email": "anna@k.test"}
    known = program.post("/people?on_duplicate=return", body)
    assert (known.status_code, known.json()["id"], known.json()["similar"]) == (200, str(anna.pk), [])
    is_problem(program.post("/people?on_duplicate=refuse", body), 409, "duplicate")
    assert Person.objects.count() == 1
    made = program.post("/people", body)
    assert made.status_code == 201
    assert [one["id"] for one in made.json()["similar"]] == [str(anna.pk)]
    fresh = program.post("/people?on_duplicate=refuse", {"given_name": "Zoe", "email": "zoe@k.test"})
    assert (fresh.status_code, fresh.json()["similar"]) == (201, [])


def test_returning_somebody_out_of_sight_is_refused(sam: Staff) -> None:
    person("Secret Name", hire("Vera", "salesperson"), email="secret@k.test")
    answer = Program(sam).post("/people?on_duplicate=return", {"given_name": "A", "email": "secret@k.test"})
    is_problem(answer, 409, "duplicate")
    assert "Vera" in answer.json()["detail"] and "Secret" not in answer.content.decode()


def test_an_import_says_how_many_pairs_it_brought() -> None:
    steward, run = hire("Stella", "steward"), Import.objects.create(name="Old CRM", state="done")
    left, right = sorted((person("Anna", origin_id=run.pk), person("Ania")), key=lambda one: one.pk)
    DuplicatePair.objects.create(
        kind="person", left_id=left.pk, right_id=right.pk, probability=0.9, weight=5, band="review", found_by="import"
    )
    page = browser_of(steward).get(f"/imports/{run.pk}/").content.decode()
    assert "1 pair of people looks the same" in page


def test_the_page_of_a_dry_run_says_whom_new_rows_look_like(tmp_path: Path) -> None:
    run = planned(tmp_path, ("person", PEOPLE, [("1", "Ann", "Kowal", "ann@firm.pl", "", "", "", "")]))
    check.dry_run(run.pk)
    report = Import.objects.get(pk=run.pk).report
    report["files"][0] |= {"alike_of": 1, "alike": [str(person("Anna Kowal").pk)]}
    Import.objects.filter(pk=run.pk).update(report=report)
    page = browser_of(hire("Stella", "steward")).get(f"/imports/{run.pk}/").content.decode()
    assert "1 of the first 1 new rows looks like somebody you have:" in page and ">Anna Kowal</a>" in page


def test_a_dry_run_compares_new_rows_with_who_is_here(tmp_path: Path) -> None:
    ann = ("1", "Ann", "Kowal", "ann@firm.pl", "+48600100200", "Firm 1", "Kraków", "3")
    person("Somebody Else", email="else@k.test")
    run = planned(tmp_path, ("person", PEOPLE, [ann]))
    report = check.dry_run(run.pk)
    assert [(file.alike_of, file.alike) for file in report.files] == [(1, [])]
    assert not Person.objects.filter(given_name="Ann").exists()
