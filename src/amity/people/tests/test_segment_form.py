"""Writing a segment in a form: every definition can be shown, changed a step at a time, and comes back the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.people import segment_draft as drafts
from amity.people import segment_json, segment_trends, segment_words
from amity.people.segment_controls import Controls, Shown
from amity.people.segments_views import Attribute, Vocabulary

KNOWN = Vocabulary(
    [
        Attribute("country", "Country", "field", "text", (("PL", "Poland"), ("DE", "Germany"))),
        Attribute("total", "Total of orders", "computed", "number"),
        Attribute("created_at", "Created", "field", "time"),
    ],
    {"Order Completed": ["category", "revenue"], "Page Viewed": []},
    [],
    ["deal", "consent"],
)
TYPES = {each.name: each.type for each in KNOWN.attributes}
NAMES = segment_words.Names({each.name: each.label for each in KNOWN.attributes}, {"country": {"PL": "Poland"}})

words = st.text(st.characters(categories=["L", "Nd"], include_characters=" -&\"'<>"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and not text[0].isdecimal()
)
numbers = st.integers(-1000, 1000) | st.floats(-1000, 1000).map(lambda x: round(x, 3)).filter(
    lambda x: not float(x).is_integer()
)
days = st.integers(1, 400)
dates = st.dates().map(lambda day: f"{day.isoformat()}T00:00:00+00:00")


def compared(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["is", "is_not", "contains", "not_contains", "starts"]), "value": words}
        ),
        st.fixed_dictionaries({"op": st.sampled_from(["gt", "ge", "lt", "le"]), "value": numbers}),
        st.fixed_dictionaries({"op": st.sampled_from(["known", "unknown"])}),
        st.fixed_dictionaries({"op": st.just("one_of"), "value": st.lists(words, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"op": st.sampled_from(["within_days", "not_within_days"]), "value": days}),
        st.fixed_dictionaries({"op": st.sampled_from(["before", "after"]), "value": dates}),
    ).flatmap(lambda test: st.just({name: "shoe size", **test}))


whens = st.fixed_dictionaries({"op": st.sampled_from(["within_days", "not_within_days"]), "value": days})
events = st.fixed_dictionaries(
    {"event": st.just("Order Completed"), "do": st.booleans()},
    optional={
        "within_days": days,
        "where": st.lists(compared("property"), min_size=1, max_size=2),
        "sum": st.fixed_dictionaries(
            {"property": words, "op": st.sampled_from(["gt", "ge", "lt", "le"]), "value": numbers}
        ),
        "first": whens,
        "last": whens,
        "not_followed_by": st.fixed_dictionaries({"event": words}, optional={"within_days": days}),
    },
)
deals = st.fixed_dictionaries(
    {
        "deal": st.fixed_dictionaries(
            {
                "state": st.sampled_from(["open", "won", "lost"]),
                "op": st.sampled_from(["ge", "le", "eq"]),
                "n": st.integers(0, 9),
            },
            optional={"value_ge": st.integers(1, 10**6)},
        )
    }
)
leaves = st.one_of(compared("trait"), events, deals, st.uuids().map(lambda each: {"segment": str(each)}))
groups = st.recursive(
    st.builds(lambda mode, nodes: {mode: nodes}, st.sampled_from(["all", "any", "none"]), st.lists(leaves, max_size=3)),
    lambda inner: st.builds(
        lambda mode, nodes: {mode: nodes}, st.sampled_from(["all", "any", "none"]), st.lists(leaves | inner, max_size=3)
    ),
    max_leaves=3,
)
definitions = groups.filter(lambda each: _depth(each) <= 5)


def _depth(node: dict[str, Any]) -> int:
    inner = next((node[mode] for mode in ("all", "any", "none") if mode in node), None)
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def posted(root: Shown) -> QueryDict:
    """What a browser would send of a draft that is on the screen."""
    from html.parser import HTMLParser

    data = QueryDict(mutable=True)

    class Fields(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            told = dict(attrs)
            if tag == "input":
                data.appendlist(told["name"] or "", told["value"] or "")
            elif tag == "select":
                self.select = told["name"] or ""
            elif tag == "option" and "selected" in told and self.select:
                data.appendlist(self.select, told["value"] or "")

    def node(shown: Shown) -> None:
        data.appendlist("node", f"{shown.node.key} {shown.group} {shown.node.kind}")
        for html in (shown.mode, shown.sentence, *(extra.sentence for extra in shown.extras)):
            Fields().feed(str(html))
        for each in shown.nodes:
            node(each)

    node(root)
    return data


@pytest.mark.slow
@settings(deadline=None)  # the first form reads the URLs of the whole house
@given(definitions)
def test_a_definition_goes_through_the_form_unchanged(definition: dict[str, Any]) -> None:
    known = Vocabulary(KNOWN.attributes, KNOWN.events, _segments(definition), KNOWN.kinds)
    shown = Controls(known, "/segments/new").show(segment_json.from_definition(definition))
    again = drafts.read(posted(shown))
    assert _plain(segment_json.definition_of(again, TYPES, whole=True)) == _plain(definition)


@pytest.mark.slow
@given(definitions)
def test_every_definition_can_be_told_in_words(definition: dict[str, Any]) -> None:
    told = segment_words.told(definition, NAMES)
    assert told
    assert "%(" not in told
    assert "{" not in told


def _segments(definition: dict[str, Any]) -> list[Any]:
    return [(each["segment"], "Other") for each in segment_json.leaves(definition) if "segment" in each]


def _plain(node: Any) -> Any:
    """Days as dates: the form asks for days; do true is what is meant when nothing is said."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(each) for each in node]
    return node.split("T00:00")[0] if isinstance(node, str) else node


def test_the_example_of_the_guide_reads_as_a_sentence() -> None:
    definition = {
        "all": [
            {"event": "Order Completed", "do": True, "times": {"op": "ge", "n": 3}, "within_days": 30,
             "where": [{"property": "category", "op": "is", "value": "coffee"}]},
            {"trait": "country", "op": "is", "value": "PL"},
            {"any": [{"trait": "total", "op": "ge", "value": 1000}, {"event": "Page Viewed", "do": False}]},
        ]
    }  # fmt: skip
    assert segment_words.told(definition, NAMES) == (
        "People who did “Order Completed” at least 3 times in the last 30 days where category is coffee"
        " and whose Country is Poland and (whose Total of orders is at least 1,000 or who did not do “Page Viewed”)"
    )


def test_buttons_change_the_draft_a_step_at_a_time() -> None:
    draft = drafts.empty()
    for each in (
        "add.trait.n0",
        "add.group.n0",
        "where.n1",
        "with.sum.n1",
        "remove.n2",
        "nonsense",
        "add.x.n0",
        "remove.n0",
    ):
        drafts.step(draft, each)
    kinds = [(node.key, node.kind) for node, _group in draft.walk()]
    assert kinds == [("n0", "group"), ("n1", "event"), ("n3", "group"), ("n4", "trait")]
    event = draft.root.nodes[0]
    assert len(event.where) == 1
    assert event.parts == {"sum"}
    drafts.step(draft, "unwhere.0.n1")
    drafts.step(draft, "without.sum.n1")
    assert (event.where, event.parts) == ([], set())


def test_groups_are_nested_five_deep_at_most_and_a_draft_is_bounded() -> None:
    draft = drafts.empty()
    for _ in range(8):
        deepest = max((node for node, _g in draft.walk() if node.kind == "group"), key=lambda node: node.depth)
        drafts.step(draft, f"add.group.{deepest.key}")
    assert max(node.depth for node, _g in draft.walk() if node.kind == "group") == 5
    for _ in range(150):
        drafts.step(draft, "add.trait.n0")
    assert sum(1 for _ in draft.walk()) <= 101


@pytest.mark.slow
@given(st.lists(st.text(max_size=20), max_size=30), st.text(max_size=20))
def test_no_form_breaks_the_draft(lines: list[str], step: str) -> None:
    data = QueryDict(mutable=True)
    data.setlist("node", ["n0 - group", *lines, "n1 n0 event", "n1 n0 event", "n2 n9 trait", "n3 n1 trait"])
    data["n1.n"] = "many"
    draft = drafts.read(data)
    drafts.step(draft, step)
    assert draft.root.key == "n0"
    assert Controls(KNOWN, "/x").show(draft).is_group
    segment_json.definition_of(draft, TYPES, whole=True)


def test_what_is_not_filled_in_is_left_out_of_the_count_and_blamed_when_saving() -> None:
    draft = drafts.empty()
    drafts.step(draft, "add.trait.n0")
    draft.root.nodes[1].values |= {"name": "country", "op": "is", "value": "PL"}
    assert segment_json.definition_of(draft, TYPES, whole=False) == {
        "all": [{"trait": "country", "op": "is", "value": "PL"}]
    }
    drafts.blame(draft, "/all/0/event", "Say which event.")
    assert [node.fault for node in draft.root.nodes] == ["Say which event.", ""]


def test_the_form_escapes_what_people_typed() -> None:
    draft = drafts.empty()
    draft.root.nodes[0].values["event"] = '"><script>alert(1)</script>{x}'
    html = str(Controls(KNOWN, "/x").show(draft).nodes[0].sentence)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{x}" in html


def test_numbers_stay_what_they_are() -> None:
    read = segment_json.value_of
    assert read("is", "007", "", "") == "007"
    assert read("is", "7,5", "", "") == 7.5
    assert read("is", "12", "", "text") == "12"
    assert read("ge", "1 000", "", "number") == 1000
    assert read("one_of", "a, b,,", "", "") == ["a", "b"]
    assert read("ge", "many", "", "number") == "many", "the engine says what is wrong with it"


def test_bars_of_the_chart_stay_inside() -> None:
    from datetime import date, timedelta

    first = date(2026, 3, 1)
    day = [segment_trends.Day(first + timedelta(days=n), n * 7 % 5, n % 3, 10) for n in range(30)]
    bars, axis = segment_trends.bars(segment_trends.Trend(tuple(day)))
    assert 0 < axis < segment_trends.HEIGHT
    assert all(bar.y >= 0 and bar.y + bar.height <= segment_trends.HEIGHT for bar in bars)


def test_fields_ask_the_server_by_themselves() -> None:
    draft = drafts.empty()
    html = str(Controls(KNOWN, "/segments/new").show(draft).nodes[0].sentence)
    assert 'hx-post="/segments/new" hx-trigger="change"' in html
    assert "&quot;" not in html
