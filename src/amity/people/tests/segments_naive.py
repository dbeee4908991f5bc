"""The meaning of definitions once more, written for plainness: lists of events, no SQL, no columns. Tests compare."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)


@dataclass
class Happening:
    name: str
    at: datetime
    properties: dict[str, Any]


@dataclass
class Somebody:
    fields: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)


def described(
    node: dict[str, Any], who: Somebody, now: datetime, computed: dict[str, Any], others: dict[str, Any]
) -> bool:
    """Whether somebody is described by a definition."""

    def again(each: dict[str, Any]) -> bool:
        return described(each, who, now, computed, others)

    if "all" in node:
        return all(map(again, node["all"]))
    if "any" in node:
        return any(map(again, node["any"]))
    if "none" in node:
        return not any(map(again, node["none"]))
    if "segment" in node:
        return again(others[node["segment"]])
    if "trait" in node:
        return passes(node["op"], node.get("value"), known(node["trait"], who, now, computed), now)
    return did(node, who, now)


def known(name: str, who: Somebody, now: datetime, computed: dict[str, Any]) -> Any:
    if name in who.fields:
        return who.fields[name] or None
    if name in computed:
        return compute(computed[name], who, now)
    return who.traits.get(name)


def compute(told: dict[str, Any], who: Somebody, now: datetime) -> Any:
    events = [e for e in who.events if e.name == told["event"] and where(told, e)]
    amounts = [amount(e.properties.get(told.get("property"))) for e in events]
    of = told["of"]
    if of == "count":
        return float(len(events))
    if of == "sum":
        return sum(amounts)
    if of == "decayed":
        each = amounts if told.get("property") else [1.0] * len(events)
        halves = [(now - e.at) / timedelta(days=told["half_life_days"]) for e in events]
        return sum(n * 2**-passed for n, passed in zip(each, halves, strict=True))
    if not events:
        return None
    if of == "average":
        return sum(amounts) / len(events)
    if of == "most_frequent":
        values = [text(e.properties.get(told["property"])) for e in events]
        values = [v for v in values if v]
        return min(set(values), key=lambda v: (-values.count(v), v)) if values else None
    edge = min(e.at for e in events) if of.endswith("first") else max(e.at for e in events)
    return (now - edge) / timedelta(days=1) if of.startswith("days") else edge


def did(node: dict[str, Any], who: Somebody, now: datetime) -> bool:
    events = [e for e in who.events if e.name == node["event"] and where(node, e)]
    if node.get("within_days"):
        events = [e for e in events if e.at >= now - timedelta(days=node["within_days"])]
    if node.get("between"):
        low, high = map(moment, node["between"])
        events = [e for e in events if low <= e.at <= high]
    if node.get("followed_by"):
        events = [e for e in events if followers(e, node["followed_by"], who)]
    if node.get("not_followed_by"):
        told = node["not_followed_by"]
        events = [e for e in events if not followers(e, told, who)]
        if told.get("within_days"):
            events = [e for e in events if e.at + timedelta(days=told["within_days"]) < now]
    answer = all(conditions(node, events, now))
    return answer if node.get("do", True) else not answer


def conditions(node: dict[str, Any], events: list[Happening], now: datetime) -> Any:
    times = node.get("times") or {"op": "ge", "n": 1}
    yield {"ge": len(events) >= times["n"], "le": len(events) <= times["n"], "eq": len(events) == times["n"]}[
        times["op"]
    ]
    if node.get("sum"):
        total = sum(amount(e.properties.get(node["sum"]["property"])) for e in events)
        yield compare(node["sum"]["op"], total, node["sum"]["value"])
    for key, pick in (("first", min), ("last", max)):
        if node.get(key):
            op, value = node[key]["op"], node[key]["value"]
            if not events:
                yield False
                continue
            at = pick(e.at for e in events)
            if op in ("before", "after"):
                yield at < moment(value) if op == "before" else at > moment(value)
            else:
                recent = at >= now - timedelta(days=value)
                yield recent if op == "within_days" else not recent


def followers(event: Happening, told: dict[str, Any], who: Somebody) -> list[Happening]:
    width = timedelta(days=told["within_days"]) if told.get("within_days") else timedelta(days=100_000)
    return [e for e in who.events if e.name == told["event"] and event.at < e.at <= event.at + width]


def where(node: dict[str, Any], event: Happening) -> bool:
    return all(
        passes(w["op"], w.get("value"), event.properties.get(w["property"]), event.at) for w in node.get("where") or []
    )


def passes(op: str, wanted: Any, value: Any, now: datetime) -> bool:
    if op in ("is_not", "not_contains", "not_within_days", "unknown"):
        return not passes(
            {"unknown": "known"}.get(op) or op.removeprefix("not_").replace("is_not", "is"), wanted, value, now
        )
    if value is None:
        return False
    if op == "known":
        return True
    if op == "one_of":
        return any(passes("is", each, value, now) for each in wanted)
    if op == "is":
        return numeric(value) == wanted if not isinstance(wanted, str) else text(value) == wanted
    if op == "contains":
        return wanted.lower() in text(value).lower()
    if op == "starts":
        return text(value).lower().startswith(wanted.lower())
    if op == "between" and isinstance(wanted[0], str):
        at = moment(value)
        return at is not None and moment(wanted[0]) <= at <= moment(wanted[1])
    if op == "between":
        n = numeric(value)
        return n is not None and wanted[0] <= n <= wanted[1]
    if op in ("gt", "ge", "lt", "le"):
        n = numeric(value)
        return n is not None and compare(op, n, wanted)
    at = moment(value)
    if at is None:
        return False
    if op == "within_days":
        return now - timedelta(days=wanted) <= at <= now
    return at < moment(wanted) if op == "before" else at > moment(wanted)


def compare(op: str, a: float, b: float) -> bool:
    return {"gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b}[op]


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value is not None else ""


def numeric(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else None


def amount(value: Any) -> float:
    return numeric(value) or 0.0


def moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) >= 10 else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
