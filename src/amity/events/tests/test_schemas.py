"""Reading events: what the wire contract says, and that nothing sent can do more than be refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amity.base.ids import new_id
from amity.events.schemas import OLDEST, Bad, Fact, RawRow, parse, seen_key

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = RECEIVED - timedelta(seconds=5)
SOURCE = new_id()


def row(event: Any, kind: str = "track", **more: Any) -> RawRow:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return RawRow(SOURCE, kind, more.pop("message_id", "m1"), 0, RECEIVED, body, **more)


def read(kind: str = "track", **event: Any) -> Fact:
    return parse(row({"event": "Seen", **event}, kind))


@pytest.mark.parametrize(
    ("said", "sent", "at"),
    [
        ({}, None, RECEIVED),
        ({"timestamp": "2026-03-01T11:00:00Z"}, None, datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ({"timestamp": "2026-03-01T11:00:00Z", "sentAt": "2026-03-01T11:00:10Z"}, None, BEFORE - timedelta(seconds=5)),
        ({"originalTimestamp": "2020-01-01T00:00:00Z", "timestamp": "2026-03-01T11:00:00Z", "sentAt":
          "2020-01-01T00:01:00Z"}, None, RECEIVED - timedelta(minutes=1)),  # RudderStack, and a clock six years late
        ({"timestamp": "2031-01-01T00:00:00Z"}, datetime(2031, 1, 1, 0, 0, 5, tzinfo=UTC), BEFORE),
        ({"timestamp": "2026-03-01T13:00:00+02:00"}, None, datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ({"timestamp": "2026-03-01T11:00:00"}, None, datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ({"timestamp": 1772362800}, None, datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ({"timestamp": 1772362800000}, None, datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ({"timestamp": "9999-12-31T23:59:59Z"}, None, RECEIVED),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, None, RECEIVED),
        ({"timestamp": "0001-01-01T00:00:00Z", "sentAt": "9999-12-31T23:59:59Z"}, None, RECEIVED),
    ],
)  # fmt: skip
def test_the_clients_clock_error_is_taken_out(said: dict[str, Any], sent: datetime | None, at: datetime) -> None:
    assert parse(row({"event": "Seen", **said}, sent_at=sent)).occurred_at == at


def test_names_and_ids_are_texts() -> None:
    fact = read(userId=7, anonymousId=7.0, previousId=" a ", groupId=None)
    assert (fact.user_id, fact.anonymous_id, fact.previous_id, fact.group_id) == ("7", "7", "a", "")
    assert read("page", name="Home").name == "Home"
    assert read("page", properties={"name": "Prices"}).name == "Prices"
    assert read("identify", name="x").name == ""
    assert len(read(event="x" * 900).name) == 200


def test_what_the_batch_says_counts_unless_the_event_says_otherwise() -> None:
    shared = b'{"context":{"ip":"192.0.2.1","locale":"de"},"integrations":{}}'
    fact = parse(row({"event": "Seen", "context": {"locale": "pl"}}, shared=shared))
    assert fact.context == {"ip": "192.0.2.1", "locale": "pl"}


def test_nul_is_left_out_everywhere() -> None:
    fact = parse(
        row({"event": "a\x00b", "userId": "\x00", "properties": {"k\x00": ["v\x00", {"\x00": 1}]}},
            shared=b'{"context":{"a\\u0000":"\\u0000b"}}')
    )  # fmt: skip
    assert (fact.name, fact.user_id, fact.properties) == ("ab", "", {"k": ["v", {"": 1}]})
    assert fact.context == {"a": "b"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"), (b"{", "not_json"), (b"[]", "bad_shape"), (b'{"event":"\xff"}', "not_json"),
        (b'{"event":"x","properties":[]}', "bad_shape"), (b'{"event":"x","timestamp":"yesterday"}', "bad_time"),
        (b'{"event":" "}', "no_event_name"), (b'{"event":true}', "no_event_name"),
        (b'{"event":"x","userId":"' + b"u" * 501 + b'"}', "long_id"),
        (b'{"event":"x","properties":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "too_deep"),
    ],
)  # fmt: skip
def test_refusals_say_why(body: bytes, code: str) -> None:
    with pytest.raises(Bad) as refused:
        parse(row(body))
    assert refused.value.code == code
    assert refused.value.sentence


@pytest.mark.parametrize(
    ("kind", "message_id", "code"),
    [("dance", "m", "unknown_type"), ("track", "", "bad_message_id"), ("track", "m" * 201, "bad_message_id")],
)
def test_rows_that_no_intake_makes_are_refused(kind: str, message_id: str, code: str) -> None:
    with pytest.raises(Bad) as refused:
        parse(row(b'{"event":"x"}', kind, message_id=message_id))
    assert refused.value.code == code


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_fields = st.sampled_from(
    ["event", "userId", "anonymousId", "traits", "properties", "context", "timestamp", "originalTimestamp", "sentAt"]
)


@pytest.mark.slow
@given(st.dictionaries(_fields, _json), st.sampled_from(["track", "page", "identify"]), st.none() | st.datetimes())
@example({"event": "x", "timestamp": 1e308}, "track", None)
@example({"event": "x", "properties": {"a": "\ud800"}}, "track", None)
def test_anything_is_either_read_or_refused(event: dict[str, Any], kind: str, sent: datetime | None) -> None:
    try:
        fact = parse(row(event, kind, sent_at=sent and sent.replace(tzinfo=UTC)))
    except Bad as refused:
        assert refused.code
    else:
        assert OLDEST <= fact.occurred_at <= RECEIVED
        assert "\x00" not in repr(fact)


@given(st.binary(max_size=200))
def test_any_bytes_are_either_read_or_refused(body: bytes) -> None:
    try:
        parse(row(body))
    except Bad as refused:
        assert refused.code


@given(st.text(min_size=1), st.text(min_size=1))
def test_keys_differ_where_messages_differ(one: str, two: str) -> None:
    assert (seen_key(SOURCE, one) == seen_key(SOURCE, two)) == (one == two)
    assert seen_key(SOURCE, one) != seen_key(new_id(), one)
