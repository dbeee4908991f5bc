"""Home and readiness as a manager sees them: empty, with data, without a signal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amity.access.models import Staff
from amity.base import clock
from amity.intelligence import api as intelligence
from amity.people.models import Company, Person
from amity.sales import api as sales
from amity.sales.learning import Deals as DealOutcomes
from amity.sales.models import Deal, Stage
from amity.web import cli_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    cache.clear()
    Staff.objects.create(email="root@example.com", name="Root", role="administrator", scope="all", password="x")
    staff = Staff.objects.create(email="m@example.com", name="Mara", role="manager", scope="all", password="x")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _deals(won: int, lost: int, still_open: int) -> None:
    """Deals whose outcome nothing tells."""
    sales.stage_choices()
    stages = {stage.status: stage for stage in Stage.objects.order_by("-position")}
    person = Person.objects.create(display_name="Zofia Nowak", email="zofia@firma.example")
    start = clock.now() - timedelta(days=400)
    for number, status in enumerate(["won"] * won + ["lost"] * lost + ["open"] * still_open):
        opened = start + timedelta(days=(number * 37) % 300)
        Deal.objects.create(
            title=f"Deal {number}", person=person, stage=stages[status], status=status, currency="EUR",
            value_minor=100_00 * (1 + number % 7), opened_at=opened,
            closed_at=None if status == "open" else opened + timedelta(days=number % 30),
        )  # fmt: skip


def test_an_empty_house_says_what_to_do_next(manager: Client) -> None:
    assert "Bring your customers in" in manager.get("/").content.decode()
    assert "Nothing to measure yet" in manager.get("/readiness/").content.decode()


def test_readiness_raises_an_alarm_when_events_are_not_followed(manager: Client) -> None:
    assert 'role="alert"' not in manager.get("/readiness/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_cursor (name, failures, error) VALUES ('profiles', 3, 'no room') "
            "ON CONFLICT (name) DO UPDATE SET failures = 3"
        )
    page = manager.get("/readiness/?refresh=1").content.decode()
    assert 'role="alert"' in page
    assert "profiles" in page


def test_people_without_a_model_lead_to_the_models_page(manager: Client) -> None:
    Company.objects.create(name="Firma")
    assert "No scores yet" in manager.get("/").content.decode()


@pytest.mark.slow
def test_without_a_signal_home_and_readiness_say_so_and_rank_by_value(manager: Client) -> None:
    _deals(won=110, lost=110, still_open=12)
    trained = intelligence.train(cli_import.actor(), "deal", lambda done, total=None, stage="": None)
    assert trained.version.signal is False
    page = manager.get("/").content.decode()
    assert "No signal" in page
    gains = [view.gain_minor for view in intelligence.first_of(cli_import.actor(), "deal")]
    assert gains == sorted(gains, reverse=True)
    assert len(gains) == 10
    ready = manager.get("/readiness/?refresh=1").content.decode()
    assert "220 closed deals (110 won, 110 lost) and 12 open ones." in ready
    assert "Learning found no signal" in ready


@pytest.mark.slow
def test_home_takes_a_fixed_number_of_queries(manager: Client) -> None:
    _deals(won=30, lost=30, still_open=3)
    intelligence.train(cli_import.actor(), "deal", lambda done, total=None, stage="": None)
    manager.get("/")
    few = _queries(manager)
    stage = Stage.objects.filter(status="open").first()
    for number in range(30):
        Deal.objects.create(title=f"More {number}", stage=stage, status="open", value_minor=5_00, currency="EUR")
    intelligence.score_open("deal", lambda done, total=None, stage="": None)
    assert _queries(manager) == few


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/").status_code == 200
    return len(captured)


def test_readiness_counts_duplicates_by_exact_keys(manager: Client) -> None:
    for name in ("Jan Kowalski", "J. Kowalski", "Anna Lis"):
        email = "jan@firma.example" if "Kowalski" in name else "anna@firma.example"
        Person.objects.create(display_name=name, email=email, phone="+48225550101", lead_status="open")
    page = manager.get("/readiness/").content.decode()
    facts = page[page.index("Twice or impossible") :]
    assert facts.index("People with the same e-mail address</dt><dd>1</dd>") < facts.index(
        "People with the same phone number</dt><dd>2</dd>"
    )


def test_deals_in_different_currencies_are_ranked_by_what_they_weigh() -> None:
    sales.stage_choices()
    stage = Stage.objects.filter(status="open").first()
    for number in range(6):
        Deal.objects.create(title=f"€ {number}", stage=stage, value_minor=1_000_00 + number, currency="EUR")
        Deal.objects.create(title=f"zł {number}", stage=stage, value_minor=4_000_00 + number, currency="PLN")
    Deal.objects.create(title="Big in euro", stage=stage, value_minor=3_000_00, currency="EUR")
    Deal.objects.create(title="Middling in złoty", stage=stage, value_minor=5_000_00, currency="PLN")
    frame = DealOutcomes().load()
    titles = dict(Deal.objects.values_list("id", "title"))
    stakes = {titles[i]: value for i, value in zip(frame.ids, frame.value_minor, strict=True)}
    assert max(stakes, key=lambda title: stakes[title]) == "Big in euro"
    assert stakes["Middling in złoty"] == round(5_000_00 * median_ratio())


def median_ratio() -> float:
    """Middle euro deal over middle złoty deal of the test above."""
    euros = sorted(Deal.objects.filter(currency="EUR").values_list("value_minor", flat=True))
    zloty = sorted(Deal.objects.filter(currency="PLN").values_list("value_minor", flat=True))
    return euros[len(euros) // 2] / zloty[len(zloty) // 2]


@pytest.mark.slow
def test_key_factors_and_campaigns_say_what_they_know_and_when_it_is_too_little(manager: Client) -> None:
    assert "Train the model first" in manager.get("/models/deal/factors/").content.decode()
    _deals(won=60, lost=60, still_open=1)
    Deal.objects.update(source="Fair")
    Deal.objects.filter(status="won").update(custom={"Size": "big", "Contacted": True})
    Deal.objects.filter(status="lost").update(custom={"Size": "small", "Contacted": False})
    Deal.objects.filter(title__endswith="7").update(custom={"Size": "big", "Contacted": True})
    intelligence.train(cli_import.actor(), "deal", lambda done, total=None, stage="": None)
    page = manager.get("/models/deal/factors/").content.decode()
    assert ">Fair</th>" in page
    assert "A true lift only if contact was given by lot" in page
    Deal.objects.update(source="", custom={})
    cache.clear()
    page = manager.get("/models/deal/factors/").content.decode()
    assert "too few to say anything" in page
    assert "No hold-out: attribution only" in page
