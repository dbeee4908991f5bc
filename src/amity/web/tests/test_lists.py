"""Lists as a salesperson uses them."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client, override_settings
from procrastinate.contrib.django import app

from amity.access.models import AuditEntry, SavedView, Staff
from amity.access.tests.staffing import hire, team
from amity.base import clock, listing, undo
from amity.base.models import UndoStep
from amity.people.models import Person, TraitChange
from amity.sales.models import Deal, Product, Task
from amity.web.tests.records import browser_of, company, crowd, deal, manager, person, queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> Staff:
    return manager()


@pytest.fixture
def desk(mia: Staff) -> Client:
    return browser_of(mia)


def shown(response: Any) -> list[str]:
    """Names of the rows on a page of people."""
    return [
        unescape(name)
        for name in re.findall(
            r'<a class="chip" href="/people/[^"]+">.*?<span>(.*?)</span></a>', response.content.decode()
        )
    ]


def names(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/people/{query}")
    assert response.status_code == 200
    return shown(response)


def link(response: Any, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    return unescape(found.group(1)) if found else ""


@pytest.mark.slow
@pytest.mark.parametrize(("page", "cost"), [("people", 14), ("companies", 9), ("deals", 15), ("products", 7)])
def test_a_list_costs_the_same_for_5_and_for_60_rows(desk: Client, mia: Staff, page: str, cost: int) -> None:
    def fill(start: int, count: int) -> None:
        for n in range(start, start + count):
            firm = company(f"Firm {n}", mia)
            someone = person(f"Person {n}", mia, company=firm)
            deal(mia, f"Deal {n}", person_id=someone.pk, company_id=firm.pk)
            Product.objects.create(name=f"Product {n}", search=f"product {n}")

    fill(0, 5)
    few = queries_of(desk, f"/{page}/")
    fill(5, 55)
    assert (few, queries_of(desk, f"/{page}/")) == (cost, cost)


_ASKED = {
    "people": ("", "?q=person", "?q=zzz", "?q=%26", "?status=lost", "?status=open", "?has_email=no", "?city=nowhere",
               "?t.none=x", "?q=person&status=open", "?sort=name", "?sort=-name&q=person", "?lead_since_to=1990-01-01"),
    "companies": ("", "?q=firm", "?q=zzz", "?owner=none", "?owner=me", "?employees_min=5", "?sort=-name", "?city=none"),
    "deals": ("", "?q=deal", "?q=zzz", "?status=open", "?status=won", "?value_min=1", "?sort=-value", "?has_person=no"),
    "products": ("", "?q=product", "?q=zzz", "?price_min=1", "?has_price=no", "?sort=-price"),
}  # fmt: skip


@pytest.mark.parametrize("scope", ["all", "own"])
@pytest.mark.parametrize("page", list(_ASKED))
@pytest.mark.slow
@pytest.mark.parametrize("bound", [10_000, 20])
def test_a_list_costs_the_same_whatever_is_asked_and_found(
    monkeypatch: pytest.MonkeyPatch, page: str, scope: str, bound: int
) -> None:
    """Nothing, a few rows, or more than are counted; all rows or one's own."""
    monkeypatch.setattr(listing, "COUNT_BOUND", bound)
    reader = hire("Reader", "manager", scope)
    client = browser_of(reader)
    empty = {queries_of(client, f"/{page}/{asked}") for asked in ("", "?q=zzz")}
    for n in range(30):
        firm = company(f"Firm {n}", reader)
        someone = person(f"Person {n}", reader, company=firm, lead_status="open")
        deal(reader, f"Deal {n}", person_id=someone.pk, company_id=firm.pk)
        Product.objects.create(name=f"Product {n}", search=f"product {n}")
    assert {queries_of(client, f"/{page}/{asked}") for asked in _ASKED[page]} == empty
    assert len(empty) == 1


@pytest.mark.parametrize(
    ("typed", "told"), [("k", "More than 20 rows"), ("ko", "30 rows"), ("anna k", "More than 20 rows")]
)
def test_a_search_for_one_letter_counts_less_far(
    desk: Client, monkeypatch: pytest.MonkeyPatch, typed: str, told: str
) -> None:
    monkeypatch.setattr(listing, "LETTER_BOUND", 20)
    crowd(30)
    assert told in desk.get("/people/", {"q": typed}).content.decode()


def test_paging_forth_and_back_shows_every_row_once(desk: Client) -> None:
    crowd(120)
    first = desk.get("/people/")
    second = desk.get(link(first, "next"))
    third = desk.get(link(second, "next"))
    assert shown(first) + shown(second) + shown(third) == [f"Anna Kowalska {n:04d}" for n in range(120)]
    assert not link(third, "next")
    assert shown(desk.get(link(third, "prev"))) == shown(second)
    back = desk.get(link(second, "prev"))
    assert shown(back) == shown(first)
    assert not link(back, "prev")


def test_rows_of_the_same_moment_are_not_lost_between_pages(desk: Client) -> None:
    crowd(75)
    Person.objects.update(updated_at=clock.now())
    first = desk.get("/people/")
    assert len({*shown(first), *shown(desk.get(link(first, "next")))}) == 75


def test_a_marker_of_another_sorting_starts_at_the_top_and_a_forged_one_is_refused(desk: Client) -> None:
    crowd(60)
    at = re.search(r"at=([^&]+)", link(desk.get("/people/"), "next")).group(1)
    assert names(desk, f"?sort=name&at={at}")[0] == "Anna Kowalska 0000"
    assert desk.get("/people/?at=1:2:3").status_code == 400


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kow", True), ("KOWALSKA anna", True), ("anna nowak", False), ("żywiec", True), ("zywiec", True),
        ("anna@zywiec", True), ("600 100 200", True), ("+48 600-100-200", True), ("o'bri", True), ("' & !", False),
        ("a b c d e f", False),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_search_as_you_type(desk: Client, typed: str, found: bool) -> None:
    person("Anna Kowalska O'Brien", email="anna@zywiec.test", phone="+48600100200", city="Żywiec")
    person("Piotr Zieliński")
    assert names(desk, f"?q={typed.replace('&', '%26').replace('+', '%2B')}") == (
        ["Anna Kowalska O'Brien"] if found else []
    )


@pytest.mark.slow
def test_filters_live_in_the_url(desk: Client, mia: Staff) -> None:
    now = clock.now()
    person("Open", mia, lead_status="open", email="a@b.test", city="Kraków", traits={"plan": "gold", "seats": 3})
    person("Old", None, updated_at=now - timedelta(days=40), phone="+49301234567", traits={"plan": "basic"})
    assert names(desk, "?status=open") == ["Open"]
    assert names(desk, "?status=open&status=lost&status=nonsense") == ["Open"]
    assert names(desk, "?owner=me") == ["Open"]
    assert names(desk, "?owner=none") == ["Old"]
    assert names(desk, f"?owner={mia.pk}") == ["Open"]
    assert names(desk, "?has_email=no") == ["Old"]
    assert names(desk, "?has_phone=yes") == ["Old"]
    assert names(desk, "?city=krak%C3%B3w") == ["Open"]
    assert names(desk, f"?updated_to={(now - timedelta(days=39)).date()}") == ["Old"]
    assert names(desk, f"?updated_from={now.date()}") == ["Open"]
    assert names(desk, "?t.plan=gold") == ["Open"]
    assert names(desk, "?t.seats=3") == ["Open"]
    assert names(desk, "?updated_from=rubbish") == ["Open", "Old"]


def test_money_filters_read_amounts(desk: Client, mia: Staff) -> None:
    deal(mia, "Small", value_minor=99_99, currency="EUR")
    deal(mia, "Large", value_minor=1_250_000_00, currency="EUR")
    text = desk.get("/deals/?value_min=1 000,50").content.decode()
    assert "Large" in text
    assert "Small" not in text
    assert re.search(r"from\s+1,000\.5", text)


def test_deals_sort_by_value_with_the_unknown_last_from_the_top(desk: Client, mia: Staff) -> None:
    for title, value in (("Middle", 500_00), ("Unknown", None), ("Top", 900_00)):
        deal(mia, title, value_minor=value)
    text = desk.get("/deals/?sort=-value").content.decode()
    assert text.index("Top<") < text.index("Middle<") < text.index("Unknown<")


def test_htmx_gets_the_table_alone_and_the_canonical_address(desk: Client) -> None:
    crowd(3)
    response = desk.get("/people/?q=anna&status=&cols=name&cols=city", headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<div id="list">')
    assert response.headers["HX-Push-Url"] == "/people/?q=anna&cols=name&cols=city"
    assert 'id="export-link" hx-swap-oob="true"' in response.content.decode()


def test_columns_are_chosen_custom_fields_included(desk: Client) -> None:
    person("Anna", traits={"Shoe size": 39})
    text = desk.get("/people/?cols=name&cols=t.Shoe size").content.decode()
    assert re.findall(r"<th scope[^>]*>\s*(?:<a[^>]*>)?([^<]+)", text) == ["Name", "Shoe size"]
    assert ">39</td>" in text


def test_empty_lists_say_what_to_do(desk: Client) -> None:
    assert "Import the exports of your old CRM" in desk.get("/people/").content.decode()
    assert "Nothing matches" in desk.get("/people/?q=nobody").content.decode()


def test_everybody_sees_only_the_rows_of_their_scope(mia: Staff) -> None:
    north = team("North")
    sam = hire("Sam", "salesperson", "own", team=north)
    tom = hire("Tom", "salesperson", "team", team=north)
    person("Of Sam", sam, team=north)
    person("Of Tom", tom, team=north)
    person("Of Mia", mia)
    assert names(browser_of(sam)) == ["Of Sam"]
    assert sorted(names(browser_of(tom))) == ["Of Sam", "Of Tom"]
    assert len(names(browser_of(mia))) == 3
    assert names(browser_of(sam), "?q=of") == ["Of Sam"]


def test_names_of_records_out_of_sight_stay_hidden(mia: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    hidden = person("Secret Customer", mia)
    made = deal(mia, "Shared deal", person_id=hidden.pk)
    Deal.objects.filter(pk=made.pk).update(owner=sam)
    text = browser_of(sam).get("/deals/").content.decode()
    assert "Shared deal" in text
    assert "Secret Customer" not in text


def undo_url(response: Any) -> str:
    return re.search(r'data-undo="([^"]+)"', response.content.decode()).group(1)


def test_bulk_assignment_is_undone_by_the_toast(desk: Client, mia: Staff) -> None:
    sam = hire("Sam", "salesperson", "own", team=team("South"))
    rows = crowd(3, owner=mia)
    body = {"action": "assign", "new_owner": str(sam.pk), "ids": [str(row.pk) for row in rows[:2]], "query": "q=anna"}
    response = desk.post("/people/changes", body, follow=True)
    assert response.redirect_chain[0][0] == "/people/?q=anna"
    assert "2 records changed" in response.content.decode()
    assert Person.objects.filter(owner=sam, team=sam.team).count() == 2
    assert AuditEntry.objects.get(verb="change", object_kind="person").detail["ids"] == sorted(body["ids"])
    assert TraitChange.objects.filter(name="owner_id", actor_id=mia.pk).count() == 2
    url = undo_url(response)
    assert desk.post(url).status_code == 302
    assert Person.objects.filter(owner=mia, team=None).count() == 3
    assert not TraitChange.objects.exists()
    assert desk.post(url).status_code == 409


def test_undo_leaves_alone_what_somebody_changed_since(desk: Client) -> None:
    rows = crowd(2)
    body = {"action": "lead", "new_status": "open", "ids": [str(row.pk) for row in rows]}
    url = undo_url(desk.post("/people/changes", body, follow=True))
    Person.objects.filter(pk=rows[0].pk).update(lead_status="converted")
    desk.post(url)
    assert dict(Person.objects.values_list("pk", "lead_status")) == {rows[0].pk: "converted", rows[1].pk: "none"}


def test_only_the_maker_can_undo(desk: Client) -> None:
    row = crowd(1)[0]
    url = undo_url(desk.post("/people/changes", {"action": "archive", "ids": [str(row.pk)]}, follow=True))
    assert browser_of(manager("Eve")).post(url).status_code == 404
    row.refresh_from_db()
    assert row.archived_at is not None


def test_lead_status_in_bulk_keeps_its_times(desk: Client) -> None:
    row = crowd(1)[0]
    desk.post("/people/changes", {"action": "lead", "new_status": "lost", "ids": [str(row.pk)]})
    row.refresh_from_db()
    assert (row.lead_status, bool(row.lead_created_at), bool(row.lead_decided_at)) == ("lost", True, True)


def test_a_task_for_every_ticked_row_and_back(desk: Client, mia: Staff) -> None:
    rows = crowd(3)
    body = {"action": "task", "task_subject": "Call", "task_due": "2030-01-31", "ids": [str(row.pk) for row in rows]}
    response = desk.post("/people/changes", body, follow=True)
    assert set(Task.objects.values_list("subject", "owner", "due_on")) == {("Call", mia.pk, clock.date(2030, 1, 31))}
    assert Task.objects.count() == 3
    desk.post(undo_url(response))
    assert not Task.objects.exists()


@pytest.mark.slow
def test_all_rows_of_the_list_become_jobs_in_batches(desk: Client) -> None:
    crowd(501)
    person("Piotr")
    body = {"action": "archive", "all": "on", "query": "q=kowalska"}
    response = desk.post("/people/changes", body, follow=True)
    assert "501 records are being changed" in response.content.decode()
    assert [len(step.args["ids"]) for step in UndoStep.objects.order_by("id")] == [500, 1]
    assert Person.objects.filter(archived_at=None).count() == 502
    for step in UndoStep.objects.order_by("id"):
        undo._run(str(step.pk), lambda done, total=None, stage="": None)
    assert list(Person.objects.filter(archived_at=None).values_list("display_name", flat=True)) == ["Piotr"]
    desk.post(undo_url(response))
    assert Person.objects.filter(archived_at=None).count() == 502


def test_a_batch_that_was_undone_before_it_ran_does_not_run(desk: Client) -> None:
    crowd(501)
    response = desk.post("/people/changes", {"action": "archive", "all": "on", "query": ""}, follow=True)
    desk.post(undo_url(response))
    with pytest.raises(undo.jobs.Stopped):
        undo._run(str(UndoStep.objects.first().pk), lambda done, total=None, stage="": None)
    assert Person.objects.filter(archived_at=None).count() == 501


def test_the_job_of_a_batch_is_known_to_the_queue() -> None:
    assert {"base.undo.run_step", "base.undo.clear"} <= set(app.tasks)


def test_a_bulk_action_touches_no_row_out_of_sight(mia: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    mine, foreign = person("Mine", sam), person("Foreign", mia)
    browser_of(sam).post("/people/changes", {"action": "archive", "ids": [str(mine.pk), str(foreign.pk)]})
    foreign.refresh_from_db()
    mine.refresh_from_db()
    assert (mine.archived_at is not None, foreign.archived_at) == (True, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": "archive"}, 422),
        ({"action": "nonsense", "ids": ["x"]}, 400),
        ({"action": "assign", "new_owner": "x", "ids": ["x"]}, 422),
        ({"action": "archive", "ids": ["not-an-id"]}, 422),
    ],
)
def test_a_bulk_action_that_makes_no_sense_is_refused(desk: Client, body: dict[str, Any], status: int) -> None:
    assert desk.post("/people/changes", body).status_code == status
    assert not UndoStep.objects.exists()


def test_roles_without_the_right_get_neither_bar_nor_change() -> None:
    analyst = browser_of(hire("Al", "analyst"))
    row = crowd(1)[0]
    assert "bulkbar" not in analyst.get("/people/").content.decode()
    assert analyst.post("/people/changes", {"action": "archive", "ids": [str(row.pk)]}).status_code == 403
    assert analyst.get("/people/export.csv").status_code == 200
    assert browser_of(hire("Sam", "salesperson")).get("/people/export.csv").status_code == 403


def exported(client: Client, query: str = "") -> list[list[str]]:
    response = client.get(f"/people/export.csv{query}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_export_gives_the_rows_of_the_view_without_formulas(desk: Client, mia: Staff) -> None:
    person("=HYPERLINK(1)", mia, email="x@y.test", phone="+48600100200", company=company("Firm"))
    person("Other")
    rows = exported(desk, "?owner=me&cols=name&cols=phone&cols=company&cols=owner&cols=lead")
    assert rows == [
        ["Name", "Company", "Phone", "Lead", "Owner"],
        ["'=HYPERLINK(1)", "Firm", "+48600100200", "none", "Mia"],
    ]
    line = AuditEntry.objects.get(verb="export")
    assert (line.object_kind, line.detail) == ("people", {"rows": 1, "filters": ["owner"]})


def test_export_keeps_the_order_over_several_chunks(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(7)
    monkeypatch.setattr("amity.base.listing.everything.__defaults__", (3,))
    assert [row[0] for row in exported(desk, "?sort=name&cols=name")] == [
        "Name",
        *(f"Anna Kowalska {n:04d}" for n in range(7)),
    ]


def test_export_above_the_limit_is_refused(desk: Client) -> None:
    crowd(3)
    from dataclasses import replace

    with override_settings(CONFIG=replace(settings.CONFIG, export_max_rows=2)):
        response = desk.get("/people/export.csv")
    assert response.status_code == 422
    assert "At most 2 rows" in response.content.decode()
    assert not AuditEntry.objects.filter(verb="export").exists()


def test_views_are_saved_shared_deleted_and_restored(desk: Client, mia: Staff) -> None:
    body = {"view_name": "Mine in Kraków", "query": "owner=me&city=krak&nonsense=1&sort=name", "shared": "on"}
    assert desk.post("/people/views/", body)["Location"] == "/people/?owner=me&city=krak&sort=name"
    view = SavedView.objects.get()
    assert (view.query, view.shared) == ("owner=me&city=krak&sort=name", True)
    eve = browser_of(hire("Eve", "salesperson"))
    text = eve.get("/people/").content.decode()
    assert "Mine in Kraków" in text
    assert f"{view.pk}/deletion" not in text
    assert eve.post(f"/people/views/{view.pk}/deletion").status_code == 404
    assert eve.post("/people/views/", {"view_name": "X", "query": "", "shared": "on"}).status_code == 403
    response = desk.post(f"/people/views/{view.pk}/deletion", follow=True)
    assert not SavedView.objects.exists()
    desk.post(undo_url(response))
    assert SavedView.objects.get().name == "Mine in Kraków"


def test_undo_expires_after_a_day(desk: Client) -> None:
    row = crowd(1)[0]
    url = undo_url(desk.post("/people/changes", {"action": "archive", "ids": [str(row.pk)]}, follow=True))
    UndoStep.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert desk.post(url).status_code == 404
    assert undo.clear_old() == 1


def test_an_unknown_undo_is_not_found(desk: Client) -> None:
    assert desk.post(f"/undo/{UUID(int=5)}").status_code == 404
