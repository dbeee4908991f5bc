"""The review of duplicates as stewards use it: decide, undo however late, see what would win; who may not, may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base.ids import new_id
from amity.people.models import Company, CompanyMerge, DuplicatePair, GoldenPolicy, MatchPolicy, Merge, Person
from amity.web.tests.records import browser_of, company, person, queries_of
from amity.web.tests.test_api import Program

pytestmark = pytest.mark.django_db
EVIDENCE = [
    {"field": "email", "level": "same", "weight": 9.5},
    {"field": "last_name", "level": "alike", "weight": 4.25},
    {"field": "phone", "level": "different", "weight": -3.0},
]
HTMX = {"HX-Request": "true"}


def pair(left: Any, right: Any, probability: float = 0.97, **more: Any) -> DuplicatePair:
    left, right = sorted((left, right), key=lambda one: one.pk)
    known = {"kind": "company" if isinstance(left, Company) else "person", "band": "review", "found_by": "scan"}
    return DuplicatePair.objects.create(
        left_id=left.pk, right_id=right.pk, probability=probability, weight=12.0, evidence=EVIDENCE, **(known | more)
    )


@pytest.fixture
def steward() -> Client:
    return browser_of(hire("Stella", "steward"))


def twins(name: str = "Anna Kowalska", **more: Any) -> tuple[Person, Person]:
    first = person(name, given_name="Anna", family_name="Kowalska", email=f"{new_id().hex}@k.test", **more)
    return first, person(f"{name} 2", given_name="Anna", family_name="Kowalsky", phone="+48601200300", **more)


def told(client: Client, url: str, **headers: Any) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_two_side_by_side_with_what_speaks_for_them_and_what_would_win(steward: Client) -> None:
    first, second = twins()
    pair(first, second)
    page = told(steward, "/duplicates/")
    known = told(steward, f"/people/{first.pk}/")
    assert "Looks the same:" in known and "Anna Kowalska 2" in known and "?kind=person&amp;pair=" in known
    for said in ("Anna Kowalska 2", "97", "almost the same", "different", "+9.5", "-3.0", "Survives", "Not the same"):
        assert said in page
    assert page.count('data-hotkey="m"') == page.count('data-hotkey="a"') == 1
    part = told(steward, f"/duplicates/?winner={second.pk}", **HTMX)
    assert part.lstrip().startswith('<div id="review"')
    assert f'name="winner" value="{second.pk}"' in part


def test_a_decision_leads_to_the_next_pair_and_is_undone_from_there(steward: Client) -> None:
    ours, theirs = twins("Anna"), twins("Boris")
    sure, unsure = pair(*ours, probability=0.99), pair(*theirs, probability=0.6)
    body = {"verdict": "merge", "winner": str(ours[1].pk), "next": str(unsure.pk), "kind": "person"}
    page = steward.post(f"/duplicates/{sure.pk}/decision", body, headers=HTMX, follow=True).content.decode()
    assert "Merged: Anna and Anna 2 are one." in page and "Boris 2" in page
    assert Person.objects.get(pk=ours[0].pk).merged_into_id == ours[1].pk

    page = steward.post(f"/duplicates/{sure.pk}/reopening", {"kind": "person"}, follow=True).content.decode()
    assert "the pair is open again" in page and "Anna 2" in page
    assert Person.objects.filter(merged_into=None).count() == 4
    assert DuplicatePair.objects.get(pk=sure.pk).state == "open"

    page = steward.post(f"/duplicates/{unsure.pk}/decision", {"verdict": "apart"}, follow=True).content.decode()
    assert "Kept apart: Boris and Boris 2." in page
    assert not Merge.objects.filter(revoked_at=None).exists()


def test_decisions_are_listed_and_undone_by_anybody_who_may_decide(steward: Client) -> None:
    made = pair(*twins("Anna"))
    steward.post(f"/duplicates/{made.pk}/decision", {"verdict": "merge"})
    other = browser_of(hire("Adam", "administrator"))
    page = told(other, "/duplicates/decided?state=merged")
    assert "Anna 2" in page and "Stella" in page
    assert "Anna 2" not in told(other, "/duplicates/decided?state=apart")
    body = {"kind": "person", "from": "decided"}
    assert other.post(f"/duplicates/{made.pk}/reopening", body).status_code == 302
    assert other.post(f"/duplicates/{made.pk}/reopening", body).status_code == 409
    assert DuplicatePair.objects.get().state == "open"


def test_companies_are_merged_and_parted_from_their_page_and_from_the_queue(steward: Client) -> None:
    one, two = company("Copperleaf", domain="copper.test"), company("Copperleaf GmbH", city="Bonn")
    made = pair(one, two)
    assert "fills a gap" in told(steward, "/duplicates/?kind=company")
    steward.post(f"/duplicates/{made.pk}/decision", {"verdict": "merge", "winner": str(one.pk), "kind": "company"})
    assert steward.get(f"/companies/{two.pk}/").headers["Location"] == f"/companies/{one.pk}/"
    page = told(steward, f"/companies/{one.pk}/")
    assert "Copperleaf GmbH" in page and "Bonn" in page
    held = CompanyMerge.objects.get()
    steward.post(f"/companies/{one.pk}/merges/{held.pk}/revocation")
    assert Company.objects.filter(merged_into=None).count() == 2
    steward.post(f"/companies/{one.pk}/merge", {"other": f"https://amity.test/companies/{two.pk}/"})
    assert Company.objects.get(pk=two.pk).merged_into_id == one.pk


def test_pages_of_the_queue_by_keyset(steward: Client) -> None:
    people = [person(f"Nobody {n}") for n in range(23)]
    for n in range(22):
        pair(people[n], people[n + 1], probability=0.5)
    first = told(steward, "/duplicates/")
    after = first.split("after=")[1].split('"')[0]
    second = told(steward, f"/duplicates/?after={after}")
    seen = {n for n in range(23) if f">Nobody {n}<" in first + second}
    assert len(seen) == 23


def test_an_empty_queue_says_what_to_do(steward: Client) -> None:
    assert "Start with a scan" in told(steward, "/duplicates/")
    assert "Nothing was decided yet" in told(steward, "/duplicates/decided")


def test_what_the_reader_does_not_see_is_not_in_the_queue() -> None:
    mine = hire("Sonja", "steward", scope="own")
    first, second = twins("Anna", owner=mine)
    hidden = person("Secret Person")
    pair(first, second)
    pair(first, hidden)
    page = told(browser_of(mine), "/duplicates/")
    assert "Anna 2" in page and "Secret" not in page


def test_queries_do_not_grow_with_the_queue(steward: Client) -> None:
    pair(*twins("Anna"))
    few = queries_of(steward, "/duplicates/")
    for n in range(9):
        pair(*twins(f"Boris {n}"), probability=0.5)
    assert queries_of(steward, "/duplicates/") == few
    assert few <= 32


def test_the_policy_of_certain_pairs_is_switched_and_undone(steward: Client) -> None:
    steward.post("/duplicates/policy", {"kind": "person", "merge_certain": "on"})
    assert MatchPolicy.objects.get(kind="person").merge_certain
    assert "become one by themselves" in told(steward, "/duplicates/")
    steward.post("/duplicates/policy", {"kind": "person"})
    assert not MatchPolicy.objects.get(kind="person").merge_certain


def test_what_wins_is_set_per_field_and_source(steward: Client) -> None:
    page = told(steward, "/duplicates/golden-record")
    assert 'name="rule:city"' in page and 'name="trust:manual"' in page
    steward.post("/duplicates/golden-record", {"rule:city": "latest", "trust:manual": "40"})
    saved = GoldenPolicy.objects.get()
    assert (saved.version, saved.rules, saved.trust) == (1, {"city": "latest"}, {"manual": 40})
    assert "Version 1" in told(steward, "/duplicates/golden-record")
    assert steward.post("/duplicates/golden-record", {"trust:manual": "-1"}).status_code == 422
    assert steward.post("/duplicates/golden-record", {"trust:manual": "300"}).status_code == 422


@pytest.fixture
def seller() -> Iterator[tuple[Staff, Client]]:
    staff = hire("Sam", "salesperson")
    yield staff, browser_of(staff)


def test_a_salesperson_pins_and_verifies_on_records_in_sight(seller: tuple[Staff, Client]) -> None:
    staff, desk = seller
    anna = person("Anna Nowak", owner=staff, city="Gdynia", traits={"tier": "A"})
    for key, what in (("city", "checked"), (":tier", "pin")):
        assert desk.post(f"/people/{anna.pk}/marks", {"key": key, "what": what, "on": "on"}).status_code == 302
    page = told(desk, f"/people/{anna.pk}/")
    assert "verified by Sam" in page and "pinned by Sam" in page
    desk.post(f"/people/{anna.pk}/edit", {"given_name": "Anna", "city": "Sopot", "lead_status": "none"})
    page = told(desk, f"/people/{anna.pk}/")
    assert "verified by Sam" not in page and "Sopot" in page


def test_programs_decide_and_see_why_values_hold() -> None:
    stella = hire("Stella", "steward")
    program, made = Program(stella), pair(*twins("Anna", city="Gdynia"))
    page = program.get("/duplicates?limit=1").json()
    assert [(one["id"], one["evidence"][0]["weight"], page["next"]) for one in page["items"]] == [
        (str(made.pk), 9.5, None)
    ]
    answer = program.post(f"/duplicates/{made.pk}/decision", {"verdict": "merge", "winner_id": str(made.left_id)})
    assert (answer.json()["state"], "Amity-Undo" in answer.headers) == ("merged", True)
    assert program.post(f"/duplicates/{made.pk}/reopening").json()["state"] == "open"
    values = program.post(f"/people/{made.left_id}/marks", {"field": "city", "mark": "checked"}).json()
    assert [(one["value"], one["checked"]["by"]) for one in values if one["field"] == "city"] == [("Gdynia", "Stella")]
    one, two = company("Copperleaf"), company("Copperleaf GmbH")
    held = program.post(f"/companies/{one.pk}/merge", {"other_id": str(two.pk)}).json()
    assert [each["loser"] for each in held] == ["Copperleaf GmbH"]
    assert program.get(f"/companies/{one.pk}/merges").json() == held
    assert program.post(f"/companies/{one.pk}/unmerge", {"merge_id": held[0]["id"]}).json() == []
    assert program.get(f"/companies/{one.pk}/values").json()[0]["value"] == "Copperleaf"


def test_a_scan_is_started_and_shows_how_far_it_is(steward: Client) -> None:
    assert steward.post("/duplicates/scan", {"kind": "company"})["Location"] == "/duplicates/?kind=company"
    assert "Looking through the whole base" in told(steward, "/duplicates/")
    assert "<h1>" in told(steward, "/duplicates/scan/progress")
    assert told(steward, "/duplicates/scan/progress", **HTMX).lstrip().startswith('<div id="scan"')
