"""Changing what a computed value says. Segments that ask for it follow the new meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.people import computed, measures, segments_fill, segments_world
from amity.people.segment_tables import Computed, Measure


def get(computed_id: UUID) -> computed.ComputedView:
    """One computed value; raises `NotFound`. 1 query."""
    row = Computed.objects.filter(pk=computed_id).first()
    if row is None:
        raise NotFound(_("This computed value is not here."))
    kind = segments_world.value_of(row.definition).kind
    return computed.ComputedView(row.pk, row.name, row.label, row.definition, kind)


def change(principal: access.Principal, computed_id: UUID, label: str, definition: Mapping[str, Any]) -> UUID:
    """A new label and definition under the same name; past events are counted at once. Audited."""
    access.require(principal, "segments.manage")
    told = computed.checked(definition)
    spec = segments_world.value_of(told).spec
    with transaction.atomic():
        row = Computed.objects.select_for_update().filter(pk=computed_id).first()
        if row is None:
            raise NotFound(_("This computed value is not here."))
        segments_fill.fill_measures([spec] if spec.event != measures.ANY or not spec.base else [])
        row.label, row.definition = label or row.name, told
        row.measure = Measure.objects.filter(key=spec.key).first()
        row.save(update_fields=["label", "definition", "measure"])
        access.record(principal, "change", "computed", row.pk, {"name": row.name})
        segments_world.bump()
    return row.pk
