"""The card “What to do next” on the pages: shown, accepted, refused, with undo in the toast; the API says the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.base.errors import NotFound
from amity.journeys import answers
from amity.journeys.models import Action, Decision
from amity.sales.models import Deal, Task
from amity.sales.tests.test_next_action import history, mia, model, offer

__all__ = ["history", "mia", "model", "offer"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def desk(mia: access.Principal) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=mia.staff_id))
    return client


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_the_card_is_answered_from_the_pages_of_the_deal_and_of_its_person(
    desk: Client, offer: Callable[..., Deal]
) -> None:
    deal = offer()
    home, page, person = "/", f"/deals/{deal.pk}/", f"/people/{deal.person_id}/"
    assert all("Call Anna Kowalska" in text(desk, url) for url in (home, page, person))
    row = Decision.objects.latest("id")
    answer: Any = desk.post(f"/proposals/{row.pk}/acceptance", {"from": page, "kind": "mail"}, follow=True)
    assert "Accepted: Mail" in unescape(answer.content.decode())
    assert "Hello Anna," in text(desk, page)
    undo = re.search(r'data-undo="([^"]+)"', answer.content.decode())
    assert undo
    desk.post(undo.group(1))
    assert "Hello Anna," not in text(desk, page)
    again = Decision.objects.latest("id")
    desk.post(f"/proposals/{again.pk}/refusal", {"from": "https://elsewhere.example", "reason": "not_now"})
    assert Decision.objects.get(pk=again.pk).state == "refused"
    assert "Call Anna Kowalska" not in text(desk, page)
    assert desk.post(f"/proposals/{again.pk}/acceptance").status_code == 409
    assert not Task.objects.filter(deal=deal).exists()


def test_a_draft_is_sent_from_the_card_and_a_bad_date_is_refused(desk: Client, offer: Callable[..., Deal]) -> None:
    deal = offer()
    text(desk, f"/deals/{deal.pk}/")
    row = Decision.objects.latest("id")
    assert desk.post(f"/proposals/{row.pk}/acceptance", {"due_on": "soon"}).status_code == 422
    desk.post(f"/proposals/{row.pk}/acceptance", {"kind": "mail", "subject": "The ovens"})
    draft = Action.objects.get()
    assert draft.details["subject"] == "The ovens"
    desk.post(f"/actions/{draft.pk}/sending", {"from": f"/deals/{deal.pk}/"})
    assert Action.objects.get().state == "sent"


def test_the_api_proposes_takes_answers_and_replays(mia: access.Principal, offer: Callable[..., Deal]) -> None:
    deal = offer()
    _pk, secret = access.create_token(mia, "t", ["people:read", "deals:read", "models:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    found = client.get(f"/v1/deals/{deal.pk}/proposals").json()
    assert [each["kind"] for each in found] == ["call"]
    url = f"/v1/decisions/{found[0]['id']}/replay"
    assert client.get(url).json() == {"stored": "call", "replayed": "call", "same": True}
    assert client.get(f"/v1/people/{deal.person_id}/proposals").json() == []  # no open lead


def test_a_decision_is_replayed_only_for_who_sees_its_deal(mia: access.Principal, offer: Callable[..., Deal]) -> None:
    deal = offer()
    desk = Client()
    desk.force_login(Staff.objects.get(pk=mia.staff_id))
    text(desk, f"/deals/{deal.pk}/")
    pk = Decision.objects.latest("id").pk
    stranger = access.principal_of(hire("Eve", "manager", scope="own"))
    with pytest.raises(NotFound):
        answers.replay(stranger, pk)
    assert answers.replay(mia, pk) == ("call", "call")
    done = answers.accept(mia, pk)
    Decision.objects.all().delete()
    with pytest.raises(NotFound):
        undo.put_back(mia, done.group)
