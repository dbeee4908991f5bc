"""Limits of refunds are kept by the manager on the complaints' settings, audited, undone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.models import AuditEntry
from amity.access.tests.staffing import hire
from amity.base.models import UndoStep
from amity.desk import refunds

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_limit_is_set_changed_removed_and_each_is_audited_and_undone() -> None:
    boss = Client()
    boss.force_login(hire("Boss", "administrator", "all"))
    page = reverse("complaint_limits")
    assert boss.post(page, {"role": "manager", "currency": "eur", "amount": "99,50"}).status_code == 302
    assert refunds.limits() == [{"role": "manager", "currency": "EUR", "amount_minor": 9_950}]
    assert "99.50" in boss.get(reverse("complaint_rules")).content.decode()
    assert boss.post(page, {"role": "manager", "currency": "JPY", "amount": "5000"}).status_code == 302
    assert refunds.limits()[1]["amount_minor"] == 5_000, "a currency without cents"
    assert boss.post(page, {"role": "manager", "currency": "EUR", "amount": "120"}).status_code == 302
    changed = UndoStep.objects.latest("id").group_id
    assert boss.post(page, {"role": "manager", "currency": "EUR", "verb": "remove"}).status_code == 302
    removed = UndoStep.objects.latest("id").group_id
    assert len(refunds.limits()) == 1
    for group in (removed, changed):
        assert boss.post(reverse("undo", args=[group])).status_code == 302
    assert refunds.limits()[0]["amount_minor"] == 9_950
    kept = AuditEntry.objects.filter(object_kind="refund_limit")
    assert [each.verb for each in kept.order_by("seq")] == ["save", "save", "save", "save", "undo", "undo"]


@pytest.mark.parametrize(
    "wrong",
    [{"role": "agent"}, {"currency": "EURO"}, {"currency": "12!"}, {"amount": "-1"}, {"amount": "much"}],
)
def test_what_is_no_limit_is_refused(wrong: dict[str, str]) -> None:
    boss = Client()
    boss.force_login(hire("Boss", "manager", "all"))
    told = {"role": "manager", "currency": "EUR", "amount": "10", **wrong}
    assert boss.post(reverse("complaint_limits"), told).status_code == 422
    assert refunds.limits() == []


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"amount": "50"}, 302), ({"amount": "100"}, 302), ({"amount": "101"}, 403), ({"verb": "remove"}, 403),
        ({"currency": "USD", "amount": "1"}, 403), ({"role": "administrator", "amount": "7"}, 302),
    ],
)  # fmt: skip
def test_a_manager_lowers_but_never_raises_what_managers_may_approve(told: dict[str, str], status: int) -> None:
    boss = Client()
    boss.force_login(hire("Boss", "manager", "all"))
    page = reverse("complaint_limits")
    assert boss.post(page, {"role": "manager", "currency": "EUR", "amount": "100"}).status_code == 302, "the first one"
    assert boss.post(page, {"role": "manager", "currency": "EUR", **told}).status_code == status
    own = [each["amount_minor"] for each in refunds.limits() if each["role"] == "manager"]
    assert own == [5_000 if told.get("amount") == "50" else 10_000]
