"""Mappings: any payload in, events of the tracking contract out; the same payload gives the same events always."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.events import mapping_presets as presets
from amity.events.mapping import MAX_EVENTS, MAX_ID, applied, read_rules
from amity.events.mapping_paths import Every, Path, Sample, Where, found, path_of, written
from amity.events.mapping_values import MISSING, BadValue, expression_of, time_of, value_of
from amity.events.schemas import RawRow, parse
from amity.events.tests.payloads import FORM, MEETING, PAYMENT, REPOSITORY, SHOP

NOW = datetime(2026, 11, 22, tzinfo=UTC)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=0, max_size=8)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=25
)
steps = st.one_of(
    names,
    st.integers(-9, 9),
    st.just(Every()),
    st.builds(Where, st.from_regex(r"[a-z][a-z.]{0,8}[a-z]", fullmatch=True), names),
)


@given(st.builds(Path, st.sampled_from(["$", "@query", "@item"]), st.lists(steps, max_size=6).map(tuple)))
def test_a_path_reads_as_it_was_written(path: Path) -> None:
    assert path_of(written(path)) == path


@given(documents)
def test_every_leaf_is_found_at_the_path_the_picker_shows(body: Any) -> None:
    for path, value in presets.leaves(body):
        assert found(path_of(path), Sample(body)) == [value]


@pytest.mark.parametrize(
    "text", ["", "customer", "$customer", "$.", "$..a", "$.a b", "$[", "$['a]", "$[?x]", "@nothing.a", "$.a[1.5]"]
)
def test_what_is_no_path_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Refused, match="is not a path") as refusal:
        path_of(text)
    assert refusal.value.code == "bad_path"


BODY = {
    "a": {"b": [1, 2, {"c": "x"}], "odd key": "y", 'q"': 1},
    "list": [{"t": "mail", "v": "a@b.pl"}, {"t": "tel", "v": "+48"}],
    "cents": 1999,
    "text": " Ann ",
    "none": None,
    "json": '{"k": 7}',
    "price": "1.234,50",
    "empty": "",
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$.a.b[0]", 1),
        ("$.a.b[-1].c", "x"),
        ("$.a['odd key']", "y"),
        ('$.a["q\\""]', 1),
        ("$.a.b[9]", MISSING),
        ("$.list[?t=='tel'].v", "+48"),
        ("$.list[?t=='fax'].v", MISSING),
        ("$.list[*].v", ["a@b.pl", "+48"]),
        ("$.list[*].v | first", "a@b.pl"),
        ("$.list[*].v | last", "+48"),
        ("$.list[*].v | join", "a@b.pl, +48"),
        ("$.list | count", 2),
        ("$.cents | cents", 19.99),
        ("$.price | number", 1234.5),
        ("$.text | upper", "ANN"),
        ("$.none | upper", None),
        ("$.json | json", {"k": 7}),
        ("Order {$.cents} of {$.text}", "Order 1999 of Ann"),
        ("Order {$.nothing}", MISSING),
        ("a constant | with a bar", "a constant | with a bar"),
        ("$5 off", "$5 off"),
        ("@header.X-Topic", "orders/paid"),
        ("@query.shop", "pens"),
        ("$.empty", ""),
    ],
)
def test_expressions(expression: str, value: Any) -> None:
    assert value_of(expression, Sample(BODY, {"x-topic": "orders/paid"}, {"shop": "pens"})) == value


def test_an_unknown_conversion_is_refused() -> None:
    with pytest.raises(Refused, match="no conversion “euros”"):
        expression_of("$.a | euros")


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        (1_700_000_000, "2023-11-14T22:13:20+00:00"),
        (1_700_000_000_123, "2023-11-14T22:13:20.123000+00:00"),
        ("1700000000", "2023-11-14T22:13:20+00:00"),
        (1_700_000_000_000_000, "2023-11-14T22:13:20+00:00"),
        ("2024-02-29T10:00:00+02:00", "2024-02-29T08:00:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00"),
        ("Tue, 14 Nov 2023 22:13:20 GMT", "2023-11-14T22:13:20+00:00"),
        ("20240229", "2024-02-29T00:00:00+00:00"),
    ],
)
def test_times_in_the_forms_senders_use(value: Any, iso: str) -> None:
    assert time_of(value).isoformat() == iso


@given(scalars)
def test_what_is_no_time_is_said_to_be_none(value: Any) -> None:
    try:
        assert 1970 <= time_of(value).year <= 2200
    except BadValue as error:
        assert "is not a time" in str(error)


def rules_of(*rules: dict[str, Any]) -> Any:
    return read_rules({"rules": list(rules)})


ANY = {
    "key": "t",
    "kind": "track",
    "event": "{$.name}",
    "email": "$.email",
    "user_id": "$.id",
    "time": "$.at",
    "rest": "$",
}
WHO = {
    "key": "i",
    "kind": "identify",
    "email": "$.email",
    "user_id": "$.id",
    "rest": "$",
    "properties": {"x": "$.a | number"},
}
EACH = {
    "key": "e",
    "kind": "track",
    "event": "Line",
    "each": "$.lines[*]",
    "user_id": "$.id",
    "properties": {"sku": "@item.sku"},
}


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["name", "email", "id", "at", "a", "lines"]), documents))
def test_no_payload_breaks_a_mapping_and_what_comes_out_is_of_the_contract(body: dict[str, Any]) -> None:
    rules = rules_of(ANY, WHO, EACH)
    raw = json.dumps(body).encode()
    first, second = applied(rules, Sample(body, raw=raw)), applied(rules, Sample(body, raw=raw))
    assert (first.events, first.problems) == (second.events, second.problems)
    assert len({event["messageId"] for event in first.events}) == len(first.events)
    for event in first.events:
        assert 0 < len(event["messageId"]) <= MAX_ID
        assert event.get("userId") or event.get("anonymousId")
        row = RawRow(new_id(), event["type"], event["messageId"], 0, NOW, msgspec.json.encode(event))
        fact = parse(row)
        assert fact.occurred_at <= NOW


def test_an_order_becomes_a_track_and_an_identify() -> None:
    rules = rules_of(
        {
            "key": "o",
            "kind": "track",
            "event": "Order {$.state}",
            "email": "$.who.mail",
            "time": "$.at",
            "when": [{"path": "@header.x-topic", "value": "Orders"}],
            "properties": {"total": "$.total | cents"},
        },
        {
            "key": "p",
            "kind": "identify",
            "email": "$.who.mail",
            "user_id": "$.who.id",
            "traits": {"city": "$.who.city"},
        },
    )
    body = {"state": "paid", "total": 1999, "at": 1_700_000_000, "who": {"mail": "Ann@x.pl", "id": 7, "city": "Łódź"}}
    outcome = applied(rules, Sample(body, {"x-topic": "orders"}, raw=b"1"))
    order, person, claim = outcome.events
    assert order["event"] == "Order paid"
    assert order["properties"] == {"total": 19.99}
    assert order["timestamp"] == "2023-11-14T22:13:20.000Z"
    assert (claim["type"], claim["traits"]) == ("identify", {"email": "Ann@x.pl"})  # joins the visitor to the address
    assert (claim["anonymousId"], claim["messageId"]) == (order["anonymousId"], f"{order['messageId']}:who")
    assert "userId" not in order
    assert order["anonymousId"].startswith("mail-")  # the address alone names the person
    assert person["userId"] == "7"
    assert person["traits"] == {"city": "Łódź", "email": "Ann@x.pl"}
    assert outcome.problems == []
    assert applied(rules, Sample(body, {"x-topic": "refunds"}, raw=b"1")).matched == ["p"]


def test_the_same_address_is_the_same_visitor() -> None:
    rules = rules_of({"key": "a", "event": "Seen", "email": "$.e"})
    one, two = (applied(rules, Sample({"e": mail})).events[0]["anonymousId"] for mail in ("Ann@x.pl", "ann@X.pl"))
    assert one == two


def test_message_ids_come_from_the_body_or_from_where_the_rule_says() -> None:
    plain = rules_of({"key": "a", "event": "Seen", "user_id": "$.u"})
    said = rules_of({"key": "a", "event": "Seen", "user_id": "$.u", "message_id": "$.id"})
    one, two = Sample({"u": 1, "id": "e1", "n": 1}, raw=b"1"), Sample({"u": 1, "id": "e1", "n": 2}, raw=b"2")
    assert applied(plain, one).events[0]["messageId"] != applied(plain, two).events[0]["messageId"]
    assert applied(said, one).events[0]["messageId"] == applied(said, two).events[0]["messageId"] == "e1:a"
    long = applied(said, Sample({"u": 1, "id": "x" * 900})).events[0]["messageId"]
    assert len(long) == 48


def test_one_event_for_each_element_up_to_a_bound() -> None:
    body = {"id": 1, "lines": [{"sku": n} for n in range(MAX_EVENTS + 5)]}
    outcome = applied(rules_of(EACH), Sample(body))
    assert [event["properties"]["sku"] for event in outcome.events[:3]] == [0, 1, 2]
    assert len(outcome.events) == MAX_EVENTS


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"path": "$.a.b[0]", "value": "1"}, True),
        ({"path": "$.text", "op": "is", "value": "ann"}, True),
        ({"path": "$.text", "op": "is_not", "value": "ann"}, False),
        ({"path": "$.no", "op": "is_not", "value": "x"}, True),
        ({"path": "$.text", "op": "contains", "value": "NN"}, True),
        ({"path": "$.text", "op": "starts", "value": "n"}, False),
        ({"path": "$.cents", "op": "one_of", "value": "1, 1999"}, True),
        ({"path": "$.none", "op": "known"}, False),
        ({"path": "$.empty", "op": "unknown"}, True),
        ({"path": "$.list[*].t", "op": "is", "value": "tel"}, True),
    ],
)
def test_conditions(condition: dict[str, str], holds: bool) -> None:
    rules = rules_of({"key": "a", "event": "Seen", "user_id": "u1", "when": [condition]})
    assert bool(applied(rules, Sample(BODY)).events) is holds


@pytest.mark.parametrize(
    ("body", "code"),
    [({"e": "x"}, "no_identity"), ({"u": 1}, "no_event_name"), ({"u": 1, "e": "x", "at": "soon"}, "bad_value")],
)
def test_what_a_payload_lacks_is_named(body: dict[str, Any], code: str) -> None:
    outcome = applied(rules_of({"key": "a", "event": "$.e", "user_id": "$.u", "time": "$.at"}), Sample(body))
    assert [problem.code for problem in outcome.problems] == [code]
    assert outcome.events == []


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"key": "a", "user_id": "$.u"}, "Say what the event is called"),
        ({"key": "a", "event": "x"}, "Say where the user id"),
        ({"key": "a b", "event": "x", "user_id": "$.u"}, "key is 1 to 12"),
        ({"key": "a", "event": "x", "user_id": "$.."}, "is not a path"),
        ({"key": "a", "event": "x", "user_id": "$.u", "rest": "all"}, "is not a path"),
        ({"key": "a", "event": "x", "user_id": "$.u", "colour": "red"}, "cannot be read"),
        ({"key": "a", "event": "x", "user_id": "$.u", "kind": "shout"}, "cannot be read"),
        ({"key": "a", "event": "x", "user_id": "$.u", "properties": {"p": "$.a | euros"}}, "no conversion"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        rules_of(rule)


@pytest.mark.parametrize(
    ("key", "sample", "seen"),
    [
        (
            "payments",
            PAYMENT,
            [("track", "checkout.session.completed", "cus_9", 49.9), ("identify", None, "cus_9", None)],
        ),
        ("shop", SHOP, [("track", "Order orders/paid", "706", 10.0), ("identify", None, "706", None)]),
        ("form", FORM, [("track", "Form Submitted", None, None), ("identify", None, None, None)]),
        ("meeting", MEETING, [("track", "Meeting invitee.created", None, None), ("identify", None, None, None)]),
        ("code", REPOSITORY, [("track", "Repository issues", "octo", None)]),
    ],
)
def test_common_shapes_are_recognised_and_mapped(key: str, sample: Sample, seen: list[tuple[Any, ...]]) -> None:
    assert [preset.key for preset in presets.recognised(sample)] == [key]
    outcome = applied(read_rules(presets.proposed(sample)), sample)
    got = [(e["type"], e.get("event"), e.get("userId"), e.get("properties", {}).get("total")) for e in outcome.events]
    assert got == seen
    assert outcome.problems == []


def test_an_unknown_shape_gets_a_guess_that_works() -> None:
    body = {
        "type": "lead",
        "createdAt": "2026-01-02T03:04:05Z",
        "contact": {"e-mail": "ann@x.pl", "userId": 5, "city": "X"},
    }
    outcome = applied(read_rules(presets.proposed(Sample(body))), Sample(body))
    track, identify = outcome.events
    assert (track["event"], track["userId"], track["timestamp"]) == ("lead", "5", "2026-01-02T03:04:05.000Z")
    assert identify["traits"] == {"e-mail": "ann@x.pl", "userId": 5, "city": "X", "email": "ann@x.pl"}


@pytest.mark.slow
@given(st.dictionaries(names, documents, min_size=1))
def test_whatever_comes_a_first_mapping_can_be_proposed(body: dict[str, Any]) -> None:
    mapping = presets.proposed(Sample(body))
    try:
        read_rules(mapping)
    except Refused as error:  # a payload that names nobody cannot be mapped without a person's help
        assert "Say where the user id" in error.message
