"""Settings → Sources and its API: keys, limits, what arrives, rejects and their replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from amity.access.models import AuditEntry
from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import actor, hire
from amity.base import clock
from amity.base.errors import Forbidden, NotFound, Refused
from amity.base.ids import new_id
from amity.events import arrivals, quarantine, snippets, sources
from amity.events.models import Quarantine, SourceVolume
from amity.events.schemas import seen_key

pytestmark = pytest.mark.django_db
EVENT = {"type": "track", "userId": "u1", "event": "Viewed", "messageId": "m1"}


@pytest.fixture
def shop() -> sources.SourceView:
    return sources.create(SYSTEM, "Online shop")


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(hire())
    return client


def receive(source: sources.SourceView, **event: Any) -> None:
    """As the intake puts it into the log."""
    whole = EVENT | event
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_raw (source_id, kind, message_id, lane, received_at, body) "
            "VALUES (%s, %s, %s, 0, %s, %s)",
            [source.id, whole["type"], whole["messageId"], clock.now(), json.dumps(whole).encode()],
        )


def reject(source: sources.SourceView, body: bytes, kind: str = "track", code: str = "no_event_name") -> Quarantine:
    return Quarantine.objects.create(
        source_id=source.id, kind=kind, message_id="m1", body=body, code=code, sentence="why"
    )


def logged() -> list[tuple[str, str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, message_id, body FROM events_raw ORDER BY id")
        return [(kind, message_id, json.loads(bytes(body))) for kind, message_id, body in cursor.fetchall()]


def test_only_who_manages_them_may(shop: sources.SourceView) -> None:
    someone = actor("Bob", "manager")
    for step in (
        lambda: sources.sources(someone),
        lambda: sources.create(someone, "X"),
        lambda: sources.change(someone, shop.id, name="X"),
        lambda: sources.rotate(someone, shop.id),
        lambda: sources.end_previous_key(someone, shop.id),
        lambda: quarantine.rejects(someone, shop.id),
        lambda: quarantine.replay_all(someone, shop.id),
        lambda: arrivals.arrivals(someone, shop.id),
    ):
        with pytest.raises(Forbidden):
            step()
    assert sources.sources(SYSTEM)[0].source == shop


def test_what_a_source_may_be(shop: sources.SourceView) -> None:
    for name in ("", " ", "x" * 121):
        with pytest.raises(Refused, match="name"):
            sources.create(SYSTEM, name)
    with pytest.raises(Refused, match="kind"):
        sources.create(SYSTEM, "X", "webhook")
    with pytest.raises(NotFound):
        sources.get(SYSTEM, new_id())
    for name, value in (("max_event_bytes", 10), ("events_per_second", -1), ("retention_days", 99_999)):
        with pytest.raises(Refused, match="number"):
            sources.change(SYSTEM, shop.id, **{name: value})
    with pytest.raises(TypeError):
        sources.change(SYSTEM, shop.id, write_key="mine")


def test_changes_are_audited_without_the_key(shop: sources.SourceView) -> None:
    sources.change(SYSTEM, shop.id, name="Shop", events_per_second=10, retention_days=0)
    rotated = sources.rotate(SYSTEM, shop.id)
    assert (rotated.previous_key, rotated.write_key != shop.write_key) == (shop.write_key, True)
    assert rotated.previous_until is not None and rotated.previous_until > clock.now() + timedelta(days=6)
    assert sources.end_previous_key(SYSTEM, shop.id).previous_key == ""
    lines = [(line.verb, line.object_kind) for line in AuditEntry.objects.order_by("seq")]
    assert lines == [("created", "source"), ("changed", "source"), ("rotated", "source_key"), ("ended", "source_key")]
    assert not any(shop.write_key in str(line.detail) for line in AuditEntry.objects.all())


def test_volume_of_the_last_day(shop: sources.SourceView, django_assert_num_queries: Callable[[int], Any]) -> None:
    now = clock.now().replace(minute=30, second=0, microsecond=0)
    with clock.fixed_at(now):
        for hours, taken in ((0, 5), (0, 6), (3, 7), (23, 1), (24, 100)):
            minute = now - timedelta(hours=hours, minutes=taken)
            SourceVolume.objects.create(source_id=shop.id, minute=minute, taken=taken, refused=1, size=10)
        reject(shop, b"{}")
        with django_assert_num_queries(3):
            (listed,) = sources.sources(SYSTEM)
    volume = listed.volume
    assert (volume.taken, volume.refused, volume.size, volume.rejects) == (19, 4, 40, 1)
    assert (volume.hours[-1], volume.hours[-4], volume.hours[0]) == (11, 7, 1)
    assert volume.last_at == now - timedelta(minutes=5)


def test_what_arrived_shows_whether_profiles_know_it(
    shop: sources.SourceView, django_assert_num_queries: Callable[[int], Any]
) -> None:
    receive(shop, messageId="1")
    receive(shop, messageId="2", type="page", name="Home", userId="", anonymousId="anon")
    receive(shop, messageId="3", traits="no object", type="identify")
    receive(sources.create(SYSTEM, "Other"), messageId="4")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO events_seen (key) VALUES (%s)", [seen_key(shop.id, "1")])
    with django_assert_num_queries(3):
        found = arrivals.arrivals(SYSTEM, shop.id)
    assert [(one.kind, one.name, one.who, one.landed, bool(one.problem)) for one in found] == [
        ("identify", "", "", False, True), ("page", "Home", "anon", False, False),
        ("track", "Viewed", "u1", True, False),
    ]  # fmt: skip


def test_a_quiet_source_beside_a_busy_one_still_shows_what_arrived(
    shop: sources.SourceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(shop, messageId="quiet")
    busy = sources.create(SYSTEM, "Other")
    for number in range(3):
        receive(busy, messageId=str(number))
    monkeypatch.setattr(arrivals, "_LOOKED_AT", (3, 4))
    assert [one.message_id for one in arrivals.arrivals(SYSTEM, shop.id)] == ["quiet"]
    assert len(arrivals.arrivals(SYSTEM, busy.id)) == 3


def test_a_reject_is_replayed_once_it_can_be_taken(shop: sources.SourceView) -> None:
    big = json.dumps(EVENT | {"properties": {"x": "y" * 40_000}}).encode()
    row = reject(shop, big, code="event_too_large")
    assert quarantine.replay(SYSTEM, shop.id, row.pk) == quarantine.Replayed(0, 1)
    sources.change(SYSTEM, shop.id, max_event_bytes=50_000)
    assert quarantine.replay(SYSTEM, shop.id, row.pk) == quarantine.Replayed(1, 0)
    assert [(kind, message_id) for kind, message_id, _body in logged()] == [("track", "m1")]
    with pytest.raises(NotFound):
        quarantine.replay(SYSTEM, shop.id, row.pk)
    assert quarantine.rejects(SYSTEM, shop.id).rows == []
    assert len(quarantine.rejects(SYSTEM, shop.id, replayed=True).rows) == 1


def test_replaying_all_leaves_what_still_cannot_be_taken(shop: sources.SourceView) -> None:
    good = json.dumps(EVENT | {"properties": {"half": "\ud83d"}}).encode()
    batch = json.dumps({"batch": [EVENT, EVENT | {"messageId": "m2", "type": "page"}]}).encode()
    reject(shop, good)
    reject(shop, good, kind="")
    reject(shop, batch, kind="", code="bad_request")
    reject(shop, b"no json", kind="", code="bad_json")
    reject(shop, json.dumps(EVENT | {"timestamp": "soon"}).encode(), code="bad_time")
    assert quarantine.replay_all(SYSTEM, shop.id) == quarantine.Replayed(3, 2)
    assert [(kind, message_id) for kind, message_id, _body in logged()] == [
        ("track", "m1"), ("track", "m1"), ("track", "m1"), ("page", "m2")
    ]  # fmt: skip
    assert logged()[0][2]["properties"] == {"half": "\ufffd"}
    assert sorted(row.code for row in quarantine.rejects(SYSTEM, shop.id).rows) == ["bad_json", "bad_time"]


def test_the_quarantine_forgets(shop: sources.SourceView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_PER_SOURCE", 2)
    for days in (31, 3, 2, 1):
        row = reject(shop, b"{}")
        Quarantine.objects.filter(pk=row.pk).update(received_at=clock.now() - timedelta(days=days))
    assert quarantine.forget(clock.now()) == 2
    assert Quarantine.objects.count() == 2


def test_rejects_are_paged(shop: sources.SourceView) -> None:
    for _n in range(5):
        reject(shop, b"x" * 5_000)
    first = quarantine.rejects(SYSTEM, shop.id, limit=3)
    rest = quarantine.rejects(SYSTEM, shop.id, at=first.older, limit=3)
    assert (len(first.rows), len(rest.rows), rest.older) == (3, 2, "")
    assert first.rows[0].body == "x" * 4_000 + "…"


def test_snippets_hold_key_and_address() -> None:
    for kind in sources.KINDS:
        shown = snippets.snippets(kind, "the-key", "https://crm.example:8443")
        assert kind in shown[0].kinds and len(shown) == 15
        assert all("the-key" in one.text and "crm.example" in one.text for one in shown)
        assert not any("{host}" in one.text or "{{" in one.text for one in shown)


# --- pages ------------------------------------------------------------------------------------------


def test_from_no_source_to_the_first_event(ada: Client) -> None:
    assert b"No sources yet" in ada.get(reverse("settings_sources")).content
    answer = ada.post(reverse("settings_sources"), {"name": "Online shop", "kind": "javascript"})
    (listed,) = sources.sources(SYSTEM)
    assert answer.headers["Location"] == reverse("settings_source", args=[listed.source.id])
    page = ada.get(answer.headers["Location"]).content.decode()
    assert listed.source.write_key in page and "data-copy" in page and "http://testserver/v1/track" in page
    live = reverse("settings_source_live", args=[listed.source.id])
    assert b"Nothing arrived yet" in ada.get(live).content
    receive(listed.source, event="<b>Viewed</b>")
    part = ada.get(live, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith("<div") and "&lt;b&gt;Viewed" in part and f'data-live="source:{listed.source.id}"' in part
    assert "Online shop" in ada.get(reverse("settings_sources")).content.decode()


def test_a_wrong_name_is_said_at_the_field(ada: Client) -> None:
    answer = ada.post(reverse("settings_sources"), {"name": "\0", "kind": "javascript"})
    assert answer.status_code == 422


def test_rejects_on_the_page(ada: Client, shop: sources.SourceView) -> None:
    address = reverse("settings_source_rejects", args=[shop.id])
    assert b"No rejects" in ada.get(address).content
    row = reject(shop, json.dumps(EVENT).encode())
    reject(shop, b"<script>", code="bad_json")
    page = ada.get(address).content.decode()
    assert "A track call needs a name" in page and "&lt;script&gt;" in page
    answer = ada.post(reverse("settings_source_replay", args=[shop.id, row.pk]), follow=True)
    assert "1 event was taken." in answer.content.decode()
    answer = ada.post(reverse("settings_source_replay_all", args=[shop.id]), follow=True)
    assert "0 events were taken. 1 still cannot be taken." in answer.content.decode()
    assert b"Replayed" in ada.get(address + "?replayed=1").content
    assert ada.get(address, headers={"HX-Request": "true"}).content.startswith(b"<div")


def test_key_limits_and_switch_on_the_page(ada: Client, shop: sources.SourceView) -> None:
    ada.post(reverse("settings_source_key", args=[shop.id]))
    changed = sources.get(SYSTEM, shop.id)
    assert changed.previous_key == shop.write_key
    assert shop.write_key in ada.get(reverse("settings_source", args=[shop.id])).content.decode()
    ada.post(reverse("settings_source_key", args=[shop.id]), {"end": "1"})
    assert sources.get(SYSTEM, shop.id).previous_key == ""
    ada.post(reverse("settings_source_activity", args=[shop.id]), {})
    assert not sources.get(SYSTEM, shop.id).enabled
    ada.post(reverse("settings_source_activity", args=[shop.id]), {"enabled": "on"})
    address = reverse("settings_source_settings", args=[shop.id])
    assert b"Empty: 32768" in ada.get(address).content
    ada.post(address, {"name": "Shop", "events_per_second": "7", "retention_days": "30"})
    changed = sources.get(SYSTEM, shop.id)
    assert (changed.name, changed.events_per_second, changed.retention_days, changed.enabled) == ("Shop", 7, 30, True)
    assert ada.post(address, {"name": "Shop", "max_event_bytes": "3"}).status_code == 422
