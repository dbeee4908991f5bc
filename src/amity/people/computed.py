"""Computed values: worked out from events, defined once, up to date with every batch, usable wherever traits are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.people import measures, segments_fill, segments_world
from amity.people.computed_values import KINDS, Value
from amity.people.segment_tables import Activity, Computed, Measure, Segment
from amity.people.segments_grammar import MAX_DAYS, BadDefinition, Trait, leaves, read_where
from amity.people.segments_sql import FIELDS
from amity.people.segments_values import micros

MAX_COMPUTED = 200
COUNT = "people.computed_count"
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
    type: str
    value: float | str | datetime | None
    as_of: datetime | None


def computed_values() -> list[ComputedView]:
    """All of them by label. 1 query."""
    return [_view(row) for row in Computed.objects.order_by("label", "name")]


def listing(principal: access.Principal) -> list[ComputedView]:
    """All of them by label, for whoever may see segments. 1 query."""
    access.require(principal, "segments.view")
    return computed_values()


def get(principal: access.Principal, computed_id: UUID) -> ComputedView:
    """One computed value; raises `NotFound`. 1 query."""
    access.require(principal, "segments.view")
    return _view(_found(computed_id))


def create(principal: access.Principal, label: str, definition: Any) -> ComputedView:
    """A new computed value; past events are counted by a job. Audited."""
    return define(principal, label, definition, now=False)


def define(
    principal: access.Principal, label: str, definition: Any, *, name: str | None = None, now: bool = True
) -> ComputedView:
    """A new computed value. ``now``: past events are counted before this returns (seconds at ten million)."""
    access.require(principal, "segments.manage")
    told = checked(definition)
    label = _label(label)
    with transaction.atomic():
        if Computed.objects.count() >= MAX_COMPUTED:
            message = _("There can be at most {most} computed values.").format(most=MAX_COMPUTED)
            raise Refused("too_many_computed", message, 409)
        row = Computed(name=_free_name(name or label), label=label, definition=told, created_by=principal.staff_id)
        row.save(force_insert=True)
        access.record(principal, "create", "computed", row.pk, {"name": row.name})
        _count_past(row, principal, now)
    return _view(row)


def change(
    principal: access.Principal, computed_id: UUID, *, label: str | None = None, definition: Any = None
) -> ComputedView:
    """Change what is given; live segments that ask for the value are recomputed. Audited."""
    access.require(principal, "segments.manage")
    told = None if definition is None else checked(definition)
    with transaction.atomic():
        row = _found(computed_id)
        row.label = row.label if label is None else _label(label)
        changed = told is not None and told != row.definition
        if told is not None:
            if changed and Value(told["of"], _NOTHING).kind != _view(row).type and _asked_for(row.name):
                raise Refused("computed_in_use", _("A segment asks for this value: change the segment first."), 409)
            row.definition = told
        row.save()
        access.record(principal, "change", "computed", row.pk, {"name": row.name})
        if changed:
            _count_past(row, principal, now=False)
    return _view(row)


def remove(principal: access.Principal, computed_id: UUID) -> None:
    """Forget a computed value; raises ``Refused("computed_in_use")`` while a segment asks for it."""
    access.require(principal, "segments.manage")
    row = _found(computed_id)
    if _asked_for(row.name):
        raise Refused("computed_in_use", _("A segment asks for this value: change the segment first."), 409)
    with transaction.atomic():
        row.delete()
        access.record(principal, "delete", "computed", computed_id, {"name": row.name})
        segments_world.bump()


def values_of(person_ids: Sequence[UUID]) -> dict[UUID, list[ComputedOf]]:
    """All computed values of people (surviving profiles), by label. 3 queries."""
    views = computed_values()
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
    for person, measure, n, total, *rest in Activity.objects.filter(person_id__in=list(person_ids)).values_list(
        *fields
    ):
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
        return ComputedOf(view.name, view.label, view.type, _moment(told), _moment(row.last_us) if row else None)
    return ComputedOf(view.name, view.label, view.type, told, _moment(row.last_us) if row else None)


def _any_event(rows: dict[int, _Row], registry: measures.Registry) -> _Row | None:
    some = [row for number, row in rows.items() if number in set(registry.bases)]
    if not some:
        return None
    first, last = min(row.first_us for row in some), max(row.last_us for row in some)
    return _Row(sum(row.n for row in some), 0.0, 0.0, first, last, None)


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _found(computed_id: UUID) -> Computed:
    row = Computed.objects.filter(pk=computed_id).first()
    if row is None:
        raise NotFound(_("This computed value is not here."))
    return row


def _asked_for(name: str) -> list[UUID]:
    """The segments with a condition on the value."""
    around = segments_world.world()
    return [
        pk for pk, tree in around.others.items() if any(isinstance(x, Trait) and x.name == name for x in leaves(tree))
    ]


def _label(given: str) -> str:
    label = given.strip()[:120]
    if not label:
        raise Refused("computed_nameless", _("Give the value a name."))
    return label


def _free_name(wanted: str) -> str:
    """A name that no field and no other computed value has."""
    stem = re.sub(r"\W+", "_", wanted.lower()).strip("_")[:100] or "value"
    taken = set(Computed.objects.filter(name__startswith=stem).values_list("name", flat=True)) | set(FIELDS)
    return next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, MAX_COMPUTED + 3))) if name not in taken)


def _count_past(row: Computed, principal: access.Principal, now: bool) -> None:
    spec = segments_world.value_of(row.definition).spec
    if spec.event != measures.ANY or not spec.base:
        measures.ensure([spec])
        row.measure = Measure.objects.get(key=spec.key)
        row.save(update_fields=["measure"])
    segments_world.bump()
    if now:
        count_past()
    else:
        jobs.start(COUNT, COUNT, subject_id=row.pk, started_by=principal.staff_id, computed_id=str(row.pk))


def count_past(computed_id: UUID | None = None) -> None:
    """Count the past of all that computed values need; the segments that ask for one of them are recomputed."""
    values = segments_world.computed().values()
    segments_fill.fill_measures(
        value.spec for value in values if not (value.spec.event == measures.ANY and value.spec.base)
    )
    row = Computed.objects.filter(pk=computed_id).first() if computed_id else None
    asking = set(_asked_for(row.name)) if row else set()
    live = Segment.objects.filter(live=True, archived_at=None).values_list("id", flat=True)
    around = segments_world.world() if asking else None
    for pk in live:
        if around and (pk in asking or asking & set(segments_world.behind(pk, around))):
            segments_fill.recompute(pk, reason="definition")


def _view(row: Computed) -> ComputedView:
    return ComputedView(row.pk, row.name, row.label, row.definition, Value(row.definition["of"], _NOTHING).kind)


_NOTHING = measures.Spec("")


def purchases_set(
    order: str = "Order Completed", amount: str = "revenue", goods: str = "category"
) -> list[tuple[str, str, dict[str, Any]]]:
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
