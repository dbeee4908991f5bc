"""Why an import cannot be undone (yet): what others have built on its rows since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.people.imports.homes import Home
from amity.people.imports.nouns import registered
from amity.people.models import Import

_PERSON = "person"


def refuse_if_built_upon(job: Import, tables: Sequence[Any]) -> None:
    """Raise ``Refused("undo_blocked")`` naming the later import to undo first, or saying that people worked on."""
    for model in tables:
        for found in (_changed_since(job, model), *(_referring(job, model, *link) for link in _links_to(model))):
            if found:
                raise _refusal(found)


def _refusal(found: str) -> Refused:
    if found != _PERSON:
        name = Import.objects.filter(pk=UUID(found)).values_list("name", flat=True).first() or found
        return Refused(
            "undo_blocked",
            _("A later import built on this one: undo the import “%(name)s” first.") % {"name": name},
            409,
        )
    message = _("Records of this import were changed or used since by people: undoing it would lose their work.")
    return Refused("undo_blocked", message, 409)


def _changed_since(job: Import, model: Any) -> str:
    """A later import that changed rows of this one, or ``person``, or nothing."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.run_id::text FROM people_importchange c JOIN people_import r ON r.id = c.run_id "
            f'WHERE c."table" = %s AND c.run_id <> %s AND r.started_at > %s AND (EXISTS (SELECT FROM {table} t '
            "WHERE t.id = c.object_id AND t.origin_id = %s) OR EXISTS (SELECT FROM people_importchange m "
            'WHERE m.run_id = %s AND m."table" = c."table" AND m.object_id = c.object_id)) '
            "ORDER BY r.started_at DESC LIMIT 1",
            [table, job.pk, job.started_at, job.pk, job.pk],
        )
        row = cursor.fetchone()
        if row:
            return str(row[0])
        if not any(field.attname == "updated_at" for field in model._meta.concrete_fields):
            return ""
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {table} WHERE origin_id = %s AND updated_at <> %s) OR EXISTS (SELECT "
            f"FROM {table} t "
            "JOIN people_importchange c ON c.object_id = t.id WHERE c.run_id = %s "
            'AND c."table" = %s AND t.updated_at <> %s)',
            [job.pk, job.started_at, job.pk, table, job.started_at],
        )
        return _PERSON if cursor.fetchone()[0] else ""


def _links_to(model: Any) -> list[tuple[Any, str]]:
    """Tables and columns that hold ids of the model's rows."""
    links = [
        (field.model, field.attname)
        for other in apps.get_models()
        for field in other._meta.concrete_fields
        if field.remote_field and field.related_model is model
    ]
    for noun in registered().values():
        if isinstance(noun.land, Home) and apps.get_model(noun.land.main) is model:
            links += [(apps.get_model(name), column) for name, column in noun.land.followers]
    return links


def _referring(job: Import, model: Any, other: Any, column: str) -> str:
    """Who made rows that refer to rows of this import: another import, ``person``, or nobody."""
    own = any(field.attname == "origin_id" for field in other._meta.concrete_fields)
    origin = "c.origin_id::text" if own else "NULL"
    apart = "c.origin_id IS DISTINCT FROM %s" if own else "%s::uuid IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {origin} FROM {other._meta.db_table} c JOIN {model._meta.db_table} p ON p.id = c."{column}" '
            f"WHERE p.origin_id = %s AND {apart} AND NOT EXISTS (SELECT FROM people_importchange m WHERE m.run_id = %s "
            'AND m."table" = %s AND m.object_id::text = c.' + _key_of(other) + "::text) ORDER BY 1 NULLS LAST LIMIT 1",
            [job.pk, job.pk, job.pk, other._meta.db_table],
        )
        row = cursor.fetchone()
    return "" if row is None else str(row[0] or _PERSON)


def _key_of(model: Any) -> str:
    return f'"{model._meta.pk.attname}"'
