"""The wire contract over HTTP: what SDKs may send, how they are answered, and what is in the log afterwards."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from amity.access.permissions import SYSTEM
from amity.base import live
from amity.base.ids import new_id
from amity.events import intake_kafka, sources
from amity.events.intake_commit import Broken, NotStorable
from amity.events.intake_door import IntakeDoor
from amity.events.intake_http import EVENTS
from amity.events.intake_keys import LIVE_CHANNEL, Sender, live_notice
from amity.events.intake_rows import Batch
from amity.events.intake_wire import Limits, read
from amity.events.models import Quarantine, SourceVolume
from amity.events.schemas import parse
from amity.events.tests.taking import Taking, database_url

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = {"userId": "u1", "event": "Viewed", "messageId": "m1"}


@pytest.fixture
def key() -> str:
    return sources.create(SYSTEM, "Shop").write_key


@pytest.fixture
def taking(key: str) -> Iterator[Taking]:
    made = Taking().ready()
    yield made
    made.stop()


def logged() -> list[tuple[str, str, Any]]:
    """Kind, message id and content of everything in the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, message_id, body FROM events_raw ORDER BY xid, id")
        return [(kind, message_id, json.loads(bytes(body))) for kind, message_id, body in cursor.fetchall()]


@pytest.mark.parametrize(("path", "kind"), sorted(EVENTS.items()))
def test_every_address_takes_events(taking: Taking, key: str, path: str, kind: str) -> None:
    event = EVENT | {"groupId": "g", "previousId": "p"}
    sent = event if kind else {"batch": [event | {"type": "screen"}]}
    for address in (path, path + "/", f"{path}?writeKey={key}"):
        told = taking.ask("POST", address, sent, "" if "?" in address else key)
        assert (told.status, told.body) == (200, b'{"success": true}')
    assert [row[0] for row in logged()] == [kind or "screen"] * 3


def test_the_key_may_stand_anywhere(taking: Taking, key: str) -> None:
    basic = "Basic " + __import__("base64").b64encode(key.encode()).decode().rstrip("=")  # no colon, no padding
    assert taking.ask("POST", "/v1/track", EVENT, authorization=basic).status == 200
    assert taking.ask("POST", "/v1/track", EVENT | {"writeKey": key}).status == 200
    assert taking.ask("POST", "/v1/batch", {"writeKey": key, "batch": [EVENT | {"type": "track"}]}).status == 200
    assert taking.ask("POST", "/v1/b", {"batch": [EVENT | {"type": "track", "writeKey": key}]}).status == 200
    assert taking.ask("POST", "/beacon/v1/batch?writeKey=" + key, {"batch": [EVENT | {"type": "track"}]}).status == 200
    assert len(logged()) == 5


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "nonsense"])
def test_the_content_type_says_nothing(taking: Taking, key: str, content_type: str) -> None:
    assert taking.ask("POST", "/v1/t", EVENT, key, content_type=content_type).status == 200
    assert logged() == [("track", "m1", EVENT)]


def test_compressed_bodies(taking: Taking, key: str) -> None:
    plain = json.dumps(EVENT).encode()
    bare = zlib.compressobj(wbits=-15)
    for sent, header in (
        (bare.compress(plain) + bare.flush(), "deflate"),
        (gzip.compress(plain), "gzip"), (gzip.compress(plain), ""), (zlib.compress(plain), "deflate"), (plain, "gzip")
    ):  # fmt: skip
        assert taking.ask("POST", "/v1/t", sent, key, content_encoding=header).status == 200
    bomb = gzip.compress(b" " * 50_000_000)
    told = taking.ask("POST", "/v1/t", bomb, key, content_encoding="gzip")
    assert (told.status, told.json["code"]) == (413, "too_large")
    for sent in (gzip.compress(plain)[:-9], b"\x1f\x8bnonsense"):
        assert taking.ask("POST", "/v1/t", sent, key).json["code"] == "bad_gzip"
    assert taking.ask("POST", "/v1/t", plain, key, content_encoding="br").status == 415
    assert len(logged()) == 5


def test_a_browser_may_send_from_anywhere(taking: Taking, key: str) -> None:
    asked = "authorization, anonymousid, sentat, content-type, x-other"
    told = taking.ask("OPTIONS", "/v1/t", origin="https://shop.example", access_control_request_headers=asked)
    assert told.status == 200
    assert told.headers["access-control-allow-headers"] == asked
    assert told.headers["access-control-allow-origin"] == "https://shop.example"
    told = taking.ask("POST", "/v1/t", EVENT, key, origin="null")
    assert told.headers["access-control-allow-origin"] == "null"
    assert told.headers["access-control-expose-headers"] == "retry-after"


def test_errors_are_json_with_code_and_message(taking: Taking, key: str) -> None:
    wanted = {
        ("POST", "/v1/t", b"{", key): (400, "bad_json"),
        ("POST", "/v1/t", b"{}", ""): (401, "invalid_write_key"),
        ("POST", "/v1/t", b"{}", "wrong"): (401, "invalid_write_key"),
        ("POST", "/v1/t", b'{"userId":"u"}', key): (400, "no_event_name"),
        ("POST", "/v1/p", json.dumps({"userId": "u", "x": "y" * 33_000}).encode(), key): (413, "event_too_large"),
        ("POST", "/v1/b", b" " * 512_001, key): (413, "too_large"),
        ("POST", "/nowhere", b"", key): (404, "no_such_address"),
        ("GET", "/v1/t", b"", key): (405, "method_not_allowed"),
    }
    for (method, path, body, sender), answer in wanted.items():
        told = taking.ask(method, path, body, sender)
        assert (told.status, told.json["code"]) == answer, path
        assert told.json["message"]
    assert sorted(Quarantine.objects.values_list("code", flat=True)) == ["bad_json", "event_too_large", "no_event_name"]


def test_a_bad_event_in_a_good_batch_is_put_aside(taking: Taking, key: str) -> None:
    bad = {"type": "track", "userId": "u", "messageId": "bad"}
    told = taking.ask("POST", "/v1/batch", {"batch": [EVENT | {"type": "track"}, bad]}, key)
    assert (told.status, [row[1] for row in logged()]) == (200, ["m1"])
    reject = Quarantine.objects.get()
    assert (reject.code, reject.message_id, json.loads(bytes(reject.body))) == ("no_event_name", "bad", bad)


def test_what_browser_sdks_ask_for_first(taking: Taking, key: str) -> None:
    told = taking.ask("GET", f"/v1/projects/{key}/settings", origin="https://shop.example").json
    segment = told["integrations"]["Segment.io"]
    assert (segment["apiKey"], segment["apiHost"], segment["protocol"]) == (key, "localhost/v1", "http")
    source = taking.ask("GET", "/sourceConfig/?p=npm&v=3", key=key).json["source"]
    assert (source["writeKey"], source["destinations"], source["enabled"]) == (key, [], True)
    assert source["config"]["statsCollection"]["metrics"] == {"enabled": False}
    assert taking.ask("GET", f"/sourceConfig?writeKey={key}").status == 200
    assert taking.ask("HEAD", "/sourceConfig/?view=ad").status == 401
    assert taking.ask("GET", "/v1/projects/wrong/settings").status == 404
    assert taking.ask("POST", "/v1/m", b'{"series": []}').status == 200


def test_a_key_made_a_moment_ago_is_known(taking: Taking) -> None:
    fresh = sources.create(SYSTEM, "Fresh")
    assert taking.ask("POST", "/v1/t", EVENT, fresh.write_key).status == 200


def test_keys_are_rotated_without_a_gap_and_switched_off(taking: Taking, key: str) -> None:
    (listed,) = sources.sources(SYSTEM)
    rotated = sources.rotate(SYSTEM, listed.source.id)
    assert [taking.ask("POST", "/v1/t", EVENT, one).status for one in (key, rotated.write_key)] == [200, 200]
    sources.end_previous_key(SYSTEM, listed.source.id)
    taking.wait(lambda: taking.ask("POST", "/v1/t", EVENT, key).status == 401)
    sources.change(SYSTEM, listed.source.id, enabled=False)
    taking.wait(lambda: taking.ask("POST", "/v1/t", EVENT, rotated.write_key).status == 403)


def test_limits_of_a_source(taking: Taking, key: str) -> None:
    (listed,) = sources.sources(SYSTEM)
    sources.change(SYSTEM, listed.source.id, events_per_second=2, max_event_bytes=2_000, max_batch_bytes=4_000)
    big = EVENT | {"properties": {"x": "y" * 2_000}}
    taking.wait(lambda: taking.ask("POST", "/v1/t", big, key).status == 413)
    statuses = [taking.ask("POST", "/v1/t", EVENT, key).status for _n in range(30)]
    told = taking.ask("POST", "/v1/t", EVENT, key, origin="https://shop.example")
    assert 200 in statuses and told.status == 429
    assert int(told.headers["retry-after"]) >= 1


def test_a_source_over_its_limit_waits_as_long_as_its_debt() -> None:
    sender = Sender(new_id(), b"", "", "", True, rate=10, limits=Limits(), tokens=0.0, filled_at=100.0)
    assert sender.wait(100.5) == 0.0  # five events came back
    sender.spend(25)
    assert sender.wait(100.5) == 2.0
    assert sender.wait(102.6) == 0.0


def test_many_requests_share_one_transaction(taking: Taking, key: str) -> None:
    asked = [("POST", "/v1/t", EVENT | {"messageId": f"m{n}"}, key, {}) for n in range(200)]
    assert {told.status for told in taking.ask_all(asked)} == {200}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT xid) FROM events_raw")
        events, transactions = cursor.fetchone()
    assert (events, transactions < 20) == (200, True)


def test_what_came_in_is_counted(key: str) -> None:
    taking = Taking().ready()
    taking.ask("POST", "/v1/batch", {"batch": [EVENT | {"type": "page"}, EVENT | {"type": "page"}, {}]}, key)
    taking.stop()
    volume = SourceVolume.objects.get()
    assert (volume.taken, volume.refused, volume.size > 100) == (2, 1, True)
    listed = sources.sources(SYSTEM)[0]
    assert (listed.volume.taken, listed.volume.hours[-1], listed.volume.rejects) == (2, 2, 1)


def test_before_the_keys_are_known_nobody_is_turned_away() -> None:
    taking = Taking("postgresql://127.0.0.1:1/nothing")
    for path in ("/v1/t", "/v1/batch"):
        told = taking.ask("POST", path, EVENT, "anything")
        assert (told.status, told.json["code"], told.headers["retry-after"]) == (503, "keys_loading", "1")
    assert taking.ask("GET", "/healthz").status == 503
    taking.stop()


def test_the_intake_counts_what_it_does_for_those_who_may_know(taking: Taking, key: str) -> None:
    taking.ask("POST", "/v1/t", EVENT, key)
    page = taking.ask("GET", "/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    told = dict(line.rsplit(" ", 1) for line in page.body.decode().splitlines() if line[0] != "#")
    assert told['amity_intake_requests_total{status="200"}'] == "1"
    assert told['amity_intake_events_total{outcome="taken"}'] == told["amity_intake_up"] == "1"
    behind = Taking(trusted_proxies=1, metrics_token="")
    closed = Taking(metrics_token="secret")
    assert [each.ask("GET", "/metrics").status for each in (behind, closed)] == [403, 403]
    behind.stop()
    closed.stop()


class Line:
    """A way into the log that does as it is told."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.taken: list[bytes] = []

    async def open(self) -> None:
        if isinstance(self.fault, Broken):
            raise self.fault

    async def close(self) -> None:
        pass

    async def commit(self, batches: Any) -> None:
        ids = [row[1] for batch in batches for row in batch.rows]
        if self.fault is not None and (isinstance(self.fault, Broken) or b"poison" in ids):
            raise self.fault
        self.taken += ids


def test_while_the_log_is_away_senders_come_again_and_it_heals_by_itself(key: str) -> None:
    line = Line()
    taking = Taking(line=lambda: line).ready()
    line.fault = Broken("gone")
    told = taking.ask("POST", "/v1/t", EVENT, key)
    assert (told.status, told.headers["retry-after"]) == (503, "1")
    line.fault = None
    taking.wait(lambda: taking.ask("POST", "/v1/t", EVENT, key).status == 200)
    assert set(line.taken) == {b"m1"}
    taking.stop()


def test_one_poisoned_request_does_not_fail_its_neighbours(key: str) -> None:
    line = Line()
    line.fault = NotStorable("no")
    taking = Taking(line=lambda: line).ready()
    asked = [("POST", "/v1/t", EVENT | {"messageId": "poison" if n == 7 else f"m{n}"}, key, {}) for n in range(20)]
    statuses = [told.status for told in taking.ask_all(asked)]
    assert statuses == [400 if n == 7 else 200 for n in range(20)]
    assert len(line.taken) == 19
    taking.stop()


def test_memory_is_bounded(key: str) -> None:
    taking = Taking().ready()
    taking.intake.commits.most_waiting_bytes = 1_000
    asked = [("POST", "/v1/t", EVENT | {"messageId": f"m{n}"}, key, {}) for n in range(20)]
    told = taking.ask_all(asked)
    refused = [one for one in told if one.status == 503]
    assert refused and {one.json["code"] for one in refused} == {"overloaded"}
    assert len(logged()) == 20 - len(refused)
    assert taking.intake.commits.waiting_bytes == 0
    taking.stop()


def test_open_pages_hear_of_sources() -> None:
    ids = {new_id(), new_id()}
    assert LIVE_CHANNEL == live.CHANNEL
    assert [live_notice(ids)] == live.notices("source", ids)


def test_a_kafka_topic_gets_the_same_rows() -> None:
    source, received = new_id(), 830_000_000_000_000
    sent = b'{"batch":[{"type":"page","userId":"u","messageId":"m"}],"sentAt":"2026-01-01","context":{"ip":"1.1.1.1"}}'
    (row,) = intake_kafka.rows_of([Batch(source.bytes, received, read(sent, "", Limits()).rows, [])])
    assert (row.source_id, row.message_id, row.sent_at) == (source, "m", datetime(2026, 1, 1, tzinfo=UTC))
    assert row.received_at == datetime(2026, 4, 20, 11, 33, 20, tzinfo=UTC)
    assert parse(row).context == {"ip": "1.1.1.1"}


class Web:
    """Requests to the door in the web process, as `Taking` does them to the intake."""

    def __init__(self) -> None:
        self.taking = Taking()
        self.taking.do(self.taking.intake.stop())
        self.door = IntakeDoor(settings.CONFIG, database_url())
        self.taking.intake = self.door  # type: ignore[assignment]


def test_the_first_events_by_the_port_of_the_pages_wait_for_the_intake_to_start(key: str) -> None:
    web = Web()
    asked = [("POST", "/v1/t", EVENT | {"messageId": f"m{n}"}, key, {}) for n in range(10)]
    assert {told.status for told in web.taking.ask_all(asked)} == {200}
    web.taking.stop()
    assert len(logged()) == 10
