"""Webhooks: signed, delivered at least once, tried again with pauses, replayable; never into our own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from amity.access.models import AuditEntry
from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import actor, hire
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.events import delivery, webhooks
from amity.events.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db


class Listener:
    """A machine that listens: answers with ``status`` and keeps what it heard."""

    def __init__(self) -> None:
        self.status, self.heard, self.gate = 200, [], None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True)
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def publish() -> Callable[..., None]:
    def told(topic: str = "person.created", **payload: Any) -> None:
        with transaction.atomic():
            webhooks.publish(topic, new_id(), payload)

    return told


def subscribe(listener: Listener, *topics: str) -> tuple[webhooks.EndpointView, str]:
    return webhooks.create_endpoint(SYSTEM, listener.url, topics)


def test_a_fact_arrives_signed(listener: Listener, publish: Callable[..., None]) -> None:
    _endpoint, secret = subscribe(listener)
    publish(id="42")
    assert delivery.deliver_due() == 1
    ((headers, body),) = listener.heard
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("person.created", {"id": "42"})
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_status, row.attempts, str(row.pk)) == ("delivered", 200, 1, headers["webhook-id"])
    assert delivery.deliver_due() == 0


def test_the_signature_is_the_one_of_the_standard() -> None:
    """Test vector of standardwebhooks.com's reference libraries."""
    at = clock.now().fromtimestamp(1614265330, clock.now().tzinfo)
    headers = delivery.signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_wanted_topics_and_active_endpoints(listener: Listener, publish: Callable[..., None]) -> None:
    subscribe(listener, "deal.created")
    off, _secret = subscribe(listener)
    webhooks.change_endpoint(SYSTEM, off.id, active=False)
    publish("person.created")
    assert not WebhookDelivery.objects.exists()
    publish("deal.created")
    assert WebhookDelivery.objects.count() == 1


def test_an_endpoint_may_ask_for_one_segment(client: Client) -> None:
    one, other = str(new_id()), str(new_id())
    client.force_login(hire("Ada"))
    address = f"{reverse('settings_webhooks')}?segment={one}&called=Buyers"
    assert "Somebody enters “Buyers”" in client.get(address).content.decode()
    client.post(address, {"url": "https://example.com/hook", "topics": [f"segment.entered:{one}"]})
    (endpoint,) = webhooks.endpoints(SYSTEM)
    assert (endpoint.topics, endpoint.told) == ((f"segment.entered:{one}",), ["segment.entered of one segment"])
    with transaction.atomic():
        for topic in ("segment.entered", "segment.left"):
            webhooks.publish_many(topic, [(new_id(), {"segment_id": each}) for each in (one, other)])
    assert WebhookDelivery.objects.get().payload == {"segment_id": one}
    with pytest.raises(Refused):
        webhooks.create_endpoint(SYSTEM, "https://example.com/hook", ["segment.entered:all"])


def test_nothing_is_told_of_what_was_rolled_back(listener: Listener) -> None:
    subscribe(listener)
    with pytest.raises(RuntimeError), transaction.atomic():
        webhooks.publish("person.created", new_id(), {})
        raise RuntimeError
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publishing_asks_for_one_job_after_the_commit(listener: Listener) -> None:
    subscribe(listener)
    jobs = ProcrastinateJob.objects.filter(task_name="events.deliver")
    before = jobs.count()
    with transaction.atomic():
        webhooks.publish_many("person.created", [(new_id(), {}) for _n in range(30)])
        webhooks.publish("deal.created", new_id(), {})
        assert jobs.count() == before
    assert jobs.count() == before + 1
    assert WebhookDelivery.objects.count() == 31
    with pytest.raises(transaction.TransactionManagementError):
        webhooks.publish("deal.created", new_id(), {})


def test_failures_are_tried_again_with_growing_pauses_up_to_a_bound(
    listener: Listener, publish: Callable[..., None]
) -> None:
    endpoint, _secret = subscribe(listener)
    listener.status = 500
    now = clock.now()
    with clock.fixed_at(now):
        publish()
    for number, pause in enumerate((*delivery.PAUSES, None), 1):
        with clock.fixed_at(now):
            assert delivery.deliver_due() == 1
            assert delivery.deliver_due() == 0
            row = WebhookDelivery.objects.get()
            assert (row.attempts, row.last_status) == (number, 500)
            if pause is None:
                break
            assert row.next_attempt_at == now + pause
            now += pause
    assert (row.state, row.next_attempt_at, len(listener.heard)) == ("failed", None, delivery.MAX_ATTEMPTS)
    assert webhooks.get_endpoint(SYSTEM, endpoint.id).failures == 1
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1


def test_replay_sends_the_same_again(listener: Listener, publish: Callable[..., None]) -> None:
    endpoint, _secret = subscribe(listener)
    publish(id="1")
    delivery.deliver_due()
    row = WebhookDelivery.objects.get()
    webhooks.replay(SYSTEM, endpoint.id, row.pk)
    delivery.deliver_due()
    (first, body), (second, again) = listener.heard
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


def test_gone_means_never_again(listener: Listener, publish: Callable[..., None]) -> None:
    endpoint, _secret = subscribe(listener)
    listener.status = 410
    publish()
    delivery.deliver_due()
    assert webhooks.get_endpoint(SYSTEM, endpoint.id).active is False
    assert WebhookDelivery.objects.get().state == "failed"


def test_redirects_are_not_followed(listener: Listener, publish: Callable[..., None]) -> None:
    subscribe(listener)
    listener.status = 302
    publish()
    delivery.deliver_due()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_status, len(listener.heard)) == ("waiting", 302, 1)


def test_nobody_listening_is_a_failure_like_any_other(listener: Listener, publish: Callable[..., None]) -> None:
    subscribe(listener)
    listener.server.shutdown()
    listener.server.server_close()
    publish()
    delivery.deliver_due()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_status, row.last_error) == ("waiting", None, "ConnectError")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.7"])
def test_private_addresses_are_not_reached_unless_allowed(host: str, publish: Callable[..., None]) -> None:
    webhooks.create_endpoint(SYSTEM, f"https://{host}/x")
    publish()
    delivery.deliver_due()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_error) == ("waiting", "the name leads into a private network")


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://example.com", "https://", "https://a:b@example.com/", "x"]
)
def test_bad_addresses_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        webhooks.create_endpoint(SYSTEM, url)
    assert refused.value.code == "bad_webhook_url"
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work(listener: Listener) -> None:
    subscribe(listener)
    with transaction.atomic():
        webhooks.publish_many("person.created", [(new_id(), {"n": n}) for n in range(120)])
    start = threading.Barrier(2)

    def run() -> None:
        start.wait(10)
        delivery.deliver_due()
        connection.close()

    workers = [threading.Thread(target=run) for _n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    ids = [headers["webhook-id"] for headers, _body in listener.heard]
    assert (len(ids), len(set(ids))) == (120, 120)


def test_a_worker_that_died_while_sending_is_replaced_after_the_lease(
    listener: Listener, publish: Callable[..., None]
) -> None:
    subscribe(listener)
    now = clock.now()
    with clock.fixed_at(now):
        publish()
        assert len(delivery.claim(10)) == 1  # and then the process died
        assert delivery.deliver_due() == 0
    with clock.fixed_at(now + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
    assert WebhookDelivery.objects.get().state == "delivered"


def test_the_secret_is_sealed_and_shown_once(client: Client, settings: Any) -> None:
    client.force_login(hire("Ada"))
    page = client.post(reverse("settings_webhooks"), {"url": "https://example.com/hook", "topics": ["deal.created"]})
    secret = page.context["made"]
    assert secret.startswith("whsec_")
    row = WebhookEndpoint.objects.get()
    assert secret not in row.secret
    assert secret not in client.get(reverse("settings_webhooks")).content.decode()
    assert row.topics == ["deal.created"]


def test_the_pages_of_a_webhook(client: Client) -> None:
    client.force_login(hire("Ada"))
    endpoint, _secret = webhooks.create_endpoint(SYSTEM, "https://example.com/hook")
    one = {"endpoint_id": endpoint.id}
    client.post(reverse("settings_webhook_test", kwargs=one))
    row = WebhookDelivery.objects.get()
    assert row.topic == "webhook.test"
    page = client.get(reverse("settings_webhook", kwargs=one))
    assert "webhook.test" in page.content.decode()
    assert client.get(reverse("settings_webhook", kwargs=one), {"state": "failed"}).context["log"].rows == []
    WebhookDelivery.objects.update(state="failed", attempts=8)
    client.post(reverse("settings_webhook_replay", kwargs=one | {"delivery_id": row.pk}))
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    client.post(reverse("settings_webhook_activity", kwargs=one), {"active": ""})
    assert webhooks.get_endpoint(SYSTEM, endpoint.id).active is False
    client.post(reverse("settings_webhook_deletion", kwargs=one))
    assert not WebhookEndpoint.objects.exists()
    lines = AuditEntry.objects.filter(object_kind__startswith="webhook").order_by("seq")
    assert list(lines.values_list("verb", flat=True)) == ["created", "tested", "replayed", "changed", "deleted"]


def test_only_administrators_manage_webhooks() -> None:
    sam = actor("Sam", "manager", "all")
    for attempt in (
        lambda: webhooks.endpoints(sam),
        lambda: webhooks.create_endpoint(sam, "https://example.com"),
        lambda: webhooks.deliveries(sam, new_id()),
        lambda: webhooks.delete_endpoint(sam, new_id()),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.status == 403
