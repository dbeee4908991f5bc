"""A segment's definition while somebody writes it: read from a form, changed a step at a time (see `segment_json`).

Works without JavaScript: the form holds the whole draft, every step is a submit button. Fields of node ``n3`` are
called ``n3.op`` and so on; hidden fields ``node`` ("n3 n1 event") hold the tree in reading order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import QueryDict

from amity.people.segments_grammar import MAX_DEPTH, MAX_NODES

GROUP = "group"
KINDS = ("trait", "event", "segment", "deal", "consent")
PARTS = ("sum", "first", "last", "follow")  # what an event condition may have besides
MAX_WHERE, _MAX_VALUE = 10, 500
WINDOWS = {"ever": (), "days": ("days",), "between": ("from", "to")}
NO_VALUE = ("known", "unknown")
_FIELDS = {
    GROUP: ("mode",),
    "trait": ("name", "op", "value", "value2"),
    "event": (
        "event", "do", "times_op", "n", "window", "days", "from", "to", "sum_property", "sum_op", "sum_value",
        "first_op", "first_value", "last_op", "last_value", "follow_mode", "follow_event", "follow_days",
    ),
    "segment": ("id",),
    "deal": ("state", "op", "n", "value"),
    "consent": ("purpose", "channel", "state"),
}  # fmt: skip
DEFAULTS = {
    GROUP: {"mode": "all"},
    "trait": {"op": "is"},
    "event": {"do": "yes", "times_op": "once", "n": "1", "window": "ever", "days": "30"},
    "segment": {},
    "deal": {"state": "open", "op": "ge", "n": "1"},
    "consent": {"state": "given"},
}


@dataclass(slots=True)
class Node:
    """A group or a condition as the form shows it; ``where``: filters on the properties of an event."""

    key: str
    kind: str
    values: dict[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    where: list[dict[str, str]] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)
    depth: int = 1
    fault: str = ""
    fresh: bool = False  # just added: the cursor goes here

    def get(self, name: str) -> str:
        return self.values.get(name, "")


@dataclass(slots=True)
class Draft:
    """The whole draft; ``root`` is a group."""

    root: Node

    def walk(self) -> Iterator[tuple[Node, Node | None]]:
        """Every node with its group, in reading order."""
        yield from _walk(self.root, None)

    def find(self, key: str) -> tuple[Node, Node | None] | None:
        return next(((node, group) for node, group in self.walk() if node.key == key), None)

    def new_key(self) -> str:
        used = [int(node.key[1:]) for node, _group in self.walk()]
        return f"n{max(used, default=-1) + 1}"


def empty() -> Draft:
    """All of: one thing to fill in."""
    draft = Draft(Node("n0", GROUP, dict(DEFAULTS[GROUP])))
    _add(draft, draft.root, "event").fresh = False
    return draft


def read(posted: QueryDict) -> Draft:
    """The draft that a form holds; whatever is not well formed is left out."""
    known: dict[str, Node] = {}
    for line in posted.getlist("node")[: MAX_NODES + 1]:
        match = re.fullmatch(r"(n\d{1,4}) (n\d{1,4}|-) ([a-z]{4,8})", line)
        if not match or match[1] in known or match[3] not in _FIELDS:
            continue
        group = known.get(match[2])
        if group is None and known:
            continue
        node = _read_node(posted, match[1], match[3])
        if group is not None and group.kind == GROUP and group.depth < MAX_DEPTH + 1:
            node.depth = group.depth + 1
            group.nodes.append(node)
        known[match[1]] = node
    root = next(iter(known.values()), None)
    return Draft(root) if root is not None and root.kind == GROUP else empty()


def step(draft: Draft, asked: str) -> None:
    """Do what a button says: ``add.<kind>.<group>``, ``remove.<node>``, ``where.<node>``, ``with.<part>.<node>``, …

    Unknown steps change nothing.
    """
    verb, *rest = asked.split(".")
    found = draft.find(rest[-1]) if rest else None
    if found is None:
        return
    node, group = found
    if verb == "add" and node.kind == GROUP and rest[0] in _FIELDS and _room(draft, node, rest[0]):
        _add(draft, node, rest[0])
    elif verb == "remove" and group is not None:
        group.nodes.remove(node)
    elif verb == "where" and node.kind == "event" and len(node.where) < MAX_WHERE:
        node.where.append({"property": "", "op": "is", "value": "", "fresh": "1"})
    elif verb == "unwhere" and rest[0].isdecimal() and int(rest[0]) < len(node.where):
        del node.where[int(rest[0])]
    elif verb == "with" and node.kind == "event" and rest[0] in PARTS:
        node.parts.add(rest[0])
    elif verb == "without" and rest[0] in PARTS:
        node.parts.discard(rest[0])


def is_filled(node: Node) -> bool:
    """Nothing essential is missing (values are not checked)."""
    needed = {"trait": ["name"], "event": ["event"], "segment": ["id"], "consent": ["purpose"]}.get(node.kind, [])
    if node.kind == "trait" and node.get("op") not in NO_VALUE:
        needed.append("value")
    return all(node.get(name).strip() for name in needed)


def blame(draft: Draft, pointer: str, told: str) -> None:
    """Put a fault beside the condition that a JSON pointer names."""
    node = draft.root
    for at in re.findall(r"/(?:all|any|none)/(\d+)", pointer):
        if int(at) >= len(node.nodes):
            break
        node = node.nodes[int(at)]
    node.fault = told


def _walk(node: Node, group: Node | None) -> Iterator[tuple[Node, Node | None]]:
    yield node, group
    for each in node.nodes:
        yield from _walk(each, node)


def _room(draft: Draft, group: Node, kind: str) -> bool:
    return sum(1 for _ in draft.walk()) < MAX_NODES and (kind != GROUP or group.depth < MAX_DEPTH)


def _add(draft: Draft, group: Node, kind: str) -> Node:
    node = Node(draft.new_key(), kind, dict(DEFAULTS[kind]), depth=group.depth + 1, fresh=True)
    group.nodes.append(node)
    if kind == GROUP:
        node.values["mode"] = "all" if group.get("mode") == "any" else "any"
        node.fresh = False
        _add(draft, node, "trait")
    return node


def _read_node(posted: QueryDict, key: str, kind: str) -> Node:
    values = {name: posted.get(f"{key}.{name}", DEFAULTS[kind].get(name, ""))[:_MAX_VALUE] for name in _FIELDS[kind]}
    node = Node(key, kind, values)
    if kind == "event":
        node.parts = {part for part in PARTS if posted.get(f"{key}.with_{part}")}
        names = posted.getlist(f"{key}.where_property")[:MAX_WHERE]
        ops, wanted = posted.getlist(f"{key}.where_op"), posted.getlist(f"{key}.where_value")
        for at, name in enumerate(names):
            op = ops[at] if at < len(ops) else "is"
            value = wanted[at] if at < len(wanted) else ""
            node.where.append({"property": name[:200], "op": op, "value": value[:_MAX_VALUE]})
    return node
