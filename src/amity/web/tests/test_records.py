"""Record pages as a salesperson uses them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from amity.access.api import principal_of
from amity.access.models import AuditEntry, Staff
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.errors import NotFound
from amity.events.models import Event, Source
from amity.people import api as people
from amity.people.models import Company, Identifier, Import, Merge, Person, TraitChange
from amity.sales import api as sales
from amity.sales.models import Deal, Order, StageChange, Task
from amity.web import panels
from amity.web.tests.records import browser_of, company, deal, happened, manager, person, queries_of, scored

pytestmark = pytest.mark.django_db
DOOR = 3  # session, staff member, teams
TIMELINE = 2  # kinds of events, and the timeline itself
COST = {"person": 56, "company": 39, "deal": 38}  # queries of a page with something to read everywhere


@pytest.fixture
def mia() -> Staff:
    return manager()


@pytest.fixture
def desk(mia: Staff) -> Client:
    return browser_of(mia)


def undo_url(response: Any) -> str:
    return re.search(r'data-undo="([^"]+)"', response.content.decode()).group(1)


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return unescape(response.content.decode())


def rich(mia: Staff, about: Any, kind: str, numbers: range) -> None:
    """Fill every panel of a record."""
    principal = principal_of(mia)
    key = {kind: about}
    for n in numbers:
        sales.add_task(principal, kind, about.pk, f"Task {n}")
        if kind == "deal":
            continue
        deal(mia, f"Deal {n}", **{f"{kind}_id": about.pk}, value_minor=100)
        Order.objects.create(number=f"O-{n}", total_minor=100, currency="EUR", ordered_at=clock.now(), **key)
        TraitChange.objects.create(
            profile_kind=kind, profile_id=about.pk, name=f"t{n}", before=1, after=2, actor_id=mia.pk
        )
        about.traits[f"trait {n}"] = n
        if kind == "person":
            Identifier.objects.create(person=about, kind="email", value=f"x{n}@y.test")
            happened(about, 1, kind=f"call {n}")
        else:
            person(f"Person {n}", mia, company=about)
            company(f"Child {n}", mia, parent=about)
    about.save()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["person", "company", "deal"])
def test_a_record_page_costs_the_same_however_much_is_known(desk: Client, mia: Staff, kind: str) -> None:
    firm, shop = company("Parent", mia), Source.objects.create(name="Shop", kind="javascript")
    about: Any
    if kind == "person":
        about = person("Anna", mia, company=firm, origin_id=shop.pk)
    elif kind == "company":
        about = company("Firm", mia, parent=firm, origin_id=shop.pk)
    else:
        about = deal(mia, person_id=person("Anna", mia).pk, company_id=firm.pk)
        about.origin_id = shop.pk
        about.save()
    url = f"/{'people' if kind == 'person' else 'companies' if kind == 'company' else 'deals'}/{about.pk}/"
    # The record; a profile's members; score; whether it is restricted; a deal's product and stages; what to do next.
    around = {"person": 4 + 3, "company": 2, "deal": 4 + 2}[kind]
    assert DOOR + around + TIMELINE + panels.cost(kind) >= COST[kind]  # what no panel may exceed
    costs = [queries_of(desk, url)]
    for start in (0, 3):
        rich(mia, about, kind, range(start, start + 3))
        costs.append(queries_of(desk, url))
    assert costs == [COST[kind]] * 3
    assert "This record came from Shop." in text_of(desk, url)


def test_a_person_page_tells_what_is_known_and_where_it_came_from(desk: Client, mia: Staff) -> None:
    source = Import.objects.create(name="Old CRM 2024")
    anna = person(
        "Anna Kowalska",
        mia,
        email="anna@k.test",
        phone="+48600100200",
        job_title="Buyer",
        company=company("Firm", mia),
        lead_status="open",
        lead_created_at=clock.now() - timedelta(days=3),
        traits={"Plan": "gold", "VIP": True},
        origin_id=source.pk,
        origins={"Plan": ["manual", clock.now().isoformat()]},
    )
    happened(anna, 2, "call")
    text = text_of(desk, f"/people/{anna.pk}/")
    for told in (
        "Anna Kowalska",
        'href="mailto:anna@k.test"',
        'href="tel:+48600100200"',
        "Buyer",
        "Firm",
        "Open lead",
        "call 0",
    ):
        assert told in text
    assert re.search(r'Plan</span><div class="value">gold</div>\s*<span class="source">Entered by hand', text)
    assert re.search(r'VIP</span><div class="value">yes</div>\s*<span class="source">Old CRM 2024', text)
    assert "This record came from Old CRM 2024." in text


def test_somebody_without_a_name_is_called_by_what_is_known(desk: Client) -> None:
    assert "<title>x@y.test" in text_of(desk, f"/people/{person('', email='x@y.test').pk}/")
    assert "<title>P-17" in text_of(desk, f"/people/{person('', key='crm:contact:P-17').pk}/")
    assert "<title>Unnamed person" in text_of(desk, f"/people/{person('').pk}/")


def test_the_timeline_pages_back_and_filters_by_kind(desk: Client) -> None:
    anna = person("Anna")
    happened(anna, 30, "mail sent")
    happened(anna, 2, "call")
    Event.objects.create(
        kind="newsletter mail", name="News", source="t", message_id="n", person_id=anna.pk, occurred_at=clock.now()
    )
    page = text_of(desk, f"/people/{anna.pk}/")
    older = re.search(r'hx-get="([^"]+at=[^"]+)"', page).group(1)
    rest = desk.get(older, headers={"HX-Request": "true"}).content.decode()
    assert rest.lstrip().startswith("<li ")
    names = re.findall(r"<span>((?:mail sent|call) \d+|News)</span>", page + rest)
    assert sorted(names) == sorted([*(f"mail sent {n}" for n in range(30)), "call 0", "call 1", "News"])
    calls = desk.get(f"/people/{anna.pk}/timeline?kind=call", headers={"HX-Request": "true"}).content.decode()
    assert "call 1" in calls
    assert "mail sent" not in re.sub(r"<form.*?</form>", "", calls, flags=re.S)
    mails = desk.get(f"/people/{anna.pk}/timeline?kind=mail", headers={"HX-Request": "true"}).content.decode()
    assert "<span>News</span>" not in mails
    assert "Timeline" in text_of(desk, f"/people/{anna.pk}/timeline")


def form_of(client: Client, url: str, **changes: str) -> dict[str, str]:
    """What a browser would send back from this form, with changes."""
    form = client.get(url).context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    return {name: "" if value is None else str(value) for name, value in values.items()} | changes


def test_an_edit_goes_to_the_history_and_can_be_undone(desk: Client, mia: Staff) -> None:
    anna = person(
        "Anna Kowalska",
        mia,
        given_name="Anna",
        family_name="Kowalska",
        email="old@k.test",
        traits={"Plan": "gold", "Seats": 3},
    )
    url = f"/people/{anna.pk}/edit"
    body = form_of(
        desk, url, email="New@K.test", **{"trait:Seats": "5", "trait:Plan": "", "new_trait": "Shoe", "new_value": "39"}
    )
    response = desk.post(url, body, follow=True)
    anna.refresh_from_db()
    assert (anna.email, anna.display_name) == ("new@k.test", "Anna Kowalska")
    assert anna.traits == {"Seats": 5, "Shoe": "39"}
    assert {name: origin[0] for name, origin in anna.origins.items()} == {
        "email": "manual",
        "Seats": "manual",
        "Shoe": "manual",
    }
    changes = set(TraitChange.objects.values_list("name", "before", "after", "actor_id"))
    replaced = {("email", "old@k.test", "new@k.test"), ("Seats", 3, 5), ("Plan", "gold", None), ("Shoe", None, "39")}
    assert changes == {(*change, mia.pk) for change in replaced}
    assert list(Identifier.objects.values_list("value", flat=True)) == ["new@k.test"]
    assert "new" in anna.search
    assert AuditEntry.objects.filter(verb="change", object_id=str(anna.pk)).count() == 1
    desk.post(undo_url(response))
    anna.refresh_from_db()
    assert (anna.email, anna.traits, anna.origins) == ("old@k.test", {"Plan": "gold", "Seats": 3}, {})
    assert not TraitChange.objects.exists()
    assert list(Identifier.objects.values_list("value", flat=True)) == ["old@k.test"]


def test_saving_a_form_untouched_changes_nothing(desk: Client, mia: Staff) -> None:
    anna = person(
        "Dr. Anna Kowalska",
        mia,
        given_name="Anna",
        family_name="Kowalska",
        country="PL",
        traits={"a": 1.5, "b": [1, 2], "c": False},
    )
    firm = company("Firm", mia, revenue_minor=123_45, currency="EUR", employees=7)
    made = deal(mia, value_minor=50_00, currency="EUR", company_id=firm.pk)

    def stored() -> list[Any]:
        return [Person.objects.values().get(), Company.objects.values().get(), Deal.objects.values().get()]

    before = stored()
    for url in (f"/people/{anna.pk}/edit", f"/companies/{firm.pk}/edit", f"/deals/{made.pk}/edit"):
        assert desk.post(url, form_of(desk, url)).status_code == 302
    assert stored() == before


def test_a_new_person_who_looks_like_a_known_one_is_asked_about(desk: Client, mia: Staff) -> None:
    person("Anna Kowalska", mia, email="anna@k.test")
    hint = desk.get("/people/lookalikes?email=Anna@K.test&phone=", headers={"HX-Request": "true"}).content.decode()
    assert "Anna Kowalska" in hint
    assert "Nobody." in text_of(desk, "/people/lookalikes?email=other@k.test")
    body = form_of(desk, "/people/new", given_name="Ania", email="anna@k.test")
    assert "This looks like somebody you know already" in desk.post("/people/new", body).content.decode()
    assert Person.objects.count() == 1
    made = desk.post("/people/new", {**body, "anyway": "on"})
    assert Person.objects.get(display_name="Ania").owner_id == mia.pk
    assert made["Location"] == f"/people/{Person.objects.get(display_name='Ania').pk}/"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Give at least a name"),
        ({"given_name": "A", "company": "Unknown Ltd"}, "No company of this name is here"),
        ({"given_name": "A", "email": "nonsense"}, "Enter a valid email address"),
    ],
)
def test_a_form_that_makes_no_sense_says_why(desk: Client, changes: dict[str, str], told: str) -> None:
    assert told in desk.post("/people/new", form_of(desk, "/people/new", **changes)).content.decode()
    assert not Person.objects.exists()


def test_a_new_person_is_found_by_company_and_national_phone(desk: Client, mia: Staff) -> None:
    firm = company("Źdźbło sp. z o.o.", mia)
    body = form_of(
        desk, "/people/new", given_name="Ewa", phone="600 100 200", country="pl", company="źdźbło SP. z o.o."
    )
    desk.post("/people/new", body)
    made = Person.objects.get()
    assert (made.company_id, made.phone, made.country) == (firm.pk, "+48600100200", "PL")
    assert "zdzblo" in made.search
    assert Identifier.objects.get(kind="phone").value == "+48600100200"


def test_a_deal_moves_through_stages_as_facts(desk: Client, mia: Staff) -> None:
    made = deal(mia)
    won = next(stage for stage in sales.stage_choices() if stage.status == "won")
    response = desk.post(f"/deals/{made.pk}/stage", {"stage": str(won.id)}, follow=True)
    made.refresh_from_db()
    assert (made.status, made.closed_at is not None) == ("won", True)
    assert [move.after.name for move in StageChange.objects.order_by("id")] == ["New", "Won"]
    desk.post(undo_url(response))
    made.refresh_from_db()
    assert (made.status, made.closed_at) == ("open", None)
    assert StageChange.objects.count() == 1
    assert desk.post(f"/deals/{made.pk}/stage", {"stage": "nonsense"}).status_code == 422


def test_a_deal_is_made_for_a_person_by_link(desk: Client, mia: Staff) -> None:
    anna = person("Anna", mia, email="anna@k.test")
    url = f"/deals/new?person={anna.pk}"
    desk.post(url, form_of(desk, url, title="Big one", value="1250.50", expected_close_on="2030-01-31"))
    made = Deal.objects.get()
    assert (made.person_id, made.value_minor, made.owner_id) == (anna.pk, 125_050, mia.pk)
    assert made.expected_close_on == date(2030, 1, 31)
    by_mail = form_of(desk, "/deals/new", title="Second", contact="ANNA@k.test")
    desk.post("/deals/new", by_mail)
    assert Deal.objects.filter(person=anna).count() == 2
    assert (
        "Nobody with this"
        in desk.post("/deals/new", form_of(desk, "/deals/new", title="X", contact="no@k.test")).content.decode()
    )


def test_only_who_may_assign_gives_deals_to_others(mia: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    made = deal(sam)
    browser_of(sam).post(
        f"/deals/{made.pk}/edit", form_of(browser_of(sam), f"/deals/{made.pk}/edit", owner=str(mia.pk), title="Mine")
    )
    made.refresh_from_db()
    assert (made.owner_id, made.title) == (sam.pk, "Mine")


def test_tasks_are_added_done_and_undone(desk: Client, mia: Staff) -> None:
    anna = person("Anna", mia)
    added = desk.post(f"/people/{anna.pk}/tasks/", {"subject": "Call back", "due_on": "2020-01-31"}, follow=True)
    assert '<time class="small bad" datetime="2020-01-31">' in added.content.decode()
    task = Task.objects.get()
    assert (task.owner_id, task.person_id) == (mia.pk, anna.pk)
    done = desk.post(f"/people/{anna.pk}/tasks/{task.pk}/completion", follow=True)
    task.refresh_from_db()
    assert task.done_at is not None
    assert "Call back" not in done.content.decode()
    desk.post(undo_url(done))
    task.refresh_from_db()
    assert task.done_at is None
    desk.post(undo_url(added))
    assert not Task.objects.exists()
    assert desk.post(f"/people/{anna.pk}/tasks/", {"subject": " "}).status_code == 422


@pytest.mark.parametrize(("kind", "plural"), [("person", "people"), ("company", "companies"), ("deal", "deals")])
def test_a_record_is_archived_and_comes_back(desk: Client, mia: Staff, kind: str, plural: str) -> None:
    about = {"person": lambda: person("Anna", mia), "company": lambda: company("Firm", mia), "deal": lambda: deal(mia)}[
        kind
    ]()
    response = desk.post(f"/{plural}/{about.pk}/archive", follow=True)
    about.refresh_from_db()
    assert about.archived_at is not None
    assert "Archived" in response.content.decode()
    desk.post(undo_url(response))
    about.refresh_from_db()
    assert about.archived_at is None


def test_records_out_of_scope_are_not_found_and_not_changed(mia: Staff) -> None:
    sam = browser_of(hire("Sam", "salesperson", "own"))
    anna, firm, made = person("Anna", mia), company("Firm", mia), deal(mia)
    task = Task.objects.create(subject="Call", owner=mia, person=anna)
    won = next(stage for stage in sales.stage_choices() if stage.status == "won")
    for path in (f"people/{anna.pk}", f"companies/{firm.pk}", f"deals/{made.pk}"):
        assert sam.get(f"/{path}/").status_code == 404
        assert sam.get(f"/{path}/edit").status_code == 404
        assert sam.get(f"/{path}/timeline").status_code == 404
        assert sam.post(f"/{path}/edit", {"title": "x"}).status_code == 404
        assert sam.post(f"/{path}/archive").status_code == 404
        assert sam.post(f"/{path}/tasks/", {"subject": "x"}).status_code == 404
        assert sam.post(f"/{path}/tasks/{task.pk}/completion").status_code == 404
    assert sam.post(f"/deals/{made.pk}/stage", {"stage": str(won.id)}).status_code == 404
    assert list(Task.objects.values_list("subject", "done_at")) == [("Call", None)]
    assert not Person.objects.exclude(archived_at=None).exists()
    assert Deal.objects.get().status == "open"


def test_search_finds_everything_the_reader_may_see(desk: Client, mia: Staff) -> None:
    firm = company("Kowal Works", mia, city="Kraków")
    anna = person("Anna Kowalska", mia, company=firm)
    made = deal(mia, "Kowalska renewal")
    text = text_of(desk, "/search?q=kowal")
    for told in (f'href="/people/{anna.pk}/"', f'href="/companies/{firm.pk}/"', f'href="/deals/{made.pk}/"'):
        assert told in text
    assert 'href="/deals/"' in text_of(desk, "/search?q=deal")
    assert "Nothing found" in text_of(desk, "/search?q=zzz")
    sam = browser_of(hire("Sam", "salesperson", "own"))
    assert "Kowal" not in re.sub(r'value="[^"]*"', "", text_of(sam, "/search?q=kowal")).replace("kowal", "")
    part = desk.get("/search?q=kowal", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="search-results"')
    assert "data-group>People<" in part


def test_search_costs_at_most_six_queries(desk: Client, mia: Staff) -> None:
    person("Anna Kowalska", mia, company=company("Kowal", mia))
    assert queries_of(desk, "/search?q=kowal") - DOOR == 5


def test_reasons_are_fetched_when_a_score_is_opened(desk: Client, mia: Staff) -> None:
    anna = scored(person("Anna", mia, lead_status="open"))
    listed = text_of(desk, "/people/")
    assert f'hx-get="/people/{anna.pk}/score"' in listed
    assert "Competitor: Brewmatic" not in listed
    part = desk.get(f"/people/{anna.pk}/score", headers={"HX-Request": "true"}).content.decode()
    assert "Competitor: Brewmatic" in part
    assert "<html" not in part
    assert "72%" in text_of(desk, f"/people/{anna.pk}/score")
    assert desk.get(f"/people/{person('Other', mia).pk}/score").status_code == 404
    sam = browser_of(hire("Sam", "salesperson", "own"))
    assert sam.get(f"/people/{anna.pk}/score").status_code == 404


def test_replaced_values_are_told_in_words(desk: Client, mia: Staff) -> None:
    firm, other, anna = company("Firm A", mia), company("Firm B", mia), person("Anna Kowal", mia)
    moment = "2026-01-02T03:04:05+00:00"
    rows = [
        ("company_id", str(firm.pk), str(other.pk)), ("owner_id", str(mia.pk), None), ("archived_at", None, moment),
        ("lead_status", "open", "lost"), ("cups_a_day", 3, 4), ("job_title", "", "Barista"), ("seen", None, moment),
    ]  # fmt: skip
    for name, before, after in rows:
        TraitChange.objects.create(profile_kind="person", profile_id=anna.pk, name=name, before=before, after=after)
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text_of(desk, f"/people/{anna.pk}/")))
    for expected in (
        "Company: Firm A → Firm B", f"Owner: {mia.name} → Nobody", "Archived: no → yes",
        "Lead status: Open lead → Lost", "cups a day: 3 → 4", "→ Barista",
    ):  # fmt: skip
        assert expected in told
    assert "archived_at" not in told
    assert "2026-01-02T03:04" not in told


def test_a_company_out_of_sight_can_neither_be_given_nor_is_it_lost(mia: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    secret, anna = company("Hidden Ltd", mia), person("Anna Kowal", sam, email="anna@k.test")
    with pytest.raises(NotFound):
        people.change_person(principal_of(sam), anna.pk, {"company_id": secret.pk})
    with pytest.raises(NotFound):
        people.create_person(principal_of(sam), {"given_name": "Bob", "company_id": secret.pk})
    Person.objects.filter(pk=anna.pk).update(company=secret)
    client, url = browser_of(sam), f"/people/{anna.pk}/edit"
    assert client.post(url, form_of(client, url, job_title="Barista")).status_code == 302
    anna.refresh_from_db()
    assert (anna.company_id, anna.job_title) == (secret.pk, "Barista")


def test_two_people_are_made_one_and_two_again(desk: Client, mia: Staff) -> None:
    anna, ania = person("Anna Kowalska", mia), person("Ania K", mia)
    happened(ania, 1, "call")
    there = f"/people/{anna.pk}/"
    assert desk.post(f"{there}merge", {"other": "nobody"}).status_code == 422

    assert desk.post(f"{there}merge", {"other": f"http://x/people/{ania.pk}/"}).url == there

    text = text_of(desk, there)
    assert "Ania K" in text and "merged by hand" in text and "Unmerge" in text
    assert desk.get(f"/people/{ania.pk}/").url == there
    assert str(ania.pk) not in text_of(desk, "/people/")
    made = Merge.objects.get()
    assert desk.post(f"{there}merges/{made.pk}/revocation").url == there
    assert desk.get(f"/people/{ania.pk}/").status_code == 200
