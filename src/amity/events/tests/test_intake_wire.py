"""Reading what SDKs send: the envelope only, bad events apart from good ones, nothing that Postgres cannot hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.base.ids import new_id
from amity.events import intake_wire
from amity.events.intake_rows import COPY_QUARANTINE, COPY_RAW, Batch, quarantine_copy, raw_copy
from amity.events.intake_wire import BadRequest, Limits, Reject, read
from amity.events.schemas import lane_of

LIMITS = Limits()


def body(**event: Any) -> bytes:
    return json.dumps(event).encode()


def codes(sent: bytes, kind: str = "", limits: Limits = LIMITS) -> list[str]:
    return [reject.code for reject in read(sent, kind, limits).rejects]


def test_the_address_says_the_type_and_the_body_stays_as_sent() -> None:
    sent = b'{ "userId":"u1",  "event":"Viewed", "messageId":"m1", "properties":{"price":1.10} }'
    parsed = read(sent, "track", LIMITS)
    (row,) = parsed.rows
    assert (row, parsed.single) == (("track", b"m1", lane_of("u1", ""), None, sent, None), True)


def test_the_key_may_stand_in_the_first_event_of_a_batch() -> None:
    assert intake_wire.key_of(body(batch=[{"type": "page", "writeKey": "k1"}, {}])) == "k1"
    assert intake_wire.key_of(body(writeKey="k0", batch=[{"writeKey": "k1"}])) == "k0"
    assert [intake_wire.key_of(body(batch=batch)) for batch in ([], [5], ["x"], [{"writeKey": {}}])] == [""] * 4


def test_a_batch_keeps_each_event_as_sent_and_what_it_shares() -> None:
    first, second = (
        b'{"type":"page","anonymousId":"a","messageId":"1"}',
        b'{"type":"identify","userId":7,"messageId":"2"}',
    )
    sent = b'{"batch":[%s, %s],"context":{"ip":"1.2.3.4"},"sentAt":"2026-01-02T03:04:05.006Z","writeKey":"k"}' % (
        first,
        second,
    )
    parsed = read(sent, "", LIMITS)
    assert [row[4] for row in parsed.rows] == [first, second]
    assert {row[5] for row in parsed.rows} == {b'{"context":{"ip":"1.2.3.4"}}'}
    assert {row[3] for row in parsed.rows} == {
        (datetime(2026, 1, 2, 3, 4, 5, 6000, UTC) - intake_wire.EPOCH) // intake_wire._MICROSECOND
    }
    assert (parsed.write_key, parsed.rows[1][2]) == ("k", lane_of("7", ""))


def test_a_bad_event_does_not_spoil_its_batch() -> None:
    good = {"type": "track", "event": "A", "userId": "u", "messageId": "good"}
    bad = [
        {"type": "foo", "userId": "u"},
        {"type": "track", "userId": "u"},
        {"type": "page"},
        {"type": "page", "userId": "u" * 501},
        {"type": "page", "userId": "u", "messageId": "m" * 101},
        {"type": "page", "userId": "u", "properties": {"x": "y" * 33_000}},
        {"type": "page", "userId": {"$oid": "1"}},
        "no event",
    ]
    parsed = read(json.dumps({"batch": [good, *bad, good]}).encode(), "", LIMITS)
    assert [row[1] for row in parsed.rows] == [b"good", b"good"]
    assert [reject.code for reject in parsed.rejects] == [
        "unknown_type", "no_event_name", "no_identity", "long_id", "message_id_too_long", "event_too_large",
        "bad_event", "bad_event",
    ]  # fmt: skip
    assert [json.loads(reject.body) for reject in parsed.rejects] == bad


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "bad_json"),
        (b"[]", "bad_request"),
        (b"null", "bad_request"),
        (b'{"batch": 1}', "bad_request"),
        (b'{"batch": [', "bad_json"),
        (b"{}", "bad_request"),
        (b'{"batch":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too_deep"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(sent: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(sent, "", LIMITS)
    assert refused.value.code == code


def test_a_request_has_a_size() -> None:
    with pytest.raises(BadRequest) as refused:
        read(b" " * 500 * 1024 + b"{}", "track", LIMITS)
    assert refused.value.status == 413
    assert codes(body(userId="u", event="A", x="y" * 40_000), "track", Limits(event_bytes=50_000)) == []


def test_what_jsonb_cannot_hold_is_mended() -> None:
    sent = b'{"userId":"u","event":"caf\xe9","properties":{"a\\u0000":"b\\u0000c","emoji":"\\ud83d\\ude00",'
    sent += b'"half":"\\ud83d","no":[NaN,-Infinity]}}'
    (row,) = read(sent, "track", LIMITS).rows
    assert json.loads(row[4]) == {
        "userId": "u", "event": "caf�", "properties": {"a": "bc", "emoji": "😀", "half": "�", "no": [None, None]}
    }  # fmt: skip
    assert read("﻿".encode() + body(userId="u"), "page", LIMITS).rows[0][4] == body(userId="u")


def test_bodies_that_came_as_forms() -> None:
    for sent in (b"%7B%22userId%22%3A%22u+1%22%7D", b"data=%7B%22userId%22%3A%22u+1%22%7D"):
        assert json.loads(read(sent, "page", LIMITS).rows[0][4]) == {"userId": "u 1"}


def test_an_event_without_message_id_gets_one() -> None:
    first, second = (read(body(userId="u"), "page", LIMITS).rows[0][1] for _n in range(2))
    assert len(first) == len(second) == 36 and first != second


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T05:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1_767_323_045_000, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1_767_323_045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_times_as_sdks_write_them(said: Any, wanted: datetime) -> None:
    assert intake_wire.moment(said) == (wanted - intake_wire.EPOCH) // intake_wire._MICROSECOND


@pytest.mark.parametrize(
    "said",
    ["", "soon", "2026-13-01", None, True, 1e300, float("inf"), -1e18, {}, "0001-01-01", "9999-12-31T23:59:59-14:00"],
)
def test_what_is_no_time(said: Any) -> None:
    assert intake_wire.moment(said) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify", "foo"]), "userId": st.text(min_size=1, max_size=20)},
    optional={"event": st.text(max_size=10), "messageId": st.text(max_size=120), "properties": json_values},
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(events, max_size=6))
def test_every_event_is_taken_or_refused_with_a_reason(sent: list[dict[str, Any]]) -> None:
    parsed = read(json.dumps({"batch": sent}).encode(), "", LIMITS)
    assert len(parsed.rows) + len(parsed.rejects) == len(sent)
    for row in parsed.rows:
        assert b"\\u0000" not in row[4] and msgspec.json.decode(row[4])["type"] == row[0]
    assert all(reject.code and reject.sentence for reject in parsed.rejects)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    try:
        parsed = read(sent, "track", LIMITS)
    except BadRequest as bad:
        assert bad.status in (400, 413)
    else:
        assert parsed.rows or parsed.rejects


@pytest.mark.slow
@pytest.mark.django_db
@settings(deadline=None)
@given(st.lists(events, max_size=4))
def test_what_is_taken_fits_into_the_tables(sent: list[dict[str, Any]]) -> None:
    parsed = read(json.dumps({"batch": sent, "sentAt": "2026-01-01T00:00:00Z"}).encode(), "", LIMITS)
    source, received = new_id().bytes, 830_000_000_000_000
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_raw")
        _copied(cursor, COPY_RAW, raw_copy([Batch(source, received, parsed.rows, [])]))
        cursor.execute(
            "SELECT kind, message_id, body, sent_at, convert_from(body, 'utf8')::jsonb FROM events_raw ORDER BY id"
        )
        found = [(row[0], row[1].encode(), bytes(row[2])) for row in cursor.fetchall()]
    assert sorted(found) == sorted((row[0], row[1], row[4]) for row in parsed.rows)


@pytest.mark.django_db
def test_rejects_fit_into_the_quarantine() -> None:
    from amity.access.permissions import SYSTEM
    from amity.events import sources
    from amity.events.models import Quarantine

    source = sources.create(SYSTEM, "Shop")
    rejects = [
        Reject("track", "m\0" + "é" * 200, 0, b"\xff\0", None, "bad_json", "no " * 200),
        Reject("", "", None, b"{}", b"{}", "unknown_type", "why"),
    ]
    with connection.cursor() as cursor:
        _copied(cursor, COPY_QUARANTINE, quarantine_copy([Batch(source.id.bytes, 0, [], rejects)]))
    first, second = Quarantine.objects.order_by("code")
    assert (first.message_id, bytes(first.body), first.sent_at) == (
        "m" + "é" * 99, b"\xff\0", datetime(2000, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert (second.sent_at, bytes(second.shared or b""), len(first.sentence)) == (None, b"{}", 300)


def _copied(cursor: Any, statement: str, data: bytes) -> None:
    with cursor.copy(statement) as sink:
        sink.write(data)
