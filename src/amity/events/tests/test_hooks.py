"""Inbound webhooks: everything that comes is kept, mapped once live, lands once, and can be replayed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from amity.access.models import AuditEntry
from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import actor
from amity.base import clock
from amity.base.errors import Refused
from amity.events import hooks, mappings, sources
from amity.events import mapping_presets as presets
from amity.events.models import Hook, HookPayload, Quarantine, Source
from amity.events.schemas import seen_key
from amity.events.signatures import is_signed
from amity.events.tests.payloads import SHOP

pytestmark = pytest.mark.django_db
SEEN = {
    "rules": [
        {"key": "a", "kind": "track", "event": "{$.type}", "user_id": "$.user", "message_id": "$.id", "rest": "$"}
    ]
}


@pytest.fixture
def hook() -> hooks.HookView:
    return hooks.create(SYSTEM, "Shop")


def send(hook: hooks.HookView, body: Any, content_type: str = "application/json", **headers: str) -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post(hook.path, data, content_type=content_type, headers=headers)


def go_live(hook: hooks.HookView, rules: dict[str, Any] = SEEN) -> None:
    mappings.save(SYSTEM, hook.source_id, rules)
    mappings.go_live(SYSTEM, hook.source_id)


def landed() -> list[tuple[str, str, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, message_id, convert_from(body, 'utf8')::json FROM events_raw ORDER BY id")
        return cursor.fetchall()


def consume(hook: hooks.HookView) -> None:
    """What the consumers do with messages: they are known from now on."""
    with connection.cursor() as cursor:
        keys = [seen_key(hook.source_id, message_id) for _kind, message_id, _body in landed()]
        cursor.execute("INSERT INTO events_seen SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING", [keys])
        cursor.execute("DELETE FROM events_raw")


def test_a_payload_is_kept_before_there_is_a_mapping(hook: hooks.HookView) -> None:
    answer = send(hook, {"type": "paid", "user": 7}, authorization="Bearer secret", x_topic="orders")
    assert (answer.status_code, answer.json()["state"]) == (200, "kept")
    kept = HookPayload.objects.get()
    assert bytes(kept.body) == b'{"type": "paid", "user": 7}'
    assert kept.headers["x-topic"] == "orders"
    assert "authorization" not in kept.headers
    assert landed() == []


def test_once_live_a_payload_becomes_events(hook: hooks.HookView) -> None:
    go_live(hook)
    answer = send(hook, {"type": "paid", "user": 7, "id": "e1", "sum": 5})
    assert answer.json() | {"id": ""} == {"id": "", "state": "mapped", "events": 1}
    ((kind, message_id, body),) = landed()
    assert (kind, message_id, body["event"], body["userId"], body["properties"]["sum"]) == (
        "track",
        "e1:a",
        "paid",
        "7",
        5,
    )


def test_a_repeated_payload_lands_once(hook: hooks.HookView) -> None:
    go_live(hook)
    send(hook, {"type": "paid", "user": 7, "id": "e1"})
    consume(hook)
    assert send(hook, {"type": "paid", "user": 7, "id": "e1"}).json()["events"] == 1
    assert landed() == []
    volume = sources.volumes([hook.source_id])[hook.source_id]
    assert (volume.taken, volume.refused, volume.size > 0) == (1, 0, True)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json; charset=utf-8", '{"user": "7", "type": "x"}'),
        ("text/plain", '{"user": "7", "type": "x"}'),
        ("application/x-www-form-urlencoded", "user=7&type=x"),
        ("application/x-www-form-urlencoded", "payload=%7B%22user%22%3A%227%22%2C%22type%22%3A%22x%22%7D"),
        ("multipart/form-data; boundary=b", "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("user", "7"), ("type", "x"))) + "--b--\r\n"),
    ],
)  # fmt: skip
def test_json_and_forms_are_read(hook: hooks.HookView, content_type: str, body: str) -> None:
    go_live(hook)
    assert send(hook, body, content_type).json()["state"] == "mapped"
    assert [(row[2]["event"], row[2]["userId"]) for row in landed()] == [("x", "7")]


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"user": 7', "not_readable"), ('{"type": "x"}', "no_identity"), ('{"user": 7}', "no_event_name")],
)
def test_what_cannot_be_mapped_waits_with_its_reason(hook: hooks.HookView, body: str, code: str) -> None:
    go_live(hook)
    answer = send(hook, body)
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert HookPayload.objects.get().code == code
    assert landed() == []


def test_an_event_that_no_consumer_would_take_goes_to_the_quarantine(hook: hooks.HookView) -> None:
    go_live(hook)
    send(hook, {"type": "x", "user": "u" * 900, "id": "e"})
    assert HookPayload.objects.get().code == Quarantine.objects.get().code == "long_id"


def test_a_payload_no_rule_is_for_is_told_apart(hook: hooks.HookView) -> None:
    go_live(hook, {"rules": [SEEN["rules"][0] | {"when": [{"path": "$.type", "value": "paid"}]}]})
    assert send(hook, {"type": "sent", "user": 7}).json()["state"] == "ignored"


def test_kept_and_failed_payloads_are_replayed(hook: hooks.HookView) -> None:
    for number in range(3):
        send(hook, {"type": "x", "user": number, "id": f"e{number}"})
    send(hook, {"type": "x", "who": 9, "id": "e9"})
    with pytest.raises(Refused, match="not live"):
        hooks.replay(SYSTEM, hook.source_id)
    go_live(hook)
    assert hooks.replay(SYSTEM, hook.source_id) == hooks.Replayed(4, 3, 0, 1)
    consume(hook)
    go_live(hook, {"rules": [SEEN["rules"][0] | {"user_id": "$.who"}]})
    assert hooks.replay(SYSTEM, hook.source_id, state="failed") == hooks.Replayed(1, 1, 0, 0)
    assert [row[1] for row in landed()] == ["e9:a"]
    consume(hook)
    assert hooks.replay(SYSTEM, hook.source_id, state="mapped") == hooks.Replayed(4, 0, 1, 3)
    assert landed() == []


def test_the_mapping_that_failed_once_does_not_lose_what_was_mapped(hook: hooks.HookView) -> None:
    go_live(hook)
    mappings.stop(SYSTEM, hook.source_id)
    assert send(hook, {"type": "x", "user": 1, "id": "e"}).json()["state"] == "kept"


def test_unknown_addresses_switched_off_sources_and_large_bodies(hook: hooks.HookView, settings: Any) -> None:
    assert Client().post("/v1/hooks/wrong", "{}", content_type="application/json").status_code == 404
    settings.CONFIG = replace(settings.CONFIG, hook_max_bytes=100, hook_payloads_per_minute=4)
    answer = send(hook, "x" * 101, "text/plain")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert Client().get(hook.path).json() == {"listening": True}
    assert Client().delete(hook.path).status_code == 405
    Source.objects.update(enabled=False)
    assert send(hook, {}).status_code == 404
    Source.objects.update(enabled=True)
    assert [send(hook, {"n": n}).status_code for n in range(5)] == [200, 200, 200, 200, 429]
    assert HookPayload.objects.count() == 4


def test_a_new_address_ends_the_old_one(hook: hooks.HookView) -> None:
    renewed = hooks.renew(SYSTEM, hook.source_id)
    assert renewed.path != hook.path
    assert (send(hook, {}).status_code, send(renewed, {}).status_code) == (404, 200)
    token = renewed.path.rsplit("/", 1)[1]
    assert token not in json.dumps(list(Hook.objects.values("token", "token_hash")))


def test_signatures_are_checked_where_wanted(hook: hooks.HookView) -> None:
    hooks.set_signature(SYSTEM, hook.source_id, "X-Signature", "top secret")
    body = b'{"n": 1}'
    good = hmac.new(b"top secret", body, hashlib.sha256).hexdigest()
    assert send(hook, body, **{"x-signature": good}).status_code == 200
    assert send(hook, body).status_code == 401
    nearly = good[:-1] + ("1" if good[-1] == "0" else "0")
    assert send(hook, body, **{"x-signature": nearly}).status_code == 401
    assert send(hook, b'{"n": 2}', **{"x-signature": good}).status_code == 401
    hooks.set_signature(SYSTEM, hook.source_id, "", "")
    assert send(hook, body).status_code == 200
    assert "top secret" not in str(Hook.objects.values())


def test_the_forms_of_signatures_that_senders_use() -> None:
    body, now = b'{"a":1}', timezone.now()
    stamp = str(int(now.timestamp()))

    def sign(data: bytes, key: bytes = b"s3", method: Any = hashlib.sha256) -> bytes:
        return hmac.new(key, data, method).digest()

    standard = sign(f"m1.{stamp}.".encode() + body, b"key")
    good = {
        "hex": sign(body).hex(), "named": f"sha256={sign(body).hex()}", "base64": base64.b64encode(sign(body)).decode(),
        "long": sign(body, method=hashlib.sha512).hex(),
        "timed": f"t={stamp},v1={'0' * 64},v1={sign(stamp.encode() + b'.' + body).hex()}",
    }  # fmt: skip
    assert {name: is_signed({"x-s": given}, "X-S", "s3", body, now) for name, given in good.items()} == dict.fromkeys(
        good, True
    )
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(standard).decode()}",
    }
    secret = "whsec_" + base64.b64encode(b"key").decode()
    assert is_signed(headers, "webhook-signature", secret, body, now)
    late = now + timedelta(minutes=6)
    assert not is_signed(headers, "webhook-signature", secret, body, late)
    assert not is_signed({"x-s": good["timed"]}, "x-s", "s3", body, late)
    for wrong in (
        "",
        "x",
        "sha1=" + "0" * 40,
        sign(body).hex()[:-2],
        "t=,v1=",
        "v1,",
        good["hex"].replace(good["hex"][0], "g"),
    ):
        assert not is_signed({"x-s": wrong}, "x-s", "s3", body, now)
    assert not is_signed({"x-s": good["hex"]}, "x-s", "", body, now)


def test_a_sample_can_be_pasted_and_tried(hook: hooks.HookView) -> None:
    hooks.keep_sample(SYSTEM, hook.source_id, json.dumps(SHOP.body), "X-Shopify-Topic: orders/paid")
    payload = hooks.payload(SYSTEM, hook.source_id)
    sample = hooks.payload_bodies.sample_of(payload)
    trial = mappings.tried(SYSTEM, hook.source_id, presets.proposed(sample), [sample])
    assert [(line.event["type"], line.problem, line.known) for line in trial.events] == [
        ("track", "", False),
        ("identify", "", False),
    ]
    assert landed() == []
    with pytest.raises(Refused, match="not valid JSON"):
        hooks.keep_sample(SYSTEM, hook.source_id, "{")


def test_old_payloads_are_forgotten_and_the_newest_kept(hook: hooks.HookView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST_KEPT", 3)
    for age in range(6):
        with clock.fixed_at(timezone.now() - timedelta(minutes=age)):
            send(hook, {"age": age})
    with clock.fixed_at(timezone.now() - timedelta(days=31)):
        send(hook, {"age": "old"})
    HookPayload.objects.filter(body=b'{"age": 5}').update(state="failed")
    hooks.forget()
    assert sorted(json.loads(bytes(row.body))["age"] for row in HookPayload.objects.all()) == [0, 1, 2, 5]


def test_only_those_who_may_and_everything_on_record(hook: hooks.HookView) -> None:
    with pytest.raises(Refused, match="no right"):
        hooks.payloads(actor("Gus", "agent"), hook.source_id)
    hooks.renew(SYSTEM, hook.source_id)
    go_live(hook)
    verbs = list(AuditEntry.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs[-3:] == ["renewed", "changed", "went_live"]
