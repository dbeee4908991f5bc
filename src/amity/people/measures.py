"""What is counted per person. Every event name is; more (sums, filters, decay, values) once something asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from amity.base import clock
from amity.people.segment_tables import Measure
from amity.people.segments_grammar import Filter, Test
from amity.people.segments_values import Params, Source, holds, sql_test, text_of

ANY = "*"
MAX_NAMES = 2_000  # event names counted; what a client makes up beyond that is read from the log


@dataclass(frozen=True, slots=True)
class Spec:
    """What is counted: events of a name that pass the filters, the sum of a property, with decay, value by value."""

    event: str
    where: tuple[Filter, ...] = ()
    total_of: str = ""
    half_life_days: float | None = None
    tally: str = ""

    @property
    def base(self) -> bool:
        return not (self.where or self.total_of or self.half_life_days or self.tally)

    @property
    def key(self) -> str:
        told = json.dumps([self.event, _told(self.where), self.total_of, self.half_life_days, self.tally])
        return hashlib.sha256(told.encode()).hexdigest()

    def counts(self, properties: dict[str, Any]) -> bool:
        """Whether an event with these properties passes the filters (which do not depend on the time of asking)."""
        now = clock.now()
        return all(holds(each.test, "text", text_of(properties.get(each.property)), now) for each in self.where)


@dataclass(slots=True)
class Registry:
    """The measures there are, as of one reading."""

    ids: dict[Spec, int] = field(default_factory=dict)
    specs: dict[int, Spec] = field(default_factory=dict)
    ready: set[int] = field(default_factory=set)
    by_event: dict[str, list[tuple[int, Spec]]] = field(default_factory=dict)
    base_of: dict[str, int] = field(default_factory=dict)  # event name → the measure that only counts it
    _special: dict[str, list[tuple[int, Spec]]] = field(default_factory=dict)

    def find(self, spec: Spec) -> int | None:
        """The measure that holds this, once past events are counted."""
        found = self.ids.get(spec)
        return found if found in self.ready else None

    def special_of(self, event: str) -> list[tuple[int, Spec]]:
        """The measures that an event of this name adds to, but for the one that only counts it."""
        known = self._special.get(event)
        if known is None:
            found = self.by_event.get(event, []) + self.by_event.get(ANY, [])
            known = self._special[event] = [(number, spec) for number, spec in found if not spec.base]
        return known

    @property
    def names(self) -> list[str]:
        return sorted(spec.event for spec in self.ids if spec.base)

    @property
    def bases(self) -> list[int]:
        return sorted(number for spec, number in self.ids.items() if spec.base)

    @property
    def full(self) -> bool:
        return len(self.bases) >= MAX_NAMES


def load() -> Registry:
    """Read all measures. 1 query."""
    registry = Registry()
    fields = ("id", "event", "filters", "property", "half_life_days", "tally", "ready")
    for number, event, filters, prop, half_life, tally, ready in Measure.objects.order_by("id").values_list(*fields):
        spec = Spec(event, _where(filters), prop, half_life, tally)
        registry.ids[spec] = number
        registry.specs[number] = spec
        registry.by_event.setdefault(event, []).append((number, spec))
        if spec.base:
            registry.base_of[event] = number
        if ready:
            registry.ready.add(number)
    return registry


def ensure(specs: Iterable[Spec]) -> list[int]:
    """Make the measures that are missing; those whose past events still have to be counted. 2 queries."""
    wanted = {spec.key: spec for spec in specs}
    known = set(Measure.objects.filter(key__in=wanted).values_list("key", flat=True))
    made = [_row(spec) for key, spec in sorted(wanted.items()) if key not in known]
    Measure.objects.bulk_create(made, ignore_conflicts=True)
    return list(Measure.objects.filter(key__in=wanted, ready=False).order_by("id").values_list("id", flat=True))


def sql_where(where: Iterable[Filter], data: str, params: Params) -> str:
    """`Spec.counts` in SQL; ``data`` is the jsonb expression of an event's properties."""
    tests = [
        sql_test(each.test, Source("text", f"({data} ->> {params.add(each.property)})"), clock.now(), params)
        for each in where
    ]
    return " AND ".join(tests) or "TRUE"


def _row(spec: Spec) -> Measure:
    return Measure(
        key=spec.key,
        event=spec.event,
        filters=_told(spec.where),
        property=spec.total_of,
        half_life_days=spec.half_life_days,
        tally=spec.tally,
        ready=spec.base,  # a name that was never seen has no past
    )


def _told(where: tuple[Filter, ...]) -> list[list[Any]]:
    return [[each.property, each.test.op, each.test.value] for each in where]


def _where(filters: list[list[Any]]) -> tuple[Filter, ...]:
    return tuple(Filter(prop, Test(op, tuple(v) if isinstance(v, list) else v)) for prop, op, v in filters)
