"""Random people, events and definitions over a small world, in which much is equal and edges are often hit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
EVENTS = ("Viewed", "Ordered", "Paid")
COUNTRIES, PLANS = ("", "DE", "PL"), ("free", "Pro", "3", 3, True, None)
DAYS = (1, 7, 30)
COMPUTED = {
    "orders": {"event": "Ordered", "of": "count"},
    "spent": {"event": "Ordered", "of": "sum", "property": "amount"},
    "spent_on_x": {"event": "Ordered", "of": "sum", "property": "amount",
                   "where": [{"property": "kind", "op": "is", "value": "x"}]},
    "mean": {"event": "Ordered", "of": "average", "property": "amount"},
    "viewed_first": {"event": "Viewed", "of": "first"},
    "idle": {"event": "Ordered", "of": "days_since_last"},
    "warm": {"event": "Viewed", "of": "decayed", "half_life_days": 5},
    "owed": {"event": "Ordered", "of": "decayed", "property": "amount", "half_life_days": 7},
    "likes": {"event": "Viewed", "of": "most_frequent", "property": "kind"},
}  # fmt: skip

# Edges of windows on purpose: exactly n days ago, a microsecond beside.
ages = st.one_of(
    st.sampled_from([timedelta(days=d) + timedelta(microseconds=m) for d in (0, *DAYS) for m in (-1, 0, 1)]).filter(
        lambda age: age >= timedelta(0)
    ),
    st.integers(0, 60 * 24).map(lambda hours: timedelta(hours=hours)),
)
moments = ages.map(lambda age: NOW - age)
properties = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["x", "y", "Xy", 1, True, None]),
        "amount": st.sampled_from([0, 5, 10, 2.5, "10", "ten", -5, 0.1]),
    },
)
happenings = st.tuples(st.sampled_from(EVENTS), moments, properties)
somebodies = st.fixed_dictionaries(
    {
        "country": st.sampled_from(COUNTRIES),
        "city": st.sampled_from(["", "Kraków", "köln", "KÖLN"]),
        "traits": st.fixed_dictionaries(
            {},
            optional={
                "plan": st.sampled_from(PLANS),
                "score": st.sampled_from([1, 2.5, "2", "x", None]),
                "renewal": st.one_of(
                    moments.map(datetime.isoformat), st.sampled_from(["2026-06-08", "2026-02-30", "soon"])
                ),
            },
        ),
        "events": st.lists(happenings, max_size=8),
    }
)

_texts = st.sampled_from(["DE", "x", "X", "Pro", "3", "true", "kö", "free"])
_numbers = st.sampled_from([-5, 0, 1, 2, 2.5, 3, 5, 10, 20])
_times = st.sampled_from(["2026-06-08", "2026-06-15T12:00:00+00:00", "2026-05-16T12:00:00Z"])


def _test(ops: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(ops).flatmap(
        lambda op: _values(op).map(lambda v: {"op": op} if v is None else {"op": op, "value": v})
    )


def _values(op: str) -> st.SearchStrategy[Any]:
    if op in ("known", "unknown"):
        return st.none()
    if op in ("gt", "ge", "lt", "le"):
        return _numbers
    if op.endswith("within_days"):
        return st.sampled_from(DAYS)
    if op in ("before", "after"):
        return _times
    if op == "between":
        return st.one_of(st.tuples(_numbers, _numbers), st.tuples(_times, _times)).map(list)
    if op == "one_of":
        return st.lists(st.one_of(_texts, _numbers), min_size=1, max_size=3)
    return _texts if op in ("contains", "not_contains", "starts") else st.one_of(_texts, _numbers)


_ALL = ("is", "is_not", "contains", "not_contains", "starts", "gt", "ge", "lt", "le", "between", "known", "unknown",
        "one_of", "before", "after", "within_days", "not_within_days")  # fmt: skip
_LASTING = tuple(op for op in _ALL if not op.endswith("within_days"))
_WHEN = ("before", "after", "within_days", "not_within_days")
traits = st.one_of(
    st.tuples(st.sampled_from(["country", "city", "plan", "score", "renewal", "likes"]), _test(_ALL)),
    st.tuples(st.sampled_from(["orders", "spent", "spent_on_x", "mean", "idle", "warm", "owed"]),
              _test(("gt", "ge", "lt", "le", "known", "unknown"))),
    st.tuples(st.just("viewed_first"), _test((*_WHEN, "known", "unknown"))),
).map(lambda pair: {"trait": pair[0], **pair[1]})  # fmt: skip
_where = st.lists(
    st.tuples(st.sampled_from(["kind", "amount"]), _test(_LASTING)).map(lambda p: {"property": p[0], **p[1]}),
    max_size=2,
)
_follow = st.fixed_dictionaries({"event": st.sampled_from(EVENTS)}, optional={"within_days": st.sampled_from(DAYS)})
_window = st.one_of(
    st.just({}),
    st.just({}),
    st.sampled_from(DAYS).map(lambda d: {"within_days": d}),
    st.tuples(_times, _times).map(lambda pair: {"between": list(pair)}),
)
_sequel = st.one_of(
    st.just({}), st.just({}), _follow.map(lambda f: {"followed_by": f}), _follow.map(lambda f: {"not_followed_by": f})
)
_did = st.fixed_dictionaries(
    {"event": st.sampled_from(EVENTS)},
    optional={
        "do": st.booleans(),
        "times": st.fixed_dictionaries({"op": st.sampled_from(["ge", "le", "eq"]), "n": st.integers(0, 3)}),
        "where": _where,
        "sum": st.fixed_dictionaries(
            {"property": st.just("amount"), "op": st.sampled_from(["gt", "ge", "lt", "le"]), "value": _numbers}
        ),
        "first": _test(_WHEN),
        "last": _test(_WHEN),
    },
)
dids = st.tuples(_did, _window, _sequel).map(lambda parts: {**parts[0], **parts[1], **parts[2]})
definitions = st.recursive(
    st.one_of(traits, dids),
    lambda inner: st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_leaves=5,
).map(lambda node: node if set(node) & {"all", "any", "none"} else {"all": [node]})
