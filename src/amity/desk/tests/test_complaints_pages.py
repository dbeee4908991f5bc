"""Complaints from the first word to the refund, on their pages."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base.models import UndoStep
from amity.desk import complaints_pages
from amity.desk.models import Complaint, ComplaintPaper, Refund, StatutoryRule
from amity.desk.tests.talking import customer, heard
from amity.desk.tests.test_complaints import rules

assert rules  # a fixture that every test here has

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def signed_in(name: str, role: str = "manager") -> Client:
    found = Client()
    found.force_login(hire(name, role, "all"))
    return found


def said(client: Client, url: str, **data: object) -> str:
    answer = client.post(url, data, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:2_000]
    return str(answer.content.decode())


def test_a_complaint_is_written_down_looked_into_decided_and_answered() -> None:
    ann, mara = signed_in("Ann", "agent"), signed_in("Mara")
    talk = heard(person_id=customer(country="PL")).conversation_id
    card = reverse("conversation_complaint", args=[talk])
    assert "No complaints here" in ann.get(reverse("complaints")).content.decode()
    assert "Write down a complaint" in ann.get(card).content.decode()
    shown = said(ann, card, kind="goods", words="It leaks\nbadly", wanted="A new one")
    assert "Poland, consumers" in shown
    assert "a photo of the fault" in shown
    row = Complaint.objects.get()
    one, papers = reverse("complaint", args=[row.pk]), reverse("complaint_papers", args=[row.pk])
    steps = reverse("complaint_steps", args=[row.pk])
    assert f"Complaint {row.number}" in ann.get(card).content.decode()
    assert "still need" in ann.get(one).content.decode()
    assert "Customer asked" in said(ann, papers, verb="ask")
    assert ann.post(steps, {"step": "decide", "decision": "upheld", "words": "x"}).status_code == 403
    for paper in ComplaintPaper.objects.all():
        said(ann, papers, verb="waived", paper=paper.pk)
    said(ann, papers, verb="add", name="the box")
    client_undo = reverse("undo", args=[UndoStep.objects.order_by("-id")[0].group_id])
    ann.post(client_undo)
    assert ComplaintPaper.objects.count() == 3
    said(ann, steps, step="investigate")
    assert "Upheld" in said(mara, steps, step="decide", decision="upheld", words="Our fault")
    money = reverse("complaint_refunds", args=[row.pk])
    said(mara, money, amount="49,90", currency="eur", reason="Broken")
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.currency) == (4_990, "EUR")
    to = reverse("refund", args=[refund.pk])
    assert "Somebody else has to decide it" in mara.get(one).content.decode()
    assert mara.post(to, {"verb": "approve"}).status_code == 403
    assert mara.post(to, {"verb": "eat"}).status_code == 422
    assert Refund.objects.get().state == "proposed", "what nobody knows is not taken for a step"
    assert "Refunds that wait" in ann.get(reverse("complaints")).content.decode()
    tom = signed_in("Tom")
    said(tom, to, verb="approve")
    said(tom, to, verb="pay", ref="T-1")
    assert "T-1" in said(tom, to, verb="pay", ref="T-1")
    said(mara, steps, step="answer", text="You are right.")
    assert "Closed" in said(mara, steps, step="close")
    thread = ann.get(reverse("conversation", args=[talk])).content.decode()
    assert f"Complaint {row.number}: Decided" in thread
    assert "Refund of €49.90: Paid" in thread
    assert str(row.pk) in ann.get(reverse("complaints") + "?state=closed").content.decode()


def test_a_manager_changes_the_clocks_of_law() -> None:
    mara = signed_in("Mara")
    url = reverse("complaint_rules")
    shown = said(
        mara, url, name_en="Ours", name_de="Unsere", days="7", unit="business", countries="us, CA", kind="goods"
    )
    assert "Ours" in shown
    row = StatutoryRule.objects.get(days=7)
    assert (row.countries, row.kinds, row.rolls, row.names) == (
        ["US", "CA"],
        ["goods"],
        False,
        {"en": "Ours", "de": "Unsere"},
    )
    assert mara.post(reverse("complaint_rule", args=[row.pk]), {"days": "x", "name_en": "a"}).status_code == 422
    said(mara, reverse("complaint_rule", args=[row.pk]), verb="archive")
    row.refresh_from_db()
    assert row.archived_at is not None


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("12,50", "EUR", 1250), ("1 000", "JPY", 1000), ("7", "KWD", 7000)]
)
def test_amounts_are_read_as_typed(text: str, currency: str, minor: int) -> None:
    assert complaints_pages.minor_of(text, currency) == minor


def test_the_api_goes_the_same_way() -> None:
    tom = hire("Tom", "manager", "all")
    _id, token = access.create_token(access.principal_of(tom), "t", ["desk:read", "desk:write"])[:2]
    client = Client(headers={"authorization": f"Bearer {token}"})
    talk = heard(person_id=customer(country="RU")).conversation_id

    def sent(path: str, **body: object) -> dict[str, object]:
        answer = client.post(f"/v1{path}", json.dumps(body), content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
        return dict(answer.json())

    made = sent("/complaints", conversation_id=str(talk), kind="service", words="Slow")
    one = f"/complaints/{made['id']}"
    assert sent(f"{one}/steps", step="investigate")["state"] == "investigating"
    refund = sent(f"{one}/refunds", amount_minor=100, currency="EUR", reason="Slow")
    assert sent(f"/refunds/{refund['id']}/moves", move="take")["state"] == "taken"
    assert [each["id"] for each in client.get("/v1/complaints").json()] == [made["id"]]
    assert client.get(f"/v1{one}").json()["country"] == "RU"
