"""What comes into a queue is forecast by the hour beside the channels, without sales and desk knowing each other."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.desk.models import Conversation, Happening, Queue
from amity.sales import contacts_forecast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_queue_is_forecast_by_the_hour() -> None:
    queue = Queue.objects.create(name="Money")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [
        Conversation(number=10_000 + n, channel="email", queue=queue, mark=uuid4().hex, state="open",
                     started_at=midnight - timedelta(days=1 + n // 16) + timedelta(hours=9 + n % 8, minutes=5))
        for n in range(49 * 16)
    ]  # fmt: skip
    Conversation.objects.bulk_create(rows)
    Happening.objects.bulk_create(
        Happening(conversation=row, kind="opened", at=row.started_at, by="customer") for row in rows
    )
    assert contacts_forecast.keep() == 1
    client = Client()
    client.force_login(hire("Mara", "manager", "all"))
    shown = client.get(reverse("forecast")).content.decode()
    assert "Money per hour, next seven days" in shown
    told = {hour.hour: hour.value for hour in contacts_forecast.kept(access.SYSTEM)[0].days[0].hours}
    assert told[3] == 0
    assert told[10] == pytest.approx(2, abs=0.3)
