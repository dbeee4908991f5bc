"""The draft of a segment as its JSON definition, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from amity.people.segment_draft import DEFAULTS, GROUP, KINDS, NO_VALUE, Draft, Node, is_filled

_NUMBER = re.compile(r"-?\d{1,15}([.,]\d{1,9})?")


def from_definition(definition: Mapping[str, Any]) -> Draft:
    """The draft of a definition that is valid."""
    draft = Draft(Node("n0", GROUP))
    _fill(draft, draft.root, definition)
    return draft


def definition_of(draft: Draft, types: Mapping[str, str], *, whole: bool) -> dict[str, Any]:
    """The definition as far as it is written; ``types``: what attributes hold (text, number, time).

    ``whole`` keeps what is not filled in, so that the engine says what is missing; otherwise it is left out.
    """
    found = _group_json(draft.root, types, whole)
    return found if found is not None else {"all": []}


def _json(node: Node, types: Mapping[str, str], whole: bool) -> dict[str, Any] | None:
    if node.kind == GROUP:
        return _group_json(node, types, whole)
    if not whole and not is_filled(node):
        return None
    return _LEAVES[node.kind](node, types)


def _group_json(group: Node, types: Mapping[str, str], whole: bool) -> dict[str, Any] | None:
    nodes = [found for node in group.nodes if (found := _json(node, types, whole)) is not None]
    if not nodes and not whole and group.depth > 1:
        return None
    mode = group.get("mode")
    return {mode if mode in ("all", "any", "none") else "all": nodes}


def _trait_json(node: Node, types: Mapping[str, str]) -> dict[str, Any]:
    op = node.get("op")
    found: dict[str, Any] = {"trait": node.get("name").strip(), "op": op}
    if op not in NO_VALUE:
        found["value"] = value_of(op, node.get("value"), node.get("value2"), types.get(found["trait"], ""))
    return found


def _event_json(node: Node, types: Mapping[str, str]) -> dict[str, Any]:
    did = node.get("do") != "no"
    found: dict[str, Any] = {"event": node.get("event").strip(), "do": did}
    if did and node.get("times_op") != "once":
        found["times"] = {"op": node.get("times_op"), "n": _whole(node.get("n"))}
    if node.get("window") == "days":
        found["within_days"] = _number(node.get("days"))
    elif node.get("window") == "between":
        found["between"] = [node.get("from"), node.get("to")]
    where = [_where_json(each) for each in node.where if each["property"].strip()]
    if where:
        found["where"] = where
    return found | _parts_json(node)


def _parts_json(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "sum" in node.parts:
        value = _number(node.get("sum_value"))
        found["sum"] = {"property": node.get("sum_property").strip(), "op": node.get("sum_op") or "ge", "value": value}
    for part in ("first", "last"):
        if part in node.parts:
            op = node.get(f"{part}_op") or "within_days"
            found[part] = {"op": op, "value": value_of(op, node.get(f"{part}_value"), "", "time")}
    if "follow" in node.parts:
        after: dict[str, Any] = {"event": node.get("follow_event").strip()}
        if node.get("follow_days").strip():
            after["within_days"] = _number(node.get("follow_days"))
        found["not_followed_by" if node.get("follow_mode") == "not" else "followed_by"] = after
    return found


def _where_json(each: Mapping[str, str]) -> dict[str, Any]:
    op = each["op"]
    found: dict[str, Any] = {"property": each["property"].strip(), "op": op}
    if op not in NO_VALUE:
        found["value"] = value_of(op, each["value"], "", "")
    return found


def _segment_json(node: Node, types: Mapping[str, str]) -> dict[str, Any]:
    return {"segment": node.get("id")}


def _deal_json(node: Node, types: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"state": node.get("state"), "op": node.get("op"), "n": _whole(node.get("n"))}
    if node.get("value").strip():
        worth = _number(node.get("value"))
        found["value_ge"] = round(worth * 100) if isinstance(worth, int | float) else worth
    return {"deal": found}


def _consent_json(node: Node, types: Mapping[str, str]) -> dict[str, Any]:
    return {"consent": {name: node.get(name).strip() for name in ("purpose", "channel", "state")}}


_LEAVES = {
    "trait": _trait_json,
    "event": _event_json,
    "segment": _segment_json,
    "deal": _deal_json,
    "consent": _consent_json,
}


def leaves(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All conditions of a definition."""
    mode = next((each for each in ("all", "any", "none") if each in definition), "")
    if not mode:
        yield definition
    for each in definition.get(mode, ()):
        yield from leaves(each)


def value_of(op: str, first: str, second: str, kind: str) -> Any:
    """What somebody typed, as JSON: a number where one is compared, a list for "one of"."""
    first = first.strip()
    if op in ("gt", "ge", "lt", "le", "within_days", "not_within_days"):
        return _number(first)
    if op == "between":
        return [_number(each) if _NUMBER.fullmatch(each.strip()) else each.strip() for each in (first, second)]
    if op == "one_of":
        return [_plain(each.strip(), kind) for each in first.split(",") if each.strip()]
    return first if op in ("contains", "not_contains", "starts", "before", "after") else _plain(first, kind)


def _plain(text: str, kind: str) -> Any:
    number = kind != "text" and _NUMBER.fullmatch(text) and not re.match("-?0[0-9]", text)  # 007 is a name
    return _number(text) if number else text


def _number(text: str) -> Any:
    """The number, or the text itself for the engine to complain about."""
    text = text.strip().replace("\u00a0", "").replace(" ", "")
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text.replace(",", "."))
    return int(number) if number.is_integer() else number


def _whole(text: str) -> Any:
    return int(text) if text.strip().isdecimal() and len(text) < 12 else text


# --- JSON to draft ---------------------------------------------------------------------------------


def _fill(draft: Draft, group: Node, definition: Mapping[str, Any]) -> None:
    mode = next(each for each in ("all", "any", "none") if each in definition)
    group.values["mode"] = mode
    for each in definition[mode]:
        kind = next((kind for kind in KINDS if kind in each), GROUP)
        node = Node(draft.new_key(), kind, dict(DEFAULTS[kind]), depth=group.depth + 1)
        group.nodes.append(node)
        if kind == GROUP:
            _fill(draft, node, each)
        else:
            _FILLS[kind](node, each)


def _fill_trait(node: Node, given: Mapping[str, Any]) -> None:
    node.values |= {"name": given["trait"], "op": given["op"]}
    node.values["value"], node.values["value2"] = _typed(given["op"], given.get("value"))


def _fill_event(node: Node, given: Mapping[str, Any]) -> None:
    node.values |= {"event": given["event"], "do": "yes" if given.get("do", True) else "no"}
    if times := given.get("times"):
        node.values |= {"times_op": times["op"], "n": str(times["n"])}
    if given.get("within_days") is not None:
        node.values |= {"window": "days", "days": _text(given["within_days"])}
    elif given.get("between"):
        node.values |= {"window": "between", "from": given["between"][0][:10], "to": given["between"][1][:10]}
    for each in given.get("where") or ():
        value = _typed(each["op"], each.get("value"))[0]
        node.where.append({"property": each["property"], "op": each["op"], "value": value})
    _fill_parts(node, given)


def _fill_parts(node: Node, given: Mapping[str, Any]) -> None:
    if total := given.get("sum"):
        node.parts.add("sum")
        node.values |= {f"sum_{name}": _text(total[name]) for name in ("property", "op", "value")}
    for part in ("first", "last"):
        if when := given.get(part):
            node.parts.add(part)
            node.values |= {f"{part}_op": when["op"], f"{part}_value": _typed(when["op"], when.get("value"))[0]}
    for key, mode in (("followed_by", "yes"), ("not_followed_by", "not")):
        if after := given.get(key):
            node.parts.add("follow")
            node.values |= {"follow_mode": mode, "follow_event": after["event"]}
            node.values["follow_days"] = _text(after.get("within_days"))


def _fill_segment(node: Node, given: Mapping[str, Any]) -> None:
    node.values["id"] = str(given["segment"])


def _fill_deal(node: Node, given: Mapping[str, Any]) -> None:
    deal = given["deal"]
    node.values |= {name: _text(deal[name]) for name in ("state", "op", "n") if name in deal}
    if deal.get("value_ge") is not None:
        node.values["value"] = _text(deal["value_ge"] / 100)


def _fill_consent(node: Node, given: Mapping[str, Any]) -> None:
    node.values |= {name: _text(value) for name, value in given["consent"].items()}


_FILLS = {
    "trait": _fill_trait,
    "event": _fill_event,
    "segment": _fill_segment,
    "deal": _fill_deal,
    "consent": _fill_consent,
}


def _typed(op: str, value: Any) -> tuple[str, str]:
    """The two fields that stand for a value."""
    if op == "between":
        return _day_or(value[0]), _day_or(value[1])
    if op == "one_of":
        return ", ".join(map(_text, value)), ""
    return (_day_or(value) if op in ("before", "after") else _text(value)), ""


def _day_or(value: Any) -> str:
    return value[:10] if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
