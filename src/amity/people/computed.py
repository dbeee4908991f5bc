"""Computed values: worked out from events, defined once, kept up to date with every batch, usable wherever traits are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.people import measures, segments_fill, segments_world
from amity.people.computed_values import KINDS, Value
from amity.people.segment_tables import Activity, Computed, Measure
from amity.people.segments_grammar import MAX_DAYS, BadDefinition, read_where
from amity.people.segments_sql import FIELDS
from amity.people.segments_values import micros

MAX_COMPUTED = 200
_NEEDS_PROPERTY = ("sum", "average", "most_frequent")


@dataclass(frozen=True, slots=True)
class ComputedView:
    """A computed value. ``type``: number, time, text."""

    id: UUID
    name: str
    label: str
    definition: dict[str, Any]
    type: str


@dataclass(frozen=True, slots=True)
class ComputedOf:
    """A computed value of a person: a number, text or moment; None where nobody knows. ``as_of``: its last event."""

    name: str
    label: str
    value: float | str | datetime | None
    as_of: datetime | None


def computed_values() -> list[ComputedView]:
    """All of them by label. 1 query."""
    return [_view(row) for row in Computed.objects.order_by("label", "name")]


def define(
    principal: access.Principal, name: str, label: str, definition: Mapping[str, Any]
) -> ComputedView:
    """A new computed value; past events are counted at once (seconds at ten million events). Audited."""
    access.require(principal, "segments.manage")
    told = checked(definition)
    if not name.strip() or name in FIELDS:
        raise Refused("bad_computed_name", _("Choose a name that no field has."))
    value = segments_world.value_of(told)
    with transaction.atomic():
        if Computed.objects.count() >= MAX_COMPUTED or Computed.objects.filter(name=name).exists():
            raise Refused("computed_exists", _("There is a computed value of this name already, or too many."), 409)
        segments_fill.fill_measures([value.spec] if value.spec.event != measures.ANY or not value.spec.base else [])
        measure = Measure.objects.filter(key=value.spec.key).first()
        row = Computed.objects.create(
            name=name, label=label or name, definition=told, measure=measure, created_by=principal.staff_id
        )
        access.record(principal, "create", "computed", row.pk, {"name": name})
        segments_world.bump()
    return _view(row)


def remove(principal: access.Principal, computed_id: UUID) -> None:
    """Forget a computed value; raises ``Refused("computed_in_use")`` while a segment asks for it."""
    access.require(principal, "segments.manage")
    row = Computed.objects.filter(pk=computed_id).first()
    if row is None:
        raise NotFound(_("This computed value is not here."))
    around = segments_world.world()
    if any(_asks(tree, row.name) for tree in around.others.values()):
        raise Refused("computed_in_use", _("A segment asks for this value: change the segment first."), 409)
    with transaction.atomic():
        row.delete()
        access.record(principal, "delete", "computed", computed_id, {"name": row.name})
        segments_world.bump()


def values_of(person_ids: Sequence[UUID]) -> dict[UUID, list[ComputedOf]]:
    """All computed values of people (surviving profiles), by label. 3 queries."""
    views = computed_values()
    if not views:
        return {person: [] for person in person_ids}
    found = _rows(person_ids)
    now = micros(clock.now())
    registry = measures.load()
    return {person: [_of(view, registry, found.get(person, {}), now) for view in views] for person in person_ids}


def checked(definition: Any) -> dict[str, Any]:
    """The definition, if it is one; raises `BadDefinition` with the place."""
    if not isinstance(definition, Mapping):
        raise BadDefinition("", _("A computed value is described by an object."))
    unknown = set(definition) - {"event", "of", "property", "where", "half_life_days"}
    if unknown:
        raise BadDefinition(f"/{min(unknown)}", _("Unknown: {name}.").format(name=min(unknown)))
    of, event, prop = definition.get("of"), definition.get("event"), definition.get("property")
    if of not in KINDS:
        raise BadDefinition("/of", _("Choose one of: {ops}.").format(ops=", ".join(KINDS)))
    if not isinstance(event, str) or not event.strip() or len(event) > 200:
        raise BadDefinition("/event", _("Name an event."))
    if (of in _NEEDS_PROPERTY and not prop) or not isinstance(prop, str | None) or len(prop or "") > 200:
        raise BadDefinition("/property", _("Name a property of the event."))
    half_life = definition.get("half_life_days")
    if of == "decayed" and (not isinstance(half_life, int | float) or not 0.01 <= half_life <= MAX_DAYS):
        raise BadDefinition("/half_life_days", _("Give the days after which a value counts half."))
    read_where(definition.get("where"), "/where")
    return dict(definition)


@dataclass(slots=True)
class _Row:
    n: int
    total: float
    decayed: float
    first_us: int
    last_us: int
    top: str | None


def _rows(person_ids: Sequence[UUID]) -> dict[UUID, dict[int, _Row]]:
    fields = ("person_id", "measure_id", "n", "total", "decayed", "first_us", "last_us", "top")
    found: dict[UUID, dict[int, _Row]] = {}
    for person, measure, n, total, *rest in Activity.objects.filter(person_id__in=list(person_ids)).values_list(*fields):
        found.setdefault(person, {})[measure] = _Row(n, float(total), *rest)
    return found


def _of(view: ComputedView, registry: measures.Registry, rows: dict[int, _Row], now: int) -> ComputedOf:
    value = segments_world.value_of(view.definition)
    row = _any_event(rows, registry) if value.spec.event == measures.ANY and value.spec.base else None
    number = registry.find(value.spec)
    if row is None and number is not None:
        row = rows.get(number)
    told = value.of_row(row, now)
    if value.kind == "time" and isinstance(told, int):
        return ComputedOf(view.name, view.label, _moment(told), _moment(row.last_us) if row else None)
    return ComputedOf(view.name, view.label, told, _moment(row.last_us) if row else None)


def _any_event(rows: dict[int, _Row], registry: measures.Registry) -> _Row | None:
    some = [row for number, row in rows.items() if number in set(registry.bases)]
    if not some:
        return None
    first, last = min(row.first_us for row in some), max(row.last_us for row in some)
    return _Row(sum(row.n for row in some), 0.0, 0.0, first, last, None)


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _asks(tree: Any, name: str) -> bool:
    from amity.people.segments_grammar import Trait, leaves

    return any(isinstance(leaf, Trait) and leaf.name == name for leaf in leaves(tree))


def _view(row: Computed) -> ComputedView:
    return ComputedView(row.pk, row.name, row.label, row.definition, Value(row.definition["of"], _NOTHING).kind)


_NOTHING = measures.Spec("")


def purchases_set(order: str = "Order Completed", amount: str = "revenue", goods: str = "category") -> list[tuple[str, str, dict[str, Any]]]:
    """A starter set for a shop: name, label, definition."""
    return [
        ("orders_count", _("Orders"), {"event": order, "of": "count"}),
        ("revenue", _("Revenue"), {"event": order, "of": "sum", "property": amount}),
        ("average_order", _("Average order"), {"event": order, "of": "average", "property": amount}),
        ("first_order", _("First order"), {"event": order, "of": "first"}),
        ("days_since_last_order", _("Days since last order"), {"event": order, "of": "days_since_last"}),
        ("favourite_category", _("Favourite category"), {"event": order, "of": "most_frequent", "property": goods}),
        ("recent_interest", _("Recent interest"), {"event": "*", "of": "decayed", "half_life_days": 14}),
        ("last_seen", _("Last seen"), {"event": "*", "of": "last"}),
    ]


