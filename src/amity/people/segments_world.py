"""What definitions refer to: measures, computed values, other segments, kinds of other rooms; kept by version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from amity.base import clock
from amity.people import measures
from amity.people.computed_values import Value
from amity.people.measures import ANY, Spec
from amity.people.segment_tables import Computed, Segment
from amity.people.segments_grammar import (
    BadDefinition,
    Custom,
    Did,
    Filter,
    Group,
    Leaf,
    Node,
    Other,
    Reader,
    Test,
    Trait,
    leaves,
)
from amity.people.segments_sql import FIELDS, Kind, World

EVERYTHING = frozenset(("person:new", "person:merged", "field:archived_at", "field:anonymous", "field:merged_into_id"))
TIME = "time:"
_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind of condition that another room owns; called in its apps.py."""
    _kinds[kind.name] = kind


def kinds() -> list[str]:
    """Names of the registered kinds."""
    return list(_kinds)


@dataclass(frozen=True, slots=True)
class Live:
    """A live segment, ready to be evaluated. ``names``: what it depends on."""

    number: int
    id: UUID
    name: str
    tree: Group
    names: frozenset[str]
    leaves: tuple[Leaf, ...] = ()  # all conditions, those of other segments included
    moving: tuple[Leaf, ...] = ()  # of these: what time alone can change
    reading: tuple[Did, ...] = ()  # of these: what only the events themselves tell

    @property
    def timed(self) -> bool:
        return bool(self.moving)


@dataclass(slots=True)
class Plan:
    """All live segments as of a version."""

    version: int
    world: World
    live: list[Live]


_plan: Plan | None = None


def version_now(cursor: Any) -> int:
    """The version of definitions and measures. 1 query."""
    cursor.execute("SELECT coalesce(max(version), 0) FROM people_segment_version")
    return int(cursor.fetchone()[0])


def bump() -> None:
    """Have every process read the definitions again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_segment_version AS known (id, version) "
            "VALUES (1, extract(epoch FROM clock_timestamp())::bigint) "
            "ON CONFLICT (id) DO UPDATE SET version = known.version + 1"
        )


def plan(cursor: Any) -> Plan:
    """The live segments now. 1 query, 4 after a change."""
    global _plan
    version = version_now(cursor)
    if _plan is None or _plan.version != version:
        _plan = _read(version)
    _plan.world.now = clock.now()
    return _plan


def world(now: datetime | None = None) -> World:
    """Everything definitions may refer to. 3 queries."""
    made = World(now or clock.now(), measures.load(), computed(), {}, dict(_kinds))
    made.others = _Trees(dict(Segment.objects.filter(archived_at=None).values_list("id", "definition")), made)
    return made


class _Trees(Mapping[UUID, Group]):
    """The trees of all segments, each read when it is first asked for."""

    def __init__(self, definitions: dict[UUID, Any], around: World) -> None:
        self.definitions, self.around = definitions, around
        self.read: dict[UUID, Group] = {}

    def __getitem__(self, segment: UUID) -> Group:
        if segment not in self.read:
            self.read[segment] = parse(self.definitions[segment], self.around)
        return self.read[segment]

    def __contains__(self, segment: object) -> bool:
        return segment in self.definitions

    def __iter__(self) -> Iterator[UUID]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)


def computed() -> dict[str, Value]:
    """All computed values by name. 1 query."""
    return {name: value_of(told) for name, told in Computed.objects.values_list("name", "definition")}


def value_of(told: dict[str, Any]) -> Value:
    """A computed value from its stored definition."""
    where = tuple(_filter(each) for each in told.get("where") or ())
    of = told["of"]
    total = told.get("property", "") if of in ("sum", "average", "decayed") else ""
    tally = told.get("property", "") if of == "most_frequent" else ""
    half_life = told.get("half_life_days") if of == "decayed" else None
    return Value(of, Spec(told["event"], where, total, half_life, tally))


def _filter(told: dict[str, Any]) -> Filter:
    value = told.get("value")
    return Filter(told["property"], Test(told["op"], tuple(value) if isinstance(value, list) else value))


def parse(definition: Any, around: World) -> Group:
    """The tree of a definition; raises `BadDefinition`."""
    return Reader({name: kind.check for name, kind in around.kinds.items()}, around.kind_of).read(definition)


def check_references(tree: Group, around: World, of: UUID | None) -> None:
    """Segments named must be there, and none may lead back to ``of``. Raises `BadDefinition`."""
    for leaf in leaves(tree):
        if isinstance(leaf, Other):
            if leaf.segment not in around.others:
                raise BadDefinition("", _("A segment named in a condition is not there."))
            if of is not None and of in {leaf.segment, *behind(leaf.segment, around)}:
                raise BadDefinition("", _("A segment cannot be part of itself."))


def behind(segment: UUID, around: World) -> set[UUID]:
    """All segments that one is built on."""
    found: set[UUID] = set()
    waiting = [segment]
    while waiting:
        for leaf in leaves(around.others.get(waiting.pop(), Group("all", ()))):
            if isinstance(leaf, Other) and leaf.segment not in found:
                found.add(leaf.segment)
                waiting.append(leaf.segment)
    return found


def built_on(segment: UUID, around: World) -> list[UUID]:
    """The segments that refer to one, directly or not."""
    return [other for other in around.others if segment in behind(other, around)]


def everything(node: Node, around: World) -> Iterator[Leaf]:
    """All conditions, those of other segments in place of their names."""
    for leaf in leaves(node):
        if isinstance(leaf, Other):
            yield from everything(around.others[leaf.segment], around)
        else:
            yield leaf


def depends(tree: Group, around: World) -> frozenset[str]:
    """The names whose change may change who is in."""
    return frozenset(name for leaf in everything(tree, around) for name in _names(leaf, around))


def _names(leaf: Leaf, around: World) -> Iterable[str]:
    if isinstance(leaf, Trait):
        if leaf.name in FIELDS:
            return (f"field:{FIELDS[leaf.name][0]}",)
        value = around.computed.get(leaf.name)
        return (f"trait:{leaf.name}",) if value is None else (f"event:{value.spec.event}",)
    if isinstance(leaf, Did):
        follow = (f"event:{leaf.follow.event}",) if leaf.follow else ()
        return (f"event:{leaf.event}", *follow)
    if isinstance(leaf, Custom):
        return around.kinds[leaf.kind].depends(leaf.value)
    return ()


def timed(leaf: Leaf, around: World) -> bool:
    """Whether time alone can change the answer."""
    if isinstance(leaf, Trait):
        value = around.computed.get(leaf.name) if leaf.name not in FIELDS else None
        moving = value is not None and value.of in ("days_since_first", "days_since_last", "decayed")
        return moving or leaf.test.op in ("within_days", "not_within_days")
    if isinstance(leaf, Did):
        tests = [test for test in (leaf.first, leaf.last) if test and test.op.endswith("within_days")]
        waiting = leaf.follow is not None and leaf.follow.negated and leaf.follow.within_days is not None
        return leaf.within_days is not None or bool(tests) or waiting
    return False


def specs(tree: Group, around: World) -> set[Spec]:
    """The measures that make a definition cheap to follow."""
    found = set()
    for leaf in everything(tree, around):
        if isinstance(leaf, Trait) and leaf.name not in FIELDS and leaf.name in around.computed:
            found.add(around.computed[leaf.name].spec)
        if isinstance(leaf, Did):
            found.add(Spec(leaf.event))
            if not (leaf.within_days or leaf.between or leaf.follow):
                found.add(around.spec_of(leaf))
            if leaf.follow:
                found.add(Spec(leaf.follow.event))
    return {spec for spec in found if not (spec.event == ANY and spec.base)}


def _read(version: int) -> Plan:
    around = world()
    rows = Segment.objects.filter(archived_at=None, live=True).order_by("number").values_list("number", "id", "name")
    live = []
    for number, pk, name in rows:
        tree = around.others[pk]
        found = tuple(dict.fromkeys(everything(tree, around)))
        moving = tuple(leaf for leaf in found if timed(leaf, around))
        reading = tuple(leaf for leaf in found if isinstance(leaf, Did) and not around.simple(leaf))
        live.append(Live(number, pk, name, tree, depends(tree, around), found, moving, reading))
    return Plan(version, around, live)
