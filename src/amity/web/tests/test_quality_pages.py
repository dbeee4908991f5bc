"""Data quality as a steward uses it: numbers, proposals one by one and all at once, the log, stale values; the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.people import api as people
from amity.people import changes, quality_apply, quality_marks, quality_numbers, quality_weekly
from amity.people.models import Correction, CorrectionRule, Person
from amity.sales import api as sales
from amity.sales.models import Deal, Stage
from amity.web.tests.records import browser_of, queries_of

pytestmark = pytest.mark.django_db
PAGES = ("/quality/", "/quality/problems/name_case/", "/quality/log/", "/quality/stale/", "/quality/week/")


def quiet(done: int, total: int | None = None, stage: str = "") -> None:
    return


@pytest.fixture
def steward() -> Staff:
    return hire("Stella", "steward")


@pytest.fixture
def browser(steward: Staff) -> Client:
    return browser_of(steward)


def shouting(count: int, **more: Any) -> list[Person]:
    made = []
    for n in range(count):
        values = {"given_name": "JAN", "family_name": f"KOWALSKI{'X' * n}", "email": f"jan{n}@firma.test"} | more
        made.append(Person.objects.get(pk=changes.create_person(access.SYSTEM, values)))
    people.quality.scan(quiet)
    return made


def told(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def ids() -> list[str]:
    return [str(pk) for pk in Correction.objects.filter(kind="name_case").order_by("pk").values_list("pk", flat=True)]


def test_empty_pages_say_what_comes_next(browser: Client) -> None:
    assert "Nothing was measured yet" in told(browser, "/quality/")
    assert "Nothing of this kind is open" in told(browser, "/quality/problems/name_case/")
    assert "Nothing was decided yet" in told(browser, "/quality/log/")
    assert "Nothing speaks against any value" in told(browser, "/quality/stale/")
    assert "Nothing changed" in told(browser, "/quality/week/")
    assert browser.get("/quality/problems/nonsense/").status_code == 404


def test_a_proposal_is_shown_with_its_reason_accepted_and_undone(browser: Client) -> None:
    (one,) = shouting(1)
    quality_numbers.measure()
    home = told(browser, "/quality/")
    assert "Capitals or small letters" in home and "Incomplete" in home
    cards = told(browser, "/quality/problems/name_case/")
    assert "KOWALSKI" in cards and "Kowalski" in cards.replace("<mark>", "").replace("</mark>", "")
    assert "It is written in capitals throughout." in cards and "97%" in cards
    (pk,) = ids()
    body = {"verb": "accept", "from": "/quality/log/"}
    answer = browser.post(f"/quality/corrections/{pk}/decision", body, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [("/quality/log/", 302)]
    assert "1 value repaired" in page and f"/quality/corrections/{pk}/reversal" in page and "Stella" in page
    one.refresh_from_db()
    assert one.display_name == "Jan Kowalski"
    page = browser.post(f"/quality/corrections/{pk}/reversal", follow=True).content.decode()
    assert "1 repair taken back" in page
    one.refresh_from_db()
    assert one.display_name == "JAN KOWALSKI"
    assert browser.post(f"/quality/corrections/{pk}/reversal").status_code == 404
    assert browser.post(f"/quality/corrections/{pk}/decision", {"verb": "explode"}).status_code == 422


def test_a_form_leads_back_to_our_own_pages_only(browser: Client) -> None:
    shouting(1)
    (pk,) = ids()
    for place in ("https://elsewhere.test/", "//elsewhere.test/", "/quality/\\elsewhere", "/settings/"):
        Correction.objects.update(state="proposed")
        answer = browser.post(f"/quality/corrections/{pk}/decision", {"verb": "refuse", "from": place})
        assert answer.headers["Location"] == "/quality/"


@pytest.mark.slow
def test_many_are_decided_by_ticks_by_a_job_and_by_a_rule(browser: Client, steward: Staff) -> None:
    shouting(3)
    first, second, third = ids()
    page = browser.post("/quality/corrections/decisions", {"verb": "accept", "ids": [first, second]}, follow=True)
    assert "2 values repaired" in page.content.decode()
    principal = access.principal_of(steward)
    assert quality_apply.open_of(principal, "name_case", "") == [Correction.objects.get(pk=third).pk]
    assert browser.post("/quality/corrections/all", {"verb": "accept", "kind": "name_case"}).status_code == 302
    assert browser.post("/quality/rules", {"kind": "name_case", "source": "manual"}).status_code == 302
    rule = CorrectionRule.objects.get()
    assert quality_apply.run_rule(rule) == 1
    home = told(browser, "/quality/")
    assert "version 1" in home and "Take all back" in home
    assert "Rule, version 1" in told(browser, "/quality/log/")
    assert browser.post(f"/quality/rules/{rule.pk}/end", {"reverse": "on"}).status_code == 302
    assert not CorrectionRule.objects.get().active
    assert browser.post("/quality/scans").status_code == 302


@pytest.mark.slow
def test_pages_cost_the_same_however_much_there_is(browser: Client) -> None:
    def costs() -> list[int]:
        return [queries_of(browser, url) for url in PAGES]

    shouting(2)
    quality_numbers.measure()
    quality_apply.accept(access.SYSTEM, quality_apply.open_of(access.SYSTEM, "name_case", "")[:1])
    mark = Person.objects.first()
    assert mark is not None
    quality_marks.mark(mark.pk, "email", mark.email, "bounced")
    few = costs()
    people_made = shouting(12, family_name="NOWAK")
    quality_apply.accept(access.SYSTEM, quality_apply.open_of(access.SYSTEM, "name_case", "")[:6])
    for each in people_made:
        quality_marks.mark(each.pk, "email", each.email, "bounced")
    assert costs() == few


def test_values_in_doubt_are_confirmed_from_the_person_page(browser: Client) -> None:
    (one,) = shouting(1)
    quality_marks.mark(one.pk, "email", one.email, "bounced", evidence="550 user unknown")
    page = told(browser, f"/people/{one.pk}/")
    assert "mail came back" in page and "Confirm at next contact" in page and "1 repair is proposed" in page
    assert "550 user unknown" in told(browser, "/quality/stale/")
    answer = browser.post(f"/people/{one.pk}/values/email/confirmation")
    assert answer.headers["Location"] == f"/people/{one.pk}/"
    page = told(browser, f"/people/{one.pk}/")
    assert "Confirm at next contact" not in page and "Verified" in page  # one thing with the golden record
    browser.post(f"/people/{one.pk}/doubts", {"signal": "bounced", "evidence": "it came back once more"})
    assert "it came back once more" in told(browser, "/quality/stale/")
    assert browser.post(f"/people/{one.pk}/doubts", {"signal": "haunted"}).status_code == 422
    assert browser.post(f"/people/{one.pk}/values/job_title/confirmation").status_code == 422


def test_the_week_shows_what_changed_on_my_records(browser: Client, steward: Staff) -> None:
    (one,) = shouting(1)
    Person.objects.filter(pk=one.pk).update(owner=steward)
    changes.change_person(access.principal_of(steward), one.pk, {"city": "Berlin"})
    quality_weekly.write(quality_weekly.monday(timezone.now().date()))
    page = told(browser, "/quality/week/")
    assert "Berlin" in page and "JAN KOWALSKI" in page and "Stella" in page


def test_deals_have_their_own_kinds(browser: Client) -> None:
    firm = changes.create_company(access.SYSTEM, {"name": "Hotel Adler GmbH"})
    right = next(each for each in sales.stage_choices() if len(each.name) > 5 and each.status == "open")
    wrong = Stage.objects.create(pipeline=Stage.objects.get(pk=right.id).pipeline, name=right.name + right.name[-1],
                                 position=99)  # fmt: skip
    for n in range(8):
        sales.create_deal(access.SYSTEM, {"title": f"Deal {n}", "company_id": firm, "stage_id": right.id})
    slipped = sales.create_deal(access.SYSTEM, {"title": "Slipped", "company_id": firm, "stage_id": wrong.pk})
    orphan = sales.create_deal(access.SYSTEM, {"title": "Barista One, Hotel Adler GmbH"})
    people.quality.scan(quiet)
    found = {c.kind: c for c in Correction.objects.filter(target_kind="deal")}
    assert (found["deal_stage"].target_id, found["deal_orphan"].target_id) == (slipped, orphan)
    assert "Hotel Adler GmbH" in told(browser, "/quality/problems/deal_orphan/")
    assert right.name in told(browser, "/quality/problems/deal_stage/")
    before = list(Deal.objects.order_by("pk").values())
    outcome = people.quality.accept(access.SYSTEM, [c.pk for c in found.values()])
    assert outcome.done == 2
    assert Deal.objects.get(pk=slipped).stage_id == right.id and Deal.objects.get(pk=orphan).company_id == firm
    people.quality.reverse(access.SYSTEM, [c.pk for c in found.values()])
    assert list(Deal.objects.order_by("pk").values()) == before


def test_the_api_reads_decides_and_takes_back(steward: Staff) -> None:
    (one,) = shouting(1)
    quality_numbers.measure()
    secret = access.create_token(access.principal_of(steward), "quality", sorted(access.SCOPES))[1]
    client = Client()
    sent: Any = {"headers": {"Authorization": f"Bearer {secret}"}, "content_type": "application/json"}
    (people_numbers,) = [n for n in client.get("/v1/quality/numbers", **sent).json() if n["noun"] == "person"]
    assert people_numbers["total"] == 1
    assert {n["key"] for n in people_numbers["numbers"]} == {"incomplete", "duplicate", "stale"}
    assert next(k for k in client.get("/v1/quality/kinds", **sent).json() if k["key"] == "name_case")["ready"] == 1
    (proposal,) = client.get("/v1/quality/proposals?kind=name_case", **sent).json()["items"]
    assert proposal["changes"][0] == {"field": "First name", "before": "JAN", "after": "Jan"}
    body = {"verb": "accept", "ids": [proposal["id"]]}
    assert client.post("/v1/quality/decisions", body, **sent).json()["done"] == 1
    (entry,) = client.get("/v1/quality/corrections?limit=1", **sent).json()["items"]
    assert (entry["state"], entry["by"]) == ("applied", steward.name)
    assert client.post("/v1/quality/decisions", body | {"verb": "reverse"}, **sent).json()["done"] == 1
    made = client.post("/v1/quality/rules", {"kind": "name_case"}, **sent)
    assert made.status_code == 201 and client.get("/v1/quality/rules", **sent).json()[0]["version"] == 1
    assert client.post(f"/v1/quality/rules/{made.json()['id']}/end", **sent).status_code == 204
    mail = {"text": "Regards\nJan Kowalski\nHead of purchasing\n+48 601 200 300"}
    found = client.post(f"/v1/people/{one.pk}/signature", mail, **sent).json()["ids"]
    assert {c.field for c in Correction.objects.filter(pk__in=found)} == {"job_title", "phone"}
    assert {s["field"] for s in client.get(f"/v1/people/{one.pk}/standing", **sent).json()} == {"email"}
    assert client.post(f"/v1/people/{one.pk}/confirmations", {"field": "email"}, **sent).status_code == 204
    assert client.get("/v1/quality/corrections?cursor=nonsense", **sent).status_code == 400
