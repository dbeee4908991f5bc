"""What conditions can be about: fields, custom fields and computed values, names of events and of their properties."""

from __future__ import annotations

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.people import segments_world
from amity.people.models import LeadStatus
from amity.people.profiles import trait_names
from amity.people.segment_tables import Computed, Measure, Segment
from amity.people.segments_sql import FIELDS
from amity.people.segments_views import Attribute, Vocabulary

MAX_EVENTS, SAMPLED = 500, 5_000
_LABELS: dict[str, str | Promise] = {
    "name": _("Name"), "email": _("E-mail"), "phone": _("Phone"), "given_name": _("First name"),
    "family_name": _("Last name"), "job_title": _("Job title"), "city": _("City"), "country": _("Country"),
    "language": _("Language"), "source": _("Source"), "lead_status": _("Lead status"), "owner_id": _("Owner"),
    "company_id": _("Company"), "created_at": _("Created"), "lead_created_at": _("Lead since"),
    "lead_decided_at": _("Lead decided"),
}  # fmt: skip
_VALUES = """
SELECT {0} FROM (SELECT {0} FROM people_person WHERE {0} <> '' LIMIT 20000) p
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 30"""
_FEW = ("country", "language", "source")


def vocabulary(principal: access.Principal) -> Vocabulary:
    """What conditions can be about. 9 queries over samples, tens of milliseconds."""
    access.require(principal, "segments.view")
    computed = [
        Attribute(row.name, row.label, "computed", segments_world.value_of(row.definition).kind)
        for row in Computed.objects.order_by("label")
    ]
    taken = {*FIELDS, *(each.name for each in computed)}
    traits = [Attribute(name, name, "trait", "text") for name in trait_names("person") if name not in taken]
    names = list(Segment.objects.filter(archived_at=None).order_by("name").values_list("id", "name"))
    kinds = sorted(segments_world.kinds())
    return Vocabulary([*_fields(), *computed, *traits], _events(), names, kinds)


def labels() -> dict[str, str]:
    """What fields and computed values are called. 1 query."""
    return {name: str(label) for name, label in _LABELS.items()} | dict(Computed.objects.values_list("name", "label"))


def _fields() -> list[Attribute]:
    owners = tuple((str(pk), str(name)) for pk, name in access.staff_choices())
    leads = tuple((str(value), str(label)) for value, label in LeadStatus.choices)
    few = {name: _values(name) for name in _FEW} | {"owner_id": owners, "lead_status": leads}
    return [
        Attribute(name, str(_LABELS[name]), "field", "time" if kind == "time" else "text", few.get(name, ()))
        for name, (_column, kind) in FIELDS.items()
    ]


def _values(column: str) -> tuple[tuple[str, str], ...]:
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(column))
        return tuple((value, value) for (value,) in cursor.fetchall())


def _events() -> dict[str, list[str]]:
    """Names counted so far, with the properties that the newest events have."""
    found: dict[str, set[str]] = {name: set() for name in _names()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.name, k FROM (SELECT name, data FROM events_event WHERE person_id IS NOT NULL"
            " ORDER BY xid DESC, seq DESC LIMIT %s) e,"
            " jsonb_object_keys(CASE WHEN jsonb_typeof(data) = 'object' THEN data ELSE '{}' END) k",
            [SAMPLED],
        )
        for name, key in cursor.fetchall():
            if name in found:
                found[name].add(key)
    return {name: sorted(keys)[:200] for name, keys in found.items()}


def _names() -> list[str]:
    base = Measure.objects.filter(filters=[], property="", half_life_days=None, tally="").order_by("event")
    return [name for name in base.values_list("event", flat=True)[:MAX_EVENTS] if not name.startswith("segment.")]
