"""What will be won: the page, its age, its scope, and a stage that moves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.models import Staff
from amity.base.models import JobRun
from amity.sales import contacts_forecast
from amity.sales.forecasting import LEARN, learn_all
from amity.sales.forecasting_tasks import learn
from amity.sales.models import Deal, ForecastKept, ForecastModel, Pipeline, Stage

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def _house(client: Client, **staff: Any) -> list[Stage]:
    """A manager at home, and a pipeline."""
    Staff.objects.create(email="root@example.com", name="Root", role="administrator", scope="all", password="x")
    terms = {"role": "manager", "scope": "all", **staff}
    client.force_login(
        Staff.objects.create(email="m@example.com", name="Mara", password="x", **terms),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    pipeline = Pipeline.objects.create(name="Sales")
    names = (("New", "open"), ("Offer", "open"), ("Contract", "open"), ("Won", "won"), ("Lost", "lost"))
    return [Stage.objects.create(pipeline=pipeline, name=n, position=i, status=s) for i, (n, s) in enumerate(names)]


def _deals(stages: list[Stage], decided: int, still: int) -> list[Deal]:
    """Two of three won, 10 to 60 days after opening, one opened every three days."""
    now = datetime.now(UTC)
    rows = []
    for number in range(decided + still):
        stage = stages[0] if number >= decided else stages[3 if number % 3 else 4]
        opened = now - timedelta(days=3 * (decided - number) + 61 if number < decided else 20)
        closed = opened + timedelta(days=10 + number * 7 % 50) if number < decided else None
        rows.append(
            Deal(title=f"Deal {number}", stage=stage, status=stage.status, value_minor=100_000, currency="EUR",
                 opened_at=opened, closed_at=closed)
        )  # fmt: skip
    return Deal.objects.bulk_create(rows)


def _likely(client: Client, **query: str) -> int:
    found = re.search(r'data-forecast="(\d+)"', client.get(reverse("forecast"), query).content.decode())
    assert found is not None
    return int(found[1])


def test_a_house_without_deals_is_told_what_to_do(client: Client) -> None:
    _house(client)
    assert "No deals yet" in client.get(reverse("forecast")).content.decode()


def test_a_few_decided_deals_make_no_forecast(client: Client) -> None:
    stages = _house(client)
    _deals(stages, 12, 3)
    learn_all()
    assert "No forecast yet" in client.get(reverse("forecast")).content.decode()


def test_the_first_look_has_it_learned_in_the_background_once(client: Client) -> None:
    stages = _house(client)
    _deals(stages, 60, 12)
    for _look in range(2):
        assert "The forecast is being learned" in client.get(reverse("forecast")).content.decode()
    assert not ForecastModel.objects.exists()
    run = JobRun.objects.get(kind=LEARN)
    learn(job_run_id=str(run.pk))
    assert JobRun.objects.get(pk=run.pk).state == JobRun.State.DONE
    assert _likely(client) > 0
    assert "being learned" not in client.get(reverse("forecast")).content.decode()


@pytest.mark.slow
def test_a_stage_that_moves_changes_the_forecast(client: Client) -> None:
    stages = _house(client)
    deal = _deals(stages, 60, 12)[-1]
    learn_all()
    before = _likely(client)
    client.post(reverse("deal_stage", args=[deal.pk]), {"stage": str(stages[2].pk)})
    further = _likely(client)
    client.post(reverse("deal_stage", args=[deal.pk]), {"stage": str(stages[3].pk)})
    assert before < further < _likely(client)


def test_rows_out_of_sight_are_not_counted(client: Client) -> None:
    stages = _house(client, role="salesperson", scope="own")
    _deals(stages, 60, 12)
    assert "No deals yet" in client.get(reverse("forecast")).content.decode()


@pytest.mark.slow
def test_forecasts_are_kept_and_the_past_is_held_against_what_happened(client: Client) -> None:
    from amity.sales import forecasting_kept

    stages = _house(client)
    _deals(stages, 90, 12)
    assert forecasting_kept.keep_today() > 0
    kept = ForecastKept.objects.filter(scope="all")
    assert kept.filter(happened=None, replayed=False).count() == 4
    over = kept.exclude(happened=None)
    assert over.count() >= 3
    assert forecasting_kept.keep_today() == 0 or kept.filter(replayed=False).count() == 4
    assert "Earlier forecasts" in client.get(reverse("forecast")).content.decode()


@pytest.mark.slow
def test_a_deal_says_when_it_is_won_and_shows_the_deals_most_like_it(client: Client) -> None:
    stages = _house(client)
    deal = _deals(stages, 150, 4)[-1]
    learn_all()
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", client.get(reverse("deal", args=[deal.pk])).content.decode()))
    assert re.search(r"won \d+% \(\d+% to \d+%\), lost \d+%, still open \d+%", told)
    assert "Past deals most like it" in told


def test_with_few_decided_deals_nothing_is_said(client: Client) -> None:
    stages = _house(client)
    deal = _deals(stages, 6, 1)[-1]
    told = client.get(reverse("deal", args=[deal.pk])).content.decode()
    assert "Too few decided deals to say when this one ends." in told


def _calls(days: int, an_hour: int) -> None:
    """Calls from nine to five, twice as many on Mondays."""
    from amity.base.ids import new_id
    from amity.events.models import Event

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = []
    for back in range(1, days + 1):
        day = midnight - timedelta(days=back)
        for hour in range(9, 17):
            for _call in range(an_hour * (2 if day.weekday() == 0 else 1)):
                key = new_id()
                rows.append(Event(id=key, kind="call", name="call", source="t", message_id=str(key),
                                  occurred_at=day + timedelta(hours=hour, minutes=5)))  # fmt: skip
    Event.objects.bulk_create(rows, batch_size=1000)


@pytest.mark.slow
def test_contacts_of_the_next_seven_days_are_told_by_hour(client: Client) -> None:
    _house(client)
    _calls(49, 2)
    assert contacts_forecast.keep() == 1
    mara = access.principal_of(Staff.objects.get(name="Mara"))
    secret = access.create_token(mara, "shop", ["deals:read"])[1]
    told = Client().get("/v1/forecasts/contacts", headers={"Authorization": f"Bearer {secret}"}).json()[0]
    assert (told["channel"], len(told["days"])) == ("call", 7)
    for day in told["days"]:
        monday = datetime.fromisoformat(day["day"]).weekday() == 0
        values = {hour["hour"]: hour["value"] for hour in day["hours"]}
        assert values[3] == 0
        assert values[10] == pytest.approx(4 if monday else 2, abs=0.3)
        assert all(hour["low"] <= hour["value"] <= hour["high"] for hour in day["hours"])
    assert "Calls per hour, next seven days" in client.get(reverse("forecast")).content.decode()


def test_few_contacts_make_no_forecast_and_own_rows_do_not_show_the_house(client: Client) -> None:
    _house(client)
    _calls(8, 1)
    assert contacts_forecast.keep() == 0
    assert "Too little to say" in client.get(reverse("forecast")).content.decode()
    Staff.objects.filter(name="Mara").update(role="salesperson", scope="own")
    assert "Too little to say" not in client.get(reverse("forecast")).content.decode()
